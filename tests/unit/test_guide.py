"""The guide: everything that is known stands in it once, in an item's own words."""

from __future__ import annotations

from collections import Counter
from functools import cache

import pytest

import bonemets
from bonemets.errors import UsageError
from bonemets.pack.items import Variable
from bonemets.pack.words import DOSE
from bonemets.renderers.guide import READERS, Guidebook, Reader, written
from bonemets.renderers.page import Heading, markdown
from small_pack import READ_ALONE, small_pack


@cache
def book() -> Guidebook:
    return Guidebook(bonemets.load_pack().pack)


@cache
def text(name: str, reader: Reader) -> str:
    return markdown(book().article(name, reader).blocks, lambda _: None)


def test_every_item_stands_in_exactly_one_chapter() -> None:
    placed = Counter(item.id for items in book().items.values() for item in items)
    wanted = [i for i, x in book().pack.items().items() if not isinstance(x, Variable)]
    assert placed == Counter(wanted)


def test_the_clinicians_chapters_tell_of_every_item_but_handouts() -> None:
    told = {
        i for name in book().chapters() for i in book().article(name, "clinician").anchors.values()
    }
    titles = Counter(
        x.text
        for name in book().chapters()
        for x in book().article(name, "clinician").blocks
        if isinstance(x, Heading) and x.level == 3
    )
    wanted = {i for i, x in book().chapter_of.items() if i not in book().pack.handouts}
    assert sum(titles.values()) == len(wanted)
    assert told <= wanted


@pytest.mark.parametrize("reader", READERS)
def test_nothing_is_left_to_be_filled_in(reader: Reader) -> None:
    for name in book().chapters():
        found = text(name, reader)
        assert "{" not in found.replace("mL/min/{1.73_m2}", ""), name


def test_the_patients_guide_holds_no_dose_and_says_when_to_call_in_every_chapter() -> None:
    for name in book().chapters():
        found = text(name, "patient")
        assert not DOSE.search(found), name
        assert "Call the emergency number now" in found, name


def test_what_a_record_would_fill_in_is_named_in_general_words() -> None:
    page = markdown(Guidebook(small_pack(READ_ALONE)).article("all", "clinician").blocks, str)
    assert "Risk N." in page


def test_the_search_finds_what_holds_all_words_and_nothing_else() -> None:
    hits = book().found("radium abiraterone", "clinician")
    assert "radium_with_abiraterone" in {i for _, _, i in hits}
    assert book().found("no such words anywhere", "patient") == []
    assert book().found("", "patient") == []


def test_a_chapter_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(UsageError, match="no chapter of the guide"):
        book().article("nonsense", "patient")


def test_the_three_forms_tell_the_same() -> None:
    said = "The model"
    guide = Guidebook(small_pack(READ_ALONE))
    for form in ("text", "markdown", "html"):
        found = written(guide, ["all"], "clinician", form, "A notice.")
        assert said in found
        assert "A notice." in found
    assert "<script" not in written(guide, ["all"], "clinician", "html", "A notice.")
