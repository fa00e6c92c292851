"""`bonemets assess` on the example as a cold process, and what it spends its time on."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from harness import RUNS, Timing, reached, report

ROOT = Path(__file__).resolve().parent.parent
RECORD = ROOT / "examples" / "hypercalcaemia_breast.json"
COMMAND = [sys.executable, "-m", "bonemets.cli", "assess", str(RECORD)]
IMPORT = re.compile(r"import time:\s+(\d+) \|\s+\d+ \| +(\S+)")

# The steps of the command, timed from inside one fresh process.
STEPS = """
import time; start = time.perf_counter(); marks = []
def mark(name):
    marks.append((name, time.perf_counter()))
import sys, numpy; mark("import NumPy")
import bonemets; mark("import bonemets")
import bonemets.cli; mark("import the command line (typer)")
from bonemets import api
from bonemets.renderers import text; mark("import the renderer")
used = api.load_pack(); mark("load the knowledge")
record = api.read(sys.argv[1], used); mark("read the record")
done = api.assess(record, used); mark("assess and explain")
text.render(done, width=100, colour=False); mark("render as text")
import json
before = start; found = {}
for name, at in marks:
    found[name] = at - before; before = at
print(json.dumps(found))
"""


def wall(command: list[str], settings: dict[str, str], runs: int = RUNS) -> tuple[Timing, Timing]:
    """Run a command, after one run that is not counted: its wall and its processor time."""
    walls: list[float] = []
    processor: list[float] = []
    for _ in range(runs + 1):
        before, start = os.times(), time.perf_counter()
        subprocess.run(command, check=True, env=settings, stdout=subprocess.DEVNULL)
        walls.append(time.perf_counter() - start)
        after = os.times()
        processor.append(
            after.children_user
            - before.children_user
            + after.children_system
            - before.children_system
        )
    return Timing(tuple(walls[1:])), Timing(tuple(processor[1:]))


def steps(settings: dict[str, str]) -> dict[str, Timing]:
    """Time each step of the command, in fresh processes."""
    runs = [
        json.loads(
            subprocess.run(
                [sys.executable, "-c", STEPS, str(RECORD)],
                check=True,
                env=settings,
                capture_output=True,
            ).stdout
        )
        for _ in range(RUNS)
    ]
    return {name: Timing(tuple(run[name] for run in runs)) for name in runs[0]}


def imports(settings: dict[str, str]) -> list[tuple[str, float]]:
    """Seconds that each package's own modules take to import, the costliest first (one run)."""
    command = [COMMAND[0], "-X", "importtime", *COMMAND[1:]]
    told = subprocess.run(command, check=True, env=settings, capture_output=True, text=True).stderr
    found: dict[str, float] = {}
    for microseconds, module in IMPORT.findall(told):
        package = module.split(".")[0]
        if package in sys.stdlib_module_names:
            package = "the standard library"
        found[package] = found.get(package, 0.0) + int(microseconds) / 1e6
    return sorted(found.items(), key=lambda entry: -entry[1])


def main() -> None:
    with tempfile.TemporaryDirectory() as cache:
        # As for anybody who has run it once: compiled modules and compiled knowledge are kept.
        kept = {"BONEMETS_CACHE": cache, "PYTHONPYCACHEPREFIX": f"{cache}/modules"}
        settings = {**os.environ, **kept}
        settings.pop("PYTHONDONTWRITEBYTECODE", None)
        bare, _ = wall([sys.executable, "-c", "pass"], settings)
        start = time.perf_counter()
        subprocess.run(COMMAND, check=True, env=settings, stdout=subprocess.DEVNULL)
        first = time.perf_counter() - start
        whole, busy = wall(COMMAND, settings)
        parts = steps(settings)
        packages = imports(settings)
    rows = [
        (
            "bonemets assess, compiled knowledge in the cache",
            whole.shown(1, "s", 3),
            reached("< 0.7 s", whole.median < 0.7),
        ),
        ("  the same, processor time (in steps of 10 ms)", busy.shown(1, "s", 2), ""),
        ("  Python alone (python -c pass)", bare.shown(1, "s", 3), ""),
        *((f"  {name}", part.shown(1, "s", 3), "") for name, part in parts.items()),
        ("the very first run, which compiles the knowledge", f"{first:.2f} s (one run)", ""),
    ]
    costly = ", ".join(f"{name} {seconds:.3f}" for name, seconds in packages[:10])
    report(
        f"A cold process: bonemets assess examples/{RECORD.name}",
        (
            "wall time of whole processes, five after one that is not counted, on any core",
            "the steps are timed inside fresh processes that do the same",
        ),
        rows,
        (f"imports by package, seconds of their own modules (one run): {costly}",),
    )


if __name__ == "__main__":
    main()
