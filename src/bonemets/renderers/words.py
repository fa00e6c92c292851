"""How an assessment's short codes read in prose, for every renderer that shows it to people."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from bonemets.model import HelperShown, OptionFinding, OutcomeShown, Range, ShareShown
from bonemets.pack.durations import duration_parts, duration_seconds
from bonemets.pack.items import Helper, Outcome
from bonemets.shown import capital, either

URGENCIES: Final = {
    "now": "NOW",
    "today": "TODAY",
    "within_24_hours": "WITHIN 24 HOURS",
    "this_week": "THIS WEEK",
    "next_visit": "AT THE NEXT VISIT",
}
"""The classes of urgency from the most urgent to the least, in words."""

CONFIRMATIONS: Final = {
    "read": "read",
    "second_hand": "faithful copy",
    "ours": "ours",
    "unread": "source not read",
}

UNIT: Final = re.compile(r"(?<=\d) (?!(?:to|or|and|of) )(?=[^\W\d]|%)")
"""Between a number and its unit."""
ROWS: Final = re.compile(r" ?\([^()]*\b(?:treatments|emergencies|scores|diagnosis)/[^()]*\)")

STATUSES: Final = {
    "suitable": "suitable",
    "caution": "caution",
    "check_first": "check first",
    "contraindicated": "contraindicated",
    "unknown": "not known whether it is indicated",
    "not_indicated": "not indicated",
    "not_in_scope": "not in scope",
}

AGED: Final = re.compile(
    r"(?P<said>.+), (?P<age>today|yesterday|(?:\d+ to )?\d+ (?:days|years) ago)", re.DOTALL
)
"""A fact and its age."""
LOWER_EDGES: Final = ("at least", "above")
EDGE: Final = re.compile(r"(?P<number>.+) is (?P<word>at least|above|below|at most) (?P<edge>.+)")
# Marks that turn the direction of text: they could make a line read otherwise than it is.
DIRECTIONS: Final = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)


def clean(text: str) -> str:
    """Make text from anywhere safe to print: no control characters, no turned direction."""
    if text.isprintable():
        return " ".join(text.split())

    def shown(character: str) -> str:
        if character in DIRECTIONS:
            return ""
        category = unicodedata.category(character)
        if category in ("Cc", "Zl", "Zp"):
            return " "
        return "\ufffd" if category in ("Cs", "Co") else character

    return " ".join("".join(map(shown, text)).split())


def seconds(duration: str) -> float:
    """Give the length of an ISO 8601 duration, for sorting; what is none comes last."""
    try:
        return duration_seconds(duration)
    except ValueError:
        return float("inf")


def duration_words(duration: str) -> str:
    """Say a length of time: PT24H "24 hours", P7D "7 days", PT0H nothing."""
    try:
        parts = duration_parts(duration)
    except ValueError:
        return duration
    return " and ".join(f"{n} {unit}{'' if n == 1 else 's'}" for unit, n in parts.items() if n)


UNITS_OF_OUTCOME: Final = {"%": "%", "mo": "months", "wk": "weeks", "d": "days"}


def helper_words(x: Helper | HelperShown) -> str:
    """Name an organisation, how it is reached, and what it does."""
    hours = f" ({x.hours})" if x.hours else ""
    ways = [f"{x.telephone}{hours}" if x.telephone else "", x.web or ""]
    reached = "; ".join(filter(None, ways))
    named = f"{x.name}: {reached}" if x.name else reached
    return f"{named}. {x.helps}" if x.helps else named


def outcome_words(x: Outcome | OutcomeShown) -> str:
    """Say a published outcome: "alive at 12 months 42 % (30 to 55)"."""
    when = "" if x.after is None else f" at {duration_words(x.after)}"
    interval = ""
    if x.low is not None and x.high is not None:
        interval = f" ({number(x.low)} to {number(x.high)})"
    return f"{x.what}{when} {number(x.value)} {UNITS_OF_OUTCOME.get(x.unit, x.unit)}{interval}"


def within(duration: str) -> str:
    """Say until when to act: PT0H "at once", PT24H "within 24 hours", P7D "within 7 days"."""
    said = duration_words(duration)
    return f"within {said}" if said else "at once"


def number(value: float) -> str:
    """Show a number of points or a plain value without the digits that mean nothing."""
    return f"{value:.10g}"


OF_100: Final = "Think of 100 {who}. Of these, {number} {what}."
ABOUT: Final = "about {number}"


def whole(share: float) -> int:
    """Round a share of 100 to people, half up."""
    return int(share + 0.5)


def share_words(share: ShareShown, frame: str = OF_100, about: str = ABOUT) -> str:
    """Say how many of 100 people had something; that the number is rounded, where it is."""
    said = number(whole(share.of_100))
    if whole(share.of_100) != share.of_100:
        said = about.replace("{number}", said)
    return frame.replace("{who}", share.who).replace("{number}", said).replace("{what}", share.what)


def range_text(value: Range) -> str:
    """Show a range: "6 to 9", "5", "at least 2", "not known"."""
    if value.low is None:
        return "not known" if value.high is None else f"at most {number(value.high)}"
    if value.high is None:
        return f"at least {number(value.low)}"
    if value.low == value.high:
        return number(value.low)
    return f"{number(value.low)} to {number(value.high)}"


def status(option: OptionFinding) -> str:
    """Say an option's status, and what stands between it and a plain yes."""
    if option.status == "check_first":
        if option.because == "routine":
            sure = "suitable" in option.statuses
            return "suitable once it is confirmed" if sure else "with caution, once it is confirmed"
        return {
            "measure": "check first, something has to be measured or looked up",
            "unread": "check first, a reason against it is our own, or from a source not read",
        }.get(option.because or "", "check first")
    if option.status == "caution" and "suitable" in option.statuses:
        return "suitable, but with caution if one of the cautions below holds"
    if option.status == "caution":
        return "with caution"
    return STATUSES.get(option.status, option.status.replace("_", " "))


NOT_NOW: Final = "Considered, and not advised now"
ANSWERED: Final = "Not recorded as such, but answered in practice by what is known:"


def stage_name(urgency: str) -> str:
    """Name a time of the plan: what is done at this contact need be no emergency."""
    return "WITHIN THE HOUR" if urgency == "now" else URGENCIES[urgency]


def id_words(name: str) -> str:
    """Turn an id into words, where no title is at hand."""
    return name.replace("_", " ")


def sentence(text: str) -> str:
    """Begin with a capital and end with a full stop."""
    text = text.strip()
    if not text:
        return text
    text = capital(text)
    return text if text[-1] in ".?!:" else text + "."


def with_units(text: str) -> str:
    """Keep each number on one line with the unit that follows it."""
    return UNIT.sub("\N{NO-BREAK SPACE}", text)


def without_rows(text: str) -> str:
    """Leave out the rows of our references, in brackets: they are for who writes knowledge."""
    return ROWS.sub("", text)


def first_sentence(text: str) -> str:
    """Give the first sentence, without its full stop."""
    return re.split(r"(?<=[\w)%])\. (?=[A-Z])", text, maxsplit=1)[0].rstrip(".")


def first_part(figure: str) -> str:
    """Give the first part of a printed figure: up to a semicolon that stands in no parenthesis."""
    depth = 0
    for n, character in enumerate(figure):
        depth += (character == "(") - (character == ")")
        if character == ";" and depth == 0:
            return figure[:n]
    return figure


def aged(fact: str) -> str:
    """Say of a state when it was recorded: "there is cancer (recorded 90 days ago)"."""
    found = AGED.fullmatch(fact)
    return f"{found['said']} (recorded {found['age']})" if found else fact


def between(clauses: Sequence[str]) -> list[str]:
    """Join two clauses on the edges of one number: "x 3.30 is between 2.99 and 3.49 mmol/L"."""
    said: list[str] = []
    found = [EDGE.fullmatch(x) for x in clauses]
    used: set[int] = set()
    for n, (text, low) in enumerate(zip(clauses, found, strict=True)):
        if n in used:
            continue
        for m in range(n + 1, len(clauses)):
            high = found[m]
            if m in used or low is None or high is None or low["number"] != high["number"]:
                continue
            ends = [low, high] if low["word"] in LOWER_EDGES else [high, low]
            if ends[0]["word"] in LOWER_EDGES and ends[1]["word"] not in LOWER_EDGES:
                used.add(m)
                edge, unit = ends[0]["edge"], ends[1]["edge"].partition(" ")[2]
                edge = edge.removesuffix(f" {unit}") if unit else edge
                text = f"{low['number']} is between {edge} and {ends[1]['edge']}"
                break
        said.append(text)
    return said


NOT_GIVEN: Final = "the patient gets no "


def gets_none(said: Sequence[str]) -> list[str]:
    """Join the medicines that a patient does not get: "the patient gets no a, b or c"."""
    missing = [x.removeprefix(NOT_GIVEN) for x in said if x.startswith(NOT_GIVEN)]
    if len(missing) < 2:
        return list(said)
    joined = NOT_GIVEN + either(missing)
    first = next(n for n, x in enumerate(said) if x.startswith(NOT_GIVEN))
    rest = [x for x in said if not x.startswith(NOT_GIVEN)]
    return [*rest[:first], joined, *rest[first:]]
