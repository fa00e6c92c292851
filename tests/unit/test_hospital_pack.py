"""The example folder of a hospital: what it may add and change, and what it may not in silence."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from pathlib import Path

import pytest

import bonemets
from bonemets.api import Knowledge, check_knowledge
from bonemets.errors import KnowledgeError
from bonemets.expression import Node, parse
from bonemets.model import Assessment
from bonemets.pack.check import check
from bonemets.pack.widening import widens
from bonemets.proof.examples import Replay
from bonemets.renderers.html import render as page
from bonemets.renderers.text import render as text
from small_pack import FILES, edited, load, small_pack, texts

RESIDUAL = "emergencies/large_post_void_residual.yaml"
SIGNS = b"""bonemets: case/1
index_date: 2026-03-02
patient: {age: 60 a, cancer: current, limb_weakness: yes, post_void_residual: 160 mL}
"""


@pytest.fixture(scope="module")
def folder(root: Path) -> Path:
    return root / "examples" / "hospital_pack"


@pytest.fixture(scope="module")
def theirs(folder: Path) -> Knowledge:
    return bonemets.load_pack(folder)


@pytest.fixture
def own(folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(folder, tmp_path / "own"))


def assessed(record: Path | bytes, knowledge: Knowledge | None, day: dt.date) -> Assessment:
    return bonemets.assess(bonemets.read(record, knowledge, name="record"), knowledge, run_date=day)


def result(assessment: Assessment, alert: str) -> str | None:
    return next((x.result for x in assessment.alerts if x.id == alert), None)


def rewrite(folder: Path, file: str, before: str, after: str) -> None:
    written = (folder / file).read_text("utf-8")
    assert written.count(before) >= 1
    (folder / file).write_text(written.replace(before, after), "utf-8")


def test_the_example_folder_holds_and_weakens_nothing(theirs: Knowledge) -> None:
    assert theirs.pack.weaker == ()
    replay = Replay(theirs.pack)
    for identity in ("large_post_void_residual", "tell_acute_oncology"):
        item = theirs.pack.alerts[identity]
        assert [str(f) for e in item.examples for f in replay.one(identity, item, e)] == []


def test_its_telephone_numbers_stand_beside_the_actions(theirs: Knowledge, root: Path) -> None:
    said = assessed(
        root / "examples" / "cord_compression_prostate.yaml", theirs, dt.date(2026, 3, 9)
    )
    number = "01632 960 011 (day and night)"
    assert f"Call the cord compression coordinator now: {number}" in text(said)
    assert f"Call the cord compression coordinator now: {number}" in page(said)
    contacts = {a.id: a.contact for x in said.alerts for a in x.actions}
    assert contacts["call_mscc_coordinator"] == number
    assert contacts["immobilise_spine"] is None


def test_its_threshold_fires_earlier_and_is_named_by_nobody(theirs: Knowledge) -> None:
    day = dt.date(2026, 3, 2)
    assert result(assessed(SIGNS, None, day), "large_post_void_residual") is None
    said = assessed(SIGNS, theirs, day)
    assert result(said, "large_post_void_residual") == "yes"
    assert said.knowledge.weaker == ()


def test_a_later_threshold_is_refused_and_once_allowed_named(own: Path) -> None:
    rewrite(own, RESIDUAL, "post_void_residual >= 150", "post_void_residual >= 250")
    with pytest.raises(KnowledgeError) as refused:
        check_knowledge(own)
    assert [(f.code, f.line) for f in refused.value.faults] == [("weaker", 8)]
    allowed = bonemets.load_pack(own, allow_weaker=True)
    sentence = "`large_post_void_residual` holds under another condition."
    assert allowed.pack.weaker == (sentence,)
    said = assessed(SIGNS, allowed, dt.date(2026, 3, 2))
    assert sentence in " ".join(text(said).split())
    assert "large_post_void_residual" in page(said)


def phosphate(said: Assessment) -> float | None:
    return next(x.value.low for x in said.numbers if x.id == "phosphate")


def test_a_value_without_a_unit_is_read_in_the_unit_declared_for_its_source(
    theirs: Knowledge, root: Path
) -> None:
    record, day = root / "examples" / "hypercalcaemia_breast.json", dt.date(2026, 2, 12)
    ours, said = assessed(record, None, day), assessed(record, theirs, day)
    assert phosphate(ours) is None  # anything: set aside, not guessed
    assert phosphate(said) == 0.71
    sentence = (
        "Values that the laboratory of the example hospital sends without a unit are read in the "
        "units declared for it: 14879-1 in mmol/L."
    )
    assert sentence in said.assumptions
    assert sentence not in ours.assumptions
    assert sentence in " ".join(text(said).split())
    (fact,) = next(x.facts for x in said.numbers if x.id == "phosphate")
    assert "unit mmol/L as declared for the laboratory" in fact.events[0].detail


def test_a_unit_is_declared_for_one_source_and_one_code_only(theirs: Knowledge, root: Path) -> None:
    bundle = json.loads((root / "examples" / "hypercalcaemia_breast.json").read_text("utf-8"))
    for entry in bundle["entry"]:
        if entry["resource"].get("id") == "phosphate-without-unit":
            entry["resource"]["meta"]["source"] = "https://another.example"
    said = assessed(json.dumps(bundle).encode(), theirs, dt.date(2026, 2, 12))
    assert phosphate(said) is None
    assert not [x for x in said.assumptions if "declared" in x]


@pytest.mark.parametrize(
    ("file", "before", "after", "code", "line"),
    [
        ("telephone_numbers.yaml", "call_mscc_coordinator", "call_mscc_cordinator",
         "unknown-action", 4),
        ("telephone_numbers.yaml", "01632 960 011", "give 16 mg of it", "bad-contact", 4),
        ("hospital_laboratory.yaml", "[14879-1]", "[14879-1, 14879-1]", "duplicate-code", 5),
        ("hospital_laboratory.yaml", "14879-1", "99999-9", "unknown-code", 5),
        ("hospital_laboratory.yaml", "unit: mmol/L", "unit: Cel", "unknown-unit", 5),
    ],
)  # fmt: skip
def test_what_a_hospital_declares_is_checked(
    own: Path, file: str, before: str, after: str, code: str, line: int
) -> None:
    rewrite(own, file, before, after)
    with pytest.raises(KnowledgeError) as refused:
        check_knowledge(own)
    assert [(f.file, f.code, f.line) for f in refused.value.faults] == [(file, code, line)]


def tree(condition: str) -> Node:
    return parse(condition, small_pack().symbols(), want="boolean", entity="patient")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("calcium >= 2.6", "calcium >= 2.5"),
        ("calcium > 2.6", "calcium >= 2.6"),
        ("calcium < 2.0", "calcium < 2.1"),
        ("calcium <= 2.0", "calcium <= 2.0"),
        ("cancer in {current}", "cancer in {current, past}"),
        ("confusion", "confusion or calcium >= 2.6"),
        ("confusion and calcium >= 2.6", "calcium >= 2.6"),
        (
            "confusion and (cancer in {past} or calcium >= 2.6)",
            "(calcium >= 2.4 or cancer in {past}) and confusion",
        ),
        ("not calcium < 2.6", "not calcium < 2.5"),
        ("2.0 <= calcium < 2.6", "1.9 <= calcium < 2.7"),
        ("confusion or cancer in {past}", "cancer in {past} or calcium > 3 or confusion"),
    ],
)
def test_a_condition_that_lets_more_through_is_wider_and_not_the_other_way_round(
    before: str, after: str
) -> None:
    assert widens(tree(before), tree(after))
    if tree(before) != tree(after):
        assert not widens(tree(after), tree(before))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("calcium >= 2.6", "calcium <= 2.6"),
        ("calcium >= 2.6", "potassium >= 2.6"),
        ("confusion", "cancer in {past}"),
        ("confusion", "not confusion"),
        ("confusion or cancer in {past}", "confusion"),
        ("cancer in {current, past}", "cancer in {current}"),
    ],
)
def test_another_condition_is_not_wider(before: str, after: str) -> None:
    assert not widens(tree(before), tree(after))


def laid(*folders: dict[str, str]) -> tuple[str, ...]:
    """What folders laid over the small pack weaken, as they are named."""
    texts_of = [t for n, files in enumerate((FILES, *folders)) for t in texts(files, n)]
    return check(load(texts_of), allow_weaker=True).weaker


def test_a_narrowing_is_named_also_where_a_folder_between_uses_a_name_of_its_own() -> None:
    watch = FILES["watch.yaml"]
    own = """\
variables: own
title: Own
list:
  own_sign: {title: sign, type: boolean, ask: Is there the sign?}
"""
    wide = watch.replace("calcium >= 2.6", "calcium >= 2.6 or own_sign", 1)
    narrow = watch.replace("calcium >= 2.6", "calcium >= 5.9 and own_sign", 1)
    narrow = narrow.replace("{calcium: 2.6 mmol/L}", "{calcium: 5.9 mmol/L, own_sign: yes}")
    between = {"variables/own.yaml": own, "watch.yaml": wide}
    assert laid(between) == ()
    named = laid(between, {"watch.yaml": narrow})
    assert sum("`watch` holds under another condition" in x for x in named) == 1


def test_a_number_that_a_later_folder_changes_is_named_and_counts() -> None:
    first = "contacts: numbers\ntitle: One\nlist:\n  call_team: {telephone: 01632 960 011}\n"
    second = first.replace("011", "012")
    folders = ({"numbers.yaml": first}, {"numbers.yaml": second})
    assert any("has another telephone number" in x for x in laid(*folders))
    texts_of = [t for n, files in enumerate((FILES, *folders)) for t in texts(files, n)]
    pack = check(load(texts_of), allow_weaker=True)
    found = pack.contact("call_team")
    assert found is not None
    assert found.telephone == "01632 960 012"


def test_units_that_a_later_folder_declares_otherwise_are_named() -> None:
    first = """\
units_of_source: laboratory
title: the laboratory
source: https://laboratory.example
units:
  - {loinc: [2000-8], unit: mmol/L}
reviewed_by: []
"""
    read = "molar_mass: 40.08\n    codes: [{loinc: [2000-8]}]"
    basic = edited("variables/basic.yaml", "molar_mass: 40.08", read)
    ours = texts({**FILES, "variables/basic.yaml": basic})
    for second, named in ((first, 0), (first.replace("mmol/L", "mg/dL"), 1)):
        folders = [{"laboratory.yaml": first}, {"laboratory.yaml": second}]
        more = [t for n, files in enumerate(folders, 1) for t in texts(files, n)]
        weaker = check(load([*ours, *more]), allow_weaker=True).weaker
        assert sum("declares other units" in x for x in weaker) == named
