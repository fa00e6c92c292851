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

from harness import Timing, reached, report

ROOT = Path(__file__).resolve().parent.parent
RECORD = ROOT / "examples" / "hypercalcaemia_breast.json"
RUNS = 15
COMMAND = [sys.executable, "-m", "bonemets.cli", "assess", str(RECORD)]
IMPORT = re.compile(r"import time:\s+(\d+) \|\s+\d+ \| +(\S+)")

# The steps of the command, timed from inside one fresh process.
STEPS = """
import time; start = time.perf_counter(); marks = []
def mark(name):
    marks.append((name, time.perf_counter()))
import sys, numpy; mark("import NumPy")
import msgspec; mark("import msgspec")
import bonemets; mark("import bonemets and what it takes of the standard library")
import gc, bonemets.cli; gc.set_threshold(bonemets.cli.FEW); mark("import the command line (typer)")
from bonemets import api
from bonemets.renderers import text; mark("import the renderer")
used = api.load_pack(); mark("load the knowledge from the cache")
record = api.read(sys.argv[1], used); mark("read the record")
done = api.assess(record, used); mark("assess and explain")
text.render(done, width=100, colour=False); mark("render as text")
import json
before = start; found = {}
for name, at in marks:
    found[name] = at - before; before = at
print(json.dumps(found))
"""


def run(command: list[str], settings: dict[str, str]) -> tuple[float, float, bytes]:
    """Run a command: its wall time, its processor time, and what it printed."""
    before, start = os.times(), time.perf_counter()
    done = subprocess.run(command, check=True, env=settings, stdout=subprocess.PIPE)
    wall, after = time.perf_counter() - start, os.times()
    user = after.children_user - before.children_user
    return wall, user + after.children_system - before.children_system, done.stdout


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
        # As for anybody who has run it once: compiled modules and compiled knowledge are kept,
        # and the cache folder is looked up as it is for a user who names none.
        kept = {
            "HOME": cache,
            "XDG_CACHE_HOME": f"{cache}/cache",
            "PYTHONPYCACHEPREFIX": f"{cache}/modules",
        }
        unset = ("BONEMETS_CACHE", "PYTHONDONTWRITEBYTECODE")
        settings = {**{n: v for n, v in os.environ.items() if n not in unset}, **kept}
        first, _, _ = run(COMMAND, settings)
        bares: list[float] = []
        wholes: list[float] = []
        processor: list[float] = []
        steps: list[dict[str, float]] = []
        for _ in range(RUNS + 1):  # in turn: a drift of the machine's speed meets all of them
            bares.append(run([sys.executable, "-c", "pass"], settings)[0])
            wall, busy, _ = run(COMMAND, settings)
            wholes.append(wall)
            processor.append(busy)
            inside = run([sys.executable, "-c", STEPS, str(RECORD)], settings)[2]
            steps.append(json.loads(inside))
        packages = imports(settings)
    whole, bare = Timing(tuple(wholes[1:])), Timing(tuple(bares[1:]))
    parts = {name: Timing(tuple(step[name] for step in steps[1:])) for name in steps[0]}
    rest = whole.median - bare.median - sum(part.median for part in parts.values())
    rows = [
        (
            "bonemets assess, compiled knowledge in the cache",
            whole.shown(1, "s", 3),
            reached("< 0.7 s", whole.median < 0.7),
        ),
        (
            "  the same, processor time (in steps of 10 ms)",
            Timing(tuple(processor[1:])).shown(1, "s", 2),
            "",
        ),
        ("  Python alone (python -c pass)", bare.shown(1, "s", 3), ""),
        *((f"  {name}", part.shown(1, "s", 3), "") for name, part in parts.items()),
        ("  the rest: parsing the options, leaving", f"{rest:.3f} s (of the medians)", ""),
        ("the very first run, which compiles the knowledge", f"{first:.2f} s (one run)", ""),
    ]
    costly = ", ".join(f"{name} {seconds:.3f}" for name, seconds in packages[:10])
    report(
        f"A cold process: bonemets assess examples/{RECORD.name}",
        (
            f"wall time of whole processes, {RUNS} after one that is not counted, on any core",
            "compiled modules are kept (PYTHONDONTWRITEBYTECODE is unset), and so is the compiled",
            "knowledge: what a user has who has run it once",
            f"the steps are timed inside {RUNS} fresh processes that do the same",
        ),
        rows,
        (f"imports by package, seconds of their own modules (one run): {costly}",),
    )


if __name__ == "__main__":
    main()
