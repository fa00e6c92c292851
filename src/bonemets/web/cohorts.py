"""The pages of a finished cohort: its summary, its worklist, and from a number to its patients."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bonemets.errors import BonemetsError
from bonemets.expression import URGENCIES
from bonemets.renderers import html
from bonemets.renderers.words import URGENCIES as URGENCY_WORDS
from bonemets.web.answers import Refused, page, page_of
from bonemets.web.guides import address
from bonemets.web.requests import posted

if TYPE_CHECKING:
    from bonemets.cohort.look import Look


def look_of(request: Request) -> Look:
    """Give the cohort that the server shows."""
    return cast("Look", request.app.state.cohort)


def number_of(request: Request, name: str = "page") -> int:
    """Give the page that is asked for."""
    text = request.query_params.get(name, "1")
    return int(text) if text.isdecimal() and len(text) < 10 else 1


def summary(request: Request) -> Response:
    """Show what was found in the cohort, each number with the way to its patients."""
    look = look_of(request)
    try:
        return page("cohort.html.jinja", look=look, m=look.manifest)
    except BonemetsError as error:
        return page_of(error)


def waiting(request: Request) -> Response:
    """Show who needs action and why."""
    from bonemets.cohort.look import SORTS

    look, asked = look_of(request), request.query_params
    urgency, alert, sort = (asked.get(x, "") for x in ("urgency", "alert", "sort"))
    urgency = urgency if urgency in URGENCIES else ""
    alert = alert if alert in look.knowledge.pack.alerts else ""
    sort = sort if sort in SORTS else "urgency"
    try:
        found = look.waiting(urgency, alert, sort, number_of(request))
    except BonemetsError as error:
        return page_of(error)
    return page(
        "worklist.html.jinja",
        look=look,
        found=found,
        urgency=urgency,
        alert=alert,
        sort=sort,
        sorts=SORTS,
        words=URGENCY_WORDS,
        query=urlencode({"urgency": urgency, "alert": alert, "sort": sort}),
    )


def patients(request: Request) -> Response:
    """Show of whom a finding has a value."""
    look, value = look_of(request), request.query_params.get("value", "")[:200]
    column = look.columns.get(request.path_params["column"])
    if column is None or column.form not in ("truth", "mask"):
        raise Refused(404, "There is no finding of that name.")
    try:
        found = look.having(column, value, number_of(request))
    except BonemetsError as error:
        return page_of(error)
    query = urlencode({"value": value})
    return page(
        "patients.html.jinja", look=look, column=column, value=value, found=found, query=query
    )


async def find(request: Request) -> Response:
    """Go to the patient of an identifier, which no address holds."""
    texts = (await posted(request)).texts
    look = look_of(request)
    number = await run_in_threadpool(look.number, texts.get("patient", "").strip())
    if number is None:
        raise Refused(404, "There is no patient of that identifier in this cohort.")
    return RedirectResponse(f"/cohort/patients/{number}", 303)


def patient(request: Request) -> Response:
    """Show one patient's explained assessment; its record is read from the source again."""
    from bonemets.web.pages import guidebook

    look, number = look_of(request), number_of_patient(request)
    try:
        found = look.assessed(number)
    except BonemetsError as error:
        return page_of(error)
    if found is None:
        raise Refused(404, "There is no such patient in this cohort.")
    assessment, notes = found
    book = guidebook(look.knowledge)
    shown = html.part(assessment, lambda identity: address(book, identity))
    return page("patient.html.jinja", look=look, a=assessment, notes=notes, assessment=shown)


def number_of_patient(request: Request) -> int:
    """Give the number of the patient that an address names; -1 for what is none."""
    text = request.path_params["number"]
    return int(text) if text.isdecimal() and len(text) < 12 else -1


ROUTES = (
    Route("/cohort", summary),
    Route("/cohort/worklist", waiting),
    Route("/cohort/find", find, methods=["POST"]),
    Route("/cohort/findings/{column}", patients),
    Route("/cohort/patients/{number}", patient),
)
