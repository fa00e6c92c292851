"""Nothing of a patient leaves by the side doors: messages, logs, file names, temporary files."""

from __future__ import annotations

import copy
import io
import json
import logging
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from bonemets import api, cli
from bonemets.errors import RecordRefused
from bonemets.readers import case, fhir

CANARY = "Kanarienvogel"
NUMBER = "31.415926"
DAY = "1953-05-29"
SECRETS = (CANARY, NUMBER, DAY, "Kanari")

CASE = f"""\
# {CANARY}
bonemets: case/1
index_date: 2026-03-02
complete: [medications]
consider: [zoledronic_acid_skeletal]
patient:
  age: 61 a
  birth_date: {DAY}
  cancer: current
  primary_site: [breast, lung]
  limb_weakness: yes
  body_weight: {{value: {NUMBER} kg, date: 2026-03-01}}
  total_calcium: [{{value: 3.60 mmol/L, date: 2026-03-02}}, {{value: "> 2 mmol/L", date: 2026-01}}]
lesions:
  complete: true
  list:
    - {{id: t8, vertebral_level: t8, lesion_quality: lytic}}
"""


class Run(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture(scope="module", autouse=True)
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path]]:
    """A cache and a folder for temporary files of this module's own."""
    cache, temporary = tmp_path_factory.mktemp("cache"), tmp_path_factory.mktemp("temporary")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BONEMETS_CACHE", str(cache))
        patch.setenv("TMPDIR", str(temporary))
        patch.setattr(tempfile, "tempdir", str(temporary))
        api._knowledge.cache_clear()  # or nothing would be written
        yield cache, temporary


@pytest.fixture
def run(
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    places: tuple[Path, Path],
) -> Iterator[Callable[..., Run]]:
    """Run the command line, and search every side door after it."""
    caplog.set_level(logging.DEBUG)

    def call(data: bytes, *words: str) -> Run:
        monkeypatch.setattr(sys, "argv", ["bonemets", words[0], "-", *words[1:]])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        caplog.clear()
        capfd.readouterr()
        with pytest.raises(SystemExit) as left:
            cli.main()
        done = Run(int(left.value.code or 0), *capfd.readouterr())
        searched = [done.err, caplog.text, *(repr(r.__dict__) for r in caplog.records)]
        assert not any(secret in text for text in searched for secret in SECRETS), done.err
        assert "Traceback" not in done.err
        assert done.code in (0, 2, 3, 70)
        assert done.code == 0 or done.out == ""
        assert (done.code == 0) == (done.err == "")
        return done

    yield call
    assert list(places[1].iterdir()) == []
    for path in places[0].rglob("*"):
        assert not any(secret in path.name for secret in SECRETS)
        kept = path.read_bytes() if path.is_file() else b""
        assert not any(secret.encode() in kept for secret in SECRETS)


@pytest.fixture(scope="module")
def bundle(root: Path) -> dict[str, Any]:
    text = (root / "examples" / "hypercalcaemia_breast.json").read_text(encoding="utf-8")
    return json.loads(text)


# --- a bundle ------------------------------------------------------------------------------------


def leaves(tree: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from leaves(value, (*path, key))
    elif isinstance(tree, list):
        for n, value in enumerate(tree):
            yield from leaves(value, (*path, n))
    else:
        yield path


def at(tree: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        tree = tree[step]
    return tree


def kinds(bundle: dict[str, Any]) -> dict[str, list[tuple[Any, ...]]]:
    """The leaves of a bundle by kind of field: type of the resource and the keys to it."""
    found: dict[str, list[tuple[Any, ...]]] = {}
    for path in leaves(bundle):
        owner = "Bundle"
        if len(path) > 3:
            owner = str(bundle["entry"][path[1]]["resource"]["resourceType"])
        keys = ".".join(str(k) for k in path[3:] if isinstance(k, str)) or ".".join(map(str, path))
        found.setdefault(f"{owner}.{keys}", []).append(path)
    return found


def put_everywhere(bundle: dict[str, Any], paths: list[tuple[Any, ...]], value: Any) -> bytes:
    tree = copy.deepcopy(bundle)
    for path in paths:
        at(tree, path[:-1])[path[-1]] = value
    return json.dumps(tree).encode()


def test_the_bundle_has_many_kinds_of_fields(bundle: dict[str, Any]) -> None:
    found = kinds(bundle)
    assert len(found) > 40
    assert {name.partition(".")[0] for name in found} >= {"Patient", "Condition", "Observation"}


SLOW = pytest.mark.slow
"""A hundred kinds of field each; two forms run always."""


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(f"{CANARY} {NUMBER} {DAY}", id="sentence"),
        pytest.param([CANARY], id="list", marks=SLOW),
        pytest.param(CANARY, id="word", marks=SLOW),
        pytest.param(DAY, id="day", marks=SLOW),
        pytest.param(float(NUMBER), id="number", marks=SLOW),
        pytest.param({CANARY: CANARY}, id="table", marks=SLOW),
        pytest.param(
            {"text": CANARY, "value": float(NUMBER), "coding": [{"code": CANARY}]},
            id="concept",
            marks=SLOW,
        ),
    ],
)
def test_no_field_of_a_bundle_leaks_whatever_stands_in_it(
    value: Any, bundle: dict[str, Any], run: Callable[..., Run]
) -> None:
    codes: dict[int, int] = {}
    for paths in kinds(bundle).values():
        done = run(put_everywhere(bundle, paths, value), "assess", "--format", "json")
        codes[done.code] = codes.get(done.code, 0) + 1
    assert set(codes) <= {0, 3}
    assert codes.get(0, 0) > 10
    assert codes.get(3, 0) > 0


def test_the_canary_is_shown_where_it_belongs(
    bundle: dict[str, Any], run: Callable[..., Run]
) -> None:
    """The search can fail: what a record says is data, and the result shows it."""
    paths = kinds(bundle)["Condition.code.coding.display"]
    assert CANARY in run(put_everywhere(bundle, paths, CANARY), "read").out


BROKEN_BUNDLES: dict[str, Callable[[str], str]] = {
    "cut off": lambda text: text[: len(text) // 2],
    "cut off in a text": lambda text: text[: text.index(CANARY) + 4],
    "a list around it": lambda text: f"[{text}]",
    "no number": lambda text: text.replace(NUMBER, "NaN"),
    "endless": lambda text: text.replace(NUMBER, "1e999"),
    "two points": lambda text: text.replace(NUMBER, NUMBER + ".1"),
    "an unknown type": lambda text: text.replace('"Bundle"', f'"{CANARY}"'),
    "deep": lambda text: text.replace(f'"{CANARY}"', "[" * 5000 + f'"{CANARY}"' + "]" * 5000, 1),
    "a key twice": lambda text: text.replace('"resourceType"', f'"id": "{CANARY}", "resourceType"'),
    "bad escapes": lambda text: text.replace(CANARY, CANARY + "\\x", 1),
    "a lone surrogate": lambda text: text.replace(CANARY, CANARY + "\\ud800"),
    "an unknown unit": lambda text: text.replace("mmol/L", CANARY),
    "no unit": lambda text: text.replace('"mmol/L"', "null"),
    "a day that is none": lambda text: text.replace("2026-", f"{CANARY}-"),
    "a month that is none": lambda text: re.sub(r"2026-\d\d", "2026-13", text),
}


@pytest.fixture(scope="module")
def marked_bundle(bundle: dict[str, Any]) -> dict[str, Any]:
    """The bundle with a canary of each kind: a name, an identifier, a birth date, a number."""
    tree = copy.deepcopy(bundle)
    for entry in tree["entry"]:
        resource = entry["resource"]
        if resource["resourceType"] == "Patient":
            resource["name"] = [{"family": CANARY, "given": [CANARY]}]
            resource["birthDate"] = DAY
        if "code" in resource and isinstance(resource["code"], dict):
            resource["code"]["text"] = CANARY
        if "valueQuantity" in resource:
            resource["valueQuantity"]["value"] = float(NUMBER)
    return tree


@pytest.mark.parametrize("how", BROKEN_BUNDLES)
@pytest.mark.parametrize("words", [("assess",), ("read", "--format", "json")], ids=" ".join)
def test_no_broken_bundle_leaks(
    how: str, words: tuple[str, ...], marked_bundle: dict[str, Any], run: Callable[..., Run]
) -> None:
    text = json.dumps(marked_bundle)
    broken = BROKEN_BUNDLES[how](text)
    assert broken != text
    run(broken.encode("utf-8", "surrogatepass"), *words)


def test_two_patients_are_refused_without_their_names(
    marked_bundle: dict[str, Any], run: Callable[..., Run]
) -> None:
    tree = copy.deepcopy(marked_bundle)
    (first,) = [e for e in tree["entry"] if e["resource"]["resourceType"] == "Patient"]
    second = copy.deepcopy(first)
    second["resource"]["id"] = CANARY
    second["fullUrl"] = f"urn:uuid:{CANARY}"
    about = copy.deepcopy(next(e for e in tree["entry"] if "subject" in e["resource"]))
    about["fullUrl"] = "urn:uuid:another"
    about["resource"] |= {"id": "another", "subject": {"reference": f"Patient/{CANARY}"}}
    tree["entry"] += [second, about]
    done = run(json.dumps(tree).encode(), "assess")
    assert (done.code, "two-patients" in done.err) == (3, True)


@pytest.mark.parametrize(
    "data", [b"\xff\xfe" + CANARY.encode(), CANARY.encode("utf-16"), b"{\x00" + CANARY.encode()]
)
def test_no_bytes_that_are_no_record_leak(data: bytes, run: Callable[..., Run]) -> None:
    assert run(data, "assess").code == 3


# --- a case file ---------------------------------------------------------------------------------


def test_a_case_file_that_is_fine_leaks_nothing(run: Callable[..., Run]) -> None:
    for words in (("assess",), ("assess", "--format", "json"), ("read",)):
        assert run(CASE.encode(), *words).code == 0


VALUES = [
    ("index_date: 2026-03-02", "index_date: {}"),
    ("complete: [medications]", "complete: [{}]"),
    ("consider: [zoledronic_acid_skeletal]", "consider: [{}]"),
    ("age: 61 a", "age: {}"),
    ("age: 61 a", "age: 61 {}"),
    ("age: 61 a", "age: 61{}"),
    (f"birth_date: {DAY}", "birth_date: {}"),
    ("cancer: current", "cancer: {}"),
    ("primary_site: [breast, lung]", "primary_site: [breast, {}]"),
    ("limb_weakness: yes", "limb_weakness: {}"),
    ("date: 2026-03-01", "date: {}"),
    ("> 2 mmol/L", "> {}"),
    ("id: t8, ", "id: {}, "),
    ("vertebral_level: t8", "vertebral_level: {}"),
    ("complete: true", "complete: {}"),
]


@pytest.mark.parametrize(("old", "new"), VALUES)
def test_no_value_of_a_case_file_leaks(old: str, new: str, run: Callable[..., Run]) -> None:
    assert old in CASE
    for value in (
        CANARY,
        DAY,
        NUMBER,
        f"'{CANARY} {DAY}'",
        f"[{CANARY}]",
        f"{{{CANARY}: {CANARY}}}",
    ):
        run(CASE.replace(old, new.replace("{}", value)).encode(), "assess", "--format", "json")


BROKEN_CASES: dict[str, Callable[[str], str]] = {
    "an open bracket": lambda text: text + f"more: [{CANARY}",
    "an open quote": lambda text: text + f'more: "{CANARY}',
    "a tab": lambda text: text + f"\t{CANARY}: {CANARY}\n",
    "a tag": lambda text: text.replace("61 a", f"!{CANARY} {CANARY}"),
    "an alias": lambda text: text.replace("61 a", f"*{CANARY}"),
    "an anchor": lambda text: text.replace("61 a", f"&{CANARY} {CANARY}"),
    "a second document": lambda text: text + f"---\n{CANARY}\n",
    "a control character": lambda text: text.replace("61 a", f"{CANARY}\x01"),
    "deep": lambda text: text + "more: " + "[" * 3000 + CANARY + "]" * 3000,
    "the same lesion twice": lambda text: (
        text + f"    - {{id: {CANARY}}}\n    - {{id: {CANARY}}}\n"
    ),
    "an unknown version": lambda text: text.replace("case/1", f"case/{CANARY}"),
    "only a word": lambda text: f"bonemets {CANARY}",
    "a list": lambda text: f"- bonemets\n- {CANARY}\n",
    "a value twice": lambda text: text.replace(
        "  cancer: current\n", f"  age: {CANARY}\n  age: {CANARY}\n"
    ),
}


@pytest.mark.parametrize("how", BROKEN_CASES)
def test_no_broken_case_file_leaks(how: str, run: Callable[..., Run]) -> None:
    assert run(BROKEN_CASES[how](CASE).encode(), "assess").code == 3


# --- faults of our own ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind", [ValueError, KeyError, RuntimeError, UnicodeError, RecursionError, MemoryError, OSError]
)
@pytest.mark.parametrize("module", [case, fhir], ids=["case", "fhir"])
def test_a_fault_of_a_reader_leaks_nothing(
    kind: type[Exception], module: Any, run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(data: bytes, *_: Any, **__: Any) -> None:
        try:
            raise ValueError(data.decode())
        except ValueError as error:
            raise kind(f"{CANARY} {NUMBER}") from error

    monkeypatch.setattr(module, "read", fails)
    data = CASE.encode() if module is case else json.dumps({"id": CANARY}).encode()
    done = run(data, "assess")
    assert done.code == 70
    assert kind.__name__ in done.err
    assert len(done.err.splitlines()) == 1


@pytest.mark.parametrize("where", ["assess", "read", "reading"])
def test_a_fault_behind_the_reader_leaks_nothing(
    where: str, run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise AssertionError(f"{CANARY} {NUMBER} {DAY}")

    monkeypatch.setattr(api, where, fails)
    assert run(CASE.encode(), "read" if where == "reading" else "assess").code == 70


def test_a_process_that_breaks_shows_no_traceback(tmp_path: Path) -> None:
    """In a process of its own, as the interpreter itself would print one."""
    path = tmp_path / "case.yaml"
    path.write_text(CASE, encoding="utf-8")
    code = (
        "import sys\n"
        "from bonemets import cli\n"
        "from bonemets.readers import case\n"
        "def fails(data, *_, **__):\n"
        "    raise RuntimeError(data.decode())\n"
        "case.read = fails\n"
        f"sys.argv = ['bonemets', 'assess', {str(path)!r}]\n"
        "cli.main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "-c", code], capture_output=True, timeout=100
    )
    text = (done.stdout + done.stderr).decode()
    assert done.returncode == 70
    assert not any(secret in text for secret in SECRETS)
    assert "Traceback" not in text


def test_no_exception_of_ours_holds_what_was_read() -> None:
    """What a program that calls the library would log."""
    for data in (CASE.replace("61 a", CANARY), json.dumps({"resourceType": CANARY, "id": CANARY})):
        with pytest.raises(RecordRefused) as caught:
            api.read(data.encode(), name="x")
        seen: BaseException | None = caught.value
        while seen is not None:
            assert CANARY not in f"{seen!r} {seen}"
            seen = seen.__cause__ if seen.__suppress_context__ else seen.__context__


def test_no_module_writes_a_value_to_a_log() -> None:
    """Log calls take constants and counts: no f-string, which could hold anything."""
    call = re.compile(r"\blog(ger)?\.\w+\(f[\"']")
    files = Path(cli.__file__).parent.rglob("*.py")
    assert [p.name for p in files if call.search(p.read_text(encoding="utf-8"))] == []
