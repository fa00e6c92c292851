"""The nouns of the line from record to assessment: frozen, typed, without behaviour of their own.

Times are whole seconds since 1970-01-01T00:00 *on the record's own clock* (its most frequent offset, none: UTC).
A time is a span `(first, last)` of seconds, both ends included: `2026-03-01` is that whole day, an instant has two equal ends.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Span = tuple[int, int]

Role = Literal["finding", "drug", "allergy", "site", "variable"]
"""What a code is about: a finding (conditions, observations, procedures, devices), a medicine, something that somebody is allergic to, a place of the body, or a variable of the vocabulary by its own name (case files)."""

Status = Literal["stated", "denied", "past", "suspected", "not_done", "planned"]
"""What the record says of the code.

`stated`: it is so, or it was measured or done. `denied`: refuted or negated. `past`: inactive, resolved, stopped, in remission.
`suspected`: provisional, differential, unconfirmed. `not_done`: says that nothing was done. `planned`: draft, proposal, order not started, on hold.
Entered-in-error never becomes an event.
"""

ListName = Literal["medications", "conditions", "procedures"]


@dataclass(frozen=True, slots=True)
class Code:
    """One coding: `system` is a short name (`loinc`, `snomed`, `icd10`, `atc`, `rxnorm`, …) or the URI where no short name is known."""

    system: str
    code: str
    display: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a record an event stands: for example `Observation/ca-1`, field `valueQuantity`."""

    where: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number as the record has it, with its comparator and unit as written; `low` and `high` are both ends of a printed range."""

    low: float
    high: float
    unit: str | None
    comparator: Literal["", "<", "<=", ">", ">="] = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """The reference range that the laboratory printed beside a value, each end in its own unit as written."""

    low: Quantity | None = None
    high: Quantity | None = None


@dataclass(frozen=True, slots=True)
class Words:
    """A result in words: low, normal or high against the limits reported with it."""

    result: Literal["low", "normal", "high"]


@dataclass(frozen=True, slots=True)
class Absent:
    """A value that is absent, or present and unusable, with the reason: it may be anything."""

    reason: str


@dataclass(frozen=True, slots=True)
class Levels:
    """Levels by name, as case files write them: one of these."""

    names: tuple[str, ...]


Value = Quantity | Words | Absent | Levels | bool | Span | tuple[Code, ...] | None
"""What the event says of its code: a number, words, levels, yes or no, a time, an answer as codings, or nothing beyond its status."""


@dataclass(frozen=True, slots=True)
class About:
    """What an event of a part of the body names: its own identity as a lesion, and the place in codes.

    `key` is an identifier (the id of a body structure, of a condition, of a lesion in a case file) or None.
    `sites` are the codings of the place; `sides` the codings of its laterality.
    """

    key: str | None = None
    sites: tuple[Code, ...] = ()
    sides: tuple[Code, ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """One dated, coded statement out of a record.

    `codes` hold the same thing in several systems. `time` is when it was so (None: undated), cut off at the time of recording.
    `end` is the end of a period (None: open-ended or not a period); `mentioned` is when the record last said so (a prescription's or statement's own date).
    `sample` names the specimen, report or instant that laboratory values of one draw share.
    """

    role: Role
    codes: tuple[Code, ...]
    status: Status
    time: Span | None
    value: Value
    place: Place
    about: About | None = None
    limits: Limits | None = None
    sample: str | None = None
    end: Span | None = None
    mentioned: Span | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class SetAside:
    """Something in a record that was not used: where it stands, what it is (never its value), and why."""

    where: str
    what: str
    why: str


@dataclass(frozen=True, slots=True)
class NotUnderstood:
    """A code that no variable of the pack knows, with how often it was met. `display` is the record's own word for it, shown and never logged."""

    system: str
    code: str
    display: str
    count: int


@dataclass(frozen=True, slots=True)
class Record:
    """One patient's record as read: events, nothing interpreted against the knowledge yet.

    `newest` is the newest clinical time that the record holds (last second), None where it holds none.
    `complete` names the lists that the record declares complete; `lesions_complete` says the same of its bone metastases, at that time.
    `index_date` is a date that the record itself asks for (case files), as days since 1970-01-01.
    """

    name: str
    events: tuple[Event, ...]
    set_aside: tuple[SetAside, ...] = ()
    newest: int | None = None
    complete: tuple[ListName, ...] = ()
    lesions_complete: Span | None = None
    index_date: int | None = None
    offset_minutes: int = 0
    consider: tuple[str, ...] = ()
    ignored: tuple[tuple[str, int], ...] = ()
    extra: dict[str, Any] = field(default_factory=dict[str, Any])
