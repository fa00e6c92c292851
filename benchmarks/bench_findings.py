"""Facts -> findings: the shipped knowledge padded to 1,000 items, one patient and batches."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from harness import one_core, reached, report, timed
from padding import Drawn, computed_items, draw, padded, size

import bonemets
from bonemets.pack.load import Pack
from bonemets.program import Facts, Program, compile_pack, link
from bonemets.values import OPEN, Arrays, Scalars

ITEMS = 1000
BATCHES = (4_096, 16_384)
PATIENTS = 40

Run = Callable[[Any, Facts], tuple[Any, ...]]


def as_selected(mask: Any) -> Any:
    """A byte for a boolean and for up to eight levels, else the widest type."""
    return mask.astype(np.uint8 if mask.max(initial=0) < 2**8 else np.int64)


def drawn_for(pack: Pack, program: Program, patients: int) -> Drawn:
    """Facts, their masks in the type in which the selection of these variables gives them."""
    drawn = draw(pack, program, patients)
    facts = drawn.facts
    facts.masks = [as_selected(mask) for mask in facts.masks]
    facts.lesion_masks = [[as_selected(mask)] for (mask,) in facts.lesion_masks]
    return drawn


def unknown(program: Program, run: Run, drawn: Drawn) -> float:
    """The share of alerts and investigations that come out unknown."""
    found = run(Arrays(drawn.lesions), drawn.facts)
    codes = [
        found[result.at] if result.entity == "patient" else found[result.at][0]
        for result in program.results
        if result.key[0] in ("alert", "investigation")
    ]
    return sum(float((code == OPEN).mean()) for code in codes) / len(codes)


def main() -> None:
    core = one_core()
    pack = bonemets.load_pack().pack
    wide = padded(pack, ITEMS)
    start = time.perf_counter()
    program = compile_pack(wide)
    lowered = time.perf_counter()
    run = link(program.source)
    linked = time.perf_counter()

    batch = drawn_for(wide, program, BATCHES[-1])
    patients = [batch.one(rank) for rank in range(0, BATCHES[-1], BATCHES[-1] // PATIENTS)]

    def each() -> None:
        for lesions, facts in patients:
            run(Scalars(lesions), facts)

    one = timed(each)
    milliseconds = 1000.0 / len(patients)
    met = one.median * milliseconds < 1.5
    rows = [
        ("one patient, warm", one.shown(milliseconds, "ms", 3), reached("< 1.5 ms", met)),
    ]
    for many in BATCHES:
        drawn = batch if many == BATCHES[-1] else drawn_for(wide, program, many)
        layout = Arrays(drawn.lesions)
        taken = timed(lambda o=layout, f=drawn.facts: run(o, f), seconds=0.5)
        goal = ""
        if many == BATCHES[-1]:
            goal = reached(">= 150,000/s", many / taken.median >= 150_000)
        rows.append((f"{many:,} patients at once", taken.rate(many, " patients/s"), goal))
        rows.append(("  the same, a batch", taken.shown(1000, "ms", 1), ""))
    shipped = compile_pack(pack)
    drawn = drawn_for(pack, shipped, BATCHES[-1])
    run_shipped, layout = link(shipped.source), Arrays(drawn.lesions)
    taken = timed(lambda: run_shipped(layout, drawn.facts))
    rows.append(
        (
            f"as shipped, {computed_items(pack):,} items, {BATCHES[-1]:,} at once",
            taken.rate(BATCHES[-1], " patients/s"),
            "",
        )
    )
    sample = [drawn.one(rank) for rank in range(0, BATCHES[-1], BATCHES[-1] // PATIENTS)]
    alone = timed(lambda: [run_shipped(Scalars(n), f) for n, f in sample])
    rows.append(("  the same, one patient", alone.shown(1000.0 / len(sample), "ms", 3), ""))
    report(
        "Facts -> findings",
        (
            f"{core}; five runs, each the mean of as many calls as fill a quarter or half a second",
            f"the shipped {computed_items(pack)} items that compute something, padded by copies of "
            "items over renamed variables: nothing is shared between copies",
            size(wide, program).shown(),
            f"facts drawn at random, {batch.known:.0%} known; 0 to 4 lesions a patient, "
            "half of the lists open",
            f"alerts and investigations that come out unknown: {unknown(program, run, batch):.0%}",
            f"one patient: {len(patients)} of the batch in turn, on scalars",
            f"lowering {lowered - start:.2f} s, compiling {len(program.source):,} characters "
            f"{linked - lowered:.2f} s (once)",
        ),
        rows,
    )


if __name__ == "__main__":
    main()
