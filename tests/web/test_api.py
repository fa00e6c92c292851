"""The REST API gives what the program gives, described by its OpenAPI document."""

from __future__ import annotations

import http.client
import json
import time
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

import bonemets
from bonemets.renderers import json as as_json
from served import Served

RECORDS = ("cord_compression_prostate.yaml", "hypercalcaemia_breast.json")


@pytest.mark.parametrize("name", RECORDS)
def test_it_assesses_as_the_program_does(served: Served, root: Path, name: str) -> None:
    data = (root / "examples" / name).read_bytes()
    answer = served.api("POST", "/api/assess", data)
    assert answer.status == 200
    expected = as_json.render(bonemets.assess(bonemets.read(data, name="record")))
    assert answer.json == json.loads(expected)


@pytest.mark.parametrize("name", RECORDS)
def test_it_gives_the_findings_alone(served: Served, root: Path, name: str) -> None:
    data = (root / "examples" / name).read_bytes()
    alone = served.api("POST", "/api/findings", data)
    assert alone.status == 200
    expected = as_json.compact(bonemets.findings(bonemets.read(data, name="record")))
    assert alone.json == json.loads(expected)
    whole = served.api("POST", "/api/assess", data)
    assert 20 * len(alone.body) < len(whole.body)
    described = served.api("GET", "/openapi.json").json
    schema = {
        **described["components"]["schemas"]["Findings"],
        "components": described["components"],
    }
    Draft202012Validator(schema).validate(alone.json)
    query = "index_date=2026-02-12&assume_complete=medications"
    asked = served.api("POST", f"/api/findings?{query}", data).json
    assert asked["index_date"] == "2026-02-12"
    assert any("medications" in x for x in asked["assumptions"])
    refused = served.api("POST", "/api/findings", "bonemets: case/1\npatient: {agge: 60 a}\n")
    assert (refused.status, refused.json["faults"][0]["line"]) == (422, 2)
    assert served.api("POST", "/api/findings?index_date=12.2.26", data).status == 400


def test_small_answers_on_one_connection_do_not_wait_for_each_other(served: Served) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=60)
    took: list[float] = []
    for _ in range(30):
        began = time.monotonic()
        connection.request("GET", "/healthz")
        assert connection.getresponse().read()
        took.append(time.monotonic() - began)
    connection.close()
    assert min(took[10:]) < 0.03  # an acknowledgement is held back for 0.04 s


def test_index_date_and_complete_lists_are_taken(served: Served, root: Path) -> None:
    data = (root / "examples" / RECORDS[1]).read_bytes()
    query = "index_date=2026-02-12&assume_complete=medications"
    found = served.api("POST", f"/api/assess?{query}", data).json
    assert found["index_date"] == "2026-02-12"
    assert any("medications" in x for x in found["assumptions"])
    for wrong in ("index_date=12.2.26", "assume_complete=nothing"):
        answer = served.api("POST", f"/api/assess?{wrong}", data)
        assert (answer.status, answer.json["status"]) == (400, 400)


def test_a_fault_of_a_case_file_is_told_with_its_place(served: Served) -> None:
    answer = served.api("POST", "/api/assess", "bonemets: case/1\npatient: {agge: 60 a}\n")
    assert answer.status == 422
    (fault,) = answer.json["faults"]
    assert (fault["line"], fault["code"]) == (2, "unknown-variable")


def test_it_reads_a_record(served: Served, root: Path) -> None:
    data = (root / "examples" / RECORDS[0]).read_bytes()
    found = served.api("POST", "/api/read", data).json
    assert any(x["variable"] == "creatinine" and x["known"] for x in found["facts"])


def test_scores_are_found_by_words_and_worked_out(served: Served) -> None:
    listed = served.api("GET", "/api/scores?q=spinal+instability").json
    assert [x["id"] for x in listed] == ["sins"]
    answers = {
        "spine_junction": "junctional",
        "spine_pain": "mechanical",
        "lesion_quality": "lytic",
        "spine_alignment": "subluxation",
        "body_collapse": "over_half",
        "posterolateral": "bilateral",
    }
    query = "&".join(f"l.0.{k}={v}" for k, v in answers.items())
    done = served.api("GET", f"/api/scores/sins?{query}").json["result"]
    assert (done["value"], done["bands"]) == ({"low": 18.0, "high": 18.0}, ["unstable"])
    part = served.api("GET", "/api/scores/sins?l.0.spine_junction=junctional").json["result"]
    assert part["value"] == {"low": 3.0, "high": 18.0}
    assert served.api("GET", "/api/scores/nothing").status == 404
    wrong = served.api("GET", "/api/scores/sins?l.0.spine_junction=nowhere")
    assert (wrong.status, list(wrong.json["fields"])) == (422, ["l.0.spine_junction"])


def test_the_knowledge_is_listed_and_an_item_shown(served: Served) -> None:
    listed = served.api("GET", "/api/knowledge").json
    assert {"id": "sins", "kind": "score"}.items() <= next(
        x for x in listed["items"] if x["id"] == "sins"
    ).items()
    assert served.api("GET", "/api/knowledge/sins").json["kind"] == "score"
    assert served.api("GET", "/api/knowledge/nothing").status == 404
    assert served.api("GET", "/version").json["hash"] == listed["hash"]
    assert served.ask("GET", "/healthz").json == {"status": "ok"}


def test_the_description_names_every_path_and_its_schema_holds(served: Served, root: Path) -> None:
    described = served.api("GET", "/openapi.json").json
    assert described["openapi"].startswith("3.1")
    for path, operations in described["paths"].items():
        for method in operations:
            plain = path.replace("{id}", "sins")
            body = b"" if method == "post" else None
            assert served.api(method.upper(), plain, body).status in (200, 422), path
    schema = {
        **described["components"]["schemas"]["Assessment"],
        "components": described["components"],
    }
    data = (root / "examples" / RECORDS[0]).read_bytes()
    Draft202012Validator(schema).validate(served.api("POST", "/api/assess", data).json)
