"""`bonemets knowledge prove`: what it proves holds, and what is planted is found.

Faults are planted into checked packs, past the checks of loading, which would refuse many.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace
from typer.testing import CliRunner

import bonemets
from bonemets.cli import app
from bonemets.pack.items import Band, Clause, Option, Score, Unproven
from bonemets.pack.load import Pack
from bonemets.pack.trees import Trees
from bonemets.program import compile_pack, link
from bonemets.proof.claims import ABOUT, Property, matters, table_of_statuses
from bonemets.proof.listing import as_json, as_text, listing
from bonemets.proof.prove import Answer, Proof, prove
from bonemets.proof.solver import z3
from bonemets.proof.symbols import Bits, Real, Symbols
from bonemets.values import INF, NO, OPEN, YES
from program.patients import Points, draw
from small_pack import FILES, edited, faults_of, small_pack


def answers(pack: Pack, *properties: str, items: frozenset[str] | None = None) -> list[Answer]:
    return list(prove(pack, items=items, properties=frozenset(properties or ABOUT)))


def wanting(pack: Pack, *properties: str) -> dict[str, Answer]:
    return {a.name: a for a in answers(pack, *properties) if a.verdict != "holds"}


def with_option(pack: Pack, name: str, **changes: Any) -> Pack:
    changed = replace(pack.options[name], **changes)
    return replace(pack, options={**pack.options, name: changed})


def with_score(pack: Pack, name: str, **changes: Any) -> Pack:
    changed = replace(pack.scores[name], **changes)
    return replace(pack, scores={**pack.scores, name: changed})


def with_alert(pack: Pack, name: str, **changes: Any) -> Pack:
    changed = replace(pack.alerts[name], **changes)
    return replace(pack, alerts={**pack.alerts, name: changed})


@pytest.fixture(scope="module")
def pack() -> Pack:
    return small_pack()


def test_a_sound_pack_is_proven_in_every_property(pack: Pack) -> None:
    found = answers(pack)
    assert [] == [a for a in found if a.verdict != "holds"]
    assert {"tiles", "alive", "status", "suitable"} == {a.of for a in found}


# --- planted gaps and overlaps -------------------------------------------------------------------


def test_a_gap_between_bands_of_points_is_found(pack: Pack) -> None:
    bands = {"low": Band(from_=0.0, to=1.0), "high": Band(from_=3.0, to=3.0)}
    found = wanting(with_score(pack, "risk", bands=bands), "tiles")
    assert ["risk: bands leave no gap"] == list(found)
    (patient,) = found["risk: bands leave no gap"].patients
    assert patient in [
        ("confusion: no", "grade: g3"),  # the two ways to a total of 2
        ("confusion: yes", "grade: g2"),
    ]


def test_an_overlap_of_bands_of_points_is_found(pack: Pack) -> None:
    bands = {"low": Band(from_=0.0, to=2.0), "high": Band(from_=2.0, to=3.0)}
    assert ["risk: bands do not overlap"] == list(
        wanting(with_score(pack, "risk", bands=bands), "tiles")
    )


def test_a_level_without_points_is_found(pack: Pack) -> None:
    components = {**pack.scores["risk"].components, "grade": {"g1": 0, "g2": 1}}
    found = wanting(with_score(pack, "risk", components=components), "tiles")
    assert found["risk: every level has points"].patients == (("grade: g3",),)


@pytest.mark.parametrize(
    ("edge", "claim"), [(2.7, "bands leave no gap"), (2.5, "bands do not overlap")]
)
def test_bands_of_a_number_that_do_not_meet_are_found(pack: Pack, edge: float, claim: str) -> None:
    bands = {**pack.scores["calcium_class"].bands, "high": Band(above=edge, below=3.5)}
    found = wanting(with_score(pack, "calcium_class", bands=bands), "tiles")
    assert [f"calcium_class: {claim}"] == list(found)
    ((fact,),) = found[f"calcium_class: {claim}"].patients
    value = float(fact.removeprefix("calcium: ").removesuffix(" mmol/L"))
    assert min(edge, 2.6) < value <= max(edge, 2.6)


def test_an_edge_that_two_bands_of_one_unit_hold_is_found(pack: Pack) -> None:
    by_unit = {
        **pack.scores["calcium_grade"].bands_by_unit,
        "mg/dL": {"first": Band(to=10.4), "second": Band(from_=10.4)},
    }
    found = wanting(with_score(pack, "calcium_grade", bands_by_unit=by_unit), "tiles")
    assert ["calcium_grade: bands do not overlap"] == list(found)


def rows_of(pack: Pack, edge: float) -> Any:
    table = pack.options["drug"].dose
    assert table is not None
    first, second = table.rows
    return replace(table, rows=(replace(first, below=edge), second))


@pytest.mark.parametrize(
    ("edge", "claim"), [(50.0, "dose rows leave no gap"), (70.0, "dose rows do not overlap")]
)
def test_dose_rows_that_do_not_meet_are_found(pack: Pack, edge: float, claim: str) -> None:
    found = wanting(with_option(pack, "drug", dose=rows_of(pack, edge)), "tiles")
    assert [f"drug: {claim}"] == list(found)


def test_a_weight_that_neither_a_stop_nor_a_row_holds_is_found(pack: Pack) -> None:
    stops = pack.options["drug"].contraindicated
    lighter = (replace(stops[0], when="weight < 20"), *stops[1:])
    found = wanting(with_option(pack, "drug", contraindicated=lighter), "tiles")
    assert ["drug: dose rows leave no gap"] == list(found)


@pytest.mark.parametrize(
    ("table", "claim"),
    [
        ({"yes": ("g3",), "no": ("g1",)}, "the table leaves no gap"),
        ({"yes": ("g3", "g2"), "no": ("g1", "g2")}, "rows of the table do not overlap"),
    ],
)
def test_a_table_that_misses_or_doubles_a_level_is_found(
    pack: Pack, table: dict[str, tuple[str, ...]], claim: str
) -> None:
    changed = replace(pack.variables["grade_is_high"], table=table)
    planted = replace(pack, variables={**pack.variables, "grade_is_high": changed})
    assert [f"grade_is_high: {claim}"] == list(wanting(planted, "tiles"))


# --- dead clauses --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("when", "dead"),
    [
        ("confusion and not confusion", ""),
        ("calcium < 2.6 and calcium >= 3.0", ""),
        ("calcium_doubled >= 6 and calcium < 2.9", ""),
        ("falls > 2 and falls < 3", ""),
        ("calcium > 7", ""),
        ("grade_is_high and grade != g3", ""),
        ("any_lesion(lesion_pain) and not any_lesion(lesion_pain or lesion_size > 2)", ""),
        ("count_lesions(lesion_pain) >= 2 and all_lesions(not lesion_pain)", ""),
        ("any_lesion(lesion_status == confirmed) and metastasis == suspected", ""),
        ("confusion or calcium < 2 and calcium > 3", ": `calcium < 2 and calcium > 3`"),
        ("grade in {g1, g3} and grade >= g2", ": `g1 of grade in {g1, g3}`"),
        ("any_lesion(lesion_size > 3 and (lesion_pain or lesion_size < 2))", ": `lesion_size < 2`"),
        ("at_least(2, confusion, drug_current, calcium > 7)", ": `calcium > 7`"),
        ("days_between(start_date, index_date) < 7 and start_date > index_date", None),
        ("count_lesions(lesion_pain) >= 6 and all_lesions(not lesion_pain)", ""),
        ("count_lesions(lesion_pain) == 3 and any_lesion(lesion_size > 2)", None),
        ("count_lesions(lesion_pain) == 9 and any_lesion(lesion_size > 2)", None),
        ("years_between(start_date, index_date) == 3", None),
        ("calcium * weight > 100 and weight / calcium < 20", None),
    ],
)
def test_a_dead_clause_is_found_and_a_rare_one_is_not(
    pack: Pack, when: str, dead: str | None
) -> None:
    found = wanting(with_alert(pack, "watch", when=when), "alive")
    own = [name for name in found if name.startswith("watch: when")]
    if dead is None:
        assert own == []
    else:
        assert f"watch: when{dead}" in own
        assert {found[name].verdict for name in own} == {"broken"}
        assert dead == "" or len(own) == 1


def test_an_alert_that_the_scope_hides_from_everybody_is_dead(pack: Pack) -> None:
    outside = with_alert(pack, "watch", when="cancer == not_known_of")
    assert "watch: when" in wanting(outside, "alive")
    without = with_alert(outside, "watch", without_known_cancer=True)
    assert "watch: when" not in wanting(without, "alive")


def test_a_band_that_nobody_reaches_is_dead(pack: Pack) -> None:
    applies = "cancer == current and grade == g1"
    found = wanting(with_score(pack, "risk", applies=applies), "alive")
    assert ["risk: bands.high"] == list(found)


def test_a_branch_that_is_never_taken_is_dead(pack: Pack) -> None:
    formula = "1 if calcium > 3 else 2 if calcium > 4 else 3"
    changed = replace(pack.variables["calcium_doubled"], formula=formula)
    planted = replace(pack, variables={**pack.variables, "calcium_doubled": changed})
    names = [n for n in wanting(planted, "alive") if n.startswith("calcium_doubled")]
    assert ["calcium_doubled: formula: `2`"] == names


def test_a_condition_that_asks_what_is_known_is_not_dead(pack: Pack) -> None:
    found = answers(pack, "alive", items=frozenset({"measure"}))
    assert ("measure: when", "holds") in [(a.name, a.verdict) for a in found]


# --- the status of an option ---------------------------------------------------------------------


def proof_of(pack: Pack, name: str) -> Proof:
    trees = Trees(pack)
    (matter,) = (s for s in matters(trees) if s.only == {name} and s.claims[0].of == "status")
    return Proof(trees, matter, 10.0)


def test_the_table_of_statuses_is_that_of_the_design() -> None:
    table = table_of_statuses()
    assert 81 == len(table)
    not_in_scope, not_indicated, contraindicated, caution, suitable = (1 << k for k in range(5))
    assert suitable == table[YES, YES, NO, NO]
    assert caution == table[YES, YES, NO, YES]
    assert contraindicated | suitable == table[YES, YES, OPEN, NO]
    assert contraindicated == table[YES, YES, YES, OPEN]
    assert not_indicated == table[YES, NO, YES, YES]
    assert not_in_scope | not_indicated | suitable == table[OPEN, OPEN, NO, NO]


@pytest.mark.parametrize(("right", "wrong"), [("c8_16", "c8_8"), ("c8_4", "c8_2")])
def test_a_compiler_that_gets_a_status_wrong_is_found(pack: Pack, right: str, wrong: str) -> None:
    proof = proof_of(pack, "drug")
    source = proof.program.source
    body, line = source.rsplit("\n return", 1)
    assert right in body
    head, _, _ = body.partition(" = o.constants(8")
    assert head
    changed = f"{body.replace(f'* {right})', f'* {wrong})')}\n return{line}"
    assert changed != source
    proof.run = link(changed)
    assert "broken" in {a.verdict for a in proof.answers(proof.matter.claims)}


def test_a_compiler_that_lets_an_unread_stop_be_sure_is_found(pack: Pack) -> None:
    """The proof takes the licences of the item; the program is compiled without them."""
    stops = pack.options["drug"].contraindicated
    unread = tuple(
        replace(stop, evidence=(replace(stop.evidence[0], confirmation="unread"),))
        for stop in stops
    )
    planted = with_option(pack, "drug", contraindicated=unread)
    proof, licensed = proof_of(planted, "drug"), proof_of(pack, "drug")
    assert {"holds"} == {a.verdict for a in proof.answers(proof.matter.claims)}
    proof = proof_of(planted, "drug")
    assert proof.program.inputs == licensed.program.inputs
    proof.run, proof.places = licensed.run, licensed.places
    (status, _) = proof.answers(proof.matter.claims)
    assert "broken" == status.verdict


def test_a_stop_that_does_not_count_is_found(pack: Pack) -> None:
    """The program is that of the option without its stop; the claim asks for the stop itself."""
    proof = proof_of(pack, "drug")
    lenient = with_option(pack, "drug", contraindicated=pack.options["drug"].contraindicated[1:])
    program = compile_pack(
        lenient, only=frozenset({"drug"}), trees=Trees(lenient), asked=proof.matter.asked
    )
    proof.program, proof.run, proof.places = program, link(program.source), program.by_key()
    status, suitable = proof.answers(proof.matter.claims)
    assert ("broken", "broken") == (status.verdict, suitable.verdict)
    assert "weight" in " ".join(suitable.patients[0]) or suitable.patients[0]


# --- conflicts -----------------------------------------------------------------------------------


def asking_for(pack: Pack, do: str, **more: Any) -> Pack:
    action = replace(pack.alerts["watch"], actions=()).actions
    assert action == ()
    first = pack.alerts["confused"].actions[0]
    asked = replace(first, do=do, unless=None, **more)
    return with_alert(pack, "watch", actions=(asked,))


def test_an_action_that_is_a_stopped_option_is_a_conflict(pack: Pack) -> None:
    found = wanting(asking_for(pack, "drug"), "advised")
    assert ["watch: drug"] == list(found)
    (patient,) = found["watch: drug"].patients
    assert any(fact.startswith("calcium: ") for fact in patient)
    assert "drug_current: yes" in patient or any(f.startswith("weight: ") for f in patient)


def test_an_action_that_leaves_the_stopped_out_is_none(pack: Pack) -> None:
    stopped = "weight < 30 or drug_current"
    assert {} == wanting(asking_for(pack, "drug", only_if=f"not ({stopped})"), "advised")
    despite = asking_for(pack, "drug", despite="It is given all the same.")
    assert [] == answers(despite, "advised")


def test_a_reason_beside_an_action_holds_for_every_alert_that_asks_for_it(pack: Pack) -> None:
    means = replace(pack.actions["call_team"], means=("drug",))
    asked = asking_for(replace(pack, actions={**pack.actions, "call_team": means}), "call_team")
    assert "watch: call_team" in wanting(asked, "advised")
    reason = replace(means, despite="It is owed.")
    kept = replace(asked, actions={**pack.actions, "call_team": reason})
    assert [] == answers(kept, "advised")


def test_an_action_that_means_several_options_needs_one_that_is_free(pack: Pack) -> None:
    means = replace(pack.actions["call_team"], means=("drug", "other"))
    planted = replace(pack, actions={**pack.actions, "call_team": means})
    assert {} == wanting(asking_for(planted, "call_team"), "advised")  # `other` has no stop
    stop = Clause(when="drug_current", why="takes it", evidence=())
    both = with_option(planted, "other", contraindicated=(stop,))
    found = wanting(asking_for(both, "call_team"), "advised")
    assert "drug_current: yes" in found["watch: call_team"].patients[0]


def test_what_has_to_wait_for_something_else_is_on_hold(pack: Pack) -> None:
    waits = replace(pack.interactions["clash"], between=("weight", "other"))
    planted = replace(pack, interactions={**pack.interactions, "clash": waits})
    found = wanting(asking_for(planted, "other"), "advised")
    assert "confusion: yes" in found["watch: other"].patients[0]


def running(pack: Pack) -> Iterator[tuple[str, Option]]:
    for name, runs in (("drug", "drug_current"), ("other", "confusion")):
        yield name, replace(pack.options[name], runs=(runs,), contraindicated=(), caution=())


def test_options_that_run_as_what_is_forbidden_together_are_a_conflict(pack: Pack) -> None:
    read = pack.options["drug"].indicated[0].evidence
    clash = replace(
        pack.interactions["clash"],
        between=("drug_current", "confusion"),
        effect="stop",
        when="calcium >= 2.6",
        evidence=read,
    )
    options = dict(running(pack))
    indicated = replace(options["other"].indicated[0], evidence=read)
    options["other"] = replace(options["other"], indicated=(indicated,))
    planted = replace(pack, options=options, interactions={"clash": clash})
    found = wanting(planted, "together")
    assert ["clash: drug and other"] == list(found)
    assert "metastasis: confirmed" in found["clash: drug and other"].patients[0]
    named = replace(clash, between=("drug", "other"))  # each then reads it as a stop of its own
    assert {} == wanting(replace(planted, interactions={"clash": named}), "together")


# --- worse is not less urgent --------------------------------------------------------------------


def test_bands_that_fall_while_the_score_gets_worse_are_found(pack: Pack) -> None:
    worse = with_score(pack, "risk", higher_is="worse")
    assert {"risk: confusion: band", "risk: grade: band"} <= {
        a.name for a in answers(worse, "monotone")
    }
    assert {} == wanting(worse, "monotone")
    bands = pack.scores["risk"].bands
    falling = with_score(worse, "risk", bands={name: bands[name] for name in ("high", "low")})
    found = wanting(falling, "monotone")
    assert {"risk: confusion: band", "risk: grade: band"} == set(found)
    assert 2 == len(found["risk: grade: band"].patients)
    better = with_score(falling, "risk", higher_is="better")
    assert {"risk: confusion: band", "risk: grade: band"} == set(wanting(better, "monotone"))


def test_an_alert_that_a_worse_score_puts_out_is_found(pack: Pack) -> None:
    worse = with_score(pack, "risk", higher_is="worse")
    fading = with_alert(worse, "watch", when="risk_total == 2")
    found = wanting(fading, "monotone")
    assert {"risk: confusion: urgency", "risk: grade: urgency"} == set(found)
    urgent = with_alert(fading, "confused", when="risk_total >= 3")  # more urgent takes over
    assert {} == wanting(urgent, "monotone")
    rising = with_alert(worse, "watch", when="risk_total >= 2")
    assert {} == wanting(rising, "monotone")


def with_way(pack: Pack, name: str, way: str) -> Pack:
    changed = replace(pack.variables[name], higher_is=way)
    return replace(pack, variables={**pack.variables, name: changed})


@pytest.mark.parametrize(
    ("name", "way", "fading", "rising"),
    [
        ("falls", "worse", "falls == 3", "falls >= 3"),
        ("weight", "better", "weight > 30", "weight < 30"),
        ("confusion", "worse", "not confusion", "confusion"),
        ("grade", "worse", "grade == g2", "grade >= g2"),
        ("grade", "better", "grade >= g2", "grade == g1"),
        ("lesion_size", "worse", "any_lesion(1 < lesion_size < 2)", "any_lesion(lesion_size > 1)"),
        ("lesion_pain", "worse", "all_lesions(not lesion_pain)", "any_lesion(lesion_pain)"),
        (
            "lesion_pain",
            "worse",
            "count_lesions(lesion_size > 1) > 4 and not any_lesion(lesion_pain)",
            "count_lesions(lesion_size > 1) > 4 and any_lesion(lesion_pain)",
        ),
    ],
)
def test_an_alert_that_a_worse_value_puts_out_is_found(
    pack: Pack, name: str, way: str, fading: str, rising: str
) -> None:
    planted = with_alert(with_way(pack, name, way), "watch", when=fading)
    assert [f"{name}: urgency"] == [n for n in wanting(planted, "monotone") if n.startswith(name)]
    sound = with_alert(with_way(pack, name, way), "watch", when=rising)
    told = [a.verdict for a in answers(sound, "monotone") if a.name == f"{name}: urgency"]
    assert ["holds"] == told


def test_two_patients_may_show_the_same_by_a_lesion_each(pack: Pack) -> None:
    """Of lesions that are worse in the second one another may show it: twice as many can matter."""
    when = "any_lesion(lesion_size > 1 and lesion_pain) and count_lesions(lesion_pain) > 2"
    trees = Trees(with_alert(with_way(pack, "lesion_pain", "worse"), "watch", when=when))
    bounds = {
        bool(matter.varied): Proof(trees, matter, 1).bound
        for matter in matters(trees)
        if "watch" in matter.only
        and any(c.name.startswith(("lesion_pain", "watch: when")) for c in matter.claims)
    }
    assert bounds == {False: 4, True: 9}  # 1 + 3, and the one that a claim is about + 2 x 4


def test_whom_the_scope_keeps_out_loses_no_alert(pack: Pack) -> None:
    """It is told to nobody without a known cancer, so that nothing is lost there."""
    hidden = with_alert(
        with_way(pack, "falls", "worse"), "watch", when="cancer == not_known_of and falls == 3"
    )
    assert {} == wanting(hidden, "monotone")
    shown = with_alert(hidden, "watch", without_known_cancer=True)
    assert ["falls: urgency"] == list(wanting(shown, "monotone"))


def test_a_number_that_a_score_bands_loses_no_alert_beyond_the_mildest_band(pack: Pack) -> None:
    worse = with_score(pack, "calcium_class", higher_is="worse")
    name = "calcium_class: calcium: urgency of all that hang on it"
    fading = with_alert(worse, "watch", when="2.7 < calcium < 3")
    assert [name] == list(wanting(fading, "monotone"))
    below = with_alert(worse, "watch", when="calcium < 2.5 or calcium > 2.7")
    assert {} == wanting(below, "monotone")  # what is low is not this score's
    assert name in {a.name for a in answers(below, "monotone")}


def test_a_way_without_an_order_says_nothing() -> None:
    old = "levels: [g1, g2, g3], ordered: true"
    text = edited("variables/basic.yaml", old, "levels: [g1, g2, g3], higher_is: worse")
    assert "idle-key" in {f.code for f in faults_of({**FILES, "variables/basic.yaml": text})}


# --- the points of a score -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("points", "broken"),
    [
        ({"g1": 0, "g2": 1, "g3": 2}, False),
        ({"g1": 0, "g2": 1, "g3": 1}, False),
        ({"g1": 0, "g2": "any", "g3": 2}, False),
        ({"g1": 2, "g2": 1, "g3": 0}, True),
        ({"g1": 0, "g2": 2, "g3": 1}, True),
        ({"g1": 1, "g2": "any", "g3": 0}, True),
    ],
)
@pytest.mark.parametrize(("way", "higher_is"), [("worse", "worse"), ("better", "better")])
def test_points_that_tell_a_worse_answer_as_the_better_one_are_found(
    pack: Pack, points: dict[str, Any], broken: bool, way: str, higher_is: str
) -> None:
    components = {**pack.scores["risk"].components, "grade": points}
    planted = with_score(pack, "risk", components=components, higher_is=higher_is)
    found = wanting(with_way(planted, "grade", way), "points")
    assert (["risk: grade"] if broken else []) == list(found)
    if broken:
        assert 2 == len(found["risk: grade"].patients)


def test_points_of_yes_against_no_are_looked_at(pack: Pack) -> None:
    worse = with_score(with_way(pack, "confusion", "worse"), "risk", higher_is="worse")
    assert {} == wanting(worse, "points")
    turned = with_score(worse, "risk", higher_is="better")
    assert ["risk: confusion"] == list(wanting(turned, "points"))


# --- what is not confirmed, and what is kept -----------------------------------------------------


def test_whom_the_program_does_not_confirm_is_undecided(pack: Pack) -> None:
    """To the solver an exponential is any number; to the program it is not."""
    found = wanting(with_alert(pack, "watch", when="exp(falls) < 0"), "alive")
    assert "undecided" == found["watch: when"].verdict
    assert () == found["watch: when"].patients


@pytest.mark.parametrize(("below", "there"), [("2.0004", False), ("2.0011", True)])
def test_who_is_asked_for_again_has_numbers_as_people_write_them(
    pack: Pack, below: str, *, there: bool
) -> None:
    """Between 2 and 2.0004 the solver finds a number, and nobody would write it down."""
    trees = Trees(with_alert(pack, "watch", when="weight > 2"))
    matter = next(m for m in matters(trees) if "watch" in m.only)
    setting = Proof(trees, matter, 10.0).setting(0)
    (world,) = setting.worlds
    weight = world.facts["weight", None].value[0].term
    setting.solver.add(weight > 2, weight < z3.RealVal(below))
    assert z3.sat == setting.solver.check()
    setting.solver.add(*world.written())
    assert there == (setting.solver.check() == z3.sat)
    if there:
        assert (2.001, 2.001) == world.patient(setting.solver.model()).values["weight", None]


def test_a_reason_in_the_knowledge_keeps_what_does_not_hold(pack: Pack) -> None:
    planted = asking_for(pack, "drug")
    found = answers(planted)
    bare = listing(planted, found, whole=True)
    assert not bare.done
    assert ["advised: watch: drug"] == [a.key for a in bare.open]
    kept = replace(
        planted,
        unproven={"proof": Unproven(id="proof", title="t", claims={"advised: watch: drug": "why"})},
    )
    listed = listing(kept, found, whole=True)
    assert listed.done
    assert "kept, because: why" in as_text(listed)
    (told,) = (a for a in json.loads(as_json(listed))["answers"] if a["reason"])
    assert ("advised", "watch: drug", "broken", "why") == (
        told["property"],
        told["claim"],
        told["verdict"],
        told["reason"],
    )


def test_what_is_undecided_is_left_open_until_the_knowledge_gives_a_reason(pack: Pack) -> None:
    planted = with_alert(pack, "watch", when="exp(falls) < 0")
    found = answers(planted, "alive")
    bare = listing(planted, found, whole=False)
    assert not bare.done
    assert [("alive: watch: when", "undecided")] == [(a.key, a.verdict) for a in bare.open]
    claims = {"alive: watch: when": "an exponential is above zero"}
    kept = replace(planted, unproven={"proof": Unproven(id="proof", title="t", claims=claims)})
    assert listing(kept, found, whole=False).done


def test_a_reason_that_is_not_needed_any_more_is_told(pack: Pack) -> None:
    kept = replace(
        pack,
        unproven={"proof": Unproven(id="proof", title="t", claims={"advised: watch: drug": "why"})},
    )
    listed = listing(kept, answers(kept, "advised"), whole=True)
    assert not listed.done
    assert "remove it" in as_text(listed)
    assert listing(kept, answers(kept, "advised"), whole=False).done


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("    clinician: Call the team now.", "    means: [drugs]", "unknown-option"),
        ("    clinician: Call the team now.", "    despite: why not", "idle-key"),
        (None, ", despite: why not", "idle-key"),
    ],
)
def test_what_an_action_means_is_checked(old: str | None, new: str, code: str) -> None:
    if old is not None:
        files = {"actions.yaml": edited("actions.yaml", old, f"{old}\n{new}")}
    else:
        do = "do: call_team, act_by: PT1H, unless: grade == g3"
        files = {"confused.yaml": edited("confused.yaml", do, do + new)}
    assert [code] == [fault.code for fault in faults_of({**FILES, **files})]


def test_premises_that_nobody_meets_prove_nothing(pack: Pack) -> None:
    proof = proof_of(pack, "drug")
    proof.setting(None if proof.over else 0).solver.add(False)
    assert {"undecided"} == {a.verdict for a in proof.answers(proof.matter.claims)}


# --- the form on terms ---------------------------------------------------------------------------


@pytest.mark.parametrize("plain", [True, False], ids=["known", "sets"])
def test_terms_of_constants_give_what_the_scalars_give(plain: bool) -> None:
    """The whole shipped program on the third form of the operations, patient by patient."""
    shipped = bonemets.load_pack()
    program, run = shipped.engine.program, shipped.engine.run
    rng = np.random.default_rng(1)
    batch = draw(
        shipped.pack, program.inputs, Points(shipped.pack), rng, 60, plain=plain, unknown=None
    )
    compared = patients = 0
    for patient in range(60):
        if patients == 8:
            break
        scalars, facts = batch.one(patient)
        odd = scalars.open or any(scalars.several) or any(scalars.doubtful)
        if odd or scalars.group != tuple(range(scalars.n)):
            continue
        patients += 1
        expected = run(scalars, facts)
        for name in ("masks", "states", "lesion_masks", "lesion_states"):
            setattr(facts, name, nested(getattr(facts, name), Bits.of))
        for name in ("lows", "highs", "lesion_lows", "lesion_highs"):
            setattr(facts, name, nested(getattr(facts, name), Real))
        there = [Bits.of(YES)] * scalars.n
        actual = run(Symbols(there), facts)
        for a, e in zip(flat(expected), flat(actual), strict=True):
            compared += 1
            assert a == number(e)
    assert patients == 8
    assert compared > 5000


def nested(values: list[Any], make: Any) -> list[Any]:
    return [nested(v, make) if isinstance(v, list) else make(v) for v in values]


def flat(registers: tuple[Any, ...]) -> Iterator[Any]:
    for register in registers:
        yield from register if isinstance(register, tuple) else (register,)


def number(value: Any) -> Any:
    """Give the Python number of a term that is a constant."""
    if isinstance(value, Bits):
        assert all(isinstance(bit, bool) for bit in value.bits)
        return sum(1 << k for k, bit in enumerate(value.bits) if bit)
    term = Real.of(value)
    assert isinstance(term, float | int), "not worked out"
    return term


def test_infinity_stays_beyond_every_number() -> None:
    assert (Real(INF) > 1e17).truth
    assert (Real(-INF) < -1e17).truth


# --- the command ---------------------------------------------------------------------------------


def test_the_command_proves_one_item_and_says_so() -> None:
    done = CliRunner().invoke(app, ["knowledge", "prove", "--item", "sins", "--property", "tiles"])
    assert 0 == done.exit_code, done.output
    assert "3 of 3" in done.output


PLANTED = """\
alert: planted
title: Planted
version: 2026-01-01
urgency: this_week
when: {when}
actions: [{{do: call_cancer_team_today, act_by: P7D}}]
evidence: [{{id: bonemets_definitions, confirmation: ours}}]
reviewed_by: []
say: {{clinician: Planted., patient: Phone your cancer team this week.}}
examples: [{{name: one, given: {{}}, expect: {{}}, from: arithmetic}}]
"""


@pytest.mark.parametrize(
    ("when", "code", "said"),
    [
        ("exp(age) < 0", 1, "alive: planted: when: undecided"),
        ("age < 20 and age > 30", 1, "alive: planted: when: does not hold"),
        ("age < 20", 0, "1 of 1"),
    ],
)
def test_the_command_fails_on_what_is_undecided_and_on_what_does_not_hold(
    tmp_path: Path, when: str, code: int, said: str
) -> None:
    (tmp_path / "planted.yaml").write_text(PLANTED.format(when=when), encoding="utf-8")
    asked = ["--item", "planted", "--property", "alive"]
    done = CliRunner().invoke(app, ["knowledge", "prove", str(tmp_path), *asked])
    assert code == done.exit_code, done.output
    assert said in done.output


def test_the_command_gives_json(tmp_path: Path) -> None:
    path = tmp_path / "proof.json"
    asked = ["--item", "constipation_on_opioid", "--property", "advised"]
    shown = ["--format", "json", "--output", str(path)]
    done = CliRunner().invoke(app, ["knowledge", "prove", *asked, *shown])
    assert 0 == done.exit_code, done.output
    told = json.loads(path.read_text())
    assert "proof/1" == told["bonemets"]
    assert [("advised", "holds")] == [(a["property"], a["verdict"]) for a in told["answers"]]


@pytest.mark.timeout(3000)
@pytest.mark.parametrize(
    "about", [pytest.param(x, marks=pytest.mark.slow if x == "alive" else ()) for x in ABOUT]
)
def test_the_shipped_knowledge_is_proven(about: Property) -> None:
    """Property by property, so that they run side by side; none of the reasons stands idle."""
    pack = bonemets.load_pack().pack
    listed = listing(pack, prove(pack, properties=frozenset({about})), whole=True)
    assert not listed.open, as_text(listed)
    assert [] == [name for name in listed.stale if name.startswith(f"{about}: ")]
    assert len(listed.answers) > {"alive": 5000, "advised": 20, "together": 0}.get(about, 50)


def test_nothing_in_an_alert_or_a_score_of_the_shipped_knowledge_is_dead() -> None:
    """In every run: of all items it takes five times as long."""
    pack = bonemets.load_pack().pack
    answers = prove(
        pack, items=frozenset({*pack.alerts, *pack.scores}), properties=frozenset({"alive"})
    )
    listed = listing(pack, answers, whole=False)
    assert not listed.open, as_text(listed)
    assert len(listed.answers) > 1500


def test_every_reason_of_the_shipped_knowledge_is_of_a_property() -> None:
    pack = bonemets.load_pack().pack
    assert {"monotone"} == {name.split(":")[0] for x in pack.unproven.values() for name in x.claims}


UNORDERED = {
    "lesion_quality": "a change of the marrow alone has no place in the order of the prints",
    "tomita_growth": "a primary that the print does not list has no place in its order",
}
"""Components of scores for which a higher total is worse or better, without an order -> why."""


def directed(pack: Pack) -> Iterator[tuple[Score, str, dict[str, int | str]]]:
    """Give each component of a score of which it is said which way is worse."""
    for score in pack.scores.values():
        for name, points in score.components.items() if score.higher_is else ():
            yield score, name, points


def test_every_component_of_a_directed_score_has_an_order_or_a_reason() -> None:
    pack = bonemets.load_pack().pack
    bare = {n for _, n, _ in directed(pack) if pack.variables[n].higher_is is None}
    assert set(UNORDERED) == bare


@pytest.mark.parametrize(
    ("scores", "least"),
    [
        pytest.param({"sins", "tomita"}, 6, id="two"),
        pytest.param(None, 50, id="all", marks=pytest.mark.slow),
    ],
)
def test_a_published_table_that_stands_upside_down_is_found(
    scores: set[str] | None, least: int
) -> None:
    """Each table of points of the shipped scores in turn, from its last level to its first."""
    pack = bonemets.load_pack().pack
    turned = 0
    for score, name, points in directed(pack):
        if name in UNORDERED or (scores is not None and score.id not in scores):
            continue
        scored = {level: p for level, p in points.items() if isinstance(p, int)}
        upside_down = dict(zip(scored, reversed(scored.values()), strict=True))
        if upside_down != scored:
            components = {**score.components, name: {**points, **upside_down}}
            planted = with_score(pack, score.id, components=components)
            found = answers(planted, "points", items=frozenset({score.id}))
            wrong = [a.name for a in found if a.verdict != "holds"]  # undecided behind a calendar
            assert [f"{score.id}: {name}"] == wrong
            turned += 1
    assert turned > least
