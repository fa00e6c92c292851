"""Facts -> findings: the shipped knowledge, padded to 1,000 items, for one patient and for batches, on one core."""

from __future__ import annotations

import time

from harness import goal, one_core, report, timed
from padding import computed_items, draw, padded, size

import bonemets
from bonemets.program import compile_pack, link
from bonemets.values import Arrays, Scalars

ITEMS = 1000
BATCHES = (4_096, 16_384)
PATIENTS = 40


def main() -> None:
    core = one_core()
    pack = bonemets.load_pack().pack
    wide, copies = padded(pack, ITEMS)
    start = time.perf_counter()
    program = compile_pack(wide)
    lowered = time.perf_counter()
    run = link(program.source)
    linked = time.perf_counter()
    rows: list[tuple[str, str, str]] = []

    batch = draw(wide, program, BATCHES[-1])
    ranks = range(0, BATCHES[-1], BATCHES[-1] // PATIENTS)
    patients = [batch.one(rank) for rank in ranks][:PATIENTS]

    def each() -> None:
        for lesions, facts in patients:
            run(Scalars(lesions), facts)

    one = timed(each)
    milliseconds = 1000.0 / len(patients)
    rows.append(("one patient, warm, on scalars", one.shown(milliseconds, "ms", 3), f"< 1.5 ms: {goal(one.median * milliseconds < 1.5)}"))
    unknown = 0.0
    for patients_at_once in BATCHES:
        drawn = batch if patients_at_once == BATCHES[-1] else draw(wide, program, patients_at_once)
        operations = Arrays(drawn.lesions)
        many = timed(lambda o=operations, f=drawn.facts: run(o, f), seconds=0.5)
        wanted = f">= 150,000/s: {goal(patients_at_once / many.median >= 150_000)}" if patients_at_once == BATCHES[-1] else ""
        rows.append((f"arrays, {patients_at_once:,} patients at once", many.rate(patients_at_once, " patients/s"), wanted))
        rows.append(("  the same, time a batch", many.shown(1000, "ms", 1), ""))
        found = run(operations, drawn.facts)
        truths = [(found[r.at], found[r.at + 1]) for r in program.results if r.form == "truth" and r.key[0] in ("alert", "investigation")]
        unknown = sum(float((t & f).mean()) if hasattr(t, "mean") else float(t & f) for t, f in truths) / len(truths)
    report(
        "Facts -> findings",
        (
            f"{core}; five runs, each the mean of as many calls as fill half a second (scalars: {PATIENTS} patients in turn)",
            f"the shipped {computed_items(pack)} items × {copies} over renamed variables, nothing shared between copies:",
            size(wide, program).shown(),
            f"facts drawn at random, {batch.known:.0%} known; 0 to 4 lesions a patient, half of the lists open",
            f"alerts and investigations that come out unknown: {unknown:.0%}",
            f"lowering {lowered - start:.2f} s, compiling the source ({len(program.source):,} characters) {linked - lowered:.2f} s (once)",
        ),
        rows,
    )  # fmt: skip


if __name__ == "__main__":
    main()
