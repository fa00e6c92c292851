"""The next best question: what each answer settles is what the program says once it is given."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

import bonemets
from bonemets.api import index_day
from bonemets.assess import Writer
from bonemets.program import Facts
from bonemets.proof.cases import read as read_case
from bonemets.question import Candidate, Target, rank
from bonemets.values import FALSE, SURE, TRUE
from bonemets.writing.questions import URGENT

ROOT = Path(__file__).parents[2]
CASES = sorted((ROOT / "tests" / "knowledge" / "cases").glob("*.yaml"))
RECORDS = ("cord_compression_prostate.yaml", "hypercalcaemia_breast.json")


@pytest.fixture(scope="module", params=RECORDS)
def writer(request: pytest.FixtureRequest) -> Writer:
    record = bonemets.read(ROOT / "examples" / request.param)
    day = index_day(record, None, 20_800)[0]
    return Writer(bonemets.load_pack().engine.run_one(record, day * 86_400 + 86_399))


def writer_of_case(path: Path) -> Writer:
    case = read_case(path)
    data = f"# {case.case}\n{json.dumps(case.record)}".encode()
    record = bonemets.read(data, name=path.name, index_date=case.index_date)
    day = index_day(record, None, 20_800)[0]
    return Writer(bonemets.load_pack().engine.run_one(record, day * 86_400 + 86_399))


def open_targets(writer: Writer) -> list[Target]:
    """Every alert, option and score of the patient or a lesion, open or not."""
    found: list[Target] = []
    for key, result in writer.engine.results.items():
        if key[0] in ("alert", "option") or (key[0] == "score" and key[-1] == "band"):
            lesions = (None,) if result.entity == "patient" else range(writer.one.operations.n)
            found += [Target(key, j, 1.0) for j in lesions]
    return found


def answered(writer: Writer, asked: Candidate, answer: Any) -> tuple[Any, ...]:
    """The registers of this one patient with the answer given, computed on scalars."""
    facts: Facts = copy.deepcopy(writer.one.facts)
    entry = writer.engine.program.inputs[asked.name]
    of_lesion = asked.lesion is not None

    def put(column: list[Any], slot: int, value: Any) -> None:
        if of_lesion:
            column, slot = column[slot], asked.lesion
        column[slot] = value

    if entry.kind in ("boolean", "level"):
        put(facts.lesion_masks if of_lesion else facts.masks, entry.slot, answer)
    else:
        put(facts.lesion_lows if of_lesion else facts.lows, entry.slot, answer)
        put(facts.lesion_highs if of_lesion else facts.highs, entry.slot, answer)
    if entry.state is not None:
        put(facts.lesion_states if of_lesion else facts.states, entry.state, SURE)
    return writer.engine.run(writer.one.operations, facts)


def settled(writer: Writer, target: Target, registers: tuple[Any, ...]) -> Any:
    """To what a result is settled; None where it is open."""
    found = writer.one.result(*target.key, registers=registers)
    found = found if target.lesion is None else found[target.lesion]
    if isinstance(found, tuple):
        return found[0] if found[0] != found[1] else None
    return found.bit_length() - 1 if found & (found - 1) == 0 else None


def test_each_answer_settles_what_the_program_settles_once_it_is_given(writer: Writer) -> None:
    targets = open_targets(writer)
    inputs = writer.engine.program.inputs
    candidates: list[Candidate] = []
    for entity in ("patient", "lesion"):
        names = tuple(n for n, entry in inputs.items() if entry.entity == entity)
        found = writer.candidates(dict.fromkeys(targets, names), frozenset())
        assert len(found) > 10, entity
        candidates += found
    one = writer.one
    ranked = rank(
        writer.engine.program, writer.engine.run, one.facts, one.operations, candidates, targets
    )
    assert len(ranked) == len(candidates)
    for r in ranked:
        for answer, told in zip(r.candidate.answers, r.settles, strict=True):
            registers = answered(writer, r.candidate, answer)
            expected = [(i, settled(writer, t, registers)) for i, t in enumerate(targets)]
            assert [(s.target, s.to) for s in told] == [x for x in expected if x[1] is not None]
        each = {told: len(told) for told in r.settles}  # answers that settle the same count once
        assert r.worth == sum(each.values()) / len(each)
    assert [r.worth for r in ranked] == sorted((r.worth for r in ranked), reverse=True)


def test_a_question_is_worth_what_it_settles_on_average(writer: Writer) -> None:
    alert = Target(("alert", "cauda_equina_signs"), None, 32.0)
    asked = [Candidate("urinary_retention", None, (TRUE, FALSE))]
    one = writer.one
    (found,) = rank(
        writer.engine.program, writer.engine.run, one.facts, one.operations, asked, [alert]
    )
    assert found.worth == 16.0
    assert [[s.to for s in told] for told in found.settles] == [[True], []]


def test_where_nothing_is_open_nothing_is_asked(writer: Writer) -> None:
    one, engine = writer.one, writer.engine
    assert rank(engine.program, engine.run, one.facts, one.operations, [], []) == []


def test_the_questions_say_what_their_answers_change(writer: Writer) -> None:
    alerts = tuple(writer.alerts())
    questions = writer.questions(alerts, writer.options(), writer.scores())
    assert 3 <= len(questions) <= 8
    titles = {a.title for a in alerts}
    for question in questions:
        assert question.ask.endswith("?")
        assert question.settles
        assert question.answers
        assert all(answer.then for answer in question.answers)
    assert any(
        then.split(":")[0] in titles for q in questions for x in q.answers for then in x.then
    )


@pytest.mark.slow
def test_while_an_alert_of_today_holds_what_decides_on_such_alerts_is_asked_first() -> None:
    """In every whole-patient case: nothing that is less urgent stands before it."""
    mixed = 0
    for path in CASES:
        found = writer_of_case(path)
        alerts = tuple(found.alerts())
        urgent = [a for a in alerts if a.urgency in URGENT]
        waiting = {a.id for a in urgent if a.result == "unknown" and a.asked}
        if not waiting or not any(a.result == "yes" for a in urgent):
            continue
        if not found.gate_open or found.dead():
            continue
        questions = found.questions(alerts, found.options(), found.scores())
        decides = [not waiting.isdisjoint(q.settles) for q in questions]
        assert decides == sorted(decides, reverse=True), path.name
        mixed += any(decides) and not all(decides)
    assert mixed > 5
