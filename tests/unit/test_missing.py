"""What is missing behind a condition of the patient that looks at lesions."""

from __future__ import annotations

import pytest

from bonemets.api import load_pack
from bonemets.pack.load import Pack
from bonemets.proof.examples import Replay

WHEN = {
    "counted": "count_lesions(pain_at_site) >= 2",
    "every": "all_lesions(pain_at_site)",
    "some": "at_least(2, any_lesion(pain_at_site), all_lesions(pain_at_site), chest_pain)",
    "chosen": "(1 if all_lesions(pain_at_site) else 2) < 2",
}
ALERT = """\
alert: {name}
title: Painful lesions
version: 2026-11-26
urgency: this_week
when: |
  {when}
actions: []
evidence:
  - {{id: bonemets_definitions, confirmation: ours}}
reviewed_by: []
say:
  clinician: Lesions hurt, look at the pain.
  patient: Phone your team this week about the pain.
examples:
  - name: one lesion hurts, the other was not asked for
    given: {{chest_pain: no, lesions: {{complete: yes, list: [{{id: a, pain_at_site: yes}}, {{id: b}}]}}}}
    expect: {{result: unknown, missing: [pain_at_site]}}
    from: arithmetic
"""  # noqa: E501


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    folder = tmp_path_factory.mktemp("knowledge")
    for name, when in WHEN.items():
        text = ALERT.format(name=name, when=when)
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return load_pack(folder).pack


@pytest.mark.parametrize("name", WHEN)
def test_an_open_lesion_variable_is_named(name: str, pack: Pack) -> None:
    [example] = pack.alerts[name].examples
    assert [str(f) for f in Replay(pack).one(name, pack.alerts[name], example)] == []
