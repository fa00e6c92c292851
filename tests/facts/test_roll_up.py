"""The patient's bone metastasis: rolled up from its lesions and from statements without a site."""

from __future__ import annotations

import pytest

from bonemets.model import Absent
from facts.worlds import LESIONS, event, known, stated

EVERY = {"confirmed", "suspected", "absent"}


def met(status: str = "stated", at: str | None = "2026-01-01", site: str | None = None, n: int = 1):
    """A condition "metastasis in bone", with or without its site."""
    return event(
        "icd10 C79.51", status=status, at=at, site=site, key=f"c{n}", where=f"Condition/c{n}"
    )


def bone(*events, **more) -> set[str]:
    return known(LESIONS, *events, **more).levels("bone_metastasis")


def test_silence_is_unknown():
    assert bone() == EVERY
    assert known(LESIONS).state("bone_metastasis") == "none"


@pytest.mark.parametrize("site", [None, "t8"])
@pytest.mark.parametrize(
    ("status", "left"),
    [("stated", {"confirmed"}), ("suspected", {"suspected"})],
)
def test_one_statement_decides_with_or_without_a_site(site, status, left):
    facts = known(LESIONS, met(status, site=site))
    assert facts.levels("bone_metastasis") == left
    assert facts.state("bone_metastasis") == "sure"


def test_confirmed_if_any_is_however_old():
    assert bone(met(site="t8", at="2020-01-01"), met("suspected", n=2)) == {"confirmed"}
    assert bone(met(at="2020-01-01"), met("suspected", site="t8", n=2)) == {"confirmed"}


def test_a_refuted_statement_without_a_site_says_absent():
    facts = known(LESIONS, met("denied"))
    assert facts.levels("bone_metastasis") == {"absent"}
    assert facts.state("bone_metastasis") == "sure"


def test_absent_without_a_date_stands_where_nothing_affirms():
    assert bone(met("denied", at=None)) == {"absent"}
    assert bone(met("denied", at=None), met()) == {"confirmed", "absent"}


@pytest.mark.parametrize("site", [None, "t8"])
def test_absent_only_by_a_statement_later_than_all_others(site):
    assert bone(met(site=site), met("denied", at="2026-02-01", n=2)) == {"absent"}
    assert bone(met(site=site), met("denied", at="2025-12-01", n=2)) == {"confirmed"}
    assert bone(met("suspected", site=site), met("denied", at="2026-02-01", n=2)) == {"absent"}
    assert bone(met("suspected", site=site), met("denied", at="2025-12-01", n=2)) == {"suspected"}


def test_where_the_order_is_not_known_both_are_left():
    assert bone(met(at="2026-01-01"), met("denied", at="2026-01", n=2)) == {"confirmed", "absent"}
    assert bone(met(at="2026-01"), met("denied", at="2026-01-05", n=2)) == {"confirmed", "absent"}
    hour = met(at="2026-01-01T10:00:00"), met("denied", at="2026-01-01T10:00:00", n=2)
    assert bone(*hour) == {"confirmed"}


def test_a_refutation_with_a_site_speaks_of_that_lesion_only():
    facts = known(LESIONS, met("denied", site="t8"))
    assert facts.levels("bone_metastasis") == EVERY
    assert facts.levels("lesion_status", facts.lesion("c1")) == {"excluded"}
    assert bone(met(), met("denied", at="2026-02-01", site="t8", n=2)) == {"confirmed"}


def test_a_refutation_with_a_site_that_is_no_lesion_denies_nothing_else():
    """A code of the roll-up alone (pM1b), with a site."""
    sited = event("snomed 397214008", status="denied", site="rib", key="c9", where="Condition/c9")
    assert bone(met(), sited) == {"confirmed"}
    assert bone(sited) == EVERY


def test_lesions_that_are_excluded_affirm_nothing():
    older = met(site="t8", at="2025-01-01")
    later = met("denied", site="t8", at="2026-01-01")
    assert bone(older, later) == EVERY
    assert bone(older, later, met("denied", at="2026-02-01", n=2)) == {"absent"}


def test_a_lesion_of_unknown_nature_leaves_it_open_until_it_is_denied_later():
    pain = event("loinc p-1", "3", at="2026-01-01", site="t8")
    assert bone(pain) == EVERY
    assert bone(pain, met("suspected", at="2025-06-01")) == {"confirmed", "suspected"}
    assert bone(pain, met("denied", at="2025-06-01")) == EVERY
    assert bone(pain, met("denied", at="2026-02-01")) == {"absent"}


def test_an_unreadable_statement_leaves_it_open_beside_what_is_confirmed():
    unknown = event("icd10 C79.51", Absent("its status is unknown"), at="2026-02-01")
    assert bone(unknown) == EVERY
    assert bone(met("suspected"), unknown) == EVERY
    assert bone(met(), unknown) == {"confirmed", "absent"}


def test_a_statement_that_perhaps_counts_settles_nothing():
    assert bone(met(at="2026")) == EVERY
    assert known(LESIONS, met(at="2026")).state("bone_metastasis") == "perhaps"
    assert bone(met("suspected"), met(at="2026", n=2)) == {"confirmed", "suspected"}
    assert bone(met(site="t8", at="2026")) == EVERY


def test_a_lesions_status_that_perhaps_counts_does_not_outdate_a_denial():
    """If the suspicion of this year is still to come, the denial of December is the last word."""
    lesion = met(site="t8", at="2025-11"), met("suspected", site="t8", at="2026")
    assert "absent" in bone(*lesion, met("denied", at="2025-12-15", n=2))
    assert bone(lesion[0], met("denied", at="2025-12-15", n=2)) == {"absent"}


def test_a_case_file_states_it_by_name():
    assert bone(stated("bone_metastasis", "confirmed")) == {"confirmed"}
    assert bone(stated("bone_metastasis", "confirmed|suspected")) == {"confirmed", "suspected"}
    assert bone(stated("bone_metastasis", "absent")) == {"absent"}


def test_a_listed_lesion_counts_as_its_status_says():
    lesion = stated("lesion_status", "suspected", key="a")
    assert bone(lesion) == {"suspected"}
    excluded = stated("lesion_status", "excluded", key="a")
    assert bone(excluded) == EVERY


def test_the_only_lesion_of_a_closed_list_does_not_swallow_a_statement_without_a_site():
    events = met(site="t8"), met("denied", at="2026-02-01", n=2)
    facts = known(LESIONS, *events, closed="2026-02-10")
    assert facts.levels("bone_metastasis") == {"absent"}
    assert facts.levels("lesion_status", 0) == {"confirmed"}


def test_what_comes_later_than_the_moment_is_invisible():
    assert bone(met("denied"), met(at="2026-03-02", n=2)) == {"absent"}
    assert bone(met("denied"), met(at="2026-03-02", site="t8", n=2)) == {"absent"}
