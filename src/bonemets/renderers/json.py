"""An assessment -> JSON of the published shape `assessment/1`, and its JSON Schema.

The shape is that of `model.Assessment`, with what design.md asks beyond it put in here:
the version, and a `result` (null) for numbers.
A later `assessment/1` may add keys; it removes none and changes the meaning of none.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, get_args

import msgspec
from msgspec.structs import asdict

from bonemets.model import Assessment, Findings
from bonemets.pack.items import SUMMARIES, Confirmation, Urgency

VERSION: Final = "assessment/1"
FINDINGS: Final = "findings/1"
SCHEMA_FILE: Final = Path(__file__).with_name("assessment.schema.json")

BECAUSE: Final = ("measure", "routine", "unread")

BASES: Final = {"Finding": "Finding", "ItemResult": "Result"}
"""Classes whose keys others have: those whose names end so."""

CLOSED_LISTS: Final[dict[tuple[str, str], tuple[tuple[str, ...], bool]]] = {
    ("AlertFinding", "urgency"): (get_args(Urgency), False),
    ("AlertResult", "urgency"): (get_args(Urgency), False),
    ("OptionResult", "status"): (SUMMARIES, False),
    ("UrgencyEnds", "at_least"): (get_args(Urgency), True),
    ("UrgencyEnds", "at_most"): (get_args(Urgency), True),
    ("UrgencyRange", "at_least"): (get_args(Urgency), True),
    ("UrgencyRange", "at_most"): (get_args(Urgency), True),
    ("OptionFinding", "status"): (SUMMARIES, False),
    ("OptionFinding", "because"): (BECAUSE, True),
    ("Source", "confirmation"): (get_args(Confirmation), False),
    ("Finding", "trust"): (get_args(Confirmation), False),
}
"""Closed lists that the model keeps as text: class and key -> its words, and whether null."""

NOTES: Final = {
    ("Assessment", "index_date"): "The day as of which everything holds (YYYY-MM-DD).",
    ("Assessment", "index_note"): "How far the index date lies from the day of the run, if far.",
    ("Findings", "index_date"): "The day as of which everything holds (YYYY-MM-DD).",
    ("Findings", "index_note"): "How far the index date lies from the day of the run, if far.",
    ("Findings", "investigations"): "The tests that are to be done.",
    ("Findings", "options"): "Every option; none where the findings are not for this patient.",
    ("ItemResult", "lesion"): "The id of the bone lesion, null for the whole patient.",
    ("OptionResult", "statuses"): "Every status that is still possible.",
    ("UrgencyEnds", "at_least"): "Of the most urgent alert that is yes; null where none is.",
    ("UrgencyEnds", "at_most"): "Of the most urgent alert that is yes or unknown, or null.",
    ("UrgencyRange", "at_least"): "Of the most urgent alert that is yes; null where none is.",
    ("UrgencyRange", "at_most"): "Of the most urgent alert that is yes or unknown, or null.",
    ("Finding", "lesion"): "The id of the bone lesion, null for the whole patient.",
    ("Finding", "missing"): "The observed variables behind what is open.",
    ("Finding", "trust"): "The weakest confirmation among the lines behind the finding.",
    ("OptionFinding", "statuses"): "Every status that is still possible.",
    ("Range", "low"): "Null: without bound.",
    ("Range", "high"): "Null: without bound.",
}


def document(assessment: Assessment) -> dict[str, Any]:
    """Give an assessment as plain lists and objects, in the published shape."""
    return msgspec.to_builtins(_shape(assessment))


def _shape(assessment: Assessment) -> dict[str, Any]:
    """Put in what the published shape has beside the model's; the rest stays as it is."""
    numbers = [{**asdict(number), "result": None} for number in assessment.numbers]
    return {"bonemets": VERSION, **asdict(assessment), "numbers": numbers}


def encoded(assessment: Assessment) -> bytes:
    """Give an assessment as JSON, indented, with a line end.

    An end without bound, and an urgency that no alert gives, are null.
    """
    return msgspec.json.format(compact(assessment), indent=2) + b"\n"


def compact(found: Assessment | Findings) -> bytes:
    """Give an assessment, or findings, as JSON on one line: for programs."""
    if isinstance(found, Findings):
        return msgspec.json.encode({"bonemets": FINDINGS, **asdict(found)})
    return msgspec.json.encode(_shape(found))


def render(assessment: Assessment) -> str:
    """Show an assessment as JSON."""
    return encoded(assessment).decode()


def schema() -> dict[str, Any]:
    """Give the JSON Schema (2020-12) of what `render` writes."""
    classes: dict[str, dict[str, Any]] = msgspec.json.schema(Assessment)["$defs"]
    classes["NumberFinding"]["properties"]["result"] = {
        "type": "null",
        "description": "A number is neither yes nor no: see value.",
    }
    for name, shape in classes.items():
        if "properties" in shape:
            _tighten(name, shape)
    root = classes.pop("Assessment")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:bonemets:assessment:1",
        **root,
        "properties": {"bonemets": {"const": VERSION}, **root["properties"]},
        "required": ["bonemets", *root["required"]],
        "$defs": dict(sorted(classes.items())),
    }


def findings_schema() -> dict[str, Any]:
    """Give the JSON Schema (2020-12) of findings, as `compact` writes them."""
    classes: dict[str, dict[str, Any]] = msgspec.json.schema(Findings)["$defs"]
    for name, shape in classes.items():
        _tighten(name, shape)
    root = classes.pop("Findings")
    return {
        **root,
        "properties": {"bonemets": {"const": FINDINGS}, **root["properties"]},
        "required": ["bonemets", *root["required"]],
        "$defs": dict(sorted(classes.items())),
    }


def _tighten(name: str, shape: dict[str, Any]) -> None:
    """Ask for every key, since every key is written, and put in the closed lists and the notes."""
    shape["required"] = list(shape["properties"])
    for key, entry in shape["properties"].items():
        entry.pop("default", None)
        kinds = (name, *(x for x in BASES if name.endswith(BASES[x])))
        for kind in kinds:
            if (kind, key) in CLOSED_LISTS:
                allowed, nullable = CLOSED_LISTS[(kind, key)]
                entry.clear()
                entry["enum"] = [*allowed, None] if nullable else list(allowed)
        for kind in kinds:
            if (kind, key) in NOTES and "$ref" not in entry:
                entry["description"] = NOTES[(kind, key)]


def schema_text() -> str:
    """Give the schema as the text of its file."""
    return msgspec.json.format(msgspec.json.encode(schema()), indent=2).decode() + "\n"
