"""The choices `stem[x]` of FHIR that tell when: dates, periods, timings and ages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from bonemets.model import Span
from bonemets.readers.fhir.nodes import Node, node, number, text
from bonemets.readers.times import Clock, later

OPEN_END = "9999"
"""The year that some systems write for "no end"."""

Complain = Callable[[str, str], None]
"""Takes the field and why its content was set aside."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What a field such as `onset[x]` says: a start, and the end of a period where it is one."""

    start: Span | None = None
    end: Span | None = None
    given: bool = False
    """The record states a time, readable or not."""
    to_the_second: bool = False
    """It is an instant whose time of day was written and is not midnight."""

    @property
    def whole(self) -> Span | None:
        """The span from the start to the end, for what was so at some time within a period."""
        if self.start is None or self.end is None:
            return self.start or self.end
        return self.start[0], self.end[1]


def moment(
    clock: Clock, of: Node, stems: tuple[str, ...], complain: Complain, born: Span | None = None
) -> Moment:
    """Read the choice `stem[x]`: a date, period, timing, or an age counted from `born`.

    What cannot be read goes to `complain`, and the moment is then given without a start.
    """
    for stem in stems:
        for field in (stem + "DateTime", stem + "Instant", stem + "Date"):
            if field in of:
                return _date(clock, of[field], field, complain)
        if (field := stem + "Period") in of:
            return period(clock, node(of[field]), field, complain)
        if (field := stem + "Timing") in of:
            return timing(clock, node(of[field]), field, complain)
        if (field := stem + "Age") in of:
            return _aged(node(of[field]), node(of[field]), born, field, complain)
        if (field := stem + "Range") in of:
            ages = node(of[field])
            return _aged(node(ages.get("low")), node(ages.get("high")), born, field, complain)
        if (field := stem + "String") in of:
            complain(field, "is told in words, which are not read as a date")
    return Moment()


def period(clock: Clock, of: Node, field: str, complain: Complain) -> Moment:
    """Read a FHIR Period."""
    start = end = None
    bad = False
    if "start" in of:
        start = clock.span(of["start"])
        bad = start is None
        if bad:
            complain(f"{field}.start", "is not a date that can be; when it was is not known")
    if "end" in of and not text(of["end"]).startswith(OPEN_END):
        end = clock.span(of["end"])
        if end is None:
            complain(f"{field}.end", "is not a date that can be; the end is not known")
        elif start is not None and end[1] < start[0]:
            complain(f"{field}.end", "lies before the start; the end is not known")
            end = None
    if start is None and end is None and not bad:
        return Moment()
    return Moment(start, end, given=True)


def timing(clock: Clock, of: Node, field: str, complain: Complain) -> Moment:
    """Read a FHIR Timing: its events, else the bounds of its repeats."""
    events = of.get("event")
    if isinstance(events, list) and events:
        spans = [clock.span(e) for e in cast("list[object]", events)]
        good = [s for s in spans if s is not None]
        if len(good) < len(spans):
            complain(f"{field}.event", "holds what is not a date that can be")
        if not good:
            return Moment(given=True)
        last = max(good, key=lambda s: s[1])
        return Moment(min(good), last if len(good) > 1 else None, given=True)
    bounds = node(node(of.get("repeat")).get("boundsPeriod"))
    return period(clock, bounds, f"{field}.repeat.boundsPeriod", complain)


def _date(clock: Clock, written: object, field: str, complain: Complain) -> Moment:
    span = clock.span(written)
    if span is None:
        complain(field, "is not a date that can be; when it was is not known")
        return Moment(given=True)
    clocked = span[0] == span[1] and "00:00:00" not in str(written)
    return Moment(span, given=True, to_the_second=clocked)


def _aged(low: Node, high: Node, born: Span | None, field: str, complain: Complain) -> Moment:
    """Turn an age, or a range of ages, into the span of time when the patient was that old."""
    first, last = number(low.get("value")), number(high.get("value"))
    steps = {"a": 12, "mo": 1}
    unit = text(low.get("code"))
    if born is None or first is None or last is None or unit not in steps or "comparator" in low:
        complain(field, "is an age that cannot be turned into a date")
        return Moment()
    if high.get("code") != low.get("code") or not 0 <= first <= last <= 1800:
        complain(field, "is an age that cannot be turned into a date")
        return Moment()
    start = later(born[0], int(first * steps[unit]))
    end = later(born[1], int((last + 1) * steps[unit])) - 1
    return Moment((start, end), given=True)
