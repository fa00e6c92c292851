"""The lesions of many patients at once: statements in columns -> the selection's table, and slots.

What `lesions.py` says of one event is asked there, once for each shape; here it is put together
for all patients: which identifiers name lesions, who belongs to which lesion, what may be the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from bonemets.facts.lesions import Keys, Where, groups
from bonemets.facts.meaning import KEPT, distinct, distinct_rows
from bonemets.facts.shapes import (
    BY_KEY,
    MEMBERSHIPS,
    OF_LESION,
    OF_NEITHER,
    OF_OTHER,
    Shapes,
    Statements,
)
from bonemets.facts.table import (
    ELSEWHERE,
    NEVER,
    UNPLACED,
    Bools,
    Ints,
    Table,
    hits,
    part,
)
from bonemets.model import LONG_AGO, Record, Span
from bonemets.values import Lesions, where

_grouped: Final[dict[tuple[tuple[bool, int, int, int], ...], list[int]]] = {}
"""Which lesions may be the same, by where the lesions of a patient are."""


@dataclass(slots=True)
class Layout:
    """Patients by falling number of lesions, with the layout of those and the events as a table."""

    lesions: Lesions
    rank: Ints
    """The rank of each patient as handed in."""
    owner: Ints
    """The rank of the patient of each lesion, by its flat number."""
    names: list[str]
    """How each lesion is called."""
    table: Table


@dataclass(slots=True)
class _Lesions:
    """The lesions of a batch, by patient and in the order met."""

    patient: Ints
    slot: Ints
    names: Any
    """How they are called: an array of texts."""
    identified: Bools
    part: Ints
    level: Ints
    side: Ints
    sure: Bools


def lay_out(
    shapes: Shapes,
    keys: Keys,
    statements: Statements,
    moments: Ints,
    declared: Mapping[int, Span],
) -> Layout:
    """Lay out the lesions of patients, and place their statements.

    Args:
        shapes: what the statements hang on.
        keys: the rules of lesions.
        statements: of the patients, numbered from 0.
        moments: the index moment of each patient.
        declared: when a patient's list of lesions was called complete.
    """
    st = in_halves(shapes, statements)
    belongs = np.full(len(st), UNPLACED)
    at = hits(shapes.placed[st.shape])
    belongs[at] = belonging(shapes, st, at)
    counts = belongs >= BY_KEY
    counts[counts] = _makes(shapes, st, hits(counts), moments)
    belongs[(belongs >= BY_KEY) & ~counts] = ELSEWHERE
    at = hits(counts)
    found, which = _found(shapes, st, at, belongs, moments)
    size = np.bincount(found.patient, minlength=len(moments))
    order = np.argsort(-size, kind="stable")
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    widths = size[order]
    most = int(widths[0]) if len(widths) else 0
    sizes = tuple(int(n) for n in np.searchsorted(-widths, -np.arange(most), side="left"))
    starts = np.cumsum((0, *sizes))
    flat = starts[found.slot] + rank[found.patient]
    lesion = belongs
    lesion[at] = flat[which]
    total = int(starts[-1])
    several, doubtful = np.zeros(total, bool), np.zeros(total, bool)
    group, owner = np.arange(total), np.zeros(total, np.int64)
    several[flat], doubtful[flat] = ~found.identified, ~found.sure
    owner[flat] = rank[found.patient]
    first = np.flatnonzero(found.slot == 0)
    group[flat] = flat[_grouping(found, first)]
    named = np.empty(total, object)
    named[flat] = found.names
    open_ = np.ones(len(moments), bool)
    if declared:
        latest = np.full(len(moments), LONG_AGO)
        timed = at[st.last[at] < NEVER]
        whose = st.patient[timed]
        np.maximum.at(latest, whose, np.minimum(st.last[timed], moments[whose]))
        for patient, span in declared.items():
            record = Record("", (), lesions_complete=span)
            closed = keys.closed(record, int(latest[patient]), int(moments[patient]))
            open_[rank[patient]] = not closed
    layout = Lesions(len(moments), sizes, open_, group, several, doubtful)
    return Layout(layout, rank, owner, named.tolist(), table_of(shapes, st, lesion, rank))


def in_halves(shapes: Shapes, st: Statements) -> Statements:
    """Turn each statement about both sides into one for each side."""
    both = hits(shapes.halves[st.shape] > 0)
    if not len(both):
        return st
    keys = list(st.keys)
    numbers = {name: n for n, name in enumerate(keys)}
    at: list[int] = []
    shape: list[int] = []
    about: list[int] = []
    for n in both.tolist():
        key = int(st.about[n])
        for half, ending in shapes.both[int(st.shape[n])]:
            at.append(n)
            shape.append(half)
            name = None if key < 0 else keys[key] + ending
            number = -1 if name is None else numbers.setdefault(name, len(numbers))
            if number == len(keys) and name is not None:
                keys.append(name)
            about.append(number)
    every = np.delete(np.arange(len(st)), both)
    taken = st.take(np.concatenate([every, np.array(at, np.int64)]))
    taken.about = np.array(taken.about)
    taken.shape[len(every) :], taken.about[len(every) :] = shape, about
    taken.keys = keys
    order = np.argsort(np.concatenate([every, np.array(at, np.int64)]), kind="stable")
    return taken.take(order)


def belonging(shapes: Shapes, st: Statements, at: Ints) -> Ints:
    """Give where statements belong: BY_KEY, a place above it, or no lesion (below it)."""
    shape = st.shape[at]
    membership = np.full(len(at), OF_NEITHER)
    keyed = hits(shapes.keyed[shape])
    if len(keyed):
        width = max(len(st.keys), 1)
        named, which = distinct(st.patient[at[keyed]] * width + st.about[at[keyed]])
        lesion, other = np.zeros(len(named), bool), np.zeros(len(named), bool)
        lesion[which[shapes.makes_lesion[shape[keyed]]]] = True
        other[which[shapes.makes_other[shape[keyed]]]] = True
        of = np.where(lesion, OF_LESION, np.where(other, OF_OTHER, OF_NEITHER))
        membership[keyed] = of[which]
    found = np.empty(len(at), np.int64)
    for n in range(MEMBERSHIPS):
        some = hits(membership == n)
        found[some] = getattr(shapes, f"belongs_{n}")[shape[some]]
    return found


def _makes(shapes: Shapes, st: Statements, at: Ints, moments: Ints) -> Bools:
    """Say which statements about a lesion count: not plans, and nothing of the future."""
    future = (st.first[at] > moments[st.patient[at]]) & (st.last[at] < NEVER)
    return shapes.exists[st.shape[at]] & ~future


def _found(
    shapes: Shapes, st: Statements, at: Ints, belongs: Ints, moments: Ints
) -> tuple[_Lesions, Ints]:
    """Give the lesions that statements are about, and which of them each is about."""
    patient, by_key = st.patient[at], belongs[at] == BY_KEY
    key = np.where(by_key, 2 * st.about[at], 2 * (belongs[at] - BY_KEY) + 1)
    width = 2 * max(len(st.keys), len(shapes.places.numbers) + 1) + 2
    pairs, which = distinct(patient * width + key)
    # in the order in which a patient's record names them
    seen_at = np.full(len(pairs), len(st))
    np.minimum.at(seen_at, which, at)
    order = np.argsort((pairs // width) * (len(st) + 1) + seen_at, kind="stable")
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    which, pairs = place[which], pairs[order]
    whose, code = pairs // width, pairs % width
    first = np.ones(len(whose), bool)
    first[1:] = whose[1:] != whose[:-1]
    starts = hits(first)
    slot = np.arange(len(whose)) - starts.repeat(np.diff(np.append(starts, len(whose))))
    shape = st.shape[at]
    masks = np.zeros((3, len(pairs)), np.int64)
    for mask, column in zip(masks, (shapes.site, shapes.level, shapes.side), strict=True):
        said = hits(column[shape] > 0)
        np.bitwise_or.at(mask, which[said], column[shape[said]])
    sure = np.zeros(len(pairs), bool)
    last = st.last[at]
    sure[which[(last == NEVER) | (last <= moments[patient])]] = True
    known = np.array([*st.keys, *map(str, shapes.places.values()), ""], object)
    at_place = len(st.keys) + code // 2 - 1  # BY_KEY + 1 is the first place
    names = known[where((code & 1) > 0, at_place, code // 2)]
    part, level, side = masks
    return _Lesions(whose, slot, names, code & 1 == 0, part, level, side, sure), which


def _grouping(found: _Lesions, starts: Ints) -> Ints:
    """Give for each lesion the first of its patient's that it may be the same as."""
    roots = np.arange(len(found.patient))
    several = np.diff(np.append(starts, len(roots)))
    identified = found.identified.astype(np.int64)
    wheres, at = distinct_rows(np.stack([identified, found.part, found.level, found.side], axis=1))
    if len(_grouped) > KEPT:
        _grouped.clear()
    told = [(bool(one), *where) for one, *where in wheres.tolist()]
    sizes = np.bincount(several, minlength=2)
    for n in hits(sizes[2:] > 0) + 2:
        some = starts[several == n]
        there, which = distinct_rows(at[some[:, None] + np.arange(n)])
        first = np.array(
            [_group(tuple(map(told.__getitem__, x))) for x in there.tolist()], np.int64
        )
        roots[some[:, None] + np.arange(n)] = some[:, None] + first[which]
    return roots


def _group(key: tuple[tuple[bool, int, int, int], ...]) -> list[int]:
    """Give for each lesion of a patient the first that it may be the same as, by their places."""
    known = _grouped.get(key)
    if known is None:
        known = _grouped[key] = groups([(i, Where(*where)) for i, *where in key])
    return known


def table_of(shapes: Shapes, st: Statements, lesion: Ints, rank: Ints) -> Table:
    """Give the rows of statements that speak of something or lie somewhere."""
    sided = hits((lesion >= 0) & (shapes.sided[st.shape] >= 0))
    own = hits(shapes.width[st.shape] > 0)
    at = np.concatenate([own, sided])
    every = len(sided) == 0 and len(own) == len(st)
    shape, place = st.shape[at], lesion[at]
    shape[len(own) :] = shapes.sided[shape[len(own) :]]
    widths = shapes.width[shape]
    one = widths == 1
    if one.all():
        code = shapes.codes_of.array()[shapes.first_code[shape]]
    else:
        every = False
        row = np.repeat(np.arange(len(at)), widths)
        step = np.arange(len(row)) - np.repeat(np.cumsum(widths) - widths, widths)
        code = shapes.codes_of.array()[shapes.first_code[shape][row] + step]
        at, shape, place = at[row], shape[row], place[row]

    def of(column: Any) -> Any:
        return column if every else part(column, at)

    varies: Any = shapes.varies[shape]
    whose, low, high = of(st.patient), of(st.low), of(st.high)
    return Table(
        patient=rank[whose],
        event=at,
        code=code,
        status=shapes.status[shape],
        first=of(st.first),
        last=of(st.last),
        end_first=of(st.end_first),
        end_last=of(st.end_last),
        said_first=of(st.said_first),
        said_last=of(st.said_last),
        kind=shapes.kind[shape],
        low=where(varies, low, shapes.low[shape]),
        high=where(varies, high, shapes.high[shape]),
        unit=shapes.unit[shape],
        answer=shapes.answer[shape],
        limit_low=of(st.limit_low),
        limit_high=of(st.limit_high),
        limit_unit=shapes.limit_unit[shape],
        sample=samples(whose, of(st.sample)),
        lesion=place,
        in_bone=shapes.in_bone[shape],
        corrects=shapes.corrects[shape],
        codes=shapes.code_keys.values(),  # pyright: ignore[reportArgumentType]
        units=shapes.units.values(),  # pyright: ignore[reportArgumentType]
        answers=shapes.answers.values(),  # pyright: ignore[reportArgumentType]
    )


def samples(patient: Ints, sample: Ints) -> Ints:
    """Number the samples so that those of two patients are never the same."""
    there = hits(sample >= 0)
    found: Any = np.full(len(sample), -1)
    if len(there):
        width = int(sample.max()) + 1
        found[there] = distinct(patient[there] * width + sample[there])[1]
    return found
