"""Conditions, procedures, allergies, body structures, reports, devices and orders."""

from __future__ import annotations

from dataclasses import replace

from bonemets.model import Absent, Code, Quantity, Status, Value
from bonemets.readers.fhir.codes import codes, first_code, quantity
from bonemets.readers.fhir.container import Entry
from bonemets.readers.fhir.nodes import Node, extensions, node, nodes, number, text
from bonemets.readers.fhir.places import (
    condition_places,
    procedure_places,
    structure_place,
    volume_place,
)
from bonemets.readers.fhir.reading import Frame, Reading, Said
from bonemets.readers.times import cut

MCODE = "http://hl7.org/fhir/us/mcode/StructureDefinition/"
DOSE_TO_VOLUME = "mcode-radiotherapy-dose-delivered-to-volume"

VERIFIED: dict[str, Status] = {
    "refuted": "denied",
    "provisional": "suspected",
    "differential": "suspected",
    "unconfirmed": "suspected",
    "presumed": "suspected",
    "unknown": "suspected",
    "confirmed": "stated",
}

CLINICAL: dict[str, Status] = {
    "active": "stated",
    "recurrence": "stated",
    "relapse": "stated",
    "inactive": "past",
    "remission": "past",
    "resolved": "past",
}

CERTAINTY: dict[str, Status] = {"A": "denied", "V": "suspected", "Z": "past", "G": "stated"}
"""The German marks on a coded diagnosis: excluded, suspected, state after, confirmed."""

DONE: dict[str, Status] = {
    "completed": "stated",
    "in-progress": "stated",
    "preparation": "planned",
    "suspended": "planned",
    "on-hold": "planned",
    "stopped": "past",
    "not-done": "not_done",
    "aborted": "not_done",
}

REPORTED: dict[str, Status] = {
    "final": "stated",
    "amended": "stated",
    "corrected": "stated",
    "appended": "stated",
    "registered": "planned",
    "partial": "suspected",
    "preliminary": "suspected",
    "modified": "stated",
    "cancelled": "not_done",
}

USED: dict[str, Status] = {
    "active": "stated",
    "completed": "past",
    "stopped": "past",
    "intended": "planned",
    "on-hold": "planned",
    "not-done": "not_done",
    "inactive": "past",
}


def condition(reading: Reading, entry: Entry) -> None:
    """Read a Condition, its morphology and its stage."""
    of = entry.node
    recorded = reading.date(entry, "recordedDate", "assertedDate", "dateRecorded")
    for extension in extensions(of, "/condition-assertedDate"):
        recorded = recorded or reading.clock.span(extension.get("valueDateTime"))
    onset, abated = reading.when(entry, "onset"), reading.when(entry, "abatement")
    status, open_value = _condition_status(reading, entry)
    time = cut(onset.whole, recorded) if onset.given else recorded
    end = cut(abated.whole, recorded) if status == "past" else abated.whole
    frame = Frame(status, open_value, time, end, recorded)
    said: list[tuple[tuple[Code, ...], Value, str]] = [(codes(node(of.get("code"))), None, "code")]
    for extension in extensions(of, "histology-morphology-behavior"):
        concept = codes(node(extension.get("valueCodeableConcept")))
        said.append((concept, None, "histology-morphology-behavior"))
    for stage in nodes(of.get("stage")):
        kind, summary = codes(node(stage.get("type"))), codes(node(stage.get("summary")))
        said.append((kind, summary or None, "stage") if kind else (summary, None, "stage"))
    if not said[0][0]:
        reading.codeless(entry, "code")
    places = condition_places(reading, entry)
    for stated, value, field in said:
        for about in places if stated else ():
            reading.say(entry, frame, stated, field, about, None if status == "denied" else value)


def _condition_status(reading: Reading, entry: Entry) -> Said:
    """Combine verification, certainty and clinical status: no before past before perhaps."""
    of = entry.node
    found: set[Status] = set()
    for field, table in (("verificationStatus", VERIFIED), ("clinicalStatus", CLINICAL)):
        written = first_code(of.get(field))
        if written in table:
            found.add(table[written])
        elif written:
            reading.aside(entry, field, "is no status that FHIR knows; it may say anything")
            return "stated", Absent("its status is unknown")
    for coding in nodes(node(of.get("code")).get("coding")):
        for extension in extensions(coding, "diagnosesicherheit"):
            mark = CERTAINTY.get(text(node(extension.get("valueCoding")).get("code")))
            if mark is not None:
                found.add(mark)
    over = any(k.startswith("abatement") and of[k] is not False for k in of)
    if over and "clinicalStatus" not in of:
        found.add("past")
    order: tuple[Status, ...] = ("denied", "past", "suspected")
    for status in order:
        if status in found:
            return status, None
    return "stated", None


def procedure(reading: Reading, entry: Entry) -> None:
    """Read a Procedure, with what mCODE adds to radiotherapy: modalities and doses to volumes."""
    of = entry.node
    said = reading.status(entry, DONE)
    if of.get("notPerformed") is True or of.get("notDone") is True:
        said = ("not_done", None)
    done = reading.when(entry, "performed", "occurrence")
    recorded = reading.date(entry, "recorded")
    time = cut(done.start or done.end, recorded) if done.given else recorded
    frame = Frame(*said, time, done.end, recorded)
    places = procedure_places(reading, entry)
    read = [(codes(node(of.get("code"))), "code")]
    if not read[0][0]:
        reading.codeless(entry, "code")
    for extension in extensions(of, "mcode-radiotherapy-modality-and-technique"):
        for part in nodes(extension.get("extension")):
            field = text(part.get("url")).rsplit("/", 1)[-1]
            read.append((codes(node(part.get("valueCodeableConcept"))), field))
    for kind, field in read:
        for about in places if kind else ():
            reading.say(entry, frame, kind, field, about)
    delivered = replace(frame, status="stated") if frame.status == "past" else frame
    for extension in extensions(of, DOSE_TO_VOLUME):
        _dose_to_volume(reading, entry, delivered, extension)


def _dose_to_volume(reading: Reading, entry: Entry, frame: Frame, extension: Node) -> None:
    """Read one mCODE dose to a volume: the total dose and the fractions, each with its place.

    A course that was stopped still delivered them.
    """
    parts = {text(p.get("url")): p for p in nodes(extension.get("extension"))}
    volume = node(parts.get("volume", {}).get("valueReference"))
    about = volume_place(reading, entry, volume) if volume else None
    for name, part in parts.items():
        code = (Code(MCODE + DOSE_TO_VOLUME, name),)
        if "valueQuantity" in part:
            value = quantity(node(part["valueQuantity"]))
        elif "valueUnsignedInt" in part or "valuePositiveInt" in part:
            count = number(part.get("valueUnsignedInt", part.get("valuePositiveInt")))
            value = Absent("not a number") if count is None else Quantity(count, count, None)
        else:
            continue
        reading.say(entry, frame, code, name, about, value)


def allergy(reading: Reading, entry: Entry) -> None:
    """Read an AllergyIntolerance; without a code of its own, the substances of its reactions."""
    of = entry.node
    recorded = reading.date(entry, "recordedDate", "assertedDate")
    onset = reading.when(entry, "onset")
    status, open_value = _condition_status(reading, entry)
    time = cut(onset.whole, recorded) if onset.given else recorded
    frame = Frame(status, open_value, time, None, recorded)
    named = [codes(node(of.get("code")))]
    if not named[0]:
        named = [codes(node(r.get("substance"))) for r in nodes(of.get("reaction"))]
    if not any(named):
        reading.codeless(entry, "code")
    for substance in named:
        if substance:
            reading.say(entry, frame, substance, "code", role="allergy")


def body_structure(reading: Reading, entry: Entry) -> None:
    """Read a BodyStructure: the place that a key stands for, and its morphology."""
    of = entry.node
    about = structure_place(reading, entry)
    frame = Frame("past" if of.get("active") is False else "stated")
    reading.say(entry, frame, about.sites, "location", about, role="site")
    morphology = codes(node(of.get("morphology")))
    if morphology:
        reading.say(entry, frame, morphology, "morphology", about)


def report(reading: Reading, entry: Entry) -> None:
    """Read the coded conclusions of a DiagnosticReport; its results are events of their own."""
    of = entry.node
    said = reading.status(entry, REPORTED)
    recorded = reading.date(entry, "issued")
    effective = reading.when(entry, "effective")
    time = cut(effective.whole, recorded) if effective.given else recorded
    frame = Frame(*said, time, None, recorded)
    concluded = [codes(c) for c in nodes(of.get("conclusionCode"))]
    for conclusion in concluded:
        if conclusion:
            reading.say(entry, frame, conclusion, "conclusionCode")
        else:
            reading.codeless(entry, "conclusionCode")
    if not concluded and "result" not in of:
        reading.ignored["DiagnosticReport"] += 1


def device(reading: Reading, entry: Entry) -> None:
    """Read a Device that a patient has in or on the body."""
    frame = Frame(*reading.status(entry, USED))
    kinds = [codes(t) for t in nodes(entry.node.get("type"))]
    for kind in kinds:
        if kind:
            reading.say(entry, frame, kind, "type")
    if not any(kinds):
        reading.codeless(entry, "type")


def device_use(reading: Reading, entry: Entry) -> None:
    """Read a DeviceUseStatement."""
    said = reading.status(entry, USED)
    used = reading.when(entry, "timing")
    recorded = reading.date(entry, "recordedOn", "dateAsserted")
    time = cut(used.start, recorded) if used.given else recorded
    frame = Frame(*said, time, used.end, recorded)
    named = node(entry.node.get("device"))
    found = reading.follow(node(named.get("reference")) or named, entry, "device")
    kind = codes(node(named.get("concept")))
    for concept in nodes(found.node.get("type")) if found is not None else ():
        kind = kind or codes(concept)
    if not kind:
        reading.codeless(entry, "device")
    for about in procedure_places(reading, entry) if kind else ():
        reading.say(entry, frame, kind, "device", about)


def service_request(reading: Reading, entry: Entry) -> None:
    """Read a ServiceRequest: a plan, until something else in the record says that it was done."""
    of = entry.node
    withdrawn = of.get("doNotPerform") is True or of.get("status") == "revoked"
    said: Said = ("not_done" if withdrawn else "planned", None)
    authored = reading.date(entry, "authoredOn")
    asked = reading.when(entry, "occurrence")
    ordered = node(of.get("code"))
    kind = codes(ordered) or codes(node(ordered.get("concept")))
    time = asked.start if asked.given else authored
    frame = Frame(*said, time, asked.end, authored)
    if not kind:
        reading.codeless(entry, "code")
    for about in procedure_places(reading, entry) if kind else ():
        reading.say(entry, frame, kind, "code", about)
