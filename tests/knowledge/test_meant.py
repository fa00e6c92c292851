"""What alerts ask for: it names the options that it means, and never a stopped one unexplained."""

from __future__ import annotations

import re
from typing import Final

import pytest
from msgspec.structs import replace

import bonemets
from bonemets.pack.load import Pack
from bonemets.proof.prove import prove

TREATMENT: Final = re.compile(
    r"dexamethasone|steroid|radiotherap|irradiat|denosumab|bisphosphonate|zoledronic|pamidronate|"
    r"ibandron|clodron|bone (?:agent|medicine)|calcitonin|opioid|morphine|naloxone|laxative|"
    r"bowel regimen|cement|fixation|fixing|\bnail|prosthesis|surg(?:ery|ical)|operat|decompress|"
    r"\bbrace|collar|chemother|hormone|LHRH|checkpoint|systemic|nerve block|anti-inflammatory|"
    r"NSAID|paracetamol|calcium by mouth|vitamin D|psycho-onc|crutch|wheelchair|physiotherap|"
    r"embolis|ablation|hospice|palliative|pain relief|analgesia|antiemetic|gabapentin|exercise",
    re.IGNORECASE,
)
ASKS, HOLDS, LOOKS, OPEN, NONE = (
    "it calls somebody, or asks whether",
    "it holds the treatment back, stops it or limits it",
    "it looks for a cause or a danger, or speaks of what was given",
    "it leaves open which treatment is meant",
    "there is no option of it, for this aim",
)
MEANS_NONE: Final = {
    "admit_for_calcium": ASKS,
    "after_naloxone_watch": LOOKS,
    "analgesia_now": OPEN,
    "ask_about_next_bone_agent_dose": ASKS,
    "ask_about_suicide_plan": LOOKS,
    "ask_goals_before_calcium_treatment": ASKS,
    "ask_goals_before_low_calcium_treatment": ASKS,
    "ask_steroid_and_radiotherapy_for_vision": ASKS,
    "before_limb_surgery": LOOKS,
    "bone_medicine_waits": HOLDS,
    "call_about_pain_for_comfort": ASKS,
    "call_cancer_team_about_low_calcium": ASKS,
    "call_cancer_team_immune_effect": NONE,
    "call_emergency_for_jaw": NONE,
    "call_emergency_spinal_team": HOLDS,
    "call_endocrinology_about_calcium": ASKS,
    "call_haematology_for_kidneys": ASKS,
    "call_nephrology_about_low_calcium": ASKS,
    "call_about_fracture_for_comfort": ASKS,
    "call_orthopaedics_now": ASKS,
    "call_team_about_pain": ASKS,
    "chest_symptom_checks": LOOKS,
    "comfort_limits_infection": ASKS,
    "comfort_limits_jaw": OPEN,
    "comfort_only_limits": HOLDS,
    "cord_first_contact_checks": LOOKS,
    "cord_supportive_care": NONE,
    "do_not_wait_for_anything": HOLDS,
    "drowsy_or_confused_checks": LOOKS,
    "exclude_bowel_obstruction": HOLDS,
    "fever_after_bone_agent_checks": LOOKS,
    "find_cause_of_creatinine_rise": LOOKS,
    "fracture_cause_uncertain": LOOKS,
    "fracture_comfort_limits": OPEN,
    "fracture_pain_relief": OPEN,
    "clots_and_skin_while_lying": NONE,
    "hold_bisphosphonate_drip": HOLDS,
    "hold_bone_agent_for_low_calcium": HOLDS,
    "hospital_now_for_fever": LOOKS,
    "image_the_lump": HOLDS,
    "leg_ultrasound_today": LOOKS,
    "look_at_jaw_and_mouth": LOOKS,
    "look_for_immune_cause": LOOKS,
    "look_for_other_causes_of_drowsiness": LOOKS,
    "naloxone_amount_adult": NONE,
    "naloxone_small_steps": NONE,
    "no_bone_agent_in_pregnancy": HOLDS,
    "no_lifting_with_arm": HOLDS,
    "no_radiotherapy_before_surgery": HOLDS,
    "no_steroid_for_pain_alone": HOLDS,
    "opioid_breathing_first_steps": HOLDS,
    "opioid_breathing_of_the_dying": HOLDS,
    "opioid_last_days": HOLDS,
    "opioid_toxicity_review": LOOKS,
    "oral_surgeon_today": ASKS,
    "oral_surgeon_within_24_hours": ASKS,
    "orthopaedic_opinion_24_hours": ASKS,
    "orthopaedic_opinion_this_week": ASKS,
    "socket_opinion_24_hours": ASKS,
    "pain_crisis_beside_toxicity": HOLDS,
    "pain_crisis_causes": LOOKS,
    "pain_review": OPEN,
    "pain_team_today": ASKS,
    "platelet_transfusion_assessment": NONE,
    "recheck_low_calcium_within_4_hours": LOOKS,
    "rescue_plan_for_flare": OPEN,
    "review_blood_thinners": HOLDS,
    "review_drugs_that_lower_calcium": LOOKS,
    "rib_fracture_care": OPEN,
    "sling_for_arm": OPEN,
    "spinal_infection_tests": LOOKS,
    "spine_surgical_opinion": ASKS,
    "stop_calcium_and_vitamin_d": HOLDS,
    "stop_drugs_that_raise_calcium": HOLDS,
    "surgery_after_paralysis": ASKS,
    "tissue_before_fixation": HOLDS,
    "unload_until_seen": HOLDS,
    "withhold_zoledronic_acid": HOLDS,
}
"""Actions whose words name a treatment, and that ask for no option, with the reason."""


@pytest.fixture(scope="module")
def pack() -> Pack:
    return bonemets.load_pack().pack


def test_an_action_that_names_a_treatment_says_which_option_it_means(pack: Pack) -> None:
    asked = {x.do for alert in pack.alerts.values() for x in alert.actions}
    silent = {
        name
        for name, action in pack.actions.items()
        if name in asked
        and not action.means
        and TREATMENT.search(f"{action.title} {action.clinician}")
    }
    assert set(MEANS_NONE) == silent


def test_nothing_stopped_is_asked_for_without_a_reason_and_no_reason_is_idle(pack: Pack) -> None:
    """The proof of the pack without its reasons finds each of them wanting, and nothing else."""
    bare = replace(
        pack,
        alerts={
            name: replace(a, actions=tuple(replace(x, despite=None) for x in a.actions))
            for name, a in pack.alerts.items()
        },
        actions={name: replace(a, despite=None) for name, a in pack.actions.items()},
    )
    answers = list(prove(bare, properties=frozenset({"advised"})))
    assert set() == {a.name for a in answers if a.verdict == "undecided"}
    broken = {a.name for a in answers if a.verdict == "broken"}
    asked = [(alert, x) for alert in pack.alerts.values() for x in alert.actions]
    reasoned = {f"{alert.id}: {x.do}" for alert, x in asked if pack.despite(x)}
    own = {f"{alert.id}: {x.do}" for alert, x in asked if x.despite}
    assert set() == broken - reasoned
    assert set() == own - broken
    beside = {name for name, action in pack.actions.items() if action.despite}
    assert beside == {name.split(": ")[1].split(" ")[0] for name in broken - own}
