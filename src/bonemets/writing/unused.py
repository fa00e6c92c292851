"""What was read and not used: set aside, not counted, not understood."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import Any

import numpy as np

from bonemets.facts.meaning import REASONS
from bonemets.facts.table import UNPLACED
from bonemets.model import EventShown, NotUnderstood, SetAside
from bonemets.shown import date_text
from bonemets.writing.view import View
from bonemets.writing.words import age_text, value_text


class Unused(View):
    """What was read and not used: set aside, not counted, not understood."""

    def unused(self) -> dict[str, Any]:
        """Give everything of the record that was not used."""
        record = self.one.record
        return {
            "set_aside": (*record.set_aside, *self.unusable()),
            "not_understood": self.not_understood(),
            "not_counted": self.not_counted(),
            "ignored": dict(record.ignored),
        }

    def unusable(self) -> tuple[SetAside, ...]:
        """Name statements whose value could not be used."""
        selection, table = self.one.selection, self.one.table
        found: dict[tuple[str, str, str], None] = {}
        for r in np.flatnonzero(~selection.rows.usable).tolist():
            event = self.events[int(table.event[selection.rows.row[r]])]
            v = selection.variables[int(selection.rows.variable[r])]
            if event.role == "variable" and event.value.__class__.__name__ == "Absent":
                continue
            found[(event.place.where, v.title, REASONS[int(selection.rows.why[r])])] = None
        return tuple(SetAside(where, what, why) for where, what, why in found)

    def not_understood(self) -> tuple[NotUnderstood, ...]:
        """Count the codes of events that speak for no variable of the pack."""
        spoken: set[int] = set(self.one.table.event[self.one.selection.rows.row].tolist())
        counts: Counter[tuple[str, str, str]] = Counter()
        for number in sorted(set(range(len(self.events))) - spoken - self.known):
            event = self.events[number]
            if event.role == "site":
                continue
            code = event.codes[0] if event.codes else None
            counts[
                (code.system, code.code, code.display or event.text)
                if code
                else ("", "", event.text)
            ] += 1
        return tuple(NotUnderstood(s, c, d, n) for (s, c, d), n in counts.most_common())

    @cached_property
    def known(self) -> frozenset[int]:
        """Give the numbers of the events of which a variable of the pack takes a code."""
        numbers = self.engine.selector.codes.numbers
        return frozenset(
            [
                number
                for number, event in enumerate(self.events)
                for c in event.codes
                if numbers((event.role, c.system, c.code))
            ]
        )

    def not_counted(self) -> tuple[SetAside, ...]:
        """Name statements that are understood but do not count at the index date."""
        selection, table = self.one.selection, self.one.table
        rows = selection.rows
        counted: set[int] = set(table.event[rows.row[selection.sight.seen]].tolist())
        spoken: set[int] = set(table.event[rows.row].tolist())
        found: dict[tuple[str, str, str], None] = {}
        for r in np.flatnonzero(~selection.sight.seen).tolist():
            number = int(table.event[rows.row[r]])
            if number in counted:  # it counts for another variable: say for which it does not
                event, v = self.events[number], selection.variables[int(rows.variable[r])]
                if (time := event.time) is not None and time[1] <= self.one.moment:
                    why = f"too old to count ({age_text(time, self.one.moment)})"
                    found[(event.place.where, v.title, why)] = None
        for number in sorted(self.known - counted):
            event = self.events[number]
            time = event.time
            if number not in spoken and event.status not in ("planned", "not_done"):
                why = "it names no bone lesion of the record, and says nothing without one"
            elif event.status in ("planned", "not_done"):
                why = "planned, ordered or not done: it does not count as given"
            elif time is not None and time[0] > self.one.moment:
                why = "later than the index date"
            elif time is None:
                why = "it has no date"
            else:
                why = f"too old to count ({age_text(time, self.one.moment)})"
            name = event.codes[0].display or event.text or event.codes[0].code
            found[(event.place.where, name, why)] = None
        return tuple(SetAside(where, what, why) for where, what, why in found)

    def events_shown(self) -> tuple[EventShown, ...]:
        """Give the events as read, with the variables that each speaks for."""
        rows, table = self.one.selection.rows, self.one.table
        spoken: dict[int, dict[str, None]] = {}
        for r in range(len(rows.row)):
            spoken.setdefault(int(table.event[rows.row[r]]), {})[
                self.one.selection.variables[int(rows.variable[r])].id
            ] = None
        shown: list[EventShown] = []
        lesions, places = self.one.placed.lesions, self.one.placed.places
        for number, event in enumerate(self.events):
            lesion = places[number].lesion if number in places else UNPLACED
            code = event.codes[0] if event.codes else None
            if lesion >= 0 and event.about is None:
                # The side of a lesion, restated as a variable; shown with the event that names it.
                continue
            shown.append(
                EventShown(
                    where=event.place.where,
                    detail=event.place.detail,
                    role=event.role,
                    status=event.status,
                    code=f"{code.system} {code.code}" if code else "",
                    text=event.text or (code.display if code else ""),
                    value=value_text(event.value),
                    time=""
                    if event.time is None
                    else date_text(float(event.time[0]), float(event.time[1])),
                    lesion=lesions[lesion].key if lesion >= 0 else None,
                    variables=tuple(spoken.get(number, ())),
                )
            )
        return tuple(shown)
