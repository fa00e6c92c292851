"""Lines of FHIR, told apart by all but what differs from one to the next.

Most resources of a source differ in identifiers, dates and measured numbers alone: their *holes*.
What is left is a mould, of which a source has few. Holes are found in the text, without a parser
(`cutting.py`). Text and tree hold the same holes whatever they are filled with; so a mould is
parsed once.

Nothing here knows what a resource says; the reader of one patient is asked that (`castings.py`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from bonemets.errors import RecordRefused
from bonemets.readers.fhir import CLINICAL_TIMES, READERS, USED_BY_OTHERS, parse_json
from bonemets.readers.fhir.codes import in_error
from bonemets.readers.fhir.nodes import Node, node, nodes, text
from bonemets.readers.fhir.patient import SEX_AT_BIRTH_LOINC

DATES: Final = frozenset(
    {
        *(name for name in CLINICAL_TIMES if not name.endswith("Period")),
        *("start", "end", "birthDate", "deceasedDateTime", "lastUpdated"),
        *("valueDateTime", "valueDate", "valueInstant"),
    }
)
"""Keys whose texts are dates."""
KEYS: Final = frozenset({*DATES, "id", "reference", "value"})
"""Keys of holes: what stands behind any other is no hole."""
UNREAD: Final = frozenset(
    {
        *("text", "category", "identifier", "encounter", "performer", "note", "requester"),
        *("recorder", "asserter", "reasonCode", "reasonReference", "basedOn", "partOf"),
        *("insurance", "supportingInformation", "informationSource", "derivedFrom", "name"),
        *("telecom", "address", "maritalStatus", "communication", "generalPractitioner"),
        *("managingOrganization", "photo", "contact", "multipleBirthBoolean"),
        *("multipleBirthInteger", "severity", "priority", "dispenseRequest", "substitution"),
        *("groupIdentifier", "language", "evidence", "outcome", "followUp", "context"),
    }
)
"""Parts of a resource that no reader looks at (a test holds the readers to that)."""
TEXT_HOLE, NUMBER_HOLE = "\x1ahole {}", 7_100_000_000
"""What fills the holes of a mould: no record holds it."""
HOLE: Final = b"\x1a"
"""Stands for each hole in what is fixed of a text: no JSON holds it."""
MOST_HOLES: Final = 1_000_000
MOST_DATES: Final = 6
MOST_MOULDS: Final = 50_000
LONGEST: Final = 20_000
"""Bytes of a line beside its holes: a longer one is read whole."""
_UNEVEN: Final = re.compile(
    r'"(?:[A-Za-z]*Age|(?!reference|value|dose)[A-Za-z]*Range|boundsDuration|contained)"'
)
"""Ages and durations become times by more than comparing, and what is contained has names."""
_MANY_SIDED: Final = ("hasMember", "result")
"""What names other resources so that these say something else."""


Steps = dict[Any, Any]


@dataclass(slots=True, eq=False)
class Mould:
    """A resource with holes."""

    number: int
    kind: str
    tree: Node
    """Its holes are filled with `TEXT_HOLE` and, from `NUMBER_HOLE` on, numbers, each in order."""
    plain: bool
    """The way of columns serves it."""
    empty: bool
    """It says nothing of anybody: it was entered in error, or is merely named by others."""
    ident: int
    about: int
    """The reference to the patient; -1 where there is none, as with the other holes."""
    dates: tuple[int, ...]
    numbers: tuple[int, ...]
    """Measured numbers, and limits of such."""
    bound: tuple[int, ...]
    """Other numbers, and numbers of a register: what they are may change what is said."""
    links: tuple[int, ...]
    """References to anything but the patient."""
    clinical: tuple[int, ...]
    """Which of the dates tell the record's own clock."""
    steps: Steps
    """The way to each hole, key by key, and at its end the hole's number."""


@dataclass(slots=True, eq=False)
class Cut:
    """Where the holes of a line of one text stand among its pieces."""

    number: int
    mould: Mould
    fixed: tuple[bytes, ...] = ()
    """What is before, between and behind the holes."""
    person: bool = False
    """It is a Patient."""
    special: bool = False
    """It has links, or numbers that matter otherwise."""
    ident: int = -1
    about: int = -1
    """The reference to the patient."""
    dates: tuple[int, ...] = ()
    numbers: tuple[int, ...] = ()
    bound: tuple[int, ...] = ()
    """Those that matter as they are."""
    quoted: tuple[bool, ...] = ()
    """Which of these are texts."""
    links: tuple[int, ...] = ()

    @property
    def whose(self) -> int:
        """Give which hole says whose it is; -1: none."""
        return self.ident if self.person else self.about


@dataclass(slots=True)
class Hole:
    """One hole: its key path, and its place in the text."""

    path: tuple[Any, ...]
    place: int
    number: bool


@dataclass(slots=True)
class Moulds:
    """The moulds met so far."""

    cuts: dict[bytes, Cut] = field(default_factory=dict[bytes, Cut])
    """By the text, with `HOLE` for each hole."""
    by_text: dict[bytes, Mould] = field(default_factory=dict[bytes, Mould])
    all: list[Mould] = field(default_factory=list[Mould])
    ways: list[Cut] = field(default_factory=list[Cut])
    """The cuts by their numbers."""
    uneven: Cut = field(init=False)

    def __post_init__(self) -> None:
        """Make the mould of what fits none."""
        self.uneven = Cut(-1, _nothing(""))

    def __len__(self) -> int:
        """Give how many there are."""
        return len(self.all)

    @property
    def many(self) -> bool:
        """Say whether it is time to start anew."""
        return len(self.ways) > MOST_MOULDS

    def cut_of(self, text_: bytes, *, new: bool = True) -> Cut:
        """Give the cut of a text with `HOLE` for each hole; not `new`: only if it is known."""
        cut = self.cuts.get(text_)
        if cut is not None:
            return cut
        if not new or len(text_) > LONGEST:
            return self.uneven  # and not kept: a letter or a picture is like no other
        if len(self.cuts) >= MOST_MOULDS:
            self.cuts.clear()
        try:
            cut = self.cut(tuple(text_.split(HOLE)))
        except Exception:  # noqa: BLE001  (its patient is read whole, where a fault is counted)
            cut = self.uneven
        self.cuts[text_] = cut
        return cut

    def cut(self, fixed: tuple[bytes, ...]) -> Cut:
        """Parse a new text."""
        if any(b"\\u001" in piece for piece in fixed):  # what only a hole may look like
            return self.uneven
        parts, many = [fixed[0]], len(fixed) - 1
        for n, rest in enumerate(fixed[1:]):
            text_hole = parts[-1].endswith(b'"')
            filled_ = TEXT_HOLE.format(n).encode() if text_hole else b"%d" % (NUMBER_HOLE + n)
            parts += (filled_, rest)
        text_ = b"".join(parts).replace(b"\x1a", b"\\u001a")
        try:
            tree = node(parse_json(text_, "line"))
        except RecordRefused:
            return self.uneven
        kind = text(tree.get("resourceType"))
        if not kind:
            return self.uneven
        if kind not in READERS and kind not in USED_BY_OTHERS:
            return self.kept(Cut(len(self.ways), _nothing(kind), fixed))
        found = list[Hole]()
        if _find(tree, (), found) != many or len(found) != many:
            return self.uneven  # a number of the record looks like a hole, or a key comes twice
        kept = read_of(tree)
        holes = [hole for hole in found if _holds(kept, hole.path)]
        for n, hole in enumerate(holes):
            _fill(kept, hole, n)
        return self.joined(kind, kept, holes, fixed)

    def kept(self, cut: Cut) -> Cut:
        """Keep a cut under its number."""
        self.ways.append(cut)
        return cut

    def joined(self, kind: str, tree: Node, holes: list[Hole], fixed: tuple[bytes, ...]) -> Cut:
        """Give the cut of a text with its mould."""
        written = msgspec.json.encode(tree)
        mould = self.by_text.get(written)
        if mould is None:
            mould = self.by_text[written] = _mould(len(self.all), kind, tree, holes, written)
            self.all.append(mould)

        def places(of: tuple[int, ...]) -> tuple[int, ...]:
            return tuple(holes[n].place for n in of)

        cut = Cut(
            len(self.ways),
            mould,
            fixed,
            kind == "Patient",
            bool(mould.links or mould.bound),
            holes[mould.ident].place if mould.ident >= 0 else -1,
            holes[mould.about].place if mould.about >= 0 else -1,
            places(mould.dates),
            places(mould.numbers),
            places(mould.bound),
            tuple(not holes[n].number for n in mould.bound),
            places(mould.links),
        )
        return self.kept(cut)


def _nothing(kind: str) -> Mould:
    """Give the mould of what no reader reads."""
    return Mould(-1, kind, {}, False, True, -1, -1, (), (), (), (), (), {})


def read_of(tree: Node) -> Node:
    """Give what of a resource is read."""
    kept = {k: v for k, v in tree.items() if k not in UNREAD}
    meta = node(kept.pop("meta", None))
    if "source" in meta:
        kept["meta"] = {"source": meta["source"]}
    for name in ("subject", "patient"):
        whose = node(kept.get(name)).get("reference")
        if whose is not None:
            kept[name] = {"reference": whose}
    return kept


def _find(tree: Any, path: tuple[Any, ...], found: list[Hole]) -> int:
    """Find the holes below a tree, and give how many places look like one."""
    many = 0
    for step in range(len(tree)) if hasattr(tree, "append") else tree:  # of lists and objects
        value: Any = tree[step]
        match value:
            case dict() | list():
                many += _find(value, (*path, step), found)
            case str() if value.startswith("\x1a"):
                many += 1
                found.append(Hole((*path, step), int(value.rsplit(" ", 1)[-1]), number=False))
            case int() if 0 <= value - NUMBER_HOLE < MOST_HOLES:
                many += 1
                if step == "value":
                    found.append(Hole((*path, step), value - NUMBER_HOLE, number=True))
            case _:
                pass
    return many


def _holds(tree: Any, path: tuple[Any, ...]) -> bool:
    """Say whether a path leads to anything."""
    try:
        for step in path:
            tree = tree[step]
    except KeyError:
        return False
    return True


def _fill(tree: Any, hole: Hole, number: int) -> None:
    """Fill a hole of a mould by its number there."""
    for step in hole.path[:-1]:
        tree = tree[step]
    tree[hole.path[-1]] = NUMBER_HOLE + number if hole.number else TEXT_HOLE.format(number)


def _is_measured(path: tuple[Any, ...]) -> bool:
    """Say whether a number is a measured one, or a limit of one."""
    own = path[2:] if path[0] == "component" else path
    limit = len(own) == 4 and own[0] == "referenceRange" and own[2] in ("low", "high")
    return limit or own == ("valueQuantity", "value")


def _mould(number: int, kind: str, tree: Node, holes: list[Hole], written: bytes) -> Mould:
    """Look at a new mould."""
    words = written.decode()
    paths = {hole.path: n for n, hole in enumerate(holes)}
    ident, whose = paths.get(("id",), -1), "subject" if tree.get("subject") else "patient"
    about = paths.get((whose, "reference"), -1)
    texts = {n: h.path for n, h in enumerate(holes) if not h.number}
    dates = tuple(n for n, path in texts.items() if path[-1] in DATES and path[0] != "meta")
    links = tuple(n for n, path in texts.items() if path[-1] == "reference" and n != about)
    numbers = {n: h.path for n, h in enumerate(holes) if h.number}
    empty = kind != "Patient" and (kind not in READERS or in_error(tree))
    plain = (
        ident >= 0
        and (about >= 0) == (kind != "Patient")
        and _UNEVEN.search(words) is None
        and len(dates) <= MOST_DATES
        and not any(name in tree for name in _MANY_SIDED)
        and not (kind == "Patient" and "link" in tree)
        and not (kind == "Observation" and SEX_AT_BIRTH_LOINC in words)
        and not any(path[-1] == "id" and len(path) > 1 for path in texts.values())
        and all(path[-1] in KEYS for path in texts.values())
        and not (tree.get("subject") and tree.get("patient"))
        and _dates_are_holes(tree)
        and _references_are_holes(tree)
    )
    return Mould(
        number,
        kind,
        tree,
        plain,
        empty,
        ident,
        about,
        dates,
        tuple(n for n, path in numbers.items() if _is_measured(path)),
        (
            *(n for n, path in numbers.items() if not _is_measured(path)),
            *(n for n, path in texts.items() if path[-1] == "value"),
        ),
        links,
        () if empty else tuple(n for n, d in enumerate(dates) if _tells_clock(texts[d])),
        _steps(holes),
    )


def _steps(holes: list[Hole]) -> Steps:
    """Put the ways to holes together."""
    found: Steps = {}
    for n, hole in enumerate(holes):
        at = found
        for step in hole.path[:-1]:
            at = at.setdefault(step, {})
        at[hole.path[-1]] = n
    return found


def _tells_clock(path: tuple[Any, ...]) -> bool:
    """Say whether a date is one of those by which the record's own clock is found."""
    return path[0] in CLINICAL_TIMES and path[1:] in ((), ("start",), ("end",))


def _dates_are_holes(tree: Node) -> bool:
    """Say whether every date by which the clock is found is a hole."""
    for name in CLINICAL_TIMES & tree.keys():
        value = tree[name]
        for written in (value, *(node(value).get(end) for end in ("start", "end"))):
            if isinstance(written, str) and not written.startswith("\x1a"):
                return False
    return True


def _references_are_holes(tree: object) -> bool:
    """Say whether all that is named is so in holes: a name that is odd or too long fills none."""
    return not any(
        _is_fixed(of.get("reference")) or not all(map(_references_are_holes, of.values()))
        for of in nodes(tree)
    )


def _is_fixed(written: object) -> bool:
    return isinstance(written, str) and not written.startswith("\x1a")


def filled(mould: Mould, values: dict[int, Any]) -> Node:
    """Fill the holes of a mould, by their numbers; what holds none is shared."""

    def of(tree: Any, steps: Any) -> Any:
        made = tree.copy()
        for step, hole in steps.items():
            if isinstance(hole, dict):
                made[step] = of(tree[step], hole)
            elif hole in values or isinstance(tree[step], str):
                made[step] = values[hole]
        return made

    return of(mould.tree, mould.steps)
