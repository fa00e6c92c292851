"""How far the knowledge holds the rows of the clinical references."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from bonemets.pack.items import Coverage, CoveredRow, Finder
from bonemets.pack.load import Pack


@dataclass(frozen=True, slots=True)
class Line:
    """One line of what has to be there, at one tier."""

    title: str
    tier: int
    rows: int
    reasons: Counter[str]
    """Reason -> rows that have no item because of it."""
    items: int
    """Items, variables, actions and disagreements that hold its rows."""
    examples: int
    confirmed: Counter[str]
    """Confirmation -> citations of these items."""

    @property
    def without(self) -> int:
        """How many rows have no item."""
        return sum(self.reasons.values())


def lines(pack: Pack, coverage: Coverage) -> list[Line]:
    """Give what of a reference is held, by line and tier."""
    found: list[Line] = []
    for title, prefixes in coverage.lines.items():
        rows = [row for name, row in coverage.rows.items() if name.split("-")[0] in prefixes]
        for tier in (1, 2, 3):
            listed = [row for row in rows if row.tier == tier]
            if listed:
                found.append(_line(pack, title, tier, listed))
    return found


def _line(pack: Pack, title: str, tier: int, rows: list[CoveredRow]) -> Line:
    givers = pack.givers()
    names = dict.fromkeys(name for row in rows for name in row.items)
    ids = dict.fromkeys(givers[n].id if n in givers else n for n in names)
    items = pack.items()
    finders: list[Finder] = [items[n] for n in ids if n in items]
    actions = [pack.actions[n] for n in ids if n in pack.actions]
    sides = [
        p for n in ids if n in pack.disagreements for p in pack.disagreements[n].positions.values()
    ]
    cited = [c.confirmation for x in (*finders, *actions, *sides) for c in x.evidence]
    return Line(
        title,
        tier,
        len(rows),
        Counter(row.reason for row in rows if row.reason is not None),
        len(ids),
        sum(len(x.examples) for x in finders),
        Counter(cited),
    )


def total(found: list[Line], tier: int) -> tuple[int, Counter[str]]:
    """Give of one tier the rows, and those without an item by reason."""
    mine = [x for x in found if x.tier == tier]
    return sum(x.rows for x in mine), sum((x.reasons for x in mine), Counter[str]())
