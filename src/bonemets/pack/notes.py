"""What a check finds in one item: where in it, a code, what is wrong and what would mend it."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from bonemets.documents import Path

FEW: Final = 5
"""So many names are looked at that are like another."""
SHOWN: Final = 3
"""So many are given to choose from where none is surely meant."""
LIKE: Final = 0.75
"""How alike two words are that may be the same, misspelt: radiotherapy and chemotherapy are not."""
VERY: Final = 0.8
"""How alike those are for which nothing else speaks."""
TITLE: Final = 0.85
"""What a word of a title is worth beside one of a name."""
LONG: Final = 4
"""A word of fewer letters says too little to tell two facts apart."""
SURELY: Final = 0.9
"""Names so alike differ by letters alone."""

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


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Give the known name most like another, if one is.

    That is one with letters wrong (of a single word, few); one with all its words, and either one
    besides or these beside each other; or one with its words in another order, of which more
    letters have to be right, for many names share words. One that lacks one of several words, or
    one like it, is another fact.
    """
    turned = {in_order(x): x for x in known}
    near = difflib.get_close_matches(name, turned.values(), FEW, 0.7)
    near += [turned[x] for x in difflib.get_close_matches(in_order(name), turned, FEW, 0.85)]
    near = [x for x in near if has_words(x, name)]
    near.sort(key=lambda x: -max(alike(name, x), alike(in_order(name), in_order(x))))
    if near and alike(name, near[0]) >= SURELY:
        return near[0]
    if "_" not in name:  # many names hold a single word: see `similar`
        near = [x for x in near if alike(name, x) >= VERY]
    longer = [x for x in turned.values() if is_longer(x, name)]
    longer.sort(key=lambda x: (len(x.split("_")), -alike(in_order(name), in_order(x)), x))
    return next(iter(longer + near), None)


def similar(name: str, titles: Mapping[str, str]) -> list[str]:
    """Give a few names with words like those of another: in the name itself or in its title.

    Those with the most and the likest words come first, rather in their names, of these the
    shortest: to choose from, as none of them need be what was meant.
    """
    words = [x for x in name.lower().split("_") if len(x) >= LONG]
    found: list[tuple[float, int, str]] = []
    for known, title in titles.items():
        worth = 0.0
        for word in words:
            own = max(alike(word, x) for x in known.split("_"))
            shown = TITLE * max((alike(word, x) for x in title.lower().split()), default=0.0)
            worth += max(own, shown) if max(own, shown) >= VERY else 0.0
        if worth:
            found.append((-worth, len(known), known))
    return [known for *_, known in sorted(found)[:SHOWN]]


def is_longer(known: str, name: str) -> bool:
    """Say whether a known name has all of several words: one besides, or these together."""
    words, there = set(name.split("_")), known.split("_")
    if len(words) < 2 or not words <= set(there):
        return False
    n = len(words)
    return len(there) <= n + 1 or any(words == set(there[i : i + n]) for i in range(len(there)))


def has_words(known: str, name: str) -> bool:
    """Say whether each longer one of several words, or one like it, stands in a known name."""
    there, words = known.split("_"), name.split("_")
    return len(words) < 2 or all(
        difflib.get_close_matches(word, there, 1, LIKE) for word in words if len(word) >= LONG
    )


def in_order(name: str) -> str:
    """Give the words of a name by the alphabet."""
    return "_".join(sorted(name.split("_")))


def alike(one: str, other: str) -> float:
    """Say how alike two names are, from 0 to 1 (the same)."""
    return difflib.SequenceMatcher(None, other, one).ratio()


def not_a_level(level: object, of: str, levels: Iterable[str]) -> str:
    """Say that a name is no level of a variable."""
    return f"`{level}` is not a level of `{of}`. {did_you_mean(str(level), levels)}"
