"""Whole reports of the example records, as committed: a change shows as a diff that is read.

`BONEMETS_GOLDEN=rewrite` writes them anew, and the published schema with them.
"""

from __future__ import annotations

import datetime as dt
import json
import os
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from msgspec.structs import replace

import bonemets
from bonemets.model import Assessment, Knowledge
from bonemets.renderers import html as as_html
from bonemets.renderers import json as as_json
from bonemets.renderers import text as as_text
from bonemets.renderers.html.environment import styles

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
REWRITE = os.environ.get("BONEMETS_GOLDEN") == "rewrite"

# The day of the run is fixed: the day after the first record's last word, the same day.
RECORDS = {
    "hypercalcaemia_breast.json": dt.date(2026, 2, 12),
    "cord_compression_prostate.yaml": dt.date(2026, 3, 9),
}
# A change of the knowledge that concerns neither patient shall not touch these files.
KNOWLEDGE = Knowledge(version="2026-01-01", hash="0" * 64, weaker=())


def assessed(name: str) -> Assessment:
    found = bonemets.assess(bonemets.read(ROOT / "examples" / name), run_date=RECORDS[name])
    return replace(found, knowledge=KNOWLEDGE)


def golden(path: Path, given: str) -> str:
    if REWRITE:
        path.parent.mkdir(exist_ok=True)
        path.write_text(given, encoding="utf-8")
    return path.read_text(encoding="utf-8")


def test_the_committed_schema_is_the_one_that_the_code_gives() -> None:
    given = as_json.schema_text()
    assert golden(as_json.SCHEMA_FILE, given) == given


@pytest.mark.parametrize("name", RECORDS)
def test_the_text_of_an_example_is_as_committed(name: str) -> None:
    given = as_text.render(assessed(name))
    assert golden(HERE / "text" / f"{Path(name).stem}.txt", given) == given


@pytest.mark.parametrize("name", RECORDS)
def test_the_page_of_an_example_is_as_committed(name: str) -> None:
    """Without the style sheet: that is the same in every page."""
    given = as_html.render(assessed(name)).replace(styles(), "")
    assert golden(HERE / "html" / f"{Path(name).stem}.html", given) == given


@pytest.mark.parametrize("name", RECORDS)
def test_the_json_of_an_example_is_as_committed(name: str) -> None:
    given = as_json.render(assessed(name))
    assert golden(HERE / "json" / f"{Path(name).stem}.json", given) == given


@pytest.mark.parametrize("name", RECORDS)
def test_the_committed_json_fits_the_committed_schema(name: str) -> None:
    schema = json.loads(as_json.SCHEMA_FILE.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    stored = json.loads((HERE / "json" / f"{Path(name).stem}.json").read_text(encoding="utf-8"))
    assert [] == [x.message for x in Draft202012Validator(schema).iter_errors(stored)]
