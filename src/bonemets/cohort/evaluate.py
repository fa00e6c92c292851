"""THE batch: records of many patients -> findings and facts in columns.

What a patient's record gives here is what `assess` gives for it: the same preparation, rules of
lesions, selection and program.
"""

from __future__ import annotations

import datetime as dt
import time
from collections import Counter
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from bonemets.api import Knowledge
from bonemets.assess import NOTICE
from bonemets.cohort.columnar import packed_of, tables_of
from bonemets.cohort.columns import TABLES, Tables
from bonemets.cohort.event_rows import lot_of_events, part_of
from bonemets.cohort.events import records_of
from bonemets.cohort.kinds import KIND, Kinds, Part
from bonemets.cohort.lot import Lot, lot_of
from bonemets.cohort.packed import Packing
from bonemets.cohort.tally import Tally, count, count_unread
from bonemets.engine import BatchFindings
from bonemets.facts.meaning import KEPT, NO_UNIT, OTHER_UNIT, REASONS
from bonemets.facts.shapes import Shapes
from bonemets.facts.table import integers
from bonemets.model import ListName, Record
from bonemets.values import PERHAPS, SURE

BATCH: Final = 16_384
"""So many patients at a time."""
STATES: Final = ("silent", "perhaps", "recorded")


@dataclass(frozen=True, slots=True)
class Settings:
    """As of when, and under which assumptions, a cohort is assessed."""

    run: int
    """The day of the run, in days since 1970-01-01."""
    index_date: dt.date | None = None
    assumed: tuple[ListName, ...] = ()


def assumptions(assumed: Iterable[str]) -> tuple[str, ...]:
    """Say which lists are taken as complete."""
    return tuple(
        f"The list of {name} is taken as complete: what is not on it is taken as no."
        for name in assumed
    )


@dataclass(slots=True)
class Evaluator:
    """Evaluates batches of one pack, and counts what it sees."""

    knowledge: Knowledge
    settings: Settings
    tally: Tally = field(default_factory=Tally)
    tables: Tables = field(init=False)
    shapes: Shapes = field(init=False)
    kinds: Kinds = field(default_factory=Kinds)
    """Of the rows of tables that come without."""
    assuming: bool = True
    _packings: dict[str, Packing] = field(default_factory=dict[str, Packing])

    def __post_init__(self) -> None:
        """Prepare the columns."""
        engine = self.knowledge.engine
        self.tables = Tables(engine)
        self.shapes = Shapes(engine.keys, engine.selector.codes)

    @contextmanager
    def clocked(self, stage: str) -> Generator[None]:
        """Count the processor time of a stage."""
        start = time.process_time()
        try:
            yield
        finally:
            spent = self.tally.seconds
            spent[stage] = spent.get(stage, 0.0) + time.process_time() - start

    def assumed(self) -> tuple[ListName, ...]:
        """Give the lists that are taken as complete just now."""
        return self.settings.assumed if self.assuming else ()

    @contextmanager
    def without_assumption(self) -> Generator[None]:
        """Take no list as complete for a while."""
        self.assuming = False
        try:
            yield
        finally:
            self.assuming = True

    def events(self, table: Any) -> dict[str, Any]:
        """Give the four tables of the whole patients of an event table, or of a part of a split."""
        return tables_of(self, self.lot(table))

    def packed(self, table: Any) -> dict[str, Any]:
        """Give the findings of the whole patients of such a table or part as bytes."""
        return packed_of(self, self.lot(table))

    @property
    def packings(self) -> dict[str, Packing]:
        """Give what packs the tables of findings."""
        if not self._packings:
            names = [name for name in TABLES if "findings" in name]
            self._packings = {name: Packing(self.tables.columns, name) for name in names}
        return self._packings

    def lot(self, table: Any) -> Lot:
        """Make a lot of the whole patients of an event table."""
        pack = self.knowledge.engine.pack
        with self.clocked("columns of events"):
            shapes = self.fresh()
            part = table if isinstance(table, Part) else part_of(self.kinds, table)
            for column, word, times in part.kinds.strange_words(part.rows.column(KIND).to_numpy()):
                count(self.tally.words.setdefault(column, {}), word, times)
            if not pack.units_of_source:
                return lot_of_events(shapes, part)
            # units that hang on who sent an event
            return lot_of(shapes, pack, list(records_of(part.whole())))

    def batch(self, patients: Sequence[tuple[str, Record]]) -> dict[str, Any]:
        """Give the four tables of some patients."""
        with self.clocked("columns of events"):
            lot = lot_of(self.fresh(), self.knowledge.engine.pack, list(patients))
        for _, record in patients:
            count_unread(self.tally, record)
        return tables_of(self, lot)

    def fresh(self) -> Shapes:
        """Give the shapes of events that were met, unless they are too many."""
        if len(self.shapes) > KEPT:
            self.shapes = Shapes(self.knowledge.engine.keys, self.knowledge.engine.selector.codes)
        if len(self.kinds) > KEPT:
            self.kinds = Kinds()
        return self.shapes

    def laid_out(self, found: BatchFindings, heads: dict[str, dict[str, Any]]) -> dict[str, Any]:
        """Bring a batch's results into columns; `heads` say whose the rows are."""
        tables = self.tables.tables(found, found.facts, heads)
        said = self.said()
        return {name: table.replace_schema_metadata(said) for name, table in tables.items()}

    def said(self) -> dict[str, str]:
        """Give what every table says of itself, wherever it is carried."""
        pack = self.knowledge.engine.pack
        return {
            "notice": NOTICE,
            "knowledge": pack.version,
            "knowledge_hash": pack.hash,
            "assumptions": "\n".join(assumptions(self.assumed())),
            "weaker": "\n".join(pack.weaker),
        }

    # counts

    def count_results(self, tables: dict[str, Any], into: dict[str, dict[str, int]]) -> None:
        """Count what the columns say."""
        for table in ("findings", "lesion_findings"):
            of = tables[table]
            for column in self.tables.by_table[table]:
                if column.form not in ("truth", "mask"):
                    continue
                values = of.column(column.name).combine_chunks()
                words = values.dictionary.to_pylist()
                places = values.indices
                known = (places.drop_null() if places.null_count else places).to_numpy()
                counts = into.setdefault(column.name, {})
                for word, n in zip(words, np.bincount(known, minlength=len(words)), strict=True):
                    if n:
                        counts[word] = counts.get(word, 0) + int(n)
                if places.null_count:
                    counts["unknown"] = counts.get("unknown", 0) + places.null_count

    def count_states(self, found: BatchFindings, in_scope: Any) -> None:
        """Count patients and lesions, and for how many each variable was recorded."""
        tally, selection = self.tally, found.selection
        tally.patients += len(found.rank_of)
        tally.in_scope += int(np.count_nonzero(in_scope))
        tally.lesions += found.lesions.total
        for name, start in selection.base.items():
            variable = self.tables.engine.selector.variables[
                self.tables.engine.selector.numbers[name]
            ]
            size = found.lesions.total if variable.entity == "lesion" else len(found.rank_of)
            state = selection.picked.state[start : start + size]
            perhaps, sure = (int(np.count_nonzero(state == n)) for n in (PERHAPS, SURE))
            counts = tally.states.setdefault(name, {})
            for word, n in zip(STATES, (size - perhaps - sure, perhaps, sure), strict=True):
                counts[word] = counts.get(word, 0) + n
        self.count_unusable(found)

    def count_unusable(self, found: BatchFindings) -> None:
        """Count the values that could not be used, and the units that are not known."""
        rows, table = found.selection.rows, found.table
        at = np.flatnonzero(~rows.usable)
        why = rows.why[at].astype(np.int64)
        pairs = Counter(zip(integers(rows.variable[at]), integers(why), strict=True))
        for (variable, reason), times in pairs.items():
            title = found.selection.variables[variable].title
            count(self.tally.unusable, f"{title}: {REASONS[reason]}", times)
        at = at[(why == OTHER_UNIT) | (why == NO_UNIT)]
        unit = table.unit[rows.row[at]]
        for (variable, number), times in Counter(
            zip(integers(rows.variable[at]), integers(unit), strict=True)
        ).items():
            name = found.selection.variables[variable].id
            written = table.units[number] if number >= 0 else "(none)"
            count(self.tally.units, f"{name} in {written}", times)


def joined(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """Put the tables of several batches together, their dictionaries made one."""
    from bonemets.cohort.arrow import pa

    names = list(parts[0]) if parts else []
    return {name: pa.concat_tables([p[name] for p in parts]).unify_dictionaries() for name in names}
