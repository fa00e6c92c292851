"""Errors of public calculators, copies and code lists that the knowledge must not inherit.

The references list what they found wrong elsewhere: scores G.3, and rows of scores and emergencies
that say "defect" or "corrected". Each that touches what the knowledge holds has one test here, or
a place in `ELSEWHERE` with the example that would fail. What is not in the knowledge yet stands in
`AWAITED`, so that it cannot come in without its test.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import pytest

import bonemets
from bonemets.pack.items import Score
from bonemets.pack.load import HOME, Pack
from bonemets.renderers import json as as_json

ELSEWHERE: tuple[tuple[str, str, str, dict[str, object]], ...] = (
    (
        "tramadol at 0.1, a factor of 2016, under the name of 2022 (E.3)",
        "oral_morphine_equivalent_cdc_2022",
        "10 mg/d of tramadol oral daily dose",
        {"value": 2},
    ),
    (
        "hydromorphone at 4, a factor of 2016, under the name of 2022 (E.3)",
        "oral_morphine_equivalent_cdc_2022",
        "10 mg/d of hydromorphone oral daily dose",
        {"value": 50},
    ),
    (
        "SINS pain printed 3, 2, 1 and stable from 1 (A.1)",
        "sins",
        "all items at their least",
        {"total": 0, "band": "stable"},
    ),
    (
        "SINS pain printed 3, 2, 1: occasional pain is 1 (A.1)",
        "sins",
        "T6, occasional pain, mixed, over half involved without collapse, one side",
        {"total": 5},
    ),
    (
        "Mirels 8 irradiated without an opinion (A.2)",
        "fracture_risk_raised",
        "Mirels 8",
        {"result": "yes"},
    ),
    (
        "Mirels 9 printed as a risk above, not of, 33 % (A.2)",
        "fracture_risk_high",
        "Mirels 9 in a long bone",
        {"result": "yes"},
    ),
    (
        "a low Mirels score overrides the cortex rule (SU-3)",
        "fracture_risk_high",
        "femur, 31 mm along the bone",
        {"result": "yes"},
    ),
    (
        "Harrington's edges strict: exactly half of the cortex counts (A.3)",
        "harrington_impending_fracture",
        "exactly half of the cortex",
        {"band": "at_risk"},
    ),
    (
        "Harrington's 25 mm used outside the proximal femur (A.3)",
        "harrington_impending_fracture",
        "60 mm in the shaft of the femur",
        {"band": "no_criterion"},
    ),
    (
        "Bilsky 1c called low (A.9)",
        "bilsky",
        "grade 1c",
        {"band": "borderline"},
    ),
    (
        "Bilsky 1c sent to radiation alone (A.9)",
        "noms_frame",
        "grade 1c leaves both branches",
        {},
    ),
    (
        "Genant's 25 % in grade 2 (A.7)",
        "genant",
        "25 %",
        {"band": "grade_1"},
    ),
    (
        "Genant's 40 % in grade 3 (A.7)",
        "genant",
        "40 %",
        {"band": "grade_2"},
    ),
    (
        "Tokuhashi's vertebral item printed 3 or more, 1 to 2, 0 (C.1)",
        "tokuhashi_vertebral",
        "two vertebrae",
        {"value": "two"},
    ),
    (
        "Tokuhashi's signs of survival turned round (C.1)",
        "tokuhashi_revised",
        "all items at their least",
        {"total": 0, "band": "under_6_months"},
    ),
    (
        "Tomita's rapid growth printed as 3 for 4 (C.2)",
        "tomita",
        "rapid growth counts 4, not 3: the most is 10",
        {"total": 10, "band": "terminal_care"},
    ),
    (
        "the modified Bauer score under the name of the original (C.3)",
        "bauer_modified",
        "one point and no fracture: low, where the original is middle",
        {"total": 1, "band": "supportive_care"},
    ),
    (
        "the original Bauer score under the name of the modified (C.3)",
        "bauer_original",
        "one other point and no fracture: middle, where the modified is low",
        {"total": 2, "band": "middle"},
    ),
    (
        "Rades's very short life from 19 for from 24 (C.20b)",
        "rades_short_life",
        "total exactly 19 is below the cut of the paper",
        {"total": 19, "band": "below_24"},
    ),
    (
        "the number of risk factors with a Karnofsky index below 60 for 60 or less (C.16)",
        "chow_karnofsky_60_or_less",
        "Karnofsky 60",
        {"value": "yes"},
    ),
    (
        "Katagiri's C-reactive protein of 0.4 mg/dL taken for mg/L (C.5)",
        "katagiri_laboratory",
        "C-reactive protein 0.4 mg/L is a tenth of it",
        {"value": "normal"},
    ),
    (
        "a low albumin alone counted in the modified Glasgow score (C.21)",
        "mgps_inflammation",
        "10 mg/L, albumin 30",
        {"value": "not_raised"},
    ),
    (
        "CKD-EPI with 0.7 for men: 88.25 for 95.21 (D.4)",
        "egfr_ckd_epi_2021",
        "man of 70, creatinine below the knot",
        {"value": 95.21},
    ),
    (
        "Cockcroft-Gault without the factor for women (D.3)",
        "creatinine_clearance",
        "woman of 70",
        {"value": 48.206},
    ),
    (
        "clearance rounded up to a permitted 30 (D.3)",
        "zoledronic_acid_skeletal",
        "clearance just under 30 is not rounded up",
        {"status": "contraindicated"},
    ),
    (
        "corrected calcium clamped at an albumin of 40 (D.1)",
        "corrected_calcium",
        "high albumin lowers it",
        {"value": 2.63},
    ),
    (
        "corrected calcium by a slope of 0.022 (X-16)",
        "corrected_calcium",
        "low albumin raises it",
        {"value": 2.40},
    ),
    (
        "ionised bands of 1.4, 2.0 and 2.5: 1.90 called mild (D.2, X-6)",
        "hypercalcaemia_severity_ionised",
        "1.90 is severe, not mild as the widely printed bands have it",
        {"band": "severe"},
    ),
    (
        "the same bands in the grade (D.2, X-6)",
        "hypercalcaemia_ctcae_grade_ionised",
        "1.90 is grade 4, which the widely printed bands call mild",
        {"band": "grade_4"},
    ),
    (
        "a CTCAE grade by the edges of the other unit (D.2)",
        "hypercalcaemia_ctcae_grade",
        "12.45 mg/dL (3.106 mmol/L) is grade 2, as printed in mg/dL",
        {"band": "grade_2"},
    ),
    (
        "low calcium treated from 1.8 or 7.0 mg/dL only (DN-10, X-11)",
        "hypocalcaemia_emergency",
        "1.89 and well",
        {"result": "yes"},
    ),
    (
        "ISTH D-dimer printed 0, 1, 2: moderate is 2 (DIC-03, X-9)",
        "isth_dic",
        "D-dimer moderately raised alone",
        {"total": 2},
    ),
    (
        "ISTH D-dimer printed 0, 1, 2: the most is 8 (DIC-03, X-9)",
        "isth_dic",
        "all items at their most",
        {"total": 8, "band": "overt"},
    ),
    (
        "febrile neutropenia only above 38.3 (FN-01)",
        "febrile_neutropenia",
        "38.3 once, neutrophils 0.9 and falling (T-26)",
        {"result": "yes"},
    ),
    (
        "febrile neutropenia below 1.0 whatever comes (FN-01, X-18)",
        "febrile_neutropenia",
        "neutrophils exactly 0.5, not expected to fall",
        {"result": "no"},
    ),
    (
        "MASCC low risk only above 21 (FN-04)",
        "mascc",
        "total exactly 21: moderate symptoms and dehydrated",
        {"total": 21, "band": "low_risk"},
    ),
    (
        "MASCC with 2 points for the tumour: 26 is out of reach (FN-04)",
        "mascc",
        "all items favourable",
        {"total": 26},
    ),
    (
        "jaw stage 2 with findings of stage 3 (X-20)",
        "jaw_osteonecrosis_stage",
        "the same with a fistula to the skin (T-16)",
        {"band": "stage_3"},
    ),
    (
        "platelet grades of version 6 mixed in (D.7)",
        "platelet_ctcae_grade",
        "one step below 25",
        {"band": "grade_4"},
    ),
    (
        "haemoglobin of exactly 8.0 graded 3 (D.7)",
        "anaemia_ctcae_grade",
        "exactly 8.0 g/dL is still grade 2",
        {"band": "grade_2"},
    ),
    (
        "one table from ECOG to Karnofsky, credited to Buccheri 1996, whose own differs (D.5)",
        "karnofsky_from_ecog",
        "ECOG 2",
        {"value": [50, 70]},
    ),
    (
        "Karnofsky 50 or 60 read as ECOG 2 for certain (D.5)",
        "ecog_from_karnofsky",
        "50",
        {"value": [2, 4]},
    ),
    (
        "two points for heat and none for bursts in LANSS (E.4)",
        "lanss",
        "heat alone, 1 point",
        {"total": 1},
    ),
    (
        "a response called complete on more opioid (E.2)",
        "pain_response_class",
        "6 to 0, dose 10 % higher: not complete",
        {"value": "indeterminate"},
    ),
    (
        "pain and opioid both up, which the wording leaves without a class (E.2)",
        "pain_response_class",
        "pain 2 higher and dose 25 % higher: not printed",
        {"value": "progression"},
    ),
    (
        "class IV of the hip socket as more destruction (A.11)",
        "harrington_acetabular_class",
        "to be cut out for cure, no wall deficient",
        {"value": "class_iv"},
    ),
)
"""A defect, and the item's own example that fails if it were ours."""

AWAITED: dict[str, str] = {
    "nesms": "described as 1, 1, 1; the weights are 2, 1, 1 with a ceiling of 3 (C.9)",
    "ca_15_3": "LOINC 10334-1, which is CA 125 (diagnosis 10.3)",
}
"""Part of an item's id, and the defect to test once it is in the knowledge."""


@cache
def pack() -> Pack:
    return bonemets.load_pack().pack


@pytest.mark.parametrize(("defect", "item", "example", "expect"), ELSEWHERE, ids=lambda x: str(x))
def test_a_defect_told_of_elsewhere_has_an_example_that_would_fail(
    defect: str, item: str, example: str, expect: dict[str, object]
) -> None:
    """The example itself runs among those of its item; here it may not get lost or be turned."""
    assert defect
    (found,) = [e for e in pack().items()[item].examples if e.name == example]
    assert expect.items() <= found.expect.items()


def test_no_defect_comes_in_with_a_new_item_unseen() -> None:
    come = {n: why for n in pack().items() for part, why in AWAITED.items() if part in n}
    assert come == {}, "write a test on the defect, then take it off the list"


@pytest.mark.needs_shared
def test_every_known_defect_of_the_reference_is_met_here(shared: Path) -> None:
    """Each row of scores G.3 names the section it concerns, and so does each test."""
    text = (shared / "knowledge" / "scores.md").read_text(encoding="utf-8")
    table = text.split("## G.3 ")[1].split("\n## ")[0]
    rows = [line.split("|")[3] for line in table.splitlines() if line.startswith("|")][2:]
    told = [defect for defect, *_ in ELSEWHERE] + list(AWAITED.values())
    told += [f.__doc__ or "" for name, f in globals().items() if name.startswith("test_")]
    met = set(re.findall(r"\b[A-G]\.\d+[a-c]?", " ".join(told)))
    wanted = {s for where in rows for s in re.findall(r"[A-G]\.\d+[a-c]?", where)}
    assert len(rows) >= 12
    assert wanted - met == set()


def test_no_figure_is_shown_of_the_validation_with_four_times_and_three_values() -> None:
    """Its abstract prints four times for three percentages (scores C.5)."""
    outcomes = pack().outlooks["katagiri_2014_outlook"].outcomes
    cited = {c.id for band in outcomes.values() for x in band for c in x.evidence}
    assert cited == {"katagiri_skeletal_2014"}


def test_no_share_of_advanced_disease_is_shown_from_the_copy_with_a_blank() -> None:
    """A deck of slides leaves the cell of prostate cancer blank (scores F.1): it is not used."""
    knowledge = "".join(path.read_text(encoding="utf-8") for path in HOME.rglob("*.yaml"))
    assert "slideplayer.com./amp/8440128" not in knowledge
    assert not re.search(r"65 ?(?:to|-|–) ?75 ?%", knowledge)


def test_the_two_bauer_scores_part_in_six_of_the_possible_answers() -> None:
    """Of 24 possible patterns (scores C.3): two scores, never one under both names."""
    original, modified = (pack().scores[f"bauer_{n}"] for n in ("original", "modified"))

    def group(score: Score, answers: dict[str, str]) -> int:
        total = sum(int(table[answers[n]]) for n, table in score.components.items())
        return sum(total > float(band.to or 0) for band in score.bands.values())

    tables = original.components
    patterns = [dict(zip(tables, levels, strict=True)) for levels in product(*tables.values())]
    parted = [p for p in patterns if group(original, p) != group(modified, p)]
    assert (len(patterns), len(parted)) == (24, 6)


# --- what a patient gets --------------------------------------------------------------------------

HEAD = "bonemets: case/1\nindex_date: 2026-03-02\n"


def told(folder: Path, patient: str, lesion: str = "") -> dict[str, Any]:
    text = f"{HEAD}patient: {{{patient}}}\n"
    if lesion:
        text += f"lesions: {{complete: yes, list: [{{id: a, {lesion}}}]}}\n"
    path = folder / "case.yaml"
    path.write_text(text, encoding="utf-8")
    return json.loads(as_json.render(bonemets.assess(bonemets.read(path))))


def number(assessment: dict[str, Any], name: str) -> tuple[float | None, float | None]:
    (found,) = [n["value"] for n in assessment["numbers"] if n["id"] == name]
    return found["low"], found["high"]


def the(assessment: dict[str, Any], kind: str, name: str) -> dict[str, Any]:
    (found,) = [x for x in assessment[kind] if x["id"] == name]
    return found


def test_the_clearance_takes_the_actual_weight_also_in_obesity(tmp_path: Path) -> None:
    """A public calculator takes the ideal or an adjusted weight instead (D.3)."""
    man = (
        "cancer: current, age: 70 a, sex_at_birth: male, creatinine: 1.2 mg/dL, body_height: 160 cm"
    )
    low, high = number(told(tmp_path, f"{man}, body_weight: 120 kg"), "creatinine_clearance")
    assert low == high
    assert low == pytest.approx(70 * 120 / (72 * 1.2), abs=0.01)


BREAST = "cancer: current, age: 61 a, primary_site: breast, bone_metastasis: confirmed"


def test_zoledronic_acid_goes_by_the_clearance_and_not_by_the_egfr(tmp_path: Path) -> None:
    """The label prints Cockcroft and Gault; public tools put an eGFR in its place (D.3, D.4)."""
    high_egfr = "creatinine_clearance: 29 mL/min, egfr_ckd_epi_2021: '65 mL/min/{1.73_m2}'"
    low_egfr = "creatinine_clearance: 65 mL/min, egfr_ckd_epi_2021: '29 mL/min/{1.73_m2}'"
    option = "zoledronic_acid_skeletal"
    stopped = the(told(tmp_path, f"{BREAST}, {high_egfr}"), "options", option)
    free = the(told(tmp_path, f"{BREAST}, {low_egfr}"), "options", option)
    assert stopped["status"] == "contraindicated"
    assert free["status"] != "contraindicated"


def test_an_ionised_calcium_is_neither_corrected_nor_made_a_total(tmp_path: Path) -> None:
    """Calculators correct whatever calcium they get (D.1)."""
    assessment = told(
        tmp_path, "cancer: current, ionised_calcium: 1.45 mmol/L, albumin_with_calcium: 20 g/L"
    )
    assert number(assessment, "ionised_calcium") == (1.45, 1.45)
    assert not {"corrected_calcium", "total_calcium"} & {n["id"] for n in assessment["numbers"]}


def test_no_haemoglobin_by_itself_is_grade_4(tmp_path: Path) -> None:
    """Anaemia of grade 4 is clinical; copies make it a number (D.7)."""
    assert "grade_4" not in (pack().scores["anaemia_ctcae_grade"].names or {})
    found = the(
        told(tmp_path, "cancer: current, haemoglobin: 3.0 g/dL"), "scores", "anaemia_ctcae_grade"
    )
    assert found["bands"] == ["grade_3"]


def test_a_lost_height_of_genant_is_no_collapse_of_sins(tmp_path: Path) -> None:
    """Genant's edges are 20, 25 and 40 %, that of SINS is 50 %: both are kept (A.7)."""
    spine = (
        "lesion_status: confirmed, lesion_site: thoracic_spine, vertebral_level: t6,"
        " spine_pain: pain_free, lesion_quality: blastic, spine_alignment: normal,"
        " posterolateral: uninvolved"
    )
    assessment = told(tmp_path, "cancer: current", f"{spine}, vertebral_height_loss: 45 %")
    assert the(assessment, "scores", "genant")["bands"] == ["grade_3"]
    assert the(assessment, "scores", "sins")["value"] == {"low": 1, "high": 4}


def test_a_grade_of_frankel_is_neither_one_of_ais_nor_a_way_of_walking(tmp_path: Path) -> None:
    """Copies read the two scales as one, and either as walking (B.2)."""
    assessment = told(tmp_path, "cancer: current, limb_weakness: yes, frankel_grade: frankel_d")
    known = {
        fact["variable"]
        for finding in assessment["alerts"] + assessment["cards"] + assessment["scores"]
        for fact in finding["facts"]
        if fact["known"]
    }
    assert "limb_weakness" in known
    assert not {"asia_impairment_scale", "walking", "unable_to_stand"} & known


# --- codes ----------------------------------------------------------------------------------------


def codes_of(name: str) -> Iterator[tuple[str, str]]:
    """Give every code by which a variable is known, with its system."""
    for coding in pack().variables[name].codes:
        for system in ("snomed", "loinc", "icd10"):
            for code in getattr(coding, system):
                yield system, code


def holders(system: str, code: str) -> set[str]:
    return {name for name in pack().variables if (system, code) in set(codes_of(name))}


def test_metastasis_in_bone_is_not_that_in_the_liver_of_a_mislabelled_copy() -> None:
    """SNOMED CT 94222008 (emergencies 7.3)."""
    assert holders("snomed", "94222008") == {"lesion_status", "bone_metastasis"}


def test_the_thoracic_spine_is_not_the_head_of_a_mislabelled_questionnaire() -> None:
    """SNOMED CT 122495006 (diagnosis 10.2)."""
    levels = {
        coding.stated
        for coding in pack().variables["lesion_site"].codes
        if "122495006" in coding.snomed
    }
    assert levels == {"thoracic_spine"}


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        ("66931009", "hypercalcaemia"),  # hypernatraemia in one copy
        ("5291005", "hypocalcaemia"),  # hypoglycaemia in one copy
        ("67406007", "disseminated intravascular coagulation"),
    ],
)
def test_a_mislabelled_code_of_the_blood_is_not_read_as_what_the_copy_says(
    code: str, meaning: str
) -> None:
    """No value is behind these codes: calcium and clotting are read from their results."""
    assert holders("snomed", code) == set(), f"{code} is {meaning}"


@pytest.mark.parametrize(
    "code",
    [
        "44300000",  # the vertebral column in one list, its meaning not confirmed
        "234466008",  # disseminated intravascular coagulation in one copy
    ],
)
def test_a_code_that_nobody_could_confirm_is_not_used(code: str) -> None:
    assert holders("snomed", code) == set()


def test_a_fracture_in_other_disease_is_none_through_a_tumour() -> None:
    """One list labels M84.551A, a fracture in neoplastic disease, as in other disease (7.1)."""
    fractures = {c for s, c in codes_of("pathological_fracture") if s == "icd10"}
    assert any("M84.551A".startswith(c) for c in fractures)
    assert not any("M84.651A".startswith(c) for c in fractures)


def test_total_corrected_and_ionised_calcium_share_no_code() -> None:
    calcium = [set(codes_of(f"{n}_calcium")) for n in ("total", "corrected", "ionised")]
    assert all(calcium)
    assert sum(map(len, calcium)) == len(set.union(*calcium))


def test_the_qt_that_is_not_corrected_is_no_qtc() -> None:
    """LOINC 8634-8 is the measured QT (emergencies 7.2)."""
    assert holders("loinc", "8636-3") == {"qtc_fridericia"}
    assert holders("loinc", "8634-8") == set()


def calcium(code: str, value: float, unit: str | None) -> bytes:
    quantity: dict[str, object] = {"value": value}
    if unit is not None:
        quantity |= {"unit": unit, "system": "http://unitsofmeasure.org", "code": unit}
    observation = {
        "resourceType": "Observation",
        "status": "final",
        "subject": {"reference": "Patient/p"},
        "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
        "effectiveDateTime": "2026-03-02",
        "valueQuantity": quantity,
    }
    cancer = {
        "resourceType": "Condition",
        "subject": {"reference": "Patient/p"},
        "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "C79.51"}]},
        "recordedDate": "2026-02-01",
    }
    patient = {"resourceType": "Patient", "id": "p"}
    entries = [{"resource": resource} for resource in (patient, cancer, observation)]
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    return json.dumps(bundle).encode()


@pytest.mark.parametrize(
    ("code", "value", "unit", "expected"),
    [
        ("17861-6", 14.0, "mg/dL", 3.493),
        ("17861-6", 3.5, "mmol/L", 3.5),  # the code of the mass, sent with the molar unit
        ("2000-8", 14.0, "mg/dL", 3.493),  # and the other way round
        ("2000-8", 3.5, "mmol/L", 3.5),
        ("2000-8", 3.5, None, None),
        ("17861-6", 14.0, None, None),
    ],
)
def test_the_unit_sent_and_not_the_code_says_how_much_calcium_it_is(
    code: str, value: float, unit: str | None, expected: float | None
) -> None:
    """Maps mix the mass and the molar codes (emergencies 7.2, scores D.2); no unit is guessed."""
    assessment = json.loads(
        as_json.render(bonemets.assess(bonemets.read(calcium(code, value, unit))))
    )
    low, _ = number(assessment, "total_calcium")
    assert low == (None if expected is None else pytest.approx(expected, abs=0.001))
