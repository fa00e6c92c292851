"""A lot of patients -> findings in columns, without an object for each event.

What one patient's record goes through (`api.as_of`, `facts.completeness`, `engine.run_one`) is
done here for all of them at once, on the same shapes, rules of lesions, selection and program; the
tests hold both ways together.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from bonemets.api import AFTER_RUN, as_of, last_second
from bonemets.cohort.columns import heads_of
from bonemets.cohort.gate import in_scope_of
from bonemets.cohort.lot import Lot
from bonemets.cohort.tally import count
from bonemets.engine import DAY, BatchFindings
from bonemets.facts.layout import lay_out
from bonemets.facts.shapes import Statements
from bonemets.facts.table import NEVER, hits
from bonemets.model import LISTS, LONG_AGO, Record
from bonemets.values import where

if TYPE_CHECKING:
    from bonemets.cohort.evaluate import Evaluator

_SPANS: Final = ("", "said_", "end_")


class Batch:
    """One batch of whole patients at work."""

    def __init__(self, evaluator: Evaluator, lot: Lot) -> None:
        """Judge the times of what is stated; what is dated after the run goes."""
        self.evaluator, self.engine, self.lot = evaluator, evaluator.knowledge.engine, lot
        self.shapes = evaluator.shapes
        self.limits = self.last_seconds()
        parts = [lot.statements] if lot.silent is None else [lot.statements, lot.silent]
        self.late: list[Statements] = []
        self.kept = [self.in_time(st) for st in parts]
        self.moments = self.index_moments()
        told = self.kept[0]
        speaks = self.shapes.width[told.shape] > 0
        if not speaks.all():  # what nothing hangs on is many
            told = told.take(hits(speaks))
        self.layout = lay_out(self.shapes, self.engine.keys, told, self.moments, lot.whole.lesions)

    def in_time(self, st: Statements) -> Statements:
        """Leave out what is dated after the run."""
        if int(st.first.max(initial=LONG_AGO)) <= int(self.limits.min(initial=NEVER)):
            return st
        late = (st.first > self.limits[st.patient]) & (st.last < NEVER)
        late &= ~self.shapes.planned[st.shape]
        if not late.any():
            return st
        self.late.append(st.take(late))
        return st.take(~late)

    def last_seconds(self) -> Any:
        """Give for each patient the last second that is not after the day of the run."""
        run = self.evaluator.settings.run
        limits = np.full(len(self.lot.names), last_second(Record("", ()), run))
        for i, day in self.lot.whole.index.items():
            limits[i] = last_second(Record("", (), index_date=day), run)
        return limits

    def index_moments(self) -> Any:
        """Give the index moments: as asked for, as a record says, else of its newest day."""
        settings = self.evaluator.settings
        patients = len(self.lot.names)
        if settings.index_date is not None:
            day = (settings.index_date - dt.date(1970, 1, 1)).days
            return np.full(patients, day * DAY + DAY - 1)
        newest = np.full(patients, LONG_AGO - 1)
        for st in self.kept:
            self.add_newest(st, newest)
        found = where(newest < LONG_AGO, settings.run, newest // DAY)
        for i, day in self.lot.whole.index.items():
            found[i] = day
        return found * DAY + DAY - 1

    def add_newest(self, st: Statements, newest: Any) -> None:
        """Find the last second of each patient's events that counts for the index moment."""
        counts, limit = ~self.shapes.planned[st.shape], self.limits[st.patient]
        for stem in _SPANS:
            first, last = getattr(st, f"{stem}first"), getattr(st, f"{stem}last")
            if stem and (first is st.first or int(last.min(initial=NEVER)) == NEVER):
                continue  # what is said once is said then, and what has no end never ends
            here = counts & (first <= limit) & (last < NEVER)
            if stem == "end_":
                here &= self.shapes.finding[st.shape]
            second: Any = where(last <= limit, last, first)
            if here.all():
                np.maximum.at(newest, st.patient, second)
            else:
                np.maximum.at(newest, st.patient[here], second[here])

    def complete(self) -> dict[str, Any]:
        """Say for each list whose is complete and holds nothing that nobody can read, by rank."""
        found = {name: np.zeros(len(self.lot.names), bool) for name in LISTS}
        for name in self.evaluator.assumed():
            found[name][:] = True
        for i, name in self.lot.whole.complete:
            found[name][i] = True
        if any(whose.any() for whose in found.values()):
            for i, name in self.lot.whole.unread:
                found[name][i] = False
            bad = [(st, self.shapes.unread) for st in self.kept]
            bad += [(st, self.shapes.listed) for st in self.late]
            for st, column in bad:
                listed = column[st.shape]
                for n, name in enumerate(LISTS):
                    found[name][st.patient[listed == n]] = False
        by_rank = {name: np.empty_like(whose) for name, whose in found.items()}
        for name, whose in found.items():
            by_rank[name][self.layout.rank] = whose
        return by_rank

    def found(self, *, again: bool = True) -> BatchFindings:
        """Evaluate the batch.

        Not `again`: nobody will count what is stated, so that it need not be held any longer.
        """
        layout, complete = self.layout, self.complete()
        if not again:
            self.kept, self.late = [], []
            self.lot.forget()
        by_rank = np.zeros(len(layout.rank), np.int64)
        by_rank[layout.rank] = self.moments
        whose = layout.rank.tolist(), layout.owner, layout.names
        return self.engine.found(layout.table, layout.lesions, by_rank, complete, whose)

    def record_at(self, i: int) -> tuple[Record, int]:
        """Read one patient of the batch as a record, as it is assessed."""
        evaluator, settings = self.evaluator, self.evaluator.settings
        record = self.lot.record_of(i)
        ready, moment, _ = as_of(record, settings.index_date, evaluator.assumed(), settings.run)
        return ready, moment

    def count(self) -> None:
        """Count the events, what was set aside, and the codes that no variable knows."""
        tally, shapes = self.evaluator.tally, self.shapes
        for st in self.late:
            count(tally.set_aside, AFTER_RUN, len(st))
        unknown = shapes.unknown.values()
        times = np.zeros(len(unknown) + 1, np.int64)
        for st in self.kept:
            tally.events += len(st)
            times += np.bincount(shapes.strange[st.shape] + 1, minlength=len(times))
        for number in hits(times[1:] > 0).tolist():
            count(tally.codes, str(unknown[number]), int(times[number + 1]))


def found_of(
    evaluator: Evaluator, lot: Lot, *, again: bool = True
) -> tuple[Batch, BatchFindings, Any]:
    """Evaluate a lot of patients; say by rank whom the findings are for, too.

    Not `again`: the lot is not needed any longer.
    """
    with evaluator.clocked("prepare"):
        batch = Batch(evaluator, lot)
    with evaluator.clocked("evaluate"):
        found = batch.found(again=again)
    with evaluator.clocked("gate"):
        in_scope = in_scope_of(batch.engine, found, batch.record_at)
    return batch, found, in_scope


def tables_of(evaluator: Evaluator, lot: Lot) -> dict[str, Any]:
    """Give the four tables of a lot of patients, and count what they say."""
    batch, found, in_scope = found_of(evaluator, lot)
    with evaluator.clocked("columns"):
        heads = heads_of(found, lot.names, batch.moments, in_scope)
        tables = evaluator.laid_out(found, heads)
    with evaluator.clocked("report"):
        evaluator.count_results(tables, evaluator.tally.results)
        evaluator.count_states(found, in_scope)
        batch.count()
    if evaluator.settings.assumed:
        with evaluator.clocked("without the assumption"), evaluator.without_assumption():
            shown = evaluator.laid_out(batch.found(), heads)
            evaluator.count_results(shown, evaluator.tally.results_plain)
    return tables


def packed_of(evaluator: Evaluator, lot: Lot) -> dict[str, Any]:
    """Give the findings of a lot of patients and of their lesions as bytes; nothing is counted."""
    batch, found, in_scope = found_of(evaluator, lot, again=False)
    with evaluator.clocked("pack"):
        heads = heads_of(found, lot.names, batch.moments, in_scope)
        tables = {n: packing.packed(found, heads) for n, packing in evaluator.packings.items()}
        said = evaluator.said()
        return {name: table.replace_schema_metadata(said) for name, table in tables.items()}
