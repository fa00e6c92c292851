"""Resources that belong to no patient and that many may name: found by their names, from a file."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

from bonemets.cohort import whole
from bonemets.cohort.split import Head
from bonemets.readers.fhir.nodes import text

SHARED_TYPES: Final = ("Medication", "Substance", "Specimen", "Device")
NAMES: Final = re.compile(
    rb'"(?:[^"\\]*/)?((?:%s)/[A-Za-z0-9.-]{1,64})(?:/_history/[^"/]*)?"|"urn:(?:uuid|oid):([A-Za-z0-9.-]{1,64})"'
    % "|".join(SHARED_TYPES).encode()
)
LINES, INDEX = "shared.lines", "shared.npy"
MOST_STEPS: Final = 8
"""How far from one resource to the next: a medicine, its ingredient, its substance."""
_head = msgspec.json.Decoder(Head)


def _number(name: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(name, digest_size=8).digest(), "little", signed=True)


def name_of(line: bytes) -> tuple[bytes, bytes]:
    """Give the type and the identifier of a resource."""
    head = _head.decode(line)
    return text(head.resourceType).encode(), text(head.id).encode("utf-8", "replace")


def keep(lines: Iterable[bytes], state: Path) -> int:
    """Write what is shared into two files, and give how much there is."""
    found: list[tuple[int, int, int]] = []
    place = 0
    parts: list[bytes] = []
    for line in lines:
        kind, ident = name_of(line)
        for key in (kind + b"/" + ident, ident):
            found.append((_number(key), place, len(line)))
        parts.append(line)
        place += len(line)
    whole.write(state / LINES, b"".join(parts), state)
    array = np.array(sorted(found), np.int64).reshape(-1, 3)
    whole.write(state / INDEX, array.tobytes(), state)
    return len(parts)


@dataclass(slots=True)
class Shared:
    """Finds shared resources."""

    index: Any
    lines: Any

    @staticmethod
    def open(state: Path) -> Shared | None:
        """Open the files; None where nothing is shared."""
        if not (state / INDEX).exists() or not (state / INDEX).stat().st_size:
            return None
        return Shared.at(state / LINES, state / INDEX)

    @staticmethod
    def at(lines: Path, index: Path) -> Shared:
        """Open the two files, by their names."""
        numbers: Any = np.memmap(index, np.int64, "r").reshape(-1, 3)
        return Shared(numbers, np.memmap(lines, np.uint8, "r"))

    def named_in(self, lines: Iterable[bytes]) -> list[bytes]:
        """Give the shared resources that lines name, and those that these name."""
        seen: set[bytes] = set()
        taken: dict[int, bytes] = {}
        todo = list(lines)
        for _ in range(MOST_STEPS):
            names = {a or b for line in todo for a, b in NAMES.findall(line)} - seen
            if not names:
                break
            seen |= names
            todo = list[bytes]()
            for name in sorted(names):
                for place, length in self.find(name):
                    if place not in taken:
                        line = self.lines[place : place + length].tobytes()
                        taken[place] = line
                        todo.append(line)
        return list(taken.values())

    def find(self, name: bytes) -> list[tuple[int, int]]:
        """Give where the resources of one name stand."""
        number = _number(name)
        first, last = np.searchsorted(self.index[:, 0], [number, number + 1]).tolist()
        return [(int(p), int(n)) for _, p, n in self.index[first:last].tolist()]
