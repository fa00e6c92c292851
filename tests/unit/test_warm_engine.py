"""What an engine keeps for the next patient holds nothing of the one before."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

import bonemets
from bonemets.api import Knowledge
from bonemets.assess import assess
from bonemets.engine import Engine
from bonemets.proof.cases import Case, read, run

CASES = Path(__file__).parents[1] / "knowledge" / "cases"
EVERY = 15
"""Which of the cases are assessed: every so manieth."""


def fresh(used: Knowledge) -> Engine:
    """An engine that has assessed nobody."""
    return Engine.from_program(used.pack, used.engine.program, used.engine.trees.edges())


def said(engine: Engine, case: Case) -> bytes:
    """The assessment of a case, to the byte."""
    one = run(engine, engine.pack, case)
    return msgspec.json.encode(assess(engine, one.record, one.moment))


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    return [read(path) for path in sorted(CASES.glob("*.yaml"))[::EVERY]]


def test_who_was_assessed_before_changes_nothing(cases: list[Case]) -> None:
    used = bonemets.load_pack()
    warm, back = fresh(used), fresh(used)
    forth = [said(warm, case) for case in cases]
    assert [said(back, case) for case in reversed(cases)] == forth[::-1]
    assert [said(warm, case) for case in cases] == forth
    assert [said(fresh(used), case) for case in cases[::3]] == forth[::3]


def test_truths_of_the_program_and_those_worked_out_for_explaining_are_the_same(
    cases: list[Case],
) -> None:
    used = bonemets.load_pack().engine
    alone = fresh(bonemets.load_pack())
    assert used.run_inner is not None and alone.run_inner is None
    assert [said(used, case) for case in cases] == [said(alone, case) for case in cases]


def test_what_an_engine_keeps_was_written_for_nobody(cases: list[Case]) -> None:
    engine = fresh(bonemets.load_pack())
    lineage = engine.lineage
    for case in cases:
        said(engine, case)
    assert not any(engine.silent().recorded.values())
    sections = (clauses for option in lineage.clauses.values() for clauses in option.values())
    unheard = [made.unheard for section in sections for made in section if made.unheard is not None]
    assert len(unheard) > 100
    assert all(reason.lesion is None for clause in unheard for reason in clause.why)
    asked = [x for alert in engine.pack.alerts for x in lineage.actions[alert]]
    settled = [x.settled for x in asked if x.settled is not None]
    assert len(settled) > 50
    assert not any(x.due or x.only_if or x.unless or x.stopped or x.contact for x in settled)
