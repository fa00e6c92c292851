"""Which part of the body a resource is about: its key as a lesion, its place and its side.

A Condition's key is the body structure that it names, else its own id; an Observation takes the key
of its body structure or of the one Condition or BodyStructure in its focus.
Several body sites without a body structure are several places, and none of them gets a key.
"""

from __future__ import annotations

from dataclasses import dataclass

from bonemets.model import About, Code
from bonemets.readers.fhir.codes import codes
from bonemets.readers.fhir.container import Entry, named
from bonemets.readers.fhir.nodes import Node, extensions, node, nodes, text
from bonemets.readers.fhir.reading import Reading

PERSONS = frozenset({"Patient", "RelatedPerson", "Practitioner", "PractitionerRole", "Person"})
"""Kinds of resource in a focus that make an observation one of somebody else."""


@dataclass(frozen=True, slots=True)
class _Site:
    sites: tuple[Code, ...]
    sides: tuple[Code, ...]


def condition_places(reading: Reading, entry: Entry) -> list[About]:
    """Give the place of a Condition, or its places where it names several."""
    keys = _structures(reading, entry)
    sites = _sites(entry.node)
    if keys:
        return _keyed(keys, sites)
    if len(sites) > 1:
        return [About(None, s.sites, s.sides) for s in sites]
    site = sites[0] if sites else _Site((), ())
    return [About(reading.key(entry), site.sites, site.sides)]


def procedure_places(reading: Reading, entry: Entry) -> list[About | None]:
    """Give the places of a Procedure or an order; [None] where it names none."""
    keys = _structures(reading, entry)
    sites = _sites(entry.node)
    if keys:
        return [*_keyed(keys, sites)]
    return [About(None, s.sites, s.sides) for s in sites] or [None]


def observation_place(reading: Reading, entry: Entry) -> About | None:
    """Give the place of an Observation; no key where it names more than one lesion."""
    keys = _structures(reading, entry) or _focus(reading, entry)
    sites = _sites(entry.node)
    own = _merged(sites)
    if len(keys) == 1:
        key, site = next(iter(keys.items()))
        return About(key, own.sites or site.sites, own.sides or site.sides)
    return About(None, own.sites, own.sides) if sites or keys else None


def structure_place(reading: Reading, entry: Entry) -> About:
    """Give the place that a BodyStructure is."""
    site = _structure_site(entry.node)
    return About(reading.key(entry), site.sites, site.sides)


def of_somebody_else(reading: Reading, entry: Entry, patient: Entry | None) -> bool:
    """Say whether an Observation's focus is another person, a group, a place or a sample."""
    for reference in nodes(entry.node.get("focus")):
        written = text(reference.get("reference"))
        found = reading.box.find(written, entry)
        kind = found.kind if found else named(written).split("/")[0] or text(reference.get("type"))
        if kind in PERSONS or kind in ("Group", "Location", "Organization"):
            return not (found is not None and found is patient)
    return False


def volume_place(reading: Reading, entry: Entry, reference: Node) -> About | None:
    """Give the place that a reference to a BodyStructure names."""
    keys = _named_structures(reading, entry, [reference])
    return _keyed(keys, [])[0] if keys else None


def _keyed(keys: dict[str, _Site], sites: list[_Site]) -> list[About]:
    """One place for each body structure; the body sites describe it where it is the only one."""
    if len(keys) == 1:
        key, site = next(iter(keys.items()))
        own = _merged(sites)
        return [About(key, own.sites or site.sites, own.sides or site.sides)]
    return [About(key, site.sites, site.sides) for key, site in keys.items()]


def _merged(sites: list[_Site]) -> _Site:
    return _Site(
        tuple(dict.fromkeys(c for s in sites for c in s.sites)),
        tuple(dict.fromkeys(c for s in sites for c in s.sides)),
    )


def _sites(of: Node) -> list[_Site]:
    """Read the body sites of a resource, each place once."""
    read = (_Site(codes(c), _sides(c)) for c in nodes(of.get("bodySite")))
    return list(dict.fromkeys(s for s in read if s.sites or s.sides))


def _sides(concept: Node) -> tuple[Code, ...]:
    """Read the laterality that mCODE and others hang on a body site or on its codings."""
    found: list[Code] = []
    for carrier in (concept, *nodes(concept.get("coding"))):
        for extension in nodes(carrier.get("extension")):
            url = text(extension.get("url")).lower()
            if "laterality" in url or "location-qualifier" in url:
                found.extend(codes(node(extension.get("valueCodeableConcept"))))
    return tuple(dict.fromkeys(found))


def _structures(reading: Reading, entry: Entry) -> dict[str, _Site]:
    """Find the body structures that a resource names, by field (R5) or by extension."""
    of = entry.node
    if "extension" not in of and "bodyStructure" not in of and "bodySite" not in of:
        return {}
    references = [node(r.get("reference")) or r for r in nodes(of.get("bodyStructure"))]
    for carrier in (of, *nodes(of.get("bodySite"))):
        for extension in extensions(carrier, ""):
            reference = node(extension.get("valueReference"))
            if reference and _is_structure(reading, entry, reference):
                references.append(reference)
    return _named_structures(reading, entry, references)


def _is_structure(reading: Reading, entry: Entry, reference: Node) -> bool:
    written = text(reference.get("reference"))
    found = reading.box.find(written, entry)
    kind = found.kind if found else named(written).split("/")[0] or text(reference.get("type"))
    return kind == "BodyStructure"


def _named_structures(reading: Reading, entry: Entry, references: list[Node]) -> dict[str, _Site]:
    keys: dict[str, _Site] = {}
    for reference in references:
        found = reading.follow(reference, entry, "bodyStructure")
        if found is not None and found.kind == "BodyStructure":
            keys[reading.key(found)] = _structure_site(found.node)
        elif found is None and (key := reading.absent_key(reference)):
            keys[key] = _Site((), ())
    return keys


def _structure_site(of: Node) -> _Site:
    """Read the place of a BodyStructure, as R4 and as R5 write it."""
    concepts = [node(of.get("location"))]
    qualifiers = nodes(of.get("locationQualifier"))
    for part in nodes(of.get("includedStructure")):
        concepts.append(node(part.get("structure")))
        qualifiers.append(node(part.get("laterality")))
    sites = [_Site(codes(c), _sides(c)) for c in concepts]
    sites.extend(_Site((), codes(q)) for q in qualifiers)
    return _merged(sites)


def _focus(reading: Reading, entry: Entry) -> dict[str, _Site]:
    """Find the lesions that an Observation's focus names."""
    keys: dict[str, _Site] = {}
    for reference in nodes(entry.node.get("focus")):
        found = reading.follow(reference, entry, "focus")
        if found is None:
            kind = named(text(reference.get("reference"))).split("/")[0]
            key = reading.absent_key(reference)
            if key is not None and kind in ("Condition", "BodyStructure"):
                keys[key] = _Site((), ())
        elif found.kind == "BodyStructure":
            keys[reading.key(found)] = _structure_site(found.node)
        elif found.kind == "Condition":
            for n, place in enumerate(condition_places(reading, found)):
                key = place.key or f"{found.where} {n}"
                keys[key] = _Site(place.sites, place.sides)
    return keys
