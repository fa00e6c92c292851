"""Who needs action and why, most urgent first; and one patient of a cohort, explained."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, cast

from msgspec import Struct

from bonemets.api import Knowledge, assess, load_pack
from bonemets.cohort.arrow import pa, pc, pq
from bonemets.cohort.columns import Column, columns_of
from bonemets.cohort.results import Manifest
from bonemets.cohort.source import record_from
from bonemets.errors import UsageError
from bonemets.expression import URGENCIES
from bonemets.model import Assessment, ListName
from bonemets.pack.items import Alert
from bonemets.pack.trees import Trees
from bonemets.shown import date_text, numbers_text

BUCKETS: Final = "bucket-*.parquet"
MOST_WHY: Final = 6
EPOCH: Final = dt.datetime(1970, 1, 1)  # noqa: DTZ001 (Parquet has none either)


class Why(Struct, frozen=True):
    """An alert that is yes: what is asked of whom, where, and by which values."""

    alert: str
    title: str
    urgency: str
    lesion: str | None
    because: tuple[str, ...]


class Waiting(Struct, frozen=True):
    """A patient on the worklist; the most urgent alert comes first."""

    subject_id: str
    index_date: str
    urgency: str
    alerts: tuple[Why, ...]


class Worklist(Struct, frozen=True):
    """Who waits, and what every output says of itself."""

    notice: str
    knowledge: str
    knowledge_hash: str
    assumptions: tuple[str, ...]
    weaker: tuple[str, ...]
    patients: tuple[Waiting, ...]


def knowledge_of(manifest: Manifest) -> Knowledge:
    """Load the knowledge that gave the results, as it is now."""
    return load_pack(*manifest.packs, allow_weaker=manifest.allow_weaker)


def worklist(folder: Path, urgencies: Sequence[str] = URGENCIES) -> Worklist:
    """Give the patients with an alert that is yes, the most urgent first.

    As in an assessment, nothing is shown of those that the findings are not for, but alerts that
    act without a known cancer, and no alert of the dead.

    Raises:
        UsageError: the knowledge has changed since: its urgencies would be told of old findings.
    """
    manifest = Manifest.read(folder)
    knowledge = knowledge_of(manifest)
    if knowledge.engine.pack.hash != manifest.knowledge_hash:
        raise UsageError(changed(folder))
    found: dict[str, list[Why]] = {}
    days: dict[str, str] = {}
    for path in sorted((folder / "findings").glob(BUCKETS)):
        for name, day, why in _bucket(folder, path.name, knowledge, frozenset(urgencies)):
            found.setdefault(name, []).append(why)
            days[name] = day
    rows = [
        Waiting(name, days[name], whys[0].urgency, tuple(whys))
        for name, listed in found.items()
        for whys in [sorted(listed, key=_order)]
    ]
    rows.sort(key=lambda w: (URGENCIES.index(w.urgency), -len(w.alerts), w.subject_id))
    return Worklist(
        manifest.notice,
        manifest.knowledge,
        manifest.knowledge_hash,
        manifest.assumptions,
        manifest.weaker,
        tuple(rows),
    )


def changed(folder: Path) -> str:
    """Say that old findings would be told by new knowledge."""
    return f"{folder}: the knowledge has changed since the cohort was assessed. Assess it anew."


def _order(why: Why) -> tuple[int, str, str]:
    return URGENCIES.index(why.urgency), why.alert, why.lesion or ""


def _bucket(
    folder: Path, name: str, knowledge: Knowledge, urgencies: frozenset[str]
) -> Iterator[tuple[str, str, Why]]:
    """Give the alerts that are yes in one bucket."""
    pack, trees = knowledge.engine.pack, knowledge.engine.trees
    columns = columns_of(knowledge.engine)
    patients = folder / "findings" / name
    keys = ["subject_id", "index_date", "in_scope"]
    if any(c.name == "scope_dead" for c in columns):
        keys.append("scope_dead")
    head = pq.read_table(patients, columns=keys)
    ids: list[str] = head.column("subject_id").to_pylist()
    scope: list[bool] = head.column("in_scope").to_pylist()
    dead = head.column("scope_dead").to_pylist() if len(keys) > 3 else ["no"] * len(ids)
    open_ = {n: s for n, s, d in zip(ids, scope, dead, strict=True) if d != "yes"}
    for table in ("findings", "lesion_findings"):
        path = folder / table / name
        mine = [
            c
            for c in columns
            if c.table == table and c.key[0] == "alert" and pack.alerts[c.item].urgency in urgencies
        ]
        read = ["subject_id", "index_date", *(c.name for c in mine)]
        if table == "lesion_findings":
            read.append("lesion")
        of = pq.read_table(path, columns=read)
        for column in mine:
            alert = pack.alerts[column.item]
            rows = pc.indices_nonzero(pc.equal(of.column(column.name).cast(pa.string()), "yes"))
            hit = of.select([c for c in read if not c.startswith("alert_")]).take(rows)
            taken = [
                row
                for row in hit.to_pylist()
                if row["subject_id"] in open_
                and (open_[row["subject_id"]] or alert.without_known_cancer)
            ]
            if taken:
                names = trees.names(trees.of(alert)[("when",)])
                yield from _why(folder, name, trees, columns, alert, names, taken)


def _why(
    folder: Path,
    name: str,
    trees: Trees,
    columns: tuple[Column, ...],
    alert: Alert,
    names: Sequence[str],
    rows: list[dict[str, Any]],
) -> Iterator[tuple[str, str, Why]]:
    """Give an alert with the values, of what its condition names, that are known."""
    wanted = set(names)
    shown: dict[tuple[str, str | None], list[str]] = {}
    asked = pa.array([row["subject_id"] for row in rows])
    for table in ("facts", "findings", "lesion_facts", "lesion_findings"):
        mine = [c for c in columns if c.table == table and c.item in wanted and _is_variable(c)]
        if not mine:
            continue
        of_lesion = table.startswith("lesion_")
        read = ["subject_id", *(["lesion"] if of_lesion else [])]
        read += [n for c in mine for n in c.names]
        of = pq.read_table(folder / table / name, columns=read)
        of = of.filter(pc.is_in(of.column("subject_id"), value_set=asked))
        for row in of.to_pylist():
            key = row["subject_id"], row.get("lesion")
            for c in mine:
                text = value_text(c, row, trees)
                if text:
                    shown.setdefault(key, []).append(text)
    for row in rows:
        who, lesion = row["subject_id"], row.get("lesion")
        because = [*shown.get((who, lesion), [])]
        if lesion is not None:
            because += shown.get((who, None), [])
        yield (
            who,
            row["index_date"].isoformat(),
            Why(
                alert.id,
                alert.title,
                alert.urgency,
                lesion,
                tuple(dict.fromkeys(because))[:MOST_WHY],
            ),
        )


def _is_variable(c: Column) -> bool:
    return not c.key or c.key[0] == "variable"


def value_text(c: Column, row: dict[str, Any], trees: Trees) -> str:
    """Tell a value in words; nothing where nothing is known."""
    if c.form in ("truth", "mask"):
        value = row[c.name]
        if value in (None, "unknown", "no"):
            return ""
        text = cast("str", value).replace("_", " ").replace("|", " or ")
        return c.title if text == "yes" else f"{c.title}: {text}"
    low, high = (row[n] for n in c.names)
    if low is None and high is None:
        return ""
    if c.form == "date":
        low, high = (None if x is None else (x - EPOCH).total_seconds() for x in (low, high))
    low, high = -math.inf if low is None else low, math.inf if high is None else high
    if c.form == "date":
        return f"{c.title} {date_text(low, high)}"
    variable = trees.pack.variables.get(c.item)
    decimals = variable.decimals if variable is not None else 0
    return f"{c.title} {numbers_text(low, high, decimals, c.unit, trees.compared_with(c.item))}"


# --- shown ---------------------------------------------------------------------------------------


def rows_of(listed: Worklist) -> list[dict[str, Any]]:
    """Give a worklist as rows, one for each alert."""
    return [
        {
            "subject_id": w.subject_id,
            "index_date": w.index_date,
            "urgency": why.urgency,
            "alert": why.alert,
            "title": why.title,
            "lesion": why.lesion or "",
            "because": "; ".join(why.because),
        }
        for w in listed.patients
        for why in w.alerts
    ]


def as_text(listed: Worklist, most: int) -> str:
    """Write the first patients of a worklist for people."""
    lines: list[str] = []
    for w in listed.patients[:most]:
        lines.append(
            f"{w.urgency.replace('_', ' ').upper()}  {w.subject_id}  (as of {w.index_date})"
        )
        for why in w.alerts:
            place = f" at {why.lesion}" if why.lesion else ""
            because = f": {'; '.join(why.because)}" if why.because else ""
            lines.append(f"    {why.urgency.replace('_', ' ')}: {why.title}{place}{because}")
    if (more := len(listed.patients) - most) > 0:
        lines.append(f"and {more:,} more patients; --most N shows them, csv all")
    if not listed.patients:
        lines.append("No alert is yes for any patient.")
    lines += ["", f"Knowledge {listed.knowledge} ({listed.knowledge_hash[:12]})."]
    lines += [f"Assumed: {said}" for said in listed.assumptions]
    lines += [f"Weaker: {said}" for said in listed.weaker]
    lines.append(listed.notice)
    return "\n".join(lines) + "\n"


# --- one patient ---------------------------------------------------------------------------------


def assessed(folder: Path, patient: str) -> tuple[Assessment, tuple[str, ...]]:
    """Give the explained assessment of one patient, and what has changed since the cohort ran.

    Raises:
        UsageError: the cohort has no such patient, or its source is gone.
    """
    manifest = Manifest.read(folder)
    knowledge = knowledge_of(manifest)
    notes: list[str] = []
    if knowledge.engine.pack.hash != manifest.knowledge_hash:
        notes.append("the knowledge has changed since the cohort was assessed")
    record, changed = record_from(manifest, patient)
    if changed:
        notes.append("the source has changed since the cohort was assessed")
    if record is None:
        raise UsageError("no such patient in the source of this cohort.")
    day = None if manifest.index_date is None else dt.date.fromisoformat(manifest.index_date)
    done = assess(
        record,
        knowledge,
        index_date=day,
        assume_complete=cast("tuple[ListName, ...]", manifest.assumed),
        run_date=dt.date.fromisoformat(manifest.run_date),
    )
    return done, tuple(notes)
