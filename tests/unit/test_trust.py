"""A line that nobody read may add caution; it never withholds or licenses a treatment alone."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from bonemets.api import Engine, Knowledge, assess
from bonemets.model import Assessment, DoseShown, OptionFinding
from bonemets.pack.gaps import gaps
from bonemets.pack.load import Pack
from bonemets.pack.trees import Trees
from bonemets.pack.trust import licensed, unlicensed
from bonemets.readers.case import read
from small_pack import FILES, edited, small_pack

DAY = 20_000
BASIC, DRUG, OTHER, ALERT = "variables/basic.yaml", "drug.yaml", "other.yaml", "confused.yaml"
STOP = "instead: [other]\n    evidence: [{id: book, at: p. 2, confirmation: read,"
UNREAD = "instead: [other]\n    evidence: [{id: book, at: p. 2, confirmation: unread,"
NOBODY = "evidence: [{id: book, confirmation: unread}]"
SOMEBODY = (
    "evidence: [{id: book, at: p. 9, confirmation: read, seen: {address: x, on: 2026-01-01}}]"
)
DOUBLED = "evidence:\n      - {id: book, at: page 1, confirmation: read,"
HAS_IT = {"metastasis": "confirmed", "cancer": "current", "age": "60 a", "confusion": "no"}


def assessed(pack: Pack, **patient: object) -> Assessment:
    case = {"bonemets": "case/1", "patient": {**HAS_IT, **patient}}
    record = read(json.dumps(case).encode(), "case.yaml", pack, run_day=DAY)
    day = dt.date(1970, 1, 1) + dt.timedelta(DAY)
    return assess(record, Knowledge(pack, Engine.of(pack)), index_date=day, run_date=day)


def option(pack: Pack, identity: str = "drug", **patient: object) -> OptionFinding:
    (found,) = [o for o in assessed(pack, **patient).options if o.id == identity]
    return found


def dose(pack: Pack, **patient: object) -> DoseShown:
    found = option(pack, **patient).dose
    assert found is not None
    return found


# --- stops ---------------------------------------------------------------------------------------


def test_a_stop_that_was_read_contraindicates() -> None:
    found = option(small_pack(), weight="20 kg", drug_current="no")
    assert (found.status, found.statuses) == ("contraindicated", ("contraindicated",))
    assert found.because is None


@pytest.mark.parametrize("confirmation", ["unread", "ours"])
def test_a_stop_that_nobody_read_asks_to_check_first(confirmation: str) -> None:
    text = edited(DRUG, STOP, UNREAD.replace("unread", confirmation))
    found = option(small_pack({DRUG: text}), weight="20 kg", drug_current="no")
    assert found.status == "check_first"
    assert found.because == "unread"
    assert set(found.statuses) == {"contraindicated", "suitable"}
    assert [s.unread for s in found.stops if s.result == "yes"] == [True]


def test_a_faithful_copy_counts_like_the_original() -> None:
    text = edited(DRUG, STOP, UNREAD.replace("unread", "second_hand"))
    assert option(small_pack({DRUG: text}), weight="20 kg").status == "contraindicated"


def test_an_unread_stop_that_does_not_hold_takes_nothing_away() -> None:
    pack = small_pack({DRUG: edited(DRUG, STOP, UNREAD)})
    assert option(pack, weight="40 kg", drug_current="no").status == "suitable"


def test_a_read_stop_beside_an_unread_one_decides() -> None:
    pack = small_pack({DRUG: edited(DRUG, STOP, UNREAD)})
    assert option(pack, weight="20 kg", drug_current="yes").status == "contraindicated"


def test_an_open_stop_waits_for_its_measurement_or_is_routine() -> None:
    pack = small_pack()
    measure = option(pack, drug_current="no")
    assert (measure.status, measure.because, measure.missing) == (
        "check_first",
        "measure",
        ("weight",),
    )
    routine = option(pack, weight="40 kg")
    assert (routine.status, routine.because) == ("check_first", "routine")
    assert routine.missing == ("drug_current",)


def test_a_stop_is_shown_even_where_the_option_is_not_indicated() -> None:
    found = option(small_pack(), metastasis="absent", weight="20 kg", drug_current="no")
    assert found.status == "not_indicated"
    assert [s.text for s in found.stops if s.result == "yes"] == ["too light"]


# --- interactions that name an option ------------------------------------------------------------


CLASH = "clash.yaml"
READ_CLASH = {"effect: wait": "effect: stop", NOBODY: SOMEBODY}


def clash(*changes: str, **patient: object) -> OptionFinding:
    text = edited(CLASH, NOBODY, NOBODY)
    for old in changes:
        text = text.replace(old, READ_CLASH[old])
    known = {"weight": "40 kg", "drug_current": "no", **patient}
    return option(small_pack({CLASH: text}), **known)


def test_an_interaction_that_stops_is_a_stop_of_the_option() -> None:
    found = clash("effect: wait", NOBODY, confusion="yes")
    assert found.status == "contraindicated"
    assert [(s.text, s.interaction) for s in found.stops if s.result == "yes"] == [
        ("They clash.", "clash")
    ]


def test_an_interaction_that_does_not_hold_takes_nothing_away() -> None:
    assert clash("effect: wait", NOBODY, confusion="no").status == "suitable"


def test_an_interaction_that_is_open_is_asked_for() -> None:
    found = clash("effect: wait", NOBODY, confusion="unknown")
    assert found.status == "check_first"
    assert found.missing == ("confusion",)


def test_an_interaction_that_nobody_read_never_contraindicates() -> None:
    found = clash("effect: wait", confusion="yes")
    assert (found.status, found.because) == ("check_first", "unread")


def test_an_interaction_that_makes_wait_is_a_caution() -> None:
    found = clash(confusion="yes")
    assert found.status == "caution"
    assert "clash" in [c.interaction for c in found.cautions if c.result == "yes"]


# --- indications ---------------------------------------------------------------------------------


def test_an_indication_that_nobody_read_leaves_it_unknown() -> None:
    pack = small_pack()
    found = option(pack, "other", calcium="3 mmol/L")
    assert found.status == "unknown"
    assert set(found.statuses) == {"not_indicated", "suitable"}
    assert option(pack, "other", calcium="2 mmol/L").status == "not_indicated"


def test_an_indication_that_was_read_licenses() -> None:
    text = edited(OTHER, f"why: high, {NOBODY}", f"why: high, {SOMEBODY}")
    assert option(small_pack({OTHER: text}), "other", calcium="3 mmol/L").status == "suitable"


# --- formulas behind -----------------------------------------------------------------------------


def pack_with_formula_stop(confirmation: str) -> Pack:
    """The stop rests on `calcium_doubled`, which may also be recorded; its formula is cited so."""
    stop = edited(DRUG, "when: weight < 30", "when: calcium_doubled < 3").replace(
        "{from: 30, below: 60, give: 3 mg}", "{below: 60, give: 3 mg}"
    )
    basic = edited(BASIC, DOUBLED, DOUBLED.replace("read", confirmation)).replace(
        "    formula: calcium * 2\n", "    formula: calcium * 2\n"
    )
    basic = basic.replace(
        "    title: calcium doubled\n    type: number\n    unit: mmol/L\n",
        "    title: calcium doubled\n    type: number\n    unit: mmol/L\n    ask: Doubled?\n",
    )
    return small_pack({DRUG: stop, BASIC: basic})


def test_a_formula_of_ours_behind_a_stop_weakens_it() -> None:
    pack = pack_with_formula_stop("ours")
    found = option(pack, calcium="1 mmol/L", drug_current="no")
    assert (found.status, found.because) == ("check_first", "unread")


def test_the_value_that_the_record_states_does_not_weaken_it() -> None:
    pack = pack_with_formula_stop("ours")
    found = option(pack, calcium_doubled="2 mmol/L", drug_current="no")
    assert found.status == "contraindicated"


def test_a_formula_that_was_read_does_not_weaken_a_stop() -> None:
    pack = pack_with_formula_stop("read")
    assert option(pack, calcium="1 mmol/L", drug_current="no").status == "contraindicated"


def test_a_table_of_names_carries_no_figure() -> None:
    pack = small_pack()
    assert unlicensed(Trees(pack), "grade_is_high") == frozenset()
    assert unlicensed(Trees(pack), "calcium_doubled") == frozenset()
    assert unlicensed(Trees(pack), "risk_total") == {"risk_total"}
    assert unlicensed(Trees(pack), "risk_band") == {"risk_band"}
    assert unlicensed(Trees(pack_with_formula_stop("ours")), "calcium_doubled") == {
        "calcium_doubled"
    }


def test_a_clause_without_citations_of_its_own_stands_on_its_items() -> None:
    read_one = small_pack().options["drug"].indicated[0].evidence
    unread = small_pack().options["drug"].evidence
    assert licensed(read_one, unread)
    assert not licensed(unread, read_one)
    assert licensed((), read_one)
    assert not licensed((), unread)
    assert not licensed((), ())


# --- doses, figures, trust -----------------------------------------------------------------------


def test_a_dose_is_printed_only_when_everything_allows_it() -> None:
    pack = small_pack()
    fine = {"weight": "40 kg", "drug_current": "no"}
    assert dose(pack, **fine).text == "3 mg"
    assert dose(pack, **fine).settled
    assert not dose(pack, **{**fine, "age": "unknown"}).settled
    assert not dose(pack, **{**fine, "drug_current": "unknown"}).settled
    text = FILES[DRUG].replace(
        "at: table 1, confirmation: read", "at: table 1, confirmation: unread"
    )
    unread = dose(small_pack({DRUG: text}), **fine)
    assert not unread.settled
    assert "3 mg" not in unread.text


def test_a_dose_between_two_rows_is_open_and_says_what_it_needs() -> None:
    found = dose(small_pack(), weight=">= 40 kg", drug_current="no")
    assert not found.settled
    assert "3 mg or 4 mg" in found.text
    assert "weight" in found.text


def test_figures_that_nobody_read_are_not_shown() -> None:
    found = option(small_pack(), weight="40 kg", drug_current="no")
    assert [e.what for e in found.effects] == ["pain"]  # of two; the other's was not read
    assert [e.figure for e in found.side_effects] == ["how often: source not read"]


def trust_of(pack: Pack, **patient: object) -> str:
    """The trust of the alert `confused`, which holds."""
    given = {"confusion": "yes", "calcium": "3 mmol/L", **patient}
    (alert,) = [a for a in assessed(pack, **given).alerts if a.id == "confused"]
    assert alert.result == "yes"
    return alert.trust


def test_an_alert_is_trusted_as_its_weakest_link() -> None:
    assert trust_of(small_pack()) == "unread"
    seen = edited(ALERT, f"{NOBODY}\nreviewed_by", f"{SOMEBODY}\nreviewed_by")
    assert trust_of(small_pack({ALERT: seen})) == "read"
    by_risk = seen.replace("and calcium >= 3.0", "and risk_total >= 1")
    assert trust_of(small_pack({ALERT: by_risk}), grade="g3") == "unread"


def test_an_option_is_trusted_as_the_clauses_that_decided_it() -> None:
    seen = edited(OTHER, f"{NOBODY}\nreviewed_by", f"{SOMEBODY}\nreviewed_by")
    found = option(small_pack({OTHER: seen}), "other", calcium="3 mmol/L")
    assert (found.status, found.trust) == ("unknown", "unread")


def test_the_usual_dose_is_not_printed_where_a_caution_makes_it_too_much() -> None:
    less = edited(DRUG, "why: confused, ", "why: Confused, no_usual_dose: yes, ")
    less_dose = small_pack({DRUG: less})
    known = {"weight": "40 kg", "drug_current": "no"}
    shown = dose(less_dose, **known, confusion="yes")
    assert (shown.settled, shown.regimen) == (False, "")
    assert shown.text == "the usual dose is not shown, because a caution holds: Confused"
    assert dose(less_dose, **known).settled
    assert dose(small_pack(), **known, confusion="yes").settled


@pytest.mark.parametrize(
    ("confusion", "text", "either"),
    [
        ("yes", "2 mg", "2 mg; or 3 mg"),
        ("no", "3 mg", "3 mg or 4 mg"),
        (
            "unknown",
            "3 mg; if an open caution holds: 2 mg",
            "3 mg; or 4 mg; if an open caution holds: 2 mg; or 3 mg",
        ),
    ],
)
def test_where_a_caution_asks_for_less_the_smaller_amount_is_printed(
    confusion: str, text: str, either: str
) -> None:
    asks = edited(DRUG, "why: confused, ", "why: Confused, smaller_dose: yes, ")
    rows = (
        "rows: [{from: 30, below: 60, give: 3 mg, less: 2 mg}, {from: 60, give: 4 mg, less: 3 mg}]"
    )
    asks = asks.replace("rows: [{from: 30, below: 60, give: 3 mg}, {from: 60, give: 4 mg}]", rows)
    shown = dose(small_pack({DRUG: asks}), weight="40 kg", drug_current="no", confusion=confusion)
    assert (shown.text, shown.settled, shown.regimen) == (text, True, "weekly")
    open_ = dose(small_pack({DRUG: asks}), drug_current="no", confusion=confusion)
    assert not open_.settled
    between = dose(
        small_pack({DRUG: asks}), weight=">= 40 kg", drug_current="no", confusion=confusion
    )
    assert (between.text, between.settled) == (f"dose open: {either}; needs weight", False)


def test_no_amount_is_printed_where_one_caution_asks_for_less_and_another_for_none() -> None:
    asks = edited(DRUG, "why: confused, ", "why: Confused, smaller_dose: yes, ")
    asks = asks.replace("give: 3 mg", "give: 3 mg, less: 2 mg").replace(
        "give: 4 mg", "give: 4 mg, less: 3 mg"
    )
    asks = asks.replace(
        "dose:\n",
        "  - {when: calcium >= 2.6, why: Too high, no_usual_dose: yes, "
        "evidence: [{id: book, confirmation: unread}]}\ndose:\n",
        1,
    )
    known = {"weight": "40 kg", "drug_current": "no", "confusion": "yes"}
    shown = dose(small_pack({DRUG: asks}), **known, calcium="3 mmol/L")
    assert shown.text == "the usual dose is not shown, because a caution holds: Too high"
    assert dose(small_pack({DRUG: asks}), **known, calcium="2 mmol/L").text == "2 mg"


def test_a_rule_of_ours_is_told_apart_from_a_source_that_nobody_read() -> None:
    told: dict[str, str] = {}
    for confirmation in ("ours", "unread"):
        text = edited(DRUG, STOP, UNREAD.replace("unread", confirmation))
        found = option(small_pack({DRUG: text}), weight="20 kg", drug_current="no")
        (stop,) = [s for s in found.stops if s.result == "yes"]
        told[confirmation] = stop.trust
    assert told == {"ours": "ours", "unread": "unread"}


# --- a row's own sources --------------------------------------------------------------------------

ROWS = "rows: [{from: 30, below: 60, give: 3 mg}, {from: 60, give: 4 mg}]"
ASKS = edited(DRUG, "why: confused, ", "why: Confused, smaller_dose: yes, ")
LINES = {"read": SOMEBODY, "unread": NOBODY, "ours": NOBODY.replace("unread", "ours")}


def rowed(give: str, less: str, table: str) -> Pack:
    """The drug, whose first row gives 3 mg or less by lines of these kinds; "" has none.

    `table` is the kind of line that its table rests on.
    """
    own = f", {LINES[give]}" if give else ""
    own += f", less_{LINES[less]}" if less else ""
    rows = f"rows: [{{from: 30, below: 60, give: 3 mg, less: 2 mg{own}}}, "
    text = ASKS.replace(ROWS, rows + "{from: 60, give: 4 mg, less: 1 mg}]")
    if table != "read":
        text = text.replace("table 1, confirmation: read", f"table 1, confirmation: {table}")
    return small_pack({DRUG: text})


@pytest.mark.parametrize("weight", ["40 kg", "80 kg", ">= 40 kg"])
@pytest.mark.parametrize("confusion", ["yes", "no", "unknown"])
@pytest.mark.parametrize("table", ["read", "unread", "ours"])
@pytest.mark.parametrize("less", ["", "read", "unread", "ours"])
@pytest.mark.parametrize("give", ["", "read", "unread", "ours"])
def test_an_amount_is_shown_only_from_a_row_that_was_read_whatever_its_table(
    give: str, less: str, table: str, confusion: str, weight: str
) -> None:
    shown = dose(rowed(give, less, table), weight=weight, drug_current="no", confusion=confusion)
    read = {
        "3 mg": (give or table) == "read",
        "2 mg": (less or give or table) == "read",
        "4 mg": table == "read",
        "1 mg": table == "read",
    }
    rows = {"40 kg": ["3 mg", "2 mg"], "80 kg": ["4 mg", "1 mg"]}
    usual, smaller = zip(*([rows[weight]] if weight in rows else rows.values()), strict=True)
    may = {"yes": smaller, "no": usual, "unknown": usual + smaller}[confusion]
    first = smaller if confusion == "yes" else usual
    told = any(read[x] for x in first)
    assert {x for x in read if x in shown.text} == {x for x in may if told and read[x]}
    assert shown.settled == (told and weight in rows)
    assert (shown.regimen == "weekly") == (shown.settled and table == "read")
    assert "weekly" not in shown.text


def test_why_an_amount_is_not_shown_is_said_in_its_place() -> None:
    fine = {"weight": "40 kg", "drug_current": "no"}
    for kind, why in (("unread", "its source was not read"), ("ours", "no source gives it")):
        hidden = dose(rowed(kind, "", "read"), **fine, confusion="no")
        assert (hidden.text, hidden.settled) == (f"no dose is shown: {why}", False)
        half = dose(rowed("read", kind, "read"), **fine, confusion="unknown")
        said = f"3 mg; if an open caution holds: an amount that is not shown ({why})"
        assert (half.text, half.settled) == (said, True)
        either = dose(rowed(kind, "", "read"), weight=">= 40 kg", drug_current="no", confusion="no")
        assert (
            either.text == f"dose open: an amount that is not shown ({why}) or 4 mg; needs weight"
        )


def test_an_amount_is_cited_by_its_row_and_how_it_is_given_by_its_table() -> None:
    fine = {"weight": "40 kg", "drug_current": "no", "confusion": "no"}
    own, plain = dose(rowed("read", "", "read"), **fine), dose(rowed("", "", "read"), **fine)
    assert [x.at for x in own.evidence] == ["p. 9"]
    assert [x.at for x in own.regimen_evidence] == ["table 1"]
    assert own.apart
    assert plain.evidence == plain.regimen_evidence == own.regimen_evidence
    assert not plain.apart
    smaller = dose(rowed("", "read", "read"), **{**fine, "confusion": "yes"})
    assert [x.at for x in smaller.evidence] == ["p. 9"]
    both = dose(rowed("", "read", "read"), **{**fine, "confusion": "unknown"})
    assert [x.at for x in both.evidence] == ["table 1", "p. 9"]


def test_a_row_that_was_read_in_a_table_that_was_not_says_no_more_than_its_amount() -> None:
    shown = dose(rowed("read", "", "unread"), weight="40 kg", drug_current="no", confusion="no")
    assert (shown.text, shown.settled) == ("3 mg", True)
    assert shown.regimen == "how it is given is not shown: its source was not read"


def test_gaps_names_the_amounts_that_no_patient_sees() -> None:
    def named(pack: Pack) -> tuple[str, ...]:
        (gap,) = [g for g in gaps(pack) if g.what.startswith("Amounts of doses")]
        return gap.where

    assert named(rowed("", "", "read")) == ()
    assert named(rowed("ours", "read", "read")) == ("drug: row 1",)
    assert named(rowed("read", "unread", "read")) == ("drug: row 1 (less)",)
    assert named(rowed("read", "", "unread")) == ("drug: row 2", "drug: row 2 (less)")
