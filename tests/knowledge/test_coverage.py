"""What of the clinical references the knowledge holds, and that it really holds it."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

import bonemets
from bonemets.pack.coverage import lines, total
from bonemets.pack.items import CardRow, Citation, Effect, Outcome
from bonemets.pack.load import Pack
from bonemets.renderers.items import covered

MOST_REASONS = 0.15
LEAST_CITED = 0.95
TESTS = ("T", "G.3", "G.4")
"""Rows that are tests of the program: tests/knowledge/test_minimum.py holds them."""
WORDS = "words for the patient"
"""The note of a row that only words what an item says to patients: it has no source."""
NAMED = re.compile(
    r"\b(?:(?:emergencies|treatments|diagnosis)/[A-Z]+-[0-9]+[a-z]?|scores [A-G]\.[0-9]+[a-c]?)"
)
SECTION = re.compile(r"^#{2,3} ([A-G]\.\d+[a-c]?)[ :]", re.MULTILINE)
"""A section of the reference of scores, which has no rows of its own ids."""
PARTED = {"C.20"}
"""Sections that consist of others."""
FIGURE = re.compile(r"\d+(?:\.\d+)?")
YEAR = re.compile(r"(?:19|20)\d\d")


@pytest.fixture(scope="module")
def pack() -> Pack:
    return bonemets.load_pack().pack


def test_every_row_of_tier_1_is_held_or_has_a_reason_and_few_have_one(pack: Pack) -> None:
    assert pack.coverage
    for reference in pack.coverage.values():
        rows, reasons = total(lines(pack, reference), 1)
        assert rows > 25
        assert reasons["not_yet"] == 0
        assert sum(reasons.values()) <= MOST_REASONS * rows, reference.id


def test_every_row_belongs_to_one_line(pack: Pack) -> None:
    for reference in pack.coverage.values():
        prefixes = Counter(p for each in reference.lines.values() for p in each)
        assert set(prefixes.values()) == {1}
        assert {name.split("-")[0] for name in reference.rows} == set(prefixes)


def cited_rows(value: object) -> set[str]:
    """The reference rows that an item, or a part of one, cites, or names in its notes."""
    if isinstance(value, str):
        return set(NAMED.findall(value))
    if isinstance(value, Citation):
        return {value.row} if value.row else set()
    if isinstance(value, tuple | list):
        return set().union(*map(cited_rows, value))
    if isinstance(value, dict):
        return set().union(*map(cited_rows, value.values()))
    names = getattr(value, "__struct_fields__", ())
    return set().union(*(cited_rows(getattr(value, n)) for n in names))


def names_of(reference: str, row: str) -> set[str]:
    """How a row, or a section without rows, is cited."""
    return {f"{reference}/{row}", f"{reference} {row}"}


def test_the_items_that_hold_a_row_cite_it(pack: Pack) -> None:
    known = {**pack.items(), **pack.actions, **pack.disagreements}
    givers = pack.givers()
    for reference in pack.coverage.values():
        held = {
            name: {givers[i].id if i in givers and i not in known else i for i in row.items}
            for name, row in reference.rows.items()
            if row.tier == 1 and row.items and name.split("-")[0] not in TESTS and row.note != WORDS
        }
        cited = [
            name
            for name, items in held.items()
            if any(names_of(reference.id, name) & cited_rows(known[i]) for i in items)
        ]
        assert len(cited) >= LEAST_CITED * len(held), sorted(set(held) - set(cited))


def test_the_listing_says_lines_tiers_and_reasons(pack: Pack) -> None:
    said = covered(pack)
    for reference in pack.coverage.values():
        assert reference.title in said
        for title in reference.lines:
            assert title in said
    assert re.search(r"all of tier 1: \d+ rows", said)
    assert "unconfirmed 16" in said


@pytest.mark.needs_shared
def test_no_row_of_a_reference_is_forgotten(pack: Pack, shared: Path) -> None:
    for reference in pack.coverage.values():
        text = (shared / "knowledge" / f"{reference.id}.md").read_text(encoding="utf-8")
        prefixes = [p for each in reference.lines.values() for p in each]
        row = re.compile(rf"^\| ((?:{'|'.join(prefixes)})-[\w…]+) \|", re.MULTILINE)
        found = set((row if "-" in next(iter(reference.rows)) else SECTION).findall(text)) - PARTED
        assert len(found) > 60
        assert set(reference.rows) == found


def figures(text: str) -> set[str]:
    """The figures of a text that say which source it is from: no years and no single digits."""
    plain = re.sub(r"(?<=\d),(?=\d{3})", "", text)
    return {x for x in FIGURE.findall(plain) if len(x) > 1 and not YEAR.fullmatch(x)}


def printed(figure: str, among: set[str]) -> bool:
    """Say whether a figure stands among others, at the coarser precision of the two."""

    def decimals(x: str) -> int:
        return len(x.partition(".")[2])

    return any(
        abs(float(figure) - float(x)) <= 0.5 * 10.0 ** -min(decimals(figure), decimals(x))
        for x in among
        if figure == x or "." in figure + x
    )


def told(part: CardRow | Effect | Outcome) -> str:
    """What is said beside the citations of a part of an item."""
    if isinstance(part, CardRow):
        return part.text
    if isinstance(part, Effect):
        return f"{part.what} {part.result}"
    return f"{part.value:g} {part.low or ''} {part.high or ''}"


@pytest.mark.needs_shared
def test_a_figure_names_no_row_of_the_scores_that_holds_none_of_those_told_with_it(
    pack: Pack, shared: Path
) -> None:
    """What was found since the notes were written stands in no row, and says none."""
    text = (shared / "knowledge" / "scores.md").read_text(encoding="utf-8")
    names, sections = SECTION.findall(text), SECTION.split(text)[2::2]
    held = {
        f"scores {n}": set(FIGURE.findall(re.sub(r"(?<=\d),(?=\d{3})", "", s)))
        for n, s in zip(names, sections, strict=True)
    }
    parts: list[tuple[str, CardRow | Effect | Outcome]] = []
    for model in pack.outlooks.values():
        parts += [(model.id, x) for band in model.outcomes.values() for x in band]
        parts += [(model.id, x) for x in (*model.validation, *model.calibration)]
    parts += [(card.id, x) for card in pack.cards.values() for x in card.rows]
    looked, wrong = 0, []
    for item, part in parts:
        said = figures(told(part))
        for row in {c.row for c in part.evidence if c.row in held and said}:
            looked += 1
            if not any(printed(x, held[row]) for x in said):
                wrong.append((item, row, told(part)))
    assert wrong == []
    assert looked > 80
