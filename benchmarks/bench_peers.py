"""bonemets beside public engines of CQL: the same definitions, the same patients, in one run.

The peers are installed from their registries when this is run first (`peers/install.py`).
BENCH_PATIENTS and BENCH_RUNS say how many patients and runs; the defaults take ten minutes.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from harness import report
from peers import install, key, patients

BENCHMARKS = Path(__file__).resolve().parent
HERE = BENCHMARKS / "peers"

PATIENTS = int(os.environ.get("BENCH_PATIENTS", "200"))
RUNS = int(os.environ.get("BENCH_RUNS", "5"))
SEED = 1
BASE = "cql-execution"
"""The peer to which all others are compared: the fastest that answers as the key does."""
NOT_TRIED = (
    "not tried: the Java engines (cqframework, HAPI) and Pathling come from Maven, google/cql is a "
    "program in Go,",
    "cqlpy holds neither a parser of CQL nor its arithmetic: it would run what we wrote by hand",
)


@dataclass(slots=True)
class Engine:
    """One engine in one way of working."""

    name: str
    command: Callable[[Path, Path], list[str]]
    """Gives the command for a folder of patients and a file of results."""
    answers: bool = True
    """Whether it writes results that the key holds."""
    wall: list[float] = field(default_factory=list[float])
    """Seconds of each run, without the start of the process."""
    processor: list[float] = field(default_factory=list[float])
    """The same in seconds of processors: what else runs on the machine takes the wall's time."""
    start: list[float] = field(default_factory=list[float])
    """Seconds before the first patient is read, and after the last."""
    peak: int = 0
    wrong: dict[str, int] = field(default_factory=dict[str, int])
    parts: dict[str, float] = field(default_factory=dict[str, float])

    def run(self, data: Path, out: Path) -> None:
        """Run it once, as a process of its own."""
        started = time.perf_counter()
        child = subprocess.Popen(self.command(data, out), stdout=subprocess.PIPE, cwd=BENCHMARKS)
        assert child.stdout is not None
        said = child.stdout.read()
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            raise SystemExit(f"{self.name}: ended with {child.returncode}")
        whole = time.perf_counter() - started
        self.peak = max(self.peak, used.ru_maxrss)
        told = json.loads(said.splitlines()[-1])
        self.wall.append(told["wall"])
        self.processor.append(told["processor"])
        self.start.append(whole - told["wall"])
        self.parts = told.get("parts", {})


def ours(mode: str) -> Callable[[Path, Path], list[str]]:
    """Give the command for one way of ours."""
    start = [sys.executable, "-m", "peers.run_ours", mode]
    return lambda data, out: [*start, str(data), str(out)]


def engines(folder: Path) -> tuple[list[Engine], list[str]]:
    """Give all engines that can be had here, and why others cannot."""
    found = [
        Engine("bonemets, the definitions alone, patient by patient", ours("one")),
        Engine("bonemets, the definitions alone, one batch", ours("many")),
        Engine("bonemets cohort, whole knowledge and definitions", ours("cohort")),
        Engine("bonemets assess, whole knowledge, explained", ours("explained"), answers=False),
    ]
    absent: list[str] = []
    try:
        modules = str(install.npm())
        translate = ["node", str(HERE / "translate.mjs"), modules, str(HERE), str(folder)]
        subprocess.run(translate, check=True, stdout=subprocess.DEVNULL)

        def node(program: str, *more: str) -> Callable[[Path, Path], list[str]]:
            start = ["node", str(HERE / program), modules, str(folder)]
            return lambda data, out: [*start, str(data), str(out), *more]

        found += [
            Engine(BASE, node("run_cql_execution.mjs")),
            Engine("fqm-execution", node("run_fqm.mjs", "plain")),
            Engine("fqm-execution, explained", node("run_fqm.mjs", "explained")),
        ]
    except install.Absent as reason:
        absent.append(f"cql-execution, fqm-execution: {reason}")
    try:
        python, program = str(install.fhir4ds()), str(HERE / "run_fhir4ds.py")
        library = str(HERE / "eleven.cql")
        found.append(
            Engine("fhir4ds-v2", lambda data, out: [python, program, str(data), library, str(out)])
        )
    except install.Absent as reason:
        absent.append(f"fhir4ds-v2: {reason}")
    return found, absent


def figure(x: float) -> str:
    """Show a number to about three digits."""
    return f"{x:,.0f}" if x >= 100 else f"{x:.3g}"


def spread(of: list[float]) -> str:
    """Give the median and the least and most."""
    median, least, most = map(figure, (statistics.median(of), min(of), max(of)))
    return f"{median} ({least} to {most})"


def main() -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        os.environ["BONEMETS_CACHE"] = str(folder / "cache")  # nobody else's runs empty it
        found, absent = engines(folder)
        data = folder / "data"
        resources = patients.write(data, PATIENTS, SEED)
        answers = [key.answers(r) for r in patients.patients(PATIENTS, SEED)]
        few = folder / "few"
        patients.write(few, 20, SEED)
        for engine in found:  # once, not counted: compiled modules and knowledge are then kept
            engine.run(few, folder / "out.csv")
            engine.wall, engine.processor, engine.start = [], [], []
        for _ in range(RUNS):  # in turn: what slows the machine slows all
            for engine in found:
                out = folder / "out.csv"
                engine.run(data, out)
                if engine.answers:
                    engine.wrong |= key.differences(answers, out)
    base = next((e.processor for e in found if e.name == BASE), None)
    rows: list[tuple[str, str, str]] = []
    for engine in found:
        rates = spread([PATIENTS / s for s in engine.wall])
        costs = spread([1e3 * s / PATIENTS for s in engine.processor])
        start = f"start {statistics.median(engine.start):.1f} s"
        parts = "".join(f", {name} {s:.1f} s" for name, s in engine.parts.items())
        agrees = "NOT as the key" if engine.wrong else "as the key"
        rows += [
            (engine.name, f"{rates} patients/s", agrees if engine.answers else "not compared"),
            ("  processor time a patient", f"{costs} ms", ""),
            (f"  {start}, peak {engine.peak / 1024:,.0f} MB{parts}", "", ""),
        ]
        if base is not None and engine.name != BASE:
            ratios = [b / s for b, s in zip(base, engine.processor, strict=True)]
            rows.append((f"  {BASE} / this, run by run", spread(ratios), ""))
    wrong = [
        f"{engine.name}: {times:,} patients with {what}"
        for engine in found
        for what, times in engine.wrong.items()
    ]
    report(
        "Public engines of CQL on the same definitions and patients",
        (
            f"{PATIENTS:,} drawn patients, {resources:,} resources; {RUNS} runs of each, in turn, "
            "each a process of its own",
            "timed is reading and computing, not starting; patients/s by the wall clock, ratios of "
            "processor time",
            f"every cell of every run compared with the key: {len(key.COLUMNS) * PATIENTS:,} cells",
        ),
        rows,
        (*wrong, *(f"not installed: {x}" for x in absent), *NOT_TRIED),
    )


if __name__ == "__main__":
    main()
