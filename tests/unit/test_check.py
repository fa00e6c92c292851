"""Every fault of a pack is found, at its place, together with all the others."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_pack import FILES, edited, faults_of, marked, small_pack, texts

from bonemets.errors import KnowledgeError
from bonemets.pack import load as loading
from bonemets.pack.check import check, duration_seconds
from bonemets.pack.load import Text, content_hash, knowledge_files, load
from bonemets.program import compile_pack

BASIC, RISK, CLASS, GRADE = "variables/basic.yaml", "risk.yaml", "calcium_class.yaml", "calcium_grade.yaml"
ALERT, WATCH, TEST, DRUG, OTHER = "confused.yaml", "watch.yaml", "measure.yaml", "drug.yaml", "other.yaml"


def test_the_small_pack_holds_and_compiles() -> None:
    pack = small_pack()
    assert compile_pack(pack).statements > 30
    assert {"risk_total", "risk_band", "calcium_band"} <= set(pack.symbols())


# Each: file, what stands there, what is planted (with `¦` where each fault is expected), codes in
# the order of place. No other fault may come up.
PLANTED: dict[str, tuple[str, str, str, str]] = {
    # the file as YAML
    "no yaml": (WATCH, "actions: []", "actions: [¦}", "not-yaml"),
    "a key twice": (WATCH, "urgency: this_week", "urgency: this_week\n¦urgency: today", "duplicate-key"),
    "an alias": (WATCH, "title: Watch", "title: ¦*watch", "yaml-alias"),
    # load
    "no such kind": (WATCH, "alert: watch", "¦alarm: watch", "unknown-kind"),
    "a key beside the list": (BASIC, "title: Basics", "title: Basics\n¦note: more", "unknown-key"),
    "a table that is none": (BASIC, "variables: basic\n", "¦variables: basic\nlist: []\n", "duplicate-key"),
    "a variable called in capitals": (BASIC, "  weight: {", "  ¦Weight: {", "bad-name"),
    "a variable called by a keyword": (BASIC, "  start_date:", "  ¦lambda:", "bad-name"),
    "a variable called index_date": (BASIC, "  potassium:", "  ¦index_date:", "bad-name"),
    "an item's id in capitals": (WATCH, "alert: watch", "alert: ¦Watch", "bad-name"),
    "an item in another's file": (TEST, "investigation: measure", "investigation: ¦gauge", "file-name"),
    "two items of one id": (BASIC, "  weight:", "  ¦watch: {title: w, type: boolean}\n  weight:", "id-taken"),
    # shape
    "a list in place of a table": (RISK, "gives: {total: risk_total, band: risk_band}", "gives: ¦[risk_total]", "wrong-shape"),
    "a text in place of a list": (WATCH, "beneath: [confused]", "beneath: ¦confused", "wrong-shape"),
    "three ends": (BASIC, "plausible: [0, 120]", "plausible: ¦[0, 60, 120]", "wrong-shape"),
    "a list in place of a table of names": (BASIC, "names: {mmol_per_l: mmol/L, mg_per_dl: mg/dL}", "names: ¦[mmol/L]", "wrong-shape"),
    "a key that is none": (WATCH, "urgency: this_week", "¦urgencies: x\nurgency: this_week", "unknown-key"),
    "a key that is missing": (WATCH, "alert: watch\ntitle: Watch\n", "¦alert: watch\n", "missing-key"),
    "a key inside that is missing": (ALERT, "clock: {from: start_date, act_by: PT24H}", "clock: ¦{from: start_date}", "missing-key"),
    "a word that is none": (WATCH, "urgency: this_week", "urgency: ¦next_week", "unknown-value"),
    "a number in place of a truth value": (ALERT, "without_known_cancer: true", "without_known_cancer: ¦1", "wrong-type"),
    "a text in place of a number": (BASIC, "minimum: 0, plausible: [0, 120]", "minimum: ¦none, plausible: [0, 120]", "wrong-type"),
    "half a decimal": (BASIC, "decimals: 2", "decimals: ¦1.5", "wrong-type"),
    "a truth value in place of a text": (WATCH, "title: Watch", "title: ¦true", "wrong-type"),
    "an empty text": (WATCH, "title: Watch", "title: ¦''", "wrong-type"),
    "a list in place of points": (RISK, "{g1: 0, g2: 1, g3: 2}", "{g1: ¦[0], g2: 1, g3: 2}", "wrong-type"),
    # variables
    "a level twice": (BASIC, "levels: [g1, g2, g3]", "levels: ¦[g1, g2, g3, g3]", "duplicate-level"),
    "a level called none": (BASIC, "levels: [confirmed, suspected, excluded]", "levels: [confirmed, suspected, ¦none]", "bad-name"),
    "64 levels": (BASIC, "levels: [confirmed, suspected, absent]", f"levels: ¦[{', '.join(f'm{i}' for i in range(64))}]", "too-many-levels"),
    "levels of a boolean": (BASIC, "lesion_pain: {title: pain there, entity: lesion, type: boolean,", "lesion_pain: {title: pain there, entity: lesion, type: ¦boolean, levels: [a],", "type-mismatch"),
    "a level without levels": (BASIC, "{title: potassium, type: number, unit: mmol/L,", "{title: potassium, type: ¦level,", "type-mismatch"),
    "a number without a unit": (BASIC, "type: number, unit: kg", "type: ¦number", "unit-missing"),
    "a unit that is none": (BASIC, "{title: potassium, type: number, unit: mmol/L,", "{title: potassium, type: number, unit: ¦mmols/L,", "unknown-unit"),
    "a window that is none": (BASIC, "window: P7D", "window: ¦7 days", "bad-duration"),
    "a course that is none": (BASIC, "lasts: P13W", "lasts: ¦13W", "bad-duration"),
    "a no that lasts nothing": (BASIC, "no_for: P1D", "no_for: ¦PT", "bad-duration"),
    "a report of nothing": (BASIC, "with: {of: [calcium], take: unit}", "with: {of: [¦calzium], take: unit}", "unknown-variable"),
    "a report of a lesion's": (BASIC, "with: {of: [calcium], take: unit}", "with: {of: [¦lesion_size], take: unit}", "lesion-variable"),
    "before nothing": (BASIC, "window: P7D", "before: ¦strat_date", "unknown-variable"),
    "since what is no date": (BASIC, "window: P7D", "since: ¦weight", "wrong-type"),
    "a roll-up of nothing": (BASIC, "rolls_up: lesion_status", "rolls_up: ¦lesion_state", "unknown-variable"),
    "a roll-up of no levels": (BASIC, "rolls_up: lesion_status", "rolls_up: ¦lesion_pain", "wrong-type"),
    "a table of nothing": (BASIC, "table_of: grade", "table_of: ¦grades", "unknown-variable"),
    "a patient's table of a lesion's": (BASIC, "table_of: grade\n    table: {\"yes\": [g3], \"no\": [g1, g2]}", "table_of: ¦lesion_pain\n    table: {\"yes\": [\"yes\"], \"no\": [\"no\"]}", "lesion-variable"),
    "a sum of booleans": (BASIC, "pick: active", "pick: ¦sum", "pick-type"),
    "a roll-up without its variable": (BASIC, "{title: grade, type: level,", "{title: grade, type: level, pick: ¦roll_up,", "roll-up"),
    "an answer that is no level": (BASIC, 'answers: {"yes": {snomed: ["1"]}}', 'answers: {¦perhaps: {snomed: ["1"]}}', "unknown-level"),
    "a phrase for no level": (BASIC, 'phrases: {"yes": is confused}', "phrases: {¦perhaps: is confused}", "unknown-level"),
    "a code that states no level": (BASIC, "stated: current,", "stated: ¦present,", "unknown-level"),
    "a past that is no level": (BASIC, "    past: past", "    past: ¦before", "unknown-level"),
    "a table for no level": (BASIC, '"no": [g1, g2]}', '"no": [g1, g2], ¦maybe: []}', "unknown-level"),
    "a table from no level": (BASIC, '"no": [g1, g2]}', '"no": [g1, g2, ¦g4]}', "unknown-level"),
    "a level in two rows": (BASIC, '"no": [g1, g2]}', '"no": [g1, g2, ¦g3]}', "table-overlap"),
    "a level in no row": (BASIC, 'table: {"yes": [g3], "no": [g1, g2]}', 'table: ¦{"yes": [g3], "no": [g1]}', "table-gap"),
    "a table and a formula": (BASIC, "table_of: grade", "formula: ¦confusion\n    table_of: grade", "two-sources"),
    "a spelling of no unit": ("terms.yaml", "  mmol/L: [mmol/l]", "  ¦mmols/L: [mmol/l]", "unknown-unit"),
    # expressions in their files
    "a name mistyped, in a block": (ALERT, "  and calcium >= 3.0", "  and ¦calzium >= 3.0", "unknown-variable"),
    "a name mistyped, in quotes": (DRUG, 'when: "metastasis in {confirmed}"', 'when: "¦metastases in {confirmed}"', "unknown-variable"),
    "a name mistyped, in a line": (WATCH, "when: calcium >= 2.6", "when: 2.6 <= ¦calzium", "unknown-variable"),
    "an unless that is no condition": (ALERT, "unless: grade == g3", "unless: ¦grade", "wrong-type"),
    "a folded block": (ALERT, "when: |\n  confusion", "when: >\n  ¦confusion", "folded-expression"),
    "plain text over two lines": (WATCH, "when: calcium >= 2.6", "when: ¦calcium\n  >= 2.6", "folded-expression"),
    "quoted text over two lines": (WATCH, "when: calcium >= 2.6", 'when: ¦"calcium\n  >= 2.6"', "folded-expression"),
    "a lesion's variable for a patient": (WATCH, "when: calcium >= 2.6", "when: ¦lesion_size > 2", "lesion-variable"),
    "known in an alert": (WATCH, "when: calcium >= 2.6", "when: ¦known(calcium)", "not-here"),
    "counted alerts in a test": (TEST, "when: not known(calcium)", "when: ¦count_alerts(now) >= 1", "not-here"),
    "a formula in another unit": (BASIC, "formula: calcium * 2", "formula: ¦weight * 2", "unit-mismatch"),
    "a scope that is no condition": ("scope.yaml", "adult: age >= 18", "adult: ¦age", "wrong-type"),
    # citations
    "an item without a source": (WATCH, "alert: watch", "¦alert: watch", "uncited"),
    "a clause without a source": (DRUG, "why: confused, evidence: [{id: book, confirmation: unread}]", "why: confused, evidence: ¦[]", "uncited"),
    "a check without a source": (DRUG, "{what: Weigh., needs: [weight], evidence: [{id: book, confirmation: unread}]}", "{what: Weigh., needs: [weight], evidence: ¦[]}", "uncited"),
    "a dose without a source": (DRUG, "evidence: [{id: book, at: table 1, confirmation: read, seen: {address: PubMed 1, on: 2026-01-01}}]", "evidence: ¦[]", "uncited"),
    "a source that is not there": (WATCH, "evidence: [{id: book,", "evidence: [{id: ¦boook,", "unknown-evidence"),
    "read without a place": (DRUG, "why: too light, instead: [other], evidence: [{id: book, at: page 2,", "why: too light, instead: [other], evidence: [¦{id: book,", "no-locator"),
    "read without an address": (DRUG, "at: table 1, confirmation: read, seen: {address: PubMed 1, on: 2026-01-01}", "at: table 1, confirmation: read", "not-seen"),
    "seen on no day": (DRUG, "at: table 1, confirmation: read, seen: {address: PubMed 1, on: 2026-01-01}", "at: table 1, confirmation: read, seen: {address: PubMed 1, on: ¦January}", "bad-date"),
    "a version that is no date": (WATCH, "version: 2026-01-01", "version: ¦2026-01", "bad-date"),
    "a formula without a version": (BASIC, "  calcium_doubled:\n    title: calcium doubled\n    type: number\n    unit: mmol/L\n    version: 2026-01-01\n", "  calcium_doubled:\n    ¦title: calcium doubled\n    type: number\n    unit: mmol/L\n", "missing-key"),
    "an action without its source": ("actions.yaml", "evidence: [{id: book,", "evidence: [{id: ¦boook,", "unknown-evidence"),
    # examples
    "no example": (WATCH, "alert: watch", "¦alert: watch", "no-examples"),
    "two examples of one name": (WATCH, "examples:\n", "examples:\n  - {name: at, given: {}, expect: {result: unknown}, from: arithmetic}\n", "duplicate-example"),
    "an example from nowhere": (WATCH, "from: arithmetic", "from: ¦a_run", "unknown-evidence"),
    "an example with no variable": (WATCH, "given: {calcium:", "given: {¦calzium:", "unknown-variable"),
    # scores
    "points and a formula": (RISK, "score: risk", "¦score: risk", "two-sources"),
    "a component that is none": (RISK, "  confusion: {", "  ¦confused_now: {", "unknown-variable"),
    "a component of a lesion": (RISK, "  confusion: {", "  ¦lesion_pain: {", "lesion-variable"),
    "points for no level": (RISK, "g3: 2}", "g3: 2, ¦g4: 3}", "unknown-level"),
    "points in words": (RISK, "g3: 2}", "g3: ¦two}", "bad-points"),
    "a level without points": (RISK, "  grade: {g1: 0, g2: 1, g3: 2}", "  ¦grade: {g1: 0, g3: 2}", "level-missing"),
    "no points at all": (RISK, "  grade: {g1: 0, g2: 1, g3: 2}", "  ¦grade: {g1: any, g2: any, g3: any}", "bad-points"),
    "two components of one origin": (RISK, "  grade: {g1: 0", '  ¦grade_is_high: {"yes": 0, "no": 0}\n  grade: {g1: 0', "shared-ancestor"),
    "totals too far apart": (RISK, "components:\n  confusion: {\"yes\": 1,", "components:\n  ¦confusion: {\"yes\": 61,", "too-many-totals"),
    "a whole band above": (RISK, "high: {from: 2, to: 3}", "¦high: {above: 1, to: 3}", "bad-band"),
    "a band that ends first": (RISK, "high: {from: 2, to: 3}", "high: {from: 2, to: 3}\n  ¦none_here: {from: 3, to: 2}", "bad-band"),
    "a band for no total": (RISK, "high: {from: 2, to: 3}", "high: {from: 2, to: 3}\n  ¦higher: {from: 4, to: 5}", "unreachable-band"),
    "bands that overlap": (RISK, "high: {from: 2, to: 3}", "¦high: {from: 1, to: 3}", "bands-overlap"),
    "a gap between bands": (RISK, "low: {from: 0, to: 1}", "low: {from: 0, to: 0}", "bands-gap"),
    "a gap after the bands": (RISK, "high: {from: 2, to: 3}", "high: {from: 2, to: 2}", "bands-gap"),
    "two lower edges": (CLASS, "severe: {from: 3.5}", "¦severe: {from: 3.5, above: 3.5}", "bad-band"),
    "bands out of order": (CLASS, "high: {above: 2.6, below: 3.5}", "¦high: {below: 3.5}", "bad-band"),
    "a gap between edges": (CLASS, "severe: {from: 3.5}", "¦severe: {from: 3.6}", "bands-gap"),
    "edges that cross": (CLASS, "severe: {from: 3.5}", "¦severe: {from: 3.4}", "bands-overlap"),
    "an edge in both": (CLASS, "high: {above: 2.6,", "¦high: {from: 2.6,", "bands-overlap"),
    "an edge in neither": (CLASS, "severe: {from: 3.5}", "¦severe: {above: 3.5}", "bands-gap"),
    "nothing below the first": (CLASS, "normal: {to: 2.6}", "¦normal: {from: 0, to: 2.6}", "bands-gap"),
    "nothing above the last": (CLASS, "severe: {from: 3.5}", "¦severe: {from: 3.5, to: 6}", "bands-gap"),
    "an edge of no variable": (CLASS, "normal: {to: 2.6}\n  high: {above: 2.6,", "normal: {to: ¦limit}\n  high: {above: ¦limit,", "unknown-variable unknown-variable"),
    "a table of edges without a unit": (GRADE, "reported_in: reported_unit\nbands_by_unit:", "¦bands_by_unit:", "by-unit"),
    "a unit without its edges": (GRADE, "bands_by_unit:\n  mmol/L: {first: {to: 2.6}, second: {above: 2.6}}\n", "¦bands_by_unit:\n", "unit-missing"),
    "edges of a unit too many": (GRADE, "bands_by_unit:\n", "bands_by_unit:\n  ¦g/L: {first: {to: 1}, second: {above: 1}}\n", "unknown-unit"),
    "edges of a unit not taken": (BASIC, "mg_per_dl: mg/dL", "mg_per_dl: kg", "unit-missing unknown-unit"),
    "other bands in another unit": (GRADE, "mg/dL: {first: {to: 10.4}, second:", "¦mg/dL: {one: {to: 10.4}, second:", "band-levels"),
    "a total called wrongly": (RISK, "gives: {total: risk_total,", "gives: {total: ¦RiskTotal,", "bad-name"),
    "a band called wrongly": (RISK, "  high: {from", "  ¦High: {from", "bad-name"),
    "bands of another variable": (RISK, "band: risk_band}", "band: ¦grade}", "band-levels cycle"),
    # alerts, investigations, options
    "an action that is none": (ALERT, "do: call_team", "do: ¦call_teem", "unknown-action"),
    "an action at no time": (ALERT, "act_by: PT1H", "act_by: ¦1h", "bad-duration"),
    "a clock that starts at a number": (ALERT, "clock: {from: start_date,", "clock: {from: ¦weight,", "wrong-type"),
    "a clock that starts at nothing": (ALERT, "clock: {from: start_date,", "clock: {from: ¦onset,", "unknown-variable"),
    "a clock of no length": (ALERT, "act_by: PT24H}", "act_by: ¦24}", "bad-duration"),
    "beneath no alert": (WATCH, "beneath: [confused]", "beneath: [¦measure]", "unknown-alert"),
    "instead, no option": (DRUG, "instead: [other]", "instead: [¦another]", "unknown-option"),
    "doses by a level": (DRUG, "by: weight", "by: ¦grade", "wrong-type"),
    "doses by a lesion's": (DRUG, "by: weight", "by: ¦lesion_size", "lesion-variable"),
    "doses that overlap": (DRUG, "{from: 60, give: 4 mg}", "{from: 50, give: 4 mg}", "bands-overlap"),
    "a stop that ends before the doses": (DRUG, "when: weight < 30", "when: weight < 25", "dose-gap"),
    "a check that needs nothing": (DRUG, "{what: Weigh., needs: [weight]", "{what: Weigh., needs: [¦wait]", "unknown-variable"),
    "a scope of no variable": ("scope.yaml", "cancer_variable: cancer", "cancer_variable: ¦tumour", "unknown-variable"),
    "alerts that count themselves": (WATCH, "when: calcium >= 2.6", "when: ¦count_alerts(this_week) >= 1", "cycle"),
    "variables in a circle": (BASIC, "formula: calcium * 2", "formula: calcium_doubled + 1", "cycle"),
}  # fmt: skip

# What else has to change for a planted fault to be the only one: a second edit.
ALSO: dict[str, tuple[str, str]] = {
    "a variable called in capitals": (DRUG, FILES[DRUG].replace("weight", "Weight")),
    "an item's id in capitals": (WATCH, ""),
}


def planted_files(name: str) -> tuple[dict[str, str], list[tuple[int, int]]]:
    file, old, new, _ = PLANTED[name]
    text, places = marked(edited(file, old, new))
    return {**FILES, file: text}, places


SKIP_ALONE = {
    # faults that need more than one place changed stand in tests of their own below
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_fault_is_found_at_its_place(name: str) -> None:
    file, _, _, codes = PLANTED[name]
    files, places = planted_files(name)
    found = faults_of(files)
    print(*found, sep="\n")
    assert [f.code for f in found] == codes.split()
    assert all(f.line > 0 for f in found)
    if places:
        assert [(f.file, f.line, f.column) for f in found[: len(places)]] == [(file, *p) for p in places]
