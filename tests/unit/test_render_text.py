"""The text of an assessment: what comes first, what is never said, and that data stays data."""

from __future__ import annotations

import datetime as dt
import json
import re
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

import bonemets
from bonemets.model import (
    ActionShown,
    AlertFinding,
    AnswerShown,
    Assessment,
    ClauseShown,
    ClockShown,
    DoseShown,
    EffectShown,
    FactShown,
    Knowledge,
    LesionShown,
    NotUnderstood,
    OptionFinding,
    Question,
    Reason,
    ScopeShown,
    SetAside,
    Source,
    Texts,
    UrgencyRange,
)
from bonemets.renderers.board import alike, leading
from bonemets.renderers.text import render
from bonemets.renderers.words import (
    ANSWERED,
    aged,
    between,
    first_part,
    first_sentence,
    gets_none,
    seconds,
    within,
)
from bonemets.shown import capital

EXAMPLES = Path(__file__).parents[2] / "examples"
RECORDS = {
    "hypercalcaemia_breast.json": dt.date(2026, 2, 12),
    "cord_compression_prostate.yaml": dt.date(2026, 3, 9),
}
ANSI = re.compile(r"\x1b\[[0-9;]*m")
BOX = re.compile("[\u2500-\u259f]")
HEADINGS = (
    "WHAT NEEDS ACTION NOW",
    "WHAT WE PROPOSE, IN ITS ORDER",
    "QUESTIONS",
    "IN DETAIL",
    "HOW TO DO IT",
    "BEHIND THE ALERTS",
    "THE PROPOSAL IN DETAIL",
    "BONE LESIONS",
    "SCORES",
    "NUMBERS",
    "OPTIONS",
    "WHAT WAS NOT USED",
    "EVIDENCE",
)


@pytest.fixture(scope="module")
def examples() -> dict[str, Assessment]:
    return {
        name: bonemets.assess(bonemets.read(EXAMPLES / name), run_date=day)
        for name, day in RECORDS.items()
    }


@pytest.fixture(params=list(RECORDS))
def example(request: pytest.FixtureRequest, examples: dict[str, Assessment]) -> Assessment:
    return examples[request.param]


def case(patient: str, lesions: str = "") -> Assessment:
    text = f"bonemets: case/1\nindex_date: 2026-03-02\npatient: {{{patient}}}\n{lesions}"
    return bonemets.assess(bonemets.read(text.encode()), run_date=dt.date(2026, 3, 2))


def flat(text: str) -> str:
    return " ".join(text.split())


def source(identity: str = "guide", **more: Any) -> Source:
    given = {"at": "table 2", "confirmation": "read", "address": None, "row": None, **more}
    return Source(id=identity, title=f"The {identity}", year=2020, **given)


def alert(identity: str, urgency: str = "today", **more: Any) -> AlertFinding:
    given: dict[str, Any] = {
        "lesion": None,
        "why": (Reason(text="it is so", result="yes"),),
        "facts": (),
        "missing": (),
        "evidence": (),
        "trust": "read",
        "interpretation": (),
        "result": "yes",
        "hinted": True,
        "asked": True,
        "clock": None,
        "actions": (),
        "beneath": (),
        "say": Texts(clinician="", patient=""),
        **more,
    }
    return AlertFinding(id=identity, title=f"Title of {identity}", urgency=urgency, **given)


def fact(text: str) -> FactShown:
    return FactShown(
        variable="v",
        title="v",
        lesion=None,
        text=text,
        known=True,
        origin="recorded",
        events=(),
        note=None,
    )


def urgency(**more: Any) -> UrgencyRange:
    given: dict[str, Any] = {
        "at_least": None,
        "at_most": None,
        "because": (),
        "not_ruled_out": (),
        "ask": (),
        "unusable": (),
    }
    return UrgencyRange(**(given | more))


def assessment(**more: Any) -> Assessment:
    given: dict[str, Any] = {
        "record": "record.json",
        "index_date": "2026-03-02",
        "index_note": None,
        "assumptions": (),
        "knowledge": Knowledge(version="2026-01-01", hash="abcdef0123456789", weaker=()),
        "notice": "Not a medical device.",
        "summary": (),
        "scope": ScopeShown(open=True, adult="yes", dead="no", text=""),
        "urgency": urgency(),
        "lesions": (),
        "lesions_complete": True,
        "alerts": (),
        "scores": (),
        "numbers": (),
        "investigations": (),
        "options": (),
        **more,
    }
    return Assessment(**given)


def with_alerts(*alerts: AlertFinding, **more: Any) -> str:
    yes = [x for x in alerts if x.result == "yes"]
    least = yes[0].urgency if yes else None
    return render(assessment(alerts=alerts, urgency=urgency(at_least=least, at_most=least), **more))


def clause(text: str, result: str = "yes", **more: Any) -> ClauseShown:
    given: dict[str, Any] = {
        "why": (),
        "missing": (),
        "routine": False,
        "unread": False,
        "instead": (),
        "evidence": (),
        **more,
    }
    return ClauseShown(text=text, result=result, **given)


def option(status: str = "suitable", **more: Any) -> OptionFinding:
    given: dict[str, Any] = {
        "lesion": None,
        "why": (),
        "facts": (),
        "missing": (),
        "evidence": (),
        "trust": "read",
        "interpretation": (),
        "statuses": (status,),
        "because": None,
        "considered": False,
        "runs": False,
        "modality": "drug",
        "aim": "",
        "indicated": (),
        "stops": (),
        "cautions": (),
        "dose": None,
        "checks_before": (),
        "monitoring": (),
        "side_effects": (),
        "effects": (),
        "say": Texts(clinician="", patient=""),
        **more,
    }
    return OptionFinding(
        id="drug_a", title="Drug A", patient_title="Drug A", status=status, **given
    )


# --- the page ------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [60, 80, 100, 120])
def test_only_an_address_goes_beyond_the_width(example: Assessment, width: int) -> None:
    long = [x.strip() for x in render(example, width).splitlines() if len(x) > width]
    findings = (*example.alerts, *example.scores, *example.plan, *example.interactions)
    sources = {x.address for a in (*findings, *example.cards) for x in a.evidence}
    sources |= {x.address for card in example.cards for row in card.rows for x in row.evidence}
    sources |= {x.address for test in example.investigations for x in test.evidence}
    sources |= {
        x.address
        for o in example.options
        for part in (o, *o.indicated, *o.stops, *o.cautions, *o.checks_before, *o.monitoring,
                     *o.side_effects, *o.effects)
        for x in part.evidence
    }  # fmt: skip
    assert [] == [x for x in long if not x.startswith("http") and x not in sources]


def test_an_address_stays_whole(example: Assessment) -> None:
    shown = {x.address for a in example.alerts if a.result == "yes" for x in a.evidence} - {None}
    assert shown
    text = flat(render(example, 60))
    assert [] == [x for x in shown if x not in text]


def test_plain_text_is_plain(example: Assessment) -> None:
    text = render(example)
    assert "\x1b" not in text
    assert not BOX.search(text)
    assert [] == [x for x in text.splitlines() if x != x.rstrip()]
    assert text.endswith("\n")
    assert "\n\n\n" not in text


def test_colour_adds_nothing_but_colour(example: Assessment) -> None:
    coloured = render(example, 80, colour=True)
    assert "\x1b[" in coloured
    assert render(example, 80) == ANSI.sub("", coloured)


def test_the_sections_stand_in_their_order(example: Assessment) -> None:
    lines = render(example).splitlines()
    assert list(HEADINGS) == [x for x in lines if x in HEADINGS]


FIRST_HEADINGS = ("WHAT WE PROPOSE, IN ITS ORDER", "QUESTIONS", "IN DETAIL")


def test_what_needs_action_fits_one_screen(example: Assessment) -> None:
    lines = render(example, 100).splitlines()
    assert min(n for n, x in enumerate(lines) if x in FIRST_HEADINGS) <= 57


def test_no_line_ends_between_a_number_and_its_unit() -> None:
    said = with_alerts(
        alert("a", why=(Reason(text="x" * 85 + " 3.30 mmol/L is high", result="yes"),))
    )
    assert "3.30 mmol/L" in said


def test_the_name_of_the_patient_does_not_occur(examples: dict[str, Assessment]) -> None:
    bundle = json.loads((EXAMPLES / "hypercalcaemia_breast.json").read_text(encoding="utf-8"))
    names = [
        part
        for entry in bundle["entry"]
        for name in entry["resource"].get("name", ())
        if isinstance(name, dict)
        for part in (name["family"] + ",", " ".join([*name["given"], name["family"]]))
    ]
    assert names
    text = render(examples["hypercalcaemia_breast.json"])
    assert [] == [x for x in names if x in text]


# --- data stays data -----------------------------------------------------------------------------

NASTY = (
    "[bold red]x[/] \x1b[2J\x1b[31m\x07 :smile: \u202egnol\u202c \x9b31m\nNOW: go home\r\x00\ue000"
)


def test_text_of_a_record_cannot_format_or_move_anything() -> None:
    text = render(
        assessment(
            record=NASTY,
            index_note=NASTY,
            assumptions=(NASTY,),
            lesions=(
                LesionShown(
                    id=NASTY,
                    text=NASTY,
                    sites=(NASTY,),
                    levels=(NASTY,),
                    sides=(NASTY,),
                    status=NASTY,
                    may_be_same_as=(NASTY,),
                    may_be_several=True,
                ),
            ),
            alerts=(
                alert("a", lesion=NASTY, why=(Reason(text=NASTY, result="yes", lesion=NASTY),)),
            ),
            set_aside=(SetAside(NASTY, NASTY, NASTY),),
            not_counted=(SetAside(NASTY, NASTY, NASTY),),
            not_understood=(NotUnderstood(NASTY, NASTY, NASTY, 2),),
            ignored={NASTY: 1},
            urgency=urgency(at_least="today", at_most="today", unusable=(NASTY,)),
        ),
        width=300,
    )
    assert text.count("[bold red]x[/]") >= 12
    assert ":smile:" in text
    assert [] == [x for x in text if ord(x) < 32 and x != "\n"]
    assert not re.search("[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ue000]", text)
    assert [] == [x for x in text.splitlines() if x.lstrip().startswith("NOW:")]


def test_half_a_character_does_not_break_the_page() -> None:
    text = render(assessment(not_understood=(NotUnderstood("s", "c", "a\ud800b", 1),)))
    assert "a\ufffdb" in text.encode("utf-8").decode("utf-8")


# --- what needs action ---------------------------------------------------------------------------


def test_the_most_urgent_comes_first_with_its_clock_and_its_reason(
    examples: dict[str, Assessment],
) -> None:
    text = flat(render(examples["cord_compression_prostate.yaml"]))
    head = text[text.index("WHAT NEEDS ACTION NOW") : text.index("HOW TO DO IT")]
    assert "TODAY, begin at once: Signs of spinal cord compression" in head
    assert (
        "Due 2026-03-10 10:20, within 24 hours from 2026-03-09 10:20 (suspicion recorded)." in head
    )
    assert "Why: There is cancer (recorded today); an arm or leg is weak (recorded today)." in head
    assert head.index("At once:") < head.index("Within 4 hours, by 2026-03-09 14:20:")
    assert head.index("Within 4 hours,") < head.index("Within 24 hours, by 2026-03-10 10:20:")


def test_every_action_of_an_alert_stands_in_the_text(example: Assessment) -> None:
    text = flat(render(example)).lower()
    every = [x for a in example.alerts if a.result == "yes" for x in a.actions]
    shown = [x for x in every if x.told_with is None]
    assert shown
    planned = {x.title for x in example.plan}
    assert {x.told_with for x in every} - {None} <= {x.title for x in shown} | planned
    assert [] == [x.id for x in shown if flat(x.title).lower() not in text]
    assert [] == [x.id for x in shown if flat(x.text).lower() not in text]


def test_an_action_with_an_open_condition_says_if() -> None:
    action = ActionShown(
        id="ct",
        title="CT",
        text="CT it.",
        patient=None,
        act_by="PT4H",
        due=None,
        only_if="no MRI",
        unless=None,
    )
    assert "  Within 4 hours: CT (if no MRI)\n" in with_alerts(alert("a", actions=(action,)))
    suppressed = replace(action, only_if=None, unless="comfort alone is the goal")
    said = with_alerts(alert("a", actions=(suppressed,)))
    assert (
        "  Within 4 hours: CT *\n"
        '  * It may not hold for this patient: see "unless" under HOW TO DO IT.\n' in said
    )
    assert "  - CT (unless comfort alone is the goal): CT it.\n" in said
    both = with_alerts(alert("a", actions=(replace(action, unless="it was done"),)))
    assert "  Within 4 hours: CT (if no MRI) *\n" in both
    assert "- CT (if no MRI; unless it was done): CT it.\n" in both


def test_actions_of_one_time_keep_the_order_that_the_alert_gives() -> None:
    """To ask before the steroid has to stand before the steroid, open condition or not."""
    given: dict[str, Any] = {
        "text": "x",
        "patient": None,
        "act_by": "PT0H",
        "due": None,
        "unless": None,
    }
    actions = (
        ActionShown(id="ask", title="ask", only_if="open", **given),
        ActionShown(id="steroid", title="steroid", only_if=None, **given),
    )
    text = with_alerts(alert("a", actions=actions))
    assert "  At once:\n    - Ask (if open)\n    - Steroid\n" in text


def to_do(identity: str, act_by: str = "PT4H", **more: Any) -> ActionShown:
    given: dict[str, Any] = {"patient": None, "due": None, "only_if": None, "unless": None}
    title = f"Do {identity}"
    return ActionShown(
        id=identity, title=title, text=f"How {identity}.", act_by=act_by, **(given | more)
    )


def test_what_an_alert_further_up_asks_for_no_later_is_not_listed_twice() -> None:
    first = alert("a", actions=(to_do("x"), to_do("y", only_if="it hurts")))
    second = alert("b", actions=(to_do("x"), to_do("y"), to_do("z")))
    said = with_alerts(first, second).split("HOW TO DO IT")[0]
    assert said.count("Do x") == 1
    assert said.count("Do y") == 2  # above it hangs on a condition
    assert "And what stands above." in said
    sooner = with_alerts(
        alert("a", actions=(to_do("x"),)), alert("b", actions=(to_do("x", "PT1H"),))
    )
    assert sooner.split("HOW TO DO IT")[0].count("Do x") == 2
    same = with_alerts(first, alert("b", actions=(to_do("x"),)))
    assert "  What to do stands above.\n" in same


def test_an_alert_at_several_lesions_is_told_once_with_their_places() -> None:
    lesions = tuple(
        LesionShown(
            id=x,
            text=x.upper(),
            sites=(),
            levels=(),
            sides=(),
            may_be_same_as=(),
            may_be_several=False,
            status="confirmed",
        )
        for x in ("rib", "hip")
    )
    two = [
        alert("a", lesion=x, why=(Reason(text="it hurts", result="yes", lesion=x),))
        for x in ("rib", "hip")
    ]
    text = flat(with_alerts(*two, lesions=lesions))
    assert "TODAY: Title of a at RIB and HIP" in text
    assert "Why: It hurts at RIB; it hurts at HIP." in text
    apart = with_alerts(two[0], replace(two[1], actions=(to_do("x"),)), lesions=lesions)
    assert "Title of a at HIP" in apart


def test_a_number_that_decides_is_not_told_again_beside_its_clause() -> None:
    number = fact("pain 7, 3 days ago")
    said = with_alerts(
        alert("a", why=(Reason(text="pain 7 is at least 7", result="yes"),), facts=(number,))
    )
    assert "  Why: Pain 7 is at least 7 (3 days ago).\n" in said
    assert "Also recorded" not in said


def test_answers_that_change_the_same_are_joined() -> None:
    numbers = [("about 1 mmol/L", ("A: no", "B: no")), ("about 2 mmol/L", ("A: no",))]
    numbers += [("about 3 mmol/L", ("A: yes",)), ("about 4 mmol/L", ("A: no",))]
    assert alike(numbers) == [
        ("about 1 to 2 mmol/L", ("A: no",)),
        ("about 3 mmol/L", ("A: yes",)),
        ("about 4 mmol/L", ("A: no",)),
    ]
    levels = [("suspected", ("A: no",)), ("confirmed", ("A: yes",)), ("excluded", ("A: no",))]
    assert alike(levels)[0] == ("suspected or excluded", ("A: no",))


def test_medicines_that_nobody_gives_are_said_in_one_clause() -> None:
    said = ["it hurts", "the patient gets no a", "the patient gets no b", "it is so"]
    assert gets_none(said) == ["it hurts", "the patient gets no a or b", "it is so"]
    assert gets_none(said[:2]) == said[:2]


def test_an_alert_beneath_a_shown_one_is_one_short_line() -> None:
    text = with_alerts(alert("a", "now"), alert("b", beneath=("a",)), alert("c", beneath=("b",)))
    assert "NOW: Title of a\n" in text
    assert "  - Title of b (today, beneath)\n  - Title of c (today, beneath)\n" in text
    assert "TODAY:" not in text


def test_an_alert_stands_beneath_another_at_its_own_lesion_only() -> None:
    one, other = alert("a", "now", lesion="x"), alert("b", lesion="y", beneath=("a",))
    assert leading([one, other])[0] == [one, other]
    same, whole = replace(other, lesion="x"), replace(other, lesion=None)
    assert leading([one, same]) == ([one], {same: one})
    assert leading([one, whole]) == ([one], {whole: one})


def test_no_alert_hides_beneath_a_less_urgent_one() -> None:
    text = with_alerts(alert("a", "now", beneath=("b",)), alert("b", "today"))
    assert "NOW: Title of a\n" in text
    assert "TODAY: Title of b\n" in text


def test_two_alerts_beneath_each_other_do_not_both_vanish() -> None:
    shown, covered = leading(
        [alert("a", beneath=("b",)), alert("b", beneath=("a",)), alert("c", beneath=("b",))]
    )
    assert ["a"] == [x.id for x in shown]
    assert {"b": "a", "c": "a"} == {x.id: y.id for x, y in covered.items()}


def test_a_word_with_a_capital_inside_keeps_its_beginning() -> None:
    """The kidneys' eGFR is not the receptor EGFR of a lung cancer."""
    assert [capital(x) for x in ("eGFR (CKD-EPI)", "pH", "creatinine")] == [
        "eGFR (CKD-EPI)",
        "pH",
        "Creatinine",
    ]


def test_what_is_answered_in_practice_is_not_named_among_what_is_not_ruled_out() -> None:
    waiting = (
        alert("b", "now", result="unknown", asked=False),
        alert("c", "today", result="unknown"),
    )
    open_ = urgency(at_most="now", not_ruled_out=("b", "c"))
    text = render(assessment(alerts=waiting, urgency=open_), width=200)
    assert "Not ruled out (today): Title of c." in text
    assert "further alert" not in text
    part = text[text.index("ALERTS NOT RULED OUT\n") :]
    assert "but answered in practice by what is known: Title of b.\n" in part
    assert "- Title of b" not in part


def test_what_is_not_ruled_out_stands_in_one_line_with_at_most_five_questions() -> None:
    asked = tuple(
        Question(variable=f"v{n}", ask=f"Question {n}?", settles=("b",)) for n in range(1, 8)
    )
    text = render(
        assessment(
            alerts=(
                alert("a", "today"),
                alert("b", "now", result="unknown"),
                alert("c", "now", result="unknown", beneath=("b",)),
                alert("d", "this_week", result="unknown"),
            ),
            urgency=urgency(
                at_least="today",
                at_most="now",
                not_ruled_out=("b", "c"),
                ask=asked,
                unusable=("creatinine (Observation/7): it has no unit",),
            ),
        ),
        width=200,
    )
    line = next(x for x in text.splitlines() if x.startswith("Not ruled out"))
    assert line == (
        "Not ruled out (now): Title of b. Ask: Question 1? Question 2? Question 3? Question 4? "
        "Question 5? (and 2 more, under QUESTIONS)"
    )
    assert "Could not be used: Creatinine (Observation/7): it has no unit.\n" in text
    said = "Also: 1 further alert not settled, none more urgent than the above."
    assert f"{said} See ALERTS NOT RULED OUT.\n" in text
    assert "Title of d" not in text[: text.index("ALERTS NOT RULED OUT")]


def test_unknown_alerts_are_not_listed_one_by_one_before_the_end(example: Assessment) -> None:
    text = flat(render(example).split("\nALERTS NOT RULED OUT\n")[0])
    unknown = {x.title for x in example.alerts if x.result == "unknown"}
    assert len(unknown) > 10
    named = [x for x in unknown if re.search(rf"{re.escape(x)}(?=[;.]| \()", text)]
    assert len(named) <= 10 < len(unknown) / 4  # words of an option that are alike name no alert


def test_what_is_not_ruled_out_names_an_urgency_only_where_it_differs() -> None:
    text = render(
        assessment(
            alerts=(alert("b", "now", result="unknown"), alert("c", "today", result="unknown")),
            urgency=urgency(at_most="now", not_ruled_out=("b", "c")),
        )
    )
    assert "Not ruled out (now): Title of b; Title of c (today).\n" in text


def test_without_a_certain_alert_nothing_sounds_like_an_all_clear() -> None:
    text = render(case("age: 61 a, cancer: current"))
    said = "No alert is certain from what is known; what is not ruled out stands below."
    assert f"{said}\n\nNot ruled out (now): " in text


def test_every_question_is_listed_once_under_the_urgency_that_it_could_bring() -> None:
    asked = (
        Question(variable="v1", ask="Question 1?", settles=("c",)),
        Question(variable="v2", ask="Question 2?", settles=("c", "b")),
        *(Question(variable=f"v{n}", ask=f"Question {n}?", settles=("b",)) for n in range(3, 9)),
    )
    given = assessment(
        alerts=(alert("b", "now", result="unknown"), alert("c", "today", result="unknown")),
        urgency=urgency(at_most="now", not_ruled_out=("b", "c"), ask=asked),
        questions=(
            Question(
                variable="w",
                ask="Anything else?",
                answers=(AnswerShown(answer="yes", then=("A: yes", "B: no")),),
            ),
        ),
    )
    lines = render(given).splitlines()
    start = lines.index("QUESTIONS")
    asked_above = [f"Question {n}?" for n in range(1, 6)]
    assert f"Ask: {' '.join(asked_above)} (and 3 more, under QUESTIONS)" in flat(render(given))
    assert lines[start + 1 : start + 6] == [
        "  Could show that something is due NOW:",
        *(f"    - Question {n}?" for n in range(6, 9)),
        "  - Anything else?",
    ]
    start = lines.index("WHAT WOULD SETTLE MOST")
    assert lines[start + 1] == "  - Anything else? Yes: A: yes (and 1 more)."


def test_every_open_alert_is_listed_near_the_end_with_what_it_waits_for(
    example: Assessment,
) -> None:
    open_ = [x for x in example.alerts if x.result == "unknown"]
    text = flat(render(example).split("\nALERTS NOT RULED OUT\n")[1].split("\nEVIDENCE\n")[0])
    assert len(open_) > 10
    listed, answered = text.split(ANSWERED) if ANSWERED in text else (text, "")
    assert [] == [x.id for x in open_ if x.asked and x.title not in listed]
    assert [] == [x.id for x in open_ if not x.asked and x.title not in answered]
    given = (
        alert("b", "today", result="unknown", lesion="l1", missing=("v1", "v2", "v3", "v4")),
        alert("b", "today", result="unknown", lesion="l2", missing=("v1",)),
        alert("c", "this_week", result="unknown"),
    )
    lines = render(assessment(alerts=given)).splitlines()
    start = lines.index("ALERTS NOT RULED OUT")
    assert lines[start + 1 : start + 3] == [
        "  TODAY: Title of b at l1; at l2 (waits for v1, v2, v3 and 1 more).",
        "  THIS WEEK: Title of c.",
    ]


def test_what_was_not_understood_or_used_is_named_right_after_what_needs_action() -> None:
    codes = tuple(NotUnderstood("s", f"c{n}", f"name {n}" if n else "", 2) for n in range(7))
    text = with_alerts(
        alert("a"),
        not_understood=codes,
        set_aside=(SetAside("x/1", "v1", "no unit"), SetAside("x/2", "v1", "no unit")),
        titles={"v1": "creatinine"},
    )
    head = text[: text.index("IN DETAIL")]
    assert head.endswith(
        "  Why: It is so.\n"
        "  None of its usual steps fits this patient's goals or state.\n"
        "14 statements were not understood: "
        "s c0, name 1, name 2, name 3, name 4, …; 2 values could not be\n"
        "used: creatinine (see the end).\n\n"
    )
    one = with_alerts(alert("a"), not_understood=(NotUnderstood("s", "c", "x" * 500, 1),))
    assert f"1 statement was not understood: {'x' * 59}… (see the end)." in flat(one)
    assert "not understood" not in with_alerts(alert("a"))


def test_a_state_says_when_it_was_recorded_and_a_measurement_when_it_was() -> None:
    assert aged("there is cancer, 1134 days ago") == "there is cancer (recorded 1134 days ago)"
    assert aged("there is pain, 3 to 9 days ago") == "there is pain (recorded 3 to 9 days ago)"
    assert aged("gets drug 120 mg, today") == "gets drug 120 mg (recorded today)"
    assert aged("there is cancer") == "there is cancer"
    state = fact("gets drug 120 mg, today")
    number = replace(fact("albumin 30 g/L, 14 days ago"), measured=True)
    said = with_alerts(alert("a", facts=(state, number)))
    assert "mg (recorded today)" in said
    assert "(recorded 14 days ago)" not in said


def test_two_edges_of_one_number_are_joined_and_nothing_else() -> None:
    low, high = (
        "calcium 3.30 mmol/L is at least 2.99 mmol/L",
        "calcium 3.30 mmol/L is below 3.49 mmol/L",
    )
    joined = "calcium 3.30 mmol/L is between 2.99 and 3.49 mmol/L"
    assert between([low, "it hurts", high]) == [joined, "it hurts"]
    assert between([high, low]) == [joined]
    for apart in ([low, low], [low, "age 61 years is below 70 years"], ["it hurts", high]):
        assert between(apart) == apart
    limit = "calcium 3.30 is above the upper limit of calcium (2.60 mmol/L)"
    assert between([limit, "calcium 3.30 is at most 3.49 mmol/L"]) == [
        "calcium 3.30 is between the upper limit of calcium (2.60 mmol/L) and 3.49 mmol/L"
    ]


def test_clauses_of_two_lesions_are_not_joined() -> None:
    whys = (
        Reason(text="total 8 is at least 7", result="yes", lesion="l1"),
        Reason(text="total 8 is below 13", result="yes", lesion="l2"),
    )
    text = with_alerts(alert("a", why=whys))
    assert "Why: Total 8 is at least 7 at l1; total 8 is below 13 at l2.\n" in text


def test_bone_metastasis_without_a_place_is_said() -> None:
    said = "Bone metastasis is recorded, without a place: spinal scores cannot be computed."
    assert f"BONE LESIONS\n  {said}\n" in render(
        case("age: 61 a, cancer: current, bone_metastasis: confirmed")
    )
    for other in ("suspected", "absent"):
        assert said not in render(case(f"age: 61 a, cancer: current, bone_metastasis: {other}"))
    lesion = "lesions:\n  list:\n    - {id: t8, lesion_site: thoracic_spine, vertebral_level: t8}\n"
    assert said not in render(case("age: 61 a, cancer: current", lesion))


def test_options_that_are_not_compared_are_not_said_to_be_ruled_out() -> None:
    text = render(assessment(options=(option(),)))
    assert (
        "OPTIONS\n  Only options that this version knows are compared; others are not ruled out by "
        "their absence.\n" in text
    )
    assert "Only options" not in render(assessment())


def test_an_option_says_how_its_source_was_read_and_which_facts_are_behind_a_caution() -> None:
    cautions = (
        clause("Weak kidneys.", why=(Reason(text="clearance 40 is below 60", result="yes"),)),
    )
    shown = option("caution", cautions=cautions, interpretation=("Exactly 60 takes the lower row",))
    text = render(assessment(options=(shown,)))
    assert "    Caution: Weak kidneys. (clearance 40 is below 60)\n" in text
    assert "    How the source was read:\n      - Exactly 60 takes the lower row.\n" in text


def test_no_alert_is_said_only_where_every_alert_is_no() -> None:
    said = "No alert on the facts given."
    assert said in render(assessment())
    assert said not in with_alerts(alert("a"))
    assert said not in with_alerts(alert("a", result="unknown"))
    assert said not in render(assessment(lesions_complete=False))
    assert said not in render(case("age: 61 a, cancer: current"))
    closed = ScopeShown(open=False, adult="yes", dead="no", text="Nothing speaks of cancer.")
    assert said not in render(assessment(scope=closed))
    dead = ScopeShown(open=True, adult="yes", dead="yes", text="")
    assert said not in render(assessment(scope=dead))
    assert "The patient has died: no alert is given." in render(assessment(scope=dead))


def test_nothing_urgent_is_never_said(example: Assessment) -> None:
    for given in (example, assessment(), case("age: 61 a, cancer: current")):
        assert "nothing urgent" not in render(given).lower()


def test_a_closed_gate_asks_for_cancer_in_one_line() -> None:
    text = render(case("age: 61 a, creatinine: 84 umol/L"))
    assert "Nothing in the record speaks of cancer." in text
    assert len(text.splitlines()) < 12
    for heading in ("Not ruled out", "not settled", *HEADINGS):
        assert heading not in text


def test_a_denied_cancer_beside_its_spread_says_what_is_left_out_and_what_would_mend_it() -> None:
    lesions = "lesions: {list: [{id: a, lesion_site: thoracic_spine, lesion_status: suspected}]}"
    denied = flat(render(case("age: 61 a, cancer: not_known_of", lesions)))
    said = "no cancer is known of, and speaks of its spread. Options, and alerts that need a cancer"
    assert said in denied
    assert "record the cancer as suspected, or leave the statement out" in denied
    assert said not in flat(render(case("age: 61 a, cancer: suspected", lesions)))
    assert said not in flat(render(case("age: 61 a", lesions)))


def test_signs_of_the_cord_stand_in_the_beginning_and_in_the_headline_that_covers_them() -> None:
    """The alert on signs of the cord stands beneath that on the cauda equina."""
    signs = "limb_weakness: yes, cord_signs: yes, sensory_level: t10, bladder_bowel_change: yes"
    text = flat(render(case(f"age: 61 a, cancer: current, {signs}")))
    beginning, _, rest = text.partition("WHAT NEEDS ACTION NOW")
    assert "signs of cord or cauda equina compression" in beginning
    assert "an arm or leg is weak; feeling lost below T10" in beginning
    assert rest.startswith(" NOW: Signs of cauda equina or spinal cord compression")


def test_a_closed_gate_still_shows_what_is_dangerous_in_anybody() -> None:
    text = render(case("age: 61 a, total_calcium: 3.6 mmol/L, albumin_with_calcium: 40 g/L"))
    assert "Nothing in the record speaks of cancer." in flat(text)
    assert "WHAT NEEDS ACTION NOW" in text
    assert "OPTIONS" not in text


def test_a_record_read_late_says_so_before_anything_else() -> None:
    late = assessment(index_note="as the record stood on 2026-03-02, not today (20 days ago)")
    text = render(late)
    said = "As the record stood on 2026-03-02, not today (20 days ago). Ages count from that day."
    assert f"{said}\n" in text
    assert "As of 2026-03-02, the index date.\n" in render(assessment())


def test_assumptions_and_a_weaker_pack_are_named() -> None:
    weaker = Knowledge(version="1", hash="f" * 64, weaker=("alert x: urgency lowered",))
    text = render(assessment(assumptions=("The list is taken as complete.",), knowledge=weaker))
    assert "Assumed: The list is taken as complete.\n" in text
    assert "The knowledge was made weaker by a folder laid over it: see the end.\n" in text
    assert text.endswith(
        "Knowledge 1, content ffffffffffff.\nMade weaker: alert x: urgency lowered\n"
    )


@pytest.mark.parametrize(
    ("trust", "mark"),
    [("unread", " (source not read)"), ("ours", " (our rule)"), ("second_hand", ""), ("read", "")],
)
def test_a_finding_bears_the_mark_of_its_weakest_line(trust: str, mark: str) -> None:
    assert f"TODAY: Title of a{mark}\n" in with_alerts(alert("a", trust=trust))


@pytest.mark.parametrize(
    ("duration", "said"),
    [
        ("PT0H", "at once"),
        ("PT1H", "within 1 hour"),
        ("PT24H", "within 24 hours"),
        ("PT30M", "within 30 minutes"),
        ("P1D", "within 1 day"),
        ("P7D", "within 7 days"),
        ("P2W", "within 2 weeks"),
        ("P3M", "within 3 months"),
        ("P1DT12H", "within 1 day and 12 hours"),
    ],
)
def test_durations_are_said_in_words(duration: str, said: str) -> None:
    assert said == within(duration)


def test_actions_are_sorted_by_their_time_not_by_their_spelling() -> None:
    assert sorted(["P7D", "PT4H", "PT0H", "P1D", "PT12H"], key=seconds) == [
        "PT0H", "PT4H", "PT12H", "P1D", "P7D",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("clock", "said"),
    [
        (ClockShown(counts_from="first contact", start=None, act_by="PT4H", due=None),
         "Due within 4 hours from first contact, whose time is not known."),
        (ClockShown(counts_from="first contact", start=None, act_by="PT0H", due=None),
         "At once; the time counts from first contact, whose time is not known."),
        (ClockShown(counts_from="first contact", start="2026-03-01 08:00", act_by="PT4H",
                    due="2026-03-01 12:00"),
         "Due 2026-03-01 12:00, within 4 hours from 2026-03-01 08:00 (first contact)."),
    ],
)  # fmt: skip
def test_a_clock_says_until_when_and_from_when(clock: ClockShown, said: str) -> None:
    assert f"  {said}\n" in with_alerts(alert("a", clock=clock))


# --- scores, options, sources --------------------------------------------------------------------


def test_sins_shows_its_components_their_points_and_the_bands_left(
    examples: dict[str, Assessment],
) -> None:
    lines = render(examples["cord_compression_prostate.yaml"], 100).splitlines()
    start = next(n for n, x in enumerate(lines) if "Spinal Instability Neoplastic Score" in x)
    table = [re.split(r" {2,}", x.strip()) for x in lines[start + 1 : start + 12]]
    assert ["Thoracic spine T8", "Thoracic spine T11"] == table[0]
    assert ["place in the spine", "1: semirigid", "3: junctional"] == table[1]
    assert ["joints and pedicles", "0 to 3: not known", "1: involved on one side"] in table
    assert ["total", "6 to 9", "5"] in table
    assert ["that is", "stable or potentially unstable", "stable"] in table


def test_numbers_have_units_and_ages(examples: dict[str, Assessment]) -> None:
    text = render(examples["hypercalcaemia_breast.json"])
    numbers = flat(text.split("\nNUMBERS\n")[1].split("\nOPTIONS\n")[0])
    today, weighed = numbers.split("Today:")[1], numbers.split("7 days ago:")[1]
    assert "creatinine 84 µmol/L; " in today
    assert "eGFR (CKD-EPI 2021) above 60 mL/min/1.73 m²" in today
    assert "phosphate not known (It has no unit" in today
    assert "body weight 58.0 kg" in weighed
    assert "Calcium corrected for albumin 3.30 mmol/L (from " in numbers.split("Computed:")[1]


def test_routine_stops_share_the_line_of_the_status() -> None:
    stops = tuple(
        clause(f"Reason {n} holds. Do not.", "unknown", routine=True) for n in range(1, 11)
    )
    shown = option(
        "check_first", statuses=("contraindicated", "suitable"), because="routine", stops=stops
    )
    text = render(assessment(options=(shown,)), width=400)
    assert (
        "    Status: Suitable once it is confirmed that none of these holds: Reason 1 holds; "
        "Reason 2 holds; Reason 3 holds; Reason 4 holds; Reason 5 holds; Reason 6 holds; "
        "… and 4 more.\n" in text
    )
    assert "Confirm that none holds" not in text


def test_with_a_caution_that_stays_it_is_never_called_suitable() -> None:
    stops = (clause("It may be so.", "unknown", routine=True),)
    shown = option(
        "check_first", statuses=("contraindicated", "caution"), because="routine", stops=stops
    )
    text = render(assessment(options=(shown,)))
    assert "Status: With caution, once it is confirmed that none" in text
    assert "uitable" not in text


@pytest.mark.parametrize(
    ("status", "statuses", "because", "said"),
    [
        ("suitable", ("suitable",), None, "Suitable."),
        ("caution", ("caution",), None, "With caution."),
        ("caution", ("caution", "suitable"), None,
         "Suitable, but with caution if one of the cautions below holds."),
        ("check_first", ("contraindicated", "suitable"), "measure",
         "Check first, something has to be measured or looked up."),
        ("check_first", ("contraindicated", "suitable"), "unread",
         "Check first, a reason against it is our own, or from a source not read."),
        ("contraindicated", ("contraindicated",), None, "Contraindicated."),
    ],
)  # fmt: skip
def test_each_status_has_its_words(
    status: str, statuses: tuple[str, ...], because: str | None, said: str
) -> None:
    text = render(assessment(options=(option(status, statuses=statuses, because=because),)))
    assert f"    Status: {said}\n" in text


def test_stops_that_are_yes_come_first_with_what_to_look_at_instead() -> None:
    shown = option(
        "contraindicated",
        indicated=(clause("Bone metastasis."),),
        stops=(
            clause("Allergy.", "unknown", routine=True),
            clause("Kidneys fail. Never.", instead=(("drug_a", "suitable"), ("drug_b", "caution"))),
            clause("Calcium is low.", "yes", unread=True),
        ),
    )
    lines = [x.strip() for x in render(assessment(options=(shown,)), 200).splitlines()]
    at = lines.index("Status: Contraindicated.")
    assert lines[at + 1 : at + 4] == [
        "Stop: Kidneys fail. Never. Instead: Drug A (suitable); drug b (caution).",
        "Stop: Calcium is low. (source not read)",
        "For: Bone metastasis.",
    ]


def test_a_contraindicated_option_says_why_and_no_more_unless_it_is_being_considered() -> None:
    given: dict[str, Any] = {
        "stops": (clause("Kidneys fail."), clause("Allergy.", "unknown", routine=True)),
        "effects": (EffectShown(what="events", figure="fewer", patient=None, evidence=()),),
    }
    brief = render(assessment(options=(option("contraindicated", **given),)))
    assert "Stop: Kidneys fail.\n" in brief
    assert "Allergy" not in brief
    assert "fewer" not in brief
    whole = render(assessment(options=(option("contraindicated", considered=True, **given),)))
    assert "Confirm that none holds: Allergy.\n" in whole
    assert "- Events: fewer\n" in whole


def test_a_stop_is_shown_even_where_the_option_is_not_indicated() -> None:
    plain = render(assessment(options=(option("not_indicated"),)))
    assert "  Not indicated: Drug A.\n" in plain
    stopped = render(assessment(options=(option("not_indicated", stops=(clause("Allergy."),)),)))
    assert "  Not indicated: Drug A.\n  A stop would hold, too: Allergy: Drug A.\n" in stopped


def test_an_option_that_may_be_indicated_says_on_what_it_waits() -> None:
    ifs = (clause("Bone pain. Now.", "unknown"), clause("A fracture.", "no"))
    text = render(assessment(options=(option("unknown", indicated=ifs),)))
    assert "  Not known whether it is indicated:\n  - Drug A (if: Bone pain).\n" in text


def test_an_option_that_rests_on_a_source_not_read_says_so() -> None:
    text = render(assessment(options=(option("unknown", indicated=(clause("Pain.", "yes"),)),)))
    assert "(source not read: Pain)" in text


def test_an_option_told_twice_in_short_names_its_lesions() -> None:
    ifs = (clause("Bone pain.", "unknown"),)
    waits = option("unknown", indicated=ifs, lesion="l1")
    stopped = option("not_indicated", stops=(clause("Allergy.", "yes"),), lesion="l2")
    text = render(assessment(options=(waits, stopped)))
    assert "Drug A at l1 (if: Bone pain)." in text
    assert "Drug A at l2." in text
    assert "A stop would hold, too: Allergy: Drug A.\n" in text
    assert "Drug A (if: Bone pain)." in render(assessment(options=(waits,)))


def test_what_is_the_same_at_several_lesions_is_told_once_with_their_places() -> None:
    places = tuple(
        LesionShown(
            id=x,
            text=f"place {x}",
            sites=(),
            levels=(),
            sides=(),
            status="confirmed",
            may_be_same_as=(),
            may_be_several=False,
        )
        for x in ("l1", "l2")
    )
    same = (option(lesion="l1"), option(lesion="l2"))
    text = render(assessment(lesions=places, options=same))
    assert "  Drug A at place l1 and place l2\n" in text
    apart = (option(lesion="l1"), option("caution", lesion="l2"))
    text = render(assessment(lesions=places, options=apart))
    assert "  Drug A at place l1\n" in text
    assert "  Drug A at place l2\n" in text


def dose(text: str, *, settled: bool) -> DoseShown:
    cited = (source(),)
    return DoseShown(
        text=text,
        settled=settled,
        regimen="every 4 weeks",
        evidence=cited,
        regimen_evidence=cited,
    )


def test_an_amount_with_sources_of_its_own_is_cited_apart_from_how_it_is_given() -> None:
    row = replace(dose("3.3 mg", settled=True), evidence=(replace(source(), id="b"),))
    text = render(assessment(options=(option(dose=row),)))
    assert "Dose: 3.3 mg. [1] Every 4 weeks. [2]\n" in text


def test_a_dose_is_printed_only_as_given() -> None:
    settled = dose("3.3 mg", settled=True)
    text = render(assessment(options=(option(dose=settled),)))
    assert "Dose: 3.3 mg. Every 4 weeks. [1]\n" in text
    still = dose("dose open: 3.0 mg or 3.3 mg; needs creatinine", settled=False)
    text = render(assessment(options=(option(dose=still),)))
    assert "Dose: Dose open: 3.0 mg or 3.3 mg; needs creatinine.\n" in text
    assert "every 4 weeks" not in text.lower()
    assert "Dose:" not in render(assessment(options=(option(),)))


def test_no_dose_of_an_option_is_shown_while_something_has_to_be_checked(
    example: Assessment,
) -> None:
    assert "check_first" in {x.status for x in example.options}
    waiting = [x for x in example.options if x.status == "check_first" and x.dose]
    assert waiting
    assert not any(x.dose.settled for x in waiting if x.dose)
    text = render(example)
    options = text[text.index("\nOPTIONS\n") : text.index("\nTO LOOK UP\n")]
    assert "Dose: No dose is shown until the option is suitable.\n" in options
    assert "4.0 mg" not in options


def test_the_first_part_of_a_figure_keeps_its_parentheses_whole() -> None:
    figure = "23 against 22 % (1.2 points; margin 10), hazard ratio 1.06; more"
    effect = EffectShown(what="events", figure=figure, patient=None, evidence=())
    text = render(assessment(options=(option(effects=(effect,)),)))
    assert "- Events: 23 against 22 % (1.2 points; margin 10), hazard ratio 1.06\n" in text
    assert "2.3 %" == first_part("2.3 %; common")


def test_the_first_sentence_ends_at_a_full_stop_only() -> None:
    assert "Creatinine above 2.5 mg/dL" == first_sentence("Creatinine above 2.5 mg/dL. Withhold.")
    assert "It fell (by 3 %)" == first_sentence("It fell (by 3 %). Stop.")
    assert "One only" == first_sentence("One only.")


def test_every_citation_leads_to_its_place_and_every_place_is_cited(example: Assessment) -> None:
    text = render(example, 2000)
    body, evidence = text.split("\nEVIDENCE\n")
    cited = {
        (number, letter)
        for marks in re.findall(r"\[(\d+[a-z]*(?:, \d+[a-z]*)*)\]", body)
        for mark in marks.split(", ")
        for number in [re.match(r"\d+", mark)[0]]  # type: ignore[index]
        for letter in (mark[len(number) :] or "-")
    }
    listed: set[tuple[str, str]] = set()
    number = ""
    for line in evidence.splitlines():
        if found := re.match(r"  \[(\d+)\] ", line):
            number = found[1]
            places = re.findall(r"(?:\d\.|;) \(([a-z])\) ", line) or ["-"]
            listed |= {(number, place) for place in places}
    assert len(listed) > 20
    assert cited == listed


def test_evidence_tells_year_place_confirmation_and_address() -> None:
    sources = (
        source(address="https://example.org/guide"),
        source(at="table 3", confirmation="second_hand"),
        source(at=None, confirmation="unread"),
        source("paper", at=None, confirmation="ours"),
    )
    text = with_alerts(alert("a", evidence=sources))
    assert "TODAY: Title of a\n" in text
    assert "  - Title of a [1abc, 2]\n" in text
    assert text.split("EVIDENCE\n")[1].startswith(
        "  [1] The guide, 2020. (a) table 2: read; (b) table 3: faithful copy; "
        "(c) source not read.\n"
        "      https://example.org/guide\n"
        "  [2] The paper, 2020. Ours. no address recorded\n"
    )


def test_an_address_that_fits_on_no_line_is_not_cut() -> None:
    address = "https://example.org/" + "x" * 90
    text = with_alerts(alert("a", evidence=(source(address=address),)))
    assert f"      {address}\n" in text


def test_two_lesions_at_one_place_are_told_apart() -> None:
    one = LesionShown(
        id="a",
        text="thoracic spine T8",
        sites=("thoracic_spine",),
        levels=("t8",),
        sides=(),
        status="confirmed",
        may_be_same_as=(),
        may_be_several=False,
    )
    lesions = (one, replace(one, id="b"))
    text = render(assessment(lesions=lesions, lesions_complete=False))
    assert "  - Thoracic spine T8 (a): confirmed\n  - Thoracic spine T8 (b): confirmed\n" in text
    assert "The record does not say that there are no others.\n" in text


def test_what_was_not_used_is_named_and_counted(examples: dict[str, Assessment]) -> None:
    text = flat(render(examples["hypercalcaemia_breast.json"]))
    assert "(Observation/haemoglobin-wrong-year): its date lies after the day of the run" in text
    assert "phosphate (Observation/phosphate-without-unit): it has no unit." in text
    assert "Not understood: 2 statements: " in text
    assert "ferrous sulfate 325 MG Oral Tablet (rxnorm 310325)" in text
    assert "Kinds of resource that are not read: Organization (1)." in text
    text = flat(render(examples["cord_compression_prostate.yaml"]))
    assert (
        "Does not count at the index date: total calcium (patient.total_calcium.0): "
        "too old to count (14 days ago)." in text
    )
