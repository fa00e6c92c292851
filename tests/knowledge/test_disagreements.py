"""Where sources disagree: both positions stand in the knowledge, are told, and can be switched."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import bonemets
from bonemets.errors import KnowledgeError
from bonemets.pack.items import Disagreement
from bonemets.pack.load import Pack
from bonemets.pack.order import requirements
from bonemets.pack.trees import Trees
from bonemets.renderers import html, text
from bonemets.renderers import json as as_json

ROWS = tuple(f"emergencies/X-{n}" for n in range(1, 25))
HEAD = "bonemets: case/1\nindex_date: 2026-03-02\n"
OF_CANCER = "cancer: current, age: 61 a"


@cache
def pack() -> Pack:
    return bonemets.load_pack().pack


def rows_of(found: Disagreement) -> set[str | None]:
    return {c.row for position in found.positions.values() for c in position.evidence}


@cache
def of_row() -> dict[str, Disagreement]:
    return {row: d for d in pack().disagreements.values() for row in rows_of(d) if row is not None}


def case(folder: Path, patient: str) -> bonemets.Record:
    path = folder / "case.yaml"
    path.write_text(f"{HEAD}patient: {{{patient}}}\n", encoding="utf-8")
    return bonemets.read(path)


FIRST_CHOICE = 4
"""The line of the first choice in the file that `choosing_all` writes."""


def choosing_all(folder: Path, positions: dict[str, str]) -> bonemets.Knowledge:
    """Load the knowledge with positions taken by a folder laid over it."""
    laid = folder / "laid"
    laid.mkdir(exist_ok=True)
    choices = "".join(
        f"  {name}: {{position: {position}, why: The hospital agreed on it.}}\n"
        for name, position in positions.items()
    )
    (laid / "our_positions.yaml").write_text(
        "choices: our_positions\ntitle: Positions of the hospital\nlist:\n"
        f"{choices}reviewed_by: []\n",
        encoding="utf-8",
    )
    return bonemets.load_pack(laid, allow_weaker=True)


def choosing(folder: Path, name: str, position: str) -> bonemets.Knowledge:
    return choosing_all(folder, {name: position})


def ids(assessment: dict[str, Any], kind: str) -> set[str]:
    return {x["id"] for x in assessment[kind] if x["result"] == "yes"}


# --- both positions are there, with their source -------------------------------------------------


def test_every_row_on_a_conflict_has_a_disagreement_of_its_own() -> None:
    assert set(ROWS) <= set(of_row())
    for found in pack().disagreements.values():
        assert len(rows_of(found)) == 1, found.id


@pytest.mark.parametrize("row", ROWS)
def test_each_position_has_a_source_and_the_default_a_reason(row: str) -> None:
    found = of_row()[row]
    assert found.follows in found.positions
    assert all(position.evidence for position in found.positions.values())
    assert len({position.says for position in found.positions.values()}) == len(found.positions)
    assert len(found.why) > 20


def test_an_item_that_asks_for_a_position_shows_the_disagreement() -> None:
    """A switch that nobody is told of would be a hidden one: a formula is told by who uses it."""
    trees = Trees(pack())
    for found in pack().disagreements.values():
        for name in trees.reads(found.id):
            users = [n for n in pack().items() if name in requirements(trees, n)]
            assert name in found.beside or set(users) & set(found.beside), (found.id, name)


# --- the other position, taken by a folder -------------------------------------------------------

SWITCHES: tuple[tuple[str, str, str, str, str, str, str], ...] = (
    (
        "emergencies/X-1",
        "hours_24",
        f"{OF_CANCER}, metastatic_spinal_cord_compression: confirmed, walking: paraplegic,"
        " complete_paralysis_onset: 2026-03-01T00:00:00Z, goals_of_care: full_treatment,"
        " last_days_of_life: no",
        "alerts",
        "cord_compression_established",
        "",
        "surgery_after_paralysis",
    ),
    (
        "emergencies/X-5",
        "character",
        f"{OF_CANCER}, thoracic_or_cervical_pain: yes, spinal_pain: yes,"
        " spinal_pain_severe_unremitting: no, spinal_pain_progressive: no,"
        " spinal_pain_mechanical: no, spinal_pain_on_straining: no, spinal_pain_night: no,"
        " spinal_tenderness: no, neurogenic_claudication: no",
        "alerts",
        "",
        "spinal_pain_suggesting_metastasis",
        "",
    ),
    (
        "emergencies/X-5",
        "place",
        f"{OF_CANCER}, thoracic_or_cervical_pain: no, spinal_pain: yes, spinal_pain_night: yes",
        "alerts",
        "",
        "spinal_pain_suggesting_metastasis",
        "",
    ),
    (
        "emergencies/X-11",
        "below_1_8",
        f"{OF_CANCER}, corrected_calcium: 1.85 mmol/L, tingling_lips_or_fingers: no,"
        " muscle_cramps_or_tetany: absent, seizure: no, ecg_arrhythmia: no,"
        " qtc_fridericia: 420 ms",
        "alerts",
        "hypocalcaemia",
        "hypocalcaemia_emergency",
        "",
    ),
    (
        "emergencies/X-14",
        "from_3",
        f"{OF_CANCER}, corrected_calcium: 2.90 mmol/L",
        "alerts",
        "hypercalcaemia_mild",
        "hypercalcaemia_call_team",
        "",
    ),
    (
        "emergencies/X-15",
        "from_3_5",
        f"{OF_CANCER}, corrected_calcium: 3.495 mmol/L",
        "alerts",
        "hypercalcaemia_moderate",
        "hypercalcaemia_severe",
        "",
    ),
    (
        "emergencies/X-18",
        "below_1_0",
        f"{OF_CANCER}, body_temperature: 38.5 Cel, neutrophil_count: 0.8 10*9/L,"
        " neutrophils_expected_below_half_in_48h: no, chemotherapy_current: yes",
        "alerts",
        "fever_on_chemotherapy",
        "",
        "febrile_neutropenia",
    ),
)
"""Row, the other position, a patient between the two, what holds either way, what holds with ours
alone and what with theirs alone (alerts, or an action of the alert that holds either way)."""


@pytest.mark.parametrize(
    ("row", "position", "patient", "kind", "always", "ours", "theirs"),
    SWITCHES,
    ids=[f"{x[0]} {x[1]}" for x in SWITCHES],
)
def test_a_folder_switches_it_and_the_patient_between_the_two_gets_the_other_finding(
    tmp_path: Path,
    row: str,
    position: str,
    patient: str,
    kind: str,
    always: str,
    ours: str,
    theirs: str,
) -> None:
    found = of_row()[row]
    record = case(tmp_path, patient)

    def told(engine: bonemets.Knowledge | None) -> tuple[set[str], str, str]:
        assessment = (
            bonemets.assess(record, knowledge=engine) if engine else bonemets.assess(record)
        )
        shown = json.loads(as_json.render(assessment))
        actions = {a["id"] for x in shown["alerts"] if x["result"] == "yes" for a in x["actions"]}
        return ids(shown, kind) | actions, text.render(assessment), html.render(assessment)

    here, our_text, our_html = told(None)
    there, their_text, their_html = told(choosing(tmp_path, found.id, position))
    assert {always, ours} - {""} <= here
    assert {always, theirs} - {""} <= there
    assert not {theirs} - {""} & here
    assert not {ours} - {""} & there
    # both sides are read in both reports, and whose position it is
    for said in (our_text, our_html, their_text, their_html):
        flat = plain(said)
        for each in found.positions.values():
            assert plain(each.says) in flat
    assert "Chosen by" not in our_text
    assert "Chosen by Positions of the hospital:" in plain(their_text)
    # and every output names that the default was changed
    sentence = plain(f"follows `{position}`, not `{found.follows}`, where sources disagree")
    for said in (their_text, their_html):
        assert sentence in plain(said)
    assert sentence not in plain(our_text)


def plain(said: str) -> str:
    """Undo the breaking of lines, and what HTML writes otherwise."""
    said = re.sub(r"<[^>]*>", "", said).replace("&#39;", "'").replace("&gt;", ">")
    return re.sub(r"\s+", " ", said.replace("\N{NO-BREAK SPACE}", " "))


def test_the_slope_of_the_correction_is_switched(tmp_path: Path) -> None:
    """X-16: 2.00 mmol/L with 20 g/L less albumin than 40."""
    record = case(
        tmp_path, f"{OF_CANCER}, total_calcium: 2.00 mmol/L, albumin_with_calcium: 20 g/L"
    )
    other = choosing(tmp_path, "calcium_correction_slope", "by_0_022")
    found = [bonemets.assess(record), bonemets.assess(record, knowledge=other)]
    values = [n.value.low for a in found for n in a.numbers if n.id == "corrected_calcium"]
    assert values == [pytest.approx(2.40), pytest.approx(2.44)]
    told = [d for d in found[1].disagreements if d.id == "calcium_correction_slope"]
    assert told
    assert told[0].positions[0].text.startswith("0.022")


def test_the_severity_takes_the_edge_that_the_alert_takes(tmp_path: Path) -> None:
    """X-15: one choice moves the bands of the score and the alert together."""
    record = case(tmp_path, f"{OF_CANCER}, corrected_calcium: 3.495 mmol/L")
    other = choosing(tmp_path, "severe_calcium_edge", "from_3_5")
    for engine, band in ((bonemets.load_pack(), "severe"), (other, "moderate")):
        shown = json.loads(as_json.render(bonemets.assess(record, knowledge=engine)))
        (score,) = [s for s in shown["scores"] if s["id"] == "hypercalcaemia_severity"]
        assert score["bands"] == [band]
        assert ("hypercalcaemia_severe" in ids(shown, "alerts")) == (band == "severe")


# --- words only -----------------------------------------------------------------------------------

WORDS_ONLY = {f"emergencies/X-{n}" for n in (2, 3, 4, 6, 7, 8, 9, 10, 12, 13, 17, 19, 20, 21)}
WORDS_ONLY |= {f"emergencies/X-{n}" for n in (22, 23, 24)}


def test_each_row_is_switched_by_a_condition_or_stands_in_words() -> None:
    trees = Trees(pack())
    asked = {row for row in ROWS if trees.reads(of_row()[row].id)}
    assert asked == set(ROWS) - WORDS_ONLY
    assert {x[0] for x in SWITCHES} | {"emergencies/X-16"} == asked


@pytest.mark.parametrize("row", sorted(WORDS_ONLY))
def test_what_stands_in_words_is_told_beside_what_it_concerns(row: str) -> None:
    """Both positions stand on the page of each item beside which it is told."""
    found = of_row()[row]
    named = {**pack().items(), **pack().actions}
    assert found.beside
    assert set(found.beside) <= set(named)


def test_words_alone_cannot_be_chosen(tmp_path: Path) -> None:
    """The report would say one thing and the action another: the item is laid over too.

    All are chosen at once, and each is refused on its own line.
    """
    others = {
        d.id: next(name for name in d.positions if name != d.follows)
        for d in (of_row()[row] for row in sorted(WORDS_ONLY))
    }
    with pytest.raises(KnowledgeError) as refused:
        choosing_all(tmp_path, others)
    told = [(f.line, f.code) for f in refused.value.faults]
    assert told == [(FIRST_CHOICE + n, "words-only") for n in range(len(others))]
    for fault, name in zip(refused.value.faults, others, strict=True):
        assert f"`{name}`" in fault.message


@pytest.mark.parametrize(
    ("name", "position", "code"),
    [
        ("low_calcium_limits", "below_1_8", "unknown-disagreement"),
        ("low_calcium_limit", "below_1_7", "unknown-position"),
    ],
)
def test_a_choice_of_what_is_not_there_is_refused(
    tmp_path: Path, name: str, position: str, code: str
) -> None:
    with pytest.raises(KnowledgeError) as refused:
        choosing(tmp_path, name, position)
    assert [f.code for f in refused.value.faults] == [code]


def test_the_position_of_ours_chosen_again_is_no_change(tmp_path: Path) -> None:
    assert choosing(tmp_path, "low_calcium_limit", "below_1_9").pack.weaker == ()
