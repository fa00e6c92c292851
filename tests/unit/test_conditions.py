"""Conditions in words, without a patient: nothing of a condition is lost or turned round."""

from __future__ import annotations

import pytest

from bonemets import api
from bonemets.expression import parse
from bonemets.pack.trees import Trees
from bonemets.renderers.conditions import Conditions


@pytest.fixture(scope="module")
def conditions() -> Conditions:
    return Conditions(Trees(api.load_pack().pack))


def said(conditions: Conditions, text: str) -> list[str]:
    tree = parse(text, conditions.trees.symbols, want="boolean", entity="lesion")
    return ["  " * depth + line for depth, line in conditions.points(tree)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("confusion", ["confusion is present"]),
        ("not confusion", ["there is no confusion"]),
        ("platelet_count < 10", ["platelet count is below 10 ×10⁹/L"]),
        ("not platelet_count < 10", ["platelet count is at least 10 ×10⁹/L"]),
        ("10 > platelet_count", ["platelet count is below 10 ×10⁹/L"]),
        ("cancer in {current, suspected}", ["cancer is current or suspected"]),
        ("not cancer in {current, suspected}", ["cancer is past or none known"]),
        ("primary_site != breast", ["primary cancer is not breast"]),
        ("bilsky_grade >= grade_2", ["Bilsky grade of epidural compression is 2 or more"]),
        (
            "confusion and (in_spine or platelet_count < 10)",
            [
                "all of these:",
                "  confusion is present",
                "  any of these:",
                "    the lesion is in the spine",
                "    platelet count is below 10 ×10⁹/L",
            ],
        ),
        (
            "not (confusion and in_spine)",
            ["any of these:", "  there is no confusion", "  the lesion is not in the spine"],
        ),
        (
            "at_least(2, confusion, in_spine, dialysis)",
            [
                "at least 2 of these:",
                "  confusion is present",
                "  the lesion is in the spine",
                "  the patient is on dialysis",
            ],
        ),
    ],
)
def test_a_condition_is_said(conditions: Conditions, text: str, words: list[str]) -> None:
    assert words == said(conditions, text)


@pytest.mark.parametrize("holds", [True, False])
def test_over_lesions_the_words_say_where(conditions: Conditions, holds: bool) -> None:
    text = "any_lesion(in_spine)" if holds else "not any_lesion(in_spine)"
    tree = parse(text, conditions.trees.symbols, want="boolean")
    (_, line), *_ = conditions.points(tree)
    assert line == f"{'at a lesion' if holds else 'at no lesion'}: the lesion is in the spine"


def test_one_line_keeps_the_brackets(conditions: Conditions) -> None:
    text = "confusion and (dialysis or platelet_count < 10)"
    tree = parse(text, conditions.trees.symbols, want="boolean")
    assert conditions.line(tree) == (
        "confusion is present and (the patient is on dialysis or platelet count is below 10 ×10⁹/L)"
    )


def test_every_number_of_a_shipped_condition_is_named_in_its_words(conditions: Conditions) -> None:
    pack = conditions.trees.pack
    seen = 0
    for item in (*pack.alerts.values(), *pack.investigations.values()):
        tree = conditions.trees.of(item)[("when",)]
        words = " ".join(line for _, line in conditions.points(tree))
        for name in conditions.trees.names(tree):
            if conditions.trees.symbols[name].kind in ("number", "date"):
                assert conditions.title(name) in words
                seen += 1
    assert seen > 20
