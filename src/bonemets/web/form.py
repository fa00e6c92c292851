"""The form of the page -> a case file.

A form field is named `p.VARIABLE`, or `l.N.VARIABLE` for the lesion in place N; `.unit` behind it
holds the unit of a number. What is filled in becomes a case file, which is read as any other.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final, Literal

import msgspec

from bonemets.documents import parse
from bonemets.model import LISTS, Record
from bonemets.pack.items import Variable, asked_for
from bonemets.pack.load import Pack
from bonemets.readers import case, times
from bonemets.shown import unit_shown
from bonemets.units import Table

NAMED: Final = re.compile(r"(?:p|l\.(?P<lesion>\d{1,3}))\.(?P<variable>[a-z][a-z0-9_]*)")
NUMBER: Final = re.compile(
    r"(?P<comparator><=|>=|<|>)?\s*(?P<sign>[-+]?)(?P<whole>\d+)(?:[.,](?P<part>\d+))?", re.ASCII
)
BEGUN: Final = "new."
"""How the names of a lesion begin that is not added yet."""
MOST_LESIONS: Final = 60
"""Lesions that the form takes; a case file may hold more."""
LONGEST: Final = 200
"""Characters of one field."""
THOUSANDS: Final = 3
"""Digits behind a separator that may have meant thousands."""


class Section(msgspec.Struct, frozen=True):
    """Fields of the patient that stand together."""

    title: str
    controls: tuple[str, ...]
    open: bool = False


class Layout(msgspec.Struct, frozen=True):
    """How the form asks."""

    patient: tuple[Section, ...]
    lesion: tuple[tuple[str, ...], ...]
    units: dict[str, tuple[str, ...]]


@lru_cache(maxsize=1)
def layout() -> Layout:
    """Give the layout of the form."""
    text = (files("bonemets.web") / "form.yaml").read_text("utf-8")
    return msgspec.convert(parse(text, "form.yaml").value, Layout, strict=False)


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer of a field: as it is sent, and as it reads."""

    value: str
    text: str


@dataclass(frozen=True, slots=True)
class Control:
    """One field as shown: what is asked, what was answered, and what is wrong with that."""

    name: str
    title: str
    ask: str
    kind: Literal["boolean", "level", "number", "date"]
    value: str
    choices: tuple[Choice, ...] = ()
    units: tuple[str, ...] = ()
    unit: str = ""
    fault: str = ""
    known: str = ""
    """What the opened record says of it."""
    note: str = ""
    """What an answer here cannot correct of the opened record, and where that is corrected."""


@dataclass(slots=True)
class Sent:
    """What was filled in: the case file that it makes, and what could not be taken, by field."""

    values: dict[str, str]
    pack: Pack
    faults: dict[str, str] = field(default_factory=dict[str, str])

    def lesions(self) -> list[int]:
        """Give the places of the form's lesions."""
        found = {
            int(m["lesion"]) for name in self.values if (m := NAMED.match(name)) and m["lesion"]
        }
        return sorted(found)[:MOST_LESIONS]

    def add_lesion(self, n: int) -> str:
        """Move what a new lesion was begun with to a place; say what it lacks, if anything."""
        new = {k: v for k, v in self.values.items() if k.startswith(BEGUN)}
        if not new.get(f"{BEGUN}lesion_site"):
            return "Choose the site of the lesion."
        self.values = {k: v for k, v in self.values.items() if k not in new}
        self.values |= {f"l.{n}.{k.removeprefix(BEGUN)}": v for k, v in new.items()}
        return ""

    def remove_lesion(self, n: int) -> None:
        """Forget what was said of a lesion."""
        self.values = {k: v for k, v in self.values.items() if not k.startswith(f"l.{n}.")}

    def others(self) -> list[str]:
        """Give the names of the controls that were answered and stand in no section."""
        standing = {x for section in layout().patient for x in section.controls}
        beside = {x for row in layout().lesion for x in row}
        found: list[str] = []
        for name, text in self.values.items():
            match = NAMED.fullmatch(name)
            if match is None or not text or match["variable"] not in self.pack.variables:
                continue
            if match["variable"] not in (beside if match["lesion"] else standing):
                found.append(name)
        return found

    def document(self) -> dict[str, Any]:
        """Give the case file; a field that cannot be taken is left out and told."""
        self.faults.clear()
        patient = dict(self.answers("p."))
        lesions = [
            {"id": self.lesion_id(n), **answers}
            for n in self.lesions()
            if (answers := dict(self.answers(f"l.{n}."))) or not self.is_of_record(n)
        ]
        found: dict[str, Any] = {"bonemets": case.VERSION}
        day = self.values.get("index_date")
        if day and is_day(day):
            found["index_date"] = day
        elif day:
            self.faults["index_date"] = "Write the date as year-month-day, such as 2026-03-31."
        found["complete"] = [x for x in LISTS if self.values.get(f"complete.{x}")]
        found["patient"] = patient
        if lesions or self.values.get("complete.lesions"):
            whole = "yes" if self.values.get("complete.lesions") else "no"
            found["lesions"] = {"complete": whole, "list": lesions}
        considered = [x for x in self.values.get("consider", "").split() if x in self.pack.options]
        if considered:
            found["consider"] = considered
        return found

    def record(self, run_day: int) -> Record:
        """Read what was filled in as a record.

        Raises:
            RecordRefused: it makes no case file, for a reason that no single field shows.
        """
        text = json.dumps(self.document(), ensure_ascii=False).encode()
        return case.read(text, "this case", self.pack, run_day=run_day, index_date=run_day)

    def lesion_id(self, n: int) -> str:
        """Give the identity of a lesion: of the opened record, or one that no record has."""
        return self.values.get(f"l.{n}.id") or f"lesion {n + 1}, added on the page"

    def can_ask(self, name: str) -> bool:
        """Say whether a name is that of a control: of the patient, or of a lesion of the form."""
        match = NAMED.fullmatch(name)
        if match is None or match["variable"] not in self.pack.variables:
            return False
        entity = self.pack.variables[match["variable"]].entity
        if match["lesion"] is None:
            return entity == "patient"
        return entity == "lesion" and int(match["lesion"]) in self.lesions()

    def title(self, name: str) -> str:
        """Call a control by its variable's title."""
        variable = self.pack.variables.get(name.rpartition(".")[2])
        return name.replace("_", " ") if variable is None else variable.title

    def is_of_record(self, n: int) -> bool:
        """Say whether a lesion stands in the opened record."""
        return bool(self.values.get(f"l.{n}.id"))

    def answered(self) -> set[tuple[str, str | None]]:
        """Give what was answered, each variable with its lesion."""
        return {
            (m["variable"], m["lesion"] and self.lesion_id(int(m["lesion"])))
            for name, text in self.values.items()
            if text and (m := NAMED.fullmatch(name)) and m["variable"] in self.pack.variables
        }

    def left_open(self) -> list[tuple[str, str | None]]:
        """Give what is said to be not known, or could not be taken, each with its lesion."""
        found: list[tuple[str, str | None]] = []
        for name, text in self.values.items():
            match = NAMED.fullmatch(name)
            if match is None or not (text == "unknown" or name in self.faults):
                continue
            if match["variable"] in self.pack.variables:
                lesion = match["lesion"]
                found.append((match["variable"], lesion and self.lesion_id(int(lesion))))
        return found

    def answers(self, prefix: str) -> Iterator[tuple[str, Any]]:
        """Give what the controls of the patient, or of one lesion, say."""
        for name, text in self.values.items():
            if not name.startswith(prefix) or name.endswith(".unit") or not text:
                continue
            variable = self.pack.variables.get(name.removeprefix(prefix))
            if variable is None or not asked_for(variable):
                continue
            try:
                yield variable.id, self.answer(variable, name, text)
            except ValueError as error:
                self.faults[name] = str(error)

    def answer(self, variable: Variable, name: str, text: str) -> Any:
        """Read one field.

        Raises:
            ValueError: it cannot be taken; the message says why, and never repeats it.
        """
        if text == "unknown":
            return text
        if variable.type != "number":
            return self.word(variable, text)
        offered = units_of(variable)
        unit = self.values.get(f"{name}.unit") or (offered[0] if len(offered) == 1 else "")
        if unit not in self.factors(variable):
            raise ValueError(f"Choose its unit: {' or '.join(map(unit_shown, offered))}.")
        comparator, number = number_of(text)
        if not comparator:
            self.in_range(variable, float(number), unit)
        return f"{comparator}{number}" + ("" if unit == "1" else f" {unit}")

    def word(self, variable: Variable, text: str) -> str:
        """Read a level, yes or no, or a date."""
        if variable.type == "boolean" and text not in ("yes", "no"):
            raise ValueError("Choose yes, no or not known.")
        if variable.type == "level" and text not in variable.levels:
            raise ValueError("Choose one of the list.")
        if variable.type == "date" and times.parse(text) is None:
            raise ValueError(
                "Write year-month-day, such as 2026-03-31, or a part of it; a time of day may "
                "follow, such as 2026-03-31T14:05."
            )
        return text

    def factors(self, variable: Variable) -> Table:
        """Give the units in which a number is taken, each with its factor and offset."""
        return self.pack.units.get(variable.id, {variable.unit or "1": (1.0, 0.0)})

    def in_range(self, variable: Variable, number: float, unit: str) -> None:
        """Refuse what no patient has; name the unit in which it would be plausible.

        Raises:
            ValueError: out of the plausible range.
        """
        if variable.plausible is None:
            return
        low, high = variable.plausible
        table = self.factors(variable)

        def fits(x: float, written: str) -> bool:
            factor, offset = table[written]
            return low <= x * factor + offset <= high

        if fits(number, unit):
            return
        factor, offset = table[unit]
        ends = f"{(low - offset) / factor:.4g} to {(high - offset) / factor:.4g}"
        said = (
            f"Out of range: {ends} {'' if unit == '1' else unit_shown(unit)}".rstrip()
            + " is taken."
        )
        others = [u for u in units_of(variable) if u != unit and u in table and fits(number, u)]
        slips = [x for x in (number / 10, number * 10) if fits(x, unit)]
        if others:
            said += f" Is it in {' or '.join(map(unit_shown, others))}? Then choose that unit."
        elif slips:
            said += " Is the decimal point in its place?"
        raise ValueError(said)

    def control(self, variable: Variable, prefix: str) -> Control:
        """Give one field as shown."""
        name = f"{prefix}{variable.id}"
        units = units_of(variable) if variable.type == "number" else ()
        sent = self.values.get(f"{name}.unit", "")
        return Control(
            name=name,
            title=variable.title,
            ask=variable.ask or "",
            kind=variable.type,
            value=self.values.get(name, ""),
            choices=choices_of(variable),
            units=tuple(u for u in units if u != "1"),
            unit=sent if sent in units else (units[0] if units else ""),
            fault=self.faults.get(name, ""),
        )


def is_day(text: str) -> bool:
    """Say whether a text is a whole date."""
    return len(text) == len("2026-03-31") and times.parse(text) is not None


def number_of(text: str) -> tuple[str, str]:
    """Read a number as people write it: with `.` or `,`, and perhaps `<` or `>` before it.

    Raises:
        ValueError: it is none, or nobody can tell whether its separator means thousands.
    """
    match = NUMBER.fullmatch(text.strip())
    if match is None:
        raise ValueError("Write a number, such as 2.31 or 2,31; < or > may stand before it.")
    whole, part = match["whole"], match["part"]
    if part is not None and len(part) == THOUSANDS and whole.strip("0"):
        raise ValueError(
            "Three digits behind the separator may mean thousands. "
            "Write it without a separator, or with more or fewer decimals."
        )
    return match["comparator"] or "", f"{match['sign']}{whole}" + (f".{part}" if part else "")


def units_of(variable: Variable) -> tuple[str, ...]:
    """Give the units to choose from, the usual first."""
    return layout().units.get(variable.id, (variable.unit or "1",))


def choices_of(variable: Variable) -> tuple[Choice, ...]:
    """Give the answers to choose from, `not known` last."""
    if variable.type == "boolean":
        return (Choice("yes", "Yes"), Choice("no", "No"), Choice("unknown", "Not known"))
    if variable.type == "level":
        named = (Choice(x, level_text(variable, x)) for x in variable.levels)
        return (*named, Choice("unknown", "Not known"))
    return ()


def level_text(variable: Variable, level: str) -> str:
    """Give the words of a level."""
    return variable.names.get(level) or level.replace("_", " ")


def sent(pairs: Mapping[str, str], pack: Pack) -> Sent:
    """Take what a browser sent; overlong texts are dropped."""
    return Sent({k: v.strip() for k, v in pairs.items() if len(v) <= LONGEST}, pack)
