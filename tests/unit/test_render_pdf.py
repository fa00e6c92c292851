"""The PDF of an assessment: the essentials on one page, everything after it, text as data."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct
from msgspec.structs import fields, replace
from pypdf import PdfReader
from pypdf.generic import DictionaryObject

import bonemets
from bonemets import cli
from bonemets.errors import UsageError
from bonemets.model import Assessment
from bonemets.pack.items import LEFT
from bonemets.proof.cases import read as read_case
from bonemets.renderers import pdf
from bonemets.renderers.board import Board
from bonemets.renderers.pdf.document import ACTION
from bonemets.renderers.pdf.letters import characters, shown
from bonemets.renderers.words import clean, sentence

ROOT = Path(__file__).parents[2]
CASES = ROOT / "tests" / "knowledge" / "cases"
EXAMPLES = ("cord_compression_prostate.yaml", "hypercalcaemia_breast.json")
# The fullest page of emergencies, ten lesions of the spine, and a gate that is closed.
CHOSEN = (
    "prostate_42_days_vomits_after_fall_on_apixaban_tingling_2_19",
    "breast_breastfeeding_joint_ache_2_98_cramps_ionised_1_14_cement",
    "no_known_cancer_saddle_numbness_retention",
)
ALL = (
    *EXAMPLES,
    CHOSEN[0],
    pytest.param(CHOSEN[1], marks=pytest.mark.slow),  # ten seconds
    CHOSEN[2],
)
A4, LETTER = (595, 842), (612, 792)
EVIL = '#read("/etc/passwd") $x$ *b* _i_ \\ ] #panic() <l> @ref `c` = h'


@cache
def assessed(name: str) -> Assessment:
    if name in EXAMPLES:
        return bonemets.assess(bonemets.read(ROOT / "examples" / name))
    case = read_case(CASES / f"{name}.yaml")
    data = f"# {case.case}\n{json.dumps(case.record)}".encode()
    record = bonemets.read(data, name=f"{case.case}.yaml", index_date=case.index_date)
    return bonemets.assess(record)


@cache
def rendered(name: str, paper: pdf.Paper = "a4") -> bytes:
    return pdf.render(assessed(name), paper)


@cache
def of_few_words(said: str) -> Assessment:
    """Assess somebody of whom next to nothing is told."""
    data = f"bonemets: case/1\nindex_date: 2026-03-02\npatient: {{{said}}}".encode()
    return bonemets.assess(bonemets.read(data, name="few.yaml"))


@pytest.mark.parametrize("said", ["", "cancer: current", "cancer: past", "age: 61 a"])
def test_somebody_of_whom_next_to_nothing_is_told_has_a_pdf_too(said: str) -> None:
    found = of_few_words(said)
    assert not [x for x in found.alerts if x.result == "yes"]
    assert len(PdfReader(io.BytesIO(pdf.render(found))).pages) >= 1


def squeezed(text: str) -> str:
    """Text as it reads, whatever the breaks of lines and words."""
    return re.sub(r"[\s\u00a0\u200b\u00ad]+", "", text)


@cache
def told(name: str) -> list[str]:
    return pages(rendered(name))


def pages(data: bytes) -> list[str]:
    return [squeezed(page.extract_text()) for page in PdfReader(io.BytesIO(data)).pages]


def spoilt(value: Any, name: str, text: str) -> Any:
    """The same with every free text followed by another."""
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
        fixed = name in (*kept, "index_date", "kind", "by", "because", "origin", "sites", "sides")
        return value if fixed or re.fullmatch(r"[a-z0-9_]*", value) else f"{value} {text}"
    if isinstance(value, tuple):
        return tuple(spoilt(x, name, text) for x in value)
    if isinstance(value, dict):
        return {k: spoilt(x, "", text) for k, x in value.items()}
    if isinstance(value, Struct):
        changed = {f.name: spoilt(getattr(value, f.name), f.name, text) for f in fields(value)}
        return replace(value, **changed)
    return value


# --- what stands where ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", ALL)
def test_the_essentials_fill_exactly_one_page(name: str) -> None:
    first, second, *_ = told(name)
    assert squeezed(ACTION) not in first
    assert second.startswith(squeezed(ACTION))


@pytest.mark.parametrize("name", ALL)
def test_the_first_page_names_every_leading_alert_and_what_is_not_ruled_out(name: str) -> None:
    board = pdf.Writer(assessed(name), pdf.Blocks(), pdf.Marked())
    first = told(name)[0]
    assert board.leading
    for alert in board.leading:
        assert squeezed(f"{alert.title}{board.at(alert.lesion)}") in first
        if alert.clock is not None and alert.clock.due:
            assert squeezed(alert.clock.due) in first
    left = board.still_possible()
    for title in left.titles if left else ():
        assert squeezed(title) in first
    for label, said in board.beginning():
        assert squeezed(f"{label}:{said}") in first


@pytest.mark.parametrize("name", ALL)
def test_nothing_that_gave_way_on_the_first_page_is_lost(name: str) -> None:
    a = assessed(name)
    board = pdf.Writer(a, pdf.Blocks(), pdf.Marked())
    first, *others = told(name)
    foot = rf"bonemets:[^:]*Page\d+of\d+{re.escape(squeezed(a.notice))}"
    detail = "".join(re.sub(foot, "", page) for page in others)
    for alert in board.leading:
        for action in board.due(alert):
            assert squeezed(action.title[1:]) in detail
    for page in re.findall(r"…and\d+more,seepage(\d+)", first):
        assert 2 <= int(page) <= len(others) + 1
    for option in board.parted_options()[0]:
        assert squeezed(option.title) in detail
        if option.dose is not None and option.status != "contraindicated":
            assert squeezed(sentence(option.dose.text)) in detail
            if option.dose.settled:
                assert squeezed(sentence(option.dose.regimen)) in detail


@pytest.mark.parametrize("name", ALL)
def test_every_page_carries_the_notice_its_number_and_the_day(name: str) -> None:
    a, found = assessed(name), told(name)
    for n, page in enumerate(found, 1):
        assert f"Page{n}of{len(found)}" in page
        assert squeezed(a.notice) in page
        assert f"Asof{a.index_date}" in page
    assert f"Knowledge{a.knowledge.version},content{a.knowledge.hash[:12]}" in found[-1]


@cache
def brief(name: str) -> list[str]:
    return pages(pdf.render(assessed(name), detail=False))


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_take_few_pages(name: str) -> None:
    """As the command prints them: in full only on request."""
    assert len(brief(name)) <= 15
    assert len(brief(name)) < len(told(name))


def running_text(name: str, printed: list[str]) -> str:
    """Join pages without their feet, which may stand in the middle of a sentence."""
    return "".join(page.rpartition(f"bonemets:{name}Asof")[0] for page in printed)


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_option_that_is_proposed_has_its_checks_and_results_in_print(name: str) -> None:
    """Whenever it begins; what several of them share stands once."""
    board = pdf.Writer(assessed(name), pdf.Blocks(), pdf.Marked())
    text = running_text(name, brief(name)[1:])
    later = [x for x in board.told if (e := board.planned(x)) and e.by == "next_visit"]
    assert sum(bool(x.checks_before or x.effects) for x in later) > 2
    for option in board.told:
        for check in (*option.checks_before, *option.monitoring):
            assert text.count(squeezed(sentence(check.text))) >= 1, check.text
        for result in option.effects:
            assert (squeezed(result.figure) in text) == (result.speaks_of != "no"), result.figure


@pytest.mark.parametrize("name", EXAMPLES)
def test_what_was_declined_is_told_once_with_the_reason_that_decided(name: str) -> None:
    board = pdf.Writer(assessed(name), pdf.Blocks(), pdf.Marked())
    refused = [x for x in board.parted_options()[0] if board.is_refused(x)]
    assert refused
    text = "".join(brief(name)[1:])
    options = text.split("Onlyoptionsthatthisversionknows", 1)[1].split("HOWTODOIT", 1)[0]
    named = "".join(squeezed(titles) for titles, _, _ in board.refused())
    for option in refused:
        assert squeezed(option.title) in named
        assert f"{squeezed(option.title)}Status" not in re.sub(r"\[[^]]*\]|\([^)]*\)", "", options)
    for _, why, _ in board.refused():
        assert text.count(squeezed(why)) == 1, why


@pytest.mark.parametrize("name", ALL)
def test_every_score_that_is_told_is_drawn_with_its_words_as_its_name(name: str) -> None:
    board = pdf.Writer(assessed(name), pdf.Blocks(), pdf.Marked())
    document = PdfReader(io.BytesIO(rendered(name)))
    names = alternatives(document.root_object["/StructTreeRoot"])
    scores = board.parted_scores()[0]
    drawn = [x for x in scores if (x.components or x.result == "yes") and board.bounds_figure(x)]
    for score in drawn:
        assert shown(board.bounds_name(score)) in names, score.id
    for _, caption in board.outlook_figures():
        assert shown(caption) in names
        assert squeezed(caption) in "".join(told(name))


def test_the_examples_have_scores_and_models_to_draw() -> None:
    for name in EXAMPLES:
        board = pdf.Writer(assessed(name), pdf.Blocks(), pdf.Marked())
        assert len(board.parted_scores()[0]) >= 3
        assert board.outlook_figures()


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_sources_are_numbered_and_their_addresses_are_links(name: str) -> None:
    document = PdfReader(io.BytesIO(rendered(name)))
    links = {
        str(action["/URI"])
        for page in document.pages
        for note in page.get("/Annots", [])
        if "/URI" in (action := note.get_object().get("/A", {}))
    }
    citations = pdf.Marked()
    writer = pdf.Writer(assessed(name), pdf.Blocks(), citations)
    writer.document()
    listed = citations.listed()
    assert {x.id for alert in writer.leading for x in alert.evidence} <= {
        x.id for _, x, _ in listed
    }
    text = "".join(told(name))
    for n, source, _ in listed:
        assert squeezed(f"[{n}]{source.title}, {source.year}.") in text
        if (source.address or "").startswith("http"):
            assert source.address in links


# --- text is data --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def evil() -> bytes:
    return pdf.render(spoilt(assessed("cord_compression_prostate.yaml"), "", EVIL))


def test_no_text_becomes_markup(evil: bytes) -> None:
    text = "".join(pages(evil))
    assert text.count(squeezed(EVIL)) > 100
    assert "root:" not in text


def test_a_text_cannot_pass_for_a_citation() -> None:
    a = replace(assessed("cord_compression_prostate.yaml"), notice="x \ue0011:99\ue002 y")
    given = pdf.document(a)
    assert given.notice == "x \ufffd1:99\ufffd y"


def test_very_long_words_are_broken_and_stay_whole() -> None:
    word = "W" * 300
    a = spoilt(assessed("no_known_cancer_saddle_numbness_retention"), "", word)
    document = PdfReader(io.BytesIO(pdf.render(a)))
    assert word in "".join(squeezed(x.extract_text()) for x in document.pages)
    for page in document.pages:
        right = float(page.mediabox.right)
        placed: list[float] = []
        page.extract_text(visitor_text=lambda _t, _c, m, _f, _s, at=placed: at.append(m[4]))
        assert max(placed) < right


def test_the_first_page_offers_nothing_that_its_plan_does_not_advise() -> None:
    found = of_few_words(
        "cancer: current, age: 79 a, goals_of_care: comfort_only, pain_worst_24h: 7,"
        " primary_site: prostate, bone_metastasis: confirmed"
    )
    board = Board(found)
    refused = {x.title for x in found.options if x.status in LEFT and board.is_refused(x)}
    assert "Supervised exercise" in refused
    first = squeezed(pages(pdf.render(found))[0])
    options = first.partition(squeezed("OPTIONS"))[2]
    assert squeezed("Paracetamol") in options
    assert [x for x in refused if squeezed(f": {x}") in options] == []


def test_a_character_that_the_font_lacks_is_told_by_its_number() -> None:
    assert shown("骨 ok \u200bé") == "[U+9AA8] ok é"
    assert shown("e\u0301") == "é"
    a = replace(assessed("no_known_cancer_saddle_numbness_retention"), record="骨\U0001f9b4.yaml")
    assert "bonemets:[U+9AA8][U+1F9B4].yaml" in pages(pdf.render(a))[0]


def test_the_font_shows_what_the_knowledge_says() -> None:
    texts = {x for path in EXAMPLES for x in json_texts(path)}
    assert set() == {c for text in texts for c in clean(text)} - characters()


def json_texts(name: str) -> list[str]:
    from bonemets.renderers import json as as_json

    return [as_json.render(replace(assessed(name), not_understood=()))]


# --- the file ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("paper", "size"), [("a4", A4), ("letter", LETTER)])
def test_the_paper_has_the_size_asked_for(paper: pdf.Paper, size: tuple[int, int]) -> None:
    document = PdfReader(io.BytesIO(rendered(EXAMPLES[0], paper)))
    for page in document.pages:
        found = (round(page.mediabox.width), round(page.mediabox.height))
        assert size == found
    assert squeezed(document.pages[1].extract_text()).startswith(squeezed(ACTION))


def test_the_document_is_accessible() -> None:
    document = PdfReader(io.BytesIO(rendered(EXAMPLES[0])))
    root = document.root_object
    assert root["/Lang"] == "en-GB"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert b"pdfuaid:part>1<" in root["/Metadata"].get_data()
    assert document.metadata is not None
    assert document.metadata.title == f"Bone metastasis assessment: {EXAMPLES[0]}"
    names = alternatives(root["/StructTreeRoot"])
    assert any("Skeleton from the front" in x and "T8" in x for x in names)
    assert any("Spine with the lesions" in x for x in names)


def alternatives(node: Any) -> list[str]:
    """Every text that stands for a figure."""
    node = node.get_object()
    if isinstance(node, list):
        return [x for child in node for x in alternatives(child)]
    if not isinstance(node, DictionaryObject):
        return []
    own = [str(node["/Alt"])] if "/Alt" in node else []
    return own + (alternatives(node["/K"]) if "/K" in node else [])


def test_the_same_assessment_gives_the_same_bytes_dated_by_the_index_date() -> None:
    a = assessed(EXAMPLES[1])
    assert pdf.render(a) == rendered(EXAMPLES[1])
    made = PdfReader(io.BytesIO(rendered(EXAMPLES[1]))).metadata
    assert made is not None
    assert made.creation_date is not None
    assert a.index_date == made.creation_date.date().isoformat()


def test_only_the_shipped_fonts_are_used() -> None:
    document = PdfReader(io.BytesIO(rendered(EXAMPLES[0])))
    fonts = {
        str(font.get_object()["/BaseFont"]).partition("+")[2]
        for page in document.pages
        for font in page["/Resources"]["/Font"].values()
    }
    assert {"LiberationSans", "LiberationSans-Bold"} == fonts


# --- the command ---------------------------------------------------------------------------------


def test_a_pdf_needs_somewhere_to_go() -> None:
    with pytest.raises(UsageError, match="--output FILE"):
        cli.typesetting_ready(None)


def test_without_the_extra_one_line_says_what_to_install() -> None:
    said = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; sys.modules['typst'] = None; sys.argv = sys.argv[1:]; "
            "import importlib.util as u; found = u.find_spec; "
            "u.find_spec = lambda n, *r: None if n == 'typst' else found(n, *r); "
            "from bonemets.cli import main; main()",
            *("bonemets", "assess", str(ROOT / "examples" / EXAMPLES[0])),
            *("--format", "pdf", "--output", "-"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (said.returncode, said.stdout) == (2, "")
    assert said.stderr == "--format pdf needs the extra `pdf`: pip install 'bonemets[pdf]'.\n"


def test_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "report.pdf"
    path.write_text("an old one")
    path.chmod(0o644)
    arguments = ["assess", str(ROOT / "examples" / EXAMPLES[0]), "--format", "pdf"]
    cli.app([*arguments, "--output", str(path)], standalone_mode=False)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_bytes().startswith(b"%PDF-1.7")
