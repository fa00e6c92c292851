"""One machine and Spark find the same, on lines of FHIR and on events."""

from __future__ import annotations

import datetime as dt
import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bulk
import pytest
from agreement import RUN, differences, rows_of_cohort
from histories import Histories

import bonemets
from bonemets.api import Knowledge
from bonemets.cohort import run, spark
from bonemets.cohort.arrow import pa, pafs, pc, pq
from bonemets.cohort.events import table_of
from bonemets.cohort.storage import Shared, files_of, folder_of
from bonemets.errors import RecordRefused, SourceRefused, UsageError
from bonemets.readers import fhir

PACK = Path(__file__).resolve().parents[2] / "benchmarks" / "peers" / "pack"
PATIENTS, MANY = 40, 10_000
TENS = range(0, 10 * MANY, MANY)
COUNTS = ("counts.csv", "missing.csv", "reading.json", "dictionary.csv")

needs_spark = pytest.mark.skipif(
    "JAVA_HOME" not in os.environ and shutil.which("java") is None,
    reason="needs Java 17 or 21 (Debian: apt-get install openjdk-17-jre-headless)",
)


@pytest.fixture(scope="module")
def session() -> Iterator[Any]:
    """The session of all tests, on this machine; `assess_cohort` finds it by itself."""
    assert [] == [x for x in spark.EXTRA if importlib.util.find_spec(x) is None]
    import pyspark.sql

    settings = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.sql.shuffle.partitions": "2",
        # Java spends half its time on making fast what runs for minutes: not worth it here.
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    }
    pyspark.sql.SparkSession.builder.master("local[2]").config(map=settings).getOrCreate()
    session = spark.session()
    session.sparkContext.setLogLevel("OFF")
    yield session
    session.stop()


def both(source: Path, at: Path, **more: Any) -> None:
    """Assess a source here and on Spark, and hold all that they wrote against each other."""
    bonemets.assess_cohort(source, at / "here", run_date=RUN, jobs=1, **more)
    bonemets.assess_cohort(source, at / "spark", run_date=RUN, engine="spark", **more)
    same(at / "here", at / "spark")


def same(here: Path, there: Path, counts: tuple[str, ...] = COUNTS) -> None:
    expected, found = rows_of_cohort(here), rows_of_cohort(there)
    assert expected.keys() == found.keys()
    for who, tables in expected.items():
        assert [] == differences(tables, found[who]), who
    for name in counts:
        assert (here / name).read_text() == (there / name).read_text(), name
    assert {p.name for p in here.iterdir()} == {p.name for p in there.iterdir()}
    a, b = (pq.read_schema(next((x / "findings").iterdir())) for x in (here, there))
    assert a == b
    assert a.metadata == b.metadata


@pytest.fixture(scope="module")
def events() -> Any:
    """Events of generated patients, their rows in no order, some of nobody."""
    records = []
    for n, resources in enumerate(bulk.patients(PATIENTS, seed=4, mishaps=0.05)):
        entries = [{"resource": r} for r in resources]
        try:
            tree = {"resourceType": "Bundle", "entry": entries}
            records.append((f"p{n % 7}-{n}", fhir.read_tree(tree, "drawn")))
        except RecordRefused:
            continue
    table = table_of(records)
    nobody = table.slice(0, 3).set_column(0, "subject_id", pa.nulls(3, pa.string()))
    table = pa.concat_tables([table, nobody])
    order = sorted(range(table.num_rows), key=lambda n: n * 7919 % table.num_rows)
    return table.take(order)


@pytest.fixture(scope="module")
def in_files(events: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, a file for each of a few groups of whole patients."""
    at = tmp_path_factory.mktemp("files") / "a folder, 100 % ours"
    at.mkdir()
    group = pc.utf8_slice_codeunits(events.column("subject_id"), 0, 2)
    for name in ("p0", "p1", "p2", "p3", "p4", "p5", "p6"):
        pq.write_table(events.filter(pc.equal(group, name)), at / f"{name}.parquet")
    pq.write_table(events.filter(pc.is_null(group)), at / "nobody.parquet")
    return at


@needs_spark
def test_lines_of_fhir(
    session: Any, shared: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Generated patients, with what many of them name, and shared records, if they are there."""
    longest = 10**9 if request.config.getoption("--all") else 30_000
    source = tmp_path / "bulk"
    bulk.write(source, PATIENTS, seed=3, mishaps=0.08)
    (source / "gone.ndjson").write_text('{"resourceType": "Patient"}\nbroken\n[]\n')
    for path in sorted((shared / "data" / "fhir").rglob("*.json")):
        if path.stat().st_size <= longest:
            shutil.copy(path, source / f"{len(list(source.iterdir()))}-{path.name}")
    both(source, tmp_path, assume_complete=["conditions"])


@needs_spark
def test_events_that_are_brought_together(
    session: Any, events: Any, in_files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flat = tmp_path / "flat"
    flat.mkdir()
    third = events.num_rows // 3 + 1
    for n in range(3):
        pq.write_table(events.slice(n * third, third), flat / f"{n}.parquet")
    monkeypatch.setattr(run, "HELD", 20_000)  # several buckets
    monkeypatch.setattr(spark, "ROW", 20_000)
    both(flat, tmp_path)
    assert len(list((tmp_path / "spark" / "findings").iterdir())) > 2

    # files of whole patients are found by looking, and opened by the tasks themselves
    found = bonemets.assess_cohort(in_files, tmp_path / "whole", run_date=RUN, engine="spark")
    assert found.manifest.buckets == 8
    same(tmp_path / "here", tmp_path / "whole", COUNTS[:2])  # there are more files

    goes_on(in_files, tmp_path, monkeypatch)


@needs_spark
@pytest.mark.parametrize("first", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in TENS)])
def test_histories(session: Any, knowledge: Knowledge, tmp_path: Path, first: int) -> None:
    """Those that `test_histories.py` holds to what each gives alone, with all their mishaps."""
    drawn = Histories(knowledge.pack, first // MANY).records(first, MANY)
    pq.write_table(table_of(drawn), tmp_path / "events.parquet")
    tables: list[dict[str, Any]] = []
    for engine in ("local", "spark"):
        out = tmp_path / engine
        bonemets.assess_cohort(tmp_path / "events.parquet", out, run_date=RUN, engine=engine)
        named = {x.name: pq.read_table(x) for x in out.iterdir() if x.is_dir()}
        tables.append({name: plain(x.sort_by(keys_of(x))) for name, x in named.items()})
    here, there = tables
    assert here.keys() == there.keys() >= {"findings", "facts", "lesion_findings"}
    assert here["findings"].num_rows == MANY
    for name, found in here.items():
        assert [] == [x for x in found.column_names if not found[x].equals(there[name][x])], name


def plain(table: Any) -> Any:
    """Give a table without dictionaries, of which each file has its own."""
    kinds = [(x.name, getattr(x.type, "value_type", x.type)) for x in table.schema]
    return table.cast(pa.schema(kinds))


def keys_of(table: Any) -> list[tuple[str, str]]:
    """What a table of results is sorted by, so that the order of buckets does not count."""
    return [(x, "ascending") for x in ("subject_id", "lesion") if x in table.column_names]


def goes_on(source: Path, at: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that was broken off does only what is not done, and ends as an unbroken one."""

    def broken(*_: object) -> None:
        raise KeyboardInterrupt

    out = at / "broken"
    with monkeypatch.context() as patch:
        patch.setattr(run.Run, "written", broken)
        with pytest.raises(KeyboardInterrupt):
            bonemets.assess_cohort(source, out, run_date=RUN, engine="spark")
    (out / ".state" / "done" / "bucket-00003.json").unlink()
    times = {p: p.stat().st_mtime_ns for p in (out / "facts").iterdir()}
    with pytest.raises(UsageError, match="interrupted run of another"):
        bonemets.assess_cohort(source, out, run_date=RUN, jobs=1)
    bonemets.assess_cohort(source, f"file://{out}", run_date=RUN, engine="spark")
    again = [p.name for p, t in times.items() if p.stat().st_mtime_ns != t]
    assert ["bucket-00003.parquet"] == again
    same(at / "here", out, COUNTS[:2])
    assert not (out / ".state").exists()


@needs_spark
def test_a_table_of_text(session: Any, tmp_path: Path) -> None:
    """CSV, with empty cells in quotes, quotes in quotes and line ends in cells."""
    text = (
        "subject_id,time,code,numeric_value,unit,text\r\n"
        'a,2026-10-01,icd10//C61,,"",""\r\n'
        '"b ""the second""",2026-10-02,loinc//17861-6,3.2,mmol/L,"two\nlines"\r\n'
        ",2026-10-02,loinc//17861-6,3.2,mmol/L,\r\n"
        "a,2026-10-03,snomed//94222008,,,x\r\n"
    )
    (tmp_path / "events.csv").write_bytes(text.encode())
    both(tmp_path / "events.csv", tmp_path)
    assert {"a", 'b "the second"'} == set(rows_of_cohort(tmp_path / "spark"))


@needs_spark
def test_words_that_are_none_of_a_column(session: Any, tmp_path: Path) -> None:
    text = "subject_id,time,code,status\n" + "".join(
        f"p{n},2026-10-01,icd10//C61,{word}\n"
        for n, word in enumerate(("Denied", "negated", "stated"))
    )
    (tmp_path / "events.csv").write_text(text)
    both(tmp_path / "events.csv", tmp_path, small_cells=0)
    seen = json.loads((tmp_path / "spark" / "reading.json").read_bytes())
    assert {"status": {"rows": 1, "counts": {"negated": 1}}} == seen["words_not_understood"]


@needs_spark
def test_what_goes_wrong_names_no_value(
    session: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    canary, logged = "canary-5f1c", list[str]()
    failure = spark.failure
    monkeypatch.setattr(spark, "failure", lambda e: logged.append(str(e)) or failure(e))
    table = pa.table({"subject_id": [canary], "time": [canary], "code": ["icd10//C61"]})
    for n in range(2):
        pq.write_table(table, tmp_path / f"{n}.parquet")
    with pytest.raises(SourceRefused, match="its column `time` cannot be read") as told:
        bonemets.assess_cohort(tmp_path, tmp_path / "out", engine="spark")
    assert "bonemets could not go on" in logged[0]  # what Spark itself has logged
    assert canary not in f"{logged} {told.value}"
    pq.write_table(pa.table({"subject_id": ["a"]}), tmp_path / "events.parquet")
    with pytest.raises(SourceRefused, match="lacks the columns `time` and `code`"):
        bonemets.assess_cohort(tmp_path / "events.parquet", tmp_path / "out2", engine="spark")


def started(log: Path, said: str, *command: str) -> subprocess.Popen[bytes]:
    """Start a process of a cluster, in a group of its own, and wait until it has said something."""
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, start_new_session=True)
    until = time.monotonic() + 60
    while said not in log.read_text():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < until, log.read_text()
        time.sleep(0.1)
    return process


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A cluster of Spark's own kind: its address, and the folder of its executors.

    Master, worker and executors are processes of their own.
    """
    at = tmp_path_factory.mktemp("cluster")
    home = Path(importlib.import_module("pyspark").__file__ or "").parent
    begin, of_both = str(home / "bin" / "spark-class"), ("--host", "127.0.0.1", "--webui-port", "0")
    named, processes = "org.apache.spark.deploy", list[subprocess.Popen[bytes]]()
    try:
        log = at / "master.log"
        master = f"{named}.master.Master"
        processes.append(started(log, "New state: ALIVE", begin, master, *of_both, "--port", "0"))
        found = re.search(r"Starting Spark master at (spark://\S+)", log.read_text())
        assert found is not None
        size = "--cores", "2", "--memory", "2g", "-d", str(at / "work")
        worker = begin, f"{named}.worker.Worker", *of_both, *size, found[1]
        processes.append(started(at / "worker.log", "Successfully registered", *worker))
        yield found[1], at / "work"
    finally:
        for process in reversed(processes):
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(30)


@needs_spark
@pytest.mark.slow
def test_a_cluster(cluster: tuple[str, Path], events: Any, tmp_path: Path) -> None:
    """Processes that share nothing but the folder: two executors, to which knowledge travels."""
    address, work = cluster
    bulk.write(tmp_path / "lines", PATIENTS, seed=3, mishaps=0.08)
    flat = tmp_path / "rows"
    flat.mkdir()
    half = events.num_rows // 2
    for n in range(2):
        pq.write_table(events.slice(n * half, half + n), flat / f"{n}.parquet")
    settings = {
        "spark.executor.cores": "1",
        "spark.executor.memory": "512m",
        "spark.sql.shuffle.partitions": "2",
        "spark.ui.enabled": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
    }
    told = " ".join(f"--conf {name}={value}" for name, value in settings.items())
    environment = {
        **os.environ,
        "PYSPARK_PYTHON": sys.executable,
        "PYSPARK_SUBMIT_ARGS": f"--master {address} {told} pyspark-shell",
    }
    for source in ("lines", "rows"):
        here, there = tmp_path / f"{source}-here", tmp_path / f"{source}-there"
        given = "--knowledge", str(PACK), "--index-date", RUN.isoformat()
        for out, engine in ((here, "local"), (there, "spark")):
            call = source, "--out", str(out), "--engine", engine, *given
            subprocess.run(
                [sys.executable, "-c", "from bonemets.cli import main; main()", "cohort", *call],
                env=environment, cwd=tmp_path, check=True, capture_output=True, timeout=300,
            )  # fmt: skip
        same(here, there)
    executors = [len(list(application.iterdir())) for application in work.glob("app-*")]
    assert executors == [2, 2]


def test_a_storage_holds_whole_files_and_says_what_it_holds(tmp_path: Path) -> None:
    """The folder of results on a storage that Arrow reaches: here the disk as one."""
    there = Shared("x://y", pafs.LocalFileSystem(), str(tmp_path / "out"))
    there.make("", ".state", "facts")
    there.write(".state/plan.json", "old")
    there.write(".state/plan.json", b"new")
    there.write_table("facts/bucket-00000.parquet", pa.table({"a": [1]}))
    assert there.read(".state/plan.json") == b"new"
    assert there.read("manifest.json") is None
    assert there.has("facts")
    assert not there.has("findings")
    assert {".state", "facts"} == set(there.names())
    assert ["plan.json"] == there.names(".state")  # nothing half written is left
    assert pq.read_table(tmp_path / "out" / "facts").to_pydict() == {"a": [1]}
    there.remove(".state")
    assert ["facts"] == there.names()


def test_a_folder_by_its_address_is_the_folder(tmp_path: Path) -> None:
    (tmp_path / "a b").mkdir()
    (tmp_path / "a b" / "x.ndjson").write_text("{}\n")
    (tmp_path / "a b" / ".hidden").write_text("")
    address = f"file://{tmp_path}/a%20b"
    assert folder_of(address).shown == str(tmp_path / "a b")
    (one,) = files_of(address)
    assert (one.name, one.size) == ("x.ndjson", 3)


@pytest.mark.parametrize("address", ["dbfs://x/y", "http://x/y"])
def test_a_storage_that_cannot_be_reached_is_named(address: str) -> None:
    with pytest.raises(UsageError, match="cannot be reached from here"):
        folder_of(address)


def test_one_machine_writes_to_a_folder(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="an address is for"):
        bonemets.assess_cohort(tmp_path, "s3://bucket/out", run_date=dt.date(2026, 1, 1))
