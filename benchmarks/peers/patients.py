"""Patients on whom the peers and we compute the same, drawn from a seed: nobody real.

Every branch of the definitions occurs: analytes that were never measured, older values, values
entered in error, cancers without bone metastasis, a corrected calcium right on the edge of a grade.
What the peers' library does not look at (units, statuses between, ties in time) does not occur:
there we would rightly differ. `bulk.py` draws those.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from bulk import CLINICAL, ICD, INDEX, LOINC, OTHERS, PRIMARIES, RXNORM, UCUM, VERIFIED, concept

LABS = (  # code, name, unit, low, high, decimals, times, share of patients without any
    ("17861-6", "Calcium", "mg/dL", 7.5, 15.0, 1, 3, 0.05),
    ("1751-7", "Albumin", "g/dL", 1.8, 5.0, 1, 3, 0.10),
    ("2160-0", "Creatinine", "mg/dL", 0.5, 4.5, 2, 3, 0.15),
    ("29463-7", "Weight", "kg", 40.0, 120.0, 1, 2, 0.08),
    ("8302-2", "Height", "cm", 145.0, 195.0, 0, 1, 0.10),
    ("718-7", "Haemoglobin", "g/dL", 7.0, 16.0, 1, 3, 0.02),
    ("777-3", "Platelets", "10*3/uL", 30.0, 450.0, 0, 3, 0.02),
    ("6768-6", "Alkaline phosphatase", "U/L", 40.0, 900.0, 0, 3, 0.05),
    ("2951-2", "Sodium", "mmol/L", 120.0, 150.0, 0, 3, 0.05),
    ("72514-3", "Pain", "{score}", 0.0, 10.0, 0, 2, 0.10),
)
METASTASIS = "C79.51"
MEDICINES = ("77655", "1861", "7052")


def resources(number: int, seed: int) -> list[dict[str, Any]]:
    """Draw the resources of one patient."""
    rnd = random.Random(seed * 1_000_003 + number)
    identity = f"p{number:06d}"
    subject = {"reference": f"Patient/{identity}"}
    born = INDEX - dt.timedelta(days=rnd.randint(30 * 365, 92 * 365))
    days = [INDEX - dt.timedelta(days=d) for d in rnd.sample(range(1, 900), 60)]  # no two alike
    found: list[dict[str, Any]] = [
        {
            "resourceType": "Patient",
            "id": identity,
            "identifier": [{"system": "http://example.org/mrn", "value": identity}],
            "gender": rnd.choice(("female", "male")),
            "birthDate": born.isoformat(),
        }
    ]

    def add(kind: str, **of: Any) -> None:
        found.append({"resourceType": kind, "id": f"{identity}-{len(found)}", **of})

    codes = [rnd.choice(PRIMARIES), *rnd.sample(OTHERS, 4)]
    if rnd.random() < 0.45:
        codes.append(METASTASIS)
    for code in codes:
        add(
            "Condition",
            clinicalStatus=concept(CLINICAL, "active"),
            verificationStatus=concept(VERIFIED, "confirmed"),
            code=concept(ICD, code),
            subject=subject,
            onsetDateTime=days.pop().isoformat(),
        )
    for code, name, unit, low, high, decimals, times, without in LABS:
        for _ in range(times if rnd.random() >= without else 0):
            value = round(rnd.uniform(low, high), decimals)
            add(
                "Observation",
                status="entered-in-error" if rnd.random() < 0.03 else "final",
                code=concept(LOINC, code, name),
                subject=subject,
                effectiveDateTime=f"{days.pop()}T{rnd.randint(7, 18):02d}:30:00+00:00",
                valueQuantity={
                    "value": int(value) if decimals == 0 else value,
                    "unit": unit,
                    "system": UCUM,
                    "code": unit,
                },
            )
    for code in MEDICINES:
        add(
            "MedicationRequest",
            status=rnd.choice(("active", "completed", "stopped")),
            intent="order",
            subject=subject,
            authoredOn=days.pop().isoformat(),
            medicationCodeableConcept=concept(RXNORM, code),
        )
    for _ in range(4):
        start = {"start": days.pop().isoformat()}
        add("Encounter", status="finished", subject=subject, period=start)
    return found


def patients(count: int, seed: int) -> Iterator[list[dict[str, Any]]]:
    """Draw the resources of each patient."""
    for number in range(count):
        yield resources(number, seed)


def write(folder: Path, count: int, seed: int = 1) -> int:
    """Write the patients twice: a Bundle a line (`bundles.ndjson`), and as Bulk FHIR (`bulk/`).

    Returns:
        How many resources there are.
    """
    bulk = folder / "bulk"
    bulk.mkdir(parents=True)
    encode = msgspec.json.encode
    files: dict[str, Any] = {}
    total = 0
    try:
        files["bundles"] = (folder / "bundles.ndjson").open("wb")
        for found in patients(count, seed):
            total += len(found)
            entries = [
                {"fullUrl": f"http://example.org/{r['resourceType']}/{r['id']}", "resource": r}
                for r in found
            ]
            bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
            files["bundles"].write(encode(bundle) + b"\n")
            for resource in found:
                kind = resource["resourceType"]
                if kind not in files:
                    files[kind] = (bulk / f"{kind}.ndjson").open("wb")
                files[kind].write(encode(resource) + b"\n")
    finally:
        for file in files.values():
            file.close()
    return total
