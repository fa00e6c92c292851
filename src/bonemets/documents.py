"""YAML 1.2 text -> plain values with places; everything unsafe or ambiguous is a fault.

One door for knowledge files and case files: no tags, no anchors or aliases, no duplicate keys,
bounded size and depth.
Scalars are read as text; only `true`, `false`, integers and floats of YAML 1.2 become values, and
dates stay text.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from msgspec import Struct

from bonemets.errors import Fault

NOT_YAML: Final = "the text stops being YAML here. Check indentation, quotes and colons."
MAX_BYTES = 5_000_000
MAX_DEPTH = 40
MAX_NODES = 200_000

Path = tuple[str | int, ...]


class Spot(Struct, frozen=True, gc=False):
    """Where a value starts (line and column from 1) and how it was written.

    For a literal block (`|`) the content starts on the next line at its own indent, and `line` and
    `column` say that.
    """

    line: int
    column: int
    style: str = ""
    written: str = ""
    """The text of a plain scalar, before it became a number or a truth value."""


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML document as plain values, with the spot of every value (by path) and of every key."""

    file: str
    value: Any
    spots: dict[Path, Spot]
    keys: dict[Path, Spot]

    def fault(self, path: Path, code: str, message: str, *, key: bool = False) -> Fault:
        """Make a fault at a path (or at the nearest place above it that is known)."""
        spot = self.spot(path, key=key)
        return Fault(self.file, spot.line, spot.column, code, message)

    def spot(self, path: Path, *, key: bool = False) -> Spot:
        """Give where a value (or its key) stands, or the nearest place above it that is known."""
        spots = self.keys if key else self.spots
        while path and path not in spots:
            path = path[:-1]
        return spots.get(path) or self.spots.get(path) or Spot(1, 1)

    def place(self, path: Path, *, key: bool = False) -> str:
        """Show where a value (or its key) stands, for a message that names a second place."""
        spot = self.spot(path, key=key)
        return f"{self.file}:{spot.line}:{spot.column}"


class Unreadable(Exception):
    """A text that is no acceptable YAML document, with the faults found."""

    def __init__(self, faults: list[Fault]) -> None:
        """Keep the faults."""
        self.faults = faults
        super().__init__("; ".join(str(fault) for fault in faults))


def decode(data: bytes, file: str) -> str:
    """Decode UTF-8 (with or without a mark) or UTF-16 with its mark.

    Raises:
        Unreadable: for anything else, and for control characters that text does not have.
    """
    if len(data) > MAX_BYTES:
        raise Unreadable(
            [
                Fault(
                    file,
                    0,
                    0,
                    "too-large",
                    f"more than {MAX_BYTES // 1_000_000} MB. Send a smaller file.",
                )
            ]
        )
    try:
        text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError:
        raise Unreadable(
            [Fault(file, 0, 0, "not-text", "this is no UTF-8 text. Save it as UTF-8.")]
        ) from None
    if "\x00" in text:
        raise Unreadable([Fault(file, 0, 0, "not-text", "this is a binary file. Send text.")])
    return text


def parse(text: str, file: str) -> Document:
    """Parse one YAML document.

    Raises:
        Unreadable: with every duplicate key and odd key, or with the first place that is not
            acceptable
            (a tag, an anchor or alias, bottomless nesting, a second document, or where the text
            stops being YAML).
    """
    import yaml  # not above: a cold start on a JSON record, knowledge in the cache, needs none

    try:
        reader = _Reader(file, text)
        value = reader.document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        raise Unreadable([Fault(file, line, column, "not-yaml", NOT_YAML)]) from None
    except (yaml.YAMLError, ValueError, RecursionError):
        raise Unreadable([Fault(file, 0, 0, "not-yaml", NOT_YAML)]) from None
    if reader.faults:
        raise Unreadable(reader.faults)
    return Document(file, value, reader.spots, reader.keys)


class _Reader:
    """Build plain values from the parser's events, noting where each stands.

    Only the events of the YAML library are used: what a scalar means is decided by `scalar` alone,
    never by its resolver.
    """

    def __init__(self, file: str, text: str) -> None:
        import yaml

        self.yaml = yaml
        self.scalar, self.list = yaml.ScalarEvent, yaml.SequenceStartEvent
        self.end_of_list, self.end_of_table = yaml.SequenceEndEvent, yaml.MappingEndEvent
        self.file = file
        self.lines = text.splitlines()
        # The loader is used for its parser only (libyaml where the wheel has it, about thirty
        # times faster); nothing is constructed with it.
        loader: Any = getattr(yaml, "CLoader", yaml.Loader)
        self.events: Iterator[Any] = iter(loader(text).get_event, None)
        self.spots: dict[Path, Spot] = {}
        self.keys: dict[Path, Spot] = {}
        self.faults: list[Fault] = []
        self.nodes = 0

    def refuse(self, event: Any, code: str, message: str) -> Unreadable:
        mark = event.start_mark
        return Unreadable([Fault(self.file, mark.line + 1, mark.column + 1, code, message)])

    def document(self) -> Any:
        value: Any = None
        documents = 0
        for event in self.events:
            if isinstance(event, self.yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise self.refuse(
                        event, "several-documents", "a file holds one document. Remove the `---`."
                    )
            elif isinstance(event, self.yaml.NodeEvent):
                value = self.value(event, (), 0)
        if documents == 0:
            raise Unreadable([Fault(self.file, 0, 0, "empty", "the file is empty. Write an item.")])
        return value

    def value(self, event: Any, path: Path, depth: int) -> Any:
        self.nodes += 1
        if event.anchor is not None:  # an alias has the name of what it stands for
            raise self.refuse(
                event, "yaml-alias", "anchors and aliases are not read. Write the value out."
            )
        if event.tag is not None:
            raise self.refuse(event, "yaml-tag", "tags are not read. Write a plain value.")
        if self.nodes > MAX_NODES:
            raise self.refuse(event, "too-large", f"more than {MAX_NODES} values. Split the file.")
        if depth > MAX_DEPTH:
            raise self.refuse(
                event, "too-deep", f"nested deeper than {MAX_DEPTH} levels. Write it flatter."
            )
        if isinstance(event, self.scalar):
            self.spots[path] = self.spot(event)
            return scalar(str(event.value), plain=not event.style)
        self.spots[path] = Spot(event.start_mark.line + 1, event.start_mark.column + 1)
        if isinstance(event, self.list):
            items: list[Any] = []
            while not isinstance(inner := next(self.events), self.end_of_list):
                items.append(self.value(inner, (*path, len(items)), depth + 1))
            return items
        return self.mapping(path, depth)

    def mapping(self, path: Path, depth: int) -> dict[str, Any]:
        result: dict[str, Any] = {}
        while not isinstance(event := next(self.events), self.end_of_table):
            mark = event.start_mark
            here = Spot(mark.line + 1, mark.column + 1)
            if not isinstance(event, self.scalar):
                raise self.refuse(event, "bad-key", "a key is a plain word. Write one.")
            if event.anchor is not None or event.tag is not None:
                raise self.refuse(
                    event, "yaml-tag", "tags and anchors are not read. Write a plain key."
                )
            key = str(event.value)
            value = self.value(next(self.events), (*path, key), depth + 1)
            if key in result:
                first = self.keys[(*path, key)]
                there = f"{self.file}:{first.line}:{first.column}"
                message = f"`{key}` already stands at {there}. Keep one of the two."
                self.faults.append(
                    Fault(self.file, here.line, here.column, "duplicate-key", message)
                )
                continue
            self.keys[(*path, key)] = here
            result[key] = value
        return result

    def spot(self, event: Any) -> Spot:
        mark, style = event.start_mark, event.style or ""
        if style == "|":
            rest = range(mark.line + 1, len(self.lines))
            first = next((i for i in rest if self.lines[i].strip()), mark.line + 1)
            text = self.lines[first] if first < len(self.lines) else ""
            return Spot(first + 1, len(text) - len(text.lstrip()) + 1, "|")
        if style not in ("|", ">") and event.end_mark.line > mark.line and event.value:
            return Spot(mark.line + 1, mark.column + 1, "multi-line")
        if not style:
            return Spot(mark.line + 1, mark.column + 1, "", str(event.value))
        return Spot(mark.line + 1, mark.column + (2 if style in "'\"" else 1), style)


def scalar(text: str, *, plain: bool) -> str | int | float | bool | None:
    """Read a scalar by the YAML 1.2 core schema.

    Quoted and block text, dates and `yes`/`no` stay text.
    """
    if not plain:
        return text
    if text in ("", "~", "null"):
        return None
    if text in ("true", "True"):
        return True
    if text in ("false", "False"):
        return False
    body = text[1:] if text[:1] in "+-" else text
    if body.isascii() and body.isdigit():  # 007 and very long ones are codes: they stay as written
        whole = (len(body) == 1 or body[0] != "0") and len(body) < 16
        return int(text) if whole else text
    if body[:1].isdigit() and body.isascii() and all(c.isdigit() or c in ".eE+-" for c in body):
        try:
            number = float(text)
        except ValueError:
            return text
        return number if math.isfinite(number) else text
    return text
