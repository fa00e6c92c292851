"""Cancer medicines of a coded record are told as running, and none as if nothing ran."""

from __future__ import annotations

import datetime as dt

import pytest

from bonemets.api import assess, load_pack
from bonemets.model import Levels
from facts.worlds import drug, record, stated

DAY = dt.date(2026, 3, 1)


@pytest.fixture(scope="module")
def knowledge():
    return load_pack()


def assessed(knowledge, primary, *events):
    """Somebody with that primary in bone, whose list of medicines is complete."""
    told = [
        stated("cancer", Levels(frozenset({"current"}))),
        stated("primary_site", Levels(frozenset({primary}))),
        stated("bone_metastasis", Levels(frozenset({"confirmed"}))),
    ]
    made = record([*told, *events], complete=("medications",))
    return assess(made, knowledge, index_date=DAY)


@pytest.mark.parametrize(
    ("primary", "code", "option"),
    [
        ("lung", "atc L01EB04", "targeted_therapy_lung"),  # osimertinib
        ("lung", "rxnorm 1721560", "targeted_therapy_lung"),
        ("lung", "atc L01FD04", "targeted_therapy_lung"),  # trastuzumab deruxtecan
        ("breast", "atc L01EH03", "targeted_therapy_breast_her2"),  # tucatinib
        ("breast", "atc L02BA03", "hormone_therapy_breast"),  # fulvestrant
        ("prostate", "rxnorm 83008", "hormone_therapy_prostate"),  # bicalutamide
        ("kidney", "atc L01EG02", "targeted_therapy_kidney"),  # everolimus
        ("kidney", "atc L01EK01", "targeted_therapy_kidney"),  # axitinib
        ("kidney", "rxnorm 1875534", "immunotherapy"),  # avelumab
        ("thyroid", "atc L01EX22", "targeted_therapy_thyroid"),  # selpercatinib
        ("bladder", "atc L01FX13", "systemic_therapy_bladder"),  # enfortumab vedotin
        ("myeloma", "rxnorm 1721947", "systemic_therapy_myeloma"),  # daratumumab
        ("breast", "rxnorm 39541", "chemotherapy"),  # vinorelbine
    ],
)
def test_what_runs_is_told_as_running(knowledge, primary, code, option):
    found = assessed(knowledge, primary, drug(code))
    assert {x.id: x.runs for x in found.options}[option]
    assert not {x.id: x.runs for x in assessed(knowledge, primary).options}[option]


@pytest.mark.parametrize(
    "code",
    [
        "atc L01EB04",  # osimertinib
        "atc L01FE01",  # cetuximab
        "atc L01XK01",  # olaparib
        "atc L01",  # the class alone
        "atc L02BA03",  # fulvestrant
        "rxnorm 2360539",  # sacituzumab govitecan
        "rxnorm 141704",  # everolimus, which may be for a transplant
    ],
)
def test_nobody_with_a_cancer_medicine_is_asked_as_if_none_ran(knowledge, code):
    def asked(*events):
        steps = assessed(knowledge, "colorectal", *events).steps
        return "cancer_medicine_none_recorded" in {x.id for x in steps}

    assert asked()
    assert not asked(drug(code))


@pytest.mark.parametrize("code", ["rxnorm 1721560", "atc L01FX17", "rxnorm 318341", "atc L01X"])
def test_a_fever_beside_any_cancer_medicine_is_an_alert(knowledge, code):
    fever = stated("fever_reported", True)
    found = {x.id: x.result for x in assessed(knowledge, "lung", drug(code), fever).alerts}
    assert found["fever_on_chemotherapy"] == "yes"
