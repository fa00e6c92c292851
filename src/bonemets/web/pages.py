"""The pages: start, a case with its assessment, the calculators, the patient's leaflet."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from markupsafe import Markup
from msgspec import Struct
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bonemets.api import Knowledge
from bonemets.errors import BonemetsError, RecordRefused
from bonemets.model import LISTS, Assessment
from bonemets.pack.items import Score, asked_for
from bonemets.renderers import html, pdf, text
from bonemets.renderers.board import Board
from bonemets.renderers.figures import bones
from bonemets.renderers.html.environment import environment
from bonemets.renderers.words import range_text
from bonemets.web.calculators import asked_by, calculated, listed, prefix_of
from bonemets.web.form import Control, layout, sent
from bonemets.web.guard import COOKIE, Refused
from bonemets.web.opened import Opened, opened
from bonemets.web.rest import knowledge_of

MOST_FIELDS: Final = 4000
MOST_PART: Final = 10_000_000
"""Bytes of one field of a form: an opened record travels in one."""
HTML: Final = "text/html; charset=utf-8"
EXAMPLES: Final = Path(__file__).parents[3] / "examples"
MOST_ASKED: Final = 6
NOT_ANSWERS: Final = (
    "record",
    "name",
    "view",
    "what",
    "add",
    "add_lesion",
    "remove",
    "data",
    "file",
)
"""What a form sends beside its answers."""
NEW: Final = ("lesion_site", "vertebral_level", "laterality", "lesion_status")
"""What a new lesion begins with."""


class Example(Struct, frozen=True):
    """A record to start from: the name of its file, and what it shows."""

    name: str
    title: str


def page(template: str, status: int = 200, **values: Any) -> Response:
    """Fill a template."""
    found = environment("bonemets.web").get_template(template)
    return Response(found.render(**values), status, media_type=HTML)


def refusal(error: BonemetsError, status: int = 422) -> Response:
    """Show why something cannot be read."""
    faults = [str(x) for x in error.faults] if isinstance(error, RecordRefused) else [str(error)]
    return page("refused.html.jinja", status, faults=faults)


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
    response.set_cookie(COOKIE, given, httponly=True, samesite="strict", path="/")
    return response


def home(request: Request) -> Response:
    """Show the ways to start."""
    scores = list(listed(knowledge_of(request)))
    return page("home.html.jinja", examples=examples(), scores=scores)


async def values_of(request: Request) -> tuple[dict[str, str], UploadFile | None]:
    """Read a form: its texts, and the file sent with it."""
    async with request.form(max_fields=MOST_FIELDS, max_part_size=MOST_PART, max_files=1) as form:
        texts = {k: v for k, v in form.multi_items() if isinstance(v, str)}
        file = next((v for v in form.values() if isinstance(v, UploadFile)), None)
        if file is not None and file.size:
            texts["file"] = file.filename or "record"
            texts["data"] = (await file.read()).decode("latin-1")
        return texts, file


async def open_case(request: Request) -> Response:
    """Open an example, a file, or an empty form."""
    texts, _ = await values_of(request)

    def work() -> Response:
        knowledge = knowledge_of(request)
        try:
            if texts.get("data"):
                case = opened(texts["data"].encode("latin-1"), texts["file"], knowledge)
            elif texts.get("example") in {x.name for x in examples()}:
                path = EXAMPLES / texts["example"]
                case = opened(path.read_bytes(), path.name, knowledge)
            else:
                case = Opened("", "", sent({}, knowledge.pack), knowledge)
        except BonemetsError as error:
            return refusal(error)
        return shown(case)

    return await run_in_threadpool(work)


def case_of(request: Request, texts: Mapping[str, str]) -> Opened:
    """Give the case that a page sent."""
    knowledge = knowledge_of(request)
    own = {k: v for k, v in texts.items() if k not in NOT_ANSWERS}
    form = sent({k: v for k, v in own.items() if not k.startswith("new.")}, knowledge.pack)
    place = texts.get("add_lesion", "")
    if place.isdigit() and texts.get("new.lesion_site"):
        new = {k[4:]: v for k, v in own.items() if k.startswith("new.")}
        form.values |= {f"l.{int(place)}.{k}": v for k, v in new.items()}
    gone = texts.get("remove", "")
    if gone.isdigit():
        form.values = {k: v for k, v in form.values.items() if not k.startswith(f"l.{int(gone)}.")}
    return Opened(texts.get("name", "")[:200], texts.get("record", ""), form, knowledge)


async def update(request: Request) -> Response:
    """Assess a case again after an answer: the whole page, or the part that changes."""
    texts, _ = await values_of(request)
    part = request.headers.get("hx-request") == "true"

    def work() -> Response:
        case = case_of(request, texts)
        added = texts.get("add", "")
        try:
            return shown(case, view=texts.get("view", "prepare"), part=part, added=added)
        except BonemetsError as error:
            return refusal(error, 200 if part else 422)

    return await run_in_threadpool(work)


async def export(request: Request) -> Response:
    """Give a case as a file: saved, as PDF, as text, as JSON, or as the leaflet of the patient."""
    texts, _ = await values_of(request)

    def work() -> Response:
        case = case_of(request, texts)
        try:
            return exported(case, texts.get("what", ""))
        except BonemetsError as error:
            return refusal(error)

    return await run_in_threadpool(work)


def exported(case: Opened, what: str) -> Response:
    """Give a case in the form that was asked for."""
    if what == "save":
        return download(case.saved(), "case.json", "application/json")
    found = case.assessed()
    match what:
        case "pdf":
            return download(pdf.render(found), "assessment.pdf", "application/pdf")
        case "text":
            written = text.render(found, detail=False)
            return Response(written, media_type="text/plain; charset=utf-8")
        case "report":
            return download(html.render(found).encode(), "assessment.html", HTML)
        case "patient":
            return leaflet(found)
        case _:
            raise Refused(404, "There is nothing of that name.")


def download(data: bytes, name: str, kind: str) -> Response:
    """Give a file to keep; its name says nothing of the patient."""
    disposition = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(data, media_type=kind, headers=disposition)


def leaflet(found: Assessment) -> Response:
    """Show the patient's leaflet: what to call for at once first, in plain words."""
    told = {x.say.patient: x for x in Board(found).leading if x.say.patient}.values()
    soon = [x for x in told if x.urgency in ("now", "today")]
    later = [x for x in told if x not in soon]
    planned = {x.id for x in found.plan if x.kind == "option"}
    options = [x for x in {o.id: o for o in found.options if o.id in planned}.values()]
    tests = {x.id: x for x in found.investigations}.values()
    return page("leaflet.html.jinja", a=found, soon=soon, later=later, options=options, tests=tests)


def shown(case: Opened, *, view: str = "prepare", part: bool = False, added: str = "") -> Response:
    """Show a case with its form and its assessment."""
    knowledge, form = case.knowledge, case.sent
    reading = case.read()
    found = case.assessed()
    known: dict[tuple[str, str | None], str] = {}
    for fact in reading.facts if reading is not None else ():
        if fact.known:
            known[fact.variable, fact.lesion] = fact.text
    variables = knowledge.pack.variables

    def control(name: str, prefix: str = "p.") -> Control:
        made = form.control(variables[name], prefix)
        said = known.get((name, None), "") if prefix == "p." else ""
        return Control(
            **{x: getattr(made, x) for x in Control.__slots__ if x != "known"}, known=said
        )

    sections = [(s, [control(x) for x in s.controls]) for s in layout().patient]
    standing = {x for s in layout().patient for x in s.controls}
    asked = [q.variable for q in found.questions if variables[q.variable].entity == "patient"]
    asked = [x for x in asked if x not in form.others()][:MOST_ASKED]
    lesions = [
        (n, form.lesion_id(n), [[control(x, f"l.{n}.") for x in row] for row in layout().lesion])
        for n in form.lesions()
    ]
    further = dict.fromkeys(form.others())
    if added in variables and added not in standing:
        further[added] = None
    values: dict[str, Any] = {
        "a": found,
        "assessment": html.part(found),
        "asked": [(control(x), x in standing) for x in asked],
        "others": [control(x) for x in further],
        "faults": form.faults,
        "case": case,
        "view": "present" if view == "present" else "prepare",
    }
    if part:
        return page("assessed.html.jinja", **values)
    return page(
        "case.html.jinja",
        **values,
        sections=sections,
        lesions=lesions,
        new=[control(x, "new.") for x in NEW],
        skeleton=Markup(bones("Skeleton from the front: click a bone to choose it.")),  # noqa: S704
        next_lesion=max(form.lesions(), default=-1) + 1,
        lists=LISTS,
        every=sorted((v.title, n) for n, v in variables.items() if v.ask and v.entity == "patient"),
        today=dt.datetime.now(dt.UTC).date().isoformat(),  # noqa: TID251
    )


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
    part = request.headers.get("hx-request") == "true"
    name = "calculated.html.jinja" if part else "score.html.jinja"
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


class Worked(Struct, frozen=True):
    """A worked example of a score: what is given as the query of an address, and what it gives."""

    name: str
    query: str
    expected: str


def worked(item: Score, knowledge: Knowledge) -> Worked | None:
    """Give a score's first example of plain values, as the form takes them."""
    asked = set(asked_by(item, knowledge))
    told = {x for x, v in knowledge.pack.variables.items() if asked_for(v)}
    for example in item.examples:
        given = dict(example.given)
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
        expected = "; ".join(f"{k} {v}" for k, v in example.expect.items())
        return Worked(example.name, urlencode(pairs), expected)
    return None


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
    Route("/static/{name}", static),
)
