"""Where the time goes: by stage, and by item of the knowledge, for whoever writes it."""

from __future__ import annotations

import time
from typing import Any, Final

from bonemets.api import Knowledge
from bonemets.cohort.results import Manifest
from bonemets.engine import Engine
from bonemets.facts.lesions import arrange
from bonemets.facts.table import tabulate
from bonemets.model import LISTS, Record
from bonemets.pack.items import Variable
from bonemets.program import Facts, compile_pack, link
from bonemets.values import Arrays, Lesions

RUNS: Final = 5
MOST_SHOWN: Final = 30
SAMPLE: Final = 4096


def profile_text(knowledge: Knowledge, manifest: Manifest) -> str:
    """Write the times of a finished cohort, and of the items that cost most."""
    total = sum(manifest.seconds.values()) or 1.0
    lines = ["Processor time by stage, over all processes:"]
    for stage, spent in sorted(manifest.seconds.items(), key=lambda x: -x[1]):
        each = 1e6 * spent / max(manifest.patients, 1)
        lines.append(f"  {stage:<24}{spent:9.2f} s  {spent / total:6.1%} {each:9.1f} us a patient")
    lines.append("")
    lines.append(
        f"Items, each alone with all that it is computed from, on {SAMPLE:,} patients of whom "
        "nothing is known (what items share is counted with each):"
    )
    costs = item_costs(knowledge.engine)
    for name, seconds in costs[:MOST_SHOWN]:
        lines.append(f"  {name:<44}{1e9 * seconds / SAMPLE:9.1f} ns a patient")
    return "\n".join(lines) + "\n"


def item_costs(engine: Engine) -> list[tuple[str, float]]:
    """Give the seconds that each item takes on a batch, the costliest first."""
    layout, facts = _nothing(engine)
    found: list[tuple[str, float]] = []
    for name, item in engine.pack.items().items():
        if isinstance(item, Variable) and item.formula is None and not item.table_of:
            continue
        program = compile_pack(engine.pack, only=frozenset({name}), trees=engine.trees)
        if not program.results or not set(program.inputs) <= set(engine.program.inputs):
            continue
        run, own = link(program.source), _taken(facts, engine, program)
        best = min(_timed(run, layout, own) for _ in range(RUNS))
        found.append((name, best))
    return sorted(found, key=lambda x: -x[1])


def _timed(run: Any, layout: Lesions, facts: Facts) -> float:
    operations = Arrays(layout)
    start = time.perf_counter()
    run(operations, facts)
    return time.perf_counter() - start


def _nothing(engine: Engine) -> tuple[Lesions, Facts]:
    """Give the facts of a batch of patients of whom nothing is recorded."""
    import numpy as np

    nobody = engine.keys.find(Record("", ()), 0)
    batch = arrange([nobody] * SAMPLE)
    table = tabulate(batch.events, batch.places, engine.selector.codes.known)
    moments = np.zeros(SAMPLE, np.int64)
    complete = {name: np.zeros(SAMPLE, bool) for name in LISTS}
    selection = engine.selector.select(table, batch.lesions, moments, complete)
    return batch.lesions, engine.selector.facts(selection, batch.lesions, moments.astype(float))


def _taken(facts: Facts, engine: Engine, program: Any) -> Facts:
    """Give the facts that a smaller program reads, in its own order."""
    own = Facts(index=facts.index)
    for name, entry in program.inputs.items():
        of = engine.program.inputs[name]
        prefix = "" if entry.entity == "patient" else "lesion_"
        kinds = ("masks",) if entry.kind in ("boolean", "level") else ("lows", "highs")
        for kind in kinds:
            getattr(own, prefix + kind).append(getattr(facts, prefix + kind)[of.slot])
        if entry.state is not None and of.state is not None:
            getattr(own, prefix + "states").append(getattr(facts, prefix + "states")[of.state])
    return own
