"""The definitions on which engines are compared: ours equal the answer key, or no figure counts."""

from __future__ import annotations

from pathlib import Path

import pytest
from peers import key, patients
from peers.run_ours import PACK, alone, many, one, written

from bonemets.api import Knowledge
from bonemets.engine import Engine
from bonemets.pack.check import check
from bonemets.pack.load import HOME, Text, knowledge_files
from small_pack import load

PATIENTS = 150
PERSON = """\
variables: person
title: The person
list:
  birth_date: {title: date of birth, type: date, window: ever, ask: When?}
  sex_at_birth:
    title: sex
    type: level
    levels: [female, male]
    window: ever
    ask: Which?
"""
SCOPE = """\
scope: scope
title: Everybody
version: 2026-11-26
cancer: peers_metastasis
cancer_variable: peers_metastasis
adult: peers_age >= 18
dead: birth_date > index_date
stopped_by: today
careful_by: this_week
summary: []
evidence: [{id: eleven_definitions, confirmation: ours}]
reviewed_by: []
"""


@pytest.fixture(scope="module")
def definitions() -> Knowledge:
    """The pack with two variables like ours that it reads, and our terms."""
    files = [t for t in knowledge_files((HOME,)) if t.name == "terms.yaml"]
    files += [
        Text(0, "scope.yaml", SCOPE.encode()),
        Text(0, "variables/person.yaml", PERSON.encode()),
        *knowledge_files((PACK,)),
    ]
    pack = alone(check(load(files)))
    return Knowledge(pack, Engine.of(pack))


def test_alone_and_in_a_batch_the_definitions_give_what_the_key_gives(
    definitions: Knowledge, tmp_path: Path
) -> None:
    patients.write(tmp_path / "data", PATIENTS)
    wanted = [key.answers(drawn) for drawn in patients.patients(PATIENTS, 1)]
    told = {cell for row in wanted for cell in row[1:]}
    assert None in told and True in told and False in told
    for work in (one, many):
        out = tmp_path / "out.csv"
        written(work(tmp_path / "data", definitions), out)
        assert key.differences(wanted, out) == {}


def test_the_comparison_sees_a_wrong_cell(tmp_path: Path) -> None:
    wanted = [key.answers(drawn) for drawn in patients.patients(20, 1)]
    unmeasured = next(row[0] for row in wanted if row[6] is None)
    out = tmp_path / "out.csv"
    lines = [",".join(("id", *key.COLUMNS))]
    for identity, *cells in wanted:
        shown = ["" if c is None else str(c) for c in cells]
        if identity == unmeasured:
            shown[5] = "false"
        lines.append(",".join((identity, *shown)))
    out.write_text("\n".join(lines), "utf-8")
    assert key.differences(wanted, out) == {"contraindicated: false instead of unknown": 1}
