"""Read a case file (and what a worked example gives): variables by their own names -> events.

The shape is design.md's, "Shapes that others rely on". Anything misspelt or misshapen refuses the
file, with every fault at its place; an implausible value is read and set aside later, as from any
record.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, cast

from msgspec.structs import replace

from bonemets.documents import Document, Path, Unreadable, decode, parse
from bonemets.errors import Fault, RecordRefused
from bonemets.expression import Symbol
from bonemets.model import (
    LISTS,
    About,
    Absent,
    Code,
    Event,
    Levels,
    ListName,
    Place,
    Quantity,
    Record,
    Span,
    Value,
    Words,
)
from bonemets.pack.items import asked_for
from bonemets.pack.load import Pack
from bonemets.pack.notes import nearest, similar
from bonemets.readers.times import DAY, Clock, newest, own_offset

VERSION: Final = "case/1"
NUMBER: Final = re.compile(
    r"(<=|>=|<|>)?\s*([-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)\s*(.*)\Z", re.ASCII | re.DOTALL
)
GUESSED: Final = 10
"""For so many faults at most it is looked for which variable was meant."""
MAX_LESIONS: Final = 200
LONGEST_ID: Final = 200


def read(
    data: bytes, name: str, pack: Pack, *, run_day: int, index_date: int | None = None
) -> Record:
    """Read a case file.

    Args:
        data: YAML in UTF-8, or in UTF-16 with its mark.
        name: how messages call the file.
        pack: whose variables the file may name.
        run_day: the day of the run, in days since 1970-01-01; a value without a date is of it where
            the file has no date at all.
        index_date: the index date where the file has none: undated values are of it.

    Raises:
        RecordRefused: with every fault of the file.
    """
    try:
        document = parse(decode(data, name), name)
    except Unreadable as error:
        raise RecordRefused(error.faults) from None
    symbols = pack.symbols()
    computed = frozenset(
        n for n in symbols if n not in pack.variables or not asked_for(pack.variables[n])
    )
    follows = frozenset(
        name
        for name in symbols
        if (v := pack.variables.get(name)) is None
        or v.formula is not None
        or v.table_of is not None
        or v.pick == "roll_up"
    )
    reader = CaseReader(document, symbols, pack, computed=computed, follows=follows)
    return reader.record(name, run_day, index_date)


def is_case(data: bytes) -> bool:
    """Say whether bytes look like a case file rather than JSON."""
    head = data[:4096].lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\x00")
    return (
        bool(head)
        and not head.startswith((b"{", b"["))
        and b"bonemets" in data[:65536].replace(b"\x00", b"")
    )


@dataclass(frozen=True, slots=True)
class Told:
    """One value of a variable of the patient, with its date, and where it stands."""

    name: str
    value: Value
    when: Span | None
    path: Path

    @property
    def at(self) -> float:
        """When it ends; what has no date is of the index date, after all that has one."""
        return math.inf if self.when is None else self.when[1]


@dataclass(slots=True)
class CaseReader:
    """Turns the tables of a case file into events, collecting faults."""

    document: Document
    symbols: dict[str, Symbol]
    pack: Pack
    faults: list[Fault] = field(default_factory=list[Fault])
    undated: list[int] = field(default_factory=list[int])
    events: list[Event] = field(default_factory=list[Event])
    computed: frozenset[str] = frozenset()
    """Variables that are always computed and never stated (worked examples may state them)."""
    follows: frozenset[str] = frozenset()
    """Variables that may be stated, else follow from others: `unknown` says nothing of these."""
    told: list[Told] = field(default_factory=list[Told])
    """What the table of the patient says, in its order."""
    clock: Clock = field(init=False)

    def __post_init__(self) -> None:
        """Find the file's own clock: its most frequent offset."""
        self.clock = Clock(own_offset(texts(self.document.value)))

    def fault(self, path: Path, code: str, message: str, *, key: bool = False) -> None:
        """Note one fault."""
        self.faults.append(self.document.fault(path, code, message, key=key))

    def record(self, name: str, run_day: int, override: int | None) -> Record:
        """Read the whole file."""
        value = self.document.value
        if not isinstance(value, dict):
            self.fault(
                (), "not-a-case", f"a case file is a table that starts `bonemets: {VERSION}`."
            )
            raise RecordRefused(self.faults)
        top = cast("dict[str, Any]", value)
        keys = ("bonemets", "index_date", "complete", "patient", "lesions", "consider")
        for key in top:
            if key not in keys:
                near = difflib.get_close_matches(key, keys, 1, 0.6)
                mend = f"Did you mean `{near[0]}`?" if near else f"Keys here are {', '.join(keys)}."
                self.fault(
                    (key,), "unknown-key", f"`{key}` is not a key of a case file. {mend}", key=True
                )
        if top.get("bonemets") != VERSION:
            self.fault(("bonemets",), "not-a-case", f"a case file starts `bonemets: {VERSION}`.")
        index = self.day(top.get("index_date"), ("index_date",)) if "index_date" in top else None
        complete = self.lists(top.get("complete"))
        consider = self.options(top.get("consider"))
        self.variables(top.get("patient", {}), ("patient",), None)
        closed = self.lesions(top.get("lesions"), ("lesions",))
        if self.faults:
            raise RecordRefused(self.faults)
        self.kinds(complete)
        own = index if index is not None else override
        self.date_undated(own, run_day)
        whole: Span | None = None
        if closed:
            day = (
                own
                if own is not None
                else (newest(self.events, run_day * DAY + DAY - 1) or run_day * DAY) // DAY
            )
            whole = (day * DAY, day * DAY + DAY - 1)
        return Record(
            name=name,
            events=tuple(self.events),
            index_date=index,
            complete=complete,
            lesions_complete=whole,
            consider=consider,
            offset_minutes=self.clock.offset,
        )

    def date_undated(self, index: int | None, run_day: int) -> None:
        """Date the values that have no date.

        The index date, else the newest date of the file, else the day of the run.
        """
        if not self.undated:
            return
        if index is None:
            found = newest((e for e in self.events if e.time is not None), run_day * DAY + DAY - 1)
            index = run_day if found is None else found // DAY
        span = (index * DAY, index * DAY + DAY - 1)
        for number in self.undated:
            self.events[number] = replace(
                self.events[number], time=span, mentioned=None, sample=f"day {index}"
            )

    # parts

    def day(self, value: Any, path: Path) -> int | None:
        """Read a whole date as days since 1970-01-01."""
        found = self.clock.span(str(value))
        if found is None or found[1] - found[0] != DAY - 1:
            self.fault(path, "bad-date", "a whole date is wanted here, YYYY-MM-DD.")
            return None
        return found[0] // DAY

    def lists(self, value: Any) -> tuple[ListName, ...]:
        """Read the lists that hold everything."""
        if value is None:
            return ()
        if not isinstance(value, list) or any(v not in LISTS for v in cast("list[Any]", value)):
            self.fault(("complete",), "bad-list", f"a list of {', '.join(LISTS)} is wanted here.")
            return ()
        return tuple(cast("list[ListName]", value))

    def options(self, value: Any) -> tuple[str, ...]:
        """Read the options to show first."""
        if value is None:
            return ()
        if not isinstance(value, list):
            self.fault(("consider",), "bad-list", "a list of options is wanted here.")
            return ()
        for index, name in enumerate(cast("list[Any]", value)):
            if str(name) not in self.pack.options:
                near = difflib.get_close_matches(str(name), self.pack.options, 1, 0.5)
                mend = (
                    f"Did you mean `{near[0]}`?"
                    if near
                    else "`bonemets knowledge list` names them."
                )
                self.fault(("consider", index), "unknown-option", f"this is no option. {mend}")
        return tuple(str(v) for v in cast("list[Any]", value))

    def lesions(self, value: Any, path: Path) -> bool:
        """Read the lesions; gives whether the list is declared complete."""
        if value is None:
            return False
        if not isinstance(value, dict):
            self.fault(path, "wrong-shape", "`lesions` holds `complete` and `list`.")
            return False
        table = cast("dict[str, Any]", value)
        for key in table:
            if key not in ("complete", "list"):
                self.fault(
                    (*path, key), "unknown-key", "keys here are `complete` and `list`.", key=True
                )
        listed: Any = table.get("list", [])
        if not isinstance(listed, list) or len(cast("list[Any]", listed)) > MAX_LESIONS:
            self.fault(
                (*path, "list"),
                "wrong-shape",
                f"a list of at most {MAX_LESIONS} lesions is wanted here.",
            )
            return False
        seen: set[str] = set()
        for index, entry in enumerate(cast("list[Any]", listed)):
            place = (*path, "list", index)
            lesion = cast("dict[str, Any]", entry) if isinstance(entry, dict) else {}
            identity = str(lesion.get("id") or "").strip()
            if not identity or isinstance(lesion["id"], dict | list):
                self.fault(place, "missing-key", "a lesion is a table with an `id`. Add one.")
                continue
            if len(identity) > LONGEST_ID:
                message = f"an `id` has at most {LONGEST_ID} characters. Shorten it."
                self.fault((*place, "id"), "too-long", message)
                continue
            if identity in seen:
                self.fault(
                    (*place, "id"), "duplicate-lesion", "two lesions have this id. Rename one."
                )
            seen.add(identity)
            self.variables({k: v for k, v in lesion.items() if k != "id"}, place, identity)
            if "lesion_status" not in lesion and "lesion_status" in self.symbols:
                self.state("lesion_status", Levels(("confirmed",)), None, place, identity, "listed")
        closed = truth(table.get("complete", "no"))
        if closed is None:
            self.fault((*path, "complete"), "wrong-type", "yes or no is wanted here.")
        return bool(closed)

    def meant(self, name: str, lesion: str | None) -> str:
        """Say which variable may be meant by a name that is none, or how to find it.

        Of the first names only, for each is compared with all variables.
        """
        every = "`bonemets knowledge list variables` names them."
        if len(self.faults) >= GUESSED:
            return every
        entity = "patient" if lesion is None else "lesion"
        own = [n for n, x in self.symbols.items() if x.entity == entity]
        near = nearest(name, own) or nearest(name, self.symbols)
        if near is not None:
            return f"Did you mean `{near}`?"
        given = {n: self.pack.variables[n].title for n in own if n in self.pack.variables}
        some = similar(name, {n: title for n, title in given.items() if n not in self.computed})
        like = " or ".join(f"`{x}`" for x in some)
        return f"Is it {like}? If none, {every}" if some else every

    def variables(self, value: Any, path: Path, lesion: str | None) -> None:
        """Read a table of variables, of the patient or of one lesion."""
        if value is None:
            return
        if not isinstance(value, dict):
            self.fault(path, "wrong-shape", "a table of variables is wanted here.")
            return
        for name, entry in cast("dict[str, Any]", value).items():
            place = (*path, name)
            symbol = self.symbols.get(name)
            if symbol is None:
                message = f"`{name}` is not a variable. {self.meant(name, lesion)}"
                self.fault(place, "unknown-variable", message, key=True)
                continue
            if (symbol.entity == "lesion") != (lesion is not None):
                where = "under `lesions`" if symbol.entity == "lesion" else "under `patient`"
                self.fault(place, "wrong-entity", f"`{name}` stands {where}.", key=True)
                continue
            if name in self.computed:
                self.fault(
                    place,
                    "computed-variable",
                    f"`{name}` is computed. State what it follows from instead.",
                    key=True,
                )
                continue
            told = [
                (self.value(symbol, one, value_path), when, value_path)
                for value_path, one, when in self.values(entry, place, symbol)
            ]
            if len(told) == 1 and isinstance(told[0][0], Absent) and name in self.follows:
                continue  # nobody said anything: what it follows from decides
            for value, when, value_path in told:
                if value is not None:
                    self.state(name, value, when, value_path, lesion, "")
                    if lesion is None:
                        self.told.append(Told(name, value, when, value_path))

    def kinds(self, complete: Sequence[ListName]) -> None:
        """Let a medicine that is taken count for its kind, unless the file tells of the kind too.

        Of several medicines one that is taken is enough. Where a whole list would deny the kind,
        one of which it is open leaves the kind open.
        """
        newest_told: dict[str, Told] = {}
        for told in self.told:
            before = newest_told.get(told.name)
            if before is None or before.at <= told.at:
                newest_told[told.name] = told
        for v in self.pack.variables.values():
            if v.id in newest_told:
                continue
            members = [newest_told[x] for x in v.includes if x in newest_told]
            found = [(x, taken(x.value)) for x in members]
            says = [x for x, is_taken in found if is_taken]
            denied = v.complete_with in complete
            open_ = [x for x, is_taken in found if is_taken is None and denied]
            for x in says or open_:
                value = True if says else Absent("told of a medicine that it includes")
                self.state(v.id, value, x.when, x.path, None, "")

    def values(
        self, entry: Any, path: Path, symbol: Symbol
    ) -> Iterator[tuple[Path, Any, Span | None]]:
        """Give each value of an entry with its date.

        One value, `{value, date}`, a list of these, or a list of levels (one of these).
        """
        if isinstance(entry, list) and any(isinstance(e, dict) for e in cast("list[Any]", entry)):
            for index, inner in enumerate(cast("list[Any]", entry)):
                yield from self.values(inner, (*path, index), symbol)
            return
        if not isinstance(entry, dict):
            yield path, entry, None
            return
        table = cast("dict[str, Any]", entry)
        for key in table:
            if key not in ("value", "date"):
                self.fault(
                    (*path, key), "unknown-key", "keys here are `value` and `date`.", key=True
                )
        if "value" not in table:
            self.fault(path, "missing-key", "`value` is missing. Add it.")
            return
        when: Span | None = None
        if "date" in table:
            when = self.clock.span(str(table["date"]))
            if when is None:
                self.fault(
                    (*path, "date"),
                    "bad-date",
                    "this is no date. Write YYYY-MM-DD, YYYY-MM, YYYY or a time with its offset.",
                )
                return
        yield (*path, "value"), table["value"], when

    def value(self, symbol: Symbol, value: Any, path: Path) -> Value:
        """Read one value of a variable; None after a fault."""
        if value == "unknown" or value is None:
            return Absent("recorded as unknown")
        if symbol.kind == "boolean":
            known = truth(value)
            if known is None:
                self.fault(path, "wrong-type", "yes, no or unknown is wanted here.")
            return known
        if symbol.kind == "level":
            return self.level(symbol, value, path)
        if symbol.kind == "date":
            found = self.clock.span(str(value))
            if found is None:
                self.fault(
                    path,
                    "bad-date",
                    "this is no date. Write YYYY-MM-DD, YYYY-MM, YYYY or a time with its offset.",
                )
            return found
        return self.number(symbol, value, path)

    def level(self, symbol: Symbol, value: Any, path: Path) -> Value:
        """Read a level, a list of levels (one of these), or `>= level`."""
        if isinstance(value, list):
            chosen = [str(v) for v in cast("list[Any]", value)]
        else:
            match = re.fullmatch(r"(<=|>=|<|>)\s*([a-z][a-z0-9_]*)", str(value))
            chosen = [str(value)]
            if match and symbol.ordered and match[2] in symbol.levels:
                at = symbol.levels.index(match[2])
                chosen = list(
                    {
                        "<": symbol.levels[:at],
                        "<=": symbol.levels[: at + 1],
                        ">": symbol.levels[at + 1 :],
                        ">=": symbol.levels[at:],
                    }[match[1]]
                )
        for level in chosen:
            if level not in symbol.levels:
                alike = [x for x in symbol.levels if x[0] == level[:1]]  # `renal` is not `adrenal`
                near = difflib.get_close_matches(level, alike, 1, 0.8)
                listed = f"One of {', '.join(symbol.levels[:40])}."
                mend = f"Did you mean `{near[0]}`? {listed}" if near else listed
                self.fault(path, "unknown-level", f"this is not a level of `{symbol.name}`. {mend}")
                return None
        if not chosen:
            self.fault(
                path, "unknown-level", f"no level is left. One of {', '.join(symbol.levels[:30])}."
            )
            return None
        return Levels(tuple(dict.fromkeys(chosen)))

    def number(self, symbol: Symbol, value: Any, path: Path) -> Value:
        """Read a number.

        With its unit, a comparator as laboratories write it, or low, normal, high.
        """
        own = symbol.unit or "1"
        if value in ("low", "normal", "high"):
            return Words(cast("Any", value))
        if isinstance(value, list) and symbol.integer:
            whole = cast("list[Any]", value)
            if whole and all(isinstance(v, int) and not isinstance(v, bool) for v in whole):
                return Quantity(float(min(whole)), float(max(whole)), None if own == "1" else own)
        match = (
            NUMBER.match(str(value).strip())
            if isinstance(value, str | int | float) and not isinstance(value, bool)
            else None
        )
        if match is None:
            self.fault(
                path, "not-a-number", f"a number in {own} is wanted here, such as `{_sample(own)}`."
            )
            return None
        comparator, digits, unit = match[1] or "", float(match[2]), match[3].strip()
        if not math.isfinite(digits):
            self.fault(path, "not-a-number", "this number is too large.")
            return None
        if not unit and own != "1":
            self.fault(
                path,
                "unit-missing",
                f"`{symbol.name}` has a value and no unit. "
                f"Write it in {own}, such as `{_sample(own)}`.",
            )
            return None
        if unit and not self.accepted(symbol, unit):
            self.fault(
                path,
                "unknown-unit",
                f"`{symbol.name}` is not accepted in this unit. Write it in {own}.",
            )
            return None
        return Quantity(digits, digits, unit or None, cast("Any", comparator))

    def accepted(self, symbol: Symbol, unit: str) -> bool:
        """Say whether a unit as written is one of the variable's."""
        table = self.pack.units.get(symbol.name)
        if table is None:
            return unit == (symbol.unit or "1")
        spellings = self.pack.terms.unit_spellings if self.pack.terms else {}
        return unit in table or any(
            unit in many and name in table for name, many in spellings.items()
        )

    def state(
        self,
        name: str,
        value: Value,
        when: Span | None,
        path: Path,
        lesion: str | None,
        detail: str,
    ) -> None:
        """Add one statement."""
        if when is None:
            self.undated.append(len(self.events))
        shown = ".".join(str(p) for p in path if p != "value")
        self.events.append(
            Event(
                role="variable",
                codes=(Code("bonemets", name),),
                status="stated",
                time=when,
                value=value,
                place=Place(shown, detail),
                about=About(lesion) if lesion is not None else None,
                sample=None
                if when is None
                else f"day {when[0] // DAY}"
                if when[1] - when[0] == DAY - 1
                else f"time {when[0]}",
            )
        )


def texts(tree: Any) -> Iterator[str]:
    """Give every text of a tree, as dates may stand in it."""
    todo = [tree]
    while todo:
        node = todo.pop()
        if isinstance(node, str):
            yield node
        elif isinstance(node, dict):
            todo.extend(cast("dict[str, Any]", node).values())
        elif isinstance(node, list):
            todo.extend(cast("list[Any]", node))


def truth(value: Any) -> bool | None:
    """Read yes, no, true or false."""
    return {
        "yes": True,
        "true": True,
        "True": True,
        "no": False,
        "false": False,
        "False": False,
    }.get(str(value))


def taken(value: Value) -> bool | None:
    """Say whether a medicine is taken, by yes or no or by its amount; None where that is open."""
    if isinstance(value, bool):
        return value
    if isinstance(value, Quantity) and not value.comparator.startswith("<"):
        if value.low > 0 or value.comparator == ">":
            return True
        if value.high == 0 and not value.comparator:
            return False
    return None


def _sample(unit: str) -> str:
    return "3" if unit == "1" else f"3 {unit}"
