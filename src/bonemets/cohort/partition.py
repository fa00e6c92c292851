"""Events in Parquet on this machine -> a file of whole patients for each bucket.

What the rows of a source have in common is told once, in a file of kinds beside the buckets; a row
keeps the number of its kind, whose it is, and what it has of its own. What lies elsewhere, is no
Parquet or has too many kinds, is split by DuckDB (`tables.py`).
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np

from bonemets.cohort.arrow import pa, pc, pq
from bonemets.cohort.events import COLUMNS, TEXT, WORD, checked, sound
from bonemets.cohort.kinds import KIND, TOLD, Kinds, Part
from bonemets.cohort.whole import folder
from bonemets.errors import UsageError

OPEN: Final = 400
"""So many files are written at a time, at most."""
ROWS: Final = 1 << 19
"""So many rows are read at a time."""
MOST_KINDS: Final = 1_000_000
"""From so many kinds of rows on, numbers for them are no gain."""
STEP: Final = np.uint64(1_099_511_628_211)
MIX: Final = np.uint64(0xBF58_476D_1CE4_E5B9)
"""Odd numbers that mix the bits of names."""
NAMED: Final = ("about", "sender")
"""Texts of a row's own that stay numbers of a dictionary."""
Slices = list[tuple[int, Any]]
"""Some rows by bucket."""


class TooManyKinds(Exception):
    """The rows of a table have too little in common."""


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


def partition(paths: list[str], names: list[str], buckets: int, to: Path, threads: int = 1) -> int:
    """Write the rows of files, bucket by bucket, and give how many have no patient.

    Args:
        paths: the Parquet files.
        names: the columns that are kept.
        buckets: how many there are.
        to: the folder of the files, which is made.
        threads: so many read at a time; what they read is written in the order of the files.

    Raises:
        TooManyKinds: the rows have too little in common.
    """
    folder(to)
    kinds, lost = Kinds(), 0
    own = [name for name in names if name not in TOLD and name != "subject_id"]
    types = {n: WORD if n in NAMED else COLUMNS[n][0] for n in own}
    schema = pa.schema({"subject_id": WORD, KIND: pa.int32(), **types})
    reading = partial(_sliced, names=names, schema=schema, buckets=buckets, kinds=kinds)
    with ExitStack() as held:
        sinks: dict[int, Any] = {}
        for slices, nobody in _ahead(reading, pieces(paths), threads):
            lost += nobody
            for bucket, some in slices:
                if bucket not in sinks:
                    path = path_of(to, bucket)
                    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                    file = held.enter_context(os.fdopen(handle, "wb"))
                    sink = pa.ipc.new_stream(file, schema)
                    sinks[bucket] = held.enter_context(sink)
                sinks[bucket].write_table(some)
    kinds.keep(to / SHOWN)
    return lost


_PLAIN: Final = tuple(n for n, (kind, _) in COLUMNS.items() if kind == TEXT and n not in NAMED)
SHOWN: Final = "kinds.arrow"


def path_of(to: Path, bucket: int) -> Path:
    """Name the file of a bucket."""
    return to / f"bucket-{bucket:05d}.arrow"


def kinds_of(to: Path) -> Kinds:
    """Read the kinds of the rows of all buckets.

    Raises:
        UsageError: an older version split them, which told kinds in each row.
    """
    if not (to / SHOWN).is_file():
        raise UsageError("the events were split by an older version. Begin anew in a new folder.")
    return Kinds.kept(to / SHOWN)


def read_part(path: Path, kinds: Kinds) -> Part:
    """Read a bucket."""
    with pa.memory_map(str(path)) as file:
        rows = pa.ipc.open_stream(file).read_all()
    names = sound(rows.column("subject_id"))
    return Part(rows.set_column(0, "subject_id", names).combine_chunks(), kinds)


@dataclass(frozen=True, slots=True)
class Piece:
    """Neighbouring groups of rows of a file, together about as many as are read at a time."""

    path: str
    about: Any
    """What the file says of itself, read once."""
    groups: list[int]
    rows: int


def pieces(paths: list[str]) -> Iterator[Piece]:
    """Give the pieces of files."""
    for path in paths:
        about = pq.read_metadata(path)
        groups, rows = list[int](), 0
        for group in range(about.num_row_groups):
            own = about.row_group(group).num_rows
            if groups and rows + own > ROWS:
                yield Piece(path, about, groups, rows)
                groups, rows = [], 0
            groups.append(group)
            rows += own
        if groups:
            yield Piece(path, about, groups, rows)


def _ahead(
    do: Callable[[Piece], Iterable[Any]], todo: Iterable[Piece], threads: int
) -> Iterator[Any]:
    """Give what comes of each piece, in their order; the next ones are done meanwhile.

    Of one with many more rows than are read at a time, no more is held than those.
    """
    if threads < 2:
        for one in todo:
            yield from do(one)
        return
    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[Any] = deque()
        try:
            for one in todo:
                if one.rows > 2 * ROWS:
                    while waiting:
                        yield from waiting.popleft().result()
                    yield from do(one)
                    continue
                waiting.append(pool.submit(_listed, do, one))
                if len(waiting) > threads:
                    yield from waiting.popleft().result()
            while waiting:
                yield from waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def _listed(do: Callable[[Piece], Iterable[Any]], one: Piece) -> list[Any]:
    return list(do(one))


def _sliced(
    piece: Piece, names: list[str], schema: Any, buckets: int, kinds: Kinds
) -> Iterator[tuple[Slices, int]]:
    """Give the rows of a piece by bucket, and how many are nobody's, some rows at a time."""
    kept = piece.about.schema.to_arrow_schema()
    own = [name for name in names if name in kept.names]
    texts = [name for name in own if _is_text(kept.field(name).type) and name not in _PLAIN]
    flat = [n for n in ("subject_id", "code") if not pa.types.is_nested(kept.field(n).type)]
    read_dictionary = [*texts, *flat]
    with pq.ParquetFile(piece.path, metadata=piece.about, read_dictionary=read_dictionary) as file:
        for batch in file.iter_batches(ROWS, piece.groups, own):
            table, lost = pa.Table.from_batches([batch]), 0
            whose = table.column("subject_id")
            if whose.null_count:
                lost, table = whose.null_count, table.filter(whose.is_valid())
            table = _shaped(checked(table, unsound="subject_id"), schema, kinds)
            if len(kinds) > MOST_KINDS:
                raise TooManyKinds
            yield list(_parts(table, buckets)), lost


def _shaped(table: Any, schema: Any, kinds: Kinds) -> Any:
    """Give a table the columns of a schema, in their types."""
    n, columns = table.num_rows, list[Any]()
    for name, kind in zip(schema.names, schema.types, strict=True):
        if name == KIND:
            columns.append(pa.array(kinds.of(table)))
            continue
        if name not in table.column_names:
            columns.append(pa.nulls(n, kind))
            continue
        column = table.column(name)
        if column.type != kind:
            texts = column.cast(TEXT)
            column = texts.dictionary_encode() if kind == WORD else texts
        if name == "numeric_value" and column.null_count:
            column = pc.fill_null(column, np.nan)  # which the kind tells from a number that is none
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
    every = np.arange(buckets + 1, dtype=of_name.dtype)
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
    widths = np.diff(ends)
    most = int(widths.max(initial=0))
    weights = np.cumprod(np.full(most + 1, STEP))
    if most and int(widths.min()) == most:  # names of one length are a matrix
        mixed = np.zeros(len(widths), np.uint64)
        for place, letters in enumerate(text.reshape(-1, most).T):
            mixed += (letters.astype(np.uint64) + np.uint64(1)) * weights[place]
    else:
        ends -= ends[0]
        place = np.arange(len(text)) - np.repeat(ends[:-1], widths)
        sums = np.zeros(len(text) + 1, np.uint64)
        np.cumsum((text.astype(np.uint64) + np.uint64(1)) * weights[place], out=sums[1:])
        mixed = sums[ends[1:]] - sums[ends[:-1]]
    mixed ^= mixed >> np.uint64(29)
    mixed *= MIX
    mixed ^= mixed >> np.uint64(32)
    # fewer bits are put in order sooner; one more than the last bucket is asked for, too
    return (mixed % np.uint64(buckets)).astype(np.uint8 if buckets < 256 else np.uint16)
