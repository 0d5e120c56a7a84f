"""The shape of a JSON answer: which kinds of values stand where, so that drift is seen without a written schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sereno.smoke.grammar.values import without_people

MOST_PLACES = 500
"""Of one answer; what is beyond is not looked at."""
_MOST_ITEMS = 50  # of a list
_DEEPEST = 12
_LONGEST_KEY = 60


def shape_of(data: Any, *, volatile: Sequence[Any] = ()) -> dict[str, str]:
    """Places such as `items[].id` with the kinds seen there, such as `integer` or `null|text`.

    Args:
        data: what the JSON holds.
        volatile: containers inside it (the very objects) whose keys come and go.
    """
    skipped = {id(each) for each in volatile}
    kinds: dict[str, set[str]] = {}
    for place, kind in _places(data, "", skipped, 0):
        if place in kinds or len(kinds) < MOST_PLACES:
            kinds.setdefault(place, set()).add(kind)
    return {place: "|".join(sorted(found)) for place, found in kinds.items()}


def drift(now: Mapping[str, str], before: Sequence[Mapping[str, str]]) -> list[str]:
    """What changed since the shapes `before` (oldest first), a line each; null is no change of kind.

    A place is missing only where what would hold it is there and not empty; it is new where no earlier shape had it.
    """
    if not before:
        return []
    last = before[-1]
    known: dict[str, set[str]] = {}
    for shape in before:
        for place, kinds in shape.items():
            known.setdefault(place, set()).update(kinds.split("|"))
    lines = [f"new: {place or 'the whole'} ({now[place]})" for place in now if place not in known]
    lines += [f"missing: {place}" for place in last if place not in now and _has_room(now, last, place)]
    for place in now:
        found = set(now[place].split("|")) - {"null"}
        was = known.get(place, set()) - {"null"}
        if was and found - was:
            lines.append(f"changed: {place or 'the whole'} is {now[place]}, was {'|'.join(sorted(was))}")
    return lines


def _has_room(now: Mapping[str, str], last: Mapping[str, str], place: str) -> bool:
    """Whether what would hold `place` is there in both: an object of the same place, that has other members."""
    if place.endswith("[]"):
        return False
    parent = place.rpartition(".")[0] if "." in place else ""
    if place.startswith("[]") and "." not in place:
        return False
    siblings = f"{parent}." if parent else ""
    held = "object" in now.get(parent, "")
    return (
        held and any(each.startswith(siblings) and each != parent for each in now) and "object" in last.get(parent, "")
    )


def _places(value: Any, place: str, skipped: set[int], depth: int) -> Iterator[tuple[str, str]]:
    yield place, _kind(value)
    if depth >= _DEEPEST or id(value) in skipped:
        return
    if isinstance(value, dict):
        for key, item in value.items():
            name = without_people(str(key))[:_LONGEST_KEY].replace(".", "·")
            yield from _places(item, f"{place}.{name}" if place else name, skipped, depth + 1)
    elif isinstance(value, list):
        for item in value[:_MOST_ITEMS]:
            yield from _places(item, f"{place}[]", skipped, depth + 1)


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    for types, name in ((bool, "boolean"), (int | float, "number"), (str, "text"), (list, "list")):
        if isinstance(value, types):
            return name
    return "object"
