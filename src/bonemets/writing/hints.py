"""Whether an alert that is not ruled out is hinted at, or merely never asked about.

Every emergency is possible in somebody of whom nothing was asked. What the record hints at is to
be named first: a symptom or a value that meets a part of the condition.
"""

from __future__ import annotations

from bonemets.explain import Patient, result_of
from bonemets.expression import (
    And,
    AtLeast,
    Compare,
    Name,
    Node,
    Not,
    OneOf,
    Or,
    OverLesions,
    names,
)
from bonemets.pack.items import asked_for
from bonemets.values import NONE


def hinted(patient: Patient, node: Node, lesion: int | None) -> bool:
    """Say whether the record hints at an open condition.

    That is where one of several demands is met by what comes and goes (a symptom, a value), or
    where less than everything is possible for what is still open. That there is a cancer, or that
    a medicine is taken, hints at nothing by itself.
    """
    match node:
        case And():
            return any(
                meets(patient, x, lesion) or open_hint(patient, x, lesion) for x in node.items
            )
        case Or():
            return any(open_hint(patient, x, lesion) for x in node.items)
        case AtLeast():
            return any(
                meets(patient, x, lesion) or open_hint(patient, x, lesion) for x in node.items
            )
        case Not():
            return hinted(patient, node.a, lesion)
        case OverLesions():
            return any(open_hint(patient, node.a, j) for j in range(len(patient.labels)))
        case Name():
            inner = patient.followed(node.name, lesion)
            if inner is not None:
                return hinted(patient, inner, patient.where(node.name, lesion))
            return narrowed(patient, node.name, lesion)
        case Compare() | OneOf():
            return any(narrowed(patient, name, lesion) for name in names(node))
        case _:
            return False


def open_hint(patient: Patient, node: Node, lesion: int | None) -> bool:
    """Say whether a part that is itself open is hinted at."""
    return result_of(patient.evaluate(node, lesion)) == "unknown" and hinted(patient, node, lesion)


def meets(patient: Patient, node: Node, lesion: int | None) -> bool:
    """Say whether a part is met by something that comes and goes."""
    if result_of(patient.evaluate(node, lesion)) != "yes":
        return False
    return any(comes_and_goes(patient, name) for name in names(node))


def comes_and_goes(patient: Patient, name: str) -> bool:
    """Say whether a variable is a symptom, a sign or a measurement, or follows from one."""
    variable = patient.pack.variables.get(name)
    if variable is not None and asked_for(variable):
        return variable.window != "ever" and variable.pick != "active"
    return any(comes_and_goes(patient, x) for x in patient.lineage.behind[name])


def narrowed(patient: Patient, name: str, lesion: int | None) -> bool:
    """Say whether of an open value that comes and goes, or of what it follows from, was heard."""
    return any(
        comes_and_goes(patient, x) and patient.state(x, j) > NONE
        for x in (name, *patient.lineage.all_behind[name])
        for j in patient.places(x, patient.where(x, lesion))
    )
