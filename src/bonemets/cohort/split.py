"""Lines of resources, split by patient into buckets.

Each part of the source becomes one file: packed frames of lines, some for each bucket, and at the
end where they stand. It appears under its name only when it is whole. Lines that are like others
are cut at once (`cutting.py`): what they have in common says that they are JSON, and where it says
whose they are.
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
from bonemets.cohort.arrow import pa
from bonemets.cohort.cutting import Cuttings, cut
from bonemets.cohort.fhir_types import type_shown
from bonemets.cohort.files import Part, lines, lines_in, stretches
from bonemets.cohort.moulds import Cut, Moulds
from bonemets.cohort.sheet import SCHEMA, lines_again, lists_of, rows_of, whole_lines
from bonemets.cohort.tally import Counts, count
from bonemets.facts.meaning import distinct, in_order
from bonemets.facts.table import Ints, hits, integers
from bonemets.readers.fhir import READERS, USED_BY_OTHERS
from bonemets.readers.fhir.container import named
from bonemets.readers.fhir.nodes import Node, node, nodes, text

HELD: Final = 48_000_000
"""So many bytes at most are held before they are packed and written."""
FRAME: Final = 4_000_000
"""About so many make a frame."""
ALIKE: Final = 2
"""So many lines have to be alike among some thousand; to parse what has no like is not worth it."""
SHARED: Final = -1
"""The bucket of what belongs to no patient and may be named by many: a Medication."""
GONE: Final = -2
"""The bucket of the names of what was deleted."""
TYPES: Final = frozenset(READERS) | USED_BY_OTHERS
KNOWN: Final = 200_000
"""So many references to patients are kept in mind."""

_NO_PATIENT: Final = "does not say by a reference which patient it is about"


class Head(Struct):
    """What of a line says where it goes; the rest is only checked to be JSON."""

    resourceType: Any = None
    id: Any = None
    subject: Any = None
    patient: Any = None


class Frame(Struct, frozen=True, array_like=True):
    """Packed rows of lines of one bucket: where they stand."""

    bucket: int
    start: int
    length: int


class Split(Struct, kw_only=True):
    """What was made of one part."""

    frames: list[Frame] = msgspec.field(default_factory=list[Frame])
    lines: int = 0
    faults: Counts = msgspec.field(default_factory=dict[str, int])
    ignored: Counts = msgspec.field(default_factory=dict[str, int])


_head = msgspec.json.Decoder(Head)
_OPENS, _CLOSES = b"{}"
_index = msgspec.json.Decoder(Split)
_options = pa.ipc.IpcWriteOptions(compression="lz4")
_UNKNOWN, _NOWHERE = -3, -4
"""Instead of a bucket: a line has to be read to know it; nothing reads the line."""


def bucket_of(key: str, buckets: int) -> int:
    """Give the bucket of a patient."""
    return zlib.crc32(key.encode("utf-8", "surrogatepass")) % buckets


Place = tuple[int, bytes]
"""A bucket, and the name of a patient there."""


@dataclass(slots=True)
class Splitter:
    """Splits one part."""

    part: Part
    buckets: int
    to: Path
    done: Split = field(default_factory=Split)
    loose: list[tuple[int, bytes, bytes]] = field(default_factory=list[tuple[int, bytes, bytes]])
    """Bucket, name and line of what came last and is not cut."""
    held: dict[int, list[Any]] = field(default_factory=dict[int, list[Any]])
    """Rows by bucket."""
    holds: int = 0
    place: int = 0
    known: dict[str, Place] = field(default_factory=dict[str, Place])
    """Where lines go that refer to a patient so."""
    moulds: Moulds = field(default_factory=Moulds)

    def run(self) -> Split:
        """Read the part, write its file, and give what was made."""
        whole.appear(self.to, self.to.parent, self.write)
        return self.done

    def write(self, file: Any) -> None:
        """Write the frames, and at the end where they stand."""
        if self.part.kind == "lines":
            for stretch in stretches(self.part, self.complain):
                self.stretch(stretch)
                self.flush_much(file)
        else:
            self.one_by_one(lines(self.part, self.complain), file)
        self.flush(file)
        tail = msgspec.json.encode(self.done)
        file.write(tail)
        file.write(len(tail).to_bytes(8, "little"))

    def one_by_one(self, given: Iterable[bytes], file: Any) -> None:
        """Put lines where they belong, whatever they are."""
        for line in given:
            self.take(line)
            self.flush_much(file)

    def stretch(self, stretch: bytes) -> None:
        """Put the lines of a stretch where they belong."""
        if b"\r" in stretch:
            stretch = stretch.replace(b"\r\n", b"\n")
        found = cut(stretch, self.moulds, ALIKE)
        start, stop, cuts = found.start, found.stop, found.cut
        held: Any = np.frombuffer(stretch, np.uint8)
        plain = (held[start] == _OPENS) & (held[np.maximum(stop, 1) - 1] == _CLOSES)
        cuts[~plain] = -1
        numbers, which = distinct(cuts + 1)
        ways = [self.moulds.ways[n - 1] if n else self.moulds.uneven for n in integers(numbers)]
        silent = np.array([says_nothing(way.mould.kind) for way in ways], bool)
        for n in integers(hits(silent)):
            count(self.done.ignored, type_shown(ways[n].mould.kind), int((which == n).sum()))
        bucket, names, name = self.places(found, ways, which)
        bucket[silent[which]] = _NOWHERE
        at, holes = hits(bucket >= 0), lists_of(found.holes.array, found.first)
        row = at
        odd = self.take_some(stretch, found, hits(bucket == _UNKNOWN))
        if odd:  # lines stay in their order
            buckets, names_, lines_ = zip(*self.loose, strict=True)
            self.loose.clear()
            bucket[odd], cuts[odd], name[odd] = buckets, -1, len(names) + np.arange(len(odd))
            names += names_
            at, row = np.append(at, odd), np.append(row, len(holes) + np.arange(len(odd)))
            holes = pa.concat_arrays([holes, whole_lines(lines_)])
        order, _ = in_order((bucket[at] - GONE) * len(cuts) + at)
        at, row = at[order], row[order]
        named_ = pa.array(names, pa.binary()).take(pa.array(name[at]))
        self.hold_rows(bucket[at], named_, cuts[at], holes.take(pa.array(row)))
        self.done.lines += len(at) - len(odd) + int(np.count_nonzero(silent[which]))

    def take_some(self, stretch: bytes, of: Cuttings, at: Ints) -> list[int]:
        """Put some lines where they belong, one by one, and give which of them are held loose."""
        self.pack_loose()
        found: list[int] = []
        for n in integers(at):
            for line in lines_in(stretch[int(of.start[n]) : int(of.stop[n])]):
                self.take(line)
                if len(self.loose) > len(found):
                    found.append(n)
        return found

    def places(
        self, found: Cuttings, ways: list[Cut], which: Ints
    ) -> tuple[Ints, list[bytes], Ints]:
        """Find the bucket of each line, the names of patients, and which of them each line has."""
        bucket = np.full(len(which), _UNKNOWN, np.int64)
        name, names = np.zeros(len(which), np.int64), list[bytes]()
        whose = np.array([way.whose for way in ways], np.int64)[which]
        person = np.array([way.person for way in ways], bool)[which]
        for of, place_of in ((person, self.place_of_person), (~person, self.place_of)):
            at = hits(of & (whose >= 0))
            written = found.holes.take(found.first[at] + whose[at]).array.dictionary_encode()
            places = [place_of(x.decode()) for x in written.dictionary.to_pylist()]
            if places:
                code = written.indices.to_numpy()
                bucket[at] = np.array([p[0] for p in places], np.int64)[code]
                name[at] = code + len(names)
                names += [p[1] for p in places]
        return bucket, names, name

    def hold_rows(self, bucket: Ints, names: Any, cuts: Ints, holes: Any) -> None:
        """Hold rows, which are in order of their buckets."""
        edges = hits(np.diff(bucket, prepend=_NOWHERE, append=_NOWHERE))
        for a, b in itertools.pairwise(integers(edges)):
            rows = names.slice(a, b - a), cuts[a:b], holes.slice(a, b - a)
            self.held.setdefault(int(bucket[a]), []).append(rows)
        self.holds += names.nbytes + holes.nbytes

    def pack_loose(self) -> None:
        """Hold as rows what came one by one."""
        by_bucket: dict[int, list[tuple[bytes, bytes]]] = {}
        for bucket, name, line in self.loose:
            by_bucket.setdefault(bucket, []).append((name, line))
        for bucket, pairs in by_bucket.items():
            names = pa.array([name for name, _ in pairs], pa.binary())
            lines_ = whole_lines([line for _, line in pairs])
            self.held.setdefault(bucket, []).append((names, np.full(len(pairs), -1), lines_))
        self.loose.clear()

    def flush_much(self, file: Any) -> None:
        """Pack and write what is held if it is much."""
        if self.holds > min(HELD, 2 * FRAME * self.buckets) or self.moulds.many:
            self.flush(file)

    def complain(self, why: str) -> None:
        """Count what could not be read."""
        count(self.done.faults, why)

    def take(self, line: bytes) -> None:
        """Put one line where it belongs."""
        self.done.lines += 1
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

    def place_of(self, reference: str) -> Place:
        """Say where lines go that refer to a patient so."""
        place = self.known.get(reference)
        if place is None:
            place = self.place_of_person(patient_key(text(reference)))
            if len(self.known) < KNOWN:
                self.known[reference] = place
        return place

    def place_of_person(self, ident: str) -> Place:
        """Say where the lines of a patient go."""
        key = text(ident)
        return (bucket_of(key, self.buckets), name_of_patient(key)) if key else (_UNKNOWN, b"")

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
        """Hold a line for its patient."""
        self.hold(bucket_of(key, self.buckets), line, key)

    def hold(self, bucket: int, line: bytes, key: str = "") -> None:
        """Hold a line for a bucket."""
        # In a file with one resource, line ends are but spaces: a text in JSON cannot hold one.
        self.loose.append((bucket, name_of_patient(key), line.replace(b"\n", b" ")))
        self.holds += len(line)

    def flush(self, file: Any) -> None:
        """Pack and write what is held."""
        self.pack_loose()
        for bucket in sorted(self.held):
            names, cuts, holes = zip(*self.held[bucket], strict=True)
            rows = rows_of(
                pa.concat_arrays(names), np.concatenate(cuts), pa.concat_arrays(holes), self.moulds
            )
            packed = pa.BufferOutputStream()
            with pa.ipc.new_stream(packed, SCHEMA, options=_options) as stream:
                stream.write_table(rows)
            length = file.write(packed.getvalue())
            self.done.frames.append(Frame(bucket, self.place, length))
            self.place += length
        self.held.clear()
        self.holds = 0
        if self.moulds.many:
            self.moulds = Moulds()


def says_nothing(kind: str) -> bool:
    """Say whether a type of resource is one of which nothing is read here."""
    return kind not in TYPES and kind not in ("", "Bundle")


def name_of_patient(key: str) -> bytes:
    """Give the name of a patient beside its lines."""
    return key.encode("utf-8", "surrogatepass").replace(b"\n", b" ").replace(b"\t", b" ")


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


def rows_in(parts: Iterable[tuple[Path, Split]], bucket: int) -> Any:
    """Give the rows of one bucket in the files of parts."""
    found: list[Any] = []
    for path, index in parts:
        frames = [f for f in index.frames if f.bucket == bucket]
        if frames:
            with path.open("rb") as file:
                for frame in frames:
                    file.seek(frame.start)
                    found.append(pa.ipc.open_stream(file.read(frame.length)).read_all())
    return pa.concat_tables(found) if found else SCHEMA.empty_table()


def lines_of(path: Path, index: Split, bucket: int) -> Iterator[bytes]:
    """Give the lines of one bucket in a part's file."""
    there = any(frame.bucket == bucket for frame in index.frames)
    return lines_again(rows_in([(path, index)], bucket)) if there else iter(())
