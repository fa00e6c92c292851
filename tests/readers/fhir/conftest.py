"""Small bundles for the tests of the FHIR reader."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from bonemets.errors import Fault, RecordRefused
from bonemets.model import Record
from bonemets.readers.fhir import read

Resource = dict[str, Any]

ANNA: Resource = {"resourceType": "Patient", "id": "anna", "birthDate": "1961-05-20"}


def entries(resources: tuple[Resource, ...]) -> list[Resource]:
    return [r if "resource" in r else {"resource": r} for r in resources]


@pytest.fixture
def read_bundle() -> Callable[..., Record]:
    """Read a Bundle of Anna and these resources; each without a subject is hers."""

    def read_it(*resources: Resource, kind: str = "collection", patient: bool = True) -> Record:
        all_of = (ANNA, *resources) if patient else resources
        bundle = {"resourceType": "Bundle", "type": kind, "entry": entries(all_of)}
        return read(json.dumps(bundle).encode(), "test.json")

    return read_it


@pytest.fixture
def refused() -> Callable[..., Fault]:
    """Give the one fault for which bytes, or resources in a Bundle, are refused."""

    def refuse_it(*given: Any) -> Fault:
        if len(given) == 1 and isinstance(given[0], bytes):
            data = given[0]
        else:
            bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries(given)}
            data = json.dumps(bundle).encode()
        with pytest.raises(RecordRefused) as caught:
            read(data, "test.json")
        (fault,) = caught.value.faults
        assert fault.file == "test.json"
        assert caught.value.__cause__ is None
        return fault

    return refuse_it


@pytest.fixture
def one() -> Callable[..., Any]:
    """Give the one event of a record that is not of the Patient."""

    def only(record: Record) -> Any:
        (event,) = [e for e in record.events if e.role != "variable"]
        return event

    return only
