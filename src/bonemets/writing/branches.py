"""Which of several reasons hold, where the words of a clause name them all."""

from __future__ import annotations

from typing import Final

from bonemets.explain import Patient
from bonemets.expression import And, AtLeast, IfElse, Name, Not, OneOf, Or, OverLesions
from bonemets.lineage import OPPOSITE, Made, Part
from bonemets.model import Result
from bonemets.pack.letter import NUMBER, name_of
from bonemets.shown import both, capital, either

ANYTHING: Final = "*"
"""Among the variables that decided a result: what is not told part by part.

Such as a bone lesion that nobody told of.
"""


def holding(patient: Patient, made: Made, j: int | None, result: Result = "yes") -> str:
    """Give the words of a clause, naming only the reasons that hold; of an open one, may hold.

    The words stay whole where they do not name all that decided it, and of a clause that is no.
    """
    said = made.clause.why
    if made.branches is None:
        made.branches = tuple([x for x in patient.lineage.branches if x.text in said])
    if not made.branches or result == "no":
        return said
    decided: set[str] = set()
    parts: list[list[set[str]]] = []
    for branches in made.branches:
        if not decided:
            decided = decide(patient, made.tree, j, result, parts)
        if ANYTHING in decided:
            return said
        listed = {name_of(x) if NUMBER.search(x) else x for y in branches.told.values() for x in y}
        kept = [
            words
            for words, conditions in branches.told.items()
            if any(x in decided or lies(patient, x, j, decided) for x in conditions)
        ]
        if 0 < len(kept) < len(branches.told) and all(all_or_none(x, listed) for x in parts):
            told = both(kept) if result == "yes" else either(kept)
            begins = said.partition(branches.text)[0].rstrip()
            told = capital(told) if not begins or begins[-1] in ".?!" else told
            in_brackets = branches.text.startswith("(")
            said = said.replace(branches.text, f"({told})" if in_brackets else told, 1)
    return said


def lies(patient: Patient, condition: str, j: int | None, decided: set[str]) -> bool:
    """Say whether a number that decided lies surely `below` or `from` a limit: `NAME below 30`."""
    found = NUMBER.fullmatch(condition)
    if found is None or found["name"] not in decided:
        return False
    of_lesion = patient.symbol(found["name"]).entity == "lesion"
    low, high = patient.value(found["name"], j if of_lesion else None)
    limit = float(found["limit"])
    return high < limit if found["side"] == "below" else low >= limit


def all_or_none(parts: list[set[str]], listed: set[str]) -> bool:
    """Say whether words tell of each part of an `or` that holds, or of none."""
    return len({part.isdisjoint(listed) for part in parts}) < 2


def decide(
    patient: Patient, tree: Part, j: int | None, result: Result, parts: list[list[set[str]]]
) -> set[str]:
    """Give the variables in those parts of a condition that decided its result.

    Of a level also which it is, as `NAME == LEVEL`. Into `parts` goes, for each `or` and all that
    is like one, what decided each of those of its parts that have its result. ANYTHING is among
    them where that cannot be told part by part.
    """
    node = tree.node

    def of(part: Part, at: int | None, wanted: Result) -> set[str]:
        return decide(patient, part, at, wanted, parts)

    match node:
        case And() | Or():
            found = [of(x, j, result) for x in tree.parts if patient.result(x, j) == result]
            if isinstance(node, Or) or result == "no":
                parts.append(found)
            return set[str]().union(*found)
        case AtLeast():
            every = [patient.lineage.part(x) for x in node.items]
            wanted = (result, "yes") if result == "unknown" else (result,)
            counted = [x for x in every if patient.result(x, j) in wanted]
            found = [of(x, j, patient.result(x, j)) for x in counted]
            parts.append(found)
            return set[str]().union(*found)
        case Not():
            return of(tree.parts[0], j, OPPOSITE[result])
        case IfElse():
            return {ANYTHING}
        case OverLesions() if node.function in ("any_lesion", "all_lesions"):
            there = [
                n
                for n in range(patient.operations.n)
                if all(patient.result(x, n) in ("yes", result) for x in tree.parts)
            ]
            every = [(x, n) for n in there for x in tree.parts]
            unseen = {ANYTHING} if patient.operations.open and result == "unknown" else set[str]()
            return unseen.union(*[of(x, n, patient.result(x, n)) for x, n in every])
        case Name():
            formula = patient.followed(node.name, j)
            if formula is None or patient.result(formula, j) != result:
                return {node.name}
            return {node.name} | of(formula, j, result)
        case OneOf() if isinstance(node.a, Name):
            name, left = node.a.name, patient.levels_left(node.a.name, j)
            return {name, *(f"{name} == {x}" for x in left if x in node.levels)}
        case _:
            return set(tree.names)
