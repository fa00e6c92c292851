"""Events in, findings out, as Arrow tables: for whoever has a scheduler of their own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any, Literal

from bonemets.api import Knowledge, lists_of, load_pack, run_day
from bonemets.cohort.evaluate import BATCH, Evaluator, Settings, joined
from bonemets.cohort.events import records_of
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
    """
    run = run_day() if run_date is None else (run_date - dt.date(1970, 1, 1)).days
    settings = Settings(run, index_date, lists_of(assume_complete))
    evaluator = Evaluator(knowledge or load_pack(), settings)
    patients = list(records_of(events))
    starts = range(0, max(len(patients), 1), BATCH)
    return joined([evaluator.batch(patients[n : n + BATCH]) for n in starts])[table]
