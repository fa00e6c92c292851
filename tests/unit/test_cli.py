"""The command line: help everywhere, its exit codes, nothing but the result on stdout."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest
import typer
from msgspec.structs import replace

from bonemets import api, cache, cli
from bonemets.errors import Exit
from bonemets.expression import Node, walk
from bonemets.lineage import Lineage
from bonemets.pack.load import HOME, content_hash, knowledge_files
from bonemets.pack.trees import Trees
from small_pack import FILES
from warm import warmed

CASE = """\
bonemets: case/1
index_date: 2026-03-02
patient:
  age: 61 a
  cancer: current
  primary_site: breast
  limb_weakness: yes
  total_calcium: {value: 3.60 mmol/L, date: 2026-03-02}
"""
ENVIRONMENT = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "BONEMETS_CACHE")}


class Run(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture(scope="module", autouse=True)
def one_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder of the module's own, which holds our knowledge as compiled already."""
    folder = warmed(tmp_path_factory.mktemp("cache"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BONEMETS_CACHE", str(folder))
        yield folder


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Run]:
    """Run the command line in this process, as `main` does."""

    def call(*arguments: object, stdin: bytes = b"") -> Run:
        monkeypatch.setattr(sys, "argv", ["bonemets", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            cli.main()
        done = capsys.readouterr()
        return Run(int(left.value.code or 0), done.out, done.err)

    return call


@pytest.fixture
def case(tmp_path: Path) -> Path:
    path = tmp_path / "case.yaml"
    path.write_text(CASE, encoding="utf-8")
    return path


def command(*arguments: object, **more: object) -> subprocess.CompletedProcess[bytes]:
    """Run it as a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "bonemets.cli", *map(str, arguments)],
        capture_output=True,
        env={**ENVIRONMENT, "BONEMETS_CACHE": os.environ["BONEMETS_CACHE"]},
        check=False,
        timeout=100,
        **more,  # type: ignore[call-overload]
    )


# --- help ----------------------------------------------------------------------------------------


def commands() -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = [()]
    for group, words in ((cli.app, ()), (cli.knowledge_app, ("knowledge",))):
        for entry in group.registered_commands:
            assert entry.callback is not None
            found.append((*words, entry.name or entry.callback.__name__.replace("_", "-")))
    return [*found, ("knowledge",)]


def test_the_commands_of_the_design_are_there() -> None:
    wanted = {("assess",), ("read",), ("knowledge", "list"), ("knowledge", "show")}
    wanted |= {("knowledge", "check"), ("knowledge", "test")}
    assert wanted <= set(commands())


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_every_command_has_help(words: tuple[str, ...], run: Callable[..., Run]) -> None:
    done = run(*words, "--help")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("Usage:")
    lines = [line.strip() for line in done.out.splitlines()]
    described = [line for line in lines[1:] if line and not line.startswith(("Options", "-"))]
    assert len(described[0]) > 20
    for option in re.findall(r"^  (--[a-z-]+)[^\n]*$", done.out, flags=re.MULTILINE):
        line = next(x for x in lines if x.startswith(option))
        assert option == "--help" or len(re.sub(r"^--\S+(\s+[A-Z]+)?\s*", "", line)) > 3


def test_every_option_and_argument_is_described() -> None:
    root = typer.main.get_command(cli.app)
    stack = [root]
    seen = 0
    while stack:
        one = stack.pop()
        stack += list(getattr(one, "commands", {}).values())
        for parameter in one.params:
            if parameter.param_type_name == "option":
                seen += 1
                assert parameter.help, (one.name, parameter.name)
    assert seen > 10


@pytest.mark.parametrize("words", [(), ("knowledge",)])
def test_without_a_command_the_help_is_shown_as_wrong_usage(
    words: tuple[str, ...], run: Callable[..., Run]
) -> None:
    done = run(*words)
    assert (done.code, done.out) == (2, "")
    assert "Usage:" in done.err


def test_the_version_is_printed(run: Callable[..., Run]) -> None:
    assert re.fullmatch(r"bonemets \d+\.\d+\.\d+\n", run("--version").out)


# --- results -------------------------------------------------------------------------------------


def test_assess_prints_json_that_is_whole(case: Path, run: Callable[..., Run]) -> None:
    done = run("assess", case, "--format", "json")
    assert (done.code, done.err) == (0, "")
    found = json.loads(done.out)
    assert found["bonemets"] == "assessment/1"
    assert (found["record"], found["index_date"]) == ("case.yaml", "2026-03-02")
    assert found["urgency"]["at_least"] in ("now", "today")
    assert "medical device" in found["notice"]
    assert len(found["knowledge"]["hash"]) == 64


def test_assess_prints_text(case: Path, run: Callable[..., Run]) -> None:
    done = run("assess", case)
    assert (done.code, done.err) == (0, "")
    assert "2026-03-02" in done.out
    assert "medical device" in " ".join(done.out.split())
    assert "\x1b" not in done.out


def test_read_prints_what_was_read(case: Path, run: Callable[..., Run]) -> None:
    done = run("read", case)
    assert (done.code, done.err) == (0, "")
    assert "total_calcium" in done.out
    found = json.loads(run("read", case, "--format", "json").out)
    assert found["bonemets"] == "reading/1"
    assert {e["where"] for e in found["events"]} >= {"patient.total_calcium", "patient.age"}


def test_a_bundle_is_read_like_a_case(run: Callable[..., Run], root: Path) -> None:
    done = run("assess", root / "examples" / "hypercalcaemia_breast.json", "--format", "json")
    assert done.code == 0
    assert json.loads(done.out)["scope"]["open"] is True


def test_a_record_comes_from_standard_input(run: Callable[..., Run]) -> None:
    done = run("assess", "-", "--format", "json", stdin=CASE.encode())
    assert (done.code, json.loads(done.out)["record"]) == (0, "standard input")


def test_the_index_date_is_taken_and_its_distance_named(
    case: Path, run: Callable[..., Run]
) -> None:
    done = run("assess", case, "--format", "json", "--index-date", "2026-03-20")
    found = json.loads(done.out)
    assert found["index_date"] == "2026-03-20"
    assert "as the record stood on 2026-03-20, not today" in found["index_note"]


def test_an_assumed_list_is_named_in_every_output(case: Path, run: Callable[..., Run]) -> None:
    plain = json.loads(run("assess", case, "--format", "json").out)
    assert plain["assumptions"] == []
    lists = ("--assume-complete", "medications, conditions")
    found = json.loads(run("assess", case, "--format", "json", *lists).out)
    assert re.findall("medications|conditions", " ".join(found["assumptions"])) == [
        "medications",
        "conditions",
    ]
    shown = " ".join(run("assess", case, *lists).out.split())
    for line in found["assumptions"]:
        assert line in shown


def test_output_goes_to_a_file_that_only_its_owner_reads(
    case: Path, tmp_path: Path, run: Callable[..., Run]
) -> None:
    for name in ("new.json", "old.json"):
        target = tmp_path / name
        if name.startswith("old"):
            target.write_text("x" * 100_000)
            target.chmod(0o666)
        done = run("assess", case, "--format", "json", "--output", target)
        assert done == (0, "", "")
        assert stat.S_IMODE(target.stat().st_mode) == 0o600
        assert json.loads(target.read_text(encoding="utf-8"))["record"] == "case.yaml"


def test_the_cache_is_readable_by_its_owner_alone(
    case: Path, run: Callable[..., Run], one_cache: Path
) -> None:
    assert run("read", case).code == 0
    files = list(one_cache.iterdir())
    assert files
    assert {stat.S_IMODE(f.stat().st_mode) for f in files} == {0o600}
    assert all(re.fullmatch(r"knowledge-[0-9a-f]{40}\.json", f.name) for f in files)


def test_a_cache_that_was_changed_is_not_used(
    case: Path, tmp_path: Path, run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another program in the file must never run: it is compiled anew, and gives the same."""
    monkeypatch.setenv("BONEMETS_CACHE", str(tmp_path / "cache"))
    api._knowledge.cache_clear()
    first = run("assess", case, "--format", "json")
    (kept,) = (tmp_path / "cache").iterdir()
    whole = kept.read_bytes()
    content = f"{content_hash(knowledge_files((HOME,)))} False"
    assert cache.load(content) is not None
    head, _, body = whole.partition(b"\n")
    for broken in (whole[: len(whole) // 2], b"", b"\xff\n{}", head + b"\n", b"\n" + body):
        kept.write_bytes(broken)
        assert cache.load(content) is None
    kept.write_bytes(whole.replace(b"def run", b"def ran", 1))
    api._knowledge.cache_clear()
    assert run("assess", case, "--format", "json") == first
    assert kept.read_bytes() == whole


def test_a_cache_that_others_can_write_to_is_not_used(
    case: Path, tmp_path: Path, run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BONEMETS_CACHE", str(tmp_path / "cache"))
    api._knowledge.cache_clear()
    assert run("read", case).code == 0
    (kept,) = (tmp_path / "cache").iterdir()
    content = f"{content_hash(knowledge_files((HOME,)))} False"
    assert cache.load(content) is not None
    kept.chmod(0o666)
    assert cache.load(content) is None


def test_what_is_kept_of_a_pack_gives_the_same_pack_trees_and_lineage() -> None:
    """But for places in the text, which the loader alone needs; equal subtrees are one."""
    pack = api.load_pack().pack
    trees = Trees(pack)
    sent = cache.Kept.of(pack, api.load_pack().engine.program, trees)
    kept = msgspec.json.decode(msgspec.json.encode(sent), type=cache.Kept)
    engine = kept.engine()
    assert kept.whole() == pack
    assert sum(len(x.examples) for x in pack.items().values()) > 1000
    assert not any(x.examples for x in engine.pack.items().values())
    nodes: dict[int, Node] = {}
    for name, item in pack.items().items():
        mine = engine.trees.of(engine.pack.items()[name])
        assert mine == trees.of(item)
        nodes |= {id(x): x for tree in mine.values() for x in walk(tree)}
    assert len(set(nodes.values())) == len(nodes) > 1000
    assert engine.lineage.told() == Lineage(trees).told()


def test_files_of_others_in_the_cache_folder_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BONEMETS_CACHE", str(tmp_path))
    for n in range(cache.KEEP + 3):
        (tmp_path / f"knowledge-notes{n}.json").write_text("mine")
        (tmp_path / f"knowledge-{n:040x}.json").write_text("old")
    pack = api.load_pack().pack
    cache.store("content", cache.Kept(pack, api.load_pack().engine.program, {}))
    names = [p.name for p in tmp_path.iterdir()]
    assert sum("notes" in x for x in names) == cache.KEEP + 3
    assert sum("notes" not in x for x in names) == cache.KEEP


def test_what_was_used_last_stays_in_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BONEMETS_CACHE", str(tmp_path))
    kept = cache.Kept(api.load_pack().pack, api.load_pack().engine.program, {})
    for n in range(cache.KEEP):
        cache.store(f"content {n}", kept)
        path = cache.place(f"content {n}")
        assert path is not None
        os.utime(path, (n, n))
    assert cache.load("content 0") is not None
    cache.store("another", kept)
    left = [cache.load(f"content {n}") is not None for n in range(cache.KEEP)]
    assert left == [n != 1 for n in range(cache.KEEP)]


def test_without_a_cache_the_result_is_the_same(
    case: Path, run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = run("assess", case, "--format", "json")
    monkeypatch.setenv("BONEMETS_CACHE", "off")
    api._knowledge.cache_clear()
    assert run("assess", case, "--format", "json") == first


# --- knowledge -----------------------------------------------------------------------------------


def lay(folder: Path, name: str, text: str) -> Path:
    path = folder / "local" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path.parent


def local_alert() -> str:
    text = FILES["watch.yaml"].replace("alert: watch", "alert: local_watch")
    text = text.replace("id: book", "id: nice_ng234").replace("beneath: [confused]\n", "")
    return text.replace("calcium", "total_calcium")


def test_a_folder_is_laid_over_ours(case: Path, tmp_path: Path, run: Callable[..., Run]) -> None:
    folder = lay(tmp_path, "local_watch.yaml", local_alert())
    done = run("assess", case, "--format", "json", "--knowledge", folder)
    assert (done.code, done.err) == (0, "")
    assert "local_watch" in [a["id"] for a in json.loads(done.out)["alerts"]]
    assert "local_watch" in run("knowledge", "list", "alerts", "--knowledge", folder).out
    assert "local_watch" not in run("knowledge", "list", "alerts").out
    assert run("knowledge", "show", "local_watch", "--knowledge", folder).code == 0


def weaker_folder(root: Path, tmp_path: Path) -> Path:
    home = root / "src" / "bonemets" / "knowledge"
    (path,) = home.rglob("cord_compression_signs.yaml")
    text = path.read_text(encoding="utf-8")
    lower = re.sub(r"^urgency: \w+$", "urgency: next_visit", text, flags=re.MULTILINE)
    assert lower != text
    return lay(tmp_path, path.name, lower)


def test_a_folder_that_weakens_is_refused_unless_allowed(
    case: Path, root: Path, tmp_path: Path, run: Callable[..., Run]
) -> None:
    folder = weaker_folder(root, tmp_path)
    done = run("assess", case, "--knowledge", folder)
    assert (done.code, done.out) == (1, "")
    assert re.search(r"^cord_compression_signs\.yaml:\d+:\d+: weaker: ", done.err, re.MULTILINE)
    assert run("knowledge", "check", folder).code == 1
    allowed = run("assess", case, "--format", "json", "--knowledge", folder, "--allow-weaker")
    assert allowed.code == 0
    assert "next_visit" in json.loads(allowed.out)["knowledge"]["weaker"][0]
    text = run("assess", case, "--knowledge", folder, "--allow-weaker").out
    assert "has a lower urgency: next_visit, was" in " ".join(text.split())
    checked = run("knowledge", "check", folder, "--allow-weaker")
    assert (checked.code, "weaker: `cord_compression_signs`" in checked.err) == (0, True)
    seen = json.loads(
        run("read", case, "--format", "json", "--knowledge", folder, "--allow-weaker").out
    )
    assert "next_visit" in seen["knowledge"]["weaker"][0]


def test_knowledge_with_faults_gives_each_with_its_place(
    tmp_path: Path, run: Callable[..., Run]
) -> None:
    text = local_alert().replace("total_calcium >= 2.6", "total_calcum >= 2.6")
    folder = lay(tmp_path, "local_watch.yaml", text)
    done = run("knowledge", "check", folder)
    assert (done.code, done.out) == (1, "")
    assert "local_watch.yaml:5:7: unknown-variable: `total_calcum` is not a variable." in done.err
    assert "Did you mean `total_calcium`" in done.err


def test_an_example_that_does_not_hold_is_named(
    tmp_path: Path, run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    pack = api.load_pack().pack
    identity = "hypercalcaemia_severe"
    item = pack.alerts[identity]
    wrong = replace(item.examples[0], expect={"result": "no"})
    small = replace(
        pack,
        variables={n: replace(v, examples=()) for n, v in pack.variables.items()},
        scores={n: replace(s, examples=()) for n, s in pack.scores.items()},
        alerts={identity: replace(item, examples=(wrong, *item.examples[1:]))},
        investigations={},
        options={},
        steps={},
        interactions={},
        cards={},
        outlooks={},
        handouts={},
    )
    engine = api.load_pack().engine
    monkeypatch.setattr(api, "load_pack", lambda *_, **__: api.Knowledge(small, engine))
    done = run("knowledge", "test")
    assert done.code == 1
    assert f"{identity}: {wrong.name}: result: expected no, came out yes" in done.err
    assert f"{len(item.examples) - 1} of {len(item.examples)} examples hold" in done.err


def test_our_own_folder_named_is_checked_as_it_stands(root: Path, run: Callable[..., Run]) -> None:
    done = run("knowledge", "check", root / "src" / "bonemets" / "knowledge")
    assert (done.code, "no fault in" in done.err) == (0, True)


def test_items_are_listed_and_shown(run: Callable[..., Run]) -> None:
    every = run("knowledge", "list")
    assert every.code == 0
    for kind in (
        "variables",
        "scores",
        "alerts",
        "investigations",
        "options",
        "evidence",
        "actions",
    ):
        assert re.search(rf"^{kind} \(\d+\)$", every.out, flags=re.MULTILINE)
    shown = run("knowledge", "show", "sins").out
    assert shown.startswith("Spinal Instability Neoplastic Score\n")
    assert "Score sins" in shown
    assert "reviewed_by" not in shown
    assert "faithful copy" in shown


# --- exit codes ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["asses", "CASE"], "asses"),
        (["assess"], "RECORD"),
        (["assess", "CASE", "--colour"], "--colour"),
        (["assess", "CASE", "--format", "xml"], "text, html, json, pdf"),
        (["assess", "CASE", "--index-date", "2026-13-01"], "YYYY-MM-DD"),
        (["assess", "CASE", "--index-date", "today"], "YYYY-MM-DD"),
        (
            ["assess", "CASE", "--assume-complete", "allergies"],
            "medications, conditions, procedures",
        ),
        (["assess", "NOWHERE"], "cannot be read"),
        (["assess", "CASE", "--output", "NOWHERE/x"], "cannot be written"),
        (["assess", "CASE", "--output", "FOLDER"], "cannot be written"),
        (["read", "CASE", "--format", "xml"], "text, json"),
        (["serve", "--port", "80000"], "65535"),
        (["serve", "--behind-proxy", "a/b"], "a name is wanted here"),
        (["assess", "CASE", "--knowledge", "NOWHERE"], "no such folder"),
        (["knowledge", "check", "NOWHERE"], "no such folder"),
        (["cohort", "FOLDER", "--out", "NOWHERE", "--knowledge", "NOWHERE"], "no such folder"),
        (["knowledge", "list", "rules"], "variables, scores"),
        (["knowledge", "show", "no_such_item"], "knowledge list"),
        (["knowledge", "test", "--item", "no_such_item"], "no item with examples"),
    ],
)
def test_wrong_usage_is_two(
    arguments: list[str], says: str, case: Path, tmp_path: Path, run: Callable[..., Run]
) -> None:
    places = {"CASE": case, "NOWHERE": tmp_path / "nowhere", "FOLDER": tmp_path}
    words = [
        str(places[a]) if a in places else a.replace("NOWHERE", str(tmp_path / "nowhere"))
        for a in arguments
    ]
    done = run(*words)
    assert (done.code, done.out) == (2, "")
    assert says in done.err


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "standard input: "),
        (b"{", "json"),
        (b"[1, 2]", ""),
        (b'{"resourceType": "Bundle"}', ""),
        (b"\xff\xfe\x00", ""),
        (
            CASE.replace("limb_weakness", "limb_weaknes").encode(),
            "standard input:7:3: unknown-variable",
        ),
        (CASE.replace("3.60 mmol/L", "3.60").encode(), "unit-missing"),
        (CASE.replace("case/1", "case/9").encode(), "not-a-case"),
    ],
)
def test_a_record_that_is_refused_is_three(data: bytes, says: str, run: Callable[..., Run]) -> None:
    done = run("assess", "-", stdin=data)
    assert (done.code, done.out) == (3, "")
    assert says in done.err
    assert done.err.startswith("standard input")
    assert "Traceback" not in done.err


def test_a_folder_in_place_of_a_record_is_refused(tmp_path: Path, run: Callable[..., Run]) -> None:
    assert run("assess", tmp_path).code == 3


def test_more_than_one_patients_record_from_standard_input_is_refused(
    run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli, "MAX_STANDARD_INPUT", 50)
    done = run("assess", "-", stdin=CASE.encode())
    assert (done.code, "too-large" in done.err) == (3, True)


def test_a_fault_of_our_own_is_seventy_and_tells_only_its_place(
    case: Path, run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise RuntimeError(CASE)

    monkeypatch.setattr(api, "assess", fails)
    done = run("assess", case)
    assert (done.code, done.out) == (70, "")
    assert re.fullmatch(
        r"bonemets has a fault of its own \(RuntimeError at test_cli\.py:\d+\)\. "
        r"Please report this line; it holds nothing of the record\.\n",
        done.err,
    )


def test_interrupted_is_130(
    case: Path, run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(api, "assess", stopped)
    done = run("assess", case)
    assert (done.code, done.out) == (130, "")
    assert "Traceback" not in done.err


def test_the_exit_codes_are_those_of_the_design() -> None:
    assert {e.value for e in Exit} == {0, 1, 2, 3, 5, 70, 130}
    assert [cli._exit(x) for x in (None, 0, 1, 3, 70, "x", 4)] == [0, 0, 1, 3, 70, 70, 70]


GOOD = "subject_id,time,code\na,2026-03-01,icd10//C61\n"


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("good.csv", GOOD, 0),
        ("lacking.csv", "subject,time,code\na,2026-03-01,icd10//C61\n", 3),
        ("no_time.csv", "subject_id,time,code\na,yesterday,icd10//C61\n", 3),
        ("empty.csv", "", 3),
        ("garbage.parquet", "garbage", 3),
        ("nothing/readme.txt", "hello", 3),
        ("words/a.ndjson", "hello\n", 3),
        ("", "", 2),  # nothing is there
    ],
)
def test_a_faulty_cohort_gives_the_exit_code_of_a_faulty_record(
    name: str, text: str, code: int, tmp_path: Path, run: Callable[..., Run]
) -> None:
    source = tmp_path / (name or "gone.csv")
    if name:
        source.parent.mkdir(exist_ok=True)
        source.write_text(text)
    given = source.parent if "/" in name else source
    done = run("cohort", given, "--out", tmp_path / "out", "--jobs", "1")
    assert code == done.code, done.err
    assert "Traceback" not in done.err


# --- pipes and terminals -------------------------------------------------------------------------


def test_a_reader_that_had_enough_is_no_error(case: Path) -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "bonemets.cli", "assess", str(case), "--format", "json"],
            stdout=write_end,
            stderr=subprocess.PIPE,
            env={**ENVIRONMENT, "BONEMETS_CACHE": os.environ["BONEMETS_CACHE"]},
            check=False,
            timeout=100,
        )
    finally:
        os.close(write_end)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_is_said(case: Path, run: Callable[..., Run]) -> None:
    done = run("assess", case, "--format", "json", "--output", "/dev/full")
    assert (done.code, "/dev/full: cannot be written" in done.err) == (2, True)


@pytest.mark.slow
def test_an_interrupt_from_outside_ends_in_silence(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "bonemets.cli", "assess", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**ENVIRONMENT, "BONEMETS_CACHE": os.environ["BONEMETS_CACHE"]},
    )
    try:
        assert process.stdin is not None
        process.stdin.write(b"bonemets: case/1\n")
        process.stdin.flush()
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=8)  # it waits for the rest of its input
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    finally:
        process.kill()
    assert (process.returncode, out) == (130, b"")
    assert b"Traceback" not in err


def test_no_colour_off_a_terminal(case: Path) -> None:
    assert b"\x1b" not in command("assess", case).stdout


def loaded(arguments: list[str], *modules: str) -> set[str]:
    """Run a command in a fresh process: which of these modules has it loaded?"""
    code = (
        f"import sys; sys.argv = ['bonemets', *{arguments!r}]\n"
        "from bonemets import cli\n"
        "try:\n    cli.main()\nexcept SystemExit as leave:\n    assert not leave.code\n"
        "print(*sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, timeout=60)
    return set(modules) & set(done.stdout.decode().splitlines()[-1].split())


def test_help_starts_without_the_heavy_parts() -> None:
    """Only the command that needs them loads units and YAML."""
    assert loaded(["--help"], "pint", "ucumvert", "yaml") == set()


def test_a_json_record_is_assessed_without_what_it_does_not_need(
    root: Path, one_cache: Path
) -> None:
    """With the knowledge in the cache none of these is loaded; each costs 10 ms or more."""
    record = root / "examples" / "hypercalcaemia_breast.json"
    command("assess", record)
    assert list(one_cache.iterdir())
    unneeded = "pint", "ucumvert", "yaml", "rich.console", "rich.text", "numpy.ma"
    assert loaded(["assess", str(record)], *unneeded) == set()


def test_a_cohort_is_assessed_without_pandas(tmp_path: Path, one_cache: Path) -> None:
    """Arrow would load it with its first column, wherever it is installed: 45 MB a process."""
    (tmp_path / "events.csv").write_text(GOOD)
    run = ["cohort", str(tmp_path / "events.csv"), "--out", str(tmp_path / "out"), "--jobs", "1"]
    assert loaded(run, "pyarrow", "pandas") == {"pyarrow"}


@pytest.mark.parametrize("said", ["--for doctor", "--format pdf", "--language fr", "no_chapter"])
def test_the_guide_names_what_it_can_give_instead_of_what_it_cannot(
    run: Callable[..., Run], said: str
) -> None:
    done = run("guide", *said.split())
    assert (done.code, done.out) == (2, "")
    assert said.split()[-1] in done.err


def test_the_guide_prints_a_chapter_for_each_reader(run: Callable[..., Run]) -> None:
    plain, full = run("guide", "calcium"), run("guide", "calcium", "--for", "clinician")
    assert (plain.code, full.code) == (0, 0)
    assert "Call the emergency number now" in plain.out
    assert "How the sources are read:" in full.out
    assert "fracture" in run("guide", "--list").out
