"""How far a line may be trusted: which clauses may license a treatment.

See design.md, "How far a line may be trusted".
"""

from __future__ import annotations

from collections.abc import Iterable

from bonemets.expression import AtLeast, Node, Number, Power, walk
from bonemets.pack.items import Citation, DoseRow, DoseTable
from bonemets.pack.order import requirements
from bonemets.pack.trees import Trees


def licensed(citations: Iterable[Citation], own: Iterable[Citation] = ()) -> bool:
    """Say whether a clause may license a treatment.

    Its own citations (else its item's) hold one that was read or faithfully copied.
    """
    chosen = tuple(citations) or tuple(own)
    return any([c.confirmation in ("read", "second_hand") for c in chosen])


def behind_amount(table: DoseTable, row: DoseRow, *, less: bool = False) -> tuple[Citation, ...]:
    """Give what an amount of a dose table rests on: `less` of it, else its usual one.

    A row is trusted by its own sources where it has some, however well the table was read.
    """
    return (row.less_evidence if less else ()) or row.evidence or table.evidence


def why_not(citations: Iterable[Citation]) -> str:
    """Say why an amount that nothing licenses is not shown."""
    ours = all(c.confirmation == "ours" for c in citations)
    return "no source gives it" if ours else "its source was not read"


def unlicensed(trees: Trees, name: str, trail: tuple[str, ...] = ()) -> frozenset[str]:
    """Give the variables at or behind one that rest on no licensed line.

    That is: whose formula or score has no line that was read or copied faithfully.

    Such a variable weakens a clause only where its formula is used: not where the record states it.
    A formula that only restates others (a difference of dates, a disjunction of findings) carries
    no figure of its own and is fine.
    """
    if name in trail:
        return frozenset()
    pack = trees.pack
    score = trees.givers.get(name)
    variable = pack.variables.get(name)
    found: frozenset[str] = frozenset()
    needs: tuple[str, ...] = ()
    if score is not None:
        needs = requirements(trees, score.id)
        if not licensed(score.evidence):
            found = frozenset({name})
    elif variable is not None and (variable.formula is not None or variable.table_of is not None):
        needs = requirements(trees, name)
        tree = trees.of(variable).get(("formula",))
        if has_figures(tree) and not licensed(variable.evidence):
            found = frozenset({name})
    return found.union(*(unlicensed(trees, n, (*trail, name)) for n in needs)) if needs else found


def has_figures(tree: Node | None) -> bool:
    """Say whether a formula carries a figure of its own; one that only restates others does not."""
    figures = (Number, Power, AtLeast)
    return tree is not None and any(isinstance(node, figures) for node in walk(tree))
