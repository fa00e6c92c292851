"""The patient's leaflet: what to call for at once first, in plain words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Final

from markupsafe import Markup
from starlette.responses import Response

from bonemets.api import Knowledge
from bonemets.errors import UsageError
from bonemets.model import Assessment, OptionFinding
from bonemets.pack.items import Words
from bonemets.renderers.board import Board
from bonemets.renderers.figures import people
from bonemets.renderers.page import sentences
from bonemets.renderers.words import clean, helper_words, share_words, whole
from bonemets.web.answers import page

FEWEST: Final = 2
"""Of fewer side effects than these no other treatment's title stands for them."""
Drawing = tuple[Markup, str]
"""A figure, and its words."""
SideEffects = tuple[str | None, list[str]]
"""The treatment with which some were told already, and those that were not."""


def leaflet(found: Assessment, knowledge: Knowledge) -> Response:
    """Show the leaflet.

    Raises:
        UsageError: it is not for this patient.
    """
    if not found.scope.open or found.scope.dead == "yes":
        raise UsageError("The leaflet is for people who are known to have cancer.")
    guide = knowledge.pack.guide
    if guide is None:
        raise UsageError("This knowledge has no guide.yaml, and so no words for a leaflet.")
    told = {x.say.patient: x for x in Board(found).leading if x.say.patient}.values()
    soon = [x for x in told if knowledge.pack.alerts[x.id].called in ("now", "today")]
    dying = found.scope.last_days == "yes"
    planned = {x.id for x in found.plan}
    helpers = guide.helpers
    crisis = found.telephones.crisis
    asked = {action.id for x in told for action in x.actions}
    # The text of a medicine warns of signs that are no emergency in somebody who dies (sleepy, slow
    # breath) and tells of weeks: the last days have the care alone.
    told_of = [x for x in found.options if not dying or care_alone(x, knowledge)]
    options = {o.id: o for o in told_of if o.id in planned}.values()
    return page(
        "leaflet.html.jinja",
        a=found,
        soon=soon,
        later=[x for x in told if x not in soon],
        options=[(x, results(x, guide.words), effects) for x, effects in told_once(options)],
        tests={x.id: x for x in found.investigations if x.id in planned and not dying}.values(),
        comfort=found.scope.comfort_only == "yes" and not dying,
        signs=signs(knowledge) if not dying else (),
        words=guide.words,
        language=knowledge.pack.language,
        emergency=[located(x.telephone, x.region, guide.words) for x in found.telephones.emergency],
        crisis=[f"{x.region}: {helper_words(x)}" if x.region else helper_words(x) for x in crisis],
        crisis_now=helpers is not None and helpers.action in asked,
        helpers={
            region: list(map(helper_words, listed))
            for region, listed in groupby(found.telephones.helpers, key=lambda x: x.region)
        },
    )


def care_alone(option: OptionFinding, knowledge: Knowledge) -> bool:
    """Say whether an option of the last days is care rather than a medicine: it harms nobody."""
    known = knowledge.pack.options[option.id]
    return known.last_days and not known.side_effects


def told_once(options: Iterable[OptionFinding]) -> Iterator[tuple[OptionFinding, SideEffects]]:
    """Give options, each with the side effects that are not told further up.

    Where one has all of another's that was told, that one's title stands for them.
    """
    whole: dict[frozenset[str], str] = {}
    for option in options:
        own = list(dict.fromkeys(x.patient for x in option.side_effects if x.patient))
        told = next((x for x in whole if x <= set(own)), None)
        if told is not None:
            yield option, (whole[told], [x for x in own if x not in told])
            continue
        yield option, (None, own)
        if len(own) >= FEWEST:
            whole[frozenset(own)] = option.patient_title


def signs(knowledge: Knowledge) -> Iterable[str]:
    """Give the signs that must not wait: not for the last days of life, of which some are part."""
    guide = knowledge.pack.guide
    if guide is None or not guide.signs:
        return ()
    return sentences(knowledge.pack.actions[guide.signs].patient or "")


def located(number: str, region: str | None, words: Words) -> str:
    """Write a number with its region, where the patient's is not known."""
    if region is None:
        return number
    return words.in_region.replace("{number}", number).replace("{region}", region)


def results(option: OptionFinding, words: Words) -> list[list[Drawing]]:
    """Draw what an option achieved in people like this patient, each result by its groups."""
    found: list[list[Drawing]] = []
    for effect in option.effects:
        if effect.shares and effect.speaks_of == "yes":
            said = [(x, clean(share_words(x, words.of_100, words.about))) for x in effect.shares]
            found.append([(Markup(people(whole(x.of_100), s)), s) for x, s in said])  # noqa: S704
    return found
