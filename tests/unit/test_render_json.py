"""The JSON of an assessment: its published shape, its nulls, the same bytes every time."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from msgspec.structs import fields, replace

import bonemets
from bonemets.model import Assessment, Finding, Question
from bonemets.pack.items import SUMMARIES
from bonemets.renderers import json as as_json
from bonemets.renderers import words

EXAMPLES = Path(__file__).parents[2] / "examples"

# design.md, "Assessment (JSON, with a published schema), at least these paths"
PATHS = [
    "bonemets",
    "index_date",
    "assumptions[]",
    "knowledge.version",
    "knowledge.hash",
    "notice",
    "urgency.at_least",
    "urgency.at_most",
    "urgency.because",
    "urgency.ask",
    "alerts[]",
    "scores[]",
    "numbers[]",
    "investigations[]",
    "options[]",
    "plan[]",
    "outlook[]",
    "handouts[]",
    "questions[].variable",
    "questions[].ask",
    "questions[].settles",
    "set_aside[].where",
    "set_aside[].what",
    "set_aside[].why",
    "not_understood[].system",
    "not_understood[].code",
    "not_understood[].count",
    "options[].status",
    "options[].statuses",
    "options[].because",
    "alerts[].result",
    "scores[].result",
    "numbers[].result",
    "investigations[].result",
    "numbers[].value.low",
    "numbers[].value.high",
    "numbers[].unit",
    "scores[].value.low",
    "scores[].value.high",
    "scores[].unit",
    "scores[].bands",
]
OF_EVERY_FINDING = ("id", "title", "lesion", "why", "facts", "missing", "evidence")
KINDS = ("alerts", "scores", "numbers", "investigations", "options")
PATHS += [f"{kind}[].{key}" for kind in KINDS for key in OF_EVERY_FINDING]


@pytest.fixture(scope="module")
def calcium() -> Assessment:
    record = bonemets.read(EXAMPLES / "hypercalcaemia_breast.json")
    return bonemets.assess(record, run_date=dt.date(2026, 2, 12))


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    return Draft202012Validator(as_json.schema())


def case(patient: str) -> Assessment:
    text = f"bonemets: case/1\nindex_date: 2026-03-02\npatient: {{{patient}}}\n"
    return bonemets.assess(bonemets.read(text.encode()), run_date=dt.date(2026, 3, 2))


def shape_at(schema: dict[str, Any], path: str) -> dict[str, Any] | None:
    """Follow a path such as `questions[].ask` through a schema and its references."""
    here = schema
    for step in path.split("."):
        key = step.removesuffix("[]")
        here = here.get("properties", {}).get(key)
        if here is None:
            return None
        if step.endswith("[]"):
            here = here["items"]
        if "$ref" in here:
            here = schema["$defs"][here["$ref"].rsplit("/", 1)[1]]
    return here


@pytest.mark.parametrize("path", PATHS)
def test_the_schema_holds_every_path_that_is_promised(path: str) -> None:
    assert shape_at(as_json.schema(), path) is not None


def test_a_path_that_nobody_promised_is_not_found() -> None:
    assert shape_at(as_json.schema(), "alerts[].colour") is None


def test_every_key_of_the_schema_is_written(calcium: Assessment) -> None:
    """A reader may rely on every key: absent and null are not the same."""
    full = replace(
        calcium,
        questions=(Question(variable="confusion", ask="Is the patient confused?", settles=("x",)),),
    )
    schema, written = as_json.schema(), json.loads(as_json.render(full))

    def absent(shape: dict[str, Any], value: Any, where: str) -> list[str]:
        if "$ref" in shape:
            return absent(schema["$defs"][shape["$ref"].rsplit("/", 1)[1]], value, where)
        if isinstance(value, list):
            shapes = shape.get("prefixItems") or [shape["items"]] * len(value)
            parts = zip(shapes, value, strict=True)
            return [x for inner, one in parts for x in absent(inner, one, where + "[]")]
        if not isinstance(value, dict) or "properties" not in shape:
            return []
        assert set(shape["required"]) == set(shape["properties"]), where
        found = [f"{where}.{key}" for key in shape["properties"] if key not in value]
        for key, inner in shape["properties"].items():
            if key in value:
                found += absent(inner, value[key], f"{where}.{key}")
        return found

    assert [] == absent(schema, written, "")


def test_what_is_written_fits_the_schema(
    calcium: Assessment, validator: Draft202012Validator
) -> None:
    asked = Question(variable="confusion", ask="Is the patient confused?", settles=())
    for assessment in (
        calcium,
        replace(calcium, questions=(asked,)),
        case(""),
        case("age: 61 a, cancer: current"),
        case("age: 61 a, cancer: current, deceased: yes"),
        case("age: 11 a, cancer: current"),
    ):
        written = json.loads(as_json.render(assessment))
        assert [] == [x.message for x in validator.iter_errors(written)]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("urgency", "at_least"), "soon"),
        (("alerts", 0, "urgency"), "tomorrow"),
        (("alerts", 0, "result"), None),
        (("options", 0, "status"), "good"),
        (("options", 0, "because"), "somehow"),
        (("numbers", 0, "value", "low"), "3.1"),
        (("numbers", 0, "result"), "yes"),
        (("scores", 0, "trust"), "well known"),
        (("bonemets",), "assessment/2"),
        (("set_aside",), None),
    ],
)
def test_the_schema_refuses_what_is_no_assessment(
    path: tuple[str | int, ...], value: Any, calcium: Assessment, validator: Draft202012Validator
) -> None:
    wrong: Any = deepcopy(as_json.document(calcium))
    here = wrong
    for step in path[:-1]:
        here = here[step]
    here[path[-1]] = value
    assert not validator.is_valid(wrong)


def test_the_schema_asks_for_every_key_of_the_root(
    calcium: Assessment, validator: Draft202012Validator
) -> None:
    whole = as_json.document(calcium)
    for key in whole:
        assert not validator.is_valid({k: v for k, v in whole.items() if k != key}), key


def test_the_version_stands_first(calcium: Assessment) -> None:
    assert next(iter(json.loads(as_json.render(calcium)).items())) == ("bonemets", "assessment/1")


def test_an_end_without_bound_is_null(calcium: Assessment) -> None:
    numbers = {x["id"]: x for x in json.loads(as_json.render(calcium))["numbers"]}
    value = numbers["egfr_ckd_epi_2021"]["value"]  # `> 60` in the record
    assert value["high"] is None
    assert 60 < value["low"] < 60.001
    phosphate = numbers["phosphate"]["value"]  # no unit in the record
    assert phosphate == {"low": None, "high": None}


def test_an_urgency_that_no_alert_gives_is_null() -> None:
    urgency = json.loads(as_json.render(case("age: 61 a, cancer: current, deceased: yes")))[
        "urgency"
    ]
    assert (urgency["at_least"], urgency["at_most"]) == (None, None)


def test_an_open_urgency_has_its_most(calcium: Assessment) -> None:
    urgency = json.loads(as_json.render(case("age: 61 a, cancer: current")))["urgency"]
    assert (urgency["at_least"], urgency["at_most"]) == (None, "now")
    assert json.loads(as_json.render(calcium))["urgency"]["at_least"] == "now"


def test_nothing_of_the_assessment_is_left_out(calcium: Assessment) -> None:
    written = json.loads(as_json.render(calcium))
    assert set(written) == {"bonemets", *(x.name for x in fields(Assessment))}
    for kind in KINDS:
        finding: Finding
        for finding, found in zip(getattr(calcium, kind), written[kind], strict=True):
            assert {x.name for x in fields(finding)} <= set(found)
            assert finding.id == found["id"]


def test_every_status_has_its_words() -> None:
    assert set(SUMMARIES) == set(words.STATUSES)


def test_the_same_record_gives_the_same_bytes_in_every_process(calcium: Assessment) -> None:
    program = (
        "import datetime, sys, bonemets\n"
        "from bonemets.renderers import json, text\n"
        "a = bonemets.assess(bonemets.read(sys.argv[1]), run_date=datetime.date(2026, 2, 12))\n"
        "sys.stdout.reconfigure(encoding='utf-8')\n"
        "sys.stdout.write(json.render(a) + text.render(a))\n"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", program, str(EXAMPLES / "hypercalcaemia_breast.json")],
            env={**os.environ, "PYTHONHASHSEED": seed, "COLUMNS": columns, "NO_COLOR": ""},
            check=True,
            capture_output=True,
        ).stdout
        for seed, columns in (("1", "40"), ("2", "200"))
    }
    assert len(found) == 1
    assert found.pop().decode().startswith(as_json.render(calcium))
