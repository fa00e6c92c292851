"""What texts may say: places that are filled, no dose for patients, and when to call.

See design.md, "Safety rules that no code may break".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from bonemets.documents import Path
from bonemets.expression import Symbol
from bonemets.pack.items import (
    ActionText,
    Alert,
    Card,
    Handout,
    Interaction,
    Investigation,
    Option,
    Outlook,
    Say,
    Score,
    Step,
)
from bonemets.pack.notes import Note, did_you_mean

DOSE: Final = re.compile(
    r"\d[\d.,]*\s*(?:mg|µg|mcg|micrograms?|milligrams?|g|grams?|ml|mL|millilit\w*|l|lit(?:re|er)s?"
    r"|units?|IU|m?mol|Gy|cGy|gray|tablets?|pills?|capsules?|drops|puffs|patch(?:es)?|sachets?"
    r"|spoon\w*|doses?)\b"
    r"|\b(?:half(?: an?)?|one|two|three|four|five|six|seven|eight|nine|ten|\d+)\s+"
    r"(?:more\s+|extra\s+)?"
    r"(?:tablets?|pills?|capsules?|drops|puffs|patch(?:es)?|sachets?|spoon\w*|doses?)\b"
    r"|\b(?:mg|mcg|µg|mL|Gy)\b",
    re.IGNORECASE,
)
"""An amount of a medicine or of radiation."""
CALL: Final = re.compile(r"\b(call|phone|ring|go|come|get help|tell)\b", re.IGNORECASE)
SOON: Final = re.compile(
    r"\b(now|today|straight away|at once|immediately|emergency|right away|same day)\b",
    re.IGNORECASE,
)
FILLED: Final = re.compile(r"\{([^{}]*)\}")
URGENT: Final = ("now", "today")
"""The urgencies whose alerts tell the patient to call or to go at once."""

Speaking = Score | Alert | Investigation | Option | Step | Interaction | Card | Outlook
"""What has words for both readers."""


def spoken(
    item: Speaking, symbols: Mapping[str, Symbol], unbuilt: frozenset[str]
) -> Iterator[Note]:
    """Check what an item says to the clinician and to the patient.

    `unbuilt` are names whose definition has a fault: to miss them is none.
    """
    yield from filled(item, item.say, symbols, unbuilt)
    patient: list[tuple[Path, str]] = [(("say", "patient"), item.say.patient)]
    if isinstance(item, Option):
        patient.append((("patient_title",), item.patient_title))
        patient += [
            (("side_effects", index, "patient"), effect.patient)
            for index, effect in enumerate(item.side_effects)
        ]
        for index, effect in enumerate(item.effects):
            if effect.people is not None:
                path: Path = ("effects", index, "people")
                patient.append(((*path, "what"), effect.people.what))
                patient += [
                    ((*path, "groups", n, "who"), x.who) for n, x in enumerate(effect.people.groups)
                ]
    for path, text in patient:
        yield from dosed(path, text)
    if isinstance(item, Alert) and item.urgency in URGENT:
        text = item.say.patient
        if not (CALL.search(text) and SOON.search(text)):
            message = (
                f"an alert of `{item.urgency}` tells the patient whom to call or where to go, and "
                "that it is now or today. Say so."
            )
            yield Note(("say", "patient"), "no-call", message)


def handed(item: Handout) -> Iterator[Note]:
    """Check what a page for patients says: it says something, and no dose; nothing is filled in."""
    if not item.text:
        yield Note(("text",), "missing-key", "a handout has paragraphs. Add one.")
    for key in ("text", "points"):
        for index, text in enumerate(getattr(item, key)):
            for match in FILLED.finditer(text):
                message = f"`{match[0]}` is not filled in here. Write it out."
                yield Note((key, index), "unknown-place", message)
            yield from dosed((key, index), text)


def told(action: ActionText) -> Iterator[Note]:
    """Check what an action says: nothing is filled in there."""
    for key, text in (("clinician", action.clinician), ("patient", action.patient or "")):
        for match in FILLED.finditer(text):
            message = f"`{match[0]}` is not filled in here. Write it out."
            yield Note((key,), "unknown-place", message)
    yield from dosed(("patient",), action.patient or "")


def filled(
    item: Speaking, say: Say, symbols: Mapping[str, Symbol], unbuilt: frozenset[str]
) -> Iterator[Note]:
    """Refuse a `{name}` that nothing fills."""
    own = {"total", "band"} if isinstance(item, Score | Outlook) else set[str]()
    own |= unbuilt
    for key in ("clinician", "patient"):
        for match in FILLED.finditer(getattr(say, key)):
            name = match[1]
            symbol = symbols.get(name)
            if symbol is None and name != "lesion" and name not in own:
                mend = did_you_mean(name, ["total", "band", "lesion", *symbols], "Name a variable.")
                message = f"`{{{name}}}` is filled by nothing. {mend}"
                yield Note(("say", key), "unknown-place", message)
            elif item.entity == "patient" and (
                name == "lesion" or (symbol is not None and symbol.entity == "lesion")
            ):
                message = (
                    f"`{{{name}}}` belongs to a lesion, and this item is the patient's. "
                    "Leave it out."
                )
                yield Note(("say", key), "lesion-variable", message)


def dosed(path: Path, text: str) -> Iterator[Note]:
    """Refuse an amount in a text for patients."""
    match = DOSE.search(text)
    if match:
        message = f"`{match[0]}` is a dose in a text for patients. Leave the amount out."
        yield Note(path, "patient-dose", message)
