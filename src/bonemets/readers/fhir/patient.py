"""Who the record is about, which resources are about that person, and what Patient says."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Never
from urllib.parse import unquote

import msgspec

from bonemets.model import Absent, Code, Event, Levels, Place, Span, Value
from bonemets.readers.fhir.container import MOST_NAMESAKES, Container, Entry, named, refuse
from bonemets.readers.fhir.nodes import Node, extensions, node, nodes, text
from bonemets.readers.fhir.reading import Reading

SEX_AT_BIRTH_LOINC = "76689-9"

NOT_PATIENTS = frozenset(
    {"Device", "Group", "Location", "Organization", "Practitioner", "RelatedPerson", "Specimen"}
)
"""What a subject may be instead of a patient."""

_BY_NUMBER = "Patient?identifier="
_SEXES = {"F": "female", "female": "female", "M": "male", "male": "male"}


@dataclass(slots=True)
class About:
    """The one person that a record is about."""

    patient: Entry | None
    entries: list[Entry]
    """The resources that are about that person."""
    others: list[tuple[Entry, str]] = field(default_factory=list[tuple[Entry, str]])
    """Resources that are not, or that nobody can tell, with the reason."""
    reference: Node = field(default_factory=dict[str, object])
    """A reference to the person, where the record does not hold the Patient."""


def about_one(box: Container, entries: list[Entry], name: str) -> About:
    """Find the one person whom the clinical resources are about, or refuse the record."""
    patients = [e for e in box.entries if e.kind == "Patient"]
    groups = _linked(box, patients)
    found = About(None, [])
    persons: dict[str, tuple[Entry | None, Node]] = {}
    unsaid: list[Entry] = []
    by_number: list[tuple[Entry, str]] = []
    for entry in entries:
        reference = _subject(entry)
        person, kind, patient = _person(box, entry, reference, groups)
        if kind not in ("", "Patient"):
            what = f"a {kind}" if kind in NOT_PATIENTS else "something"
            found.others.append((entry, f"it is about {what} that is not the patient"))
        elif person:
            persons.setdefault(person, (patient, reference))
            found.entries.append(entry)
        elif identifier := _identifier(node(reference.get("identifier"))):
            by_number.append((entry, identifier))
        else:
            unsaid.append(entry)
    persons = _without_relative_doubles(persons)
    if len(persons) > 1:
        _two(name, "its resources are about more than one patient")
    if persons:
        found.patient, found.reference = next(iter(persons.values()))
        if found.patient is None and patients:
            _two(name, "its Patient is not the one whom its resources are about")
    elif len(set(groups.values())) == 1:
        found.patient = _current(patients)
    elif patients:
        _two(name, "it holds more than one Patient")
    elif not by_number:
        message = "nothing in it says which patient it is about."
        refuse(name, "no-patient", f"{message} Send the Patient, or a subject in each resource.")
    elif len({i for _, i in by_number}) > 1:
        _two(name, "its resources name more than one patient's number")
    _numbered(found, by_number, name)
    if len(set(groups.values())) > 1:
        why = "it does not say which of several patients it is about"
        found.others.extend((e, why) for e in unsaid)
    else:
        found.entries.extend(unsaid)
    return found


def _two(name: str, what: str) -> Never:
    refuse(name, "two-patients", f"{what}. Send one Bundle for each patient.")


def _subject(entry: Entry) -> Node:
    """Give the reference to whom a resource is about; a contained one inherits its holder's."""
    reference = node(entry.node.get("subject") or entry.node.get("patient"))
    if not reference and entry.holder is not None:
        return _subject(entry.holder)
    written = text(reference.get("reference"))
    if written.startswith(_BY_NUMBER):
        system, _, value = unquote(written.removeprefix(_BY_NUMBER)).rpartition("|")
        return {"type": "Patient", "identifier": {"system": system, "value": value}}
    return reference


def _person(
    box: Container, entry: Entry, reference: Node, groups: dict[int, str]
) -> tuple[str, str, Entry | None]:
    """Give a name for the person, the kind of what is referred to, and the Patient if here."""
    written = text(reference.get("reference"))
    if not written:
        return "", text(reference.get("type")), None
    target = box.find(written, entry)
    if target is None:
        name = named(written)
        kind = name.split("/")[0] or text(reference.get("type"))
        return written.split("/_history/")[0], kind, None
    if target.kind != "Patient":
        return "", target.kind or "resource without a type", None
    if target.holder is not None:
        content = {k: v for k, v in target.node.items() if k not in ("id", "meta")}
        return "#" + msgspec.json.encode(content).decode(), "Patient", target
    return groups[id(target)], "Patient", target


def _without_relative_doubles(
    persons: dict[str, tuple[Entry | None, Node]],
) -> dict[str, tuple[Entry | None, Node]]:
    """Take `Patient/1` and the one absolute URL that ends so for the same absent patient."""
    if len(persons) != 2 or any(patient is not None for patient, _ in persons.values()):
        return persons
    short, long = sorted(persons, key=len)
    return {long: persons[long]} if named(long) == short else persons


def _linked(box: Container, patients: list[Entry]) -> dict[int, str]:
    """Group the Patients that say by `link`, or by their id, that they are the same person."""
    group = {id(p): str(n) for n, p in enumerate(patients)}
    for patient in patients if len(patients) <= MOST_NAMESAKES else ():
        others = [node(x.get("other")) for x in nodes(patient.node.get("link"))]
        found = [box.find(text(o.get("reference")), patient) for o in others]
        same = [f for f in found if f is not None and id(f) in group]
        if patient in box.in_conflict:
            same.extend(box.by_name.get(patient.where, []))
        for other in same:
            old, new = group[id(other)], group[id(patient)]
            group = {k: new if g == old else g for k, g in group.items()}
    return group


def _current(patients: list[Entry]) -> Entry:
    """Give the Patient that no other one replaces."""
    for patient in patients:
        kinds = [link.get("type") for link in nodes(patient.node.get("link"))]
        if "replaced-by" not in kinds:
            return patient
    return patients[0]


def _identifier(of: Node) -> str:
    value = text(of.get("value"))
    return f"{text(of.get('system'))}|{value}" if value else ""


def _numbered(found: About, by_number: list[tuple[Entry, str]], name: str) -> None:
    """Sort resources that name the patient by a number only."""
    own: set[str] = set()
    if found.patient is not None:
        own = {_identifier(i) for i in nodes(found.patient.node.get("identifier"))}
    systems = {i.split("|")[0] for i in own}
    alone = found.patient is None and not found.reference
    for entry, identifier in by_number:
        if alone or identifier in own:
            found.entries.append(entry)
        elif identifier.split("|")[0] in systems:
            _two(name, "its resources name another patient's number")
        else:
            found.others.append((entry, "it names its patient by a number that Patient lacks"))


# --- what Patient says -------------------------------------------------------------------------


def birth(reading: Reading, patient: Entry | None) -> Span | None:
    """Give the span of the patient's birth date, for ages; complaints come later."""
    return reading.clock.span(patient.node.get("birthDate")) if patient is not None else None


def patient_events(reading: Reading, patient: Entry) -> None:
    """Read birth date, sex at birth and death from the Patient."""
    of = patient.node
    if "birthDate" in of:
        born = reading.date(patient, "birthDate")
        if born is not None:
            _say(reading, patient, "birth_date", born, "birthDate")
    _sex(reading, patient)
    if isinstance(of.get("deceasedBoolean"), bool):
        _say(reading, patient, "deceased", of["deceasedBoolean"] is True, "deceasedBoolean")
    if "deceasedDateTime" in of:
        died = reading.date(patient, "deceasedDateTime")
        if died is None:  # whether the patient died cannot be read, and silences no alert
            unread = Absent("its date cannot be read")
            _say(reading, patient, "deceased", unread, "deceasedDateTime")
        else:
            _say(reading, patient, "deceased", True, "deceasedDateTime", died)
            _say(reading, patient, "death_date", died, "deceasedDateTime", died)


def _sex(reading: Reading, patient: Entry) -> None:
    """Read the sex at birth; the administrative gender serves only where none is recorded."""
    of = patient.node
    recorded: list[tuple[str, str]] = []
    for extension in extensions(of, "/us-core-birthsex"):
        recorded.append((text(extension.get("valueCode")), "us-core-birthsex"))
    for extension in extensions(of, "/individual-recordedSexOrGender"):
        parts = {text(p.get("url")): p for p in nodes(extension.get("extension"))}
        kinds = nodes(node(parts.get("type", {}).get("valueCodeableConcept")).get("coding"))
        values = nodes(node(parts.get("value", {}).get("valueCodeableConcept")).get("coding"))
        if any(k.get("code") == SEX_AT_BIRTH_LOINC for k in kinds):
            recorded.extend((text(v.get("code")), "recordedSexOrGender") for v in values[:1])
    recorded = [r for r in recorded if r[0]]
    for code, where in recorded:
        sex = _SEXES.get(code)
        value = Levels((sex,)) if sex else Absent("the recorded sex is neither female nor male")
        _say(reading, patient, "sex_at_birth", value, where)
    gender = text(of.get("gender"))
    if recorded or not gender or _observed_sex(reading):
        return
    if gender not in _SEXES or len(gender) == 1:
        why = "is neither female nor male, and says nothing of the sex at birth"
        reading.aside(patient, "gender", why)
        return
    value = Levels((_SEXES[gender],))
    _say(reading, patient, "sex_at_birth", value, "gender (from administrative gender)")


def _observed_sex(reading: Reading) -> bool:
    """Say whether an Observation records the sex assigned at birth."""
    asked = Code("loinc", SEX_AT_BIRTH_LOINC)
    return any(
        (c.system, c.code) == (asked.system, asked.code)
        for e in reading.events
        if e.status == "stated" and not isinstance(e.value, Absent | None)
        for c in e.codes
    )


def _say(
    reading: Reading,
    patient: Entry,
    variable: str,
    value: Value,
    field: str,
    time: Span | None = None,
) -> None:
    event = Event(
        role="variable",
        codes=(Code("bonemets", variable),),
        status="stated",
        time=time,
        value=value,
        place=Place(patient.where, field),
    )
    reading.add(patient, event)
