"""The answer key: the definitions once more, in plain Python on decimal numbers.

And the comparison of what an engine wrote with it, cell by cell.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

from bulk import INDEX
from peers.patients import METASTASIS

COLUMNS = ("age", "metastasis", "corrected", "grade", "clearance", "contraindicated")
EDGES = ((4, "13.5"), (3, "12.5"), (2, "11.5"), (1, "10.5"))
CLOSE = 1e-5
"""So far may two numbers differ: engines keep 8 decimals, or what a double holds."""

Row = tuple[Any, ...]


def answers(resources: list[dict[str, Any]]) -> Row:
    """Give one patient's identifier and cells, None where the definitions give no value."""
    person = resources[0]
    born = dt.date.fromisoformat(person["birthDate"])
    age = INDEX.year - born.year - ((INDEX.month, INDEX.day) < (born.month, born.day))
    coded = [(r, r["code"]["coding"][0]["code"]) for r in resources if "code" in r]
    metastasis = any(c == METASTASIS and r["resourceType"] == "Condition" for r, c in coded)

    def latest(code: str) -> Decimal | None:
        dated = [
            (r["effectiveDateTime"], r["valueQuantity"]["value"])
            for r, c in coded
            if c == code and r["resourceType"] == "Observation" and r["status"] == "final"
        ]
        return Decimal(str(max(dated)[1])) if dated else None

    calcium, albumin = latest("17861-6"), latest("1751-7")
    creatinine, weight = latest("2160-0"), latest("29463-7")
    corrected = grade = clearance = contraindicated = None
    if calcium is not None and albumin is not None:
        corrected = calcium + Decimal("0.8") * (4 - albumin)
        grade = next((g for g, edge in EDGES if corrected > Decimal(edge)), 0)
    if creatinine is not None and weight is not None:
        factor = Decimal("0.85") if person["gender"] == "female" else 1
        clearance = (140 - age) * weight / (72 * creatinine) * factor
        contraindicated = clearance < 30
    return person["id"], age, metastasis, corrected, grade, clearance, contraindicated


def cell(text: str) -> bool | float | None:
    """Read what an engine wrote: true, false, a number, or nothing."""
    word = text.strip().lower()
    if word in ("true", "false"):
        return word == "true"
    return float(word) if word else None


def same(wanted: Any, given: Any) -> bool:
    """Say whether a cell holds what the key holds: the same kind of thing, and as much."""
    if wanted is None or given is None or isinstance(wanted, bool) or isinstance(given, bool):
        return wanted is given
    return abs(float(wanted) - given) <= CLOSE


def differences(key: Iterable[Row], written: Path) -> Counter[str]:
    """Count the cells that differ from the key: "grade: 1 for unknown" and the like."""
    with written.open(encoding="utf-8", newline="") as file:
        found = {row["id"]: row for row in csv.DictReader(file)}
    told: Counter[str] = Counter()
    for identity, *wanted in key:
        row = found.pop(identity, None)
        if row is None:
            told["patients that are not there"] += 1
            continue
        for column, value in zip(COLUMNS, wanted, strict=True):
            given = cell(row[column])
            if not same(value, given):
                told[f"{column}: {shown(given)} instead of {shown(value)}"] += 1
    if found:
        told["patients whom nobody has drawn"] += len(found)
    return told


def shown(value: Any) -> str:
    """Name a cell in a count: truths by name, numbers as such."""
    if value is None:
        return "unknown"
    return str(value).lower() if isinstance(value, bool) else "a number"
