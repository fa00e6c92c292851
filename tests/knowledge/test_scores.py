"""Every score, over all of its answers: what it can add up to, and where each total belongs.

Scores G.4 asks for this list: all totals of each score (2), the units in which edges are printed
(5), and that no worse answer brings a better verdict (6). Every cell of a table of points, and
every primary of a table of primaries, has an example of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

import bonemets
from bonemets.lineage import result_of
from bonemets.pack.items import Band, Example, Score
from bonemets.pack.load import Pack
from bonemets.pack.trees import Trees
from bonemets.proof.examples import Replay
from bonemets.renderers import json as as_json

TOTALS: dict[str, tuple[int, int]] = {
    "sins": (0, 18),
    "mirels": (4, 12),
    "lanss": (0, 24),
    "tokuhashi_revised": (0, 15),
    "tomita": (2, 10),
    "bauer_modified": (0, 4),
    "katagiri_2014": (0, 10),
    "chow_nrf": (0, 3),
    "teachh": (0, 6),
    "rades_short_life": (6, 25),
}
"""The least and the most of each score that adds up points, as printed."""


@cache
def pack() -> Pack:
    return bonemets.load_pack().pack


@cache
def scores() -> dict[str, Score]:
    return pack().scores


def totals(score: Score) -> set[int]:
    """Add up every answer with every other. A level that may have any points has all of them."""
    sums = {0}
    for table in score.components.values():
        points = {int(p) for p in table.values() if p != "any"}
        if "any" in table.values():
            points = set(range(min(points), max(points) + 1))
        sums = {s + p for s in sums for p in points}
    return sums


def holds(band: Band, total: float) -> bool:
    ends = (band.from_, band.above, band.to, band.below)
    start, above, to, below = (None if e is None else float(e) for e in ends)
    return (
        (start is None or start <= total)
        and (above is None or above < total)
        and (to is None or total <= to)
        and (below is None or total < below)
    )


def added() -> list[str]:
    return [n for n, s in scores().items() if s.components]


@pytest.mark.parametrize("name", added())
def test_each_total_lies_in_one_band_and_each_band_holds_a_total(name: str) -> None:
    score = scores()[name]
    held = {t: [b for b, band in score.bands.items() if holds(band, t)] for t in totals(score)}
    assert all(len(bands) == 1 for bands in held.values())
    assert {b for bands in held.values() for b in bands} == set(score.bands)


@pytest.mark.parametrize(("name", "ends"), TOTALS.items(), ids=lambda x: str(x))
def test_the_least_and_the_most_are_the_printed_ones(name: str, ends: tuple[int, int]) -> None:
    if name not in scores():
        pytest.skip("not authored yet")
    every = totals(scores()[name])
    assert (min(every), max(every)) == ends


@pytest.mark.parametrize("name", [n for n, s in scores().items() if s.higher_is])
def test_bands_stand_in_their_order_so_that_no_worse_answer_gives_a_better_one(name: str) -> None:
    """Points only add up: a verdict could turn round only where bands cross."""
    bands = scores()[name].any_bands().values()
    first = [e for b in bands if isinstance(e := b.from_ if b.above is None else b.above, float)]
    up = all(a < b for a, b in pairwise(first))
    down = all(a > b for a, b in pairwise(first))
    assert up or down


# --- every cell of a printed table ----------------------------------------------------------------


@cache
def replay() -> Replay:
    return Replay(pack())


def answers_of(score: Score, example: Example) -> dict[str, str]:
    """Give what an example settles of the parts of its score: given, or worked out."""
    record, moment = replay().record(score, example)
    run = replay().engine(score.id, replay().given(score.id, example)).run_one(record, moment)
    found: dict[str, str] = {}
    for name in score.components:
        given = example.given.get(name)
        if isinstance(given, list):
            continue
        if given is not None:
            found[name] = {True: "yes", False: "no"}.get(given, str(given))  # type: ignore[call-overload]
        elif ("variable", name) in run.engine.results:
            variable, value = pack().variables[name], run.result("variable", name)
            value = value[0] if variable.entity == "lesion" else value
            if variable.type == "boolean":
                found[name] = result_of(value)
            elif (left := [x for k, x in enumerate(variable.levels) if value >> k & 1])[1:] == []:
                found[name] = left[0]
    return found


@pytest.mark.parametrize("name", added())
def test_every_cell_of_a_table_of_points_has_an_example(name: str) -> None:
    """One that says which total or band comes of it. A level that may have any points has none."""
    score = scores()[name]
    cells = {
        (n, str(x)) for n, table in score.components.items() for x, p in table.items() if p != "any"
    }
    for example in score.examples:
        said = [example.expect.get(part) for part in ("total", "band")]
        if any(x is not None and not isinstance(x, list) for x in said):
            cells -= set(answers_of(score, example).items())
    assert cells == set()


def sure(examples: Iterable[Example], part: str) -> set[str]:
    """Give what examples expect of a part where one answer is left."""
    told = (e.expect.get(part) for e in examples)
    return {
        {True: "yes", False: "no"}.get(x, str(x))  # type: ignore[call-overload]
        for x in told
        if x is not None and not isinstance(x, list)
    }


@pytest.mark.parametrize("name", sorted(scores()))
def test_every_band_of_a_score_has_an_example_that_lies_in_it_for_sure(name: str) -> None:
    score = scores()[name]
    assert set(score.any_bands()) - sure(score.examples, "band") == set()


ONLY_RECORDED = {
    "pain_functional_limb": {"moderate"},
    "visceral_metastasis": {"absent", "removable", "unremovable"},
}
"""Answers that a part of a score has from the record alone: what it is worked out from leaves more
than one. Their cells have examples in the scores."""


def worked_out() -> list[str]:
    """Give the parts of scores that are worked out, with a closed list of answers."""
    parts = dict.fromkeys(n for s in scores().values() for n in s.components)
    computed = [pack().variables[n] for n in parts if n in pack().variables]
    found = [v for v in computed if v.formula is not None or v.table_of is not None]
    return [v.id for v in found if v.levels or v.type == "boolean"]


@pytest.mark.parametrize("name", worked_out())
def test_every_answer_that_a_part_of_a_score_is_worked_out_to_has_an_example(name: str) -> None:
    variable = pack().variables[name]
    answers = set(variable.levels or ("yes", "no")) - ONLY_RECORDED.get(name, set())
    assert answers - sure(variable.examples, "value") == set()


@pytest.mark.parametrize("year", ["cdc_2022", "cdc_2018", "fpm_anzca_2021"])
def test_every_factor_to_oral_morphine_has_an_example_of_its_own(year: str) -> None:
    """One that gives a dose of that opioid alone, and says what comes of it (scores E.3)."""
    variable = pack().variables[f"oral_morphine_equivalent_{year}"]
    doses = {
        n for n in Trees(pack()).names(Trees(pack()).of(variable)[("formula",)]) if "_dose" in n
    }
    taken = (
        {d for d in doses if not str(e.given.get(d, 0)).startswith("0")} for e in variable.examples
    )
    alone = {next(iter(one)) for one in taken if len(one) == 1}
    assert len(doses) == 18
    assert doses - alone == set()


def of_primaries() -> list[str]:
    """Give the parts of scores that sort the primaries, each model anew (scores C.0)."""
    trees, parts = Trees(pack()), dict.fromkeys(n for s in scores().values() for n in s.components)
    computed = [pack().variables[n] for n in parts if n in pack().variables]
    return [
        v.id
        for v in computed
        if v.table_of == "primary_site"
        or (v.formula is not None and "primary_site" in trees.names(trees.of(v)[("formula",)]))
    ]


@pytest.mark.parametrize("name", of_primaries())
def test_every_primary_of_a_table_of_primaries_has_an_example(name: str) -> None:
    told = {
        str(e.given["primary_site"])
        for e in pack().variables[name].examples
        if "primary_site" in e.given
    }
    assert set(pack().variables["primary_site"].levels) - told == set()


def test_the_tables_of_primaries_are_found() -> None:
    assert len(of_primaries()) >= 9


# --- printed edges in their printed units ---------------------------------------------------------

CALCIUM = [
    ("hypercalcaemia_ctcae_grade", "11.5 mg/dL", "grade_1"),
    ("hypercalcaemia_ctcae_grade", "11.6 mg/dL", "grade_2"),
    ("hypercalcaemia_ctcae_grade", "12.5 mg/dL", "grade_2"),
    ("hypercalcaemia_ctcae_grade", "12.6 mg/dL", "grade_3"),
    ("hypercalcaemia_ctcae_grade", "13.5 mg/dL", "grade_3"),
    ("hypercalcaemia_ctcae_grade", "13.6 mg/dL", "grade_4"),
    ("hypercalcaemia_severity", "11.9 mg/dL", "mild"),
    ("hypercalcaemia_severity", "12.0 mg/dL", "moderate"),
    ("hypercalcaemia_severity", "13.9 mg/dL", "moderate"),
    ("hypercalcaemia_severity", "14.0 mg/dL", "severe"),
]


@pytest.mark.parametrize(("name", "value", "band"), CALCIUM)
def test_a_calcium_in_its_printed_unit_lands_in_its_printed_class(
    name: str, value: str, band: str, tmp_path: Path
) -> None:
    path = tmp_path / "case.yaml"
    path.write_text(
        "bonemets: case/1\nindex_date: 2026-03-02\n"
        f"patient: {{cancer: current, age: 60 a, corrected_calcium: {value}}}\n",
        encoding="utf-8",
    )
    told = json.loads(as_json.render(bonemets.assess(bonemets.read(path))))
    (found,) = [s for s in told["scores"] if s["id"] == name]
    assert found["bands"] == [band]


@pytest.mark.parametrize("name", sorted(bonemets.load_pack().pack.outlooks))
def test_a_model_of_outlook_says_what_was_read_of_its_calibration(name: str) -> None:
    """Held as a part of its own, or told that none was read."""
    model = pack().outlooks[name]
    assert bool(model.calibration) != ("No calibration was read." in model.interpretation)
    assert model.validation
    assert not any("calibrat" in f"{x.what} {x.result}".lower() for x in model.validation)
