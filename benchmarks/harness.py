"""What the benchmarks share: one core, five runs, medians with their spread, and one table each."""

from __future__ import annotations

import gc
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

RUNS = 5


@dataclass(frozen=True)
class Timing:
    """Seconds a call, one entry a run."""

    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    @property
    def least(self) -> float:
        return min(self.seconds)

    @property
    def most(self) -> float:
        return max(self.seconds)

    def shown(self, scale: float, unit: str, digits: int = 2) -> str:
        """Median (least to most), each times `scale`."""
        median, least, most = (
            f"{x * scale:,.{digits}f}" for x in (self.median, self.least, self.most)
        )
        return f"{median} {unit} ({least} to {most})"

    def rate(self, count: float, unit: str = "/s") -> str:
        """How many of `count` things a second: median (slowest run to fastest)."""
        median, slow, fast = (f"{count / x:,.0f}" for x in (self.median, self.most, self.least))
        return f"{median}{unit} ({slow} to {fast})"


def one_core() -> str:
    """Pin this process to one core, where the system lets us, and say how time is taken."""
    if not hasattr(os, "sched_setaffinity"):
        return "processor time on any core (this system does not pin)"
    core = max(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {core})
    return f"processor time on core {core} alone"


def timed(call: Callable[[], object], *, seconds: float = 0.25, runs: int = RUNS) -> Timing:
    """Time a call: `runs` runs of as many calls as fill `seconds`, each run's mean.

    What counts is this process's own processor time: what else runs on the machine takes the
    core away now and then, and is none of ours. Two calls before are not counted; no garbage is
    collected inside.
    """
    call()
    start = time.process_time()
    call()
    repeats = max(1, round(seconds / max(time.process_time() - start, 1e-9)))
    found: list[float] = []
    for _ in range(runs):
        gc.collect()
        gc.disable()
        start = time.process_time()
        for _ in range(repeats):
            call()
        found.append((time.process_time() - start) / repeats)
        gc.enable()
    return Timing(tuple(found))


def interleaved(
    calls: Sequence[Callable[[], object]], *, seconds: float = 0.25, runs: int = RUNS
) -> list[Timing]:
    """Time several calls in turn, run by run: a drift of the machine's speed meets all of them."""
    parts = [
        [timed(call, seconds=seconds, runs=1).seconds[0] for call in calls] for _ in range(runs)
    ]
    return [Timing(tuple(column)) for column in zip(*parts, strict=True)]


def reached(goal: str, met: bool) -> str:
    """A goal with whether it was met."""
    return f"{goal}: {'met' if met else 'NOT MET'}"


def machine() -> str:
    """The machine and how busy it is."""
    model = platform.processor() or platform.machine()
    try:
        with Path("/proc/cpuinfo").open() as file:
            model = next(
                (line.split(":", 1)[1].strip() for line in file if line.startswith("model name")),
                model,
            )
    except OSError:
        pass
    load = f", load {os.getloadavg()[0]:.1f} as it started" if hasattr(os, "getloadavg") else ""
    versions = f"Python {platform.python_version()}, NumPy {np.__version__}"
    return f"{model}, {os.cpu_count()} cores{load}; {versions}"


def report(
    title: str, how: Sequence[str], rows: Sequence[tuple[str, str, str]], notes: Sequence[str] = ()
) -> None:
    """Print one table: what, measured, goal."""
    print(f"\n{title}")
    print(f"  {machine()}")
    for line in how:
        print(f"  {line}")
    widths = [
        max(len(row[i]) for row in [("what", "measured: median (spread)", "goal"), *rows])
        for i in range(3)
    ]
    for row in [
        ("what", "measured: median (spread)", "goal"),
        tuple("-" * w for w in widths),
        *rows,
    ]:
        print(
            "  "
            + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        )
    for line in notes:
        print(f"  {line}")
    sys.stdout.flush()
