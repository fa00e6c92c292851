"""How far a line may be trusted: which clauses may license a treatment (design.md, "How far a line may be trusted")."""

from __future__ import annotations

from collections.abc import Iterable

from bonemets.expression import Number, walk
from bonemets.pack.items import Citation
from bonemets.pack.order import requirements
from bonemets.pack.trees import Trees


def licensed(citations: Iterable[Citation], own: Iterable[Citation] = ()) -> bool:
    """Say whether a clause may license a treatment: its own citations (else its item's) hold one that was read or faithfully copied."""
    chosen = list(citations) or list(own)
    return any(c.confirmation in ("read", "second_hand") for c in chosen)


def licensed_variable(trees: Trees, name: str, trail: tuple[str, ...] = ()) -> bool:
    """Say whether a variable may stand behind a treatment: observed, or computed from lines that were read or copied faithfully."""
    if name in trail:
        return True
    pack = trees.pack
    score = next((s for s in pack.scores.values() if name in (s.gives.total, s.gives.band)), None)
    variable = pack.variables.get(name)
    if score is not None:
        inner = requirements(trees, score.id)
        return licensed(score.evidence) and all(licensed_variable(trees, n, (*trail, name)) for n in inner)
    if variable is None or (variable.formula is None and variable.table_of is None):
        return True
    if not licensed(variable.evidence):
        tree = trees.of(variable).get(("formula",))
        if tree is not None and any(isinstance(node, Number) for node in walk(tree)):
            return False  # a line that only restates others carries no figure of its own
    return all(licensed_variable(trees, n, (*trail, name)) for n in requirements(trees, name))
