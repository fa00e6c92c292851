"""Attacks on the server, and what happens: who may ask, from where, how much, what comes back."""

from __future__ import annotations

import http.client
import json
import time
from pathlib import Path

import pytest

from bonemets.web import guard
from served import TOKEN, Served


def own(served: Served) -> dict[str, str]:
    return {"Cookie": served.cookie}


EXAMPLE = "cord_compression_prostate.yaml"


def test_the_start_address_gives_a_cookie_that_scripts_and_other_sites_do_not_get(
    served: Served,
) -> None:
    answer = served.ask("GET", f"/start?token={TOKEN}")
    assert (answer.status, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert served.ask("GET", "/", headers=own(served)).status == 200


@pytest.mark.parametrize("token", ["", "wrong", TOKEN[:-1], f"{TOKEN}x", "%00"])
def test_a_wrong_token_opens_nothing(served: Served, token: str) -> None:
    assert served.ask("GET", f"/start?token={token}").status == 401
    assert (
        served.ask("GET", "/", headers={"Cookie": served.cookie.replace(TOKEN, token)}).status
        == 401
    )
    bearer = {"Authorization": f"Bearer {token}"}
    assert served.ask("POST", "/api/assess", b"{}", bearer).status == 401


@pytest.mark.parametrize(
    "path", ["/", "/scores", "/scores/sins", "/openapi.json", "/version", "/api/knowledge"]
)
def test_without_a_token_nothing_is_answered(served: Served, path: str) -> None:
    answer = served.ask("GET", path)
    assert answer.status == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json["status"] == 401


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost.evil.example:80", "[::1]", ""]
)
def test_another_name_for_this_machine_is_refused(served: Served, host: str) -> None:
    """A page elsewhere that lets its own name point here (DNS rebinding) asks by that name."""
    assert served.ask("GET", "/", headers={**own(served), "Host": host}).status == 421
    assert served.ask("GET", "/healthz", headers={"Host": host}).status == 421


@pytest.mark.parametrize(
    "origin",
    [{"Origin": "https://evil.example"}, {"Origin": "null"}, {}, {"Sec-Fetch-Site": "cross-site"}],
)
@pytest.mark.parametrize("path", ["/open", "/case", "/export", "/api/assess"])
def test_a_form_on_another_site_changes_nothing(
    served: Served, path: str, origin: dict[str, str]
) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert served.ask("POST", path, "empty=1", {**own(served), **form, **origin}).status == 403


def test_every_answer_forbids_script_of_others_storing_and_framing(served: Served) -> None:
    for path in ("/", "/scores/sins", "/static/page.js", "/nothing"):
        headers = served.ask("GET", path, headers=own(served)).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "name",
    [
        "../server.py",
        "..%2fserver.py",
        "%2e%2e/form.yaml",
        "nothing.css",
        "page.css%00",
        "form.yaml",
    ],
)
def test_no_file_but_the_listed_ones_is_given(served: Served, name: str) -> None:
    assert served.ask("GET", f"/static/{name}", headers=own(served)).status == 404


@pytest.mark.parametrize("example", ["../README.md", "README.md", "/etc/passwd", "hospital_pack"])
def test_no_file_but_an_example_is_opened(served: Served, example: str) -> None:
    answer = served.post("/open", {"example": example})
    assert answer.status == 422
    assert "Nothing was chosen to open" in answer.text


def test_a_body_beyond_the_limit_is_not_read(served: Served) -> None:
    headers = {**own(served), "Origin": served.base, "Content-Length": "999999999"}
    assert served.ask("POST", "/api/assess", b"x", headers).status == 413
    many = {f"p.x{n}": "1" for n in range(5000)}
    assert served.post("/case", many).status == 400


def test_a_body_that_does_not_end_is_not_waited_for(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "MOST_SECONDS", 0.5)
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=60)
    connection.putrequest("POST", "/api/assess")
    connection.putheader("Authorization", f"Bearer {TOKEN}")
    connection.putheader("Content-Length", "100")
    connection.endheaders(b"{")
    answer = connection.getresponse()
    assert (answer.status, json.loads(answer.read())["status"]) == (408, 408)
    connection.close()


def test_deep_nesting_is_refused_in_words(served: Served) -> None:
    deep = b"[" * 100_000 + b"]" * 100_000
    answer = served.api("POST", "/api/assess", deep)
    assert answer.status == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert "nest" in json.dumps(answer.json)


@pytest.mark.parametrize("data", [b"", b"{", b"\x00\x01", b"\xff" * 50, b'{"resourceType":"Foo"}'])
def test_what_is_no_record_is_refused_and_nothing_of_it_is_repeated(
    served: Served, data: bytes
) -> None:
    assert served.api("POST", "/api/assess", data).status == 422
    assert served.api("POST", "/api/read", data).status == 422
    answer = served.send_file("secret-name.json", data)
    assert answer.status == 422
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    ("accept", "kind"),
    [("text/html,*/*", "text/html; charset=utf-8"), ("*/*", "application/problem+json")],
)
def test_a_person_is_refused_in_words_and_a_program_by_problem_details(
    served: Served, accept: str, kind: str
) -> None:
    for path, headers in (("/", {}), ("/nothing", own(served)), ("/scores/nothing", own(served))):
        answer = served.ask("GET", path, headers={**headers, "Accept": accept})
        assert answer.status in (401, 404)
        assert answer.headers["content-type"] == kind
    answer = served.ask("GET", "/api/nothing", headers={**own(served), "Accept": accept})
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_fault_of_our_own_says_nothing_of_the_request(
    served: Served, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a patient called secret")

    monkeypatch.setattr("bonemets.web.rest.listed", broken)
    answer = served.api("GET", "/api/scores?q=secret")
    assert (answer.status, answer.json["title"][:20]) == (500, "Something went wrong")
    until = time.monotonic() + 30
    while "RuntimeError" not in caplog.text and time.monotonic() < until:
        time.sleep(0.01)  # what broke is logged once the answer is sent
    assert "RuntimeError" in caplog.text
    assert "secret" not in answer.text + caplog.text


SCRIPT = '"><script>alert(1)</script>'


def test_nothing_that_was_sent_is_taken_for_a_template(served: Served) -> None:
    assert "{{7*7}}" in served.post("/case", {"name": "{{7*7}}"}).text


@pytest.mark.parametrize("place", ["²", "٣", "9" * 400, "-1", "1.5"])
def test_a_place_that_is_no_number_is_no_place(served: Served, place: str) -> None:
    for key in ("add_lesion", "remove"):
        fields = {key: place, "new.lesion_site": "rib", "p.age": "60"}
        assert served.post("/case", fields).status == 200


def test_script_in_every_field_comes_back_as_text(served: Served) -> None:
    fields = {
        "name": SCRIPT,
        "index_date": SCRIPT,
        "consider": SCRIPT,
        "add.p": SCRIPT,
        "add_lesion": SCRIPT,
        "remove": SCRIPT,
        "view": SCRIPT,
        "p.age": SCRIPT,
        "p.primary_site": SCRIPT,
        "p.primary_diagnosis_date": SCRIPT,
        "p.creatinine": "80",
        "p.creatinine.unit": SCRIPT,
        "l.0.lesion_site": SCRIPT,
        SCRIPT: SCRIPT,
    }
    for name, value in fields.items():
        answer = served.post("/case", {name: value})
        assert answer.status in (200, 422), name
        assert "<script>alert" not in answer.text, name
    answer = served.ask("GET", "/scores?q=%3Cscript%3Ealert(1)%3C/script%3E", headers=own(served))
    assert "<script>alert" not in answer.text


def test_a_record_that_holds_script_is_shown_as_text(served: Served, root: Path) -> None:
    record = (root / "examples" / EXAMPLE).read_text()
    planted = record.replace("id: t8", "id: '<script>alert(1)</script>'")
    answer = served.send_file("<img src=x onerror=alert(1)>.yaml", planted.encode())
    assert answer.status == 200
    assert "<script>alert" not in answer.text
    assert "<img src=x" not in answer.text


def test_a_method_that_is_not_offered_is_refused(served: Served) -> None:
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    for method in ("PUT", "DELETE", "PATCH", "TRACE"):
        assert served.ask(method, "/case", b"", bearer).status == 405
    assert served.ask("GET", "/api/assess", headers=bearer).status == 405
