"""A lot of patients as the batch takes them, wherever they come from; here from their records."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from bonemets.facts.declared import with_declared_units
from bonemets.facts.lesions import is_own
from bonemets.facts.shapes import NO_LIMIT, Shapes, Statements
from bonemets.facts.table import NEVER, ends_of
from bonemets.model import LONG_AGO, Event, Quantity, Record, Span
from bonemets.pack.load import Pack

_NEVER = NEVER, NEVER
_UNDATED = LONG_AGO, NEVER
_COLUMNS = {
    **dict.fromkeys(
        ("patient", "shape", "first", "last", "end_first", "end_last", "said_first", "said_last"),
        np.int64,
    ),
    "said": bool,
    **dict.fromkeys(("low", "high", "limit_low", "limit_high"), np.float64),
    **dict.fromkeys(("about", "sample"), np.int64),
}


@dataclass(slots=True)
class Whole:
    """What a source says of a patient's whole record: by the number of the patient."""

    complete: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    """Lists that are called complete."""
    unread: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    """Lists with an entry that nobody can read."""
    lesions: dict[int, Span] = field(default_factory=dict[int, Span])
    """When the list of lesions was called complete."""
    index: dict[int, int] = field(default_factory=dict[int, int])
    """Index dates, as days."""

    def note(self, patient: int, record: Record) -> None:
        """Keep what a record says of itself."""
        self.complete += [(patient, name) for name in record.complete]
        self.unread += [(patient, name) for name in record.unread]
        if record.lesions_complete is not None:
            self.lesions[patient] = record.lesions_complete
        if record.index_date is not None:
            self.index[patient] = record.index_date


@dataclass(slots=True)
class Lot:
    """Patients, what is stated of them, and what their whole records say."""

    names: Any
    """Texts: a list, or a column of Arrow."""
    statements: Statements
    whole: Whole
    record_of: Callable[[int], Record]
    """Reads one of them as a record, for what is asked of single patients."""
    silent: Statements | None = None
    """What else is stated, of which nothing is asked but when it was, and how often."""

    def forget(self) -> None:
        """Let go of what is stated, once it is laid out; single patients can still be read."""
        self.statements, self.silent = self.statements.take(np.zeros(0, np.int64)), None


def statements_of(shapes: Shapes, patients: Iterable[tuple[int, Iterable[Event]]]) -> Statements:
    """Turn events into columns, by the number of their patient."""
    rows: list[tuple[Any, ...]] = []
    keys: dict[str, int] = {}
    samples: dict[str, int] = {}
    for patient, events in patients:
        for e in events:
            key = e.about.key if e.about is not None else None
            own = key is not None and is_own(e.place.where, e.place.detail, key)
            match e.value:
                case Quantity():
                    low, high = ends_of(e.value)
                case (int(low), int(high)):
                    pass
                case _:
                    low = high = 0.0
            limits = e.limits
            time = e.time or _UNDATED
            rows.append((
                patient,
                shapes.of_event(e, own),
                *time,
                *(e.end or _NEVER),
                *(e.mentioned or time),
                e.mentioned is not None,
                low,
                high,
                NO_LIMIT if limits is None or limits.low is None else limits.low.low,
                NO_LIMIT if limits is None or limits.high is None else limits.high.high,
                -1 if key is None else keys.setdefault(key, len(keys)),
                -1 if e.sample is None else samples.setdefault(e.sample, len(samples)),
            ))  # fmt: skip
    columns: Any = zip(*rows, strict=True) if rows else [()] * len(_COLUMNS)
    arrays = {n: np.array(c, k) for (n, k), c in zip(_COLUMNS.items(), columns, strict=True)}
    return Statements(**arrays, keys=list(keys))


def lot_of(shapes: Shapes, pack: Pack, patients: list[tuple[str, Record]]) -> Lot:
    """Make a lot of the records of patients, by their names."""
    records = [with_declared_units(record, pack) for _, record in patients]
    whole = Whole()
    for n, record in enumerate(records):
        whole.note(n, record)
    return Lot(
        [name for name, _ in patients],
        statements_of(shapes, ((n, record.events) for n, record in enumerate(records))),
        whole,
        lambda n: patients[n][1],
    )
