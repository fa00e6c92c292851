"""The page of an assessment: whatever is put in is data, and nothing is fetched."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from msgspec import Struct
from msgspec.structs import fields, replace

import bonemets
from bonemets.model import Assessment, BandShown, Objection, Range
from bonemets.pack.load import Pack
from bonemets.renderers.board import KINDS, Board, Repeats, parts
from bonemets.renderers.drawn import Drawn
from bonemets.renderers.figures import (
    Mark,
    Rung,
    bounds,
    grades,
    has_gap,
    ladder,
    outlook,
    skeleton,
)
from bonemets.renderers.figures.ladder import LEVELS
from bonemets.renderers.figures.skeleton import PARTS
from bonemets.renderers.html import render
from bonemets.renderers.html.environment import styles
from bonemets.renderers.outlook import Bar
from bonemets.renderers.words import with_units

EXAMPLES = Path(__file__).parents[2] / "examples"
EVIL = "<script>alert(1)</script> \"x\" 'y' & {{ 7 * 7 }} </style>"


@pytest.fixture(scope="module")
def example() -> Assessment:
    return bonemets.assess(bonemets.read(EXAMPLES / "hypercalcaemia_breast.json"))


@pytest.fixture(scope="module")
def pack() -> Pack:
    return bonemets.load_pack().pack


def spoilt(value: Any, name: str = "") -> Any:
    """The same with every free text replaced by what would harm a page."""
    kept = (
        "result",
        "urgency",
        "status",
        "statuses",
        "act_by",
        "trust",
        "confirmation",
        "id",
        "after",
    )
    if isinstance(value, str):
        return value if name in kept or re.fullmatch(r"[a-z0-9_]*", value) else EVIL
    if isinstance(value, tuple):
        return tuple(spoilt(x, name) for x in value)
    if isinstance(value, dict):
        return {k: spoilt(x) for k, x in value.items()}
    if isinstance(value, Struct):
        return replace(
            value, **{f.name: spoilt(getattr(value, f.name), f.name) for f in fields(value)}
        )
    return value


def test_no_text_becomes_markup(example: Assessment) -> None:
    page = render(spoilt(example)).replace(styles(), "")
    assert page.count("alert(1)") > 100
    assert "<script" not in page
    assert page.count("{{ 7 * 7 }}") > 100
    assert page.count("</style>") == 1


def test_the_page_names_what_every_output_carries(example: Assessment) -> None:
    page = render(example).replace(styles(), "")
    for said in (example.notice, example.index_date, example.knowledge.version):
        assert str(said) in page
    assert example.knowledge.hash[:12] in page
    scores = [x for x in example.scores if not x.outlook]  # its model tells that total
    for finding in (*example.options, *scores, *example.investigations):
        assert finding.title in page


def test_nothing_of_the_page_lies_elsewhere(example: Assessment) -> None:
    page = render(example)
    assert not re.search(r"<(script|link|iframe|img|object|embed)\b", page)
    assert not re.search(r"\bsrc=|@import|@font-face|url\((?!data:)", page)
    assert not re.search(r"nhs\.uk|Frutiger|https?://(?!www\.w3\.org)", styles())


# --- figures -------------------------------------------------------------------------------------


def shapes(svg: str, colour: str) -> int:
    """How many shapes have this fill or line."""
    root = ET.fromstring(svg)
    return sum(colour in (x.get("fill"), x.get("stroke")) for x in root.iter())


def test_every_site_of_the_vocabulary_is_drawn_on_its_side(pack: Pack) -> None:
    drawn = {shape.site for _, _, parts in PARTS for shape in parts}
    assert set(pack.variables["lesion_site"].levels) == drawn - {"patella"}
    levels = {shape.level for _, _, parts in PARTS for shape in parts if shape.level}
    named = set(pack.variables["vertebral_level"].levels)
    assert levels == {x for x in named if not x.startswith("s")}
    assert set(LEVELS) <= named


def test_a_lesion_is_marked_where_it_may_be_and_nowhere_else() -> None:
    none = skeleton([], "nothing")
    sure = skeleton([Mark(1, ("femur_shaft",), (), ("left",), True)], "x")
    either = skeleton([Mark(1, ("femur_shaft",), (), (), True)], "x")
    perhaps = skeleton([Mark(1, ("femur_shaft",), (), ("left",), False)], "x")
    level = skeleton([Mark(1, ("thoracic_spine",), ("t8",), (), True)], "x")
    spine = skeleton([Mark(1, ("thoracic_spine",), (), (), True)], "x")
    red = "#b01c14"
    assert [shapes(x, red) for x in (none, sure, either, perhaps, level, spine)] == [
        0,
        1,
        2,
        1,
        1,
        12,
    ]
    rib = skeleton([Mark(1, ("rib",), (), ("left",), True)], "x")
    dashed = ['stroke-dasharray="3 2"' in x for x in (sure, either, perhaps, level, spine, rib)]
    assert dashed == [False, True, True, False, True, False]


def test_the_patients_right_is_on_the_viewers_left() -> None:
    numbers = [
        float(next(x for x in ET.fromstring(svg).iter() if x.text == "7").get("x", ""))
        for svg in (
            skeleton([Mark(7, ("humerus_shaft",), (), (side,), True)], "x")
            for side in ("right", "left")
        )
    ]
    assert numbers[0] < 100 < 220 < numbers[1]


def test_a_rung_carries_the_lesions_of_its_level() -> None:
    drawn = ladder([Rung(2, ("t8",), "6 to 9", True), Rung(3, ("s2",), "5", True)], "spine")
    words = [x.text for x in ET.fromstring(drawn).iter() if x.text]
    assert words[words.index("T8") : words.index("T8") + 3] == ["T8", "2", "6 to 9"]
    assert words[words.index("S") : words.index("S") + 3] == ["S", "3", "5"]


SCALE = (
    BandShown(id="low", text="low", low=0, high=6, possible=True),
    BandShown(id="high", text="high", low=7, high=12, possible=False),
)


def test_a_range_is_a_line_and_a_value_a_dot_at_its_place() -> None:
    one, several = (bounds(SCALE, Range(low=6, high=h), "x") for h in (6, 9))
    assert one is not None
    assert several is not None
    dot = next(x for x in ET.fromstring(one).iter() if x.tag.endswith("circle"))
    line = next(x for x in ET.fromstring(several).iter() if x.tag.endswith("line"))
    assert dot.get("cx") == line.get("x1") == "180"
    assert line.get("x2") == "266"


@pytest.mark.parametrize(
    ("scale", "value"),
    [
        ((), Range(low=1, high=1)),
        (SCALE, Range(low=None, high=3)),
        ((replace(SCALE[0], high=None), replace(SCALE[1], low=None)), Range(low=1, high=1)),
    ],
)
def test_what_cannot_be_drawn_truly_is_not_drawn(scale: Any, value: Range) -> None:
    assert bounds(scale, value, "x") is None


def banded(possible: str, *ends: tuple[float | None, float | None], name: str = "b") -> Any:
    """Bands, of which those with an x are still possible."""
    return tuple(
        BandShown(id=f"b{n}", text=f"{name} {n}", low=low, high=high, possible=x == "x")
        for n, (x, (low, high)) in enumerate(zip(possible, ends, strict=True))
    )


LIMITS = ((None, 2.6), (2.6, 2.9), (2.9, None))
LONG = "surgery to free the cord and stabilise, then stereotactic radiotherapy to what is left, no"


@pytest.mark.parametrize("name", ["grade", LONG])
@pytest.mark.parametrize(
    ("possible", "dots", "lines"),
    [("-x-", [1], []), ("xx-", [], [(0, 1)]), ("x-x", [], [(0, 0), (2, 2)]), ("xxx", [], [(0, 2)])],
)
def test_a_grade_is_a_dot_and_open_ones_are_lines_over_their_own_boxes(
    name: str, possible: str, dots: list[int], lines: list[tuple[int, int]]
) -> None:
    drawn = grades(banded(possible, *LIMITS, name=name), "x")
    assert drawn is not None
    shapes = list(ET.fromstring(drawn).iter())

    def edges(x: ET.Element, way: str, size: str) -> tuple[float, float]:
        return float(x.get(way, "")), float(x.get(way, "")) + float(x.get(size, ""))

    def within(x: float, y: float) -> int:
        boxes = [x for x in shapes if x.tag.endswith("rect")]
        held = [
            n
            for n, box in enumerate(boxes)
            if edges(box, "x", "width")[0] < x < edges(box, "x", "width")[1]
            and edges(box, "y", "height")[0] < y < edges(box, "y", "height")[1]
        ]
        assert len(held) == 1
        return held[0]

    def at(x: ET.Element, *names: str) -> int:
        return within(*(float(x.get(name, "")) for name in names))

    assert [at(x, "cx", "cy") for x in shapes if x.tag.endswith("circle")] == dots
    found = [(at(x, "x1", "y1"), at(x, "x2", "y2")) for x in shapes if x.tag.endswith("line")]
    assert found == lines
    bold = {x.text for x in shapes if x.get("font-weight") == "bold"}
    plain = {x.text for x in shapes if x.get("font-weight") == "normal"}
    if name == "grade":
        assert bold == {f"grade {n}" for n, x in enumerate(possible) if x == "x"}
    assert plain or possible == "xxx"


def test_grades_tell_the_edges_between_them_and_whole_numbers_their_ends() -> None:
    for scale, told in (
        (banded("-x-", *LIMITS, name="grade"), {"2.6", "2.9"}),
        (banded("-x-", (None, None), (None, 2.9), (2.9, None), name="grade"), {"2.9"}),
        (banded("x-", (0, 3), (4, 5), name=LONG), {"0 to 3", "4 to 5"}),
        (banded("x-", (0, 3), (4, 4), name="g"), {"0 to 3", "4"}),
    ):
        drawn = grades(scale, "x")
        assert drawn is not None
        said = {x.text for x in ET.fromstring(drawn).iter() if x.text and x.text[0].isdigit()}
        assert said == told


def test_no_scale_is_drawn_of_one_band_or_where_nothing_is_possible() -> None:
    assert grades(banded("x", (0, 1)), "x") is None
    assert grades(banded("--", (0, 1), (2, 3)), "x") is None
    assert [has_gap(banded(x, *LIMITS)) for x in ("x-x", "xx-", "-x-", "xxx")] == [
        True,
        False,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("unit", "value", "edges"),
    [
        ("mmol/L", "3.30", [None, 2.6, 2.6, 2.9, 2.9, 3.1, 3.1, 3.4, 3.4, None]),
        # 11.5, 12.5 and 13.5 mg/dL, times 0.2495: other edges than those printed in mmol/L
        ("mg/dL", "13.2", [None, 2.6, 2.6, 2.8693, 2.8693, 3.1188, 3.1188, 3.3683, 3.3683, None]),
    ],
)
def test_the_edges_of_a_grade_are_those_of_the_unit_that_the_laboratory_reported(
    unit: str, value: str, edges: list[float | None]
) -> None:
    case = f"""bonemets: case/1
index_date: 2026-03-02
patient:
  age: 61 a
  cancer: current
  corrected_calcium: {value} {unit}
  corrected_calcium_upper_limit: 2.60 mmol/L
"""
    scores = bonemets.assess(bonemets.read(case.encode(), name="case")).scores
    grade = next(x for x in scores if x.id == "hypercalcaemia_ctcae_grade")
    assert [end for x in grade.scale for end in (x.low, x.high)] == edges
    assert [x.id for x in grade.scale if x.possible] == ["grade_3"]
    assert grade.edges_in == (unit if unit != grade.unit else None)
    note = f"Edges printed in {unit}, converted." if grade.edges_in else ""
    assert note == Drawn.scale_note(grade)
    drawn = grades(grade.scale, "x") or ""
    said = [x.text for x in ET.fromstring(drawn).iter() if x.text and x.text[0].isdigit()]
    assert said == [f"{round(x, 2):g}" for x in edges[1:-1:2] if x is not None]


@pytest.mark.parametrize(
    ("low", "value", "high", "dots"),
    [(50, None, 50, 1), (20, None, 50, 0), (20, 30, 50, 1), (None, 30, None, 1)],
)
def test_a_model_is_drawn_where_its_line_would_have_no_length(
    low: float | None, value: float | None, high: float | None, dots: int
) -> None:
    drawn = outlook([Bar(title="x", low=low, value=value, high=high, note="")], "x", 100.0) or ""
    shapes = [x.tag.rpartition("}")[2] for x in ET.fromstring(drawn).iter()]
    assert shapes.count("circle") == dots
    grid, under = 5, 1
    assert shapes.count("line") == grid + under + (low != high)


def test_every_score_that_is_told_is_drawn() -> None:
    for name in ("hypercalcaemia_breast.json", "cord_compression_prostate.yaml"):
        board = Drawn(bonemets.assess(bonemets.read(EXAMPLES / name)))
        told = board.parted_scores()[0]
        assert told
        for score in told:
            drawn = board.bounds_figure(score)
            assert drawn is not None, score.id
            label = ET.fromstring(drawn).get("aria-label", "")
            assert board.in_short(score) in label


def opened_by(page: str, title: str) -> list[str]:
    """What stands folded behind something of this title."""
    mark = f'<span class="nhsuk-u-visually-hidden">: {title}</span></summary>'
    return [x.split("</details>", 1)[0] for x in page.split(mark)[1:]]


def test_every_number_opens_its_facts_their_events_and_its_source(example: Assessment) -> None:
    board = Board(example)
    page = html.unescape(render(example))
    shown = (
        *board.leading,
        *board.known_numbers(),
        *board.parted_scores()[0],
        *board.parted_options()[0],
        *(x for x, _ in board.models()),
    )
    assert len(shown) > 20
    for finding in shown:
        known = [x for x in finding.facts if x.known]
        behind = opened_by(page, finding.title + board.at(finding.lesion))
        if not (known or finding.why or finding.missing):
            continue
        assert behind, finding.title
        said = " ".join(behind)
        for event in (e for fact in known for e in fact.events):
            assert event.where in said and event.time in said, (finding.title, event.where)
        if finding.evidence and finding not in board.leading:  # an alert cites on its card
            assert 'href="#source-' in said, finding.title


def test_every_link_within_the_page_leads_somewhere(example: Assessment) -> None:
    page = render(example)
    places = set(re.findall(r'\bid="([^"]+)"', page))
    links = set(re.findall(r'href="#([^"]+)"', page))
    assert len(links) > 20
    assert links <= places
    assert any(x.startswith("option-") for x in links)


def test_options_follow_the_plan_whichever_way_it_goes(example: Assessment) -> None:
    def order(board: Board) -> list[str]:
        full = board.parted_options()[0]
        return [x.id for x in full if board.planned(x) and not x.considered]

    found = order(Board(example))
    assert len(set(found)) == len(found) > 5
    assert order(Board(replace(example, plan=example.plan[::-1]))) == found[::-1]


def test_every_option_that_is_not_declined_is_printed_with_all_that_is_told_of_it(
    example: Assessment,
) -> None:
    page, board = render(example), Board(example)
    full = {x.id: x for x in board.parted_options()[0]}
    told = {x: re.search(rf'<details class="([^"]*)"[^>]* id="option-{x}"', page) for x in full}
    assert {board.is_refused(x) for x in full.values()} == {True, False}
    for name, found in told.items():
        assert found is not None, name
        option = full[name]
        more = any(parts(option, kind) for kind in KINDS if kind != "routine")
        printed = more and not board.is_refused(option)
        assert ("bm-screen" not in found[1].split()) == printed, name
    for titles, why, _ in board.refused():
        assert f'<li class="bm-print"><b>{titles}:</b> {why}' in html.unescape(page)


def test_what_options_share_is_told_with_the_first_and_named_by_the_others(
    example: Assessment,
) -> None:
    one, *_, other = (x for x in Board(example).parted_options()[0] if x.checks_before)
    check = one.checks_before[0]
    apart = replace(check, when="another time")
    alike = replace(other, checks_before=(check, apart))
    told = Repeats([one, alike])
    assert told.is_new(one, "checks_before", check)
    assert not told.is_new(alike, "checks_before", check)
    assert told.is_new(alike, "checks_before", apart)
    assert told.is_new(alike, "monitoring", check)
    assert told.others(alike, "checks_before") == [one.title]
    assert told.others(one, "checks_before") == []


def test_a_reason_that_several_options_were_declined_for_is_told_once(example: Assessment) -> None:
    first, second, *_ = example.declined
    shared, own = (Objection(text=x, trust="read") for x in ("Both. More.", "One alone. More."))
    given = replace(
        example,
        declined=(replace(first, why=(own, shared)), replace(second, why=(shared,))),
    )
    ((titles, why, _),) = Board(given).refused()
    assert why == "Both. More."
    assert titles.startswith(f"{first.title}")
    assert titles.split("; ")[0].endswith("(also: One alone)")
    assert titles.split("; ")[-1] == f"{second.title}{Board(given).places_of(second)}"


class Printed(HTMLParser):
    """Reads which sources are cited in what is printed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, bool]] = []
        self.cited: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("meta", "br", "link", "hr", "img", "input"):
            return
        given = dict(attrs)
        hidden = "bm-screen" in (given.get("class") or "").split()
        self.open.append((tag, hidden))
        to = given.get("href") or ""
        if tag == "a" and to.startswith("#source-") and not any(x for _, x in self.open):
            self.cited.add(to.removeprefix("#source-"))

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop()[0] != tag:
            pass


def test_only_the_sources_of_what_is_printed_are_printed(example: Assessment) -> None:
    page = render(example).replace(styles(), "")
    listed = dict(re.findall(r'<li id="source-(\d+)"( class="bm-screen")?>', page))
    hidden = {n for n, screen in listed.items() if screen}
    assert 0 < len(hidden) < len(listed)
    card = page.split('aria-labelledby="cards"')[1].split("</section>")[0]
    assert set(re.findall(r"#source-(\d+)", card)) & hidden
    reader = Printed()
    reader.feed(page)
    assert len(reader.cited) > 20
    assert reader.cited == set(listed) - hidden


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("3.12 mmol/L", "3.12\N{NO-BREAK SPACE}mmol/L"),
        ("50 to 70 %", "50 to 70\N{NO-BREAK SPACE}%"),
        ("66 years or 67 years", "66\N{NO-BREAK SPACE}years or 67\N{NO-BREAK SPACE}years"),
        ("2", "2"),
    ],
)
def test_a_number_stays_with_its_unit(text: str, shown: str) -> None:
    assert with_units(text) == shown


def dose_cells(a: Assessment) -> list[list[str]]:
    """What stands before, between and after the citations of each cell of a dose that has some."""
    cells = re.findall(r'<td data-label="Dose for this patient">(.*?)</td>', render(a), re.DOTALL)
    return [x.split('<span class="bm-cite') for x in cells if "bm-cite" in x]


def test_an_amount_with_sources_of_its_own_is_cited_beside_it() -> None:
    a = bonemets.assess(bonemets.read(EXAMPLES / "cord_compression_prostate.yaml"))
    (option,) = [x for x in a.options if x.dose and x.dose.settled]
    assert option.dose is not None
    (cell,) = dose_cells(a)
    assert len(cell) == 2
    own = replace(option.dose.evidence[0], id="own_source", title="The source of the row")
    row = replace(option, dose=replace(option.dose, evidence=(own,)))
    told = replace(a, options=tuple(row if x is option else x for x in a.options))
    (cell,) = dose_cells(told)
    assert len(cell) == 3
    assert "vitamin D" in cell[0]
    assert "The lowest amounts" not in cell[0]
    assert "The lowest amounts" in cell[1]
    assert "The source of the row" in render(told)
