"""A run that is killed goes on, and ends with what an unbroken one gives."""

from __future__ import annotations

import fcntl
import os
import random
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import bulk
import pytest
from agreement import RUN, rows_of_cohort

import bonemets
from bonemets.cohort import worker
from bonemets.cohort.results import Manifest
from bonemets.cohort.storage import Here
from bonemets.cohort.whole import folder
from bonemets.errors import UsageError

PATIENTS = 40
CALL = """
import datetime as dt, sys
import bonemets
from bonemets.cohort import files, run
run.BUCKET, run.MANY, files.CHUNK = 60_000, 0, 100_000
bonemets.assess_cohort(sys.argv[1], sys.argv[2], run_date=dt.date(2026, 11, 25), jobs=2)
"""


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("source")
    bulk.write(folder, PATIENTS, seed=5)
    return folder


def begin(source: Path, out: Path) -> subprocess.Popen[bytes]:
    paths = os.pathsep.join(x for x in sys.path if x)
    return subprocess.Popen(
        [sys.executable, "-c", CALL, str(source), str(out)],
        env={**os.environ, "PYTHONPATH": paths},
        start_new_session=True,
    )


@pytest.mark.parametrize("most", [3, pytest.param(10, marks=pytest.mark.slow)])
def test_kills_at_random_moments(source: Path, tmp_path: Path, most: int) -> None:
    whole = tmp_path / "whole"
    start = time.monotonic()
    assert begin(source, whole).wait() == 0
    takes = time.monotonic() - start
    rnd = random.Random(7)
    kills = folders = tries = 0
    while kills < most and tries < 4 * most:
        out = tmp_path / f"broken{folders}"
        for _ in range(4):  # a few kills each, so that all stages meet one
            process = begin(source, out)
            time.sleep(takes * rnd.uniform(0.05, 0.7))
            tries += 1
            if process.poll() is not None:  # it was faster than the first one
                takes *= 0.6
                break
            kills += 1
            # Either all processes, or the first alone: its workers then end by themselves.
            end = os.killpg if rnd.random() < 0.5 else os.kill
            end(process.pid, signal.SIGKILL)
            process.wait()
        folders += 1
        # The last kill may have come after all was done, before the process had ended.
        done = (out / "manifest.json").exists() and not (out / ".state").exists()
        assert done or begin(source, out).wait() == 0
        assert_same(whole, out)
    assert kills >= most


def assert_same(whole: Path, out: Path) -> None:
    assert rows_of_cohort(whole) == rows_of_cohort(out)
    same = ("patients", "in_scope", "lesions", "events", "lines", "refused", "buckets")
    one, other = Manifest.read(whole), Manifest.read(out)
    assert [getattr(one, x) for x in same] == [getattr(other, x) for x in same]
    for name in ("counts.csv", "missing.csv", "reading.json", "dictionary.csv"):
        assert (whole / name).read_bytes() == (out / name).read_bytes()
    assert not (out / ".state").exists()
    assert [] == [p for p in out.rglob("*") if p.name.endswith(".part")]


@pytest.mark.parametrize("copies", [True, False])
def test_copies_and_processes_that_load_all_find_the_same(
    copies: bool, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if copies and not worker.may_fork():
        pytest.skip("another thread of the tests runs here")  # the kills above fork
    monkeypatch.setattr(worker, "may_fork", lambda: copies)
    for jobs in (1, 2):
        out = tmp_path / str(jobs)
        bonemets.assess_cohort(source, out, run_date=RUN, jobs=jobs)
    assert rows_of_cohort(tmp_path / "1") == rows_of_cohort(tmp_path / "2")


def test_everything_is_readable_by_its_owner_alone(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    bonemets.assess_cohort(source, out, run_date=RUN, jobs=1)
    for path in (out, *out.rglob("*")):
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600), path


def test_another_run_does_not_go_on_with_this_one(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    process = begin(source, out)
    while not (out / ".state" / "plan.json").exists():
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    with pytest.raises(UsageError, match="interrupted run of another"):
        bonemets.assess_cohort(source, out, run_date=RUN, assume_complete=["conditions"])
    assert not (out / "manifest.json").exists()
    with pytest.raises(UsageError, match="not finished"):
        Manifest.read(out)


def test_two_runs_do_not_work_on_one_folder(tmp_path: Path) -> None:
    with (
        Here(tmp_path).locked(),
        pytest.raises(UsageError, match="another run is at work"),
        Here(tmp_path).locked(),
    ):
        pass


def test_a_process_that_is_ending_is_waited_for(tmp_path: Path) -> None:
    """What a killed run was just starting holds its lock until it is gone itself."""
    handle = os.open(folder(tmp_path / ".state"), os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    wait = "import time; time.sleep(0.4)"
    process = subprocess.Popen([sys.executable, "-S", "-c", wait], pass_fds=[handle])
    os.close(handle)
    with Here(tmp_path).locked():
        assert process.wait() == 0


def test_what_was_killed_after_all_was_written_is_of_its_own_source_alone(
    source: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    done = bonemets.assess_cohort(source, out, run_date=RUN, jobs=1)
    (out / ".state").mkdir()
    with pytest.raises(UsageError, match="another source"):
        bonemets.assess_cohort(tmp_path, out, run_date=RUN, jobs=1)
    with pytest.raises(UsageError, match="index date or assumption"):
        bonemets.assess_cohort(source, out, run_date=RUN, index_date=RUN, jobs=1)
    assert done == bonemets.assess_cohort(source, out, run_date=RUN, jobs=1)
    assert not (out / ".state").exists()


def test_a_finished_cohort_is_not_written_over(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    bonemets.assess_cohort(source, out, run_date=RUN, jobs=1)
    with pytest.raises(UsageError, match="finished cohort"):
        bonemets.assess_cohort(source, out, run_date=RUN, jobs=1)
