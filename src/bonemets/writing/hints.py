"""Whether an alert that is not ruled out is hinted at, or merely never asked about.

Every emergency is possible in somebody of whom nothing was asked. What the record hints at is to
be named first: a symptom or a value that meets a part of the condition.
"""

from __future__ import annotations

from bonemets.explain import Patient
from bonemets.expression import (
    And,
    AtLeast,
    Compare,
    Name,
    Not,
    OneOf,
    Or,
    OverLesions,
)
from bonemets.lineage import Part
from bonemets.values import NONE


def hinted(patient: Patient, tree: Part, lesion: int | None) -> bool:
    """Say whether the record hints at an open condition: worked out once for each lesion."""
    key = tree, lesion
    found = patient.hints.get(key)
    if found is None:
        stranger = patient.stranger(tree)
        own = is_hinted(patient, tree, lesion) if stranger is None else hinted(stranger, tree, None)
        found = patient.hints[key] = own
    return found


def is_hinted(patient: Patient, tree: Part, lesion: int | None) -> bool:
    """Say whether the record hints at an open condition.

    That is where one of several demands is met by what comes and goes (a symptom, a value), or
    where less than everything is possible for what is still open. That there is a cancer, or that
    a medicine is taken, hints at nothing by itself.
    """
    match node := tree.node:
        case And() | AtLeast() | Or():
            demands = not isinstance(node, Or)
            for x in tree.parts:
                result = patient.result(x, lesion)
                if result == "unknown" and hinted(patient, x, lesion):
                    return True
                if result == "yes" and demands and comes_and_goes(patient, x, lesion):
                    return True
            return False
        case Not():
            return hinted(patient, tree.parts[0], lesion)
        case OverLesions():
            inner = tree.parts[0]
            return any(
                patient.result(inner, j) == "unknown" and hinted(patient, inner, j)
                for j in range(len(patient.labels))
            )
        case Name():
            inner = patient.followed(node.name, lesion)
            if inner is not None:
                return hinted(patient, inner, patient.where(node.name, lesion))
            return narrowed(patient, node.name, lesion)
        case Compare() | OneOf():
            return any(narrowed(patient, name, lesion) for name in tree.names)
        case _:
            return False


def comes_and_goes(patient: Patient, tree: Part, lesion: int | None) -> bool:
    """Say whether what meets a condition comes and goes; of an `or` the branches that do meet it.

    Where a cancer is one of two things of which either is enough, it alone hints at nothing.
    """
    if isinstance(tree.node, Or):
        return any(
            patient.result(x, lesion) == "yes" and comes_and_goes(patient, x, lesion)
            for x in tree.parts
        )
    return any(map(patient.lineage.comes_and_goes.__getitem__, tree.names))


def narrowed(patient: Patient, name: str, lesion: int | None) -> bool:
    """Say whether of an open value that comes and goes, or of what it follows from, was heard."""
    key = name, lesion
    found = patient.hints.get(key)
    if found is None:
        found = patient.hints[key] = any(
            patient.state(x, j) > NONE
            for x in patient.lineage.coming_and_going[name]
            for j in patient.places(x, patient.where(x, lesion))
        )
    return found
