"""Which lesion an event belongs to (design.md, "From events to facts, pinned").

Here is the layout of a batch's lesions too.

A lesion's key is an identifier (a bone-metastasis condition, a body structure, a lesion of a case
file), else its place: site, level, side.
A place counts as one or more lesions. Nothing else merges; lesions that may be the same are
grouped.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, TypeGuard

import numpy as np
from msgspec import structs

from bonemets.facts.meaning import KEPT, Index, index
from bonemets.facts.table import ELSEWHERE, LONG_AGO, UNPLACED, Placed, keys_of
from bonemets.model import Code, Event, Levels, Record, Value
from bonemets.pack.durations import duration_seconds
from bonemets.pack.items import Answers, Variable
from bonemets.pack.load import Pack
from bonemets.values import Lesions

SITE: Final = "lesion_site"
LEVEL: Final = "vertebral_level"
SIDE: Final = "laterality"
PLACES: Final = {SITE: "site", LEVEL: "level", SIDE: "side"}
"""The variables that say where a lesion is, and their parts of a place."""
BEFORE_KEY: Final = ("", "Condition/")
"""What stands before its identifier in the place of a condition."""
NAMELESS: Final = "entry["
"""How the place of a resource without an id begins."""
SAID_BY_CONDITIONS: Final = ("code", "stage", "histology-morphology-behavior")
"""The parts of a resource without an id by which only conditions speak."""
NO_LESION: Final = ("planned", "not_done")
"""What is planned, or was not done, makes no lesion."""
IMAGED: Final = "whole_skeleton_imaged"
"""The variable whose window says how long a list of lesions, declared complete, stays so."""


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
    """One lesion of one patient: its key as shown, whether that is an identifier, its place."""

    key: str
    identified: bool
    where: Where = field(default_factory=Where)
    certain: bool = False
    group: int = 0


Key = tuple[str, str]
"""`("id", identifier)` or `("place", its name)`."""


@dataclass(frozen=True, slots=True)
class Names:
    """The identifiers of a record that name lesions, and those that name something else."""

    lesions: frozenset[str]
    others: frozenset[str]


@dataclass(frozen=True, slots=True)
class Patient:
    """One patient's events and lesions (numbered within the patient) as of an index moment.

    `places` says of the events that speak of a place where that is.
    """

    events: tuple[Event, ...]
    places: dict[int, Placed]
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
        imaged = pack.variables.get(IMAGED)
        self.holds = (
            None if imaged is None or imaged.window == "ever" else duration_seconds(imaged.window)
        )
        # What codes say is the same in every record: it is looked up once.
        self.spoken: dict[object, frozenset[str]] = {}
        self.stands: dict[object, Where] = {}

    def speaks(self, event: Event) -> frozenset[str]:
        """Give the lesion variables that an event's own codes speak for."""
        key = event.role, event.codes
        known = self.spoken.get(key)
        if known is None:
            if len(self.spoken) >= KEPT:
                self.spoken.clear()
            known = self.spoken[key] = frozenset(self.spoken_by(event))
        return known

    def spoken_by(self, event: Event) -> set[str]:
        """Look that up."""
        found: set[str] = set()
        for code in event.codes:
            found |= {
                self.lesion_variables[b.variable].id
                for b in self.codes.of((event.role, code.system, code.code))
            }
        return found

    def in_bone(self, event: Event, where: Where) -> bool:
        """Say whether an event's place is a bone.

        It is one of our sites or levels, or a site code that some lesion variable knows (a femur
        without its part).
        """
        if where.site or where.level:
            return True
        sites = event.about.sites if event.about is not None else ()
        return any(self.codes.numbers(("site", c.system, c.code)) for c in sites)

    def told(self, event: Event) -> Event:
        """Turn the answer to a question that only says "the finding is" into the finding."""
        terms = self.pack.terms
        if (
            terms is None
            or event.role != "finding"
            or not _coded(event.value)
            or not _any(event.codes, terms.assertions)
        ):
            return event
        return structs.replace(event, codes=event.value, value=None)

    def where(self, event: Event) -> Where:
        """Give the place that an event names, by its body site, its side and its own codes."""
        about = event.about
        named = (
            event.value if event.role == "variable" and isinstance(event.value, Levels) else None
        )
        key = (
            event.role,
            event.codes,
            None if about is None else (about.sites, about.sides),
            named,
        )
        known = self.stands.get(key)
        if known is None:
            if len(self.stands) >= KEPT:
                self.stands.clear()
            known = self.stands[key] = self.stands_at(event)
        return known

    def stands_at(self, event: Event) -> Where:
        """Look that up."""
        result = Where()
        keys = [(event.role, c.system, c.code) for c in event.codes]
        if event.about is not None:
            keys += [("site", c.system, c.code) for c in event.about.sites]
        for key in keys:
            for binding in self.codes.of(key):
                v = self.lesion_variables[binding.variable]
                level = binding.coding.stated if binding.coding else None
                attribute = PLACES.get(v.id)
                if attribute and level in v.levels:
                    bit = 1 << v.levels.index(str(level))
                    setattr(result, attribute, getattr(result, attribute) | bit)
        if event.role == "variable" and isinstance(event.value, Levels):
            for name, attribute in PLACES.items():
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
        return (
            terms is not None
            and event.about is not None
            and _any(event.about.sides, terms.both_sides)
        )

    def find(self, record: Record, moment: int) -> Patient:
        """Give a record's events with their lesions, as of the index moment.

        A lesion is there as soon as an event about it lies at or before the index moment, or is
        undated; a plan, or what was not done, makes none.
        """
        events: list[Event] = []
        placed: list[tuple[int, Event, Where]] = []
        speaks = self.codes.known.__getitem__
        for original in record.events:
            event = self.told(original) if isinstance(original.value, tuple) else original
            if event.about is not None:
                for one in self.split(event):
                    placed.append((len(events), one, self.where(one)))
                    events.append(one)
                continue
            if any(map(speaks, keys_of(event))):
                placed.append((len(events), event, self.where(event)))
            events.append(event)
        names = self.names(placed)
        lesions: dict[Key, Lesion] = {}
        numbers: dict[Key, int] = {}
        places: dict[int, Placed] = {}
        last_time = LONG_AGO
        for n, event, where in placed:
            in_bone = self.in_bone(event, where)
            key = self.key(event, where, names)
            future = event.time is not None and event.time[0] > moment
            if not isinstance(key, tuple) or future or event.status in NO_LESION:
                places[n] = Placed(key if isinstance(key, int) else ELSEWHERE, in_bone)
                continue
            if key not in lesions:
                numbers[key] = len(lesions)
                lesions[key] = Lesion(key[1], key[0] == "id")
            lesion = lesions[key]
            lesion.where.add(where)
            lesion.certain |= event.time is None or event.time[1] <= moment
            if event.time is not None:
                last_time = max(last_time, min(event.time[1], moment))
            places[n] = Placed(numbers[key], in_bone)
            for stated in self.sided(event):
                places[len(events)] = Placed(numbers[key])
                events.append(stated)
        found = list(lesions.values())
        _group(found)
        return Patient(
            tuple(events), places, tuple(found), not self.closed(record, last_time, moment)
        )

    def closed(self, record: Record, last_time: int, moment: int) -> bool:
        """Say whether the list holds every lesion.

        That is declared at or after the last event about one, not after the index moment, and not
        too long ago.
        """
        said = record.lesions_complete
        if said is None or said[1] > moment or said[1] < last_time:
            return False
        return self.holds is None or said[0] >= moment - self.holds

    def sided(self, event: Event) -> list[Event]:
        """State the side of a lesion as a variable of its own."""
        mask, variable = self.side(event), self.pack.variables.get(SIDE)
        if not mask or variable is None:
            return []
        names = tuple(n for i, n in enumerate(variable.levels) if mask >> i & 1)
        return [
            structs.replace(
                event,
                role="variable",
                codes=(Code("bonemets", SIDE),),
                status="stated",
                value=Levels(names),
                about=None,
            )
        ]

    def split(self, event: Event) -> Iterable[Event]:
        """Turn an event about both sides into one for each."""
        if not self.both_sides(event) or event.about is None or self.pack.terms is None:
            return [event]
        left, right = (_first(getattr(self.pack.terms, n)) for n in ("left", "right"))
        return [
            structs.replace(
                event,
                about=structs.replace(
                    event.about,
                    key=None if event.about.key is None else f"{event.about.key} {name}",
                    sides=(code,),
                ),
            )
            for name, code in (("left", left), ("right", right))
            if code is not None
        ]

    def names(self, placed: Sequence[tuple[int, Event, Where]]) -> Names:
        """Sort the identifiers of a record: those of lesions, and those of other conditions."""
        named: dict[str, set[str]] = {"lesion": set(), "other": set()}
        for _, event, where in placed:
            what = self.naming(event, where)
            if what is not None and event.about is not None and event.about.key is not None:
                named[what].add(event.about.key)
        lesions, others = named["lesion"], named["other"]
        return Names(frozenset(lesions), frozenset(others - lesions))

    def naming(self, event: Event, where: Where) -> Literal["lesion", "other"] | None:
        """Say what an event shows its identifier to name: a lesion, something else, or neither.

        Lesions are sited bone-metastasis statements, bone structures and case-file lesions.
        """
        if event.about is None or event.about.key is None:
            return None
        in_bone = self.in_bone(event, where)
        sited = in_bone or bool(event.about.sites)
        if (
            event.role == "variable"
            or (event.role == "site" and in_bone)
            or (sited and self.speaks(event) & self.status)
        ):
            return "lesion"
        return "other" if _own(event) and not self.speaks(event) & self.status else None

    def key(self, event: Event, where: Where, names: Names) -> Key | int:
        """Give the key of the lesion that an event belongs to.

        Where it belongs to none: ELSEWHERE if it names some other part, else UNPLACED.
        """
        about = event.about
        if about is None:
            return UNPLACED
        if about.key is not None and about.key in names.lesions:
            return ("id", about.key)
        named = bool(about.sites or where.site or where.level)
        nothing = ELSEWHERE if named or (about.key is not None and not _own(event)) else UNPLACED
        if not self.speaks(event) - {SITE, LEVEL}:
            return nothing
        if about.key is not None and not _own(event):
            return ELSEWHERE if about.key in names.others else ("id", about.key)
        return ("place", self.shown(where)) if where.site or where.level else nothing

    def shown(self, where: Where) -> str:
        """Name a place in words."""
        words: list[str] = []
        for name, mask in ((SIDE, where.side), (SITE, where.site), (LEVEL, where.level)):
            variable = self.pack.variables.get(name)
            if variable is not None and mask:
                left = self.left(name, mask)
                words.append(" or ".join(variable.names.get(n, n.replace("_", " ")) for n in left))
        return " ".join(words)

    def left(self, name: str, mask: int) -> tuple[str, ...]:
        """Give the levels of a variable that a mask holds."""
        variable: Variable | None = self.pack.variables.get(name)
        levels = variable.levels if variable is not None else ()
        return tuple(n for i, n in enumerate(levels) if mask >> i & 1)


def _own(event: Event) -> bool:
    """Say whether an event's key is its own condition's id, and not that of what it names."""
    key = event.about.key if event.about is not None else None
    return is_own(event.place.where, event.place.detail, key)


def is_own(where: str, detail: str, key: str | None) -> bool:
    """Say whether a key is the id of the condition that stands there."""
    if where.startswith(NAMELESS):
        return detail in SAID_BY_CONDITIONS
    return key is not None and any(where == before + key for before in BEFORE_KEY)


def _coded(value: Value) -> TypeGuard[tuple[Code, ...]]:
    return isinstance(value, tuple) and bool(value) and isinstance(value[0], Code)


def _any(codes: tuple[Code, ...], answers: Answers) -> bool:
    return any(c.code in getattr(answers, c.system, ()) for c in codes)


def _first(answers: Answers) -> Code | None:
    for system in ("snomed", "loinc", "hl7"):
        listed: tuple[str, ...] = getattr(answers, system)
        if listed:
            return Code(system, listed[0])
    return None


def _group(lesions: list[Lesion]) -> None:
    """Mark those that may be the same."""
    for lesion, root in zip(
        lesions, groups([(x.identified, x.where) for x in lesions]), strict=True
    ):
        lesion.group = root


def groups(lesions: Sequence[tuple[bool, Where]]) -> list[int]:
    """Give for each lesion (identified or not, and where) the first of those it may be the same as.

    That is a place beside what it may name, or a broader or sideless site beside a narrower one.
    """
    parent = list(range(len(lesions)))

    def root(i: int) -> int:
        while parent[i] != i:
            i = parent[i]
        return i

    for i, (identified, where) in enumerate(lesions):
        for j in range(i):
            other, there = lesions[j]
            distinct = identified and other and where == there
            if not distinct and where.meets(there):
                x, y = sorted((root(i), root(j)))
                parent[y] = x
    return [root(i) for i in range(len(lesions))]


@dataclass(frozen=True, slots=True)
class Batch:
    """Patients ranked by falling number of lesions, with their events and the layout.

    `places` counts events through the batch and names lesions by their flat numbers.
    `rank_of` gives for each patient as handed in its rank; `flat` gives for each rank the flat
    numbers of its lesions, `keys` how they are called.
    """

    events: tuple[tuple[Event, ...], ...]
    places: dict[int, Placed]
    lesions: Lesions
    rank_of: tuple[int, ...]
    flat: tuple[tuple[int, ...], ...]
    keys: tuple[tuple[str, ...], ...]


def arrange(patients: Sequence[Patient]) -> Batch:
    """Lay out a batch: slot s holds the s-th lesion of every patient that has one."""
    order = sorted(range(len(patients)), key=lambda i: -len(patients[i].lesions))
    rank_of = [0] * len(patients)
    for rank, i in enumerate(order):
        rank_of[i] = rank
    most = len(patients[order[0]].lesions) if patients else 0
    sizes = tuple(sum(len(p.lesions) > s for p in patients) for s in range(most))
    starts = [sum(sizes[:s]) for s in range(most)]
    flat = tuple(
        tuple(starts[s] + rank for s in range(len(patients[i].lesions)))
        for rank, i in enumerate(order)
    )
    total = sum(sizes)
    group, several, doubtful = np.arange(total), np.zeros(total, bool), np.zeros(total, bool)
    for rank, i in enumerate(order):
        for s, lesion in enumerate(patients[i].lesions):
            number = flat[rank][s]
            group[number] = flat[rank][lesion.group]
            several[number] = not lesion.identified
            doubtful[number] = not lesion.certain
    layout = Lesions(
        len(patients),
        sizes,
        np.array([patients[i].open for i in order], bool),
        group,
        several,
        doubtful,
    )
    places: dict[int, Placed] = {}
    start = 0
    for rank, i in enumerate(order):
        for n, (lesion, in_bone) in patients[i].places.items():
            places[start + n] = Placed(lesion if lesion < 0 else flat[rank][lesion], in_bone)
        start += len(patients[i].events)
    events = tuple(patients[i].events for i in order)
    keys = tuple(tuple(lesion.key for lesion in patients[i].lesions) for i in order)
    return Batch(events, places, layout, tuple(rank_of), flat, keys)
