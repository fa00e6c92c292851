"""THE batch: records of many patients -> findings and facts in columns.

What a patient's record gives here is what `assess` gives for it: the same preparation, rules of
lesions, selection and program.
"""

from __future__ import annotations

import datetime as dt
import re
import time
from collections import Counter
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from msgspec.structs import replace

from bonemets.api import Knowledge, as_of
from bonemets.assess import NOTICE
from bonemets.assess import evaluate as findings_of
from bonemets.cohort.columns import Tables
from bonemets.cohort.events import records_of
from bonemets.cohort.fhir_types import type_shown
from bonemets.cohort.gate import in_scope_of
from bonemets.cohort.tally import Tally, count
from bonemets.engine import BatchFindings
from bonemets.facts.meaning import NO_UNIT, OTHER_UNIT, REASONS
from bonemets.facts.table import integers
from bonemets.model import ListName, Record

BATCH: Final = 2048
STATES: Final = ("silent", "perhaps", "recorded")
_PART: Final = re.compile(r"[A-Za-z][A-Za-z.\[\]0-9]{0,60}", re.ASCII)
_REFERS: Final = re.compile(r"refers to ([A-Z][A-Za-z]+)/\S+, which the record does not hold")


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
    assuming: bool = True

    def __post_init__(self) -> None:
        """Prepare the columns."""
        self.tables = Tables(self.knowledge.engine)

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
        """Give the four tables of the whole patients of an event table."""
        from bonemets.cohort.columnar import tables_of

        if self.knowledge.pack.units_of_source:  # units that hang on who sent an event
            return self.batch(list(records_of(table)))
        return tables_of(self, table)

    def batch(self, patients: Sequence[tuple[str, Record]]) -> dict[str, Any]:
        """Give the four tables of some patients."""
        engine, settings = self.knowledge.engine, self.settings
        with self.clocked("prepare"):
            ready = [
                as_of(r, settings.index_date, settings.assumed, settings.run) for _, r in patients
            ]
        records, moments = [r for r, _, _ in ready], [m for _, m, _ in ready]
        with self.clocked("evaluate"):
            found = findings_of(engine, records, moments)
            in_scope = in_scope_of(engine, found, lambda i: (records[i], moments[i]))
        with self.clocked("columns"):
            tables = self.laid_out(found, [name for name, _ in patients], moments, in_scope)
            self.count_results(tables, self.tally.results)
        with self.clocked("report"):
            self.count(found, records, in_scope)
        if settings.assumed:
            plain = [
                replace(r, complete=tuple(n for n in r.complete if n in given.complete))
                for r, (_, given) in zip(records, patients, strict=True)
            ]
            with self.clocked("without the assumption"):
                other = findings_of(engine, plain, moments)
                names = [name for name, _ in patients]
                shown = self.laid_out(other, names, moments, in_scope)
                self.count_results(shown, self.tally.results_plain)
        return tables

    def laid_out(
        self, found: BatchFindings, names: list[str], moments: list[int], in_scope: Any
    ) -> dict[str, Any]:
        """Bring a batch's results into the order of the ranks, and into columns."""
        order = np.argsort(np.array(found.rank_of, np.int64), kind="stable").tolist()
        lesions: list[tuple[int, str]] = [(0, "")] * found.lesions.total
        for rank, flat in enumerate(found.flat):
            for number, key in zip(flat, found.keys[rank], strict=True):
                lesions[number] = (rank, key)
        tables = self.tables.tables(
            found,
            found.facts,
            [names[i] for i in order],
            np.array([moments[i] for i in order], np.int64),
            in_scope,
            lesions,
        )
        said = self.said()
        return {name: table.replace_schema_metadata(said) for name, table in tables.items()}

    def said(self) -> dict[str, str]:
        """Give what every table says of itself, wherever it is carried."""
        pack = self.knowledge.pack
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
                known = places.drop_null().to_numpy(zero_copy_only=False)
                counts = into.setdefault(column.name, {})
                for word, n in zip(words, np.bincount(known, minlength=len(words)), strict=True):
                    if n:
                        counts[word] = counts.get(word, 0) + int(n)
                if places.null_count:
                    counts["unknown"] = counts.get("unknown", 0) + places.null_count

    def count(self, found: BatchFindings, records: Sequence[Record], in_scope: Any) -> None:
        """Count what was read and what could not be used."""
        tally = self.tally
        self.count_states(found, in_scope)
        known = self.knowledge.engine.selector.codes.known
        told = self.knowledge.engine.keys.told
        codes: Counter[tuple[str, str]] = Counter()
        for record in records:
            tally.events += len(record.events)
            for original in record.events:
                event = told(original) if isinstance(original.value, tuple) else original
                if event.role == "site" or any(
                    known[event.role, c.system, c.code] for c in event.codes
                ):
                    continue
                first = event.codes[0] if event.codes else None
                codes[(first.system, first.code) if first is not None else ("", "")] += 1
            for aside in record.set_aside:
                reason = _REFERS.sub(r"refers to a \1 that the source does not hold", aside.why)
                what = aside.what if _PART.fullmatch(aside.what) else ""
                count(tally.set_aside, f"{what}: {reason}".removeprefix(": "), _times(aside.where))
            for what, times in record.ignored:
                count(tally.ignored, type_shown(what), times)
        for (system, code), times in codes.items():
            count(tally.codes, f"{system} {code}".strip() or "(no code)", times)

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
            state = np.bincount(selection.picked.state[start : start + size], minlength=3)
            counts = tally.states.setdefault(name, {})
            for word, n in zip(STATES, state.tolist(), strict=True):
                counts[word] = counts.get(word, 0) + int(n)
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


def _times(where: str) -> int:
    """Read how often a thing was set aside that is told once for many places."""
    number, _, rest = where.partition(" ")
    return int(number) if rest == "more places" and number.isdigit() else 1


def joined(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """Put the tables of several batches together, their dictionaries made one."""
    from bonemets.cohort.arrow import pa

    names = list(parts[0]) if parts else []
    return {name: pa.concat_tables([p[name] for p in parts]).unify_dictionaries() for name in names}
