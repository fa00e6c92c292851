"""Knowledge folders -> one pack of typed items.

A later folder laid over an earlier one replaces items of the same id.
"""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any, Final, cast

from msgspec import Struct, field
from msgspec.structs import replace

from bonemets.collector import uncollected
from bonemets.documents import Document, Path, Unreadable, decode, parse
from bonemets.errors import NO_FOLDER, Fault, KnowledgeError
from bonemets.expression import Symbol, good_name
from bonemets.pack.coding import with_included
from bonemets.pack.items import (
    FINDERS,
    KINDS,
    SHELF_OF,
    SHELVES,
    Action,
    Actions,
    ActionText,
    Alert,
    Card,
    Choice,
    Choices,
    Contact,
    Contacts,
    Coverage,
    Disagreement,
    Evidence,
    Example,
    Finder,
    Guide,
    Handout,
    Helper,
    Interaction,
    Investigation,
    Letter,
    Option,
    Outlook,
    Scope,
    Score,
    Step,
    Terms,
    Translation,
    UnitsOfSource,
    Unproven,
    Variable,
)
from bonemets.pack.shape import Builder
from bonemets.units import Table

HOME: Final = FilePath(__file__).parents[1] / "knowledge"
MAX_FILES: Final = 20_000
ONLY: Final = ("scope", "terms", "guide", "letter")
"""Kinds of which a pack has one item."""
LAST_COUNTS: Final = ("contacts", "choices")
"""Tables of which the entry that was laid over last counts."""
RESERVED: Final = ("index_date", "lesions")
"""Names that expressions and examples use for something else."""
KEYS: Final = re.compile(r"^ *([a-z][a-z0-9_]*):", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Source:
    """Where an item stands: its document and its path inside.

    Absent once a pack comes from the cache.
    """

    document: Document
    path: Path
    layer: int = 0

    def fault(self, path: Path, code: str, message: str, *, key: bool = False) -> Fault:
        """Make a fault at a path below the item."""
        return self.document.fault((*self.path, *path), code, message, key=key)

    @property
    def where(self) -> str:
        """The file and line of the item."""
        spot = self.document.keys.get(self.path) or self.document.spots.get(self.path)
        return f"{self.document.file}:{spot.line}" if spot else self.document.file

    @property
    def place(self) -> str:
        """The file, line and column of the item."""
        return self.document.place(self.path, key=True)


class Pack(Struct, frozen=True):
    """The knowledge: items by id, in the order of file and place."""

    variables: dict[str, Variable] = field(default_factory=dict[str, Variable])
    scores: dict[str, Score] = field(default_factory=dict[str, Score])
    alerts: dict[str, Alert] = field(default_factory=dict[str, Alert])
    investigations: dict[str, Investigation] = field(default_factory=dict[str, Investigation])
    options: dict[str, Option] = field(default_factory=dict[str, Option])
    steps: dict[str, Step] = field(default_factory=dict[str, Step])
    interactions: dict[str, Interaction] = field(default_factory=dict[str, Interaction])
    cards: dict[str, Card] = field(default_factory=dict[str, Card])
    outlooks: dict[str, Outlook] = field(default_factory=dict[str, Outlook])
    handouts: dict[str, Handout] = field(default_factory=dict[str, Handout])
    evidence: dict[str, Evidence] = field(default_factory=dict[str, Evidence])
    actions: dict[str, ActionText] = field(default_factory=dict[str, ActionText])
    contacts: dict[str, Contacts] = field(default_factory=dict[str, Contacts])
    units_of_source: dict[str, UnitsOfSource] = field(default_factory=dict[str, UnitsOfSource])
    disagreements: dict[str, Disagreement] = field(default_factory=dict[str, Disagreement])
    choices: dict[str, Choices] = field(default_factory=dict[str, Choices])
    coverage: dict[str, Coverage] = field(default_factory=dict[str, Coverage])
    translations: dict[str, Translation] = field(default_factory=dict[str, Translation])
    unproven: dict[str, Unproven] = field(default_factory=dict[str, Unproven])
    scope: Scope | None = None
    terms: Terms | None = None
    guide: Guide | None = None
    letter: Letter | None = None
    folders: dict[str, str] = field(default_factory=dict[str, str])
    """Item -> the folder of the knowledge in which its file stands."""
    version: str = ""
    language: str = "en-GB"
    """That of the words for patients (BCP 47)."""
    hash: str = ""
    units: dict[str, Table] = field(default_factory=dict[str, Table])
    """Variable -> accepted UCUM unit -> factor and offset."""
    weaker: tuple[str, ...] = ()
    """What laid-over folders weakened, one sentence each; every output names them."""

    def items(self) -> dict[str, Finder]:
        """Give everything that yields a finding or a fact, by id."""
        found: dict[str, Finder] = {}
        for shelf in FINDERS:
            found |= getattr(self, shelf)
        return found

    def bare(self) -> Pack:
        """Give the pack without the worked examples of its items."""
        return self.worked({})

    def examples(self) -> dict[str, tuple[Example, ...]]:
        """Give the worked examples of each item that has some."""
        return {name: item.examples for name, item in self.items().items() if item.examples}

    def worked(self, examples: dict[str, tuple[Example, ...]]) -> Pack:
        """Give the pack with these worked examples in its items, and no others."""
        shelves = {
            shelf: {
                name: replace(item, examples=examples.get(name, ()))
                for name, item in getattr(self, shelf).items()
            }
            for shelf in FINDERS
        }
        return replace(self, **shelves)

    def things(self) -> dict[str, Option | Investigation | ActionText | Step]:
        """Give everything that can be done, by id."""
        return {**self.options, **self.investigations, **self.actions, **self.steps}

    def meant(self, thing: str) -> tuple[str, ...]:
        """Give the options that something to do means: itself, or those that an action names."""
        if thing in self.options:
            return (thing,)
        return self.actions[thing].means if thing in self.actions else ()

    def despite(self, action: Action) -> str | None:
        """Give why something is asked for even where every option that it means is stopped."""
        text = self.actions.get(action.do)
        return action.despite or (text.despite if text is not None else None)

    def contact(self, action: str) -> Contact | None:
        """Give whom to call for an action: what was laid over last counts."""
        found = [c.list[action] for c in self.contacts.values() if action in c.list]
        return found[-1] if found else None

    def helpers(self) -> tuple[Helper, ...]:
        """Give who helps near the hospital, as the laid-over folders name them."""
        return tuple(helper for c in self.contacts.values() for helper in c.helpers)

    def choice(self, disagreement: str) -> Choice | None:
        """Give the position that a folder takes, if any does: what was laid over last counts."""
        found = [c.list[disagreement] for c in self.choices.values() if disagreement in c.list]
        return found[-1] if found else None

    def followed(self, disagreement: str) -> str:
        """Give the position that is followed: the one chosen, else ours."""
        chosen = self.choice(disagreement)
        return self.disagreements[disagreement].follows if chosen is None else chosen.position

    def positions(self) -> dict[str, Symbol]:
        """Give what expressions may compare besides variables: where sources disagree."""
        return {
            name: Symbol(
                name,
                "patient",
                "level",
                levels=tuple(found.positions),
                settled=self.followed(name),
            )
            for name, found in self.disagreements.items()
        }

    def givers(self) -> dict[str, Score]:
        """Give the names that scores give (totals and bands), each with its score."""
        return {
            name: score
            for score in self.scores.values()
            for name in (score.gives.total, score.gives.band)
            if name is not None
        }

    def symbols(self, where: dict[str, str] | None = None) -> dict[str, Symbol]:
        """Give what expressions may name.

        The variables, and what scores give that is not declared as a variable.
        """
        found: dict[str, Symbol] = {}
        for name, v in self.variables.items():
            found[name] = Symbol(
                name,
                v.entity,
                v.type,
                v.unit,
                v.levels,
                v.ordered,
                v.integer,
                (where or {}).get(name, ""),
            )
        for score in self.scores.values():
            if score.gives.total and score.gives.total not in found:
                found[score.gives.total] = Symbol(
                    score.gives.total,
                    score.entity,
                    "number",
                    "1",
                    (),
                    False,
                    not score.formula,
                    (where or {}).get(score.id, ""),
                )
            bands = tuple(score.any_bands())
            if score.gives.band and score.gives.band not in found:
                found[score.gives.band] = Symbol(
                    score.gives.band,
                    score.entity,
                    "level",
                    None,
                    bands,
                    True,
                    False,
                    (where or {}).get(score.id, ""),
                )
        return found


@dataclass(frozen=True, slots=True)
class Replaced:
    """An item that a later layer replaced, what replaced it, and where that stands."""

    identity: str
    before: Any
    after: Any
    source: Source


@dataclass(frozen=True, slots=True)
class Loaded:
    """A pack together with where each item stands, for `check`."""

    pack: Pack
    sources: dict[str, Source]
    replaced: tuple[Replaced, ...]
    faults: tuple[Fault, ...]
    doubtful: frozenset[str] = frozenset()
    """Names that files with a fault seem to define: to miss them is no fault of its own."""


@dataclass(frozen=True, slots=True)
class Text:
    """One knowledge file as read: `layer` counts the folders laid over each other, from 0."""

    layer: int
    name: str
    data: bytes


def knowledge_files(folders: tuple[FilePath, ...]) -> list[Text]:
    """Read every knowledge file of the folders, in order.

    Names for messages are relative to their folder.

    Raises:
        KnowledgeError: where a folder is not there, holds no file, or holds too many.
    """
    found: list[Text] = []
    for layer, folder in enumerate(folders):
        if not folder.is_dir():
            raise KnowledgeError(
                [
                    Fault(
                        str(folder),
                        0,
                        0,
                        NO_FOLDER,
                        "there is no such folder. Name a knowledge folder.",
                    )
                ]
            )
        paths = sorted(p for p in folder.rglob("*.yaml") if p.is_file())
        if not paths:
            raise KnowledgeError(
                [
                    Fault(
                        str(folder),
                        0,
                        0,
                        "no-knowledge",
                        "no .yaml file stands here. Name a knowledge folder.",
                    )
                ]
            )
        if len(paths) > MAX_FILES:
            raise KnowledgeError(
                [Fault(str(folder), 0, 0, "too-many-files", f"more than {MAX_FILES} files.")]
            )
        found += [
            Text(layer, path.relative_to(folder).as_posix(), path.read_bytes()) for path in paths
        ]
    return found


def content_hash(texts: list[Text]) -> str:
    """Give the content hash of knowledge files: SHA-256 over their names and bytes."""
    digest = hashlib.sha256()
    for text in texts:
        digest.update(f"{text.layer}\0{text.name}\0{len(text.data)}\0".encode())
        digest.update(text.data)
    return digest.hexdigest()


@uncollected()
def load(texts: list[Text]) -> Loaded:
    """Build the items of knowledge files.

    A later layer's item replaces an earlier layer's of the same id and kind.

    Faults of shape are collected, not raised: `check` adds its own and raises all together.
    """
    return join([read(text) for text in texts], content_hash(texts))


def read(text: Text) -> Part:
    """Build the items of one knowledge file."""
    return _File(text).part()


def join(parts: Iterable[Part], content: str) -> Loaded:
    """Put the items of knowledge files together, in the order of the files.

    Args:
        parts: what each file holds.
        content: the content hash of the files.
    """
    shelves = _Shelves()
    doubtful: set[str] = set()
    for part in parts:
        shelves.faults += part.faults
        doubtful |= part.doubtful
        for entry in part.entries:
            shelves.put(entry)
    kinds = {**shelves.kinds, "variables": with_included(shelves.kinds["variables"])}
    pack = Pack(
        **cast("dict[str, Any]", kinds),
        **shelves.only,
        folders=shelves.folders,
        version=shelves.version,
        hash=content,
    )
    return Loaded(
        pack,
        shelves.sources,
        tuple(shelves.replaced),
        tuple(shelves.faults),
        frozenset(doubtful),
    )


@dataclass(frozen=True, slots=True)
class Entry:
    """One item of a file: on which shelf of the pack it goes, and where it stands.

    `built` is None where it has a fault of shape.
    """

    shelf: str
    identity: str
    built: Any
    source: Source


@dataclass(frozen=True, slots=True)
class Part:
    """What one knowledge file holds: its items, its faults of shape, and what it may define.

    `doubtful` are names that a file with a fault seems to define, but does not: to miss them
    elsewhere is no fault of its own.
    """

    entries: tuple[Entry, ...]
    faults: tuple[Fault, ...]
    doubtful: frozenset[str] = frozenset()


class _File:
    """Reads one file."""

    def __init__(self, text: Text) -> None:
        self.text = text
        self.entries: list[Entry] = []
        self.faults: list[Fault] = []
        self.doubtful: set[str] = set()

    def part(self) -> Part:
        self.read()
        return Part(tuple(self.entries), tuple(self.faults), frozenset(self.doubtful))

    def read(self) -> None:
        name = self.text.name
        try:
            document = parse(decode(self.text.data, name), name)
        except Unreadable as error:
            self.faults += error.faults
            self.doubt()
            return
        value: Any = document.value
        kind: str = next(iter(cast("dict[str, Any]", value)), "") if isinstance(value, dict) else ""
        if kind == "variables":
            self.variables(document)
        elif kind in KINDS:
            self.item(document, kind)
        else:
            kinds = ["variables", *KINDS]
            near = difflib.get_close_matches(kind, kinds, 1, 0.6)
            mend = f"Did you mean `{near[0]}`?" if near else f"One of {', '.join(kinds)}."
            message = f"the first key says the kind of item. {mend}"
            self.faults.append(document.fault((), "unknown-kind", message))
            self.doubt()

    def doubt(self) -> None:
        """Note what a file that does not load seems to define: its name, and its keys."""
        text = self.text.data.decode("utf-8", "replace")
        self.doubtful |= {FilePath(self.text.name).stem, *KEYS.findall(text)}

    def keep(self, shelf: str, identity: str, built: Any, source: Source, **more: str) -> None:
        item = replace(built, **more) if built is not None and more else built
        self.entries.append(Entry(shelf, identity, item, source))

    def named(self, document: Document, path: Path, name: str, *, key: bool) -> None:
        """Refuse a name that an expression cannot hold, or that means something else there."""
        if not good_name(name):
            message = "a name is lower case, digits and `_`, and no Python keyword. Choose another."
            self.faults.append(document.fault(path, "bad-name", message, key=key))
        elif name in RESERVED:
            message = f"`{name}` has a meaning of its own. Choose another name."
            self.faults.append(document.fault(path, "bad-name", message, key=key))

    def called(self, document: Document, identity: str) -> None:
        """Refuse a file that is not called after what it holds."""
        kind, stem = next(iter(document.value)), FilePath(self.text.name).stem
        if stem != identity:
            message = f"the file is not called after its id. Call it {identity}.yaml."
            self.faults.append(document.fault((kind,), "file-name", message))
            self.doubtful.add(stem)

    def listed(self, document: Document) -> dict[str, Any]:
        """Give the entries of a file that holds several, under `list`."""
        entries = document.value.get("list")
        if not isinstance(entries, dict):
            message = "`list` is missing: a table of names. Add it."
            self.faults.append(document.fault((), "missing-key", message))
            return {}
        return cast("dict[str, Any]", entries)

    def variables(self, document: Document) -> None:
        value: dict[str, Any] = document.value
        topic = str(value["variables"])
        self.called(document, topic)
        for key in value:
            if key not in ("variables", "title", "list"):
                message = f"`{key}` is not a key of this place. Keys here are title, list."
                self.faults.append(document.fault((key,), "unknown-key", message, key=True))
        if "title" not in value:
            message = "`title` is missing. Add it."
            self.faults.append(document.fault((), "missing-key", message))
        for name, entry in self.listed(document).items():
            path: Path = ("list", name)
            builder = Builder(document)
            built = builder.build(Variable, entry, path, frozenset({"id", "topic"}))
            self.faults += builder.faults
            self.named(document, path, name, key=True)
            here = Source(document, path, self.text.layer)
            self.keep("variables", name, built, here, id=name, topic=topic)

    def item(self, document: Document, kind: str) -> None:
        value: dict[str, Any] = dict(document.value)
        identity = str(value.pop(kind))
        source = Source(document, (), self.text.layer)
        self.named(document, (kind,), identity, key=False)
        self.called(document, identity)
        if kind == "actions":
            self.actions(document, value)
            return
        builder = Builder(document)
        built = builder.build(KINDS[kind], value, (), frozenset({"id"}), ordered=True)
        self.faults += builder.faults
        if built is None and isinstance(value.get("gives"), dict):
            self.doubtful |= {str(name) for name in value["gives"].values()}
        self.keep(SHELF_OF.get(kind, kind), identity, built, source, id=identity)

    def actions(self, document: Document, value: dict[str, Any]) -> None:
        """Build the actions of a file one by one: a fault of one is none of the others."""
        builder = Builder(document)
        builder.build(Actions, {**value, "list": {}}, (), frozenset({"id"}))
        self.faults += builder.faults
        for name, entry in self.listed(document).items():
            path: Path = ("list", name)
            builder = Builder(document)
            built = builder.build(ActionText, entry, path, ordered=True)
            self.faults += builder.faults
            self.named(document, path, name, key=True)
            self.keep("actions", name, built, Source(document, path, self.text.layer))


class _Shelves:
    """Puts items together: each id once, a later layer's instead of an earlier one's."""

    def __init__(self) -> None:
        self.kinds: dict[str, dict[str, Any]] = {shelf: {} for shelf in SHELVES}
        self.folders: dict[str, str] = {}
        self.only: dict[str, Any] = {}
        """What a pack has one of, by kind."""
        self.version = ""
        self.sources: dict[str, Source] = {}
        self.replaced: list[Replaced] = []
        self.faults: list[Fault] = []

    def put(self, entry: Entry) -> None:
        if entry.shelf in ONLY:
            self.only_one(entry)
        else:
            self.keep(entry)

    def taken(self, entry: Entry, earlier: Source, name: str, mend: str) -> None:
        """Refuse what already stands elsewhere, naming both places."""
        path: Path = () if entry.source.path else (next(iter(entry.source.document.value)),)
        message = f"`{name}` already stands at {earlier.place}. {mend}"
        self.faults.append(entry.source.fault(path, "id-taken", message, key=True))

    def only_one(self, entry: Entry) -> None:
        """Keep what a pack has one of: a later layer's replaces an earlier one's."""
        kind, source = entry.shelf, entry.source
        earlier = self.sources.get(kind)
        if earlier is not None and earlier.layer == source.layer:
            self.taken(entry, earlier, kind, "Keep one of the two.")
            return
        if entry.built is None:
            self.sources.setdefault(kind, source)  # what it was to replace keeps its own place
            return
        self.sources[kind] = source
        if kind in self.only:
            self.replaced.append(Replaced(kind, self.only[kind], entry.built, source))
        self.only[kind] = entry.built

    def keep(self, entry: Entry) -> None:
        identity, item, source = entry.identity, entry.built, entry.source
        shelf = self.kinds[entry.shelf]
        earlier = self.sources.get(identity)
        if earlier is not None and (identity not in shelf or earlier.layer == source.layer):
            self.taken(entry, earlier, identity, "Choose another id.")
            return
        if item is None:
            self.sources.setdefault(identity, source)  # what it was to replace keeps its own place
            return
        self.sources[identity] = source
        folder = FilePath(source.document.file).parent.as_posix()
        self.folders.setdefault(identity, folder)  # what replaces an item stands where that stood
        if identity in shelf:
            self.replaced.append(Replaced(identity, shelf[identity], item, source))
            if entry.shelf in LAST_COUNTS:  # what is laid over last counts
                del shelf[identity]
        shelf[identity] = item
        self.version = max(self.version, getattr(item, "version", None) or "")
