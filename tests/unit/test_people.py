"""Numbers of people: drawn as told, rounded in the open, and told to those of whom they speak."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest

import bonemets
from bonemets.model import EffectShown, OptionFinding, ShareShown
from bonemets.renderers import html, pdf, text
from bonemets.renderers.figures import people
from bonemets.renderers.figures.people import ROW, WIDE
from bonemets.renderers.words import share_words

CASE = """bonemets: case/1
index_date: 2026-03-02
consider: [{option}]
patient:
  age: 60 a
  cancer: current
  primary_site: {primary}
  bone_metastasis: confirmed
lesions:
  complete: no
  list: [{{id: hip, lesion_site: ilium, laterality: left, pain_at_site: yes}}]
"""


def drawn(svg: str) -> list[tuple[str, int]]:
    """Each layer of a drawing: its colour, and how many dashes its lines have."""
    found: list[tuple[str, int]] = []
    for path in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}path"):
        dash = float(path.attrib["stroke-dasharray"].split()[0])
        lines = re.findall(r"M[\d.]+ [\d.]+h([\d.]+)", path.attrib["d"])
        found.append(
            (path.attrib["stroke"], sum(round((float(x) - dash) / WIDE) + 1 for x in lines))
        )
    return found


@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 33, 61, 99, 100])
def test_so_many_people_are_filled_and_the_others_outlined(count: int) -> None:
    dark, light = "#212b32", "#ffffff"
    layers = drawn(people(count, "so many"))
    inner = [] if count == ROW * ROW else [(light, 100 - count)] * 2  # heads, bodies
    assert layers == [(dark, 100), (dark, 100), *inner]


def test_a_figure_says_in_words_what_it_shows() -> None:
    root = ET.fromstring(people(61, "Of 100 people, 61 had less pain."))
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-label"] == "Of 100 people, 61 had less pain."


@pytest.mark.parametrize(
    ("share", "said"),
    [(61, "61"), (64.3, "about 64"), (30.5, "about 31"), (99.6, "about 100"), (0.2, "about 0")],
)
def test_a_share_is_told_in_whole_people_and_says_where_it_is_rounded(
    share: float, said: str
) -> None:
    shown = ShareShown(who="people", of_100=share, what="had less pain")
    assert share_words(shown) == f"Think of 100 people. Of these, {said} had less pain."


def option(name: str, primary: str) -> OptionFinding:
    record = bonemets.read(CASE.format(option=name, primary=primary).encode(), name="case")
    found = bonemets.assess(record, questions=False)
    return next(x for x in found.options if x.id == name)


def told(effects: tuple[EffectShown, ...], answer: str) -> set[str]:
    return {s.who for x in effects for s in x.shares if x.speaks_of == answer}


def test_people_are_told_of_people_like_them_and_not_of_others() -> None:
    breast = option("zoledronic_acid_skeletal", "breast").effects
    assert all("breast" in x for x in told(breast, "yes"))
    assert all("prostate" in x for x in told(breast, "no"))
    assert told(breast, "yes") and told(breast, "no")
    open_ = option("zoledronic_acid_skeletal", "[breast, prostate]").effects
    assert told(open_, "unknown") == told(breast, "yes") | told(breast, "no")
    assert told(open_, "yes") == set()


def test_a_result_that_speaks_of_everybody_is_told_to_everybody() -> None:
    assert told(option("radiotherapy_single_fraction", "[lung, breast]").effects, "yes")


def test_every_number_of_people_rests_on_a_line_that_was_read_and_is_of_the_reference() -> None:
    counted = 0
    for item in bonemets.load_pack().pack.options.values():
        for effect in item.effects:
            if effect.people is not None:
                counted += 1
                assert {c.confirmation for c in effect.evidence} <= {"read", "second_hand"}
                assert all(c.row for c in effect.evidence)
    assert counted > 20


def test_the_report_draws_them_and_says_the_same_in_words() -> None:
    record = bonemets.read(
        CASE.format(option="radiotherapy_single_fraction", primary="lung").encode(), name="case"
    )
    found = bonemets.assess(record, questions=False)
    said = "Think of 100 people who had one session. Of these, 61 had less pain."
    page = html.render(found)
    assert f'aria-label="{said}"' in page
    assert f"<figcaption>{said}</figcaption>" in page
    assert "pain relief in 61" in text.render(found)  # a medium without drawings has the figure
    assert pdf.render(found).startswith(b"%PDF")  # PDF/UA refuses a figure without its words
