"""Lines of resources, split by patient into buckets.

Each part of the source becomes one file: packed frames of lines, some for each bucket, and at the
end where they stand. It appears under its name only when it is whole.
"""

from __future__ import annotations

import itertools
import os
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
from msgspec import Struct

from bonemets.cohort import whole
from bonemets.cohort.arrow import pa, pc
from bonemets.cohort.cutting import texts_at
from bonemets.cohort.fhir_types import type_shown
from bonemets.cohort.files import Part, lines, lines_in, stretches
from bonemets.cohort.tally import Counts, count
from bonemets.facts.meaning import in_order
from bonemets.facts.table import Ints, hits, integers
from bonemets.readers.fhir import READERS, USED_BY_OTHERS
from bonemets.readers.fhir.container import named
from bonemets.readers.fhir.nodes import Node, node, nodes, text

HELD: Final = 48_000_000
"""So many bytes of lines at most are held before they are packed and written."""
FRAME: Final = 4_000_000
CODEC: Final = "lz4"
SHARED: Final = -1
"""The bucket of what belongs to no patient and may be named by many: a Medication."""
GONE: Final = -2
"""The bucket of the names of what was deleted."""
TYPES: Final = frozenset(READERS) | USED_BY_OTHERS
STATEMENTS: Final = TYPES - {"Patient"}
KNOWN: Final = 200_000
"""So many references to patients are kept in mind."""

_NO_PATIENT: Final = "does not say by a reference which patient it is about"


class Head(Struct):
    """What of a line says where it goes; the rest is only checked to be JSON."""

    resourceType: Any = None
    id: Any = None
    subject: Any = None
    patient: Any = None


class Whose(Struct, gc=False):
    """Whom a plain resource is about."""

    reference: str = ""


class Plain(Struct, gc=False):
    """What says where a plain resource goes; one of another form is none."""

    resourceType: str
    subject: Whose | None = None


class Frame(Struct, frozen=True, array_like=True):
    """Packed lines of one bucket: where they stand and how long they are unpacked."""

    bucket: int
    start: int
    length: int
    unpacked: int


class Split(Struct, kw_only=True):
    """What was made of one part."""

    frames: list[Frame] = msgspec.field(default_factory=list[Frame])
    lines: int = 0
    bytes: int = 0
    faults: Counts = msgspec.field(default_factory=dict[str, int])
    ignored: Counts = msgspec.field(default_factory=dict[str, int])


_head = msgspec.json.Decoder(Head)
_plain = msgspec.json.Decoder(Plain)
_OPENS, _CLOSES, _END = b"{}\n"
_index = msgspec.json.Decoder(Split)


def bucket_of(key: str, buckets: int) -> int:
    """Give the bucket of a patient."""
    return zlib.crc32(key.encode("utf-8", "surrogatepass")) % buckets


Place = tuple[int, bytes]
"""A bucket, and what stands there before the lines of a patient."""


@dataclass(slots=True)
class Splitter:
    """Splits one part."""

    part: Part
    buckets: int
    to: Path
    done: Split = field(default_factory=Split)
    held: dict[int, list[bytes | memoryview]] = field(
        default_factory=dict[int, list[bytes | memoryview]]
    )
    holds: int = 0
    place: int = 0
    known: dict[str, Place] = field(default_factory=dict[str, Place])
    """Where lines go that refer to a patient so."""

    def run(self) -> Split:
        """Read the part, write its file, and give what was made."""
        whole.appear(self.to, self.to.parent, self.write)
        return self.done

    def write(self, file: Any) -> None:
        """Write the frames, and at the end where they stand."""
        codec = pa.Codec(CODEC)
        if self.part.kind == "lines":
            for stretch in stretches(self.part, self.complain):
                if not self.stretch(stretch):
                    self.one_by_one(lines_in(stretch), file, codec)
                self.flush_much(file, codec)
        else:
            self.one_by_one(lines(self.part, self.complain), file, codec)
        self.flush(file, codec)
        tail = msgspec.json.encode(self.done)
        file.write(tail)
        file.write(len(tail).to_bytes(8, "little"))

    def one_by_one(self, given: Iterable[bytes], file: Any, codec: Any) -> None:
        """Put lines where they belong, whatever they are."""
        for line in given:
            self.done.lines += 1
            self.done.bytes += len(line)
            self.take(line)
            self.flush_much(file, codec)

    def stretch(self, stretch: bytes) -> bool:
        """Put the lines of a stretch where they belong; False where they are no plain objects."""
        if b"\r" in stretch:
            stretch = stretch.replace(b"\r\n", b"\n")
        held: Any = np.frombuffer(stretch, np.uint8)
        stop: Any = hits(held == _END)
        start: Any = np.append(0, stop[:-1] + 1)
        if (held[start] != _OPENS).any() or (held[np.maximum(stop, 1) - 1] != _CLOSES).any():
            return False
        try:
            heads = _plain.decode_lines(stretch)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return False
        # Nothing that JSON allows behind a brace opens another, but the end of the whole object:
        # so many objects as lines are one in each.
        if len(heads) != len(stop):
            return False
        self.done.lines += len(heads)
        self.done.bytes += len(stretch) - len(heads)
        known = self.known.get
        named_ = [
            head.subject.reference
            if head.subject is not None and head.resourceType in STATEMENTS
            else ""
            for head in heads
        ]
        places = list(map(known, named_))
        others: list[int] = []
        for n in [n for n, place in enumerate(places) if place is None]:
            places[n] = known(named_[n]) or self.place_of(named_[n])
            if places[n] is None:
                others.append(n)
        first, put = 0, np.array([place is not None for place in places], bool)
        for n in others:
            kind = heads[n].resourceType
            if kind and kind not in TYPES and kind != "Bundle" and kind.strip() == kind:
                count(self.done.ignored, type_shown(kind))
            else:  # lines stay in their order
                self.hold_all(stretch, start, stop, places, first + hits(put[first:n]))
                self.take(stretch[int(start[n]) : int(stop[n])])
                first = n + 1
        self.hold_all(stretch, start, stop, places, first + hits(put[first:]))
        return True

    def hold_all(self, text_: bytes, start: Ints, stop: Ints, places: list[Any], at: Ints) -> None:
        """Hold some lines for where they go, behind their patients' keys."""
        if not len(at):
            return
        own: list[Place] = [places[n] for n in integers(at)]
        order, bucket = in_order(np.array([place[0] for place in own], np.int64))
        keys = pa.array([place[1] for place in own], pa.binary()).take(pa.array(order))
        lines_ = texts_at(text_, start[at], stop[at] + 1, order)
        joined = pc.binary_join_element_wise(keys, lines_, b"")
        _, buffer, held = joined.buffers()
        ends, held = np.frombuffer(buffer, np.int32), memoryview(held)
        edges = np.append(hits(np.append(True, bucket[1:] != bucket[:-1])), len(bucket))
        for a, b in itertools.pairwise(edges.tolist()):
            piece = held[int(ends[a]) : int(ends[b])]
            self.held.setdefault(int(bucket[a]), []).append(piece)
            self.holds += len(piece)

    def flush_much(self, file: Any, codec: Any) -> None:
        """Pack and write what is held if it is much."""
        if self.holds > min(HELD, 2 * FRAME * self.buckets):
            self.flush(file, codec)

    def complain(self, why: str) -> None:
        """Count what could not be read."""
        count(self.done.faults, why)

    def take(self, line: bytes) -> None:
        """Put one line where it belongs."""
        try:
            head = _head.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            # a byte order mark of UTF-16, a broken line, a list: nothing that FHIR lines are
            self.complain("a line is no JSON object")
            return
        kind = text(head.resourceType)
        if self.part.kind == "deleted":
            self.deleted(line)
        elif kind == "Bundle":
            self.bundle(line)
        elif kind not in TYPES:
            if not kind:
                self.complain("a line holds no resource of FHIR (no resourceType)")
            else:
                count(self.done.ignored, type_shown(kind))
        elif kind == "Patient":
            ident = text(head.id)
            if ident:
                self.keep(ident, line)
            else:
                self.complain("a Patient has no id")
        else:
            self.statement(kind, node(head.subject or head.patient), line)

    def statement(self, kind: str, about: Node, line: bytes) -> None:
        """Put a statement to its patient."""
        written = text(about.get("reference"))
        key = patient_key(written)
        if key:
            self.keep(key, line)
        elif kind in USED_BY_OTHERS or kind == "Device":
            self.hold(SHARED, line)
        elif written and not written.startswith("#") and named(written):
            other = type_shown(named(written).split("/")[0])
            self.complain(f"{kind}: it is about a {other}, not a patient")
        else:
            self.complain(f"{kind}: {_NO_PATIENT}")

    def place_of(self, reference: str) -> Place | None:
        """Say where lines go that refer to a patient so; None where it names none."""
        key = patient_key(text(reference))
        if not key:
            return None
        place = bucket_of(key, self.buckets), name_of_patient(key)
        if len(self.known) < KNOWN:
            self.known[reference] = place
        return place

    def bundle(self, line: bytes) -> None:
        """Put a Bundle of one patient to that patient."""
        try:
            tree = node(msgspec.json.decode(line))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            self.complain("a line is no JSON object")
            return
        self.keep(bundle_key(tree) or f"Bundle {zlib.crc32(line):08x}", line)

    def deleted(self, line: bytes) -> None:
        """Keep the names of what a Bundle of deletions names."""
        try:
            tree = node(msgspec.json.decode(line))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            self.complain("a line is no JSON object")
            return
        for entry in nodes(tree.get("entry")):
            request = node(entry.get("request"))
            name = named(text(request.get("url")))
            if request.get("method") == "DELETE" and name:
                self.hold(GONE, name.encode())

    def keep(self, key: str, line: bytes) -> None:
        """Hold a line for its patient, behind the patient's key."""
        self.hold(bucket_of(key, self.buckets), name_of_patient(key) + line)

    def hold(self, bucket: int, line: bytes) -> None:
        """Hold a line for a bucket."""
        # In a file with one resource, line ends are but spaces: a text in JSON cannot hold one.
        line = line.replace(b"\n", b" ")
        self.held.setdefault(bucket, []).append(line + b"\n")
        self.holds += len(line)

    def flush(self, file: Any, codec: Any) -> None:
        """Pack and write what is held."""
        for bucket in sorted(self.held):
            if not self.held[bucket]:
                continue
            text_ = memoryview(b"".join(self.held[bucket]))
            self.held[bucket].clear()
            for start in range(0, len(text_), FRAME):
                piece = text_[start : start + FRAME]
                packed: bytes = codec.compress(piece, asbytes=True)
                file.write(packed)
                self.done.frames.append(Frame(bucket, self.place, len(packed), len(piece)))
                self.place += len(packed)
        self.holds = 0


def name_of_patient(key: str) -> bytes:
    """Give what stands before a line of a patient."""
    name = key.encode("utf-8", "surrogatepass").replace(b"\n", b" ").replace(b"\t", b" ")
    return name + b"\t"


def patient_key(written: str) -> str:
    """Give the identifier of the patient whom a reference names, or nothing."""
    if written.startswith("urn:"):
        return written.rsplit(":", 1)[-1]
    kind, _, ident = named(written).partition("/")
    return ident if kind == "Patient" else ""


def bundle_key(tree: Node) -> str:
    """Give the identifier of the one patient of a Bundle: of its Patient, else of a subject."""
    resources = [node(e.get("resource")) for e in nodes(tree.get("entry"))]
    patients = {text(r.get("id")) for r in resources if r.get("resourceType") == "Patient"} - {""}
    if len(patients) == 1:
        return patients.pop()
    if patients:
        return ""
    about = {
        patient_key(text(node(r.get("subject") or r.get("patient")).get("reference")))
        for r in resources
    } - {""}
    return about.pop() if len(about) == 1 else ""


# --- reading what was split ----------------------------------------------------------------------


def index_of(path: Path) -> Split:
    """Read what a part's file holds."""
    with path.open("rb") as file:
        file.seek(-8, os.SEEK_END)
        length = int.from_bytes(file.read(8), "little")
        file.seek(-8 - length, os.SEEK_END)
        return _index.decode(file.read(length))


def text_of(parts: Iterable[tuple[Path, Split]], bucket: int) -> bytes:
    """Give the lines of one bucket in the files of parts, each with its end."""
    codec, held = pa.Codec(CODEC), list[Any]()
    for path, index in parts:
        frames = [f for f in index.frames if f.bucket == bucket]
        if frames:
            with path.open("rb") as file:
                for frame in frames:
                    file.seek(frame.start)
                    held.append(codec.decompress(file.read(frame.length), frame.unpacked))
    return b"".join(held)


def lines_of(path: Path, index: Split, bucket: int) -> Iterator[bytes]:
    """Give the lines of one bucket in a part's file."""
    return (line for line in text_of([(path, index)], bucket).split(b"\n") if line)
