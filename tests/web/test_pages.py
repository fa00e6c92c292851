"""The pages without a browser: forms, corrections, files."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import bonemets
from bonemets.web.form import layout, number_of, sent
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
        ("creatinine", "88", "mg/dL", "umol/L"),
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
    found = bonemets.assess(case.whole(), case.knowledge)
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


def test_a_correction_holds_for_every_pick_of_every_kind(knowledge: bonemets.Knowledge) -> None:
    """Also where the newest statement would not win: first, any, the least, the most."""
    variables = knowledge.pack.variables.values()
    for v in variables:
        if v.entity == "patient" and v.type == "boolean" and v.ask and v.formula is None:
            record = f"bonemets: case/1\nindex_date: 2026-01-10\npatient: {{{v.id}: yes}}\n"
            case = Opened("x", record, sent({f"p.{v.id}": "no"}, knowledge.pack), knowledge)
            run = knowledge.engine.run_one(case.whole(), 20_463 * 86_400 + 86_399)
            entry = knowledge.engine.program.inputs.get(v.id)
            if entry is not None:
                assert run.fact(entry, None) == (False, True), v.id


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
    assert text.index("Call now") < text.index("Questions you can ask")
    assert not re.search(r"\d+ ?(mg|µg|microgram|Gy|mL)\b", text)


WITHOUT_EXAMPLE = {"jaw_osteonecrosis_stage", "noms_frame"}
"""Their examples state what is always computed: the form cannot hold them."""


def test_every_score_has_a_page_and_its_example_works(
    served: Served, knowledge: bonemets.Knowledge
) -> None:
    for score in knowledge.pack.scores.values():
        page = served.ask(
            "GET", f"/scores/{score.id}", headers={"Cookie": "bonemets=token-of-the-tests"}
        )
        assert page.status == 200
        link = re.search(rf'/scores/{score.id}\?([^"]+)">', page.text)
        if score.id in WITHOUT_EXAMPLE:
            continue
        assert link is not None, score.id
        query = link[1].replace("&amp;", "&")
        done = served.api("GET", f"/api/scores/{score.id}?{query}")
        assert done.status == 200, (score.id, done.text)
        assert done.json["result"] is not None, score.id
