"""The whole of what is known, without any patient: chapters for patients and for clinicians.

No second text: every sentence is an item's own. What a sentence would fill in from a record (a
lesion, a total) is named in general words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from bonemets.errors import UsageError
from bonemets.pack.items import (
    FINDERS,
    Alert,
    Card,
    Chapter,
    Confirmation,
    Disagreement,
    Guide,
    Handout,
    Interaction,
    Investigation,
    Option,
    Outlook,
    Score,
    SideEffect,
    Step,
    Variable,
)
from bonemets.pack.load import Pack
from bonemets.pack.trees import sections
from bonemets.pack.words import FILLED
from bonemets.renderers.item_page import SECTIONS, Cited, ItemPages, headed
from bonemets.renderers.page import (
    PLACE,
    Block,
    Heading,
    Line,
    Link,
    Points,
    Prose,
    Table,
    bullets,
    lines,
    markdown,
    sentences,
)
from bonemets.renderers.reference import slug
from bonemets.renderers.words import (
    URGENCIES,
    duration_words,
    helper_words,
    sentence,
    within,
)
from bonemets.shown import capital

WIDTH: Final = 100
Reader = Literal["patient", "clinician"]
READERS: Final[tuple[Reader, ...]] = ("patient", "clinician")
KINDS: Final = (
    Handout,
    Alert,
    Score,
    Investigation,
    Option,
    Step,
    Interaction,
    Card,
    Outlook,
)
"""The kinds in the order in which a chapter tells them."""
HEADS: Final[dict[type, str]] = {
    Handout: "In plain words",
    Alert: "What must not be missed",
    Score: "Scores",
    Investigation: "Tests",
    Option: "Treatments",
    Step: "On the way",
    Interaction: "What does not go together",
    Card: "Facts",
    Outlook: "Published models",
}
"""What stands over the items of a kind, for clinicians."""
TRUST: Final[tuple[Confirmation, ...]] = ("read", "second_hand", "unread", "ours")
"""How far a source was read, the farthest first."""
FEWEST: Final = 2
"""So many side effects at least are told of one treatment by the name of another."""
ORDER: Final = tuple(URGENCIES)
OTHERS: Final = Chapter(
    title="More", patient="More", about="What was added at this hospital.", folders=()
)
"""The chapter of what a laid-over folder adds beside ours."""


class Article(Struct, frozen=True):
    """One chapter as something to read."""

    id: str
    title: str
    reader: Reader
    head: tuple[Block, ...]
    once: tuple[Block, ...]
    """What is told once, in the first of several chapters: the signs that must not wait."""
    body: tuple[Block, ...]
    anchors: Mapping[str, str]
    """The heading of each item -> the item."""
    lines: Mapping[str, str] = {}
    """A line of a list, where items stand without a heading -> the first of the items."""
    evidence: tuple[Block, ...] = ()
    """What the chapter rests on, where the text does not name it line by line."""

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The whole of it, in its order."""
        return (*self.head, *self.once, *self.body)


class Guidebook:
    """Reads a pack as a guide."""

    def __init__(self, pack: Pack) -> None:
        """Take the pack, checked.

        Raises:
            UsageError: it has no guide.
        """
        if pack.guide is None:
            raise UsageError("This knowledge has no guide.yaml.")
        self.pack, self.guide = pack, pack.guide
        self.pages = ItemPages(pack)
        placed = {f: name for name, c in self.guide.chapters.items() for f in c.folders}
        self.items: dict[str, list[Any]] = {name: [] for name in self.guide.chapters}
        self.chapter_of: dict[str, str] = {}
        """Item -> its chapter."""
        for shelf in FINDERS:
            for identity, item in getattr(pack, shelf).items():
                if not isinstance(item, Variable):
                    name = placed.get(pack.folders.get(identity, ""), "more")
                    self.items.setdefault(name, []).append(item)
                    self.chapter_of[identity] = name
        self.disputes: dict[str, list[Disagreement]] = {}
        """Chapter -> the disagreements of sources that clinicians are told of at its end."""
        for found in pack.disagreements.values():
            name = self.chapter_about(found)
            self.disputes.setdefault(name, []).append(found)
            self.chapter_of[found.id] = name

    def chapter_about(self, found: Disagreement) -> str:
        """Give the chapter of the first item that a disagreement concerns, or whose action."""
        for name in (*found.beside, *self.pages.trees.reads(found.id)):
            asking = (
                x.id for x in self.pack.alerts.values() if any(a.do == name for a in x.actions)
            )
            for identity in (name, *asking):
                if identity in self.chapter_of:
                    return self.chapter_of[identity]
        return "more" if "more" in self.items else next(iter(self.guide.chapters))

    def chapters(self) -> dict[str, Chapter]:
        """Give the chapters in their order; those in which nothing stands are left out."""
        found = {**self.guide.chapters, "more": OTHERS}
        return {name: c for name, c in found.items() if self.items.get(name)}

    def article(self, name: str, reader: Reader) -> Article:
        """Give one chapter.

        Raises:
            UsageError: there is no such chapter.
        """
        chapter = self.chapters().get(name)
        if chapter is None:
            known = ", ".join(self.chapters())
            raise UsageError(f"`{name}` is no chapter of the guide. Chapters are {known}.")
        if reader == "patient":
            return _Plain(self, name, chapter).article()
        return _Full(self, name, chapter).article()

    def evidence(self, names: Iterable[str]) -> Iterator[Block]:
        """Name for patients what chapters rest on, each source once, by the least read of it."""
        weakest: dict[str, Confirmation] = {}
        for item in (x for name in names for x in self.items[name]):
            effects: tuple[SideEffect, ...] = getattr(item, "side_effects", ())
            for cited in (item.evidence, *(x.evidence for x in effects)):
                for x in cited:
                    known = TRUST.index(weakest.get(x.id, TRUST[0]))
                    weakest[x.id] = TRUST[max(known, TRUST.index(x.confirmation))]
        words = self.guide.words.sources
        if weakest:
            yield Heading(words.title, 2)
            yield Prose(words.about)
        for trust in TRUST:
            named = [self.pack.evidence[x] for x, how in weakest.items() if how == trust]
            if named:
                yield Prose(getattr(words, trust))
                yield bullets(sorted(f"{x.title} ({x.year})" for x in named))

    def found(self, words: str, reader: Reader) -> list[tuple[str, str, str]]:
        """Search: give chapter, title and place of everything that holds all of the words.

        What several items of a chapter say alike is told to patients once, at the first of them.
        """
        wanted = words.casefold().split()
        hits: dict[tuple[str, str, str], None] = {}
        for name, chapter in self.chapters().items():
            plain, places = _Plain(self, name, chapter), dict[str, str]()
            for item in (x for kind in KINDS for x in plain.of(kind)):
                title, said = title_for(item, reader), " ".join(plain_texts(item, reader))
                place = item.id
                if reader == "patient":
                    place = places.setdefault(said, item.id)
                    if isinstance(item, Outlook):  # a patient reads of them in one score
                        continue
                text = f"{title} {said}".casefold()
                if wanted and all(x in text for x in wanted):
                    hits[name, title, place] = None
            for found in self.disputes.get(name, ()) if reader == "clinician" else ():
                said = (found.title, *(x.says for x in found.positions.values()), found.why)
                text = " ".join(said).casefold()
                if wanted and all(x in text for x in wanted):
                    hits[name, found.title, found.id] = None
        return list(hits)


def title_for(item: Any, reader: Reader) -> str:
    """Give what a reader knows an item by: for patients, if it has no title, its first sentence."""
    if reader == "clinician" or isinstance(item, Handout):
        return item.title
    if isinstance(item, Option):
        return item.patient_title
    return sentences(item.say.patient)[0]


def plain_texts(item: Any, reader: Reader) -> Iterator[str]:
    """Give what an item says to a reader."""
    match item:
        case Handout():
            yield from (*item.text, *item.points)
        case _:
            yield getattr(item.say, reader)
    if isinstance(item, Card) and reader == "clinician":
        yield from (row.text for row in item.rows)


def general(text: str, title: Callable[[str], str], lesion: str) -> str:
    """Name in general words what a text would fill in from a record."""

    def words(match: re.Match[str]) -> str:
        name = match[1]
        if name == "lesion":
            return lesion
        return {"total": "N", "band": "(band)"}.get(name) or f"({title(name)})"

    return FILLED.sub(words, text)


class _Writer:
    """What both readers' chapters have in common."""

    reader: Reader
    lesion: str

    def __init__(self, book: Guidebook, name: str, chapter: Chapter) -> None:
        self.book, self.name, self.chapter = book, name, chapter
        self.pack, self.pages = book.pack, book.pages
        self.blocks: list[Block] = []
        self.anchors: dict[str, str] = {}

    def words(self, text: str) -> str:
        return general(text, self.pages.conditions.title, self.lesion)

    def of(self, kind: type) -> list[Any]:
        """Give the chapter's items of a kind: urgent alerts and early pages first."""
        found = [x for x in self.book.items[self.name] if isinstance(x, kind)]
        if kind is Alert:
            return sorted(found, key=lambda x: ORDER.index(x.urgency))
        if kind in (Handout, Option):
            return sorted(found, key=lambda x: x.place)
        return found

    def head(self, item: Any, level: int = 3) -> None:
        self.entitle(title_for(item, self.reader), item, level)

    def entitle(self, title: str, item: Any, level: int) -> None:
        title = headed(title)
        self.anchors.setdefault(title, item.id)
        self.blocks.append(Heading(title, level))

    def put(self, *blocks: Block) -> None:
        self.blocks += blocks


class _Plain(_Writer):
    """A chapter in plain words."""

    reader = "patient"
    lesion = "the bone"

    def __init__(self, book: Guidebook, name: str, chapter: Chapter) -> None:
        super().__init__(book, name, chapter)
        self.lines: dict[str, str] = {}
        self.shared = ""
        """The call that stands over the list that is being told, and not in it again."""

    def article(self) -> Article:
        guide: Guide = self.book.guide
        head = Heading(self.chapter.patient, 1), Prose(self.chapter.about)
        said = self.pack.actions[guide.signs].patient if guide.signs else None
        signs = (Heading(guide.words.signs, 2), bullets(sentences(said))) if said else ()
        for item in self.of(Handout):
            self.head(item, 2)
            self.put(*map(Prose, item.text), *([bullets(item.points)] if item.points else []))
        if self.chapter.helpers:
            self.helpers()
        for kind in KINDS:
            title: str = getattr(guide.words.heads, kind.kind, "")
            items = self.of(kind) if title else []
            if items or (kind is Alert and self.chapter.calls):
                self.put(Heading(title, 2))
                self.kind(kind, items)
        self.put(Prose(guide.words.limits))
        return Article(
            self.name,
            self.chapter.patient,
            self.reader,
            head,
            (Prose(guide.words.guide_about), *signs, *self.emergency()),
            tuple(self.blocks),
            self.anchors,
            self.lines,
            tuple(self.book.evidence([self.name])),
        )

    def emergency(self) -> Iterator[Block]:
        """Give the emergency number: the hospital's, or that of each region."""
        emergency, words = self.book.guide.emergency, self.book.guide.words
        if emergency is None:
            return
        own = self.pack.contact(emergency.action)
        told = [
            words.in_region.replace("{number}", x.telephone).replace(
                "{region}", self.region(emergency.by, level)
            )
            for level, x in emergency.numbers.items()
        ]
        yield Prose(words.emergency_number)
        yield bullets([own.telephone] if own is not None else told)

    def helpers(self) -> None:
        """Name who helps besides the team: near the hospital, then by region, with crisis lines."""
        helpers, words = self.book.guide.helpers, self.book.guide.words
        near = self.pack.helpers()
        if helpers is None and not near:
            return
        self.put(Heading(words.helpers, 2), Prose(words.helpers_about))
        if near:
            self.put(bullets(map(helper_words, near)))
        if helpers is None:
            return
        by_region: list[tuple[int, Line]] = []
        for level, listed in helpers.organisations.items():
            by_region.append((0, f"{self.region(helpers.by, level)}:"))
            by_region += [(1, helper_words(x)) for x in listed]
        self.put(Points(tuple(by_region)))
        own = self.pack.contact(helpers.action)
        if own is not None:
            lines = [f"{own.telephone} ({own.hours})" if own.hours else own.telephone]
        else:
            lines = [
                f"{self.region(helpers.by, level)}: {helper_words(line)}"
                for level, line in helpers.crisis.items()
            ]
        self.put(Heading(words.crisis_title, 3), Prose(words.crisis_line), bullets(lines))

    def region(self, by: str, level: str) -> str:
        return self.pages.conditions.patient.level_text(by, level)

    def kind(self, kind: type, items: Sequence[Any]) -> None:
        """Tell the items of a kind; what several say alike is told once."""
        self.shared = ""
        if kind is Alert:
            self.alerts(items)
        elif kind is Option:
            self.options(items)
        else:
            self.told_once(items)
            if kind is Investigation:
                self.tests(items)
            else:
                self.put(bullets(self.alike(items)))

    def told_once(self, items: Sequence[Any]) -> None:
        """Tell the call that several of a list's texts hold over the list, and there only."""
        call = self.book.guide.words.new_pain
        several = sum(call in sentences(self.words(x.say.patient)) for x in items) > 1
        self.shared = call if several else ""
        if several:
            self.put(Prose(call))

    def tests(self, items: Sequence[Investigation]) -> None:
        """Tell of tests by the chapter's groups; what a laid-over folder adds comes first."""
        grouped = {name for group in self.chapter.groups for name in group.tests}
        others = self.alike(x for x in items if x.id not in grouped)
        if others:
            self.put(bullets(others))
        here = {x.id: x for x in items}
        for group in self.chapter.groups:
            self.put(Heading(group.title, 3))
            self.put(bullets(self.alike(here[name] for name in group.tests)))

    def alike(self, items: Iterable[Any]) -> dict[str, list[Any]]:
        """Give each text once -> the items that say it."""
        told: dict[str, list[Any]] = {}
        for item in items:
            said = sentences(self.words(item.say.patient))
            text = " ".join(x for x in said if x != self.shared)
            told.setdefault(text, []).append(item)
            self.lines.setdefault(text, item.id)
        return told

    def alerts(self, items: Sequence[Alert]) -> None:
        """Tell of alerts by when to call, which may be sooner than their class asks."""
        words = self.book.guide.words
        self.put(Prose(words.call_about))
        for urgency in ORDER:
            here = self.alike(x for x in items if x.called == urgency)
            there = tuple(self.elsewhere(urgency)) if self.chapter.calls else ()
            if here or there:
                self.put(Heading(getattr(words.calls, urgency), 3))
            if here:
                self.put(bullets(here))
            if there:
                self.put(Prose(words.elsewhere), Points(there))

    def elsewhere(self, urgency: str) -> Iterator[tuple[int, Line]]:
        """Name the alerts of a class in the other chapters, below the chapter of each."""
        for name, chapter in self.book.chapters().items():
            alerts = [x for x in self.book.items[name] if isinstance(x, Alert)]
            called = [x for x in alerts if x.called == urgency]
            if called and name != self.name:
                yield 0, (Link(chapter.patient, PLACE + name), ":")
                said = (self.words(title_for(x, self.reader)) for x in called)
                yield from ((1, text) for text in dict.fromkeys(said))

    def options(self, items: Sequence[Option]) -> None:
        """Tell of treatments; where one has all side effects of another above, by its name."""
        words = self.book.guide.words
        whole: dict[frozenset[str], Option] = {}
        """Side effects -> the treatment with which they were told."""
        for said, alike in self.alike(items).items():
            self.entitle("; ".join(x.patient_title for x in alike), alike[0], 3)
            self.put(Prose(said))
            of: dict[str, dict[str, None]] = {}
            for x in alike:
                for effect in x.side_effects:  # two of one treatment may say the same
                    of.setdefault(effect.patient, {})[x.patient_title] = None
            every = frozenset(effect for effect, whose in of.items() if len(whose) == len(alike))
            told = next((x for x in whole if len(x) >= FEWEST and x <= every), frozenset[str]())
            lines: list[Line] = [
                effect if effect in every else f"{'; '.join(whose)}: {effect}"
                for effect, whose in of.items()
                if effect not in told
            ]
            if told:
                before, _, after = words.side_effects_shared.partition("{title}")
                link = Link(whole[told].patient_title, PLACE + whole[told].id)
                lines.insert(0, (before, link, after))
            else:
                whole[every] = alike[0]
            if lines:
                self.put(Prose(words.side_effects), bullets(lines))


class _Full(_Writer):
    """A chapter for clinicians: rules in words, tables, figures, sources."""

    reader = "clinician"
    lesion = "the lesion"

    def __init__(self, book: Guidebook, name: str, chapter: Chapter) -> None:
        super().__init__(book, name, chapter)
        self.cited = Cited()

    def article(self) -> Article:
        for kind in KINDS:
            items = self.of(kind)
            if not items or kind is Handout:
                continue
            self.put(Heading(HEADS[kind], 2))
            for item in items:
                self.item(item)
        self.disputes()
        self.put(*self.pages.cited(self.cited, 2))
        head = (Heading(self.chapter.title, 1),)
        return Article(
            self.name, self.chapter.title, self.reader, head, (), tuple(self.blocks), self.anchors
        )

    def disputes(self) -> None:
        """Tell what sources answer differently: the positions, which is followed, and why."""
        found = self.book.disputes.get(self.name, ())
        if found:
            self.put(Heading("Where sources disagree", 2))
        for dispute in found:
            self.entitle(f"Sources differ: {dispute.title}", dispute, 3)
            followed, chosen = self.pack.followed(dispute.id), self.pack.choice(dispute.id)
            self.put(
                bullets(
                    f"{'Followed: ' if name == followed else ''}{sentence(position.says)}"
                    f"{self.cited.mark(position.evidence)}"
                    for name, position in dispute.positions.items()
                ),
                Prose(f"Why: {sentence(dispute.why if chosen is None else chosen.why)}"),
            )

    def item(self, item: Any) -> None:
        """Tell an item whole: what it says, when, how, and how its sources were read."""
        self.head(item)
        mark = self.cited.mark(item.evidence)
        self.put(Prose(f"{sentence(self.words(item.say.clinician))}{mark}"))
        trees = self.pages.trees.of(item)
        match item:
            case Alert():
                self.put(Prose(f"Urgency: {URGENCIES[item.urgency].lower()}."))
                self.when(trees)
                things = self.pack.things()
                told = [f"{capital(within(x.act_by))}: {things[x.do].title}" for x in item.actions]
                self.put(*([bullets(told)] if told else []))
            case Score():
                if item.components:
                    self.put(self.pages.components(item))
                if item.formula is not None:
                    self.put(Points(tuple(self.pages.conditions.formula(trees[("formula",)]))))
                self.put(*(x for x in self.pages.bands(item) if isinstance(x, Table)))
            case Investigation():
                self.put(Prose(f"{sentence(item.what)} {sentence(item.why)}"))
                self.when(trees)
            case Step():
                wait = f" At least {duration_words(item.wait)}." if item.wait else ""
                self.put(Prose(f"{sentence(item.what)} {sentence(item.why)}{wait}"))
                self.when(trees)
            case Interaction():
                self.put(Prose(f"{capital(item.effect)}: {sentence(item.why)}"))
                self.when(trees)
            case Card():
                self.put(bullets(list(self.rows(item))))
            case Outlook():
                self.put(Prose(f"{capital(item.predicts)}; {item.population}, {item.years}."))
                self.put(self.pages.outcomes(item, self.cited))
                for heading, told in self.pages.tests(item, self.cited):
                    self.put(Prose(f"{heading}:"), told)
            case _:
                self.option(item)
        if item.interpretation:
            self.put(Prose("How the sources are read:"), bullets(item.interpretation))

    def when(self, trees: Mapping[Any, Any]) -> None:
        self.put(Prose("When:"), Points(tuple(self.pages.conditions.points(trees[("when",)]))))

    def rows(self, item: Card) -> Iterator[Line]:
        trees = self.pages.trees.of(item)
        for n, row in enumerate(item.rows):
            tree = trees.get(("rows", n, "when"))
            whom = f" (where {self.pages.conditions.line(tree)})" if tree is not None else ""
            yield f"{sentence(row.text)}{self.cited.mark(row.evidence)}{whom}"

    def option(self, item: Option) -> None:
        """Tell for whom a treatment is, what speaks against it, and how it is given."""
        self.put(Prose(f"Aim: {sentence(item.aim)}"))
        for key, clauses in sections(item):
            if clauses:
                told = [f"{sentence(c.why)}{self.cited.mark(c.evidence)}" for c in clauses]
                self.put(Prose(f"{SECTIONS[key]}:"), bullets(told))
        if item.dose is not None:
            dose = self.pages.dose(item.dose, self.cited)
            self.put(*(x for x in dose if not isinstance(x, Heading)))
        parts = (("Checks before", item.checks_before), ("While on it", item.monitoring))
        for head, checks in parts:
            if checks:
                self.put(Prose(f"{head}:"), self.pages.checks(checks, self.cited))
        if item.side_effects:
            rows = [
                (e.effect, e.frequency + self.cited.mark(e.evidence)) for e in item.side_effects
            ]
            self.put(Table(("side effect", "how often"), tuple(rows)))
        if item.effects:
            shown = [(e.what, e.result + self.cited.mark(e.evidence)) for e in item.effects]
            self.put(Table(("what it was shown to achieve", "result"), tuple(shown)))


def places(articles: Sequence[Article], form: str) -> Callable[[str], str | None]:
    """Give the addresses of chapters and headings within one text; nothing else has one there.

    Markdown takes the words of a heading for its anchor, HTML our own names.
    """
    heads = {a.id: a.title for a in articles}
    heads |= {item: title for a in articles for title, item in a.anchors.items()}
    known = {PLACE + x: PLACE + (slug(t) if form == "markdown" else x) for x, t in heads.items()}
    return known.get


FORMATS: Final = ("text", "markdown", "html")


def written(book: Guidebook, names: Sequence[str], reader: Reader, form: str, notice: str) -> str:
    """Write chapters as text, Markdown or one page of HTML.

    Raises:
        UsageError: there is no such chapter.
    """
    articles = [book.article(name, reader) for name in names]
    articles = [articles[0], *(replace(a, once=()) for a in articles[1:])]
    if reader == "patient":  # of several chapters together, at the end
        *before, last = (replace(a, evidence=()) for a in articles)
        articles = [*before, replace(last, evidence=tuple(book.evidence(names)))]
    known = f"{book.pack.version}, content {book.pack.hash[:12]}"
    if form == "html":
        from bonemets.renderers.html.environment import environment  # not for the other forms

        return (
            environment()
            .get_template("guide.html.jinja")
            .render(
                title=book.guide.title if len(articles) > 1 else articles[0].title,
                reader=reader,
                articles=articles,
                notice=notice,
                knowledge=known,
                href=places(articles, form),
            )
        )
    end = Prose(f"{notice} Knowledge {known}.")
    blocks = [block for x in articles for block in (*x.blocks, *x.evidence)]
    if form == "markdown":
        return markdown([*blocks, end], places(articles, form))
    return lines([*blocks, end], WIDTH)
