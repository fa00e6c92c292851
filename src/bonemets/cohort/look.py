"""A finished cohort, opened to look at: from a number to its patients, and to one of them.

A patient has a number here, the place in the tables, so that no identifier stands in an address.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

from msgspec import Struct

from bonemets.api import Knowledge
from bonemets.cohort import worklist
from bonemets.cohort.arrow import pa, pc, pq
from bonemets.cohort.columns import Column, columns_of
from bonemets.cohort.page import Shown, sections
from bonemets.cohort.results import Manifest
from bonemets.errors import UsageError
from bonemets.expression import URGENCIES
from bonemets.model import Assessment

T = TypeVar("T")
PAGE: Final = 50
"""So many patients stand on one page."""
SORTS: Final = {
    "urgency": "the most urgent first",
    "alerts": "the most alerts first",
    "date": "the newest index date first",
    "name": "by identifier",
}


class Listed(Struct, frozen=True):
    """A patient of a list, and where a value was found: at which lesion."""

    number: int
    subject_id: str
    lesion: str | None = None


class Page(Struct, Generic[T], frozen=True):
    """One page of a list: what stands on it, which page it is, and how many there are."""

    rows: tuple[T, ...]
    number: int
    pages: int


def paged(rows: Sequence[T], number: int) -> Page[T]:
    """Cut a page out of a list; one that is not there is the nearest."""
    pages = max(1, -(-len(rows) // PAGE))
    number = min(max(number, 1), pages)
    return Page(tuple(rows[(number - 1) * PAGE : number * PAGE]), number, pages)


class Look:
    """A finished cohort."""

    def __init__(self, folder: Path) -> None:
        """Open it.

        Raises:
            UsageError: it is none, or its knowledge has changed since.
        """
        self.folder = folder
        self.manifest = Manifest.read(folder)
        self.knowledge: Knowledge = worklist.knowledge_of(self.manifest)
        if self.knowledge.engine.pack.hash != self.manifest.knowledge_hash:
            raise UsageError(worklist.changed(folder))
        self.columns: dict[str, Column] = {
            c.name: c for c in columns_of(self.knowledge.engine) if "findings" in c.table
        }

    # what is aggregated

    @cached_property
    def counts(self) -> Shown:
        """How many patients (lesions) have each result; None where that is hidden."""
        found: Shown = {}
        for row in self._rows_of("counts.csv"):
            count = row["count"]
            if count == "0":  # only without the assumption
                continue
            found.setdefault(row["column"], {})[row["value"]] = (
                int(count) if count.isdecimal() else None
            )
        return found

    @cached_property
    def missing(self) -> list[dict[str, str]]:
        """Of how many records a variable is said, those least often said first."""
        return self._rows_of("missing.csv")

    def _rows_of(self, name: str) -> list[dict[str, str]]:
        try:
            text = (self.folder / name).read_text(encoding="utf-8")
        except OSError:
            raise UsageError(f"{self.folder}: {name} cannot be read.") from None
        return list(csv.DictReader(io.StringIO(text)))

    @cached_property
    def sections(self) -> list[tuple[str, list[dict[str, Any]]]]:
        """What was found, by kind."""
        m = self.manifest
        columns = tuple(self.columns.values())
        return sections(self.knowledge.engine.pack, columns, self.counts, m.patients, m.lesions)

    # patients

    @cached_property
    def _names(self) -> Any:
        """The identifiers of all patients, in the order of the tables."""
        parts = [
            pq.read_table(path, columns=["subject_id"]).column(0)
            for path in self._files("findings")
        ]
        return pa.chunked_array([x for part in parts for x in part.chunks], pa.string())

    def _files(self, table: str) -> list[Path]:
        return sorted((self.folder / table).glob(worklist.BUCKETS))

    def number(self, subject_id: str) -> int | None:
        """Give the number of a patient; None where there is no such one."""
        place = int(pc.index(self._names, subject_id).as_py())
        return None if place < 0 else place

    def name(self, number: int) -> str | None:
        """Give the identifier of a patient; None where there is no such one."""
        return self._names[number].as_py() if 0 <= number < len(self._names) else None

    def having(self, column: Column, value: str, page: int) -> Page[Listed]:
        """Give the patients (lesions) of whom a column holds a value, by their numbers."""
        of_lesion = column.table.startswith("lesion_")
        read = ["subject_id", column.name, *(["lesion"] if of_lesion else [])]
        hits: list[Any] = []
        for path in self._files(column.table):
            table = pq.read_table(path, columns=read)
            held = table.column(column.name).cast(pa.string())
            # What may be any of its levels is empty in the tables, and counts as unknown.
            mine = pc.fill_null(pc.equal(held, value), value == "unknown")
            hits.append(table.filter(mine).drop_columns([column.name]))
        found = pa.concat_tables(hits) if hits else pa.table({"subject_id": [], "lesion": []})
        cut = paged(range(found.num_rows), page)
        rows = found.take(pa.array(cut.rows, pa.int64())).to_pylist()
        listed = tuple(
            Listed(number, row["subject_id"], row.get("lesion"))
            for row in rows
            if (number := self.number(row["subject_id"])) is not None
        )
        return Page(listed, cut.number, cut.pages)

    @cached_property
    def _waiting(self) -> tuple[worklist.Waiting, ...]:
        return worklist.worklist(self.folder).patients

    def waiting(
        self, urgency: str, alert: str, sort: str, page: int
    ) -> Page[tuple[int, worklist.Waiting]]:
        """Give a page of the worklist.

        Args:
            urgency: only alerts of this class, and those who have one ("": all).
            alert: only those who have this one ("": all).
            sort: one of `SORTS`.
            page: which page.
        """
        found = [
            w
            for w in self._waiting
            if any(urgency in ("", why.urgency) and alert in ("", why.alert) for why in w.alerts)
        ]
        match sort:
            case "alerts":
                found.sort(key=lambda w: -len(w.alerts))
            case "date":
                found.sort(key=lambda w: w.index_date, reverse=True)
            case "name":
                found.sort(key=lambda w: w.subject_id)
            case _:  # as it is
                pass
        cut = paged(found, page)
        rows = tuple(
            (number, w) for w in cut.rows if (number := self.number(w.subject_id)) is not None
        )
        return Page(rows, cut.number, cut.pages)

    @cached_property
    def alerts(self) -> list[tuple[str, str]]:
        """The alerts that stand on the worklist, by their titles."""
        titles = {why.alert: why.title for w in self._waiting for why in w.alerts}
        return sorted(titles.items(), key=lambda x: x[1])

    @cached_property
    def urgencies(self) -> list[str]:
        """The classes of urgency that stand on the worklist."""
        there = {why.urgency for w in self._waiting for why in w.alerts}
        return [x for x in URGENCIES if x in there]

    def assessed(self, number: int) -> tuple[Assessment, tuple[str, ...]] | None:
        """Give the explained assessment of a patient, and what has changed since."""
        name = self.name(number)
        return None if name is None else worklist.assessed(self.folder, name)
