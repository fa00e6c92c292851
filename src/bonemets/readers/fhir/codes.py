"""FHIR codings, quantities and statuses as the nouns of `model`."""

from __future__ import annotations

import re

from bonemets.model import Absent, Code, Limits, Quantity, Value, Words
from bonemets.readers.fhir.nodes import Node, extensions, node, nodes, number, text

_TERMINOLOGY = "terminology.hl7.org/CodeSystem/"

SYSTEMS: dict[str, str] = {
    "loinc.org": "loinc",
    "2.16.840.1.113883.6.1": "loinc",
    "2.16.840.1.113883.6.96": "snomed",
    "hl7.org/fhir/sid/icd-10": "icd10",
    "hl7.org/fhir/sid/icd-10-cm": "icd10",
    "hl7.org/fhir/sid/icd-10-gm": "icd10",
    "hl7.org/fhir/sid/icd-10-am": "icd10",
    "hl7.org/fhir/sid/icd-10-uk": "icd10",
    "fhir.de/CodeSystem/bfarm/icd-10-gm": "icd10",
    "fhir.de/CodeSystem/dimdi/icd-10-gm": "icd10",
    "2.16.840.1.113883.6.3": "icd10",
    "2.16.840.1.113883.6.90": "icd10",
    _TERMINOLOGY + "icd-o-3": "icdo3",
    "hl7.org/fhir/sid/icd-o-3": "icdo3",
    "2.16.840.1.113883.6.43": "icdo3",
    "2.16.840.1.113883.6.43.1": "icdo3",
    "www.whocc.no/atc": "atc",
    "whocc.no/atc": "atc",
    "fhir.de/CodeSystem/bfarm/atc": "atc",
    "fhir.de/CodeSystem/dimdi/atc": "atc",
    "2.16.840.1.113883.6.73": "atc",
    "www.nlm.nih.gov/research/umls/rxnorm": "rxnorm",
    "2.16.840.1.113883.6.88": "rxnorm",
    "unitsofmeasure.org": "ucum",
    "2.16.840.1.113883.6.8": "ucum",
    _TERMINOLOGY + "v2-0136": "hl7",
    "hl7.org/fhir/v2/0136": "hl7",
    _TERMINOLOGY + "v2-0532": "hl7",
    _TERMINOLOGY + "v2-0078": "hl7",
    "hl7.org/fhir/v2/0078": "hl7",
    _TERMINOLOGY + "v3-ObservationInterpretation": "hl7",
    "hl7.org/fhir/v3/ObservationInterpretation": "hl7",
    "2.16.840.1.113883.5.83": "hl7",
    _TERMINOLOGY + "v3-AdministrativeGender": "hl7",
    "hl7.org/fhir/v3/AdministrativeGender": "hl7",
    "2.16.840.1.113883.5.1": "hl7",
}
"""Code systems by URI without scheme, or by OID, to their short names; others keep their URI."""

INTERPRETATIONS = frozenset(
    {
        _TERMINOLOGY + "v3-ObservationInterpretation",
        "hl7.org/fhir/v3/ObservationInterpretation",
        _TERMINOLOGY + "v2-0078",
        "hl7.org/fhir/v2/0078",
        "2.16.840.1.113883.5.83",
    }
)
"""The systems whose codes say how a result compares with its limits."""

IN_WORDS: dict[str, Words] = {
    **dict.fromkeys(("L", "LL", "LU", "L<", "<", "LX"), Words("low")),
    "N": Words("normal"),
    **dict.fromkeys(("H", "HH", "HU", "H>", ">", "HX"), Words("high")),
}

NO_VALUE = frozenset(
    {
        _TERMINOLOGY + "v3-NullFlavor",
        "hl7.org/fhir/v3/NullFlavor",
        _TERMINOLOGY + "data-absent-reason",
        "hl7.org/fhir/data-absent-reason",
        "2.16.840.1.113883.5.1008",
    }
)
"""The systems whose codes say why there is no value."""

_ICD10 = re.compile(r"([A-Z][0-9][0-9A-Z])\.?([0-9A-Z]*)")


def bare(system: str) -> str:
    """Give a system's URI without what varies between writers: scheme, OID prefix, last slash."""
    for prefix in ("http://", "https://", "urn:oid:"):
        if system.startswith(prefix):
            return system[len(prefix) :].rstrip("/")
    return system.rstrip("/")


def short_name(system: str) -> str:
    """Give the short name of a code system, or its URI where none is known."""
    key = bare(system)
    known = SYSTEMS.get(key)
    if known is not None:
        return known
    return "snomed" if key == "snomed.info/sct" or key.startswith("snomed.info/sct/") else system


def code(coding: Node, words: str = "") -> Code | None:
    """Read one Coding; None where it holds no code."""
    written = text(coding.get("code"))
    if not written:
        return None
    system = short_name(text(coding.get("system")))
    if system == "icd10":
        match = _ICD10.match(written.upper())
        if match is not None:
            start, rest = match.groups()
            written = f"{start}.{rest}" if rest else start
    return Code(system, written, text(coding.get("display")) or words)


def codes(concept: Node) -> tuple[Code, ...]:
    """Read the codings of a CodeableConcept, each once."""
    words = text(concept.get("text"))
    read = (code(c, words) for c in nodes(concept.get("coding")))
    return tuple(dict.fromkeys(c for c in read if c is not None))


def first_code(concept: object) -> str:
    """Give the first code of a CodeableConcept, or of the plain text that older releases write."""
    if isinstance(concept, str):
        return text(concept)
    return next(
        (c for c in (text(x.get("code")) for x in nodes(node(concept).get("coding"))) if c), ""
    )


def absent(of: Node) -> Absent | None:
    """Read the extension by which any element says why it has no value."""
    for extension in extensions(of, "/data-absent-reason"):
        return Absent(text(extension.get("valueCode")) or "not said")
    return None


def unit(of: Node) -> str | None:
    """Give a quantity's unit: the code where it is UCUM, else the text as written."""
    coded, spelled = text(of.get("code")), text(of.get("unit"))
    if coded and short_name(text(of.get("system"))) == "ucum":
        return coded
    return spelled or coded or None


def quantity(of: Node) -> Quantity | Absent:
    """Read a Quantity with its comparator and unit as written."""
    value = number(of.get("value"))
    if value is None:
        return absent(of) or absent(node(of.get("_value"))) or Absent("not a number")
    match text(of.get("comparator")):
        case "":
            return Quantity(value, value, unit(of))
        case "<" | "<=" | ">" | ">=" as comparator:
            return Quantity(value, value, unit(of), comparator)
        case _:
            return Absent("its comparator is not known")


def range_of(of: Node) -> Quantity | Absent:
    """Read a Range: both ends in one unit, or an open end as a comparator."""
    ends = [quantity(node(of[k])) if node(of.get(k)) else None for k in ("low", "high")]
    low, high = (e if isinstance(e, Quantity) and not e.comparator else None for e in ends)
    if low is not None and high is not None:
        if low.unit != high.unit or low.low > high.low:
            return Absent("the ends of the range do not fit together")
        return Quantity(low.low, high.high, low.unit)
    if low is not None and ends[1] is None:
        return Quantity(low.low, low.low, low.unit, ">=")
    if high is not None and ends[0] is None:
        return Quantity(high.low, high.low, high.unit, "<=")
    return Absent("the range cannot be read")


def ratio(of: Node) -> Quantity | Absent:
    """Read a Ratio as an amount per one unit of the denominator; a titre has no such reading."""
    over, under = quantity(node(of.get("numerator"))), quantity(node(of.get("denominator")))
    if not isinstance(over, Quantity) or not isinstance(under, Quantity):
        return Absent("the ratio cannot be read")
    if under.low != 1 or under.comparator or over.unit is None or under.unit is None:
        return Absent("the ratio is not an amount per one unit")
    return Quantity(over.low, over.high, f"{over.unit}/{under.unit}", over.comparator)


def concept_value(concept: Node) -> tuple[Value, str]:
    """Read a coded answer, with its text; codes that say low, normal, high or nothing say that."""
    words = text(concept.get("text"))
    for coding in nodes(concept.get("coding")):
        system = bare(text(coding.get("system")))
        if system in NO_VALUE:
            return Absent(text(coding.get("code")) or "not said"), words
        if system in INTERPRETATIONS and text(coding.get("code")) in IN_WORDS:
            return IN_WORDS[text(coding.get("code"))], words
    read = codes(concept)
    if read:
        return read, words
    return absent(concept) or Absent("told in words, without a code"), words


def interpretation(concepts: list[Node]) -> Value:
    """Read what an interpretation says without a value: low, normal, high, or its codes."""
    answers: list[Code] = []
    words: set[Words] = set()
    for concept in concepts:
        for coding in nodes(concept.get("coding")):
            known = IN_WORDS.get(text(coding.get("code")))
            if known is not None and bare(text(coding.get("system"))) in INTERPRETATIONS:
                words.add(known)
        answers.extend(codes(concept))
    if len(words) > 1:
        return Absent("its interpretations contradict each other")
    return words.pop() if words else tuple(dict.fromkeys(answers)) or None


def limits(ranges: list[Node]) -> Limits | None:
    """Read the reference range printed beside a value: the normal one, where exactly one is."""
    normal = [r for r in ranges if first_code(r.get("type")) in ("", "normal")]
    if len(normal) != 1:
        return None
    ends = [quantity(node(normal[0][k])) if k in normal[0] else None for k in ("low", "high")]
    low, high = (e if isinstance(e, Quantity) else None for e in ends)
    return Limits(low, high) if low is not None or high is not None else None


def in_error(of: Node) -> bool:
    """Say whether the resource is marked as entered in error."""
    return (
        of.get("status") == "entered-in-error"
        or first_code(of.get("verificationStatus")) == "entered-in-error"
    )
