"""Every worked example of the knowledge comes out on the real line."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from bonemets.api import load_pack
from bonemets.pack.check import items_with_examples
from bonemets.pack.load import Pack
from bonemets.proof.examples import Replay
from small_pack import edited, small_pack

PACK = load_pack().pack
ITEMS = [identity for identity, _ in items_with_examples(PACK)]


@pytest.fixture(scope="session")
def pack() -> Pack:
    return PACK


@pytest.fixture(scope="session")
def replay(pack: Pack) -> Replay:
    return Replay(pack)


@pytest.mark.parametrize("identity", ITEMS)
def test_the_examples_of_an_item_come_out(identity: str, pack: Pack, replay: Replay) -> None:
    item = pack.items()[identity]
    failures = [str(f) for example in item.examples for f in replay.one(identity, item, example)]
    assert failures == []


@pytest.mark.parametrize(
    ("given", "condition"),
    [("risk_total: 2", "risk_total >= 2"), ("risk_band: high", "risk_band == high")],
)
def test_an_example_of_a_card_may_give_the_total_or_band_that_only_its_rows_name(
    given: str, condition: str
) -> None:
    text = edited("facts.yaml", 'confusion: "yes", calcium: 3 mmol/L', f'confusion: "yes", {given}')
    text = text.replace("calcium >= 2.6", condition).replace("calcium < 2.6", f"not {condition}")
    card = (small := small_pack({"facts.yaml": text})).cards["facts"]
    (example,) = card.examples
    assert Replay(small).one("facts", card, example) == []
    wrong = replace(example, expect={"rows": [0, 2]})
    assert len(Replay(small).one("facts", card, wrong)) == 1


def test_an_example_says_which_cautions_hold_and_no_other() -> None:
    drug = (small := small_pack()).options["drug"]
    example = drug.examples[0]
    found = [
        len(Replay(small).one("drug", drug, replace(example, given=given, expect=expect)))
        for confusion in ("yes", "no")
        for given in ({**example.given, "confusion": confusion},)
        for expect in ({"cautions": [0]}, {"cautions": []})
    ]
    assert found == [0, 1, 1, 0]


def test_every_item_that_computes_has_examples(pack: Pack) -> None:
    computes = {
        n for n, v in pack.variables.items() if v.formula is not None or v.table_of is not None
    }
    computes |= {*pack.scores, *pack.alerts, *pack.investigations, *pack.options}
    assert computes - set(ITEMS) == set()


def test_every_example_expects_something(pack: Pack) -> None:
    empty = [
        f"{identity}: {example.name}"
        for identity, item in items_with_examples(pack)
        for example in item.examples
        if not example.expect
    ]
    assert empty == []


@pytest.mark.parametrize("kind", ["alerts", "investigations"])
def test_every_rule_is_yes_no_and_unknown_in_its_examples(kind: str, pack: Pack) -> None:
    """A rule whose examples never say no would also pass if it were always yes."""
    for identity, item in getattr(pack, kind).items():
        results = {str(e.expect.get("result")) for e in item.examples}
        assert {"yes", "no", "unknown"} <= results, identity


def test_every_band_of_every_score_is_reached_by_an_example(pack: Pack) -> None:
    for identity, score in pack.scores.items():
        reached: set[str] = set()
        for example in score.examples:
            band = example.expect.get("band")
            reached |= set(band) if isinstance(band, list) else {str(band)}
        assert set(score.any_bands()) <= reached, identity


def test_a_wrong_expectation_is_noticed(pack: Pack, replay: Replay) -> None:
    """The replay can fail: each kind of part is compared."""
    wrong: dict[str, object] = {
        "result": "nothing",
        "total": 17,
        "band": ["stable"],
        "status": "nothing",
        "statuses": ["not_in_scope"],
        "dose": "9 mg",
        "stops": [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        "actions": ["nothing"],
        "rows": [99],
        "missing": ["nothing"],
        "value": "nothing",
        "applies": "perhaps",
        "asked": "perhaps",
        "left_out": "perhaps",
        "begins": "perhaps",
        "not_begun": [99],
        "cautions": [99],
    }
    seen: set[str] = set()
    for identity, item in items_with_examples(pack):
        for example in item.examples:
            for part in set(example.expect) - seen:
                changed = replace(example, expect={part: wrong[part]})
                assert [f.part for f in replay.one(identity, item, changed)] == [part], identity
                seen.add(part)
    assert seen >= {"result", "total", "band", "status", "actions", "missing", "value", "dose"}
