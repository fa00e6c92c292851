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
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import numpy as np

from bonemets.cohort.event_rows import dense
from bonemets.cohort.holes import Holes, Patients, order_of
from bonemets.cohort.lot import Lot, Whole, statements_of
from bonemets.cohort.moulds import (
    HOLE,
    MOST_DATES,
    MOST_MOULDS,
    NUMBER_HOLE,
    Cut,
    Mould,
    Moulds,
    filled,
)
from bonemets.cohort.tally import Tally, count, count_aside, count_unread, merge, times_of
from bonemets.facts.declared import with_declared_units
from bonemets.facts.lesions import is_own
from bonemets.facts.meaning import distinct
from bonemets.facts.shapes import NO_LIMIT, Column, Shapes, Statements, joined
from bonemets.facts.table import NEVER, Ints, ends_of, hits, integers
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
_IDENT: Final = re.compile(f"{OWN}|{LINK}[0-9]")
_LONG_AGO, _NEVER = -1, -2
"""Ends of times that are no hole's."""
_NO_SAMPLE, _AT, _NAMED = range(3)
"""A value is of no sample, of that of its instant, of one with a name."""
_REFERS: Final = "refers to "
Aside = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class Named:
    """How a resource is met that another one names."""

    number: int = -1
    """Its mould, where it is the patient's own; else which of those shared; -1: it is absent."""
    own: bool = False
    bound: tuple[bytes, ...] = ()
    kind: str = ""
    """Its type, where it is absent."""


@dataclass(frozen=True, slots=True)
class Variant:
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
        self, shapes: Callable[[], Shapes], pack: Pack, named_by: Callable[[bytes], list[bytes]]
    ) -> None:
        """Take the shapes of events, and how resources are found that belong to no patient."""
        self.shapes_now, self.pack, self.named_by = shapes, pack, named_by
        self.start()

    def start(self) -> None:
        """Start anew."""
        self.shapes = self.shapes_now()
        self.moulds = Moulds()
        self.known: dict[tuple[Any, ...], int] = {}
        self.found: list[Casting] = [Casting()]
        self.columns = {name: Column(kind) for name, kind in _COLUMNS.items()}
        self.names: dict[str, int] = {}
        self.variants: dict[Variant, int] = {Variant(): 0}
        self.all_variants = [Variant()]
        self.shared: dict[bytes, int] = {}
        self.companies: list[tuple[Node, ...]] = []

    # lines

    def take(self, key: str, lines: Sequence[bytes], into: Patients) -> bool:
        """Cut the lines of a patient; False where they have to be read whole."""
        own = key.encode("utf-8", "surrogatepass")
        whose, persons = b"Patient/" + own, 0
        cuts: list[Cut] = []
        idents: list[bytes] = []
        texts: list[Any] = []
        numbers: list[Any] = []
        special: list[tuple[int, Cut, list[Any], list[Any]]] = []
        get, learn, split = self.moulds.cuts.get, self.moulds.learn, HOLE.split
        for line in lines:  # the innermost loop of a cohort: nothing is called that need not be
            found: list[Any] = split(line)
            told, measured = found[2::4], found[3::4]
            del found[2::4]
            del found[2::3]
            cut = get(tuple(found)) or learn(found)
            if not cut.mould.plain:
                return False
            ident = told[cut.ident]
            if cut.person:
                persons += 1
                if ident != own:
                    return False
            elif told[cut.about] != whose:
                return False
            if cut.special:
                special.append((len(cuts), cut, told, measured))
            cuts.append(cut)
            idents.append(ident)
            texts += told
            numbers += measured
        repeated: tuple[int, ...] = ()
        if len(set(idents)) < len(idents):
            same = _repeated(lines, cuts, idents)
            if same is None:
                return False
            repeated = same
            persons -= sum(cuts[n].person for n in repeated)
        if persons != 1:
            return False
        variants = self.linked(special, cuts, idents) if special else {}
        if variants is None:
            return False
        first = len(into.cut)
        for n, (variant, links) in variants.items():
            into.variant[first + n] = variant
            into.links[first + n] = links
        for n in repeated:
            into.repeated.append(first + n)
            count(into.ignored, f"{cuts[n].mould.kind} (sent twice)")
        into.patient += [len(into.names)] * len(cuts)
        into.cut += [cut.number for cut in cuts]
        into.texts += texts
        into.numbers += numbers
        into.names.append(key)
        return True

    def variant(self, variant: Variant) -> int:
        """Give the number of a variant."""
        number = self.variants.setdefault(variant, len(self.variants))
        if number == len(self.all_variants):
            self.all_variants.append(variant)
        return number

    def linked(
        self,
        special: list[tuple[int, Cut, list[Any], list[Any]]],
        cuts: list[Cut],
        idents: list[bytes],
    ) -> dict[int, tuple[int, tuple[str, ...]]] | None:
        """Find what resources name: by resource its variant and the identifiers.

        None where that has to be read whole.
        """
        own: dict[str, int] = {}
        if any(cut.links for _, cut, _, _ in special):
            for n, (cut, ident) in enumerate(zip(cuts, idents, strict=True)):
                own.setdefault(f"{cut.mould.kind}/{ident.decode()}", n)
        of = {n: (told, measured) for n, _, told, measured in special}
        found: dict[int, tuple[int, tuple[str, ...]]] = {}
        for n, cut, texts, numbers in special:
            if cut.mould.empty:
                continue
            places: dict[str, int] = {}
            company: list[Named] = []
            targets: list[int] = []
            for place in cut.links:
                name = named(texts[place].decode())
                kind = name.partition("/")[0]
                if not name or kind == "Patient":
                    return None
                if name not in places:
                    at = own.get(name, -1)
                    target = None if at < 0 else (cuts[at], *of.get(at, ([], [])))
                    found_as = None if at == n else self.found_as(name, kind, target)
                    if found_as is None or len(company) == MOST_COMPANY:
                        return None
                    places[name] = len(company)
                    company.append(found_as)
                targets.append(places[name])
            bound = _bound(cut, texts, numbers)
            variant = Variant(bound, tuple(targets), tuple(company))
            names = tuple(name.partition("/")[2] for name in places)
            found[n] = self.variant(variant), names
        return found

    def found_as(
        self, name: str, kind: str, own: tuple[Cut, list[Any], list[Any]] | None
    ) -> Named | None:
        """Say how a named resource is met; None where it is so oddly."""
        shared = self.shared_of(name.encode())
        if own is None:
            return Named(kind=kind) if shared < 0 else Named(shared)
        cut, texts, numbers = own
        if shared >= 0 or cut.links:
            return None
        bound = _bound(cut, texts, numbers)
        return Named(cut.mould.number, own=True, bound=bound)

    def shared_of(self, name: bytes) -> int:
        """Give the number of the resources that are met by a name and belong to nobody, or -1."""
        known = self.shared.get(name)
        if known is None:
            lines = self.named_by(name)
            known = -1
            if lines:
                known = len(self.companies)
                self.companies.append(tuple(node(parse_json(line, "line")) for line in lines))
            self.shared[name] = known
        return known

    # columns

    def lot(
        self,
        patients: Mapping[str, Sequence[bytes]],
        tally: Tally,
        read_whole: Callable[[str, Tally], Record | None],
    ) -> Lot:
        """Read patients by their lines; `read_whole` reads those of whom some line is odd."""
        if len(self.moulds.ways) > MOST_MOULDS or self.shapes is not self.shapes_now():
            self.start()
        while True:  # what cannot be cast marks its mould as odd: then its patients are read whole
            into, odd = Patients(), list[str]()
            for key in sorted(patients):
                if not self.take(key, patients[key], into):
                    odd.append(key)
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

    def cast(self, into: Patients, holes: Holes) -> Ints | None:
        """Give the casting of each resource; None where one is not usable: its mould is now odd."""
        found = np.zeros(len(holes.mould), np.int64)  # nothing is said
        counts = ~np.array([m.empty for m in self.moulds.all], bool)[holes.mould]
        counts[into.repeated] = False
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
            for n, (one, lies) in enumerate(
                zip(integers(at[first]), integers(pattern[first]), strict=True)
            ):
                order = tuple(int(column[pattern_at[lies]]) for column, _ in columns)
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
        dates = [_Hole(d.decode()) for d in holes.dates[start : start + len(mould.dates)]]
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

    def statements(self, into: Patients, holes: Holes, which: Ints) -> Statements:
        """Cast: give what all resources state."""
        first = np.array([c.first_event for c in self.found], np.int64)[which]
        many = np.array([c.events for c in self.found], np.int64)[which]
        one = np.repeat(np.arange(len(which)), many)
        row = first[one] + np.arange(len(one)) - np.repeat(np.cumsum(many) - many, many)

        def of(name: str) -> Any:
            return self.columns[name].array()[row]

        base = 2 * holes.date_start[one]
        seconds = np.append(holes.ends, 0)  # where there is no date at all

        def end(name: str) -> Any:
            slot = of(name)
            given = seconds[where(slot >= 0, base + slot, -1)]
            return where(slot >= 0, given, where(slot == _NEVER, NEVER, LONG_AGO))

        told = np.append(holes.numbers, 0.0)

        def number(hole: str, name: str) -> Any:
            slot = of(hole)
            given = told[where(slot >= 0, holes.number_start[one] + slot, -1)]
            return where(slot >= 0, given, of(name))

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

    def named(self, into: Patients, holes: Holes, one: Ints, names: Ints) -> tuple[Ints, list[str]]:
        """Number the identifiers that names stand for: those of the resources and their company."""
        found = np.full(len(one), -1)
        texts, keys = list(self.names), dict[str, int]()
        at = hits(names >= 0)
        own = self.names.get(OWN, -1)
        for n, resource, name in zip(
            integers(at), integers(one[at]), integers(names[at]), strict=True
        ):
            if name == own:
                text = holes.ident(self.moulds, resource)
            else:
                idents = {OWN: holes.ident(self.moulds, resource)}
                for t, ident in enumerate(into.links.get(resource, ())):
                    idents[f"{LINK}{t}"] = ident
                text = _IDENT.sub(lambda m, of=idents: of.get(m[0], m[0]), texts[name])
            found[n] = keys.setdefault(text, len(keys))
        return found, list(keys)

    def count(self, into: Patients, which: Ints, whole: Whole, tally: Tally) -> None:
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


def _bound(cut: Cut, texts: list[Any], numbers: list[Any]) -> tuple[bytes, ...]:
    """Give the numbers and texts that matter as they are, as they stand in JSON."""
    return tuple(
        b'"%s"' % texts[place] if numbers[place] is None else numbers[place] for place in cut.bound
    )


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


def _repeated(
    lines: Sequence[bytes], cuts: list[Cut], idents: list[bytes]
) -> tuple[int, ...] | None:
    """Give which lines came before, byte by byte; None where one came in another form."""
    first: dict[tuple[str, bytes], bytes] = {}
    found: list[int] = []
    for n, (cut, ident) in enumerate(zip(cuts, idents, strict=True)):
        name = cut.mould.kind, ident
        if name not in first:
            first[name] = lines[n]
        elif first[name] == lines[n]:
            found.append(n)
        else:
            return None
    named_ = [{i for k, i in first if k == kind} for kind in ("Condition", "BodyStructure")]
    both = named_[0] & named_[1]
    return None if both else tuple(found)
