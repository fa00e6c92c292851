"""How an assessment is told: what it begins with, what is chosen, and which reasons hold."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
from msgspec.structs import replace

import bonemets
from bonemets.api import Engine, Knowledge, assess
from bonemets.assess import assess as assess_one
from bonemets.model import Assessment, PlanEntry
from bonemets.pack.check import check
from bonemets.proof.cases import read as read_case
from bonemets.proof.cases import run
from bonemets.readers.case import read
from bonemets.renderers.board import EQUAL, Board
from bonemets.renderers.text import render
from small_pack import FILES, SINS_TOLD, edited, faults_of, load, small_pack, texts

DAY = 20_000
DRUG = "drug.yaml"
LETTER = """\
letter: letter
title: The letter
version: 2026-01-01
opening:
  - label: Patient
    tell:
      age: "{value} old"
      grade: {g1: mild, g3: severe}
      weight: {above 0: "weighs {value}"}
      confusion: confused
      falls: "{value} falls"
    beneath: {falls: [weight]}
  - {label: Bones, tell: {lesion_status: {confirmed: metastasis}, lesion_pain: painful}}
topics: {All: [.]}
branches:
  - {text: light or confused, told: {light: [weight], confused: [confusion]}}
reviewed_by: []
"""
CAUTION = edited(
    DRUG,
    "{when: confusion, why: confused,",
    "{when: weight < 50 or confusion, why: 'Be slow (light or confused).',",
)
KNOWN = {"cancer": "current", "age": "60 a", "metastasis": "confirmed", "drug_current": "no"}


def pack(letter: str = LETTER) -> Knowledge:
    made = small_pack({"letter.yaml": letter, DRUG: CAUTION})
    return Knowledge(made, Engine.of(made))


def assessed(lesions: object = None, **patient: object) -> Assessment:
    return assessed_by(pack(), lesions, **patient)


def assessed_by(knowledge: Knowledge, lesions: object = None, **patient: object) -> Assessment:
    case = {"bonemets": "case/1", "patient": patient} | ({"lesions": lesions} if lesions else {})
    record = read(json.dumps(case).encode(), "case.yaml", knowledge.pack, run_day=DAY)
    day = dt.date(1970, 1, 1) + dt.timedelta(DAY)
    return assess(record, knowledge, index_date=day, run_date=day)


def told(given: Assessment) -> dict[str, tuple[str, ...]]:
    return {x.label: x.said for x in given.opening}


# --- the beginning -------------------------------------------------------------------------------


def test_only_what_is_known_is_told_and_a_no_is_not() -> None:
    assert told(assessed(**KNOWN)) == {"Patient": ("60 years old",)}
    assert told(assessed(**KNOWN, confusion="no", weight="0 kg")) == {"Patient": ("60 years old",)}
    assert told(assessed(**KNOWN, confusion="yes", grade="g3"))["Patient"] == (
        "60 years old",
        "severe",
        "confused",
    )


def begun_by(words: str, **patient: object) -> tuple[str, ...]:
    old = '{above 0: "weighs {value}"}'
    assert LETTER.count(old) == 1
    return told(assessed_by(pack(LETTER.replace(old, words)), **KNOWN, **patient))["Patient"][1:]


@pytest.mark.parametrize(("kg", "said"), [("49 kg", ("light",)), ("50 kg", ()), ("90 kg", ()),
    ("91 kg", ("heavy",)), ("<60 kg", ())])  # fmt: skip
def test_a_number_told_by_limits_is_told_only_beyond_them(kg: str, said: tuple[str, ...]) -> None:
    assert begun_by("{below 50: light, above 90: heavy}", weight=kg) == said


def test_a_boolean_is_told_where_it_is_no_only_with_words_for_it() -> None:
    clear = LETTER.replace("confusion: confused\n", 'confusion: {"no": clear}\n')
    for confusion, said in (("no", ("clear",)), ("yes", ()), ("unknown", ())):
        given = assessed_by(pack(clear), **KNOWN, confusion=confusion)
        assert told(given)["Patient"][1:] == said


def test_of_several_levels_left_all_have_words_or_none_is_told() -> None:
    assert told(assessed(**KNOWN, grade=["g1", "g3"]))["Patient"][1:] == ("mild or severe",)
    assert told(assessed(**KNOWN, grade=["g1", "g2"]))["Patient"][1:] == ()


def test_what_stands_beneath_something_told_is_left_out() -> None:
    assert told(assessed(**KNOWN, falls=2))["Patient"][1:] == ("2 falls",)
    assert told(assessed(**KNOWN, falls=2, weight="40 kg"))["Patient"][1:] == ("weighs 40 kg",)


def test_lesions_that_are_alike_are_told_together_and_many_are_counted() -> None:
    every = [{"id": f"l{n}", "lesion_status": "confirmed"} for n in range(8)]
    every[3]["lesion_pain"] = "yes"
    (bones,) = [x for x in assessed({"list": every}, **KNOWN).opening if x.label == "Bones"]
    assert bones.said == (
        "l3 (metastasis, painful)",
        "l0, l1, l2, l4, l5, l6 and 1 more (metastasis)",
    )


def test_an_old_state_of_a_lesion_is_told_with_its_age_unless_it_lasts() -> None:
    old = {"value": "confirmed", "date": "2024-09-24"}
    lesions = {"complete": True, "list": [{"id": "a", "lesion_status": old}]}
    lasts = LETTER.replace(
        "lesion_pain: painful}}", "lesion_pain: painful}, lasting: [lesion_status]}"
    )
    told_once = [told(assessed_by(pack(x), lesions, **KNOWN))["Bones"][0] for x in (LETTER, lasts)]
    assert told_once == ["a (metastasis (10 days ago))", "a (metastasis)"]


def test_a_lesion_that_cannot_wait_stands_before_those_of_which_more_is_known() -> None:
    known = SINS_TOLD | {
        "lesion_site": "thoracic_spine",
        "lesion_status": "confirmed",
        "spine_pain": "pain_free",
        "lesion_quality": "blastic",
        "body_collapse": "none_of_these",
    }
    spine = [known | {"id": f"t{n}", "vertebral_level": f"t{n}"} for n in range(2, 10)]
    femur = {
        "id": "femur",
        "lesion_site": "femur_shaft",
        "lesion_status": "confirmed",
        "pathological_fracture": "present",
    }
    given = assessed_by(bonemets.load_pack(), {"list": [*spine, femur]}, cancer="current")
    (bones,) = [x.said for x in given.opening if x.label == "Bone lesions"]
    assert "broken through" in bones[0]


def test_behind_a_closed_gate_nothing_but_the_summary_is_told() -> None:
    given = assessed(age="60 a", confusion="yes")
    assert given.opening == ()
    assert Board(given).beginning() == [("Patient", "Age 60 years.")]


def test_what_the_summary_asks_for_and_nobody_knows_is_named() -> None:
    given = assessed(**{**KNOWN, "age": "unknown"}, confusion="yes")
    assert Board(given).beginning() == [("Patient", "Confused, not known: age.")]


def test_the_letter_begins_with_lesions_scores_and_medicines() -> None:
    lesion = {"id": "a", "lesion_site": "thoracic_spine", "vertebral_level": "t10"}
    given = assessed_by(
        bonemets.load_pack(),
        {"list": [lesion | SINS_TOLD]},
        cancer="current",
        warfarin_current="yes",
        heparin_current="no",
    )
    head = render(given).partition("WHAT NEEDS")[0]
    total = next(x for x in given.scores if x.id == "sins").text
    assert f"Bone lesions: Thoracic spine T10 (metastasis, SINS {total} of 18: " in head
    assert "Takes (of what matters here): Warfarin.\n" in head
    assert "\nPatient: Not known: age, sex at birth" in head


# --- reasons -------------------------------------------------------------------------------------


def caution(**patient: object) -> tuple[str, str]:
    (found,) = [x for x in assessed(**KNOWN, **patient).options if x.id == "drug"]
    clause = found.cautions[0]
    return clause.result, clause.text


def test_of_several_reasons_only_those_that_hold_are_told() -> None:
    assert caution(weight="40 kg", confusion="no") == ("yes", "Be slow (light).")
    assert caution(weight="60 kg", confusion="yes") == ("yes", "Be slow (confused).")
    assert caution(weight="40 kg", confusion="yes") == ("yes", "Be slow (light or confused).")


def test_a_laid_over_reason_that_our_words_do_not_tell_leaves_the_text_whole() -> None:
    wider = CAUTION.replace("weight < 50 or confusion", "weight < 50 or confusion or falls > 1")
    ours = texts({**FILES, DRUG: CAUTION, "letter.yaml": LETTER})
    made = check(load([*ours, *texts({DRUG: wider}, layer=1)]), allow_weaker=True)
    knowledge = Knowledge(made, Engine.of(made))
    for falls, said in ((1, "Be slow (light)."), (2, "Be slow (light or confused).")):
        given = assessed_by(knowledge, **KNOWN, weight="40 kg", confusion="no", falls=falls)
        (found,) = [x for x in given.options if x.id == "drug"]
        assert found.cautions[0].text == said


@pytest.mark.parametrize(
    "when",
    [
        "at_least(1, weight < 50, confusion, falls > 1)",
        "at_least(2, weight < 50, confusion, falls > 1)",
        "not (weight >= 50 and not confusion and falls < 2)",
    ],
)
def test_a_reason_that_our_words_do_not_tell_is_not_lost_without_an_or(when: str) -> None:
    laid = CAUTION.replace("weight < 50 or confusion", f'"{when}"')
    files = {**FILES, DRUG: CAUTION, "letter.yaml": LETTER}
    made = check(load([*texts(files), *texts({DRUG: laid}, layer=1)]), allow_weaker=True)
    given = assessed_by(Knowledge(made, Engine.of(made)), **KNOWN, weight="40 kg", falls=3)
    (found,) = [x for x in given.options if x.id == "drug"]
    assert "light or confused" in found.cautions[0].text
    faults = faults_of({**FILES, DRUG: laid, "letter.yaml": LETTER})
    assert [x.code for x in faults] == ["untold-branch"]


@pytest.mark.parametrize(
    ("kg", "said"), [("29 kg", "confused"), ("30 kg", "light"), ("29.9 kg", "confused")]
)
def test_a_reason_may_be_told_by_where_its_number_lies(kg: str, said: str) -> None:
    by = LETTER.replace("light: [weight]", "light: [weight from 30]").replace(
        "confused: [confusion]", "confused: [weight below 30, confusion]"
    )
    given = assessed_by(pack(by), **KNOWN, weight=kg, confusion="no")
    (found,) = [x for x in given.options if x.id == "drug"]
    assert found.cautions[0].text == f"Be slow ({said})."


def test_of_an_open_reason_all_that_may_hold_is_told() -> None:
    assert caution() == ("unknown", "Be slow (light or confused).")
    assert caution(weight="40 kg") == ("yes", "Be slow (light).")


def test_of_an_open_reason_what_is_ruled_out_is_not_told() -> None:
    assert caution(weight="60 kg") == ("unknown", "Be slow (confused).")
    assert caution(confusion="no") == ("unknown", "Be slow (light).")


@pytest.mark.parametrize(("complete", "said"), [("yes", "confused"), ("no", "light or confused")])
def test_what_a_lesion_that_nobody_told_of_may_have_is_told_too(complete: str, said: str) -> None:
    drug = CAUTION.replace("weight < 50 or confusion", "any_lesion(lesion_pain) or confusion")
    made = small_pack(
        {"letter.yaml": LETTER.replace("light: [weight]", "light: [lesion_pain]"), DRUG: drug}
    )
    lesions: dict[str, object] = {"list": [{"id": "a", "lesion_pain": "no"}]}
    given = assessed_by(
        Knowledge(made, Engine.of(made)),
        lesions | ({"complete": True} if complete == "yes" else {}),
        **KNOWN,
        weight="60 kg",
    )
    (found,) = [x for x in given.options if x.id == "drug"]
    assert found.cautions[0].text == f"Be slow ({said})."


def test_every_reason_against_is_told_in_short() -> None:
    given = assessed_by(
        bonemets.load_pack(),
        {"complete": True, "list": [{"id": "a", "lesion_status": "confirmed"}]},
        cancer="current",
        age="54 a",
        primary_site="breast",
        corrected_calcium="2.00 mmol/L",
        dental_status="active_disease",
    )
    (why,) = [x.why for x in given.declined if x.id == "denosumab_skeletal"]
    short = [x.text.partition(". ")[0].partition(":")[0] for x in why]
    assert {"Low blood calcium", "Active dental disease"} <= set(short)
    told_ = " ".join(render(given).partition("\nIN DETAIL")[0].split())
    line = told_.partition("Denosumab against skeletal events: ")[2]
    assert all(x in line.partition(" - ")[0] for x in short)


@pytest.mark.parametrize(("survival", "named"), [("13 wk", False), ("60 wk", True)])
def test_what_stands_for_another_leaves_it_out_of_what_is_declined(
    survival: str, named: bool
) -> None:
    given = assessed_by(
        bonemets.load_pack(),
        {"list": [{"id": "a", "lesion_status": "confirmed" if not named else "suspected"}]},
        cancer="current" if not named else "suspected",
        goals_of_care="full_treatment",
        last_days_of_life="no",
        pain_worst_24h="7",
        pain_worse_since_hours="5 h",
        expected_survival=survival,
    )
    planned = {x.id for x in given.plan}
    assert ("early_palliative_care" in planned) is not named
    assert ("pain_team_or_hospice" in {x.id for x in given.declined}) is named


# --- choices -------------------------------------------------------------------------------------


Standing = tuple[int, int, int, int]


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        ((1, 1, 0, 0), (1, 1, 0, 0), EQUAL),
        ((1, 1, 0, 0), (1, 1, 2, 0), "first what nothing speaks against"),
        ((1, 1, 2, 0), (1, 1, 2, 0), EQUAL),
        ((1, 1, 2, 0), (1, 1, 3, 0), "first what only an open caution speaks against"),
        ((1, 1, 3, 0), (1, 1, 4, 0), "last what has to be checked first"),
        ((1, 1, 3, 0), (1, 1, 3, 2), "last what its caution would replace by another of these"),
        ((1, 0, 3, 0), (1, 1, 0, 0), "first what is given already"),
        ((0, 1, 0, 0), (1, 1, 0, 0), "first what the record asks for"),
        ((1, 1, 1, 0), (1, 1, 3, 0), EQUAL),
    ],
)
def test_a_choice_says_what_stands_first_and_why(
    first: Standing, second: Standing, said: str
) -> None:
    given = assessed(**KNOWN, weight="60 kg", confusion="no")
    (entry,) = [x for x in given.plan if x.id == "drug"]
    entries = [replace(entry, standing=x) for x in (first, second)]
    assert Board(given).choice_head(entries) == f"One of these ({said}):"


def test_a_choice_repeats_no_caution_told_right_above_and_lists_no_single_line() -> None:
    given = assessed(**KNOWN, weight="60 kg", confusion="yes")
    (entry,) = [x for x in given.plan if x.id == "drug"]
    first = replace(entry, one_of="choice", cautions=("Be slow.", "Be sure."))
    second = replace(first, id="other", title="Other drug")

    def letter(*entries: PlanEntry) -> str:
        planned = tuple(replace(x, by="today") for x in entries)
        return render(replace(given, plan=planned)).split("IN DETAIL")[0]

    head = f"  - One of these ({EQUAL}):"
    together = " ".join(letter(first, second).split(head)[1].split())
    assert " or Other drug (" in together
    assert together.count("Caution: Be slow; Be sure.") == 1
    above = replace(first, id="above", title="Above", one_of=None, cautions=("Be slow.",))
    after = " ".join(letter(above, first, second).split(head)[1].split())
    assert "Be slow" not in after
    assert "Caution: Be sure." in after
    apart = letter(first, replace(second, why=("For another reason.",)))
    assert f"{head} Caution: Be slow; Be sure.\n    - " in apart


def test_what_a_choice_says_is_what_the_plan_is_ordered_by() -> None:
    path = Path(__file__).parents[1] / "knowledge" / "cases"
    (path,) = path.glob("plan_lung_comfort_only*.yaml")
    used = bonemets.load_pack()
    one = run(used.engine, used.pack, read_case(path))
    plan = assess_one(used.engine, one.record, one.moment).plan
    choices: dict[str, list[PlanEntry]] = {}
    for entry in plan:
        if entry.one_of is not None:
            choices.setdefault(f"{entry.one_of} {entry.by}", []).append(entry)
    several = [[x.standing for x in found] for found in choices.values() if len(found) > 1]
    assert any(len(set(found)) > 1 for found in several)
    assert all(found == sorted(found) for found in several)
    status = {x.status: x.standing[2] // 2 for found in choices.values() for x in found}
    assert status.items() <= {"suitable": 0, "caution": 1, "check_first": 2}.items()
    assert {x.standing[1] for found in choices.values() for x in found if x.runs} <= {0}


def asked_of(name: str, tmp_path: Path, *changes: tuple[str, str]) -> set[str]:
    """Give the variables that a whole-patient case asks for, with some lines changed."""
    (path,) = (Path(__file__).parents[1] / "knowledge" / "cases").glob(f"{name}*.yaml")
    told = path.read_text()
    for old, now in changes:
        assert old in told
        told = told.replace(old, now)
    (tmp_path / path.name).write_text(told)
    used = bonemets.load_pack()
    one = run(used.engine, used.pack, read_case(tmp_path / path.name))
    return {x.variable for x in assess_one(used.engine, one.record, one.moment).questions}


def test_what_an_alert_leaves_unasked_as_it_is_answered_is_not_asked_for_an_option(
    tmp_path: Path,
) -> None:
    compression = "metastatic_spinal_cord_compression"
    case = "plan_kidney_femur"
    assert compression not in asked_of(case, tmp_path)
    assert compression in asked_of(case, tmp_path, ("    sensory_loss: no\n", ""))


def test_no_score_asks_of_a_lesion_with_an_alert_of_now(tmp_path: Path) -> None:
    mirels = {"pain_functional_limb", "lesion_size_fraction"}
    broken = "plan_unknown_primary_femur"
    assert not mirels & asked_of(broken, tmp_path)
    whole = [
        ("pathological_fracture: present", "pathological_fracture: absent"),
        ("sudden_pain_after_minor_load: yes", "sudden_pain_after_minor_load: no"),
        ("limb_deformity: yes", "limb_deformity: no"),
        ("unable_to_bear_weight_or_lift: yes", "unable_to_bear_weight_or_lift: no"),
    ]
    assert mirels & asked_of(broken, tmp_path, *whole)


# --- faults --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('falls: "{value} falls"', "fals: falls", "unknown-variable"),
        ("{value} old", "{age} old", "unknown-place"),
        ("g3: severe", "g4: severe", "unknown-level"),
        ("above 0:", "above nothing:", "unknown-level"),
        ("above 0:", "above age:", "unknown-level"),
        ("confusion: confused\n", "confusion: {maybe: confused}\n", "unknown-level"),
        (
            "confusion: confused\n",
            "confusion: confused\n      lesion_pain: hurts\n",
            "mixed-entities",
        ),
        ("falls: [weight]", "falls: [potassium]", "unknown-variable"),
        ("beneath: {falls: [weight]}", "lasting: [potassium]", "unknown-variable"),
        ("{All: [.]}", "{All: [nowhere]}", "unknown-folder"),
        ("text: light or confused", "text: heavy or confused", "unused-words"),
        ("light: [weight], ", "", "untold-branch"),
        ("light: [weight]", "slim: [weight]", "other-words"),
        ("light: [weight]", "light: [waight]", "unknown-variable"),
        ("light: [weight]", "light: [grade == g9, weight]", "unknown-level"),
    ],
)
def test_a_fault_of_the_letter_is_named(old: str, new: str, code: str) -> None:
    assert LETTER.count(old) == 1
    files = {**FILES, DRUG: CAUTION, "letter.yaml": LETTER.replace(old, new)}
    found = faults_of(files)
    assert code in {x.code for x in found}
    assert {x.file for x in found} == {"letter.yaml"}
    assert all(x.line > 0 and x.column > 0 for x in found)


def test_a_level_by_which_a_clause_may_hold_has_to_be_told() -> None:
    drug = CAUTION.replace("weight < 50 or confusion", "'grade in {g1, g2} or confusion'")
    letter = LETTER.replace("light: [weight]", "light: [grade == g1]")
    found = [
        x
        for x in faults_of({**FILES, DRUG: drug, "letter.yaml": letter})
        if x.file == "letter.yaml"
    ]
    assert [(x.code, "`grade == g2`" in x.message) for x in found] == [("untold-branch", True)]
