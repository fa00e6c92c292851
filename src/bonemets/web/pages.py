"""The pages: which address shows what."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Final

from msgspec import Struct
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bonemets.errors import BonemetsError, UsageError
from bonemets.renderers import html, pdf, text
from bonemets.renderers.guide import Reader
from bonemets.renderers.item_page import ItemPages
from bonemets.renderers.words import range_text
from bonemets.web.answers import HTML, Refused, download, page, page_of
from bonemets.web.calculators import calculated, listed, worked
from bonemets.web.case_page import CasePage
from bonemets.web.form import sent
from bonemets.web.guides import address, guidebook
from bonemets.web.leaflet import leaflet
from bonemets.web.opened import Opened, opened
from bonemets.web.requests import is_part, knowledge_of, posted

EXAMPLES: Final = Path(__file__).parents[3] / "examples"
NOT_ANSWERS: Final = ("record", "name", "view", "what", "add_lesion", "remove")
"""What a form sends beside its answers."""
PLACE: Final = re.compile(r"\d{1,3}", re.ASCII)
"""The number of a lesion of the form."""


class Example(Struct, frozen=True):
    """A record to start from: the name of its file, and what it shows."""

    name: str
    title: str


def examples() -> list[Example]:
    """Give the records to start from, where the program runs from a checkout."""
    found = sorted(EXAMPLES.glob("*.json")) + sorted(EXAMPLES.glob("*.yaml"))
    return [Example(x.name, x.stem.replace("_", " ")) for x in found]


def begin(request: Request) -> Response:
    """Take the token of the start address into a cookie."""
    given = request.query_params.get("token", "")
    if not request.app.state.is_token(given):
        raise Refused(401, "Open the start address that the program printed.")
    response = RedirectResponse("/", 303)
    state = request.app.state
    response.set_cookie(
        state.cookie, given, httponly=True, samesite="strict", path="/", secure=state.encrypted
    )
    return response


def home(request: Request) -> Response:
    """Show the ways to start."""
    scores = list(listed(knowledge_of(request)))
    cohort = request.app.state.cohort
    return page("home.html.jinja", examples=examples(), scores=scores, cohort=cohort)


async def open_case(request: Request) -> Response:
    """Open an example, a file, or an empty form."""
    sent_in = await posted(request)

    def work() -> Response:
        knowledge, texts = knowledge_of(request), sent_in.texts
        try:
            if texts.get("empty"):
                case = Opened("", "", sent({}, knowledge.pack), knowledge)
            elif texts.get("example") in {x.name for x in examples()}:
                path = EXAMPLES / texts["example"]
                case = opened(path.read_bytes(), path.name, knowledge)
            elif sent_in.data is not None:
                case = opened(sent_in.data, sent_in.name, knowledge)
            else:
                raise UsageError("Nothing was chosen to open.")
        except BonemetsError as error:
            return page_of(error)
        return CasePage(case).whole("prepare")

    return await run_in_threadpool(work)


def case_of(request: Request, texts: Mapping[str, str]) -> tuple[Opened, str]:
    """Give the case that a page sent, a lesion added or removed as it asks.

    And what a lesion that was to be added lacks.
    """
    knowledge, fault = knowledge_of(request), ""
    form = sent({k: v for k, v in texts.items() if k not in NOT_ANSWERS}, knowledge.pack)
    added, gone = texts.get("add_lesion", ""), texts.get("remove", "")
    if PLACE.fullmatch(added):
        fault = form.add_lesion(int(added))
    if PLACE.fullmatch(gone):
        form.remove_lesion(int(gone))
    return Opened(texts.get("name", "")[:200], texts.get("record", ""), form, knowledge), fault


async def update(request: Request) -> Response:
    """Assess a case again after an answer: the whole page, or the part that changes."""
    texts = (await posted(request)).texts

    def work() -> Response:
        case, fault = case_of(request, texts)
        shown = CasePage(case, [v for k, v in texts.items() if k.startswith("add.") and v])
        try:
            if is_part(request):
                return shown.part()
            return shown.whole(texts.get("view", ""), fault)
        except BonemetsError as error:
            return page_of(error, part=is_part(request))

    return await run_in_threadpool(work)


async def export(request: Request) -> Response:
    """Give a case as a file: saved, as PDF, as text, or as the leaflet of the patient."""
    texts = (await posted(request)).texts

    def work() -> Response:
        case, _ = case_of(request, texts)
        try:
            return exported(case, texts.get("what", ""))
        except BonemetsError as error:
            return page_of(error)

    return await run_in_threadpool(work)


def exported(case: Opened, what: str) -> Response:
    """Give a case in the form that was asked for."""
    if what == "save":
        return download(case.saved(), "case.json", "application/json")
    found = case.assessed()
    if case.sent.faults:
        titles = [f"{case.sent.title(k)}: {v}" for k, v in case.sent.faults.items()]
        raise UsageError("Mend first what cannot be taken. " + " ".join(titles))
    match what:
        case "pdf":
            return download(pdf.render(found), "assessment.pdf", "application/pdf")
        case "text":
            written = text.render(found, detail=False)
            return Response(written, media_type="text/plain; charset=utf-8")
        case "report":
            return download(html.render(found).encode(), "assessment.html", HTML)
        case "patient":
            return leaflet(found, case.knowledge)
        case _:
            raise Refused(404, "There is nothing of that name.")


def scores(request: Request) -> Response:
    """List the calculators."""
    words = request.query_params.get("q", "")
    found = list(listed(knowledge_of(request), words))
    return page("scores.html.jinja", scores=found, words=words)


def score(request: Request) -> Response:
    """Show a calculator, with what its address holds filled in."""
    knowledge = knowledge_of(request)
    item = knowledge.pack.scores.get(request.path_params["id"])
    if item is None:
        raise Refused(404, "There is no score of that name.")
    done = calculated(item, dict(request.query_params), knowledge)
    drawn = html.score(done.assessment, done.shown) if done.shown and done.assessment else None
    name = "calculated.html.jinja" if is_part(request) else "score.html.jinja"
    cited = dict.fromkeys(c.id for c in item.evidence)
    evidence = [knowledge.pack.evidence[x] for x in cited]
    return page(
        name,
        c=done,
        score=item,
        drawn=drawn,
        evidence=evidence,
        example=worked(item, knowledge),
        points=range_text,
    )


def guide(request: Request) -> Response:
    """Show the chapters of the guide, or what was searched for in them."""
    reader, words = reader_of(request), request.query_params.get("q", "")[:200]
    book = guidebook(knowledge_of(request))
    return page(
        "guide_index.html.jinja",
        book=book,
        reader=reader,
        words=words,
        hits=book.found(words, reader),
    )


def chapter(request: Request) -> Response:
    """Show a chapter of the guide."""
    reader, book = reader_of(request), guidebook(knowledge_of(request))
    try:
        article = book.article(request.path_params["id"], reader)
    except UsageError:
        raise Refused(404, "There is no chapter of that name.") from None
    href = partial(address, book)
    return page("chapter.html.jinja", book=book, article=article, reader=reader, href=href)


def item(request: Request) -> Response:
    """Show one item of the knowledge: its definition and its sources."""
    knowledge, identity = knowledge_of(request), request.path_params["id"]
    known = {**knowledge.pack.items(), **knowledge.pack.evidence}
    found = known.get(identity)
    if found is None:
        raise Refused(404, "There is no item of that name.")

    def href(other: str) -> str | None:
        return f"/items/{other}" if other in known else None

    blocks = ItemPages(knowledge.pack).blocks(found, identity)
    return page(
        "item.html.jinja",
        cohort=request.app.state.cohort,
        title=found.title,
        blocks_shown=blocks,
        href=href,
    )


def reader_of(request: Request) -> Reader:
    """Give for whom a page of the guide is: patients, unless it says clinicians."""
    return "clinician" if request.query_params.get("for") == "clinician" else "patient"


def static(request: Request) -> Response:
    """Give a style sheet or script of ours: by a closed list of names."""
    found = STATIC.get(request.path_params["name"])
    if found is None:
        raise Refused(404, "There is nothing of that name.")
    package, kind = found
    data = (files(package) / "static" / request.path_params["name"]).read_bytes()
    return Response(data, media_type=kind)


STATIC: Final = {
    "nhsuk.css": ("bonemets.renderers.html", "text/css"),
    "bonemets.css": ("bonemets.renderers.html", "text/css"),
    "page.css": ("bonemets.web", "text/css"),
    "htmx.js": ("bonemets.web", "text/javascript"),
    "icon.svg": ("bonemets.web", "image/svg+xml"),
    "page.js": ("bonemets.web", "text/javascript"),
}
ROUTES: Final = (
    Route("/start", begin),
    Route("/", home),
    Route("/open", open_case, methods=["POST"]),
    Route("/case", update, methods=["POST"]),
    Route("/export", export, methods=["POST"]),
    Route("/scores", scores),
    Route("/scores/{id}", score),
    Route("/items/{id}", item),
    Route("/guide", guide),
    Route("/guide/{id}", chapter),
    Route("/static/{name}", static),
)
