"""The page that lies beside exported files: what they are, and the commands that bring them back."""

from __future__ import annotations

from collections.abc import Sequence

from sereno.backup.manifest import Manifest
from sereno.reports.model import ReportFile
from sereno.reports.presentation import legible

README_NAME = "README.txt"

LOADING = """\
for file in roles.sql.gz schema.pre-data.sql.gz tables/*.sql.gz large-objects.sql.gz sequences.sql.gz \\
    schema.post-data.sql.gz; do
  [ -e "$file" ] || continue
  gunzip -t "$file" || exit 1
  gunzip -c "$file" | psql --no-psqlrc --quiet --output=/dev/null --set=ON_ERROR_STOP=1 --dbname="$TARGET" || exit 1
done
psql --no-psqlrc --quiet --dbname="$TARGET" --command='SET client_min_messages = error' --command=ANALYZE
"""
"""The commands, for a shell in the folder; docs/runbooks/restore-without-sereno.md has the same."""

_PAGE = """\
Backup {id} of {system}, taken {taken_at}, database {database}, PostgreSQL {version}.
Written by sereno {sereno}.

THESE FILES HOLD PERSONAL DATA IN CLEAR. Delete them when you are done.

To bring the backup back, create an empty database and name it in TARGET, such as
TARGET=postgresql://postgres@localhost/restored. Then, in this folder:

{commands}
Each file is loaded whole or not at all, but for the schema; the loop stops at the first that fails.
{owners}
It is the schema before the rows (tables, types, functions), the rows, and the schema after them (indexes,
constraints, triggers, materialized views), in that order, so that no trigger fires and no constraint minds
the order of the tables. A single table's file loads into a table that is there and empty.
{volumes}
Files, with the SHA-256 of each:
{files}
"""
_OWNERS = """\
roles.sql.gz makes the roles that are missing, without login. To make them, and to give things to their owners,
TARGET has to be a superuser; for another role export again with --no-owner."""
_VOLUMES = """
Directories that belonged to the system are in volumes/. For each of them, as root, which alone gives files their
owners, make an empty directory and unpack into it, such as
  tar --extract --gzip --same-permissions --file=volumes/{first}.tar.gz --directory=EMPTY
They were at:
{places}
"""
_WITHOUT = "Everything will belong to the role of TARGET: owners and grants were left out."


def readme(manifest: Manifest, files: Sequence[ReportFile]) -> str:
    """The page for the files of an export."""
    origin = manifest.origin
    with_roles = any(file.name == "roles.sql.gz" for file in files)
    return _PAGE.format(
        id=manifest.id,
        system=origin.system,
        taken_at=manifest.snapshot.taken_at.isoformat(timespec="seconds"),
        database=legible(origin.database),
        version=origin.server_version,
        sereno=manifest.versions.sereno,
        commands="".join(f"    {line}\n" for line in LOADING.splitlines()),
        owners=_OWNERS if with_roles else _WITHOUT,
        volumes=_volumes(manifest) if any(file.name.startswith("volumes/") for file in files) else "",
        files="\n".join(f"  {file.sha256}  {file.name}" for file in files),
    )


def _volumes(manifest: Manifest) -> str:
    places = "\n".join(f"  {volume.name}: {legible(volume.path)}" for volume in manifest.volumes)
    return _VOLUMES.format(first=manifest.volumes[0].name, places=places)
