"""Another language: a pseudo-locale shows that every word for patients can be changed, no other."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from msgspec import to_builtins

import bonemets
from bonemets.errors import KnowledgeError, UsageError
from bonemets.pack.check import check
from bonemets.pack.items import FINDERS, Handout, Option, Variable
from bonemets.pack.load import Loaded, Pack
from bonemets.pack.translation import ENGLISH, translated
from bonemets.renderers.guide import WIDTH, Guidebook
from bonemets.renderers.page import Heading, Points, lines
from small_pack import FILES, READ_ALONE, load, small_pack, texts

ACCENTS = str.maketrans("aeiouAEIOU", "áéíóúÁÉÍÓÚ")
LANGUAGE = "en-XA"
"""The tag of a pseudo-locale: English with accents."""
ROOT = Path(__file__).parents[2]


def accented(text: Any) -> Any:
    """A text, or a table of texts, in the pseudo-locale; what is filled in stays."""
    if isinstance(text, dict):
        return {k: accented(v) for k, v in text.items()}
    parts = text.replace("{", "\0{").replace("}", "}\0").split("\0")
    return "".join(p if p.startswith("{") else p.translate(ACCENTS) for p in parts)


def pseudo(pack: Pack) -> dict[str, Any]:
    """The whole of what patients read, in the pseudo-locale."""
    assert pack.guide is not None
    items: dict[str, dict[str, Any]] = {}
    for shelf in (*FINDERS, "actions"):
        for identity, x in getattr(pack, shelf).items():
            if isinstance(x, Variable):
                continue
            if isinstance(x, Handout):
                said: dict[str, Any] = {"title": accented(x.title)}
                said |= {"text": list(map(accented, x.text))}
                said |= {"points": list(map(accented, x.points))} if x.points else {}
            else:
                text = x.patient if shelf == "actions" else x.say.patient
                said = {"patient": accented(text)} if text else {}
            if isinstance(x, Option):
                said["title"] = accented(x.patient_title)
            if isinstance(x, Option) and x.side_effects:
                said["side_effects"] = [accented(e.patient) for e in x.side_effects]
            if isinstance(x, Option) and (people := [e.people for e in x.effects if e.people]):
                said["results"] = [
                    accented(text) for p in people for text in (p.what, *(g.who for g in p.groups))
                ]
            if said:
                items[identity] = said
    chapters = {
        name: {
            "title": accented(c.patient),
            "patient": accented(c.about),
            "points": [accented(x.title) for x in c.groups],
        }
        for name, c in pack.guide.chapters.items()
    }
    helpers = pack.guide.helpers
    told = (
        [*helpers.crisis.values(), *(x for here in helpers.organisations.values() for x in here)]
        if helpers is not None
        else []
    )
    return {
        "translation": "pseudo",
        "title": "Accented English",
        "language": LANGUAGE,
        "version": "2026-11-26",
        "words": accented(to_builtins(pack.guide.words)),
        "chapters": chapters,
        "helpers": [accented(x.helps) for x in told],
        "items": items,
        "reviewed_by": ["made by a program, for tests"],
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("pseudo")
    text = yaml.safe_dump(pseudo(ours()), allow_unicode=True, sort_keys=False, width=10_000)
    (made / "pseudo.yaml").write_text(text)
    return made


@cache
def ours() -> Pack:
    return bonemets.load_pack().pack


def test_every_word_of_the_patients_guide_is_translated(folder: Path) -> None:
    pack = bonemets.load_pack(folder, language=LANGUAGE).pack
    book = Guidebook(pack)
    for name in book.chapters():
        article = book.article(name, "patient")
        titles = [
            x for x in article.evidence if isinstance(x, Points)
        ]  # of sources stay as they are
        told = [x for x in (*article.blocks, *article.evidence) if x not in titles]
        text = f" {' '.join(lines(told, WIDTH).split())} "
        assert ENGLISH not in text
        english = [w for w in ("emergency", "cancer", "treatment", "phone") if f" {w} " in text]
        assert english == [], name
        heads = [x.text for x in told if isinstance(x, Heading)]
        assert heads
        assert [x for x in heads if set(x) & set("aeiouAEIOU")] == []


def test_a_leaflet_is_translated_and_the_clinicians_words_are_not(folder: Path) -> None:
    record = bonemets.read(ROOT / "examples" / "hypercalcaemia_breast.json")
    plain = bonemets.assess(record, questions=False)
    knowledge = bonemets.load_pack(folder, language=LANGUAGE)
    found = bonemets.assess(record, knowledge, questions=False)
    assert [x.say.patient for x in found.alerts] == [accented(x.say.patient) for x in plain.alerts]
    assert [x.say.clinician for x in found.alerts] == [x.say.clinician for x in plain.alerts]
    assert [x.patient_title for x in found.options] == [
        accented(x.patient_title) for x in plain.options
    ]
    assert [x.title for x in found.options] == [x.title for x in plain.options]
    ours, theirs = ([e.patient for o in a.options for e in o.side_effects] for a in (plain, found))
    assert theirs == [accented(x or "") for x in ours]
    ours, theirs = (
        [x for o in a.options for e in o.effects for s in e.shares for x in (s.what, s.who)]
        for a in (plain, found)
    )
    assert ours
    assert theirs == [accented(x) for x in ours]
    again = bonemets.assess(record, questions=False)  # English is not changed by it
    assert [x.say.patient for x in again.alerts] == [x.say.patient for x in plain.alerts]


def laid(**changes: Any) -> Loaded:
    """The small pack with its pseudo-locale laid over it, some of whose keys are changed."""
    ours = small_pack(READ_ALONE)
    text = yaml.safe_dump({**pseudo(ours), **changes}, allow_unicode=True, sort_keys=False)
    return load([*texts({**FILES, **READ_ALONE}), *texts({"pseudo.yaml": text}, 1)])


def faults(**changes: Any) -> list[tuple[str, str]]:
    """The faults of the pseudo-locale with some keys changed: code and message."""
    try:
        check(laid(**changes))
    except KnowledgeError as error:
        return [(f.code, f.message) for f in error.faults]
    return []


def test_a_translation_that_nobody_answers_for_is_refused() -> None:
    assert [code for code, _ in faults(reviewed_by=[])] == ["not-reviewed"]


def test_a_call_for_help_may_not_be_left_out() -> None:
    items = pseudo(small_pack(READ_ALONE))["items"]
    del items["confused"]
    ((code, message),) = faults(items=items)
    assert code == "no-call"
    assert "confused" in message


def test_what_else_is_left_out_stays_in_english_and_is_marked() -> None:
    ours = small_pack(READ_ALONE)
    items = pseudo(ours)["items"]
    del items["drug"]
    pack = translated(check(laid(items=items)), LANGUAGE)
    assert pack.options["drug"].say.patient == ENGLISH + ours.options["drug"].say.patient
    assert pack.options["drug"].patient_title == ENGLISH + ours.options["drug"].patient_title
    assert ENGLISH not in pack.alerts["confused"].say.patient


def test_what_helpers_do_is_translated_or_marked_and_their_names_stay() -> None:
    ours = small_pack(READ_ALONE).guide
    assert ours is not None
    assert ours.helpers is not None
    for said, wanted in ((None, accented("Listens.")), ([], ENGLISH + "Listens.")):
        changes = {} if said is None else {"helpers": said}
        guide = translated(check(laid(**changes)), LANGUAGE).guide
        assert guide is not None
        assert guide.helpers is not None
        assert {x.helps for x in guide.helpers.crisis.values()} == {wanted}
        assert {x.name for x in guide.helpers.crisis.values()} == {"A"}


def test_a_language_that_no_folder_holds_is_refused() -> None:
    with pytest.raises(UsageError, match="is no language of this knowledge"):
        bonemets.load_pack(language="fr")


def test_a_fixed_word_may_not_be_left_out() -> None:
    words = pseudo(small_pack(READ_ALONE))["words"]
    del words["call_now"]
    assert [code for code, _ in faults(words=words)] == ["missing-key"]


def test_an_item_that_is_not_there_is_refused() -> None:
    items = {**pseudo(small_pack(READ_ALONE))["items"], "no_such_item": {"patient": "x"}}
    assert [code for code, _ in faults(items=items)] == ["unknown-action"]
