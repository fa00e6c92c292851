"""What stands beside the tables: manifest, dictionary, counts, report of reading, summary page.

Whatever is told of a group is told of none smaller than the smallest cell that may be shown.
"""

from __future__ import annotations

import csv
import io
import re
import sys
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
import numpy as np
from msgspec import Struct

from bonemets.assess import NOTICE
from bonemets.cohort.arrow import pa
from bonemets.cohort.columns import Column, columns_of, dictionary
from bonemets.cohort.evaluate import assumptions
from bonemets.cohort.files import Source
from bonemets.cohort.tally import Counts, Tally, most_frequent
from bonemets.errors import SourceRefused, UsageError

if TYPE_CHECKING:
    from bonemets.cohort.run import Run
    from bonemets.cohort.worker import Plan

MANIFEST: Final = "manifest.json"
READING: Final = "reading.json"
FORMAT: Final = "bonemets cohort 1"
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the start of a formula."""


class Manifest(Struct, frozen=True, kw_only=True):
    """What a folder of results is of."""

    format: str
    notice: str
    source: str
    source_hash: str
    """Of the listing of the source: names, lengths and times of its files."""
    files: int
    bytes: int
    missing_files: tuple[str, ...]
    knowledge: str
    knowledge_hash: str
    weaker: tuple[str, ...]
    packs: tuple[str, ...]
    """Folders laid over our knowledge."""
    allow_weaker: bool
    index_date: str | None
    """None: of each patient, the newest clinical day of its record."""
    run_date: str
    assumptions: tuple[str, ...]
    assumed: tuple[str, ...]
    patients: int
    in_scope: int
    lesions: int
    events: int
    lines: int
    refused: int
    buckets: int
    small_cells: int
    versions: dict[str, str]
    seconds: dict[str, float]
    """Processor time by stage, over all processes."""
    columns_without_meaning: tuple[str, ...] = ()
    """Of a table of events."""
    words_not_understood: dict[str, int] = {}
    """Column of such a table -> how many rows have a word there that is none of its."""

    @staticmethod
    def decoded(data: bytes) -> Manifest:
        """Read a manifest from its text."""
        return msgspec.json.decode(data, type=Manifest)

    @staticmethod
    def read(folder: Path) -> Manifest:
        """Read the manifest of a finished cohort.

        Raises:
            UsageError: there is none.
        """
        try:
            return Manifest.decoded((folder / MANIFEST).read_bytes())
        except FileNotFoundError:
            if (folder / ".state").exists():
                message = "it is not finished. Call `bonemets cohort` again as before."
            else:
                message = "this is no folder of results of `bonemets cohort`."
            raise UsageError(f"{folder}: {message}") from None
        except (msgspec.DecodeError, OSError):
            raise SourceRefused(f"{folder}: its manifest cannot be read.") from None


# --- small cells ---------------------------------------------------------------------------------


def suppressed(counts: Counts, least: int) -> dict[str, int | None]:
    """Give counts without small cells (None); 0 is told.

    The total tells what the hidden ones are together: the next smallest is hidden too where one
    cell alone would be, or where all that are hidden make less than a cell that may be told.
    """
    shown: dict[str, int | None] = {k: None if 0 < n < least else n for k, n in counts.items()}
    hidden = [n for k, n in counts.items() if shown[k] is None]
    others = sorted((n, k) for k, n in shown.items() if n)
    for n, k in others:
        if not hidden or (len(hidden) > 1 and sum(hidden) >= least):
            break
        shown[k] = None
        hidden.append(n)
    return shown


def cell(count: int | None, least: int) -> str:
    """Write a count."""
    return f"fewer than {least}, or hidden beside such" if count is None else str(count)


def told(counts: Counts, least: int) -> dict[str, Any]:
    """Give counts, the most frequent first; those too small are told together."""
    large = {k: n for k, n in most_frequent(counts) if n >= max(least, 1)}
    small = [n for n in counts.values() if n < max(least, 1)]
    return {"counts": large, "others_each_fewer": least if small else None, "others": len(small)}


WORD: Final = re.compile(r"[^\W\d]+(?:[ _-][^\W\d]+){0,2}|[<>=!~\u2264\u2265]{1,3}")
"""What is told as a word: no number, date, identifier or sentence."""
MOST_WORDS: Final = 20


def told_words(counts: Counts, least: int) -> dict[str, Any]:
    """Give in how many rows a column has no word of its own, and the most frequent of the others.

    A word is told where it is one, and not of fewer rows than may be told.
    """
    large = [
        (word, n)
        for word, n in most_frequent(counts)
        if n >= max(least, 1) and len(word) <= MOST_WORDS and WORD.fullmatch(word)
    ]
    return {"rows": sum(counts.values()), "counts": dict(large[:MOST_WORDS])}


def harmless(text: object) -> str:
    """Give a text for a cell of a table, so that no spreadsheet runs it."""
    written = str(text)
    return f"'{written}" if written.startswith(FORMULA) else written


def as_csv(rows: list[dict[str, Any]]) -> str:
    """Write rows as CSV."""
    out = io.StringIO()
    if rows:
        writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows([{k: harmless(v) for k, v in row.items()} for row in rows])
    return out.getvalue()


# --- the results ---------------------------------------------------------------------------------


def count_rows(columns: tuple[Column, ...], tally: Tally, least: int) -> list[dict[str, Any]]:
    """Give for each finding and each of its values how many patients or lesions have it."""
    rows: list[dict[str, Any]] = []
    for column in columns:
        plain = suppressed(tally.results_plain.get(column.name, {}), least)
        found = suppressed(tally.results.get(column.name, {}), least)
        for value in dict.fromkeys((*sorted(found), *sorted(plain))):
            row = {
                "table": column.table,
                "column": column.name,
                "title": column.title,
                "value": value,
                "count": cell(found.get(value, 0), least),
            }
            if tally.results_plain:
                row["count_without_assumption"] = cell(plain.get(value, 0), least)
            rows.append(row)
    return rows


def missing_rows(columns: tuple[Column, ...], tally: Tally, least: int) -> list[dict[str, Any]]:
    """Give for each variable how many records say something of it, the least known first."""
    rows: list[tuple[float, dict[str, Any]]] = []
    by_name = {c.name: c for c in columns if "facts" in c.table}
    for name, counts in tally.states.items():
        column = by_name.get(name)
        if column is None:
            continue
        total = sum(counts.values())
        shown = suppressed(counts, least)
        row = {
            "variable": name,
            "title": column.title,
            "of": "lesion" if column.table.startswith("lesion_") else "patient",
            **{state: cell(shown.get(state, 0), least) for state in counts},
        }
        rows.append((counts.get("silent", 0) / max(total, 1), row))
    rows.sort(key=lambda x: (-x[0], x[1]["variable"]))
    return [row for _, row in rows]


def reading_report(
    tally: Tally, faults: Counts, listed: Source, least: int
) -> dict[str, dict[str, Any] | int | list[str]]:
    """Say what was read, what was not, and why; the most frequent first."""
    return {
        "files": listed.files,
        "missing_files": listed.missing,
        "columns_without_meaning": listed.strange,
        "lines": tally.lines,
        "lines_not_read": dict(most_frequent(faults)),
        "patients": tally.patients,
        "refused": dict(most_frequent(tally.refused)),
        "events": tally.events,
        "codes_not_understood": told(tally.codes, least),
        "units_not_understood": told(tally.units, least),
        "values_not_usable": told(tally.unusable, least),
        "words_not_understood": {c: told_words(tally.words[c], least) for c in sorted(tally.words)},
        "set_aside": told(tally.set_aside, least),
        "resources_without_meaning_here": dict(most_frequent(tally.ignored)),
    }


def write_results(run: Run, listed: Source, plan: Plan, tally: Tally, faults: Counts) -> Manifest:
    """Write everything that stands beside the tables; the manifest last."""
    from bonemets.cohort.page import summary_page

    engine, to = run.knowledge.engine, run.folder
    columns = columns_of(engine)
    manifest = manifest_of(run, listed, plan, tally)
    least = run.small_cells
    reading = reading_report(tally, faults, listed, least)
    findings = tuple(c for c in columns if "findings" in c.table)
    to.write("dictionary.csv", as_csv(list(dictionary(columns))))
    to.write("counts.csv", as_csv(count_rows(findings, tally, least)))
    to.write("missing.csv", as_csv(missing_rows(columns, tally, least)))
    to.write(READING, _json(reading))
    page = summary_page(run.knowledge.engine.pack, manifest, columns, tally, reading)
    to.write("summary.html", page)
    to.write(MANIFEST, _json(manifest))
    return manifest


def manifest_of(run: Run, listed: Source, plan: Plan, tally: Tally) -> Manifest:
    """Say what the results are of."""
    import datetime as dt

    pack = run.knowledge.engine.pack
    return Manifest(
        format=FORMAT,
        notice=NOTICE,
        source=str(run.source),
        source_hash=listed.hash,
        files=listed.files,
        bytes=listed.bytes,
        missing_files=tuple(listed.missing),
        columns_without_meaning=tuple(listed.strange),
        words_not_understood={c: sum(n.values()) for c, n in sorted(tally.words.items())},
        knowledge=pack.version,
        knowledge_hash=pack.hash,
        weaker=pack.weaker,
        packs=run.packs,
        allow_weaker=run.allow_weaker,
        index_date=plan.index_date,
        run_date=(dt.date(1970, 1, 1) + dt.timedelta(plan.run)).isoformat(),
        assumptions=assumptions(plan.assumed),
        assumed=plan.assumed,
        patients=tally.patients,
        in_scope=tally.in_scope,
        lesions=tally.lesions,
        events=tally.events,
        lines=tally.lines,
        refused=sum(n for why, n in tally.refused.items() if why.startswith("a patient")),
        buckets=plan.buckets,
        small_cells=run.small_cells,
        versions={
            "bonemets": version("bonemets"),
            "python": sys.version.split()[0],
            "numpy": np.__version__,
            "pyarrow": pa.__version__,
            **run.versions(),
        },
        seconds={stage: round(spent, 3) for stage, spent in tally.seconds.items()},
    )


def _json(value: Any) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"
