"""A table of events as source: Parquet or CSV, split into buckets of whole patients.

Parquet of this machine is split by `partition.py`; DuckDB reads whatever else it can reach (CSV,
`s3://…`), and writes Parquet.
"""

from __future__ import annotations

import csv
import hashlib
import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bonemets.cohort.arrow import broken, duck, literal, pa, pq
from bonemets.cohort.batches import batches
from bonemets.cohort.evaluate import Evaluator
from bonemets.cohort.events import COLUMNS, NEEDED, TEXT, WORD, records_of
from bonemets.cohort.files import Source, holds_lines
from bonemets.cohort.kinds import Kinds, Part
from bonemets.cohort.partition import (
    TooManyKinds,
    can_partition,
    kinds_of,
    partition,
    path_of,
    read_part,
)
from bonemets.cohort.storage import files_of, is_address
from bonemets.errors import BonemetsError, SourceRefused, UsageError
from bonemets.model import Record
from bonemets.pack.notes import nearest
from bonemets.shown import both

ENDINGS: Final = (".parquet", ".csv", ".csv.gz", ".csv.zst")
EVENTS: Final = "events"
"""The folder of the state that holds the split events."""
WORDS: Final = ("display", "text")
"""Columns that no finding hangs on."""
TABLE: Final = "event table"
UNREAD: Final = re.compile(rf"{TABLE}: wrong-type: its column `(\w+)`")
READ_AS: Final = {"timestamp[s]": "TIMESTAMP", "double": "DOUBLE", "int32": "INTEGER"}
"""By the type of a column: as what DuckDB reads the cells of CSV."""
ROW: Final = 200
"""About so many bytes of text does a row stand for, for planning."""
MOST_STRANGE, MOST_LETTERS = 10, 60
"""So many columns without meaning are named, and so much of each name."""
HELD: Final = 500
"""On this machine for so many: a bucket shall not be more patients than are evaluated at once."""


def matched(source: str) -> bool:
    """Say whether a pattern of paths (`*`, `?`, `[a-z]`) names anything that is there."""
    path = Path(source)
    start = Path(path.anchor or ".")
    pattern = str(path.relative_to(path.anchor)) if path.anchor else source
    return any(map(source.__contains__, "*?[")) and any(start.glob(pattern))


def is_table(source: str) -> bool:
    """Say whether a source is a table and no folder of FHIR lines."""
    if "*" in source or source.endswith(ENDINGS):
        return True
    if is_address(source):
        try:
            return not any(holds_lines(x.name) for x in files_of(source))
        except (UsageError, OSError):  # a storage that others reach
            return True
    path = Path(source)
    return path.is_dir() and any(
        p.name.endswith(ENDINGS) for p in path.rglob("*") if not p.name.startswith(".")
    )


def scan(source: str) -> str:
    """Give the SQL that reads a source.

    Raises:
        SourceRefused: it is a folder with files of several kinds, of which one alone would be read.
    """
    path = Path(source)
    if "://" not in source and path.is_dir():
        endings = [e for e in ENDINGS if any(path.rglob(f"*{e}"))]
        if len(endings) != 1:
            kinds = ", ".join(endings) or "none"
            raise SourceRefused(
                f"{source}: holds tables of several kinds ({kinds}). Name one: *.csv."
            )
        source = f"{source.rstrip('/')}/**/*{endings[0]}"
    if source.endswith(".parquet"):
        return f"read_parquet({literal(source)}, union_by_name = true)"
    return f"read_csv({literal(source)}, header = true, all_varchar = true, union_by_name = true)"


def columns_in(db: Any, source: str) -> list[str]:
    """Give the names of a source's columns."""
    return [row[0] for row in db.execute(f"DESCRIBE SELECT * FROM {scan(source)}").fetchall()]  # noqa: S608


def needed(source: str, names: Iterable[str]) -> list[str]:
    """Give the names of a source's columns, of which none that is needed is lacking.

    Raises:
        SourceRefused: one is. No name of the source is told where it has none that is needed:
            without a line of names they are values.
    """
    found = list(names)
    lacking = [f"`{name}`" for name in NEEDED if name not in found]
    if lacking:
        every = ", ".join(f"`{name}`" for name in NEEDED)
        raise SourceRefused(
            f"{source}: lacks the column{'s' if len(lacking) > 1 else ''} {both(lacking)} of an "
            f"event table. Its first line, or its schema, names {every}.{_meant(found)}"
        )
    return found


def _meant(names: list[str]) -> str:
    """Ask whether names of a source are meant for those that it lacks, one of which it has."""
    if set(names).isdisjoint(NEEDED):
        return ""
    lacking = [name for name in NEEDED if name not in names]
    near = {n: nearest(n.lower(), lacking) for n in names if n not in COLUMNS}
    found = [f" Did you mean `{meant}` by `{name}`?" for name, meant in near.items() if meant]
    return "".join(found)


def strange(names: Iterable[str]) -> list[str]:
    """Say which columns mean nothing in an event table, each with the nearest that does.

    Of many the first ones, and how many more there are.
    """
    unknown = [name for name in names if name not in COLUMNS]
    found: list[str] = []
    for name in unknown[:MOST_STRANGE]:
        near = nearest(name.lower(), COLUMNS)
        found.append(f"`{name[:MOST_LETTERS]}`" + (f" (did you mean `{near}`?)" if near else ""))
    more = len(unknown) - len(found)
    return [*found, f"and {more} more"] if more > 0 else found


def files_in(db: Any, source: str) -> list[str]:
    """Give the Parquet files of a source on this machine; none where it is something else."""
    pattern = f"{source.rstrip('/')}/**/*.parquet" if Path(source).is_dir() else source
    if is_address(source) or not scan(source).startswith("read_parquet"):
        return []
    return [row[0] for row in db.execute(f"FROM glob({literal(pattern)})").fetchall()]


def listed(source: str) -> Source:
    """Give what a table holds: its columns are checked, its rows counted.

    Raises:
        UsageError: nothing is there.
        SourceRefused: it cannot be read, or lacks a column that is needed.
    """
    if not is_address(source) and not Path(source).exists() and not matched(source):
        raise UsageError(f"{source}: is not there. Name a Bulk FHIR folder, or a table of events.")
    found = Source(source)
    try:
        with duck(1) as db:
            names = columns_in(db, source)
            found.strange = strange(needed(source, names))
            rows = int(db.execute(f"SELECT count(*) FROM {scan(source)}").fetchone()[0])  # noqa: S608
    except (broken(), SourceRefused) as error:
        raise (
            ragged(source)
            or (error if isinstance(error, SourceRefused) else None)
            or SourceRefused(f"{source}: cannot be read as a table of events.")
        ) from None
    digest = hashlib.sha256(f"{source} {rows} {names}".encode())
    paths = [Path(source)] if "://" not in source else []
    files = sorted(p for path in paths if path.is_dir() for p in path.rglob("*") if p.is_file())
    for path in files or [p for p in paths if p.is_file()]:
        size = path.stat()
        digest.update(f"{path} {size.st_size} {size.st_mtime_ns}\n".encode())
        found.files += 1
        found.bytes += size.st_size
    found.hash = digest.hexdigest()
    found.rows = rows
    return found


def ragged(source: str) -> SourceRefused | None:
    """Say which is the first line of a CSV file with more or fewer cells than it has names.

    None: there is no such line, or it names no column of ours.
    """
    path = Path(source)
    if path.suffix != ".csv" or not path.is_file():
        return None
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = csv.reader(file)
            names = next(rows, list[str]())
            if set(NEEDED) <= set(names):
                for row in rows:
                    if row and len(row) != len(names):
                        return SourceRefused(
                            f"{source}:{rows.line_num}: has {len(row)} cells, and the first line "
                            f"names {len(names)} columns. Give each row one cell for each column; "
                            "a cell that holds a comma stands in double quotes."
                        )
    except (OSError, UnicodeDecodeError, csv.Error):
        pass
    return None


def placed(source: str, refusal: BonemetsError) -> BonemetsError:
    """Say of a table that a column of it cannot be read, where: in which file, and which line."""
    told = str(refusal)
    found = UNREAD.match(told)
    if found is None:
        return refusal
    place = source
    if (kind := READ_AS.get(str(COLUMNS[found[1]][0]))) is not None:
        with suppress(*(broken(), SourceRefused)), duck(1) as db:
            place = _first(db, source, found[1], kind) or source
    return SourceRefused(told.replace(TABLE, place))


def _first(db: Any, source: str, name: str, kind: str) -> str | None:
    """Give the file, and the line of a CSV file, of the first cell that is not of a kind."""
    read = scan(source)
    if not read.startswith("read_csv"):
        return None
    asked = (
        f'SELECT filename, n FROM (SELECT filename, "{name}" AS cell, row_number() OVER () AS n '  # noqa: S608 (the name is ours, the source is quoted)
        f"FROM {read.removesuffix(')')}, filename = true)) "
        f"WHERE cell <> '' AND TRY_CAST(cell AS {kind}) IS NULL ORDER BY n LIMIT 1"
    )
    row = db.execute(asked).fetchone()
    if row is None:
        return None
    return f"{row[0]}:{row[1] + 1}" if Path(source).is_file() else str(row[0])


def split(source: str, buckets: int, state: Path, threads: int) -> int:
    """Write the rows into a folder for each bucket, and give how many have no patient."""
    spill = str(state / "spill")
    to = state / f"{EVENTS}.part"
    with duck(threads, "2GB", spill) as db:
        try:
            named = [name for name in columns_in(db, source) if name in COLUMNS]
            paths = files_in(db, source)
            own = [name for name in named if name not in WORDS]
            if can_partition(paths, own, buckets):
                with suppress(TooManyKinds):
                    without = partition(paths, own, buckets, to, threads)
                    to.rename(state / EVENTS)
                    return without
                shutil.rmtree(to)
            kept = ", ".join(
                "subject_id::VARCHAR AS subject_id" if name == "subject_id" else f'"{name}"'
                for name in named
            )
            db.execute(
                f"COPY (SELECT {kept}, (hash(subject_id::VARCHAR) % {buckets})::INTEGER AS bucket "  # noqa: S608 (names are ours, the source is quoted)
                f"FROM {scan(source)} WHERE subject_id IS NOT NULL) TO {literal(str(to))} "
                "(FORMAT parquet, PARTITION_BY (bucket), COMPRESSION zstd, OVERWRITE_OR_IGNORE)"
            )
            lost = db.execute(f"SELECT count(*) FROM {scan(source)} WHERE subject_id IS NULL")  # noqa: S608
            without = int(lost.fetchone()[0])
        except broken():
            raise SourceRefused(f"{source}: a row of it cannot be read.") from None
    to.rename(state / EVENTS)
    return without


def read_events(path: str | Path) -> Any:
    """Read events from Parquet, texts as numbers of a dictionary, without the record's words."""
    texts = [name for name, (kind, _) in COLUMNS.items() if kind in (TEXT, WORD)]
    schema = pq.ParquetDataset(path, partitioning=None).schema
    nested = {x.name for x in schema if pa.types.is_nested(x.type)}
    texts = [name for name in texts if name not in nested]
    data = pq.ParquetDataset(path, partitioning=None, read_dictionary=texts)
    return data.read([name for name in data.schema.names if name not in WORDS])


@dataclass(slots=True)
class EventBuckets:
    """Split events, ready to be read bucket by bucket."""

    state: Path
    kinds: Kinds | None = None
    """Of the rows of all buckets, once they are read."""

    def parts(self, bucket: int) -> Iterator[Any]:
        """Give the events of a bucket, some thousand patients at a time."""
        path = path_of(self.state / EVENTS, bucket)
        if path.is_file():
            self.kinds = self.kinds or kinds_of(self.state / EVENTS)
            yield from batches(read_part(path, self.kinds))
        elif (folder := self.state / EVENTS / f"bucket={bucket}").is_dir():
            yield from batches(read_events(folder))

    def results(self, bucket: int, evaluator: Evaluator) -> Iterator[dict[str, Any]]:
        """Evaluate a bucket, some thousand patients at a time."""
        with evaluator.clocked("read"):
            parts = list(self.parts(bucket))
        yield from evaluated(parts, evaluator)


def evaluated(parts: Iterable[Any], evaluator: Evaluator) -> Iterator[dict[str, Any]]:
    """Evaluate tables of events of whole patients, or parts of a split."""
    for part in parts:
        rows = part.rows if isinstance(part, Part) else part
        evaluator.tally.lines += rows.num_rows
        yield evaluator.events(part)


def record_of_patient(source: str, patient: str) -> Record | None:
    """Read one patient's rows again."""
    with duck(1) as db:
        try:
            query = f"SELECT * FROM {scan(source)} WHERE subject_id::VARCHAR = ?"  # noqa: S608
            table = db.sql(query, params=[patient]).to_arrow_table()
        except broken():
            raise SourceRefused(f"{source}: cannot be read as a table of events.") from None
    at = table.column_names.index("subject_id")
    table = table.set_column(at, "subject_id", table.column(at).cast("string"))
    return next((record for _, record in records_of(table)), None)
