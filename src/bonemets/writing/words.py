"""Small texts: ages, days, values and statuses in words."""

from __future__ import annotations

import datetime as dt
from typing import Final

from bonemets.engine import DAY
from bonemets.model import LONG_AGO, Absent, Levels, Quantity, Range, Span, Value, Words
from bonemets.shown import date_text
from bonemets.values import INF

DAYS_A_YEAR: Final = 365.25


def value_text(value: Value) -> str:
    """Show a value as the record has it."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case Quantity():
            number = (
                f"{value.low:g}" if value.low == value.high else f"{value.low:g} to {value.high:g}"
            )
            return f"{value.comparator}{number} {value.unit or '(no unit)'}"
        case Words():
            return value.result
        case Absent():
            return f"not usable: {value.reason}"
        case Levels():
            return " or ".join(value.names)
        case (int(), int()):
            return date_text(float(value[0]), float(value[1]))
        case _:
            return "; ".join(c.display or f"{c.system} {c.code}" for c in value)


def status_name(left: tuple[str, ...]) -> str:
    """Name a set of option statuses (design.md, "Option status")."""
    if len(left) == 1:
        return left[0]
    if left and left[0] in ("not_in_scope", "not_indicated"):
        return "unknown"
    return "check_first" if "contraindicated" in left else "caution"


def age_text(time: Span | None, moment: int) -> str:
    """Say how old an event is at the index moment."""
    if time is None or time[0] <= LONG_AGO:
        return "no date"
    if time[0] > moment:
        return "after the index date"
    days = moment // DAY - time[1] // DAY if time[1] <= moment else 0
    if days == 0:
        return "today"
    oldest = days if time[1] - time[0] < DAY else moment // DAY - time[0] // DAY
    if oldest == 1:
        return "yesterday"
    unit = "days"
    if days >= 2 * DAYS_A_YEAR:
        last = moment // DAY
        days, oldest, unit = years(last - days, last), years(last - oldest, last), "years"
    return f"{days} {unit} ago" if days == oldest else f"{days} to {oldest} {unit} ago"


def years(first: int, last: int) -> int:
    """Count completed years between two days, each counted from 1970-01-01."""
    start, end = (dt.date(1970, 1, 1) + dt.timedelta(x) for x in (first, last))
    return end.year - start.year - ((end.month, end.day) < (start.month, start.day))


def day_text(days: int) -> str:
    """Show a day counted from 1970-01-01."""
    return (dt.date(1970, 1, 1) + dt.timedelta(days=days)).isoformat()


def range_of(low: float, high: float) -> Range:
    """Give an interval with None for an end without bound."""
    return Range(low=None if low == -INF else low, high=None if high == INF else high)
