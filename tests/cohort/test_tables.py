"""A table of events as source: Parquet and CSV, ours and a bare one of the MEDS kind."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import bulk
import pytest
from agreement import RUN, RUN_DAY, assess_folder, bundle, differences, rows, run_alone
from msgspec.structs import replace

import bonemets
from bonemets.api import Knowledge
from bonemets.cohort import partition as partitioning
from bonemets.cohort import run, worker
from bonemets.cohort.arrow import duck, pa, pq
from bonemets.cohort.columns import columns_of
from bonemets.cohort.evaluate import Evaluator, Settings
from bonemets.cohort.events import COLUMNS, checked, records_of, table_of
from bonemets.cohort.kinds import Kinds
from bonemets.cohort.partition import (
    bucket_of,
    can_partition,
    kinds_of,
    partition,
    path_of,
    pieces,
    read_part,
)
from bonemets.errors import RecordRefused, SourceRefused, UsageError
from bonemets.model import About, Code, Record
from bonemets.readers import fhir


@pytest.fixture(scope="module")
def records() -> dict[str, Record]:
    found: dict[str, Record] = {}
    for n, resources in enumerate(bulk.patients(40, seed=8, mishaps=0.06)):
        own = [r for r in resources if not r.get("subject", {}).get("reference", "").endswith("-x")]
        found[f"p{n}"] = fhir.read(bundle(own), f"p{n}")
    return found


@pytest.mark.parametrize(
    ("form", "lists"),
    [("parquet", ()), ("csv", ()), ("folder", ("medications", "conditions", "procedures"))],
)
def test_events_in_files_give_what_records_give(
    form: str,
    lists: tuple[str, ...],
    records: dict[str, Record],
    knowledge: Knowledge,
    tmp_path: Path,
) -> None:
    table = table_of(records.items())
    table = table.take(pa.array(range(table.num_rows - 1, -1, -1)))  # in no order of patients
    source = tmp_path / ("events.csv" if form == "csv" else "events.parquet")
    if form == "csv":
        write_csv(table, source)
    elif form == "folder":
        source = tmp_path / "events"
        source.mkdir()
        half = table.num_rows // 2
        pq.write_table(table.slice(0, half), source / "a.parquet")
        pq.write_table(table.slice(half), source / "b.parquet")
    else:
        pq.write_table(table, source)
    found = assess_folder(source, tmp_path / "out", jobs=1, assume_complete=lists)
    assert set(records) == set(found)
    for who, record in records.items():
        assert [] == differences(rows(run_alone(record, knowledge, lists)), found[who]), who


def write_csv(table: Any, path: Path) -> None:
    import csv

    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(table.column_names)
        for row in table.to_pylist():
            writer.writerow([written(x) for x in row.values()])


def written(value: Any) -> str:
    match value:
        case None:
            return ""
        case dt.datetime():
            return value.isoformat(sep=" ")
        case list():
            return "|".join(value)
        case bool():
            return str(value).lower()
        case _:
            return str(value)


def test_a_bare_table_of_the_meds_kind_is_read(knowledge: Knowledge) -> None:
    """subject_id a number, time a timestamp, code, numeric_value; and no more."""
    day = dt.datetime(2026, 10, 1)  # noqa: DTZ001
    table = pa.table(
        {
            "subject_id": pa.array([7, 7, 7, 8], pa.int64()),
            "time": pa.array([day, day, dt.datetime(2026, 10, 2, 8, 30), day], pa.timestamp("us")),  # noqa: DTZ001
            "code": ["ICD10CM//C61", "ICD10CM//C79.51", "LOINC//30525-0", "ICD10CM//C61"],
            "numeric_value": pa.array([None, None, 70.0, None], pa.float32()),
        }
    )
    (first, one), (second, _) = records_of(table)
    assert (first, second) == ("7", "8")
    assert one.events[0].time == (1790812800, 1790812800 + 86_399)
    assert one.events[2].time == (1790929800, 1790929800)
    facts = bonemets.evaluate(table, knowledge, table="facts", run_date=RUN).to_pylist()
    by_patient = {row["subject_id"]: row for row in facts}
    assert by_patient["7"]["bone_metastasis"] == "confirmed"
    assert by_patient["7"]["age_low"] is None  # it has no unit, and none is guessed
    found = bonemets.evaluate(table, knowledge, run_date=RUN).to_pylist()
    assert ["current", "current"] == [row["variable_cancer"] for row in found]


def test_a_table_without_what_is_needed_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"subject_id": ["a"], "code": ["loinc//1"]}), tmp_path / "x.parquet")
    with pytest.raises(SourceRefused, match="lacks the column `time` of an event table"):
        bonemets.assess_cohort(tmp_path / "x.parquet", tmp_path / "out", run_date=RUN)
    (tmp_path / "x.csv").write_text("canary,2026-03-01,C61\n")  # without a line of names
    with pytest.raises(SourceRefused, match="`subject_id`, `time` and `code`") as caught:
        bonemets.assess_cohort(tmp_path / "x.csv", tmp_path / "out", run_date=RUN)
    assert "canary" not in str(caught.value).replace(str(tmp_path), "")


def test_columns_without_meaning_are_named_with_the_nearest(tmp_path: Path) -> None:
    """A misspelt column would leave every value out, and nobody would be told."""
    names = "subject_id,time,code,numeric_valu,Unit,ward"
    (tmp_path / "x.csv").write_text(f"{names}\na,2026-03-01,loinc//17861-6,3.1,mmol/L,7\n")
    bonemets.assess_cohort(tmp_path / "x.csv", tmp_path / "out", run_date=RUN)
    told = ["`numeric_valu` (did you mean `numeric_value`?)", "`Unit` (did you mean `unit`?)"]
    reading = json.loads((tmp_path / "out" / "reading.json").read_bytes())
    assert [*told, "`ward`"] == reading["columns_without_meaning"]
    assert "numeric_valu` (did you mean" in (tmp_path / "out" / "summary.html").read_text()


def test_a_folder_of_two_kinds_of_table_is_refused(tmp_path: Path) -> None:
    """One kind alone would be read, and nobody would be told."""
    table = pa.table({"subject_id": ["a"], "time": [DAY], "code": ["icd10//C61"]})
    source = tmp_path / "events"
    source.mkdir()
    pq.write_table(table, source / "a.parquet")
    write_csv(table, source / "b.csv")
    with pytest.raises(SourceRefused, match="several kinds"):
        bonemets.assess_cohort(source, tmp_path / "out", run_date=RUN)


def test_a_database_without_a_folder_to_spill_into_uses_none(tmp_path: Path) -> None:
    with duck(1) as db:
        assert db.execute("SELECT current_setting('temp_directory')").fetchone() == ("",)
    with duck(1, spill=str(tmp_path)) as db:
        assert db.execute("SELECT current_setting('temp_directory')").fetchone() == (str(tmp_path),)


def test_rows_without_a_patient_are_counted(tmp_path: Path) -> None:
    table = pa.table(
        {
            "subject_id": ["a", None, None],
            "time": pa.array([dt.datetime(2026, 1, 1)] * 3, pa.timestamp("us")),  # noqa: DTZ001
            "code": ["icd10//C61"] * 3,
        }
    )
    pq.write_table(table, tmp_path / "x.parquet")
    bonemets.assess_cohort(tmp_path / "x.parquet", tmp_path / "out", run_date=RUN, jobs=1)
    seen = json.loads((tmp_path / "out" / "reading.json").read_bytes())
    assert seen["lines_not_read"] == {"a row has no subject_id": 2}
    assert seen["patients"] == 1


def test_every_column_is_described() -> None:
    assert all(meaning.endswith(".") for _, meaning in COLUMNS.values())
    assert list(COLUMNS)[:5] == ["subject_id", "time", "code", "numeric_value", "text_value"]


DAY = dt.datetime(2026, 10, 1)  # noqa: DTZ001
ODD_ROWS: dict[str, dict[str, list[Any]]] = {
    "negative numbers of events": {
        "subject_id": ["a", "b"],
        "code": ["icd10//I10", "icd10//C61"],
        "event": [-1, -1],
    },
    "a number beside rows without one": {
        "subject_id": ["a", "a"],
        "code": ["icd10//C61", "atc//M05BA08"],
        "event": [(1 << 30) + 1, None],
    },
    "no role, and codes of two kinds": {
        "subject_id": ["a", "a", "a"],
        "code": ["icd10//C61", "snomed//12345", "atc//M05BA08"],
        "event": [0, 1, 1],
    },
    "the place before the code, and an end": {
        "subject_id": ["a", "a"],
        "code": ["snomed//51282000", "icd10//C79.51"],
        "part": ["site", "code"],
        "event": [0, 0],
        "end": [dt.datetime(2026, 10, 20)] * 2,  # noqa: DTZ001
    },
    "words that are none of their columns": {
        "subject_id": ["a", "a", "a", "b", "b", "b", "c"],
        "code": [
            "record//complete",
            "atc//N02AA01",
            "icd10//C61",
            "icd10//C61",
            "snomed//51282000",
            "loinc//17861-6",
            "icd10//C61",
        ],
        "text_value": ["medications", *[None] * 6],
        "role": ["record", "medicine", None, None, None, None, "Record"],
        "status": [None, None, "Past", "negated", None, None, "no"],
        "part": [None, None, None, "code", "site", None, None],
        "value": [*[None] * 5, "number", None],
        "numeric_value": [*[None] * 5, 3.5, None],
        "comparator": [*[None] * 5, "gt", None],
        "unit": [*[None] * 5, "mmol/L", None],
        "event": [0, 1, 2, 0, 0, 1, 0],
    },
    "a part that there is not": {
        "subject_id": ["a", "a"],
        "code": ["icd10//I10", "icd10//C61"],
        "part": ["code", "elsewhere"],
        "event": [0, 0],
    },
}


@pytest.mark.parametrize("what", ODD_ROWS)
def test_odd_rows_mean_as_columns_what_they_mean_as_records(
    what: str, knowledge: Knowledge
) -> None:
    columns = ODD_ROWS[what]
    table = pa.table({"time": [DAY] * len(columns["code"]), **columns})
    found = Evaluator(knowledge, Settings(RUN_DAY)).events(table)
    expected = Evaluator(knowledge, Settings(RUN_DAY)).batch(list(records_of(table)))
    assert found.keys() == expected.keys()
    for name, rows_ in expected.items():
        assert rows_.to_pylist() == found[name].to_pylist()


def test_a_code_of_a_medicine_makes_its_event_one_wherever_it_stands() -> None:
    columns = ODD_ROWS["no role, and codes of two kinds"]
    ((_, record),) = records_of(pa.table({"time": [DAY] * 3, **columns}))
    assert ["finding", "drug"] == [event.role for event in record.events]


def test_rows_without_a_patient_are_given_to_nobody(knowledge: Knowledge) -> None:
    table = pa.table({"subject_id": ["a", None], "time": [DAY] * 2, "code": ["icd10//C61"] * 2})
    with pytest.raises(RecordRefused, match="no-patient"):
        bonemets.evaluate(table, knowledge, run_date=RUN)
    with pytest.raises(RecordRefused, match="no-column"):
        bonemets.evaluate(table.drop_columns("subject_id"), knowledge, run_date=RUN)


def test_a_patient_comes_once_however_many_batches_a_table_takes(
    knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A part of a table keeps the dictionary of the whole, with patients who are not in it."""
    monkeypatch.setattr("bonemets.cohort.batches.BATCH", 2)
    who = ["a", "b", "c", "d", "e", "a", "e"]
    table = pa.table({
        "subject_id": pa.array(who).dictionary_encode(),
        "time": [DAY] * 7,
        "code": ["icd10//C61"] * 5 + ["icd10//C79.51"] * 2,
    })  # fmt: skip
    found = bonemets.evaluate(table, knowledge, table="facts", run_date=RUN).to_pylist()
    spread = {row["subject_id"]: row["bone_metastasis"] for row in found}
    assert ["a", "b", "c", "d", "e"] == sorted(row["subject_id"] for row in found)
    assert {"a": "confirmed", "e": "confirmed"} == {k: v for k, v in spread.items() if v}


def test_a_dictionary_may_name_a_patient_twice_but_nobody_without_a_name(
    knowledge: Knowledge,
) -> None:
    numbers = pa.array([0, 1, 2], pa.int32())
    names = pa.DictionaryArray.from_arrays(numbers, pa.array(["a", "b", "a"]))
    table = pa.table({"subject_id": names, "time": [DAY] * 3, "code": ["icd10//C61"] * 3})
    found = bonemets.evaluate(table, knowledge, run_date=RUN).to_pylist()
    assert ["a", "b"] == [row["subject_id"] for row in found]
    numbers = pa.array([0, 1, 0], pa.int32())
    nobody = pa.DictionaryArray.from_arrays(numbers, pa.array(["a", None]))
    with pytest.raises(RecordRefused, match="no-patient"):
        bonemets.evaluate(table.set_column(0, "subject_id", nobody), knowledge, run_date=RUN)


@pytest.mark.parametrize("table", ["findings", "lesion_findings"])
def test_packed_findings_are_the_findings(
    table: Any, records: dict[str, Record], knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where levels need more than a byte, and where a part of the rows is unpacked."""
    monkeypatch.setattr("bonemets.cohort.batches.BATCH", 16)
    events = table_of(records.items())
    plain = bonemets.evaluate(events, knowledge, table=table, run_date=RUN)
    held = bonemets.evaluate(events, knowledge, table=table, run_date=RUN, packed=True)
    assert any(len(c.levels) > 8 for c in columns_of(knowledge.engine) if c.table == table) == (
        table == "lesion_findings"
    )
    found = bonemets.unpacked(held, knowledge)
    assert plain.num_rows > 20
    assert plain.column_names == found.column_names
    assert plain.schema.metadata == found.schema.metadata
    assert plain.to_pylist() == found.to_pylist()
    assert (
        plain.slice(7, 6).to_pylist() == bonemets.unpacked(held.slice(7, 6), knowledge).to_pylist()
    )


def test_what_is_not_packed_is_refused(knowledge: Knowledge) -> None:
    table = pa.table({"subject_id": ["a"], "time": [DAY], "code": ["icd10//C61"]})
    with pytest.raises(UsageError, match="findings alone"):
        bonemets.evaluate(table, knowledge, table="facts", run_date=RUN, packed=True)
    with pytest.raises(UsageError, match="no findings"):
        bonemets.unpacked(bonemets.evaluate(table, knowledge, run_date=RUN), knowledge)
    held = bonemets.evaluate(table, knowledge, run_date=RUN, packed=True)
    other = held.replace_schema_metadata({"knowledge_hash": "another"})
    with pytest.raises(UsageError, match="no findings"):
        bonemets.unpacked(other, knowledge)


def test_what_events_say_is_remembered_from_table_to_table_by_its_words(
    knowledge: Knowledge,
) -> None:
    """The numbers of a dictionary mean something else in the next table."""
    first = pa.table({
        "subject_id": ["a", "a"],
        "time": [DAY] * 2,
        "code": ["icd10//C61", "loinc//17861-6"],
        "numeric_value": [None, 3.6],
        "unit": [None, "mmol/L"],
        "status": ["stated", "stated"],
    })  # fmt: skip
    second = pa.table({
        "subject_id": ["b", "b", "b"],
        "time": [DAY] * 3,
        "code": ["loinc//17861-6", "icd10//C79.51", "icd10//C61"],
        "numeric_value": [14.4, None, None],
        "unit": ["mg/dL", None, None],
        "status": ["stated", "denied", "past"],
        "comparator": [">", None, None],
    })  # fmt: skip
    evaluator = Evaluator(knowledge, Settings(RUN_DAY))
    for table in (first, second, first):
        expected = Evaluator(knowledge, Settings(RUN_DAY)).batch(list(records_of(table)))
        found = evaluator.events(table)
        for name, rows_ in expected.items():
            assert rows_.to_pylist() == found[name].to_pylist()


def test_files_are_partitioned_by_whole_patients(
    records: dict[str, Record], tmp_path: Path
) -> None:
    """Files whose columns and types differ a little; rows without a patient are counted."""
    table = table_of(records.items()).drop_columns(["text", "sender"])
    half = table.num_rows // 2 + 7
    first = table.slice(0, half).drop_columns("corrects")
    second = table.slice(half).set_column(
        0, "subject_id", table.column(0).slice(half).cast("string")
    )
    lost = pa.table(
        {"subject_id": pa.nulls(3, pa.string()), "time": [DAY] * 3, "code": ["x//1"] * 3}
    )
    source = tmp_path / "events"
    source.mkdir()
    for name, some in (("a", first), ("b", second), ("c", lost)):
        pq.write_table(some, source / f"{name}.parquet")
    paths = sorted(str(path) for path in source.iterdir())
    names = [name for name in table.column_names if name not in ("display", "text")]
    assert can_partition(paths, names, 7)
    assert partition(paths, names, 7, tmp_path / "parted") == 3
    buckets = whole_buckets(tmp_path / "parted")
    assert len(buckets) == 7
    whose = [set(of.column("subject_id").to_pylist()) for of in buckets]
    assert sum(map(len, whose)) == len(set().union(*whose)) == len(records)
    for of in buckets:  # a bucket names no patients but its own
        assert set(of.column("subject_id").combine_chunks().dictionary.to_pylist()) == set(
            of.column("subject_id").to_pylist()
        )
    got = {who: record for of in buckets for who, record in records_of(of)}
    read = dict(records_of(table))
    plain = {who: [without_words(e) for e in got[who].events] for who in got}
    assert {who: [without_words(e) for e in r.events] for who, r in read.items()} == plain


def whole_buckets(folder: Path) -> list[Any]:
    kinds = kinds_of(folder)
    return [read_part(path, kinds).whole() for path in sorted(folder.glob("bucket-*"))]


def test_what_an_older_version_split_is_not_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="older version"):
        kinds_of(tmp_path)


def test_several_readers_write_what_one_writes(
    records: dict[str, Record], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows stay in the order of the source: those of a patient are in the order of the record."""
    monkeypatch.setattr(partitioning, "ROWS", 40)  # each group of rows by itself
    table = table_of(records.items()).drop_columns(["text", "sender", "display"])
    pq.write_table(table, tmp_path / "events.parquet", row_group_size=50)
    found: list[Any] = []
    for threads in (1, 3):
        to = tmp_path / f"by-{threads}"
        partition([str(tmp_path / "events.parquet")], table.column_names, 3, to, threads)
        found.append([of.select(sorted(of.column_names)).to_pylist() for of in whole_buckets(to)])
    assert found[0] == found[1]
    assert sum(map(len, found[0])) == table.num_rows > 500


def test_many_small_groups_of_rows_are_read_together(tmp_path: Path) -> None:
    table = pa.table({
        "subject_id": [f"p{n % 50}" for n in range(3_000)],
        "time": pa.array([1_700_000_000] * 3_000, pa.timestamp("s")),
        "code": ["loinc//2160-0"] * 3_000,
    })  # fmt: skip
    for name, size in (("few", 3_000), ("many", 10)):
        pq.write_table(table, tmp_path / f"{name}.parquet", row_group_size=size)
        partition([str(tmp_path / f"{name}.parquet")], table.column_names, 3, tmp_path / name, 2)
    assert len(list(pieces([str(tmp_path / "many.parquet")]))) == 1
    for bucket in range(3):
        few, many = (
            read_part(path_of(tmp_path / x, bucket), kinds_of(tmp_path / x)).whole()
            for x in ("few", "many")
        )
        assert few.equals(many)


def test_what_shows_a_kind_of_rows_holds_nothing_of_a_patient() -> None:
    """Of two tables with all that a person may be known by, nothing of it is kept."""
    kinds = Kinds()
    for born, words in ((-1_221_955_200, "daughter, phone 0123"), (-1_000_000_000, "a note")):
        kinds.of(
            checked(
                pa.table(
                    {
                        "subject_id": ["a name"] * 3,
                        "time": pa.array([1_700_000_000] * 3, pa.timestamp("s")),
                        "code": ["loinc//2160-0", "loinc//21112-8", "bonemets//walking"],
                        "value": ["number", "time", "words"],
                        "numeric_value": [347.25, None, None],
                        "numeric_high": [113.5, None, None],
                        "limit_high": [104.0, None, None],
                        "value_time": pa.array([None, born, None], pa.timestamp("s")),
                        "text_value": [None, None, words],
                        "about": ["Condition-4711", None, None],
                        "place": ["Condition/Condition-4711", None, None],
                    }
                )
            )
        )
    assert len(kinds) == 3
    told = str(kinds.rows().to_pydict())
    for secret in ("a name", "347", "113", "104", "1931", "daughter", "note", "4711"):
        assert secret not in told


def test_words_that_nothing_hangs_on_make_no_kinds_of_rows() -> None:
    """Else each note would be one."""
    columns: dict[str, list[Any]] = {
        "subject_id": ["a"] * 9,
        "time": [DAY] * 9,
        "code": ["icd10//C61"] * 9,
        "value": ["absent", "absent", None, None, None, "words", "words", "levels", "levels"],
        "text_value": ["why", "why not", "a note", "a note too", "", "low", "high", "x", "y"],
    }
    table = pa.table(columns)
    kinds = Kinds()
    assert kinds.of(table).tolist() == [0, 0, 1, 1, 2, 3, 4, 5, 6]
    of_record = {**columns, "role": ["record"] * 9, "value": [None] * 9}
    assert len(set(kinds.of(pa.table(of_record)).tolist())) == 9
    assert kinds.of(table.slice(5)).tolist() == [3, 4, 5, 6]


def without_words(event: Any) -> Any:
    codes = tuple(Code(c.system, c.code) for c in event.codes)
    return replace(event, codes=codes, text="", about=None if event.about is None else bare(event))


def bare(event: Any) -> About:
    sites, sides = (
        tuple(Code(c.system, c.code) for c in of) for of in (event.about.sites, event.about.sides)
    )
    return About(event.about.key, sites, sides)


def test_the_bucket_of_a_patient_hangs_on_the_name_alone() -> None:
    names = pa.array([f"patient {n}" for n in range(5_000)] + ["", "ä", "a" * 300])
    found = bucket_of(names, 10)
    order = pa.array(range(len(names) - 1, -1, -1))
    assert bucket_of(names.take(order), 10).tolist() == found.tolist()[::-1]
    assert bucket_of(names.slice(3, 50), 10).tolist() == found.tolist()[3:53]
    sizes = [found.tolist().count(bucket) for bucket in range(10)]
    assert 400 < min(sizes) <= max(sizes) < 600


def test_what_cannot_be_partitioned_here_is_left_to_the_database(tmp_path: Path) -> None:
    names = ["subject_id", "time", "code"]
    columns = {"subject_id": [1.5], "time": [DAY], "code": ["icd10//C61"]}
    for name, some in (
        ("number", {**columns, "subject_id": [7]}),
        ("fraction", columns),
        ("no-time", {"subject_id": ["a"], "code": ["icd10//C61"]}),
    ):
        pq.write_table(pa.table(some), tmp_path / f"{name}.parquet")
    at = {name: str(tmp_path / f"{name}.parquet") for name in ("number", "fraction", "no-time")}
    assert can_partition([at["number"]], names, 3)
    assert not can_partition([at["number"], at["fraction"]], names, 3)
    assert not can_partition([at["no-time"]], names, 3)
    assert not can_partition([at["number"]], names, 4_000)
    assert not can_partition(["subject_id=7/x.parquet"], names, 3)
    assert not can_partition([], names, 3)


@pytest.mark.parametrize("way", ["here", "by the database", "of too many kinds"])
def test_all_ways_of_splitting_find_the_same(
    way: str, records: dict[str, Record], knowledge: Knowledge, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Numbers for names, several buckets, and a midnight with a zone."""
    if way == "of too many kinds":
        monkeypatch.setattr("bonemets.cohort.partition.MOST_KINDS", 20)
    if way == "by the database":
        monkeypatch.setattr("bonemets.cohort.tables.can_partition", lambda *_: False)
    monkeypatch.setattr("bonemets.cohort.run.HELD", 200_000)
    table = table_of(records.items())
    number = {who: n for n, who in enumerate(records)}
    whose = pa.array([number[who] for who in table.column("subject_id").to_pylist()], pa.int64())
    zoned = table.column("time").cast(pa.timestamp("us", "UTC"))
    table = table.set_column(0, "subject_id", whose).set_column(1, "time", zoned)
    pq.write_table(table, tmp_path / "events.parquet")
    found = assess_folder(tmp_path / "events.parquet", tmp_path / "out", jobs=1)
    assert len(list((tmp_path / "out" / "findings").iterdir())) > 2
    assert {str(n) for n in number.values()} == set(found)
    for who, record in records.items():
        assert [] == differences(rows(run_alone(record, knowledge)), found[str(number[who])]), who


# --- words of columns ----------------------------------------------------------------------------

MORPHINE, CANCER, CALCIUM = "atc//N02AA01", "icd10//C61", "loinc//17861-6"
Cells = dict[str, Any]
NUMBER: Cells = {"code": CALCIUM, "value": "number", "numeric_value": 3.5, "unit": "mmol/L"}
NO_NUMBER: Cells = {"code": CALCIUM, "value": "absent"}
WORDS: dict[str, tuple[Cells, Cells | None]] = {
    "a capital": ({"code": CANCER, "status": "Denied"}, {"code": CANCER, "status": "denied"}),
    "a hyphen": ({"code": CANCER, "status": " not-Done"}, {"code": CANCER, "status": "not_done"}),
    "a space": ({"code": CANCER, "status": " "}, {"code": CANCER}),
    "another status": ({"code": CANCER, "status": "negated"}, None),
    "past": ({"code": MORPHINE, "status": "Past"}, {"code": MORPHINE, "status": "past"}),
    "stopped": ({"code": MORPHINE, "status": "stopped"}, None),
    "an allergy": ({"code": MORPHINE, "role": "Allergy"}, {"code": MORPHINE, "role": "allergy"}),
    "another role": ({"code": MORPHINE, "role": "medicine"}, None),
    "another part": ({"code": CANCER, "part": "organ"}, None),
    "another list": ({"code": MORPHINE, "listed": "drugs"}, None),
    "a list": (
        {"code": MORPHINE, "listed": "Medications"},
        {"code": MORPHINE, "listed": "medications"},
    ),
    "a sign": ({**NUMBER, "comparator": "\u2265"}, {**NUMBER, "comparator": ">="}),
    "an equals sign": ({**NUMBER, "comparator": "="}, NUMBER),
    "another comparator": ({**NUMBER, "comparator": "gt"}, NO_NUMBER),
    "another value": ({**NUMBER, "value": "numeric"}, NO_NUMBER),
    "an answer": (
        {"code": "bonemets//limb_weakness", "role": "variable", "value": "No"},
        {"code": "bonemets//limb_weakness", "role": "variable", "value": "no"},
    ),
}
"""What a row says, and the row that says the same; None: it says nothing."""
STRANGE = {
    "role": {"medicine": 1},
    "part": {"organ": 1},
    "status": {"negated": 1, "stopped": 1},
    "value": {"numeric": 1},
    "comparator": {"gt": 1},
    "listed": {"drugs": 1},
}


def said(which: int) -> Any:
    """A patient for each row, of whom a number of calcium and some list is known besides."""
    rows_: list[Cells] = []
    for who, pair in WORDS.items():
        cells, plain = pair[which], pair[1] is not None
        before = {**NUMBER, "numeric_value": 2.4, "time": dt.datetime(2026, 9, 30)}  # noqa: DTZ001
        rows_.append({"subject_id": who, **before})
        if which == 0 or plain:  # of a row that says nothing nobody knows on which list it stands
            whole = {"code": "record//complete", "text_value": "medications", "role": "record"}
            rows_.append({"subject_id": who, **whole})
        if cells is not None:
            rows_.append({"subject_id": who, "time": DAY, **cells})
    names = [n for n in COLUMNS if any(n in row for row in rows_)]
    kinds = {"time": pa.timestamp("s"), "numeric_value": pa.float64()}
    return pa.table({n: pa.array([r.get(n) for r in rows_], kinds.get(n, pa.string()))
                     for n in names})  # fmt: skip


def by_patient(tables: dict[str, Any]) -> dict[str, dict[str, list[dict[str, Any]]]]:
    found: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for name, table in tables.items():
        for row in table.to_pylist():
            who = found.setdefault(row.pop("subject_id"), {n: [] for n in tables})
            who[name].append(row)
    return found


@pytest.fixture(scope="module")
def meant(knowledge: Knowledge) -> dict[str, dict[str, list[dict[str, Any]]]]:
    return by_patient(Evaluator(knowledge, Settings(RUN_DAY)).events(said(1)))


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_another_word_says_nothing_and_is_counted(
    form: str, meant: dict[str, Any], tmp_path: Path
) -> None:
    """Never what an empty cell would say."""
    source = tmp_path / f"events.{form}"
    write_csv(said(0), source) if form == "csv" else pq.write_table(said(0), source)
    found = assess_folder(source, tmp_path / "out", jobs=1, small_cells=0)
    assert set(WORDS) == set(found)
    for who in WORDS:
        assert [] == differences(meant[who], found[who]), who
    seen = json.loads((tmp_path / "out" / "reading.json").read_bytes())["words_not_understood"]
    assert {name: {"rows": sum(n.values()), "counts": n} for name, n in STRANGE.items()} == seen
    told = json.loads((tmp_path / "out" / "manifest.json").read_bytes())["words_not_understood"]
    assert {name: sum(n.values()) for name, n in STRANGE.items()} == told
    assert "negated 1, stopped 1" in (tmp_path / "out" / "summary.html").read_text()


def test_another_word_says_nothing_in_a_table_or_a_record(
    meant: dict[str, Any], knowledge: Knowledge
) -> None:
    with pytest.warns(UserWarning, match="set aside|read without a value") as told:
        found = bonemets.evaluate(said(0), knowledge, table="facts", run_date=RUN)
    assert len(STRANGE) == len(told)
    assert any("2 rows were set aside: `status` is none of stated" in str(w.message) for w in told)
    facts = by_patient({"facts": found})
    for who, record in records_of(said(0)):
        assert meant[who]["facts"] == facts[who]["facts"], who
        assert [] == differences(meant[who], rows(run_alone(record, knowledge))), who
        aside = WORDS[who][1] is None
        assert aside == (record.set_aside != ()), who
    assert {row["facts"][0]["morphine_current"] for row in meant.values()} == {
        "yes",
        "no",
        "unknown",
    }


def test_an_event_says_nothing_if_a_row_of_it_does_not() -> None:
    """The other row would say that the cancer is there."""
    columns = {"status": ["refutd", None], "event": [0, 0], "code": [CANCER, "snomed//399068003"]}
    ((_, record),) = records_of(pa.table({"subject_id": ["a"] * 2, "time": [DAY] * 2, **columns}))
    assert () == record.events
    assert ("medications", "conditions", "procedures") == tuple(dict.fromkeys(record.unread))


def test_a_word_that_may_be_a_patients_is_told_to_nobody(tmp_path: Path) -> None:
    said_ = ["canary-1"] * 12 + ["Canary lives at the mill"] * 12 + ["canary"] * 9
    table = pa.table({
        "subject_id": [f"p{n}" for n in range(len(said_))],
        "time": [DAY] * len(said_),
        "code": [CANCER] * len(said_),
        "status": said_,
    })  # fmt: skip
    pq.write_table(table, tmp_path / "x.parquet")
    bonemets.assess_cohort(tmp_path / "x.parquet", tmp_path / "out", run_date=RUN, jobs=1)
    texts = [p.read_text() for p in (tmp_path / "out").iterdir() if p.is_file()]
    assert '"rows": 33' in "".join(texts)
    assert "canary" not in "".join(texts).lower()


# --- what cannot be read, with its place ---------------------------------------------------------

UNREADABLE = {
    "subject_id,time,code\nC,2026-10-01,x//1\nC,01.10.2026,x//1\n": (
        r"x\.csv:3: wrong-type: its column `time` .* Write dates as 2026-10-01"
    ),
    "subject_id,time,code\nC,20261001000,x//1\n": r"x\.csv:2: wrong-type: its column `time`",
    "subject_id,time,code,numeric_value\nC,2026-10-01,x//1,C\n": (
        r"x\.csv:2: wrong-type: its column `numeric_value`"
    ),
    "subject_id,time,code\nC,2026-10-01,x//1,more,C\nC,2026\n": (
        r"x\.csv:2: has 5 cells, and the first line names 3 columns"
    ),
    "subject_id,tme,code\nC,2026-10-01,x//1\n": r"Did you mean `time` by `tme`\?",
}


@pytest.mark.parametrize("text", UNREADABLE)
def test_what_cannot_be_read_is_told_with_its_place(text: str, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text(text.replace("C,", "canary,").replace(",C", ",canary"))
    with pytest.raises(SourceRefused, match=UNREADABLE[text]) as told:
        bonemets.assess_cohort(tmp_path / "x.csv", tmp_path / "out", run_date=RUN, jobs=1)
    assert "canary" not in str(told.value)


@pytest.mark.parametrize("kind", [pa.int64(), pa.int32(), pa.float64()])
@pytest.mark.parametrize("way", ["arrow", "parquet"])
def test_numbers_are_no_times(kind: Any, way: str, knowledge: Knowledge, tmp_path: Path) -> None:
    """20261001 would be a day in 1970."""
    for name in ("time", "end"):
        times = {"time": pa.nulls(1, pa.timestamp("s")), name: pa.array([20261001], kind)}
        table = pa.table({"subject_id": ["a"], "code": [CANCER], **times})
        if way == "arrow":
            with pytest.raises(RecordRefused, match=f"`{name}` holds numbers"):
                bonemets.evaluate(table, knowledge, run_date=RUN)
            continue
        pq.write_table(table, tmp_path / "x.parquet")
        with pytest.raises(SourceRefused, match=rf"x\.parquet: .*`{name}` holds numbers"):
            bonemets.assess_cohort(tmp_path / "x.parquet", tmp_path / name, run_date=RUN, jobs=1)


@pytest.mark.parametrize("kind", [pa.int64(), pa.float64(), pa.null()])
def test_an_empty_column_is_one_of_times(kind: Any) -> None:
    columns = {"subject_id": ["a"], "time": [DAY], "code": [CANCER], "end": pa.nulls(1, kind)}
    ((_, record),) = records_of(pa.table(columns))
    assert [None] == [event.end for event in record.events]


@pytest.mark.parametrize("most", [400, 0])
def test_a_column_of_lists_is_refused(
    most: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where DuckDB splits the table."""
    monkeypatch.setattr(partitioning, "OPEN", most)
    table = pa.table({"subject_id": ["a"], "time": [DAY], "code": [[CANCER]]})
    pq.write_table(table, tmp_path / "x.parquet")
    with pytest.raises(SourceRefused, match=r"x\.parquet: .*`code` cannot be read as string"):
        bonemets.assess_cohort(tmp_path / "x.parquet", tmp_path / "out", run_date=RUN, jobs=1)


def test_processes_are_copied_from_one_that_holds_no_rows_yet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A copy begins with all that its parent holds: a split leaves half a gigabyte behind."""
    (tmp_path / "events.csv").write_text("subject_id,time,code\na,2026-03-01,icd10//C61\n")
    steps: list[str] = []
    fork, split = worker.forked, run.split_events

    def noted(name: str, do: Any) -> Any:
        return lambda *given: (steps.append(name), do(*given))[1]

    monkeypatch.setattr(worker, "may_fork", lambda: True)
    monkeypatch.setattr(worker, "forked", noted("copy", fork))
    monkeypatch.setattr(run, "split_events", noted("split", split))
    found = bonemets.assess_cohort(tmp_path / "events.csv", tmp_path / "out", jobs=2)
    assert (found.manifest.patients, steps) == (1, ["copy", "copy", "split"])
