"""Findings and facts of a batch as typed columns, and what each column means.

There are four tables: findings and facts, of patients and of lesions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np

from bonemets.cohort.arrow import pa
from bonemets.engine import DAY, BatchFindings, Engine
from bonemets.expression import Entity, Symbol
from bonemets.pack.items import STATUSES, Score
from bonemets.program import Key, Output
from bonemets.values import FALSE, NO, OPEN, TRUE, YES

TRUTHS: Final = ("no", "unknown", "yes")
KINDS: Final = (
    *("alert", "score", "option", "dose", "investigation", "interaction", "step", "card"),
    *("outlook", "handout"),
)
"""The kinds of result that are findings; conditions of actions are shown by `cohort show` alone."""
TABLES: Final = ("findings", "lesion_findings", "facts", "lesion_facts")
FAR: Final = 1e11
"""No date is so many seconds from 1970: what is, has no end."""
BETWEEN: Final = "|"
"""Between the levels that are left."""
SMALL: Final = 12
"""Masks of up to so many levels are looked up in a table."""
KEYS: Final = {
    "subject_id": (pa.string(), "whose it is"),
    "lesion": (pa.string(), "which lesion: an identifier of the record, else its place in words"),
    "index_date": (pa.date32(), "the day as of which it holds"),
    "in_scope": (pa.bool_(), "an adult with a cancer that is known, past or suspected"),
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column, or the two ends of a number or time, of one of the four tables."""

    table: str
    name: str
    form: str
    """`truth`, `mask`, `number` or `date`; numbers and dates are `name_low` and `name_high`."""
    title: str
    unit: str | None = None
    levels: tuple[str, ...] = ()
    item: str = ""
    key: Key = ()
    slot: int = 0

    @property
    def names(self) -> tuple[str, ...]:
        """Give the names of its columns."""
        if self.form in ("number", "date"):
            return f"{self.name}_low", f"{self.name}_high"
        return (self.name,)


def table_for(what: str, entity: Entity) -> str:
    """Name the table of findings or facts of patients or lesions."""
    return what if entity == "patient" else f"lesion_{what}"


def columns_of(engine: Engine) -> tuple[Column, ...]:
    """Give all columns that a pack fills, findings first."""
    symbols, items = engine.pack.symbols(), engine.pack.items()
    found: list[Column] = []
    for key, register in engine.results.items():
        if key[0] in KINDS or key[0] in ("variable", "scope"):
            found.append(_finding(engine, symbols, items, key, register))
    for name, entry in engine.program.inputs.items():
        symbol = symbols[name]
        found.append(
            Column(
                table_for("facts", entry.entity),
                name,
                {"boolean": "truth", "level": "mask"}.get(entry.kind, entry.kind),
                engine.pack.variables[name].title if name in engine.pack.variables else name,
                symbol.unit,
                symbol.levels,
                name,
                slot=entry.slot,
            )
        )
    return tuple(found)


def _finding(
    engine: Engine, symbols: dict[str, Symbol], items: dict[str, Any], key: Key, register: Output
) -> Column:
    """Describe the column of one result."""
    pack, kind, identity = engine.pack, key[0], key[1]
    title, unit, levels = identity.replace("_", " "), None, ()
    if kind == "variable":
        symbol = symbols[identity]
        title = pack.variables[identity].title if identity in pack.variables else title
        unit, levels = symbol.unit, symbol.levels
    elif kind != "scope":
        item: Any = pack.options[identity] if kind == "dose" else items[identity]
        title = item.title
        if kind == "option":
            levels = STATUSES
        elif kind == "dose":
            levels = tuple(f"row_{n + 1}" for n in range(len(item.dose.rows)))
        elif isinstance(item, Score):
            total = symbols.get(item.gives.total or "")
            unit = total.unit if total is not None and key[2] == "total" else None
            if key[2] == "band":
                levels = tuple(item.any_bands())
    name = "_".join((kind, *key[1:]))
    return Column(
        table_for("findings", register.entity),
        name,
        register.form,
        title,
        unit,
        levels,
        identity,
        key,
        register.at,
    )


class Tables:
    """Turns batches into tables."""

    def __init__(self, engine: Engine) -> None:
        """Prepare the columns of a pack."""
        self.engine = engine
        self.columns = columns_of(engine)
        self.by_table = {t: [c for c in self.columns if c.table == t] for t in TABLES}

    def tables(
        self,
        found: BatchFindings,
        facts: Any,
        heads: dict[str, dict[str, Any]],
    ) -> dict[str, Any]:
        """Give the four tables of a batch, the patients by rank.

        Args:
            found: what the batch gave.
            facts: what the program read.
            heads: whose the rows are.
        """
        result: dict[str, Any] = {}
        for table, columns in self.by_table.items():
            of_lesion = table.startswith("lesion_")
            filled = dict(heads["lesion" if of_lesion else "patient"])
            size = len(found.owner) if of_lesion else len(found.rank_of)
            for column in columns:
                raw = _facts(column, facts) if "facts" in table else registers_of(column, found)
                for end, values in zip(column.names, raw, strict=True):
                    filled[end] = typed(column, values, size, of_facts="facts" in table)
            result[table] = pa.table(filled)
        return result


def heads_of(
    found: BatchFindings, names: Any, moments: Any, in_scope: Any
) -> dict[str, dict[str, Any]]:
    """Give the columns that say whose a row is, of patients and of lesions, by rank.

    Args:
        found: what the batch gave.
        names: identifiers of the patients as handed in: texts, or a column of them.
        moments: index moments in that order.
        in_scope: by rank.
    """
    order = np.argsort(np.asarray(found.rank_of, np.int64), kind="stable")
    days = (np.asarray(moments) // DAY)[order]
    column = names if isinstance(names, pa.Array) else pa.array(names, pa.string())
    shown = column.take(pa.array(order))
    return {
        "patient": {
            "subject_id": shown,
            "index_date": pa.array(days.astype("datetime64[D]")),
            "in_scope": pa.array(np.asarray(in_scope, bool)),
        },
        "lesion": {
            "subject_id": shown.take(pa.array(found.owner)),
            "lesion": pa.array(found.names, pa.string()),
            "index_date": pa.array(days[found.owner].astype("datetime64[D]")),
        },
    }


def registers_of(column: Column, found: BatchFindings) -> list[Any]:
    """Take a result's registers; a lesion's stand in a list of their own."""
    ends = 2 if column.form in ("number", "date") else 1
    taken: list[Any] = [found.registers[column.slot + n] for n in range(ends)]
    if column.table.startswith("lesion_"):
        return [one[0] for one in taken]
    return taken


def _facts(column: Column, facts: Any) -> list[Any]:
    """Take a fact's columns."""
    prefix = "lesion_" if column.table.startswith("lesion_") else ""
    groups = ("masks",) if column.form in ("truth", "mask") else ("lows", "highs")
    taken = [getattr(facts, prefix + group)[column.slot] for group in groups]
    return [one[0] for one in taken] if prefix else taken


if (NO, OPEN, YES) != (0, 2, 3) or (FALSE, TRUE) != (1, 2):
    raise AssertionError("the codes of booleans are others")


def typed(column: Column, values: Any, size: int, *, of_facts: bool) -> Any:
    """Give one column in its type; what may be anything is empty."""
    array: Any = values
    if np.shape(array) != (size,):
        array = np.broadcast_to(np.asarray(array), (size,))
    match column.form:
        case "truth":
            places = pa.array(_places(array.astype(np.uint8, copy=False), of_facts))
            return pa.DictionaryArray.from_arrays(places, _truths(), safe=False)
        case "mask":
            return _levels(column.levels, array)
        case "date":
            finite = np.abs(array) < FAR
            seconds = np.where(finite, array, 0).astype("datetime64[s]")
            return pa.array(seconds, pa.timestamp("s"), mask=~finite)
        case _:
            plain = np.ascontiguousarray(array, np.float64)
            finite = np.isfinite(plain)
            there = pa.py_buffer(np.packbits(finite, bitorder="little"))
            empty = size - int(np.count_nonzero(finite))
            return pa.Array.from_buffers(
                pa.float64(), size, [there, pa.py_buffer(plain)], null_count=empty
            )


@lru_cache(maxsize=1)
def _truths() -> Any:
    """Give TRUTHS as a column, made when it is first used: see `arrow.without_pandas`."""
    return pa.array(TRUTHS, pa.string())


def _places(said: Any, of_facts: bool) -> Any:
    """Give the place in TRUTHS: of a code 0, 2 or 3; of a mask 1 (no), 2 (yes) or 3 (unknown)."""
    upper = said >> 1
    found = (said & 2) - (upper & said & 1) + (said == 0) if of_facts else upper + (upper & said)
    return found.view(np.int8)


def _levels(levels: tuple[str, ...], masks: Any) -> Any:
    """Name the levels that are left; where all are, nothing is known and the value is empty."""
    everything = (1 << len(levels)) - 1
    found: list[int]
    if len(levels) <= SMALL:
        there = np.bincount(masks, minlength=everything + 1)
        found = np.flatnonzero(there).tolist()
        place: Any = np.zeros(everything + 1, np.int32)
        place[found] = np.arange(len(found))
        places: Any = place.take(masks)
    else:
        distinct, places = np.unique(masks, return_inverse=True)
        found, places = distinct.tolist(), places.astype(np.int32)
    empty: Any = masks == everything if everything in found else None
    indices = pa.array(places, mask=empty)
    return pa.DictionaryArray.from_arrays(indices, _names(levels, tuple(found)), safe=False)


@lru_cache(maxsize=4096)
def _names(levels: tuple[str, ...], masks: tuple[int, ...]) -> Any:
    """Name what is left of levels, mask by mask."""
    names = [BETWEEN.join(name for n, name in enumerate(levels) if mask >> n & 1) for mask in masks]
    return pa.array(names, pa.string())


MEANINGS: Final[dict[str, Callable[[Column], str]]] = {
    "truth": lambda _: "no, unknown or yes",
    "mask": lambda c: "the levels left, `|` between them; empty: any of " + ", ".join(c.levels),
    "number": lambda _: "both ends of what it may be; empty: without bound",
    "date": lambda _: "both ends of when it may have been (UTC or the record's own clock)",
}


def dictionary(columns: tuple[Column, ...]) -> list[dict[str, str]]:
    """Give the data dictionary: a row for each column."""
    found: list[dict[str, str]] = []
    for table in TABLES:
        for name, (kind, meaning) in KEYS.items():
            if (name == "lesion") == table.startswith("lesion_") or name in (
                "subject_id",
                "index_date",
            ):
                if name == "in_scope" and table.startswith("lesion_"):
                    continue
                found.append(_entry(table, name, str(kind), meaning, "", "", ""))
        for c in (c for c in columns if c.table == table):
            for name in c.names:
                kind = {"truth": "dictionary of string", "mask": "dictionary of string"}.get(
                    c.form, "double" if c.form == "number" else "timestamp[s]"
                )
                what = MEANINGS[c.form](c)
                found.append(_entry(table, name, kind, what, c.title, c.unit or "", c.item))
    return found


def _entry(
    table: str, name: str, kind: str, values: str, title: str, unit: str, item: str
) -> dict[str, str]:
    return {
        "table": table,
        "column": name,
        "type": kind,
        "title": title,
        "values": values,
        "unit": unit,
        "item": item,
    }
