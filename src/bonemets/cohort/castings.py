"""Lines of FHIR of many patients -> what they state, in columns.

What a resource says hangs on its mould and on how its dates lie to each other. The reader of one
patient reads one resource of each kind so told apart, and notes which hole each time, number and
identifier of its events came from; the others are cast in columns. A patient of whom any line is
odd (see `Mould.plain`) is read by that reader whole.

The reader only ever compares dates with each other and with a day's distance, which
`holes.order_of` notes of every two of them; and only such dates as are holes may be asked of its
clock (`_Watch`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np

from bonemets.cohort.arrow import pa, pc
from bonemets.cohort.cutting import Texts
from bonemets.cohort.holes import Holes, Resources, order_of
from bonemets.cohort.kinds import dense
from bonemets.cohort.lot import Lot, Whole, statements_of
from bonemets.cohort.moulds import (
    MOST_DATES,
    NUMBER_HOLE,
    Cut,
    Mould,
    Moulds,
    filled,
)
from bonemets.cohort.shared import SHARED_TYPES
from bonemets.cohort.sheet import Sheet, sheet_of
from bonemets.cohort.tally import Tally, count, count_aside, count_unread, merge, times_of
from bonemets.facts.declared import with_declared_units
from bonemets.facts.lesions import is_own
from bonemets.facts.meaning import distinct, in_order
from bonemets.facts.shapes import NO_LIMIT, Column, Shapes, Statements, joined
from bonemets.facts.table import NEVER, Bools, Ints, ends_of, hits, integers
from bonemets.model import LONG_AGO, Event, Limits, Quantity, Record, Span
from bonemets.pack.load import Pack
from bonemets.readers.fhir import parse_json, read_apart
from bonemets.readers.fhir.container import named
from bonemets.readers.fhir.nodes import Node, node
from bonemets.readers.times import Clock
from bonemets.values import where

OWN: Final = "hole-own"
"""The identifier of the resource that is read for all of its kind."""
LINK: Final = "hole-link-"
"""How the identifiers of those begin that it names."""
MOST_COMPANY: Final = 10
FEW: Final = 16
"""Among so many resources of a patient and a type, the one of a name is sooner found by looking."""
IDENT: Final = "^[A-Za-z0-9.-]{1,64}$"
"""What is an identifier in FHIR."""
_IDENT: Final = re.compile(f"{OWN}|{LINK}[0-9]")
_LONG_AGO, _NEVER = -1, -2
"""Ends of times that are no hole's."""
_NO_SAMPLE, _AT, _NAMED = range(3)
"""A value is of no sample, of that of its instant, of one with a name."""
_REFERS: Final = "refers to "
Aside = tuple[str, str, int]


class Named(NamedTuple):
    """How a resource is met that another one names."""

    number: int = -1
    """Its mould, where it is the patient's own; else which of those shared; -1: it is absent."""
    own: bool = False
    bound: tuple[bytes, ...] = ()
    kind: str = ""
    """Its type, where it is absent."""


class Variant(NamedTuple):
    """What else of a resource changes what it says: some numbers, and what it names."""

    bound: tuple[bytes, ...] = ()
    targets: tuple[int, ...] = ()
    """For each link, which of `company` it names."""
    company: tuple[Named, ...] = ()


@dataclass(slots=True)
class Casting:
    """What is said by all resources of one mould, variant and order of dates."""

    usable: bool = True
    first_event: int = 0
    events: int = 0
    asides: tuple[Aside, ...] = ()
    absent: tuple[str, str, int] | None = None
    """What is told of a resource that is not there: field, reason, which of the company."""
    unread: tuple[str, ...] = ()
    ignored: tuple[tuple[str, int], ...] = ()


class Lines:
    """Resources that may be plain, one by one."""

    def __init__(self, sheet: Sheet, at: Ints, idents: Texts) -> None:
        """Take the numbers of their lines, and their identifiers."""
        self.sheet, self.idents, self.ways = sheet, idents, sheet.moulds.ways
        self.cut, self.first, self.patient = sheet.cut[at], sheet.first[at], sheet.patient[at]
        self.known: dict[str, tuple[list[int], list[int]]] = {}
        """By type: which resources are of it, and which of these are the first of a patient."""
        self.many: dict[tuple[int, str], dict[bytes, int]] = {}
        """By patient and type, where these are many: the first resource of each identifier."""

    def cut_of(self, n: int) -> Cut:
        """Give the cut of a resource."""
        return self.ways[int(self.cut[n])]

    def hole(self, n: int, place: int) -> bytes:
        """Give what fills a hole."""
        return self.sheet.holes[int(self.first[n]) + place]

    def bound(self, n: int) -> tuple[bytes, ...]:
        """Give the numbers and texts that matter as they are, as they stand in JSON."""
        cut = self.cut_of(n)
        return tuple(
            b'"%s"' % self.hole(n, place) if quoted else self.hole(n, place)
            for place, quoted in zip(cut.bound, cut.quoted, strict=True)
        )

    def find(self, n: int, kind: str, ident: bytes) -> int:
        """Give the resource of a name and of the same patient as another one, or -1."""
        found = self.known.get(kind)
        if found is None:
            of = np.array([*(way.mould.kind == kind for way in self.ways), False], bool)
            at = hits(of[self.cut])
            firsts = np.searchsorted(self.patient[at], np.arange(len(self.sheet.names) + 1))
            found = self.known[kind] = integers(at), integers(firsts)
        all_, firsts_ = found
        patient = int(self.patient[n])
        some = all_[firsts_[patient] : firsts_[patient + 1]]
        if len(some) <= FEW:
            return next((m for m in some if self.idents[m] == ident), -1)
        held = self.many.get((patient, kind))
        if held is None:
            held = self.many[patient, kind] = {self.idents[m]: m for m in reversed(some)}
        return held.get(ident, -1)


class _Hole(str):
    """A date that fills a hole."""

    __slots__ = ()


class _Watch(Clock):
    """A clock that sees whether any date was read that fills no hole."""

    __slots__ = ("strange",)

    def __init__(self, offset: int) -> None:
        super().__init__(offset)
        self.strange = False

    def span(self, written: object) -> Span | None:
        if isinstance(written, str) and not isinstance(written, _Hole):
            self.strange = True
        return super().span(written)


_TIMES: Final = ("first", "last", "end_first", "end_last", "said_first", "said_last")
_COLUMNS: Final = {
    "shape": np.int64,
    **dict.fromkeys(_TIMES, np.int64),
    "said": bool,
    # where a number comes from: a number's hole, a date's end, else it is `low` and `high`
    **dict.fromkeys(("number", "low_end", "high_end"), np.int64),
    **dict.fromkeys(("low", "high"), np.float64),
    "comparator": np.int64,
    **dict.fromkeys(("limit_low_hole", "limit_high_hole"), np.int64),
    **dict.fromkeys(("limit_low", "limit_high"), np.float64),
    "about": np.int64,  # -1: none, else which of the names
    "sample": np.int64,
    "sample_name": np.int64,
}
_COMPARATORS: Final = ("", "<", "<=", ">", ">=")


class Castings:
    """The castings made so far, with what is kept of the moulds."""

    def __init__(
        self,
        shapes: Callable[[], Shapes],
        pack: Pack,
        named_by: Callable[[bytes], list[bytes]],
        moulds: Moulds,
    ) -> None:
        """Take the shapes of events, and how resources are found that belong to no patient."""
        self.shapes_now, self.pack, self.named_by, self.moulds = shapes, pack, named_by, moulds
        self.start_anew()

    def start_anew(self) -> None:
        """Start anew with what hangs on the shapes of events."""
        self.shapes = self.shapes_now()
        self.known: dict[tuple[Any, ...], int] = {}
        self.found: list[Casting] = [Casting()]
        self.columns = {name: Column(kind) for name, kind in _COLUMNS.items()}
        self.names: dict[str, int] = {}
        self.variants: dict[Variant, int] = {Variant(): 0}
        self.all_variants = [Variant()]
        self.shared: dict[str, int] = {}
        self.companies: list[tuple[Node, ...]] = []

    # lines

    def sheet(self, rows: Any) -> Sheet:
        """Put lines in order of patients."""
        if self.moulds.many:
            self.moulds = Moulds()
            self.start_anew()
        return sheet_of(rows, self.moulds)

    def take(self, sheet: Sheet) -> tuple[Resources, list[int]]:
        """Tell plain patients from those who have to be read whole, by their numbers."""
        odd, ways = np.zeros(len(sheet.names), bool), self.moulds.ways
        plain = np.array([*(c.mould.plain for c in ways), False], bool)
        odd[sheet.patient[~plain[sheet.cut]]] = True
        at = hits(~odd[sheet.patient])
        cuts, patient, first = sheet.cut[at], sheet.patient[at], sheet.first[at]
        places = np.array([(c.ident, c.about, c.person, c.special) for c in ways], np.int64)
        places = places.reshape(-1, 4)[cuts]
        idents = sheet.holes.take(first + places[:, 0])
        person = places[:, 2].astype(bool)
        odd[patient[~_matching(idents.array, IDENT)]] = True
        own = [name.encode("utf-8", "surrogatepass") for name in sheet.names]
        named_ = idents.array.filter(pa.array(person)), pa.array(own, pa.binary())
        odd[patient[person][~_equal(*named_, patient[person])]] = True
        others = hits(~person)
        about = sheet.holes.take(first[others] + places[others, 1]).array
        whose = pa.array([b"Patient/" + name for name in own], pa.binary())
        odd[patient[others][~_equal(about, whose, patient[others])]] = True
        counts = np.ones(len(at), bool)
        repeated = self.repeated(sheet, at, idents, odd)
        counts[repeated] = False
        odd |= np.bincount(patient[person & counts], minlength=len(odd)) != 1
        line = Lines(sheet, at, idents)
        variants: dict[int, tuple[int, tuple[str, ...]]] = {}
        for n in integers(hits((places[:, 3] > 0) & ~odd[patient])):
            found = self.linked(line, n)
            if found is None:
                odd[patient[n]] = True
            elif line.cut_of(n).mould.empty:
                continue
            else:
                variants[n] = found
        kept = ~odd[patient]
        there = np.zeros(len(odd), bool)
        there[patient] = kept
        to, who = np.cumsum(kept) - 1, np.cumsum(there) - 1
        found_ = Resources(
            sheet, at[kept], who[patient[kept]], [sheet.names[n] for n in hits(there)], counts[kept]
        )
        for n, (variant, links) in variants.items():
            if kept[n]:
                found_.variant[int(to[n])] = variant
                found_.links[int(to[n])] = links
        for n in repeated:
            if kept[n]:
                count(found_.ignored, f"{line.cut_of(n).mould.kind} (sent twice)")
        return found_, integers(hits(odd))

    def repeated(self, sheet: Sheet, at: Ints, idents: Texts, odd: Bools) -> list[int]:
        """Give which resources came before, byte by byte; odd is who has one in another form."""
        coded = idents.array.dictionary_encode()
        if len(coded.dictionary) == len(at):
            return []
        number = coded.indices.to_numpy()
        often = hits(np.bincount(number)[number] > 1)
        pair = sheet.patient[at[often]] * len(coded.dictionary) + number[often]
        order, ordered = in_order(pair)
        order = often[order]
        same = ordered[1:] == ordered[:-1]
        several = np.append(same, False) | np.append(False, same)
        groups: dict[int, list[int]] = {}
        for n, which in zip(integers(order[several]), integers(ordered[several]), strict=True):
            groups.setdefault(which, []).append(n)
        found: list[int] = []
        for group in groups.values():
            lines: dict[str, tuple[Any, ...]] = {}
            for n in group:
                line, kind = sheet.said(at[n]), self.moulds.ways[int(sheet.cut[at[n]])].mould.kind
                if lines.setdefault(kind, line) != line:
                    odd[sheet.patient[at[n]]] = True
                elif lines[kind] is not line:
                    found.append(n)
            if {"Condition", "BodyStructure"} <= lines.keys():
                odd[sheet.patient[at[group[0]]]] = True
        return sorted(found)

    def variant(self, variant: Variant) -> int:
        """Give the number of a variant."""
        number = self.variants.setdefault(variant, len(self.variants))
        if number == len(self.all_variants):
            self.all_variants.append(variant)
        return number

    def linked(self, lines: Lines, n: int) -> tuple[int, tuple[str, ...]] | None:
        """Find what a resource names: its variant and the identifiers.

        None where that has to be read whole.
        """
        cut_ = lines.cut_of(n)
        if cut_.mould.empty:
            return 0, ()
        names = [named(lines.hole(n, place).decode()) for place in cut_.links]
        places = {name: t for t, name in enumerate(dict.fromkeys(names))}
        if len(places) > MOST_COMPANY:
            return None
        company: list[Named] = []
        for name in places:
            kind, _, ident = name.partition("/")
            if not name or kind == "Patient":
                return None
            at = lines.find(n, kind, ident.encode())
            found_as = None if at == n else self.found_as(name, kind, lines, at)
            if found_as is None:
                return None
            company.append(found_as)
        targets = tuple(places[name] for name in names)
        variant = Variant(lines.bound(n), targets, tuple(company))
        return self.variant(variant), tuple(name.partition("/")[2] for name in places)

    def found_as(self, name: str, kind: str, lines: Lines, at: int) -> Named | None:
        """Say how a named resource is met; None where it is so oddly."""
        shared = self.shared_of(name) if kind in SHARED_TYPES else -1
        if at < 0:
            return Named(kind=kind) if shared < 0 else Named(shared)
        cut_ = lines.cut_of(at)
        if shared >= 0 or cut_.links:
            return None
        return Named(cut_.mould.number, own=True, bound=lines.bound(at))

    def shared_of(self, name: str) -> int:
        """Give the number of the resources that are met by a name and belong to nobody, or -1."""
        known = self.shared.get(name)
        if known is None:
            lines = self.named_by(name.encode())
            known = -1
            if lines:
                known = len(self.companies)
                self.companies.append(tuple(node(parse_json(line, "line")) for line in lines))
            self.shared[name] = known
        return known

    # columns

    def lot(
        self,
        sheet: Sheet,
        tally: Tally,
        read_whole: Callable[[str, Tally], Record | None],
    ) -> Lot:
        """Read patients by their lines; `read_whole` reads those of whom some line is odd."""
        if self.shapes is not self.shapes_now():
            self.start_anew()
        while True:  # what cannot be cast marks its mould as odd: then its patients are read whole
            into, others = self.take(sheet)
            odd = [sheet.names[n] for n in others]
            holes = Holes.of(self.moulds, into)
            which = self.cast(into, holes)
            if which is not None:
                break
        whole = Whole()
        parts = [self.statements(into, holes, which)]
        self.count(into, which, whole, tally)
        names = list(into.names)
        held: list[tuple[int, Iterable[Event]]] = []
        for key in odd:
            record = read_whole(key, tally)
            if record is not None:
                record = with_declared_units(record, self.pack)
                whole.note(len(names), record)
                count_unread(tally, record)
                held.append((len(names), record.events))
                names.append(key)
        if held:
            parts.append(statements_of(self.shapes, held))

        def record_of(n: int) -> Record:
            record = read_whole(names[n], Tally())
            return Record(names[n], ()) if record is None else record

        return Lot(names, joined(parts), whole, record_of)

    def cast(self, into: Resources, holes: Holes) -> Ints | None:
        """Give the casting of each resource; None where one is not usable: its mould is now odd."""
        found = np.zeros(len(holes.mould), np.int64)  # nothing is said
        counts = ~np.array([m.empty for m in self.moulds.all], bool)[holes.mould]
        counts &= into.counts
        good = True
        for many in range(MOST_DATES + 1):
            at = hits(counts & (holes.dates_of == many))
            if not len(at):
                continue
            columns = order_of(holes, at, many)
            pattern_at, pattern = dense(*columns)
            first, kind = dense(
                (holes.mould[at], len(self.moulds)),
                (holes.variant[at], len(self.variants)),
                (pattern, len(pattern_at)),
            )
            numbers = np.zeros(len(first), np.int64)
            orders = np.stack([column[pattern_at] for column, _ in columns], axis=1).tolist()
            for n, (one, lies) in enumerate(
                zip(integers(at[first]), integers(pattern[first]), strict=True)
            ):
                order = tuple(orders[lies])
                mould, variant = int(holes.mould[one]), int(holes.variant[one])
                key = mould, variant, order
                number = self.known.get(key)
                if number is None:
                    number = self.known[key] = len(self.found)
                    self.found.append(self.make(holes, one))
                if not self.found[number].usable:
                    self.moulds.all[mould].plain = good = False
                numbers[n] = number
            found[at] = numbers[kind]
        return found if good else None

    def make(self, holes: Holes, n: int) -> Casting:
        """Read one resource for all of its kind."""
        mould = self.moulds.all[int(holes.mould[n])]
        variant = self.all_variants[int(holes.variant[n])]
        start = int(holes.date_start[n])
        dates = [_Hole(holes.dates[start + k].decode()) for k in range(len(mould.dates))]
        names = [self.name(t, one) for t, one in enumerate(variant.company)]
        values: dict[int, Any] = {mould.ident: OWN, mould.about: _PATIENT}
        values |= zip(mould.dates, dates, strict=True)
        values |= zip(mould.bound, map(_decode, variant.bound), strict=True)
        values |= zip(mould.links, (names[t] for t in variant.targets), strict=True)
        company = [tree for t, one in enumerate(variant.company) for tree in self.trees(t, one)]
        clock = _Watch(int(holes.offset[holes.patient[n]]))
        try:
            reading = read_apart([filled(mould, values), *company], clock)
        except Exception:  # noqa: BLE001  (its patients are read whole, where a fault is counted)
            return Casting(usable=False)
        absent = [a for a in reading.set_aside() if a.why.startswith(_REFERS)]
        if clock.strange or len(reading.dangling) > 1 or len(absent) != len(reading.dangling):
            return Casting(usable=False)
        told = tuple(
            (a.what, a.why, times_of(a.where)) for a in reading.set_aside() if a not in absent
        )
        ends: dict[int, int] = {}
        for k, date in enumerate(dates):
            for e, second in enumerate(clock.span(date) or ()):
                ends.setdefault(second, 2 * k + e)
        casts = [self.event(e, mould, ends) for e in with_declared(reading.events, self.pack)]
        if None in casts:
            return Casting(usable=False)
        first = len(self.columns["shape"].found)
        for cast in casts:
            for name, value in (cast or {}).items():
                self.columns[name].found.append(value)
        missing = None
        if absent:
            (written,) = reading.dangling
            missing = absent[0].what, absent[0].why, int(written.rpartition(LINK)[2])
        ignored = tuple(reading.ignored.items())
        return Casting(True, first, len(casts), told, missing, tuple(reading.unread), ignored)

    def name(self, t: int, one: Named) -> str:
        """Give the name by which one of the company is met."""
        if one.number < 0:
            return f"{one.kind}/{LINK}{t}"
        if one.own:
            return f"{self.moulds.all[one.number].kind}/{LINK}{t}"
        tree = self.companies[one.number][0]
        return f"{tree.get('resourceType')}/{tree.get('id')}"

    def trees(self, t: int, one: Named) -> tuple[Node, ...]:
        """Give the resources by which one of the company is met."""
        if one.number < 0:
            return ()
        if not one.own:
            return self.companies[one.number]
        mould = self.moulds.all[one.number]
        values: dict[int, Any] = {mould.ident: f"{LINK}{t}", mould.about: _PATIENT}
        values |= dict.fromkeys(mould.dates, "2000-01-01")
        values |= zip(mould.bound, map(_decode, one.bound), strict=True)
        return (filled(mould, values),)

    def event(self, e: Event, mould: Mould, ends: dict[int, int]) -> dict[str, Any] | None:
        """Give an event as a row of `_COLUMNS`; None where a part of it comes from no hole."""
        key = e.about.key if e.about is not None else None
        own = key is not None and is_own(e.place.where, e.place.detail, key)
        row: dict[str, Any] = dict.fromkeys(_COLUMNS, -1)
        row |= {"low": 0.0, "high": 0.0, "limit_low": NO_LIMIT, "limit_high": NO_LIMIT}
        row |= {"shape": self.shapes.of_event(e, own), "said": e.mentioned is not None}
        time = e.time or (LONG_AGO, NEVER)
        spans = {"": time, "end_": e.end or (NEVER, NEVER), "said_": e.mentioned or time}
        try:
            for stem, (first, last) in spans.items():
                row[f"{stem}first"], row[f"{stem}last"] = _slot(first, ends), _slot(last, ends)
            match e.value:
                case Quantity(low, high, _, comparator):
                    row["number"] = _hole_of(low, mould)
                    if row["number"] != _hole_of(high, mould):
                        return None
                    row["low"], row["high"] = ends_of(e.value)
                    row["comparator"] = _COMPARATORS.index(comparator)
                case (int(low), int(high)):
                    row["low_end"], row["high_end"] = _slot(low, ends), _slot(high, ends)
                    if min(row["low_end"], row["high_end"]) < 0:
                        return None
                case _:
                    pass
        except KeyError:
            return None
        for end in ("low", "high"):
            limit = getattr(e.limits or Limits(), end)
            if limit is not None:
                value = limit.low if end == "low" else limit.high
                row[f"limit_{end}_hole"], row[f"limit_{end}"] = _hole_of(value, mould), value
        if key is not None:
            row["about"] = self.names.setdefault(key, len(self.names))
        row["sample"] = _NO_SAMPLE
        if e.sample is not None:
            at = e.time is not None and e.sample == f"at {e.time[0]}"
            row["sample"] = _AT if at else _NAMED
            if not at:
                row["sample_name"] = self.names.setdefault(e.sample, len(self.names))
        return row

    def statements(self, into: Resources, holes: Holes, which: Ints) -> Statements:
        """Cast: give what all resources state."""
        first = np.array([c.first_event for c in self.found], np.int64)[which]
        many = np.array([c.events for c in self.found], np.int64)[which]
        one = np.repeat(np.arange(len(which)), many)
        row = first[one] + np.arange(len(one)) - np.repeat(np.cumsum(many) - many, many)

        def of(name: str) -> Any:
            return self.columns[name].array()[row]

        base = 2 * holes.date_start[one]

        def end(name: str) -> Any:
            slots = self.columns[name].array()
            given: Any = where(slots == _NEVER, NEVER, LONG_AGO)[row]
            slot = slots[row]
            at = hits(slot >= 0)
            given[at] = holes.ends[base[at] + slot[at]]
            return given

        def number(hole: str, name: str) -> Any:
            given, slot = of(name), of(hole)
            at = hits(slot >= 0)
            given[at] = holes.numbers[holes.number_start[one[at]] + slot[at]]
            return given

        low, high = number("number", "low"), number("number", "high")
        compared = hits((of("comparator") > 0) & (of("number") >= 0))
        for n in integers(compared):
            comparator: Any = _COMPARATORS[int(of("comparator")[n])]
            low[n], high[n] = ends_of(Quantity(float(low[n]), float(low[n]), None, comparator))
        dated = hits(of("low_end") >= 0)
        low[dated], high[dated] = end("low_end")[dated], end("high_end")[dated]
        about, keys = self.named(into, holes, one, of("about"))
        times: dict[str, Any] = {name: end(name) for name in _TIMES}
        sample, _ = self.named(into, holes, one, of("sample_name"))
        at = hits(of("sample") == _AT)
        if len(at):
            instants, place = distinct(times["first"][at] - int(times["first"][at].min()))
            sample[sample >= 0] += len(instants)
            sample[at] = place
        return Statements(
            patient=holes.patient[one],
            shape=of("shape"),
            **times,
            said=of("said"),
            low=low,
            high=high,
            limit_low=number("limit_low_hole", "limit_low"),
            limit_high=number("limit_high_hole", "limit_high"),
            about=about,
            sample=sample,
            keys=keys,
        )

    def named(
        self, into: Resources, holes: Holes, one: Ints, names: Ints
    ) -> tuple[Ints, list[str]]:
        """Number the identifiers that names stand for: those of the resources and their company."""
        found = np.full(len(one), -1)
        texts, keys = list(self.names), dict[str, int]()
        own = names == self.names.get(OWN, -2)
        of_own = holes.texts.take(holes.ident[one[own]]).array.dictionary_encode()
        found[own] = of_own.indices.to_numpy()
        for text in of_own.dictionary.to_pylist():
            keys[text.decode()] = len(keys)
        at = hits((names >= 0) & ~own)
        for n, resource, name in zip(
            integers(at), integers(one[at]), integers(names[at]), strict=True
        ):
            idents = {OWN: holes.ident_of(resource)}
            for t, ident in enumerate(into.links.get(resource, ())):
                idents[f"{LINK}{t}"] = ident
            text = _IDENT.sub(lambda m, of=idents: of.get(m[0], m[0]), texts[name])
            found[n] = keys.setdefault(text, len(keys))
        return found, list(keys)

    def count(self, into: Resources, which: Ints, whole: Whole, tally: Tally) -> None:
        """Count what was not used, and note the lists of which something cannot be read."""
        merge(tally.ignored, into.ignored)
        times = np.bincount(which, minlength=len(self.found))
        for number in integers(hits(times > 0)):
            casting, many = self.found[number], int(times[number])
            for what, why, each in casting.asides:
                count_aside(tally, what, why, each * many)
            for what, each in casting.ignored:
                count(tally.ignored, what, each * many)
            if casting.unread:
                for n in integers(hits(which == number)):
                    whole.unread += [(into.patient[n], name) for name in casting.unread]
        lacking = [n for n in into.links if self.found[int(which[n])].absent is not None]
        seen: set[tuple[int, str]] = set()
        for n in lacking:
            absent = self.found[int(which[n])].absent
            if absent is not None:
                what, why, t = absent
                named_ = into.patient[n], into.links[n][t]
                if named_ not in seen:
                    seen.add(named_)
                    count_aside(tally, what, why, 1)


_PATIENT: Final = "Patient/whose"


def with_declared(events: Iterable[Event], pack: Pack) -> tuple[Event, ...]:
    """Give events the units that are declared for what sent them."""
    return with_declared_units(Record("", tuple(events)), pack).events


def _decode(number: bytes) -> Any:
    return msgspec.json.decode(number)


def _slot(second: int, ends: dict[int, int]) -> int:
    """Give which end of which date a second is."""
    if second == LONG_AGO:
        return _LONG_AGO
    return _NEVER if second == NEVER else ends[second]


def _hole_of(value: float, mould: Mould) -> int:
    """Give which of the measured numbers a number is, or -1."""
    hole = int(value) - NUMBER_HOLE if math.isfinite(value) else -1
    return mould.numbers.index(hole) if hole in mould.numbers else -1


def _matching(texts: Any, pattern: str) -> Bools:
    return pc.match_substring_regex(texts, pattern).to_numpy(zero_copy_only=False)


def _equal(texts: Any, others: Any, which: Ints) -> Bools:
    """Say of each text whether it is the one of the others that it should be."""
    return pc.equal(texts, others.take(pa.array(which))).to_numpy(zero_copy_only=False)
