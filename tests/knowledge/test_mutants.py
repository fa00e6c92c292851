"""Mutants of the knowledge: a threshold moved, a comparison made strict or lenient.

A clause dropped, and/or exchanged.

Each must be noticed by an example of its own item.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

import bonemets
from bonemets.pack.items import (
    Alert,
    Card,
    Handout,
    Interaction,
    Investigation,
    Option,
    Outlook,
    Score,
    Step,
    Variable,
)
from bonemets.pack.load import Pack
from bonemets.proof.mutants import Hunt, Mutant, mutants

OTHERS = "dropped from `primary_site not in {breast, prostate, myeloma, lymphoma}`"
CLAUSE = "is indicated by a clause of its own, so that excluding it here changes nothing"
UPPER_FEMUR = "lesion_site in {femur_head_neck, femur_trochanteric, femur_subtrochanteric}"
EQUIVALENT: dict[str, str] = {
    f"denosumab_skeletal: indicated.2.when: `breast` {OTHERS}": f"breast {CLAUSE}",
    f"denosumab_skeletal: indicated.2.when: `myeloma` {OTHERS}": f"myeloma {CLAUSE}",
    f"before_bone_agent: when: `breast` {OTHERS}": f"breast {CLAUSE}",
    f"before_bone_agent: when: `myeloma` {OTHERS}": f"myeloma {CLAUSE}",
    f"zoledronic_acid_skeletal: indicated.2.when: `breast` {OTHERS}": f"breast {CLAUSE}",
    f"zoledronic_acid_skeletal: indicated.2.when: `myeloma` {OTHERS}": f"myeloma {CLAUSE}",
    f"long_bone_endoprosthesis: indicated.1.when: `femur_head_neck` dropped from `{UPPER_FEMUR}`": (
        "a broken head or neck of the femur is indicated by a clause of its own"
    ),
}
"""Mutants that mean the same as the item, each with the reason."""


MUTABLE = (
    Variable
    | Alert
    | Score
    | Option
    | Investigation
    | Step
    | Interaction
    | Card
    | Outlook
    | Handout
)


@cache
def pack() -> Pack:
    return bonemets.load_pack().pack


@cache
def hunt() -> Hunt:
    return Hunt(pack())


@cache
def mutants_of(identity: str) -> tuple[Mutant, ...]:
    item = pack().items()[identity]
    assert isinstance(item, MUTABLE)
    return tuple(mutants(pack(), item))


def groups() -> list[tuple[str, str]]:
    """Each item with each part of it that has mutants: small enough to run side by side."""
    found: dict[tuple[str, str], None] = {}
    for identity, item in pack().items().items():
        if isinstance(item, MUTABLE):
            for mutant in mutants_of(identity):
                found[identity, part(mutant)] = None
    return list(found)


ALWAYS_CAUTION = ("peripheral_opioid_antagonist", "radiotherapy_prophylactic")
"""Options that are at best with caution: a change of one caution among others changes nothing."""


def part(mutant: Mutant) -> str:
    return ".".join(map(str, mutant.path[:2]))


def is_safety(item: object, where: str) -> bool:
    return isinstance(item, Alert) or where.startswith("contraindicated")


def hunted() -> list[Any]:
    """Every group of an alert or a stop, and of the rest every eighth; all with `--all`."""
    found: list[Any] = []
    for n, (identity, where) in enumerate(groups()):
        if identity in ALWAYS_CAUTION and where.startswith("caution"):
            continue
        quick = is_safety(pack().items()[identity], where) or n % 8 == 0
        marks = () if quick else (pytest.mark.slow,)
        found.append(pytest.param(identity, where, marks=marks))
    return found


@pytest.mark.parametrize(("identity", "where"), hunted())
def test_its_own_examples_notice_every_mutant(
    identity: str, where: str, record_property: Callable[[str, object], None]
) -> None:
    item = pack().items()[identity]
    changed = [m for m in mutants_of(identity) if part(m) == where]
    survivors = [m.name for m in changed if hunt().survives(identity, m)]
    unequal = len(changed) - len(set(survivors) & set(EQUIVALENT))
    what = "alerts and stops" if is_safety(item, where) else "the rest"
    record_property(
        f"mutants of {what} noticed by an item's own examples",
        (unequal - len(set(survivors) - set(EQUIVALENT)), unequal),
    )
    assert [name for name in survivors if name not in EQUIVALENT] == []


def test_the_list_of_equivalent_mutants_is_current() -> None:
    """An entry that is no mutant any more is dead and goes."""
    names = {
        m.name
        for identity, item in pack().items().items()
        if isinstance(item, MUTABLE)
        for m in mutants_of(identity)
    }
    assert set(EQUIVALENT) <= names
