"""Lines of many patients in one text, cut at their holes, all at once.

A hole is a text without quotes, backslashes and all but plain characters, or a plain number, behind
a key that tells it. What is between the holes of a line is compared byte by byte (Arrow numbers
what is the same), so that two lines of one number differ in nothing but what fills their holes.
Which of what looks like a hole is taken for one matters for speed alone: what a hole is filled with
cannot change how the rest is read, and where it stands in the tree is asked there (`moulds.py`).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from bonemets.cohort.arrow import pa, pc
from bonemets.cohort.moulds import KEYS, Moulds
from bonemets.facts.meaning import in_order
from bonemets.facts.table import Bools, Ints, hits, integers

PIECE: Final = 32_000_000
"""So many bytes are compared with each other."""
BLOCK: Final = 1 << 19
"""So many bytes are looked at in one go: they stay in the processor's cache."""
MOST_IN_HOLE: Final = 64
NUMBER: Final = r"^(?:0|-?(?:0\.[0-9]{1,17}|[1-9][0-9]{0,14}(?:\.[0-9]{1,17})?))$"
"""(Of minus nothing, a parser makes nothing.)"""
_LONGEST_NUMBER: Final = 34
_QUOTE, _COLON, _SPACE, _BACKSLASH, _TAB, _END = b'": \\\t\n'
_WIDEST: Final = 31
_ENDINGS = np.zeros(1 << 16, bool)
"""With which two letters keys of holes end."""
_LIKE_KEYS = np.zeros((_WIDEST + 1) << 16, bool)
"""How long they are, with which letter they begin, and which is the last but one: hardly any other
key is so."""
for _key in KEYS:
    _ENDINGS[ord(_key[-1]) << 8 | ord(_key[-2])] = True
    _LIKE_KEYS[len(_key) << 16 | ord(_key[0]) << 8 | ord(_key[-2])] = True
_IN_NUMBER, _BEHIND_NUMBER = np.zeros((2, 256), bool)
_IN_NUMBER[list(b"-.0123456789")] = _BEHIND_NUMBER[list(b",}")] = True


class Texts:
    """Many short texts in a row."""

    __slots__ = ("_ends", "_held", "array")

    def __init__(self, array: Any) -> None:
        """Take them from Arrow."""
        self.array = array
        _, ends, held = array.buffers()
        self._ends: Any = np.frombuffer(ends, np.int32)[array.offset :] if ends else np.zeros(1)
        self._held = memoryview(held if held is not None else b"")

    def __getitem__(self, n: int) -> bytes:
        """Give one."""
        return bytes(self._held[int(self._ends[n]) : int(self._ends[n + 1])])

    def __len__(self) -> int:
        """Give how many there are."""
        return len(self.array)

    def take(self, at: Ints) -> Texts:
        """Give some."""
        return Texts(self.array.take(pa.array(at)))

    def parted(self, size: int) -> tuple[Any, Any]:
        """Give so many first bytes of each, and what comes behind these."""
        many = len(self.array)
        ends = np.zeros(2 * many + 1, np.int32)
        ends[::2] = self._ends[: many + 1]
        ends[1::2] = np.minimum(ends[:-1:2] + size, ends[2::2])
        buffers = [None, pa.py_buffer(ends), pa.py_buffer(self._held)]
        both = pa.Array.from_buffers(pa.binary(), 2 * many, buffers)
        first = np.arange(0, 2 * many, 2)
        return both.take(pa.array(first)), both.take(pa.array(first + 1))


@dataclass(slots=True)
class Sheet:
    """Lines of many patients, those of each together, and what fills their holes."""

    text: bytes
    names: list[str]
    """The patients, in order."""
    patient: Ints
    """Of each line, by number."""
    start: Ints
    stop: Ints
    cut: Ints
    """Which cut each line has; -1: it has to be read whole."""
    first: Ints
    """Which hole is its first."""
    holes: Texts

    def line(self, n: int) -> bytes:
        """Give a line."""
        return self.text[int(self.start[n]) : int(self.stop[n])]

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
        lines = self.start[at], self.stop[at], self.cut[at], self.first[at]
        return Sheet(self.text, names, patient, *lines, self.holes)


def cut(text: bytes, moulds: Moulds) -> Sheet:
    """Cut lines, each behind its patient's name and a tab, and put them in order of patients."""
    parts = [_cut(text, start, stop, moulds) for start, stop in _pieces(text, 0, len(text), PIECE)]
    counts = [len(holes) for *_, holes in parts]
    before = np.cumsum([0, *counts])
    own, start, stop, cuts, first = (
        np.concatenate([np.zeros(0, np.int64), *(p[n] for p in parts)]) for n in range(5)
    )
    first += np.repeat(before[:-1], [len(p[0]) for p in parts])
    holes = Texts(pa.concat_arrays([pa.array([], pa.binary()), *(p[5] for p in parts)]))
    names, patient = _patients(text, own, start - 1)
    order, patient = in_order(patient)
    return Sheet(text, names, patient, start[order], stop[order], cuts[order], first[order], holes)


def _pieces(text: bytes, start: int, stop: int, size: int) -> Iterator[tuple[int, int]]:
    """Give where about so large pieces of whole lines begin and end."""
    while start < stop:
        end = text.find(b"\n", min(start + size, stop) - 1, stop) + 1 or stop
        yield start, end
        start = end


def _patients(text: bytes, start: Ints, stop: Ints) -> tuple[list[str], Ints]:
    """Number the patients in the order of their names; those the same as text are one."""
    found: list[Any] = []
    for first, last in _pieces_of(len(start)):
        found.append(texts_at(text, start[first:last], stop[first:last]))
    coded = pa.chunked_array(found, pa.binary()).dictionary_encode().unify_dictionaries()
    if not len(coded):
        return [], np.zeros(0, np.int64)
    written = [x.decode("utf-8", "replace") for x in coded.chunk(0).dictionary.to_pylist()]
    names = sorted(set(written))
    number = {name: n for n, name in enumerate(names)}
    of = np.array([number[name] for name in written], np.int64)
    return names, of[np.concatenate([chunk.indices.to_numpy() for chunk in coded.chunks])]


def _pieces_of(many: int, size: int = 1_000_000) -> Iterator[tuple[int, int]]:
    return ((n, min(n + size, many)) for n in range(0, many, size))


def texts_at(text: Any, left: Ints, right: Ints, order: Ints | None = None) -> Any:
    """Give stretches of a text, of which each begins behind the one before, in some order."""
    if not len(left):
        return pa.array([], pa.binary())
    base = int(left[0])
    ends = (np.stack([left, right], axis=1).ravel() - base).astype(np.int32)
    held = pa.py_buffer(text)[base : int(right[-1])]
    both = pa.Array.from_buffers(pa.binary(), len(ends) - 1, [None, pa.py_buffer(ends), held])
    return both.take(pa.array(2 * (np.arange(len(left)) if order is None else order)))


def _cut(text: bytes, start: int, stop: int, moulds: Moulds) -> tuple[Any, ...]:
    """Cut a piece: where its lines, their names, the cuts and holes are."""
    found = [_look(text, a, b) for a, b in _pieces(text, start, stop, BLOCK)]
    ends, tabs, opens, left, right, number = (np.concatenate(x) for x in zip(*found, strict=True))
    own: Any = np.concatenate([[start], ends[:-1] + 1])
    tab = np.append(tabs, stop)[np.searchsorted(tabs, own)]
    begin = np.minimum(tab + 1, ends)  # each has a tab: its name holds none, and is there
    many = np.diff(np.searchsorted(left, np.append(own, stop)))
    line = np.repeat(np.arange(len(ends)), many)
    good = (opens >= begin[line]) & (right < ends[line])
    holes = texts_at(text, left[good], right[good])
    plain = _plain(holes, number[good])
    if not plain.all():
        holes = holes.filter(pa.array(plain))
        good[good] = plain
    left, right, line = left[good], right[good], line[good]
    many = np.bincount(line, minlength=len(ends))
    first = np.cumsum(many) - many
    cuts = _numbered(text, (begin, ends), (left, right), (line, first, many), moulds)
    return own, begin, ends, cuts, first, holes


def _plain(holes: Any, number: Bools) -> Bools:
    """Say which holes are filled with what may fill them."""
    good = np.ones(len(holes), bool)
    texts = Texts(holes)
    _, ends, held = holes.buffers()
    if held is None:
        return good
    bytes_: Any = np.frombuffer(held, np.uint8)
    bad = hits((bytes_ - np.uint8(_SPACE) > ord("~") - _SPACE) | (bytes_ == _BACKSLASH))
    if len(bad):
        good[np.searchsorted(np.frombuffer(ends, np.int32)[: len(texts) + 1], bad, "right") - 1] = 0
    at = hits(number)
    good[at] &= pc.match_substring_regex(holes.take(pa.array(at)), NUMBER).to_numpy(False)
    return good


def _look(text: bytes, start: int, stop: int) -> tuple[Any, ...]:
    """Find line ends, tabs and what looks like a hole in some lines.

    Of each hole: where its key opens, where it begins and ends, and whether it is a number.
    """
    held: Any = np.frombuffer(text, np.uint8, stop - start, start)
    control = hits(held < _SPACE)
    kind = held[control]
    quotes = hits(held == _QUOTE)
    if len(quotes) < 3:
        quotes = np.zeros(3, np.int64)
    # The text of a line never ends in a quote, nor does a stretch of lines: something is behind.
    at = hits(held[1:].take(quotes, mode="clip") == _COLON)
    at = at[(at > 0) & (at < len(quotes) - 2)]
    closes = quotes.take(at)
    letters = held.take(closes - 1).astype(np.uint16) << 8 | held.take(closes - 2, mode="clip")
    like = hits(_ENDINGS.take(letters))
    at, closes = at.take(like), closes.take(like)
    opens = quotes.take(at - 1)
    size = np.minimum(closes - opens - 1, _WIDEST)
    letter = held.take(opens + 1)
    like = hits(_LIKE_KEYS.take((size << 8 | letter) << 8 | held.take(closes - 2, mode="clip")))
    at, closes, opens = at.take(like), closes.take(like), opens.take(like)
    is_value = (letter.take(like) == ord("v")) & (size.take(like) == len("value"))
    begins = closes + 2
    begins += held.take(begins, mode="clip") == _SPACE
    right = quotes.take(at + 2)
    size = right - begins
    text_: Any = (quotes.take(at + 1) == begins) & (size <= MOST_IN_HOLE + 1)
    number = is_value & _IN_NUMBER.take(held.take(begins, mode="clip"))
    left = begins + text_
    which = hits(number)
    ends, going = begins[which], np.arange(len(which))
    for _ in range(_LONGEST_NUMBER):
        going = going[_IN_NUMBER.take(held.take(ends[going], mode="clip"))]
        if not len(going):
            break
        ends[going] += 1
    right[which] = ends
    number[which] = _BEHIND_NUMBER.take(held.take(ends, mode="clip"))
    kept = hits(text_ | number)
    return (
        control[kind == _END] + start,
        control[kind == _TAB] + start,
        opens[kept] + start,
        left[kept] + start,
        right[kept] + start,
        number[kept],
    )


def _numbered(
    text: bytes,
    lines: tuple[Ints, Ints],
    holes: tuple[Ints, Ints],
    of: tuple[Ints, Ints, Ints],
    moulds: Moulds,
) -> Ints:
    """Give the cut of each line: which it is hangs on all that is between its holes."""
    (start, stop), (left, right), (line, first, many) = lines, holes, of
    count = len(start)
    base = int(start[0])
    # what is between holes stands at even places, what fills them and what separates lines at odd
    ends = np.empty(2 * (len(left) + count), np.int32)
    place = 2 * (np.arange(len(left)) + line) + 1
    ends[place], ends[place + 1] = left - base, right - base
    place = 2 * (first + np.arange(count))
    ends[place], ends[place + 2 * many + 1] = start - base, stop - base
    fixed = np.full(len(ends) // 8 + 1, 0b01010101, np.uint8)
    held = pa.py_buffer(text)[base : int(stop[-1])]
    buffers = [pa.py_buffer(fixed), pa.py_buffer(ends), held]
    coded = pa.Array.from_buffers(pa.binary(), len(ends) - 1, buffers).dictionary_encode()
    codes = np.ascontiguousarray(np.frombuffer(coded.indices.buffers()[1], np.int32)[::2])
    codes = codes[: len(left) + count]
    segments: list[bytes] = coded.dictionary.to_pylist()
    width = codes.itemsize
    ends = (np.append(first + np.arange(count), len(codes)) * width).astype(np.int32)
    buffers = [None, pa.py_buffer(ends), pa.py_buffer(codes)]
    whole = pa.Array.from_buffers(pa.binary(), count, buffers).dictionary_encode()
    cuts: list[int] = []
    for one in whole.dictionary.to_pylist():
        numbers: list[int] = np.frombuffer(one, np.int32).tolist()
        cuts.append(moulds.cut_of(tuple(segments[n] for n in numbers)).number)
    return np.array(cuts, np.int64)[whole.indices.to_numpy()]
