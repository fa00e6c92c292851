"""Every score as a calculator of its own, usable without a case."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from bonemets.api import Knowledge, assess, run_day
from bonemets.errors import RecordRefused
from bonemets.expression import And, Name, OneOf
from bonemets.model import Assessment, Record, ScoreFinding
from bonemets.pack.items import Score, asked_for
from bonemets.pack.order import behind
from bonemets.web.form import Control, Sent, sent

LESION: Final = "this lesion"
"""How the one lesion of a calculator is called."""


@dataclass(frozen=True, slots=True)
class Calculated:
    """A score's page: its controls, and what comes out of what was filled in."""

    score: Score
    controls: tuple[Control, ...]
    shown: ScoreFinding | None
    assessment: Assessment | None
    query: str
    """The link's own answers."""
    refused: str


def asked_by(score: Score, knowledge: Knowledge) -> tuple[str, ...]:
    """Give the variables that a score asks for: its components, or what its formula follows from.

    A variable that can be told itself comes before what it would follow from.
    """
    trees, variables = knowledge.engine.trees, knowledge.pack.variables
    wanted = dict.fromkeys(score.components)
    if not wanted:
        wanted = dict.fromkeys(behind(trees, score.id))
    found: dict[str, None] = {}
    for name in wanted:
        variable = variables.get(name)
        if variable is not None and asked_for(variable):
            found[name] = None
        elif variable is not None:
            found |= dict.fromkeys(
                x for x in behind(trees, name) if x in variables and asked_for(variables[x])
            )
    return tuple(found)


def prefix_of(score: Score, name: str, knowledge: Knowledge) -> str:
    """Give the beginning of a field's name: of the patient, or of the one lesion."""
    return "l.0." if knowledge.pack.variables[name].entity == "lesion" else "p."


def calculated(score: Score, values: Mapping[str, str], knowledge: Knowledge) -> Calculated:
    """Fill a score's page from what was sent."""
    pack = knowledge.pack
    names = asked_by(score, knowledge)
    given = {k: v for k, v in values.items() if k.split(".")[-1] != "unit" or v}
    form = sent(given, pack)
    shown, assessment, refused = None, None, ""
    if any(form.values.values()):
        try:
            assessment = assess(case_of(score, form, knowledge), knowledge, questions=False)
        except RecordRefused as error:
            refused = str(error)
        else:
            shown = next((x for x in assessment.scores if x.id == score.id), None)
    controls = tuple(form.control(pack.variables[x], prefix_of(score, x, knowledge)) for x in names)
    kept = {k: v for k, v in form.values.items() if v}
    return Calculated(score, controls, shown, assessment, urlencode(kept), refused)


def case_of(score: Score, form: Sent, knowledge: Knowledge) -> Record:
    """Give a record that holds what was filled in, of somebody whom the score is for."""
    granted = {
        prefix_of(score, name, knowledge) + name: value
        for name, value in presumed(score, knowledge).items()
    }
    if score.entity == "lesion":
        granted["l.0.id"] = LESION
    whole = Sent(granted | form.values, knowledge.pack)
    record = whole.record(run_day())
    form.faults = whole.faults
    return record


def presumed(score: Score, knowledge: Knowledge) -> dict[str, str]:
    """Give what a calculator takes for granted: that its score applies, as far as that is plain.

    Each part of the condition that is one variable, or one of a few levels, is taken to hold.
    """
    found = {"cancer": "current", "bone_metastasis": "confirmed"}
    if score.entity == "lesion":
        found["lesion_status"] = "confirmed"
    tree = knowledge.engine.trees.of(score).get(("applies",))
    for part in tree.items if isinstance(tree, And) else (tree,):
        if isinstance(part, Name):
            found[part.name] = "yes"
        elif isinstance(part, OneOf) and isinstance(part.a, Name):
            found.setdefault(part.a.name, part.levels[0])
    asked = asked_by(score, knowledge)
    variables = knowledge.pack.variables
    return {k: v for k, v in found.items() if k not in asked and k in variables}


def listed(knowledge: Knowledge, words: str = "") -> Iterator[Score]:
    """Give the scores whose name or title holds every one of some words."""
    wanted = words.lower().split()
    for score in knowledge.pack.scores.values():
        text = f"{score.id} {score.title}".lower()
        if all(x in text for x in wanted):
            yield score


@dataclass(frozen=True, slots=True)
class Worked:
    """A worked example of a score: what is given as the query of an address, and what it gives."""

    name: str
    query: str
    expected: str


def worked(item: Score, knowledge: Knowledge) -> Worked | None:
    """Give a score's first example of plain values, as the form takes them."""
    asked = set(asked_by(item, knowledge))
    told = {x for x, v in knowledge.pack.variables.items() if asked_for(v)}
    granted = presumed(item, knowledge)  # the page takes for granted whom the score is for
    every = [dict(x.given) for x in item.examples]
    lighter = [{k: v for k, v in x.items() if k not in granted} for x in every]
    for example, given in zip((*item.examples, *item.examples), (*every, *lighter), strict=True):
        if str(example.expect.get("applies", "yes")) not in ("yes", "True"):
            continue  # it shows for whom the score is not
        plainly = all(isinstance(x, str | int | float) for x in given.values())
        if not plainly or not asked & set(given) or not set(given) <= told:
            continue
        pairs: dict[str, str] = {}
        for name, value in given.items():
            control, plain = prefix_of(item, name, knowledge) + name, str(value)
            number, _, unit = plain.partition(" ")
            pairs[control] = number if unit else {"True": "yes", "False": "no"}.get(plain, plain)
            if unit:
                pairs[f"{control}.unit"] = unit
        expected = "; ".join(f"{k} {v}".replace("_", " ") for k, v in example.expect.items())
        return Worked(example.name, urlencode(pairs), expected)
    return None
