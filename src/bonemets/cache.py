"""Compiled knowledge kept between runs, so that a cold start parses no YAML.

One file for each content hash of knowledge and code, in the user's cache folder, mode 0600.
It holds the checked items, their edges and the generated source with its code as JSON, and what
else of them is the same for every patient; their worked examples, which are half of all and which
an assessment does not read, are packed apart. Its first line is the SHA-256 of the rest, and a file
that does not match is not used.
"""

from __future__ import annotations

import contextlib
import hashlib
import marshal
import os
import re
import sys
import zlib
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Final

import msgspec
from msgspec.structs import astuple

from bonemets.engine import Engine
from bonemets.expression import Type
from bonemets.lineage import Lineage, Told
from bonemets.pack.items import Example
from bonemets.pack.load import Pack
from bonemets.pack.trees import FlatTrees, Trees
from bonemets.program import Program, assembled

OURS: Final = re.compile(r"knowledge-[0-9a-f]{40}\.json")
KEEP: Final = 8
"""How many files stay: those that were used last."""


def folder() -> Path | None:
    """Give the cache folder: `BONEMETS_CACHE` (or `off`), else the user's own."""
    named = os.environ.get("BONEMETS_CACHE")
    if named == "off":
        return None
    if named:
        return Path(named)
    from platformdirs import user_cache_dir

    try:
        return Path(user_cache_dir("bonemets", appauthor=False))
    except RuntimeError:  # a user without a home
        return None


@lru_cache(maxsize=1)
def code_hash() -> str:
    """Give the hash of this package's own code and of the Python that runs it."""
    digest = hashlib.sha256(sys.version.encode())
    root = Path(__file__).parent
    for path in sorted(root.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def place(content: str) -> Path | None:
    """Give the file for knowledge of this content hash."""
    home = folder()
    key = hashlib.sha256(f"{content} {code_hash()}".encode()).hexdigest()[:40]
    return None if home is None else home / f"knowledge-{key}.json"


class Kept(msgspec.Struct, frozen=True):
    """What a cache file holds."""

    pack: Pack
    program: Program
    edges: dict[str, tuple[float, ...]]
    """As `pack.trees` gives them: to find them, every expression has to be parsed."""
    code: bytes | None = None
    """The program as compiled by the Python that is part of the key."""
    trees: bytes = b""
    """The trees of its expressions, as plain values that this same Python reads."""
    inner: bytes = b""
    """The program's `inner` as compiled by that Python, and where its truths stand."""
    closed: bytes = b""
    """What of it is `closed`, likewise."""
    lines: bytes = b""
    """What stands behind its variables (`explain.Lineage.told`), in the same form."""
    examples: bytes = b""
    """The worked examples of its items, compressed: the pack here has none."""

    @staticmethod
    def of(pack: Pack, program: Program, trees: Trees) -> Kept:
        """Give what is kept of a pack that was checked and compiled."""
        (types, rows, whose), _ = trees.flat()
        inner, closed = program.inner, program.closed
        return Kept(
            pack.bare(),
            replace(program, inner=None, closed=None),
            trees.edges(),
            assembled(program.source),
            marshal.dumps((list(map(astuple, types)), rows, whose)),
            marshal.dumps((assembled(inner.source), inner.at)) if inner is not None else b"",
            marshal.dumps((assembled(closed.source), closed.at)) if closed is not None else b"",
            marshal.dumps(Lineage(trees).told()),
            zlib.compress(msgspec.json.encode(pack.examples())),
        )

    def engine(self) -> Engine:
        """Make it ready to run."""
        flat: FlatTrees | None = None
        if self.trees:
            types, rows, whose = marshal.loads(self.trees)  # noqa: S302
            flat = tuple(Type(*x) for x in types), rows, whose
        told: Told | None = marshal.loads(self.lines) if self.lines else None  # noqa: S302
        return Engine.joined(
            self.pack,
            Trees(self.pack, edges=self.edges, flat=flat),
            self.program,
            self.code,
            told,
            inner=marshal.loads(self.inner) if self.inner else None,  # noqa: S302
            closed=marshal.loads(self.closed) if self.closed else None,  # noqa: S302
        )

    def whole(self) -> Pack:
        """Give the pack with its worked examples."""
        if not self.examples:
            return self.pack
        found = msgspec.json.decode(
            zlib.decompress(self.examples), type=dict[str, tuple[Example, ...]]
        )
        return self.pack.worked(found)


def load(content: str) -> Kept | None:
    """Give what was kept for a content hash; None where nothing is, or it is not whole."""
    path = place(content)
    if path is None:
        return None
    try:
        seen = path.stat()
        if hasattr(os, "getuid") and (seen.st_uid != os.getuid() or seen.st_mode & 0o022):
            return None  # somebody else's, or writable by others: it is not run
        data = path.read_bytes()
    except OSError:
        return None
    head, _, body = data.partition(b"\n")
    if head.decode("ascii", "replace") != hashlib.sha256(body).hexdigest():
        return None
    try:
        kept = msgspec.json.decode(body, type=Kept)
    except msgspec.MsgspecError:
        return None
    with contextlib.suppress(OSError):
        os.utime(path)
    return kept


def store(content: str, kept: Kept) -> None:
    """Keep compiled knowledge; a folder that cannot be written is no fault."""
    path = place(content)
    if path is None:
        return
    import tempfile  # not above: a cold start that finds its file writes none

    body = msgspec.json.encode(kept)
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(
            dir=path.parent, prefix=".knowledge-"
        )  # mode 0600 by mkstemp
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(hashlib.sha256(body).hexdigest().encode() + b"\n" + body)
            Path(name).replace(path)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise
        ours = [p for p in path.parent.iterdir() if OURS.fullmatch(p.name)]
        old = sorted(ours, key=lambda p: p.stat().st_mtime, reverse=True)
        for stale in old[KEEP:]:
            stale.unlink()
