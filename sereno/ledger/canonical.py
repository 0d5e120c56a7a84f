"""The one way in which a value is written as JSON text, so that equal values are equal bytes."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

_AS_THEY_ARE = frozenset({str, int, bool, type(None)})
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def canonical_json(value: Any) -> str:
    """`value` as JSON in ASCII with sorted keys and no spaces; decimals and numbers that are not finite as strings.

    ASCII, because every database keeps it as it is: no encoding, no normal form, no character that one of them refuses.

    Raises:
        TypeError: something inside has no form in JSON.
    """
    return _ENCODER.encode(_plain(value))


def _plain(value: Any) -> Any:
    if type(value) in _AS_THEY_ARE:
        return value
    if isinstance(value, Mapping):
        return {str(key): item if type(item) in _AS_THEY_ARE else _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Decimal) or (isinstance(value, float) and not math.isfinite(value)):
        return str(value)
    return value
