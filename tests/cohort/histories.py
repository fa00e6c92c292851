"""Records drawn from a seed, with every mishap that a history may have: nobody real.

They speak in all codes that the pack knows and in others; what a reader of FHIR makes of files is
left out, so that ten thousand take seconds.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from drawing import Choice, choices

from bonemets.model import (
    LISTS,
    LONG_AGO,
    About,
    Absent,
    Code,
    Event,
    Levels,
    Limits,
    Place,
    Quantity,
    Record,
    Span,
    Value,
    Words,
)
from bonemets.pack.load import Pack

DAY = 86_400
NOW = 1_793_491_200  # 2026-11-01
STATUSES = ("denied", "past", "suspected", "not_done", "planned")
SITES = (
    ("51282000",), ("122494005",), ("29627003", "7771000"), ("71341001", "24028007"),
    ("113197003", "7771000"), ("12611008",), ("71341001", "51440002"), ("80891009",),
)  # fmt: skip
"""Codes of places, some with one of a side (or of both sides)."""
BASES = (("finding", "icd10", "C50.9"), ("finding", "icd10", "C61"), ("finding", "icd10", "C90.0"))


class Histories:
    """Draws records over the codes of a pack."""

    def __init__(self, pack: Pack, part: int = 0) -> None:
        """Take a part of the codes, so that patients have some in common, and sort them."""
        self.pack = pack
        every, rnd = choices(pack), random.Random(part)
        known = [c for c in every if c.group not in ("unknown", "lesion")]
        self.known = rnd.sample(known, 400)
        self.strange = rnd.sample([c for c in every if c.group == "unknown"], 60)
        self.of_lesion = rnd.sample([c for c in every if c.group == "lesion"], 60)
        self.named = [v for v in pack.variables.values() if v.formula is None and not v.table_of]
        self.units = sorted({c.unit for c in every if c.unit is not None})
        self.others: dict[str, list[str]] = {}
        for spellings in pack.units.values():
            for own in spellings:
                self.others.setdefault(own, sorted(spellings))

    def records(self, first: int, count: int, seed: int = 1) -> Iterator[tuple[str, Record]]:
        """Give records by the names of their patients."""
        for number in range(first, first + count):
            yield f"h{number}", _One(self, random.Random(seed * 1_000_003 + number)).record()


class _One:
    """One patient's record as it is drawn."""

    def __init__(self, of: Histories, rnd: random.Random) -> None:
        self.of, self.rnd = of, rnd
        self.mishaps = rnd.choice((0.0, 0.05, 0.3))
        self.events: list[Event] = []
        self.times: list[Span] = []
        self.keys = [f"lesion-{n}" for n in range(rnd.choice((0, 0, 1, 2, 3, 6)))]

    def slip(self, share: float = 1.0) -> bool:
        """Whether something goes wrong here."""
        return self.rnd.random() < self.mishaps * share

    def record(self) -> Record:
        """Draw it."""
        r = self.rnd
        if r.random() < 0.9:
            self.add(Choice(r.choice(BASES), "finding"))
        if r.random() < 0.9:
            years = r.choice((12, 17, 18, 40, 61, 88))
            self.add(Choice(("finding", "loinc", "30525-0"), "number", "a", years, years))
        pools = (self.of.known, self.of.known, self.of.strange, self.of.of_lesion)
        usual = [r.choice(self.of.known) for _ in range(4)]
        for _ in range(r.randint(2, 22)):
            again = r.random() < 0.3
            self.add(r.choice(usual if again else r.choice(pools)))
        for _ in range(r.randint(0, 2)):
            self.by_name()
        if r.random() < 0.3:  # in no order of time
            r.shuffle(self.events)
        return Record(
            "drawn",
            tuple(self.events),
            complete=tuple(n for n in LISTS if r.random() < 0.15),
            unread=tuple(n for n in LISTS if self.slip(0.5)),
            lesions_complete=self.time() if r.random() < 0.15 else None,
            index_date=(NOW // DAY - r.randint(0, 60)) if r.random() < 0.1 else None,
        )

    def add(self, choice: Choice) -> None:
        """Add what a code says, now and then twice."""
        r = self.rnd
        role, system, code = choice.key
        codes = [Code(system, code)]
        if self.slip():
            other = r.choice(self.of.strange).key
            codes.insert(r.randint(0, 1), Code(other[1], other[2]))
        event = Event(
            role=role if role != "site" else "finding",  # type: ignore[arg-type]
            codes=tuple(codes),
            status=r.choice(STATUSES) if self.slip() or r.random() < 0.05 else "stated",  # type: ignore[arg-type]
            time=self.time(),
            value=self.value(choice),
            place=Place(f"Event/{len(self.events)}"),
            about=self.about(choice),
            limits=self.limits(choice) if choice.unit is not None and r.random() < 0.2 else None,
            sample=r.choice(("s1", "s2", None)) if choice.unit is not None else None,
            end=self.time() if role == "drug" and r.random() < 0.3 else None,
            mentioned=self.time() if role == "drug" and r.random() < 0.3 else None,
            listed=r.choice((None, *LISTS)),
            corrects=self.slip(0.1),
        )
        if role == "site":
            event = Event(
                "finding", (Code("snomed", "94222008"),), event.status, event.time, None,
                event.place, About(None, (Code(system, code),)),
            )  # fmt: skip
        self.events.append(event)
        if self.slip(0.5):
            self.events.append(event)

    def by_name(self) -> None:
        """Add a statement of a variable by its own name, as case files have them."""
        r = self.rnd
        variable = r.choice(self.of.named)
        least, most = variable.plausible or (0.0, 100.0)
        value: Value = None
        match variable.type:
            case "boolean":
                value = r.random() < 0.5
            case "level":
                value = Levels(tuple(r.sample(variable.levels, r.randint(1, 2))))
            case "date":
                value = self.time()
            case _:
                number = float(round(r.uniform(least, most)))
                value = Quantity(number, number, variable.unit)
        about = About(r.choice(self.keys)) if self.keys and variable.entity == "lesion" else None
        self.events.append(
            Event(
                "variable", (Code("bonemets", variable.id),), "stated", self.time(), value,
                Place("case", variable.id), about, corrects=self.slip(0.3),
            )
        )  # fmt: skip

    def time(self) -> Span | None:
        """A moment, a day, a month or no time; one in four is one that was there before."""
        r = self.rnd
        if self.times and r.random() < 0.25:
            return r.choice(self.times)
        start = NOW - int(r.random() ** 2 * 900 * DAY)
        kind = r.random()
        if kind < 0.5:
            found = start, start
        elif kind < 0.9 - self.mishaps / 2:
            start -= start % DAY
            found = start, start + DAY - 1
        elif kind < 0.97:
            start -= start % DAY
            found = start, start + r.choice((30, 365)) * DAY - 1
        elif self.slip():
            found = (LONG_AGO, start) if r.random() < 0.5 else (NOW + 90 * DAY, NOW + 90 * DAY)
        else:
            return None
        self.times.append(found)
        return found

    def value(self, choice: Choice) -> Value:
        """What is said of a code."""
        r = self.rnd
        if self.slip():
            return r.choice((
                None, Absent("not said"), Words("high"), Words("low"), r.random() < 0.5,
                Quantity(1.0, 1.0, "furlong"), (Code("snomed", "not an answer"),),
            ))  # fmt: skip
        if choice.unit is not None:
            number = round(r.uniform(choice.low, choice.high), 2)
            if self.slip():
                number *= r.choice((1e4, -1.0, 1e17))
            high = number + round(r.random(), 1) if self.slip() else number
            comparator: Any = r.choice(("<", "<=", ">", ">=")) if self.slip() else ""
            return Quantity(number, high, self.unit(choice.unit), comparator)
        if choice.answers:
            many = 2 if self.slip() else 1
            return tuple(r.choice(choice.answers) for _ in range(many))
        return r.choice((None, None, True, False))

    def unit(self, own: str) -> str | None:
        """The usual unit, another spelling or unit of the same quantity, a wrong one, or none."""
        r = self.rnd
        if self.slip():
            return r.choice((None, r.choice(self.of.units)))
        others = self.of.others.get(own)
        return r.choice(others) if others and r.random() < 0.2 else own

    def limits(self, choice: Choice) -> Limits:
        """Limits of a laboratory, perhaps of one end, or in another unit."""
        low = Quantity(choice.low, choice.low, choice.unit)
        high = Quantity(choice.high, choice.high, self.unit(choice.unit or "1"))
        return self.rnd.choice((Limits(low, high), Limits(None, high), Limits(low, None)))

    def about(self, choice: Choice) -> About | None:
        """The lesion or place that a finding is about, if any."""
        r = self.rnd
        if choice.group != "lesion" and not self.slip():
            return None
        key = r.choice(self.keys) if self.keys and r.random() < 0.7 else None
        sites: tuple[Code, ...] = ()
        if key is None or r.random() < 0.5:
            sites = tuple(Code("snomed", code) for code in r.choice(SITES))
        return About(key, sites[:1], sites[1:])
