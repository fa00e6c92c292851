"""In which order items are computed: each after what it names."""

from __future__ import annotations

from collections.abc import Mapping

from bonemets.expression import CountAlerts, walk
from bonemets.pack.items import Interaction, Option, Score, Step, Variable
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
    pack = trees.pack
    needs = {name: requirements(trees, name) for name in pack.items()}
    givers = pack.givers()
    counting = [
        n
        for n, a in pack.alerts.items()
        if any(isinstance(x, CountAlerts) for x in walk(trees.of(a)[("when",)]))
    ]
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
        for need in needs.get(name, ()):
            visit(need)
        trail.pop()
        if name in needs:
            done[name] = None

    wanted = [n for n in needs if (only is None or n in only) and n not in counting]
    for name in wanted:
        visit(name)
    for name in counting:
        if only is None or name in only:
            for other in pack.alerts:
                if other not in counting:
                    visit(other)
            visit(name)
    return list(done)


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
    steps: Mapping[str, Step], interactions: Mapping[str, Interaction]
) -> dict[str, list[str]]:
    """Give for each thing what comes before it: by steps, and by what has to wait."""
    found: dict[str, list[str]] = {}
    for step in steps.values():
        found.setdefault(step.id, []).extend(step.after)
        for later in step.before:
            found.setdefault(later, []).append(step.id)
    for interaction in interactions.values():
        if interaction.effect == "wait":
            before, after = interaction.between
            found.setdefault(after, []).append(before)
    return found
