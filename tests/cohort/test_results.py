"""What is told of a cohort: worklist, one patient, counts without small cells, the page."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import bulk
import pytest
from agreement import RUN, bundle
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

import bonemets
from bonemets import cli
from bonemets.api import Knowledge
from bonemets.assess import NOTICE
from bonemets.cohort import worklist
from bonemets.cohort.arrow import pq
from bonemets.cohort.columns import KINDS, TABLES, columns_of
from bonemets.cohort.events import COLUMNS
from bonemets.cohort.page import known
from bonemets.cohort.results import as_csv, missing_rows, suppressed
from bonemets.cohort.tally import Tally
from bonemets.errors import UsageError
from bonemets.expression import URGENCIES
from bonemets.readers import fhir

PATIENTS = 30


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    at = tmp_path_factory.mktemp("cohort")
    bulk.write(at / "bulk", PATIENTS, seed=6, mishaps=0)
    bonemets.assess_cohort(
        at / "bulk", at / "out", run_date=RUN, jobs=1, assume_complete=["conditions"]
    )
    return at / "bulk", at / "out"


@pytest.fixture(scope="module")
def assessed(knowledge: Knowledge) -> dict[str, bonemets.Assessment]:
    """Every patient assessed alone."""
    shared = {f"Medication/{m['id']}": m for m in bulk.medications()}
    found: dict[str, bonemets.Assessment] = {}
    for resources in bulk.patients(PATIENTS, seed=6, mishaps=0):
        named = {r.get("medicationReference", {}).get("reference") for r in resources} - {None}
        data = bundle([*resources, *(shared[n] for n in sorted(named & shared.keys()))])
        record = fhir.read(data, "one")
        found[resources[0]["id"]] = bonemets.assess(
            record, knowledge, run_date=RUN, assume_complete=["conditions"], questions=False
        )
    return found


def test_the_worklist_is_the_alerts_of_each_assessment(
    folders: tuple[Path, Path], assessed: dict[str, bonemets.Assessment]
) -> None:
    listed = worklist.worklist(folders[1]).patients
    mine = {w.subject_id: {(a.alert, a.urgency, a.lesion) for a in w.alerts} for w in listed}
    theirs = {
        who: {(x.id, x.urgency, x.lesion) for x in a.alerts if x.result == "yes"}
        for who, a in assessed.items()
    }
    assert {who: alerts for who, alerts in theirs.items() if alerts} == mine
    order = [URGENCIES.index(w.urgency) for w in listed]
    assert sorted(order) == order
    assert len(listed) > PATIENTS / 4
    assert any(why.because for w in listed for why in w.alerts)


def test_the_worklist_says_by_what_knowledge_and_assumption(folders: tuple[Path, Path]) -> None:
    listed = worklist.worklist(folders[1])
    text = worklist.as_text(listed, 3)
    assert NOTICE in text
    assert listed.knowledge_hash[:12] in text
    assert "Assumed: The list of conditions is taken as complete" in text


def test_old_findings_are_not_told_by_new_knowledge(
    folders: tuple[Path, Path], tmp_path: Path
) -> None:
    shutil.copytree(folders[1], tmp_path / "out")
    path = tmp_path / "out" / "manifest.json"
    manifest = json.loads(path.read_bytes())
    path.write_text(json.dumps({**manifest, "knowledge_hash": "of before"}))
    with pytest.raises(UsageError, match="knowledge has changed"):
        worklist.worklist(tmp_path / "out")


def test_a_value_on_the_worklist_is_not_rounded_across_an_edge(knowledge: Knowledge) -> None:
    columns = {c.name: c for c in columns_of(knowledge.engine)}
    trees = knowledge.engine.trees

    def shown(name: str, low: Any, high: Any) -> str:
        c = columns[name]
        return worklist.value_text(c, dict(zip(c.names, (low, high), strict=True)), trees)

    clearance = "variable_creatinine_clearance"
    assert shown(clearance, 29.99999, 29.99999).endswith("just under 30 mL/min")
    assert shown(clearance, 31.0, None).endswith("at least 31.0 mL/min")
    assert shown(clearance, None, None) == ""


def test_one_patient_of_a_cohort_is_assessed_as_alone(
    folders: tuple[Path, Path], assessed: dict[str, bonemets.Assessment]
) -> None:
    for who in sorted(assessed)[:3]:
        shown, notes = worklist.assessed(folders[1], who)
        assert notes == ()
        assert assessed[who].alerts == shown.alerts
        assert assessed[who].options == shown.options
    with pytest.raises(UsageError, match="no such patient"):
        worklist.assessed(folders[1], "nobody")


def test_counts_tell_what_the_tables_hold(folders: tuple[Path, Path]) -> None:
    counts = list(csv.DictReader(io.StringIO((folders[1] / "counts.csv").read_text())))
    assert {"count", "count_without_assumption"} <= counts[0].keys()
    assert any(row["count"] != row["count_without_assumption"] for row in counts)
    told = {int(row["count"]) for row in counts if row["count"].isdigit()}
    assert told
    assert not {n for n in told if 0 < n < 10}
    for table in ("findings", "lesion_findings"):
        (path,) = (folders[1] / table).glob("*.parquet")
        held = {n: Counter(v) for n, v in pq.read_table(path).to_pydict().items()}
        for row in counts:
            if row["table"] == table and row["count"].isdigit():
                value = None if row["value"] == "unknown" else row["value"]
                of = held[row["column"]]
                assert int(row["count"]) == of[row["value"]] + (of[None] if value is None else 0)
    described = list(csv.DictReader(io.StringIO((folders[1] / "dictionary.csv").read_text())))
    for table in TABLES:
        (path,) = (folders[1] / table).glob("*.parquet")
        names = [row["column"] for row in described if row["table"] == table]
        assert sorted(names) == sorted(pq.read_schema(path).names)
        assert len(names) == len(set(names))


def test_every_table_says_by_what_knowledge_and_assumption(folders: tuple[Path, Path]) -> None:
    manifest = json.loads((folders[1] / "manifest.json").read_bytes())
    for table in TABLES:
        (path,) = (folders[1] / table).glob("*.parquet")
        said = pq.read_schema(path).metadata
        assert said[b"notice"].decode() == NOTICE
        assert said[b"knowledge_hash"].decode() == manifest["knowledge_hash"]
        assert said[b"assumptions"].decode().splitlines() == manifest["assumptions"]
        assert "conditions" in manifest["assumptions"][0]


def test_every_kind_of_result_but_conditions_of_actions_has_columns(knowledge: Knowledge) -> None:
    kinds = {key[0] for key in knowledge.engine.results}
    assert {"action", "scope", "variable", *KINDS} == kinds | {"scope"}


def test_the_page_asks_for_nothing_and_names_no_patient(folders: tuple[Path, Path]) -> None:
    page = (folders[1] / "summary.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "http-equiv" in page
    assert "p00000" not in page
    manifest = json.loads((folders[1] / "manifest.json").read_bytes())
    assert manifest["patients"] == PATIENTS
    assert manifest["assumed"] == ["conditions"]


@given(st.dictionaries(st.sampled_from("abcde"), st.integers(0, 40)), st.integers(0, 15))
def test_no_small_cell_can_be_told_from_the_others(counts: dict[str, int], least: int) -> None:
    shown = suppressed(counts, least)
    assert shown.keys() == counts.keys()
    hidden = [k for k, n in shown.items() if n is None]
    assert all(n is None or n == counts[k] for k, n in shown.items())
    assert all(n is None or n == 0 or n >= least for n in shown.values())
    if len(hidden) == 1 or 0 < sum(counts[k] for k in hidden) < least:
        assert not any(n for n in shown.values() if n)  # nothing else is there to hide it behind


def test_two_small_cells_are_not_told_by_their_sum() -> None:
    assert suppressed({"yes": 1, "no": 1, "unknown": 28}, 10) == dict.fromkeys(
        ("yes", "no", "unknown")
    )
    assert suppressed({"yes": 6, "no": 6, "unknown": 28}, 10)["unknown"] == 28


def test_the_page_tells_no_cell_that_the_table_hides(knowledge: Knowledge) -> None:
    columns = columns_of(knowledge.engine)
    (name,) = {c.name for c in columns if c.table == "facts" and c.name == "total_calcium"}
    seen = Tally(states={name: {"silent": 11, "perhaps": 40, "recorded": 3}})
    (row,) = [row for row in missing_rows(columns, seen, 10) if row["variable"] == name]
    assert row["perhaps"] == "40"  # beside it, how many are heard of would tell the 3
    assert [(x["n"], x["share"]) for x in known(columns, seen, 10)] == [(None, None)]
    (shown,) = known(columns, seen, 0)
    assert shown["n"] == 43


def test_no_cell_of_a_table_runs_as_a_formula() -> None:
    text = as_csv([{"a": "=1+1", "b": "@x", "c": "plain"}])
    assert text.splitlines()[1] == "'=1+1,'@x,plain"


def test_every_column_of_an_event_is_on_its_page(root: Path) -> None:
    page = (root / "docs" / "explanation" / "event-table.md").read_text(encoding="utf-8")
    for name, (_, meaning) in COLUMNS.items():
        assert f"| `{name}` |" in page
        assert meaning.replace("|", "`|`") in page or meaning in page


def test_the_commands(folders: tuple[Path, Path], tmp_path: Path) -> None:
    run = CliRunner()

    def call(*words: str) -> Any:
        return run.invoke(cli.app, ["cohort", *words])

    out = tmp_path / "out"
    done = call(str(folders[0]), "--out", str(out), "--index-date", "2026-11-01", "--jobs", "1")
    assert done.exit_code == 0, done.output
    shown = call("worklist", str(out), "--urgency", "now,today")
    assert shown.exit_code == 0
    rows = list(csv.DictReader(io.StringIO(call("worklist", str(out), "--format", "csv").stdout)))
    assert rows
    assert {"now", "today"} & {row["urgency"] for row in rows}
    who = rows[0]["subject_id"]
    assert rows[0]["title"][:20] in call("show", str(out), who).stdout.replace("\n", " ")
    assert isinstance(call("worklist", str(tmp_path)).exception, UsageError)


def test_the_profile_names_stages_and_items(
    folders: tuple[Path, Path], knowledge: Knowledge
) -> None:
    from bonemets.cohort.profile import profile_text
    from bonemets.cohort.results import Manifest

    text = profile_text(knowledge, Manifest.read(folders[1]))
    assert "read" in text
    assert text.count("ns a patient") >= 20
