"""Small packs as YAML text, events in one line each, and the facts that they give."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from msgspec.structs import replace

from bonemets.engine import Engine, One
from bonemets.facts.meaning import REASONS
from bonemets.model import About, Code, Event, Levels, Limits, Place, Quantity, Record, Span, Value
from bonemets.pack.check import check
from bonemets.pack.load import Pack, Text, load
from bonemets.readers.times import parse
from bonemets.values import NONE, PERHAPS, SURE

STATES = {NONE: "none", PERHAPS: "perhaps", SURE: "sure"}
SCOPE = """
scope: scope
title: everybody
version: 2026-01-01
cancer: has_cancer
cancer_variable: has_cancer
adult: is_adult
dead: is_dead
stopped_by: today
careful_by: this_week
evidence: [{id: book, confirmation: ours}]
reviewed_by: []
"""
TERMS = """
terms: terms
assertions: {loinc: [29308-4]}
"yes": {snomed: ["373066001"]}
"no": {snomed: ["373067005"]}
left: {snomed: ["7771000"]}
right: {snomed: ["24028007"]}
both_sides: {snomed: ["51440002"]}
unit_spellings:
  mmol/L: [mmol/l]
  mg/dL: [mg/dl]
  meq/L: [mEq/L]
  umol/L: [µmol/L]
  g/L: []
  mg: [milligram]
  mL: [ml]
  Cel: [°C]
  "[degF]": [°F]
"""
BASE = """
variables: base
title: whom the pack is for
list:
  has_cancer: {title: cancer, type: boolean}
  is_adult: {title: adult, type: boolean}
  is_dead: {title: dead, type: boolean}
"""
BOOK = """
evidence: book
title: a book
year: 2020
type: textbook
"""
DERIVED = """version: 2026-01-01
    evidence: [{id: book, confirmation: ours}]
    reviewed_by: []
    examples: [{name: one, given: {}, expect: {}, from: arithmetic}]"""
"""What every derived variable carries besides its formula."""

LESIONS = """
  bone_metastasis:
    title: bone metastasis
    type: level
    levels: [confirmed, suspected, absent]
    pick: roll_up
    rolls_up: lesion_status
    codes:
      - snomed: ["94222008"]
        icd10: [C79.5]
        stated: confirmed
        denied: absent
        suspected: suspected
      - {snomed: ["397214008"], stated: confirmed, denied: absent}
  lesion_status:
    title: metastasis or not
    entity: lesion
    type: level
    levels: [confirmed, suspected, excluded]
    codes:
      - snomed: ["94222008"]
        icd10: [C79.5]
        stated: confirmed
        denied: excluded
        suspected: suspected
  lesion_site:
    title: bone
    entity: lesion
    type: level
    levels: [thoracic_spine, lumbar_spine, rib, femur_shaft]
    codes:
      - {as: site, snomed: ["122495006", "11068009", "77435000"], stated: thoracic_spine}
      - {as: site, snomed: ["122496007", "66794005"], stated: lumbar_spine}
      - {as: site, snomed: ["113197003"], stated: rib}
      - {as: site, snomed: ["41111004"], stated: femur_shaft}
  vertebral_level:
    title: vertebra
    entity: lesion
    type: level
    levels: [t8, t9, l1]
    ordered: true
    codes:
      - {as: site, snomed: ["11068009"], stated: t8}
      - {as: site, snomed: ["77435000"], stated: t9}
      - {as: site, snomed: ["66794005"], stated: l1}
  laterality:
    title: side
    entity: lesion
    type: level
    levels: [left, right, midline]
  weight_bearing_bone:
    title: bone that carries weight
    entity: lesion
    type: boolean
    codes: [{as: site, snomed: ["71341001"]}]
  lesion_quality:
    title: lytic or blastic
    entity: lesion
    type: level
    levels: [lytic, mixed, blastic]
    window: P180D
    codes: [{loinc: [q-1]}]
    answers:
      lytic: {snomed: ["111"]}
      blastic: {snomed: ["112"]}
  pain_here:
    title: pain here
    entity: lesion
    type: number
    unit: "1"
    minimum: 0
    plausible: [0, 10]
    codes: [{loinc: [p-1]}]
  irradiated:
    title: irradiated here
    entity: lesion
    type: boolean
    pick: any
    past: "yes"
    codes: [{snomed: ["108290001"], sited: bone}]
"""
PLACES = {
    "thoracic": "122495006",
    "t8": "11068009",
    "t9": "77435000",
    "lumbar": "122496007",
    "l1": "66794005",
    "rib": "113197003",
    "femur shaft": "41111004",
    "femur": "71341001",
    "liver": "10200004",
}
SIDES = {"left": "7771000", "right": "24028007", "both": "51440002"}


@lru_cache(maxsize=64)
def medicine(name: str, *codings: str, includes: str = "") -> str:
    """A medicine that runs or not, as a knowledge file writes it, with what its codes are."""
    kind = f"    includes: [{includes}]\n" if includes else ""
    codes = "".join(f"      - {{as: drug, {coding}}}\n" for coding in codings)
    return f"""
  {name}:
    title: {name}
    type: boolean
    window: P90D
    pick: active
    past: "no"
    complete_with: medications
{kind}    codes:
{codes}"""


def engine(variables: str) -> Engine:
    """Compile the variables of a test (the entries below `list:`)."""
    return Engine.of(pack(variables))


def pack(variables: str) -> Pack:
    """Load and check a pack of these variables."""
    listed = f"variables: topic\ntitle: a topic\nlist:\n{variables}"
    files = {
        "scope.yaml": SCOPE,
        "terms.yaml": TERMS,
        "base.yaml": BASE,
        "book.yaml": BOOK,
        "topic.yaml": listed,
    }
    return check(load([Text(0, name, text.encode()) for name, text in files.items()]))


def span(text: str) -> Span:
    """Read `2026`, `2026-03`, `2026-03-01` or `2026-03-01T10:00:00` as a span of seconds."""
    found = parse(text)
    assert found is not None, text
    return found.first, found.last


NOW = "2026-03-01T23:59:59"
"""The index moment of the tests."""


def moment(text: str = NOW) -> int:
    """The last second of a day or of an instant."""
    return span(text)[1]


def code(text: str) -> Code:
    """Read `loinc 2000-8`."""
    system, _, rest = text.partition(" ")
    return Code(system, rest)


def quantity(text: str) -> Quantity:
    """Read `> 60 mL/min`; no unit where none stands."""
    comparator = next((c for c in ("<=", ">=", "<", ">") if text.startswith(c)), "")
    number, _, unit = text[len(comparator) :].strip().partition(" ")
    return Quantity(float(number), float(number), unit or None, comparator)  # type: ignore[arg-type]


def limits(low: str | None = None, high: str | None = None) -> Limits:
    """A printed reference range."""
    return Limits(None if low is None else quantity(low), None if high is None else quantity(high))


def event(
    codes: str,
    value: Value | str = None,
    *,
    at: str | None = "2026-03-01",
    status: Any = "stated",
    role: Any = "finding",
    where: str = "Observation/1",
    detail: str = "code",
    site: str | None = None,
    side: str | None = None,
    key: str | None = None,
    end: str | None = None,
    said: str | None = None,
    range_: Limits | None = None,
    sample: str | None = None,
) -> Event:
    """One event: `event("loinc 2000-8", "2.3 mmol/L", at="2026-02-28")`."""
    about = None
    if site is not None or side is not None or key is not None:
        sites = () if site is None else tuple(Code("snomed", PLACES[s]) for s in site.split(" + "))
        sides = () if side is None else (Code("snomed", SIDES[side]),)
        about = About(key, sites, sides)
    return Event(
        role=role,
        codes=tuple(code(c) for c in codes.split(", ")),
        status=status,
        time=None if at is None else span(at),
        value=quantity(value) if isinstance(value, str) else value,
        place=Place(where, detail),
        about=about,
        limits=range_,
        sample=sample,
        end=None if end is None else span(end),
        mentioned=None if said is None else span(said),
    )


def drug(codes: str, value: Value | str = None, **more: Any) -> Event:
    """One statement about a medicine."""
    return event(codes, value, role="drug", where="MedicationStatement/1", **more)


def given(codes: str, value: Value | str = None, *, at: str, **more: Any) -> Event:
    """One dose that was given."""
    return event(
        codes,
        value,
        role="drug",
        where="MedicationAdministration/1",
        at=at,
        end=more.pop("end", at),
        said=at,
        **more,
    )


def stated(name: str, value: Value | str, **more: Any) -> Event:
    """A variable by its own name, as case files state it; levels as `a|b`."""
    if isinstance(value, str) and not value[0].isdigit() and value[0] not in "<>":
        value = Levels(tuple(value.split("|")))
    return event(f"bonemets {name}", value, role="variable", where="patient", **more)


@dataclass
class Known:
    """The facts of one patient."""

    one: One

    @property
    def selection(self):
        return self.one.selection

    @cached_property
    def base(self) -> dict[str, int]:
        return self.selection.base

    def group(self, name: str, lesion: int | None = None) -> int:
        return self.base[name] + (lesion or 0)

    def state(self, name: str, lesion: int | None = None) -> str:
        return STATES[int(self.selection.picked.state[self.group(name, lesion)])]

    def levels(self, name: str, lesion: int | None = None) -> set[str]:
        """The levels that are left; yes and no for a boolean."""
        group = self.group(name, lesion)
        mask = int(self.selection.picked.masks(slice(group, group + 1))[0])
        variable = self.one.engine.pack.variables[name]
        names = ("no", "yes") if variable.type == "boolean" else variable.levels
        return {n for i, n in enumerate(names) if mask >> i & 1}

    def number(self, name: str, lesion: int | None = None) -> tuple[float, float]:
        group = self.group(name, lesion)
        return float(self.selection.picked.low[group]), float(self.selection.picked.high[group])

    def why(self, name: str) -> set[str]:
        """Why the rows that a fact came from cannot be used."""
        picked, rows = self.selection.picked, self.selection.rows
        mine = picked.chosen & (picked.group == self.group(name)) & ~rows.usable
        return {REASONS[int(w)] for w in rows.why[mine]}

    def stale(self, name: str) -> bool:
        """Whether the fact came from a *no* that no longer holds."""
        picked = self.selection.picked
        return bool((picked.stale & (picked.group == self.group(name))).any())

    def output(self, name: str) -> Any:
        """What the program makes of it: the formula where nothing is recorded."""
        return self.one.result("variable", name)

    @property
    def lesions(self) -> list[str]:
        return [x.key for x in self.one.placed.lesions]

    def lesion(self, key: str) -> int:
        return self.lesions.index(key)

    def groups(self) -> list[set[str]]:
        """The groups of lesions that may be the same, where there are several in one."""
        found: dict[int, set[str]] = {}
        for lesion in self.one.placed.lesions:
            found.setdefault(lesion.group, set()).add(lesion.key)
        return [g for g in found.values() if len(g) > 1]


def record(
    events: Iterable[Event], *, complete: tuple[str, ...] = (), closed: str | None = None
) -> Record:
    """A record of these events; `closed` is when its list of lesions was declared complete."""
    return Record(
        name="test",
        events=tuple(events),
        complete=complete,  # type: ignore[arg-type]
        lesions_complete=None if closed is None else span(closed),
    )


def known(
    variables: str,
    *events: Event,
    now: str = NOW,
    complete: tuple[str, ...] = (),
    closed: str | None = None,
) -> Known:
    """The facts of one patient with these events."""
    made = record(events, complete=complete, closed=closed)
    return Known(engine(variables).run_one(made, moment(now)))


def later(one: Event, seconds: int) -> Event:
    """The same event some seconds later (or earlier)."""
    assert one.time is not None
    return replace(one, time=(one.time[0] + seconds, one.time[1] + seconds))


ANY = (-math.inf, math.inf)
BOTH = {"yes", "no"}
