"""What a folder laid over ours changes: all that is not provably as safe is a weakening.

Each kind of item has a table: field -> what a change of it is called, and the judge that says which
changes are harmless.
A field that no table names may not change in silence at all.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from msgspec import Struct
from msgspec.structs import fields, replace

from bonemets.documents import Path
from bonemets.errors import Fault
from bonemets.expression import URGENCIES, BadExpression, CountAlerts, walk
from bonemets.pack.durations import duration_seconds
from bonemets.pack.items import (
    RANGED,
    SHELVES,
    SYSTEMS,
    ActionText,
    Alert,
    Answers,
    Card,
    Choices,
    Citation,
    Coding,
    Contacts,
    Coverage,
    Disagreement,
    Evidence,
    Guide,
    Handout,
    Interaction,
    Investigation,
    Letter,
    Option,
    Outlook,
    Scope,
    Score,
    Step,
    Terms,
    Translation,
    UnitsOfSource,
    Unproven,
    Variable,
)
from bonemets.pack.load import Loaded, Pack, Source
from bonemets.pack.order import requirements
from bonemets.pack.shape import key_of
from bonemets.pack.trees import Trees, decimals_of, edges_of
from bonemets.pack.trust import licensed
from bonemets.pack.widening import widens
from bonemets.units import ANNOTATION, conversion, is_ucum, table

STATUSES: Final = ("stated", "denied", "past", "suspected")
"""The statuses for which a coding names a level."""
SHORT: Final = 60
"""Texts up to this length are shown as they were and are."""
CLOSE: Final = 1e-3
"""How far a further factor may lie from the computed one and say the same."""


@dataclass(frozen=True, slots=True)
class Weakening:
    """One thing that a laid-over folder weakens: its sentence, and the fault that it is."""

    sentence: str
    fault: Fault


@dataclass(frozen=True, slots=True)
class About:
    """What a judge may look at besides the two values.

    The item replaced and what replaces it, and the trees of our knowledge and of what counts.
    """

    item: Any
    laid: Any
    below: Trees
    above: Trees

    @property
    def ours(self) -> Pack:
        """Our knowledge."""
        return self.below.pack


Found = Iterable[tuple[Path, str]]
"""What is weaker: where below the value, and in words (nothing: the field's words say it all)."""

Judge = Callable[[Any, Any, About], Found]
"""The value of ours, the one laid over it -> what is weaker."""

Judges = Mapping[str, tuple[str, Judge]]
"""Field -> what its change is called, and its judge."""


# --- the judges -----------------------------------------------------------------------------------


def only(harmless: Callable[[Any, Any], bool]) -> Judge:
    """Allow the changes for which this holds."""

    def judge(before: Any, after: Any, about: About) -> Found:
        change = difference(before, after)
        return [] if change is None or harmless(before, after) else [change]

    return judge


def no_later(before: str, after: str) -> bool:
    """Say whether a time limit is not later; one that is no duration is a fault told elsewhere."""
    try:
        return duration_seconds(after) <= duration_seconds(before)
    except ValueError:
        return True


SAME: Final = only(lambda before, after: False)
FREE: Final = only(lambda before, after: True)
FILLED: Final = only(lambda before, after: before is None)
DROPPED: Final = only(lambda before, after: after is None)
GROWS: Final = only(lambda before, after: set(before) <= set(after))
SHRINKS: Final = only(lambda before, after: set(after) <= set(before))
KEPT: Final = only(lambda before, after: all(after.get(k) == v for k, v in before.items()))
BECOMES_YES: Final = only(lambda before, after: after)
BECOMES_NO: Final = only(lambda before, after: not after)
SOONER: Final = only(no_later)
CLOCK: Final = only(
    lambda before, after: (
        None not in (before, after)
        and before.from_ == after.from_
        and no_later(before.act_by, after.act_by)
    )
)
URGENCY: Final = only(lambda before, after: URGENCIES.index(after) < URGENCIES.index(before))


def cited(*, licence: bool) -> Judge:
    """Allow more sources; `licence`: also one that lets the line count as read.

    Where a line licenses a treatment or a dose, a first source that was read changes what is shown.
    """

    def judge(before: tuple[Citation, ...], after: tuple[Citation, ...], about: About) -> Found:
        kept = {c.id for c in after}
        lost = [c.id for c in before if c.id not in kept]
        if lost:
            yield (), f"without {some(lost)}"
        if licensed(before) and not licensed(after):
            yield (), "unread now"
        if licensed(after) and not licensed(before) and not licence:
            yield (), "counts as read now"

    return judge


CITED: Final = cited(licence=True)
LICENSING: Final = cited(licence=False)


def own(before: tuple[Citation, ...], after: tuple[Citation, ...], about: About) -> Found:
    """Allow more sources of a row that has some of its own; neither may the first come or go.

    A row without any has those of its table, so that its first one changes what it rests on.
    """
    return (LICENSING if before and after else SAME)(before, after, about)


def part(judges: Judges) -> Judge:
    """Compare a part of an item field by field; neither may it come or go."""

    def judge(before: Any, after: Any, about: About) -> Found:
        if before is None or after is None:
            return SAME(before, after, about)
        return compared(judges, before, after, about)

    return judge


def in_order(judges: Judges) -> Judge:
    """Compare the entries of a list one by one, field by field; neither may one come or go.

    The first one that differs is told: an edge between two changes both.
    """

    def judge(before: tuple[Any, ...], after: tuple[Any, ...], about: About) -> Found:
        if len(before) != len(after):
            yield from SAME(before, after, about)
            return
        for index, (mine, laid) in enumerate(zip(before, after, strict=True)):
            found = [((index, *p), words) for p, words in compared(judges, mine, laid, about)]
            if found:
                yield from found
                return

    return judge


def listed(by: str, judges: Judges, *, more: bool = False, fewer: bool = False) -> Judge:
    """Compare the entries of a list that have the same `by`, in any order."""

    def judge(before: tuple[Any, ...], after: tuple[Any, ...], about: About) -> Found:
        mine, laid = numbered(before, by), numbered(after, by)
        for place, (_, entry) in mine.items():
            if place in laid:
                index, laid_over = laid[place]
                for path, words in compared(judges, entry, laid_over, about):
                    yield (index, *path), f"`{shown(place[0])}` {words}"
            elif not fewer:
                yield (), f"without `{shown(place[0])}`"
        for place, (index, _) in laid.items():
            if place not in mine and not more:
                yield (index,), f"`{shown(place[0])}` is new"

    return judge


def numbered(entries: tuple[Any, ...], key: str) -> dict[tuple[str, int], tuple[int, Any]]:
    """Give the entries by their key, and by how many of the same key came before."""
    found: dict[tuple[str, int], tuple[int, Any]] = {}
    for index, entry in enumerate(entries):
        value = str(getattr(entry, key))
        found[(value, sum(value == other for other, _ in found))] = (index, entry)
    return found


def codes(before: tuple[Coding, ...], after: tuple[Coding, ...], about: About) -> Found:
    """Allow further codes that say what ours say.

    They may have said nothing of this variable so far, and nothing else may compute it.
    """
    mine, laid = spoken(before), spoken(after)
    said = {(key, getattr(coding, key)) for coding in before for key in STATUSES}
    yield from lost(f"{system} {code}" for system, code, _ in set(mine) - set(laid))
    for (system, code, saying), path in laid.items():
        if (system, code, saying) in mine:
            continue
        says = {(key, getattr(saying, key)) for key in STATUSES}
        new = [f"{key} {level}" for key, level in sorted(says - said, key=str) if level is not None]
        if computed(about):
            yield path, f"{system} {code} is taken in place of what is computed"
        elif any(
            (saying.as_, system) == (other.as_, theirs) and overlap(system, code, known)
            for theirs, known, other in mine
        ):
            yield path, f"{system} {code} already meant something"
        elif any(
            (saying.as_, system) == (role, theirs) and overlap(system, code, known)
            for role, theirs, known in others(about)
        ):
            yield path, f"{system} {code} already means something else"
        elif new:
            yield path, f"{system} {code} says what no code of ours says ({some(new)})"


def others(about: About) -> Iterator[tuple[str, str, str]]:
    """Give every code of our other variables, with its role and system."""
    for variable in about.ours.variables.values():
        if variable.id != about.item.id:
            for system, code, saying in spoken(variable.codes):
                yield saying.as_, system, code


def spoken(codings: tuple[Coding, ...]) -> dict[tuple[str, str, Coding], Path]:
    """Give every code with what it says (its coding without any code), and where it stands."""
    nothing = cast("dict[str, Any]", dict.fromkeys(SYSTEMS, ()))
    return {
        (system, code, replace(coding, **nothing)): (index, system, place)
        for index, coding in enumerate(codings)
        for system in SYSTEMS
        for place, code in enumerate(getattr(coding, system))
    }


def answers(before: dict[str, Answers], after: dict[str, Answers], about: About) -> Found:
    """Allow further codes of answers, where they were no answer and nothing computes it."""
    mine, laid = answered(before), answered(after)
    terms = about.ours.terms
    known = {(system, code) for _, system, code in mine}
    if terms is not None:
        known |= set(listed_codes(terms.yes)) | set(listed_codes(terms.no))
    yield from lost(f"{system} {code} for {level}" for level, system, code in set(mine) - set(laid))
    for (level, system, code), path in laid.items():
        if (level, system, code) in mine:
            continue
        if computed(about):
            yield path, f"{system} {code} is taken in place of what is computed"
        elif (system, code) in known:
            yield path, f"{system} {code} already meant something"


def answered(by_level: dict[str, Answers]) -> dict[tuple[str, str, str], Path]:
    """Give every code of an answer with its level, and where it stands."""
    return {
        (level, system, code): (level, *path)
        for level, many in by_level.items()
        for (system, code), path in listed_codes(many).items()
    }


def listed_codes(many: Answers) -> dict[tuple[str, str], Path]:
    """Give the codes of an answer, and where each stands in it."""
    return {
        (key.name, code): (key.name, place)
        for key in fields(many)
        for place, code in enumerate(getattr(many, key.name))
    }


def term(before: Answers, after: Answers, about: About) -> Found:
    """Allow further codes that mean nothing else in our terms and variables."""
    mine, laid = listed_codes(before), listed_codes(after)
    yield from lost(f"{system} {code}" for system, code in set(mine) - set(laid))
    for (system, code), path in laid.items():
        if (system, code) not in mine and any(
            system == theirs and overlap(system, code, known)
            for theirs, known in meanings(about.ours)
        ):
            yield path, f"{system} {code} already meant something"


def meanings(ours: Pack) -> Iterator[tuple[str, str]]:
    """Give every code that means something to our terms or variables."""
    if ours.terms is not None:
        for key in fields(ours.terms):
            value = getattr(ours.terms, key.name)
            yield from listed_codes(value) if isinstance(value, Answers) else ()
    for variable in ours.variables.values():
        yield from ((system, code) for system, code, _ in spoken(variable.codes))
        yield from ((system, code) for _, system, code in answered(variable.answers))


def overlap(system: str, code: str, other: str) -> bool:
    """Say whether two codes of a system can be the same, or one hold the other."""
    if system not in RANGED:
        return code == other
    return any(
        x.startswith(y) or y.startswith(x) for x in categories(code) for y in categories(other)
    )


def categories(code: str) -> list[str]:
    """Give a code without its dot, or the categories of a range."""
    start, _, end = code.replace(".", "").upper().partition("-")
    if not end or not (start[1:3] + end[1:3]).isdigit():
        return [start]
    return [f"{start[0]}{n:02d}" for n in range(int(start[1:3]), int(end[1:3]) + 1)]


def spellings(
    before: dict[str, tuple[str, ...]], after: dict[str, tuple[str, ...]], about: About
) -> Found:
    """Allow further spellings and units that were none of another unit, nor are one in UCUM."""
    mine = {(unit, text) for unit, many in before.items() for text in (unit, *many)}
    laid = {(unit, text) for unit, many in after.items() for text in (unit, *many)}
    yield from lost(f"{text} for {unit}" for unit, text in mine - laid)
    for unit, text in sorted(laid - mine):
        place = (unit, after[unit].index(text)) if text in after[unit] else (unit,)
        if any(text == known for _, known in mine):
            yield place, f"{text} for {unit} already meant something"
        elif is_ucum(text) and conversion(text, unit) != (1.0, 0.0):
            yield place, f"{text} for {unit} is a unit of its own"


def units(before: dict[str, float], after: dict[str, float], about: About) -> Found:
    """Allow further units that were not accepted, whose factor does not contradict UCUM."""
    v: Variable = about.item
    spelled = about.ours.terms.unit_spellings if about.ours.terms is not None else {}
    yield from lost(sorted(set(before) - set(after)))
    for unit in after:
        factor = after[unit]
        if unit in before:
            if factor != before[unit]:
                yield (unit,), f"{unit}: {shown(factor)}, was {shown(before[unit])}"
            continue
        accepted = table(v.unit, spelled, v.units, v.molar_mass, v.valence).get(unit)
        plain = ANNOTATION.sub("", unit) or "1"
        known = conversion(plain, v.unit or "1", v.molar_mass, v.valence)
        # what UCUM cannot turn into our unit, it perhaps can into one that is listed
        for other, its in before.items():
            if known is None and (step := conversion(plain, other, v.molar_mass, v.valence)):
                known = (step[0] * its, step[1])
        if (accepted is not None and accepted != (factor, 0.0)) or any(
            unit in many for many in spelled.values()
        ):
            yield (unit,), f"{unit} was converted already"
        elif known is not None and not (
            known[1] == 0.0 and math.isclose(known[0], factor, rel_tol=CLOSE)
        ):
            yield (unit,), f"{unit}: {shown(factor)}, and UCUM says {known[0]:g}"


def wider(before: str, after: str, about: About) -> Found:
    """Allow a condition that provably holds at least wherever ours does."""
    try:
        trees = (about.below.of(about.item)[("when",)], about.above.of(about.laid)[("when",)])
    except BadExpression:  # it names what another laid-over folder defines: nothing is proven
        return SAME(before, after, about)
    return [] if widens(*trees) else SAME(before, after, about)


def computed(about: About) -> bool:
    """Say whether our knowledge computes a variable that it does not read from any code."""
    v: Variable = about.item
    made = v.formula is not None or v.table_of is not None or v.id in about.ours.givers()
    return made and not v.codes and not v.answers


# --- the tables ----------------------------------------------------------------------------------

WORDS: Final = ("says it in other words", SAME)
ITEM: Final[Judges] = {
    "version": ("is of another version", FREE),
    "interpretation": ("was read otherwise", FREE),
    "reviewed_by": ("was reviewed by others", FREE),
    "examples": ("has other examples", FREE),
    "licence": ("has another licence", FREE),
    "title": ("is called otherwise", SAME),
    "entity": ("belongs to another entity", SAME),
    "evidence": ("rests on other sources", CITED),
    "say": WORDS,
}
VARIABLE: Final[Judges] = {
    **ITEM,
    "topic": ("stands under another topic", FREE),
    "helper": ("leaves the list of numbers, or comes into it", SAME),
    "type": ("is of another type", SAME),
    "levels": ("has other levels", SAME),
    "ordered": ("changes whether its levels have an order", SAME),
    "unit": ("is counted in another unit", SAME),
    "minimum": ("has another physical minimum", SAME),
    "plausible": ("is plausible within other limits", SAME),
    "decimals": ("has other decimals", SAME),
    "integer": ("changes whether it is a whole number", SAME),
    "higher_is": ("is worse the other way", SAME),
    "molar_mass": ("has another molar mass", SAME),
    "valence": ("has another valence", SAME),
    "units": ("converts other units", units),
    "window": ("is read within another window", SAME),
    "with_": ("is taken from another report", SAME),
    "before": ("is read before another date", SAME),
    "since": ("is read since another date", SAME),
    "pick": ("picks another event", SAME),
    "lasts": ("lasts for another time after a dose", SAME),
    "no_for": ("holds a *no* for another time", SAME),
    "hints": ("hints at no alert any more", BECOMES_YES),
    "past": ("reads *past* otherwise", SAME),
    "complete_with": ("is absent by the silence of another list", SAME),
    "includes": ("includes other medicines", GROWS),
    "rolls_up": ("rolls up another variable", SAME),
    "codes": ("is read from other codes", codes),
    "answers": ("is read from other answers", answers),
    "ask": ("is asked for in other words", SAME),
    "phrases": WORDS,
    "names": ("names its levels otherwise", SAME),
    "formula": ("is computed otherwise", SAME),
    "table": ("is computed otherwise", SAME),
    "table_of": ("is computed from another variable", SAME),
    "evidence": ("rests on other sources", LICENSING),
}
SCORE: Final[Judges] = {
    **ITEM,
    "applies": ("applies under another condition", SAME),
    "higher_is": ("means another thing when it is higher", SAME),
    "figure": ("is drawn elsewhere", SAME),
    "gives": ("gives other variables", SAME),
    "components": ("counts other points", SAME),
    "formula": ("is computed otherwise", SAME),
    "reported_in": ("takes the reported unit from another variable", SAME),
    "bands": ("has other bands", SAME),
    "bands_by_unit": ("has other bands for a unit", SAME),
    "names": ("names its bands otherwise", SAME),
    "quiet": ("tells less of its bands", SHRINKS),
    "evidence": ("rests on other sources", LICENSING),
}
ACTION: Final[Judges] = {
    "act_by": ("is due later", SOONER),
    "unless": ("is left out under another condition", DROPPED),
    "only_if": ("is asked for under another condition", SAME),
    "despite": ("is asked for against stops for another reason", SAME),
}
ALERT: Final[Judges] = {
    **ITEM,
    "urgency": ("has a lower urgency", URGENCY),
    "call_as": ("tells patients to call in the word of another class", SAME),
    "without_known_cancer": ("no longer acts without a known cancer", BECOMES_YES),
    "beneath": ("is shown beneath other alerts", SHRINKS),
    "settled_by": ("is less asked about", SHRINKS),
    "settled_if": ("is asked about under another condition", DROPPED),
    "clock": ("has another clock", CLOCK),
    "when": ("holds under another condition", wider),
    "actions": ("asks for other actions", listed("do", ACTION)),
}
ACTION_TEXT: Final[Judges] = {
    **ITEM,
    "beneath": ("is told beneath other things to do", SHRINKS),
    "clinician": WORDS,
    "patient": ("says it to the patient in other words", SAME),
    "means": ("means other options", SAME),
    "call": ("is told at another place", SAME),
    "burdens": ("is asked for in the last days only if it serves comfort", BECOMES_NO),
    "despite": ("is asked for against stops for another reason", SAME),
}
INVESTIGATION: Final[Judges] = {
    **ITEM,
    "begin": ("is due at another time", SAME),
    "beneath": ("is told beneath other things to do", SHRINKS),
    "before": ("prepares other things", SAME),
    "when": ("is asked for under another condition", SAME),
    "what": ("asks for another test", SAME),
    "why": ("gives another reason", SAME),
    "last": ("was last done by another date", SAME),
    "still": ("leaves something else to do once it was done", SAME),
}
STEP: Final[Judges] = {
    **ITEM,
    "begin": ("is due at another time", SAME),
    "when": ("is for others", SAME),
    "after": ("comes after other things", SAME),
    "before": ("comes before other things", SAME),
    "wait": ("waits for another time", SAME),
    "only_with": ("is told beside other things", SAME),
    "last_days": ("stands otherwise in the last days of life", SAME),
    "what": ("asks for another thing", SAME),
    "why": ("gives another reason", SAME),
}
INTERACTION: Final[Judges] = {
    **ITEM,
    "between": ("is between other things", SAME),
    "effect": ("has another effect", SAME),
    "when": ("holds under another condition", SAME),
    "why": ("gives another reason", SAME),
    "wait": ("waits for another time", SAME),
    "routine": ("is asked of everybody as a routine", BECOMES_NO),
    "no_usual_dose": ("lets the usual dose be shown", BECOMES_YES),
    "only_with": ("is told beside other things", SAME),
}
CARD: Final[Judges] = {
    **ITEM,
    "when": ("is for others", SAME),
    "rows": ("says other things", SAME),
    "evidence": ("rests on other sources", LICENSING),
}
OUTLOOK: Final[Judges] = {
    **ITEM,
    "score": ("tells of another score", SAME),
    "when": ("is for others", SAME),
    "predicts": ("predicts another thing", SAME),
    "population": ("speaks of other people", SAME),
    "years": ("speaks of other years", SAME),
    "outcomes": ("tells other outcomes", SAME),
    "validation": ("was tested otherwise", SAME),
    "calibration": ("fitted others otherwise", SAME),
    "evidence": ("rests on other sources", LICENSING),
}
HANDOUT: Final[Judges] = {
    **ITEM,
    "place": ("stands elsewhere", FREE),
    "when": ("is for others", SAME),
    "unless": ("leaves others out", DROPPED),
    "text": WORDS,
    "points": WORDS,
    "evidence": ("rests on other sources", LICENSING),
}
CLAUSE: Final[Judges] = {
    "why": ("gives another reason", SAME),
    "routine": ("is asked of everybody as a routine", BECOMES_NO),
    "begin": ("begins at another time where this holds", SAME),
    "instead": ("points to other options", GROWS),
    "no_usual_dose": ("lets the usual dose be shown", BECOMES_YES),
    "smaller_dose": ("lets the usual dose be shown", BECOMES_YES),
    "not_begun": ("lets the option be begun", BECOMES_YES),
    "goes_on": ("lets the option go on in the last days in spite of a stop, or no more", SAME),
    "evidence": ("rests on other sources", CITED),
}
INDICATION: Final[Judges] = {**CLAUSE, "evidence": ("rests on other sources", LICENSING)}
DOSE_ROW: Final[Judges] = {
    **{key: ("has another edge", SAME) for key in ("from_", "above", "to", "below")},
    "give": ("gives another amount", SAME),
    "less": ("gives another smaller amount", SAME),
    "evidence": ("rests on other sources", own),
    "less_evidence": ("has a smaller amount that rests on other sources", own),
}
DOSE: Final[Judges] = {
    "by": ("goes by another number", SAME),
    "new_to": ("is printed beside other medicines", GROWS),
    "rows": ("has other rows", in_order(DOSE_ROW)),
    "regimen": ("has another regimen", SAME),
    "evidence": ("rests on other sources", LICENSING),
}
CHECK: Final[Judges] = {
    "when": ("is due at another time", SAME),
    "needs": ("is answered by other variables", GROWS),
    "evidence": ("rests on other sources", CITED),
}
SIDE_EFFECT: Final[Judges] = {
    "frequency": ("has another frequency", SAME),
    "patient": ("says it to the patient in other words", SAME),
    "evidence": ("rests on other sources", CITED),
}
EFFECT: Final[Judges] = {
    "result": ("promises another result", SAME),
    "evidence": ("rests on other sources", LICENSING),
}
OPTION: Final[Judges] = {
    **ITEM,
    "patient_title": ("says it to the patient in other words", SAME),
    "interpretation": ("was read otherwise", SAME),  # outputs print it
    "modality": ("is another modality", SAME),
    "aim": ("has another aim", SAME),
    "begin": ("begins at another time", SAME),
    "one_of": ("is chosen among others", SAME),
    "beneath": ("is told beneath other options", SHRINKS),
    "place": ("stands elsewhere in the plan", SAME),
    "runs": ("is taken to be running by other variables", SAME),
    "comfort": ("no longer serves comfort", BECOMES_YES),
    "last_days": ("is begun in the last days of life otherwise", SAME),
    "indicated": ("has other indications", listed("when", INDICATION, fewer=True)),
    "contraindicated": ("has other stops", listed("when", CLAUSE, more=True)),
    "caution": ("has other cautions", listed("when", CLAUSE, more=True)),
    "dose": ("has another dose", part(DOSE)),
    "checks_before": ("has other checks before", listed("what", CHECK, more=True)),
    "monitoring": ("is watched otherwise", listed("what", CHECK, more=True)),
    "side_effects": ("has other side effects", listed("effect", SIDE_EFFECT, more=True)),
    "effects": ("has other effects", listed("what", EFFECT)),
    "evidence": ("rests on other sources", LICENSING),
}
SOURCE: Final[Judges] = {
    **{
        key: ("is another source", FILLED)
        for key in ("authors", "publisher", "doi", "pmid", "url", "region")
    },
    "title": ("is another source", SAME),
    "year": ("is of another year", SAME),
    "type": ("is another kind of source", SAME),
    "licence": ("has another licence", FREE),
    "note": ("has another note", FREE),
}
SCOPE: Final[Judges] = {
    **ITEM,
    "title": ("is called otherwise", FREE),
    "cancer": ("opens under another condition (`cancer`)", SAME),
    "cancer_variable": ("closes at the silence of another variable (`cancer_variable`)", SAME),
    "adult": ("prints doses under another condition (`adult`)", SAME),
    "dead": ("hides alerts under another condition (`dead`)", SAME),
    "comfort_only": ("keeps the plan to comfort under another condition (`comfort_only`)", SAME),
    "comfort_not_asked": ("asks less where comfort is the goal (`comfort_not_asked`)", SHRINKS),
    "comfort_running": ("says otherwise what comfort as the goal means for what is given", SAME),
    "last_days": ("keeps the plan to the last days under another condition (`last_days`)", SAME),
    "last_days_why": ("says otherwise why something is not begun in the last days", SAME),
    "last_days_stopped": ("says otherwise what a stop means in the last days", SAME),
    "last_days_if": ("says otherwise when what burdens is asked for in the last days", SAME),
    "last_days_not_asked": ("asks less in the last days (`last_days_not_asked`)", SHRINKS),
    "urgent_not_asked": ("asks less while something urgent holds (`urgent_not_asked`)", SHRINKS),
    "not_asked": ("asks less (`not_asked`)", SHRINKS),
    "stopped_by": ("asks at another time about what is given against a stop", URGENCY),
    "careful_by": ("looks at another time at what is given with a caution", URGENCY),
    "summary": ("tells less of the patient (`summary`)", GROWS),
}
TERMS: Final[Judges] = {
    "assertions": ("reads other questions as assertions", term),
    "yes": ("reads other answers as yes", term),
    "no": ("reads other answers as no", term),
    "left": ("reads other codes as left", term),
    "right": ("reads other codes as right", term),
    "both_sides": ("reads other codes as both sides", term),
    "unit_spellings": ("spells units otherwise", spellings),
}
LETTER: Final[Judges] = {
    "title": ("is called otherwise", FREE),
    "version": ("is of another version", FREE),
    "opening": ("begins with other words on the patient (`opening`)", SAME),
    "topics": ("tells other things together (`topics`)", FREE),
    "branches": ("tells other reasons (`branches`)", SAME),
    "reviewed_by": ("was reviewed by others", FREE),
}
GUIDE: Final[Judges] = {
    "title": ("is called otherwise", FREE),
    "version": ("is of another version", FREE),
    "signs": ("names other signs that must not wait", SAME),
    "team": ("takes the team's number from another action", SAME),
    "emergency": ("gives other emergency numbers", SAME),
    "helpers": ("names other organisations or crisis lines", SAME),
    "chapters": ("is parted into other chapters", FREE),
    "words": ("says it in other words", SAME),
}
TRANSLATION: Final[Judges] = {
    "title": ("is called otherwise", FREE),
    "version": ("is of another version", FREE),
    "reviewed_by": ("was reviewed by others", FREE),
    "language": ("is of another language", SAME),
    "words": WORDS,
    "chapters": WORDS,
    "helpers": ("says it in other words", SAME),
    "items": WORDS,
}
CONTACTS: Final[Judges] = {
    "title": ("is called otherwise", FREE),
    "list": ("has another telephone number", KEPT),
    "helpers": ("names other organisations", SAME),
}
UNITS_OF_SOURCE: Final[Judges] = {
    "title": ("is called otherwise", FREE),
    "reviewed_by": ("was reviewed by others", FREE),
    "source": ("is another source", SAME),
    "units": ("declares other units", SAME),
}
DISAGREEMENT: Final[Judges] = {
    "title": ("is called otherwise", SAME),
    "version": ("is of another version", FREE),
    "reviewed_by": ("was reviewed by others", FREE),
    "positions": ("has other positions", SAME),
    "follows": ("follows another position", SAME),
    "why": ("is followed for another reason", SAME),
    "when": ("is told under another condition", SAME),
    "beside": ("is told beside fewer", GROWS),
}
CHOICES: Final[Judges] = {
    "title": ("is called otherwise", FREE),
    "reviewed_by": ("was reviewed by others", FREE),
    "list": ("takes other positions", FREE),  # each that is not ours is named: `chosen`
}
COVERAGE: Final[Judges] = {
    "title": ("is called otherwise", FREE),
    "lines": ("is parted otherwise", FREE),
    "rows": ("covers other rows", FREE),
}
UNPROVEN: Final[Judges] = {
    "title": ("is called otherwise", FREE),
    "claims": ("keeps other things unproven", FREE),
}
TABLES: Final[dict[type, Judges]] = {
    Variable: VARIABLE,
    Score: SCORE,
    Alert: ALERT,
    ActionText: ACTION_TEXT,
    Investigation: INVESTIGATION,
    Option: OPTION,
    Step: STEP,
    Interaction: INTERACTION,
    Card: CARD,
    Outlook: OUTLOOK,
    Handout: HANDOUT,
    Evidence: SOURCE,
    Scope: SCOPE,
    Terms: TERMS,
    Guide: GUIDE,
    Letter: LETTER,
    Translation: TRANSLATION,
    Contacts: CONTACTS,
    UnitsOfSource: UNITS_OF_SOURCE,
    Disagreement: DISAGREEMENT,
    Choices: CHOICES,
    Coverage: COVERAGE,
    Unproven: UNPROVEN,
}


# --- comparing -----------------------------------------------------------------------------------


def compared(judges: Judges, before: Any, after: Any, about: About) -> Found:
    """Compare two items, or parts of items, field by field."""
    for key in fields(before):
        if key.name == "id":
            continue
        words, judge = judges.get(key.name, (f"has another `{key_of(key.name)}`", SAME))
        for path, detail in judge(getattr(before, key.name), getattr(after, key.name), about):
            yield (key_of(key.name), *path), f"{words}: {detail}" if detail else words


def difference(before: Any, after: Any, path: Path = ()) -> tuple[Path, str] | None:
    """Give the first place where two values differ, and how; the order of tables counts."""
    mine, laid = parts(before), parts(after)
    if mine is not None and laid is not None:
        for key in [*mine, *(k for k in laid if k not in mine)]:
            found = difference(mine.get(key), laid.get(key), (*path, key))
            if found is not None:
                return found
        return (path, "in another order") if list(mine) != list(laid) else None
    if before == after:
        return None
    where = ".".join(x for x in path if isinstance(x, str))
    if mine is not None or laid is not None:
        how = "new" if before is None else "gone"
    else:
        old, new = shown(before), shown(after)
        how = f"{new}, was {old}" if max(len(old), len(new)) <= SHORT else ""
    return path, ": ".join(text for text in (where, how) if text)


def parts(value: Any) -> dict[Any, Any] | None:
    """Give the parts of a table, a list or a part of an item by their keys; None: a plain value."""
    if isinstance(value, dict):
        return cast("dict[Any, Any]", value)
    if isinstance(value, tuple):
        return dict(enumerate(cast("tuple[Any, ...]", value)))
    if isinstance(value, Struct):
        return {key_of(key.name): getattr(value, key.name) for key in fields(value)}
    return None


def shown(value: Any) -> str:
    """Show a plain value of the knowledge in a sentence."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.15g}"
        case _:
            return " ".join(str(value).split()).rstrip(".")


def lost(names: Iterable[str]) -> Found:
    """Say that these are gone."""
    listed_names = sorted(names)
    if listed_names:
        yield (), f"without {some(listed_names)}"


def some(names: list[str]) -> str:
    """Name up to three of these, and how many more there are."""
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more


# --- folders -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Laid:
    """A pack with folders laid over ours: the trees of what counts, and of what lies below.

    `sound` are the laid-over items without a fault.
    """

    loaded: Loaded
    trees: Trees
    below: Trees
    sound: frozenset[str]

    @staticmethod
    def of(loaded: Loaded, trees: Trees, broken: frozenset[str]) -> Laid | None:
        """Take a pack apart; None where nothing is laid over ours.

        Args:
            loaded: items with their places, and what replaced which.
            trees: the pack that counts.
            broken: items with a fault of their own: what they change is told once they are mended.
        """
        laid = {name for name, source in loaded.sources.items() if source.layer > 0}
        if not laid:
            return None
        first = {change.identity: change.before for change in reversed(loaded.replaced)}

        def ours(items: dict[str, Any]) -> dict[str, Any]:
            return {n: first.get(n, x) for n, x in items.items() if n in first or n not in laid}

        pack = trees.pack
        base = replace(
            pack,
            **{name: ours(getattr(pack, name)) for name in SHELVES},
            scope=first.get("scope", pack.scope),
            terms=first.get("terms", pack.terms),
        )
        return Laid(loaded, trees, Trees(base), frozenset(laid - broken))

    def weakenings(self) -> list[Weakening]:
        """Name what is weaker, item by item."""
        found: list[Weakening] = []

        def note(identity: str, source: Source, path: Path, words: str) -> None:
            sentence = f"`{identity}` {words}."
            mend = f"{sentence} Keep it, or allow it with --allow-weaker."
            found.append(Weakening(sentence, source.fault(path, "weaker", mend)))

        for change in self.loaded.replaced:
            if change.identity in self.sound:
                judges = TABLES[type(change.before)]
                about = About(change.before, change.after, self.below, self.trees)
                for path, words in compared(judges, change.before, change.after, about):
                    note(change.identity, change.source, path, words)
        for identity, path, words in (*self.newcomers(), *self.coarser(), *self.chosen()):
            note(identity, self.loaded.sources[identity], path, words)
        return found

    def newcomers(self) -> Iterator[tuple[str, Path, str]]:
        """Name the laid-over items that reach into ours by what they give or count for."""
        ours, pack = self.below.pack, self.trees.pack
        mine, gives = ours.items(), ours.givers()
        rolled = {v.rolls_up for v in ours.variables.values()}
        counted = self.counted()
        for identity, item in pack.items().items():
            before = mine.get(identity)
            if identity not in self.sound:
                continue
            match item:
                case Score() if before is None:
                    for key in ("total", "band"):
                        name = getattr(item.gives, key)
                        if name in ours.variables or name in gives:
                            yield identity, ("gives", key), f"gives `{name}`, which is ours"
                case Variable() if before is None:
                    if identity in gives:
                        yield identity, (), f"takes the name of what `{gives[identity].id}` gives"
                    if item.rolls_up in ours.variables and item.rolls_up not in rolled:
                        yield identity, ("rolls_up",), f"rolls up `{item.rolls_up}`, which is ours"
                case Alert():
                    was = before.urgency if isinstance(before, Alert) else None
                    if isinstance(before, Alert) and before.when != item.when and was in counted:
                        yield identity, ("when",), "changes how many alerts one of ours counts"
                    if was != item.urgency and {was, item.urgency} & counted:
                        yield identity, ("urgency",), "changes how many alerts one of ours counts"
                case _:
                    pass

    def chosen(self) -> Iterator[tuple[str, Path, str]]:
        """Name where a folder follows another position than lies below."""
        below, pack = self.below.pack, self.trees.pack
        for name in (n for n in below.disagreements if n in pack.disagreements):
            old, new = below.followed(name), pack.followed(name)
            by = [c.id for c in pack.choices.values() if name in c.list and c.id in self.sound]
            if old != new and by and new in pack.disagreements[name].positions:
                title = pack.disagreements[name].title
                yield (
                    by[-1],
                    ("list", name),
                    f"follows `{new}`, not `{old}`, where sources disagree: {title}",
                )

    def counted(self) -> set[str]:
        """Give the urgencies that alerts of ours count."""
        try:
            return {
                node.urgency
                for alert in self.below.pack.alerts.values()
                for node in walk(self.below.of(alert)[("when",)])
                if isinstance(node, CountAlerts)
            }
        except BadExpression:
            return set()  # told already, with its place

    # how derived numbers are kept

    def finer(self) -> Iterator[tuple[str, str]]:
        """Give the items whose edges are finer than a derived number of ours is kept, and how.

        To how many decimals it is kept is fixed by our own knowledge: a laid-over edge must not
        change how it rounds.
        """
        kept, told = self.kept(), set[str]()
        items = self.trees.pack.items()
        for identity in sorted(self.sound & items.keys()):
            for name, value in edges_of(self.trees, items[identity]):
                if name in kept and decimals_of(value) > kept[name] - 2:
                    told.add(name)
                    yield identity, f"{value:g} is a finer edge than {self.words(name, kept)}"
        for name, identity, more in self.moved(kept):
            if more and name not in told:
                yield (
                    identity,
                    f"it compares `{name}` with a finer number than {self.words(name, kept)}",
                )

    def coarser(self) -> Iterator[tuple[str, Path, str]]:
        """Name the items without whose edges a derived number of ours is kept less finely."""
        for name, identity, more in self.moved(self.kept()):
            if not more:
                yield identity, (), f"lets `{name}` be kept to fewer decimals"

    def moved(self, kept: dict[str, int]) -> Iterator[tuple[str, str, bool]]:
        """Give the derived numbers of ours that are kept otherwise, by which item, and if finer."""
        try:
            laid = self.trees.kept()
        except BadExpression:
            return  # told already, with its place
        for name in kept:
            more = laid.get(name, kept[name]) - kept[name]
            blamed = self.naming(name) if more else None
            if blamed is not None:
                yield name, blamed, more > 0

    def naming(self, name: str) -> str | None:
        """Give the first laid-over item that names a variable, as it is laid over or as it was."""
        both = [(trees, trees.pack.items()) for trees in (self.trees, self.below)]
        for identity in sorted(self.sound):
            if any(
                identity in own and name in requirements(trees, identity) for trees, own in both
            ):
                return identity
        return None

    def kept(self) -> dict[str, int]:
        """Give to how many decimals our derived numbers are kept.

        Those that a folder computes or shows otherwise are left out: that is named.
        """
        try:
            kept = self.below.kept()
        except BadExpression:
            return {}  # told already, with its place
        laid = self.trees.pack.variables
        return {
            name: kept[name]
            for name, v in self.below.pack.variables.items()
            if name in kept
            and v.formula is not None
            and (v.formula, v.decimals) == (laid[name].formula, laid[name].decimals)
        }

    @staticmethod
    def words(name: str, kept: dict[str, int]) -> str:
        """Say how finely a number is kept."""
        return f"`{name}` is kept for ({kept[name] - 2} decimals). Round it."
