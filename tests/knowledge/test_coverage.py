"""What of the clinical references the knowledge holds, and that it really holds it."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

import bonemets
from bonemets.pack.coverage import lines, total
from bonemets.pack.items import Citation
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
