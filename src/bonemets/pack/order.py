"""In which order items are computed: each after what it names."""

from __future__ import annotations

from collections.abc import Mapping

from bonemets.expression import CountAlerts, walk
from bonemets.pack.items import Alert, Interaction, Investigation, Option, Score, Step, Variable
from bonemets.pack.trees import Trees


class Cycle(Exception):
    """Items that wait for each other, in order."""

    def __init__(self, names: tuple[str, ...]) -> None:
        """Name the cycle."""
        self.names = names
        super().__init__(" -> ".join(names))


def order(trees: Trees, only: frozenset[str] | None = None) -> list[str]:
    """Order items so that each comes after what it names; alerts that count alerts come last.

    Raises:
        Cycle: where items wait for each other.
    """
    items, givers, alerts = trees.items, trees.givers, trees.pack.alerts
    wanted = [name for name in items if only is None or name in only]
    counting = [name for name in wanted if name in alerts and counts_alerts(trees, alerts[name])]
    done: dict[str, None] = {}
    trail: list[str] = []

    def visit(name: str) -> None:
        if name in done:
            return
        if name in trail:
            raise Cycle((*trail[trail.index(name) :], name))
        trail.append(name)
        if name in givers and givers[name].id != name:
            visit(givers[name].id)
        if name in items:
            for need in requirements(trees, name):
                visit(need)
            done[name] = None
        trail.pop()

    for name in wanted:
        if name not in counting:
            visit(name)
    for name in counting:
        for other, alert in alerts.items():
            if not counts_alerts(trees, alert):
                visit(other)
        visit(name)
    return list(done)


def counts_alerts(trees: Trees, alert: Alert) -> bool:
    """Say whether an alert counts alerts."""
    return any(isinstance(x, CountAlerts) for x in walk(trees.of(alert)[("when",)]))


def requirements(trees: Trees, identity: str) -> tuple[str, ...]:
    """Give the variables that an item names anywhere: looked up once."""
    kept = trees.needs.get(identity)
    if kept is None:
        kept = trees.needs[identity] = _requirements(trees, identity)
    return kept


def _requirements(trees: Trees, identity: str) -> tuple[str, ...]:
    item = trees.items[identity]
    found: dict[str, None] = {}
    for tree in trees.of(item).values():
        found |= dict.fromkeys(trees.names(tree))
    match item:
        case Alert():
            found |= dict.fromkeys(item.settled_by)
        case Variable():
            if item.table_of:
                found[item.table_of] = None
        case Score():
            found |= dict.fromkeys(item.components)
            if item.reported_in:
                found[item.reported_in] = None
            for band in [
                *item.bands.values(),
                *(b for t in item.bands_by_unit.values() for b in t.values()),
            ]:
                found |= {
                    e: None
                    for e in (band.from_, band.above, band.to, band.below)
                    if isinstance(e, str)
                }
        case Option():
            if item.dose and item.dose.by:
                found[item.dose.by] = None
            for readings in trees.read_by(item).values():
                for reading in readings:
                    found |= dict.fromkeys(trees.names(reading.tree))
        case _:
            pass
    found.pop(identity, None)
    return tuple(found)


def behind(trees: Trees, name: str) -> tuple[str, ...]:
    """Give every variable that one is computed from, through all steps."""
    givers = trees.givers
    found: dict[str, None] = {}
    todo = [name]
    while todo:
        one = todo.pop()
        for other in requirements(trees, givers[one].id if one in givers else one):
            if other not in found:
                found[other] = None
                todo.append(other)
    return tuple(found)


def before_each(
    steps: Mapping[str, Step],
    interactions: Mapping[str, Interaction],
    tests: Mapping[str, Investigation],
) -> dict[str, list[str]]:
    """Give for each thing what comes before it: by steps, what has to wait, and what tests prepare.

    Where a test stands beneath others, they may come in its place.
    """
    found: dict[str, list[str]] = {}
    for step in steps.values():
        found.setdefault(step.id, []).extend(step.after)
        for name in step.after:
            over = tests[name].beneath if name in tests else ()
            found[step.id].extend(x for x in over if x not in step.before)
        for later in step.before:
            found.setdefault(later, []).append(step.id)
    for interaction in interactions.values():
        if interaction.effect == "wait":
            before, after = interaction.between
            found.setdefault(after, []).append(before)
    for test in tests.values():
        for later in test.before:
            found.setdefault(later, []).append(test.id)
    return found
