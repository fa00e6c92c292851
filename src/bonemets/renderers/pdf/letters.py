"""Which characters the shipped font can show, and what stands for the others.

A missing glyph would be a blank or a box, and PDF/UA forbids it: the character's number stands for
it, so that nothing of a record vanishes unseen.
"""

from __future__ import annotations

import struct
import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import Final

from bonemets.renderers.words import clean

FONTS: Final = Path(__file__).parent / "fonts"
WINDOWS_UNICODE: Final = (3, 1)
"""Platform and encoding of the table that holds the characters of the basic plane."""
INVISIBLE: Final = frozenset(map(chr, range(0xFE00, 0xFE10)))


def shown(text: str) -> str:
    """Give a text as the font can show it: composed, one line, unknown characters by number."""
    composed = unicodedata.normalize("NFC", clean(text))
    if composed.isascii():
        return composed
    known = characters()
    return "".join(
        x if x in known else "" if is_invisible(x) else f"[U+{ord(x):04X}]" for x in composed
    )


def is_invisible(character: str) -> bool:
    """Say whether a character only tells how others are to be shown."""
    return character in INVISIBLE or unicodedata.category(character) == "Cf"


@lru_cache(maxsize=1)
def characters() -> frozenset[str]:
    """Give the characters that every one of the shipped fonts can show, invisible ones apart."""
    first, *others = [_characters(path.read_bytes()) for path in sorted(FONTS.glob("*.ttf"))]
    return frozenset(x for x in first.intersection(*others) if not is_invisible(x))


def _characters(font: bytes) -> frozenset[str]:
    """Read the table `cmap` of a TrueType font, format 4 (Unicode, basic plane)."""
    (tables,) = struct.unpack_from(">H", font, 4)
    found = {
        font[at : at + 4]: struct.unpack_from(">I", font, at + 8)[0]
        for at in range(12, 12 + 16 * tables, 16)
    }
    start: int = found[b"cmap"]
    (count,) = struct.unpack_from(">H", font, start + 2)
    for n in range(count):
        platform, encoding, offset = struct.unpack_from(">HHI", font, start + 4 + 8 * n)
        if (platform, encoding) == WINDOWS_UNICODE:
            return frozenset(map(chr, _format_4(font, start + offset)))
    raise ValueError("the font has no table of Unicode characters")


def _format_4(font: bytes, at: int) -> list[int]:
    (doubled,) = struct.unpack_from(">H", font, at + 6)
    count = doubled // 2
    ends = struct.unpack_from(f">{count}H", font, at + 14)
    starts = struct.unpack_from(f">{count}H", font, at + 16 + doubled)
    deltas = struct.unpack_from(f">{count}H", font, at + 16 + 2 * doubled)
    where = at + 16 + 3 * doubled
    offsets = struct.unpack_from(f">{count}H", font, where)
    found: list[int] = []
    for n, (first, last, delta, offset) in enumerate(
        zip(starts, ends, deltas, offsets, strict=True)
    ):
        for code in range(first, last + 1):
            glyph = code
            if offset:
                place = where + 2 * n + offset + 2 * (code - first)
                (glyph,) = struct.unpack_from(">H", font, place)
                if glyph == 0:
                    continue
            if (glyph + delta) & 0xFFFF and code != 0xFFFF:
                found.append(code)
    return found
