"""Codes and spellings that would say two things: of one variable, and of the terms."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from bonemets.documents import Path
from bonemets.pack.items import Answers, Coding, Terms, Variable
from bonemets.pack.notes import Note, Place
from bonemets.pack.shape import parts_of

DUPLICATE: Final = "duplicate-code"
YES: Final = (None, "yes")
"""What a code of a boolean states that says yes (without `stated`: yes)."""


def listed(codes: Struct) -> Iterator[tuple[str, str, Path]]:
    """Give every code of a table of systems: its system, the code, and where it stands."""
    for part in parts_of(type(codes)):
        value = getattr(codes, part.name)
        if isinstance(value, tuple):
            for index, code in enumerate(value):  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
                yield part.name, str(code), (part.name, index)  # pyright: ignore[reportUnknownArgumentType]


def repeated(v: Variable, place: Place) -> Iterator[Note]:
    """Refuse a code that stands twice for a variable: the two may say different things."""
    seen: dict[tuple[object, ...], Path] = {}

    def note(key: tuple[object, ...], path: Path, system: str, code: str) -> Iterator[Note]:
        if key in seen:
            message = f"{system} {code} already stands at {place(seen[key])}. Keep one of the two."
            yield Note(path, DUPLICATE, message)
        seen.setdefault(key, path)

    for number, coding in enumerate(v.codes):
        for system, code, path in listed(coding):
            # A strength or a site tells two codings of one code apart; a code that is stated as
            # several levels says that it is one of these.
            key = (coding.as_, system, code, _strength(coding), coding.sited, coding.stated)
            yield from note(key, ("codes", number, *path), system, code)
    for level, answers in v.answers.items():
        for system, code, path in listed(answers):
            yield from note((system, code), ("answers", level, *path), system, code)


def _strength(coding: Coding) -> tuple[object, ...] | None:
    dose = coding.dose
    return None if dose is None else (dose.from_, dose.to, dose.unit, dose.absent)


def not_in_kind(member: Variable, kind: Variable) -> list[str]:
    """Give the codes of a medicine that say it is taken and leave its kind open, or say nothing.

    ATC entries hold all codes below them; the longest entry decides. A strength that only the
    kind asks for leaves it open.
    """
    by_code: dict[tuple[str, str], list[Coding]] = {}
    for coding in kind.codes:
        if coding.as_ == "drug":
            for system, code, _ in listed(coding):
                by_code.setdefault((system, code), []).append(coding)

    def taken(system: str, code: str, dose: tuple[object, ...] | None) -> bool:
        ends = range(len(code), 0, -1) if system == "atc" else (len(code),)
        heads = ((system, code[:end]) for end in ends)
        head = next((h for h in heads if h in by_code), None)
        found = () if head is None else by_code[head]
        return any(c.stated in YES and _strength(c) in (None, dose) for c in found)

    return [
        f"{system} {code}"
        for coding in member.codes
        if coding.as_ == "drug" and coding.stated in YES and member.type == "boolean"
        for system, code, _ in listed(coding)
        if not taken(system, code, _strength(coding))
    ]


def ambiguous(terms: Terms, place: Place) -> Iterator[Note]:
    """Refuse a code or a spelling of the terms that means two things."""
    seen: dict[tuple[str, str], Path] = {}
    for part in parts_of(Terms):
        value = getattr(terms, part.name)
        if not isinstance(value, Answers):
            continue
        for system, code, path in listed(value):
            here = (part.name, *path)
            if (system, code) in seen:
                there = place(seen[system, code])
                message = f"{system} {code} already stands at {there}. Keep one of the two."
                yield Note(here, DUPLICATE, message)
            seen.setdefault((system, code), here)
    units = terms.unit_spellings
    spelled: dict[str, Path] = {unit: ("unit_spellings", unit) for unit in units}
    for unit, many in units.items():
        for index, text in enumerate(many):
            here = ("unit_spellings", unit, index)
            if text in spelled:
                message = (
                    f"`{text}` already stands at {place(spelled[text])}. Keep one of the two: it "
                    "is one unit."
                )
                yield Note(here, "duplicate-spelling", message)
            spelled.setdefault(text, here)
