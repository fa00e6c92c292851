"""Lines by patient, as they go from splitting to columns: rows of cuts and what fills their holes.

A row is a line: whose it is, its text with a mark for each hole, and what fills the holes. A line
that was not cut is one hole in nothing. So no line is lost, and what many have in common is kept
once.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final

import numpy as np

from bonemets.cohort.arrow import pa, pc
from bonemets.cohort.cutting import Texts, cut
from bonemets.cohort.moulds import HOLE, Moulds
from bonemets.facts.meaning import distinct, in_order
from bonemets.facts.table import Ints, hits, integers

AT_ONCE: Final = 4_096
"""So many rows are lines again at a time."""
WHOLE: Final = HOLE
"""The text of a line that was not cut."""
SCHEMA: Final = pa.schema(
    {
        "name": pa.binary(),
        "text": pa.dictionary(pa.int32(), pa.binary()),
        "holes": pa.list_(pa.binary()),
    }
)


def lists_of(values: Any, first: Ints) -> Any:
    """Give each line its holes, of which it is said which is the first."""
    ends = pa.array(np.append(first, len(values)), pa.int32())
    return pa.ListArray.from_arrays(ends, values)


def whole_lines(lines: Sequence[bytes]) -> Any:
    """Give lines that are not cut as holes."""
    return lists_of(pa.array(lines, pa.binary()), np.arange(len(lines)))


def line_of(text: bytes, holes: list[bytes]) -> bytes:
    """Give a line again."""
    return _joined(text.split(HOLE), holes)


def lines_again(rows: Any) -> Iterator[bytes]:
    """Give the lines of rows, some at a time."""
    for some in rows.to_batches(max_chunksize=AT_ONCE):
        for row in some.to_pylist():
            yield line_of(row["text"], row["holes"])


def _joined(fixed: Sequence[bytes], holes: list[bytes]) -> bytes:
    return b"".join(chain.from_iterable(zip(fixed, (*holes, b""), strict=True)))


def rows_of(names: Any, cuts: Ints, holes: Any, moulds: Moulds) -> Any:
    """Give rows; of each line the number of its cut, -1 where it is whole."""
    used, which = distinct(cuts + 1)
    texts = [HOLE.join(moulds.ways[n - 1].fixed) if n else WHOLE for n in integers(used)]
    coded = pa.DictionaryArray.from_arrays(
        pa.array(which.astype(np.int32)), pa.array(texts, pa.binary()), safe=False
    )
    return pa.Table.from_arrays([names, coded, holes], schema=SCHEMA)


def rows_of_lines(named: Iterable[tuple[bytes, bytes]]) -> Any:
    """Give rows of lines that are not cut, each with the name of its patient."""
    pairs = list(named)
    lines = whole_lines([line for _, line in pairs])
    names = pa.array([name for name, _ in pairs], pa.binary())
    return rows_of(names, np.full(len(pairs), -1), lines, Moulds())


@dataclass(slots=True)
class Sheet:
    """Lines of many patients, those of each together, and what fills their holes."""

    moulds: Moulds
    names: list[str]
    """The patients, in order."""
    patient: Ints
    """Of each line, by number."""
    cut: Ints
    """Which cut each line has; -1: it has to be read whole."""
    first: Ints
    """Which hole is its first; of a line that has to be read whole, which of these it is."""
    holes: Texts
    whole: list[bytes]

    def line(self, n: int) -> bytes:
        """Give a line."""
        number, first = int(self.cut[n]), int(self.first[n])
        if number < 0:
            return self.whole[first]
        fixed = self.moulds.ways[number].fixed
        return _joined(fixed, [self.holes[first + k] for k in range(len(fixed) - 1)])

    def said(self, n: int) -> tuple[Any, ...]:
        """Give what is the same for lines that are the same, of those that are cut."""
        number, first = int(self.cut[n]), int(self.first[n])
        return number, *self.holes.row(first, len(self.moulds.ways[number].fixed) - 1)

    def lines_of(self, name: str) -> list[bytes]:
        """Give the lines of a patient."""
        patient = bisect_left(self.names, name)
        first, last = np.searchsorted(self.patient, [patient, patient + 1]).tolist()
        return [self.line(n) for n in range(first, last)]

    def of_lines(self, at: Any) -> Sheet:
        """Give some of the lines, in their order, and the patients whose they are."""
        patient = self.patient[at]
        there = np.zeros(len(self.names), bool)
        there[patient] = True
        names = [self.names[n] for n in integers(hits(there))]
        patient = (np.cumsum(there) - 1)[patient]
        lines = self.cut[at], self.first[at]
        return Sheet(self.moulds, names, patient, *lines, self.holes, self.whole)


def sheet_of(rows: Any, moulds: Moulds) -> Sheet:
    """Put rows in order of patients, and cut what is not cut yet."""
    rows = rows.unify_dictionaries()
    cuts, firsts, values, lines = list[Ints](), list[Ints](), list[Any](), list[bytes]()
    texts, numbers = list[bytes](), np.zeros(0, np.int64)
    held = 0
    for batch in rows.to_batches():
        text, holes = batch.column("text"), batch.column("holes")
        if not texts:  # they are the same in all
            texts = text.dictionary.to_pylist()
            numbers = np.array([moulds.cut_of(x).number for x in texts], np.int64)
        which = text.indices.to_numpy()
        number = numbers[which]
        many = pc.list_value_length(holes).to_numpy().astype(np.int64)
        whole = number < 0
        if whole.any():
            odd = holes.filter(pa.array(whole)).to_pylist()
            at = integers(which[whole])
            lines += [line_of(texts[n], x) for n, x in zip(at, odd, strict=True)]
            holes, many = holes.filter(pa.array(~whole)), many * ~whole
        values.append(holes.flatten())
        cuts.append(number)
        firsts.append(held + np.cumsum(many) - many)
        held += len(values[-1])
    number, first = (np.concatenate([np.zeros(0, np.int64), *x]) for x in (cuts, firsts))
    at = hits(number < 0)
    later = cut(b"".join([line + b"\n" for line in lines]), moulds)
    uneven = later.cut < 0
    number[at] = later.cut
    first[at] = np.where(uneven, np.cumsum(uneven) - 1, held + later.first)
    kept = [lines[n] for n in integers(hits(uneven))]
    texts_ = Texts(pa.concat_arrays([pa.array([], pa.binary()), *values, later.holes.array]))
    names, patient = _patients(rows.column("name"))
    order, patient = in_order(patient)
    return Sheet(moulds, names, patient, number[order], first[order], texts_, kept)


def _patients(column: Any) -> tuple[list[str], Ints]:
    """Number the patients in the order of their names; those the same as text are one."""
    coded = column.dictionary_encode().unify_dictionaries()
    if not len(coded):
        return [], np.zeros(0, np.int64)
    written = [x.decode("utf-8", "replace") for x in coded.chunk(0).dictionary.to_pylist()]
    names = sorted(set(written))
    number = {name: n for n, name in enumerate(names)}
    of = np.array([number[name] for name in written], np.int64)
    return names, of[np.concatenate([chunk.indices.to_numpy() for chunk in coded.chunks])]
