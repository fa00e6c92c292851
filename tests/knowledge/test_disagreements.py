"""Where sources disagree: both positions stand in the knowledge, are told, and can be switched."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
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

EMERGENCIES = tuple(f"emergencies/X-{n}" for n in range(1, 25))
FIGURES_ALONE = {12, 16, 17}
"""Conflicts of treatments on figures that change nothing to do: told in the coverage."""
TREATMENTS = tuple(f"treatments/C-{n}" for n in range(1, 18) if n not in FIGURES_ALONE)
DIAGNOSIS = tuple(f"diagnosis/{x}" for x in ("SC-1", "SC-9", "EM-2", "IA-6", "DD-51", "RC-10"))
ROWS = (*EMERGENCIES, *TREATMENTS, *DIAGNOSIS)
HEAD = "bonemets: case/1\nindex_date: 2026-03-02\n"
OF_CANCER = "cancer: current, age: 61 a"


@cache
def pack() -> Pack:
    return bonemets.load_pack().pack


def rows_of(found: Disagreement) -> set[str | None]:
    return {c.row for position in found.positions.values() for c in position.evidence}


@cache
def of_row() -> dict[str, Disagreement]:
    """Give the disagreement of each row; of two on one row, the one that stands last."""
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
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BONEMETS_CACHE", "off")  # dozens of them would drive out what others use
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


@pytest.mark.parametrize("number", sorted(FIGURES_ALONE))
def test_a_conflict_of_figures_alone_says_so_where_its_row_is_covered(number: int) -> None:
    row = pack().coverage["treatments"].rows[f"C-{number}"]
    assert "nothing to do depends on it" in (row.note or "")
    assert f"treatments/C-{number}" not in of_row()


@pytest.mark.parametrize("identity", sorted(pack().disagreements))
def test_each_position_has_a_source_and_the_default_a_reason(identity: str) -> None:
    found = pack().disagreements[identity]
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
        "diagnosis/SC-1",
        "from_3",
        f"{OF_CANCER}, bone_metastasis: confirmed, distress_score: 3, phq9: 0, gad7: 0,"
        " goals_of_care: full_treatment",
        "alerts",
        "",
        "",
        "distress_high",
    ),
    (
        "diagnosis/SC-1",
        "from_7",
        f"{OF_CANCER}, bone_metastasis: confirmed, distress_score: 6, phq9: 0, gad7: 0",
        "alerts",
        "",
        "distress_high",
        "",
    ),
    (
        "diagnosis/SC-9",
        "from_8",
        f"{OF_CANCER}, bone_metastasis: confirmed, distress_score: 0, phq9: 9, gad7: 0",
        "alerts",
        "",
        "",
        "distress_high",
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


NUMBERS = (
    ("phq9_limit", "from_10"),
    ("fentanyl_patch_in_kidney_failure", "avoid"),
    ("opioid_table", "cdc_2022"),
    ("opioid_table", "fpm_anzca_2021"),
    ("calcium_correction_slope", "by_0_022"),
)
"""Disagreement and position of the switches that have a test of their own, below."""
ALONE = pytest.mark.parametrize(
    "alone",
    [False, pytest.param(True, marks=pytest.mark.slow)],
    ids=["beside others", "alone"],
)
"""Chosen in a folder with every other switch, which is compiled once; with `--all` alone too."""


@cache
def choosing_many(turn: int) -> bonemets.Knowledge:
    """Take at once a position other than ours in every disagreement that has so many switches."""
    chosen: dict[str, list[str]] = {}
    for row, position, *_ in SWITCHES:
        chosen.setdefault(of_row()[row].id, []).append(position)
    for name, position, *_ in (*OPTION_SWITCHES, *NUMBERS):
        chosen.setdefault(name, []).append(position)
    with TemporaryDirectory() as folder:
        return choosing_all(
            Path(folder), {name: x[turn] for name, x in chosen.items() if turn < len(x)}
        )


def switched(folder: Path, name: str, position: str, alone: bool) -> bonemets.Knowledge:
    """Give the knowledge with a position of a switch, alone or beside those of other rows."""
    if alone:
        return choosing(folder, name, position)
    of_name = [p for row, p, *_ in SWITCHES if of_row()[row].id == name]
    of_name += [p for other, p, *_ in (*OPTION_SWITCHES, *NUMBERS) if other == name]
    return choosing_many(of_name.index(position))


@ALONE
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
    alone: bool,
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
    there, their_text, their_html = told(switched(tmp_path, found.id, position, alone))
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


OF_PROSTATE = (
    f"{OF_CANCER}, primary_site: prostate, castration_resistant: yes, bone_metastasis: confirmed"
)
OF_RADIUM = (
    f"{OF_PROSTATE}, visceral_metastasis: absent, bone_pain: yes, enzalutamide_current: yes,"
    " denosumab_120mg_current: yes"
)
OF_LUTETIUM = f"{OF_PROSTATE}, psma_pet_uptake_above_liver: yes, previous_chemotherapy: no"
OPTION_SWITCHES: tuple[tuple[str, str, str, str, str, str], ...] = (
    (
        "radium_beside_enzalutamide",
        "with_bone_medicine",
        f"{OF_RADIUM}, practice_region: european_union",
        "radium_223",
        "contraindicated",
        "check_first",
    ),
    (
        "radium_beside_enzalutamide",
        "alone",
        f"{OF_RADIUM}, practice_region: united_states",
        "radium_223",
        "check_first",
        "contraindicated",
    ),
    (
        "lutetium_before_chemotherapy",
        "after",
        f"{OF_LUTETIUM}, practice_region: united_states",
        "lutetium_177_psma",
        "check_first",
        "not_indicated",
    ),
    (
        "lutetium_before_chemotherapy",
        "before_too",
        f"{OF_LUTETIUM}, practice_region: european_union",
        "lutetium_177_psma",
        "not_indicated",
        "check_first",
    ),
)
"""Disagreement, the other position, a patient between the two, the option, and its status with
ours and with theirs (where nothing stops it, the blood counts and the like are still asked for)."""


@ALONE
@pytest.mark.parametrize(
    ("name", "position", "patient", "option", "ours", "theirs"),
    OPTION_SWITCHES,
    ids=[f"{x[0]} {x[1]}" for x in OPTION_SWITCHES],
)
def test_a_folder_switches_it_and_the_option_has_the_other_status(
    tmp_path: Path,
    name: str,
    position: str,
    patient: str,
    option: str,
    ours: str,
    theirs: str,
    alone: bool,
) -> None:
    record = case(tmp_path, patient)
    found = pack().disagreements[name]
    for engine, status in (
        (bonemets.load_pack(), ours),
        (switched(tmp_path, name, position, alone), theirs),
    ):
        assessment = bonemets.assess(record, knowledge=engine)
        assert [o.status for o in assessment.options if o.id == option] == [status]
        said = plain(text.render(assessment))
        for each in found.positions.values():
            assert plain(each.says) in said


@ALONE
def test_nine_points_of_the_phq9_are_moderate_by_the_lower_limit_alone(
    tmp_path: Path, alone: bool
) -> None:
    """SC-9: nobody is offered a therapy for 9 points where 10 are positive."""
    record = case(
        tmp_path, f"{OF_CANCER}, bone_metastasis: confirmed, distress_score: 0, phq9: 9, gad7: 0"
    )
    other = switched(tmp_path, "phq9_limit", "from_10", alone)
    offered = [
        "Low mood, moderate" in plain(text.render(bonemets.assess(record, knowledge=engine)))
        for engine in (bonemets.load_pack(), other)
    ]
    assert offered == [True, False]


@pytest.mark.parametrize(
    ("patient", "name"),
    [
        ("pain_neuropathic_score_dn4: 2", "gabapentin_in_kidney_impairment"),
        ("pain_worst_24h: 2, opioid_current: no", "opioid_in_kidney_failure"),
        ("corticosteroid_daily_dose: 20 mg/d", "steroid_at_start_of_immunotherapy"),
    ],
)
def test_a_disagreement_that_changes_nothing_for_the_patient_is_not_told(
    tmp_path: Path, patient: str, name: str
) -> None:
    clearance = 40 if name.startswith("gabapentin") else 20
    record = case(
        tmp_path,
        f"{OF_CANCER}, primary_site: prostate, msi_high: no, bone_metastasis: confirmed,"
        f" dialysis: no, creatinine_clearance: {clearance} mL/min, {patient}",
    )
    assert name not in {d.id for d in bonemets.assess(record).disagreements}


@ALONE
def test_the_patch_is_avoided_in_kidney_failure_outside_the_united_states_too(
    tmp_path: Path, alone: bool
) -> None:
    """C-10: a clearance of 20 in the United Kingdom, where the patch is among the first."""
    record = case(
        tmp_path,
        f"{OF_CANCER}, pain_worst_24h: 8, creatinine_clearance: 20 mL/min,"
        " practice_region: united_kingdom",
    )
    other = switched(tmp_path, "fentanyl_patch_in_kidney_failure", "avoid", alone)
    avoided = []
    for engine in (bonemets.load_pack(), other):
        (option,) = [
            o for o in bonemets.assess(record, knowledge=engine).options if o.id == "fentanyl_patch"
        ]
        avoided.append([c.result for c in option.cautions if "avoids the patch" in c.text])
    assert avoided == [["no"], ["yes"]]


@ALONE
def test_opioids_are_added_up_by_the_table_that_is_chosen(tmp_path: Path, alone: bool) -> None:
    """C-11: a fentanyl patch of 25 micrograms an hour is 60 mg by one table, 75 by the other."""
    formula = pack().variables["oral_morphine_equivalent_cdc_2022"].formula or ""
    doses = {
        name: f"0 {pack().variables[name].unit}"
        for name in re.findall(r"\w+_(?:daily_dose|patch_rate)\b", formula)
    }
    doses["fentanyl_patch_rate"] = "25 ug/h"
    of_doses = ", ".join(f"{name}: {dose}" for name, dose in doses.items())
    record = case(
        tmp_path,
        f"{OF_CANCER}, practice_region: united_kingdom, opioid_current: yes,"
        f" opioid_without_factor_current: no,"
        f" {of_doses}",
    )
    got = []
    for position in ("by_region", "cdc_2022", "fpm_anzca_2021"):
        folder = tmp_path / position
        folder.mkdir()
        ours = position == "by_region" and not alone
        engine = bonemets.load_pack() if ours else switched(folder, "opioid_table", position, alone)
        (number,) = [
            n
            for n in bonemets.assess(record, knowledge=engine).numbers
            if n.id == "oral_morphine_equivalent_daily"
        ]
        got.append((number.value.low, number.value.high))
    assert got == [(60, 75), (60, 60), (75, 75)]


@ALONE
def test_the_slope_of_the_correction_is_switched(tmp_path: Path, alone: bool) -> None:
    """X-16: 2.00 mmol/L with 20 g/L less albumin than 40."""
    record = case(
        tmp_path, f"{OF_CANCER}, total_calcium: 2.00 mmol/L, albumin_with_calcium: 20 g/L"
    )
    other = switched(tmp_path, "calcium_correction_slope", "by_0_022", alone)
    found = [bonemets.assess(record), bonemets.assess(record, knowledge=other)]
    values = [n.value.low for a in found for n in a.numbers if n.id == "corrected_calcium"]
    assert values == [pytest.approx(2.40), pytest.approx(2.44)]
    told = [d for d in found[1].disagreements if d.id == "calcium_correction_slope"]
    assert told
    assert told[0].positions[0].text.startswith("0.022")


@ALONE
def test_the_severity_takes_the_edge_that_the_alert_takes(tmp_path: Path, alone: bool) -> None:
    """X-15: one choice moves the bands of the score and the alert together."""
    record = case(tmp_path, f"{OF_CANCER}, corrected_calcium: 3.495 mmol/L")
    other = switched(tmp_path, "severe_calcium_edge", "from_3_5", alone)
    for engine, band in ((bonemets.load_pack(), "severe"), (other, "moderate")):
        shown = json.loads(as_json.render(bonemets.assess(record, knowledge=engine)))
        (score,) = [s for s in shown["scores"] if s["id"] == "hypercalcaemia_severity"]
        assert score["bands"] == [band]
        assert ("hypercalcaemia_severe" in ids(shown, "alerts")) == (band == "severe")


# --- words only -----------------------------------------------------------------------------------

WORDS_ONLY = {f"emergencies/X-{n}" for n in (2, 3, 4, 6, 7, 8, 9, 10, 12, 13, 17, 19, 20, 21)}
WORDS_ONLY |= {f"emergencies/X-{n}" for n in (22, 23, 24)}
WORDS_ONLY |= {f"treatments/C-{n}" for n in (1, 2, 3, 4, 5, 7, 8, 9, 10, 13, 14)}
WORDS_ONLY |= {f"diagnosis/{x}" for x in ("EM-2", "IA-6", "DD-51", "RC-10")}


def test_each_row_is_switched_by_a_condition_or_stands_in_words() -> None:
    trees = Trees(pack())
    asked = {row for row in ROWS if trees.reads(of_row()[row].id)}
    assert asked == set(ROWS) - WORDS_ONLY
    tested = {x[0] for x in SWITCHES} | {"emergencies/X-16"}
    tested |= {row for x in OPTION_SWITCHES for row in rows_of(pack().disagreements[x[0]]) if row}
    tested |= {"treatments/C-11"}
    assert tested - {"treatments/C-10"} == asked  # of C-10 one half is words, the other a switch
    assert Trees(pack()).reads("fentanyl_patch_in_kidney_failure")


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


IN_WORDS = (
    (
        "steroid_before_tissue",
        "at_once",
        "ask_haematology_before_steroid",
        "Lymphoma possible: give the steroid now, and call haematology at the same time.",
    ),
    (
        "immobilise_before_judged",
        "everybody",
        "immobilise_spine",
        "Everybody in whom compression is suspected lies flat until a surgeon has looked.",
    ),
)
"""A disagreement that no condition asks for: the other position, an action, and its other words."""


@pytest.mark.parametrize(("name", "position", "action", "words"), IN_WORDS)
def test_an_action_in_words_is_switched_by_its_words_and_the_choice(
    tmp_path: Path, name: str, position: str, action: str, words: str
) -> None:
    """Everybody gets the action whichever side is taken: what differs is what it says."""
    laid = tmp_path / "laid"
    laid.mkdir()
    (laid / "our_words.yaml").write_text(
        f"actions: our_words\nlist:\n  {action}:\n    title: Our pathway\n"
        f'    clinician: "{words}"\n    evidence:\n'
        "      - {id: bonemets_definitions, confirmation: ours}\n",
        encoding="utf-8",
    )
    record = case(
        tmp_path,
        f"{OF_CANCER}, limb_weakness: yes, haematological_malignancy: suspected,"
        " tissue_diagnosis: no, goals_of_care: full_treatment, last_days_of_life: no",
    )
    found = pack().disagreements[name]
    ours = plain(text.render(bonemets.assess(record)))
    there = choosing(tmp_path, name, position)
    theirs = plain(text.render(bonemets.assess(record, knowledge=there)))
    assert words not in ours
    assert words in theirs
    assert plain(pack().actions[action].clinician or "") not in theirs
    assert f"follows `{position}`, not `{found.follows}`, where sources disagree" in theirs


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
