"""Events -> findings in memory, with the shipped knowledge: batches, and one patient."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from drawing import MIX, MOMENT, choices, layout, record, table
from harness import interleaved, one_core, reached, report, timed

import bonemets
from bonemets.api import as_of, run_day
from bonemets.assess import assess
from bonemets.errors import BonemetsError
from bonemets.values import Arrays

PATIENTS, EVENTS, LONG = 16_384, 40, 300
ROOT = Path(__file__).parents[1]
REAL = ROOT.parent / "shared" / "data" / "fhir"
"""Records that nobody here wrote, where they lie beside the checkout."""


def explained_records() -> list[tuple[str, str, str]]:
    """What it takes to explain whole records: the examples, and the real ones with a cancer."""
    engine, rows = bonemets.load_pack().engine, list[tuple[str, str, str]]()
    for path in (*sorted((ROOT / "examples").glob("*.*")), *sorted(REAL.rglob("*.json"))):
        try:
            record = bonemets.read(path)
        except BonemetsError:  # a folder of odd files: some are no record
            continue
        record, moment, _ = as_of(record, None, (), run_day())
        shown = assess(engine, record, moment, questions=False)
        if not shown.scope.open or len(record.events) < 40:
            continue
        took = timed(lambda: assess(engine, record, moment, questions=False))  # noqa: B023
        rows.append((f"  {path.stem[:24]}, {len(record.events)} events", took.shown(1e3, "ms"), ""))
    return rows


def main() -> None:
    core = one_core()
    engine = bonemets.load_pack().engine
    rng = np.random.default_rng(1)
    listed = choices(engine.pack)
    lesions = layout(PATIENTS, rng)
    events = table(listed, lesions, EVENTS, rng)
    moments = np.full(PATIENTS, MOMENT)
    index = moments.astype(np.float64)
    rows = len(events)

    def select() -> Any:
        return engine.selector.select(events, lesions, moments, {})

    selection = select()
    facts = engine.selector.facts(selection, lesions, index)

    def findings() -> Any:
        return engine.run(Arrays(lesions), facts)

    def line() -> Any:
        found = engine.selector.facts(select(), lesions, index)
        return engine.run(Arrays(lesions), found)

    selecting, evaluating, whole = interleaved([select, findings, line], seconds=0.5)
    one = record(listed, LONG, rng)
    running = timed(lambda: engine.run_one(one, MOMENT))
    explaining = timed(lambda: assess(engine, one, MOMENT, questions=False))
    asking = timed(lambda: assess(engine, one, MOMENT))
    shown = assess(engine, one, MOMENT)
    spoken = len(selection.rows.row) / rows
    known = np.mean(selection.picked.state == 2)
    table_rows = [
        ("selection (events -> facts)", selecting.shown(1e9 / rows, "ns/event", 0), ""),
        ("  the same", selecting.rate(PATIENTS, " patients/s"), ""),
        ("facts -> findings", evaluating.rate(PATIENTS, " patients/s"), ""),
        (
            "events -> findings",
            whole.rate(PATIENTS, " patients/s"),
            reached(">= 100,000/s", PATIENTS / whole.median >= 100_000),
        ),
        (
            f"one patient, {LONG} events: run_one",
            running.shown(1e3, "ms"),
            reached("< 3 ms", running.median < 0.003),
        ),
        (
            f"one patient, {LONG} events, explained: assess",
            explaining.shown(1e3, "ms"),
            reached("< 20 ms", explaining.median < 0.020),
        ),
        (
            "  ranking the questions for it",
            f"{1e3 * (asking.median - explaining.median):.1f} ms (of the medians)",
            reached("< 50 ms", asking.median - explaining.median < 0.050),
        ),
    ]
    report(
        "Events -> findings, in memory, with the shipped knowledge",
        (
            f"{core}; five runs each, the batch's three steps in turn",
            f"{PATIENTS:,} patients x {EVENTS} events in no order, 0 to 4 lesions; "
            f"{len(listed):,} distinct codes",
            "events by code: " + ", ".join(f"{name} {share:.0%}" for name, share in MIX),
            f"statements about a variable per event: {spoken:.2f}; facts settled by an event: "
            f"{known:.0%}",
            f"the one patient: {len(shown.lesions)} lesions, {len(shown.alerts)} alerts, "
            f"{len(shown.scores)} scores, {len(shown.options)} options shown",
        ),
        [
            *table_rows,
            ("whole records with a cancer, explained: assess", "", ""),
            *explained_records(),
        ],
    )


if __name__ == "__main__":
    main()
