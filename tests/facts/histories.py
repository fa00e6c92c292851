"""Random histories of one patient over a pack that has every pick, type and window."""

from __future__ import annotations

from random import Random
from typing import Any

from msgspec.structs import replace

from bonemets.model import (
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
    Words,
)
from facts.worlds import DERIVED, LESIONS, PLACES, moment

DAY = 86_400
NOW = moment()

VARIABLES = f"""
  calcium:
    title: calcium
    type: number
    unit: mmol/L
    minimum: 0
    plausible: [0.5, 6.0]
    molar_mass: 40.08
    valence: 2
    window: P7D
    codes: [{{loinc: [ca]}}]
  highest:
    title: highest
    type: number
    unit: mmol/L
    molar_mass: 40.08
    valence: 2
    minimum: 0
    window: P7D
    pick: max
    codes: [{{loinc: [ca]}}]
  lowest:
    title: lowest
    type: number
    unit: mmol/L
    molar_mass: 40.08
    valence: 2
    minimum: 0
    window: P30D
    pick: min
    codes: [{{loinc: [ca]}}]
  upper:
    title: upper limit
    type: number
    unit: mmol/L
    molar_mass: 40.08
    plausible: [2.4, 2.8]
    with: {{of: [calcium], take: upper_limit}}
    formula: "2.6"
    {DERIVED}
  reported_in:
    title: unit
    type: level
    levels: [in_mmol, in_mg]
    names: {{in_mmol: mmol/L, in_mg: mg/dL}}
    with: {{of: [calcium], take: unit}}
  albumin:
    title: albumin
    type: number
    unit: g/L
    minimum: 0
    plausible: [5, 70]
    with: {{of: [calcium], take: sample}}
    codes: [{{loinc: [alb]}}]
  ecog:
    title: ECOG
    type: number
    unit: "1"
    minimum: 0
    plausible: [0, 4]
    integer: true
    window: P30D
    codes: [{{loinc: [ecog]}}]
  falls:
    title: falls
    type: number
    unit: "1"
    minimum: 0
    plausible: [0, 90]
    integer: true
    window: P30D
    pick: count
    complete_with: conditions
    codes: [{{snomed: [fall]}}]
  doses:
    title: doses
    type: number
    unit: "1"
    minimum: 0
    integer: true
    pick: count
    codes: [{{as: drug, atc: [M05]}}]
  months:
    title: months
    type: number
    unit: mo
    minimum: 0
    pick: sum
    codes: [{{loinc: [months]}}]
  first_dose:
    title: first dose
    type: date
    pick: first
    codes: [{{as: drug, atc: [M05]}}]
  baseline:
    title: baseline
    type: number
    unit: g/L
    before: first_dose
    codes: [{{loinc: [alb]}}]
  suspicion:
    title: suspicion
    type: date
    window: P30D
    pick: first
    codes: [{{snomed: [suspicion]}}]
  imaged:
    title: imaged
    type: date
    since: suspicion
    pick: first
    codes: [{{snomed: [image]}}]
  last_image:
    title: last image
    type: date
    codes: [{{snomed: [image]}}]
  confusion:
    title: confusion
    type: boolean
    window: P14D
    no_for: P1D
    codes: [{{snomed: [confusion]}}]
  weakness:
    title: weakness
    type: boolean
    window: P14D
    pick: any
    no_for: P1D
    codes: [{{snomed: [weakness]}}, {{snomed: [strength], stated: "no", denied: "yes"}}]
  fracture:
    title: fracture
    type: boolean
    pick: any
    past: "yes"
    complete_with: conditions
    codes: [{{icd10: [M84]}}]
  severe:
    title: severe
    type: boolean
    window: P7D
    codes: [{{snomed: [severe]}}]
    formula: calcium > 3
    {DERIVED}
  cancer:
    title: cancer
    type: level
    levels: [current, past, suspected, not_known_of]
    codes:
      - {{icd10: [C50], stated: current, past: past, suspected: suspected, denied: not_known_of}}
      - {{icd10: [C50.9], stated: current, past: past}}
  worst:
    title: worst
    type: level
    levels: [mild, moderate, severe]
    ordered: true
    window: P7D
    pick: max
    codes: [{{loinc: [grade]}}]
    answers: {{mild: {{loinc: [g0]}}, moderate: {{loinc: [g1]}}, severe: {{loinc: [g2]}}}}
  best:
    title: best
    type: level
    levels: [mild, moderate, severe]
    ordered: true
    window: P7D
    pick: min
    codes: [{{loinc: [grade]}}]
    answers: {{mild: {{loinc: [g0]}}, moderate: {{loinc: [g1]}}, severe: {{loinc: [g2]}}}}
  tablet:
    title: tablet
    type: boolean
    window: P90D
    pick: active
    past: "no"
    complete_with: medications
    codes: [{{as: drug, rxnorm: [tablet]}}]
  depot:
    title: depot
    type: boolean
    window: P30D
    pick: active
    lasts: P12W
    past: "no"
    complete_with: medications
    codes: [{{as: drug, atc: [M05]}}]
  infusion:
    title: infusion
    type: boolean
    window: P30D
    pick: active
    lasts: P12W
    past: "no"
    complete_with: medications
    codes: [{{as: drug, atc: [M05BA]}}]
{LESIONS}
"""

QUESTIONS = {
    "calcium": ("finding", "loinc", "ca"),
    "albumin": ("finding", "loinc", "alb"),
    "ecog": ("finding", "loinc", "ecog"),
    "falls": ("finding", "snomed", "fall"),
    "months": ("finding", "loinc", "months"),
    "suspicion": ("finding", "snomed", "suspicion"),
    "image": ("finding", "snomed", "image"),
    "confusion": ("finding", "snomed", "confusion"),
    "weakness": ("finding", "snomed", "weakness"),
    "strength": ("finding", "snomed", "strength"),
    "fracture": ("finding", "icd10", "M84.5"),
    "severe": ("finding", "snomed", "severe"),
    "cancer": ("finding", "icd10", "C50.1"),
    "breast": ("finding", "icd10", "C50.91"),
    "grade": ("finding", "loinc", "grade"),
    "tablet": ("drug", "rxnorm", "tablet"),
    "dose": ("drug", "atc", "M05BX04"),
    "class": ("drug", "atc", "M05B"),
    "metastasis": ("finding", "icd10", "C79.51"),
    "quality": ("finding", "loinc", "q-1"),
    "pain": ("finding", "loinc", "p-1"),
}
UNITS = {
    "calcium": [("mmol/L", 1.0), ("mmol/l", 1.0), ("mg/dL", 4.008), ("meq/L", 2.0)],
    "albumin": [("g/L", 1.0)],
    "months": [("mo", 1.0)],
    "ecog": [(None, 1.0), ("1", 1.0)],
    "falls": [(None, 1.0)],
    "pain": [(None, 1.0)],
    "baseline": [("g/L", 1.0)],
}
NUMBERS = {
    "calcium": [2.0, 2.2, 2.5, 2.6, 3.0, 3.1, 7.0],
    "albumin": [20.0, 35.0, 40.0, 90.0],
    "months": [1.0, 3.0, 12.0],
    "ecog": [0.0, 1.0, 2.0, 2.5, 5.0],
    "falls": [0.0, 1.0, 4.0],
    "pain": [0.0, 4.0, 10.0, 11.0],
    "baseline": [30.0, 40.0],
}
NAMED = {
    "calcium": "number",
    "albumin": "number",
    "baseline": "number",
    "ecog": "number",
    "falls": "number",
    "months": "number",
    "confusion": "boolean",
    "weakness": "boolean",
    "tablet": "boolean",
    "depot": "boolean",
    "worst": "level",
    "cancer": "level",
    "bone_metastasis": "level",
    "suspicion": "date",
    "imaged": "date",
    "first_dose": "date",
}
EDGES = [0, 1 * DAY, 7 * DAY, 14 * DAY, 30 * DAY, 84 * DAY, 90 * DAY]
"""How long before the moment something changes: windows, and what holds or lasts that long."""


class Maker:
    """Draws one history; `whole`: every time is known to the second."""

    def __init__(self, seed: int, *, whole: bool) -> None:
        self.rng, self.whole = Random(seed), whole
        self.topics = self.rng.sample([*QUESTIONS], self.rng.randint(2, 6))

    def record(self) -> Record:
        rng = self.rng
        events = [self.event() for _ in range(rng.randint(0, 9))]
        events += [rng.choice(events) for _ in range(rng.choice((0, 0, 1))) if events]
        complete = [n for n in ("medications", "conditions") if rng.random() < 0.3]
        rng.shuffle(events)
        return Record("history", tuple(events), complete=tuple(complete))  # type: ignore[arg-type]

    def second(self) -> int:
        rng = self.rng
        if rng.random() < 0.6:
            return (
                NOW - rng.choice(EDGES) + rng.choice((0, 0, 1, -1, 60, -60, 3600, -3600, DAY, -DAY))
            )
        return NOW - int(rng.random() ** 2 * 400 * DAY) + 5 * DAY

    def span(self) -> Span:
        """A second, a minute, a day, a month or some years."""
        second = self.second()
        if self.whole or self.rng.random() < 0.3:
            return second, second
        length = self.rng.choice((60, DAY, DAY, DAY, 30 * DAY, 730 * DAY))
        first = second // length * length
        return first, first + length - 1

    def time(self) -> Span | None:
        return None if self.rng.random() < 0.07 else self.span()

    def event(self) -> Event:
        rng = self.rng
        if rng.random() < 0.15:
            return self.named()
        topic = rng.choice(self.topics)
        role, system, code = QUESTIONS[topic]
        status: Any = rng.choices(
            ("stated", "denied", "past", "suspected", "not_done", "planned"), (70, 8, 8, 6, 4, 4)
        )[0]
        time = self.time()
        event = Event(
            role=role,
            codes=(Code(system, code),),
            status=status,
            time=time,
            value=self.value(topic, status),
            place=Place("Observation/o"),
            sample=rng.choice((None, "s1", "s2")),
        )
        if isinstance(event.value, Quantity | Words) and topic == "calcium" and rng.random() < 0.6:
            event = replace(event, limits=self.limits())
        if role == "drug":
            event = self.medicine(event)
        return self.somewhere(event, topic)

    def value(self, topic: str, status: str) -> Any:
        rng = self.rng
        if rng.random() < 0.07:
            return Absent("not said")
        if topic in NUMBERS:
            if topic == "falls" and rng.random() < 0.7:
                return None
            return self.number(topic)
        if topic in ("grade", "quality") and status == "stated":
            listed = ("g0", "g1", "g2", "g9") if topic == "grade" else ("111", "112", "999")
            system = "loinc" if topic == "grade" else "snomed"
            return tuple(Code(system, c) for c in rng.sample(listed, rng.choice((1, 1, 2))))
        if topic in ("confusion", "weakness", "strength") and rng.random() < 0.3:
            return rng.choice((True, False))
        return None

    def number(self, topic: str) -> Any:
        rng = self.rng
        if topic == "calcium" and rng.random() < 0.15:
            return Words(rng.choice(("low", "normal", "high")))
        value = rng.choice(NUMBERS[topic])
        unit, factor = rng.choice(UNITS[topic])
        if rng.random() < 0.06:
            unit = rng.choice((None, "stone", "MMOL/L"))
        comparator: Any = rng.choice(("", "", "", "", "<", "<=", ">", ">="))
        high = value if comparator or rng.random() < 0.9 else value + 1
        return Quantity(value * factor, high * factor, unit, comparator)

    def limits(self) -> Limits:
        rng = self.rng
        unit, factor = rng.choice((("mmol/L", 1.0), ("mg/dL", 4.008), (None, 1.0)))
        low, high = (
            Quantity(x * factor, x * factor, unit) for x in (2.1, rng.choice((2.55, 2.6, 9.9)))
        )
        return Limits(rng.choice((low, None)), rng.choice((high, high, None)))

    def medicine(self, event: Event) -> Event:
        """A dose, a period or an open end; a strength now and then."""
        rng = self.rng
        value = rng.choice((None, None, Quantity(4.0, 4.0, "mg"), Absent("its status is unknown")))
        event = replace(event, value=value)
        kind = rng.random()
        if event.time is None:
            return replace(event, mentioned=rng.choice((None, None)))
        if kind < 0.35:
            later = rng.choice((0, 0, 3600))
            end = (event.time[0] + later, event.time[1] + later)
            return replace(event, end=end, mentioned=end)
        if kind < 0.65:
            end = self.span()
            first, last = max(end[0], event.time[0]), max(end[1], event.time[1])
            return replace(event, end=(first, last), mentioned=rng.choice((None, event.time)))
        said = self.span()
        after = (max(said[0], event.time[0]), max(said[1], event.time[1]))
        return replace(event, mentioned=rng.choice((None, after)))

    def somewhere(self, event: Event, topic: str) -> Event:
        """Metastases and what is said of lesions.

        With a site and an identifier, or without either.
        """
        rng = self.rng
        if topic not in ("metastasis", "quality", "pain"):
            return event
        number, site = rng.choice((("c1", "t8"), ("c2", "rib"), ("c3", "femur shaft")))
        about = About(number, (Code("snomed", PLACES[site]),))
        if topic == "metastasis":
            if rng.random() < 0.4:
                return event
            return replace(event, about=about, place=Place(f"Condition/{number}"))
        return replace(event, about=About(number))

    def named(self) -> Event:
        """A variable by its own name."""
        rng = self.rng
        name = rng.choice([*NAMED])
        value: Any
        match NAMED[name]:
            case "number":
                value = self.number(name)
                if name == "calcium" and isinstance(value, Words):
                    value = Quantity(2.4, 2.4, "mmol/L")
            case "boolean":
                value = rng.choice((True, False))
            case "date":
                second = self.second()
                value = (
                    (second, second)
                    if self.whole or rng.random() < 0.5
                    else (second, second + DAY - 1)
                )
            case _:
                levels = {
                    "worst": ("mild", "moderate", "severe"),
                    "cancer": ("current", "past"),
                    "bone_metastasis": ("confirmed", "suspected", "absent"),
                }[name]
                value = Levels(tuple(rng.sample(levels, rng.choice((1, 1, 2)))))
        if rng.random() < 0.1:
            value = Absent("recorded as unknown")
        time = self.span()
        return Event(
            role="variable",
            codes=(Code("bonemets", name),),
            status="stated",
            time=time,
            value=value,
            place=Place("patient"),
            sample=rng.choice((None, "s1", "s2")),
        )


def drawn(record: Record, rng: Random) -> Record:
    """The same record with every time drawn to the second.

    Often at an edge of its span or of a window.
    """

    def second(span: Span) -> int:
        if span[0] == span[1]:
            return span[0]
        edges = [
            t for e in EDGES for t in (NOW - e, NOW - e + 1, NOW - e - 1) if span[0] <= t <= span[1]
        ]
        return rng.choice((span[0], span[1], rng.randint(*span), rng.choice(edges or [span[0]])))

    def fixed(event: Event) -> Event:
        if event.time is None:
            return event
        time = second(event.time)
        end = said = None
        if event.end is not None:
            lag = event.end[0] - event.time[0]
            together = lag == event.end[1] - event.time[1] and 0 <= lag <= DAY
            end = time + lag if together else max(time, second(event.end))
        if event.mentioned is not None:
            same = {event.time: time, event.end: end}.get(event.mentioned)
            said = second(event.mentioned) if same is None else same
        value = event.value
        if isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], int):
            value = (second(value),) * 2  # type: ignore[arg-type]
        return replace(
            event, time=(time, time), value=value, end=None if end is None else (end, end),
            mentioned=None if said is None else (said, said),
        )  # fmt: skip

    return replace(record, events=tuple(fixed(e) for e in record.events))
