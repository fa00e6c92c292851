"""What a second reading of the knowledge found, held on the shipped knowledge."""

from __future__ import annotations

import json

import pytest

import bonemets
from bonemets.model import Assessment
from bonemets.renderers import json as as_json

PAIN = "pain_worst_24h: 8, opioid_current: yes, opioid_allergy: no, respiratory_rate: 16 /min"
CALCIUM = "corrected_calcium: 3.20 mmol/L, confusion: yes, parathyroid_carcinoma: yes"


def assessed(facts: str) -> Assessment:
    text = (
        "bonemets: case/1\nindex_date: 2026-03-09\n"
        f"patient: {{age: 60 a, cancer: current, primary_site: breast, {facts}}}\n"
    )
    return bonemets.assess(bonemets.read(text.encode(), name="case.yaml"))


@pytest.mark.parametrize(
    ("taken", "goes_on"),
    [
        ("tramadol_current: yes, morphine_current: no, oxycodone_oral_current: no", False),
        ("morphine_current: yes", True),
        ("oxycodone_oral_current: yes", True),
        ("hydromorphone_oral_current: yes", True),
    ],
)
def test_a_strong_opioid_goes_on_only_where_one_is_taken(taken: str, goes_on: bool) -> None:
    """Treatments/AN-2: from a pain of 7 a strong one is to begin, also beside a weak one."""
    (entry,) = [x for x in assessed(f"{PAIN}, {taken}").plan if x.id == "strong_opioid"]
    assert entry.runs == goes_on


def test_endocrinology_hears_of_dangerous_signs_as_soon_as_of_a_severe_calcium() -> None:
    """Emergencies/HCM-39: no bone agent is named, so that whoever lowers the calcium is needed."""
    shown = json.loads(as_json.render(assessed(CALCIUM)))
    (alert,) = [a for a in shown["alerts"] if a["id"] == "hypercalcaemia_dangerous_symptoms"]
    asked = {a["id"]: a for a in alert["actions"]}
    assert "antiresorptive_for_calcium" not in asked
    assert asked["call_endocrinology_about_calcium"]["act_by"] == "PT4H"
