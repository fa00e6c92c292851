"""Events as columns -> findings, without an object for each event.

The plain rows, most of all, become columns of the selection as they are; whatever is about a part
of the body, is an answer, or is odd in any way becomes an event and goes the way of one patient's
events. Lesions, selection and program are those of `engine.py`; the tests hold both ways together.
"""

from __future__ import annotations

import datetime as dt
import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from msgspec import structs

from bonemets.api import as_of, last_second
from bonemets.cohort.arrow import pa, pc
from bonemets.cohort.events import (
    OF_RECORD,
    ROLES,
    aligned,
    code_of,
    limits_of,
    records_of,
    role_of,
    rows_of,
    status_of,
    value_of,
)
from bonemets.cohort.gate import in_scope_of
from bonemets.cohort.tally import count
from bonemets.engine import DAY, BatchFindings
from bonemets.facts.lesions import arrange
from bonemets.facts.table import (
    ABSENT,
    BOOLEAN,
    LONG_AGO,
    NEVER,
    NOTHING,
    NUMBER,
    NUMBER_OF_STATUS,
    UNPLACED,
    Table,
    keys_of,
    tabulate,
)
from bonemets.model import LISTS, About, Absent, Code, Event, Place, Quantity, Record
from bonemets.values import where

if TYPE_CHECKING:
    from bonemets.cohort.evaluate import Evaluator

PLANNED: Final = NUMBER_OF_STATUS["planned"]
_SPANS: Final = ("time", "time_last", "end", "end_last", "mentioned", "mentioned_last")


def words(column: Any) -> tuple[Any, list[str]]:
    """Give a column of texts as numbers (-1: none) and the texts."""
    array = column.combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks) if array.num_chunks else array.chunk(0)
    if not pa.types.is_dictionary(array.type):
        array = array.dictionary_encode()
    numbers = pc.fill_null(array.indices, -1).to_numpy(zero_copy_only=False).astype(np.int64)
    return numbers, array.dictionary.to_pylist()


def seconds(column: Any, empty: int) -> Any:
    """Give a column of times as seconds."""
    plain = pc.fill_null(column.cast(pa.int64()), empty)
    return plain.to_numpy().astype(np.int64, copy=False)


def decimals(column: Any) -> Any:
    """Give a column of numbers (NaN: none)."""
    return pc.fill_null(column, math.nan).to_numpy().astype(np.float64, copy=False)


@dataclass(slots=True)
class Columns:
    """An event table as arrays, its rows by patient and event."""

    table: Any
    names: list[str]
    patient: Any
    event: Any
    """Dense numbers of events."""
    first_row: Any
    """Of each event."""
    finding: Any
    """Of each event, whether it is a finding."""
    mixed: Any
    """Of each row, whether its event has several and says of none what its code is about."""
    status: Any
    key: Any
    """Of each row, which of `keys`; -1 for the codes of a side."""
    keys: list[tuple[str, str, str]]
    of_record: Any
    spans: dict[str, Any]

    def of_events(self, rows: Any) -> Any:
        """Give which events have one of some rows."""
        marks = np.zeros(len(self.first_row), bool)
        marks[self.event[rows]] = True
        return marks


def columns_of_table(table: Any) -> Columns:
    """Read an event table."""
    table = aligned(table)
    n = table.num_rows
    patient, names = words(table.column("subject_id"))
    number = table.column("event")
    own = 1 << 32  # beyond all numbers that a table can give
    numbered = pc.fill_null(number, 0).to_numpy().astype(np.int64) & (own - 1)
    place = (patient << 33) | where(number.is_valid().to_numpy(), numbered, np.arange(n) | own)
    if (place[1:] < place[:-1]).any():
        order = np.argsort(place, kind="stable")
        table = table.take(pa.array(order))
        place, patient = place[order], patient[order]
    new = np.ones(n, bool)
    new[1:] = place[1:] != place[:-1]
    role, roles = words(table.column("role"))
    part, parts = words(table.column("part"))
    code, codes = words(table.column("code"))
    status, statuses = words(table.column("status"))
    numbers = np.array([*(NUMBER_OF_STATUS.get(s, 0) for s in statuses), 0], np.int64)  # pyright: ignore
    key, keys = _keys(role, roles, part, parts, code, codes)
    at = roles.index(OF_RECORD) if OF_RECORD in roles else -2
    event, first_row = new.cumsum() - 1, np.flatnonzero(new)
    stated = np.array([*(r in ROLES for r in roles), False], bool)[role]
    found = np.array([*(r == "finding" for r in roles), False], bool)[role]
    other = np.array([*(k[0] in ("drug", "variable") for k in keys), False], bool)[key]
    others = np.zeros(len(first_row), bool)
    others[event[~stated & other]] = True
    several = np.bincount(event, minlength=len(first_row)) > 1
    spans = {name: seconds(table.column(name), NEVER + 1) for name in _SPANS}
    for first, last in zip(_SPANS[::2], _SPANS[1::2], strict=True):
        _fill(spans, first, last)
    return Columns(
        table,
        names,
        patient,
        event,
        first_row,
        where(stated, found, ~others[event])[first_row],
        ~stated & several[event],
        numbers[status],
        key,
        keys,
        role == at,
        spans,
    )


def _fill(spans: dict[str, Any], first: str, last: str) -> None:
    """Give both ends of spans; where there is none, both are one beyond NEVER."""
    start, end = spans[first], spans[last]
    none = NEVER + 1
    lone = (end == none) & (start != none)
    bare: Any = where(start % DAY == 0, start + DAY - 1, start)
    spans[last] = where(lone, bare, end)
    spans[first] = where((start == none) & (end != none), LONG_AGO, start)


def _keys(
    role: Any, roles: list[str], part: Any, parts: list[str], code: Any, codes: list[str]
) -> tuple[Any, list[tuple[str, str, str]]]:
    """Give the code of each row as the selection looks it up."""
    wide, deep = len(parts) + 1, len(codes) + 1
    pair = ((role + 1) * wide + part + 1) * deep + code + 1
    there = np.zeros((len(roles) + 1) * wide * deep, bool)
    there[pair] = True
    used = np.flatnonzero(there)
    numbers = np.zeros(len(there), np.int64)
    keys: dict[tuple[str, str, str], int] = {}
    for combined in used.tolist():
        rest, c = divmod(combined, deep)
        r, p = divmod(rest, wide)
        said, written = (roles[r - 1] if r else ""), (codes[c - 1] if c else "")
        what = parts[p - 1] if p else "code"
        if what not in ("code", "site") or not written:
            numbers[combined] = -1
            continue
        one = code_of(written)
        if what == "site":
            said = "site"
        elif said != OF_RECORD:
            said = role_of(said, (one,))
        numbers[combined] = keys.setdefault((said, one.system, one.code), len(keys))
    return numbers[pair], list(keys)


class Batch:
    """One batch of whole patients at work."""

    def __init__(self, evaluator: Evaluator, table: Any) -> None:
        """Read the columns, and see what needs an event of its own."""
        self.evaluator, self.engine = evaluator, evaluator.knowledge.engine
        self.c = columns_of_table(table)
        c = self.c
        known = self.engine.selector.codes.known
        places = self.engine.keys.codes.known
        self.speaks = self.flags(lambda key: bool(known[key]))
        self.lies = self.flags(lambda key: bool(places[key]))
        self.records = self.of_records()
        self.limits = self.last_seconds()
        self.moments = self.index_moments()
        first, planned = c.spans["time"], c.status == PLANNED
        late = (first > self.limits[c.patient]) & (first <= NEVER) & ~planned & ~c.of_record
        self.late = c.of_events(np.flatnonzero(late))
        self.kind, self.odd = self.values()

    def flags(self, test: Callable[[tuple[str, str, str]], bool]) -> Any:
        """Say of each row whether its code is such a one."""
        marks = np.array([*(test(key) for key in self.c.keys), False], bool)
        return marks[self.c.key]

    def of_records(self) -> dict[int, Record]:
        """Read what the table says of whole records."""
        c = self.c
        rows = np.flatnonzero(c.of_record)
        if not len(rows):
            return {}
        places = {name: i for i, name in enumerate(c.names)}
        return {places[name]: r for name, r in records_of(c.table.take(pa.array(rows)))}

    def last_seconds(self) -> Any:
        """Give for each patient the last second that is not after the day of the run."""
        run = self.evaluator.settings.run
        limits = np.full(len(self.c.names), last_second(Record("", ()), run))
        for i, record in self.records.items():
            limits[i] = last_second(record, run)
        return limits

    def index_moments(self) -> Any:
        """Give the index moments: as asked for, as a record says, else of its newest day."""
        settings, c = self.evaluator.settings, self.c
        patients = len(c.names)
        if settings.index_date is not None:
            day = (settings.index_date - dt.date(1970, 1, 1)).days
            return np.full(patients, day * DAY + DAY - 1)
        newest = np.full(patients, LONG_AGO - 1)
        counts = (c.status != PLANNED) & ~c.of_record
        rows = np.zeros(len(counts), bool)
        rows[c.first_row] = True
        counts &= rows
        for stem in ("time", "mentioned", "end"):
            first, last = c.spans[stem], c.spans[f"{stem}_last"]
            limit = self.limits[c.patient]
            here = counts & (first <= limit) & (first <= NEVER)
            if stem == "end":
                here &= c.finding[c.event]
            second: Any = where(last <= limit, last, first)
            np.maximum.at(newest, c.patient[here], second[here])
        found = where(newest < LONG_AGO, settings.run, newest // DAY)
        for i, record in self.records.items():
            if record.index_date is not None:
                found[i] = record.index_date
        return found * DAY + DAY - 1

    def values(self) -> tuple[Any, Any]:
        """Give the kinds of plain values, and which rows are odd."""
        t = self.c.table
        value, values = words(t.column("value"))
        low, high = decimals(t.column("numeric_value")), decimals(t.column("numeric_high"))
        comparator, comparators = words(t.column("comparator"))
        compared = np.array([*(bool(x) for x in comparators), False], bool)[comparator]
        texts = t.column("text_value").is_valid().to_numpy()
        is_ = {name: value == n for n, name in enumerate(values)}
        nothing = np.zeros(len(value), bool)
        number = is_.get("number", nothing)
        silent = (value < 0) & np.isnan(low) & ~texts
        plain = number | ((value < 0) & ~np.isnan(low))
        kind = where(plain, NUMBER, NOTHING)
        kind[is_.get("absent", nothing)] = ABSENT
        truth = is_.get("yes", nothing) | is_.get("no", nothing)
        kind[truth] = BOOLEAN
        bad = plain & (np.isnan(low) | compared | (~np.isnan(high) & ~(high >= low)))
        odd = ~(plain | silent | truth | is_.get("absent", nothing)) | bad
        unit_low, names_low = words(t.column("limit_low_unit"))
        unit_high, names_high = words(t.column("limit_high_unit"))
        both = t.column("limit_low").is_valid().to_numpy()
        both &= t.column("limit_high").is_valid().to_numpy()
        if both.any():
            shared = {name: n for n, name in enumerate(names_low)}
            moved = np.array([*(shared.get(x, -3) for x in names_high), -1], np.int64)[unit_high]
            odd |= both & (moved != unit_low)
        odd |= pc.fill_null(t.column("corrects"), False).to_numpy()
        return kind, odd

    def special(self) -> Any:
        """Say which events become objects: those of a part of the body, and odd ones."""
        c, t = self.c, self.c.table
        part, parts = words(t.column("part"))
        elsewhere = np.array([*(p in ("site", "side") for p in parts), False], bool)[part]
        rows = elsewhere | self.lies | self.odd | c.mixed | self.named_twice()
        terms = self.engine.pack.terms
        if terms is not None:
            asks = self.flags(
                lambda k: k[0] == "finding" and k[2] in getattr(terms.assertions, k[1], ())
            )
            rows |= asks & (t.column("answers").is_valid().to_numpy())
        return c.of_events(np.flatnonzero(rows & ~c.of_record))

    def named_twice(self) -> Any:
        """Say which rows are about something that another event of the patient is about too.

        What nothing else names (a condition by its own id) says no more than its codes do.
        """
        c = self.c
        about, names = words(c.table.column("about"))
        lead = c.first_row
        there = lead[about[lead] >= 0]
        pairs = c.patient[there] * max(len(names), 1) + about[there]
        order = np.argsort(pairs, kind="stable")
        same = np.zeros(len(order), bool)
        equal = pairs[order][1:] == pairs[order][:-1]
        same[1:], same[:-1] = equal, same[:-1] | equal
        marks = np.zeros(len(about), bool)
        marks[there[order[same]]] = True
        return marks

    # the batch

    def found(self) -> BatchFindings:
        """Evaluate the batch."""
        c, engine = self.c, self.engine
        special = self.special() & ~self.late
        rows = np.flatnonzero(special[c.event] & ~c.of_record)
        events = self.objects(rows)
        nothing = Record("", ())
        nobody = engine.keys.find(nothing, 0)
        placed = [
            engine.keys.find(self.with_lists(i, Record("", tuple(events.get(i, ())))), moment)
            if i in events or i in self.records
            else nobody
            for i, moment in enumerate(self.moments.tolist())
        ]
        batch = arrange(placed)
        own = tabulate(batch.events, batch.places, engine.selector.codes.known)
        rank = np.array(batch.rank_of, np.int64)
        plain = self.plain(special, rank)
        flat = [e for events in batch.events for e in events]
        table = self.joined(own, plain, flat)
        by_rank = np.zeros(len(rank), np.int64)
        by_rank[rank] = self.moments
        complete = {name: np.zeros(len(rank), bool) for name in LISTS}
        for name, whose in self.complete().items():
            complete[name][rank] = whose
        self.told = [e for listed in events.values() for e in listed]
        self.special_events = special
        return engine.found(table, batch, by_rank, complete)

    def objects(self, rows: Any) -> dict[int, list[Event]]:
        """Make events of some rows, which stand by patient and event."""
        found: dict[int, list[Event]] = {}
        if not len(rows):
            return found
        c, t = self.c, self.c.table
        taken = t.take(pa.array(rows))
        column: dict[str, list[Any]] = {
            name: taken.column(name).to_pylist()
            for name in ("code", "part", "role", "status", "about", "sample", "place", "detail")
        }
        listed, sender = (taken.column(name).to_pylist() for name in ("listed", "sender"))
        hard = self.odd | t.column("limit_low").is_valid().to_numpy()
        hard |= t.column("limit_high").is_valid().to_numpy()
        hard = hard[rows]
        slow = iter(rows_of(t.take(pa.array(rows[hard]))))
        odd: dict[int, Any] = dict(zip(np.flatnonzero(hard).tolist(), slow, strict=True))
        kind, low = self.kind[rows].tolist(), decimals(taken.column("numeric_value")).tolist()
        high, unit = taken.column("numeric_high").to_pylist(), taken.column("unit").to_pylist()
        value, text = taken.column("value").to_pylist(), taken.column("text_value").to_pylist()
        spans = {name: span[rows].tolist() for name, span in c.spans.items()}
        corrects = pc.fill_null(taken.column("corrects"), False).to_pylist()
        patient, event = c.patient[rows].tolist(), c.event[rows].tolist()
        edges = [0, *(np.flatnonzero(np.diff(c.event[rows])) + 1).tolist(), len(event)]
        codes: dict[str, Code] = {}

        def span(stem: str, n: int) -> tuple[int, int] | None:
            first = spans[stem][n]
            return None if first > NEVER else (first, spans[f"{stem}_last"][n])

        for n, stop in itertools.pairwise(edges):
            parts: dict[str, list[Code]] = {"code": [], "site": [], "side": []}
            for m in range(n, stop):
                written = column["code"][m]
                if written:
                    one = codes.get(written)
                    if one is None:
                        one = codes[written] = code_of(written)
                    parts.setdefault(column["part"][m] or "code", []).append(one)
            own, key = tuple(parts["code"]), column["about"][n]
            about = None
            if key is not None or parts["site"] or parts["side"]:
                about = About(key or None, tuple(parts["site"]), tuple(parts["side"]))
            if n in odd:
                said, limits = value_of(odd[n]), limits_of(odd[n])
            else:
                limits = None
                match kind[n]:
                    case int(k) if k == NUMBER:
                        top = low[n] if high[n] is None else high[n]
                        said = Quantity(low[n], top, unit[n])
                    case int(k) if k == BOOLEAN:
                        said = value[n] == "yes"
                    case int(k) if k == ABSENT:
                        said = Absent(text[n] or "not said")
                    case _:
                        said = None
            found.setdefault(patient[n], []).append(
                Event(
                    role_of(column["role"][n], own),
                    own,
                    status_of(column["status"][n]),
                    span("time", n),
                    said,
                    Place(column["place"][n] or "", column["detail"][n] or ""),
                    about,
                    limits,
                    column["sample"][n],
                    span("end", n),
                    span("mentioned", n),
                    "",
                    listed[n],
                    sender[n],
                    corrects[n],
                )
            )
        return found

    def with_lists(self, i: int, record: Record) -> Record:
        """Give a record of the odd events what its table says of the lesions' list."""
        own = self.records.get(i)
        if own is None or own.lesions_complete is None:
            return record
        return structs.replace(record, lesions_complete=own.lesions_complete)

    def plain(self, special: Any, rank: Any) -> tuple[Table, Any]:
        """Give the plain rows as columns, and their samples."""
        c, t = self.c, self.c.table
        spoken = c.of_events(np.flatnonzero(self.speaks & ~c.of_record))
        wanted = spoken & ~special & ~self.late
        at = np.flatnonzero(wanted[c.event] & (c.key >= 0) & ~c.of_record)
        at = at[_once(c.event[at], c.key[at], len(c.keys))]
        lead = c.first_row[c.event[at]]
        kind = self.kind[lead]
        low = decimals(t.column("numeric_value"))[lead]
        high: Any = decimals(t.column("numeric_high"))[lead]
        value, values = words(t.column("value"))
        yes = np.array([*(x == "yes" for x in values), False], bool)[value][lead]
        high = where(np.isnan(high), low, high)
        number, truth = kind == NUMBER, kind == BOOLEAN
        low = where(number, low, where(truth, yes, -math.inf))
        high = where(number, high, where(truth, yes, math.inf))
        unit, units = words(t.column("unit"))
        limit_low, limit_high = decimals(t.column("limit_low")), decimals(t.column("limit_high"))
        a, names = words(t.column("limit_low_unit"))
        b, more = words(t.column("limit_high_unit"))
        limit_unit = where(a >= 0, a + len(units), where(b >= 0, b + len(units) + len(names), -1))
        spans = {name: span[lead] for name, span in c.spans.items()}
        undated = spans["time"] > NEVER
        first = where(undated, LONG_AGO, spans["time"])
        last = where(undated, NEVER, spans["time_last"])
        unsaid = spans["mentioned"] > NEVER
        none = np.full(len(at), -1, np.int64)
        table = Table(
            patient=rank[c.patient[at]],
            event=c.event[at],
            code=c.key[at],
            status=c.status[lead],
            first=first,
            last=last,
            end_first=np.minimum(spans["end"], NEVER),
            end_last=np.minimum(spans["end_last"], NEVER),
            said_first=where(unsaid, first, spans["mentioned"]),
            said_last=where(unsaid, last, spans["mentioned_last"]),
            kind=kind,
            low=low,
            high=high,
            unit=where(number, unit[lead], -1),
            answer=none,
            limit_low=limit_low[lead],
            limit_high=limit_high[lead],
            limit_unit=limit_unit[lead],
            sample=none,
            lesion=np.full(len(at), UNPLACED, np.int64),
            in_bone=np.zeros(len(at), bool),
            corrects=np.zeros(len(at), bool),
            codes=list(c.keys),
            units=[*units, *names, *more],
            answers=[],
        )
        return table, lead

    def joined(self, own: Table, plain: tuple[Table, Any], flat: list[Any]) -> Table:
        """Put the columns of objects and the plain ones together."""
        table, lead = plain
        sample, names = words(self.c.table.column("sample"))
        numbers = {name: n for n, name in enumerate(names)}
        theirs = [-1 if (s := flat[n].sample) is None else numbers[s] for n in own.event.tolist()]
        whose = np.concatenate([own.patient, table.patient])
        both = np.concatenate([np.array(theirs, np.int64), sample[lead]])
        there = np.flatnonzero(both >= 0)
        dense = np.full(len(both), -1, np.int64)
        _, dense[there] = np.unique(
            whose[there] * max(len(names), 1) + both[there], return_inverse=True
        )
        moved = replace(
            table,
            event=table.event + len(flat),
            code=table.code + len(own.codes),
            unit=where(table.unit >= 0, table.unit + len(own.units), -1),
            limit_unit=where(table.limit_unit >= 0, table.limit_unit + len(own.units), -1),
        )
        columns: dict[str, Any] = {
            name: np.concatenate([getattr(own, name), getattr(moved, name)])
            for name in Table.__slots__
            if name not in ("codes", "units", "answers", "sample")
        }
        return Table(
            **columns,
            sample=dense,
            codes=[*own.codes, *table.codes],
            units=[*own.units, *table.units],
            answers=own.answers,
        )

    def complete(self) -> dict[str, Any]:
        """Say for each list whose is complete and holds nothing that nobody can read."""
        c, codes = self.c, self.engine.selector.codes
        patients = len(c.names)
        found = {name: np.zeros(patients, bool) for name in LISTS}
        for name in self.evaluator.assumed():
            found[name][:] = True
        for i, record in self.records.items():
            for name in record.complete:
                found[name][i] = True
            for name in record.unread:
                found[name][i] = False
        if not any(whose.any() for whose in found.values()):
            return found
        systems = codes.systems()
        known = c.of_events(np.flatnonzero(self.flags(lambda k: (k[0], k[1]) in systems)))
        above = c.of_events(np.flatnonzero(self.flags(codes.is_above)))
        status = c.status[c.first_row]
        said = np.isin(status, [NUMBER_OF_STATUS[s] for s in ("planned", "not_done", "denied")])  # pyright: ignore
        unread = ~(said | (known & ~above)) | self.late
        listed, lists = words(c.table.column("listed"))
        for name in LISTS:
            if name in lists:
                bad = unread & (listed[c.first_row] == lists.index(name))
                found[name][c.patient[c.first_row[bad]]] = False
        return found

    # what was read

    def count(self) -> None:
        """Count the events, and the codes that no variable knows."""
        c, tally = self.c, self.evaluator.tally
        known = self.engine.selector.codes.known
        lead = c.first_row[~c.of_record[c.first_row]]
        tally.events += len(lead)
        spoken = c.of_events(np.flatnonzero(self.speaks))
        roles = np.array([*(k[0] == "site" for k in c.keys), False], bool)[c.key]
        strange = lead[~spoken[c.event[lead]] & ~roles[lead]]
        strange = strange[~self.special_events[c.event[strange]] & ~self.late[c.event[strange]]]
        times = np.bincount(c.key[strange] + 1, minlength=len(c.keys) + 1)
        for number in np.flatnonzero(times).tolist():
            text = "(no code)" if not number else " ".join(c.keys[number - 1][1:]).strip()
            count(tally.codes, text or "(no code)", int(times[number]))
        for original in self.told:
            event = self.engine.keys.told(original)
            own = [k for k in keys_of(event) if k[0] != "site"]
            if event.role != "site" and not any(known[k] for k in own):
                code = event.codes[0] if event.codes else None
                text = f"{code.system} {code.code}".strip() if code is not None else ""
                count(tally.codes, text or "(no code)")


def _once(event: Any, key: Any, keys: int) -> Any:
    """Give the rows without those that repeat a code of their event."""
    several = np.zeros(len(event), bool)
    same = event[1:] == event[:-1]
    several[1:], several[:-1] = same, several[:-1] | same
    if not several.any():
        return np.arange(len(event))
    seen: set[int] = set()
    keep = np.ones(len(event), bool)
    for row in np.flatnonzero(several).tolist():
        pair = int(event[row]) * keys + int(key[row])
        keep[row] = pair not in seen
        seen.add(pair)
    return np.flatnonzero(keep)


def record_at(batch: Batch, i: int) -> tuple[Record, int]:
    """Read one patient of a batch as a record, as it is assessed."""
    c, settings = batch.c, batch.evaluator.settings
    rows = np.flatnonzero(c.patient == i)
    ((_, record),) = records_of(c.table.take(pa.array(rows)))
    ready, moment, _ = as_of(record, settings.index_date, batch.evaluator.assumed(), settings.run)
    return ready, moment


def tables_of(evaluator: Evaluator, table: Any) -> dict[str, Any]:
    """Give the four tables of the patients of an event table."""
    with evaluator.clocked("prepare"):
        batch = Batch(evaluator, table)
    with evaluator.clocked("evaluate"):
        found = batch.found()
        in_scope = in_scope_of(batch.engine, found, lambda i: record_at(batch, i))
    names, moments = batch.c.names, batch.moments.tolist()
    with evaluator.clocked("columns"):
        tables = evaluator.laid_out(found, names, moments, in_scope)
    with evaluator.clocked("report"):
        evaluator.count_results(tables, evaluator.tally.results)
        evaluator.count_states(found, in_scope)
        batch.count()
    if evaluator.settings.assumed:
        with evaluator.clocked("without the assumption"), evaluator.without_assumption():
            shown = evaluator.laid_out(batch.found(), names, moments, in_scope)
            evaluator.count_results(shown, evaluator.tally.results_plain)
    return tables
