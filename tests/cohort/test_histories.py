"""Ten thousand drawn histories, each assessed alone and all in a cohort: the same findings.

One by one they go the line of `assess` without its explanation (`as_of`, `run_one`); together they
go as a table of events through what `evaluate` calls.
What is compared is packed: two bits for what is yes, no or unknown, a bit for each level, and both
ends of every number, of patients and of lesions. That what is packed is what the tables say in
words is held to by `test_tables.py`, and the reader of FHIR before it by `test_agreement.py` and
`test_castings.py`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from agreement import RUN_DAY, run_alone
from histories import Histories

from bonemets.api import Knowledge
from bonemets.cohort.columns import Column, columns_of
from bonemets.cohort.evaluate import Evaluator, Settings
from bonemets.cohort.events import table_of
from bonemets.cohort.packed import PACKED, Packing
from bonemets.engine import One

MANY, PARTS = 10_000, 10
TABLES: tuple[Any, ...] = ("findings", "lesion_findings")
LISTS: tuple[Any, ...] = ((), ("medications", "conditions", "procedures"))


@pytest.mark.parametrize(
    "part", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in range(1, PARTS))]
)
def test_histories_alone_and_in_a_cohort(part: int, knowledge: Knowledge) -> None:
    records = dict(Histories(knowledge.pack, part).records(part * MANY, MANY))
    names = list(records)
    columns = columns_of(knowledge.engine)
    rows = [Row(Packing(columns, table)) for table in TABLES]
    seen = Seen()
    for lists, some in zip(LISTS, (names[: MANY // 2], names[MANY // 2 :]), strict=True):
        of = {name: records[name] for name in some}
        for name, record in of.items():
            one = run_alone(record, knowledge, lists)
            for row in rows:
                row.add(name, one)
        found = Evaluator(knowledge, Settings(RUN_DAY, None, lists)).packed(table_of(of.items()))
        for table, row in zip(TABLES, rows, strict=True):
            compare(row, found[table], seen)
            row.expected.clear()
    seen.check(sum(len(r.events) for r in records.values()))


class Row:
    """What one patient (or lesion) should say, packed by another way than the cohort's."""

    def __init__(self, packing: Packing) -> None:
        self.packing, self.of_lesion = packing, packing.table.startswith("lesion_")
        self.at = [c.slot for c in packing.truths]
        self.masks = [(c.slot, -(-len(c.levels) // 8)) for c in packing.masks]
        self.ends = [(name, c.slot + n) for c in packing.plain for n, name in enumerate(c.names)]
        self.expected: dict[tuple[str, str], tuple[bytes, list[float]]] = {}

    def add(self, name: str, one: One) -> None:
        """Keep what a patient (or each of its lesions) should say."""
        registers = one.registers
        if not self.of_lesion:
            self.expected[name, ""] = self.packed(registers.__getitem__)
            return
        for n, lesion in enumerate(one.placed.lesions):
            self.expected[name, lesion.key] = self.packed(lambda slot, n=n: registers[slot][n])

    def packed(self, register: Any) -> tuple[bytes, list[float]]:
        codes = [register(slot) for slot in self.at]
        codes += [0] * (-len(codes) % 4)
        fours = zip(codes[::4], codes[1::4], codes[2::4], codes[3::4], strict=True)
        held = bytearray(a | b << 2 | c << 4 | d << 6 for a, b, c, d in fours)
        for slot, width in self.masks:
            held += int(register(slot)).to_bytes(width, "little")
        return bytes(held), [float(register(slot)) for _, slot in self.ends]


class Seen:
    """What the inputs made of the findings: they must not be trivial."""

    def __init__(self) -> None:
        self.rows = 0
        self.said: dict[tuple[str, int], set[int]] = {}
        self.numbers: set[str] = set()

    def check(self, events: int) -> None:
        assert events > 8 * MANY
        assert self.rows > 1.5 * MANY
        share = sum(len(of) > 1 for of in self.said.values()) / len(self.said)
        assert share > 0.8, share  # of all bytes of findings, so many are not the same for all
        assert len(self.numbers) > 50


def compare(row: Row, found: Any, seen: Seen) -> None:
    held = found.column(PACKED).to_pylist()
    whose = found.column("subject_id").to_pylist()
    keys = found.column("lesion").to_pylist() if row.of_lesion else [""] * len(whose)
    expected = [row.expected[who] for who in zip(whose, keys, strict=True)]
    assert len(row.expected) == len({*zip(whose, keys, strict=True)}) == len(whose)
    for n, (bits, _) in enumerate(expected):
        assert bits == held[n], (whose[n], keys[n], differing(row.packing, bits, held[n]))
    for n, (name, _) in enumerate(row.ends):
        column = found.column(name).to_pylist()
        assert [ends[n] for _, ends in expected] == column, name
        if len({*column}) > 2:
            seen.numbers.add(name)
    seen.rows += len(held)
    rows = np.frombuffer(b"".join(held), np.uint8).reshape(len(held), -1)
    for n in range(rows.shape[1]):
        said = seen.said.setdefault((row.packing.table, n), set())
        said.update(np.unique(rows[:, n]).tolist())


def differing(packing: Packing, expected: bytes, found: bytes) -> list[str]:
    """Name the findings in which two packed rows differ."""
    columns: list[Column] = []
    for n, (a, b) in enumerate(zip(expected, found, strict=True)):
        if a != b:
            own = [c for s, c in zip(packing.starts, packing.masks, strict=True) if s <= n]
            columns += own[-1:] or [
                c for k, c in enumerate(packing.truths[4 * n : 4 * n + 4]) if (a ^ b) >> (2 * k) & 3
            ]
    return [c.name for c in columns]
