"""A case as a page holds it: an opened record, if any, and what was filled in beside it.

A page keeps the record as it was read and sends it along; an answer of the form corrects what the
record says of the same thing and leaves the record itself alone.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import msgspec
from msgspec.structs import replace

from bonemets.api import Knowledge, assess, index_day, read, reading, run_day
from bonemets.errors import Fault, RecordRefused
from bonemets.model import About, Absent, Assessment, Code, Event, Place, Reading, Record, SetAside
from bonemets.readers.times import DAY
from bonemets.web.form import MOST_LESIONS, Sent, is_day, sent

VERSION: Final = "page/1"
LISTED: Final = "listed"
"""What a case file marks the status of a lesion with that it does not state."""
MOST_BYTES: Final = 9_000_000
"""The largest record that a page carries along."""
NAME: Final = "case"
"""How a case is called that was not opened from a file."""


class Saved(msgspec.Struct, frozen=True):
    """The file that a page saves: the record as it was opened, and what was filled in."""

    bonemets: str
    name: str
    record: str
    answers: dict[str, str]


@dataclass
class Opened:
    """A case: the text of a record ("" for none), its name, and what was filled in."""

    name: str
    record: str
    sent: Sent
    knowledge: Knowledge

    @cached_property
    def base(self) -> Record | None:
        """The opened record.

        Raises:
            RecordRefused: it cannot be read as one patient's.
        """
        if not self.record:
            return None
        return read(self.record.encode(), self.knowledge, name=self.name or NAME)

    @cached_property
    def whole(self) -> Record:
        """The record with what was filled in, which corrects it.

        What the form says is not known, or what could not be taken, leaves nothing of the record
        in its place.

        Raises:
            RecordRefused: either cannot be read.
        """
        base, run = self.base, run_day()
        if base is None:
            return replace(self.sent.record(run), name=self.name or NAME)
        day, _ = index_day(base, None, run)
        answers = self.sent.record(day)
        if answers.index_date is not None:
            day = answers.index_date
        of_record = {
            self.sent.lesion_id(n) for n in self.sent.lesions() if self.sent.is_of_record(n)
        }
        given: list[Event] = []
        for e in answers.events:
            if e.place.detail != LISTED:
                given.append(replace(e, corrects=True))
            elif e.about is None or e.about.key not in of_record:
                given.append(e)
        given += [open_event(name, lesion, day) for name, lesion in self.sent.left_open()]
        return replace(
            base,
            events=(*base.events, *given),
            set_aside=(*base.set_aside, *self.corrected()),
            complete=tuple(dict.fromkeys((*base.complete, *answers.complete))),
            lesions_complete=answers.lesions_complete or base.lesions_complete,
            index_date=day,
            consider=tuple(dict.fromkeys((*base.consider, *answers.consider))),
        )

    def assessed(self) -> Assessment:
        """Give the assessment.

        Raises:
            RecordRefused: the record, or what was filled in, cannot be read.
        """
        return assess(self.whole, self.knowledge)

    @cached_property
    def reading(self) -> Reading | None:
        """What the opened record says, without what was filled in."""
        if self.base is None:
            return None
        day = self.sent.values.get("index_date", "")
        wanted = dt.date.fromisoformat(day) if is_day(day) else None
        return reading(self.base, self.knowledge, index_date=wanted)

    def corrected(self) -> tuple[SetAside, ...]:
        """Give what the record says and no longer counts, because the page says otherwise."""
        answered = self.sent.answered()
        facts = self.reading.facts if self.reading is not None else ()
        return tuple(
            SetAside(x.events[0].where, x.variable, "corrected on the page")
            for x in facts
            if x.origin == "recorded" and x.events and (x.variable, x.lesion) in answered
        )

    def saved(self) -> bytes:
        """Give the file to save."""
        answers = {k: v for k, v in self.sent.values.items() if v}
        return msgspec.json.encode(Saved(VERSION, self.name, self.record, answers))


def open_event(name: str, lesion: str | None, day: int) -> Event:
    """Give the statement that something is not known, which corrects what is said of it."""
    return Event(
        role="variable",
        codes=(Code("bonemets", name),),
        status="stated",
        time=(day * DAY, day * DAY + DAY - 1),
        value=Absent("not known"),
        place=Place(f"this page: {name}", ""),
        about=None if lesion is None else About(lesion),
        corrects=True,
    )


def opened(data: bytes, name: str, knowledge: Knowledge) -> Opened:
    """Open a file: one that a page saved, a case file, or a FHIR bundle.

    Raises:
        RecordRefused: it is none of these, is too large to travel with a page, or cannot be read.
    """
    if len(data) > MOST_BYTES:
        message = f"more than {MOST_BYTES // 1_000_000} MB. The page takes smaller records."
        raise RecordRefused([Fault(name, 0, 0, "too-large", message)])
    saved = saved_page(data, name)
    if saved is not None:
        found = Opened(saved.name, saved.record, sent(saved.answers, knowledge.pack), knowledge)
    else:
        record = read(data, knowledge, name=name)  # every fault is told before anything is shown
        text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
        found = Opened(record.name, text, sent({}, knowledge.pack), knowledge)
        lesions = reading(record, knowledge).lesions
        found.sent.values |= {f"l.{n}.id": x.id for n, x in enumerate(lesions[:MOST_LESIONS])}
    _ = found.whole  # what cannot be read is told now
    return found


def saved_page(data: bytes, name: str) -> Saved | None:
    """Read a file that a page saved; None where it is another kind of file.

    Raises:
        RecordRefused: it is of another version.
    """
    try:
        saved = msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"), type=Saved)
    except msgspec.MsgspecError:
        return None
    if saved.bonemets != VERSION:
        message = f"this was saved as {saved.bonemets[:20]}; this program reads {VERSION}."
        raise RecordRefused([Fault(name, 0, 0, "not-a-page", message)])
    return saved
