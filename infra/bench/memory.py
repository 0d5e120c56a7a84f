"""Peak memory of a backup above an idle flow process, for databases of two sizes.

Each figure comes from a process of its own: it imports what a flow process imports, notes its size, backs up, and notes
the peak that the kernel saw.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path

from infra.bench.measured import Measured
from infra.bench.subject import Subject

FILL = """
CREATE TABLE wide (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, text text, data jsonb, at timestamptz);
INSERT INTO wide (text, data, at)
SELECT repeat(md5(i::text), 10), jsonb_build_object('number', i, 'digest', md5((i * 7)::text)),
       timestamptz '2026-01-01' + i * interval '1 second'
FROM generate_series(1, {rows}) i;
ANALYZE wide;
"""
BYTES_OF_A_ROW = 430
KILOBYTE = 1024
_MEGABYTE = 1_000_000


def measure_memory(subject: Subject, *, small_bytes: int, large_bytes: int) -> list[Measured]:
    """Peaks in MB above idle, and the larger database's peak against the smaller one's."""
    peaks = []
    for size in (small_bytes, large_bytes):
        with subject.database("bench_memory", FILL.format(rows=size // BYTES_OF_A_ROW)) as url:
            peaks.append(_peak(subject.home, url))
    small, large = peaks
    each = zip((small_bytes, large_bytes), peaks, strict=True)
    sizes = ", ".join(f"{size / 1e9:.1f} GB: {peak / _MEGABYTE:.0f} MB" for size, peak in each)
    return [
        Measured("peak memory above idle, MB", max(peaks) / _MEGABYTE, 80, sizes),
        Measured("peak memory, large / small", large / small, 1.15, "flat"),
    ]


def _peak(home: Path, url: str) -> int:
    """Bytes above idle, from a process of its own."""
    command = [sys.executable, "-m", "infra.bench.memory", str(home), url]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    figures = json.loads(output)
    return int(figures["peak"] - figures["idle"])


def _measure_here(home: Path, url: str) -> dict[str, int]:
    import flows.backup as flow_process
    from sereno.backup import write

    system = Subject(home=home, url=url, superuser_url=url).system(url)
    idle = resident()
    write.write(system)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KILOBYTE
    return {"idle": idle, "peak": peak, "modules": len(vars(flow_process))}


def resident() -> int:
    """Bytes that this process has in memory now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_measure_here(Path(sys.argv[1]), sys.argv[2])))
