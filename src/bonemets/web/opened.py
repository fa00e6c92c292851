"""A case as a page holds it: an opened record, if any, and what was filled in beside it.

A page keeps the record as it was read and sends it along; an answer of the form corrects what the
record says of the same thing and leaves the record itself alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import msgspec
from msgspec.structs import replace

from bonemets.api import Knowledge, assess, index_day, read, reading, run_day
from bonemets.errors import Fault, RecordRefused
from bonemets.model import Assessment, Reading, Record
from bonemets.web.form import Sent, sent

VERSION: Final = "page/1"
NAME: Final = "case"
"""How a case is called that was not opened from a file."""


class Saved(msgspec.Struct, frozen=True):
    """The file that a page saves: the record as it was opened, and what was filled in."""

    bonemets: str
    name: str
    record: str
    answers: dict[str, str]


@dataclass(slots=True)
class Opened:
    """A case: the text of a record ("" for none), its name, and what was filled in."""

    name: str
    record: str
    sent: Sent
    knowledge: Knowledge

    def base(self) -> Record | None:
        """Read the opened record.

        Raises:
            RecordRefused: it cannot be read as one patient's.
        """
        if not self.record:
            return None
        return read(self.record.encode(), self.knowledge, name=self.name or NAME)

    def whole(self) -> Record:
        """Give the record with what was filled in, which corrects it.

        Raises:
            RecordRefused: either cannot be read.
        """
        base, run = self.base(), run_day()
        if base is None:
            return replace(self.sent.record(run), name=self.name or NAME)
        day, _ = index_day(base, None, run)
        answers = self.sent.record(day)
        return replace(
            base,
            events=(*base.events, *(replace(e, corrects=True) for e in answers.events)),
            complete=tuple(dict.fromkeys((*base.complete, *answers.complete))),
            lesions_complete=answers.lesions_complete or base.lesions_complete,
            index_date=day if answers.index_date is None else answers.index_date,
            consider=tuple(dict.fromkeys((*base.consider, *answers.consider))),
        )

    def assessed(self) -> Assessment:
        """Give the assessment.

        Raises:
            RecordRefused: the record, or what was filled in, cannot be read.
        """
        return assess(self.whole(), self.knowledge)

    def read(self) -> Reading | None:
        """Give what the opened record says, without what was filled in."""
        base = self.base()
        return None if base is None else reading(base, self.knowledge)

    def saved(self) -> bytes:
        """Give the file to save."""
        answers = {k: v for k, v in self.sent.values.items() if v}
        return msgspec.json.encode(Saved(VERSION, self.name, self.record, answers))


def opened(data: bytes, name: str, knowledge: Knowledge) -> Opened:
    """Open a file: one that a page saved, a case file, or a FHIR bundle.

    Raises:
        RecordRefused: it is none of these, or cannot be read.
    """
    if data[:200].lstrip().startswith(b'{"bonemets":"page/'):
        try:
            saved = msgspec.json.decode(data, type=Saved)
        except msgspec.MsgspecError:
            message = "this saved page cannot be read. Save it again."
            raise RecordRefused([Fault(name, 0, 0, "not-a-page", message)]) from None
        found = Opened(saved.name, saved.record, sent(saved.answers, knowledge.pack), knowledge)
    else:
        record = read(data, knowledge, name=name)  # every fault is told before anything is shown
        text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
        found = Opened(record.name, text, sent({}, knowledge.pack), knowledge)
    found.whole()
    return found
