"""The patient's leaflet: what to call for at once first, in plain words."""

from __future__ import annotations

from markupsafe import Markup
from starlette.responses import Response

from bonemets.api import Knowledge
from bonemets.errors import UsageError
from bonemets.model import Assessment, OptionFinding
from bonemets.pack.items import Words
from bonemets.renderers.board import Board
from bonemets.renderers.figures import people
from bonemets.renderers.page import sentences
from bonemets.renderers.words import clean, share_words, whole
from bonemets.web.answers import page

Drawing = tuple[Markup, str]
"""A figure, and its words."""


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
    planned = {x.id for x in found.plan if x.kind == "option"}
    options = {o.id: o for o in found.options if o.id in planned}.values()
    return page(
        "leaflet.html.jinja",
        a=found,
        soon=soon,
        later=[x for x in told if x not in soon],
        options=[(x, results(x, guide.words)) for x in options],
        tests={x.id: x for x in found.investigations}.values(),
        signs=sentences(knowledge.pack.actions[guide.signs].patient or "") if guide.signs else (),
        words=guide.words,
        language=knowledge.pack.language,
        emergency=[
            x.telephone
            if x.region is None
            else guide.words.in_region.replace("{number}", x.telephone).replace(
                "{region}", x.region
            )
            for x in found.telephones.emergency
        ],
    )


def results(option: OptionFinding, words: Words) -> list[list[Drawing]]:
    """Draw what an option achieved in people like this patient, each result by its groups."""
    found: list[list[Drawing]] = []
    for effect in option.effects:
        if effect.shares and effect.speaks_of == "yes":
            said = [(x, clean(share_words(x, words.of_100, words.about))) for x in effect.shares]
            found.append([(Markup(people(whole(x.of_100), s)), s) for x, s in said])  # noqa: S704
    return found
