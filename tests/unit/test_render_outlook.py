"""What the charts of the outlook draw, and what is said beneath of models that disagree.

Two models that agree must not be told as all there is while a third, whose group is still open,
may say something else: somebody would take the agreement for knowledge.
"""

from __future__ import annotations

import re
from html import unescape
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import pytest
from msgspec.structs import replace
from pypdf import PdfReader

import bonemets
from bonemets.renderers import html, pdf, text
from bonemets.renderers.outlook import (
    NO_CALIBRATION,
    NO_TEST,
    Bar,
    Measure,
    charted,
    disagreement,
    in_others,
    rows,
    without,
)

LONG = Bar("Long", 22.3, 34.0, 45.7, "")
LONGER = Bar("Longer", None, 35.1, None, "")
OPEN_AND_SHORT = Bar("Short", 1.7, None, 5.0, "")
OPEN_AND_WIDE = Bar("Wide", 1.0, None, 50.0, "")
NEEDS = Bar("Needs", None, None, None, "not worked out: needs albumin")


@pytest.mark.parametrize(
    ("bars", "said"),
    [
        ([LONG, LONGER], "34 (Long) against 35.1 (Longer)"),
        ([LONGER, NEEDS, LONG], "34 (Long) against 35.1 (Longer)"),
        (
            [LONG, LONGER, OPEN_AND_SHORT],
            "1.7 to 5 (Short, its group still open) against 35.1 (Longer)",
        ),
        ([LONG, OPEN_AND_SHORT], "1.7 to 5 (Short, its group still open) against 34 (Long)"),
        ([LONG, OPEN_AND_WIDE], None),
        ([OPEN_AND_SHORT, OPEN_AND_WIDE], None),
        ([LONG, LONGER, OPEN_AND_WIDE], "34 (Long) against 35.1 (Longer)"),
        ([LONG, NEEDS], None),
        ([LONG, LONG], None),
        ([NEEDS], None),
        ([], None),
    ],
)
def test_models_disagree_where_no_group_that_is_still_possible_could_bring_them_together(
    bars: list[Bar], said: str | None
) -> None:
    assert disagreement(bars) == said


CASE = """bonemets: case/1
index_date: 2026-03-02
patient:
  cancer: current
  age: 64 a
  primary_site: breast
  bone_metastasis: confirmed
  karnofsky: 70 %
  visceral_metastasis: absent
  brain_metastasis: no
  bone_metastasis_number_class: multiple
  oestrogen_receptor: positive
  endocrine_resistant: no
  ecog: 2
  c_reactive_protein: 12 mg/L
  previous_chemotherapy: no
lesions:
  complete: yes
  list: [{id: a, lesion_site: thoracic_spine, lesion_status: confirmed}]
"""


def test_a_model_has_no_mark_where_of_a_group_still_possible_nothing_was_read(
    tmp_path: Path,
) -> None:
    """A dot of the other group would look like what the model says: 0 % alive, or 91 %."""
    path = tmp_path / "case.yaml"
    path.write_text(CASE, encoding="utf-8")
    models = {x.id: x for x in bonemets.assess(bonemets.read(path)).outlook}
    found, needs = tuple(models.values()), {name: list(x.missing) for name, x in models.items()}
    katagiri, chow = models["katagiri_2014_outlook"], models["chow_nrf_outlook"]
    assert [bool(x.outcomes) for x in katagiri.bands if x.possible] == [True, False]
    drawn = charted(found)
    assert [m.words for m in drawn] == ["median survival, months"]
    marks = {
        bar.title: bar for bar in (*rows(found, drawn[0], needs), *without(found, drawn, needs))
    }
    assert marks[chow.title].value == 35.1
    assert marks[katagiri.title] == Bar(
        katagiri.title, None, None, None, "group still open, and of one no figure was read"
    )
    alive = Measure("alive", "P12M", "%")
    assert {bar.low for bar in rows(found, alive, needs)} == {None}


COMPRESSED = """bonemets: case/1
index_date: 2026-03-02
patient:
  cancer: current
  age: 64 a
  primary_site: lung
  bone_metastasis: confirmed
  metastatic_spinal_cord_compression: confirmed
  ecog: 3
"""


def is_printed(words: str, printed: list[str]) -> bool:
    """Say whether words stand on a page, or end one and go on on the next, below a drawing."""
    broken = (
        page.endswith(words[:k]) and words[k:] in following
        for page, following in pairwise(printed)
        for k in range(1, len(words))
    )
    return any(words in page for page in printed) or any(broken)


@pytest.mark.parametrize("case", [CASE, COMPRESSED], ids=["breast", "compression"])
def test_each_model_says_in_every_output_how_it_fared_with_others_and_how_it_fitted_them(
    tmp_path: Path, case: str
) -> None:
    """A figure without it is taken for a forecast; where nothing was read, that is said."""
    path = tmp_path / "case.yaml"
    path.write_text(case, encoding="utf-8")
    a = bonemets.assess(bonemets.read(path))
    plain = re.sub(r"\s+", " ", text.render(a))
    page = re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", "", html.render(a))))
    reader = PdfReader(BytesIO(pdf.render(a)))
    without_feet = (re.split(r"\nbonemets: case", p.extract_text())[0] for p in reader.pages)
    printed = [re.sub(r"\s+", "", page) for page in without_feet]
    assert a.outlook
    for model in a.outlook:
        told = [words for words, _ in in_others(model)]
        assert [words.partition(":")[0] for words in told] == ["With others", "Calibration"]
        assert (told[1] == NO_CALIBRATION) == (not model.calibration)
        for words in told:
            missing = [x for x in (plain, page) if words not in x]
            assert missing == [], words
            assert is_printed(re.sub(r"\s+", "", words), printed), words
    wanted = {x.id for x in a.outlook if not x.calibration}
    assert wanted == ({"rades_short_life_outlook"} if case is COMPRESSED else set())


def test_a_model_of_which_nothing_was_read_says_so(tmp_path: Path) -> None:
    path = tmp_path / "case.yaml"
    path.write_text(CASE, encoding="utf-8")
    model = bonemets.assess(bonemets.read(path)).outlook[0]
    bare = replace(model, validation=(), calibration=())
    assert in_others(bare) == [(NO_TEST, ()), (NO_CALIBRATION, ())]
