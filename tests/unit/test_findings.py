"""Findings alone are those of the assessment: nothing is lost, and nothing else is said."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import msgspec
import pytest
from jsonschema import Draft202012Validator

import bonemets
from bonemets.assess import Writer
from bonemets.model import Assessment, Findings, Record
from bonemets.proof.cases import read, run
from bonemets.renderers import json as as_json

CASES = Path(__file__).parents[1] / "knowledge" / "cases"
NAMES = sorted(path.stem for path in CASES.glob("*.yaml"))
SHARED = {
    *("record", "index_date", "index_note", "assumptions", "knowledge", "notice", "scope"),
    *("lesions", "lesions_complete", "set_aside", "not_understood", "not_counted", "ignored"),
}
"""What an assessment and its findings alone say in the same words."""


@cache
def knowledge() -> bonemets.Knowledge:
    return bonemets.load_pack()


def both(name: str) -> tuple[Assessment, Findings]:
    one = run(knowledge().engine, knowledge().pack, read(CASES / f"{name}.yaml"))
    return Writer(one).assessment(questions=False), Writer(one).findings()


def same(whole: Assessment, alone: Findings) -> None:
    """Hold the two to each other."""
    for name in SHARED:
        assert getattr(whole, name) == getattr(alone, name), name
    assert (whole.urgency.at_least, whole.urgency.at_most) == (
        alone.urgency.at_least,
        alone.urgency.at_most,
    )

    def told(findings: tuple[msgspec.Struct, ...], *names: str) -> list[tuple[object, ...]]:
        each = [tuple(getattr(x, n) for n in ("id", "title", "lesion", *names)) for x in findings]
        return sorted(each, key=repr)

    for kind, names in {
        "alerts": ("result", "urgency"),
        "scores": ("result", "value", "unit", "scale", "bands"),
        "investigations": ("result",),
        "options": ("status", "statuses"),
    }.items():
        assert told(getattr(whole, kind), *names) == told(getattr(alone, kind), *names), kind


@pytest.mark.parametrize(
    "name", [pytest.param(x, marks=[pytest.mark.slow] * bool(n % 4)) for n, x in enumerate(NAMES)]
)
def test_they_are_those_of_the_whole_assessment(name: str) -> None:
    same(*both(name))


def test_they_are_those_of_the_examples_and_the_most_urgent_comes_first(root: Path) -> None:
    for path in ("cord_compression_prostate.yaml", "hypercalcaemia_breast.json"):
        record = bonemets.read(root / "examples" / path)
        alone = bonemets.findings(record, knowledge())
        same(bonemets.assess(record, knowledge(), questions=False), alone)
        assert alone.alerts[0].result == "yes"
        assert alone.alerts[0].urgency == alone.urgency.at_least
        assert alone.scores and alone.investigations and alone.options


def test_nothing_is_found_for_whom_it_is_not_meant() -> None:
    """Of a record without a cancer, and of one that says that the patient is dead."""
    silent = Record(name="silent", events=(), index_date=20_000)
    alone = bonemets.findings(silent, knowledge())
    same(bonemets.assess(silent, knowledge()), alone)
    assert not alone.scope.open
    assert (alone.scores, alone.investigations, alone.options) == ((), (), ())
    text = "bonemets: case/1\nindex_date: 2026-02-01\npatient: {cancer: current, deceased: yes}\n"
    dead = bonemets.read(text.encode(), knowledge())
    alone = bonemets.findings(dead, knowledge())
    same(bonemets.assess(dead, knowledge()), alone)
    assert alone.scope.dead == "yes"
    assert (alone.alerts, alone.investigations, alone.options) == ((), (), ())


def test_lists_taken_as_complete_are_named(root: Path) -> None:
    record = bonemets.read(root / "examples" / "hypercalcaemia_breast.json")
    alone = bonemets.findings(record, knowledge(), assume_complete=["medications"])
    same(bonemets.assess(record, knowledge(), assume_complete=["medications"]), alone)
    assert any("medications" in x for x in alone.assumptions)


def test_their_json_has_the_shape_that_is_described(root: Path) -> None:
    record = bonemets.read(root / "examples" / "cord_compression_prostate.yaml")
    schema = as_json.findings_schema()
    Draft202012Validator.check_schema(schema)
    said = msgspec.json.decode(as_json.compact(bonemets.findings(record, knowledge())))
    Draft202012Validator(schema).validate(said)
    assert (said["bonemets"], list(schema["required"])) == (as_json.FINDINGS, list(said))
    assert not Draft202012Validator(schema).is_valid(said | {"urgency": {"at_least": "soon"}})
    assert schema["$defs"]["AlertResult"]["properties"]["lesion"]["description"]
