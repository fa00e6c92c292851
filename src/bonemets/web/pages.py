"""The pages: start, a case with its assessment, the calculators, the patient's leaflet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
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
from bonemets.errors import BonemetsError, RecordRefused, UsageError
from bonemets.model import LISTS, Assessment
from bonemets.pack.items import Score, asked_for
from bonemets.renderers import html, pdf, text
from bonemets.renderers.board import Board
from bonemets.renderers.figures import bones
from bonemets.renderers.html.environment import environment
from bonemets.renderers.words import range_text
from bonemets.web.calculators import asked_by, calculated, listed, prefix_of
from bonemets.web.form import MOST_LESIONS, Control, layout, sent
from bonemets.web.guard import Refused
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
    "add_lesion",
    "remove",
    "new.fault",
)
"""What a form sends beside its answers."""
PLACES: Final = 3
"""Digits of the number of a lesion."""
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


def refusal(error: BonemetsError, *, part: bool = False) -> Response:
    """Show why something cannot be read, as a page or in the place of the assessment."""
    faults = [str(x) for x in error.faults] if isinstance(error, RecordRefused) else [str(error)]
    if part:  # the interactive layer shows what comes with a status of success only
        return page("refused_part.html.jinja", 200, faults=faults)
    return page("refused.html.jinja", 422, faults=faults)


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
    return page("home.html.jinja", examples=examples(), scores=scores)


class Posted(Struct, frozen=True):
    """What a form sent: its texts, and the file with its name, if any."""

    texts: dict[str, str]
    name: str = ""
    data: bytes | None = None


async def posted(request: Request) -> Posted:
    """Read a form.

    Of several controls of one name the last that says something counts.
    """
    async with request.form(max_fields=MOST_FIELDS, max_part_size=MOST_PART, max_files=1) as form:
        texts: dict[str, str] = {}
        name, data = "", None
        for key, value in form.multi_items():
            if isinstance(value, UploadFile):
                name, data = value.filename or "record", await value.read()
            elif value or key not in texts:
                texts[key] = value
        return Posted(texts, name, data)


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
            return refusal(error)
        return shown(case)

    return await run_in_threadpool(work)


def number(text: str) -> int | None:
    """Read the place of a lesion."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= PLACES else None


def case_of(request: Request, texts: Mapping[str, str]) -> Opened:
    """Give the case that a page sent, a lesion added or removed as it asks."""
    knowledge = knowledge_of(request)
    form = sent({k: v for k, v in texts.items() if k not in NOT_ANSWERS}, knowledge.pack)
    place, gone = number(texts.get("add_lesion", "")), number(texts.get("remove", ""))
    new = {k: v for k, v in form.values.items() if k.startswith("new.")}
    if place is not None and new.get("new.lesion_site"):
        form.values = {k: v for k, v in form.values.items() if k not in new}
        form.values |= {f"l.{place}.{k[4:]}": v for k, v in new.items()}
    elif place is not None:
        form.values["new.fault"] = "Choose the site of the lesion."
    if gone is not None:
        form.values = {k: v for k, v in form.values.items() if not k.startswith(f"l.{gone}.")}
    return Opened(texts.get("name", "")[:200], texts.get("record", ""), form, knowledge)


async def update(request: Request) -> Response:
    """Assess a case again after an answer: the whole page, or the part that changes."""
    texts = (await posted(request)).texts
    part = request.headers.get("hx-request") == "true"

    def work() -> Response:
        case = case_of(request, texts)
        added = [v for k, v in texts.items() if k.startswith("add.") and v]
        try:
            return shown(case, view=texts.get("view", "prepare"), part=part, added=added)
        except BonemetsError as error:
            return refusal(error, part=part)

    return await run_in_threadpool(work)


async def export(request: Request) -> Response:
    """Give a case as a file: saved, as PDF, as text, or as the leaflet of the patient."""
    texts = (await posted(request)).texts

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


def download(data: bytes, name: str, kind: str) -> Response:
    """Give a file to keep; its name says nothing of the patient."""
    disposition = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(data, media_type=kind, headers=disposition)


def leaflet(found: Assessment, knowledge: Knowledge) -> Response:
    """Show the patient's leaflet: what to call for at once first, in plain words.

    Raises:
        UsageError: it is not for this patient.
    """
    if not found.scope.open or found.scope.dead == "yes":
        raise UsageError("The leaflet is for people who are known to have cancer.")
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
        signs=knowledge.pack.actions[layout().signs].patient,
    )


def shown(
    case: Opened, *, view: str = "prepare", part: bool = False, added: Iterable[str] = ()
) -> Response:
    """Show a case with its form and its assessment.

    `added`: the names of further controls to show.
    """
    form, variables = case.sent, case.knowledge.pack.variables
    reading = case.read()
    found = case.assessed()
    known = {
        (x.variable, x.lesion): x.text
        for x in (reading.facts if reading is not None else ())
        if x.known
    }
    places = {x.id: x.text for x in found.lesions}
    titles = {n: places.get(form.lesion_id(n), form.lesion_id(n)) for n in form.lesions()}

    def control(name: str) -> Control:
        prefix, _, variable = name.rpartition(".")
        lesion = None if prefix in ("p", "new") else form.lesion_id(int(prefix[2:]))
        made = form.control(variables[variable], f"{prefix}.")
        return replace(made, known=known.get((variable, lesion), ""))

    standing = {f"p.{x}" for s in layout().patient for x in s.controls}
    standing |= {f"l.{n}.{x}" for n in form.lesions() for row in layout().lesion for x in row}
    further = dict.fromkeys((*form.others(), *(x for x in added if form.can_ask(x))))
    numbers = {form.lesion_id(n): n for n in form.lesions()}
    wanted = dict.fromkeys(
        name
        for q in found.questions
        for name in (
            [f"p.{q.variable}"]
            if variables[q.variable].entity == "patient"
            else [f"l.{numbers[x]}.{q.variable}" for x in q.lesions if x in numbers]
        )
        if name not in further
    )
    asked = list(wanted)[:MOST_ASKED]

    def beside(name: str) -> str:
        """Give the place of a lesion's control, to stand behind its title."""
        return "" if name.startswith("p.") else titles[int(name.split(".")[1])]

    values: dict[str, Any] = {
        "a": found,
        "assessment": html.part(found),
        "asked": [(control(x), x in standing, beside(x)) for x in asked],
        "others": [(control(x), beside(x)) for x in further if x not in standing],
        "faults": {k: (form.title(k), v) for k, v in form.faults.items()},
        "case": case,
        "view": "present" if view == "present" else "prepare",
    }
    if part:
        return page("assessed.html.jinja", **values)
    askable = sorted((v.title, n) for n, v in variables.items() if v.ask)
    return page(
        "case.html.jinja",
        **values,
        sections=[(s, [control(f"p.{x}") for x in s.controls]) for s in layout().patient],
        lesions=[
            (n, titles[n], [[control(f"l.{n}.{x}") for x in row] for row in layout().lesion])
            for n in form.lesions()
        ],
        new=[control(f"new.{x}") for x in NEW],
        new_fault=form.values.get("new.fault", ""),
        skeleton=Markup(bones("Skeleton from the front: click a bone to choose it.")),  # noqa: S704
        next_lesion=max(form.lesions(), default=-1) + 1,
        full=len(form.lesions()) >= MOST_LESIONS,
        lists=LISTS,
        of_patient=[x for x in askable if variables[x[1]].entity == "patient"],
        of_lesion=[x for x in askable if variables[x[1]].entity == "lesion"],
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
