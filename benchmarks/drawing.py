"""Events drawn at random over the codes that a pack knows, and over others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from bonemets.cohort.arrow import pa
from bonemets.facts.table import (
    ANSWER,
    DENIED,
    NEVER,
    NOTHING,
    NUMBER,
    PAST,
    STATED,
    STATUSES,
    UNPLACED,
    CodeKey,
    Table,
)
from bonemets.model import About, Code, Event, Levels, Place, Quantity, Record
from bonemets.pack.items import Coding, Variable
from bonemets.pack.load import Pack
from bonemets.values import Lesions

MOMENT = 1_790_035_199
DAY = 86_400
YEAR = 365 * DAY
SYSTEMS = ("loinc", "snomed", "icd10", "atc", "rxnorm", "icdo3", "hl7")
STRANGERS = 3_000  # distinct codes that no variable knows
MIX = (("unknown", 0.50), ("number", 0.24), ("finding", 0.15), ("drug", 0.07), ("lesion", 0.04))


@dataclass(frozen=True)
class Choice:
    """A code with the value that goes with it."""

    key: CodeKey
    group: str
    unit: str | None = None
    low: float = 0.0
    high: float = 0.0
    answers: tuple[Code, ...] = ()


def choices(pack: Pack) -> list[Choice]:
    """Every code of the pack's variables, and codes that are none of them."""
    known = {
        choice.key: choice
        for variable in pack.variables.values()
        for coding in variable.codes
        for choice in _of(variable, coding)
    }
    strangers = [
        Choice((role, system, f"{prefix}{n}"), "unknown", "1" if role == "finding" else None, 0, 9)
        for n in range(STRANGERS)
        for role, system, prefix in [
            (("finding", "loinc", "9"), ("finding", "snomed", "88"), ("drug", "rxnorm", "77"))[
                n % 3
            ]
        ]
    ]
    return [*known.values(), *(s for s in strangers if s.key not in known)]


def _of(variable: Variable, coding: Coding) -> list[Choice]:
    found: list[Choice] = []
    number = variable.type == "number" and coding.as_ == "finding"
    group = "drug" if coding.as_ == "drug" else "number" if number else "finding"
    low, high = variable.plausible or (0.0, 100.0)
    coded = tuple(
        Code(system, code)
        for answers in variable.answers.values()
        for system in SYSTEMS
        for code in getattr(answers, system, ())
    )
    for system in SYSTEMS:
        for code in getattr(coding, system):
            found.append(
                Choice(
                    (coding.as_, system, code.split("-")[0] if system == "icd10" else code),
                    "lesion" if variable.entity == "lesion" else group,
                    (variable.unit or "1") if number else None,
                    low,
                    high,
                    coded if coding.stated is None else (),
                )
            )
    return found


@dataclass(frozen=True)
class Drawn:
    """One draw of events: for each its choice, status, time and value."""

    choice: Any
    status: Any
    time: Any
    value: Any
    answer: Any


def draw(listed: list[Choice], count: int, rng: np.random.Generator) -> Drawn:
    groups = [np.flatnonzero([c.group == name for c in listed]) for name, _ in MIX]
    group = rng.choice(len(MIX), count, p=[share for _, share in MIX])
    choice = np.zeros(count, np.int64)
    for number, members in enumerate(groups):
        mine = group == number
        choice[mine] = rng.choice(members, int(mine.sum()))
    status = rng.choice([STATED, DENIED, PAST], count, p=[0.92, 0.04, 0.04])
    value = rng.random(count)
    status[value_bearing(listed)[choice]] = STATED
    time = MOMENT - np.floor(rng.random(count) ** 3 * 3 * YEAR).astype(np.int64)  # most are recent
    return Drawn(choice, status, time, value, rng.integers(0, 1 << 30, count))


def value_bearing(listed: list[Choice]) -> Any:
    return np.array([c.unit is not None for c in listed])


def layout(patients: int, rng: np.random.Generator) -> Lesions:
    """0 to 4 lesions a patient, patients in falling order of their number."""
    counts = np.sort(rng.integers(0, 5, patients))[::-1]
    sizes = tuple(int((counts > s).sum()) for s in range(4) if (counts > s).any())
    total = sum(sizes)
    nobody = np.zeros(total, bool)
    return Lesions(
        patients, sizes, np.ones(patients, bool), np.arange(total), nobody, nobody.copy()
    )


def table(listed: list[Choice], lesions: Lesions, events: int, rng: np.random.Generator) -> Table:
    """The events of a batch as columns, in no order."""
    n = lesions.patients * events
    drawn = draw(listed, n, rng)
    patient = rng.permutation(np.repeat(np.arange(lesions.patients), events))
    counts = np.zeros(lesions.patients, np.int64)
    for size in lesions.sizes:
        counts[:size] += 1
    starts = np.concatenate([[0], np.cumsum(lesions.sizes)])[:-1]
    of_lesion = np.array([c.group == "lesion" for c in listed])[drawn.choice] & (
        counts[patient] > 0
    )
    slot = rng.integers(0, 4, n) % np.maximum(counts[patient], 1)
    lesion = (
        np.where(of_lesion, starts[slot] + patient, UNPLACED) if len(starts) else patient * 0 - 1
    )
    units = sorted({c.unit for c in listed if c.unit is not None})
    unit = np.array([units.index(c.unit) if c.unit is not None else -1 for c in listed])
    low, high = (np.array([getattr(c, end) for c in listed]) for end in ("low", "high"))
    answers: list[tuple[Code, ...] | Levels] = [(a,) for c in listed for a in c.answers]
    widths = np.array([len(c.answers) for c in listed])
    first_answer = np.cumsum(widths) - widths
    measured = (unit >= 0)[drawn.choice]
    answered = (widths > 0)[drawn.choice] & ~measured
    at = drawn.choice
    value = low[at] + (high - low)[at] * drawn.value
    nothing = np.full(n, -1)
    return Table(
        patient=patient,
        event=np.arange(n),
        code=at,
        status=drawn.status,
        first=drawn.time,
        last=drawn.time,
        end_first=np.full(n, NEVER),
        end_last=np.full(n, NEVER),
        said_first=drawn.time,
        said_last=drawn.time,
        kind=np.where(measured, NUMBER, np.where(answered, ANSWER, NOTHING)),
        low=np.where(measured, value, -np.inf),
        high=np.where(measured, value, np.inf),
        unit=unit[at],
        answer=np.where(answered, first_answer[at] + drawn.answer % np.maximum(widths[at], 1), -1),
        limit_low=np.full(n, np.nan),
        limit_high=np.full(n, np.nan),
        limit_unit=nothing,
        sample=nothing.copy(),
        lesion=lesion,
        in_bone=of_lesion,
        corrects=np.zeros(n, bool),
        codes=[c.key for c in listed],
        units=units,
        answers=answers,
    )


def event_table(listed: list[Choice], patients: int, events: int, rng: np.random.Generator) -> Any:
    """The events of adults with breast cancer, as an Arrow table in no order.

    It has the columns of the event schema that are filled, texts as dictionaries; a lesion is
    named by an identifier.
    """
    n = patients * events
    drawn = draw(listed, n, rng)
    firsts = [
        Choice(("finding", "icd10", "C50.9"), "finding"),
        Choice(("finding", "icd10", "C79.51"), "finding"),
        Choice(("finding", "loinc", "30525-0"), "number", "a", 61, 61),
    ]
    every = [*listed, *firsts]
    patient, place = np.divmod(np.arange(n), events)
    at = np.where(place < len(firsts), len(listed) + place, drawn.choice)
    status = np.where(place < len(firsts), STATED, drawn.status)
    units = sorted({c.unit for c in every if c.unit is not None})
    unit = np.array([units.index(c.unit) if c.unit is not None else -1 for c in every])[at]
    low, high = (np.array([getattr(c, end) for c in every])[at] for end in ("low", "high"))
    written = [[f"{a.system}//{a.code}"] for c in every for a in c.answers]
    widths = np.array([len(c.answers) for c in every])
    measured = unit >= 0
    answered = (widths[at] > 0) & ~measured
    answer = (np.cumsum(widths) - widths)[at] + drawn.answer % np.maximum(widths[at], 1)
    counts = rng.integers(0, 5, patients)[patient]  # 0 to 4 lesions a patient
    of_lesion = np.array([c.group == "lesion" for c in every])[at] & (counts > 0)
    roles = sorted({c.key[0] for c in every})
    role = np.array([roles.index(c.key[0]) for c in every])[at]

    def texts(numbers: Any, of: Any, there: Any = None) -> Any:
        mask = None if there is None else ~there
        return pa.DictionaryArray.from_arrays(pa.array(numbers.astype(np.int32), mask=mask), of)

    table = pa.table(
        {
            "subject_id": texts(patient, [f"p{k:07d}" for k in range(patients)]),
            "time": pa.array(drawn.time).cast(pa.timestamp("s")),
            "code": texts(at, [f"{c.key[1]}//{c.key[2]}" for c in every]),
            "numeric_value": pa.array(low + (high - low) * drawn.value, mask=~measured),
            "role": texts(role, roles),
            "status": texts(status, list(STATUSES)),
            "value": texts(np.where(measured, 0, 1), ["number", "answer"], measured | answered),
            "unit": texts(np.maximum(unit, 0), units, measured),
            "answers": pa.array(written, pa.list_(pa.string())).take(
                pa.array(np.where(answered, answer, 0), mask=~answered)
            ),
            "about": texts(
                rng.integers(0, 4, n) % np.maximum(counts, 1),
                [f"lesion-{k}" for k in range(4)],
                of_lesion,
            ),
        }
    )
    return table.take(pa.array(rng.permutation(n)))


def record(listed: list[Choice], events: int, rng: np.random.Generator) -> Record:
    """One adult's record: breast cancer, three lesions, and events as in a batch."""
    drawn = draw(listed, events - 3, rng)
    found = [
        _event(0, ("finding", "icd10", "C50.9"), STATED, MOMENT - YEAR),
        _event(1, ("finding", "icd10", "C79.51"), STATED, MOMENT - YEAR),
        _event(2, ("finding", "loinc", "30525-0"), STATED, MOMENT - DAY, Quantity(61, 61, "a")),
    ]
    for number in range(events - 3):
        choice = listed[int(drawn.choice[number])]
        value: Quantity | tuple[Code, ...] | None = None
        if choice.unit is not None:
            x = choice.low + (choice.high - choice.low) * float(drawn.value[number])
            value = Quantity(x, x, choice.unit)
        elif choice.answers:
            value = (choice.answers[int(drawn.answer[number]) % len(choice.answers)],)
        about = About(f"lesion-{number % 3}") if choice.group == "lesion" else None
        time, status = int(drawn.time[number]), int(drawn.status[number])
        found.append(_event(number + 3, choice.key, status, time, value, about))
    return Record("drawn", tuple(found), newest=MOMENT)


def _event(
    number: int,
    key: CodeKey,
    status: int,
    time: int,
    value: Quantity | tuple[Code, ...] | None = None,
    about: About | None = None,
) -> Event:
    role, system, code = key
    return Event(
        role,  # type: ignore[arg-type]
        (Code(system, code),),
        STATUSES[status],
        (time, time),
        value,
        Place(f"Event/{number}"),
        about,
    )
