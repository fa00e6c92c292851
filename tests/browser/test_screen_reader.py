"""What Orca says of the page, asked with the keyboard alone: the words a synthesiser would get."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from orca import Orca, listening, missing
from served import Served, serving

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serving() as running:
        yield running


@pytest.fixture
def orca(served: Served) -> Iterator[Orca]:
    if packages := missing():
        pytest.skip(f"needs Orca (Debian: apt-get install {' '.join(packages)})")
    if subprocess.run(["pgrep", "-x", "orca"], check=False, capture_output=True).stdout:
        pytest.skip("another Orca is running, which this one would have to end")
    with ExitStack() as stack:
        yield stack.enter_context(listening(served.start))


def heard(said: list[str]) -> str:
    """All of it as one text, without full stops, which hang on what follows."""
    return " | ".join(x.rstrip(".") for x in said)


def test_a_case_is_filled_in_by_ear(orca: Orca) -> None:
    """A level, a yes, and a number in the wrong unit: what is asked, and what follows from it."""
    orca.until("b", "Start an empty case")
    orca.press("Return", quiet=5)
    page = heard(orca.read())
    assert "New case | heading level 1" in page
    assert "Age years | entry" in page
    assert "Not assessed for bone metastasis | heading level 2" in page

    orca.until("c", "Cancer combo box")
    orca.press("Insert+a")  # focus mode: arrows choose
    assert "current" in heard(orca.press("Down"))
    orca.wait("Updated. No alert is certain")
    orca.press("Insert+a")
    orca.until("b", "Nerves, legs, bladder and bowel")
    assert "expanded" in heard(orca.press("Return"))
    group = heard(orca.press("Tab"))
    assert "Is there weakness in an arm or a leg? Weakness of a limb panel" in group
    assert "Not asked | selected radio button" in group
    orca.press("Insert+a")
    assert "Not known | selected radio button" in heard(orca.press("Up"))
    assert "No | selected radio button" in heard(orca.press("Up"))
    assert "Yes | selected radio button" in heard(orca.press("Up"))
    said = orca.wait("Updated. What needs action now, and by when")
    assert "Today: Signs of spinal cord compression" in said
    orca.press("Insert+a")

    orca.until("b", "Calcium and its symptoms")
    orca.press("Return")
    field = heard(orca.press("Tab"))
    assert "Total calcium entry" in field
    assert "in mmol/L or mg/dL: the unit stands behind it" in field
    orca.type("11.2")
    fault = orca.wait("Not taken, until it is mended: Total calcium")
    assert "Is it in mg/dL? Then choose that unit" in fault
    assert "Unit of total calcium combo box | mmol/L" in heard(orca.press("Tab"))
    again = heard(orca.press("shift+Tab"))
    assert "invalid entry" in again


def test_a_calculator_says_its_result_in_one_sentence(orca: Orca) -> None:
    orca.until("k", "Spinal Instability Neoplastic Score")
    orca.press("Return", quiet=5)
    assert "Spinal Instability Neoplastic Score heading level 1" in heard(orca.press("h"))
    orca.until("c", "Lytic or blastic combo box")
    orca.press("Insert+a")
    orca.press("Down")
    result = orca.wait("Updated. SINS")
    orca.settle(3)
    said = orca.lines()[orca.before :]
    assert "SINS 2 to 18 of 18" in result
    assert "Missing: " in result
    assert "lytic (bone lost)" in heard(said)
    assert len(said) <= 3  # not every piece of a table


def test_the_present_view_says_first_what_needs_action(orca: Orca) -> None:
    orca.until("b", "Cord compression prostate")
    orca.press("Return", quiet=6)
    orca.until("b", "Present")
    orca.press("Return", quiet=8)
    heads = [heard(orca.press("h")) for _ in range(5)]
    assert "cord_compression_prostate.yaml heading level 1" in heads[0]
    assert "What needs action now, and by when heading level 2" in heads[1]
    assert "Today: Signs of spinal cord compression heading level 3" in heads[2]
    orca.until("shift+h", "Today: Signs of spinal cord compression")
    below = heard([x for _ in range(8) for x in orca.press("Down")])
    assert below.index("Due 2026-03-10 10:20") < below.index("At once")
    assert below.index("At once") < below.index("Call the cord compression")
    assert "Bone lesions heading level 2" in heard(orca.until("h", "Bone lesions"))
    orca.until("h", "Plan, in its order")


def test_the_leaflet_says_whom_to_call_before_anything_else(orca: Orca) -> None:
    orca.until("b", "Cord compression prostate")
    orca.press("Return", quiet=6)
    orca.until("b", "Patient's leaflet")
    orca.press("Return", quiet=8)
    said = heard(orca.read())
    call = said.index("Call now | heading level 2")
    assert call < said.index("The emergency number")
    assert said.index("The emergency number") < said.index("Signs that must not wait")
