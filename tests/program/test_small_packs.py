"""Packs of one item, for what random packs meet too seldom."""

from __future__ import annotations

import itertools
from random import Random

import numpy as np
import pytest

from bonemets.errors import KnowledgeError
from bonemets.program import Facts, compile_pack, link
from bonemets.values import NO, YES, Arrays, Lesions
from program.checks import Compiled, malformed, unlike
from program.packs import Maker, random_pack, small_pack
from program.patients import draw
from program.seeds import SEEDS, announce


def run(compiled, patients=200, **more):
    batch = draw(
        compiled.pack,
        compiled.program.inputs,
        compiled.points,
        np.random.default_rng(1),
        patients,
        **more,
    )
    return batch, compiled.batch(batch)


def sound(compiled, batch):
    outputs = compiled.batch(batch)
    assert (
        malformed(compiled, batch, outputs) + unlike(compiled, batch, outputs, list(range(60)))
        == []
    )
    return outputs


@pytest.mark.parametrize(
    "above",
    [
        {"high": {"above": "limit"}},
        {"mid": {"above": "limit", "to": 9000.5}, "high": {"above": 9000.5}},
    ],
)
def test_a_value_that_equals_its_limit_is_not_above_it_in_any_unit(above):
    """Both are brought to the unit reported and kept to the same decimals."""
    bands = {"low": {"to": "limit"}} | above
    score = {
        "score": "grade",
        "title": "grade",
        "version": "2026-11-25",
        "gives": {"band": "grade_band"},
    }
    score |= {
        "formula": "lab",
        "reported_in": "lab_unit",
        "bands_by_unit": {"mmol/L": bands, "mg/dL": bands},
    }
    compiled = Compiled(small_pack(grade=score))
    batch, _ = run(compiled, patients=400, plain=True)
    values = np.linspace(2.0, 3.0, 400)
    batch.ends["lab"] = batch.ends["limit"] = (values, values)
    outputs = sound(compiled, batch)
    assert set(compiled.columns(("score", "grade", "band"), batch, outputs)[0].tolist()) == {1}


def test_a_constant_formula_is_kept_to_its_decimals_too():
    compiled = Compiled(
        small_pack({"usual": {"type": "number", "unit": "1", "decimals": 1, "formula": "2.34567"}})
    )
    batch, outputs = run(compiled)
    assert {c[0] for c in compiled.columns(("variable", "usual"), batch, outputs)} == {2.346}


@pytest.mark.parametrize(
    "formula",
    [
        "any_lesion(x_n0 > exp(1))",
        "all_lesions(x_n0 < 2 ** 3, x_n1 > log(2))",
        "count_lesions(min(1, 2) < x_n0) > abs(-1)",
        "max_lesion(exp(1)) > n0",
        "sum_lesions(2) >= 4",
    ],
)
def test_functions_of_constants_serve_in_lesions_too(formula):
    compiled = Compiled(small_pack({"found": {"type": "boolean", "formula": formula}}))
    for plain in (False, True):
        sound(compiled, run(compiled, plain=plain)[0])


def test_levels_go_up_to_sixty_three():
    levels = [f"m{i}" for i in range(63)]
    compiled = Compiled(
        small_pack(
            {
                "many": {
                    "type": "level",
                    "levels": levels,
                    "ordered": True,
                    "formula": "either(m62, m0) if b0 else m31",
                },
                "late": {"type": "boolean", "formula": "many in {m62, m0, m31}"},
                "last": {"type": "boolean", "formula": "many >= m62"},
            }
        )
    )
    batch, _ = run(compiled, plain=True)
    outputs = sound(compiled, batch)
    assert set(compiled.columns(("variable", "many"), batch, outputs)[0].tolist()) == {
        1 << 62 | 1,
        1 << 31,
    }
    true, false = compiled.columns(("variable", "late"), batch, outputs)
    assert true.all()
    assert not false.any()
    true, false = compiled.columns(("variable", "last"), batch, outputs)
    assert (true == (batch.masks["b0"] == 2)).all()
    assert false.all()


@pytest.mark.parametrize("count", [2, 8, 9, 16, 17, 32, 33, 63])
def test_level_facts_of_every_width_keep_each_bit(count):
    """Arrays hold a mask in the narrowest type; the first and the last level need its ends."""
    levels = [f"m{i}" for i in range(count)]
    wide = {"type": "level", "levels": levels, "formula": "m0"}
    pack = small_pack(
        {
            "wide": wide,
            "same": wide | {"formula": f"either(wide, {levels[-1]})"},
            "last": {"type": "boolean", "formula": f"wide == {levels[-1]}"},
        }
    )
    program = compile_pack(pack, given=frozenset({"wide"}))
    full = (1 << count) - 1
    masks = [1, 1 << count - 1, full, full - 1, full >> 1 or 1]
    nobody = np.zeros(0, bool)
    lesions = Lesions(len(masks), (), np.ones(len(masks), bool), np.zeros(0, int), nobody, nobody)
    facts = Facts(
        masks=[np.full(len(masks), 3)] * len(program.inputs),
        lows=[np.full(len(masks), -np.inf)] * len(program.inputs),
        highs=[np.full(len(masks), np.inf)] * len(program.inputs),
        states=[np.zeros(len(masks), int)] * len(program.inputs),
        lesion_masks=[[nobody.astype(int)]] * len(program.inputs),
        lesion_lows=[[nobody.astype(float)]] * len(program.inputs),
        lesion_highs=[[nobody.astype(float)]] * len(program.inputs),
        lesion_states=[[nobody.astype(int)]] * len(program.inputs),
    )
    facts.masks[program.inputs["wide"].slot] = np.array(masks, np.int64)
    found = link(program.source)(Arrays(lesions), facts)
    results = program.by_key()
    same, last = (results[("variable", name)].at for name in ("same", "last"))
    assert found[same].tolist() == [m | 1 << count - 1 for m in masks]
    assert (found[last] != NO).tolist() == [bool(m >> count - 1) for m in masks]
    assert (found[last] != YES).tolist() == [bool(m & full >> 1) for m in masks]


@pytest.mark.parametrize(
    ("formula", "code"),
    [
        ("n0 / 0", "division-by-zero"),
        ("n0 / (2 - 2)", "division-by-zero"),
        (f"n0 + {' * '.join(['1e14'] * 24)}", "not-in-grammar"),
    ],
)
def test_a_constant_that_is_no_number_does_not_load(formula, code):
    with pytest.raises(KnowledgeError) as refused:
        small_pack({"wrong": {"type": "number", "unit": "1", "formula": formula}})
    assert [f.code for f in refused.value.faults] == [code]


@pytest.mark.parametrize("origin", SEEDS)
def test_totals_and_bands_of_whole_points_are_exact(origin):
    """Not only sound: each total and band that is left is reached by some completion."""
    first, checked = announce(origin), 0
    for seed in range(first, first + 60):
        if seed >= first + 8 and checked > 100:  # few packs hold a patient's score: draw on
            break
        compiled = Compiled(random_pack(seed))
        batch = compiled.draw(np.random.default_rng(seed), 40)
        outputs = compiled.batch(batch)
        for score in compiled.pack.scores.values():
            if not score.components or score.entity != "patient":
                continue
            low, high = compiled.columns(("score", score.id, "total"), batch, outputs)
            (left,) = compiled.columns(("score", score.id, "band"), batch, outputs)
            for patient in range(40):
                totals = {
                    float(sum(way))
                    for way in itertools.product(
                        *(points_left(batch, score, n, patient) for n in score.components)
                    )
                }
                bands = {
                    i
                    for i, b in enumerate(score.bands.values())
                    if any(b.from_ <= t <= b.to for t in totals)
                }  # type: ignore[operator]
                assert (min(totals), max(totals)) == (low[patient], high[patient]), (
                    seed,
                    score.id,
                    patient,
                )
                assert sum(1 << i for i in bands) == left[patient], (seed, score.id, patient)
                checked += 1
    assert checked > 100


def points_left(batch, score, name, patient):
    table = score.components[name]
    mask = int(batch.masks[name][patient])
    words = batch.levels[name] or ("no", "yes")
    every = [p for p in table.values() if p != "any"]
    kept = [table[word] for i, word in enumerate(words) if mask >> i & 1]
    return {p for points in kept for p in (every if points == "any" else [points])}


def test_the_maker_draws_the_same_pack_from_the_same_seed():
    assert Maker(Random(7)).write(12) == Maker(Random(7)).write(12)
