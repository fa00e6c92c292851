"""The schema for editors takes every file that the loader takes, and names what it refuses."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

import bonemets
from bonemets.documents import parse
from bonemets.pack.gaps import gaps
from bonemets.pack.load import HOME
from bonemets.pack.schema import schema
from small_pack import FILES, small_pack

FILES_OF_OURS = sorted(HOME.rglob("*.yaml"))


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    made = schema()
    Draft202012Validator.check_schema(made)
    return Draft202012Validator(made)


def read(text: str) -> Any:
    return parse(text, "file.yaml").value


@pytest.mark.parametrize("step", [7, pytest.param(1, marks=pytest.mark.slow)])
def test_every_file_of_the_knowledge_fits(validator: Draft202012Validator, step: int) -> None:
    """In every run one file of seven; each kind of item stands in many."""
    assert len(FILES_OF_OURS) > 100
    wrong = [
        f"{path.relative_to(HOME)}: {error.message[:200]}"
        for path in FILES_OF_OURS[::step]
        for error in validator.iter_errors(read(path.read_text(encoding="utf-8")))
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("risk.yaml", "applies:", "aplies:"),
        ("confused.yaml", "urgency: today", "urgency: sometime"),
        ("drug.yaml", "indicated:", "indicatd:"),
        ("variables/basic.yaml", "window: P7D", "window: [P7D]"),
        ("variables/basic.yaml", "minimum: 0\n", "minimum: none\n"),
        ("scope.yaml", "adult: age >= 18\n", ""),
        ("evidence/book.yaml", "year: 2020", "year: long ago"),
    ],
)
def test_what_no_item_may_hold_does_not_fit(
    validator: Draft202012Validator, file: str, old: str, new: str
) -> None:
    assert validator.is_valid(read(FILES[file]))
    assert old in FILES[file]
    assert not validator.is_valid(read(FILES[file].replace(old, new, 1)))


def test_the_gaps_of_a_small_pack_are_named() -> None:
    found = {gap.what: gap.where for gap in gaps(small_pack())}
    assert found["Items that no clinician has reviewed"] == (
        "apart",
        "calcium_class",
        "calcium_grade",
        "clash",
        "confused",
        "drug",
        "facts",
        "measure",
        "other",
        "rest",
        "risk",
        "watch",
    )
    assert found["Variables that no item uses"] == (
        "death_date",
        "drug_amount",
        "falls",
        "lesion_pain",
        "lesion_size",
        "other_drug",
        "potassium",
    )
    assert found["Sources without an address, a DOI or a PubMed number"] == ("book",)


def test_the_gaps_of_our_knowledge_are_counted_once_each() -> None:
    pack = bonemets.load_pack().pack
    for gap in gaps(pack):
        assert len(gap.where) == len(set(gap.where))
    by_name = {gap.what: gap.where for gap in gaps(pack)}
    unused = set(by_name["Variables that no item uses"])
    assert "limb_weakness" not in unused
    assert not unused & set(by_name["Variables of items that no code of a FHIR record fills"])
