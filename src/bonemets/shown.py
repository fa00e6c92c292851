"""Numbers, units, moments and lists as people write them."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Sequence
from typing import Final

from bonemets.model import LONG_AGO
from bonemets.values import INF

TRUST_MARKS: Final = {"unread": " (source not read)", "ours": " (our rule)"}
"""What stands beside a finding whose weakest line is one of these; the others bear no mark."""


def shown_number(value: float, decimals: int, edges: Iterable[float]) -> str:
    """Show a number to some decimals, half up, never across an edge: 29.96 is "just under 30"."""
    scale = 10.0**decimals
    shown = math.floor(value * scale + 0.5) / scale
    for edge in edges:
        if value < edge <= shown:
            return f"just under {edge:g}"
        if shown <= edge < value and shown != value:
            return f"just over {edge:g}"
    return f"{shown:.{decimals}f}"


def numbers_text(
    low: float, high: float, decimals: int, unit: str | None, edges: Iterable[float]
) -> str:
    """Show what a number may be, with its unit."""
    if low == -INF and high == INF:
        return "not known"
    after = "" if unit in (None, "1") else " " + unit_shown(unit)
    if low == high:
        return shown_number(low, decimals, edges) + after
    return interval_text(low, high, decimals) + after


def interval_text(low: float, high: float, decimals: int) -> str:
    """Show an interval."""

    def number(x: float) -> str:
        if abs(x - round(x, decimals)) < 1e-9:
            return f"{x:.{decimals}f}"
        return f"{x:.{decimals + 2}f}".rstrip("0").rstrip(".")

    if low == high:
        return number(low)
    if low == -INF and high == INF:
        return "not known"
    if low == -INF:
        return f"at most {number(high)}"
    if high == INF:
        whole = math.nextafter(low, -INF)
        above = abs(whole - round(whole, 6)) < 1e-12 and low != round(low, 6)
        return f"above {number(round(whole, 6))}" if above else f"at least {number(low)}"
    return f"{number(low)} to {number(high)}"


EPOCH: Final = dt.datetime(1970, 1, 1)  # noqa: DTZ001
UNITS_SHOWN: Final = {
    "umol/L": "µmol/L",
    "ug/L": "µg/L",
    "mL/min/{1.73_m2}": "mL/min/1.73 m²",
    "mm[Hg]": "mmHg",
    "Cel": "°C",
    "a": "years",
    "10*9/L": "×10⁹/L",
    "d": "days",
    "h": "hours",
    "wk": "weeks",
    "mo": "months",
}


def unit_shown(unit: str) -> str:
    """Show a UCUM unit as people write it."""
    return UNITS_SHOWN.get(unit, unit)


def date_text(low: float, high: float) -> str:
    """Show a date or time set."""
    low = -INF if low <= LONG_AGO else low
    if low == -INF and high == INF:
        return "not known"
    if low == -INF or high == INF:
        return "before " + moment_text(high) if low == -INF else "after " + moment_text(low)
    first = moment_text(low)
    if high - low < 60:  # written to the minute
        return first
    return first[:10] if high - low == 86399 else f"{first[:10]} to {moment_text(high)[:10]}"


def moment_text(seconds: float) -> str:
    """Show a moment on the record's own clock."""
    return (EPOCH + dt.timedelta(seconds=seconds)).isoformat(" ", "minutes")


def capital(text: str) -> str:
    """Begin with a capital, but for a word that has one inside: eGFR is not the receptor EGFR."""
    word = text.partition(" ")[0]
    return text if word[1:] != word[1:].lower() else text[:1].upper() + text[1:]


def either(said: Sequence[str]) -> str:
    """Join alternatives: "a, b or c"."""
    if len(said) < 2:
        return "".join(said)
    return f"{', '.join(said[:-1])} or {said[-1]}"


def both(said: Sequence[str]) -> str:
    """Join what holds together: "a, b and c"."""
    if len(said) < 2:
        return "".join(said)
    return f"{', '.join(said[:-1])} and {said[-1]}"
