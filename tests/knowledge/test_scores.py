"""Every score, over all of its answers: what it can add up to, and where each total belongs.

Scores G.4 asks for this list: all totals of each score (2), the units in which edges are printed
(5), and that no worse answer brings a better verdict (6).
"""

from __future__ import annotations

import json
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

import bonemets
from bonemets.pack.items import Band, Score
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
def scores() -> dict[str, Score]:
    return bonemets.load_pack().pack.scores


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
