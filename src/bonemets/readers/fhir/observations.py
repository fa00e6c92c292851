"""Observations: one event for the value and one for each component."""

from __future__ import annotations

from dataclasses import dataclass

from bonemets.model import About, Absent, Event, Limits, Place, Quantity, Span, Status, Value, Words
from bonemets.readers.fhir.codes import (
    absent,
    codes,
    concept_value,
    first_code,
    interpretation,
    limits,
    quantity,
    range_of,
    ratio,
)
from bonemets.readers.fhir.container import Entry, named
from bonemets.readers.fhir.nodes import Node, node, nodes, number, text
from bonemets.readers.fhir.places import observation_place
from bonemets.readers.fhir.reading import Reading
from bonemets.readers.times import cut

STATUSES: dict[str, Status] = {
    "registered": "planned",
    "preliminary": "stated",
    "final": "stated",
    "amended": "stated",
    "corrected": "stated",
    "appended": "stated",
    "unknown": "stated",
    "cancelled": "not_done",
}


@dataclass(frozen=True, slots=True)
class _Frame:
    """What an Observation and its components share."""

    status: Status
    open_value: Absent | None
    pending: bool
    """Registered or preliminary: without a value, nothing has been measured yet."""
    time: Span | None
    recorded: Span | None
    about: About | None
    sample: str | None


def observation(reading: Reading, entry: Entry) -> None:
    """Read an Observation: its own value, and each component with the time and place of all."""
    of = entry.node
    components = nodes(of.get("component"))
    status, open_value = reading.status(entry, STATUSES)
    time, recorded, to_the_second = _times(reading, entry)
    sample = _sample(reading, entry, time, to_the_second)
    frame = _Frame(
        status,
        open_value,
        of.get("status") in ("registered", "preliminary"),
        time,
        recorded,
        observation_place(reading, entry),
        sample or (entry.where if components else None),
    )
    own = _value(reading, entry, of)
    panel = bool(components) or "hasMember" in of
    if own[0] is not None or not panel or status == "not_done":
        _keep(reading, entry, of, frame, own, "")
    for n, component in enumerate(components):
        value = _value(reading, entry, component)
        if component.get("modifierExtension"):
            value = (Absent("its modifierExtension is not understood"), "", "modifierExtension")
        _keep(reading, entry, component, frame, value, f"component[{n}]")


def _keep(
    reading: Reading,
    entry: Entry,
    of: Node,
    frame: _Frame,
    read: tuple[Value, str, str],
    part: str,
) -> None:
    """Make the event of the observation itself, or of its component `part`."""
    value, words, field = read
    observed = codes(node(of.get("code")))
    if not observed:
        what = "component.code" if part else "code"
        reading.aside(entry, what, "holds no code, so nobody can know what was observed")
        return
    status = frame.status
    if status == "stated" and value is None:
        if frame.pending:
            status = "planned"
        else:
            value = Absent("it has no value")
    if status != "stated":
        value, words = None, ""
    elif frame.open_value is not None:
        value = frame.open_value
    elif value is False:
        status, value = "denied", None
    event = Event(
        role="finding",
        codes=observed,
        status=status,
        time=frame.time,
        value=value,
        place=Place(entry.where, ".".join(x for x in (part, field) if x) or "code"),
        about=frame.about,
        limits=_limits(of) if isinstance(value, Quantity | Words) else None,
        sample=frame.sample,
        mentioned=frame.recorded,
        text=words,
    )
    reading.add(entry, event)


def _limits(of: Node) -> Limits | None:
    return limits(nodes(of["referenceRange"])) if "referenceRange" in of else None


def _times(reading: Reading, entry: Entry) -> tuple[Span | None, Span | None, bool]:
    """Give when it was so, when that was recorded, and whether the time is to the second.

    Without a time of its own it takes that of its report, else that of its recording.
    """
    recorded = reading.date(entry, "issued")
    effective = reading.when(entry, "effective")
    if effective.given:
        whole = effective.whole
        if effective.start and not effective.end and "effectivePeriod" in entry.node and recorded:
            whole = effective.start[0], max(recorded[1], effective.start[1])
        return cut(whole, recorded), recorded, effective.to_the_second
    holder = reading.sample_holder.get(id(entry.node))
    if holder is not None:
        held = reading.when(holder, "effective")
        if held.whole is not None:
            return cut(held.whole, recorded), recorded, held.to_the_second
    return recorded, recorded, False


def _sample(reading: Reading, entry: Entry, time: Span | None, to_the_second: bool) -> str | None:
    """Name what values of one draw share: the specimen, the report or panel, or the instant."""
    own = _specimen(reading, entry, node(entry.node.get("specimen")))
    if own:
        return own
    holder = reading.sample_holder.get(id(entry.node))
    if holder is not None:
        specimens = nodes(holder.node.get("specimen"))
        theirs = _specimen(reading, holder, specimens[0]) if len(specimens) == 1 else None
        if theirs:
            return theirs
        return holder.where if time is None else f"{holder.where} at {time[0]}"
    return f"at {time[0]}" if time is not None and to_the_second else None


def _specimen(reading: Reading, entry: Entry, reference: Node) -> str | None:
    written = text(reference.get("reference"))
    if written:
        found = reading.box.find(written, entry)
        return found.where if found is not None else named(written) or written
    known = node(reference.get("identifier"))
    value = text(known.get("value"))
    return f"Specimen {text(known.get('system'))} {value}" if value else None


def _value(reading: Reading, entry: Entry, of: Node) -> tuple[Value, str, str]:
    """Read `value[x]`, else why it is absent, else its interpretation: value, text, field."""
    field = next((k for k in of if k.startswith("value")), "")
    value, words = _typed(reading, entry, of, field) if field else (None, "")
    if value is None and (reason := node(of.get("dataAbsentReason"))):
        code = first_code(reason) or text(reason.get("text"))
        return Absent(code or "not said"), "", "dataAbsentReason"
    if value is None:
        for key in of:
            if key.startswith("_value") and (why := absent(node(of[key]))) is not None:
                return why, "", key[1:]
    if value is None or (isinstance(value, Absent) and field == "valueString"):
        said = interpretation(nodes(of.get("interpretation")))
        if isinstance(said, Words) or value is None:
            return said, words, "interpretation" if said is not None else field
    return value, words, field


def _typed(reading: Reading, entry: Entry, of: Node, field: str) -> tuple[Value, str]:
    """Read a value by its FHIR type."""
    raw = of[field]
    match field:
        case "valueQuantity":
            return quantity(node(raw)), ""
        case "valueCodeableConcept":
            return concept_value(node(raw))
        case "valueCoding":
            return concept_value({"coding": [raw]})
        case "valueBoolean":
            return (raw, "") if isinstance(raw, bool) else (Absent("not a truth value"), "")
        case "valueInteger" | "valueDecimal":
            n = number(raw)
            return (Absent("not a number") if n is None else Quantity(n, n, None)), ""
        case "valueRange":
            return range_of(node(raw)), ""
        case "valueRatio":
            return ratio(node(raw)), ""
        case "valueString" | "valueMarkdown":
            return Absent("told in words, without a code"), text(raw)
        case "valueDateTime" | "valueDate" | "valueInstant" | "valuePeriod":
            whole = reading.when(entry, "value", of=of).whole
            return (Absent("not a date that can be") if whole is None else whole), ""
        case _:
            return Absent(f"{field} is not read"), ""
