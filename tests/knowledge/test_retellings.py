"""A reader who saw only an alert's text for patients has told in own words what to do.

This protects people who act on that text alone. They are not to act later than the alert's class
asks, and are to know whom to call; no measure of easy words shows either. Each text was read
without its title, its class and its actions, and what was taken from it stands in
`retellings.yaml`. A text that was changed has not been read: its retelling is then out of date,
and the test fails until the new one has been read, best by somebody who did not write it.
"""

from __future__ import annotations

import re
from hashlib import sha256
from pathlib import Path
from typing import Any, get_args

import pytest

from bonemets.api import load_pack
from bonemets.documents import parse
from bonemets.pack.items import Urgency

PATH = Path(__file__).with_name("retellings.yaml")
RETELLINGS: dict[str, dict[str, Any]] = parse(PATH.read_text(encoding="utf-8"), PATH.name).value
ALERTS = load_pack().pack.alerts
SOONEST_FIRST = get_args(Urgency)
CALLED = re.compile(
    r"cancer team|palliative team|team|doctor|dentist|staff|crisis line"
    r"|emergency number|emergency department"
)


def read_again(name: str) -> str:
    return (
        f"retell {name} anew: have somebody read only its text for patients, and put what they"
        f" took from it into {PATH.name} with text: {hashed(ALERTS[name].say.patient)}"
    )


def hashed(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:12]


def late(name: str, when: str) -> bool:
    """Tell whether somebody who acts at `when` comes later than the alert's class asks."""
    return SOONEST_FIRST.index(when) > SOONEST_FIRST.index(ALERTS[name].urgency)


def unnamed(call: str, text: str) -> set[str]:
    """Give whom a reader would call although the text does not name them."""
    return {who for who in CALLED.findall(call) if who not in text}


def test_nothing_is_retold_that_is_no_alert() -> None:
    assert set(RETELLINGS) - set(ALERTS) == set()


@pytest.mark.parametrize("name", ALERTS)
def test_the_present_text_has_been_retold(name: str) -> None:
    assert name in RETELLINGS, read_again(name)
    assert hashed(ALERTS[name].say.patient) == RETELLINGS[name]["text"], read_again(name)
    assert len(RETELLINGS[name]["retold"]) > 40


@pytest.mark.parametrize("name", RETELLINGS)
def test_a_reader_acts_no_later_than_the_class_asks(name: str) -> None:
    assert not late(name, RETELLINGS[name]["when"])


@pytest.mark.parametrize("name", RETELLINGS)
def test_a_reader_knows_whom_to_call(name: str) -> None:
    call = RETELLINGS[name]["call"]
    assert CALLED.search(call)
    assert unnamed(call, ALERTS[name].say.patient) == set()


def test_a_reader_who_would_come_late_or_call_nobody_is_noticed() -> None:
    assert SOONEST_FIRST[0] == "now"
    assert SOONEST_FIRST[-1] == "next_visit"
    assert late("cord_compression_suspected", "within_24_hours")
    assert not late("cord_compression_suspected", "now")
    assert unnamed("cancer team", "Your cancer doctors should see you.") == {"cancer team"}
    assert not CALLED.search("nobody")
