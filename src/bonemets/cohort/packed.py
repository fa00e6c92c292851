"""Findings without their words: a row of bytes for each patient, and back.

What is yes, no or unknown takes two bits, what has levels a bit for each; numbers stay columns,
with an infinite end where nothing bounds them.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from bonemets.cohort.arrow import pa
from bonemets.cohort.columns import KEYS, Column, registers_of, typed
from bonemets.engine import BatchFindings

PACKED: Final = "findings_packed"
"""The column of bytes."""
IN_A_BYTE: Final = 4
"""So many that are yes, no or unknown."""


class Packing:
    """Packs the findings of batches, and unpacks them."""

    def __init__(self, columns: tuple[Column, ...], table: str) -> None:
        """Give each column of a table of findings its place."""
        self.table = table
        self.all = [c for c in columns if c.table == table]
        self.truths = [c for c in self.all if c.form == "truth"]
        self.masks = [c for c in self.all if c.form == "mask"]
        self.plain = [c for c in self.all if c.form not in ("truth", "mask")]
        self.starts: list[int] = []
        at = -(-len(self.truths) // IN_A_BYTE)
        for column in self.masks:
            self.starts.append(at)
            at += -(-len(column.levels) // 8)
        self.width = at

    def packed(self, found: BatchFindings, heads: dict[str, dict[str, Any]]) -> Any:
        """Give the findings of a batch, the patients (or their lesions) by rank.

        `heads` say whose the rows are.
        """
        of_lesion = self.table.startswith("lesion_")
        filled = dict(heads["lesion" if of_lesion else "patient"])
        n = len(found.owner) if of_lesion else len(found.rank_of)
        rows = pa.py_buffer(np.ascontiguousarray(self.held(found, n).T))
        filled[PACKED] = pa.Array.from_buffers(pa.binary(self.width), n, [None, rows])
        whole: set[str] = set()
        for column in self.plain:
            for name, values in zip(column.names, registers_of(column, found), strict=True):
                if column.form == "number":
                    filled[name] = _numbers(values, n)
                    whole.add(name)
                else:
                    filled[name] = typed(column, values, n, of_facts=False)
        # what is never empty is written without saying so of each row
        kinds = [pa.field(k, c.type, nullable=k not in whole) for k, c in filled.items()]
        return pa.Table.from_arrays(list(filled.values()), schema=pa.schema(kinds))

    def held(self, found: BatchFindings, n: int) -> Any:
        """Give the bytes of the findings of n patients or lesions: a row for each byte."""
        held = np.empty((self.width, n), np.uint8)
        fours = -(-len(self.truths) // IN_A_BYTE)
        codes = np.zeros((fours, IN_A_BYTE, n), np.uint8)
        for place, column in enumerate(self.truths):
            (codes[divmod(place, IN_A_BYTE)],) = registers_of(column, found)
        # 0 no, 2 unknown, 3 yes: as the program has them
        upper = codes[:, 1::2]
        upper <<= 2
        pairs = codes[:, ::2]
        pairs |= upper
        np.left_shift(codes[:, 2], 4, out=held[:fours])
        held[:fours] |= codes[:, 0]
        for start, column in zip(self.starts, self.masks, strict=True):
            (mask,) = registers_of(column, found)
            held[start] = mask if len(column.levels) <= 8 else mask & 255
            for byte in range(1, -(-len(column.levels) // 8)):
                held[start + byte] = (mask >> (8 * byte)) & 255
        return held

    def unpacked(self, table: Any) -> Any:
        """Give findings as columns of words again."""
        column = table.column(PACKED).combine_chunks()
        n = len(column)
        rows = np.frombuffer(
            column.buffers()[1], np.uint8, n * self.width, column.offset * self.width
        )
        held = rows.reshape(n, self.width).T
        keys = [name for name in table.column_names if name in KEYS]
        filled = {name: table.column(name) for name in keys}
        truths = {c.name: place for place, c in enumerate(self.truths)}
        starts = {c.name: start for start, c in zip(self.starts, self.masks, strict=True)}
        for one in self.all:
            if one.name in truths:
                byte, within = divmod(truths[one.name], IN_A_BYTE)
                codes = held[byte] >> (2 * within) & 3
                filled[one.name] = typed(one, codes, n, of_facts=False)
            elif one.name in starts:
                mask = np.zeros(n, np.int64)
                for byte in range(-(-len(one.levels) // 8)):
                    mask |= held[starts[one.name] + byte].astype(np.int64) << (8 * byte)
                filled[one.name] = typed(one, mask, n, of_facts=False)
            elif one.form == "number":
                for name in one.names:
                    filled[name] = typed(one, table.column(name).to_numpy(), n, of_facts=False)
            else:
                filled |= {name: table.column(name) for name in one.names}
        return pa.table(filled).replace_schema_metadata(table.schema.metadata)


def _numbers(values: Any, size: int) -> Any:
    """Give one end of a number as a column, infinite where nothing bounds it."""
    plain = np.ascontiguousarray(np.broadcast_to(np.asarray(values), (size,)), np.float64)
    return pa.Array.from_buffers(pa.float64(), size, [None, pa.py_buffer(plain)], null_count=0)
