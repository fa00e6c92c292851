"""Real and published records that nobody here wrote.

Each is read and assessed, or refused cleanly; nothing cries wolf.

`./dev test tests/records -s` prints a line a record: urgency, alerts that are yes, what the banner
asks, how much was set aside.
"""

from __future__ import annotations

import datetime as dt
import json
from functools import cache
from pathlib import Path

import pytest

import bonemets
from bonemets.api import Knowledge
from bonemets.errors import RecordRefused

pytestmark = pytest.mark.needs_shared

RUN = dt.date(2026, 11, 25)
LOOKED_AT: dict[str, str] = {}
"""Alerts that are yes in a record without known cancer, each looked at.

Record -> why it is right.
"""


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return bonemets.load_pack()


def records(shared: Path) -> list[Path]:
    return sorted(p for p in (shared / "data" / "fhir").rglob("*.json") if p.is_file())


@cache  # once for all tests: conftest.py keeps them in one process
def assessed(path: Path) -> bonemets.Assessment | None:
    knowledge = bonemets.load_pack()
    try:
        record = bonemets.read(path, knowledge)
    except RecordRefused as refusal:
        assert len(refusal.faults) >= 1
        return None
    return bonemets.assess(record, knowledge, run_date=RUN)


def test_every_shared_record_is_assessed_or_refused_with_a_reason(
    shared: Path, knowledge: Knowledge
) -> None:
    done = refused = 0
    for path in records(shared):
        a = assessed(path)
        if a is None:
            refused += 1
            continue
        done += 1
        if json.loads(path.read_bytes()).get("resourceType") == "Bundle":
            yes = ", ".join(x.id for x in a.alerts if x.result == "yes") or "-"
            ask = ", ".join(q.variable for q in a.urgency.ask[:5]) or "-"
            print(  # noqa: T201 (with -s)
                f"{path.parent.name}/{path.stem[:24]}: at least {a.urgency.at_least},"
                f" at most {a.urgency.at_most}; alerts {yes}; asks {ask};"
                f" set aside {len(a.set_aside)}; not counted {len(a.not_counted)};"
                f" codes not understood {len(a.not_understood)}"
            )
    assert done >= 100
    assert refused >= 1


def test_no_alert_without_cancer_but_those_that_act_without_it(
    shared: Path, knowledge: Knowledge
) -> None:
    allowed = {n for n, a in knowledge.pack.alerts.items() if a.without_known_cancer}
    for path in records(shared):
        a = assessed(path)
        if a is None or a.scope.open:
            continue
        assert {x.id for x in a.alerts} <= allowed
        yes = {x.id for x in a.alerts if x.result == "yes"}
        assert not yes or path.name in LOOKED_AT, f"{path.name}: {sorted(yes)}"


def test_both_official_mcode_bundles_are_read_in_spite_of_dangling_references(
    shared: Path, knowledge: Knowledge
) -> None:
    bundles = sorted((shared / "data" / "fhir" / "mcode-ig-4.0.0").glob("Bundle-*.json"))
    assert len(bundles) == 2
    for path in bundles:
        a = assessed(path)
        assert a is not None
        assert any("refer" in s.why or "not in" in s.why for s in a.set_aside)


def test_known_bone_metastases_are_found(shared: Path, knowledge: Knowledge) -> None:
    """Two published test patients carry SNOMED 94222008 without a site.

    Confirmed, and no lesion.
    """
    folder = shared / "data" / "fhir" / "mcode-trial-matching-app"
    for path in sorted(folder.glob("TrialMatching_*.json")):
        seen = bonemets.reading(bonemets.read(path, knowledge), knowledge, run_date=RUN)
        facts = {f.variable: f.text for f in seen.facts if f.lesion is None}
        assert "bone" in facts["bone_metastasis"]
        assert "there is cancer" in facts["cancer"]
        assert not seen.lesions_complete
