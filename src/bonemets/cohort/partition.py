"""Events in Parquet on this machine -> a file of whole patients for each bucket.

Texts stay numbers of a dictionary on the way from file to file. What lies elsewhere, or is no
Parquet, is split by DuckDB (`tables.py`).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import numpy as np

from bonemets.cohort.arrow import pa, pq
from bonemets.cohort.events import COLUMNS, TEXT, WORD, checked
from bonemets.cohort.whole import folder

OPEN: Final = 400
"""So many files are written at a time, at most."""
ROWS: Final = 1 << 19
"""So many rows are read at a time."""
STEP: Final = np.uint64(1_099_511_628_211)
MIX: Final = np.uint64(0xBF58_476D_1CE4_E5B9)
"""Odd numbers that mix the bits of names."""
NUMBERED: Final = ("subject_id", "code")
"""Texts that many rows have in common, beside the words."""


def can_partition(paths: list[str], names: list[str], buckets: int) -> bool:
    """Say whether files can be split here: plain columns of texts or whole numbers name patients.

    A folder such as `subject_id=7` would name them too, which DuckDB reads.
    """
    if buckets > OPEN or not paths:
        return False
    for path in paths:
        if "=" in path or not Path(path).is_file():
            return False
        schema = pq.read_schema(path)
        if not set(names) & set(schema.names) >= {"subject_id", "time", "code"}:
            return False
        kind = schema.field("subject_id").type
        if not (_is_text(kind) or pa.types.is_integer(kind)):
            return False
    return True


def _is_text(kind: Any) -> bool:
    of = kind.value_type if pa.types.is_dictionary(kind) else kind
    return pa.types.is_string(of)


def partition(paths: list[str], names: list[str], buckets: int, to: Path) -> int:
    """Write the rows of files, bucket by bucket, and give how many have no patient.

    Args:
        paths: the Parquet files.
        names: the columns that are kept.
        buckets: how many there are.
        to: the folder of the files, which is made.
    """
    folder(to)
    schema = pa.schema([(n, WORD if n in NUMBERED else COLUMNS[n][0]) for n in names])
    options = pa.ipc.IpcWriteOptions(compression="lz4")
    lost = 0
    with ExitStack() as held:
        sinks: dict[int, Any] = {}
        for table in _tables(paths, names):
            there = table.column("subject_id").is_valid()
            if table.column("subject_id").null_count:
                lost += table.column("subject_id").null_count
                table = table.filter(there)
            for bucket, some in _parts(_shaped(checked(table), schema), buckets):
                if bucket not in sinks:
                    path = path_of(to, bucket)
                    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                    file = held.enter_context(os.fdopen(handle, "wb"))
                    sink = pa.ipc.new_stream(file, schema, options=options)
                    sinks[bucket] = held.enter_context(sink)
                sinks[bucket].write_table(some)
    return lost


_PLAIN: Final = tuple(n for n, (kind, _) in COLUMNS.items() if kind == TEXT and n not in NUMBERED)


def path_of(to: Path, bucket: int) -> Path:
    """Name the file of a bucket."""
    return to / f"bucket-{bucket:05d}.arrow"


def read_part(path: Path) -> Any:
    """Read a bucket."""
    with pa.memory_map(str(path)) as file:
        return pa.ipc.open_stream(file).read_all()


def _tables(paths: list[str], names: list[str]) -> Iterator[Any]:
    """Read some rows at a time."""
    for path in paths:
        schema = pq.read_schema(path)
        own = [name for name in names if name in schema.names]
        texts = [name for name in own if _is_text(schema.field(name).type) and name not in _PLAIN]
        with pq.ParquetFile(path, read_dictionary=texts) as file:
            for batch in file.iter_batches(ROWS, columns=own):
                yield pa.Table.from_batches([batch])


def _shaped(table: Any, schema: Any) -> Any:
    """Give a table all columns of a schema, in their types."""
    n = table.num_rows
    columns: list[Any] = []
    for name, kind in zip(schema.names, schema.types, strict=True):
        if name not in table.column_names:
            columns.append(pa.nulls(n, kind))
            continue
        column = table.column(name)
        if column.type != kind:
            texts = column.cast(TEXT)
            column = texts.dictionary_encode() if kind == WORD else texts
        columns.append(column)
    return pa.table(columns, schema=schema).combine_chunks()


def _parts(table: Any, buckets: int) -> Iterator[tuple[int, Any]]:
    """Give the rows of each bucket, with the names of its own patients alone."""
    if not table.num_rows:
        return
    column = table.column("subject_id").combine_chunks()
    column = column.chunk(0) if isinstance(column, pa.ChunkedArray) else column
    of_name = bucket_of(column.dictionary, buckets)
    by_bucket = np.argsort(of_name, kind="stable")
    names = column.dictionary.take(pa.array(by_bucket))
    rank = np.empty(len(by_bucket), np.int32)
    rank[by_bucket] = np.arange(len(by_bucket), dtype=np.int32)
    which = column.indices.to_numpy()
    of_row = of_name[which]
    order = np.argsort(of_row, kind="stable")
    every = np.arange(buckets + 1)
    rows = of_row[order].searchsorted(every).tolist()
    starts = of_name[by_bucket].searchsorted(every).tolist()
    others = table.drop_columns("subject_id").take(pa.array(order)).combine_chunks()
    number = rank[which[order]]
    for bucket in range(buckets):
        first, last = rows[bucket], rows[bucket + 1]
        if first == last:
            continue
        start, stop = starts[bucket], starts[bucket + 1]
        own = pa.DictionaryArray.from_arrays(
            pa.array(number[first:last] - start), names.slice(start, stop - start)
        )
        some = others.slice(first, last - first)
        place = table.column_names.index("subject_id")
        yield bucket, some.add_column(place, table.schema.field("subject_id"), own)


def bucket_of(names: Any, buckets: int) -> Any:
    """Give the bucket of each name: by its bytes alone, so the same in every table."""
    ends = np.frombuffer(names.buffers()[1], np.int32)[names.offset :][: len(names) + 1]
    ends = ends.astype(np.int64)
    text = np.frombuffer(names.buffers()[2] or b"", np.uint8)[ends[0] : ends[-1]]
    ends -= ends[0]
    widths = np.diff(ends)
    place = np.arange(len(text)) - np.repeat(ends[:-1], widths)
    weights = np.cumprod(np.full(int(widths.max(initial=0)) + 1, STEP))
    sums = np.zeros(len(text) + 1, np.uint64)
    np.cumsum((text.astype(np.uint64) + np.uint64(1)) * weights[place], out=sums[1:])
    mixed = sums[ends[1:]] - sums[ends[:-1]]
    mixed ^= mixed >> np.uint64(29)
    mixed *= MIX
    mixed ^= mixed >> np.uint64(32)
    return (mixed % np.uint64(buckets)).astype(np.uint16)
