"""One bucket: its lines -> records -> findings and facts as Parquet, and its counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from bonemets.cohort.castings import Castings
from bonemets.cohort.columnar import tables_of
from bonemets.cohort.columns import TABLES
from bonemets.cohort.evaluate import BATCH, Evaluator, joined
from bonemets.cohort.moulds import Moulds
from bonemets.cohort.shared import Shared, name_of
from bonemets.cohort.sheet import Sheet
from bonemets.cohort.split import GONE, Split, index_of, lines_of, rows_in
from bonemets.cohort.storage import STATE, Folder
from bonemets.cohort.tally import Tally, count, packed
from bonemets.collector import uncollected
from bonemets.errors import RecordRefused
from bonemets.facts.table import hits
from bonemets.model import Record
from bonemets.readers.fhir import parse_json, read_tree
from bonemets.readers.fhir.nodes import node

SPLIT, DONE = "rows", "done"
"""Folders of the state: what was split, and the counts of finished buckets."""


def split_path(state: Path, part: int) -> Path:
    """Name the file of a part."""
    return state / SPLIT / f"part-{part:06d}"


def done_name(bucket: int) -> str:
    """Name the mark of a finished bucket, which holds its counts."""
    return f"{STATE}/{DONE}/bucket-{bucket:05d}.json"


class Parts(Protocol):
    """Something that is split into buckets."""

    def results(self, bucket: int, evaluator: Evaluator) -> Iterator[dict[str, Any]]:
        """Evaluate a bucket, some patients at a time: the four tables of each lot."""
        ...


class Lines:
    """Lines of resources by bucket, and what they name: what shared lines and what is gone."""

    shared: Shared | None
    gone: frozenset[bytes]
    moulds: Moulds
    castings: Castings | None = None

    def rows(self, bucket: int) -> Any:
        """Give the lines of a bucket, as `sheet.py` says."""
        raise NotImplementedError

    def results(self, bucket: int, evaluator: Evaluator) -> Iterator[dict[str, Any]]:
        """Evaluate a bucket, some thousand patients at a time."""
        if self.castings is None:
            pack = evaluator.knowledge.engine.pack
            self.castings = Castings(evaluator.fresh, pack, self.named, self.moulds)
        with evaluator.clocked("read"):
            rows = self.rows(bucket)
        with evaluator.clocked("columns of events"), uncollected():
            sheet = self.castings.sheet(rows)
            del rows
        for start in range(0, len(sheet.names), BATCH):
            first, last = np.searchsorted(sheet.patient, [start, start + BATCH]).tolist()
            some = sheet.of_lines(np.arange(first, last))
            with evaluator.clocked("columns of events"), uncollected():
                lot = self.castings.lot(
                    self.kept(some),
                    evaluator.tally,
                    lambda key, tally, of=some: self.record(key, of.lines_of(key), tally),
                )
            yield tables_of(evaluator, lot)

    def kept(self, sheet: Sheet) -> Sheet:
        """Leave out what was deleted."""
        if not self.gone:
            return sheet
        lines = (sheet.line(n) for n in range(len(sheet.patient)))
        return sheet.of_lines(hits(np.array([self.there(line) for line in lines], bool)))

    def there(self, line: bytes) -> bool:
        """Say whether a resource was not deleted."""
        return b"/".join(name_of(line)) not in self.gone

    def named(self, name: bytes) -> list[bytes]:
        """Give the shared resources of a name, and those that these name."""
        if self.shared is None:
            return []
        return [x for x in self.shared.named_in([b'"' + name + b'"']) if self.there(x)]

    def record(self, key: str, lines: list[bytes], tally: Tally) -> Record | None:
        """Read one patient as a Bundle of all that is known of it is read; None where refused."""
        if self.shared is not None:
            lines = lines + self.shared.named_in(lines)
        return one_record(key, lines, self.gone, tally)


@dataclass(slots=True)
class Buckets(Lines):
    """What the splitting left, ready to be read bucket by bucket."""

    state: Path
    parts: int
    moulds: Moulds = field(default_factory=Moulds)
    indexes: list[tuple[Path, Split]] = field(init=False)
    shared: Shared | None = field(init=False)
    gone: frozenset[bytes] = field(init=False)

    def __post_init__(self) -> None:
        """Read where everything stands."""
        paths = [split_path(self.state, n) for n in range(self.parts)]
        self.indexes = [(path, index_of(path)) for path in paths]
        self.shared = Shared.open(self.state)
        self.gone = frozenset(x for p, i in self.indexes for x in lines_of(p, i, GONE))

    def rows(self, bucket: int) -> Any:
        """Give the lines of a bucket."""
        return rows_in(self.indexes, bucket)


def one_record(key: str, lines: list[bytes], gone: frozenset[bytes], tally: Tally) -> Record | None:
    """Read the lines of one patient as a Bundle of them is read; None where it is refused."""
    trees: list[Any] = []
    for line in lines:
        try:
            tree = node(parse_json(line, "line"))
        except RecordRefused as refusal:
            count(tally.refused, f"a line: {refusal.faults[0].code}")
            continue
        if not gone or _name(tree) not in gone:
            trees.append(tree)
    if not trees:
        return None
    alone = len(trees) == 1 and trees[0].get("resourceType") == "Bundle"
    entries = [{"resource": tree} for tree in trees]
    try:
        return read_tree(trees[0] if alone else {"resourceType": "Bundle", "entry": entries}, key)
    except RecordRefused as refusal:
        count(tally.refused, f"a patient: {refusal.faults[0].code}")
    except Exception as error:  # noqa: BLE001  (one record must not end a run; it is counted)
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        at = "" if trace is None else f" at line {trace.tb_lineno}"
        count(tally.refused, f"a patient: a fault of ours ({type(error).__name__}{at})")
    return None


def _name(tree: dict[str, Any]) -> bytes:
    return f"{tree.get('resourceType')}/{tree.get('id')}".encode("utf-8", "replace")


def do_bucket(source: Parts, evaluator: Evaluator, to: Folder, bucket: int) -> None:
    """Evaluate a bucket, and write its files, then the mark that it is finished."""
    evaluator.tally = Tally()
    parts = list(source.results(bucket, evaluator)) or [evaluator.batch([])]
    with evaluator.clocked("write"):
        tables = joined(parts)
        for name in TABLES:
            to.write_table(f"{name}/bucket-{bucket:05d}.parquet", tables[name])
    to.write(done_name(bucket), packed(evaluator.tally))
