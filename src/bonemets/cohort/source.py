"""One patient's record out of the source of a cohort."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from bonemets.cohort.bucket import one_record
from bonemets.cohort.files import Part, lines, listing
from bonemets.cohort.results import Manifest
from bonemets.cohort.shared import MOST_STEPS, NAMES
from bonemets.cohort.split import GONE, SHARED, Splitter
from bonemets.cohort.storage import is_address
from bonemets.cohort.tables import is_table, record_of_patient
from bonemets.cohort.tables import listed as list_table
from bonemets.cohort.tally import Tally
from bonemets.errors import SourceRefused, UsageError
from bonemets.model import Record


@dataclass(slots=True)
class Finder(Splitter):
    """Takes from a part what one patient's record is made of."""

    patient: str = ""
    names: frozenset[bytes] = frozenset()
    """Of shared resources: which are wanted."""
    own: list[bytes] = field(default_factory=list[bytes])
    shared: list[bytes] = field(default_factory=list[bytes])
    gone: list[bytes] = field(default_factory=list[bytes])

    def find(self) -> None:
        """Read the part."""
        wanted = self.patient.encode("utf-8", "surrogatepass")
        any_ = self.patient.startswith("Bundle ") or bool(self.names)
        for line in lines(self.part, self.complain):
            if any_ or self.part.kind == "deleted" or wanted in line or b"\\" in line:
                self.take(line)

    def keep(self, key: str, line: bytes) -> None:
        """Take a line of the patient."""
        if key == self.patient:
            self.own.append(line.replace(b"\n", b" "))

    def hold(self, bucket: int, line: bytes, key: str = "") -> None:
        """Take a shared line that is wanted."""
        if bucket == GONE:
            self.gone.append(line)
        elif bucket == SHARED and self.names:
            found = {a or b for a, b in NAMES.findall(_names_itself(line))}
            if found & self.names:
                self.shared.append(line.replace(b"\n", b" "))


def _names_itself(line: bytes) -> bytes:
    """Give the names of a resource in the form in which others name it."""
    from bonemets.cohort.shared import name_of

    kind, ident = name_of(line)
    return b'"' + kind + b"/" + ident + b'" "urn:uuid:' + ident + b'"'


def _found(parts: Iterable[Part], patient: str, names: frozenset[bytes]) -> Finder:
    whole = Finder(Part("", 0, 0, "lines", 0), 1, Path(), patient=patient, names=names)
    for part in parts:
        one = Finder(part, 1, Path(), patient=patient, names=names)
        one.find()
        whole.own += one.own
        whole.shared += one.shared
        whole.gone += one.gone
    return whole


def record_from(manifest: Manifest, patient: str) -> tuple[Record | None, bool]:
    """Read one patient again from the source; says too whether the source has changed.

    Raises:
        UsageError: the source is not there any more.
        SourceRefused: the source, or the patient's record, cannot be read.
    """
    if is_table(manifest.source):
        changed = list_table(manifest.source).hash != manifest.source_hash
        return record_of_patient(manifest.source, patient), changed
    source = manifest.source
    if not is_address(source) and not Path(source).exists():
        raise UsageError(f"{source}: the source of this cohort is not there any more.")
    listed = listing(source)
    found = _found(listed.parts, patient, frozenset())
    if not found.own:
        return None, listed.hash != manifest.source_hash
    taken = found.own
    names = frozenset(a or b for line in taken for a, b in NAMES.findall(line))
    seen: frozenset[bytes] = frozenset()
    for _ in range(MOST_STEPS):
        if not names - seen:
            break
        seen |= names
        more = [x for x in _found(listed.parts, "", names).shared if x not in taken]
        taken = taken + more
        names = frozenset(a or b for line in more for a, b in NAMES.findall(line)) - seen
    tally = Tally()
    record = one_record(patient, taken, frozenset(found.gone), tally)
    if record is None:
        why = next(iter(tally.refused), "it holds nothing")
        raise SourceRefused(f"this patient's record cannot be read ({why}).")
    return record, listed.hash != manifest.source_hash
