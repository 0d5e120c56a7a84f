"""What the product writes is read by a reader that knows nothing but docs/backup-format.md."""

from __future__ import annotations

import ast
import gzip
import subprocess
import sys
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest

from contract import reader_by_document as reader
from contract.format_case import FIRST, MIB, PASSPHRASE, SECOND, Backup, decrypted, flipped, forge, noise, take_apart

SCRIPT = Path(reader.__file__)


def repetition(size: int) -> bytes:
    return (b"1\tthe same row again\n" * (size // 20 + 1))[:size]


@pytest.mark.parametrize("chunk", [None, 99_991], ids=["whole", "chunks"])
@pytest.mark.parametrize("size", [0, 1, 70_000, MIB - 1, MIB, MIB + 1, 2 * MIB, 7 * MIB // 2])
@pytest.mark.parametrize("make", [noise, repetition])
def test_objects_are_read(backup: Backup, make: Callable[[int], bytes], size: int, chunk: int | None) -> None:
    text = make(size)
    backup.write(FIRST, text, chunk=chunk)
    assert backup.read(FIRST) == text
    assert gzip.decompress(decrypted(backup, FIRST)) == text


def test_an_empty_object_is_one_frame(backup: Backup) -> None:
    backup.write(FIRST, b"")
    _, frames = take_apart((backup.folder / FIRST).read_bytes())
    assert len(frames) == 1
    assert backup.read(FIRST) == b""


def test_the_header_is_as_described(full: Backup) -> None:
    header, frames = take_apart((full.folder / FIRST).read_bytes())
    assert header[:8] == b"SERENO01"
    assert header[8:24] == full.key.identity
    assert header[24:28] == MIB.to_bytes(4, "big")
    assert header[35] == 0
    assert header[70:] == FIRST.encode()
    assert len(frames) == 3


def test_the_manifest_is_returned(full: Backup) -> None:
    manifest = reader.read_manifest(full.folder, full.keys)
    assert manifest["id"] == full.folder.name
    assert [entry["name"] for entry in manifest["tables"][0]["parts"]] == [FIRST, SECOND]


def test_it_runs_as_a_program(full: Backup) -> None:
    command = [sys.executable, str(SCRIPT), str(full.folder), PASSPHRASE]
    assert subprocess.run([*command, SECOND], check=True, capture_output=True).stdout == b"1\n2\n"
    (full.folder / SECOND).write_bytes(flipped((full.folder / SECOND).read_bytes(), -1))
    refused = subprocess.run([*command, SECOND], check=False, capture_output=True)
    assert refused.returncode != 0
    assert refused.stdout == b""


def test_what_another_writer_makes_by_the_document_is_read(backup: Backup) -> None:
    forge(backup, gzip.compress(bytes(1000), 0), gzip.compress(b"a"))
    backup.texts[FIRST] = bytes(1000) + b"a"
    backup.seal()
    assert backup.read(FIRST) == bytes(1000) + b"a"


def test_a_name_may_have_1024_bytes(backup: Backup) -> None:
    for extra, outcome in ((0, nullcontext()), (1, pytest.raises(ValueError, match="header"))):
        name = "/".join(["x" * 127] * 8) + "y" * (1 + extra)
        forge(backup, gzip.compress(b""), name=name)
        backup.texts = {name: b""}
        backup.seal()
        with outcome:
            assert backup.read(name) == b""


def test_the_reader_is_short_and_stands_alone() -> None:
    source = SCRIPT.read_text(encoding="utf-8")
    tree = ast.parse(source)
    imported: set[str] = set()
    uncounted: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            imported.add(node.module or "")
        elif not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):  # a docstring
            continue
        uncounted |= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    lines = [line for at, line in enumerate(source.splitlines(), 1) if line.strip() and at not in uncounted]
    assert len(lines) <= 70, "lines of code, without imports, docstrings and empty lines"
    assert {name.partition(".")[0] for name in imported} - set(sys.stdlib_module_names) == {"cryptography"}
