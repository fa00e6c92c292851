"""What the knowledge lacks, for whoever wants to add to it: counted and named."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from bonemets.pack.items import Alert, Citation, Option, Variable, asked_for
from bonemets.pack.load import Pack
from bonemets.pack.order import requirements
from bonemets.pack.trees import Trees, sections
from bonemets.pack.trust import behind_amount, licensed


@dataclass(frozen=True, slots=True)
class Gap:
    """One thing that is lacking: in words, and where."""

    what: str
    where: tuple[str, ...]


def gaps(pack: Pack) -> list[Gap]:
    """Give what is lacking, in the order in which it may harm."""
    trees = Trees(pack)
    items = [i for i in pack.items().values() if not isinstance(i, Variable)]
    clauses = [
        (f"{option.id}: {section} {n + 1}", clause.evidence)
        for option in pack.options.values()
        for section, listed in sections(option)
        for n, clause in enumerate(listed)
    ]
    positions = [
        (f"{found.id}: {name}", position.evidence)
        for found in pack.disagreements.values()
        for name, position in found.positions.items()
    ]
    amounts = [
        f"{option.id}: row {n + 1}{' (less)' if less else ''}"
        for option in pack.options.values()
        if (dose := option.dose) is not None
        for n, row in enumerate(dose.rows)
        for less in (False, True)
        if (row.less if less else row.give) is not None
        if not licensed(behind_amount(dose, row, less=less))
    ]
    used = _used(trees, items)
    asked = [v for v in pack.variables.values() if asked_for(v)]
    found = (
        ("Items that no clinician has reviewed", (i.id for i in items if not _reviewed(i))),
        (
            "Items that rest on lines that nobody opened, or on our own rules, alone",
            (i.id for i in items if not _read(_citations(i))),
        ),
        (
            "Clauses of options that rest on lines that nobody opened alone",
            (name for name, cited in clauses if cited and _unread(cited)),
        ),
        (
            "Amounts of doses that rest on lines that nobody opened, or on our own rules, alone",
            amounts,
        ),
        (
            "Positions of sources that disagree that rest on lines that nobody opened alone",
            (name for name, cited in positions if _unread(cited)),
        ),
        (
            "Variables of items that no code of a FHIR record fills",
            (v.id for v in asked if v.id in used and not (v.codes or v.answers or v.with_)),
        ),
        ("Variables that no item uses", (v.id for v in asked if v.id not in used)),
        (
            "Sources without an address, a DOI or a PubMed number",
            (e.id for e in pack.evidence.values() if not (e.url or e.doi or e.pmid)),
        ),
    )
    return [Gap(what, tuple(sorted(where))) for what, where in found]


def _citations(item: Any) -> tuple[Citation, ...]:
    return item.evidence


def _reviewed(item: Any) -> bool:
    return bool(getattr(item, "reviewed_by", ()))


def _read(cited: Iterable[Citation]) -> bool:
    return any(c.confirmation in ("read", "second_hand") for c in cited)


def _unread(cited: Iterable[Citation]) -> bool:
    return all(c.confirmation == "unread" for c in cited)


def _used(trees: Trees, items: Iterable[Any]) -> frozenset[str]:
    """Give every variable that an item needs, through all steps, or asks for in its checks."""
    pack = trees.pack
    givers = pack.givers()
    todo: list[str] = [item.id for item in items]
    for item in items:
        if isinstance(item, Option):
            todo += [n for c in (*item.checks_before, *item.monitoring) for n in c.needs]
        if isinstance(item, Alert) and item.clock is not None:
            todo.append(item.clock.from_)
    if pack.scope is not None:
        todo += [pack.scope.cancer_variable, *pack.scope.summary]
    if pack.letter is not None:
        todo += [n for line in pack.letter.opening for n in line.tell if n in pack.variables]
    found: set[str] = set()
    while todo:
        name = todo.pop()
        if name in found:
            continue
        found.add(name)
        todo += requirements(trees, givers[name].id if name in givers else name)
        variable = pack.variables.get(name)
        if variable is not None:
            todo += [n for n in (variable.rolls_up, variable.before, variable.since) if n]
            todo += variable.with_.of if variable.with_ is not None else ()
    return frozenset(found)
