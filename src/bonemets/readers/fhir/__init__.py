"""Read a FHIR R4 record: bytes of a Bundle or of one resource to the events of one patient.

`container` opens the bytes and finds what references name; `patient` finds whom it is all about;
`observations`, `medicines` and `statements` hold one function for each type of resource that says
something; `times`, `codes` and `places` turn FHIR's dates, codings and body sites into ours.
Nothing here knows the knowledge pack, and nothing reads a clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from bonemets.model import Record
from bonemets.readers.fhir import medicines, observations, statements
from bonemets.readers.fhir.codes import in_error
from bonemets.readers.fhir.container import Entry, contained, open_record, parse_json, refuse
from bonemets.readers.fhir.nodes import Node, node, nodes, text
from bonemets.readers.fhir.patient import about_one, birth, patient_events
from bonemets.readers.fhir.places import of_somebody_else
from bonemets.readers.fhir.reading import Reading
from bonemets.readers.times import Clock, own_offset

__all__ = [
    "CLINICAL_TIMES",
    "READERS",
    "USED_BY_OTHERS",
    "parse_json",
    "read",
    "read_apart",
    "read_tree",
]

READERS: dict[str, Callable[[Reading, Entry], None]] = {
    "AllergyIntolerance": statements.allergy,
    "BodyStructure": statements.body_structure,
    "Condition": statements.condition,
    "Device": statements.device,
    "DeviceUsage": statements.device_use,
    "DeviceUseStatement": statements.device_use,
    "DiagnosticReport": statements.report,
    "MedicationAdministration": medicines.administration,
    "MedicationDispense": medicines.dispense,
    "MedicationRequest": medicines.order,
    "MedicationStatement": medicines.statement,
    "MedicationUsage": medicines.statement,
    "Observation": observations.observation,
    "Procedure": statements.procedure,
    "ServiceRequest": statements.service_request,
}
"""Type of resource -> the function that reads it; all other types are counted as ignored."""

USED_BY_OTHERS = frozenset({"Patient", "Medication", "Specimen", "Substance"})
"""Types that are read where another resource names them."""

_STEMS = ("effective", "onset", "abatement", "performed", "occurrence", "timing")
CLINICAL_TIMES = frozenset(
    {
        *(stem + ending for stem in _STEMS for ending in ("DateTime", "Instant", "Period")),
        *("issued", "recordedDate", "assertedDate", "authoredOn", "dateAsserted"),
        *("whenHandedOver", "whenPrepared", "recordedOn"),
    }
)
"""Fields whose offsets tell the record's own clock."""


def read(data: bytes, name: str) -> Record:
    """Read a FHIR R4 Bundle, or a single resource, as the record of one patient.

    Args:
        data: JSON in UTF-8, or in UTF-16 with its mark.
        name: How messages call the record, such as a file name.

    Returns:
        Its events, and all that was set aside or ignored; `newest` stays None, as no clock is read.

    Raises:
        RecordRefused: It cannot be parsed, is not FHIR, or is not about one identifiable patient.
    """
    return read_tree(parse_json(data, name), name)


def read_tree(tree: object, name: str) -> Record:
    """Read parsed JSON, as `read` does."""
    box = open_record(tree, name)
    ignored = box.ignored
    clinical: list[Entry] = []
    for entry in box.entries:
        if entry.kind in READERS and not _nobodys(entry):
            if not in_error(entry.node):
                clinical.extend(_with_contained(entry))
        elif entry.kind not in USED_BY_OTHERS:
            ignored[entry.kind] += 1
    if not clinical and not any(e.kind == "Patient" for e in box.entries):
        _refuse_empty(box.entries, name)
    about = about_one(box, clinical, name)
    reading = Reading(box, Clock(own_offset(_times(about.entries))), ignored=ignored)
    reading.born = birth(reading, about.patient)
    _know_shared_names(reading, about.entries)
    _know_samples(reading, about.entries)
    for entry, why in about.others:
        reading.aside(entry, "subject", why)
    for entry in box.in_conflict:
        reading.aside(entry, "id", "came twice with other content; both were read")
    if about.patient is None and about.entries:
        reading.follow(about.reference, about.entries[0], "subject")
    for entry in about.entries:
        _state(reading, entry, about.patient)
    if about.patient is not None:
        patient_events(reading, about.patient)
    return Record(
        name=name,
        events=tuple(reading.events),
        set_aside=reading.set_aside(),
        unread=tuple(reading.unread),
        offset_minutes=reading.clock.offset,
        ignored=tuple(sorted(ignored.items())),
    )


def read_apart(resources: list[Node], clock: Clock) -> Reading:
    """Read the first of some resources, all of one patient; the others are there to be named.

    It says what it says in the record that holds them all, unless others name it, or it tells an
    age, for which the patient's birth would be needed.
    """
    box = open_record({"resourceType": "Bundle", "entry": [{"resource": r} for r in resources]}, "")
    reading, entry = Reading(box, clock), box.entries[0]
    _know_shared_names(reading, box.entries)
    if entry.kind == "Patient":
        patient_events(reading, entry)
    elif entry.kind in READERS and not _nobodys(entry) and not in_error(entry.node):
        _state(reading, entry, None)
    return reading


def _state(reading: Reading, entry: Entry, patient: Entry | None) -> None:
    """Read what one resource states."""
    if entry.kind == "Observation" and of_somebody_else(reading, entry, patient):
        reading.aside(entry, "focus", "it is about somebody or something else than the patient")
    else:
        READERS[entry.kind](reading, entry)


def _nobodys(entry: Entry) -> bool:
    """Say whether a Device is merely part of a catalogue, not a patient's."""
    return entry.kind == "Device" and not (entry.node.get("patient") or entry.node.get("subject"))


def _with_contained(entry: Entry) -> Iterator[Entry]:
    """Give a resource and the statements that it contains."""
    yield entry
    for inner in nodes(entry.node.get("contained")):
        found = contained(inner, entry)
        if found.kind in READERS and found.kind != "Device" and not in_error(inner):
            yield found


def _refuse_empty(entries: list[Entry], name: str) -> None:
    """Refuse a record without a Patient and without any statement about one."""
    if any(e.kind in READERS for e in entries):
        message = "all that it states was entered in error, or is nobody's."
        refuse(name, "no-patient", f"{message} Send a Bundle with the Patient in it.")
    if len(entries) == 1:
        message = "this one resource says nothing about a patient."
        refuse(name, "wrong-resource", f"{message} Send a Bundle with the patient's resources.")
    message = "it holds neither a Patient nor a statement about one."
    refuse(name, "no-patient", f"{message} Send a Bundle with the Patient and the resources.")


def _times(entries: list[Entry]) -> Iterator[str]:
    """Give the clinical dates and times of the resources, as written."""
    for entry in entries:
        for key, value in entry.node.items():
            if key not in CLINICAL_TIMES:
                continue
            if isinstance(value, str):
                yield value
            else:
                yield from (text(node(value).get(end)) for end in ("start", "end"))


def _know_shared_names(reading: Reading, entries: list[Entry]) -> None:
    """Find identifiers that name both a Condition and a BodyStructure."""
    names = [{e.ident for e in entries if e.kind == k} for k in ("Condition", "BodyStructure")]
    reading.shared = names[0] & names[1]


def _know_samples(reading: Reading, entries: list[Entry]) -> None:
    """Find the report or panel that holds each observation; a report goes before a panel."""
    for kind, field in (("Observation", "hasMember"), ("DiagnosticReport", "result")):
        for entry in entries:
            if entry.kind == kind and field in entry.node:
                for reference in nodes(entry.node[field]):
                    _hold(reading, reference, entry, field)


def _hold(reading: Reading, reference: Node, holder: Entry, field: str) -> None:
    found = reading.follow(reference, holder, field)
    if found is not None:
        reading.sample_holder[id(found.node)] = holder
