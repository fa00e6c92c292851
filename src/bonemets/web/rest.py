"""The REST API: the same assessment for programs, errors as problem details (RFC 9457)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from importlib.metadata import version as version_of
from typing import Any, Final

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bonemets.api import Knowledge, assess, findings, read, reading
from bonemets.errors import BonemetsError
from bonemets.model import LISTS, Assessment, Findings, Record
from bonemets.renderers import json as assessment_json
from bonemets.web.answers import PROBLEM, as_json, problem, problem_of
from bonemets.web.calculators import calculated, listed
from bonemets.web.requests import day_of, knowledge_of, lists_of


async def of_record(
    request: Request, give: Callable[[Record, Knowledge, dt.date | None], Response]
) -> Response:
    """Answer with what is given of the record in the body, as of the day asked for."""
    data = await request.body()

    def work() -> Response:
        knowledge = knowledge_of(request)
        try:
            day = day_of(request)
            record = read(data, knowledge, name="record", index_date=day)
            return give(record, knowledge, day)
        except BonemetsError as error:
            return problem_of(error)

    return await run_in_threadpool(work)


async def assess_record(request: Request) -> Response:
    """Assess the record in the body."""

    def give(record: Record, knowledge: Knowledge, day: dt.date | None) -> Response:
        lists = lists_of(request)
        return compact(assess(record, knowledge, index_date=day, assume_complete=lists))

    return await of_record(request, give)


async def find_in_record(request: Request) -> Response:
    """Give the findings of the record in the body, without what explains them.

    For a list of many patients: they are those of `/api/assess`, in a tenth of the time.
    """

    def give(record: Record, knowledge: Knowledge, day: dt.date | None) -> Response:
        lists = lists_of(request)
        return compact(findings(record, knowledge, index_date=day, assume_complete=lists))

    return await of_record(request, give)


async def read_record(request: Request) -> Response:
    """Show what the record in the body says."""

    def give(record: Record, knowledge: Knowledge, day: dt.date | None) -> Response:
        return as_json(reading(record, knowledge, index_date=day))

    return await of_record(request, give)


def compact(found: Assessment | Findings) -> Response:
    """Give an assessment, or findings, as JSON on one line."""
    return Response(assessment_json.compact(found), media_type="application/json")


def scores(request: Request) -> Response:
    """List the scores, those that hold some words."""
    found = listed(knowledge_of(request), request.query_params.get("q", ""))
    return as_json([{"id": x.id, "title": x.title, "entity": x.entity} for x in found])


def score(request: Request) -> Response:
    """Work out one score from the values of the query: `p.VARIABLE`, `l.0.VARIABLE`, `….unit`."""
    knowledge = knowledge_of(request)
    item = knowledge.pack.scores.get(request.path_params["id"])
    if item is None:
        return problem(404, "There is no score of that name.")
    done = calculated(item, dict(request.query_params), knowledge)
    faults = {x.name: x.fault for x in done.controls if x.fault}
    if faults or done.refused:
        return problem(422, "Some values cannot be taken.", done.refused, fields=faults)
    shown = None if done.shown is None else msgspec.to_builtins(done.shown)
    controls = [msgspec.to_builtins(x) for x in done.controls]
    return as_json({"id": item.id, "title": item.title, "asks": controls, "result": shown})


def knowledge(request: Request) -> Response:
    """List the items of the knowledge by kind."""
    used = knowledge_of(request).pack
    items = [{"id": x.id, "kind": x.kind, "title": x.title} for x in used.items().values()]
    return as_json({"version": used.version, "hash": used.hash, "items": items})


def item(request: Request) -> Response:
    """Give one item as it stands in its file."""
    found = knowledge_of(request).pack.items().get(request.path_params["id"])
    if found is None:
        return problem(404, "There is no item of that name.")
    return as_json({"kind": found.kind, **msgspec.to_builtins(found)})


def version(request: Request) -> Response:
    """Say which version runs, of the program and of the knowledge."""
    used = knowledge_of(request).pack
    return as_json(
        {"bonemets": version_of("bonemets"), "knowledge": used.version, "hash": used.hash}
    )


def health(_: Request) -> Response:
    """Say that the server answers."""
    return as_json({"status": "ok"})


def openapi(_: Request) -> Response:
    """Describe the API."""
    return as_json(description())


INDEX_DATE: Final = {
    "name": "index_date",
    "in": "query",
    "description": "The day as of which to assess.",
    "schema": {"type": "string", "format": "date"},
}
COMPLETE: Final = {
    "name": "assume_complete",
    "in": "query",
    "description": f"Lists to take as complete, with commas between: {', '.join(LISTS)}.",
    "schema": {"type": "string"},
}
IDENTITY: Final = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
WORDS: Final = {"name": "q", "in": "query", "schema": {"type": "string"}}
RECORD: Final[dict[str, Any]] = {
    "required": True,
    "description": "A FHIR R4 bundle or resource (JSON), or a case file (YAML).",
    "content": {
        "application/json": {"schema": {}},
        "application/yaml": {"schema": {"type": "string"}},
    },
}


def described(summary: str, schema: object, *parameters: object, **more: object) -> dict[str, Any]:
    """Describe one operation."""
    problems = {"description": "Refused", "content": {PROBLEM: {"schema": PROBLEM_SCHEMA}}}
    done = {"description": summary, "content": {"application/json": {"schema": schema}}}
    responses = {"200": done, "default": problems}
    return {"summary": summary, "parameters": list(parameters), "responses": responses, **more}


PROBLEM_SCHEMA: Final = {
    "type": "object",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
    },
}
ANYTHING: Final = {"type": "object"}


def description() -> dict[str, Any]:
    """Give the OpenAPI description."""
    text = assessment_json.SCHEMA_FILE.read_text("utf-8").replace(
        "#/$defs/", "#/components/schemas/"
    )
    schema = msgspec.json.decode(text)
    parts = schema.pop("$defs")
    parts["Assessment"] = {k: v for k, v in schema.items() if k not in ("$schema", "$id")}
    assessment = {"$ref": "#/components/schemas/Assessment"}
    alone = msgspec.json.decode(
        msgspec.json.encode(assessment_json.findings_schema()).replace(
            b"#/$defs/", b"#/components/schemas/"
        )
    )
    parts = {**alone.pop("$defs"), **parts, "Findings": alone}
    listing: dict[str, Any] = {"type": "array", "items": ANYTHING}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "bonemets",
            "version": version_of("bonemets"),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            "description": "Decision support for bone metastasis. Not a medical device.",
        },
        "security": [{"token": []}],
        "paths": {
            "/api/assess": {
                "post": described(
                    assess_record.__doc__ or "",
                    assessment,
                    INDEX_DATE,
                    COMPLETE,
                    requestBody=RECORD,
                )
            },
            "/api/findings": {
                "post": described(
                    find_in_record.__doc__ or "",
                    {"$ref": "#/components/schemas/Findings"},
                    INDEX_DATE,
                    COMPLETE,
                    requestBody=RECORD,
                )
            },
            "/api/read": {
                "post": described(
                    read_record.__doc__ or "", ANYTHING, INDEX_DATE, requestBody=RECORD
                )
            },
            "/api/scores": {"get": described(scores.__doc__ or "", listing, WORDS)},
            "/api/scores/{id}": {"get": described(score.__doc__ or "", ANYTHING, IDENTITY)},
            "/api/knowledge": {"get": described(knowledge.__doc__ or "", ANYTHING)},
            "/api/knowledge/{id}": {"get": described(item.__doc__ or "", ANYTHING, IDENTITY)},
            "/version": {"get": described(version.__doc__ or "", ANYTHING)},
            "/healthz": {"get": described(health.__doc__ or "", ANYTHING, security=[])},
        },
        "components": {
            "schemas": parts,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


ROUTES: Final = (
    Route("/api/assess", assess_record, methods=["POST"]),
    Route("/api/findings", find_in_record, methods=["POST"]),
    Route("/api/read", read_record, methods=["POST"]),
    Route("/api/scores", scores),
    Route("/api/scores/{id}", score),
    Route("/api/knowledge", knowledge),
    Route("/api/knowledge/{id}", item),
    Route("/openapi.json", openapi),
    Route("/version", version),
    Route("/healthz", health),
)
