"""Every fault planted into the shipped knowledge is named by its code, at its place, alone."""

from __future__ import annotations

import re

import pytest

from bonemets.errors import Fault, KnowledgeError
from bonemets.pack.check import check
from bonemets.pack.load import Text, join, read
from knowledge.plantings import Planting, parts, plantings

PLANTED = list(plantings())


def faults_of(changes: dict[str, str]) -> list[Fault]:
    """Every fault of our knowledge with whole files replaced; the others are read once."""
    changed = {name: read(Text(0, name, text.encode())) for name, text in changes.items()}
    try:
        check(join({**parts(), **changed}.values(), ""))
    except KnowledgeError as error:
        return list(error.faults)
    return []


def test_without_a_planting_there_is_no_fault() -> None:
    assert faults_of({}) == []


@pytest.mark.parametrize("planting", PLANTED, ids=lambda p: p.name)
def test_a_planted_fault_is_named_at_its_place_and_no_other(planting: Planting) -> None:
    found = faults_of({planting.file: planting.text})
    shown = "\n".join(map(str, found))
    place = (planting.file, planting.line, planting.column, planting.code)
    here = [f for f in found if (f.file, f.line, f.column, f.code) == place]
    assert len(here) == 1, shown
    assert planting.there in here[0].message, shown
    assert all(says_what_and_what_mends(f) for f in found), shown
    others = {f.code for f in found if f not in here}
    assert others <= planting.also, shown


def says_what_and_what_mends(fault: Fault) -> bool:
    """Two sentences, or one that names what is wanted."""
    sentences = re.findall(r"[.?](?:\s|$)", fault.message)
    wanted = " wanted here" in fault.message
    return fault.message[-1] in ".?…" and (len(sentences) >= 2 or wanted)
