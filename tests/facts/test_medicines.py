"""Medicines (pick `active`): what runs at the index moment (1 March 2026, end of day).

`tablet` has a window of 90 days (from 1 December 2025).
Of `depot` one dose lasts 26 weeks (from 31 August 2025).
"""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from bonemets.api import load_pack
from bonemets.model import Absent
from facts.worlds import (
    BOTH,
    Known,
    drug,
    event,
    given,
    known,
    later,
    medicine,
    moment,
    record,
    stated,
)

MEDICINES = """
  tablet:
    title: tablet
    type: boolean
    window: P90D
    pick: active
    past: "no"
    complete_with: medications
    codes: [{as: drug, rxnorm: ["1"]}]
  depot:
    title: depot
    type: boolean
    window: P90D
    pick: active
    lasts: P26W
    past: "no"
    complete_with: medications
    codes: [{as: drug, rxnorm: ["2"]}]
"""
YES, NO = {"yes"}, {"no"}


def tablet(at: str | None = "2026-01-01", **more):
    return drug("rxnorm 1", at=at, **more)


def facts(*events, listed: bool = False):
    return known(MEDICINES, *events, complete=("medications",) if listed else ())


# --- it runs -------------------------------------------------------------------------------------


def test_a_period_that_covers_the_moment_runs():
    assert facts(tablet("2024-01-01", end="2026-06-01")).levels("tablet") == YES
    assert facts(tablet("2024-01-01", end="2026-03-01T23:59:59")).levels("tablet") == YES


def test_a_period_that_may_cover_the_moment_perhaps_runs():
    ends_today = facts(tablet("2024-01-01", end="2026-03-01"))
    starts_this_month = facts(tablet("2026-03", end="2026-06-01"))
    assert ends_today.levels("tablet") == starts_this_month.levels("tablet") == BOTH
    assert ends_today.state("tablet") == starts_this_month.state("tablet") == "perhaps"


def test_an_open_end_runs_as_long_as_the_last_mention_is_in_the_window():
    edge = tablet("2020-01-01", said="2025-12-01T23:59:59")
    assert facts(edge).levels("tablet") == YES
    assert edge.mentioned is not None
    earlier = replace(edge, mentioned=(edge.mentioned[0] - 1, edge.mentioned[1] - 1))
    assert facts(earlier).levels("tablet") == BOTH
    assert facts(earlier).state("tablet") == "perhaps"


def test_without_a_mention_of_its_own_the_start_is_the_mention():
    assert facts(tablet("2026-01-01")).levels("tablet") == YES
    assert facts(tablet("2025-06-01")).levels("tablet") == BOTH


def test_an_open_end_mentioned_years_ago_perhaps_runs_and_is_on_the_list():
    for listed in (False, True):
        old = facts(tablet("2015-01-01"), listed=listed)
        assert old.levels("tablet") == BOTH
        assert old.state("tablet") == "perhaps"


def test_a_given_dose_acts_as_long_as_it_lasts():
    dose = given("rxnorm 2", at="2025-08-31T23:59:59")
    assert facts(dose).levels("depot") == YES
    before = replace(later(dose, -1), end=(dose.end[0] - 1, dose.end[1] - 1))
    assert facts(before).state("depot") == "none"
    assert facts(given("rxnorm 2", at="2025-08-31")).levels("depot") == BOTH


def test_an_infusion_over_an_hour_is_a_dose():
    dose = given("rxnorm 2", at="2025-11-01T10:00:00", end="2025-11-01T11:00:00")
    assert facts(dose).levels("depot") == YES


def test_a_dose_of_a_medicine_without_a_length_counts_as_a_mention():
    assert facts(given("rxnorm 1", at="2025-12-02")).levels("tablet") == YES
    assert facts(given("rxnorm 1", at="2025-11-30")).state("tablet") == "none"


def test_only_a_given_dose_lasts_not_an_order():
    """An open order of the last summer perhaps runs; that it still acts is not known."""
    assert facts(drug("rxnorm 2", at="2025-10-01")).levels("depot") == BOTH


def test_the_period_of_an_order_that_is_over_may_still_act_where_doses_last():
    over = drug("rxnorm 2", at="2025-06-01", end="2025-10-01")
    assert facts(over, listed=True).levels("depot") == BOTH
    over = drug("rxnorm 1", at="2025-06-01", end="2025-10-01")
    assert facts(over, listed=True).levels("tablet") == NO


def test_what_begins_later_is_invisible():
    assert facts(tablet("2026-03-02")).state("tablet") == "none"
    assert facts(tablet("2026-03-02"), listed=True).levels("tablet") == NO


def test_an_undated_statement_is_on_the_list_and_perhaps_runs():
    for listed in (False, True):
        undated = facts(tablet(None), listed=listed)
        assert undated.levels("tablet") == BOTH
        assert undated.state("tablet") == "perhaps"


def test_a_case_file_states_it_by_name():
    assert facts(stated("tablet", True)).levels("tablet") == YES
    assert facts(stated("tablet", False)).levels("tablet") == NO
    assert facts(stated("tablet", Absent("recorded as unknown"))).levels("tablet") == BOTH


# --- it does not ---------------------------------------------------------------------------------


def test_what_was_stopped_in_the_window_is_no():
    assert facts(tablet("2025-01-01", status="past", end="2026-01-15")).levels("tablet") == NO
    assert facts(tablet("2025-01-01", status="past", said="2026-01-15")).levels("tablet") == NO
    assert facts(tablet("2026-01-15", status="denied")).levels("tablet") == NO


def test_a_stop_before_the_window_says_nothing_any_more():
    long_ago = tablet("2024-01-01", status="past", end="2025-06-01")
    assert facts(long_ago).state("tablet") == "none"
    assert facts(long_ago, listed=True).levels("tablet") == NO


def test_a_later_stop_contradicts_a_mention():
    mention, stop = tablet("2026-01-10"), tablet("2025-01-01", status="past", end="2026-01-20")
    assert facts(mention, stop).levels("tablet") == BOTH
    earlier = tablet("2025-01-01", status="past", end="2026-01-05")
    assert facts(mention, earlier).levels("tablet") == YES


def test_a_stop_of_the_same_day_contradicts_too():
    mention, stop = tablet("2026-01-10T08:00:00"), tablet("2026-01-10", status="denied")
    assert facts(mention, stop).levels("tablet") == BOTH


def test_a_denial_or_stop_of_the_same_second_contradicts_too():
    mention = tablet("2026-01-10T08:00:00")
    for status in ("denied", "past"):
        assert facts(mention, tablet("2026-01-10T08:00:00", status=status)).levels("tablet") == BOTH
        earlier = tablet("2026-01-10T07:59:59", status=status)
        assert facts(mention, earlier).levels("tablet") == YES


def test_a_stop_leaves_open_what_an_older_order_without_end_says():
    order, stop = tablet("2020-01-01"), tablet("2025-01-01", status="past", end="2026-01-20")
    assert facts(order, stop).levels("tablet") == BOTH


def test_what_is_over_later_than_the_moment_may_still_run():
    """The end may be a planned one, and the status is of the day when the record was written."""
    retrospect = facts(tablet("2026-01-01", status="past", end="2026-05-01"), listed=True)
    assert retrospect.levels("tablet") == BOTH


def test_a_medicine_that_was_stopped_may_still_act_where_doses_last():
    """Denosumab stopped in January may have been given in January."""
    stopped = drug("rxnorm 2", at="2025-01-01", status="past", end="2026-01-15")
    assert facts(stopped).levels("depot") == BOTH
    assert facts(stopped, listed=True).levels("depot") == BOTH
    long_ago = drug("rxnorm 2", at="2024-01-01", status="past", end="2025-06-01")
    assert facts(long_ago).state("depot") == "none"
    assert facts(long_ago, listed=True).levels("depot") == NO


def test_an_end_without_a_date_leaves_open_only_what_may_still_act():
    over = tablet(None, status="past")
    assert facts(over).state("tablet") == "none"
    assert facts(over, tablet("2026-02-01")).levels("tablet") == YES
    assert facts(drug("rxnorm 2", at=None, status="past"), listed=True).levels("depot") == BOTH


def test_a_dose_still_acts_after_the_medicine_was_stopped_but_not_against_a_denial():
    dose = given("rxnorm 2", at="2026-01-05")
    stopped = drug("rxnorm 2", at="2025-01-01", status="past", end="2026-01-15")
    assert facts(dose, stopped).levels("depot") == YES
    denied = drug("rxnorm 2", at="2026-02-01", status="denied")
    assert facts(dose, denied).levels("depot") == BOTH


@pytest.mark.parametrize("status", ["planned", "not_done"])
def test_a_plan_or_an_order_on_hold_or_a_dose_not_given_is_not_active(status):
    assert facts(tablet("2026-01-10", status=status)).state("tablet") == "none"
    assert facts(tablet("2026-01-10", status=status), listed=True).levels("tablet") == NO
    assert facts(tablet("2026-01-01"), tablet("2026-01-10", status=status)).levels("tablet") == YES


def test_a_suspected_or_unreadable_statement_leaves_it_open():
    for one in (tablet(status="suspected"), tablet(value=Absent("its status is unknown"))):
        for listed in (False, True):
            assert facts(one, listed=listed).levels("tablet") == BOTH
        assert facts(one, tablet("2026-02-01")).levels("tablet") == YES
        assert facts(one, tablet("2026-02-01", status="denied")).levels("tablet") == BOTH


def test_an_observation_about_the_medicine_is_not_about_taking_it():
    assert facts(event("rxnorm 1")).state("tablet") == "none"


# --- strength ------------------------------------------------------------------------------------

STRENGTHS = medicine(
    "high",
    "atc: [M05BX04], dose: {from: 120, to: 120, unit: mg}",
    "atc: [M05BX04], dose: {absent: true}, stated: unknown",
) + medicine("low", "atc: [M05BX04], dose: {from: 60, to: 60, unit: mg}")


@pytest.mark.parametrize("amount", ["120 mg", "0.12 g", "120 milligram", "120000 ug"])
def test_a_strength_decides_between_variables_whatever_its_unit(amount):
    found = known(STRENGTHS, drug("atc M05BX04", amount), complete=("medications",))
    assert found.levels("high") == YES
    assert found.levels("low") == NO


@pytest.mark.parametrize("amount", [None, "1.7 mL", "1"])
def test_a_strength_that_is_not_told_in_mass_is_absent(amount):
    found = known(STRENGTHS, drug("atc M05BX04", amount), complete=("medications",))
    assert found.levels("high") == BOTH
    assert found.levels("low") == NO


@pytest.fixture(scope="module")
def ours():
    return load_pack().engine


@pytest.mark.parametrize("amount", [None, "70 mg"])
@pytest.mark.parametrize("complete", [(), ("medications",)])
def test_denosumab_of_an_unknown_dose_keeps_both_doses_open(ours, amount, complete):
    made = record([drug("atc M05BX04", amount)], complete=complete)
    found = Known(ours.run_one(made, moment()))
    assert found.levels("denosumab_dose_unknown_current") == YES
    assert found.levels("denosumab_120mg_current") == BOTH
    assert found.levels("denosumab_60mg_current") == BOTH
    assert found.output("antiresorptive_60mg_or_yearly") == (True, True)


def test_zoledronic_acid_of_an_unknown_dose_may_be_the_yearly_one(ours):
    made = record([drug("atc M05BA08")], complete=("medications",))
    found = Known(ours.run_one(made, moment()))
    assert found.levels("zoledronic_acid_yearly_current") == BOTH
    assert found.output("antiresorptive_60mg_or_yearly") == (True, True)


@pytest.mark.parametrize(
    ("name", "code", "levels"),
    [
        ("chemotherapy_current", "L01CD02", YES),  # docetaxel
        ("chemotherapy_current", "L01XA02", YES),  # carboplatin
        ("chemotherapy_current", "L01XX41", YES),  # eribulin
        ("chemotherapy_current", "L01FD01", NO),  # trastuzumab
        ("chemotherapy_current", "L01FF02", NO),  # pembrolizumab
        ("chemotherapy_current", "L01EF01", NO),  # palbociclib
        ("chemotherapy_current", "L01FD04", BOTH),  # trastuzumab deruxtecan
        ("chemotherapy_current", "L01FX17", BOTH),  # sacituzumab govitecan
        ("chemotherapy_current", "L01XX52", BOTH),  # venetoclax, in a mixed group
        ("chemotherapy_current", "L01XX69", YES),  # lurbinectedin
        ("chemotherapy_current", "L01", BOTH),  # the class alone
        ("chemotherapy_current", "L01X", BOTH),
        ("chemotherapy_current", "L01E", NO),  # kinase inhibitors, whichever
        ("anticancer_medicine_current", "L01X", YES),
        ("driver_gene_medicine_current", "L01E", BOTH),
        ("driver_gene_medicine_current", "L01FX", BOTH),
        ("immune_checkpoint_inhibitor", "L01F", BOTH),
        ("immune_checkpoint_inhibitor", "L01B", NO),
        ("morphine_current", "N02A", BOTH),
        ("antibody_drug_conjugate_current", "L01FX13", YES),  # enfortumab vedotin
        ("antibody_drug_conjugate_current", "L01FX35", YES),  # datopotamab deruxtecan
        ("antibody_drug_conjugate_current", "L01FX18", NO),  # amivantamab
        ("driver_gene_medicine_current", "L01EB04", YES),  # osimertinib
        ("driver_gene_medicine_current", "L01ED03", YES),  # alectinib
        ("driver_gene_medicine_current", "L01FX18", YES),  # amivantamab
        ("driver_gene_medicine_current", "L01XX73", YES),  # sotorasib
        ("driver_gene_medicine_current", "L01EX01", NO),  # sunitinib
        ("driver_gene_medicine_current", "L01XE35", BOTH),  # a kinase inhibitor before 2021
        ("antiangiogenic_treatment", "L01EK01", YES),  # axitinib
        ("antiangiogenic_treatment", "L01FG02", YES),  # ramucirumab
        ("antiangiogenic_treatment", "L01EX12", NO),  # larotrectinib
        ("her2_medicine_current", "L01FD04", YES),  # trastuzumab deruxtecan
        ("her2_medicine_current", "L01EH03", YES),  # tucatinib
        ("her2_medicine_current", "L01FE01", NO),  # cetuximab
        ("parp_inhibitor_current", "L01XK52", YES),  # niraparib with abiraterone
        ("abiraterone_current", "L01XK52", YES),
        ("mtor_pi3k_akt_inhibitor_current", "L01EX27", YES),  # capivasertib
        ("mtor_pi3k_akt_inhibitor_current", "L04AH02", NO),  # everolimus after a transplant
        ("myeloma_medicine_current", "L01XG01", YES),  # bortezomib
        ("myeloma_medicine_current", "L01FC01", YES),  # daratumumab
        ("other_hormone_treatment_current", "L02BA03", YES),  # fulvestrant
        ("other_hormone_treatment_current", "L02BA01", NO),  # tamoxifen has its own line
        ("lhrh_agonist_current", "L02AE01", YES),  # buserelin
        ("anticancer_medicine_current", "L01EB04", YES),  # osimertinib
        ("anticancer_medicine_current", "L04AX04", YES),  # lenalidomide
        ("strong_enzyme_inducer_current", "L02BB05", YES),  # apalutamide
        ("immune_checkpoint_inhibitor", "L01FF02", YES),  # pembrolizumab
        ("immune_checkpoint_inhibitor", "L01XC17", YES),  # nivolumab, as coded before 2022
        ("immune_checkpoint_inhibitor", "L01XC33", YES),  # cemiplimab, likewise
        ("immune_checkpoint_inhibitor", "L01FX20", YES),  # tremelimumab
        ("immune_checkpoint_inhibitor", "L01FY02", YES),  # nivolumab with relatlimab
        ("immune_checkpoint_inhibitor", "L01FY03", YES),  # prolgolimab with nurulimab
        ("immune_checkpoint_inhibitor", "L01XC40", YES),  # dostarlimab, as coded before 2022
        ("immune_checkpoint_inhibitor", "L01XC03", NO),  # trastuzumab, as coded before 2022
        ("immune_checkpoint_inhibitor", "L01FX05", NO),  # brentuximab vedotin
        ("nephrotoxic_drug_current", "L04AD02", YES),  # tacrolimus
        ("nephrotoxic_drug_current", "D11AH01", NO),  # tacrolimus as an ointment
        ("nephrotoxic_drug_current", "J02AA01", YES),  # amphotericin B
        ("nephrotoxic_drug_current", "J02AC01", NO),  # fluconazole
        ("nephrotoxic_drug_current", "L01AA06", YES),  # ifosfamide
        ("nephrotoxic_drug_current", "L01AA01", NO),  # cyclophosphamide
        ("nephrotoxic_drug_current", "L04AD03", YES),  # voclosporin
        ("nephrotoxic_drug_current", "J05AF07", BOTH),  # tenofovir
        ("nephrotoxic_drug_current", "V08AB05", BOTH),  # iopromide
        ("nephrotoxic_drug_current", "A02BC01", NO),  # omeprazole
        ("high_dose_methotrexate_current", "L01BA01", BOTH),  # no code tells the dose
        ("high_dose_methotrexate_current", "L04AX03", NO),  # against rheumatism
        ("opioid_current", "R05DA04", YES),  # codeine for cough
        ("opioid_current", "R05DA03", YES),  # hydrocodone for cough
        ("opioid_current", "N02AX06", YES),  # tapentadol
        ("methadone_current", "N07BC05", YES),  # levomethadone
        ("oxycodone_oral_current", "N02AA55", YES),  # with naloxone
        ("oxycodone_oral_current", "N02AA56", YES),  # with naltrexone
        ("codeine_or_dihydrocodeine_current", "N02AJ01", YES),  # dihydrocodeine with paracetamol
        ("tramadol_current", "N02AJ13", YES),  # with paracetamol
        ("nsaid_current", "N02AJ08", YES),  # codeine with ibuprofen
        ("nsaid_current", "N02AJ14", YES),  # tramadol with dexketoprofen
        ("pethidine_current", "N02AG03", YES),  # with an antispasmodic
        ("opioid_without_factor_current", "N02AC03", YES),  # piritramide
        ("opioid_without_factor_current", "N02AX51", YES),  # tilidine with naloxone
        ("opioid_without_factor_current", "N02AA01", NO),  # morphine
        ("opioid_current", "R05DA09", NO),  # dextromethorphan
        ("opioid_current", "R05FA02", BOTH),  # a combination that does not say
    ],
)
def test_a_code_says_what_the_medicine_is(ours, name, code, levels):
    made = record([drug(f"atc {code}")], complete=("medications",))
    assert Known(ours.run_one(made, moment())).levels(name) == levels


@pytest.mark.parametrize(
    ("name", "code", "levels"),
    [
        ("driver_gene_medicine_current", "1721560", YES),  # osimertinib
        ("driver_gene_medicine_current", "2550719", YES),  # sotorasib, a tablet
        ("her2_medicine_current", "2267581", YES),  # trastuzumab deruxtecan, a vial
        ("antibody_drug_conjugate_current", "2360539", YES),  # sacituzumab govitecan, a vial
        ("chemotherapy_current", "2360539", BOTH),
        ("chemotherapy_current", "39541", YES),  # vinorelbine
        ("chemotherapy_current", "6851", BOTH),  # methotrexate, in rheumatism too
        ("chemotherapy_current", "1721560", NO),
        ("immune_checkpoint_inhibitor", "2058826", YES),  # cemiplimab
        ("immune_checkpoint_inhibitor", "1721560", NO),
        ("antiangiogenic_treatment", "1232150", BOTH),  # aflibercept, into the eye too
        ("mtor_pi3k_akt_inhibitor_current", "141704", BOTH),  # everolimus, after a transplant too
        ("myeloma_medicine_current", "1721947", YES),  # daratumumab
        ("other_hormone_treatment_current", "83008", YES),  # bicalutamide
        ("anticancer_medicine_current", "1721560", YES),
        ("anticancer_medicine_current", "318341", YES),  # cetuximab
        ("anticancer_medicine_current", "141704", BOTH),
        ("nephrotoxic_drug_current", "5657", YES),  # ifosfamide
    ],
)
def test_an_ingredient_of_rxnorm_says_what_the_medicine_is(ours, name, code, levels):
    made = record([drug(f"rxnorm {code}")], complete=("medications",))
    assert Known(ours.run_one(made, moment())).levels(name) == levels


def test_an_antibody_beside_chemotherapy_hides_none(ours):
    made = record([drug("atc L01FD01"), drug("atc L01CD01")], complete=("medications",))
    assert Known(ours.run_one(made, moment())).levels("chemotherapy_current") == YES
