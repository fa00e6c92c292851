"""The files of a Bulk FHIR folder: which there are, and their lines.

A folder holds loose NDJSON files, or the manifest of an `$export` that names them; a file with one
Bundle or resource (`.json`) counts as one line. Plain, gzip and Zstandard are read.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final, cast
from urllib.parse import unquote, urlparse

import msgspec
from msgspec import Struct

from bonemets.cohort.arrow import pa
from bonemets.cohort.storage import Found, files_of, is_address, opened
from bonemets.errors import SourceRefused, UsageError

LINES: Final = (".ndjson", ".jsonl")
PACKED: Final = {".gz": "gzip", ".zst": "zstd"}
MOST_FILES: Final = 1_000_000
CHUNK: Final = 64_000_000
"""A plain file is read in pieces of about so many bytes, by several processes."""
LONGEST: Final = 200_000_000
"""The longest line that is read (one Bundle may be one line)."""
LONGEST_MANIFEST: Final = 20_000_000
BLOCK: Final = 1 << 23
EXPANDS: Final = 8
"""How much longer a packed file is taken to be, for planning."""


class Part(Struct, frozen=True):
    """A stretch of one file: its lines that start at or after `start` and before `stop`."""

    path: str
    start: int
    stop: int
    """-1: to the end."""
    kind: str
    """`lines`, `whole` (one resource in the file) or `deleted` (lines that name what is gone)."""
    bytes: int
    """About how many bytes of text it holds."""


@dataclass(slots=True)
class Source:
    """What a folder holds."""

    folder: str
    parts: list[Part] = field(default_factory=list[Part])
    files: int = 0
    bytes: int = 0
    missing: list[str] = field(default_factory=list[str])
    """Files that the manifest names and that are not there."""
    manifest: str | None = None
    hash: str = ""
    rows: int = 0
    """Of a table of events."""
    strange: list[str] = field(default_factory=list[str])
    """Columns of a table that mean nothing here, each with the nearest that does."""

    @property
    def text_bytes(self) -> int:
        """Give about how many bytes of text there are."""
        return sum(p.bytes for p in self.parts)


def listing(folder: Path | str, chunk: int = CHUNK) -> Source:
    """List a folder's files; it is a path or an address.

    Raises:
        UsageError: it is none.
        SourceRefused: it holds nothing that could be read.
    """
    shown = str(folder)
    if not is_address(shown) and not Path(shown).is_dir():
        raise UsageError(f"{shown}: this is no folder. Name a Bulk FHIR folder, or a table.")
    found = Source(shown)
    try:
        loose = _loose(shown)
        named = _manifest(loose, found)
        digest = hashlib.sha256()
        for file, kind in named if named is not None else [(x, "lines") for x in loose]:
            found.files += 1
            found.bytes += file.size
            told = f"{file.name} {file.size} {file.time}\n"
            digest.update(told.encode("utf-8", "surrogateescape"))
            found.parts.extend(_parts(file, kind, chunk))
        found.hash = digest.hexdigest()
    except OSError as error:
        raise UsageError(f"{shown}: cannot be read ({error.strerror}).") from None
    if not found.parts:
        raise SourceRefused(
            f"{shown}: holds no file of FHIR lines. Names end in .ndjson, .jsonl or .json, "
            "or in those and .gz or .zst."
        )
    return found


def holds_lines(name: str) -> bool:
    """Say by the name of a file whether it holds lines of FHIR, or one resource."""
    return _ending(name) in (*LINES, ".json")


def _loose(folder: str) -> list[Found]:
    """Find the files of lines and of single resources, in the order of their names."""
    found: list[Found] = []
    for file in files_of(folder):
        if holds_lines(file.name):
            found.append(file)
            if len(found) > MOST_FILES:
                raise SourceRefused(f"{folder}: holds more than {MOST_FILES:,} files.")
    return sorted(found, key=lambda x: x.name.split("/"))


def _ending(name: str) -> str:
    """Give the ending of a name, without that of packing."""
    path = Path(name)
    inner = path.with_suffix("") if path.suffix in PACKED else path
    return inner.suffix.lower()


def _parts(file: Found, kind: str, chunk: int) -> Iterator[Part]:
    """Cut a file into stretches."""
    size = file.size
    if _ending(file.name) == ".json":
        kind = "whole"
    if Path(file.name).suffix in PACKED:
        yield Part(file.place, 0, -1, kind, size * EXPANDS)
    elif kind == "whole" or size <= chunk * 3 // 2:
        yield Part(file.place, 0, -1, kind, size)
    else:
        count = -(-size // chunk)
        edges = [size * n // count for n in range(count + 1)]
        for start, stop in itertools.pairwise(edges):
            yield Part(file.place, start, stop, kind, stop - start)


def _manifest(loose: list[Found], found: Source) -> list[tuple[Found, str]] | None:
    """Read the manifest of an `$export`, if the folder has one: the files that it names."""
    for file in loose:
        if "/" in file.name or not file.name.endswith(".json") or file.size > LONGEST_MANIFEST:
            continue
        try:
            with opened(file.place) as held:
                tree: Any = msgspec.json.decode(held.read())
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue
        if not isinstance(tree, dict) or "resourceType" in tree:
            continue
        told = cast("dict[str, Any]", tree)
        if not isinstance(told.get("output"), list):
            continue
        found.manifest = file.name
        return _named(loose, told, found)
    return None


def _named(loose: list[Found], told: dict[str, Any], found: Source) -> list[tuple[Found, str]]:
    """Find the files that a manifest names, by the last part of their addresses."""
    by_name = {Path(x.name).name: x for x in loose}
    for file in list(by_name.values()):
        path = Path(file.name)
        if path.suffix in PACKED:
            by_name.setdefault(path.with_suffix("").name, file)
    files: dict[Found, str] = {}
    for section, kind in (("output", "lines"), ("deleted", "deleted")):
        listed: Any = told.get(section)
        for one in cast("list[Any]", listed) if isinstance(listed, list) else []:
            address: Any = cast("dict[str, Any]", one).get("url") if isinstance(one, dict) else None
            name = unquote(Path(urlparse(str(address)).path).name)
            file = by_name.get(name) or by_name.get(f"{name}.ndjson")
            if file is None:
                found.missing.append(name or "(no name)")
            else:
                files.setdefault(file, kind)
    return list(files.items())


# --- lines ---------------------------------------------------------------------------------------

Complain = Callable[[str], None]


def lines(part: Part, complain: Complain) -> Iterator[bytes]:
    """Give the lines of a part that hold anything; `complain` hears why others are not given."""
    if part.kind == "whole":
        path = Path(part.path)
        with opened(part.path) as file:
            yield from _whole(path, file, complain)
        return
    for stretch in stretches(part, complain):
        yield from lines_in(stretch)


def lines_in(stretch: bytes) -> Iterator[bytes]:
    """Give the lines that hold anything, without spaces around them, and without a mark."""
    for line in stretch.split(b"\n"):
        if text := line.strip().removeprefix(b"\xef\xbb\xbf"):
            yield text


def stretches(part: Part, complain: Complain) -> Iterator[bytes]:
    """Give a part of a file of lines in stretches of whole lines, each with its end."""
    path = Path(part.path)
    with opened(part.path) as file:
        if path.suffix in PACKED:
            yield from _cut(_unpacked(path, file, complain), complain)
        else:
            yield from _stretch(file, part, complain)


def _whole(path: Path, file: BinaryIO, complain: Complain) -> Iterator[bytes]:
    """Give a file as one line."""
    got: list[bytes] = []
    length = 0
    blocks = _unpacked(path, file, complain) if path.suffix in PACKED else _blocks(file)
    for block in blocks:
        got.append(block)
        length += len(block)
        if length > LONGEST:
            complain("a file of more than 200 MB that is no file of lines")
            return
    text = b"".join(got).strip().removeprefix(b"\xef\xbb\xbf")
    if text:
        yield text


def _blocks(file: BinaryIO, stop: int = -1) -> Iterator[bytes]:
    left = stop
    while block := file.read(BLOCK if stop < 0 else min(BLOCK, left)):
        left -= len(block)
        yield block


def _unpacked(path: Path, file: BinaryIO, complain: Complain) -> Iterator[bytes]:
    """Give the unpacked text of a file; what is broken ends it."""
    try:
        stream = pa.CompressedInputStream(pa.PythonFile(file, mode="r"), PACKED[path.suffix])
        while block := stream.read(BLOCK):
            yield block
    except (OSError, pa.ArrowException):
        complain("a packed file is broken; what comes after that place was not read")


def _cut(blocks: Iterator[bytes], complain: Complain) -> Iterator[bytes]:
    """Cut text behind the last line end of each block."""
    held: list[bytes] = []
    length, skipping = 0, False
    for block in blocks:
        first, last = block.find(b"\n") + 1, block.rfind(b"\n") + 1
        if not skipping and length + (first or len(block)) > LONGEST:
            complain("a line of more than 200 MB")
            held, length, skipping = [], 0, True
        if not last:
            if not skipping:
                held.append(block)
                length += len(block)
            continue
        yield block[first:last] if skipping else b"".join([*held, block[:last]])
        held, length, skipping = [block[last:]], len(block) - last, False
    if not skipping and (rest := b"".join(held)):
        yield rest + b"\n"


def _stretch(file: BinaryIO, part: Part, complain: Complain) -> Iterator[bytes]:
    """Give the lines that start within the part of a plain file."""
    start = part.start
    if start:
        file.seek(start - 1)
        start = start - 1 + len(_rest_of_line(file))
        file.seek(start)
    if part.stop < 0:
        yield from _cut(_blocks(file), complain)
        return
    if start >= part.stop:
        return
    yield from _cut(_to_line_end(file, part.stop - start), complain)


def _rest_of_line(file: BinaryIO) -> bytearray:
    """Read to the end of the line (its length alone matters)."""
    got = bytearray()
    while piece := file.readline(BLOCK):
        got += piece
        if piece.endswith(b"\n"):
            break
    return got


def _to_line_end(file: BinaryIO, length: int) -> Iterator[bytes]:
    """Give so many bytes, and on to the end of the line that they end in."""
    last = b""
    for block in _blocks(file, length):
        last = block
        yield block
    if not last.endswith(b"\n"):
        while piece := file.readline(BLOCK):
            yield piece
            if piece.endswith(b"\n"):
                return
