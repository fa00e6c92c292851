"""A finished cohort on the pages: its numbers, the way from them to patients, one patient."""

from __future__ import annotations

import html
import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from typer.testing import CliRunner

from bonemets import cli
from bonemets.cohort import worklist
from bonemets.cohort.arrow import pc, pq
from bonemets.cohort.look import PAGE, Look, paged
from bonemets.errors import UsageError
from bonemets.expression import URGENCIES
from served import Served, serving
from small_cohort import HOSTILE, SMALL, small_cohort

COUNT = re.compile(r'href="/cohort/findings/(\w+)\?value=([^"]*)"[^>]*>([^<]*)</a>')


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_cohort(tmp_path_factory.mktemp("cohort"))


@pytest.fixture(scope="module")
def served(out: Path) -> Iterator[Served]:
    with serving(Look(out)) as running:
        yield running


def seen(served: Served, path: str, status: int = 200) -> str:
    answer = served.ask("GET", path, headers={"Cookie": served.cookie, "Accept": "text/html"})
    assert answer.status == status, path
    return answer.text


@pytest.fixture(scope="module")
def real(out: Path) -> Callable[[str], dict[str, int]]:
    """How many patients or lesions have each value, from the tables themselves."""
    tables = [pq.read_table(out / name) for name in ("findings", "lesion_findings")]

    def counted(column: str) -> dict[str, int]:
        (found,) = (t.column(column) for t in tables if column in t.column_names)
        values = pc.fill_null(found.cast("string"), "unknown")
        return {x["values"]: x["counts"] for x in pc.value_counts(values).to_pylist()}

    return counted


@pytest.mark.parametrize(
    "path",
    ["/cohort", "/cohort/worklist", "/cohort/findings/alert_severe_pain", "/cohort/patients/0"],
)
def test_nothing_is_shown_without_the_token(served: Served, path: str) -> None:
    answer = served.ask("GET", path)
    assert answer.status == 401
    assert "person-" not in answer.text


def test_a_number_is_that_of_the_tables_and_a_small_one_is_hidden(
    served: Served, real: Callable[[str], dict[str, int]]
) -> None:
    shown = COUNT.findall(seen(served, "/cohort"))
    assert len(shown) > 200
    told = {"hidden": 0, "number": 0}
    for column, value, text in shown:
        count = real(column).get(html.unescape(unquote(value)), 0)
        if text == "hidden":
            told["hidden"] += 1
        else:
            told["number"] += 1
            assert int(text) == count, (column, value)
            assert count >= SMALL
    assert min(told.values()) > 20


def test_a_number_leads_to_its_patients(
    served: Served, out: Path, real: Callable[[str], dict[str, int]]
) -> None:
    """To as many as it says, over all pages of the list, and to those alone."""
    names = {row["subject_id"] for row in pq.read_table(out / "findings").to_pylist()}
    tried = 0
    for column, value, text in COUNT.findall(seen(served, "/cohort"))[::40]:
        path, found = f"/cohort/findings/{column}?value={value}", list[str]()
        for page in range(1, 9):
            answer = seen(served, f"{path}&page={page}")
            found += re.findall(r'<a href="/cohort/patients/\d+">(.*?)</a>', answer)
            if 'rel="next"' not in answer:
                break
        assert real(column)[html.unescape(unquote(value))] == len(found)
        assert text == "hidden" or int(text) == len(found)
        assert {html.unescape(x) for x in found} <= names
        tried += 1
    assert tried > 5


def test_a_number_leads_to_its_definition_and_source(served: Served, out: Path) -> None:
    items = sorted(set(re.findall(r'href="/items/(\w+)"', seen(served, "/cohort"))))
    assert len(items) > 50
    for identity in items[::25]:
        assert f"<code>{identity}</code>" in seen(served, f"/items/{identity}")
    page = seen(served, "/items/severe_pain")
    cited = Look(out).knowledge.pack.alerts["severe_pain"].evidence[0].id
    assert f'href="/items/{cited}"' in page
    assert "today. " in page  # pieces of a sentence are not run together
    assert "doi" in seen(served, f"/items/{cited}").lower() or cited in page
    seen(served, "/items/nothing_such", 404)


def test_the_worklist_is_that_of_the_command(served: Served, out: Path) -> None:
    listed = worklist.worklist(out).patients
    assert len(listed) > 3
    page = seen(served, "/cohort/worklist")
    shown = re.findall(r'<h2[^>]*><a href="/cohort/patients/(\d+)">(.*?)</a>', page)
    assert [w.subject_id for w in listed][:PAGE] == [html.unescape(name) for _, name in shown]
    for w in listed[:PAGE]:
        for why in w.alerts:
            assert html.escape(why.because[0] if why.because else "", quote=False) in page

    for urgency in URGENCIES:
        some = seen(served, f"/cohort/worklist?urgency={urgency}&sort=name")
        names = [html.unescape(x) for x in re.findall(r'patients/\d+">(.*?)</a>', some)]
        expected = {w.subject_id for w in listed if urgency in {a.urgency for a in w.alerts}}
        assert sorted(expected) == names
    alert = listed[0].alerts[0].alert
    some = seen(served, f"/cohort/worklist?alert={alert}&sort=alerts")
    expected = [w for w in listed if alert in {a.alert for a in w.alerts}]
    assert len(expected) == len(re.findall(r"patients/\d+", some))
    assert seen(served, "/cohort/worklist?urgency=%3Cb%3E&alert=x&sort=y&page=%C2%B2") == page


def test_a_patient_is_opened_and_no_identifier_stands_in_an_address(
    served: Served, out: Path
) -> None:
    look = Look(out)
    found = worklist.worklist(out).patients[0].subject_id
    number = look.number(found)
    assert number is not None
    page = seen(served, f"/cohort/patients/{number}")
    assessment, notes = worklist.assessed(out, found)
    assert notes == ()
    assert assessment.alerts
    assert all(
        html.escape(x.title.split(":")[0]) in page for x in assessment.alerts if x.result == "yes"
    )
    assert "Assumed:" in page
    for path in ("/cohort", "/cohort/worklist", f"/cohort/patients/{number}"):
        addresses = re.findall(r'(?:href|action)="([^"]*)"', seen(served, path))
        assert not [x for x in addresses if "person-" in x]
    answer = served.post("/cohort/find", {"patient": f" {found} "})
    assert (answer.status, answer.headers["location"]) == (303, f"/cohort/patients/{number}")
    assert served.post("/cohort/find", {"patient": "person-9999"}).status == 404
    for wrong in ("-1", "99999", "x", "%C2%B2", "9" * 30):
        seen(served, f"/cohort/patients/{wrong}", 404)


def test_an_identifier_is_no_markup(served: Served, out: Path) -> None:
    number = Look(out).number(HOSTILE)
    (row,) = (x for x in pq.read_table(out / "findings").to_pylist() if x["subject_id"] == HOSTILE)
    listed = f"/cohort/findings/alert_severe_pain?value={row['alert_severe_pain']}"
    for path in (f"/cohort/patients/{number}", listed):
        page = seen(served, path)
        assert "&lt;script&gt;alert(" in page
        assert "<script>alert" not in page
    value = seen(served, "/cohort/findings/alert_severe_pain?value=%3Cscript%3E")
    assert "<script>" not in value
    assert "Nobody" in value
    seen(served, "/cohort/findings/subject_id?value=x", 404)


def test_a_server_without_a_cohort_has_no_pages_of_one() -> None:
    with serving() as running:
        seen(running, "/cohort", 404)
        assert "/cohort" not in seen(running, "/")


def test_old_findings_are_not_told_by_new_knowledge(out: Path, tmp_path: Path) -> None:
    other = tmp_path / "out"
    shutil.copytree(out, other)
    manifest: dict[str, Any] = json.loads((other / "manifest.json").read_text())
    manifest["knowledge_hash"] = "0" * 64
    (other / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(UsageError, match="has changed since"):
        Look(other)
    run = CliRunner().invoke(cli.app, ["serve", str(tmp_path / "nothing")])
    assert isinstance(run.exception, UsageError)
    run = CliRunner().invoke(cli.app, ["serve", str(out), "--allow-weaker"])
    assert isinstance(run.exception, UsageError)


@pytest.mark.parametrize(
    ("asked", "number", "first"), [(0, 1, 0), (2, 2, PAGE), (3, 3, 2 * PAGE), (99, 3, 2 * PAGE)]
)
def test_a_page_that_is_not_there_is_the_nearest(asked: int, number: int, first: int) -> None:
    page = paged(range(2 * PAGE + 1), asked)
    assert (number, 3, first) == (page.number, page.pages, page.rows[0])
