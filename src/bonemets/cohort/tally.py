"""Counts that add up over buckets: what was read, what was not, and what was found."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any, Final

import msgspec
from msgspec import Struct, field

from bonemets.cohort.fhir_types import type_shown
from bonemets.model import Record

MOST: Final = 20_000
"""So many distinct codes (and other things that a source can make up) are told apart."""
REST: Final = "(others)"

_PART: Final = re.compile(r"[A-Za-z][A-Za-z.\[\]0-9]{0,60}", re.ASCII)
_REFERS: Final = re.compile(r"refers to ([A-Z][A-Za-z]+)/\S+, which the record does not hold")

Counts = dict[str, int]


class Tally(Struct, kw_only=True):
    """What was counted in a part of a cohort. No count holds a value or an identifier."""

    patients: int = 0
    in_scope: int = 0
    lesions: int = 0
    events: int = 0
    lines: int = 0
    results: dict[str, Counts] = field(default_factory=dict[str, Counts])
    """Column -> what it says -> how many patients (lesions)."""
    results_plain: dict[str, Counts] = field(default_factory=dict[str, Counts])
    """The same without the assumption that lists are complete; empty where none was made."""
    states: dict[str, Counts] = field(default_factory=dict[str, Counts])
    """Variable -> `recorded`, `perhaps` or `silent` -> how many patients (lesions)."""
    codes: Counts = field(default_factory=dict[str, int])
    """Codes that no variable knows."""
    units: Counts = field(default_factory=dict[str, int])
    """Units that the variable does not know, and values without any."""
    unusable: Counts = field(default_factory=dict[str, int])
    """Why values could not be used, by variable."""
    words: dict[str, Counts] = field(default_factory=dict[str, Counts])
    """Column of a table of events -> words that are none of its -> how many rows."""
    set_aside: Counts = field(default_factory=dict[str, int])
    """What the reader did not use, and why."""
    ignored: Counts = field(default_factory=dict[str, int])
    """Types of resource that say nothing here, and what came twice."""
    refused: Counts = field(default_factory=dict[str, int])
    """Patients that could not be read, by reason."""
    seconds: dict[str, float] = field(default_factory=dict[str, float])
    """Processor time by stage."""

    def add(self, other: Tally) -> None:
        """Add another part's counts."""
        for name in ("patients", "in_scope", "lesions", "events", "lines"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("codes", "units", "unusable", "set_aside", "ignored", "refused"):
            merge(getattr(self, name), getattr(other, name))
        for name in ("results", "results_plain", "states", "words"):
            mine: dict[str, Counts] = getattr(self, name)
            for key, counts in getattr(other, name).items():
                merge(mine.setdefault(key, {}), counts)
        for stage, spent in other.seconds.items():
            self.seconds[stage] = self.seconds.get(stage, 0.0) + spent


def count(into: Counts, what: str, times: int = 1) -> None:
    """Count something; beyond the most that are told apart, among the others."""
    if what not in into and len(into) >= MOST:
        what = REST
    into[what] = into.get(what, 0) + times


def count_aside(tally: Tally, what: str, why: str, times: int) -> None:
    """Count what was set aside; of its place no more than the name of a field."""
    reason = _REFERS.sub(r"refers to a \1 that the source does not hold", why)
    shown = what if _PART.fullmatch(what) else ""
    count(tally.set_aside, f"{shown}: {reason}".removeprefix(": "), times)


def times_of(where: str) -> int:
    """Read how often a thing was set aside that is told once for many places."""
    number, _, rest = where.partition(" ")
    return int(number) if rest == "more places" and number.isdigit() else 1


def count_unread(tally: Tally, record: Record) -> None:
    """Count what the reader did not use of a record."""
    for aside in record.set_aside:
        count_aside(tally, aside.what, aside.why, times_of(aside.where))
    for what, times in record.ignored:
        count(tally.ignored, type_shown(what), times)


def merge(into: Counts, other: Counts | Counter[str]) -> None:
    """Add counts."""
    for what, times in other.items():
        count(into, what, times)


def most_frequent(counts: Counts) -> list[tuple[str, int]]:
    """Give counts, the largest first, equal ones by name."""
    return sorted(counts.items(), key=lambda x: (-x[1], x[0]))


def packed(tally: Tally) -> bytes:
    """Write a tally."""
    return msgspec.json.encode(tally)


def unpacked(data: bytes | Any) -> Tally:
    """Read a tally."""
    return msgspec.json.decode(data, type=Tally)
