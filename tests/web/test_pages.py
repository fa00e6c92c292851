"""The pages without a browser: forms, corrections, files."""

from __future__ import annotations

import json
import re
from collections import Counter
from functools import partial
from html import unescape
from pathlib import Path

import pytest

import bonemets
from bonemets.renderers import html
from bonemets.renderers.text import render as in_text
from bonemets.web.case_page import CasePage
from bonemets.web.form import layout, number_of, sent
from bonemets.web.guides import address, guidebook
from bonemets.web.leaflet import leaflet
from bonemets.web.opened import Opened, opened
from served import Served

EXAMPLE = "hypercalcaemia_breast.json"


@pytest.fixture(scope="module")
def knowledge() -> bonemets.Knowledge:
    return bonemets.load_pack()


def test_every_field_of_the_form_is_a_variable(knowledge: bonemets.Knowledge) -> None:
    variables = knowledge.pack.variables
    for section in layout().patient:
        assert [x for x in section.controls if variables[x].entity != "patient"] == []
    for row in layout().lesion:
        assert [x for x in row if variables[x].entity != "lesion"] == []
    for name, units in layout().units.items():
        assert set(units) <= set(knowledge.pack.units[name]), name


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("2.31", "2.31"),
        ("2,31", "2.31"),
        ("<5", "5"),
        (" >= 1,5 ", "1.5"),
        ("0,123", "0.123"),
        ("80", "80"),
    ],
)
def test_a_number_is_read_with_a_point_or_a_comma(text: str, number: str) -> None:
    assert number_of(text)[1] == number


@pytest.mark.parametrize("text", ["1,234", "1.234", "12 345", "1.2.3", "five", "1e5", "--1", "٣"])
def test_a_number_that_may_mean_two_things_is_not_guessed(text: str) -> None:
    with pytest.raises(ValueError, match=r"thousands|Write a number"):
        number_of(text)


@pytest.mark.parametrize(
    ("variable", "value", "unit", "said"),
    [
        ("total_calcium", "11.2", "mmol/L", "mg/dL"),
        ("creatinine", "88", "mg/dL", "µmol/L"),
        ("body_weight", "700", "", "decimal point"),
        ("age", "-3", "", "Out of range"),
    ],
)
def test_a_slip_is_caught_and_the_other_unit_named(
    knowledge: bonemets.Knowledge, variable: str, value: str, unit: str, said: str
) -> None:
    form = sent({f"p.{variable}": value, f"p.{variable}.unit": unit}, knowledge.pack)
    assert variable not in form.document()["patient"]
    assert said in form.faults[f"p.{variable}"]
    assert value not in form.faults[f"p.{variable}"]


def facts(case: Opened) -> dict[str, str]:
    again = Opened(case.name, case.record, case.sent, case.knowledge)
    found = bonemets.assess(again.whole, case.knowledge)
    return {x.id: x.text for x in found.numbers}


def test_an_answer_corrects_an_opened_record_and_leaves_it_alone(
    knowledge: bonemets.Knowledge, root: Path
) -> None:
    data = (root / "examples" / EXAMPLE).read_bytes()
    case = opened(data, EXAMPLE, knowledge)
    before = facts(case)["creatinine"]
    case.sent.values |= {"p.creatinine": "1,5", "p.creatinine.unit": "mg/dL"}
    assert facts(case)["creatinine"] != before
    assert facts(case)["creatinine"].startswith("133 ")
    assert case.record.encode() == data
    case.sent.values["p.creatinine"] = "unknown"
    assert "133" not in facts(case)["creatinine"]
    assert facts(case)["creatinine"] != before


def test_what_was_corrected_is_told_on_the_page_and_in_what_is_printed(
    served: Served, root: Path
) -> None:
    record = (root / "examples" / EXAMPLE).read_text()
    fields = {
        "record": record,
        "name": EXAMPLE,
        "p.creatinine": "70",
        "p.creatinine.unit": "umol/L",
    }
    page = served.post("/case", fields).text
    assert "Corrected on the page:</b> creatinine." in page
    printed = " ".join(served.post("/export", {**fields, "what": "text"}).text.split())
    assert "creatinine (Observation/" in printed
    assert "corrected on the page" in printed
    untouched = served.post("/case", {"record": record, "name": EXAMPLE}).text
    assert "corrected on the page" not in untouched.lower()


def test_a_time_of_day_is_taken_where_a_clock_starts_from_it(served: Served) -> None:
    fields = {"p.cancer": "current", "p.age": "60", "p.limb_weakness": "yes"}
    page = served.post("/case", {**fields, "p.suspicion_recorded_time": "2026-11-26T10:20"}).text
    assert "Not taken" not in page
    assert "2026-11-27 10:20" in page


def test_a_number_of_several_units_without_one_is_not_guessed(served: Served) -> None:
    answer = served.api("GET", "/api/scores/hypercalcaemia_severity?p.total_calcium=12")
    assert answer.status == 422
    assert "mg/dL" in answer.json["fields"]["p.total_calcium"]


def test_what_cannot_be_taken_leaves_nothing_of_the_record_in_its_place(
    knowledge: bonemets.Knowledge, root: Path
) -> None:
    case = opened((root / "examples" / EXAMPLE).read_bytes(), EXAMPLE, knowledge)
    before = facts(case)["creatinine"]
    case.sent.values |= {"p.creatinine": "99999", "p.creatinine.unit": "umol/L"}
    assert facts(case).get("creatinine") != before
    assert "p.creatinine" in case.sent.faults


ANSWERS = {"boolean": ("yes", "no"), "date": ("2026-01-05", "2026-01-07")}
OVER_LESIONS = ("roll_up",)
"""Picks that no statement about the patient corrects: the lesions say it."""


def test_a_correction_holds_whatever_the_pick(knowledge: bonemets.Knowledge) -> None:
    """Also where the newest statement would not win: first, any, the least, the most."""
    engine, variables = knowledge.engine, knowledge.pack.variables.values()
    tried = Counter[tuple[object, ...]]()
    for v in variables:
        entry = engine.program.inputs.get(v.id)
        if v.entity != "patient" or not v.ask or v.pick in OVER_LESIONS or entry is None:
            continue
        if v.type == "number" or v.with_ is not None:
            continue
        kind = (v.type, v.pick, v.window == "ever", v.since is None, v.complete_with is None)
        tried[kind] += 1
        if tried[kind] > 5:  # the rest of a kind is read in the same way
            continue
        first, second = ANSWERS.get(v.type) or (v.levels[0], v.levels[-1])

        def fact(record: str, answer: str = "") -> object:
            head = f"bonemets: case/1\nindex_date: 2026-01-10\npatient: {{{record}}}\n"
            form = sent({f"p.{v.id}": answer} if answer else {}, knowledge.pack)  # noqa: B023
            case = Opened("x", head, form, knowledge)
            run = engine.run_one(case.whole, 20_463 * 86_400 + 86_399)
            return run.fact(entry, None)  # noqa: B023

        alone = fact(f"{v.id}: {second}")
        assert fact(f"{v.id}: {first}", second) == alone, v.id
        assert fact(f"{v.id}: {first}", "unknown") == fact(""), v.id
    assert {pick for _, pick, *_ in tried} > {"first", "any", "latest"}


def test_a_lesion_of_the_record_is_corrected_and_not_doubled(
    knowledge: bonemets.Knowledge, root: Path
) -> None:
    name = "cord_compression_prostate.yaml"
    case = opened((root / "examples" / name).read_bytes(), name, knowledge)
    assert [case.sent.values[f"l.{n}.id"] for n in case.sent.lesions()] == ["t8", "t11"]
    case.sent.values["l.0.posterolateral"] = "bilateral"
    again = Opened(case.name, case.record, case.sent, knowledge)
    found = bonemets.assess(again.whole, knowledge)
    assert [x.id for x in found.lesions] == ["t8", "t11"]
    (score,) = [x for x in found.scores if (x.id, x.lesion) == ("sins", "t8")]
    assert (score.value.low, score.value.high) == (9, 9)


def test_the_lesions_of_a_bundle_are_corrected_too(
    knowledge: bonemets.Knowledge, root: Path
) -> None:
    case = opened((root / "examples" / EXAMPLE).read_bytes(), EXAMPLE, knowledge)
    before = bonemets.assess(case.whole, knowledge).lesions
    assert before
    case.sent.values["l.0.lesion_status"] = "excluded"
    again = Opened(case.name, case.record, case.sent, knowledge)
    after = bonemets.assess(again.whole, knowledge).lesions
    assert [x.id for x in after] == [x.id for x in before]
    assert after[0].status == "excluded"


def test_nothing_is_printed_of_a_case_with_an_answer_that_cannot_be_taken(served: Served) -> None:
    fields = {"p.cancer": "current", "p.age": "4000", "p.limb_weakness": "yes"}
    for what in ("pdf", "text", "patient"):
        answer = served.post("/export", {**fields, "what": what})
        assert answer.status == 422
        assert "Mend first" in answer.text
    assert served.post("/export", {**fields, "what": "save"}).status == 200


@pytest.mark.parametrize("date", ["2026-02-30", "12.3.2026", "2026-13", "2026"])
def test_an_impossible_date_is_told_at_its_field(served: Served, date: str) -> None:
    answer = served.post("/case", {"index_date": date, "p.age": "60"})
    assert answer.status == 200
    assert "Not taken, until it is mended" in answer.text


def test_a_lesion_without_a_site_is_not_added_and_not_lost(served: Served) -> None:
    fields = {"add_lesion": "0", "new.lesion_site": "", "new.vertebral_level": "l2"}
    text = served.post("/case", fields).text
    assert "Choose the site of the lesion." in text
    assert re.search(r'name="new.vertebral_level".*?value="l2" selected', text, re.S)


def test_a_saved_case_opens_again_as_it_was(served: Served, root: Path) -> None:
    record = (root / "examples" / EXAMPLE).read_text()
    fields = {"record": record, "name": EXAMPLE, "p.ecog": "3", "l.0.lesion_site": "femur_shaft"}
    saved = served.post("/export", {**fields, "what": "save"})
    assert saved.status == 200
    kept = json.loads(saved.body)
    assert kept["record"] == record
    assert kept["answers"] == {"p.ecog": "3", "l.0.lesion_site": "femur_shaft"}
    again = served.send_file("case.json", saved.body)
    assert again.status == 200
    assert re.search(r'id="f-p-ecog" name="p.ecog" value="3"', again.text)


def test_nothing_of_a_case_is_left_on_the_server(served: Served) -> None:
    served.post("/case", {"p.age": "61", "name": "one-of-a-kind"})
    assert "one-of-a-kind" not in served.post("/open", {"empty": "1"}).text


@pytest.mark.parametrize(
    ("what", "kind", "begins"),
    [
        ("pdf", "application/pdf", b"%PDF"),
        ("text", "text/plain; charset=utf-8", b"bonemets"),
        ("report", "text/html; charset=utf-8", b"<!DOCTYPE"),
        ("patient", "text/html; charset=utf-8", b"<!DOCTYPE"),
    ],
)
def test_a_case_is_given_in_each_form(served: Served, what: str, kind: str, begins: bytes) -> None:
    fields = {"p.cancer": "current", "p.limb_weakness": "yes", "p.age": "60", "what": what}
    answer = served.post("/export", fields)
    assert (answer.status, answer.headers["content-type"]) == (200, kind)
    assert answer.body.lstrip().startswith(begins)


def test_the_leaflet_says_what_to_call_for_first_and_gives_no_dose(served: Served) -> None:
    fields = {"p.cancer": "current", "p.bone_metastasis": "confirmed", "p.limb_weakness": "yes"}
    text = served.post("/export", {**fields, "p.age": "60", "what": "patient"}).text
    assert text.index("Call now") < text.index("Signs that must not wait")
    assert not re.search(r"\d+ ?(mg|µg|microgram|Gy|mL)\b", text)


def test_the_leaflet_puts_what_tells_to_phone_now_under_call_now(served: Served) -> None:
    """Also where somebody has to be seen within a day only (`call_as`)."""
    asked = {"constipation", "opioid_current", "vomiting"}
    fields = {f"p.{x}": "yes" for x in asked} | {"p.days_without_bowel_movement": "3"}
    fields |= {"p.cancer": "current", "p.bone_metastasis": "confirmed", "p.age": "60"}
    text = served.post("/export", {**fields, "what": "patient"}).text
    said = bonemets.load_pack().pack.alerts["constipation_with_vomiting"].say.patient
    assert text.index("Call now") < text.index(said) < text.index("Signs that must not wait")


def test_the_leaflet_tells_of_treatments_in_the_patients_words(served: Served) -> None:
    fields = {"p.cancer": "current", "p.bone_metastasis": "confirmed", "p.age": "60"}
    text = served.post("/export", {**fields, "what": "patient"}).text
    heads = set(re.findall(r"<h3>([^<]+)</h3>", text))
    options = bonemets.load_pack().pack.options.values()
    assert heads & {x.patient_title for x in options}
    assert heads & {x.title for x in options} == set()


def test_the_leaflet_has_the_pages_that_concern_the_patient_and_no_others(served: Served) -> None:
    fields = {"p.cancer": "current", "p.bone_metastasis": "confirmed", "p.age": "60"}
    plain = served.post("/export", {**fields, "what": "patient"}).text
    pressed = served.post("/export", {**fields, "p.limb_weakness": "yes", "what": "patient"}).text
    title = bonemets.load_pack().pack.handouts["pressed_spinal_cord"].title
    assert title not in plain
    assert title in pressed


def test_the_leaflet_of_somebody_dying_tells_what_comforts_and_raises_no_alarm(
    served: Served,
) -> None:
    fields = {"p.cancer": "current", "p.bone_metastasis": "confirmed", "p.age": "79"}
    fields |= {"p.primary_site": "prostate", "p.castration_resistant": "yes"}
    fields |= {"p.morphine_current": "yes", "p.respiratory_rate": "7", "p.limb_weakness": "yes"}
    pack = bonemets.load_pack().pack
    alarms = ["opioid_toxicity_breathing", "cord_compression_signs"]
    said = {x: pack.alerts[x].say.patient for x in alarms}
    before = served.post("/export", {**fields, "what": "patient"}).text
    assert [x for x, words in said.items() if words not in before] == []
    assert "Signs that must not wait" in before
    dying = fields | {"p.last_days_of_life": "yes"}
    text = served.post("/export", {**dying, "what": "patient"}).text
    assert [x for x, words in said.items() if words in text] == []
    assert "Wake the person" not in text
    assert "Signs that must not wait" not in text
    for action in ("opioid_last_days", "opioid_breathing_of_the_dying", "comfort_only_limits"):
        assert pack.actions[action].patient in text


def test_the_leaflet_of_somebody_dying_warns_of_nothing_that_belongs_to_dying(
    served: Served,
) -> None:
    """The text of an opioid calls for the ambulance for whoever is sleepy or breathes slowly."""
    fields = {"p.cancer": "current", "p.bone_metastasis": "confirmed", "p.age": "79"}
    fields |= {"p.morphine_current": "yes", "p.pain_worst_24h": "6", "what": "patient"}
    options = bonemets.load_pack().pack.options
    warning, care = (options[x].say.patient for x in ("strong_opioid", "hospice_today"))
    before = served.post("/export", fields).text
    text = served.post("/export", fields | {"p.last_days_of_life": "yes"}).text
    assert (warning in before, warning in text) == (True, False)
    assert care in text


COMFORT = """bonemets: case/1
complete: [medications]
patient: {age: 82 a, cancer: current, primary_site: prostate, castration_resistant: yes,
  bone_metastasis: confirmed, limb_weakness: yes, pain_worst_24h: 7, goals_of_care: %s}
"""


def leaflet_of(goals: str) -> tuple[bonemets.Assessment, str]:
    knowledge = bonemets.load_pack()
    found = bonemets.assess(bonemets.read((COMFORT % goals).encode(), name="case"))
    return found, unescape(bytes(leaflet(found, knowledge).body).decode())


def test_the_leaflet_of_somebody_whose_goal_is_comfort_sends_to_the_palliative_line_first() -> None:
    pack = bonemets.load_pack().pack
    first = pack.guide.words.comfort if pack.guide else ""
    comfort = pack.actions["call_about_pain_for_comfort"].patient or ""
    own = {x: pack.alerts[x].say.patient for x in ("severe_pain", "bone_agent_missing")}
    kept = pack.alerts["cord_compression_signs"].say.patient
    said = (*own.values(), kept, first, comfort)
    before, text = leaflet_of("full_treatment")[1], leaflet_of("comfort_only")[1]
    assert [x in before for x in said] == [True, True, True, False, False]
    assert [x in text for x in said] == [False, False, True, True, True]
    assert text.index(first) < text.index("Call now") < text.index("Signs that must not wait")


@pytest.mark.parametrize("goals", ["full_treatment", "comfort_only"])
def test_the_leaflet_names_the_tests_of_the_plan_and_no_others(goals: str) -> None:
    found, text = leaflet_of(goals)
    planned = {x.id for x in found.plan}
    told = {x.id for x in found.investigations if x.say.patient in text}
    assert told == {x.id for x in found.investigations} & planned
    assert told != {x.id for x in found.investigations}


def test_the_leaflet_sends_to_side_effects_that_it_has_told() -> None:
    found, text = leaflet_of("full_treatment")
    options = bonemets.load_pack().pack.options
    planned = {x.id for x in found.plan} & options.keys()
    morphine = {x.patient for x in options["morphine_oral"].side_effects}
    have = [x for x in planned if morphine <= {y.patient for y in options[x].side_effects}]
    assert len(have) > 3
    # Once with those of a patch, which has one more, and once for all others.
    assert {text.count(f"<li>{x}</li>") for x in morphine} <= {1, 2}
    shared = re.findall(r'All of those told above under "([^"]+)"', text)
    assert shared
    for title in shared:
        first = text.index(f"<h3>{title}</h3>")
        assert first < text.index(f'under "{title}"')
        assert "<li>" in text[first : text.index("<h3>", first + 1)]


OWN_WORDS_FOR_THE_DYING = {
    "immune_adverse_event",
    "pethidine_running",
    "suicide_plan",
    "suicide_thoughts",
}
"""Alerts of now or today whose own words call whom somebody dying may call, too."""


def test_whoever_dies_is_told_whom_to_call_beside_each_alert_of_now() -> None:
    """What an alert tells then is what its actions for comfort say: a limit alone calls nobody."""
    pack = bonemets.load_pack().pack
    conditions = {"comfort_care_only", "last_days_of_life"}
    said = {
        name: " ".join(pack.actions[x.do].patient for x in alert.actions if x.only_if in conditions)
        for name, alert in pack.alerts.items()
        if alert.urgency in ("now", "today")
    }
    told = {name: text for name, text in said.items() if text.strip()}
    assert said.keys() - told.keys() == OWN_WORDS_FOR_THE_DYING
    assert [x for x, text in told.items() if not re.search(r"(?:Phone|Call) .* now", text)] == []


CASE = """bonemets: case/1
complete: [medications]
patient: {age: 79 a, cancer: current, primary_site: prostate, castration_resistant: yes,
  bone_metastasis: confirmed, limb_weakness: yes, morphine_current: yes, respiratory_rate: 7 /min,
  breathlessness: at_rest_or_sudden, goals_of_care: comfort_only, last_days_of_life: %s}
"""


@pytest.mark.parametrize("dying", ["yes", "no"])
def test_a_letter_on_somebody_dying_asks_for_what_burdens_only_if_it_comforts(dying: str) -> None:
    found = bonemets.assess(bonemets.read((CASE % dying).encode(), name="case"))
    letter = " ".join(in_text(found).split())
    sure = dying == "no"
    assert ("Emergency number or emergency department now (if it serves" in letter) is not sure
    assert (
        "Call the cord compression coordinator now (if it serves comfort)" in letter
    ) is not sure
    assert "Pain relief now, not after the scan -" in letter
    assert ("AT THE NEXT VISIT: Bone medicine indicated" in letter) is sure
    asked = {x.id: x.only_if for a in found.alerts if a.result == "yes" for x in a.actions}
    assert (asked["immobilise_spine"] is None) is sure
    assert asked["analgesia_now"] is None
    assert any(x.id == "bone_agent_missing" for x in found.alerts)


@pytest.mark.parametrize(
    ("region", "numbers"),
    [("united_kingdom", ["999"]), ("united_states", ["911"]), ("", ["911", "112", "999", "000"])],
)
def test_the_leaflet_gives_the_emergency_number_of_the_region_or_all_of_them(
    served: Served, region: str, numbers: list[str]
) -> None:
    fields = {"p.cancer": "current", "p.age": "60", "p.practice_region": region}
    text = served.post("/export", {**fields, "what": "patient"}).text
    told = re.findall(r'class="bm-number">(\d+)( \([A-Z][a-zA-Z ]+\))?<', text)
    assert [number for number, _ in told] == numbers
    assert all(where for _, where in told) == (len(numbers) > 1)


def test_the_leaflet_gives_the_numbers_of_the_hospital_before_any_other(tmp_path: Path) -> None:
    (tmp_path / "our_numbers.yaml").write_text(
        "contacts: our_numbers\ntitle: Ours\nlist:\n"
        "  call_cancer_team_today: {telephone: 01632 960 001, hours: day and night}\n"
        "  call_emergency_for_symptom: {telephone: 01632 960 002}\n"
    )
    knowledge = bonemets.load_pack(tmp_path)
    case = b"bonemets: case/1\npatient: {cancer: current, practice_region: united_states}\n"
    found = bonemets.assess(bonemets.read(case, knowledge, name="case"), knowledge)
    text = bytes(leaflet(found, knowledge).body).decode()
    assert re.findall(r'class="bm-number">([^<]+)<', text) == [
        "01632 960 002",
        "01632 960 001 (day and night)",
    ]


def test_an_action_that_says_to_call_the_emergency_number_gives_it() -> None:
    case = b"bonemets: case/1\npatient: {cancer: current, practice_region: %s, seizure: yes}\n"
    for region, number in ((b"australia", "000"), (b"unknown", None)):
        found = bonemets.assess(bonemets.read(case % region, name="case"))
        asked = [x for alert in found.alerts for x in alert.actions]
        assert {x.contact for x in asked if x.id == "call_emergency_for_symptom"} == {number}


def test_the_leaflet_draws_what_studies_found_in_people_like_the_patient(served: Served) -> None:
    fields = {"p.cancer": "current", "p.bone_metastasis": "confirmed", "p.age": "60"}
    fields |= {"p.primary_site": "breast", "p.expected_survival": "100", "what": "patient"}
    text = served.post("/export", fields).text
    told = "100 women in Japan with breast cancer who had this drip. Of these, about 30 had a break"
    assert told in text
    assert "men with prostate cancer" not in text
    drawings = re.findall(r'<svg[^>]*aria-label="(Think of 100 [^"]*)"', text)
    assert drawings
    for said in drawings:
        assert f"<figcaption>{said}</figcaption>" in text


WITHOUT_EXAMPLE = {"jaw_osteonecrosis_stage", "noms_frame", "rades_ambulation"}
"""Their examples state what is always computed, or a day: the form cannot hold them."""


def test_every_score_has_a_page_and_its_example_works(
    served: Served, knowledge: bonemets.Knowledge
) -> None:
    for score in knowledge.pack.scores.values():
        page = served.api("GET", f"/scores/{score.id}")
        assert page.status == 200
        link = re.search(rf'/scores/{score.id}\?([^"]+)">', page.text)
        if score.id in WITHOUT_EXAMPLE:
            continue
        assert link is not None, score.id
        query = link[1].replace("&amp;", "&")
        done = served.api("GET", f"/api/scores/{score.id}?{query}")
        assert done.status == 200, (score.id, done.text)
        assert done.json["result"] is not None, score.id


# --- the guide ------------------------------------------------------------------------------------


def test_the_guide_opens_in_plain_words_and_for_clinicians(served: Served) -> None:
    index = served.api("GET", "/guide")
    assert index.status == 200
    for reader in ("patient", "clinician"):
        page = served.api("GET", f"/guide/calcium?for={reader}")
        assert page.status == 200
        assert ("Call the emergency number now" in page.text) == (reader == "patient")
    assert 'id="hypercalcaemia_severe"' in page.text


@pytest.mark.parametrize("name", ["cord_compression_prostate.yaml", "hypercalcaemia_breast.json"])
def test_every_finding_that_the_page_names_leads_to_the_guide(
    root: Path, knowledge: bonemets.Knowledge, name: str
) -> None:
    found = bonemets.assess(bonemets.read(root / "examples" / name))
    book = guidebook(knowledge)
    page = str(html.part(found, partial(address, book)))
    said = " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())
    led = set(re.findall(r'href="/guide/\w+\?for=clinician#(\w+)"', page))
    scores = (x for x in found.scores if not x.outlook)  # these stand with their model
    told = (*found.alerts, *scores, *found.options, *found.investigations)
    told += (*found.interactions, *found.steps, *found.cards, *found.outlook)
    named = {x.id for x in told if " ".join(x.title.split()) in said}
    assert len(named) > 100
    assert named - led == set()


def test_the_search_of_the_guide_leads_to_the_item(served: Served) -> None:
    found = served.api("GET", "/guide?for=clinician&q=radium+abiraterone")
    assert "/guide/radiation?for=clinician#radium_with_abiraterone" in found.text
    assert "Nothing in the guide" in served.api("GET", "/guide?q=nosuchword").text


def test_a_word_that_is_searched_for_is_shown_as_text(served: Served) -> None:
    found = served.api("GET", "/guide?q=%3Cscript%3Ealert(1)%3C/script%3E")
    assert "<script>alert" not in found.text


def test_a_chapter_that_is_not_there_is_refused(served: Served) -> None:
    assert served.api("GET", "/guide/nonsense").status == 404


def test_what_an_answer_cannot_correct_says_so_and_where(
    served: Served, root: Path, knowledge: bonemets.Knowledge
) -> None:
    bundle = json.loads((root / "examples" / EXAMPLE).read_bytes())
    for entry in bundle["entry"]:
        value = entry["resource"].get("valueQuantity")
        if "2000-8" in json.dumps(entry["resource"].get("code", "")):  # total calcium
            entry["resource"]["referenceRange"] = [{"high": {**value, "value": 2.55}}]
    name = "p.corrected_calcium_upper_limit"
    case = opened(json.dumps(bundle).encode(), "record.json", knowledge)
    shown = CasePage(case)
    limit, calcium = shown.control(name), shown.control("p.total_calcium")
    rolled = shown.control("p.bone_metastasis")
    assert "total calcium, and counts here only if" in limit.note
    assert "new sample" in calcium.note and "albumin" in calcium.note
    assert "at each of them" in rolled.note
    assert shown.control("p.creatinine").note == ""
    page = served.send_file("record.json", json.dumps(bundle).encode()).text
    note = page.index('id="f-p-total_calcium-note"')
    assert "f-p-total_calcium-note" in page[: note - 1]  # the field is described by it

    def limit_of(**answers: str) -> float | None:
        given = {f"p.{k}": v for k, v in answers.items()}
        units = {f"{k}.unit": "mmol/L" for k in given}
        form = sent({**case.sent.values, **given, **units}, knowledge.pack)
        facts = bonemets.reading(Opened(case.name, case.record, form, knowledge).whole, knowledge)
        found = {x.variable: x.text for x in facts.facts}
        return float(found["corrected_calcium_upper_limit"].split(" ")[5])

    assert limit_of(corrected_calcium_upper_limit="2.7") == 2.55  # as the note says
    assert limit_of(corrected_calcium_upper_limit="2.7", total_calcium="2.9") == 2.7
