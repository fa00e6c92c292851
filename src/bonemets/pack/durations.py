"""Durations as knowledge files write them."""

from __future__ import annotations

import re
from typing import Final

DURATION: Final = re.compile(
    r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?\Z"
)


def duration_seconds(text: str) -> int:
    """Give an ISO 8601 duration in seconds.

    A month is 30.4375 days and a year 365.25 (windows only, never ages).

    Raises:
        ValueError: where the text is no such duration.
    """
    match = DURATION.match(text)
    if not match or text in ("P", "PT") or text.endswith("T"):
        raise ValueError("no ISO 8601 duration")
    years, months, weeks, days, hours, minutes = (int(g or 0) for g in match.groups())
    return (
        round((years * 365.25 + months * 30.4375 + weeks * 7 + days) * 86400)
        + hours * 3600
        + minutes * 60
    )
