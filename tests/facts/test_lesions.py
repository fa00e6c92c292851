"""Lesions: which event belongs to which, which may be the same, and when the list is closed."""

from __future__ import annotations

import pytest

from bonemets.engine import Engine
from bonemets.facts.lesions import arrange
from bonemets.model import Absent
from facts.worlds import LESIONS, PLACES, code, engine, event, known, moment, record, stated

ALL_QUALITIES = {"lytic", "mixed", "blastic"}


def met(n: int = 1, site: str | None = "t8", **more):
    """A condition "metastasis in bone" with its own id."""
    more.setdefault("key", f"c{n}")
    return event("icd10 C79.51", site=site, where=f"Condition/c{n}", **more)


def structure(key: str, site: str, side: str | None = None):
    return event(
        f"snomed {PLACES[site]}", role="site", at=None, site=site, side=side, key=key,
        where=f"BodyStructure/{key}",
    )  # fmt: skip


def pain(value: str, *, n: int = 1, **more):
    return event("loinc p-1", value, where=f"Observation/o{n}", **more)


def lytic(**more):
    return event("loinc q-1", (code("snomed 111"),), **more)


def blastic(**more):
    return event("loinc q-1", (code("snomed 112"),), **more)


def facts(*events, **more):
    return known(LESIONS, *events, **more)


# --- keys ----------------------------------------------------------------------------------------


def test_a_sited_bone_metastasis_is_a_lesion_by_its_conditions_id():
    found = facts(met(1), met(2, "rib"))
    assert found.lesions == ["c1", "c2"]
    assert found.levels("lesion_site", 0) == {"thoracic_spine"}
    assert found.levels("vertebral_level", 0) == {"t8"}
    assert found.levels("lesion_site", 1) == {"rib"}


def test_one_without_a_site_is_no_lesion():
    assert facts(met(site=None)).lesions == []


def test_a_bone_structure_is_a_lesion_by_its_id():
    assert facts(structure("b1", "t8")).lesions == ["b1"]
    assert facts(structure("b1", "femur")).lesions == ["b1"]
    assert facts(structure("b1", "liver")).lesions == []


def test_two_conditions_that_name_one_body_structure_are_one_lesion():
    found = facts(structure("b1", "t8"), met(1, key="b1"), met(2, key="b1", status="suspected"))
    assert found.lesions == ["b1"]


def test_a_value_belongs_to_the_lesion_that_its_focus_names():
    found = facts(met(1), met(2, "rib"), lytic(key="c1"), blastic(key="c2"))
    assert found.lesions == ["c1", "c2"]
    assert found.levels("lesion_quality", found.lesion("c1")) == {"lytic"}
    assert found.levels("lesion_quality", found.lesion("c2")) == {"blastic"}


def test_a_focus_on_something_that_the_record_does_not_hold_is_a_lesion_of_its_own():
    found = facts(met(1), lytic(key="elsewhere"))
    assert found.lesions == ["c1", "elsewhere"]
    assert found.levels("lesion_quality", found.lesion("c1")) == ALL_QUALITIES


def test_a_focus_on_another_condition_is_no_bone_lesion():
    """The size or the pain of the primary tumour is not that of a bone lesion."""
    primary = event("icd10 C50.9", where="Condition/p", key="p")
    found = facts(primary, pain("8", key="p"))
    assert found.lesions == []
    alone = facts(met(1), primary, pain("8", key="p"), closed="2026-03-01")
    assert alone.lesions == ["c1"]
    assert alone.state("pain_here", 0) == "none"


def test_without_an_identifier_the_key_is_the_place():
    found = facts(pain("3", site="t8"), pain("4", site="t8", n=2), pain("5", site="t9", n=3))
    assert found.lesions == ["thoracic spine t8", "thoracic spine t9"]
    sides = facts(pain("3", site="rib", side="left"), pain("3", site="rib", side="right", n=2))
    assert sides.lesions == ["left rib", "right rib"]
    assert sides.levels("laterality", 0) == {"left"}


def test_a_place_counts_as_one_or_more_and_an_identifier_as_one():
    found = facts(met(1), pain("3", site="rib"))
    assert [not x.identified for x in found.one.placed.lesions] == [False, True]


def test_a_value_at_a_place_is_the_span_of_the_newest_reports_values():
    old = pain("9", site="rib", at="2026-01-01")
    new = [pain(str(v), site="rib", at="2026-02-01T10:00:00", n=v) for v in (2, 5)]
    assert facts(old, *new).number("pain_here", 0) == (2, 5)


def test_a_place_that_is_no_bone_is_no_lesion_and_its_value_goes_to_none():
    found = facts(met(1), pain("8", site="liver"), closed="2026-03-01")
    assert found.lesions == ["c1"]
    assert found.state("pain_here", 0) == "none"


def test_what_says_nothing_of_lesions_makes_none():
    assert facts(event("loinc x-1", "1", site="t8")).lesions == []


@pytest.mark.parametrize("status", ["planned", "not_done"])
def test_a_plan_or_what_was_not_done_makes_no_lesion(status):
    assert facts(event("snomed 108290001", site="t8", status=status)).lesions == []
    assert facts(event("snomed 108290001", site="t8")).lesions == ["thoracic spine t8"]


def test_the_place_of_a_lesion_does_not_hang_on_its_status_or_on_what_is_said_of_it():
    for status in ("suspected", "denied", "past"):
        found = facts(met(1, status=status))
        assert found.levels("lesion_site", 0) == {"thoracic_spine"}
        assert found.levels("vertebral_level", 0) == {"t8"}
    for value in ("3", Absent("unknown"), (code("snomed 111"),), True):
        found = facts(pain(value, site="t8"))
        assert found.levels("lesion_site", 0) == {"thoracic_spine"}
        assert found.why("lesion_site") == set()


def test_nothing_else_merges():
    """The same vertebra under two identifiers is two lesions, and a third place beside them."""
    found = facts(met(1), met(2), pain("3", site="t8"))
    assert found.lesions == ["c1", "c2", "thoracic spine t8"]


def test_the_case_files_own_ids_are_keys():
    found = facts(
        stated("lesion_status", "confirmed", key="a"), stated("lesion_quality", "lytic", key="b")
    )
    assert found.lesions == ["a", "b"]
    assert found.levels("lesion_quality", found.lesion("a")) == ALL_QUALITIES
    assert found.levels("lesion_quality", found.lesion("b")) == {"lytic"}


def test_sited_codes_speak_only_at_a_bone():
    done = event("snomed 108290001", site="t8", key="c1")
    assert facts(met(1), done).levels("irradiated", 0) == {"yes"}
    femur = event("snomed 108290001", site="femur", key="b1")
    assert facts(structure("b1", "femur"), femur).levels("irradiated", 0) == {"yes"}
    assert facts(met(1), event("snomed 108290001", key="c1")).state("irradiated", 0) == "none"


# --- both sides ----------------------------------------------------------------------------------


def test_both_sides_are_two_lesions():
    found = facts(met(1, "rib", side="both"))
    assert found.lesions == ["c1 left", "c1 right"]
    assert found.levels("laterality", 0) == {"left"}
    assert found.levels("laterality", 1) == {"right"}
    places = facts(pain("3", site="rib", side="both"))
    assert places.lesions == ["left rib", "right rib"]


# --- may be the same -----------------------------------------------------------------------------


def test_a_broader_place_beside_a_narrower_one_may_be_the_same():
    found = facts(pain("3", site="thoracic"), pain("3", site="t8", n=2))
    assert found.groups() == [{"thoracic spine", "thoracic spine t8"}]


def test_a_place_without_a_side_beside_one_with_it_may_be_the_same():
    found = facts(pain("3", site="rib"), pain("3", site="rib", side="left", n=2))
    assert found.groups() == [{"rib", "left rib"}]


def test_a_group_is_all_that_is_connected():
    found = facts(
        pain("3", site="rib"),
        pain("3", site="rib", side="left", n=2),
        pain("3", site="rib", side="right", n=3),
        pain("3", site="t8", n=4),
    )
    assert found.groups() == [{"rib", "left rib", "right rib"}]


def test_different_places_are_not_the_same():
    found = facts(pain("3", site="t8"), pain("3", site="t9", n=2), pain("3", site="rib", n=3))
    assert found.groups() == []


def test_two_identifiers_of_one_place_are_two_lesions_and_of_a_broader_one_may_be_the_same():
    assert facts(met(1), met(2)).groups() == []
    assert facts(met(1), met(2, "thoracic")).groups() == [{"c1", "c2"}]
    assert facts(met(1), pain("3", site="t8")).groups() == [{"c1", "thoracic spine t8"}]


# --- open and closed lists -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("closed", "open_"),
    [
        (None, True),
        ("2026-03-01", False),
        ("2026-02-10", False),
        ("2026-02-09", True),
        ("2026-03-02", True),
    ],
)
def test_a_list_is_closed_by_a_statement_at_or_after_its_last_event_and_not_later_than_the_moment(
    closed, open_
):
    found = facts(met(1, at="2026-02-10"), closed=closed)
    assert found.one.placed.open is open_


def test_a_date_known_in_part_may_lie_after_the_statement_that_closes():
    assert facts(met(1, at="2026-02"), closed="2026-02-10").one.placed.open
    assert not facts(met(1, at="2026-02"), closed="2026-02-28").one.placed.open


def test_later_lesions_do_not_open_a_list():
    found = facts(met(1), met(2, "rib", at="2026-03-05"), closed="2026-03-01")
    assert not found.one.placed.open
    assert found.lesions == ["c1"]


IMAGED = (
    LESIONS
    + """
  whole_skeleton_imaged:
    title: whole skeleton imaged
    type: boolean
    window: P90D
"""
)


def test_a_list_stays_closed_as_long_as_a_whole_skeleton_image_counts():
    old = met(1, at="2025-01-01")
    assert not known(IMAGED, old, closed="2025-12-02").one.placed.open
    assert known(IMAGED, old, closed="2025-12-01").one.placed.open


def test_an_empty_list_can_be_closed():
    assert not facts(closed="2026-03-01").one.placed.open


@pytest.mark.parametrize(
    ("lesions", "closed", "number"),
    [(1, "2026-03-01", (6, 6)), (1, None, None), (2, "2026-03-01", None), (0, "2026-03-01", None)],
)
def test_a_value_without_a_key_belongs_to_a_lesion_only_if_the_list_is_closed_and_holds_one(
    lesions, closed, number
):
    found = facts(*(met(n, "rib") for n in range(lesions)), pain("6"), closed=closed)
    assert len(found.lesions) == lesions
    for j in range(lesions):
        if number is None:
            assert found.state("pain_here", j) == "none"
        else:
            assert found.number("pain_here", j) == number


def test_the_record_is_not_changed_by_its_selection():
    eng: Engine = found_engine()
    made = record([met(1), pain("6")], closed="2026-03-01")
    first = eng.run_one(made, moment())
    before = first.table.lesion.tolist()
    eng.selector.select(first.table, *layout(eng, made))
    assert first.table.lesion.tolist() == before


def found_engine() -> Engine:
    return engine(LESIONS)


def layout(eng: Engine, made):
    return arrange([eng.keys.find(made, moment())]).lesions, moment()


# --- time ----------------------------------------------------------------------------------------


def test_a_lesion_is_there_from_its_first_event_on():
    assert facts(met(1, at="2026-03-02")).lesions == []
    assert facts(met(1, at="2026-03-01")).one.placed.lesions[0].certain
    perhaps = facts(met(1, at="2026-03"))
    assert perhaps.lesions == ["c1"]
    assert not perhaps.one.placed.lesions[0].certain
    assert facts(met(1, at=None)).one.placed.lesions[0].certain


def test_what_is_said_later_does_not_place_a_lesion():
    later = event("loinc p-1", "3", site="t9", key="c1", at="2026-03-05")
    found = facts(met(1, "thoracic"), later)
    assert found.levels("vertebral_level", 0) == {"t8", "t9", "l1"}
    assert found.one.placed.lesions[0].where.level == 0
