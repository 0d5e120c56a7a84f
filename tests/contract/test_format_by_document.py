"""What the product writes is read by a reader that knows nothing but docs/backup-format.md.

The product writes objects and keys.json; it is not asked to read them. The manifest around them is made here, from the
document as well, and made anew after every damage, so that no digest hides what the encryption itself has to refuse.
"""

from __future__ import annotations

import ast
import base64
import gzip
import hashlib
import hmac
import json
import random
import subprocess
import sys
from collections.abc import Callable
from contextlib import nullcontext
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from contract import reader_by_document as reader
from sereno.backup.keys import DataKey, KeyFile
from sereno.backup.objects import ObjectWriter

MIB = 1 << 20
PASSPHRASE = "correct horse, größer"  # not ASCII: the document says UTF-8
OTHER = "battery staple"
FIRST, SECOND = "rows/000001-0000", "keys/000001"
SCRIPT = Path(__file__).with_name("reader_by_document.py")
REFUSALS = (ValueError, InvalidTag)


def noise(size: int) -> bytes:
    return random.Random(size).randbytes(size)


def repetition(size: int) -> bytes:
    return (b"1\tthe same row again\n" * (size // 20 + 1))[:size]


@cache
def keys_of(passphrases: tuple[str, ...], serial: int) -> tuple[DataKey, bytes]:
    """Make a data key and its keys.json, once for all tests: wrapping is slow by design."""
    key = DataKey.generate()
    slots = tuple(key.wrap(each, label=f"passphrase {at}") for at, each in enumerate(passphrases))
    return key, KeyFile(identity=key.identity.hex(), slots=slots).to_bytes()


derived_once = cache(hashlib.pbkdf2_hmac)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "pbkdf2_hmac", derived_once)


class Backup:
    """A folder with objects and keys by the product, and a manifest by the document."""

    def __init__(self, folder: Path, *, passphrases: tuple[str, ...] = (PASSPHRASE,), serial: int = 0) -> None:
        self.folder = folder
        self.texts: dict[str, bytes] = {}
        self.key, keys_json = keys_of(passphrases, serial)
        folder.mkdir(parents=True)
        (folder / "keys.json").write_bytes(keys_json)
        self.keys = reader.unlock(folder, passphrases[0])

    def write(self, name: str, text: bytes, *, chunk: int | None = None) -> None:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        with path.open("wb") as sink:
            writer = ObjectWriter(sink, key=self.key, name=name)
            for at in range(0, len(text), chunk or max(1, len(text))):
                writer.write(text[at : at + chunk] if chunk else text)
            writer.close()
        self.texts[name] = text
        self.seal()

    def seal(self, **changes: Any) -> None:
        """Write as much of a manifest as tells a reader what the objects are."""
        entries = [self.entry(name) for name in self.texts]
        manifest = {
            "format": "sereno-backup/1",
            "id": self.folder.name,
            "identity": self.keys[0].hex(),
            "schema_dump": None,
            "large_objects": None,
            "tables": [{"parts": entries, "key_set": None}],
        }
        line = json.dumps(manifest | changes).encode()
        seal = hmac.new(reader.derive(self.keys, b"sereno manifest 1", 32), line, "sha256").hexdigest()
        (self.folder / "manifest.jsonl").write_bytes(line + b'\n{"hmac_sha256": "' + seal.encode() + b'"}\n')

    def entry(self, name: str) -> dict[str, Any]:
        stored, text = (self.folder / name).read_bytes(), self.texts[name]
        return {
            "name": name,
            "kind": "rows",
            "rows": text.count(b"\n"),
            "stored_bytes": len(stored),
            "stored_sha256": hashlib.sha256(stored).hexdigest(),
            "plain_bytes": len(text),
            "plain_sha256": hashlib.sha256(text).hexdigest(),
        }

    def edit_slot(self, at: int, *, fits: bool, **changes: Any) -> None:
        """Change fields of a slot, with a checksum that fits afterwards, or without."""
        keys = json.loads((self.folder / "keys.json").read_bytes())
        slot = keys["slots"][at]
        slot.update(changes)
        if fits:
            binary = [base64.b64decode(slot[field]).hex() for field in ("salt", "nonce", "wrapped")]
            described = "\n".join([keys["identity"], slot["label"], slot["kdf"], str(slot["iterations"]), *binary])
            slot["checksum"] = hashlib.sha256(described.encode()).hexdigest()
        (self.folder / "keys.json").write_text(json.dumps(keys))

    def slot(self, at: int) -> dict[str, Any]:
        slot: dict[str, Any] = json.loads((self.folder / "keys.json").read_bytes())["slots"][at]
        return slot


def take_apart(stored: bytes) -> tuple[bytes, list[bytes]]:
    """Return an object's header and its frames, each with its length."""
    at = 70 + int.from_bytes(stored[68:70], "big")
    header, frames = stored[:at], []
    while at < len(stored):
        end = at + 4 + int.from_bytes(stored[at : at + 4], "big")
        frames.append(stored[at:end])
        at = end
    return header, frames


def flipped(data: bytes, at: int) -> bytes:
    at %= len(data)
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


@pytest.fixture
def backup(tmp_path: Path) -> Backup:
    return Backup(tmp_path / "20261123T020000Z-full-1f3a5c7e")


@pytest.fixture
def full(backup: Backup) -> Backup:
    """A backup with an object of several frames and a small one."""
    backup.write(FIRST, noise(2 * MIB + 12_345))
    backup.write(SECOND, b"1\n2\n")
    return backup


@pytest.mark.parametrize("chunk", [None, 99_991], ids=["whole", "chunks"])
@pytest.mark.parametrize("size", [0, 1, 70_000, MIB - 1, MIB, MIB + 1, 2 * MIB, 7 * MIB // 2])
@pytest.mark.parametrize("make", [noise, repetition])
def test_objects_are_read(backup: Backup, make: Callable[[int], bytes], size: int, chunk: int | None) -> None:
    text = make(size)
    backup.write(FIRST, text, chunk=chunk)
    assert reader.read_object(backup.folder, PASSPHRASE, FIRST) == text
    assert gzip.decompress(reader.read_gzip(backup.folder, PASSPHRASE, FIRST)) == text


def test_an_empty_object_is_one_frame(backup: Backup) -> None:
    backup.write(FIRST, b"")
    _, frames = take_apart((backup.folder / FIRST).read_bytes())
    assert len(frames) == 1
    assert reader.read_object(backup.folder, PASSPHRASE, FIRST) == b""


def test_the_header_is_as_described(full: Backup) -> None:
    header, frames = take_apart((full.folder / FIRST).read_bytes())
    assert header[:8] == b"SERENO01"
    assert header[8:24] == full.key.identity
    assert header[24:28] == MIB.to_bytes(4, "big")
    assert header[35] == 0
    assert header[70:] == FIRST.encode()
    assert len(frames) == 3


def test_the_manifest_is_returned(full: Backup) -> None:
    manifest = reader.read_backup(full.folder, PASSPHRASE)
    assert manifest["id"] == full.folder.name
    assert [entry["name"] for entry in manifest["tables"][0]["parts"]] == [FIRST, SECOND]


def test_it_runs_as_a_program(full: Backup) -> None:
    command = [sys.executable, str(SCRIPT), str(full.folder), PASSPHRASE]
    assert subprocess.run([*command, SECOND], check=True, capture_output=True).stdout == b"1\n2\n"
    (full.folder / SECOND).write_bytes(flipped((full.folder / SECOND).read_bytes(), -1))
    refused = subprocess.run([*command, SECOND], check=False, capture_output=True)
    assert refused.returncode != 0
    assert refused.stdout == b""


DAMAGES: dict[str, Callable[[bytes, list[bytes]], bytes]] = {
    "magic": lambda header, frames: flipped(header, 0) + b"".join(frames),
    "identity": lambda header, frames: flipped(header, 8) + b"".join(frames),
    "frame size": lambda header, frames: flipped(header, 27) + b"".join(frames),
    "nonce prefix": lambda header, frames: flipped(header, 28) + b"".join(frames),
    "zero byte": lambda header, frames: flipped(header, 35) + b"".join(frames),
    "commitment": lambda header, frames: flipped(header, 36) + b"".join(frames),
    "length of the name": lambda header, frames: flipped(header, 69) + b"".join(frames),
    "name": lambda header, frames: flipped(header, -1) + b"".join(frames),
    "length of a frame": lambda header, frames: header + flipped(frames[0], 3) + b"".join(frames[1:]),
    "enormous frame": lambda header, frames: header + b"\xff" + frames[0][1:] + b"".join(frames[1:]),
    "first frame": lambda header, frames: header + flipped(frames[0], 4) + b"".join(frames[1:]),
    "last bit": lambda header, frames: header + b"".join(frames[:-1]) + flipped(frames[-1], -1),
    "cut at a boundary": lambda header, frames: header + b"".join(frames[:-1]),
    "cut inside a frame": lambda header, frames: header + b"".join(frames)[:-5],
    "cut inside a length": lambda header, frames: header + b"".join(frames[:-1]) + frames[-1][:3],
    "first frame gone": lambda header, frames: header + b"".join(frames[1:]),
    "no frames": lambda header, frames: header,
    "half a header": lambda header, frames: header[:50],
    "nothing at all": lambda header, frames: b"",
    "reordered": lambda header, frames: header + frames[1] + frames[0] + b"".join(frames[2:]),
    "repeated": lambda header, frames: header + frames[0] + b"".join(frames),
    "appended": lambda header, frames: header + b"".join(frames) + frames[-1],
    "zeros appended": lambda header, frames: header + b"".join(frames) + bytes(4),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_damaged_objects_are_refused(full: Backup, damage: Callable[[bytes, list[bytes]], bytes]) -> None:
    path = full.folder / FIRST
    path.write_bytes(damage(*take_apart(path.read_bytes())))
    with pytest.raises(ValueError, match="stored digest"):
        reader.read_object(full.folder, PASSPHRASE, FIRST)
    full.seal()
    with pytest.raises(REFUSALS):
        reader.read_object(full.folder, PASSPHRASE, FIRST)


def test_exchanged_objects_are_refused(full: Backup) -> None:
    first, second = full.folder / FIRST, full.folder / SECOND
    one, two = first.read_bytes(), second.read_bytes()
    first.write_bytes(two)
    second.write_bytes(one)
    full.texts = {FIRST: full.texts[SECOND], SECOND: full.texts[FIRST]}
    full.seal()
    for name in (FIRST, SECOND):
        with pytest.raises(ValueError, match="header"):
            reader.read_object(full.folder, PASSPHRASE, name)


def test_frames_of_another_object_are_refused(full: Backup) -> None:
    full.write("rows/000002-0000", full.texts[FIRST])
    header, _ = take_apart((full.folder / FIRST).read_bytes())
    _, frames = take_apart((full.folder / "rows/000002-0000").read_bytes())
    (full.folder / FIRST).write_bytes(header + b"".join(frames))
    full.seal()
    with pytest.raises(InvalidTag):
        reader.read_object(full.folder, PASSPHRASE, FIRST)


def test_an_object_of_another_backup_is_refused(full: Backup, tmp_path: Path) -> None:
    other = Backup(tmp_path / "20261124T020000Z-full-00000000", serial=1)
    other.write(FIRST, full.texts[FIRST])
    (full.folder / FIRST).write_bytes((other.folder / FIRST).read_bytes())
    full.seal()
    with pytest.raises(ValueError, match="header"):
        reader.read_object(full.folder, PASSPHRASE, FIRST)


def forge(backup: Backup, *members: bytes, frame_size: int = 1000, name: str = FIRST) -> None:
    """Encrypt frames as the document has it, with nothing wrong but what is in them."""
    path = name.encode()
    secret = reader.derive(backup.keys, b"sereno object 1\0" + path, 64)
    header = b"SERENO01" + backup.keys[0] + frame_size.to_bytes(4, "big") + bytes(8) + secret[32:]
    header += len(path).to_bytes(2, "big") + path
    stored = header
    for at, member in enumerate(members):
        nonce = bytes(7) + at.to_bytes(4, "big") + bytes([at == len(members) - 1])
        frame = AESGCM(secret[:32]).encrypt(nonce, member, header)
        stored += len(frame).to_bytes(4, "big") + frame
    (backup.folder / name).parent.mkdir(parents=True, exist_ok=True)
    (backup.folder / name).write_bytes(stored)


def test_what_another_writer_makes_by_the_document_is_read(backup: Backup) -> None:
    forge(backup, gzip.compress(bytes(1000), 0), gzip.compress(b"a"))
    backup.texts[FIRST] = bytes(1000) + b"a"
    backup.seal()
    assert reader.read_object(backup.folder, PASSPHRASE, FIRST) == bytes(1000) + b"a"


@pytest.mark.parametrize(
    ("members", "text", "complaint"),
    [
        ([gzip.compress(b"a") + gzip.compress(b"b")], b"ab", "member"),
        ([gzip.compress(b"a") + gzip.compress(b"")], b"a", "member"),
        ([gzip.compress(b"a") + b"\0"], b"a", "member"),
        ([gzip.compress(b"a")[:-1]], b"a", "member"),
        ([gzip.compress(bytes(1001))], bytes(1001), "member"),
        ([gzip.compress(b"a"), gzip.compress(b"")], b"a", "empty frame"),
        ([gzip.compress(b""), gzip.compress(b"a")], b"a", "empty frame"),
        ([gzip.compress(b""), gzip.compress(b"")], b"", "empty frame"),
        ([b""], b"", "length"),
        ([gzip.compress(b"a") + bytes(67_000)], b"a", "length"),
        ([], b"", "length"),
    ],
    ids=[
        "two members",
        "an empty member behind",
        "a byte behind",
        "a member cut off",
        "more than the frame size",
        "an empty frame at the end",
        "an empty frame at the beginning",
        "two empty frames",
        "nothing in a frame",
        "a frame too long",
        "no frame",
    ],
)
def test_authentic_frames_of_a_wrong_kind_are_refused(
    backup: Backup, members: list[bytes], text: bytes, complaint: str
) -> None:
    forge(backup, *members)
    backup.texts[FIRST] = text
    backup.seal()
    with pytest.raises(ValueError, match=complaint):
        reader.read_object(backup.folder, PASSPHRASE, FIRST)


@pytest.mark.parametrize("frame_size", [0, MIB + 1])
def test_frame_sizes_out_of_bounds_are_refused(backup: Backup, frame_size: int) -> None:
    forge(backup, gzip.compress(b""), frame_size=frame_size)
    backup.texts[FIRST] = b""
    backup.seal()
    with pytest.raises(ValueError, match="header"):
        reader.read_object(backup.folder, PASSPHRASE, FIRST)


def test_a_name_may_have_1024_bytes(backup: Backup) -> None:
    for extra, outcome in ((0, nullcontext()), (1, pytest.raises(ValueError, match="header"))):
        name = "/".join(["x" * 127] * 8) + "y" * (1 + extra)
        forge(backup, gzip.compress(b""), name=name)
        backup.texts = {name: b""}
        backup.seal()
        with outcome:
            assert reader.read_object(backup.folder, PASSPHRASE, name) == b""


def test_a_wrong_digest_of_the_plain_text_is_refused(full: Backup) -> None:
    full.texts[SECOND] = b"1\n3\n"
    full.seal()
    with pytest.raises(ValueError, match="plain digest"):
        reader.read_object(full.folder, PASSPHRASE, SECOND)


def test_only_objects_of_the_manifest_are_read(full: Backup) -> None:
    with pytest.raises(KeyError):
        reader.read_object(full.folder, PASSPHRASE, "keys.json")


MANIFESTS: dict[str, Callable[[bytes], bytes]] = {
    "a figure": lambda text: text.replace(b'"rows": 2', b'"rows": 3'),
    "the seal": lambda text: flipped(text, -5),
    "no seal": lambda text: text.split(b"\n")[0] + b"\n",
    "no line feed at the end": lambda text: text[:-1],
    "a third line": lambda text: text + b"{}\n",
    "a seal without its space": lambda text: text.replace(b'{"hmac_sha256": ', b'{"hmac_sha256":'),
    "carriage returns": lambda text: text.replace(b"\n", b"\r\n"),
    "nothing": lambda text: b"",
}


@pytest.mark.parametrize("edit", MANIFESTS.values(), ids=MANIFESTS.keys())
def test_an_edited_manifest_is_refused(full: Backup, edit: Callable[[bytes], bytes]) -> None:
    path = full.folder / "manifest.jsonl"
    before = path.read_bytes()
    path.write_bytes(edit(before))
    assert path.read_bytes() != before
    with pytest.raises(ValueError, match=r"seal|unpack"):
        reader.read_backup(full.folder, PASSPHRASE)


@pytest.mark.parametrize("changes", [{"id": "another"}, {"identity": "00" * 16}, {"format": "sereno-backup/2"}])
def test_a_sealed_manifest_of_something_else_is_refused(full: Backup, changes: dict[str, str]) -> None:
    full.seal(**changes)
    with pytest.raises(ValueError, match="manifest"):
        reader.read_backup(full.folder, PASSPHRASE)


def test_without_a_manifest_there_is_no_backup(full: Backup) -> None:
    (full.folder / "manifest.jsonl").unlink()
    with pytest.raises(FileNotFoundError):
        reader.read_object(full.folder, PASSPHRASE, FIRST)


def test_a_renamed_folder_is_refused(full: Backup) -> None:
    with pytest.raises(ValueError, match="another folder"):
        reader.read_backup(full.folder.rename(full.folder.with_name("renamed")), PASSPHRASE)


@pytest.mark.parametrize("wrong", ["", "wrong", PASSPHRASE + " ", PASSPHRASE.upper()])
def test_a_wrong_passphrase_is_refused(full: Backup, wrong: str) -> None:
    with pytest.raises(ValueError, match="wrong passphrase"):
        reader.read_backup(full.folder, wrong)


@pytest.mark.parametrize("field", ["salt", "nonce", "wrapped", "label", "iterations"])
def test_a_changed_slot_is_told_from_a_wrong_passphrase(full: Backup, field: str) -> None:
    value = full.slot(0)[field]
    if field in ("salt", "nonce", "wrapped"):
        value = base64.b64encode(flipped(base64.b64decode(value), 5)).decode()
    else:
        value += 1 if field == "iterations" else "!"
    full.edit_slot(0, fits=False, **{field: value})
    with pytest.raises(ValueError, match="a slot is damaged"):
        reader.read_backup(full.folder, PASSPHRASE)
    full.edit_slot(0, fits=True, **{field: value})
    with pytest.raises(ValueError, match="wrong passphrase"):
        reader.read_backup(full.folder, PASSPHRASE)


@pytest.mark.parametrize(
    "changes",
    [
        {"iterations": 99_999},
        {"iterations": 10_000_001},
        {"kdf": "scrypt"},
        {"salt": base64.b64encode(bytes(15)).decode()},
        {"salt": base64.b64encode(bytes(65)).decode()},
        {"nonce": base64.b64encode(bytes(11)).decode()},
        {"wrapped": base64.b64encode(bytes(47)).decode()},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_values_out_of_bounds_are_refused_before_anything_is_derived(
    full: Backup, changes: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    full.edit_slot(0, fits=True, **changes)
    monkeypatch.setattr(reader, "pbkdf2_hmac", lambda *arguments: pytest.fail("a key was derived"))
    with pytest.raises(ValueError, match="a slot's"):
        reader.read_backup(full.folder, PASSPHRASE)


@pytest.mark.parametrize(
    "changes",
    [{"slots": 0}, {"slots": 17}, {"format": "sereno-keys/2"}, {"padding": " " * 65_536}],
    ids=lambda changes: next(iter(changes)),
)
def test_keys_out_of_bounds_are_refused(full: Backup, changes: dict[str, Any]) -> None:
    keys = json.loads((full.folder / "keys.json").read_bytes())
    changed = keys | changes | {"slots": keys["slots"] * changes.get("slots", 1)}
    (full.folder / "keys.json").write_text(json.dumps(changed))
    with pytest.raises(ValueError, match=r"keys\.json"):
        reader.read_backup(full.folder, PASSPHRASE)


def test_every_slot_opens(tmp_path: Path) -> None:
    backup = Backup(tmp_path / "two", passphrases=(PASSPHRASE, OTHER))
    backup.write(FIRST, b"1\n")
    for passphrase in (PASSPHRASE, OTHER):
        assert reader.read_object(backup.folder, passphrase, FIRST) == b"1\n"
    backup.edit_slot(0, fits=False, nonce=base64.b64encode(bytes(12)).decode())
    assert reader.read_object(backup.folder, OTHER, FIRST) == b"1\n"
    with pytest.raises(ValueError, match="a slot is damaged"):
        reader.read_object(backup.folder, PASSPHRASE, FIRST)


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
    assert len(lines) <= 60, "lines of code, without imports, docstrings and empty lines"
    assert {name.partition(".")[0] for name in imported} - set(sys.stdlib_module_names) == {"cryptography"}
