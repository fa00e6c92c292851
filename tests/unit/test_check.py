"""Every fault of a pack is found, at its place, together with all the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from bonemets.errors import KnowledgeError
from bonemets.pack import load as loading
from bonemets.pack.durations import duration_seconds
from bonemets.pack.load import Text, content_hash, knowledge_files
from bonemets.program import compile_pack
from bonemets.units import MASSES, conversion, is_ucum
from small_pack import FILES, edited, faults_of, marked, small_pack

BASIC, RISK, CLASS, GRADE = (
    "variables/basic.yaml",
    "risk.yaml",
    "calcium_class.yaml",
    "calcium_grade.yaml",
)
ALERT, WATCH, TEST, DRUG, OTHER = (
    "confused.yaml",
    "watch.yaml",
    "measure.yaml",
    "drug.yaml",
    "other.yaml",
)


def test_the_small_pack_holds_and_compiles() -> None:
    pack = small_pack()
    assert compile_pack(pack).statements > 30
    assert {"risk_total", "risk_band", "calcium_band"} <= set(pack.symbols())


MANY = ", ".join(f"m{i}" for i in range(64))
READ = "at: table 1, confirmation: read, seen: {address: PubMed 1, on: 2026-01-01}"

# Each: file, what stands there, what is planted (with `¦` where each fault is expected), codes in
# the order of place. No other fault may come up.
PLANTED: dict[str, tuple[str, str, str, str]] = {
    # the file as YAML
    "no yaml": (WATCH, "actions: []", "actions: [¦}", "not-yaml"),
    "a key twice": (
        WATCH,
        "urgency: this_week",
        "urgency: this_week\n¦urgency: today",
        "duplicate-key",
    ),
    "an alias": (WATCH, "title: Watch", "title: ¦*watch", "yaml-alias"),
    # load
    "no such kind": (WATCH, "alert: watch", "¦alarm: watch", "unknown-kind"),
    "a key beside the list": (BASIC, "title: Basics", "title: Basics\n¦note: more", "unknown-key"),
    "a variable called in capitals": (BASIC, "  grade_is_high:", "  ¦GradeIsHigh:", "bad-name"),
    "a variable called by a keyword": (BASIC, "  grade_is_high:", "  ¦lambda:", "bad-name"),
    "a variable called index_date": (BASIC, "  potassium:", "  ¦index_date:", "bad-name"),
    "an item's id in capitals": (WATCH, "alert: watch", "alert: ¦¦Watch", "bad-name file-name"),
    "an item in another's file": (WATCH, "alert: watch", "alert: ¦watching", "file-name"),
    # shape
    "a list in place of a table": (
        RISK,
        "gives: {total: risk_total, band: risk_band}",
        "gives: ¦[risk_total]",
        "wrong-shape",
    ),
    "a text in place of a list": (
        WATCH,
        "beneath: [confused]",
        "beneath: ¦confused",
        "wrong-shape",
    ),
    "three ends": (BASIC, "plausible: [0, 120]", "plausible: ¦[0, 60, 120]", "wrong-shape"),
    "a list in place of a table of names": (
        BASIC,
        "names: {mmol_per_l: mmol/L, mg_per_dl: mg/dL}",
        "names: ¦[mmol/L]",
        "wrong-shape",
    ),
    "a key that is none": (
        WATCH,
        "urgency: this_week",
        "¦urgencies: x\nurgency: this_week",
        "unknown-key",
    ),
    "a key that is missing": (
        WATCH,
        "alert: watch\ntitle: Watch\n",
        "¦alert: watch\n",
        "missing-key",
    ),
    "a key inside that is missing": (
        ALERT,
        "clock: {from: start_date, act_by: PT24H}",
        "clock: ¦{from: start_date}",
        "missing-key",
    ),
    "a word that is none": (WATCH, "urgency: this_week", "urgency: ¦next_week", "unknown-value"),
    "a number in place of a truth value": (
        ALERT,
        "without_known_cancer: true",
        "without_known_cancer: ¦1",
        "wrong-type",
    ),
    "a text in place of a number": (
        BASIC,
        "minimum: 0, plausible: [0, 120]",
        "minimum: ¦none, plausible: [0, 120]",
        "wrong-type",
    ),
    "half a decimal": (BASIC, "decimals: 2", "decimals: ¦1.5", "wrong-type"),
    "a truth value in place of a text": (WATCH, "title: Watch", "title: ¦true", "wrong-type"),
    "an empty text": (WATCH, "title: Watch", "title: '¦'", "wrong-type"),
    "a list in place of points": (
        RISK,
        "{g1: 0, g2: 1, g3: 2}",
        "{g1: ¦[0], g2: 1, g3: 2}",
        "wrong-type",
    ),
    # variables
    "a level twice": (
        BASIC,
        "levels: [g1, g2, g3]",
        "levels: [g1, g2, g3, ¦g3]",
        "duplicate-level",
    ),
    "a level called none": (
        BASIC,
        "levels: [confirmed, suspected, excluded]",
        "levels: [confirmed, suspected, ¦none]",
        "bad-name",
    ),
    "64 levels": (
        BASIC,
        "  grade: {title",
        f"  many: {{title: m, type: level, ask: M?, levels: ¦[{MANY}]}}\n  grade: {{title",
        "too-many-levels",
    ),
    "levels of a boolean": (
        BASIC,
        "lesion_pain: {title: pain there, entity: lesion, type: boolean,",
        "lesion_pain: {title: pain there, entity: lesion, type: ¦boolean, levels: [a],",
        "type-mismatch",
    ),
    "a level without levels": (
        BASIC,
        "{title: potassium, type: number, unit: mmol/L,",
        "{title: potassium, type: ¦level,",
        "type-mismatch",
    ),
    "a number without a unit": (BASIC, "type: number, unit: kg", "type: ¦number", "unit-missing"),
    "a unit that is none": (
        BASIC,
        "{title: potassium, type: number, unit: mmol/L,",
        "{title: potassium, type: number, unit: ¦mmols/L,",
        "unknown-unit",
    ),
    "a window that is none": (BASIC, "window: P7D", "window: ¦7 days", "bad-duration"),
    "a course that is none": (BASIC, "lasts: P13W", "lasts: ¦13W", "bad-duration"),
    "a no that lasts nothing": (BASIC, "no_for: P1D", "no_for: ¦PT", "bad-duration"),
    "a report of nothing": (
        BASIC,
        "with: {of: [calcium], take: unit}",
        "with: {of: [¦calzium], take: unit}",
        "unknown-variable",
    ),
    "a report of a lesion's": (
        BASIC,
        "with: {of: [calcium], take: unit}",
        "with: {of: [¦lesion_size], take: unit}",
        "lesion-variable",
    ),
    "before nothing": (BASIC, "window: P7D", "before: ¦strat_date", "unknown-variable"),
    "since what is no date": (BASIC, "window: P7D", "since: ¦weight", "wrong-type"),
    "a roll-up of nothing": (
        BASIC,
        "rolls_up: lesion_status",
        "rolls_up: ¦lesion_state",
        "unknown-variable",
    ),
    "a roll-up of no levels": (
        BASIC,
        "rolls_up: lesion_status",
        "rolls_up: ¦lesion_pain",
        "wrong-type",
    ),
    "a table of nothing": (BASIC, "table_of: grade", "table_of: ¦grades", "unknown-variable"),
    "a patient's table of a lesion's": (
        BASIC,
        'table_of: grade\n    table: {"yes": [g3], "no": [g1, g2]}',
        'table_of: ¦lesion_pain\n    table: {"yes": ["yes"], "no": ["no"]}',
        "lesion-variable",
    ),
    "a kind that includes nothing known": (
        BASIC,
        "includes: [other_drug, drug_amount]",
        "includes: [¦other_drag, drug_amount]",
        "unknown-variable",
    ),
    "a kind that includes a level": (
        BASIC,
        "includes: [other_drug, drug_amount]",
        "includes: [other_drug, ¦grade]",
        "wrong-type",
    ),
    "a kind that includes itself": (
        BASIC,
        "includes: [other_drug, drug_amount]",
        "includes: [¦drug_current]",
        "idle-key",
    ),
    "a kind that leaves a code of its medicine open": (
        BASIC,
        "includes: [other_drug, drug_amount]\n    codes: [{as: drug, atc: [M05BA08]}]\n"
        "    ask: Is the drug taken?\n  other_drug: {title: other drug, type: boolean,",
        "includes: [¦other_drug, drug_amount]\n    codes: [{as: drug, atc: [M05BA08]},"
        " {as: drug, atc: [M05BA08AB], stated: unknown}]\n"
        "    ask: Is the drug taken?\n  other_drug: {title: other drug, type: boolean,"
        " codes: [{as: drug, atc: [M05BA08AB]}],",
        "kind-misses-code",
    ),
    "a kind of one strength only": (
        BASIC,
        "includes: [other_drug, drug_amount]\n    codes: [{as: drug, atc: [M05BA08]}]\n"
        "    ask: Is the drug taken?\n  other_drug: {title: other drug, type: boolean,",
        "includes: [¦other_drug, drug_amount]\n    codes: [{as: drug, atc: [M05BA08],"
        " dose: {to: 4, unit: mg}}]\n"
        "    ask: Is the drug taken?\n  other_drug: {title: other drug, type: boolean,"
        " codes: [{as: drug, atc: [M05BA08]}],",
        "kind-misses-code",
    ),
    "a kind that no list denies": (
        BASIC,
        "complete_with: medications\n    includes:",
        "¦includes:",
        "idle-key",
    ),
    "a sum of booleans": (BASIC, "pick: active\n    lasts: P13W", "pick: ¦sum", "pick-type"),
    "a roll-up without its variable": (
        BASIC,
        "{title: grade, type: level,",
        "{title: grade, type: level, pick: ¦roll_up,",
        "roll-up",
    ),
    "an answer that is no level": (
        BASIC,
        'answers: {"yes": {snomed: ["1"]}}',
        'answers: {¦perhaps: {snomed: ["1"]}}',
        "unknown-level",
    ),
    "a phrase for no level": (
        BASIC,
        'phrases: {"yes": is confused}',
        "phrases: {¦perhaps: is confused}",
        "unknown-level",
    ),
    "a code that states no level": (
        BASIC,
        "stated: current,",
        "stated: ¦present,",
        "unknown-level",
    ),
    "a quiet band that is none": (
        "risk.yaml",
        "  high: {from: 2, to: 3}\n",
        "  high: {from: 2, to: 3}\nquiet: [¦hihg]\n",
        "unknown-level",
    ),
    "a past that is no level": (BASIC, "    past: past", "    past: ¦before", "unknown-level"),
    "a table for no level": (
        BASIC,
        '"no": [g1, g2]}',
        '"no": [g1, g2], ¦maybe: []}',
        "unknown-level",
    ),
    "a table from no level": (BASIC, '"no": [g1, g2]}', '"no": [g1, g2, ¦g4]}', "unknown-level"),
    "a level in two rows": (BASIC, '"no": [g1, g2]}', '"no": [g1, g2, ¦g3]}', "table-overlap"),
    "a level in no row": (
        BASIC,
        'table: {"yes": [g3], "no": [g1, g2]}',
        'table: ¦{"yes": [g3], "no": [g1]}',
        "table-gap",
    ),
    "a table and a formula": (
        BASIC,
        "table_of: grade",
        "formula: ¦confusion\n    table_of: grade",
        "two-sources",
    ),
    "a spelling of no unit": (
        "terms.yaml",
        "  mmol/L: [mmol/l]",
        "  ¦mmols/L: [mmol/l]",
        "unknown-unit",
    ),
    # expressions in their files
    "a name mistyped, in a block": (
        ALERT,
        "  and calcium >= 3.0",
        "  and ¦calzium >= 3.0",
        "unknown-variable",
    ),
    "a name mistyped, in quotes": (
        DRUG,
        'when: "metastasis in {confirmed}"',
        'when: "¦metastases in {confirmed}"',
        "unknown-variable",
    ),
    "a name mistyped, in a line": (
        WATCH,
        "when: calcium >= 2.6",
        "when: 2.6 <= ¦calzium",
        "unknown-variable",
    ),
    "an unless that is no condition": (
        ALERT,
        "unless: grade == g3",
        "unless: ¦grade",
        "wrong-type",
    ),
    "a folded block": (ALERT, "when: |\n  confusion", "when: ¦>\n  confusion", "folded-expression"),
    "plain text over two lines": (
        WATCH,
        "when: calcium >= 2.6",
        "when: ¦calcium\n  >= 2.6",
        "folded-expression",
    ),
    "quoted text over two lines": (
        WATCH,
        "when: calcium >= 2.6",
        'when: ¦"calcium\n  >= 2.6"',
        "folded-expression",
    ),
    "a lesion's variable for a patient": (
        WATCH,
        "when: calcium >= 2.6",
        "when: ¦lesion_size > 2",
        "lesion-variable",
    ),
    "known in an unless": (
        ALERT,
        "unless: grade == g3",
        "unless: ¦known(grade) and grade == g3",
        "not-here",
    ),
    "known in an alert": (WATCH, "when: calcium >= 2.6", "when: ¦known(calcium)", "not-here"),
    "counted alerts in a test": (
        TEST,
        "when: not known(calcium)",
        "when: ¦count_alerts(now) >= 1",
        "not-here",
    ),
    "a formula in another unit": (
        BASIC,
        "formula: calcium * 2",
        "formula: ¦weight",
        "unit-mismatch",
    ),
    "a scope that is no condition": ("scope.yaml", "adult: age >= 18", "adult: ¦age", "wrong-type"),
    # citations
    "a clause without a source": (
        DRUG,
        "why: confused, evidence: [{id: book, confirmation: unread}]",
        "why: confused, evidence: ¦[]",
        "uncited",
    ),
    "a check without a source": (
        DRUG,
        "{what: Weigh., needs: [weight], evidence: [{id: book, confirmation: unread}]}",
        "{what: Weigh., needs: [weight], evidence: ¦[]}",
        "uncited",
    ),
    "a dose without a source": (
        DRUG,
        f"evidence: [{{id: book, {READ}}}]",
        "evidence: ¦[]",
        "uncited",
    ),
    "a source that is not there": (
        WATCH,
        "evidence: [{id: book,",
        "evidence: [{id: ¦boook,",
        "unknown-evidence",
    ),
    "read without a place": (
        DRUG,
        "instead: [other]\n    evidence: [{id: book, at: p. 2,",
        "instead: [other]\n    evidence: [¦{id: book,",
        "no-locator",
    ),
    "read without an address": (
        DRUG,
        "at: table 1, confirmation: read, seen: {address: PubMed 1, on: 2026-01-01}",
        "at: table 1, confirmation: read",
        "not-seen",
    ),
    "seen on no day": (
        DRUG,
        "at: table 1, confirmation: read, seen: {address: PubMed 1, on: 2026-01-01}",
        "at: table 1, confirmation: read, seen: {address: PubMed 1, on: ¦January}",
        "bad-date",
    ),
    "a version that is no date": (WATCH, "version: 2026-01-01", "version: ¦2026-01", "bad-date"),
    "a formula without a version": (
        BASIC,
        "  calcium_doubled:\n    title: calcium doubled\n    type: number\n"
        "    unit: mmol/L\n    version: 2026-01-01\n",
        "  calcium_doubled:\n    ¦title: calcium doubled\n    type: number\n    unit: mmol/L\n",
        "missing-key",
    ),
    "an action without its source": (
        "actions.yaml",
        "evidence: [{id: book,",
        "evidence: [{id: ¦boook,",
        "unknown-evidence",
    ),
    # examples
    "two examples of one name": (
        WATCH,
        "examples:\n",
        "examples:\n  - {name: at, given: {}, expect: {result: unknown}, from: arithmetic}\n",
        "duplicate-example",
    ),
    "an example from nowhere": (WATCH, "from: arithmetic", "from: ¦a_run", "unknown-evidence"),
    "an example with no variable": (
        WATCH,
        "given: {calcium:",
        "given: {¦calzium:",
        "unknown-variable",
    ),
    # scores
    "a component that is none": (RISK, "  confusion: {", "  ¦confused_now: {", "unknown-variable"),
    "a component of a lesion": (RISK, "  confusion: {", "  ¦lesion_pain: {", "lesion-variable"),
    "points for no level": (RISK, "g3: 2}", "g3: 2, ¦g4: any}", "unknown-level"),
    "points in words": (RISK, "g3: 2}", "g3: ¦two}", "bad-points"),
    "a level without points": (
        RISK,
        "  grade: {g1: 0, g2: 1, g3: 2}",
        "  ¦grade: {g1: 0, g3: 2}",
        "level-missing",
    ),
    "no points at all": (
        RISK,
        "  grade: {g1: 0, g2: 1, g3: 2}",
        "  ¦grade: {g1: any, g2: any, g3: any}",
        "bad-points",
    ),
    "two components of one origin": (
        RISK,
        "  grade: {g1: 0",
        '  grade_is_high: {"yes": 0, "no": 0}\n  ¦grade: {g1: 0',
        "shared-ancestor",
    ),
    "totals too far apart": (
        RISK,
        'components:\n  confusion: {"yes": 1,',
        'components:\n  ¦confusion: {"yes": 61,',
        "too-many-totals",
    ),
    "a whole band above": (RISK, "high: {from: 2, to: 3}", "¦high: {above: 1, to: 3}", "bad-band"),
    "a band that ends first": (
        RISK,
        "high: {from: 2, to: 3}",
        "high: {from: 2, to: 3}\n  ¦none_here: {from: 3, to: 2}",
        "bad-band",
    ),
    "a band for no total": (
        RISK,
        "high: {from: 2, to: 3}",
        "high: {from: 2, to: 3}\n  ¦higher: {from: 4, to: 5}",
        "unreachable-band",
    ),
    "bands that overlap": (
        RISK,
        "high: {from: 2, to: 3}",
        "¦high: {from: 1, to: 3}",
        "bands-overlap",
    ),
    "a gap between bands": (RISK, "low: {from: 0, to: 1}", "low: {from: 0, to: 0}", "bands-gap"),
    "a gap after the bands": (
        RISK,
        "high: {from: 2, to: 3}",
        "high: {from: 2, to: 2}",
        "bands-gap",
    ),
    "two lower edges": (
        CLASS,
        "severe: {from: 3.5}",
        "¦severe: {from: 3.5, above: 3.5}",
        "bad-band",
    ),
    "bands out of order": (
        CLASS,
        "high: {above: 2.6, below: 3.5}",
        "¦high: {below: 3.5}",
        "bad-band",
    ),
    "a gap between edges": (CLASS, "severe: {from: 3.5}", "¦severe: {from: 3.6}", "bands-gap"),
    "edges that cross": (CLASS, "severe: {from: 3.5}", "¦severe: {from: 3.4}", "bands-overlap"),
    "an edge in both": (CLASS, "high: {above: 2.6,", "¦high: {from: 2.6,", "bands-overlap"),
    "an edge in neither": (CLASS, "severe: {from: 3.5}", "¦severe: {above: 3.5}", "bands-gap"),
    "nothing below the first": (
        CLASS,
        "normal: {to: 2.6}",
        "¦normal: {from: 1, to: 2.6}",
        "bands-gap",
    ),
    "nothing above the last": (
        CLASS,
        "severe: {from: 3.5}",
        "¦severe: {from: 3.5, to: 6}",
        "bands-gap",
    ),
    "an edge of no variable": (
        CLASS,
        "normal: {to: 2.6}\n  high: {above: 2.6,",
        "normal: {to: ¦limit}\n  high: {above: ¦limit,",
        "unknown-variable unknown-variable",
    ),
    "a table of edges without a unit": (
        GRADE,
        "reported_in: reported_unit\nbands_by_unit:",
        "¦bands_by_unit:",
        "by-unit",
    ),
    "a unit without its edges": (
        GRADE,
        "bands_by_unit:\n  mmol/L: {first: {to: 2.6}, second: {above: 2.6}}\n",
        "¦bands_by_unit:\n",
        "unit-missing",
    ),
    "edges of a unit too many": (
        GRADE,
        "bands_by_unit:\n",
        "bands_by_unit:\n  ¦g/L: {first: {to: 1}, second: {above: 1}}\n",
        "unknown-unit",
    ),
    "edges of a unit not taken": (
        BASIC,
        "mg_per_dl: mg/dL",
        "mg_per_dl: kg",
        "unit-missing unknown-unit",
    ),
    "other bands in another unit": (
        GRADE,
        "mg/dL: {first: {to: 10.4}, second:",
        "¦mg/dL: {one: {to: 10.4}, second:",
        "band-levels",
    ),
    "a total called wrongly": (
        RISK,
        "gives: {total: risk_total,",
        "gives: {total: ¦RiskTotal,",
        "bad-name",
    ),
    "a band called wrongly": (RISK, "  high: {from", "  ¦High: {from", "bad-name"),
    "bands of another variable": (RISK, "band: risk_band}", "band: ¦grade}", "band-levels cycle"),
    # alerts, investigations, options
    "an action that is none": (ALERT, "do: call_team", "do: ¦call_teem", "unknown-action"),
    "an action at no time": (ALERT, "act_by: PT1H", "act_by: ¦1h", "bad-duration"),
    "a clock that starts at a number": (
        ALERT,
        "clock: {from: start_date,",
        "clock: {from: ¦weight,",
        "wrong-type",
    ),
    "a clock that starts at nothing": (
        ALERT,
        "clock: {from: start_date,",
        "clock: {from: ¦onset,",
        "unknown-variable",
    ),
    "a clock of no length": (ALERT, "act_by: PT24H}", "act_by: ¦24}", "bad-duration"),
    "something left of what has no date": (
        TEST,
        "why: It is not known.",
        "why: It is not known.\n¦still: the rest",
        "idle-key",
    ),
    "beneath no alert": (WATCH, "beneath: [confused]", "beneath: [¦measure]", "unknown-alert"),
    "instead, no option": (DRUG, "instead: [other]", "instead: [¦another]", "unknown-option"),
    "a share that is not printed": (DRUG, "of_100: 20}", "of_100: ¦21}", "not-printed"),
    "a share read out of thousands": (DRUG, "of_100: 61.5}", "of_100: ¦59}", "not-printed"),
    "people of no such level": (DRUG, "[g2, g3]}", "[g2, ¦g4]}", "unknown-level"),
    "people by a number": (DRUG, "of: {grade: [g2, g3]}", "of: {weight: ¦[g2]}", "wrong-type"),
    "no people": (
        DRUG,
        "groups: [{who: people who had it, of_100: 61.5}, {who: people who did not, of_100: 20}]",
        "groups: ¦[]",
        "missing-key",
    ),
    "a dose for people": (DRUG, "what: had less pain", "what: ¦had 4 mg", "patient-dose"),
    "doses by a level": (DRUG, "by: weight", "by: ¦grade", "wrong-type"),
    "doses by a lesion's": (DRUG, "by: weight", "by: ¦lesion_size", "lesion-variable dose-gap"),
    "doses by nothing": (DRUG, "  by: weight\n  rows: [{", "  rows: ¦[{", "dose-gap"),
    "one dose with an end": (
        DRUG,
        "  by: weight\n  rows: [{from: 30, below: 60, give: 3 mg}, {from: 60, give: 4 mg}]",
        "  rows: ¦[{from: 60, give: 4 mg}]",
        "dose-gap",
    ),
    "doses that overlap": (
        DRUG,
        "{from: 60, give: 4 mg}",
        "¦{from: 50, give: 4 mg}",
        "bands-overlap",
    ),
    "a row that ends first": (
        DRUG,
        "{from: 30, below: 60, give: 3 mg}",
        "¦{from: 30, below: 20, give: 3 mg}",
        "bad-band",
    ),
    "no row": (
        DRUG,
        "rows: [{from: 30, below: 60, give: 3 mg}, {from: 60, give: 4 mg}]",
        "rows: ¦[]",
        "dose-gap",
    ),
    "doses without an upper stop": (
        DRUG,
        "{from: 60, give: 4 mg}",
        "¦{from: 60, to: 150, give: 4 mg}",
        "dose-gap",
    ),
    "a stop that ends before the doses": (
        DRUG,
        "when: weight < 30",
        "when: weight < 25",
        "dose-gap",
    ),
    "a check that needs nothing": (
        DRUG,
        "{what: Weigh., needs: [weight]",
        "{what: Weigh., needs: [¦wait]",
        "unknown-variable",
    ),
    "a scope of no variable": (
        "scope.yaml",
        "cancer_variable: cancer",
        "cancer_variable: ¦tumour",
        "unknown-variable",
    ),
    "alerts that count themselves": (
        WATCH,
        "when: calcium >= 2.6",
        "when: ¦count_alerts(this_week) >= 1",
        "cycle",
    ),
    "a range over letters": (BASIC, "icd10: [C00-C97]", "icd10: [¦C00-D09]", "bad-range"),
    "a range that runs downwards": (BASIC, "icd10: [C00-C97]", "icd10: [¦C50-C00]", "bad-range"),
    "a range of what is no category": (BASIC, "icd10: [C00-C97]", "icd10: [¦C7A-C7B]", "bad-range"),
    # what can never be met
    "a threshold above all values": (
        ALERT,
        "and calcium >= 3.0",
        "and calcium >= ¦30",
        "implausible-threshold",
    ),
    "a threshold below all values": (
        WATCH,
        "when: calcium >= 2.6",
        "when: ¦0.26 <= calcium",
        "implausible-threshold",
    ),
    "a threshold in a chain": (
        WATCH,
        "when: calcium >= 2.6",
        "when: 2.6 <= calcium < ¦26",
        "implausible-threshold",
    ),
    "a negative threshold": (
        DRUG,
        "{when: confusion, why: confused",
        "{when: falls < ¦-1, why: confused",
        "implausible-threshold",
    ),
    "a threshold in a formula": (
        BASIC,
        "formula: calcium * 2",
        "formula: calcium * 2 if calcium < ¦20 else calcium",
        "implausible-threshold",
    ),
    "thresholds on both sides of an edge": (
        CLASS,
        "below: 3.5}\n  severe: {from: 3.5}",
        "below: ¦35}\n  severe: {from: ¦35}",
        "implausible-threshold implausible-threshold",
    ),
    "a dose for nobody": (
        DRUG,
        "  by: weight\n  rows: [{from: 30, below: 60, give: 3 mg}, {from: 60, give: 4 mg}]",
        "  by: calcium\n  rows: [{below: ¦60, give: 3 mg}, {from: ¦60, give: 4 mg}]",
        "implausible-threshold implausible-threshold",
    ),
    "a band between variables without order": (
        CLASS,
        "{to: 2.6}\n  high: {above: 2.6, below: 3.5}\n  severe: {from: 3.5}",
        "{to: calcium_doubled}\n  ¦high: {above: calcium_doubled, below: potassium}\n"
        "  severe: {from: potassium}",
        "unordered-edges",
    ),
    "a whole number by division": (
        BASIC,
        'falls: {title: falls, type: number, unit: "1", integer: true, plausible: [0, 20], '
        "ask: Falls?}",
        'falls: {title: falls, type: number, unit: "1", integer: true, version: 2026-01-01, '
        "formula: ¦age / 10, evidence: [{id: book, confirmation: ours}], "
        "examples: [{name: x, given: {}, expect: {}, from: arithmetic}]}",
        "not-whole",
    ),
    "a report of the patient's for a lesion": (
        BASIC,
        "lesion_size: {title: size, entity: lesion, type: number, unit: cm,",
        "lesion_size: {title: size, entity: lesion, type: number, unit: cm, "
        "with: {of: [¦calcium], take: sample},",
        "patient-variable",
    ),
    "a strength that is no mass": (
        BASIC,
        "atc: [M05BA08]}]",
        "atc: [M05BA08], dose: {from: 4, unit: ¦mL}}]",
        "unknown-unit",
    ),
    "a strength without a unit": (
        BASIC,
        "atc: [M05BA08]}]",
        "atc: [M05BA08], dose: ¦{from: 4}}]",
        "unit-missing",
    ),
    "a variable of itself": (
        BASIC,
        "  calcium_doubled:\n    title",
        "  calcium_doubled:\n    ¦title",
        "cycle",
    ),
}


def planted(name: str) -> tuple[dict[str, str], list[tuple[str, int, int]]]:
    """The files of the small pack with one fault, and where it is expected."""
    file, old, new, _ = PLANTED[name]
    text, places = marked(edited(file, old, new))
    if name == "a variable of itself":
        text = text.replace("formula: calcium * 2", "formula: calcium_doubled + calcium")
    return {**FILES, file: text}, [(file, *place) for place in places]


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_fault_is_found_at_its_place(name: str) -> None:
    files, places = planted(name)
    found = faults_of(files)
    assert [f.code for f in found] == PLANTED[name][3].split(), "\n".join(map(str, found))
    assert all(f.line > 0 and f.column > 0 and len(f.message) > 10 for f in found)
    assert [(f.file, f.line, f.column) for f in found[: len(places)]] == places


@pytest.mark.parametrize(
    ("file", "key", "code"),
    [
        (WATCH, "evidence", "uncited"),
        (WATCH, "examples", "no-examples"),
        (RISK, "components", "two-sources"),
    ],
)
def test_an_item_without_a_part_that_it_needs_is_named(file: str, key: str, code: str) -> None:
    lines = FILES[file].splitlines()
    start = next(i for i, text in enumerate(lines) if text.startswith(f"{key}:"))
    end = next(
        (i for i in range(start + 1, len(lines)) if not lines[i].startswith(" ")), len(lines)
    )
    empty = f"{key}: {'{}' if key == 'components' else '[]'}"
    (fault,) = faults_of({**FILES, file: "\n".join([*lines[:start], empty, *lines[end:]]) + "\n"})
    assert (fault.file, fault.line, fault.column, fault.code) == (file, 1, 1, code)


def test_an_id_that_is_taken_names_both_places() -> None:
    second = FILES[WATCH].replace("alert: watch", "alert: potassium")
    (fault,) = faults_of({**FILES, "more/potassium.yaml": second})
    assert (fault.file, fault.code) == ("variables/basic.yaml", "id-taken")
    assert "more/potassium.yaml:1" in fault.message


def test_a_topic_without_its_list_is_named() -> None:
    (fault,) = faults_of({**FILES, "variables/empty.yaml": "variables: empty\ntitle: Empty\n"})
    assert (fault.file, fault.line, fault.code) == ("variables/empty.yaml", 1, "missing-key")


@pytest.mark.parametrize("kind", ["scope", "terms"])
def test_a_pack_has_one_scope_and_one_list_of_terms(kind: str) -> None:
    files = {name: text for name, text in FILES.items() if name != f"{kind}.yaml"}
    assert (f"{kind}.yaml", "missing-file") in [(f.file, f.code) for f in faults_of(files)]
    twice = faults_of({**FILES, f"z/{kind}.yaml": FILES[f"{kind}.yaml"]})
    assert [(f.file, f.code) for f in twice] == [(f"z/{kind}.yaml", "id-taken")]


def test_all_faults_come_at_once_and_in_order() -> None:
    names = ["a lesion's variable for a patient", "a word that is none", "a unit that is none"]
    names += ["points in words", "instead, no option", "an edge in both", "no such kind"]
    files, wanted = dict(FILES), set()
    for name in names:
        if name in ("a lesion's variable for a patient", "a word that is none", "no such kind"):
            continue  # these stand in one file, which a fault of shape hides
        file, old, new, code = PLANTED[name]
        files[file], places = marked(files[file].replace(old, new))
        wanted |= {(file, line, column, code) for line, column in places}
    found = faults_of(files)
    assert {(f.file, f.line, f.column, f.code) for f in found} == wanted
    assert len(wanted) == 4
    assert found == sorted(found)


def test_what_does_not_load_is_not_reported_again_where_it_is_named() -> None:
    broken = edited(BASIC, "title: calcium\n", "title: [calcium]\n")
    assert [f.code for f in faults_of({**FILES, BASIC: broken})] == ["wrong-type"]
    broken = edited(OTHER, "modality: drug", "modality: [drug]")
    assert [f.code for f in faults_of({**FILES, OTHER: broken})] == ["wrong-type"]


def test_faults_of_other_files_come_with_a_broken_expression() -> None:
    """A circle is found although another item does not parse."""
    files = {**FILES, WATCH: edited(WATCH, "when: calcium >= 2.6", "when: calcum >= 2.6")}
    files[BASIC] = edited(BASIC, "formula: calcium * 2", "formula: calcium_doubled * 2")
    files[DRUG] = edited(DRUG, "instead: [other]", "instead: [another]")
    assert [(f.file, f.code) for f in faults_of(files)] == [
        (DRUG, "unknown-option"),
        (BASIC, "cycle"),
        (WATCH, "unknown-variable"),
    ]


@pytest.mark.parametrize(
    ("low", "high"),
    [
        ("with: {of: [calcium], take: lower_limit}", "with: {of: [calcium], take: upper_limit}"),
        ("plausible: [1.9, 2.2]", "plausible: [2.2, 2.8]"),
    ],
)
def test_a_band_between_variables_of_known_order_holds(low: str, high: str) -> None:
    assert faults_of(between(low, high)) == []
    assert [f.code for f in faults_of(between(high, low))] == ["unordered-edges"]


def between(low: str, high: str) -> dict[str, str]:
    """The small pack with a score whose middle band lies between two variables."""
    lines = "".join(
        f"  {name}: {{title: x, type: number, unit: mmol/L, {what}, ask: Which?}}\n"
        for name, what in (("lower", low), ("upper", high))
    )
    bands = edited(CLASS, "{to: 2.6}", "{to: lower}").replace("above: 2.6", "above: lower")
    bands = bands.replace("below: 3.5", "below: upper").replace("from: 3.5", "from: upper")
    return {**FILES, CLASS: bands, BASIC: FILES[BASIC] + lines}


@pytest.mark.parametrize(
    "formula", ["falls * 2 + 1", "years_between(start_date, index_date)", "min(falls, 3)"]
)
def test_a_whole_number_may_be_computed_without_dividing(formula: str) -> None:
    unit = "a" if "years" in formula else '"1"'
    line = (
        f"  whole: {{title: x, type: number, unit: {unit}, integer: true, version: 2026-01-01, "
        f'formula: "{formula}", evidence: [{{id: book, confirmation: ours}}], '
        "examples: [{name: x, given: {}, expect: {}, from: arithmetic}]}\n"
    )
    assert faults_of({**FILES, BASIC: FILES[BASIC] + line}) == []


@pytest.mark.parametrize("unit", [u for u in MASSES if is_ucum(u)])
def test_the_units_of_a_strength_weigh_what_ucum_says(unit: str) -> None:
    assert conversion(unit, "mg") == (pytest.approx(MASSES[unit]), 0.0)


def test_the_micrograms_of_other_spellings_are_micrograms() -> None:
    assert {u: m for u, m in MASSES.items() if not is_ucum(u)} == dict.fromkeys(
        ("mcg", "µg", "μg"), MASSES["ug"]
    )


def test_a_threshold_on_the_limit_itself_holds() -> None:
    edge = edited(WATCH, "when: calcium >= 2.6", "when: calcium >= 6 or calcium <= 0.5")
    assert faults_of({**FILES, WATCH: edge}) == []


def test_items_that_wait_for_each_other_are_named_in_a_circle() -> None:
    one = edited(BASIC, "formula: calcium * 2", "formula: 4 if risk_band == high else calcium")
    risk = FILES[RISK].replace("cancer in {current, past}", "calcium_doubled > 3")
    (fault,) = faults_of({**FILES, BASIC: one, RISK: risk})
    assert fault.code == "cycle"
    assert "`risk`" in fault.message
    assert "`calcium_doubled`" in fault.message


def test_text_in_place_of_a_number_is_kept_as_written() -> None:
    at = FILES[DRUG].replace("at: p. 1", "at: 1.10")
    assert small_pack({DRUG: at}).options["drug"].indicated[0].evidence[0].at == "1.10"
    year = edited(WATCH, "title: Watch", "title: 2020")
    assert small_pack({WATCH: year}).alerts["watch"].title == "2020"


# --- folders and files ---------------------------------------------------------------------------


def refused(call: object, *arguments: object) -> str:
    with pytest.raises(KnowledgeError) as caught:
        call(*arguments)  # type: ignore[operator]
    (fault,) = caught.value.faults
    return fault.code


def test_folders_that_hold_no_knowledge_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert refused(knowledge_files, (tmp_path / "nowhere",)) == "no-folder"
    assert refused(knowledge_files, (tmp_path,)) == "no-knowledge"
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text("x")
    monkeypatch.setattr(loading, "MAX_FILES", 1)
    assert refused(knowledge_files, (tmp_path,)) == "too-many-files"


def test_files_are_named_from_their_own_folder_and_counted_in_layers(tmp_path: Path) -> None:
    for folder in ("one/deep", "two"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "a.yaml").write_text(folder)
    found = knowledge_files((tmp_path / "one", tmp_path / "two"))
    assert found == [Text(0, "deep/a.yaml", b"one/deep"), Text(1, "a.yaml", b"two")]


def test_the_content_hash_changes_with_every_byte_name_and_layer() -> None:
    one = [Text(0, "a", b"xy"), Text(0, "b", b"z")]
    others = [
        [Text(0, "a", b"x"), Text(0, "b", b"yz")],
        [Text(0, "a", b"xy"), Text(1, "b", b"z")],
        [Text(0, "ab", b"xy"), Text(0, "b", b"z")],
        [Text(0, "b", b"z"), Text(0, "a", b"xy")],
        [Text(0, "a", b"xy")],
    ]
    assert len({content_hash(texts_) for texts_ in (one, *others)}) == 6


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("P7D", 604_800),
        ("PT48H", 172_800),
        ("P13W", 7_862_400),
        ("P1DT12H30M", 131_400),
        ("P1M", 2_629_800),
        ("P1Y", 31_557_600),
        ("PT0H", 0),
    ],
)
def test_durations_are_exact(text: str, seconds: int) -> None:
    assert duration_seconds(text) == seconds


def test_one_dose_for_everybody_needs_no_number() -> None:
    table = "  by: weight\n  rows: [{from: 30, below: 60, give: 3 mg}, {from: 60, give: 4 mg}]"
    assert faults_of({**FILES, DRUG: edited(DRUG, table, "  rows: [{give: 4 mg}]")}) == []


@pytest.mark.parametrize(
    "text", ["", "P", "PT", "P1DT", "7D", "P-1D", "P1.5D", "p1d", "P1D ", "PT1S"]
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no ISO 8601 duration"):
        duration_seconds(text)


def test_steps_that_wait_for_each_other_are_a_circle() -> None:
    rest = FILES["rest.yaml"]
    walk = rest.replace("step: rest", "step: walk").replace("[measure]", "[rest]")
    files = {
        **FILES,
        "rest.yaml": rest.replace("[measure]", "[walk]"),
        "walk.yaml": walk.replace("before: [drug]", "before: [rest]"),
    }
    found = faults_of(files)
    assert {f.code for f in found} == {"cycle"}
    assert "rest" in found[0].message
    assert "walk" in found[0].message
