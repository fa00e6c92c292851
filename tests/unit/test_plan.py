"""The plan: what stands in it, by when, what before what, and what was declined."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from msgspec import structs

from bonemets import load_pack
from bonemets.api import Knowledge, assess
from bonemets.engine import Engine
from bonemets.model import ActionShown, Assessment, DoseShown, PlanEntry
from bonemets.pack.durations import urgency_of
from bonemets.pack.load import Pack
from bonemets.readers.case import read
from bonemets.renderers.board import MEANWHILE, Board
from bonemets.renderers.html import render as to_html
from bonemets.renderers.text import render
from small_pack import FILES, edited, faults_of, small_pack

NOT_YET = DoseShown(text="not yet", settled=False, regimen="", evidence=(), regimen_evidence=())
DAY = 20_500
DRUG, REST, CLASH, CONFUSED = "drug.yaml", "rest.yaml", "clash.yaml", "confused.yaml"
TEST, TODO = "measure.yaml", "actions.yaml"
ILL = {
    "cancer": "current",
    "age": "60 a",
    "metastasis": "confirmed",
    "confusion": "yes",
    "calcium": "3 mmol/L",
    "weight": "40 kg",
    "drug_current": "no",
}


def assessed(pack: Pack, consider: tuple[str, ...] = (), **patient: object) -> Assessment:
    case = {"bonemets": "case/1", "consider": list(consider), "patient": {**ILL, **patient}}
    record = read(json.dumps(case).encode(), "case.yaml", pack, run_day=DAY)
    day = dt.date(1970, 1, 1) + dt.timedelta(DAY)
    return assess(record, Knowledge(pack, Engine.of(pack)), index_date=day, run_date=day)


def by_id(found: Assessment) -> dict[str, PlanEntry]:
    return {x.id: x for x in found.plan}


@pytest.mark.parametrize(
    ("act_by", "expected"),
    [
        ("PT0H", "now"),
        ("PT1H", "now"),
        ("PT4H", "today"),
        ("PT24H", "within_24_hours"),
        ("P1D", "within_24_hours"),
        ("P2D", "this_week"),
        ("P7D", "this_week"),
        ("P8D", "next_visit"),
    ],
)
def test_a_time_to_act_falls_in_its_class(act_by: str, expected: str) -> None:
    assert urgency_of(act_by) == expected


def test_it_holds_what_alerts_ask_for_steps_and_options_that_are_left() -> None:
    found = assessed(small_pack())
    assert [(x.id, x.kind, x.by) for x in found.plan] == [
        ("call_team", "action", "now"),
        ("measure", "investigation", "today"),
        ("rest", "step", "next_visit"),
        ("drug", "option", "next_visit"),
    ]
    drug = by_id(found)["drug"]
    assert (drug.status, drug.why) == ("caution", ("has it",))


def test_what_comes_first_stands_first_and_says_how_long_to_wait() -> None:
    entries = by_id(assessed(small_pack()))
    assert [(x.id, x.wait) for x in entries["rest"].after] == [("measure", "P2D")]
    assert [(x.id, x.wait) for x in entries["drug"].after] == [("rest", None)]


def test_what_begins_soon_still_waits_for_what_comes_before_it() -> None:
    soon = edited(DRUG, "aim: less pain", "aim: less pain\nbegin: now")
    found = assessed(small_pack({DRUG: soon}))
    assert [x.id for x in found.plan][-1] == "drug"
    assert by_id(found)["drug"].by == "this_week"
    without = assessed(small_pack({DRUG: soon, REST: edited(REST, "before: [drug]", "before: []")}))
    assert by_id(without)["drug"].by == "now"


def test_an_option_begins_sooner_where_an_indication_says_so() -> None:
    why = "    why: has it\n"
    sooner = edited(DRUG, why, f"{why}    begin: today\n")
    apart = {REST: edited(REST, "before: [drug]", "before: []")}
    assert by_id(assessed(small_pack({**apart, DRUG: sooner})))["drug"].by == "today"
    other = sooner.replace("metastasis in {confirmed}", "metastasis in {suspected}").replace(
        "contraindicated:\n",
        '  - when: "metastasis in {confirmed}"\n    why: had it\n    evidence: '
        "[{id: book, at: p. 1, confirmation: read, seen: {address: PubMed 1, on: 2026-01-01}}]\n"
        "contraindicated:\n",
    )
    assert by_id(assessed(small_pack({**apart, DRUG: other})))["drug"].by == "next_visit"
    both = edited(
        DRUG,
        "contraindicated:\n",
        '  - when: "metastasis in {confirmed}"\n    why: has it badly\n    begin: today\n'
        "    evidence: [{id: book, at: p. 1, confirmation: read, "
        "seen: {address: PubMed 1, on: 2026-01-01}}]\ncontraindicated:\n",
    )
    entry = by_id(assessed(small_pack({**apart, DRUG: both})))["drug"]
    assert (entry.by, entry.why) == ("today", ("has it badly", "has it"))


def test_what_an_alert_asks_for_keeps_its_time_and_pulls_what_comes_before_it() -> None:
    before = edited(REST, "after: [measure]\nbefore: [drug]\nwait: P2D", "before: [call_team]")
    entries = by_id(assessed(small_pack({REST: before})))
    assert (entries["call_team"].by, entries["rest"].by) == ("now", "now")
    ids = [x.id for x in assessed(small_pack({REST: before})).plan]
    assert ids.index("rest") < ids.index("call_team")


def test_a_step_whose_later_things_are_not_planned_still_stands_in_it() -> None:
    found = assessed(small_pack(), metastasis="absent")
    assert "drug" not in by_id(found)
    assert by_id(found)["rest"].kind == "step"


def test_a_step_that_speaks_of_something_else_is_told_only_where_that_is_planned() -> None:
    tied = small_pack({REST: edited(REST, "wait: P2D", "wait: P2D\nonly_with: [drug]")})
    planned = assessed(tied)
    assert "drug" in by_id(planned)
    assert "rest" in by_id(planned)
    assert "rest" in {x.id for x in planned.steps}
    apart = assessed(tied, metastasis="absent")
    assert "drug" not in by_id(apart)
    assert "rest" not in by_id(apart)
    assert "rest" not in {x.id for x in apart.steps}
    asked = small_pack({REST: edited(REST, "wait: P2D", "wait: P2D\nonly_with: [call_team]")})
    assert "rest" in by_id(assessed(asked, metastasis="absent"))
    assert "rest" not in by_id(assessed(asked, metastasis="absent", confusion="no"))
    unnamed = edited(REST, "wait: P2D", "wait: P2D\nonly_with: [nothing_of_that]")
    assert [f.code for f in faults_of({**FILES, REST: unnamed})] == ["unknown-action"]


def test_a_step_at_a_lesion_is_told_where_what_it_speaks_of_is_planned_there() -> None:
    step = edited(REST, "after: [measure]\nbefore: [drug]\nwait: P2D", "only_with: [measure]")
    step = step.replace("when: confusion", "entity: lesion\nwhen: lesion_status == confirmed")
    test = edited(TEST, "when: not known(calcium)", "entity: lesion\nwhen: lesion_pain")
    pack = small_pack({REST: step, TEST: test})
    listed = [
        {"id": "a", "lesion_status": "confirmed", "lesion_pain": "yes"},
        {"id": "b", "lesion_status": "confirmed", "lesion_pain": "no"},
    ]
    calm = {**ILL, "confusion": "no"}
    case = {"bonemets": "case/1", "patient": calm, "lesions": {"complete": True, "list": listed}}
    record = read(json.dumps(case).encode(), "case.yaml", pack, run_day=DAY)
    day = dt.date(1970, 1, 1) + dt.timedelta(DAY)
    found = assess(record, Knowledge(pack, Engine.of(pack)), index_date=day, run_date=day)
    assert [x.lesions for x in found.plan if x.id == "measure"] == [("a",)]
    assert [x.lesions for x in found.plan if x.id == "rest"] == [("a",)]
    assert [x.lesion for x in found.steps if x.id == "rest"] == ["a"]


def test_a_test_is_due_in_its_time_and_no_later_than_an_alert_asks() -> None:
    soon = edited(TEST, "when: not known(calcium)", "begin: this_week\nwhen: cancer == current")
    assert by_id(assessed(small_pack({TEST: soon}), confusion="no"))["measure"].by == "this_week"
    assert by_id(assessed(small_pack({TEST: soon})))["measure"].by == "today"


def test_a_step_has_a_time_of_its_own_unless_what_follows_is_sooner() -> None:
    alone = edited(REST, "after: [measure]\nbefore: [drug]\nwait: P2D\n", "")
    timed = alone.replace("when: confusion", "begin: this_week\nwhen: confusion")
    assert by_id(assessed(small_pack({REST: alone})))["rest"].by == "next_visit"
    assert by_id(assessed(small_pack({REST: timed})))["rest"].by == "this_week"


ASKS = "  - {do: measure, act_by: PT2H, only_if: confusion}\n"


def test_a_test_is_not_told_again_where_something_asks_for_it_no_later() -> None:
    covered = edited(TEST, "when: not known(calcium)", "beneath: [call_team]\nwhen: confusion")
    without = edited(CONFUSED, ASKS, "")
    found = assessed(small_pack({TEST: covered, CONFUSED: without}), grade="g1")
    assert "measure" not in by_id(found)
    assert "measure" in {x.id for x in found.investigations}
    assert [x.id for x in by_id(found)["rest"].after] == ["call_team"]
    later = {TEST: covered.replace("beneath", "begin: today\nbeneath")}
    later[CONFUSED] = without.replace("PT1H", "P60D")
    assert "measure" in by_id(assessed(small_pack(later), grade="g1"))
    perhaps = small_pack({TEST: covered, CONFUSED: without})
    assert "measure" in by_id(assessed(perhaps))  # the call hangs on the grade, which is open


def test_an_option_is_not_told_where_one_that_stands_for_it_begins_no_later() -> None:
    title = "patient_title: In plain words"
    other = FILES[DRUG].replace("option: drug", "option: second").replace("The drug", "The other")
    other = other.replace(title, "patient_title: Another")
    plain = {"second.yaml": other}
    told = assessed(small_pack(plain))
    assert {"drug", "second"} <= set(by_id(told))
    beneath = other.replace("comfort: yes", "beneath: [drug]\ncomfort: yes")
    found = assessed(small_pack({"second.yaml": beneath}))
    assert "second" not in by_id(found)
    assert "second" in {x.id for x in found.options}
    sooner = beneath.replace("beneath:", "begin: today\nbeneath:")
    assert "second" in by_id(assessed(small_pack({"second.yaml": sooner})))


def test_what_an_alert_asks_for_is_told_once_beside_a_test_that_stands_no_later() -> None:
    covered = edited(TODO, "title: Call the team", "title: Call the team\n    beneath: [measure]")
    alone = CONFUSED, edited(CONFUSED, "  - {do: measure, act_by: PT2H, only_if: confusion}\n", "")
    asked = edited(TEST, "when: not known(calcium)", "begin: now\nwhen: confusion")
    files = {TODO: covered, alone[0]: alone[1]}

    def told(pack: Pack, **patient: object) -> list[str | None]:
        found = assessed(pack, **patient)
        return [x.told_with for a in found.alerts for x in a.actions if x.id == "call_team"]

    soon = small_pack({**files, TEST: asked})
    assert told(soon) == ["Measure calcium"]
    assert "call_team" not in by_id(assessed(soon))
    late = small_pack({**files, TEST: edited(TEST, "when: not known(calcium)", "when: confusion")})
    assert told(late) == [None]
    assert told(
        small_pack({**files, TEST: asked.replace("when: confusion", "when: grade == g3")})
    ) == [None]
    prepares = asked.replace("begin: now", "begin: now\nbefore: [drug]")
    apart = {REST: edited(REST, "before: [drug]", "before: []")}
    assert told(small_pack({**files, **apart, TEST: prepares})) == [None]
    assert told(soon, weight="5 kg") == [None]  # comfort is the only goal


def test_what_stands_for_an_action_is_a_test_that_the_plan_holds() -> None:
    covered = edited(TODO, "title: Call the team", "title: Call the team\n    beneath: [second]")
    alone = edited(CONFUSED, "  - {do: measure, act_by: PT2H, only_if: confusion}\n", "")
    asked = edited(TEST, "when: not known(calcium)", "begin: now\nwhen: confusion")
    second = asked.replace("investigation: measure", "investigation: second")
    second = second.replace("title: Measure calcium", "title: Measure it again")

    def told(beneath: str) -> tuple[list[str | None], bool]:
        other = second.replace("begin: now", f"begin: now{beneath}")
        files = {TODO: covered, CONFUSED: alone, TEST: asked, "second.yaml": other}
        found = assessed(small_pack(files))
        marks = [x.told_with for a in found.alerts for x in a.actions if x.id == "call_team"]
        return marks, "second" in by_id(found)

    assert told("") == (["Measure it again"], True)
    assert told("\nbeneath: [measure]") == (["Measure calcium"], False)


def test_an_alert_does_not_ask_for_what_it_asks_for_otherwise() -> None:
    covered = edited(TODO, "title: Call the team", "title: Call the team\n    beneath: [measure]")
    alert = edited(CONFUSED, "PT1H, unless", "P2D, unless")
    found = assessed(small_pack({TODO: covered, CONFUSED: alert}))
    asked = {x.id: x.told_with for a in found.alerts for x in a.actions}
    assert asked == {"call_team": "Measure calcium", "measure": None}
    assert "call_team" not in by_id(found)
    assert "Call the team" not in render(found)
    assert "call_team" in by_id(assessed(small_pack({TODO: covered})))  # it is due sooner


def test_a_test_told_with_an_alert_is_told_again_only_where_there_is_more_to_say() -> None:
    found = assessed(small_pack())

    def told(found: Assessment) -> tuple[bool, bool]:
        above, _, proposed = render(found).split("IN DETAIL")[0].partition("WHAT WE PROPOSE")
        return "Measure calcium" in above, "- Measure calcium" in proposed

    def changed(**change: object) -> Assessment:
        plan = [structs.replace(x, **change) if x.id == "measure" else x for x in found.plan]
        return structs.replace(found, plan=tuple(plan))

    assert told(found) == (True, False)
    assert told(changed(last="calcium, 3 days ago")) == (True, True)
    assert told(changed(by="now")) == (True, True)
    assert told(changed(lesions=("a",))) == (True, True)


def test_a_test_that_prepares_an_option_stands_with_it_only() -> None:
    asks = edited(TEST, "when: not known(calcium)", "before: [drug]\nwhen: confusion")
    apart = edited(REST, "after: [measure]\nbefore: [drug]\nwait: P2D\n", "")
    files = {TEST: asks, CONFUSED: edited(CONFUSED, ASKS, ""), REST: apart}
    planned = by_id(assessed(small_pack(files)))
    assert [x.id for x in planned["drug"].after] == ["measure"]
    assert "measure" not in by_id(assessed(small_pack(files), metastasis="absent"))


def test_an_interaction_that_makes_wait_orders_the_two() -> None:
    later = edited(CLASH, "between: [drug, weight]", "between: [measure, drug]")
    apart = edited(REST, "before: [drug]", "before: []")
    drug = by_id(assessed(small_pack({CLASH: later, REST: apart})))["drug"]
    assert [(x.id, x.wait) for x in drug.after] == [("measure", "P3D")]
    assert drug.by == "next_visit"


def test_things_that_go_well_together_say_so() -> None:
    text = FILES[CLASH].replace("effect: wait", "effect: together").replace("wait: P3D\n", "")
    text = text.replace("between: [drug, weight]", "between: [drug, call_team]").replace(
        "evidence: [{id: book, confirmation: unread}]",
        "evidence: [{id: book, at: p. 1, confirmation: read, seen: {address: x, on: 2026-01-01}}]",
    )
    entries = by_id(assessed(small_pack({CLASH: text})))
    assert entries["drug"].together == (entries["call_team"].title,)
    assert entries["call_team"].together == ("The drug",)


def test_a_stopped_option_is_declined_with_its_reasons() -> None:
    found = assessed(small_pack(), weight="20 kg")
    assert "drug" not in by_id(found)
    assert [(x.id, x.status, *((o.text, o.trust) for o in x.why)) for x in found.declined] == [
        ("drug", "contraindicated", ("too light", "read"))
    ]


def test_what_is_being_given_goes_on_and_says_so() -> None:
    running = edited(DRUG, "comfort: yes", "runs: [confusion]\ncomfort: yes")
    pack = small_pack({DRUG: running})
    assert by_id(assessed(pack))["drug"].runs
    assert not by_id(assessed(pack, confusion="no", calcium="1 mmol/L"))["drug"].runs
    stopped = assessed(pack, weight="20 kg").declined
    assert [(x.id, x.runs) for x in stopped] == [("drug", True)]


RUNNING = {DRUG: edited(DRUG, "comfort: yes", "runs: [confusion]\ncomfort: yes")}
ASK = "Before the next dose ask whether it is to be given: The drug (given now; contraindicated)"


def test_an_amount_for_who_is_new_to_it_is_not_printed_beside_what_is_taken() -> None:
    new = edited(DRUG, "  by: weight\n", "  by: weight\n  new_to: [confusion]\n")
    assert (
        by_id(assessed(small_pack({DRUG: new}), confusion="no", calcium="1 mmol/L"))["drug"].dose
        == "3 mg"
    )
    assert by_id(assessed(small_pack({DRUG: new})))["drug"].dose is None
    assert by_id(assessed(small_pack()))["drug"].dose == "3 mg"


def test_what_is_given_against_a_stop_is_asked_about_today_with_the_reason() -> None:
    found = assessed(small_pack(RUNNING), weight="20 kg")
    (review,) = [x for x in found.plan if x.kind == "review"]
    assert (review.id, review.by, review.why) == ("drug", "today", ("too light",))
    letter = " ".join(render(found).split())
    assert f"{ASK}: Too light." in letter
    assert "Before the next dose" in to_html(found)
    assert not [x for x in assessed(small_pack(), weight="20 kg").plan if x.kind == "review"]
    assert not [x for x in assessed(small_pack(RUNNING)).plan if x.kind == "review"]


def test_the_scope_says_by_when_what_is_being_given_is_asked_about() -> None:
    alone = {**RUNNING, REST: edited(REST, "before: [drug]", "before: []")}
    sooner = {
        "scope.yaml": edited("scope.yaml", "stopped_by: today", "stopped_by: now").replace(
            "careful_by: this_week", "careful_by: today"
        )
    }
    found = assessed(small_pack({**alone, **sooner}), weight="20 kg")
    assert [x.by for x in found.plan if x.kind == "review"] == ["now"]
    assert by_id(assessed(small_pack({**alone, **sooner})))["drug"].by == "today"


def test_nothing_is_lost_or_doubled_where_what_is_due_now_waits_for_something_later() -> None:
    waits = {CLASH: edited(CLASH, "between: [drug, weight]", "between: [measure, call_team]")}
    found = assessed(small_pack({**waits, **RUNNING}), weight="20 kg", grade="g1")
    assert [(x.id, x.kind, x.by) for x in found.plan] == [
        ("drug", "review", "today"),
        ("measure", "investigation", "today"),
        ("call_team", "action", "now"),
        ("rest", "step", "this_week"),
    ]


def test_it_is_asked_about_also_where_nothing_indicates_it_here() -> None:
    found = assessed(small_pack(RUNNING), weight="20 kg", metastasis="absent")
    assert [(x.id, x.status) for x in found.plan if x.kind == "review"] == [
        ("drug", "not_indicated")
    ]


def test_of_a_class_and_its_medicine_stopped_alike_the_medicine_is_asked_about() -> None:
    whole = edited(DRUG, "option: drug", "option: family").replace("[other]", "[drug]")
    whole = whole.replace("comfort: yes", "runs: [confusion, grade_is_high]\ncomfort: yes")
    found = assessed(small_pack({**RUNNING, "family.yaml": whole}), weight="20 kg")
    assert [x.id for x in found.plan if x.kind == "review"] == ["drug"]
    other = whole.replace("why: too light", "why: Far too light")
    found = assessed(small_pack({**RUNNING, "family.yaml": other}), weight="20 kg")
    assert {x.id for x in found.plan if x.kind == "review"} == {"drug", "family"}


def test_what_is_given_with_a_caution_that_holds_is_looked_at_before_its_next_dose() -> None:
    apart = {REST: edited(REST, "before: [drug]", "before: []")}
    found = assessed(small_pack({**RUNNING, **apart}))
    assert by_id(found)["drug"].by == "this_week"
    letter = " ".join(render(found).split())
    assert (
        "The drug (given now; caution, 3 mg): Before the next dose: Confused. They clash." in letter
    )
    assert "goes on" not in letter  # a caution may ask to hold it
    assert by_id(assessed(small_pack(apart)))["drug"].by == "next_visit"
    waits = assessed(small_pack(RUNNING))  # a rest comes before it, at the next visit
    assert by_id(waits)["drug"].by == "next_visit"


def test_the_cautions_that_hold_stand_beside_an_option_or_else_those_that_may() -> None:
    holds = by_id(assessed(small_pack()))["drug"]
    assert (holds.cautions, holds.cautions_open) == (("confused", "They clash."), ())
    without = {"confusion": "unknown", "calcium": "3 mmol/L"}
    may = by_id(assessed(small_pack(), **without))["drug"]
    assert (may.status, may.cautions, may.cautions_open) == (
        "caution",
        (),
        ("confused", "They clash."),
    )


def test_a_caution_that_holds_is_told_whole_and_one_that_may_in_short() -> None:
    given = assessed(small_pack())
    drug = structs.replace(by_id(given)["drug"], cautions=("On load. Ask first", "Weak kidneys"))
    said = Board(given).plan_words(drug)
    assert "With caution: On load. Ask first. Weak kidneys." in said
    perhaps = structs.replace(drug, cautions=(), cautions_open=drug.cautions)
    assert "With caution if: On load; Weak kidneys." in Board(given).plan_words(perhaps)


def test_every_caution_under_the_next_visit_says_what_it_is_about() -> None:
    def line(**patient: object) -> str:
        letter = " ".join(render(assessed(small_pack(), **patient)).split())
        return letter.partition("AT THE NEXT VISIT")[2].partition("Reasons, and what")[0]

    assert "The drug (caution, 3 mg: confused; They clash)" in line()
    assert "The drug (caution, 3 mg; if: confused; They clash)" in line(confusion="unknown")
    assert "The drug (suitable, 3 mg)" in line(confusion="no", calcium="1 mmol/L")
    given = assessed(small_pack())
    drug = by_id(given)["drug"]

    def brief(*others: dict[str, object]) -> str:
        return Board(given).heads_in_brief([structs.replace(drug, **x) for x in others])

    longer = "Walking and standing hurt here now: ask first"
    said = ("Kidneys: less; slowly. Ask", longer)
    assert brief({"cautions": said}) == (
        "The drug (caution, 3 mg: Kidneys: less; Walking and standing hurt here now)"
    )
    # Of several of which one is chosen: what holds for all of them, and for the one before, once.
    same = {"cautions": (*said, "Heart")}
    assert brief({"cautions": said}, same, {"cautions": (longer,)}) == (
        "The drug (caution, 3 mg: Kidneys: less) or The drug (caution, 3 mg: the same; Heart) or "
        "The drug (caution, 3 mg), each with caution: Walking and standing hurt here now"
    )


def test_what_has_to_be_checked_first_is_named_under_the_next_visit() -> None:
    given = assessed(small_pack())
    drug = structs.replace(by_id(given)["drug"], status="check_first", dose=None)
    option = next(x for x in given.options if x.id == "drug")
    stop = option.cautions[0]

    def brief(*stops: tuple[bool, tuple[str, ...]], **changed: object) -> str:
        open_ = [
            structs.replace(
                stop, text=f"stop {n}", result="unknown", routine=routine, missing=names
            )
            for n, (routine, names) in enumerate(stops)
        ]
        told = structs.replace(given, options=(structs.replace(option, stops=tuple(open_)),))
        first = tuple(x.text for x in open_)
        entry = structs.replace(drug, first=first, **changed)
        return Board(told).heads_in_brief([entry]).removeprefix("The drug ")

    two = ((True, ("calcium",)), (False, ("weight",)))
    assert brief(*two, cautions=()) == "(check first: Weight, Calcium)".lower()
    asked = [(True, (f"answer_{n}",)) for n in range(4)]
    many = [(False, (f"answer_{n}",)) for n in range(6)]
    assert brief(*many, cautions=()) == (
        "(check first: answer 0, answer 1, answer 2, answer 3, 2 more)"
    )
    assert brief((False, ("weight",)), *asked, cautions=("Heart",)) == (
        "(check first: weight, 4 routine questions; caution: Heart)"
    )
    assert brief((True, ("weight", "answer_one")), cautions=()) == (
        "(check first: weight, answer one)"
    )


def test_what_hangs_on_an_open_condition_says_so_in_the_plan_too() -> None:
    given = assessed(small_pack())
    entry = structs.replace(by_id(given)["call_team"], title="splint", only_if="it is broken")
    assert Board(given).entry_head(entry) == "Splint (if it is broken)"


def test_the_plan_sends_to_the_steps_that_stand_with_the_alerts() -> None:
    board = Board(assessed(small_pack()))
    assert {x.id for x in board.a.plan if x.kind == "action"} <= board.listed()
    assert board.steps_above() == "The steps above, by their times: Confusion with high calcium."
    assert not any(stage.asked for stage in board.stages())


def test_whom_to_call_comes_first_of_what_is_due_at_once() -> None:
    board = Board(assessed(small_pack()))
    (alert,) = board.leading
    first = alert.actions[0]
    rest = structs.replace(first, id="rest", title="rest", call=False)
    call = structs.replace(first, id="call", title="call", call=True)
    perhaps = structs.replace(call, id="perhaps", only_if="it bleeds")
    later = structs.replace(call, id="later", act_by="P1D", due=None)
    board.leading = [structs.replace(alert, actions=(rest, perhaps, later, call))]
    board.yes, board.covered = board.leading, {}
    said = [[x.id for x in steps.actions] for steps in board.steps(board.leading[0])]
    assert said == [["call", "rest", "perhaps"], ["later"]]


def test_what_comfort_asks_for_comes_before_whom_to_call() -> None:
    comfort = edited("scope.yaml", "comfort_only: weight < 10", "comfort_only: weight < 50")
    alert = edited(
        CONFUSED, "act_by: PT2H, only_if: confusion", "act_by: PT1H, only_if: weight < 50"
    )
    board = Board(assessed(small_pack({"scope.yaml": comfort, CONFUSED: alert})))
    marks = {x.id: x.comfort for x in board.leading[0].actions}
    assert (marks["measure"], marks["call_team"]) == (True, False)
    first = board.leading[0].actions[0]
    comforts = structs.replace(first, id="comforts", call=False, comfort=True)
    call = structs.replace(first, id="call", call=True, comfort=False)
    board.leading = [structs.replace(board.leading[0], actions=(call, comforts))]
    board.yes, board.covered = board.leading, {}
    assert [x.id for x in board.steps(board.leading[0])[0].actions] == ["comforts", "call"]


def test_what_is_for_comfort_alone_stands_last_where_nobody_told_the_goal() -> None:
    scope = edited("scope.yaml", "comfort_only: weight < 10", "comfort_only: weight < 50")
    alert = edited(
        CONFUSED, "act_by: PT2H, only_if: confusion", "act_by: PT1H, only_if: weight < 50"
    )
    pack = small_pack({"scope.yaml": scope, CONFUSED: alert})

    def said(**patient: object) -> list[tuple[str, bool]]:
        board = Board(assessed(pack, **patient))
        (steps,) = (x for x in board.steps(board.leading[0]) if x.act_by == "PT1H")
        return [(x.id, x.if_comfort) for x in steps.actions]

    assert said(weight="unknown") == [("call_team", False), ("measure", True)]
    assert said(weight="40 kg") == [("measure", False), ("call_team", False)]
    assert said(weight="60 kg") == [("call_team", False)]


LAST_DAYS = {
    "scope.yaml": edited("scope.yaml", "comfort_only: weight < 10", "comfort_only: weight < 10\n"
    "last_days: weight < 50\nlast_days_why: Too late.\nlast_days_not_asked: [drug_current]"),
}  # fmt: skip


def test_in_the_last_days_only_what_is_meant_for_them_is_begun() -> None:
    found = assessed(small_pack(LAST_DAYS))
    assert not {"drug", "rest"} & set(by_id(found))
    assert [(x.id, [o.text for o in x.why]) for x in found.declined] == [("drug", ["Too late."])]
    kept = {
        DRUG: edited(DRUG, "comfort: yes", "comfort: yes\nlast_days: yes"),
        REST: edited(REST, "wait: P2D", "wait: P2D\nlast_days: yes"),
    }
    assert {"drug", "rest"} <= set(by_id(assessed(small_pack({**LAST_DAYS, **kept}))))
    assert {"drug", "rest"} <= set(by_id(assessed(small_pack(LAST_DAYS), weight="60 kg")))
    unknown = assessed(small_pack(LAST_DAYS), weight="unknown")
    assert {"drug", "rest"} <= set(by_id(unknown))


def test_in_the_last_days_what_runs_and_comforts_goes_on() -> None:
    found = assessed(small_pack({**LAST_DAYS, **RUNNING}))
    assert by_id(found)["drug"].runs
    other = {DRUG: RUNNING[DRUG].replace("comfort: yes\n", "")}
    comfort = LAST_DAYS["scope.yaml"].replace(
        "comfort_only: weight < 10", "comfort_only: weight < 50"
    )
    assert "drug" not in by_id(assessed(small_pack({**LAST_DAYS, **other, "scope.yaml": comfort})))


def test_what_is_given_and_does_not_comfort_is_declined_as_talked_over_not_as_stopped() -> None:
    line = "comfort_only: weight < 10\n"
    scope = edited(
        "scope.yaml", line, "comfort_only: weight < 50\ncomfort_running: Talk it over.\n"
    )
    other = {DRUG: RUNNING[DRUG].replace("comfort: yes\n", "")}
    begun = {DRUG: edited(DRUG, "comfort: yes\n", "")}

    def why(files: dict[str, str], scope: str) -> list[tuple[str, bool, list[str]]]:
        found = assessed(small_pack({**files, "scope.yaml": scope}))
        return [(x.id, x.runs, [o.text for o in x.why]) for x in found.declined]

    assert why(other, scope) == [("drug", True, ["Talk it over."])]
    assert why(begun, scope) == [("drug", False, ["Comfort is the only goal."])]
    silent = scope.replace("comfort_running: Talk it over.\n", "")
    assert why(other, silent) == [("drug", True, ["Comfort is the only goal."])]


def test_in_the_last_days_a_stop_of_what_comforts_says_what_it_means_then() -> None:
    def why(running: dict[str, str], weight: str, days: str = "weight < 50") -> tuple[str, ...]:
        scope = LAST_DAYS["scope.yaml"].replace("last_days: weight < 50", f"last_days: {days}")
        scope = scope.replace("Too late.", "Too late.\nlast_days_stopped: It goes on.")
        found = assessed(small_pack({**running, "scope.yaml": scope}), weight=weight)
        (review,) = [x for x in found.plan if x.kind == "review"]
        return review.why

    assert why(RUNNING, "20 kg") == ("too light", "It goes on.")
    assert why(RUNNING, "20 kg", days="weight < 10") == ("too light",)
    other = {DRUG: RUNNING[DRUG].replace("comfort: yes\n", "")}
    assert why(other, "20 kg") == ("too light",)


def test_in_the_last_days_a_stop_that_lets_it_go_on_is_minded_and_stops_nothing() -> None:
    def plan(days: str = "weight < 50", running: dict[str, str] = RUNNING) -> Assessment:
        scope = LAST_DAYS["scope.yaml"].replace("last_days: weight < 50", f"last_days: {days}")
        scope = scope.replace("Too late.", "Too late.\nlast_days_stopped: It goes on.")
        spared = running[DRUG].replace("why: too light\n", "why: too light\n    goes_on: yes\n")
        assert spared != running[DRUG]
        return assessed(small_pack({**running, DRUG: spared, "scope.yaml": scope}), weight="20 kg")

    found = plan()
    drug = by_id(found)["drug"]
    assert (drug.kind, drug.status, drug.runs) == ("option", "caution", True)
    assert drug.cautions[:2] == ("too light", "It goes on.")
    assert "drug" not in {x.id for x in found.declined}
    other = {DRUG: RUNNING[DRUG].replace("comfort: yes\n", "")}
    for held in (plan("weight < 10"), plan(running=other)):
        (review,) = [x for x in held.plan if x.kind == "review"]
        assert review.status == "contraindicated"
        assert "drug" in {x.id for x in held.declined}


def test_in_the_last_days_a_stop_that_nobody_answered_and_that_lets_it_go_on_is_not_asked() -> None:
    scope = LAST_DAYS["scope.yaml"].replace(
        "Too late.", "Too late.\nlast_days_stopped: It goes on."
    )
    spared = RUNNING[DRUG].replace("why: too light\n", "why: too light\n    goes_on: yes\n")
    pack = small_pack({**RUNNING, DRUG: spared, "scope.yaml": scope})
    for weight, other in (("<45 kg", "no"), ("20 kg", "unknown"), ("<45 kg", "unknown")):
        found = assessed(pack, weight=weight, drug_current=other)
        drug = by_id(found)["drug"]
        assert (drug.kind, drug.status, drug.first) == ("option", "caution", ())
        assert [] == [x for x in found.plan if x.kind == "review"]
    (review,) = [
        x for x in assessed(pack, weight="20 kg", drug_current="yes").plan if x.kind == "review"
    ]
    assert "takes it" in review.why
    assert "It goes on." in drug.cautions


def test_in_the_last_days_what_is_given_and_not_needed_is_not_called_for_review() -> None:
    """The stop lets it go on, whether or not the reason for which it was begun still shows."""
    scope = LAST_DAYS["scope.yaml"].replace(
        "Too late.", "Too late.\nlast_days_stopped: It goes on."
    )
    spared = RUNNING[DRUG].replace("why: too light\n", "why: too light\n    goes_on: yes\n")
    pack = small_pack({**RUNNING, DRUG: spared, "scope.yaml": scope})
    for metastasis in ("confirmed", "absent"):
        found = assessed(pack, weight="20 kg", metastasis=metastasis)
        assert [] == [x for x in found.plan if x.kind == "review"]


def test_where_comfort_is_the_only_goal_some_things_are_not_asked() -> None:
    scope = edited("scope.yaml", "comfort_only: weight < 10", "comfort_only: weight < 50")
    spare = scope.replace("weight < 50\n", "weight < 50\ncomfort_not_asked: [drug_current]\n")
    for text, there in ((scope, True), (spare, False)):
        asked = assessed(small_pack({"scope.yaml": text}), drug_current="unknown").questions
        assert ("drug_current" in {x.variable for x in asked}) is there


def test_while_something_urgent_holds_some_things_are_not_asked() -> None:
    line = "comfort_only: weight < 10\n"
    spare = edited("scope.yaml", line, f"{line}urgent_not_asked: [drug_current]\n")
    high = {"calcium": "3.1 mmol/L", "drug_current": "unknown"}
    for confusion, there in (("yes", False), ("no", True)):
        found = assessed(small_pack({"scope.yaml": spare}), confusion=confusion, **high)
        assert ("today" in {a.urgency for a in found.alerts if a.result == "yes"}) is not there
        assert ("drug_current" in {x.variable for x in found.questions}) is there


def test_what_others_decide_is_asked_of_nobody() -> None:
    line = "comfort_only: weight < 10\n"
    spare = edited("scope.yaml", line, f"{line}not_asked: [drug_current, lesion_size]\n")
    for files, there in (({}, True), ({"scope.yaml": spare}, False)):
        found = assessed(small_pack(files), drug_current="unknown")
        assert ("drug_current" in {x.variable for x in found.questions}) is there
    unknown = spare.replace("lesion_size", "nothing_of_that")
    assert [f.code for f in faults_of({**FILES, "scope.yaml": unknown})] == ["unknown-variable"]


def test_in_the_last_days_some_things_are_not_asked() -> None:
    kept = {DRUG: edited(DRUG, "comfort: yes", "comfort: yes\nlast_days: yes")}
    asked = assessed(small_pack(kept), drug_current="unknown").questions
    assert "drug_current" in {x.variable for x in asked}
    asked = assessed(small_pack({**LAST_DAYS, **kept}), drug_current="unknown").questions
    assert "drug_current" not in {x.variable for x in asked}


def test_options_stand_in_the_order_of_the_plan_and_say_when_they_begin() -> None:
    board = Board(assessed(small_pack()))
    full = board.parted_options()[0]
    planned = [board.planned(x) for x in full]
    turns = [board.turn(x) for x in full if not x.considered]
    assert turns == sorted(turns)
    for option, entry in zip(full, planned, strict=True):
        assert (entry is None) == (option.id not in {x.id for x in board.a.plan})
        assert bool(board.begins(option)) == (entry is not None)


def test_a_dose_that_waits_names_the_step_that_holds_meanwhile() -> None:
    given = assessed(small_pack())
    option = next(x for x in given.options if x.id == "drug")
    waits = structs.replace(option, status="check_first", dose=NOT_YET)
    board = Board(given)
    assert board.dose_words(waits) == "Not yet."
    (alert,) = board.leading
    asking = structs.replace(alert.actions[0], means=("drug",))
    board.leading = [structs.replace(alert, actions=(asking,))]
    assert board.dose_words(waits) == f"Not yet. {MEANWHILE}"
    stopped = structs.replace(waits, status="contraindicated")
    assert board.dose_words(stopped) == "Not yet."


def test_an_option_cites_what_decided_it_for_this_patient() -> None:
    sure = by_id(assessed(small_pack(), confusion="no", calcium="1 mmol/L"))["drug"]
    assert [x.at for x in sure.evidence] == ["p. 1", "table 1"]
    careful = by_id(assessed(small_pack()))["drug"]
    assert [x.at for x in careful.evidence][:2] == ["p. 1", None]


def test_what_is_asked_of_the_patient_names_no_lesion() -> None:
    here = edited(CONFUSED, "urgency: today", "entity: lesion\nurgency: today")
    whole = edited(TODO, "title: Call the team", "title: Call the team\n    entity: patient")
    for files, expected in (({CONFUSED: here}, ("a",)), ({CONFUSED: here, TODO: whole}, ())):
        pack = small_pack(files)
        lesions = {"complete": True, "list": [{"id": "a", "lesion_status": "confirmed"}]}
        case = {"bonemets": "case/1", "patient": ILL, "lesions": lesions}
        record = read(json.dumps(case).encode(), "case.yaml", pack, run_day=DAY)
        day = dt.date(1970, 1, 1) + dt.timedelta(DAY)
        found = assess(record, Knowledge(pack, Engine.of(pack)), index_date=day, run_date=day)
        assert by_id(found)["call_team"].lesions == expected


def test_a_smaller_place_stands_first_among_what_begins_then() -> None:
    apart = {REST: edited(REST, "before: [drug]", "before: []")}
    other = edited(DRUG, "option: drug", "option: other").replace("[other]", "[drug]")
    for place, ids in ((9, ["drug", "other"]), (1, ["other", "drug"])):
        text = other.replace("aim: less pain", f"aim: less pain\nplace: {place}")
        plan = assessed(small_pack({**apart, "other.yaml": text})).plan
        assert [x.id for x in plan if x.kind == "option"] == ids


CHOICE = {
    "one": "  - {when: calcium >= 5, why: Too high, evidence: [{id: book, confirmation: unread}]}",
    "two": "  - {when: grade == g3, why: Graded, evidence: [{id: book, confirmation: unread}]}",
    "three": "  - when: confusion\n    why: Confused\n    instead: [four]\n"
    "    evidence: [{id: book, confirmation: unread}]",
    "four": "  - {when: confusion, why: Dazed, evidence: [{id: book, confirmation: unread}]}",
}
"""Options of one choice, each with the caution that may tell them apart."""


def chosen(cautions: dict[str, str], runs: str = "", **patient: object) -> list[str]:
    head, _, rest = FILES[DRUG].partition("caution:\n")
    files = {CLASH: edited(CLASH, "between: [drug, weight]", "between: [measure, weight]")}
    for name, caution in cautions.items():
        text = f"{head}caution:\n{caution}\n{rest[rest.index('dose:') :]}"
        text = text.replace("option: drug", f"option: {name}").replace("instead: [other]\n    ", "")
        if runs:
            text = text.replace("- when: drug_current\n", "- when: weight < 20\n")
        if name == runs:
            text = text.replace("comfort: yes\n", "runs: [drug_current]\ncomfort: yes\n", 1)
        begin = "begin: today\n" if runs else ""
        text = text.replace("aim: less pain\n", f"aim: less pain\n{begin}one_of: drugs\n")
        files[f"{name}.yaml"] = text
    plan = assessed(small_pack(files), **patient).plan
    return [x.id for x in plan if x.one_of]


def test_of_a_choice_what_nothing_speaks_against_stands_first() -> None:
    assert chosen(CHOICE) == ["one", "two", "four", "three"]
    assert chosen(CHOICE, confusion="no")[-1] == "two"


def test_of_a_choice_what_is_given_stands_first_unless_it_would_not_be_begun() -> None:
    given = {"confusion": "yes", "drug_current": "yes"}
    two = {name: CHOICE[name] for name in ("four", "one")}
    assert chosen(two, "four", **given) == ["four", "one"]
    failing = two["four"].replace("why: Dazed", "why: Dazed, not_begun: yes")
    assert chosen(two | {"four": failing}, "four", **given) == ["one", "four"]
    given["confusion"] = "no"
    assert chosen(two | {"four": failing}, "four", **given) == ["four", "one"]


def test_a_test_says_when_it_was_last_done() -> None:
    text = edited("measure.yaml", "why: It is not known.", "why: Ask.\nlast: start_date")
    given = {"calcium": "unknown", "start_date": "2026-01-01"}
    assert by_id(assessed(small_pack({"measure.yaml": text}), **given))["measure"].last == (
        "start 2026-01-01, 46 days ago"
    )
    assert by_id(assessed(small_pack(), **given))["measure"].last is None


def test_a_test_that_asks_for_more_than_was_done_says_what_is_left() -> None:
    text = edited(TEST, "why: It is not known.", "why: Ask.\nlast: start_date\nstill: the blood")
    pack = small_pack({TEST: text})
    done = assessed(pack, calcium="unknown", start_date="2026-01-01")
    said = "start 2026-01-01, 46 days ago; still to be done: the blood"
    assert by_id(done)["measure"].last == said
    assert f"Last: {said}." in " ".join(render(done).split())
    assert by_id(assessed(pack, calcium="unknown"))["measure"].last is None


def test_an_option_that_waits_says_for_what() -> None:
    entry = by_id(assessed(small_pack(), weight="unknown", drug_current="unknown"))["drug"]
    assert (entry.status, entry.first) == ("check_first", ("too light", "takes it"))


def test_where_comfort_is_the_only_goal_only_what_serves_it_stays() -> None:
    comfort = edited("scope.yaml", "comfort_only: weight < 10", "comfort_only: weight < 50")
    kept = small_pack({"scope.yaml": comfort})
    assert "drug" in by_id(assessed(kept))
    dropped = small_pack({"scope.yaml": comfort, DRUG: edited(DRUG, "comfort: yes\n", "")})
    found = assessed(dropped)
    assert "drug" not in by_id(found)
    assert [(x.id, [o.text for o in x.why]) for x in found.declined] == [
        ("drug", ["Comfort is the only goal."])
    ]
    assert "call_team" in by_id(found)


def test_what_is_not_to_be_begun_now_is_declined_while_its_caution_holds() -> None:
    why = edited(DRUG, "why: confused, ", "why: confused, not_begun: yes, ")
    pack = small_pack({DRUG: why})
    found = assessed(pack, confusion="yes")
    assert "drug" not in by_id(found)
    assert [(x.id, x.status, [(o.text, o.trust) for o in x.why]) for x in found.declined] == [
        ("drug", "caution", [("confused", "unread")])
    ]
    for confusion in ("no", "unknown"):
        left = assessed(pack, confusion=confusion)
        assert ("drug" in by_id(left), left.declined) == (True, ())
    merely = assessed(small_pack(), confusion="yes")
    assert ("drug" in by_id(merely), merely.declined) == (True, ())


def test_what_is_given_already_or_comforts_is_not_declined_for_a_caution() -> None:
    why = edited(DRUG, "why: confused, ", "why: confused, not_begun: yes, ")
    comfort = edited("scope.yaml", "comfort_only: weight < 10", "comfort_only: weight < 50")
    kept = assessed(small_pack({DRUG: why, "scope.yaml": comfort}), confusion="yes")
    assert ("drug" in by_id(kept), kept.declined) == (True, ())
    runs = why.replace("comfort: yes\n", "runs: [drug_current]\ncomfort: yes\n", 1)
    stop = "- when: %s\n    why: %s"
    runs = runs.replace(stop % ("drug_current", "takes it"), stop % ("weight < 20", "thin"))
    given = assessed(small_pack({DRUG: runs}), confusion="yes", drug_current="yes")
    assert [x.id for x in given.declined] == []
    assert [x.id for x in assessed(small_pack({DRUG: runs}), confusion="yes").declined] == ["drug"]


def test_where_comfort_is_the_only_goal_nothing_leads_to_what_is_not_for_it() -> None:
    comfort = edited("scope.yaml", "comfort_only: weight < 10", "comfort_only: weight < 50")
    changed = {"scope.yaml": comfort, DRUG: edited(DRUG, "comfort: yes\n", "")}
    found = assessed(small_pack(changed), calcium="unknown", confusion="yes")
    assert [x.id for x in found.investigations] == ["measure"]
    assert found.plan == ()


def test_what_the_case_asks_for_is_declined_in_words_where_it_is_not_indicated() -> None:
    found = assessed(small_pack(), ("drug",), metastasis="absent")
    assert [(x.id, x.status, x.considered) for x in found.declined] == [
        ("drug", "not_indicated", True)
    ]
    assert assessed(small_pack(), metastasis="absent").declined == ()


def test_nothing_waits_for_itself_by_way_of_another() -> None:
    circle = edited(CLASH, "between: [drug, weight]", "between: [drug, rest]")
    assert [f.code for f in faults_of({**FILES, CLASH: circle})] == ["cycle"]


def test_what_does_not_go_together_is_live_only_where_both_sides_concern_the_patient() -> None:
    clash = edited(CLASH, "between: [drug, weight]", "between: [drug, call_team]")
    found = assessed(small_pack({CLASH: clash}))
    assert [x.live for x in found.interactions if x.id == "clash"] == [True]
    apart = assessed(small_pack({CLASH: clash}), metastasis="absent")
    assert [x.live for x in apart.interactions if x.id == "clash"] == [False]
    assert "The drug with a light body" not in render(apart)
    asked = assessed(small_pack({CLASH: clash}), ("drug",), metastasis="absent")
    assert [x.live for x in asked.interactions if x.id == "clash"] == [True]


def test_what_holds_for_each_of_a_choice_is_said_once() -> None:
    given = assessed(small_pack())
    drug = by_id(given)["drug"]
    one = structs.replace(drug, why=("a", "b"), cautions=("c",), one_of="either")
    other = structs.replace(one, id="other", why=("a", "d"), cautions=("c", "e"))
    board = Board(given)
    assert [x.why for x in board.own([one, other])] == [("b",), ("d",)]
    assert [x.cautions for x in board.own([one, other])] == [(), ("e",)]
    assert board.shared_words([one, other])[:2] == ["A.", "With caution: C."]
    assert board.shared_words([one]) == []


def test_the_letter_tells_what_holds_for_each_of_a_choice_at_the_next_visit() -> None:
    given = assessed(small_pack())
    drug = by_id(given)["drug"]
    assert drug.by == "next_visit"
    one = structs.replace(drug, why=("a",), cautions=("weigh first",), one_of="either")
    other = structs.replace(one, id="other", title="the other", cautions=("weigh first", "e"))
    letter = " ".join(render(structs.replace(given, plan=(one, other))).split())
    detail = letter.partition("THE PROPOSAL IN DETAIL")[2]
    assert "- The drug or The other: A. With caution: Weigh first." in detail
    assert "- The other: With caution: E." in detail
    assert detail.count("Weigh first") == 1


CALL = "Call the team now."
MEANT = {TODO: edited(TODO, CALL, f"{CALL}\n    means: [drug]\n    despite: it is owed")}


def asked_for(found: Assessment) -> ActionShown:
    (alert,) = (a for a in found.alerts if a.id == "confused")
    return next(x for x in alert.actions if x.id == "call_team")


def test_what_stands_although_it_is_stopped_says_so_and_why() -> None:
    found = assessed(small_pack(MEANT), drug_current="yes")
    action = asked_for(found)
    assert ((("The drug", "takes it"),), "it is owed") == (action.stopped, action.despite)
    said = "Stands although it is stopped here (The drug: takes it): it is owed."
    assert said in " ".join(render(found).split())
    assert said in to_html(found)


@pytest.mark.parametrize("drug_current", ["no", "unknown"])
def test_where_no_stop_surely_holds_nothing_is_said_of_it(drug_current: str) -> None:
    found = assessed(small_pack(MEANT), drug_current=drug_current)
    assert ((), None) == (asked_for(found).stopped, asked_for(found).despite)
    assert "Stands although" not in render(found)


def test_an_alert_may_give_a_reason_of_its_own() -> None:
    own = edited(CONFUSED, "unless: grade == g3}", "unless: grade == g3, despite: it is urgent}")
    found = assessed(small_pack({**MEANT, CONFUSED: own}), drug_current="yes")
    assert "it is urgent" == asked_for(found).despite


def test_it_is_said_only_where_everything_that_is_meant_is_stopped() -> None:
    both = MEANT[TODO].replace("[drug]", "[drug, other]")  # `other` has no stop
    found = assessed(small_pack({TODO: both}), drug_current="yes")
    assert asked_for(found).despite is None


def test_what_speaks_of_something_else_is_told_only_where_that_is_at_hand() -> None:
    tied = edited(CLASH, "wait: P3D", "wait: P3D\nonly_with: [start_date, drug]")
    pack = small_pack({CLASH: tied})
    planned = assessed(pack)
    assert "drug" in by_id(planned)
    assert "clash" in {x.id for x in planned.interactions}
    apart = assessed(pack, metastasis="absent")
    assert "clash" not in {x.id for x in apart.interactions}
    assert "clash" in {x.id for x in assessed(small_pack(), metastasis="absent").interactions}
    recorded = assessed(pack, metastasis="absent", start_date="2026-01-05")
    assert "clash" in {x.id for x in recorded.interactions}
    unnamed = edited(CLASH, "wait: P3D", "wait: P3D\nonly_with: [nothing_of_that]")
    assert [f.code for f in faults_of({**FILES, CLASH: unnamed})] == ["unknown-action"]


def test_a_test_that_was_done_and_is_not_asked_for_stands_as_done_with_its_date() -> None:
    dated = edited(TEST, "why: It is not known.", "why: It is not known.\nlast: start_date")
    pack = small_pack({TEST: dated})
    asked = assessed(pack, calcium=None, start_date="2026-01-05")
    assert asked.done == ()
    assert by_id(asked)["measure"].last is not None
    assert "Done: Start 2026-01-05" in render(asked)  # asked for again: an alert has no date
    known = assessed(pack, start_date="2026-01-05")
    assert "Done: Start 2026-01-05" in render(known)
    assert "Start 2026-01-05" in to_html(known)
    assert "Done:" not in render(assessed(pack))


def test_a_whole_run_knows_what_is_being_given() -> None:
    """What says that a medicine goes on, or that its first amounts do not hold, is computed."""
    knowledge = load_pack()
    known = set(knowledge.engine.program.inputs)
    known |= {x.id for x in knowledge.pack.variables.values() if x.formula or x.table}
    asked = {
        name
        for x in knowledge.pack.options.values()
        for name in (*x.runs, *(x.dose.new_to if x.dose else ()))
    }
    assert len(asked) > 20
    assert asked - known == set()
