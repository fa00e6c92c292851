"""Which lesion an event belongs to (design.md, "From events to facts": lesions), and the layout of a batch's lesions.

A lesion's key is an identifier (a bone-metastasis condition, a body structure, a lesion of a case file), else its place: site, level, side.
A place counts as one or more lesions. Nothing else merges; lesions that may be the same are grouped.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from bonemets.facts.meaning import Index, index
from bonemets.facts.table import Placed
from bonemets.model import Code, Event, Levels, Record
from bonemets.pack.items import Answers, Variable
from bonemets.pack.load import Pack
from bonemets.values import Lesions

SITE: Final = "lesion_site"
LEVEL: Final = "vertebral_level"
SIDE: Final = "laterality"


@dataclass(slots=True)
class Where:
    """A place as masks over the levels of site, vertebral level and side; 0 is "not said"."""

    site: int = 0
    level: int = 0
    side: int = 0

    def add(self, other: Where) -> None:
        """Add what another statement says of the same lesion."""
        self.site |= other.site
        self.level |= other.level
        self.side |= other.side

    def meets(self, other: Where) -> bool:
        """Say whether two places may be the same."""
        pairs = ((self.site, other.site), (self.level, other.level), (self.side, other.side))
        return all(not a or not b or a & b for a, b in pairs)


@dataclass(slots=True)
class Lesion:
    """One lesion of one patient: its key as shown, whether that is an identifier, and where it is."""

    key: str
    identified: bool
    where: Where = field(default_factory=Where)
    certain: bool = False
    group: int = 0


@dataclass(frozen=True, slots=True)
class Patient:
    """One patient's events with their lesions (numbered within the patient), as of an index moment."""

    placed: tuple[Placed, ...]
    lesions: tuple[Lesion, ...]
    open: bool


class Keys:
    """Finds the lesions of patients with the codes of one pack."""

    def __init__(self, pack: Pack) -> None:
        """Take the codes that say what is a bone, a level, a side and a lesion's status."""
        self.pack = pack
        self.lesion_variables = [v for v in pack.variables.values() if v.entity == "lesion"]
        self.codes: Index = index(self.lesion_variables)
        self.status = {v.rolls_up for v in pack.variables.values() if v.rolls_up}

    def speaks(self, event: Event) -> set[str]:
        """Give the lesion variables that an event's own codes speak for."""
        found: set[str] = set()
        for code in event.codes:
            found |= {self.lesion_variables[b.variable].id for b in self.codes.of((event.role, code.system, code.code))}
        return found

    def where(self, event: Event) -> Where:
        """Give the place that an event names, by its body site, its side and its own codes."""
        result = Where()
        keys = [(event.role, c.system, c.code) for c in event.codes]
        if event.about is not None:
            keys += [("site", c.system, c.code) for c in event.about.sites]
        for key in keys:
            for binding in self.codes.of(key):
                v = self.lesion_variables[binding.variable]
                level = binding.coding.stated if binding.coding else None
                if v.id == SITE and level:
                    result.site |= 1 << v.levels.index(level)
                elif v.id == LEVEL and level:
                    result.level |= 1 << v.levels.index(level)
        if event.role == "variable" and isinstance(event.value, Levels):
            for name, attribute in ((SITE, "site"), (LEVEL, "level"), (SIDE, "side")):
                if event.codes[0].code == name:
                    v = self.pack.variables[name]
                    mask = sum(1 << v.levels.index(n) for n in event.value.names if n in v.levels)
                    setattr(result, attribute, getattr(result, attribute) | mask)
        result.side |= self.side(event)
        return result

    def side(self, event: Event) -> int:
        """Give the side that an event's laterality codes name."""
        variable, terms = self.pack.variables.get(SIDE), self.pack.terms
        if variable is None or terms is None or event.about is None:
            return 0
        mask = 0
        for name in ("left", "right"):
            if _any(event.about.sides, getattr(terms, name)):
                mask |= 1 << variable.levels.index(name)
        return mask

    def both_sides(self, event: Event) -> bool:
        """Say whether an event names both sides: two lesions."""
        terms = self.pack.terms
        return terms is not None and event.about is not None and _any(event.about.sides, terms.both_sides)

    def find(self, record: Record, moment: int) -> Patient:
        """Give a record's events with their lesions, as of the index moment.

        A lesion is there as soon as an event about it lies at or before the index moment, or is undated.
        """
        events = [e for original in record.events for e in self.split(original)]
        identified = self.identifiers(events)
        lesions: dict[tuple[str, str], Lesion] = {}
        numbers: dict[tuple[str, str], int] = {}
        placed: list[Placed] = []
        last_time = -(2**60)
        for event in events:
            where = self.where(event)
            in_bone = where.site != 0 or where.level != 0
            key = self.key(event, where, identified)
            if key is None or (event.time is not None and event.time[0] > moment):
                placed.append(Placed(event, -1, in_bone))
                continue
            if key not in lesions:
                numbers[key] = len(lesions)
                lesions[key] = Lesion(key[1], key[0] == "id")
            lesion = lesions[key]
            lesion.where.add(where)
            lesion.certain |= event.time is None or event.time[1] <= moment
            if event.time is not None:
                last_time = max(last_time, event.time[0])
            placed.append(Placed(event, numbers[key], in_bone))
            placed += self.sided(event, numbers[key])
        found = list(lesions.values())
        _group(found)
        closed = record.lesions_complete is not None and record.lesions_complete[1] >= last_time
        return Patient(tuple(placed), tuple(found), not closed)

    def sided(self, event: Event, number: int) -> list[Placed]:
        """State the side of a lesion as a variable of its own."""
        mask, variable = self.side(event), self.pack.variables.get(SIDE)
        if not mask or variable is None:
            return []
        names = tuple(n for i, n in enumerate(variable.levels) if mask >> i & 1)
        stated = replace(event, role="variable", codes=(Code("bonemets", SIDE),), status="stated", value=Levels(names), about=None)
        return [Placed(stated, number, False)]

    def split(self, event: Event) -> Iterable[Event]:
        """Turn an event about both sides into one for each."""
        if not self.both_sides(event) or event.about is None or self.pack.terms is None:
            return [event]
        left, right = (_first(getattr(self.pack.terms, n)) for n in ("left", "right"))
        return [
            replace(event, about=replace(event.about, key=None if event.about.key is None else f"{event.about.key} {name}", sides=(code,)))
            for name, code in (("left", left), ("right", right))
            if code is not None
        ]

    def identifiers(self, events: Iterable[Event]) -> set[str]:
        """Give the identifiers that name a lesion: of sited bone-metastasis statements, bone structures and case-file lesions."""
        found: set[str] = set()
        for event in events:
            if event.about is None or event.about.key is None:
                continue
            where = self.where(event)
            in_bone = where.site != 0 or where.level != 0 or bool(event.about.sites)
            if event.role == "variable" or (event.role == "site" and (where.site or where.level)):
                found.add(event.about.key)
            elif in_bone and self.speaks(event) & self.status:
                found.add(event.about.key)
        return found

    def key(self, event: Event, where: Where, identified: set[str]) -> tuple[str, str] | None:
        """Give the lesion that an event belongs to, None where it belongs to none."""
        about = event.about
        if about is None:
            return None
        if about.key in identified and about.key is not None:
            return ("id", about.key)
        spoken = self.speaks(event) - {SITE, LEVEL}
        if not spoken:
            return None
        own_condition = event.place.where.startswith("Condition")
        if about.key is not None and not own_condition:
            return ("id", about.key)
        if not where.site and not where.level:
            return None
        return ("place", self.shown(where))

    def shown(self, where: Where) -> str:
        """Name a place in words."""
        words: list[str] = []
        for name, mask in ((SIDE, where.side), (SITE, where.site), (LEVEL, where.level)):
            variable: Variable | None = self.pack.variables.get(name)
            if variable is not None and mask:
                words.append(" or ".join(variable.names.get(n, n.replace("_", " ")) for i, n in enumerate(variable.levels) if mask >> i & 1))
        return " ".join(words)


def _any(codes: tuple[Code, ...], answers: Answers) -> bool:
    return any(c.code in getattr(answers, c.system, ()) for c in codes)


def _first(answers: Answers) -> Code | None:
    for system in ("snomed", "loinc", "hl7"):
        listed: tuple[str, ...] = getattr(answers, system)
        if listed:
            return Code(system, listed[0])
    return None


def _group(lesions: list[Lesion]) -> None:
    """Mark those that may be the same: a place beside what it may name, a broader or sideless site beside a narrower one."""
    parent = list(range(len(lesions)))

    def root(i: int) -> int:
        while parent[i] != i:
            i = parent[i]
        return i

    for i, a in enumerate(lesions):
        for j in range(i):
            b = lesions[j]
            distinct = a.identified and b.identified and a.where == b.where
            if not distinct and a.where.meets(b.where):
                x, y = sorted((root(i), root(j)))
                parent[y] = x
    for i, lesion in enumerate(lesions):
        lesion.group = root(i)


@dataclass(frozen=True, slots=True)
class Batch:
    """Patients ranked by falling number of lesions, their events by rank with flat lesion numbers, and the layout.

    `rank_of` gives for each patient as handed in its rank; `flat` gives for each rank the flat numbers of its lesions.
    """

    events: tuple[tuple[Placed, ...], ...]
    lesions: Lesions
    rank_of: tuple[int, ...]
    flat: tuple[tuple[int, ...], ...]


def arrange(patients: Sequence[Patient]) -> Batch:
    """Lay out a batch: slot s holds the s-th lesion of every patient that has one."""
    order = sorted(range(len(patients)), key=lambda i: -len(patients[i].lesions))
    rank_of = [0] * len(patients)
    for rank, i in enumerate(order):
        rank_of[i] = rank
    most = len(patients[order[0]].lesions) if patients else 0
    sizes = tuple(sum(len(p.lesions) > s for p in patients) for s in range(most))
    starts = [sum(sizes[:s]) for s in range(most)]
    flat = tuple(tuple(starts[s] + rank for s in range(len(patients[i].lesions))) for rank, i in enumerate(order))
    total = sum(sizes)
    group, several, doubtful = np.arange(total), np.zeros(total, bool), np.zeros(total, bool)
    for rank, i in enumerate(order):
        for s, lesion in enumerate(patients[i].lesions):
            number = flat[rank][s]
            group[number] = flat[rank][lesion.group]
            several[number] = not lesion.identified
            doubtful[number] = not lesion.certain
    layout = Lesions(len(patients), sizes, np.array([patients[i].open for i in order], bool), group, several, doubtful)
    events = tuple(
        tuple(replace(p, lesion=flat[rank][p.lesion]) if p.lesion >= 0 else p for p in patients[i].placed)
        for rank, i in enumerate(order)
    )
    return Batch(events, layout, tuple(rank_of), flat)
