"""Codes: those that a kind takes from its medicines, and those that would say two things."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from bonemets.documents import Path
from bonemets.pack.items import Answers, Coding, Dose, Terms, Variable
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


def with_included(variables: Mapping[str, Variable]) -> dict[str, Variable]:
    """Let each kind of medicines be told by the codes, too, that say yes of those it includes.

    So a medicine is written once. What the kind says of such a code itself stands.
    """
    found: dict[str, Variable] = {}

    def whole(v: Variable) -> Variable:
        if v.id not in found:
            found[v.id] = v  # what includes itself, through others, is not asked twice
            found[v.id] = _including(v, [whole(variables[x]) for x in v.includes if x in variables])
        return found[v.id]

    return {name: whole(v) for name, v in variables.items()}


def _including(kind: Variable, members: Iterable[Variable]) -> Variable:
    own = {(system, code) for c in kind.codes if c.as_ == "drug" for system, code, _ in listed(c)}
    more: dict[Dose | None, dict[str, dict[str, None]]] = {}
    for member in members:
        for system, code, dose in not_told(member, kind):
            if (system, code) not in own:
                more.setdefault(dose, {}).setdefault(system, {})[code] = None
    bare = Coding(as_="drug")
    added = [
        replace(bare, dose=dose, **{system: tuple(codes) for system, codes in by_system.items()})
        for dose, by_system in more.items()
    ]
    return replace(kind, codes=(*kind.codes, *added)) if added else kind


def not_told(member: Variable, kind: Variable) -> list[tuple[str, str, Dose | None]]:
    """Give the codes of a medicine that say it is taken and leave its kind open, or say nothing.

    Each with its system and strength. ATC entries hold all codes below them; the longest entry
    decides. A strength that only the kind asks for leaves it open.
    """
    if member.type != "boolean":
        return []
    by_code: dict[tuple[str, str], list[Coding]] = {}
    for coding in kind.codes:
        if coding.as_ == "drug":
            for system, code, _ in listed(coding):
                by_code.setdefault((system, code), []).append(coding)

    def taken(system: str, code: str, dose: Dose | None) -> bool:
        ends = range(len(code), 0, -1) if system == "atc" else (len(code),)
        heads = ((system, code[:end]) for end in ends)
        head = next((h for h in heads if h in by_code), None)
        found = () if head is None else by_code[head]
        return any(c.stated in YES and c.dose in (None, dose) for c in found)

    return [
        (system, code, coding.dose)
        for coding in member.codes
        if coding.as_ == "drug" and coding.stated in YES
        for system, code, _ in listed(coding)
        if not taken(system, code, coding.dose)
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
