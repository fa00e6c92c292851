"""What is wrong in a source is counted; the rest is read."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bulk
import msgspec
import pytest
from agreement import RUN, rows_of_cohort

import bonemets
from bonemets.cohort.arrow import pa
from bonemets.cohort.fhir_types import OTHER
from bonemets.errors import SourceRefused, UsageError

PATIENT = {"resourceType": "Patient", "id": "a", "gender": "male", "birthDate": "1950-01-01"}
CANCER = {
    "resourceType": "Condition",
    "id": "c",
    "subject": {"reference": "Patient/a"},
    "code": {"coding": [{"system": bulk.ICD, "code": "C61"}]},
    "onsetDateTime": "2026-01-01",
}


def folder(at: Path, **files: list[Any]) -> Path:
    at.mkdir()
    for name, lines in files.items():
        text = "\n".join(x if isinstance(x, str) else json.dumps(x) for x in lines)
        (at / f"{name}.ndjson").write_text(text + "\n", encoding="utf-8")
    return at


def run(source: Path, out: Path, **more: Any) -> dict[str, Any]:
    bonemets.assess_cohort(source, out, run_date=RUN, jobs=1, **more)
    return json.loads((out / "reading.json").read_bytes())


def test_each_fault_is_counted_and_the_rest_is_read(tmp_path: Path) -> None:
    source = folder(
        tmp_path / "bulk",
        Patient=[PATIENT, "{", '{"resourceType": "Patient"}', "[1]", "", "  "],
        Condition=[CANCER, {**CANCER, "id": "d", "subject": {"reference": "Group/g"}},
                   {**CANCER, "id": "e", "subject": {}}, {"id": "no type"}],
        Encounter=[{"resourceType": "Encounter", "subject": {"reference": "Patient/a"}}] * 3,
    )  # fmt: skip
    seen = run(source, tmp_path / "out")
    assert seen["lines_not_read"] == {
        "a line is no JSON object": 2,
        "Condition: does not say by a reference which patient it is about": 1,
        "Condition: it is about a Group, not a patient": 1,
        "a Patient has no id": 1,
        "a line holds no resource of FHIR (no resourceType)": 1,
    }
    assert seen["resources_without_meaning_here"] == {"Encounter": 3}
    (found,) = rows_of_cohort(tmp_path / "out").values()
    assert found["findings"][0]["variable_cancer"] == "current"


def test_packed_files_give_what_plain_ones_give(tmp_path: Path) -> None:
    plain, packed = tmp_path / "plain", tmp_path / "packed"
    bulk.write(plain, 20, seed=3)
    packed.mkdir()
    for n, path in enumerate(sorted(plain.iterdir())):
        data = path.read_bytes()
        if n % 2:
            (packed / f"{path.name}.gz").write_bytes(gzip.compress(data))
        else:
            (packed / f"{path.name}.zst").write_bytes(zstd(data))
    run(plain, tmp_path / "a")
    run(packed, tmp_path / "b")
    assert rows_of_cohort(tmp_path / "a") == rows_of_cohort(tmp_path / "b")


def zstd(data: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as file:
        file.write(data)
    return sink.getvalue().to_pybytes()


def test_a_manifest_says_which_files_count_and_which_are_missing(tmp_path: Path) -> None:
    source = folder(tmp_path / "bulk", Patient=[PATIENT], Condition=[CANCER], Other=[CANCER],
                    gone=[{"resourceType": "Bundle", "type": "transaction", "entry": [
                        {"request": {"method": "DELETE", "url": "Condition/c"}}]}])  # fmt: skip
    names = ("Patient", "Condition", "Lost")
    manifest = {
        "transactionTime": "2026-11-01T00:00:00Z",
        "output": [{"type": n, "url": f"https://example.org/files/{n}.ndjson?x=1"} for n in names],
    }
    (source / "manifest.json").write_text(json.dumps(manifest))
    seen = run(source, tmp_path / "out")
    assert seen["missing_files"] == ["Lost.ndjson"]
    assert seen["lines"] == 2
    manifest["deleted"] = [{"type": "Bundle", "url": "https://example.org/gone.ndjson"}]
    (source / "manifest.json").write_text(json.dumps(manifest))
    run(source, tmp_path / "again")
    (found,) = rows_of_cohort(tmp_path / "again").values()
    assert found["findings"][0]["variable_cancer"] is None


def test_a_file_cut_into_stretches_gives_every_line_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bulk.write(tmp_path / "bulk", 15, seed=4)
    seen = run(tmp_path / "bulk", tmp_path / "a")
    monkeypatch.setattr("bonemets.cohort.run.listing", small_stretches)
    again = run(tmp_path / "bulk", tmp_path / "b")
    assert seen["lines"] == again["lines"]
    assert rows_of_cohort(tmp_path / "a") == rows_of_cohort(tmp_path / "b")


def small_stretches(folder: Path) -> Any:
    from bonemets.cohort.files import listing

    return listing(folder, 700)


def test_shared_medicines_are_found_and_dangling_ones_are_counted(tmp_path: Path) -> None:
    order = {"resourceType": "MedicationRequest", "status": "active", "intent": "order",
             "subject": {"reference": "Patient/a"}, "authoredOn": "2026-10-01"}  # fmt: skip
    orders = [
        {**order, "id": f"o{n}", "medicationReference": {"reference": f"Medication/{n}"}}
        for n in range(12)
    ]
    zoledronate = {"coding": [{"system": bulk.ATC, "code": "M05BA08"}]}
    source = folder(
        tmp_path / "bulk",
        Patient=[PATIENT],
        MedicationRequest=orders,
        Medication=[{"resourceType": "Medication", "id": "0", "code": zoledronate}],
    )
    seen = run(source, tmp_path / "out", small_cells=0)
    counts = seen["set_aside"]["counts"]
    why = "medicationReference: refers to a Medication that the source does not hold"
    assert counts[why] == 11
    (found,) = rows_of_cohort(tmp_path / "out").values()
    assert found["findings"][0]["variable_bone_modifying_agent_current"] != "no"


@pytest.mark.parametrize("size", [0, 1])
def test_what_is_no_source_is_refused(tmp_path: Path, size: int) -> None:
    empty = tmp_path / "empty"
    if size:
        empty.mkdir()
    with pytest.raises(SourceRefused if size else UsageError):
        bonemets.assess_cohort(empty, tmp_path / "out", run_date=RUN)


def leaves(tree: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(tree, dict | list):
        for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
            yield from leaves(value, (*path, key))
    else:
        yield path


def test_no_word_of_a_record_is_told_of_the_source(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """A name in the place of any value stays out of what is aggregated, and of messages."""
    name, met, lines = "Kanarienvogel", set[Any](), list[Any]()
    for resources in bulk.patients(30, seed=3):
        for resource in resources:
            for path in leaves(resource):
                place = (resource["resourceType"], *(x for x in path if not isinstance(x, int)))
                for value in (name, f"{name}/1", f"Patient/{name}", f"http://{name}"):
                    if place not in met:
                        spoilt = json.loads(json.dumps(resource))
                        at = spoilt
                        for key in path[:-1]:
                            at = at[key]
                        at[path[-1]] = value
                        lines.append(spoilt)
                met.add(place)
        lines += resources
    assert len(met) > 80
    seen = run(folder(tmp_path / "bulk", all=lines), tmp_path / "out")
    assert seen["resources_without_meaning_here"][OTHER] > 20
    told = [p for p in (tmp_path / "out").iterdir() if p.is_file()]
    assert {"reading.json", "summary.html", "counts.csv"} <= {p.name for p in told}
    assert [] == [p.name for p in told if name in p.read_text(encoding="utf-8")]
    assert name not in "".join(capfd.readouterr())


# --- mutated lines -------------------------------------------------------------------------------

JUNK = (b"", b"{}", b"[]", b"null", b'"', b"\\", b"\x00", b"\xff\xfe", b"{" * 200, b"[" * 5000,
        b"1e999", b"NaN", b"-0", b"\xed\xa0\x80", b'\\ud800', b"\xef\xbb\xbf",
        b"9" * 400)  # fmt: skip


def mutated(line: bytes, rnd: random.Random) -> bytes:
    """Change bytes of a line, or its values as a tree."""
    if rnd.random() < 0.5:
        tree = msgspec.json.decode(line)
        spoil(tree, rnd)
        return msgspec.json.encode(tree)
    data = bytearray(line)
    for _ in range(rnd.randint(1, 3)):
        at = rnd.randrange(len(data) + 1)
        match rnd.randint(0, 3):
            case 0:
                data[at:at] = rnd.choice(JUNK)
            case 1:
                del data[at : at + rnd.randint(1, 40)]
            case 2 if data:
                data[at % len(data)] = rnd.randrange(256)
            case _:
                data = data[:at]
    return bytes(data).replace(b"\n", b" ")


def spoil(tree: Any, rnd: random.Random) -> None:
    while isinstance(tree, dict | list) and tree:
        key = rnd.choice(list(tree) if isinstance(tree, dict) else range(len(tree)))
        if rnd.random() < 0.4:
            odd = (None, [], {}, "", 0, -1, 1e300, True, "x" * 5000, [[]], {"reference": 1}, "9999")
            tree[key] = rnd.choice(odd)
            return
        tree = tree[key]


def test_mutated_lines_are_read_or_counted(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """10,000 lines (with --all; else 1,500): no exception, and every line is accounted for."""
    wanted = 10_000 if request.config.getoption("--all") else 1_500
    rnd = random.Random(9)
    source = tmp_path / "bulk"
    source.mkdir()
    lines: list[bytes] = []
    for resources in bulk.patients(wanted // 40, seed=21):
        for resource in resources:
            line = msgspec.json.encode(resource)
            lines.append(mutated(line, rnd) if rnd.random() < 0.7 else line)
    (source / "all.ndjson").write_bytes(b"\n".join(lines))
    seen = run(source, tmp_path / "out")
    assert seen["lines"] == sum(bool(x.strip()) for x in lines)
    assert sum(seen["lines_not_read"].values()) > wanted / 20
    assert [] == [why for why in seen["refused"] if "fault of ours" in why]
    assert seen["patients"] > wanted / 60


def test_mutated_packed_files_are_read_as_far_as_they_go(tmp_path: Path) -> None:
    rnd = random.Random(2)
    bulk.write(tmp_path / "plain", 5, seed=1)
    source = tmp_path / "bulk"
    source.mkdir()
    for path in (tmp_path / "plain").iterdir():
        for n in range(6):
            packed = (gzip.compress if n % 2 else zstd)(path.read_bytes())
            data = bytearray(packed)
            data[rnd.randrange(len(data))] ^= 1 << rnd.randrange(8)
            name = f"{n}-{path.name}.{'gz' if n % 2 else 'zst'}"
            (source / name).write_bytes(bytes(data[: rnd.randrange(len(data))]))
    seen = run(source, tmp_path / "out")
    broken = "a packed file is broken; what comes after that place was not read"
    assert seen["lines_not_read"][broken] >= 10
