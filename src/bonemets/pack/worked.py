"""Worked examples as written: what they give and expect is there, and of its kind.

Whether they come out is for `bonemets knowledge test`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, cast

from bonemets.documents import Path
from bonemets.expression import URGENCIES, Symbol
from bonemets.pack.items import (
    STATUSES,
    SUMMARIES,
    Alert,
    Card,
    Example,
    Finder,
    Handout,
    Interaction,
    Investigation,
    Option,
    Outlook,
    Score,
    Step,
    Variable,
)
from bonemets.pack.load import Pack
from bonemets.pack.notes import Note, did_you_mean, not_a_level

PARTS: Final[dict[type, tuple[str, ...]]] = {
    Variable: ("value", "missing"),
    Score: ("applies", "total", "band", "missing"),
    Alert: ("result", "actions", "asked", "missing"),
    Investigation: ("result", "missing"),
    Step: ("result", "missing"),
    Interaction: ("result", "missing"),
    Card: ("result", "rows", "missing"),
    Outlook: ("result", "missing"),
    Handout: ("result", "left_out", "missing"),
    Option: ("status", "statuses", "dose", "stops", "begins", "cautions", "not_begun", "missing"),
}
"""What an example of each kind may expect (docs/how-to/write-a-knowledge-file.md)."""
RESULTS: Final = ("yes", "no", "unknown")
TRUTHS: Final = ("yes", "no", "true", "false", "unknown")
WORDS: Final = ("low", "normal", "high", "unknown")
ORDERED: Final = re.compile(r"(?:<=|>=|<|>) *([a-z][a-z0-9_]*)\Z")
NUMBER: Final = re.compile(
    r"(?:<=|>=|<|>)? *[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)? *(.*)\Z", re.DOTALL
)


class Reader:
    """Checks the examples of a pack, item by item.

    Args:
        pack: the pack, with its table of units.
        symbols: the variables that may be given.
        unbuilt: names whose definition has a fault: to miss them is none.
    """

    def __init__(self, pack: Pack, symbols: Mapping[str, Symbol], unbuilt: frozenset[str]) -> None:
        """Take what examples may name."""
        self.pack, self.symbols, self.unbuilt = pack, symbols, unbuilt
        self.fine: set[tuple[str, str]] = set()
        """Values of variables that hold: most stand in many examples."""

    def examples(self, item: Finder) -> Iterator[Note]:
        """Check the examples of an item."""
        for index, example in enumerate(item.examples):
            path: Path = ("examples", index)
            yield from self.given(item, example.given, (*path, "given"))
            yield from _expected(item, example, path, self)

    def given(self, item: Finder, given: Mapping[str, object], path: Path) -> Iterator[Note]:
        """Check what an example gives."""
        for name, value in given.items():
            if name == "lesions":
                yield from self.lesions(value, (*path, name))
            elif name == "index_date":
                continue
            elif (symbol := self.symbols.get(name)) is None:
                yield from self.missing(name, (*path, name))
            elif symbol.entity == "lesion" and item.entity == "patient":
                message = f"`{name}` belongs to a lesion. Put it under `lesions`."
                yield Note((*path, name), "lesion-variable", message, key=True)
            elif not isinstance(value, str) or (name, value) not in self.fine:
                found = list(self.value(symbol, value, (*path, name)))
                yield from found
                if isinstance(value, str) and not found:
                    self.fine.add((name, value))

    def missing(self, name: str, path: Path, *, key: bool = True) -> Iterator[Note]:
        """Note a name that is no variable."""
        if name not in self.symbols and name not in self.unbuilt:
            mend = did_you_mean(name, self.symbols, "Define it, or mend the name.")
            message = f"`{name}` is not a variable. {mend}"
            yield Note(path, "unknown-variable", message, key=key)

    def lesions(self, value: object, path: Path) -> Iterator[Note]:
        """Check the lesions that an example gives."""
        table: dict[str, Any] = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
        if not isinstance(value, dict) or not isinstance(table.get("list", []), list):
            message = "lesions are written `{complete: yes, list: [{id: a, …}]}`."
            yield Note(path, "wrong-shape", message)
            return
        for key in table:
            if key not in ("complete", "list"):
                mend = did_you_mean(key, ("complete", "list"))
                message = f"`{key}` is not a key of this place. {mend}"
                yield Note((*path, key), "unknown-key", message, key=True)
        for index, lesion in enumerate(cast("list[Any]", table.get("list", []))):
            place = (*path, "list", index)
            if not isinstance(lesion, dict) or "id" not in lesion:
                yield Note(place, "missing-key", "`id` is missing: which lesion? Add it.")
                continue
            for name, inner in cast("dict[str, Any]", lesion).items():
                symbol = self.symbols.get(name)
                if symbol is not None and symbol.entity == "patient":
                    message = f"`{name}` belongs to the patient. Put it beside `lesions`."
                    yield Note((*place, name), "patient-variable", message, key=True)
                elif symbol is not None:
                    yield from self.value(symbol, inner, (*place, name))
                elif name != "id":
                    yield from self.missing(name, (*place, name))

    def value(self, symbol: Symbol, value: object, path: Path) -> Iterator[Note]:
        """Check one value, `{value, date}`, or a list of these or of levels."""
        if isinstance(value, dict):
            table = cast("dict[str, Any]", value)
            for key in table:
                if key not in ("value", "date"):
                    mend = did_you_mean(key, ("value", "date"))
                    message = f"`{key}` is not a key of this place. {mend}"
                    yield Note((*path, key), "unknown-key", message, key=True)
            if "value" in table:
                yield from self.value(symbol, table["value"], (*path, "value"))
            return
        if isinstance(value, list):
            for index, one in enumerate(cast("list[Any]", value)):
                if isinstance(one, dict) or symbol.kind == "level":
                    yield from self.value(symbol, cast("object", one), (*path, index))
            return
        text = str(value).strip()
        if symbol.kind == "boolean" and text.lower() not in TRUTHS:
            message = f"`{symbol.name}` is yes, no or unknown. Write one of these."
            yield Note(path, "wrong-type", message)
        elif symbol.kind == "level" and text not in (*symbol.levels, "unknown"):
            match = ORDERED.match(text)
            if not (match and symbol.ordered and match[1] in symbol.levels):
                message = not_a_level(match[1] if match else text, symbol.name, symbol.levels)
                yield Note(path, "unknown-level", message)
        elif symbol.kind == "number" and text not in WORDS:
            yield from self.number(symbol, text, path)

    def number(self, symbol: Symbol, text: str, path: Path) -> Iterator[Note]:
        """Check that a number has a unit of its variable."""
        match, own = NUMBER.match(text), symbol.unit or "1"
        if match is None:
            message = f"`{symbol.name}` is a number in {own}. Write one."
            yield Note(path, "wrong-type", message)
        elif not match[1] and own != "1":
            message = f"`{symbol.name}` has a value and no unit. Write it in {own}."
            yield Note(path, "unit-missing", message)
        elif match[1] and not self.accepted(symbol.name, own, match[1].strip()):
            message = f"`{symbol.name}` is not accepted in {match[1].strip()}. Write it in {own}."
            yield Note(path, "unknown-unit", message)

    def accepted(self, name: str, own: str, unit: str) -> bool:
        """Say whether a unit as written is one of a variable's."""
        table = self.pack.units.get(name, {own: (1.0, 0.0)})
        spelled = self.pack.terms.unit_spellings if self.pack.terms else {}
        return unit in table or any(unit in many and of in table for of, many in spelled.items())


def _expected(item: Finder, example: Example, path: Path, given: Reader) -> Iterator[Note]:
    """Check what an example expects."""
    parts = PARTS[type(item)]
    for part, value in example.expect.items():
        here = (*path, "expect", part)
        if part not in parts:
            kind = type(item).__name__.lower()
            message = f"`{part}` is no part of what a {kind} gives. {did_you_mean(part, parts)}"
            yield Note(here, "unknown-key", message, key=True)
            continue
        for place, one in _each(value, here):
            if part == "missing":
                yield from given.missing(str(one), place, key=False)
            else:
                yield from _part(item, part, one, place)


def _each(value: object, path: Path) -> Iterator[tuple[Path, object]]:
    if isinstance(value, list):
        for index, one in enumerate(cast("list[Any]", value)):
            yield (*path, index), one
    else:
        yield path, value


def _part(item: Finder, part: str, value: object, path: Path) -> Iterator[Note]:
    """Check one value of one part."""
    allowed = _ALLOWED.get(part)
    if part == "value":
        assert isinstance(item, Variable)  # noqa: S101  (the part belongs to variables)
        names = RESULTS if item.type == "boolean" else item.levels
        if names and _text(value) not in names:
            yield Note(path, "unknown-level", not_a_level(_text(value), item.id, names))
    elif part == "stops":
        stops = item.contraindicated if isinstance(item, Option) else ()
        known = [clause.why for clause in stops]
        fits = 0 <= value < len(stops) if isinstance(value, int) else str(value) in known
        if not fits:
            message = f"there are {len(stops)} stops, from 0. Write the number or the `why` of one."
            yield Note(path, "unknown-value", message)
    elif allowed is not None:
        names = tuple(allowed(item))
        if _text(value) not in names:
            message = f"`{_text(value)}` is none that may come out. "
            yield Note(path, "unknown-value", message + did_you_mean(_text(value), names))


def _text(value: object) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


_ALLOWED: Final[dict[str, Callable[[Any], Iterable[str]]]] = {
    "result": lambda item: RESULTS,
    "applies": lambda item: RESULTS,
    "band": lambda item: item.any_bands(),
    "status": lambda item: SUMMARIES,
    "statuses": lambda item: STATUSES,
    "begins": lambda item: URGENCIES,
    "actions": lambda item: (action.do for action in item.actions),
    "cautions": lambda item: map(str, range(len(item.caution))),
    "not_begun": lambda item: map(str, range(len(item.caution))),
    "rows": lambda item: map(str, range(len(item.rows))),
}
"""The names that a part may hold."""
