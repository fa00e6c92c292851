"""How deciding clauses and open conditions read: in words, by their parts, with units."""

from __future__ import annotations

import datetime as dt

import bonemets
from bonemets.model import Assessment


def case(patient: str, lesions: str = "") -> Assessment:
    text = (
        f"bonemets: case/1\nindex_date: 2026-03-02\npatient:\n  cancer: current\n{patient}{lesions}"
    )
    return bonemets.assess(bonemets.read(text.encode()), run_date=dt.date(2026, 3, 2))


def why(given: Assessment, alert: str) -> list[str]:
    return [x.text for a in given.alerts if a.id == alert for x in a.why]


def condition(given: Assessment, alert: str, action: str) -> str | None:
    return next(
        x.only_if for a in given.alerts if a.id == alert for x in a.actions if x.id == action
    )


def every_text(given: Assessment) -> list[str]:
    findings = [*given.alerts, *given.scores, *given.investigations, *given.options]
    clauses = [c for o in given.options for c in (*o.indicated, *o.stops, *o.cautions)]
    conditions = [x.only_if or "" for a in given.alerts for x in a.actions]
    return [r.text for x in (*findings, *clauses) for r in x.why] + conditions


def test_a_number_of_which_nothing_is_known_is_named_with_its_question() -> None:
    found = why(case("  age: 61 a\n"), "hypercalcaemia_severe_ionised")
    assert "ionised calcium: not known (is it above 1.8 mmol/L?)" in found


def test_a_limit_is_the_edge_and_never_the_subject() -> None:
    found = why(case("  age: 61 a\n"), "hypercalcaemia_mild_ionised")
    assert "ionised calcium: not known (is it above the upper limit of ionised calcium?)" in found


def test_a_number_that_decides_is_shown_with_its_edge_and_their_unit() -> None:
    given = case("  total_calcium: 3.10 mmol/L\n  albumin_with_calcium: 30 g/L\n")
    found = why(given, "hypercalcaemia_moderate")
    assert "calcium corrected for albumin 3.30 mmol/L is at least 2.99 mmol/L" in found


def test_of_several_symptoms_only_those_that_hold_are_listed() -> None:
    given = case("  thirst: no\n  nausea: yes\n  constipation: yes\n")
    found = why(given, "hypercalcaemia_suspected_two_symptoms")
    assert found == ["at least 2 of 5 hold: there is nausea; there is constipation"]


def test_of_several_symptoms_one_holds_and_the_open_ones_are_named() -> None:
    found = why(case("  thirst: no\n  nausea: yes\n"), "hypercalcaemia_suspected_two_symptoms")
    assert found == [
        "1 of the 2 needed hold (there is nausea); passing much urine: not known; "
        "constipation: not known; fatigue: not known"
    ]


def test_the_open_condition_of_an_action_is_said_whole() -> None:
    """Both parts of an "and", joined by "and": half a condition would send the action to others."""
    given = case("  limb_weakness: yes\n")
    found = condition(given, "cord_compression_signs", "ask_haematology_before_steroid")
    assert found == (
        "a lymphoma, myeloma or leukaemia is suspected and the cancer is not proven by tissue"
    )


def test_of_a_condition_half_known_only_the_open_half_is_asked() -> None:
    given = case("  age: 61 a\n  limb_weakness: yes\n  urinary_retention: no\n")
    found = condition(given, "cord_compression_signs", "urinary_catheter")
    assert found == "urine left after voiding is above 600 mL"


def test_what_is_for_adults_is_not_shown_while_the_age_is_not_known() -> None:
    """No amount of a medicine, not even on a condition."""
    alerts = case("  limb_weakness: yes\n").alerts
    shown = {action.id for alert in alerts for action in alert.actions}
    assert "dexamethasone_now" in shown
    assert "dexamethasone_amount_adult" not in shown


def test_either_of_two_open_conditions_is_said_with_or() -> None:
    given = case("  age: 61 a\n  limb_weakness: yes\n")
    found = condition(given, "cord_compression_signs", "urinary_catheter")
    assert found == "cannot pass urine or urine left after voiding is above 600 mL"


def test_an_action_without_an_open_condition_has_none() -> None:
    given = case("  age: 61 a\n  limb_weakness: yes\n")
    assert condition(given, "cord_compression_signs", "dexamethasone_now") is None


def test_every_clause_has_words_of_its_own() -> None:
    given = case("  age: 61 a\n  bone_metastasis: confirmed\n  primary_site: breast\n")
    texts = every_text(given)
    assert len(texts) > 100
    assert [] == [x for x in texts if "a condition" in x or "not known may be" in x]


def test_a_condition_over_lesions_names_a_lesion() -> None:
    given = case("  spinal_pain: yes\n  spinal_pain_night: yes\n", "lesions: {list: [{id: t8}]}\n")
    found = condition(given, "spinal_pain_suggesting_metastasis", "ask_oncology_epidural_tumour")
    assert found == (
        "at a bone lesion: the lesion is in the spine and metastasis or not is confirmed or "
        "suspected and Bilsky grade of epidural compression is 1a or more"
    )
