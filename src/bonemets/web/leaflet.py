"""The patient's leaflet: what to call for at once first, in plain words."""

from __future__ import annotations

from starlette.responses import Response

from bonemets.api import Knowledge
from bonemets.errors import UsageError
from bonemets.model import Assessment
from bonemets.renderers.board import Board
from bonemets.web.answers import page


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
    soon = [x for x in told if x.urgency in ("now", "today")]
    planned = {x.id for x in found.plan if x.kind == "option"}
    return page(
        "leaflet.html.jinja",
        a=found,
        soon=soon,
        later=[x for x in told if x not in soon],
        options=[x for x in {o.id: o for o in found.options if o.id in planned}.values()],
        tests={x.id: x for x in found.investigations}.values(),
        signs=knowledge.pack.actions[guide.signs].patient if guide.signs else None,
        words=guide.words,
        language=knowledge.pack.language,
    )
