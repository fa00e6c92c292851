"""Bulk FHIR patients with bone metastases, drawn from a seed: nobody real, nothing clinical.

    python benchmarks/bulk.py FOLDER PATIENTS [--seed N]

writes one NDJSON file for each type of resource. The distributions only make sure that every kind
of trouble occurs: repeats, ties, changed units, odd statuses, missing values, partial dates,
several lesions, references to what is not there, values in words.
"""

from __future__ import annotations

import argparse
import datetime as dt
import random
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec

INDEX = dt.date(2026, 11, 1)
LOINC, SNOMED, UCUM = "http://loinc.org", "http://snomed.info/sct", "http://unitsofmeasure.org"
ICD, ATC = "http://hl7.org/fhir/sid/icd-10-cm", "http://www.whocc.no/atc"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
VERIFIED = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
LABS: list[tuple[str, str, float, float, int, tuple[tuple[str, float], ...]]] = [
    # code, name, low, high, repeats, units with what the value is multiplied by
    ("17861-6", "Calcium", 1.7, 3.9, 4, (("mmol/L", 1.0), ("mg/dL", 4.008))),
    ("1751-7", "Albumin", 18, 50, 3, (("g/L", 1.0), ("g/dL", 0.1))),
    ("2160-0", "Creatinine", 40, 400, 4, (("umol/L", 1.0), ("mg/dL", 0.011312))),
    ("718-7", "Haemoglobin", 60, 160, 3, (("g/L", 1.0), ("g/dL", 0.1))),
    ("777-3", "Platelets", 20, 450, 2, (("10*9/L", 1.0), ("10*3/uL", 1.0))),
    ("6768-6", "Alkaline phosphatase", 40, 900, 2, (("U/L", 1.0),)),
    ("29463-7", "Weight", 40, 120, 2, (("kg", 1.0), ("g", 1000.0))),
    ("8302-2", "Height", 145, 195, 1, (("cm", 1.0),)),
    ("89247-1", "ECOG", 0, 4, 2, (("{score}", 1.0),)),
    ("72514-3", "Pain", 0, 10, 3, (("{score}", 1.0),)),
    ("2532-0", "Lactate dehydrogenase", 100, 900, 2, (("U/L", 1.0),)),
    ("2777-1", "Phosphate", 0.4, 2.2, 1, (("mmol/L", 1.0),)),
    ("1989-3", "Vitamin D", 10, 120, 1, (("nmol/L", 1.0), ("ng/mL", 0.4))),
    ("2339-0", "Glucose", 3, 20, 3, (("mmol/L", 1.0),)),
    ("2951-2", "Sodium", 120, 150, 3, (("mmol/L", 1.0),)),
    ("85354-9", "Blood pressure", 60, 200, 1, (("mm[Hg]", 1.0),)),
]
PRIMARIES = ("C50.911", "C61", "C34.90", "C64.9", "C90.00", "C67.9")
OTHERS = ("I10", "E11.9", "N18.30", "J44.9", "I50.9", "F32.A", "K21.9", "M81.0", "G62.9", "M54.5")
SITES = (("51282000", None), ("122494005", None), ("29627003", "7771000"), ("71341001", "24028007"),
         ("113197003", "7771000"), ("12611008", None))  # fmt: skip
DRUGS = (("M05BA08", ATC), ("M05BX04", ATC), ("N02AA01", ATC), ("77655", RXNORM), ("7052", RXNORM),
         ("H02AB02", ATC), ("B01AF01", ATC), ("C09AA05", ATC), ("1861", RXNORM))  # fmt: skip
PROCEDURES = ("1217123003", "447759004", "399208008", "77477000", "108290001")


def concept(system: str, code: str, words: str = "") -> dict[str, Any]:
    coding = {"system": system, "code": code}
    if words:
        coding["display"] = words
    return {"coding": [coding], "text": words or code}


class Patient:
    """Draws the resources of one patient."""

    def __init__(self, number: int, seed: int, mishaps: float) -> None:
        self.rnd = random.Random(seed * 1_000_003 + number)
        self.id = f"p{number:07d}"
        self.ref = {"reference": f"Patient/{self.id}"}
        self.mishaps = mishaps
        self.found: list[dict[str, Any]] = []
        self.zone = self.rnd.choice(("Z", "+01:00", "-05:00"))

    def slip(self, of: float = 1.0) -> bool:
        """Whether something goes wrong here."""
        return self.rnd.random() < self.mishaps * of

    def day(self, most: int = 900) -> dt.date:
        return INDEX - dt.timedelta(days=int(most * self.rnd.random() ** 2))

    def date(self) -> str:
        """A day; now and then a month, a year, or what is no date."""
        day = self.day()
        if self.slip():
            return self.rnd.choice((f"{day:%Y-%m}", f"{day:%Y}", "2026-13-45", f"{day:%d.%m.%Y}"))
        return day.isoformat()

    def time(self) -> str:
        """A time of day; many share one."""
        if self.slip():
            return self.date()
        zone = self.zone if not self.slip() else "+09:00"
        return f"{self.day()}T{self.rnd.randint(7, 18):02d}:{self.rnd.choice('0134')}0:00{zone}"

    def add(self, kind: str, **of: Any) -> dict[str, Any]:
        """Keep a resource; now and then one comes twice."""
        resource = {"resourceType": kind, "id": f"{self.id}-{len(self.found)}", **of}
        self.found.append(resource)
        if self.slip(0.3):
            self.found.append(dict(resource))
        return resource

    def resources(self) -> list[dict[str, Any]]:
        r = self.rnd
        born = INDEX - dt.timedelta(days=r.randint(16 * 365, 92 * 365))
        person: dict[str, Any] = {
            "resourceType": "Patient",
            "id": self.id,
            "identifier": [{"system": "http://example.org/mrn", "value": self.id}],
            "gender": r.choice(("female", "male", "male", "female", "other", "unknown")),
        }
        if not self.slip():
            person["birthDate"] = born.isoformat()
        if self.slip(0.5):
            person["deceasedDateTime"] = self.date()
        self.found.append(person)
        self.conditions()
        self.lesions()
        self.labs()
        self.medicines()
        for _ in range(r.randint(0, 3)):
            self.add("Procedure", status=self.status("completed", "in-progress", "not-done"),
                     subject=self.ref, code=concept(SNOMED, r.choice(PROCEDURES)),
                     performedPeriod={"start": self.date()})  # fmt: skip
        for _ in range(4):
            self.add("Encounter", status="finished", subject=self.ref,
                     period={"start": self.date()})  # fmt: skip
        if r.random() < 0.2:
            self.add("AllergyIntolerance", patient=self.ref, code=concept(SNOMED, "293637006"),
                     recordedDate=self.date())  # fmt: skip
        return self.found

    def status(self, usual: str, *others: str) -> str:
        odd = (*others, "entered-in-error", "unknown", "nonsense")
        return self.rnd.choice(odd) if self.slip(2) else usual

    def condition(self, system: str, code: str, **more: Any) -> dict[str, Any]:
        verified = self.status("confirmed", "provisional", "refuted", "differential")
        clinical = self.status("active", "resolved", "inactive", "remission")
        of = {
            "clinicalStatus": concept(CLINICAL, clinical),
            "verificationStatus": concept(VERIFIED, verified),
            "code": concept(system, code),
            "subject": self.ref if not self.slip(0.3) else {"reference": f"Patient/{self.id}-x"},
            "onsetDateTime": self.date(),
            **more,
        }
        if self.slip():
            of.pop(self.rnd.choice(("clinicalStatus", "verificationStatus", "onsetDateTime")))
        if not self.slip():
            of["recordedDate"] = self.date()
        return self.add("Condition", **of)

    def conditions(self) -> None:
        r = self.rnd
        if r.random() < 0.9:
            self.condition(ICD, r.choice(PRIMARIES))
        if r.random() < 0.6:
            self.condition(ICD, "C79.51")
        for code in r.sample(OTHERS, r.randint(1, 4)):
            self.condition(ICD, code)

    def lesions(self) -> None:
        """Lesions by site and side, by their own condition, and what is told of them."""
        r = self.rnd
        for _ in range(r.choice((0, 0, 1, 1, 2, 3, 5))):
            site, side = r.choice(SITES)
            body = [concept(SNOMED, site)]
            if side:
                body.append(concept(SNOMED, side))
            made = self.condition(SNOMED, "94222008", bodySite=body)
            for code in ("408643008", "371480007"):
                if r.random() < 0.3:
                    focus = {"reference": f"Condition/{made['id']}"}
                    if self.slip():
                        focus = {"reference": f"Condition/{self.id}-nowhere"}
                    self.add("Observation", status="final", subject=self.ref, focus=[focus],
                             code=concept(SNOMED, code), effectiveDateTime=self.time(),
                             valueBoolean=r.random() < 0.5)  # fmt: skip

    def labs(self) -> None:
        r = self.rnd
        drawn = [self.time() for _ in range(4)]
        for code, name, low, high, repeats, units in LABS:
            for n in range(repeats if r.random() < 0.9 else 0):
                unit, by = units[0] if r.random() < 0.85 else r.choice(units)
                value = round(r.uniform(low, high) * by, 2)
                if unit == "{score}":
                    value = int(value)
                of: dict[str, Any] = {
                    "status": self.status("final", "preliminary", "amended", "cancelled"),
                    "category": [concept("http://terminology.hl7.org/CodeSystem/"
                                         "observation-category", "laboratory")],
                    "code": concept(LOINC, code, name),
                    "subject": self.ref,
                    "effectiveDateTime": drawn[n % 4] if r.random() < 0.5 else self.time(),
                    "valueQuantity": {"value": value, "unit": unit, "system": UCUM, "code": unit},
                }  # fmt: skip
                if r.random() < 0.3:
                    of["issued"] = self.time()
                if r.random() < 0.3:
                    limits = {"low": {"value": low * by, "unit": unit},
                              "high": {"value": high * by, "unit": unit}}  # fmt: skip
                    of["referenceRange"] = [limits]
                if self.slip():
                    self.spoil(of)
                self.add("Observation", **of)

    def spoil(self, of: dict[str, Any]) -> None:
        """Let a value be told in some other way, or not at all."""
        value = of["valueQuantity"]
        match self.rnd.randint(0, 9):
            case 0:
                of.pop("valueQuantity")
            case 1:
                of.pop("valueQuantity")
                reason = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
                of["dataAbsentReason"] = concept(reason, "error")
            case 2:
                value["comparator"] = self.rnd.choice(("<", ">", "<=", ">=", "~"))
            case 3:
                value.pop("code")
                value["unit"] = "furlong"
            case 4:
                for key in ("unit", "code", "system"):
                    value.pop(key)
            case 5:
                value["value"] = value["value"] * 1e4
            case 6:
                of.pop("valueQuantity")
                of["valueString"] = "see comment"
            case 7:
                of.pop("valueQuantity")
                of["interpretation"] = [concept("http://terminology.hl7.org/CodeSystem/"
                                                "v3-ObservationInterpretation", "H")]  # fmt: skip
            case 8:
                of.pop("effectiveDateTime")
            case _:
                of["valueQuantity"] = {"value": str(value["value"]), "unit": value["unit"]}

    def medicines(self) -> None:
        r = self.rnd
        for _ in range(r.randint(0, 5)):
            code, system = r.choice(DRUGS)
            of = {
                "status": self.status("active", "completed", "stopped", "on-hold", "draft"),
                "intent": "order" if not self.slip() else "proposal",
                "subject": self.ref,
                "authoredOn": self.date(),
            }
            if r.random() < 0.2:
                of["medicationReference"] = {"reference": f"Medication/m{r.randint(0, 40)}"}
            else:
                of["medicationCodeableConcept"] = concept(system, code)
            self.add("MedicationRequest", **of)


def medications() -> Iterator[dict[str, Any]]:
    """Medicines that belong to nobody; some are named that are not here."""
    for n in range(36):
        code, system = DRUGS[n % len(DRUGS)]
        yield {"resourceType": "Medication", "id": f"m{n}", "code": concept(system, code)}


def patients(
    count: int, seed: int = 1, mishaps: float = 0.03, first: int = 0
) -> Iterator[list[dict[str, Any]]]:
    """The resources of each patient."""
    for number in range(first, first + count):
        yield Patient(number, seed, mishaps).resources()


def write(folder: Path, count: int, seed: int = 1, mishaps: float = 0.03) -> dict[str, int]:
    """Write NDJSON files, and say how many resources and bytes there are."""
    folder.mkdir(parents=True, exist_ok=True)
    files: dict[str, Any] = {}
    resources = size = 0
    encode = msgspec.json.encode
    try:
        for found in chain([list(medications())], patients(count, seed, mishaps)):
            for resource in found:
                kind = resource["resourceType"]
                if kind not in files:
                    files[kind] = (folder / f"{kind}.ndjson").open("wb")
                size += files[kind].write(encode(resource) + b"\n")
                resources += 1
    finally:
        for file in files.values():
            file.close()
    return {"patients": count, "resources": resources, "bytes": size}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("patients", type=int)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    print(write(asked.folder, asked.patients, asked.seed))
