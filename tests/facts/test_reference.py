"""The selection against the naive reference.

Nothing that may be so is left out, and what is known comes out exactly.
"""

from __future__ import annotations

import math
from collections import Counter
from random import Random

import numpy as np
import pytest
from msgspec.structs import replace

from bonemets.engine import BatchFindings
from bonemets.facts.select import MANY
from bonemets.model import Event, Quantity, Record
from bonemets.values import NONE, PERHAPS, SURE
from facts.histories import NOW, VARIABLES, Maker, drawn
from facts.reference import Found, Reference
from facts.worlds import Known, engine

HISTORIES = 2_000
DRAWS = 3
COPIED = 300
ENGINE = engine(VARIABLES)
NAMES = [n for n in ENGINE.selector.numbers if ENGINE.pack.variables[n].topic == "topic"]
LESION_NAMES = ("lesion_status", "lesion_quality", "pain_here", "lesion_site")


class Facts:
    """The facts of one patient of a batch."""

    def __init__(
        self, batch: BatchFindings, patient: int, base: dict[str, int], flat: list[list[int]]
    ) -> None:
        self.rank, self.picked, self.base = batch.rank_of[patient], batch.selection.picked, base
        self.lesions = flat[self.rank]

    def group(self, name: str, lesion: int | None) -> int:
        return self.base[name] + (self.rank if lesion is None else self.lesions[lesion])

    def state(self, name: str, lesion: int | None = None) -> int:
        return int(self.picked.state[self.group(name, lesion)])

    def values(self, name: str, lesion: int | None = None):
        group, v = self.group(name, lesion), ENGINE.pack.variables[name]
        if v.type in ("number", "date"):
            return float(self.picked.low[group]), float(self.picked.high[group])
        names = ("no", "yes") if v.type == "boolean" else v.levels
        mask = int(self.picked.masks(slice(group, group + 1))[0])
        return {n for i, n in enumerate(names) if mask >> i & 1}


def facts_of(batch: BatchFindings) -> list[Facts]:
    """The facts of each patient."""
    base, flat = batch.selection.base, batch.flat
    return [Facts(batch, patient, base, flat) for patient in range(len(batch.rank_of))]


def everything(name: str):
    v = ENGINE.pack.variables[name]
    if v.type in ("number", "date"):
        return -math.inf, math.inf
    return {"no", "yes"} if v.type == "boolean" else set(v.levels)


def holds(outer, inner) -> bool:
    """Whether a set holds another; ends of intervals may differ in their last digits."""
    if isinstance(outer, tuple):
        slack = 1e-9 * max([1.0, *(abs(x) for x in (*outer, *inner) if math.isfinite(x))])
        return outer[0] - slack <= inner[0] and inner[1] <= outer[1] + slack
    return inner <= outer


def same(a, b) -> bool:
    return holds(a, b) and holds(b, a)


def is_computed(name: str) -> bool:
    return ENGINE.pack.variables[name].formula is not None


def check_sound(facts: Facts, name: str, lesion: int | None, found: Found | None) -> None:
    values, state = facts.values(name, lesion), facts.state(name, lesion)
    if found is None:
        assert state != SURE
        assert is_computed(name) or same(values, everything(name))
        return
    assert state != NONE
    assert holds(values, found.values), (values, found.values)
    if found.open:
        assert state != SURE
        assert is_computed(name) or same(values, everything(name))


def check_exact(facts: Facts, name: str, lesion: int | None, found: Found | None) -> None:
    values, state = facts.values(name, lesion), facts.state(name, lesion)
    if found is None:
        assert state == NONE
        assert same(values, everything(name)), values
    elif found.open:
        assert state == PERHAPS
        assert same(values, found.values if is_computed(name) else everything(name))
    else:
        assert state in (SURE, PERHAPS)
        assert state == SURE or same(values, everything(name))
        assert same(values, found.values), (values, found.values)


def records(seed: int, count: int, *, whole: bool) -> list[Record]:
    return [Maker(seed + i, whole=whole).record() for i in range(count)]


def keys_of(record: Record) -> list[str]:
    return [x.key for x in ENGINE.keys.find(record, NOW).lesions]


def evaluate(made: list[Record]) -> BatchFindings:
    return ENGINE.evaluate(made, [NOW] * len(made))


def told(seed: int, name: str, record: Record) -> str:
    events = "\n".join(f"    {e}" for e in record.events)
    return f"seed {seed}, {name}, complete {record.complete}:\n{events}"


def test_every_drawn_time_gives_a_fact_inside_the_selected_set():
    """Soundness: 2,000 histories with times known in part, all picks, drawn to the second."""
    made = records(1_000_000, HISTORIES, whole=False)
    batch = evaluate(made)
    seen: Counter[str] = Counter()
    for i, (record, facts) in enumerate(zip(made, facts_of(batch), strict=True)):
        rng, keys = Random(i), keys_of(record)
        for _ in range(DRAWS):
            concrete = drawn(record, rng)
            reference = Reference(ENGINE.pack, concrete, NOW)
            there = reference.lesions()
            for name in NAMES:
                members = [(j, k) for j, k in enumerate(keys) if k in there]
                entity = ENGINE.pack.variables[name].entity
                for j, key in [(None, None)] if entity == "patient" else members:
                    if entity == "lesion" and name not in LESION_NAMES:
                        continue
                    found = reference.fact(name, key)
                    seen[name] += found is not None
                    try:
                        check_sound(facts, name, j, found)
                    except AssertionError as error:
                        both = told(1_000_000 + i, name, concrete), told(i, name, record)
                        raise AssertionError(f"{both[0]}\n{error}\n{both[1]}") from None
    assert min(seen[n] for n in NAMES if n in seen) >= 50, seen
    assert len(seen) >= len(NAMES) - 5


def test_where_every_time_is_known_the_fact_is_exactly_the_references():
    """Exactness: 2,000 histories known to the second."""
    made = records(2_000_000, HISTORIES, whole=True)
    batch = evaluate(made)
    exact = 0
    for i, (record, facts) in enumerate(zip(made, facts_of(batch), strict=True)):
        reference = Reference(ENGINE.pack, record, NOW)
        keys = keys_of(record)
        assert sorted(keys) == sorted(reference.lesions()), told(i, "lesions", record)
        for name in NAMES:
            entity = ENGINE.pack.variables[name].entity
            members = list(enumerate(keys))
            for j, key in [(None, None)] if entity == "patient" else members:
                if entity == "lesion" and name not in LESION_NAMES:
                    continue
                try:
                    found = reference.fact(name, key)
                    if name == "bone_metastasis" and not reference.one_each:
                        check_sound(facts, name, j, found)
                    else:
                        exact += 1
                        check_exact(facts, name, j, found)
                except AssertionError as error:
                    raise AssertionError(f"{told(2_000_000 + i, name, record)}\n{error}") from None
    assert exact > 25 * HISTORIES


def one_by_one(batch: BatchFindings, made: list[Record]) -> None:
    """Compare a batch with its patients alone: every fact and every row of it."""
    for i, (record, facts) in enumerate(zip(made, facts_of(batch), strict=True)):
        one = Known(ENGINE.run_one(record, NOW))
        alone = one.selection.picked
        for name in ENGINE.selector.numbers:
            lesions = range(len(one.lesions))
            v = one.one.selection.variables[ENGINE.selector.numbers[name]]
            entity = v.entity
            columns = ("low", "high") if v.type in ("number", "date") else ("mask",)
            for j in [None] if entity == "patient" else lesions:
                mine, theirs = one.group(name, j), facts.group(name, j)
                for column in (*columns, "state"):
                    a, b = getattr(alone, column)[mine], getattr(facts.picked, column)[theirs]
                    assert a == b, (i, name, column, a, b)
                chosen = int((alone.chosen & (alone.group == mine)).sum())
                assert chosen == int((facts.picked.chosen & (facts.picked.group == theirs)).sum())


@pytest.mark.parametrize("whole", [False, True])
def test_many_patients_at_once_and_one_by_one_give_the_same(whole):
    made = records(3_000_000 + whole * 500, 500, whole=whole)
    one_by_one(evaluate(made), made)


# --- what changes nothing ------------------------------------------------------------------------


def compare(before: list[Record], after: list[Record], *, exact: bool = True) -> None:
    a, b = facts_of(evaluate(before)), facts_of(evaluate(after))
    for i, (one, other) in enumerate(zip(before, after, strict=True)):
        mine, theirs = keys_of(one), keys_of(other)
        assert sorted(mine) == sorted(theirs)
        for name in ENGINE.selector.numbers:
            v = ENGINE.selector.variables[ENGINE.selector.numbers[name]]
            if v.topic != "topic":
                continue
            for key in [None] if v.entity == "patient" else mine:
                j, k = (None, None) if key is None else (mine.index(key), theirs.index(key))
                x, y = a[i].values(name, j), b[i].values(name, k)
                assert x == y if exact else same(x, y), told(i, name, other)
                assert a[i].state(name, j) == b[i].state(name, k), told(i, name, one)


def test_the_order_of_events_changes_nothing():
    made = records(4_000_000, 500, whole=False)
    shuffled = [
        replace(r, events=tuple(Random(i).sample(r.events, len(r.events))))
        for i, r in enumerate(made)
    ]
    compare(made, shuffled)


def test_a_second_copy_of_an_event_changes_nothing():
    made = records(5_000_000, 500, whole=False)
    compare(made, [replace(r, events=r.events + r.events) for r in made])


def in_other_units(event: Event) -> Event:
    """The same amount of calcium in another of its units."""
    value, rates = event.value, {"mmol/L": 1.0, "mg/dL": 4.008, "meq/L": 2.0}
    if not isinstance(value, Quantity) or event.codes[0].code != "ca" or value.unit not in rates:
        return event
    rate = {"mmol/L": 4.008, "mg/dL": 1 / 4.008, "meq/L": 0.5}[value.unit]
    unit = {"mmol/L": "mg/dL", "mg/dL": "mmol/L", "meq/L": "mmol/L"}[value.unit]
    return replace(
        event, value=Quantity(value.low * rate, value.high * rate, unit, value.comparator)
    )


def test_the_unit_of_a_value_changes_nothing_but_the_unit_it_was_reported_in():
    made = [
        replace(r, events=tuple(e for e in r.events if e.codes[0].code == "ca"))
        for r in records(6_000_000, 2_000, whole=False)
    ]
    made = [r for r in made if r.events]
    assert len(made) > 200
    other = [replace(r, events=tuple(in_other_units(e) for e in r.events)) for r in made]
    a, b = facts_of(evaluate(made)), facts_of(evaluate(other))
    changed = 0
    for i in range(len(made)):
        for name in ("calcium", "highest", "lowest", "upper"):
            assert same(a[i].values(name), b[i].values(name)), told(i, name, other[i])
        changed += a[i].values("reported_in") != b[i].values("reported_in")
    assert changed > 10


def test_what_comes_later_changes_nothing():
    made = records(7_000_000, 500, whole=False)
    later = [
        replace(r, events=tuple(e for e in r.events if e.time is None or e.time[0] <= NOW))
        for r in made
    ]
    assert sum(len(a.events) - len(b.events) for a, b in zip(made, later, strict=True)) > 100
    compare(made, later)


def test_a_batch_of_nobody_and_of_the_silent():
    assert evaluate([]).selection.picked.state.size == 0
    silent = evaluate([Record("silent", ())] * 3)
    assert not np.any(silent.selection.picked.state)


def test_many_patients_give_what_one_gives_where_numbers_of_nobody_share_their_groups():
    """300 histories, each alone and as a whole batch: most say nothing of some numbers."""
    numbers = [n for n in NAMES if ENGINE.pack.variables[n].type in ("number", "date")]
    shared: Counter[str] = Counter()
    for seed in range(COPIED):
        record = Maker(3_000_000 + seed, whole=False).record()
        alone, batch = facts_of(evaluate([record]))[0], evaluate([record] * MANY)
        many, starts = facts_of(batch), Counter(batch.selection.base.values())
        shared.update(n for n in numbers if starts[batch.selection.base[n]] > 1)
        for name in NAMES:
            own = range(len(alone.lesions)) if name in LESION_NAMES else (None,)
            for lesion in own:
                expected = alone.state(name, lesion), alone.values(name, lesion)
                for one in (many[0], many[-1]):
                    assert (one.state(name, lesion), one.values(name, lesion)) == expected, told(
                        seed, name, record
                    )
    assert set(shared) == set(numbers)
    assert all(COPIED // 20 < times < COPIED for times in shared.values()), shared
