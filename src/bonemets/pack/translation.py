"""The words for patients in another language, put in the place of the English ones.

Only words change: conditions, doses, scores and what clinicians read stay as they are.
"""

from __future__ import annotations

from typing import Any, Final

from msgspec.structs import replace

from bonemets.errors import UsageError
from bonemets.pack.items import (
    FINDERS,
    Achievement,
    ActionText,
    Chapter,
    Guide,
    Handout,
    Helpers,
    Option,
    Translated,
    Translation,
    Variable,
)
from bonemets.pack.load import Pack

ENGLISH: Final = "[en] "
"""Stands before a text that is not translated."""


def translated(pack: Pack, language: str) -> Pack:
    """Give the pack with its words for patients in a language.

    Raises:
        UsageError: no folder holds that language.
    """
    found = [x for x in pack.translations.values() if x.language == language]
    if not found:
        known = ", ".join(sorted({x.language for x in pack.translations.values()})) or "none"
        message = f"`{language}` is no language of this knowledge. Languages laid over it: {known}."
        raise UsageError(message)
    words = found[-1]  # what was laid over last counts
    shelves: dict[str, Any] = {
        shelf: {i: _told(x, words.items.get(i)) for i, x in getattr(pack, shelf).items()}
        for shelf in (*FINDERS, "actions")
    }
    return replace(pack, **shelves, guide=_guide(pack.guide, words), language=language)


def _told(item: Any, said: Translated | None) -> Any:
    """Give an item with its words for patients translated; what is missing is marked."""
    said = said or Translated()
    match item:
        case Variable():
            return item
        case ActionText():
            text = item.patient and (said.patient or ENGLISH + item.patient)
            return replace(item, patient=text)
        case Handout():
            return replace(
                item,
                title=said.title or ENGLISH + item.title,
                text=_all(item.text, said.text),
                points=_all(item.points, said.points),
            )
        case Option():
            effects = _all(tuple(e.patient for e in item.side_effects), said.side_effects)
            item = replace(
                item,
                patient_title=_one(item.patient_title, said.title),
                side_effects=tuple(
                    replace(e, patient=text)
                    for e, text in zip(item.side_effects, effects, strict=True)
                ),
                effects=_results(item.effects, said.results),
            )
        case _:
            pass
    return replace(item, say=replace(item.say, patient=_one(item.say.patient, said.patient)))


def _one(english: str, said: str | None) -> str:
    return said or (ENGLISH + english if english else "")


def _all(english: tuple[str, ...], said: tuple[str, ...]) -> tuple[str, ...]:
    """Give a list in the language: whole, or each of its texts marked as English."""
    return said if len(said) == len(english) else tuple(ENGLISH + x for x in english)


def _results(effects: tuple[Achievement, ...], said: tuple[str, ...]) -> tuple[Achievement, ...]:
    """Give what was achieved, its numbers of people in the language."""
    english = [
        text
        for x in effects
        if x.people is not None
        for text in (x.people.what, *(g.who for g in x.people.groups))
    ]
    texts = iter(_all(tuple(english), said))
    found: list[Achievement] = []
    for x in effects:
        if x.people is None:
            found.append(x)
            continue
        what = next(texts)
        groups = tuple(replace(g, who=next(texts)) for g in x.people.groups)
        found.append(replace(x, people=replace(x.people, what=what, groups=groups)))
    return tuple(found)


def _guide(guide: Guide | None, words: Translation) -> Guide | None:
    if guide is None:
        return None

    def chapter(name: str, own: Chapter) -> Chapter:
        said = words.chapters.get(name) or Translated()
        titles = _all(tuple(x.title for x in own.groups), said.points)
        return replace(
            own,
            patient=_one(own.patient, said.title),
            about=_one(own.about, said.patient),
            groups=tuple(
                replace(x, title=title) for x, title in zip(own.groups, titles, strict=True)
            ),
        )

    chapters = {name: chapter(name, own) for name, own in guide.chapters.items()}
    helpers = _helpers(guide.helpers, words.helpers)
    return replace(guide, words=words.words, chapters=chapters, helpers=helpers)


def _helpers(helpers: Helpers | None, said: tuple[str, ...]) -> Helpers | None:
    """Give who helps, with what each does in the language; names and hours stay as they are."""
    if helpers is None:
        return None
    listed = [x for here in helpers.organisations.values() for x in here]
    english = tuple(x.helps for x in (*helpers.crisis.values(), *listed))
    texts = iter(_all(english, said))
    return replace(
        helpers,
        crisis={level: replace(x, helps=next(texts)) for level, x in helpers.crisis.items()},
        organisations={
            level: tuple(replace(x, helps=next(texts)) for x in here)
            for level, here in helpers.organisations.items()
        },
    )
