"""Every fault planted into the shipped knowledge is named by its code, at its place, alone."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import bonemets
from bonemets.errors import Fault, KnowledgeError
from bonemets.pack.check import check
from bonemets.pack.load import ONLY, Text, join, read
from knowledge.plantings import PLANTERS, Planting, parts, plantings

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


NEEDS_ANOTHER_FILE = {"bands-differ", "lesion-variable", "not-recorded"}
"""Faults that are told only where what they name elsewhere is sound."""
TAKES_ITS_FILE_ALONG = {
    "bad-key",
    "bad-name",
    "cycle",
    "empty",
    "file-name",
    "missing-key",
    "not-text",
    "not-yaml",
    "several-documents",
    "too-deep",
    "unknown-kind",
    "yaml-alias",
    "yaml-tag",
}
"""Faults after which an item is not there, so that what it would have said is not told."""

AT_LEAST = 200
"""Faults planted in every run: together where they lie apart, the first of each operator alone."""


def lone(planting: Planting) -> bool:
    """Whether nothing follows from it elsewhere, and nothing elsewhere can hide it."""
    whole = {*TAKES_ITS_FILE_ALONG, *NEEDS_ANOTHER_FILE}
    return bool(
        planting.line and not planting.also and not planting.there and planting.code not in whole
    )


def rounds() -> list[list[Planting]]:
    """The lone plantings, in each round at most one of a file."""
    found: list[dict[str, Planting]] = []
    for planting in filter(lone, PLANTED):
        free = next((r for r in found if planting.file not in r), None)
        if free is None:
            found.append(free := {})
        free[planting.file] = planting
    return [list(r.values()) for r in found]


@pytest.mark.parametrize("together", rounds(), ids=lambda r: f"{len(r)} plantings")
def test_faults_planted_in_many_files_are_all_told_at_once_and_no_other(
    together: list[Planting],
) -> None:
    found = faults_of({p.file: p.text for p in together})
    told = [(f.file, f.line, f.column, f.code) for f in found]
    wanted = {(p.file, p.line, p.column, p.code) for p in together}
    assert wanted - set(told) == set()
    assert set(told) - wanted == set()
    assert found == sorted(found)


def some() -> list[Any]:
    """Every planting alone: in every run the first of each operator whose are not lone."""
    quick = {p.operator: p.name for p in reversed(PLANTED) if not lone(p)}
    names = set(quick.values())
    return [pytest.param(p, marks=() if p.name in names else (pytest.mark.slow,)) for p in PLANTED]


def test_enough_is_planted_in_every_run() -> None:
    alone = sum(not x.marks for x in some())
    assert sum(map(len, rounds())) + alone >= AT_LEAST


@pytest.mark.parametrize("planting", some(), ids=lambda p: p.name)
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


# --- no code is forgotten ------------------------------------------------------------------------

NOT_PLANTED = {
    "empty-expression": "an empty text is refused as such before it is read as an expression",
    "not-printed": "hangs on the words of a result (tests/unit/test_check.py)",
    "missing-file": "is the fault of a folder without a scope or terms (tests/unit/test_check.py)",
    "no-knowledge": "is the fault of a folder, not of a text (tests/unit/test_check.py)",
    "too-many-files": "is the fault of a folder, not of a text (tests/unit/test_check.py)",
    "bad-contact": "is the fault of a folder laid over ours (tests/unit/test_hospital_pack.py)",
    "words-only": "is the fault of a folder laid over ours (test_disagreements.py)",
    "unknown-disagreement": "is the fault of a folder laid over ours (test_disagreements.py)",
    "unknown-code": "is the fault of a folder laid over ours (tests/unit/test_hospital_pack.py)",
    "kind-misses-code": "hangs on the codes of another variable (tests/unit/test_check.py)",
    "finer-edge": "is the fault of a folder laid over ours (tests/unit/test_overlay.py)",
    "not-reviewed": "is the fault of a folder laid over ours (tests/unit/test_translation.py)",
    "weaker": "is the fault of a folder laid over ours (tests/unit/test_overlay.py)",
    **dict.fromkeys(
        ("mixed-entities", "other-words", "unknown-folder", "untold-branch", "unused-words"),
        "hangs on the words of clauses, or is of the one letter (tests/unit/test_letter.py)",
    ),
}
"""Codes that no planting gives, each with the reason."""
MAKERS = {"fault", "Fault", "fail", "problem", "Problem", "refuse", "wrong", "Note", "inside"}
"""What makes a fault, a code among its arguments."""
CODE = re.compile(r"[a-z]+(?:-[a-z]+)*")


@cache
def codes() -> frozenset[str]:
    """Every code that stands in the source of the loader."""
    home = Path(bonemets.__file__).parent
    modules = [*(home / "pack").glob("*.py"), home / "documents.py", home / "expression.py"]
    return frozenset(code for module in modules for code in codes_of(module))


def codes_of(module: Path) -> Iterator[str]:
    tree = ast.parse(module.read_text())
    named = {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Constant)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call):
            continue
        name = getattr(call.func, "attr", getattr(call.func, "id", ""))
        if name not in MAKERS:
            continue
        for argument in call.args:
            branches = (
                [argument.body, argument.orelse] if isinstance(argument, ast.IfExp) else [argument]
            )
            for branch in branches:
                value = (
                    branch.value
                    if isinstance(branch, ast.Constant)
                    else named.get(branch.id, "")
                    if isinstance(branch, ast.Name)
                    else ""
                )
                if isinstance(value, str) and value not in ONLY and CODE.fullmatch(value):
                    yield value


def test_every_code_of_the_loader_is_planted_or_has_a_reason() -> None:
    assert {"cycle", "weaker", "bands-gap", "unknown-level", "yaml-tag"} <= codes()
    planted = {p.code for p in PLANTED}
    assert codes() - planted == set(NOT_PLANTED)
    assert planted <= codes()


def test_every_operator_plants_something_and_there_are_many() -> None:
    used = {p.operator for p in PLANTED}
    assert set(PLANTERS) - used == set()
    assert len(PLANTED) >= 200
    assert len({p.name + p.text for p in PLANTED}) == len(PLANTED)
    assert len({p.file for p in PLANTED}) >= 60
