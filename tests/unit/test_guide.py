"""The guide: everything that is known stands in it once, in an item's own words."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache

import pytest
from msgspec.structs import replace

import bonemets
from bonemets.errors import UsageError
from bonemets.pack.items import Option, Variable
from bonemets.pack.words import DOSE
from bonemets.renderers.guide import (
    READERS,
    Article,
    Guidebook,
    Reader,
    general,
    title_for,
    written,
)
from bonemets.renderers.page import (
    PLACE,
    Block,
    Heading,
    Link,
    Points,
    Prose,
    markdown,
    sentences,
)
from bonemets.renderers.reference import slug
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


def test_every_disagreement_of_sources_is_told_to_clinicians_once_with_all_its_positions() -> None:
    told = "\n".join(text(name, "clinician") for name in book().chapters())
    flat = one_line(told)
    assert len(book().pack.disagreements) > 40
    for found in book().pack.disagreements.values():
        assert told.count(f"\n### Sources differ: {found.title}\n") == 1, found.id
        for name, position in found.positions.items():
            first = "Followed: " if name == book().pack.followed(found.id) else ""
            said = first + position.says
            assert one_line(markdown([Prose(said)], str)).rstrip(".") in flat, found.id


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


def test_the_signs_that_must_not_wait_stand_one_to_a_line() -> None:
    """Somebody in need looks for one sign, and does not read a page of them."""
    guide = book().guide
    said = book().pack.actions[str(guide.signs)].patient
    assert said is not None
    signs = next(x for x in book().article("outlook", "patient").once if isinstance(x, Points))
    assert len(signs.points) > 10
    assert " ".join(str(line) for _, line in signs.points) == said


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


def sections(name: str, level: int) -> dict[str, list[Block]]:
    """The blocks of a patients' chapter under each heading of a level."""
    found: dict[str, list[Block]] = {}
    title = ""
    for block in book().article(name, "patient").blocks:
        if isinstance(block, Heading) and block.level <= level:
            title = block.text
        else:
            found.setdefault(title, []).append(block)
    return found


def told(blocks: list[Block], below: dict[str, list[Block]]) -> str:
    """What stands under a heading, and under the headings that it leads to."""
    anchors = {item: title for a in articles() for title, item in a.anchors.items()}
    led = [
        piece.to.removeprefix(PLACE)
        for block in blocks
        if isinstance(block, Points)
        for _, line in block.points
        if not isinstance(line, str)
        for piece in line
        if isinstance(piece, Link)
    ]
    return markdown([*blocks, *(b for x in led for b in below[anchors[x]])], lambda _: None)


def articles() -> list[Article]:
    return [book().article(name, "patient") for name in book().chapters()]


def test_no_side_effect_of_a_treatment_is_lost_where_several_share_them() -> None:
    looked = led = 0
    for name in book().chapters():
        below = sections(name, 3)
        for item in book().items[name]:
            if isinstance(item, Option):
                (head,) = (x for x in below if item.patient_title in x.split("; "))
                found = one_line(told(below[head], below))
                lost = [e.patient for e in item.side_effects if one_line(e.patient) not in found]
                assert lost == [], item.id
                looked += len(item.side_effects)
                led += "All of those told above" in found
    assert looked > 200
    assert led >= 5


def one_line(text: str) -> str:
    return " ".join(text.split())


def test_the_chapter_on_calling_names_every_alert_under_when_to_call() -> None:
    words = book().guide.words.calls
    below = {
        head: one_line(markdown(blocks, lambda _: None))
        for head, blocks in sections("emergencies", 3).items()
    }
    for alert in book().pack.alerts.values():
        head = getattr(words, alert.called)
        assert title_for(alert, "patient") in below[head], alert.id


def of_its_own(test: str) -> str:
    """What a test of the chapter says besides the call that is told once over all of them."""
    said = one_line(book().pack.investigations[test].say.patient)
    assert said.replace(book().guide.words.new_pain, "").strip(), test
    return " ".join(said.replace(book().guide.words.new_pain, "").split())


def under_heads(guide: Guidebook) -> dict[str, str]:
    """What a patient reads under each heading of the chapter on tests."""
    found: dict[str, str] = {}
    title = ""
    for block in guide.article("tests", "patient").blocks:
        if isinstance(block, Heading):
            title = block.text
        else:
            said = one_line(markdown([block], lambda _: None))
            found[title] = f"{found.get(title, '')} {said}"
    return found


def test_each_test_is_told_under_its_group_in_the_groups_order() -> None:
    below = under_heads(book())
    groups = book().guide.chapters["tests"].groups
    assert len(groups) > 5
    for group in groups:
        said = [of_its_own(x) for x in group.tests]
        places = [below[group.title].find(x) for x in said]
        assert -1 not in places, group.title
        assert places == sorted(places), group.title
    told = [x for x in below if x in {g.title for g in groups}]
    assert told == [g.title for g in groups]
    outside = below[book().guide.words.heads.investigation]  # no test, but the call of several
    assert outside.strip() == book().guide.words.new_pain


def test_a_test_of_no_group_is_told_before_the_groups() -> None:
    guide = book().guide
    chapter = guide.chapters["tests"]
    first, *others = chapter.groups
    fewer = {**guide.chapters, "tests": replace(chapter, groups=tuple(others))}
    pack = replace(book().pack, guide=replace(guide, chapters=fewer))
    below = under_heads(Guidebook(pack))
    assert first.title not in below
    for name in first.tests:
        assert of_its_own(name) in below[guide.words.heads.investigation], name


def test_every_sentence_of_a_list_is_told_in_it_or_once_over_it() -> None:
    """The call that many texts end with is left out of each, and must not be lost."""
    call = book().guide.words.new_pain
    over = ended = 0
    for name in book().chapters():
        below = {
            head: one_line(markdown(blocks, str)) for head, blocks in sections(name, 2).items()
        }
        for item in book().items[name]:
            head = getattr(book().guide.words.heads, item.kind, "")
            if not head or isinstance(item, Option):
                continue
            said = [one_line(x) for x in sentences(general(item.say.patient, str, "the bone"))]
            told = below[head]
            assert [x for x in said if markdown([Prose(x)], str).strip() not in told] == [], item.id
            ended += call in said
        over += sum(call in x for x in below.values())
    assert ended > 12
    assert over < ended / 2


def test_a_call_told_over_a_list_stays_with_the_treatments_below_it() -> None:
    call = book().guide.words.new_pain
    name = "tests"
    option = next(iter(book().pack.options.values()))
    other = replace(option, say=replace(option.say, patient=f"It helps. {call}"), side_effects=())
    guide = Guidebook(book().pack)
    guide.items = {**guide.items, name: [*guide.items[name], other]}
    blocks = guide.article(name, "patient").blocks
    assert Prose(call) in blocks
    assert Prose(f"It helps. {call}") in blocks


def test_a_chapter_names_each_of_its_sources_once_by_the_least_that_was_read() -> None:
    words = book().guide.words.sources
    trusts = ("read", "second_hand", "unread", "ours")
    together: set[str] = set()
    for name in book().chapters():
        _, about, *listed = book().article(name, "patient").evidence
        assert about == Prose(words.about)
        heads = [str(x.text) for x in listed if isinstance(x, Prose)]
        lists = [[str(t) for _, t in x.points] for x in listed if isinstance(x, Points)]
        below = dict(zip(heads, lists, strict=True))
        told = [x for titles in lists for x in titles]
        wanted = set[str]()
        for item in book().items[name]:
            effects = getattr(item, "side_effects", ())
            for cited in (item.evidence, *(x.evidence for x in effects)):
                for x in cited:
                    source = book().pack.evidence[x.id]
                    title = f"{source.title} ({source.year})"
                    wanted.add(title)
                    better = trusts[: trusts.index(x.confirmation)]
                    assert not any(title in below.get(getattr(words, t), ()) for t in better)
        assert sorted(told) == sorted(wanted), name
        together |= wanted
    names = list(book().chapters())
    every = [x for x in book().evidence(names) if isinstance(x, Points)]
    assert sorted(str(t) for x in every for _, t in x.points) == sorted(together)


def test_what_patients_find_has_a_place_on_the_page() -> None:
    page = written(book(), list(book().chapters()), "patient", "html", "A notice.")
    places = re.findall(r'id="([^"]*)"', page)
    assert len(places) == len(set(places))
    hits = [i for words in ("phone", "ask", "the") for _, _, i in book().found(words, "patient")]
    assert len(set(hits)) > 300
    assert set(hits) - set(places) == set()


def test_links_of_the_patients_guide_lead_somewhere_in_every_form() -> None:
    names = list(book().chapters())
    found = written(book(), names, "patient", "markdown", "A notice.")
    heads = {slug(x.lstrip("# ")) for x in found.splitlines() if x.startswith("#")}
    links = re.findall(r"\]\(#([^)]*)\)", found)
    assert len(links) > 10
    assert set(links) - heads == set()
    page = written(book(), names, "patient", "html", "A notice.")
    links = re.findall(r'href="#([^"]*)"', page)
    assert len(links) > 10
    assert set(links) - set(re.findall(r'id="([^"]*)"', page)) == set()
    assert PLACE not in written(book(), names, "patient", "text", "A notice.")


def test_a_chapter_alone_leads_to_no_other() -> None:
    assert "](#" not in written(book(), ["emergencies"], "patient", "markdown", "A notice.")


def test_patients_find_a_treatment_under_its_title_in_their_words() -> None:
    hits = {
        i: title for _, title, i in book().found("zoledronic drip bone-strengthening", "patient")
    }
    assert hits == {"zoledronic_acid_skeletal": "Zoledronic acid (a bone-strengthening drip)"}
    assert all(isinstance(t, str) for _, t, _ in book().found("calcium", "patient"))
