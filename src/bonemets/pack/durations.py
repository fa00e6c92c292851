"""Durations as knowledge files write them: windows, clocks and times to act by."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from bonemets.expression import URGENCIES

DURATION: Final = re.compile(
    r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?\Z"
)
SECONDS: Final = {
    "year": 31_557_600,
    "month": 2_629_800,
    "week": 604_800,
    "day": 86_400,
    "hour": 3_600,
    "minute": 60,
}
"""A month is 30.4375 days and a year 365.25 (windows and clocks only, never ages)."""
HOUR: Final = 3600
UNTIL: Final = (
    (HOUR, "now"),
    (24 * HOUR - 1, "today"),
    (24 * HOUR, "within_24_hours"),
    (7 * 24 * HOUR, "this_week"),
)
"""The longest time to act of each class, in seconds; beyond the last it is the next visit."""


def duration_parts(text: str) -> dict[str, int]:
    """Give the parts of an ISO 8601 duration by their unit.

    Raises:
        ValueError: where the text is no such duration.
    """
    match = DURATION.match(text)
    if not match or text in ("P", "PT") or text.endswith("T"):
        raise ValueError("no ISO 8601 duration")
    return {unit: int(n or 0) for unit, n in zip(SECONDS, match.groups(), strict=True)}


@lru_cache(maxsize=4096)
def duration_seconds(text: str) -> int:
    """Give an ISO 8601 duration in seconds.

    Raises:
        ValueError: where the text is no such duration.
    """
    return sum(n * SECONDS[unit] for unit, n in duration_parts(text).items())


@lru_cache(maxsize=4096)
def urgency_of(act_by: str) -> str:
    """Give the class of urgency that a time to act falls in."""
    seconds = duration_seconds(act_by)
    return next((name for most, name in UNTIL if seconds <= most), URGENCIES[-1])
