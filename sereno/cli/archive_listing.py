"""`sereno archive list`: the archives of a system."""

from __future__ import annotations

from sereno.cli.output import print_json, print_table, print_text
from sereno.errors import EXIT_DONE
from sereno.maintenance.archive import Archive, archive_store, archives_of
from sereno.reports.build import human_bytes, human_count
from sereno.systems.loader import load_system


def print_archives(name: str, *, as_json: bool) -> int:
    """Print the archives of the system `name`; the exit code.

    Raises:
        ConfigurationError: there is no such system, or it has no store.
        StorageError: the store cannot be read.
    """
    system = load_system(name)
    store = archive_store(system).name
    found = [_said(archive) for archive in archives_of(system)]
    if as_json:
        print_json({"schema": "sereno.archives/1", "system": name, "store": store, "archives": found})
        return EXIT_DONE
    print_text(f"{name} has {human_count(len(found), 'archive')} in store {store}")
    if found:
        print_text("")
        rows = [(str(each["id"]), f"{each['parts']:,}", human_bytes(int(each["bytes"]))) for each in found]
        print_table(("archive", "parts", "size"), rows, numbers=("parts", "size"))
    return EXIT_DONE


def _said(archive: Archive) -> dict[str, str | int]:
    parts = archive.parts()
    return {"id": archive.id, "parts": len(parts), "bytes": sum(part.bytes for part in parts)}
