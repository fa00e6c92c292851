"""FHIR dates and times as spans of whole seconds on the record's own clock."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import cast

from bonemets.model import Event, Span
from bonemets.readers.fhir.nodes import Node, node, number, text

DAY = 86_400
YEARS = range(1800, 2200)
"""Years that a date of a living person's record can have."""
OPEN_END = "9999"
"""The year that some systems write for "no end"."""

_EPOCH = date(1970, 1, 1).toordinal()
_WRITTEN = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)"
    r"(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?)?)?",
    re.ASCII,
)

Complain = Callable[[str, str], None]
"""Takes the field and why its content was set aside."""


@dataclass(frozen=True, slots=True)
class Written:
    """A date as written: first and last second on its own clock, and that clock's offset."""

    first: int
    last: int
    offset: int | None
    """Minutes east of UTC; None where the date names none."""


def parse(written: str) -> Written | None:
    """Read a FHIR date, dateTime or instant; None where it is no date that can be."""
    match = _WRITTEN.fullmatch(written)
    if match is None:
        return None
    year, month, day, hour, minute, second, zone = match.groups()
    if int(year) not in YEARS:
        return None
    try:
        first = date(int(year), int(month or 1), int(day or 1)).toordinal()
    except ValueError:
        return None
    start = (first - _EPOCH) * DAY
    if hour is None:
        return Written(start, (_next(first, month, day) - _EPOCH) * DAY - 1, None)
    if int(hour) > 23 or int(minute) > 59 or int(second or 0) > 60:
        return None
    offset = _offset(zone)
    if zone is not None and offset is None:
        return None
    start += int(hour) * 3600 + int(minute) * 60 + int(second or 0)
    return Written(start, start if second else start + 59, offset)


def _next(first: int, month: str | None, day: str | None) -> int:
    """Give the ordinal of the day after the written day, month or year."""
    if day is not None:
        return first + 1
    start = date.fromordinal(first)
    if month is None or start.month == 12:
        return date(start.year + 1, 1, 1).toordinal()
    return date(start.year, start.month + 1, 1).toordinal()


def _offset(zone: str | None) -> int | None:
    if zone is None:
        return None
    if zone == "Z":
        return 0
    hours, minutes = int(zone[1:3]), int(zone[-2:])
    if hours > 14 or minutes > 59:
        return None
    return (hours * 60 + minutes) * (-1 if zone[0] == "-" else 1)


def own_offset(written: Iterable[str]) -> int:
    """Give the record's own offset: the most frequent one, in minutes; UTC where there is none.

    Of two equally frequent ones a named offset goes before UTC, which servers write by themselves.
    """
    offsets: Counter[int] = Counter()
    for one, count in Counter(written).items():
        parsed = parse(one)
        if parsed is not None and parsed.offset is not None:
            offsets[parsed.offset] += count
    return max(offsets, key=lambda o: (offsets[o], o != 0, -o), default=0)


class Clock:
    """The record's own clock, on which every span of it is told."""

    __slots__ = ("_known", "offset")

    def __init__(self, offset: int) -> None:
        """Set the clock's offset, in minutes east of UTC."""
        self.offset = offset
        self._known: dict[str, Span | None] = {}

    def span(self, written: object) -> Span | None:
        """Give the span of a date as written, or None where it cannot be one."""
        if not isinstance(written, str) or len(written) > 64:
            return None
        if written not in self._known:
            self._known[written] = self._read(written.strip())
        return self._known[written]

    def _read(self, written: str) -> Span | None:
        parsed = parse(written)
        if parsed is None:
            return None
        shift = 0 if parsed.offset is None else (self.offset - parsed.offset) * 60
        return parsed.first + shift, parsed.last + shift


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
            complain(f"{field}.start", "is not a date that can be; it stays undated")
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
        complain(field, "is not a date that can be; it stays undated")
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
    start = _later(born[0], int(first * steps[unit]))
    end = _later(born[1], int((last + 1) * steps[unit])) - 1
    return Moment((start, end), given=True)


def _later(second: int, months: int) -> int:
    """Give the same time of day `months` later; the 29 February becomes the 1 March."""
    days, rest = divmod(second, DAY)
    day = date.fromordinal(days + _EPOCH)
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    try:
        return (date(year, month + 1, day.day).toordinal() - _EPOCH) * DAY + rest
    except ValueError:
        return (_next(date(year, month + 1, 1).toordinal(), "", None) - _EPOCH) * DAY + rest


def cut(span: Span | None, recorded: Span | None) -> Span | None:
    """End a span at the time when it was recorded, where that lies inside: later it cannot be."""
    if span is None or recorded is None or not span[0] <= recorded[1] < span[1]:
        return span
    return span[0], recorded[1]


def newest(events: Iterable[Event], not_after: int) -> int | None:
    """Give the newest clinical second of the events that is not after `not_after`.

    Plans do not count, nor do the ends of medicines, which are often planned.
    Of a span that reaches beyond `not_after`, its first second counts.
    """
    best: int | None = None
    for event in events:
        if event.status == "planned":
            continue
        end = event.end if event.role == "finding" else None
        for span in (event.time, event.mentioned, end):
            if span is None or span[0] > not_after:
                continue
            second = span[1] if span[1] <= not_after else span[0]
            if best is None or second > best:
                best = second
    return best
