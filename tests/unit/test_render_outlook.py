"""How far models of outlook lie apart: what is said beneath their chart.

Two models that agree must not be told as all there is while a third, whose group is still open,
may say something else: somebody would take the agreement for knowledge.
"""

from __future__ import annotations

import pytest

from bonemets.renderers.outlook import Bar, disagreement

LONG = Bar("Long", 22.3, 34.0, 45.7, "")
LONGER = Bar("Longer", None, 35.1, None, "")
OPEN_AND_SHORT = Bar("Short", 1.7, None, 5.0, "")
OPEN_AND_WIDE = Bar("Wide", 1.0, None, 50.0, "")
HALF = Bar("Half", 91.0, None, 91.0, "one band has no figure")
NEEDS = Bar("Needs", None, None, None, "not worked out: needs albumin")


@pytest.mark.parametrize(
    ("bars", "said"),
    [
        ([LONG, LONGER], "34 (Long) against 35.1 (Longer)"),
        ([LONGER, NEEDS, LONG], "34 (Long) against 35.1 (Longer)"),
        (
            [LONG, LONGER, OPEN_AND_SHORT],
            "1.7 to 5 (Short, its group still open) against 35.1 (Longer)",
        ),
        ([LONG, OPEN_AND_SHORT], "1.7 to 5 (Short, its group still open) against 34 (Long)"),
        ([LONG, OPEN_AND_WIDE], None),
        ([OPEN_AND_SHORT, OPEN_AND_WIDE], None),
        ([LONG, LONGER, OPEN_AND_WIDE], "34 (Long) against 35.1 (Longer)"),
        ([LONG, HALF], None),
        ([LONG, NEEDS], None),
        ([LONG, LONG], None),
        ([NEEDS], None),
        ([], None),
    ],
)
def test_models_disagree_where_no_group_that_is_still_possible_could_bring_them_together(
    bars: list[Bar], said: str | None
) -> None:
    assert disagreement(bars) == said
