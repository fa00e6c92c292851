"""Safe steps into parsed JSON, where any field may hold anything.

A field of the wrong shape reads as if it were not there; its resource then says what it lacks.
"""

from __future__ import annotations

from math import isfinite
from typing import cast

Node = dict[str, object]

LONGEST_TEXT = 10_000
_NOTHING: Node = {}


def node(value: object) -> Node:
    """Give the JSON object, or an empty one where there is none."""
    return cast("Node", value) if isinstance(value, dict) else _NOTHING


def nodes(value: object) -> list[Node]:
    """Give the JSON objects of a list; a lone object counts as a list of one."""
    if isinstance(value, list):
        return [cast("Node", v) for v in cast("list[object]", value) if isinstance(v, dict)]
    return [cast("Node", value)] if isinstance(value, dict) else []


def text(value: object) -> str:
    """Give the text without spaces around it, cut at `LONGEST_TEXT` characters, or nothing."""
    return value[:LONGEST_TEXT].strip() if isinstance(value, str) else ""


def number(value: object) -> float | None:
    """Give the finite number, or None: truth values and numbers written as text are none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        as_float = float(value)
    except OverflowError:
        return None
    return as_float if isfinite(as_float) else None


def extensions(of: Node, ending: str) -> list[Node]:
    """Give the extensions whose URL ends in `ending`."""
    return [e for e in nodes(of.get("extension")) if text(e.get("url")).endswith(ending)]
