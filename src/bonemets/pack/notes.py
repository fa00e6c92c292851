"""What a check finds in one item: where in it, a code, what is wrong and what would mend it."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bonemets.documents import Path

Place = Callable[[Path], str]
"""Shows where a key of the item stands, for a message that names a second place."""


@dataclass(frozen=True, slots=True)
class Note:
    """One thing wrong at a path below an item; `key`: at its key, else at its value."""

    path: Path
    code: str
    message: str
    key: bool = False


def did_you_mean(name: str, choices: Iterable[str], otherwise: str = "") -> str:
    """Give the nearest of some names as a question, else the first of them, else what is said."""
    known = list(dict.fromkeys(choices))
    near = difflib.get_close_matches(name, known, 1, 0.6)
    if near:
        return f"Did you mean `{near[0]}`?"
    if otherwise or not known:
        return otherwise or "Remove it."
    more = ", …" if len(known) > 12 else ""
    return f"One of {', '.join(known[:12])}{more}."


def not_a_level(level: object, of: str, levels: Iterable[str]) -> str:
    """Say that a name is no level of a variable."""
    return f"`{level}` is not a level of `{of}`. {did_you_mean(str(level), levels)}"
