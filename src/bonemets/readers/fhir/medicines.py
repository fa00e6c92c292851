"""Medicines: orders, statements, administrations and dispensed packs."""

from __future__ import annotations

from bonemets.model import Absent, Code, Quantity, Span, Status
from bonemets.readers.fhir.codes import codes, first_code, quantity
from bonemets.readers.fhir.container import Entry
from bonemets.readers.fhir.nodes import Node, node, nodes, number
from bonemets.readers.fhir.reading import Frame, Reading, Said
from bonemets.readers.fhir.times import Moment, timing
from bonemets.readers.times import DAY, cut
from bonemets.units import MASSES

ADMINISTERED: dict[str, Status] = {
    "in-progress": "stated",
    "completed": "stated",
    "stopped": "stated",
    "on-hold": "planned",
    "not-done": "not_done",
}
"""A stopped infusion was begun: something was given."""

STATED: dict[str, Status] = {
    "active": "stated",
    "recorded": "stated",
    "completed": "past",
    "stopped": "past",
    "intended": "planned",
    "on-hold": "planned",
    "draft": "planned",
    "not-taken": "denied",
}

ORDERED: dict[str, Status] = {
    "active": "stated",
    "completed": "past",
    "stopped": "past",
    "ended": "past",
    "cancelled": "not_done",
    "on-hold": "planned",
    "draft": "planned",
}

DISPENSED: dict[str, Status] = {
    "completed": "stated",
    "in-progress": "planned",
    "preparation": "planned",
    "on-hold": "planned",
    "cancelled": "not_done",
    "declined": "not_done",
    "stopped": "past",
}

_ORDERS = frozenset(
    {"", "order", "original-order", "reflex-order", "filler-order", "instance-order"}
)
_NO_STATUS: Said = ("stated", Absent("it has no status"))


def administration(reading: Reading, entry: Entry) -> None:
    """Read a MedicationAdministration: one dose, or one run of doses, that was given."""
    said = reading.status(entry, ADMINISTERED)
    given = reading.when(entry, "effective", "occurence", "occurrence")
    doses = [node(d.get("dose")) for d in nodes(entry.node.get("dosage"))]
    start = given.start or given.end
    _keep(reading, entry, Frame(*said, start, given.end or start, given.end or start), doses)


def statement(reading: Reading, entry: Entry) -> None:
    """Read a MedicationStatement: what somebody says that the patient takes."""
    said = reading.status(entry, STATED, _NO_STATUS)
    match entry.node.get("taken"):
        case "n":
            said = ("denied", None)
        case "unk":
            said = (said[0], Absent("it is not known whether it is taken"))
        case _:
            pass
    asserted = reading.date(entry, "dateAsserted")
    taken = reading.when(entry, "effective")
    if not taken.given:
        taken = Moment(asserted)
    start = cut(taken.start, asserted) if said[0] in ("stated", "past") else taken.start
    point = taken.start if "effectivePeriod" not in entry.node else None
    frame = Frame(*said, start, taken.end, asserted or point)
    _keep(reading, entry, frame, _doses(entry.node.get("dosage")))


def order(reading: Reading, entry: Entry) -> None:
    """Read a MedicationRequest: from when to when it orders, and on which day it was written."""
    of = entry.node
    said = reading.status(entry, ORDERED, _NO_STATUS)
    if of.get("doNotPerform") is True:
        said = ("not_done", None)
    elif first_code(of.get("intent")) not in _ORDERS and said[0] != "not_done":
        said = ("planned", said[1])
    authored = reading.date(entry, "authoredOn", "dateWritten")
    start, end = _bounds(reading, entry, nodes(of.get("dosageInstruction")))
    frame = Frame(*said, start or authored, end, authored)
    _keep(reading, entry, frame, _doses(of.get("dosageInstruction")))


def dispense(reading: Reading, entry: Entry) -> None:
    """Read a MedicationDispense: a pack that was handed over."""
    said = reading.status(entry, DISPENSED, _NO_STATUS)
    handed = reading.date(entry, "whenHandedOver", "whenPrepared")
    frame = Frame(*said, handed, None, handed)
    _keep(reading, entry, frame, _doses(entry.node.get("dosageInstruction")))


def _bounds(reading: Reading, entry: Entry, dosages: list[Node]) -> tuple[Span | None, Span | None]:
    """Give the first start and, where every dosage has one, the last end of an order."""

    def complain(field: str, why: str) -> None:
        reading.aside(entry, field, why)

    starts: list[Span] = []
    ends: list[Span | None] = []
    for dosage in dosages:
        times = node(dosage.get("timing"))
        told = timing(reading.clock, times, "dosageInstruction.timing", complain)
        end = None if "event" in times else told.end
        length = node(node(times.get("repeat")).get("boundsDuration"))
        days = number(length.get("value"))
        step = {"d": 1, "wk": 7}.get(str(length.get("code")))
        if end is None and told.start and days is not None and days > 0 and step:
            end = (told.start[0], told.start[1] + int(min(days, 1e6) * step * DAY))
        if told.start is not None:
            starts.append(told.start)
        ends.append(end)
    known = [e for e in ends if e is not None]
    last = max(known, key=lambda e: e[1]) if known and len(known) == len(ends) else None
    return min(starts, default=None), last


def _doses(dosages: object) -> list[Node]:
    """Collect the doses of some dosages; an empty one stands for a dose not told as one amount."""
    found: list[Node] = []
    for dosage in nodes(dosages):
        rates = nodes(dosage.get("doseAndRate")) or [dosage]
        found.extend(node(rate.get("doseQuantity")) for rate in rates)
    return found


def _strength(doses: list[Node]) -> Quantity | None:
    """Give the one strength per dose in a unit of mass, where there is exactly one."""
    read = {quantity(d) if d else None for d in doses}
    one = read.pop() if len(read) == 1 else None
    if isinstance(one, Quantity) and one.unit in MASSES and not one.comparator:
        return one
    return None


def _keep(reading: Reading, entry: Entry, frame: Frame, doses: list[Node]) -> None:
    """Make an event of each medicine that the resource names."""
    drugs, unread = _drugs(reading, entry)
    if not drugs:
        reading.codeless(
            entry, "medication", "holds no code, so nobody can know which medicine it is"
        )
    elif unread:
        reading.codeless(entry, "ingredient", "holds no code of one of its ingredients")
    strength = _strength(doses) if len(drugs) == 1 else None
    for drug, field in drugs:
        reading.say(entry, frame, drug, field, value=strength, role="drug")


def _drugs(reading: Reading, entry: Entry) -> tuple[list[tuple[tuple[Code, ...], str]], bool]:
    """Find the medicines of a resource: the product with its one ingredient, else each of them.

    Says too whether there is an ingredient that nobody can read.
    """
    of = entry.node
    either = node(of.get("medication"))
    concept = node(of.get("medicationCodeableConcept")) or node(either.get("concept"))
    product, field = codes(concept), "medicationCodeableConcept"
    ingredients: list[tuple[Code, ...]] = []
    reference = node(of.get("medicationReference")) or node(either.get("reference")) or either
    found = reading.follow(reference, entry, "medicationReference") if reference else None
    if found is not None:
        field = "medicationReference"
        product = product or codes(node(found.node.get("code")))
        for ingredient in nodes(found.node.get("ingredient")):
            if ingredient.get("isActive") is not False:
                ingredients.append(_ingredient(reading, found, ingredient))
    known = [i for i in ingredients if i]
    if len(ingredients) == 1 and known:
        return [(tuple(dict.fromkeys((*product, *known[0]))), field)], False
    unread = len(known) < len(ingredients)
    return [(p, field) for p in (product, *known) if p], unread


def _ingredient(reading: Reading, medication: Entry, of: Node) -> tuple[Code, ...]:
    item = node(of.get("item"))
    read = codes(node(of.get("itemCodeableConcept"))) or codes(node(item.get("concept")))
    if read:
        return read
    reference = node(of.get("itemReference")) or node(item.get("reference"))
    found = reading.follow(reference, medication, "ingredient") if reference else None
    return codes(node(found.node.get("code"))) if found is not None else ()
