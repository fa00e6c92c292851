"""Events in, findings out, as Arrow tables: for whoever has a scheduler of their own."""

from __future__ import annotations

import datetime as dt
import itertools
import warnings
from collections.abc import Iterable, Iterator
from typing import Any, Literal

import numpy as np

from bonemets.api import Knowledge, lists_of, load_pack, run_day
from bonemets.cohort.arrow import pa, pc
from bonemets.cohort.columns import columns_of
from bonemets.cohort.evaluate import BATCH, Evaluator, Settings, joined
from bonemets.cohort.events import checked, not_a_word
from bonemets.cohort.kinds import Part, encoded
from bonemets.cohort.packed import PACKED, Packing
from bonemets.errors import UsageError
from bonemets.model import ListName

TableName = Literal["findings", "lesion_findings", "facts", "lesion_facts"]


def evaluate(
    events: Any,
    knowledge: Knowledge | None = None,
    *,
    table: TableName = "findings",
    index_date: dt.date | None = None,
    assume_complete: Iterable[ListName] = (),
    run_date: dt.date | None = None,
    packed: bool = False,
) -> Any:
    """Evaluate the knowledge over a table of events of whole patients.

    Args:
        events: an Arrow table in the event schema; all rows of a patient must be in it.
        knowledge: loaded packs (None: ours).
        table: which of the four tables of results to give.
        index_date: the "as of" day (None: each patient's own newest clinical day).
        assume_complete: lists to take as complete.
        run_date: the day of the run (None: by the clock).
        packed: give findings as bytes, in half the time; `unpacked` gives the words again.

    Returns:
        An Arrow table with a row for each patient (or lesion).

    Of a column with words that are none of its it warns once, with how many rows have such.

    Raises:
        RecordRefused: a column is lacking or cannot be read, or a row has no patient.
        UsageError: facts were to be packed.
    """
    settings = Settings(run_day(run_date), index_date, lists_of(assume_complete))
    evaluator = Evaluator(knowledge or load_pack(), settings)
    if packed:
        if table not in evaluator.packings:
            raise UsageError(f"{table}: findings alone can be packed.")
        found = pa.concat_tables(
            [evaluator.packed(part)[table] for part in batches(checked(events))]
        )
    else:
        found = joined([evaluator.events(part) for part in batches(checked(events))])[table]
    for column, counts in evaluator.tally.words.items():
        warnings.warn(not_a_word(column, sum(counts.values())), stacklevel=2)
    return found


def unpacked(findings: Any, knowledge: Knowledge | None = None) -> Any:
    """Give packed findings in words, as `evaluate` gives them without packing.

    Args:
        findings: a table that `evaluate` packed, whole or some of its rows.
        knowledge: what it was evaluated with (None: ours).

    Raises:
        UsageError: it was evaluated with other knowledge, or is not packed.
    """
    used = knowledge or load_pack()
    said: dict[bytes, bytes] = findings.schema.metadata or {}
    told = said.get(b"knowledge_hash", b"").decode()
    if PACKED not in findings.column_names or told != used.engine.pack.hash:
        raise UsageError("these are no findings that this knowledge packed.")
    table = "lesion_findings" if "lesion" in findings.column_names else "findings"
    return Packing(columns_of(used.engine), table).unpacked(findings)


def batches(events: Any) -> Iterator[Any]:
    """Cut events into those of some thousand whole patients each: a table, or a part of a split."""
    rows = events.rows if isinstance(events, Part) else events
    column = encoded(rows.column("subject_id"))
    if len(column.dictionary) <= BATCH:
        yield events
        return
    patient = pc.fill_null(column.indices, -1).to_numpy()
    order = np.argsort(patient, kind="stable")
    edges = np.searchsorted(patient[order], np.arange(0, len(column.dictionary), BATCH))
    for start, stop in itertools.pairwise([*edges.tolist(), len(patient)]):
        at = pa.array(order[start:stop])
        yield events.take(at)
