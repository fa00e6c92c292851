"""Knowledge folders -> one pack of typed items.

A later folder laid over an earlier one replaces items of the same id.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any, Final, cast

from msgspec import Struct, field
from msgspec.structs import replace

from bonemets.documents import Document, Path, Unreadable, decode, parse
from bonemets.errors import Fault, KnowledgeError
from bonemets.expression import Symbol, good_name
from bonemets.pack.items import (
    KINDS,
    Actions,
    ActionText,
    Alert,
    Card,
    Contact,
    Contacts,
    Evidence,
    Finder,
    Interaction,
    Investigation,
    Option,
    Scope,
    Score,
    Step,
    Terms,
    UnitsOfSource,
    Variable,
)
from bonemets.pack.shape import Builder
from bonemets.units import Table

HOME: Final = FilePath(__file__).parents[1] / "knowledge"
MAX_FILES: Final = 20_000


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
    evidence: dict[str, Evidence] = field(default_factory=dict[str, Evidence])
    actions: dict[str, ActionText] = field(default_factory=dict[str, ActionText])
    contacts: dict[str, Contacts] = field(default_factory=dict[str, Contacts])
    units_of_source: dict[str, UnitsOfSource] = field(default_factory=dict[str, UnitsOfSource])
    scope: Scope | None = None
    terms: Terms | None = None
    version: str = ""
    hash: str = ""
    units: dict[str, Table] = field(default_factory=dict[str, Table])
    """Variable -> accepted UCUM unit -> factor and offset."""
    weaker: tuple[str, ...] = ()
    """What laid-over folders weakened, one sentence each; every output names them."""

    def items(self) -> dict[str, Finder]:
        """Give everything that yields a finding or a fact, by id."""
        return {
            **self.variables,
            **self.scores,
            **self.alerts,
            **self.investigations,
            **self.options,
            **self.steps,
            **self.interactions,
            **self.cards,
        }

    def contact(self, action: str) -> Contact | None:
        """Give whom to call for an action: what was laid over last counts."""
        found = [c.list[action] for c in self.contacts.values() if action in c.list]
        return found[-1] if found else None

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
                        "no-folder",
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


def load(texts: list[Text]) -> Loaded:
    """Build the items of knowledge files.

    A later layer's item replaces an earlier layer's of the same id and kind.

    Faults of shape are collected, not raised: `check` adds its own and raises all together.
    """
    reader = _Reader()
    for text in texts:
        reader.file(text)
    pack = Pack(
        variables=reader.kinds["variables"],
        scores=reader.kinds["scores"],
        alerts=reader.kinds["alerts"],
        investigations=reader.kinds["investigations"],
        options=reader.kinds["options"],
        steps=reader.kinds["steps"],
        interactions=reader.kinds["interactions"],
        cards=reader.kinds["cards"],
        evidence=reader.kinds["evidence"],
        actions=reader.kinds["actions"],
        contacts=reader.kinds["contacts"],
        units_of_source=reader.kinds["units_of_source"],
        scope=reader.scope,
        terms=reader.terms,
        version=reader.version,
        hash=content_hash(texts),
    )
    return Loaded(pack, reader.sources, tuple(reader.replaced), tuple(reader.faults))


class _Reader:
    def __init__(self) -> None:
        self.kinds: dict[str, dict[str, Any]] = {
            "variables": {},
            "scores": {},
            "alerts": {},
            "investigations": {},
            "options": {},
            "steps": {},
            "interactions": {},
            "cards": {},
            "evidence": {},
            "actions": {},
            "contacts": {},
            "units_of_source": {},
        }
        self.scope: Scope | None = None
        self.terms: Terms | None = None
        self.version = ""
        self.layer = 0
        self.sources: dict[str, Source] = {}
        self.replaced: list[Replaced] = []
        self.faults: list[Fault] = []

    def file(self, text: Text) -> None:
        name = text.name
        self.layer = text.layer
        try:
            document = parse(decode(text.data, name), name)
        except Unreadable as error:
            self.faults += error.faults
            return
        value: Any = document.value
        kind: str = next(iter(cast("dict[str, Any]", value)), "") if isinstance(value, dict) else ""
        if kind == "variables":
            self.variables(document)
        elif kind in KINDS:
            self.item(document, kind, name)
        else:
            kinds = ", ".join(["variables", *KINDS])
            self.faults.append(
                document.fault((), "unknown-kind", f"the first key says the kind of item: {kinds}.")
            )

    def variables(self, document: Document) -> None:
        value: dict[str, Any] = document.value
        topic = str(value["variables"])
        for key in value:
            if key not in ("variables", "title", "list"):
                self.faults.append(
                    document.fault(
                        (key,), "unknown-key", "keys here are variables, title, list.", key=True
                    )
                )
        entries = value.get("list")
        if not isinstance(entries, dict):
            self.faults.append(
                document.fault(
                    (), "missing-key", "`list` is missing: a table of variables. Add it."
                )
            )
            return
        for name, entry in cast("dict[str, Any]", entries).items():
            path: Path = ("list", name)
            builder = Builder(document)
            built = builder.build(Variable, entry, path, frozenset({"id", "topic"}))
            self.faults += builder.faults
            if not good_name(name) or name == "index_date":
                self.faults.append(
                    document.fault(
                        path,
                        "bad-name",
                        "a name is lower case, digits and `_`, and no Python keyword.",
                        key=True,
                    )
                )
            here = Source(document, path, self.layer)
            self.keep("variables", name, built, here, id=name, topic=topic)

    def item(self, document: Document, kind: str, name: str) -> None:
        value: dict[str, Any] = dict(document.value)
        identity = str(value.pop(kind))
        builder = Builder(document)
        built = builder.build(KINDS[kind], value, (), frozenset({"id"}))
        self.faults += builder.faults
        source = Source(document, (), self.layer)
        if not good_name(identity):
            self.faults.append(
                document.fault(
                    (kind,),
                    "bad-name",
                    "an id is lower case, digits and `_`, and no Python keyword.",
                )
            )
        if FilePath(name).stem != identity:
            self.faults.append(
                document.fault(
                    (kind,),
                    "file-name",
                    f"the file is not called after its id. Call it {identity}.yaml.",
                )
            )
        if kind in ("scope", "terms"):
            self.only_one(kind, identity, built, source)
        elif kind == "actions":
            actions: Actions | None = built
            for entry, text in (actions.list if actions else {}).items():
                self.keep("actions", entry, text, Source(document, ("list", entry), self.layer))
        else:
            plural = kind if kind in self.kinds else kind + "s"
            self.keep(plural, identity, built, source, id=identity)

    def only_one(self, kind: str, identity: str, built: Any, source: Source) -> None:
        """Keep what a pack has one of: a later layer's replaces an earlier one's."""
        earlier = self.sources.get(kind)
        if earlier is not None and earlier.layer == source.layer:
            message = f"`{kind}` already stands at {earlier.where}. Keep one of the two."
            self.faults.append(source.fault((), "id-taken", message))
            return
        if built is None:
            self.sources.setdefault(kind, source)  # what it was to replace keeps its own place
            return
        self.sources[kind] = source
        item = replace(built, id=identity)
        before = self.scope if kind == "scope" else self.terms
        if before is not None:
            self.replaced.append(Replaced(kind, before, item, source))
        if kind == "scope":
            self.scope = item
        else:
            self.terms = item

    def keep(self, plural: str, identity: str, built: Any, source: Source, **more: str) -> None:
        earlier = self.sources.get(identity)
        if earlier is not None and (
            identity not in self.kinds[plural] or earlier.layer == source.layer
        ):
            self.faults.append(
                source.fault(
                    (),
                    "id-taken",
                    f"`{identity}` already stands at {earlier.where}. Choose another id.",
                )
            )
            return
        if built is None:
            self.sources.setdefault(identity, source)  # what it was to replace keeps its own place
            return
        self.sources[identity] = source
        item = replace(built, **more) if more else built
        if identity in self.kinds[plural]:
            before = self.kinds[plural][identity]
            self.replaced.append(Replaced(identity, before, item, source))
        self.kinds[plural][identity] = item
        self.version = max(self.version, getattr(built, "version", None) or "")
