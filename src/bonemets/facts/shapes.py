"""What events say without whose, when and how much: what two share is worked out once.

The events of many patients have few shapes: *calcium, measured, in mmol/L*. All that the rules of
lesions and the selection ask of an event apart from its times, its numbers and its identifiers
hangs on its shape, and is kept here in columns.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from msgspec import Struct

from bonemets.facts.completeness import is_read
from bonemets.facts.lesions import NO_LESION, Keys, Names
from bonemets.facts.meaning import Index
from bonemets.facts.table import (
    NUMBER,
    NUMBER_OF_STATUS,
    TIME,
    UNPLACED,
    Bools,
    Dictionary,
    Floats,
    Ints,
    part,
    unit_of_limits,
    value_columns,
)
from bonemets.facts.table import keys_of as keys_of_event
from bonemets.model import (
    LISTS,
    About,
    Absent,
    Code,
    Event,
    Limits,
    ListName,
    Place,
    Quantity,
    Value,
)

_KEY: Final = "k"
"""Stands for the identifier of any part of the body."""
_HERE: Final = Place(_KEY)
_ELSEWHERE: Final = Place("elsewhere")
_NAMED: Final = (
    Names(frozenset((_KEY,)), frozenset()),
    Names(frozenset(), frozenset((_KEY,))),
    Names(frozenset(), frozenset()),
)
"""What else the record may say of an identifier: it names a lesion, something else, neither."""
OF_LESION, OF_OTHER, OF_NEITHER = range(3)
MEMBERSHIPS: Final = 3
BY_KEY: Final = 0
"""An event belongs to the lesion of its identifier; above it, to that of a place by its number."""


class Shape(Struct, frozen=True):
    """An event without its times, numbers, identifiers and words."""

    role: str
    codes: tuple[Code, ...]
    status: str
    value: Value
    about: About | None
    own: bool
    """Its identifier is that of its own condition."""
    limit_unit: str | None
    listed: ListName | None
    corrects: bool


def bare(codes: Iterable[Code]) -> tuple[Code, ...]:
    """Give codes without the record's own words for them."""
    return tuple(Code(c.system, c.code) for c in codes)


def shape_of(event: Event, own: bool) -> Shape:
    """Give the shape of an event."""
    value, about = event.value, event.about
    match value:
        case Quantity():
            value = Quantity(0.0, 0.0, value.unit)
        case (int(), int()):
            value = (0, 0)
        case Absent():
            value = Absent("")
        case tuple():
            value = bare(value)  # pyright: ignore[reportArgumentType, reportUnknownArgumentType]
        case _:
            pass
    if about is not None:
        key = None if about.key is None else _KEY
        about = About(key, bare(about.sites), bare(about.sides))
    return Shape(
        event.role,
        bare(event.codes),
        event.status,
        value,
        about,
        own,
        None if event.limits is None else unit_of_limits(event.limits),
        event.listed,
        event.corrects,
    )


def event_of(shape: Shape) -> Event:
    """Give an event of a shape."""
    limit = Quantity(0.0, 0.0, shape.limit_unit)
    return Event(
        role=shape.role,  # pyright: ignore[reportArgumentType]
        codes=shape.codes,
        status=shape.status,  # pyright: ignore[reportArgumentType]
        time=None,
        value=shape.value,
        place=_HERE if shape.own else _ELSEWHERE,
        about=shape.about,
        limits=None if shape.limit_unit is None else Limits(limit),
        listed=shape.listed,
        corrects=shape.corrects,
    )


@dataclass(slots=True)
class Column:
    """A column that grows."""

    kind: Any
    found: list[Any] = field(default_factory=list[Any])
    made: Any = None

    def array(self) -> Any:
        """Give it as an array."""
        if self.made is None or len(self.made) != len(self.found):
            self.made = np.array(self.found, self.kind)
        return self.made


_COLUMNS: Final = {
    # as the table of events has them
    **dict.fromkeys(("status", "kind", "unit", "answer", "limit_unit"), np.int64),
    **dict.fromkeys(("low", "high"), np.float64),
    **dict.fromkeys(("corrects", "in_bone"), bool),
    "varies": bool,  # its value has numbers of its own
    "first_code": np.int64,  # where its codes start in `codes_of`
    "width": np.int64,  # how many there are
    # as the rules of lesions ask
    **dict.fromkeys(("placed", "makes_lesion", "makes_other", "keyed", "exists"), bool),
    **dict.fromkeys(("site", "level", "side", "sided", "halves"), np.int64),
    **dict.fromkeys((f"belongs_{n}" for n in range(MEMBERSHIPS)), np.int64),
    # as the whole record is judged
    **dict.fromkeys(("planned", "finding", "spoken"), bool),
    "listed": np.int64,  # the list on which it stands
    "unread": np.int64,  # the list on which nobody can read it
    "strange": np.int64,  # its code that no variable knows
}


class Shapes:
    """The shapes met so far, with what is known of each."""

    def __init__(self, keys: Keys, codes: Index) -> None:
        """Take the rules of lesions, and the codes of the variables."""
        self.keys, self.codes, self.systems = keys, codes, codes.systems()
        self.numbers: dict[Shape, int] = {}
        self.columns = {name: Column(kind) for name, kind in _COLUMNS.items()}
        self.codes_of = Column(np.int64)
        self.code_keys, self.units, self.answers = Dictionary(), Dictionary(), Dictionary()
        self.places, self.unknown = Dictionary(), Dictionary()
        self.both: dict[int, tuple[tuple[int, str], ...]] = {}
        """Shapes about both sides -> the shapes of each side, with what their key ends in."""

    def __len__(self) -> int:
        """Give how many there are."""
        return len(self.numbers)

    def __getattr__(self, name: str) -> Any:
        """Give a column."""
        columns: dict[str, Column] = self.__dict__["columns"]
        if name not in columns:
            raise AttributeError(name)
        return columns[name].array()

    def number(self, shape: Shape) -> int:
        """Give the number of a shape."""
        known = self.numbers.get(shape)
        return self.enter(shape) if known is None else known

    def of_event(self, event: Event, own: bool) -> int:
        """Give the number of an event's shape; of an answer that is a finding, the finding's."""
        if isinstance(event.value, tuple):
            event = self.keys.told(event)
        return self.number(shape_of(event, own))

    def enter(self, shape: Shape) -> int:
        """Keep a new shape."""
        event, keys = event_of(shape), self.keys
        speaks, lies = self.codes.known, keys.codes.known
        names = list(keys_of_event(event))
        spoken = [k for k in names if speaks[k]]
        placed = event.about is not None or any(lies[k] for k in names)
        sided = keys.sided(event) if placed else []
        halves = list(keys.split(event)) if placed and keys.both_sides(event) else []
        parts = tuple((self.number(shape_of(h, shape.own)), _ending(h)) for h in halves)
        side = self.number(shape_of(sided[0], own=False)) if sided else -1
        where = keys.where(event)
        kind, low, high, unit, answer = value_columns(event.value, self.units, self.answers)
        own = [k for k in names if k[0] != "site"]
        strange = -1
        if event.role != "site" and not any(speaks[k] for k in own):
            code = event.codes[0] if event.codes else None
            text = f"{code.system} {code.code}".strip() if code is not None else ""
            strange = self.unknown.number(text or "(no code)")
        listed = -1 if event.listed is None else LISTS.index(event.listed)
        read = listed < 0 or is_read(event, self.systems, self.codes)
        of_table = spoken or names[:1]
        naming = keys.naming(event, where)
        known: dict[str, Any] = {
            "status": NUMBER_OF_STATUS[event.status],
            "kind": kind,
            "unit": unit,
            "answer": answer,
            "limit_unit": -1 if shape.limit_unit is None else self.units.number(shape.limit_unit),
            "low": low,
            "high": high,
            "corrects": shape.corrects,
            "in_bone": placed and keys.in_bone(event, where),
            "varies": kind in (NUMBER, TIME),
            "first_code": len(self.codes_of.found),
            "width": len(of_table) if spoken or placed else 0,
            "placed": placed,
            "makes_lesion": naming == "lesion",
            "makes_other": naming == "other",
            "keyed": event.about is not None and event.about.key is not None,
            "exists": event.status not in NO_LESION,
            "site": where.site,
            "level": where.level,
            "side": where.side,
            "sided": side,
            "halves": len(parts),
            "planned": event.status == "planned",
            "finding": event.role == "finding",
            "spoken": bool(spoken),
            "listed": listed,
            "unread": -1 if read else listed,
            "strange": strange,
        }
        for n, others in enumerate(_NAMED):
            known[f"belongs_{n}"] = self.belongs(event, where, others) if placed else UNPLACED
        self.codes_of.found += [self.code_keys.number(k) for k in of_table]
        for name, value in known.items():
            self.columns[name].found.append(value)
        number = self.numbers[shape] = len(self.numbers)
        if parts:
            self.both[number] = parts
        return number

    def belongs(self, event: Event, where: Any, names: Names) -> int:
        """Give the lesion to which an event of a shape belongs, as a number."""
        found = self.keys.key(event, where, names)
        if isinstance(found, int):
            return found
        return BY_KEY if found[0] == "id" else BY_KEY + 1 + self.places.number(found[1])


def _ending(half: Event) -> str:
    key = half.about.key if half.about is not None else None
    return "" if key is None else key.removeprefix(_KEY)


@dataclass(slots=True)
class Statements:
    """Events of many patients as columns, those of each patient in the order of the record.

    An undated one goes from LONG_AGO to NEVER; what has no end has it at NEVER. `about` and
    `sample` are numbers that are the same where a patient's identifiers are (-1: none).
    """

    patient: Ints
    shape: Ints
    first: Ints
    last: Ints
    end_first: Ints
    end_last: Ints
    said_first: Ints
    said_last: Ints
    said: Bools
    """Whether the record says when it last said so; else the times are those of the event."""
    low: Floats
    high: Floats
    limit_low: Floats
    limit_high: Floats
    about: Ints
    sample: Ints
    keys: list[str]
    """The identifiers of `about`."""

    def __len__(self) -> int:
        """Give how many there are."""
        return len(self.patient)

    def take(self, at: Any) -> Statements:
        """Give some of them."""
        columns = {n: part(getattr(self, n), at) for n in self.__slots__ if n != "keys"}
        return Statements(**columns, keys=self.keys)


NO_LIMIT: Final = math.nan


def joined(parts: list[Statements]) -> Statements:
    """Put statements together; the identifiers of one part are none of another's."""
    if len(parts) == 1:
        return parts[0]
    names = [n for n in Statements.__slots__ if n not in ("keys", "about", "sample")]
    columns: dict[str, Any] = {n: np.concatenate([getattr(p, n) for p in parts]) for n in names}
    keys: list[str] = []
    about: list[Any] = []
    sample: list[Any] = []
    samples = 0
    for one in parts:
        about.append(np.where(one.about >= 0, one.about + len(keys), -1))
        sample.append(np.where(one.sample >= 0, one.sample + samples, -1))
        keys += one.keys
        samples += int(one.sample.max(initial=-1)) + 1
    return Statements(
        **columns, about=np.concatenate(about), sample=np.concatenate(sample), keys=keys
    )
