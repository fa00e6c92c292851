"""Units that a laid-over folder declares for a source which sends its values without any."""

from __future__ import annotations

from msgspec.structs import replace

from bonemets.model import Event, Quantity, Record
from bonemets.pack.items import DECLARED, DeclaredUnit, UnitsOfSource
from bonemets.pack.load import Pack


def with_declared_units(record: Record, pack: Pack) -> Record:
    """Give values without a unit the one that their source is declared to send.

    What has a unit keeps it; a source that is not declared, or a code that is not among its units,
    changes nothing. The place of such an event, and the record, say what was declared.
    """
    if not pack.units_of_source:
        return record
    by_source = {s.source: s for s in pack.units_of_source.values()}
    used: dict[str, None] = {}
    events: list[Event] = []
    for event in record.events:
        source = by_source.get(event.source or "")
        value = event.value
        if source is not None and isinstance(value, Quantity) and value.unit is None:
            unit = _unit(event, source)
            if unit is not None:
                event = _in(event, value, unit, source)
                used[source.id] = None
        events.append(event)
    return replace(record, events=tuple(events), declared=tuple(used)) if used else record


def _unit(event: Event, source: UnitsOfSource) -> str | None:
    codes = {(c.system, c.code) for c in event.codes}
    return next((d.unit for d in source.units if codes & _codes(d)), None)


def _codes(declared: DeclaredUnit) -> set[tuple[str, str]]:
    return {(system, code) for system in DECLARED for code in getattr(declared, system)}


def _in(event: Event, value: Quantity, unit: str, source: UnitsOfSource) -> Event:
    def filled(quantity: Quantity | None) -> Quantity | None:
        return (
            quantity
            if quantity is None or quantity.unit is not None
            else replace(quantity, unit=unit)
        )

    limits = event.limits
    if limits is not None:
        limits = replace(limits, low=filled(limits.low), high=filled(limits.high))
    said = f"{event.place.detail}, unit {unit} as declared for {source.title}"
    return replace(
        event,
        value=replace(value, unit=unit),
        limits=limits,
        place=replace(event.place, detail=said.removeprefix(", ")),
    )
