"""What an assessment says of one patient, what it leaves out, and on what condition it holds."""

from __future__ import annotations

import datetime as dt
import json
import re

import pytest

import bonemets
from bonemets.api import Engine, Knowledge, assess
from bonemets.model import (
    ActionShown,
    AlertFinding,
    Assessment,
    DoseShown,
    OptionFinding,
    ScoreFinding,
)
from bonemets.pack.load import Pack
from bonemets.readers.case import read
from bonemets.renderers.board import Board
from bonemets.renderers.html import render as as_page
from bonemets.renderers.outlook import band_words, bands_left
from bonemets.renderers.text import render as as_text
from bonemets.writing.words import age_text
from small_pack import FILES, READ_ALONE, SINS_TOLD, edited, small_pack

DAY = 20_000
BASIC, DRUG, WATCH = "variables/basic.yaml", "drug.yaml", "watch.yaml"
ILL = {"cancer": "current", "confusion": "yes", "calcium": "3 mmol/L"}
TREATED = {
    "cancer": "current",
    "age": "60 a",
    "metastasis": "confirmed",
    "confusion": "no",
    "drug_current": "no",
    "weight": "40 kg",
}
STOP = "instead: [other]\n    evidence: [{id: book, at: p. 2, confirmation: read,"


def assessed(knowledge: Pack | Knowledge, lesions: object = None, **patient: object) -> Assessment:
    """The assessment of a case file of these values, all of the index date."""
    case = {"bonemets": "case/1", "patient": patient} | ({"lesions": lesions} if lesions else {})
    if isinstance(knowledge, Pack):
        knowledge = Knowledge(knowledge, Engine.of(knowledge))
    record = read(json.dumps(case).encode(), "case.yaml", knowledge.pack, run_day=DAY)
    day = dt.date(1970, 1, 1) + dt.timedelta(DAY)
    return assess(record, knowledge, index_date=day, run_date=day)


def option(given: Assessment, identity: str = "drug") -> OptionFinding:
    (found,) = [o for o in given.options if o.id == identity]
    return found


def dose(pack: Pack, **changes: object) -> DoseShown:
    found = option(assessed(pack, **{**TREATED, **changes})).dose
    assert found is not None
    return found


def alert(given: Assessment, identity: str) -> AlertFinding | None:
    return next((a for a in given.alerts if a.id == identity), None)


# --- scores that hold on a condition -------------------------------------------------------------

THORACIC = {"lesion_site": "thoracic_spine"}


def sins(**lesion: object) -> list[ScoreFinding]:
    lesions = {"list": [{"id": "a", **SINS_TOLD, **lesion}]}
    given = assessed(bonemets.load_pack(), lesions, cancer="current")
    return [s for s in given.scores if s.id == "sins"]


@pytest.mark.parametrize(
    ("lesion", "condition"),
    [
        (THORACIC, ""),
        ({**THORACIC, "lesion_status": "confirmed"}, ""),
        ({**THORACIC, "lesion_status": "suspected"}, "If it is a metastasis: "),
        ({**THORACIC, "lesion_status": ["confirmed", "suspected"]}, "If it is a metastasis: "),
        ({**THORACIC, "lesion_status": ["suspected", "excluded"]}, "If it is a metastasis: "),
        ({**THORACIC, "lesion_status": "unknown"}, "If it is a metastasis: "),
        ({}, "If the lesion is in the spine: "),
        (
            {"lesion_status": "suspected"},
            "If it is a metastasis and the lesion is in the spine: ",
        ),
        (
            {"lesion_status": ["suspected", "excluded"]},
            "If it is a metastasis and the lesion is in the spine: ",
        ),
    ],
)
def test_a_score_of_a_lesion_not_confirmed_holds_only_if_it_is_a_metastasis(
    lesion: dict[str, object], condition: str
) -> None:
    (found,) = sins(**lesion)
    place = "thoracic spine" if "lesion_site" in lesion else "a"
    start = f"{condition}SINS 9 of 18 at {place}: potentially unstable."
    assert found.say.clinician.startswith(start)
    assert not found.say.patient.startswith("If ")


def test_a_lesion_that_is_no_metastasis_has_no_score() -> None:
    assert [] == sins(**THORACIC, lesion_status="excluded")


ATYPICAL = {
    "lesion_site": "femur_shaft",
    "lytic_hole_at_fracture": "no",
    "paget_or_fibrous_dysplasia": "no",
    "trauma_severity": "absent_or_minimal",
}


@pytest.mark.parametrize(
    ("status", "condition"),
    [
        ("suspected", "If it is no metastasis: "),
        (["suspected", "excluded"], "If it is no metastasis: "),
        ("unknown", "If it is no metastasis: "),
        ("excluded", ""),
    ],
)
def test_a_score_that_a_metastasis_rules_out_holds_only_if_it_is_none(
    status: object, condition: str
) -> None:
    lesions = {"list": [{"id": "a", **ATYPICAL, "lesion_status": status}]}
    given = assessed(bonemets.load_pack(), lesions, cancer="current")
    (found,) = [s for s in given.scores if s.id == "asbmr_atypical_femoral_fracture"]
    assert found.say.clinician.startswith(f"{condition}Major ASBMR features at")


def test_a_score_that_does_not_ask_for_a_metastasis_holds_without_condition() -> None:
    lesion = {**THORACIC, "lesion_status": "suspected", "vertebral_height_loss": "45 %"}
    given = assessed(bonemets.load_pack(), {"list": [{"id": "a", **lesion}]}, cancer="current")
    (found,) = [s for s in given.scores if s.id == "genant"]
    assert found.say.clinician.startswith("Height lost at")


def test_to_suppose_a_metastasis_changes_nothing_else() -> None:
    """What is supposed for one sentence is not kept: the same clause is written further down."""
    stop = edited(DRUG, "when: weight < 30", "when: any_lesion(lesion_status in {suspected})")
    score = (
        FILES["risk.yaml"]
        .replace("version: 2026-01-01", "version: 2026-01-01\nentity: lesion", 1)
        .replace("applies: cancer in {current, past}", "applies: not (lesion_status in {excluded})")
        .replace("confusion:", "lesion_pain:")
        .replace("  grade: {g1: 0, g2: 1, g3: 2}\n", "")
        .replace("to: 1}\n  high: {from: 2, to: 3}", "to: 0}\n  high: {from: 1, to: 1}")
        .replace("{cancer: current, confusion: no, grade: g1}", "{lesion_pain: no}")
    )
    dosed = stop[: stop.index("dose:\n")] + stop[stop.index("checks_before:") :]
    lesions = {"list": [{"id": "a", "lesion_status": "suspected", "lesion_pain": "yes"}]}
    given = assessed(small_pack({"risk.yaml": score, DRUG: dosed}), lesions, **TREATED)
    (risk,) = [s for s in given.scores if s.id == "risk"]
    assert risk.say.clinician == "If it is a metastasis: Risk 1."
    assert option(given).status == "contraindicated"
    (why,) = [r.text for s in option(given).stops if s.result == "yes" for r in s.why]
    assert why == "status is suspected"


@pytest.mark.parametrize(
    ("cancer", "clinician"),
    [
        ("current", "Risk 2."),
        (["current", "past"], "Risk 2."),
        (["current", "not_known_of"], "If cancer is current or past: Risk 2."),
    ],
)
def test_a_score_that_may_apply_says_if(cancer: object, clinician: str) -> None:
    given = assessed(small_pack(), cancer=cancer, confusion="yes", grade="g2")
    (risk,) = [s for s in given.scores if s.id == "risk"]
    assert risk.result == ("unknown" if clinician.startswith("If") else "yes")
    assert risk.say.clinician == clinician


# --- actions -------------------------------------------------------------------------------------


def actions(**patient: object) -> dict[str, ActionShown]:
    found = alert(assessed(small_pack(), **{**ILL, **patient}), "confused")
    assert found is not None
    return {a.id: a for a in found.actions}


def test_an_action_with_an_open_exception_is_given_with_its_words() -> None:
    found = actions()["call_team"]
    assert (found.unless, found.only_if) == ("grade is g3", None)
    assert actions(grade=["g2", "g3"])["call_team"].unless == "grade is g3"


def test_an_exception_that_does_not_hold_is_not_mentioned() -> None:
    assert actions(grade=["g1", "g2"])["call_team"].unless is None


def test_an_exception_that_holds_takes_the_action_away_and_nothing_else() -> None:
    assert list(actions(grade="g3")) == ["measure"]


def test_an_action_with_an_open_condition_is_given_with_its_words() -> None:
    assert list(actions()) == ["call_team", "measure"]
    pack = small_pack(
        {"confused.yaml": edited("confused.yaml", "only_if: confusion", "only_if: grade == g2")}
    )
    conditions: dict[str, list[tuple[str, str | None]]] = {}
    for grade in ("unknown", "g1", "g2"):
        found = alert(assessed(pack, **ILL, grade=grade), "confused")
        assert found is not None
        conditions[grade] = [(a.id, a.only_if) for a in found.actions]
    assert conditions == {
        "unknown": [("call_team", None), ("measure", "grade is g2")],
        "g1": [("call_team", None)],
        "g2": [("call_team", None), ("measure", None)],
    }


# --- doses ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("confusion", ["no", "yes"])
def test_a_dose_is_printed_where_the_option_is_suitable_or_a_caution(confusion: str) -> None:
    found = option(assessed(small_pack(), **{**TREATED, "confusion": confusion}))
    assert found.status == ("suitable" if confusion == "no" else "caution")
    assert found.dose is not None
    assert (found.dose.text, found.dose.settled, found.dose.regimen) == ("3 mg", True, "weekly")


def test_of_two_rows_neither_is_the_dose() -> None:
    found = dose(small_pack(), weight=">= 40 kg")
    assert (found.text, found.settled, found.regimen) == (
        "dose open: 3 mg or 4 mg; needs weight",
        False,
        "",
    )


@pytest.mark.parametrize("taken", ["yes", "unknown"])
def test_no_dose_is_printed_of_what_is_stopped_or_to_be_checked_first(taken: str) -> None:
    found = option(assessed(small_pack(), **{**TREATED, "drug_current": taken}))
    assert found.status == ("contraindicated" if taken == "yes" else "check_first")
    assert found.dose is not None
    assert (found.dose.settled, found.dose.regimen) == (False, "")
    assert " mg" not in found.dose.text


@pytest.mark.parametrize("age", ["unknown", ">= 17 a"])
def test_no_dose_is_printed_for_a_patient_not_known_to_be_adult(age: str) -> None:
    pack = small_pack()
    found = option(assessed(pack, **{**TREATED, "age": age}))
    assert found.status == "suitable"
    assert found.dose is not None
    assert (found.dose.settled, found.dose.regimen) == (False, "")
    assert " mg" not in found.dose.text
    assert dose(pack, age=">= 18 a").text == "3 mg"


@pytest.mark.parametrize("confirmation", ["unread", "ours"])
def test_no_dose_is_printed_from_a_line_that_nobody_read(confirmation: str) -> None:
    line = "at: table 1, confirmation: "
    found = dose(small_pack({DRUG: edited(DRUG, line + "read", line + confirmation)}))
    assert (found.settled, found.regimen) == (False, "")
    assert " mg" not in found.text


def test_no_dose_is_printed_by_a_number_computed_from_a_line_that_nobody_read() -> None:
    old = "unit: kg, ask: What is the weight?}"
    new = (
        'unit: kg, ask: What is the weight?, version: 2026-01-01, formula: "40",'
        " evidence: [{id: book, confirmation: unread}],"
        " examples: [{name: x, given: {}, expect: {value: 40}, from: arithmetic}]}"
    )
    # The stop by weight would wait for a line that was read: it is another question.
    drug = edited(DRUG, "when: weight < 30", "when: potassium < 1")
    drug = drug.replace("rows: [{from: 30, below: 60", "rows: [{below: 60")
    pack = small_pack({BASIC: edited(BASIC, old, new), DRUG: drug})
    assert dose(pack, potassium="4 mmol/L").text == "3 mg"
    computed = {k: v for k, v in TREATED.items() if k != "weight"}
    found = option(assessed(pack, **computed, potassium="4 mmol/L"))
    assert found.status == "suitable"
    assert found.dose is not None
    assert not found.dose.settled
    assert " mg" not in found.dose.text


# --- the scope gate ------------------------------------------------------------------------------


def test_what_is_known_and_answers_the_same_leaves_an_open_alert_unasked() -> None:
    text = edited("watch.yaml", "beneath: [confused]", "settled_by: [weight]")
    pack = small_pack({"watch.yaml": text})
    ill = {"cancer": "current", "age": "60 a", "confusion": "no"}
    for known, asked in ({}, True), ({"weight": "40 kg"}, False):
        given = assessed(pack, **ill, **known)
        watch = alert(given, "watch")
        assert watch is not None
        assert (watch.result, watch.asked) == ("unknown", asked)
        assert "watch" in given.urgency.not_ruled_out
        assert ("calcium" in [q.variable for q in given.urgency.ask]) == asked
    measured = alert(assessed(pack, **ill, weight="40 kg", calcium="> 2.5 mmol/L"), "watch")
    assert measured is not None
    assert (measured.result, measured.asked) == ("unknown", True)  # its own number was told


def test_what_was_told_and_speaks_for_an_open_alert_keeps_it_asked() -> None:
    text = edited("watch.yaml", "beneath: [confused]", "settled_by: [weight]")
    text = text.replace("when: calcium >= 2.6", "when: calcium >= 2.6 and confusion")
    pack = small_pack({"watch.yaml": text})
    for confusion, asked in (("yes", True), ("unknown", False)):
        ill = {"cancer": "current", "age": "60 a", "weight": "40 kg"}
        told = {} if confusion == "unknown" else {"confusion": confusion}
        found = alert(assessed(pack, **ill, **told), "watch")
        assert found is not None
        assert (found.result, found.asked) == ("unknown", asked)


def test_a_condition_settles_an_alert_in_practice_where_it_holds() -> None:
    text = edited("watch.yaml", "beneath: [confused]", "settled_if: weight < 50")
    pack = small_pack({"watch.yaml": text})
    ill = {"cancer": "current", "age": "60 a", "confusion": "no"}
    for known, asked in (({"weight": "49 kg"}, False), ({"weight": "50 kg"}, True), ({}, True)):
        found = alert(assessed(pack, **ill, **known), "watch")
        assert found is not None
        assert (found.result, found.asked) == ("unknown", asked)


@pytest.mark.parametrize("cancer", [{}, {"cancer": "not_known_of"}])
def test_a_closed_gate_hides_all_but_what_is_dangerous_in_anybody(cancer: dict[str, str]) -> None:
    """And asks for the cancer only, whatever else is open."""
    ill = {k: v for k, v in {**TREATED, **ILL}.items() if k != "cancer"}
    lesions = {"list": [{"id": "a", "lesion_pain": "yes"}]}
    given = assessed(small_pack(), lesions, **ill, **cancer)
    assert not given.scope.open
    assert given.scope.text
    assert [a.id for a in given.alerts] == ["confused"]
    assert [a.id for a in assessed(small_pack(), **ill, cancer="current").alerts] == [
        "confused",
        "watch",
    ]
    assert ((), (), (), ()) == (given.scores, given.numbers, given.investigations, given.options)
    assert (given.urgency.at_least, given.urgency.because) == ("today", ("confused",))
    assert [q.variable for q in given.urgency.ask] == ["cancer"]


def test_a_closed_gate_asks_for_no_more_than_the_cancer_where_an_alert_is_open() -> None:
    given = assessed(small_pack(), confusion="yes")
    assert [(a.id, a.result) for a in given.alerts] == [("confused", "unknown")]
    assert given.investigations == ()
    opened = assessed(small_pack(), confusion="yes", cancer="current")
    assert [x.id for x in opened.investigations] == ["measure"]
    assert [q.variable for q in given.urgency.ask] == ["cancer"]


def test_a_closed_gate_of_ours_shows_only_alerts_that_are_marked() -> None:
    knowledge = bonemets.load_pack()
    marked = {a.id for a in knowledge.pack.alerts.values() if a.without_known_cancer}
    ill = {"total_calcium": "3.6 mmol/L", "albumin_with_calcium": "40 g/L", "limb_weakness": "yes"}
    given = assessed(knowledge, **ill)
    shown = {a.id for a in given.alerts}
    assert "yes" in {a.result for a in given.alerts}
    assert shown <= marked
    assert [q.variable for q in given.urgency.ask] == ["cancer"]
    opened = assessed(knowledge, **ill, cancer="suspected")
    assert {a.id for a in opened.alerts} - marked


def test_a_cancer_that_cannot_be_read_does_not_close_the_gate() -> None:
    given = assessed(small_pack(), cancer="unknown", calcium="3 mmol/L")
    assert given.scope.open
    assert alert(given, "watch") is not None


def test_a_child_is_not_asked_for_a_cancer() -> None:
    given = assessed(small_pack(), **{**ILL, "age": "12 a"})
    assert not given.scope.open
    assert [a.id for a in given.alerts] == ["confused"]
    assert given.urgency.ask == ()


# --- the course ----------------------------------------------------------------------------------


def test_steps_interactions_and_cards_are_shown_where_they_hold() -> None:
    given = assessed(small_pack(), **ILL)
    (step,) = given.steps
    assert (step.id, step.after, step.before) == ("rest", ("Measure calcium",), ("The drug",))
    (clash,) = (x for x in given.interactions if x.id == "clash")
    assert (clash.between, clash.effect, clash.wait) == (("The drug", "weight"), "wait", "P3D")
    assert not clash.live
    (card,) = given.cards
    assert [(r.text, r.result) for r in card.rows] == [
        ("It is so.", "yes"),
        ("Higher is worse.", "yes"),
    ]
    for shown in (as_text(given), as_page(given)):
        words = " ".join(re.sub(r"<[^>]+>", " ", shown).split())
        assert "Rest a while. It helps." in words
        assert "After: Measure calcium, 2 days at least." in words
        assert "They clash." not in words  # `live` is false: nobody gives or plans the drug
        assert "Higher is worse." in words
        assert "Lower is better." not in words


def test_a_row_of_a_card_that_may_hold_says_so() -> None:
    given = assessed(small_pack(), confusion="yes", cancer="current")
    (card,) = given.cards
    assert [r.result for r in card.rows] == ["yes", "unknown", "unknown"]
    assert "Perhaps: Lower is better." in as_text(given)


def test_what_may_hold_or_does_not_hold_is_not_shown() -> None:
    for confusion in ("no", "unknown"):
        given = assessed(small_pack(), cancer="current", confusion=confusion)
        assert (given.steps, given.interactions, given.cards) == ((), (), ())


def test_steps_stand_in_the_order_that_they_name() -> None:
    first = (
        FILES["rest.yaml"]
        .replace("step: rest", "step: early")
        .replace("before: [drug]", "before: [rest]")
    )
    last = (
        FILES["rest.yaml"]
        .replace("step: rest", "step: a_last")
        .replace("after: [measure]", "after: [rest]")
    )
    given = assessed(small_pack({"early.yaml": first, "a_last.yaml": last}), **ILL)
    assert [s.id for s in given.steps] == ["early", "rest", "a_last"]


# --- alerts that are not shown -------------------------------------------------------------------


def test_the_dead_have_no_alert() -> None:
    day = dt.date(1970, 1, 1) + dt.timedelta(DAY)
    given = assessed(small_pack(), **ILL, death_date=day.isoformat())
    assert given.scope.dead == "yes"
    assert given.alerts == ()
    assert (given.urgency.at_least, given.urgency.at_most) == (None, None)
    assert given.urgency.ask == ()


def test_one_who_may_be_dead_has_alerts() -> None:
    month = (dt.date(1970, 1, 1) + dt.timedelta(DAY)).isoformat()[:7]
    given = assessed(small_pack(), **ILL, death_date=month)
    assert given.scope.dead == "unknown"
    assert [a.id for a in given.alerts] == ["confused", "watch"]


LESION_ALERT = {
    WATCH: edited(WATCH, "calcium >= 2.6", "any_lesion(lesion_pain)").replace(
        "{calcium: 2.6 mmol/L}", "{lesions: {list: [{id: a, lesion_pain: yes}]}}"
    )
}


@pytest.mark.parametrize("complete", [False, True])
@pytest.mark.parametrize(("pain", "shown"), [("no", None), ("unknown", "unknown"), ("yes", "yes")])
def test_an_alert_that_only_a_lesion_not_listed_could_fire_is_neither_shown_nor_asked(
    complete: bool, pain: str, shown: str | None
) -> None:
    lesions = {"complete": complete, "list": [{"id": "a", "lesion_pain": pain}]}
    given = assessed(small_pack(LESION_ALERT), lesions, cancer="current", confusion="no")
    assert given.lesions_complete == complete
    found = alert(given, "watch")
    assert (None if found is None else found.result) == shown
    assert ("watch" in given.urgency.not_ruled_out) == (shown == "unknown")
    asked = [q.variable for q in given.urgency.ask]
    assert asked == (["lesion_pain"] if shown == "unknown" else [])


def test_without_any_lesion_an_alert_of_lesions_is_not_shown() -> None:
    given = assessed(small_pack(LESION_ALERT), cancer="current", confusion="no")
    assert not given.lesions_complete
    assert (given.alerts, given.urgency.ask) == ((), ())


# --- options -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("unread", "weight", "taken", "status", "because"),
    [
        (False, "40 kg", "no", "suitable", None),
        (False, "40 kg", "unknown", "check_first", "routine"),
        (False, "unknown", "no", "check_first", "measure"),
        (False, "unknown", "unknown", "check_first", "measure"),
        (False, "20 kg", "unknown", "contraindicated", None),
        (True, "20 kg", "no", "check_first", "unread"),
        (True, "20 kg", "unknown", "check_first", "unread"),
        (True, "20 kg", "yes", "contraindicated", None),
    ],
)
def test_what_has_to_be_checked_first_says_why(
    unread: bool, weight: str, taken: str, status: str, because: str | None
) -> None:
    text = edited(DRUG, STOP, STOP.replace("read,", "unread,")) if unread else FILES[DRUG]
    given = {**TREATED, "weight": weight, "drug_current": taken}
    found = option(assessed(small_pack({DRUG: text}), **given))
    assert (found.status, found.because) == (status, because)


def test_what_only_has_to_be_confirmed_stands_above_what_waits_for_a_measurement() -> None:
    routine = FILES[DRUG].replace("option: drug", "option: z_drug")
    routine = routine.replace("weight < 30", "potassium < 1").replace("{from: 30, below", "{below")
    pack = small_pack({"z_drug.yaml": routine})
    given = {**TREATED, "weight": "unknown", "drug_current": "unknown", "potassium": "4 mmol/L"}
    order = [(o.id, o.because) for o in assessed(pack, **given).options if o.id != "other"]
    assert order == [("z_drug", "routine"), ("drug", "measure")]


@pytest.mark.parametrize(
    ("calcium", "status"),
    [("2 mmol/L", "not_indicated"), ("3 mmol/L", "unknown"), ("unknown", "unknown")],
)
def test_an_option_to_take_instead_carries_its_own_status(calcium: str, status: str) -> None:
    given = assessed(small_pack(), **{**TREATED, "weight": "20 kg", "calcium": calcium})
    stop = next(s for s in option(given).stops if s.result == "yes")
    assert option(given).status == "contraindicated"
    assert option(given, "other").status == status
    assert stop.instead == (("other", status),)


def test_an_option_to_take_instead_is_suitable_where_it_is() -> None:
    unread = "evidence: [{id: book, confirmation: unread}]}\ncaution"
    seen = (
        "evidence: [{id: book, at: p. 1, confirmation: read,"
        " seen: {address: x, on: 2026-01-01}}]}\ncaution"
    )
    pack = small_pack({"other.yaml": edited("other.yaml", unread, seen)})
    given = assessed(pack, **{**TREATED, "weight": "20 kg", "calcium": "3 mmol/L"})
    stop = next(s for s in option(given).stops if s.result == "yes")
    assert stop.instead == (("other", "suitable"),)


def test_a_score_is_never_shown_rounded_across_its_own_edge() -> None:
    """2.9876 is mild; "2.99: mild" would read as an error of the edge."""
    pack = bonemets.load_pack()
    text = b"bonemets: case/1\nindex_date: 2026-03-02\npatient:\n  age: 61 a\n  cancer: current\n"
    text += b"  total_calcium: 2.9876 mmol/L\n  albumin_with_calcium: 40 g/L\n"
    found = assess(read(text, "case", pack.pack, run_day=20_514), pack)
    (score,) = [s for s in found.scores if s.id == "hypercalcaemia_severity"]
    assert score.bands == ("mild",)
    assert score.text == "just under 2.99 mmol/L"
    assert "calcium just under 2.99 mmol/L: mild" in score.say.clinician


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        (0, 0, "today"),
        (1, 1, "yesterday"),
        (0, 3, "today"),
        (1, 3, "1 to 3 days ago"),
        (729, 729, "729 days ago"),
        (731, 731, "2 years ago"),
        (700, 731, "700 to 731 days ago"),
        (1816, 1836, "4 to 5 years ago"),
        (1830, 1860, "5 years ago"),
        (1096, 1096, "3 years ago"),
    ],
)
def test_an_age_is_said_in_days_and_from_two_years_on_in_years(
    first: int, last: int, said: str
) -> None:
    seconds = 86_400
    time = ((DAY - last) * seconds, (DAY - first + 1) * seconds - 1)
    assert age_text(time, (DAY + 1) * seconds - 1) == said


def of_somebody(**patient: str) -> Assessment:
    facts = "".join(f"  {name}: {value}\n" for name, value in patient.items())
    text = f"bonemets: case/1\nindex_date: 2026-11-27\npatient:\n{facts}"
    return bonemets.assess(bonemets.read(text.encode()), run_date=dt.date(2026, 11, 27))


DROWSY = {"age": "71 a", "cancer": "current", "drowsiness": "drowsy", "morphine_current": "yes"}


def test_somebody_drowsy_on_morphine_is_asked_what_makes_people_drowsy() -> None:
    """Before what nothing in the record speaks of, however many alerts that would settle."""
    asked = [q.variable for q in of_somebody(**DROWSY).questions]
    assert asked[0] == "corrected_calcium"
    assert {"confusion", "twitching", "hallucinations"} <= set(asked)
    assert not {"urinary_retention", "saddle_numbness", "sensory_level"} & set(asked)


def test_many_answers_that_settle_the_same_make_a_question_worth_no_more() -> None:
    """Nearly every level of lost feeling says that the cord is in danger."""
    drowsy = {**DROWSY, "spinal_pain": "yes", "thoracic_or_cervical_pain": "yes"}
    asked = [q.variable for q in of_somebody(**drowsy).questions]
    assert "sensory_level" not in asked[:2]


def test_a_cancer_hints_at_nothing_where_a_symptom_would_do_in_its_place() -> None:
    """Of an `or` counts what meets it."""
    alerts = {a.id: a for a in of_somebody(age="71 a", cancer="current").alerts}
    assert not alerts["cord_compression_no_known_cancer"].hinted
    alerts = {a.id: a for a in of_somebody(age="71 a", spinal_pain="yes").alerts}
    assert alerts["cord_compression_no_known_cancer"].hinted


# --- what is hinted at ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "hinted"),
    [
        ({"confusion": "yes"}, True),  # one demand is met, the other not known
        ({"calcium": "3 mmol/L"}, True),  # the other way round
        ({}, False),  # nothing but the cancer is known
    ],
)
def test_an_open_alert_says_whether_the_record_hints_at_it(
    given: dict[str, str], hinted: bool
) -> None:
    two = edited(WATCH, "calcium >= 2.6", "cancer in {current} and confusion and calcium >= 2.6")
    example = "{calcium: 2.6 mmol/L}"
    full = "{cancer: current, confusion: yes, calcium: 2.6 mmol/L}"
    found = alert(
        assessed(small_pack({WATCH: two.replace(example, full)}), cancer="current", **given),
        "watch",
    )
    assert found is not None
    assert (found.result, found.hinted) == ("unknown", hinted)


def test_what_is_perhaps_so_is_hinted_at_and_age_alone_hints_at_nothing() -> None:
    """A symptom of some day of this month is perhaps there: it must not stand among the rest."""
    text = """bonemets: case/1
index_date: 2026-03-10
patient: {age: 60 a, cancer: current, bone_metastasis: confirmed, chest_pain: VALUE}
"""
    found: dict[str, dict[str, bool]] = {}
    for value in ("{value: yes, date: 2026-03}", "unknown"):
        record = bonemets.read(text.replace("VALUE", value).encode(), name="record")
        given = bonemets.assess(record, run_date=dt.date(2026, 3, 10))
        found[value] = {a.id: a.hinted for a in given.alerts if a.result == "unknown"}
    perhaps, silent = found.values()
    assert perhaps["chest_pain_or_sudden_breathlessness"]
    assert not silent["cauda_equina_signs"]
    assert not silent["cord_compression_signs"]


# --- models of outlook and pages for patients ----------------------------------------------------

MODEL = READ_ALONE["model.yaml"]


def told(given: Assessment) -> str:
    """The report without marks and breaks."""
    return " ".join(re.sub(r"<[^>]+>", " ", as_page(given)).split())


def test_a_model_tells_the_band_that_is_left_with_its_people_and_figures() -> None:
    given = assessed(small_pack(READ_ALONE), cancer="current", confusion="no", grade="g1")
    (model,) = given.outlook
    assert [(b.id, b.possible) for b in model.bands] == [("low", True), ("high", False)]
    assert (model.result, model.score, model.missing) == ("yes", "risk", ())
    for said in (told(given), " ".join(as_text(given).split())):
        assert "alive at 6 months 50 %" in said
        assert "urvival; 100 people, 2001 to 2005" in said
    assert "SCORES" not in as_text(given)  # its total is told with it, not twice


def test_a_model_that_is_not_worked_out_says_what_it_needs_and_shows_no_figure() -> None:
    given = assessed(small_pack(READ_ALONE), cancer="current")
    (model,) = given.outlook
    assert not model.worked_out
    for said in (told(given), " ".join(as_text(given).split())):
        assert "not worked out: needs " in said.lower()
        assert "alive at 6 months 50 %" not in said


LUNG = """\
bonemets: case/1
index_date: 2026-03-02
patient:
  {cancer: current, age: 66 a, primary_site: lung, bone_metastasis: confirmed, karnofsky: 60 %,
   ecog: 2, visceral_metastasis: unremovable, visceral_spread_pattern: disseminated,
   brain_metastasis: no, bone_metastasis_number_class: multiple, previous_chemotherapy: yes,
   targetable_driver_mutation: absent}
lesions: {complete: yes, list: [{id: a, lesion_status: confirmed, lesion_site: thoracic_spine}]}
"""


def test_every_model_has_a_row_in_the_charts_and_says_in_it_what_it_needs() -> None:
    given = bonemets.assess(bonemets.read(LUNG.encode()))
    charts = Board(given).measures()
    rows = [row for _, rows, _ in charts for row in rows]
    assert {x.title for x in given.outlook} == {row.title for row in rows}
    assert len(rows) == len(given.outlook)
    told = {row.title: row for row in rows}
    katagiri = told["Katagiri score (2014)"]
    assert (katagiri.value, katagiri.note) == (6, "")
    assert told["Modified Glasgow prognostic score"].note == (
        "not worked out: needs C-reactive protein and 1 more"
    )
    assert (told["Tomita score (2001)"].low, told["Tomita score (2001)"].value) == (2.1, 12)
    assert told["Modified Bauer score (2008)"].note == "no figure of it was read"


def test_a_time_printed_in_days_is_told_so_and_drawn_in_months() -> None:
    inflamed = LUNG.replace("ecog: 2", "ecog: 2, c_reactive_protein: 20 mg/L, albumin: 30 g/L")
    given = bonemets.assess(bonemets.read(inflamed.encode()))
    (model,) = (x for x in given.outlook if x.score == "mgps")
    (band,) = bands_left(model)
    assert band_words(band) == "2: median survival 74 days"
    months = {row.title: row for when, rows, _ in Board(given).measures() for row in rows}
    assert months[model.title].value == 2.4


def test_nothing_is_drawn_where_no_model_is_worked_out() -> None:
    bare = "bonemets: case/1\nindex_date: 2026-03-02\npatient: {{{}}}\n"
    known = "cancer: current, age: 66 a, bone_metastasis: confirmed"
    given = bonemets.assess(bonemets.read(bare.format(known).encode()))
    assert given.outlook
    assert Board(given).measures() == []


def test_a_model_does_not_speak_of_those_whom_its_publication_left_out() -> None:
    past = assessed(small_pack(READ_ALONE), cancer="past", confusion="no", grade="g1")
    assert past.outlook == ()
    unsaid = small_pack(
        {
            **READ_ALONE,
            "model.yaml": MODEL.replace("cancer ==", "stage ==")
            .replace("stage == current", "calcium > 3")
            .replace("given: {cancer: current}", "given: {calcium: 4 mmol/L}"),
        }
    )
    ill = {"cancer": "current", "confusion": "no"}
    assert assessed(unsaid, **ill, grade="g1").outlook == ()  # nobody knows whether it speaks
    (model,) = assessed(unsaid, **ill, grade="g1", calcium="4 mmol/L").outlook
    assert model.worked_out


def test_models_that_disagree_are_shown_beside_each_other_and_the_distance_is_said() -> None:
    other = MODEL.replace("outlook: model", "outlook: second").replace("value: 50", "value: 20")
    pack = small_pack({**READ_ALONE, "second.yaml": other.replace("The model", "Second")})
    given = assessed(pack, cancer="current", confusion="no", grade="g1")
    assert "20 (Second) against 50 (The model)" in told(given)
    assert "35 %" not in told(given)


def test_a_band_without_a_figure_is_told_without_one() -> None:
    given = assessed(small_pack(READ_ALONE), cancer="current", confusion="yes", grade="g3")
    (model,) = given.outlook
    assert [b.outcomes for b in model.bands if b.possible] == [()]
    assert "otal 3: high." in " ".join(as_text(given).split())


def test_a_page_for_the_patient_is_given_where_it_is_for_them() -> None:
    given = assessed(small_pack(READ_ALONE), cancer="current")
    assert [(x.id, x.text, x.points) for x in given.handouts] == [
        ("page", ("Call the team.",), ("Ask now.",))
    ]
    assert assessed(small_pack(READ_ALONE), cancer="past").handouts == ()


@pytest.mark.parametrize("said", ["2024-03-01", "2024-03"])
def test_a_date_is_known_though_a_day_is_a_span_of_time(said: str) -> None:
    test = FILES["measure.yaml"].replace("not known(calcium)", "not known(start_date)")
    pack = small_pack({"measure.yaml": test})
    assert [x.id for x in assessed(pack, cancer="current").investigations] == ["measure"]
    assert assessed(pack, cancer="current", start_date=said).investigations == ()


def test_the_timeline_has_each_fact_on_its_day_with_the_alerts_that_rest_on_it() -> None:
    given = assessed(
        small_pack(),
        cancer="current",
        confusion={"value": "yes", "date": "2024-10-04"},
        calcium={"value": "3 mmol/L", "date": "2024-10-01"},
    )
    assert Board(given).timeline() == [
        ("2024-10-04", [("Is confused", "Confusion with high calcium")]),
        ("2024-10-01", [("Calcium 3.00 mmol/L", "Confusion with high calcium; Watch")]),
    ]
    assert "Timeline" in told(given)


def test_what_decides_on_an_urgent_alert_is_asked_first_while_another_one_holds() -> None:
    """However much less urgent there is to settle by the other question."""

    def when(urgency: str, name: str, condition: str, given: str) -> dict[str, str]:
        text = FILES["watch.yaml"].replace("alert: watch", f"alert: {name}")
        text = text.replace("beneath: [confused]\n", "").replace("this_week", urgency)
        text = text.replace("Tell the team.", "Call the emergency number now.")
        text = text.replace("calcium >= 2.6", condition).replace("calcium: 2.6 mmol/L", given)
        return {f"{name}.yaml": text}

    pack = small_pack(
        when("today", "here", "grade == g3", "grade: g3")
        | when("today", "perhaps", "confusion", "confusion: yes")
        | {
            file: text
            for n in range(5)
            for file, text in when(
                "this_week", f"later_{n}", "other_drug", "other_drug: yes"
            ).items()
        }
    )

    def asked(grade: str) -> list[str]:
        given = assessed(pack, cancer="current", age="50 a", calcium="2 mmol/L", grade=grade)
        wanted = ("confusion", "other_drug")
        return [q.variable for q in given.questions if q.variable in wanted]

    assert ["confusion", "other_drug"] == asked("g3")
    assert ["other_drug", "confusion"] == asked("g1")
