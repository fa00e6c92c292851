"""Lines of many patients in one text, cut at their holes, all at once.

A hole is a text without quotes, backslashes and all but plain characters, or a plain number, behind
a key that tells it. What is between the holes of a line is compared byte by byte (Arrow numbers
what is the same), so that two lines of one number differ in nothing but what fills their holes.
Which of what looks like a hole is taken for one matters for speed alone: what a hole is filled with
cannot change how the rest is read, and where it stands in the tree is asked there (`moulds.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from bonemets.cohort.arrow import pa, pc
from bonemets.cohort.moulds import HOLE, KEYS, Moulds
from bonemets.facts.table import Bools, Ints, hits

PIECE: Final = 32_000_000
"""So many bytes are compared with each other."""
BLOCK: Final = 1 << 19
"""So many bytes are looked at in one go: they stay in the processor's cache."""
MOST_IN_HOLE: Final = 64
NUMBER: Final = r"^(?:0|-?(?:0\.[0-9]{1,17}|[1-9][0-9]{0,14}(?:\.[0-9]{1,17})?))$"
"""(Of minus nothing, a parser makes nothing.)"""
_LONGEST_NUMBER: Final = 34
_QUOTE, _COLON, _SPACE, _BACKSLASH, _END = b'": \\\n'
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

    def row(self, first: int, many: int) -> tuple[bytes, bytes]:
        """Give some in a row, as they stand, and how long each is."""
        ends = self._ends[first : first + many + 1]
        return bytes(self._held[int(ends[0]) : int(ends[-1])]), np.diff(ends).tobytes()

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
class Cuttings:
    """Lines of one text, one after another, and what fills their holes."""

    start: Ints
    stop: Ints
    cut: Ints
    """Which cut each line has; -1: it has to be read whole."""
    first: Ints
    """Which hole is its first; its others follow it."""
    holes: Texts


def cut(text: bytes, moulds: Moulds, alike: int = 1) -> Cuttings:
    """Cut lines, each with its end; a new mould is made for so many lines that are alike."""
    pieces = _pieces(text, 0, len(text), PIECE)
    parts = [_cut(text, start, stop, moulds, alike) for start, stop in pieces]
    counts = [len(holes) for *_, holes in parts]
    before = np.cumsum([0, *counts])
    start, stop, cuts, first = (
        np.concatenate([np.zeros(0, np.int64), *(p[n] for p in parts)]) for n in range(4)
    )
    first += np.repeat(before[:-1], [len(p[0]) for p in parts])
    holes = Texts(pa.concat_arrays([pa.array([], pa.binary()), *(p[4] for p in parts)]))
    return Cuttings(start, stop, cuts, first, holes)


def _pieces(text: bytes, start: int, stop: int, size: int) -> Iterator[tuple[int, int]]:
    """Give where about so large pieces of whole lines begin and end."""
    while start < stop:
        end = text.find(b"\n", min(start + size, stop) - 1, stop) + 1 or stop
        yield start, end
        start = end


def texts_at(text: Any, left: Ints, right: Ints, order: Ints | None = None) -> Any:
    """Give stretches of a text, of which each begins behind the one before, in some order."""
    if not len(left):
        return pa.array([], pa.binary())
    base = int(left[0])
    ends = (np.stack([left, right], axis=1).ravel() - base).astype(np.int32)
    held = pa.py_buffer(text)[base : int(right[-1])]
    both = pa.Array.from_buffers(pa.binary(), len(ends) - 1, [None, pa.py_buffer(ends), held])
    return both.take(pa.array(2 * (np.arange(len(left)) if order is None else order)))


def _cut(text: bytes, start: int, stop: int, moulds: Moulds, alike: int) -> tuple[Any, ...]:
    """Cut a piece: where its lines, the cuts and holes are."""
    found = [_look(text, a, b) for a, b in _pieces(text, start, stop, BLOCK)]
    ends, opens, left, right, number = (np.concatenate(x) for x in zip(*found, strict=True))
    begin: Any = np.concatenate([[start], ends[:-1] + 1])
    many = np.diff(np.searchsorted(left, np.append(begin, stop)))
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
    cuts = _numbered(text, (begin, ends), (left, right), (line, first, many), moulds, alike)
    return begin, ends, cuts, first, holes


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
    """Find line ends and what looks like a hole in some lines.

    Of each hole: where its key opens, where it begins and ends, and whether it is a number.
    """
    held: Any = np.frombuffer(text, np.uint8, stop - start, start)
    ends_ = hits(held == _END)
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
        ends_ + start,
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
    alike: int,
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
    numbers = whole.indices.to_numpy()
    cuts: list[int] = []
    for one, times in zip(whole.dictionary.to_pylist(), np.bincount(numbers), strict=True):
        pieces: list[int] = np.frombuffer(one, np.int32).tolist()
        fixed = HOLE.join([segments[n] for n in pieces])
        if fixed.count(HOLE) != len(pieces) - 1:  # the text holds what stands for a hole
            cuts.append(-1)
        else:
            cuts.append(moulds.cut_of(fixed, new=bool(times >= alike)).number)
    return np.array(cuts, np.int64)[numbers]
