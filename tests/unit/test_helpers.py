"""Who helps besides the team: a number or an address for every region, each with its source."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import bonemets
from bonemets.api import Knowledge
from bonemets.errors import KnowledgeError
from bonemets.model import Assessment
from bonemets.pack.items import Helper, Helpers
from bonemets.renderers.guide import Guidebook
from bonemets.renderers.page import markdown
from bonemets.web.leaflet import leaflet

REGIONS = ("united_states", "european_union", "united_kingdom", "australia")
CRISIS = {
    "united_states": "988",
    "european_union": "116 123",
    "united_kingdom": "116 123",
    "australia": "13 11 14",
}
CALLED = re.compile(r"(?<![\w.])[0-9][0-9 -]+[0-9](?![\w%])")
"""A telephone number in a text: figures, with spaces or hyphens between."""
OURS = """contacts: ours
title: Ours
list:
  give_crisis_line: {telephone: 01632 960 016, hours: day and night}
helpers:
  - {name: Our centre, helps: Come in., telephone: 01632 960 015, hours: on weekdays}
"""


@pytest.fixture(scope="module")
def ours() -> Helpers:
    guide = bonemets.load_pack().pack.guide
    assert guide is not None
    assert guide.helpers is not None
    return guide.helpers


def assessed(knowledge: Knowledge, region: str, more: str = "") -> Assessment:
    said = f"{{cancer: current, bone_metastasis: confirmed, practice_region: {region}{more}}}"
    case = f"bonemets: case/1\npatient: {said}\n".encode()
    return bonemets.assess(bonemets.read(case, knowledge, name="case"), knowledge)


def shown(knowledge: Knowledge, region: str, more: str = "") -> str:
    return bytes(leaflet(assessed(knowledge, region, more), knowledge).body).decode()


def section(page: str) -> str:
    """What the leaflet tells of those who help."""
    found = re.search(r"<h2>People who can help.*?(?=<h2>|$)", page, re.DOTALL)
    assert found is not None
    return found[0].replace("&#39;", "'")


def every(helpers: Helpers) -> list[Helper]:
    return [x for listed in helpers.organisations.values() for x in listed]


def test_every_region_has_a_crisis_line_and_somebody_who_helps(ours: Helpers) -> None:
    assert {level: x.telephone for level, x in ours.crisis.items()} == CRISIS
    assert tuple(ours.organisations) == REGIONS
    assert all(ours.organisations.values())


def test_every_number_and_address_comes_from_a_page_that_was_opened(ours: Helpers) -> None:
    """A wrong number leaves somebody alone who needs help: none stands here unread."""
    for helper in (*every(ours), *ours.crisis.values()):
        assert helper.evidence, helper.name
        for citation in helper.evidence:
            assert citation.confirmation in ("read", "second_hand"), helper.name
            assert citation.seen is not None, helper.name


@pytest.mark.parametrize("region", REGIONS)
def test_the_leaflet_names_those_of_the_region_and_no_others(ours: Helpers, region: str) -> None:
    told = section(shown(bonemets.load_pack(), region))
    here = [x.name for x in ours.organisations[region]]
    assert [x.name for x in every(ours) if x.name in told] == here
    crisis = ours.crisis[region]
    known = {x.telephone for x in (*ours.organisations[region], crisis)}
    assert set(CALLED.findall(told)) <= known
    assert f"{crisis.name}: {crisis.telephone}" in told
    assert "<h3>" not in told


def test_where_the_region_is_not_known_the_leaflet_names_all_by_region(ours: Helpers) -> None:
    told = section(shown(bonemets.load_pack(), "unknown"))
    assert [x.name for x in every(ours) if x.name not in told] == []
    names = ["United States", "European Union", "United Kingdom", "Australia"]
    assert re.findall(r"<h3>([^<]+)</h3>", told) == names
    for name, line in zip(names, ours.crisis.values(), strict=True):
        assert f"{name}: {line.name}: {line.telephone}" in told


def test_the_guide_names_all_of_them_by_region_and_nobody_else(ours: Helpers) -> None:
    book = Guidebook(bonemets.load_pack().pack)
    text = markdown(book.article("support", "patient").body, lambda _: None)
    told = re.search(r"## People who can help.*?(?=\n## )", text, re.DOTALL)
    assert told is not None
    for helper in (*every(ours), *ours.crisis.values()):
        for known in filter(None, (helper.name, helper.telephone, helper.web)):
            assert known in told[0]
    known = {x.telephone for x in (*every(ours), *ours.crisis.values())}
    assert set(CALLED.findall(told[0])) <= known


def test_the_guide_gives_the_emergency_number_of_every_region() -> None:
    book = Guidebook(bonemets.load_pack().pack)
    once = markdown(book.article("support", "patient").once, lambda _: None)
    for number in ("911", "112", "999", "000"):
        assert f"{number} (" in once.replace("\\", "")


@pytest.mark.parametrize("region", [*REGIONS, "unknown"])
def test_an_action_that_gives_a_crisis_line_gives_its_number(region: str) -> None:
    found = assessed(bonemets.load_pack(), region, ", suicidal_thoughts: thoughts")
    given = {x.contact for a in found.alerts for x in a.actions if x.id == "give_crisis_line"}
    number = CRISIS.get(region)
    assert {str(x).partition(" (")[0] for x in given} == {str(number)}


def test_who_speaks_of_suicide_reads_the_crisis_line_beside_the_other_numbers() -> None:
    knowledge = bonemets.load_pack()
    asked = shown(knowledge, "australia", ", suicidal_thoughts: thoughts")
    assert "13 11 14" in asked.partition("Signs that must not wait")[0]
    assert "13 11 14" not in shown(knowledge, "australia").partition("Signs that must not wait")[0]


def test_a_hospital_lays_its_own_before_ours(tmp_path: Path) -> None:
    (tmp_path / "ours.yaml").write_text(OURS)
    knowledge = bonemets.load_pack(tmp_path)
    told = section(shown(knowledge, "united_kingdom"))
    assert told.index("Our centre: 01632 960 015") < told.index("Macmillan")
    assert "01632 960 016 (day and night)" in told
    assert "Samaritans" not in told
    article = Guidebook(knowledge.pack).article("support", "patient")
    text = markdown(article.body, lambda _: None)
    assert text.index("Our centre") < text.index("American Cancer Society")
    assert "01632 960 016" in text
    assert "Samaritans" not in text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("telephone: 01632 960 015, ", ""),
        ("01632 960 015", "call us"),
        ("hours: on weekdays", "web: javascript:alert"),
    ],
)
def test_a_helper_whom_nobody_can_reach_is_refused(tmp_path: Path, before: str, after: str) -> None:
    changed = OURS.replace(before, after)
    assert changed != OURS
    (tmp_path / "ours.yaml").write_text(changed.replace(", hours: on weekdays", ""))
    with pytest.raises(KnowledgeError, match="bad-contact"):
        bonemets.load_pack(tmp_path)
