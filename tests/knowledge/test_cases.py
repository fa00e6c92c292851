"""Whole-patient cases: histories written from the references, apart from the knowledge.

Each says everything that the assessment of one patient must and must not say; together they notice
most changes of an alert or a stop.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from msgspec.structs import replace

import bonemets
from bonemets.api import Knowledge
from bonemets.assess import assess
from bonemets.engine import One
from bonemets.pack.items import Alert, Option
from bonemets.pack.trust import behind_amount, licensed
from bonemets.proof.cases import Case, faults, notices, option_said, read, run
from bonemets.proof.mutants import Mutant, mutants
from bonemets.renderers.json import encoded

FOLDER = Path(__file__).parent / "cases"
NAMES = sorted(path.stem for path in FOLDER.glob("*.yaml"))
AT_LEAST = {"alert": 0.60, "option": 0.60}
"""The share of changes that they notice: of alerts, and of the stops of options."""
EVERY = 24
"""Which of the changes are tried without `--all`: every so manieth."""


@cache
def knowledge() -> Knowledge:
    return bonemets.load_pack()


@cache
def case(name: str) -> Case:
    return read(FOLDER / f"{name}.yaml")


@cache
def base(name: str) -> One:
    return run(knowledge().engine, knowledge().pack, case(name))


@pytest.mark.parametrize("name", NAMES)
def test_the_assessment_says_what_the_case_expects(name: str) -> None:
    assert faults(case(name), base(name)) == []


@pytest.mark.parametrize("each", [EVERY, pytest.param(1, marks=pytest.mark.slow)])
def test_the_cases_alone_notice_most_changes_of_alerts_and_stops(
    record_property: Callable[[str, object], None], each: int
) -> None:
    found = [(m, noticed(m)) for m in changes()[::each]]
    for kind, least in AT_LEAST.items():
        own = [(m, n) for m, n in found if m.item.kind == kind]
        held = sum(n for _, n in own)
        record_property(
            f"mutants of {kind}s (conditions or stops) noticed by whole-patient cases",
            (held, len(own)),
        )
        assert held >= least * len(own), "\n".join(m.name for m, n in own if not n)


def test_the_cases_see_options_in_every_status(
    record_property: Callable[[str, object], None],
) -> None:
    """Where nothing ever reaches `suitable`, the assessment says nothing."""
    counted = Counter[str]()
    reached = dict[str, set[str]]()
    for name in NAMES:
        patient = base(name).sets()
        for option in knowledge().pack.options.values():
            for said in option_said(base(name), option, patient).values():
                counted[said.status] += 1
                reached.setdefault(option.id, set()).add(said.status)
    for status, count in counted.items():
        record_property(f"options over all whole-patient cases: {status}", (count, counted.total()))
    assert {"suitable", "caution", "check_first", "contraindicated", "not_indicated"} <= set(
        counted
    )
    free = {x for x, statuses in reached.items() if statuses & {"suitable", "caution"}}
    examples = {
        option.id
        for option in knowledge().pack.options.values()
        for example in option.examples
        if example.expect.get("status") in ("suitable", "caution")
    }
    assert set(knowledge().pack.options) - free - examples == set()


def test_no_case_is_shown_an_amount_that_rests_on_nothing_that_was_read() -> None:
    """Not in any field of it; and some case would be shown one, if its table alone decided."""
    hidden: dict[str, Option] = {}
    for option in knowledge().pack.options.values():
        for row in option.dose.rows if option.dose is not None else ():
            for text, less in ((row.give, False), (row.less, True)):
                assert option.dose is not None
                if text and not licensed(behind_amount(option.dose, row, less=less)):
                    hidden[text] = option
    withheld = 0
    for name in NAMES:
        one = base(name)
        said = [x for o in hidden.values() for x in option_said(one, o).values()]
        if any(x.status in ("suitable", "caution") for x in said):  # else it has no dose at all
            shown = encoded(assess(one.engine, one.record, one.moment)).decode()
            assert [x for x in hidden if x in shown] == [], name
            withheld += "no dose is shown: no source gives it" in shown
    assert withheld


def changes() -> list[Mutant]:
    """Every mutant of an alert's condition and of an option's stops."""
    pack = knowledge().pack
    return [
        m
        for item in (*pack.alerts.values(), *pack.options.values())
        for m in mutants(pack, item)
        if m.path[0] == ("when" if isinstance(item, Alert) else "contraindicated")
    ]


def noticed(mutant: Mutant) -> bool:
    pack, item = knowledge().pack, mutant.item
    assert isinstance(item, Alert | Option)
    plural = "alerts" if isinstance(item, Alert) else "options"
    changed = replace(pack, **{plural: {**getattr(pack, plural), item.id: item}})
    engine = knowledge().engine.like(changed, frozenset(), frozenset({item.id}))
    return any(notices(case(name), base(name), engine, item.id) for name in NAMES)
