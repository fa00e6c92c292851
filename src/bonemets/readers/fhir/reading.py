"""What the functions that read one resource share: references, the clock, and what is set aside."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from msgspec.structs import replace

from bonemets.model import (
    About,
    Absent,
    Code,
    Event,
    ListName,
    Place,
    Role,
    SetAside,
    Span,
    Status,
    Value,
)
from bonemets.readers.fhir.codes import first_code
from bonemets.readers.fhir.container import PLAIN_ID, Container, Entry, named
from bonemets.readers.fhir.nodes import Node, node, text
from bonemets.readers.fhir.times import Moment, moment
from bonemets.readers.times import Clock

MOST_OF_A_KIND = 20
"""How often the same complaint is named by its place, before the rest is only counted."""

LISTED: dict[str, ListName] = {
    "Condition": "conditions",
    "MedicationAdministration": "medications",
    "MedicationDispense": "medications",
    "MedicationRequest": "medications",
    "MedicationStatement": "medications",
    "MedicationUsage": "medications",
    "Procedure": "procedures",
}
"""Type of resource -> the list of the record on which it stands."""

_NO_CODE = "holds no code, so nobody can know what it says"

Said = tuple[Status, Absent | None]
"""What a status says, and an unusable value where it leaves everything open."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What all events of one resource share: its status and its times."""

    status: Status
    open_value: Absent | None = None
    time: Span | None = None
    end: Span | None = None
    mentioned: Span | None = None


_SHOWN = frozenset(
    {
        "BodyStructure",
        "Condition",
        "Device",
        "DiagnosticReport",
        "Medication",
        "Observation",
        "Substance",
    }
)
"""Types whose ids may stand in a message, as they do in places; a Patient's id may be a number."""


@dataclass(slots=True)
class Reading:
    """One record while it is read."""

    box: Container
    clock: Clock
    born: Span | None = None
    events: list[Event] = field(default_factory=list[Event])
    ignored: Counter[str] = field(default_factory=Counter[str])
    sample_holder: dict[int, Entry] = field(default_factory=dict[int, Entry])
    """Identity of a resource's tree -> the report or panel that holds it as a result."""
    shared: set[str] = field(default_factory=set[str])
    """Identifiers that a Condition and a BodyStructure of this record both have."""
    unread: list[ListName] = field(default_factory=list[ListName])
    """Once for each entry of a list that nobody can read: that list."""
    _aside: dict[tuple[str, str], list[str]] = field(
        default_factory=dict[tuple[str, str], list[str]]
    )
    dangling: set[str] = field(default_factory=set[str])

    def aside(self, entry: Entry, what: str, why: str) -> None:
        """Note that a field of a resource was not used, and why; never its value."""
        self._aside.setdefault((what, why), []).append(entry.where)

    def codeless(self, entry: Entry, field: str, why: str = _NO_CODE) -> None:
        """Note that a resource does not say by any code what it is about."""
        self.aside(entry, field, why)
        if entry.kind in LISTED:
            self.unread.append(LISTED[entry.kind])

    def set_aside(self) -> tuple[SetAside, ...]:
        """Give all that was set aside; long runs of the same are counted after the first."""
        out: list[SetAside] = []
        for (what, why), places in self._aside.items():
            out.extend(SetAside(p, what, why) for p in places[:MOST_OF_A_KIND])
            if (more := len(places) - MOST_OF_A_KIND) > 0:
                out.append(SetAside(f"{more} more places", what, why))
        return tuple(out)

    def follow(self, reference: Node, entry: Entry, what: str) -> Entry | None:
        """Find the resource that a Reference names; one that is not here is named once."""
        written = text(reference.get("reference"))
        if not written:
            return None
        found = self.box.find(written, entry)
        if found is None and written not in self.dangling:
            self.dangling.add(written)
            target = named(written)
            kind = target.split("/")[0]
            shown = (
                target if kind in _SHOWN else "the Patient" if kind == "Patient" else "something"
            )
            self.aside(entry, what, f"refers to {shown}, which the record does not hold")
        return found

    def key(self, entry: Entry) -> str:
        """Give the identifier of a resource as a part of the body, unique within the record."""
        return f"{entry.kind}/{entry.ident}" if entry.ident in self.shared else entry.ident

    def absent_key(self, reference: Node) -> str | None:
        """Give the identifier that a reference names although its resource is not here."""
        written = text(reference.get("reference"))
        kind, _, ident = named(written).partition("/")
        if ident:
            return f"{kind}/{ident}" if ident in self.shared else ident
        tail = written.rsplit(":", 1)[-1] if written.startswith("urn:") else ""
        return tail if PLAIN_ID.fullmatch(tail) else None

    def when(self, entry: Entry, *stems: str, of: Node | None = None) -> Moment:
        """Read the first of the choices `stem[x]` that the resource, or its part `of`, has."""

        def complain(field: str, why: str) -> None:
            self.aside(entry, field, why)

        return moment(self.clock, of or entry.node, stems, complain, self.born)

    def date(self, entry: Entry, *fields: str) -> Span | None:
        """Read the first of some plain date fields that is there."""
        for name in fields:
            if name in entry.node:
                span = self.clock.span(entry.node[name])
                if span is None:
                    self.aside(entry, name, "is not a date that can be")
                return span
        return None

    def status(
        self, entry: Entry, table: dict[str, Status], missing: Said = ("stated", None)
    ) -> Said:
        """Read the resource's own status; one that nobody knows leaves everything open."""
        written = first_code(entry.node.get("status"))
        if not written:
            return missing
        if written in table:
            return table[written], None
        if written != "unknown":
            self.aside(entry, "status", "is no status that FHIR knows; it may say anything")
        return "stated", Absent("its status is unknown")

    def say(
        self,
        entry: Entry,
        frame: Frame,
        codes: tuple[Code, ...],
        field: str,
        about: About | None = None,
        value: Value = None,
        role: Role = "finding",
    ) -> None:
        """Keep what a resource says of `codes` as an event."""
        self.add(
            entry,
            Event(
                role=role,
                codes=codes,
                status=frame.status,
                time=frame.time,
                value=value if frame.open_value is None else frame.open_value,
                place=Place(entry.where, field),
                about=about,
                end=frame.end,
                mentioned=frame.mentioned,
                listed=LISTED.get(entry.kind),
            ),
        )

    def add(self, entry: Entry, event: Event) -> None:
        """Keep an event; where something unknown may turn its meaning, it may say anything."""
        if sender := text(node(entry.node.get("meta")).get("source")):
            event = replace(event, source=sender.partition("#")[0])
        for unknown in ("modifierExtension", "implicitRules"):
            if entry.node.get(unknown):
                self.aside(entry, unknown, "may change the meaning and is not understood")
                event = replace(event, value=Absent(f"its {unknown} is not understood"))
        self.events.append(event)
