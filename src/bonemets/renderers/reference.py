"""The knowledge and the command line -> the pages of the reference, as Markdown.

A page stands where its file stands in the knowledge: `spine/sins.yaml` is told by `spine/sins.md`.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from msgspec import Struct

from bonemets.expression import URGENCIES
from bonemets.pack.items import FINDERS, SHELVES, Alert, Evidence, Letter, Option, Terms, Variable
from bonemets.pack.load import Pack
from bonemets.renderers.item_page import SYSTEMS, ItemPages, headed
from bonemets.renderers.page import (
    Block,
    Code,
    Heading,
    Line,
    Link,
    Listing,
    Prose,
    Table,
    bullets,
    markdown,
)
from bonemets.renderers.words import id_words
from bonemets.shown import capital

MARK: Final = "<!-- Made by `bonemets knowledge docs`: change the knowledge, not this page. -->"
"""The first line of every page; a file without it is somebody else's."""
INDEX: Final = "README.md"
KINDS: Final[dict[str, str]] = {
    shelf: SHELVES[shelf].kind
    for shelf in (*FINDERS, "disagreements", "evidence")
    if shelf != "variables"
}
"""The kinds that have a page for each item."""


class Command(Struct, frozen=True):
    """One command of the command line, as its own help has it."""

    name: str
    usage: str
    about: str
    told: tuple[tuple[str, str], ...] = ()
    """Its arguments and options, each with what it means."""


def pages(pack: Pack, files: Mapping[str, str], commands: Sequence[Command]) -> dict[str, str]:
    """Give every page by its path.

    Args:
        pack: the knowledge, checked.
        files: the file of each item, by id, relative to its folder; of the scope and the terms by
            these words.
        commands: what the command line has.
    """
    return _Maker(pack, files).all(commands)


class _Maker:
    def __init__(self, pack: Pack, files: Mapping[str, str]) -> None:
        self.pack = pack
        self.files = files
        self.items = ItemPages(pack)
        self.pages: dict[str, list[Block]] = {}
        self.places: dict[str, str] = {}
        """The page of each item, with the heading where it shares one."""

    def all(self, commands: Sequence[Command]) -> dict[str, str]:
        for kind in KINDS:
            for identity, item in self.of(kind).items():
                self.places[identity] = path = self.page_of(identity)
                blocks = self.items.blocks(item, identity)
                self.pages[path] = [*blocks[:2], self.file_of(identity), *blocks[2:]]
        for path, names in self.together("variables").items():
            self.pages[path] = self.topic(path, [self.pack.variables[n] for n in names])
        for path, names in self.together("actions").items():
            self.pages[path] = self.actions(path, names)
        if self.pack.scope is not None:
            scope = self.items.blocks(self.pack.scope, self.pack.scope.id)
            self.pages["scope.md"] = scope
        if self.pack.terms is not None:
            self.pages["terms.md"] = terms(self.pack.terms)
        if self.pack.letter is not None:
            self.pages["letter.md"] = letter(self.pack.letter)
        folders = sorted({posixpath.dirname(path) for path in self.pages} - {""})
        indexes = {f"{folder}/{INDEX}": self.index(folder) for folder in folders}
        self.pages |= indexes
        self.pages["commands.md"] = commands_page(commands)
        self.pages[INDEX] = self.front(folders)
        return {path: self.written(path) for path in sorted(self.pages)}

    def of(self, kind: str) -> dict[str, Any]:
        return getattr(self.pack, kind)

    def page_of(self, identity: str) -> str:
        return posixpath.splitext(self.files[identity])[0] + ".md"

    def file_of(self, identity: str) -> Prose:
        return Prose(("File: ", Code(self.files[identity]), "."))

    def together(self, kind: str) -> dict[str, list[str]]:
        """Give the pages of a kind whose items share files, each with its items."""
        found: dict[str, list[str]] = {}
        for identity, item in self.of(kind).items():
            path = self.page_of(identity)
            found.setdefault(path, []).append(identity)
            own = not isinstance(item, Variable) or _computed(item)
            self.places[identity] = path + (f"#{slug(item.title)}" if own else "")
        return found

    def written(self, path: str) -> str:
        here = posixpath.dirname(path)

        def href(identity: str) -> str | None:
            place = identity if identity in self.pages else self.places.get(identity)
            if place is None:
                return None
            page, _, heading = place.partition("#")
            to = "" if page == path else posixpath.relpath(page, here or ".")
            return to + (f"#{heading}" if heading else "") or posixpath.basename(page)

        return f"{MARK}\n\n{markdown(self.pages[path], href)}"

    # pages of several items ----------------------------------------------------------------------

    def topic(self, path: str, variables: Sequence[Variable]) -> list[Block]:
        """Give the variables of one topic: a table, their codes, and how some are computed."""
        pages = self.items
        name = posixpath.splitext(posixpath.basename(path))[0]
        found: list[Block] = [
            Heading(f"Variables: {id_words(name)}", 1),
            self.file_of(variables[0].id),
        ]
        rows: list[tuple[Line, ...]] = []
        for v in variables:
            title: Line = (Link(v.title, v.id),) if _computed(v) else v.title
            counts = pages.counts(v)
            if _computed(v):
                counts += "; else computed" if counts else "computed"
            about = "lesion: " if v.entity == "lesion" else ""
            rows.append(((Code(v.id),), title, about + pages.type_text(v), counts, v.ask or ""))
        heads = ("variable", "what it is", "values", "which count", "asked as")
        found.append(Table(heads, tuple(rows)))
        codes: list[tuple[Line, ...]] = [
            ((Code(v.id),), what, said) for v in variables for what, said in pages.codes(v)
        ]
        if codes:
            found += [Heading("Codes"), Table(("variable", "what is said", "codes"), tuple(codes))]
        for v in variables:
            if _computed(v):
                found += [Heading(headed(v.title)), Prose(("Variable ", Code(v.id), "."))]
                found += pages.derived(v, level=3)
        return found

    def actions(self, path: str, names: Sequence[str]) -> list[Block]:
        name = posixpath.splitext(posixpath.basename(path))[0]
        found: list[Block] = [Heading(f"Actions: {id_words(name)}", 1), self.file_of(names[0])]
        for identity in names:
            found += self.items.blocks(self.pack.actions[identity], identity, level=2)
        return found

    # indexes -------------------------------------------------------------------------------------

    def index(self, folder: str) -> list[Block]:
        """Give the index of one folder."""
        rows: list[tuple[Line, ...]] = []
        for kind, word in KINDS.items():
            items = self.of(kind).items()
            for identity, item in sorted(items, key=lambda entry: _order(entry[1])):
                if posixpath.dirname(self.places[identity]) == folder:
                    rows.append(((self.items.link(identity),), word, _short(item)))
        for path in self.pages:
            alone = folder not in ("variables", "actions") and path in self.places.values()
            if posixpath.dirname(path) == folder and not alone:
                name = posixpath.splitext(posixpath.basename(path))[0]
                count = sum(p.partition("#")[0] == path for p in self.places.values())
                rows.append(((Link(id_words(name), path),), folder, str(count)))
        heads = ("title", "kind", "urgency, aim or source")
        if folder in ("variables", "actions"):
            rows = [(row[0], row[2]) for row in rows]
            heads = ("topic", folder)
        if folder == "evidence":
            rows = [(row[0], row[2]) for row in rows]
            heads = ("source", "year and type")
        return [Heading(capital(id_words(folder)), 1), Table(heads, tuple(rows))]

    def front(self, folders: Sequence[str]) -> list[Block]:
        """Give the index of the reference."""
        names = {
            "variables": "what the knowledge asks of a record",
            "actions": "what alerts ask for",
            "evidence": "the sources",
        }
        count = {f: sum(posixpath.dirname(p) == f for p in self.pages) - 1 for f in folders}
        clinical: list[Line] = [
            (Link(id_words(f), f"{f}/{INDEX}"), f" ({count[f]})") for f in folders if f not in names
        ]
        shared: list[Line] = [
            (Link(id_words(f), f"{f}/{INDEX}"), f" ({count[f]}): {said}")
            for f, said in names.items()
            if f in folders
        ]
        if self.pack.scope is not None:
            shared.append((Link("scope", "scope.md"), ": whom the findings are for"))
        if self.pack.terms is not None:
            shared.append((Link("terms", "terms.md"), ": codes of answers, spellings of units"))
        if self.pack.letter is not None:
            shared.append((Link("letter", "letter.md"), ": how an assessment is told"))
        return [
            Heading("Reference", 1),
            Prose(
                f"Knowledge of {self.pack.version}: {len(self.pack.variables)} variables, "
                f"{sum(len(self.of(k)) for k in KINDS if k != 'evidence')} items, "
                f"{len(self.pack.evidence)} sources. "
                "A page stands where its file stands in the knowledge. "
                "It is made from that file; nothing here is written by hand."
            ),
            Prose(
                "Read: somebody opened the source itself. "
                "Faithful copy: a copy with the source's own words or table. "
                "Ours: derived here. "
                "Source not read: it may add caution, and never licenses, doses or reassures. "
                "The row says which line of the project's clinical notes it implements."
            ),
            Heading("By topic"),
            bullets(clinical),
            Heading("What they share"),
            bullets(shared),
            Heading("The program"),
            bullets([(Link("commands", "commands.md"), ": every command and its options")]),
        ]


def commands_page(commands: Sequence[Command]) -> list[Block]:
    """Give the page of all commands."""
    found: list[Block] = [
        Heading("Commands", 1),
        Prose(
            "Results go to standard output, messages to standard error. "
            "Exit codes, of one record and of a cohort alike: 0 done (also where an alert fires, "
            "or a part of what was read was set aside), 1 faults in the knowledge or examples that "
            "do not hold, 2 wrong usage (also a name that leads to nothing), 3 what is there "
            "cannot be read: the record, or all of a cohort's source; 70 a fault of the program, "
            "130 interrupted."
        ),
    ]
    for command in commands:
        found += [Heading(command.name), Prose(command.about), Listing(command.usage, "text")]
        if command.told:
            found.append(bullets([(Code(name), f": {about}") for name, about in command.told]))
    return found


def terms(item: Terms) -> list[Block]:
    """Give the codes and spellings that belong to no single variable."""
    rows: list[tuple[Line, ...]] = []
    for key in ("assertions", "yes", "no", "left", "right", "both_sides"):
        codes = getattr(item, key)
        said = [
            f"{title} {', '.join(getattr(codes, system))}"
            for system, title in SYSTEMS.items()
            if getattr(codes, system, ())
        ]
        rows.append((id_words(key), "; ".join(said)))
    units: list[tuple[Line, ...]] = [
        ((Code(unit),), ", ".join(spellings)) for unit, spellings in item.unit_spellings.items()
    ]
    return [
        Heading("Terms", 1),
        Heading("Codes of answers"),
        Table(("answer", "codes"), tuple(rows)),
        Heading("Spellings of units"),
        Prose("Case is never folded: each spelling stands here."),
        Table(("unit (UCUM)", "spellings"), tuple(units)),
    ]


def letter(item: Letter) -> list[Block]:
    """Give how an assessment is told: its beginning, its topics, and texts of several reasons."""
    found: list[Block] = [
        Heading(item.title, 1),
        Heading("The beginning"),
        Prose("Told in this order, only as far as it is known; of yes and no only yes."),
    ]
    for line in item.opening:
        said = [
            words if isinstance(words, str) else " or ".join(words.values())
            for words in line.tell.values()
        ]
        found.append(Prose(f"{line.label}: {'; '.join(said)}."))
    topics: list[tuple[Line, ...]] = [
        (title, ", ".join(map(id_words, folders))) for title, folders in item.topics.items()
    ]
    texts: list[tuple[Line, ...]] = [
        (x.text, "; ".join(f"{k}: {', '.join(v)}" for k, v in x.told.items()))
        for x in item.branches
    ]
    return [
        *found,
        Heading("Topics of what has time"),
        Table(("topic", "folders"), tuple(topics)),
        Heading("Texts that name several reasons"),
        Prose(
            "Of a patient only the reasons are told that hold, or may; these variables decide them."
        ),
        Table(("text", "reasons"), tuple(texts)),
    ]


def slug(title: str) -> str:
    """Give the anchor that a heading gets where Markdown is shown."""
    return re.sub(r"[^\w\- ]", "", headed(title).lower()).replace(" ", "-")


def _computed(item: Variable) -> bool:
    return item.formula is not None or item.table_of is not None


def _order(item: Any) -> int:
    """Sort the most urgent alerts first; what has no urgency keeps its order."""
    return URGENCIES.index(item.urgency) if isinstance(item, Alert) else 0


def _short(item: Any) -> str:
    match item:
        case Alert():
            return item.urgency.replace("_", " ")
        case Option():
            return item.aim
        case Evidence():
            return f"{item.year}, {item.type}"
        case _:
            return ""
