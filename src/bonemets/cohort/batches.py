"""Events in, findings out, as Arrow tables: for whoever has a scheduler of their own."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable, Iterator
from typing import Any, Literal

import numpy as np

from bonemets.api import Knowledge, lists_of, load_pack, run_day
from bonemets.cohort.arrow import pa
from bonemets.cohort.evaluate import BATCH, Evaluator, Settings, joined
from bonemets.cohort.event_rows import words
from bonemets.cohort.events import checked
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
) -> Any:
    """Evaluate the knowledge over a table of events of whole patients.

    Args:
        events: an Arrow table in the event schema; all rows of a patient must be in it.
        knowledge: loaded packs (None: ours).
        table: which of the four tables of results to give.
        index_date: the "as of" day (None: each patient's own newest clinical day).
        assume_complete: lists to take as complete.
        run_date: the day of the run (None: by the clock).

    Returns:
        An Arrow table with a row for each patient (or lesion).

    Raises:
        RecordRefused: a column is lacking or cannot be read, or a row has no patient.
    """
    settings = Settings(run_day(run_date), index_date, lists_of(assume_complete))
    evaluator = Evaluator(knowledge or load_pack(), settings)
    return joined([evaluator.events(part) for part in batches(checked(events))])[table]


def batches(events: Any) -> Iterator[Any]:
    """Cut a table of events into tables of some thousand whole patients each."""
    patient, names = words(events.column("subject_id"))
    if len(names) <= BATCH:
        yield events
        return
    order = np.argsort(patient, kind="stable")
    edges = np.searchsorted(patient[order], np.arange(0, len(names), BATCH))
    for start, stop in itertools.pairwise([*edges.tolist(), len(patient)]):
        yield events.take(pa.array(order[start:stop]))
