"""What is cast in columns is what the reader of one patient says of the same lines."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import bulk
import pytest
from agreement import RUN_DAY

import bonemets.readers.fhir as readers
from bonemets.api import Knowledge
from bonemets.cohort.bucket import one_record
from bonemets.cohort.castings import Castings
from bonemets.cohort.evaluate import Evaluator, Settings
from bonemets.cohort.lot import Lot, lot_of
from bonemets.cohort.moulds import UNREAD, Moulds
from bonemets.cohort.sheet import rows_of_lines
from bonemets.cohort.split import name_of_patient
from bonemets.cohort.tally import Tally, count_unread
from bonemets.readers import fhir

DRAWN, ALL = 600, 20_000
LOINC, SNOMED = "http://loinc.org", "http://snomed.info/sct"
WHOSE = {"reference": "Patient/p"}
PERSON = {"resourceType": "Patient", "id": "p", "gender": "female", "birthDate": "1956-03-02"}


def bare(line: dict[str, Any]) -> bytes:
    return json.dumps(line, separators=(",", ":")).encode()


def said(lot: Lot, evaluator: Evaluator) -> dict[str, Counter[Any]]:
    """What a lot says of each patient, the samples told by what they hold."""
    st, found = lot.statements, dict[str, Counter[Any]]()
    shapes = list(evaluator.shapes.numbers)
    rows: list[tuple[Any, ...]] = []
    samples: dict[tuple[int, int], list[str]] = {}
    for n in range(len(st)):
        shape = shapes[st.shape[n]]
        varies = bool(evaluator.shapes.varies[st.shape[n]])
        row = (
            shape,
            *(int(getattr(st, name)[n]) for name in ("first", "last", "end_first", "end_last")),
            int(st.said_first[n]),
            int(st.said_last[n]),
            (float(st.low[n]), float(st.high[n])) if varies else None,
            str((float(st.limit_low[n]), float(st.limit_high[n]))),
            st.keys[st.about[n]] if st.about[n] >= 0 else None,
        )
        rows.append(row)
        if st.sample[n] >= 0:
            samples.setdefault((int(st.patient[n]), int(st.sample[n])), []).append(str(row))
    for n, row in enumerate(rows):
        patient = int(st.patient[n])
        mates = sorted(samples.get((patient, int(st.sample[n])), []))
        found.setdefault(lot.names[patient], Counter())[(*row, tuple(mates))] += 1
    for patient, name in lot.whole.unread:
        found.setdefault(lot.names[patient], Counter())["unread", name] += 1
    return found


def written(patients: dict[str, list[bytes]]) -> Any:
    """Lines as they stand in a bucket."""
    return rows_of_lines((name_of_patient(key), x) for key, of in patients.items() for x in of)


def both(
    patients: dict[str, list[bytes]], shared: dict[bytes, list[bytes]], knowledge: Knowledge
) -> tuple[dict[str, Any], dict[str, Any], Tally, Tally, int]:
    """Cast, and read one by one; with what was counted, and how many were cast."""
    evaluator = Evaluator(knowledge, Settings(RUN_DAY))
    castings = Castings(
        evaluator.fresh, knowledge.pack, lambda name: shared.get(name, []), Moulds()
    )

    def read(key: str, tally: Tally) -> Any:
        lines = patients[key]
        named = {n for n in shared if any(n in line for line in lines)}
        more = [line for n in sorted(named) for line in shared[n]]
        return one_record(key, lines + more, frozenset(), tally)

    cast, alone = Tally(), Tally()
    sheet = castings.sheet(written(patients))
    lot = castings.lot(sheet, cast, read)
    records = [(key, r) for key in sorted(patients) if (r := read(key, alone)) is not None]
    for _, record in records:
        count_unread(alone, record)
    expected = said(lot_of(evaluator.shapes, knowledge.pack, records), evaluator)
    plain, _ = castings.take(sheet)
    return said(lot, evaluator), expected, cast, alone, len(plain.names)


def counted(tally: Tally) -> tuple[Any, ...]:
    return tally.set_aside, tally.ignored, tally.refused


def test_generated_patients_cast_and_read_one_by_one(
    knowledge: Knowledge, request: pytest.FixtureRequest
) -> None:
    count = ALL if request.config.getoption("--all") else DRAWN
    patients: dict[str, list[bytes]] = {}
    for resources in bulk.patients(count, seed=5, mishaps=0.05):
        for resource in resources:
            if resource["resourceType"] != "Encounter":
                about = resource.get("subject") or resource.get("patient") or {}
                key = about.get("reference", "Patient/" + resource["id"]).removeprefix("Patient/")
                patients.setdefault(key, []).append(bare(resource))
    shared = {f"Medication/{m['id']}".encode(): [bare(m)] for m in bulk.medications()}
    found, expected, cast, alone, many = both(patients, shared, knowledge)
    assert many > 0.8 * count  # the way of columns was taken
    assert found.keys() == expected.keys()
    for who, events in expected.items():
        assert events == found[who], who
    assert counted(cast) == counted(alone)


def lab(n: int | str, **more: Any) -> dict[str, Any]:
    value = {
        "value": 2.5,
        "unit": "mmol/L",
        "system": "http://unitsofmeasure.org",
        "code": "mmol/L",
    }
    of = {
        "resourceType": "Observation",
        "id": f"{n}",
        "status": "final",
        "code": {"coding": [{"system": LOINC, "code": "17861-6"}]},
        "subject": WHOSE,
        "effectiveDateTime": "2026-10-01T08:00:00Z",
        "valueQuantity": value,
    }
    return {k: v for k, v in {**of, **more}.items() if v is not None}


def lesion(n: int | str, **more: Any) -> dict[str, Any]:
    of = {
        "resourceType": "Condition",
        "id": f"{n}",
        "code": {"coding": [{"system": SNOMED, "code": "94222008"}]},
        "bodySite": [{"coding": [{"system": SNOMED, "code": "51282000"}]}],
        "subject": WHOSE,
        "onsetDateTime": "2026-05",
        "recordedDate": "2026-05-20",
    }
    return {**of, **more}


LIMITS = [{"low": {"value": 2.5, "unit": "mmol/L"}, "high": {"value": 2.5, "unit": "mmol/L"}}]
SIGN = {"coding": [{"system": SNOMED, "code": "408643008"}]}
AWKWARD: dict[str, list[dict[str, Any]]] = {
    "limits that equal the value, and others that do not": [
        lab(1, referenceRange=LIMITS),
        lab(2, valueQuantity={"value": 3.5, "unit": "mmol/L"}, referenceRange=LIMITS),
    ],
    "a comparator": [
        lab(n, valueQuantity={"value": n, "unit": "mmol/L", "comparator": "<"}) for n in (1, 2)
    ],
    "numbers of every form": [
        lab(n, valueQuantity={"value": x, "unit": "mmol/L"})
        for n, x in enumerate((0, -1, 1e-7, 1.5e300, 12345678901234567, "2", True, None))
    ],
    "dates of every form": [
        lab(n, effectiveDateTime=x)
        for n, x in enumerate(
            (
                "2026",
                "2026-07",
                "2026-07-04",
                "2026-07-04T10:20",
                "2026-07-04T10:20:30+02:00",
                "2026-07-04T00:00:00Z",
                "2026-02-30",
                "04.07.2026",
                " 2026-07-04 ",
                "",
                "9999-12-31",
                "2026-07-04T24:00:00Z",
                "2026-07-04T10:20:30.123Z",
                7,
                None,
                "2026-07-04 10:20:30Z",
            )
        )
    ],
    "recorded before, at, within and after": [
        lab(n, effectiveDateTime=e, issued=i)
        for n, (e, i) in enumerate(
            (
                ("2026-07-04", "2026-07-04T10:00:00Z"),
                ("2026-07-04", "2026-07-04"),
                ("2026-07-04", "2026-07-01"),
                ("2026-07", "2026-07-10"),
                ("2026-07-04", "2026-07-03"),
                ("2026-07-04T10:00:00Z", "2026-07-04T10:00:00Z"),
                ("bad", "2026-07-04"),
            )
        )
    ],
    "periods": [
        lab(n, effectiveDateTime=None, effectivePeriod=p, issued="2026-07-05")
        for n, p in enumerate(
            (
                {"start": "2026-07-01", "end": "2026-07-03"},
                {"start": "2026-07-01"},
                {"end": "2026-07-03"},
                {"start": "2026-07-03", "end": "2026-07-01"},
                {"start": "2026-07-01", "end": "9999-12-31"},
                {},
            )
        )
    ],
    "ages, which need the birth date": [
        {
            **lesion(n),
            "onsetDateTime": None,
            "onsetAge": {"value": 60 + n, "unit": "a", "code": "a"},
        }
        for n in (1, 2)
    ],
    "parts of one panel": [
        lab(
            n,
            valueQuantity=None,
            component=[
                {
                    "code": {"coding": [{"system": LOINC, "code": c}]},
                    "valueQuantity": {"value": n + i, "unit": u},
                }
                for i, (c, u) in enumerate((("17861-6", "mmol/L"), ("1751-7", "g/L")))
            ],
        )
        for n in (1, 40)
    ],
    "a panel that names its members": [
        lab("panel", valueQuantity=None, hasMember=[{"reference": "Observation/1"}]),
        lab(1, effectiveDateTime=None),
    ],
    **{
        f"a name that fills no hole: {field}, {len(ident)} letters": [
            lab(1, **{field: [named] if field == "focus" else named})
        ]
        for field in ("focus", "specimen")
        for ident in ("s" * 70, "\u00e91", "s/1/2")
        for named in ({"reference": f"Specimen/{ident}"},)
    },
    "many that are named one by one": [
        *({"resourceType": "Specimen", "id": f"s{n}", "subject": WHOSE} for n in range(40)),
        *(lab(n, specimen={"reference": f"Specimen/s{n}"}) for n in range(30, 50)),
    ],
    "a focus of the same identifier, one that is not there, and one of another": [
        lesion(1),
        lesion(2),
        lab(
            1,
            code=SIGN,
            focus=[{"reference": "Condition/1"}],
            valueQuantity=None,
            valueBoolean=True,
        ),
        lab(
            3,
            code=SIGN,
            focus=[{"reference": "Condition/2"}],
            valueQuantity=None,
            valueBoolean=True,
        ),
        lab(
            4,
            code=SIGN,
            focus=[{"reference": "Condition/9"}],
            valueQuantity=None,
            valueBoolean=True,
        ),
        lab(
            5,
            code=SIGN,
            focus=[{"reference": "Condition/9"}],
            valueQuantity=None,
            valueBoolean=False,
        ),
        lab(
            6, code=SIGN, focus=[{"reference": "Patient/q"}], valueQuantity=None, valueBoolean=True
        ),
        lab(
            7,
            code=SIGN,
            focus=[{"reference": "Condition/1"}, {"reference": "Condition/1"}],
            valueQuantity=None,
            valueBoolean=True,
        ),
    ],
    "samples by specimen, by identifier and by instant": [
        lab(1, specimen={"reference": "Specimen/s1"}),
        lab(2, specimen={"reference": "Specimen/s1"}),
        lab(3, specimen={"reference": "Specimen/s2"}),
        lab(4, specimen={"identifier": {"value": "7"}}),
        lab(5, specimen={"identifier": {"value": "7"}}),
        lab(6),
        lab(7),
        lab(8, effectiveDateTime="2026-10-01T00:00:00Z"),
    ],
    "other offsets, of which one prevails": [
        *(lab(n, effectiveDateTime=f"2026-10-0{n}T08:00:00+02:00") for n in range(1, 4)),
        lab(4, effectiveDateTime="2026-10-05T23:30:00Z"),
    ],
    "what says that it was entered in error, and what came twice": [
        lab(1, status="entered-in-error"),
        lab(2),
        lab(2),
        lab(3),
        lab(3, issued="2026-10-02"),
    ],
    "identifiers that name nothing": [lab("a b"), {k: v for k, v in lab(1).items() if k != "id"}],
    "what is not understood": [lab(1, modifierExtension=[{"url": "x"}]), lab(2, implicitRules="y")],
    "text in its words": [lab(1, text={"div": '<p a="b">\u00e4</p>'}, note=[{"text": '\\ " }'}])],
    "doses, strengths and orders": [
        {
            "resourceType": "MedicationRequest",
            "id": f"{n}",
            "status": s,
            "intent": i,
            "subject": WHOSE,
            "authoredOn": "2026-09-01",
            "medicationCodeableConcept": {
                "coding": [{"system": "http://www.whocc.no/atc", "code": "M05BX04"}]
            },
            "dosageInstruction": [
                {
                    "timing": t,
                    "doseAndRate": [
                        {
                            "doseQuantity": {
                                "value": d,
                                "unit": "mg",
                                "system": "http://unitsofmeasure.org",
                                "code": "mg",
                            }
                        }
                    ],
                }
            ],
        }
        for n, (s, i, d, t) in enumerate(
            (
                ("active", "order", 120, {}),
                ("active", "order", 60, {}),
                ("stopped", "plan", 60, {}),
                ("active", "order", 120, {"event": ["2026-09-03"]}),
                ("active", "order", 120, {"event": ["2026-09-01"]}),
                ("active", "order", 120, {"repeat": {"boundsPeriod": {"start": "2026-09-01"}}}),
                (
                    "active",
                    "order",
                    120,
                    {
                        "repeat": {
                            "boundsPeriod": {"start": "2026-09-02"},
                            "boundsDuration": {"value": 3, "code": "d"},
                        }
                    },
                ),
            )
        )
    ],
    "a patient that names another": [{**PERSON, "link": [{"other": {"reference": "Patient/q"}}]}],
    "the sex that an observation records": [
        lab(
            1,
            code={"coding": [{"system": LOINC, "code": "76689-9"}]},
            valueQuantity=None,
            valueCodeableConcept={"coding": [{"system": LOINC, "code": "LA2-8"}]},
        ),
    ],
}


@pytest.mark.parametrize("what", AWKWARD)
def test_awkward_resources_say_the_same(what: str, knowledge: Knowledge) -> None:
    resources = AWKWARD[what]
    person = [] if resources[0]["resourceType"] == "Patient" else [PERSON]
    patients = {"p": [bare(r) for r in [*person, *resources]]}
    found, expected, cast, alone, _ = both(patients, {}, knowledge)
    assert expected == found
    assert counted(cast) == counted(alone)


SAME_VALUE = b'"value":3.5'
LOOKS_LIKE_A_HOLE = {
    "an escape": (b'"status":"final"', b'"status":"final","issued":"\\u001aX"'),
    "a hole's own text": (b'"status":"final"', b'"status":"final","issued":"\\u001Ahole 3"'),
    "a number before a space": (SAME_VALUE, b'"value":7100000003 '),
    "a number under another key": (b'"status":"final"', b'"status":"final","n":7100000001'),
}


@pytest.mark.parametrize("what", LOOKS_LIKE_A_HOLE)
def test_what_looks_like_a_hole_is_read_as_it_stands(what: str, knowledge: Knowledge) -> None:
    old, new = LOOKS_LIKE_A_HOLE[what]
    line = bare(lab(1, valueQuantity={"value": 3.5, "unit": "mmol/L"}))
    if old not in line:
        line = line.replace(b'"resourceType"', b'"status":"final","resourceType"', 1)
    assert old in line
    odd = line.replace(old, new, 1)
    patients = {"p": [bare(PERSON), odd], "q": [bare(PERSON).replace(b'"p"', b'"q"')]}
    found, expected, cast, alone, _ = both(patients, {}, knowledge)
    assert expected == found
    assert counted(cast) == counted(alone)


def test_a_long_line_is_kept_nowhere(knowledge: Knowledge) -> None:
    evaluator = Evaluator(knowledge, Settings(RUN_DAY))
    castings = Castings(evaluator.fresh, knowledge.pack, lambda _: [], Moulds())
    letter = bare(lab(1, text={"status": "generated", "div": "x" * 30_000}))
    plain, odd = castings.take(castings.sheet(written({"p": [bare(PERSON), letter]})))
    assert (plain.names, odd) == ([], [0])
    assert castings.moulds.cuts and not any(len(text) > 20_000 for text in castings.moulds.cuts)


def test_no_reader_looks_at_what_a_mould_leaves_out(knowledge: Knowledge) -> None:
    """It would be the same for all resources of a mould, whatever it says there."""
    home = Path(readers.__file__).parent
    code = "\n".join(path.read_text(encoding="utf-8") for path in home.glob("*.py"))
    named = {name for name in UNREAD if re.search(rf'"{name}"', code)}
    assert named == {"text", "identifier"}  # of concepts, and of references and Patients
    for resources in bulk.patients(20, seed=3, mishaps=0.05):
        odd = {name: {"text": "x", "value": "y", "status": "z"} for name in sorted(UNREAD)}
        own = [r for r in resources if not r.get("subject", WHOSE)["reference"].endswith("-x")]
        with_ = [{**r, **{k: v for k, v in odd.items() if k not in r}} for r in own]
        a, b = (
            fhir.read(json.dumps({"resourceType": "Bundle", "entry": [{"resource": r} for r in x]})
                      .encode(), "one")
            for x in (own, with_)
        )  # fmt: skip
        assert a == b
