"""Random packs and random patients: the program against the referee and against itself."""

from __future__ import annotations

import ast
from collections import Counter
from dataclasses import replace
from random import Random

import numpy as np
import pytest

from bonemets.pack.load import load
from bonemets.pack.trees import expressions
from bonemets.program import compile_pack, link
from bonemets.values import Arrays
from program.checks import Compiled, Explained, inexact, malformed, unlike, unsound, widened
from program.packs import Maker, random_pack
from program.seeds import SEEDS, announce, enough, told

PACKS = 10
PATIENTS = 170
"""Of each pack, held to the referee: over 10,000 patients in a run."""
CLOSELY = 20
"""Of each pack, of whom all else is looked at that takes longer."""
CONSTRUCTS = [
    "And",
    "Or",
    "Not",
    "Lt",
    "LtE",
    "Gt",
    "GtE",
    "Eq",
    "NotEq",
    "In",
    "NotIn",
    "Set",
    "Add",
    "Sub",
    "Mult",
    "Div",
    "Pow",
    "USub",
    "IfExp",
    "index_date",
    "days_between",
    "hours_between",
    "months_between",
    "years_between",
    "abs",
    "min",
    "max",
    "exp",
    "log",
    "either",
    "any_lesion",
    "all_lesions",
    "count_lesions",
    "max_lesion",
    "min_lesion",
    "sum_lesions",
    "at_least",
    "count_alerts",
    "known",
]


def seeds_of(origin: str, part: int, packs: int = PACKS) -> list[int]:
    """The seeds of one part's packs: a failure names its own, for `random_pack(seed)`."""
    return [announce(origin) + 1000 * part + k for k in range(packs)]


def examine(seed: int, tally: Counter[str], patients: int, completions: int) -> None:
    """Hold one pack to every property: soundness for all patients, the others for some of them."""
    compiled = Compiled(random_pack(seed))
    rng, dice = np.random.default_rng(seed), Random(seed)
    batch = compiled.draw(rng, patients)
    outputs = compiled.batch(batch)
    some = range(min(patients, CLOSELY))
    faults = malformed(compiled, batch, outputs) + unlike(compiled, batch, outputs, list(some))
    assert not faults, told(f"pack {seed}", faults)
    everybody = range(patients)
    faults = [f for i in everybody for f in unsound(compiled, batch, i, dice, completions, tally)]
    assert not faults, told(f"pack {seed}", faults)
    plain = compiled.draw(rng, len(some), plain=True)
    faults = [f for i in some for f in inexact(compiled, plain, i, tally)]
    assert not faults, told(f"pack {seed}", faults)
    faults = widened(compiled, compiled.draw(rng, 10 * len(some)), rng, tally)
    assert not faults, told(f"pack {seed}", faults)
    explained = Explained(compiled)
    faults = [f for i in some[::2] for f in explained.unlike(batch, i, tally)]
    assert not faults, told(f"pack {seed}", faults)


@pytest.mark.parametrize("part", range(3))
@pytest.mark.parametrize("origin", SEEDS)
def test_the_program_is_sound_exact_alike_in_both_forms_and_narrows(origin, part):
    tally: Counter[str] = Counter()
    for seed in seeds_of(origin, part):
        examine(seed, tally, PATIENTS, completions=1)
    assert tally["completions"] == PACKS * PATIENTS
    enough(origin, all(tally[way] > 20 for way in ("merged", "added", "several")), tally)
    enough(origin, tally["wild"] < 0.1 * (tally["checked"] + tally["exact"]), tally)
    enough(origin, tally["narrowed"] >= 0.5 * tally["learned"] > 0, tally)
    enough(origin, tally["explained"] > 50 * CLOSELY, tally)
    enough(origin, tally["asked of a complete list"] > 0, tally)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("part", range(3, 6))
@pytest.mark.parametrize("origin", SEEDS)
def test_many_more_packs(origin, part):
    tally: Counter[str] = Counter()
    for seed in seeds_of(origin, part, packs=60):
        examine(seed, tally, patients=30, completions=6)


def test_the_packs_hold_every_construct_of_the_grammar():
    met: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    for seed in [s for part in range(3) for s in seeds_of("fixed", part)]:
        pack = load(Maker(Random(seed)).write()).pack
        for item in pack.items().values():
            kinds[f"{type(item).__name__} of {item.entity}"] += 1
            for expression in expressions(item):
                for node in ast.walk(ast.parse("(" + expression.text + "\n)")):
                    met[type(node).__name__] += 1
                    met[getattr(node, "id", "")] += 1
    assert [c for c in CONSTRUCTS if met[c] < 10] == []
    wanted = [
        f"{kind} of {entity}"
        for kind in (
            "Variable",
            "Score",
            "Alert",
            "Investigation",
            "Option",
            "Step",
            "Interaction",
            "Card",
        )
        for entity in ("patient", "lesion")
    ]
    assert [w for w in wanted if kinds[w] < 20] == []


def test_the_results_of_random_packs_are_not_trivial():
    counts: Counter[str] = Counter()
    for seed in seeds_of("fixed", 0):
        compiled = Compiled(random_pack(seed))
        batch = compiled.draw(np.random.default_rng(seed), 200)
        outputs = compiled.batch(batch)
        for key in compiled.computed:
            columns = compiled.columns(key, batch, outputs)
            if compiled.results[key].form == "truth":
                true, false = columns
                counts["yes"] += int((true & ~false).sum())
                counts["no"] += int((false & ~true).sum())
                counts["unknown"] += int((true & false).sum())
    total = sum(counts.values())
    assert all(counts[result] > 0.1 * total for result in ("yes", "no", "unknown")), dict(counts)


@pytest.mark.parametrize("origin", SEEDS)
def test_a_part_of_a_pack_gives_the_same_as_the_whole(origin):
    """`only` some items: what they need comes along, the scope's own variables too."""
    compared = 0
    for seed in seeds_of(origin, 0):
        whole, dice = Compiled(random_pack(seed)), Random(seed)
        batch = whole.draw(np.random.default_rng(seed), 60)
        outputs = whole.batch(batch)
        for _ in range(3):
            some = frozenset(dice.sample(list(whole.pack.items()), dice.choice((1, 1, 3))))
            program = compile_pack(whole.pack, only=some)
            assert {n: e.state is None for n, e in program.inputs.items()}.items() <= {
                n: e.state is None for n, e in whole.program.inputs.items()
            }.items(), told(f"pack {seed}", [f"{set(some)}: a computed variable is read as a fact"])
            part = replace(batch, inputs=program.inputs)
            found = link(program.source)(Arrays(batch.lesions), part.facts())
            for key, entry in program.by_key().items():
                same = [
                    np.array_equal(column, full_column(found, entry, offset, len(column)))
                    for offset, column in enumerate(whole.registers(key, batch, outputs))
                ]
                compared += 1
                assert all(same), told(f"pack {seed}", [f"{key} with only {set(some)}"])
    enough(origin, compared > 100, compared)


def full_column(found, entry, offset, size):
    column = found[entry.at + offset]
    return np.broadcast_to(np.asarray(column[0] if entry.entity == "lesion" else column), (size,))
