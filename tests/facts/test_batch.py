"""Many patients at once give what each gives alone.

On every readable record of the shared folder.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from bonemets.api import load_pack
from bonemets.engine import BatchFindings, Engine, One
from bonemets.errors import RecordRefused
from bonemets.model import Record
from bonemets.readers.fhir import read
from bonemets.readers.times import newest

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(os.environ.get("BONEMETS_SHARED_DATA") or ROOT.parent / "shared" / "data" / "fhir")
DAY = 86_400
FAR = 2**40


def readable() -> list[Record]:
    found: list[Record] = []
    for path in sorted(FOLDER.rglob("*.json")):
        try:
            found.append(read(path.read_bytes(), path.name))
        except RecordRefused:
            continue
    return found


def last_day(record: Record) -> int:
    """The end of the day of the newest clinical time."""
    second = newest(record.events, FAR)
    return ((second or 0) // DAY + 1) * DAY - 1


def registers(
    engine: Engine, batch: BatchFindings, rank: int, flat: list[int], one: One
) -> list[tuple[object, object]]:
    """Each output register of a patient: in the batch and alone."""
    pairs: list[tuple[object, object]] = []
    for entry in engine.results.values():
        for at in range(entry.at, entry.at + (2 if entry.form in ("number", "date") else 1)):
            many, alone = batch.registers[at], one.registers[at]
            if entry.entity == "patient":
                pairs.append((many if np.ndim(many) == 0 else many[rank], alone))
                continue
            many = many[0] if isinstance(many, tuple) else many
            for j, number in enumerate(flat):
                pairs.append((many if np.ndim(many) == 0 else many[number], alone[j]))
    return pairs


def facts(
    batch: BatchFindings, rank: int, flat: list[int], one: One
) -> list[tuple[object, object]]:
    """The facts and their recorded states of a patient, as columns: in the batch and alone."""
    many, alone = batch.selection.picked, one.selection.picked
    here, there = batch.selection.base, one.selection.base
    numbers, masks, wide = list[tuple[int, int]](), list[tuple[int, int]](), list[tuple[int, int]]()
    for v in one.selection.variables:
        members = [rank] if v.entity == "patient" else flat
        a, b = here[v.id], there[v.id]
        kind = numbers if v.type in ("number", "date") else masks if a < many.split else wide
        kind += [(a + member, b + j) for j, member in enumerate(members)]
    pairs: list[tuple[object, object]] = []
    for name, places, less in (
        ("low", numbers, (0, 0)),
        ("high", numbers, (0, 0)),
        ("mask", masks, (0, 0)),
        ("wide", wide, (many.split, alone.split)),
        ("state", numbers + masks + wide, (0, 0)),
    ):
        at = np.array(places, np.int64).reshape(-1, 2) - less
        columns = getattr(many, name)[at[:, 0]], getattr(alone, name)[at[:, 1]]
        pairs.append((columns[0].tolist(), columns[1].tolist()))
    return pairs


@pytest.mark.skipif(not FOLDER.is_dir(), reason="no folder of records: set BONEMETS_SHARED_DATA")
def test_all_readable_records_together_give_what_each_gives_alone():
    engine: Engine = load_pack().engine
    records = readable()
    assert len(records) > 100
    moments = [last_day(r) for r in records]
    batch = engine.evaluate(records, moments)
    compared, lesions, flat = 0, 0, batch.flat
    for i, (record, moment) in enumerate(zip(records, moments, strict=True)):
        one, rank = engine.run_one(record, moment), batch.rank_of[i]
        own = batch, rank, flat[rank], one
        for many, alone in facts(*own) + registers(engine, *own):
            assert many == alone, record.name
            compared += len(many) if isinstance(many, list) else 1
        lesions += len(one.placed.lesions)
    assert compared > 100 * len(engine.selector.variables)
    assert lesions > 0
