"""A folder laid over ours weakens nothing unseen: each field, the weaker and the harmless way."""

from __future__ import annotations

from functools import cache

import pytest
from msgspec.structs import fields

from bonemets.errors import Fault, KnowledgeError
from bonemets.pack import items
from bonemets.pack.check import check
from bonemets.pack.load import HOME, Loaded, knowledge_files
from bonemets.pack.overlay import (
    ACTION,
    CHECK,
    DOSE,
    DOSE_ROW,
    EFFECT,
    FREE,
    SIDE_EFFECT,
    TABLES,
    Judges,
)
from small_pack import FILES, READ_ALONE, load, marked, texts

BASIC, MORE, RISK, CLASS, GRADE = (
    "variables/basic.yaml",
    "variables/more.yaml",
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
SCOPE, TERMS, TODO, BOOK, PAPER = (
    "scope.yaml",
    "terms.yaml",
    "actions.yaml",
    "evidence/book.yaml",
    "evidence/paper.yaml",
)

STEP, CLASH, CARD = "rest.yaml", "clash.yaml", "facts.yaml"
MODEL, PAGE, GUIDE, LETTER = "model.yaml", "page.yaml", "guide.yaml", "letter.yaml"
SIDES = "sides.yaml"
UNREAD = "[{id: book, confirmation: unread}]"
LOW = f"give: 3 mg, less: 2 mg, evidence: {UNREAD}, less_evidence: {UNREAD}"
"""A row of doses whose amounts have sources of their own."""
OURS = {
    **FILES,
    TODO: FILES[TODO].replace("    evidence", "    means: [drug]\n    evidence"),
    TEST: FILES[TEST].replace("known.\n", "known.\nlast: start_date\n"),
    DRUG: FILES[DRUG]
    .replace("caution:\n", f"  - {{when: mass < 30, why: light, evidence: {UNREAD}}}\ncaution:\n")
    .replace(
        "dose:\n",
        "  - {when: mass > 90, why: heavy, smaller_dose: yes, not_begun: yes, "
        f"evidence: {UNREAD}}}\ndose:\n",
    )
    .replace(
        "give: 3 mg}, {from: 60, give: 4 mg}",
        f"{LOW}}}, {{from: 60, give: 4 mg, less: 3 mg}}",
    )
    .replace("  by: weight\n", "  by: weight\n  new_to: [drug_current]\n"),
    LETTER: """\
letter: letter
title: The letter
version: 2026-01-01
opening: [{label: Patient, tell: {age: "{value} old"}}]
topics: {All: [.]}
branches: [{text: takes it, told: {takes it: [drug_current]}}]
reviewed_by: []
""",
    SIDES: f"""\
disagreement: sides
title: Which side
version: 2026-01-01
positions:
  left: {{says: To the left, evidence: {UNREAD}}}
  right: {{says: To the right, evidence: {UNREAD}}}
follows: left
why: It is nearer.
when: confusion
beside: [drug, other]
reviewed_by: []
""",
    PAPER: """\
evidence: paper
title: The paper
year: 2021
type: trial
authors: A and B
publisher: P
doi: "10.1"
pmid: "1"
url: U
region: EU
""",
    "risk_too.yaml": FILES[RISK]
    .replace("score: risk", "score: risk_too")
    .replace("gives: {total: risk_total, band: risk_band}\n", ""),
    "quiet.yaml": FILES["watch.yaml"]
    .replace("alert: watch", "alert: quiet")
    .replace("beneath: [confused]\n", ""),
    **READ_ALONE,
    MORE: """\
variables: more
title: More
list:
  stage: {title: stage, type: level, levels: [a1, b1], ordered: true, ask: Which stage?}
  creatinine:
    title: creatinine
    type: number
    unit: umol/L
    molar_mass: 113.12
    valence: 1
    units: {mg/dL: 88.4}
    ask: What is the creatinine?
  grade_too: {title: grade, type: level, levels: [g1, g2, g3], ask: Which grade?}
  mass: {title: mass, type: number, unit: kg, higher_is: better, ask: What is the mass?}
  scan: {title: scan, type: boolean, before: start_date, ask: Was there a scan before?}
  rescan: {title: rescan, type: boolean, since: start_date, ask: Was there a scan since?}
  lesion_review:
    title: review
    entity: lesion
    type: level
    levels: [confirmed, excluded]
    ask: Which?
  reported_again:
    title: unit of the calcium
    type: level
    levels: [mmol_per_l, mg_per_dl]
    names: {mmol_per_l: mmol/L, mg_per_dl: mg/dL}
    with: {of: [calcium], take: unit}
""",
}
"""What the folders are laid over: the small pack, and what it has no example of."""

READ = "{id: book, at: p. 9, confirmation: read, seen: {address: x, on: 2026-01-01}}"
TWO = "[{id: book, confirmation: unread}, {id: paper, confirmation: ours}]"
TOP = "evidence: [{id: book, confirmation: unread}]\nreviewed_by: []"
"""The evidence of an item as a whole."""


def other(file: str) -> tuple[str, str, str, str]:
    """A folder that takes the evidence of an item away."""
    return (file, TOP, TOP.replace(UNREAD, "¦[{id: paper, confirmation: unread}]"), "without book")


def read_now(file: str) -> tuple[str, str, str, str]:
    """A folder that calls the evidence of an item read."""
    return (file, TOP, TOP.replace(UNREAD, f"¦[{READ}]"), "other sources: counts as read now")


def more_evidence(file: str) -> tuple[str, str, str]:
    """A folder that adds a source to an item."""
    return (file, TOP, TOP.replace(UNREAD, TWO))


# Each: file, what stands there, what is laid over it (with `¦` where it is refused), and words of
# the only sentence.
WEAKER: dict[str, tuple[str, str, str, str]] = {
    # variables
    "a variable called otherwise": (BASIC, "title: weight", "title: ¦mass", "mass, was weight"),
    "a variable of another entity": (
        BASIC,
        "{title: potassium, type: number",
        "{title: potassium, entity: ¦lesion, type: number",
        "`potassium` belongs to another entity: lesion, was patient",
    ),
    "a variable of another type": (
        BASIC,
        "entity: lesion, type: boolean",
        "entity: lesion, type: ¦date",
        "`lesion_pain` is of another type: date, was boolean",
    ),
    "a number that is no longer listed": (
        BASIC,
        "{title: potassium, type: number",
        "{title: potassium, helper: ¦true, type: number",
        "`potassium` leaves the list of numbers, or comes into it",
    ),
    "levels in another order": (
        MORE,
        "levels: [a1, b1]",
        "levels: [¦b1, a1]",
        "`stage` has other levels: b1, was a1",
    ),
    "one level more": (MORE, "levels: [a1, b1]", "levels: [a1, b1, ¦c1]", "c1, was nothing"),
    "levels without their order": (
        MORE,
        "stage: {title: stage, type: level, levels: [a1, b1], ordered: true,",
        "stage: ¦{title: stage, type: level, levels: [a1, b1],",
        "`stage` changes whether its levels have an order: no, was yes",
    ),
    "another unit": (BASIC, "unit: kg", "unit: ¦g", "counted in another unit: g, was kg"),
    "another physical minimum": (
        BASIC,
        "minimum: 0, plausible: [0, 120]",
        "minimum: ¦-1, plausible: [0, 120]",
        "`age` has another physical minimum: -1, was 0",
    ),
    "narrower limits of the plausible": (
        BASIC,
        "plausible: [0.5, 6.0]",
        "plausible: [0.5, ¦4.0]",
        "`calcium` is plausible within other limits: 4, was 6",
    ),
    "wider limits of the plausible": (
        BASIC,
        "plausible: [0.5, 6.0]",
        "plausible: [0.5, ¦60]",
        "60, was 6",
    ),
    "other decimals": (BASIC, "decimals: 2", "decimals: ¦1", "has other decimals: 1, was 2"),
    "no longer whole": (
        BASIC,
        'falls: {title: falls, type: number, unit: "1", integer: true,',
        'falls: ¦{title: falls, type: number, unit: "1",',
        "`falls` changes whether it is a whole number",
    ),
    "worse the other way": (
        MORE,
        "higher_is: better",
        "higher_is: ¦worse",
        "`mass` is worse the other way: worse, was better",
    ),
    "another molar mass": (BASIC, "molar_mass: 40.08", "molar_mass: ¦4.008", "4.008, was 40.08"),
    "another valence": (MORE, "valence: 1", "valence: ¦2", "another valence: 2, was 1"),
    "another factor": (MORE, "{mg/dL: 88.4}", "{mg/dL: ¦88.42}", "other units: mg/dL: 88.42, was"),
    "a unit that is gone": (MORE, "units: {mg/dL: 88.4}", "units: ¦{}", "without mg/dL"),
    "a unit that was converted": (
        MORE,
        "{mg/dL: 88.4}",
        "{mg/dL: 88.4, mmol/L: ¦1001}",
        "mmol/L was converted already",
    ),
    "a unit that was a spelling": (
        MORE,
        "{mg/dL: 88.4}",
        "{mg/dL: 88.4, mg/dl: ¦88}",
        "mg/dl was converted already",
    ),
    "a unit with a wrong factor": (
        MORE,
        "{mg/dL: 88.4}",
        "{mg/dL: 88.4, mg/L: ¦8.9}",
        "mg/L: 8.9, and UCUM says 8.84",
    ),
    "an annotated unit with a wrong factor": (
        MORE,
        "{mg/dL: 88.4}",
        '{mg/dL: 88.4, "mg{creat}/dL": ¦20}',
        "mg{creat}/dL: 20, and UCUM says 88.4",
    ),
    "an action for everybody": (
        ALERT,
        "{do: measure, act_by: PT2H, only_if: confusion}",
        "¦{do: measure, act_by: PT2H}",
        "`measure` is asked for under another condition",
    ),
    "an action more": (
        WATCH,
        "actions: []",
        "actions: [¦{do: measure, act_by: P1D}]",
        "`measure` is new",
    ),
    "a code of another variable": (
        BASIC,
        'codes: [{snomed: ["286933003"]}]',
        'codes: [{snomed: ["286933003"]}, {icd10: [¦C50]}]',
        "icd10 C50 already means something else",
    ),
    "a wider window": (BASIC, "window: P7D", "window: ¦P70D", "another window: P70D, was P7D"),
    "another report": (
        BASIC,
        "with: {of: [calcium], take: unit}",
        "with: {of: [calcium], take: ¦sample}",
        "`reported_unit` is taken from another report: take: sample, was unit",
    ),
    "before another date": (MORE, "before: start_date", "before: ¦death_date", "before another"),
    "since another date": (MORE, "since: start_date", "since: ¦death_date", "since another date"),
    "another pick": (MORE, "ask: Which stage", "pick: ¦first, ask: Which stage", "first, was lat"),
    "a dose that lasts longer": (BASIC, "lasts: P13W", "lasts: ¦P26W", "P26W, was P13W"),
    "a no that holds longer": (BASIC, "no_for: P1D", "no_for: ¦P30D", "holds a *no* for another"),
    "what hints at nothing any more": (
        BASIC,
        "ask: How old?",
        "ask: How old?, hints: ¦no",
        "hints at",
    ),
    "a no that holds shorter": (BASIC, "no_for: P1D", "no_for: ¦PT1H", "PT1H, was P1D"),
    "another meaning of past": (BASIC, 'past: "no"', 'past: "¦yes"', "*past* otherwise: yes, was"),
    "another list": (
        BASIC,
        "complete_with: medications",
        "complete_with: ¦conditions",
        "silence of another list: conditions, was medications",
    ),
    "a kind that includes less": (
        BASIC,
        "includes: [other_drug, drug_amount]",
        "includes: ¦[other_drug]",
        "`drug_current` includes other medicines",
    ),
    "another roll-up": (
        BASIC,
        "rolls_up: lesion_status",
        "rolls_up: ¦lesion_review",
        "`metastasis` rolls up another variable",
    ),
    "a code that is gone": (
        BASIC,
        'codes: [{snomed: ["286933003"]}]',
        "codes: ¦[]",
        "`confusion` is read from other codes: without snomed 286933003",
    ),
    "a code with a second meaning": (
        BASIC,
        "denied: not_known_of}]",
        "denied: not_known_of}, {icd10: [¦C61.0], stated: past}]",
        "`cancer` is read from other codes: icd10 C61.0 already meant something",
    ),
    "a range around a code": (
        BASIC,
        "atc: [M05BA08]",
        "atc: [M05BA08, ¦M05]",
        "atc M05 already meant something",
    ),
    "a code that says no": (
        BASIC,
        'codes: [{snomed: ["286933003"]}]',
        'codes: [{snomed: ["286933003"]}, {icd10: [¦R41], stated: "no"}]',
        "icd10 R41 says what no code of ours says (stated no)",
    ),
    "a code in place of a formula": (
        BASIC,
        "    formula: calcium * 2",
        "    codes: [{loinc: [¦1-8]}]\n    formula: calcium * 2",
        "loinc 1-8 is taken in place of what is computed",
    ),
    "an answer in place of a table": (
        BASIC,
        "    table_of: grade",
        '    answers: {"yes": {snomed: ["¦7"]}}\n    table_of: grade',
        "snomed 7 is taken in place of what is computed",
    ),
    "an answer that is gone": (
        BASIC,
        '{"yes": {snomed: ["1"]}}',
        '¦{"yes": {snomed: ["2"]}}',
        "`confusion` is read from other answers: without snomed 1 for yes",
    ),
    "an answer against our terms": (
        BASIC,
        '{"yes": {snomed: ["1"]}}',
        '{"yes": {snomed: ["1"], hl7: [¦N]}}',
        "hl7 N already meant something",
    ),
    "another question": (BASIC, "ask: How old?", "ask: ¦How young?", "asked for in other words"),
    "another phrase": (BASIC, "is confused}", "¦is well}", "is well, was is confused"),
    "another name of a level": (
        MORE,
        "    names: {mmol_per_l: mmol/L, mg_per_dl: mg/dL}",
        "    names: {mmol_per_l: mmol/L, mg_per_dl: ¦mmol/L}",
        "names its levels otherwise: mg_per_dl: mmol/L, was mg/dL",
    ),
    "another formula": (
        BASIC,
        "formula: calcium * 2",
        "formula: ¦calcium * 1",
        "`calcium_doubled` is computed otherwise: calcium * 1, was calcium * 2",
    ),
    "another table": (
        BASIC,
        '{"yes": [g3], "no": [g1, g2]}',
        '{"yes": [g3, ¦g2], "no": [g1]}',
        "`grade_is_high` is computed otherwise: yes: g2, was nothing",
    ),
    "a table of another variable": (
        BASIC,
        "table_of: grade\n",
        "table_of: ¦grade_too\n",
        "`grade_is_high` is computed from another variable",
    ),
    "a formula that is unread now": (
        BASIC,
        "- {id: book, at: page 1, confirmation: read,",
        "¦- {id: book, at: page 1, confirmation: unread,",
        "`calcium_doubled` rests on other sources: unread now",
    ),
    "a formula that counts as read": (
        BASIC,
        "evidence: [{id: book, confirmation: ours}]",
        f"evidence: ¦[{READ}]",
        "`grade_is_high` rests on other sources: counts as read now",
    ),
    # scores
    "a score called otherwise": (RISK, "title: Risk", "title: ¦Luck", "`risk` is called otherwise"),
    "a score of lesions": (
        RISK,
        "version: 2026-01-01",
        "version: 2026-01-01\nentity: ¦lesion",
        "`risk` belongs to another entity",
    ),
    "a score of fewer": (
        RISK,
        "applies: cancer in {current, past}",
        "applies: ¦cancer in {current}",
        "`risk` applies under another condition",
    ),
    "a score drawn elsewhere": (
        RISK,
        "gives:",
        "figure: ¦ladder\ngives:",
        "`risk` is drawn elsewhere",
    ),
    "higher is better": (
        RISK,
        "gives:",
        "higher_is: ¦better\ngives:",
        "another thing when it is higher: better, was nothing",
    ),
    "a score that gives another": (
        RISK,
        "total: risk_total",
        "total: ¦risk_sum",
        "gives other variables: total: risk_sum, was risk_total",
    ),
    "fewer points": (
        RISK,
        "g2: 1",
        "g2: ¦0",
        "`risk` counts other points: grade.g2: 0, was 1",
    ),
    "a component less": (
        RISK,
        '  confusion: {"yes": 1, "no": 0}\n  grade: {g1: 0, g2: 1, g3: 2}',
        "  ¦grade: {g1: 0, g2: 1, g3: 3}",
        "`risk` counts other points: confusion: gone.",
    ),
    "a score of another number": (
        CLASS,
        "formula: calcium",
        "formula: ¦potassium",
        "`calcium_class` is computed otherwise",
    ),
    "a unit reported elsewhere": (
        GRADE,
        "reported_in: reported_unit",
        "reported_in: ¦reported_again",
        "takes the reported unit from another variable",
    ),
    "another edge": (
        CLASS,
        "below: 3.5}\n  severe: {from: 3.5}",
        "below: ¦3.9}\n  severe: {from: 3.9}",
        "`calcium_class` has other bands: high.below: 3.9, was 3.5",
    ),
    "bands of whole totals moved": (
        RISK,
        "low: {from: 0, to: 1}\n  high: {from: 2, to: 3}",
        "low: {from: 0, to: ¦2}\n  high: {from: 3, to: 3}",
        "low.to: 2, was 1",
    ),
    "bands in another order": (
        RISK,
        "  low: {from: 0, to: 1}\n  high: {from: 2, to: 3}",
        "  ¦high: {from: 2, to: 3}\n  low: {from: 0, to: 1}",
        "`risk` has other bands: in another order",
    ),
    "another edge for a unit": (
        GRADE,
        "{first: {to: 10.4}, second: {above: 10.4}}",
        "{first: {to: ¦11.4}, second: {above: 11.4}}",
        "has other bands for a unit: mg/dL.first.to: 11.4, was 10.4",
    ),
    "a band less told": (
        RISK,
        "  high: {from: 2, to: 3}\n",
        "  high: {from: 2, to: 3}\nquiet: [¦high]\n",
        "tells less of its bands",
    ),
    "a band called otherwise": (
        RISK,
        "  high: {from: 2, to: 3}\n",
        "  high: {from: 2, to: 3}\nnames: {high: ¦low}\n",
        "names its bands otherwise",
    ),
    "a score on another source": other(RISK),
    "a score that counts as read": read_now(RISK),
    "a score that says more": (
        RISK,
        'clinician: "Risk {total}."',
        "clinician: ¦No risk.",
        "`risk` says it in other words: clinician: No risk, was Risk {total}.",
    ),
    # alerts
    "an alert called otherwise": (WATCH, "title: Watch", "title: ¦Fine", "Fine, was Watch"),
    "an alert of lesions": (
        WATCH,
        "version: 2026-01-01",
        "version: 2026-01-01\nentity: ¦lesion",
        "`watch` belongs to another entity",
    ),
    "the word of another class for when to call": (
        ALERT,
        "urgency: today",
        "urgency: today\ncall_as: ¦now",
        "tells patients to call in the word of another class",
    ),
    "a lower urgency": (
        ALERT,
        "urgency: today",
        "urgency: ¦this_week",
        "`confused` has a lower urgency: this_week, was today",
    ),
    "an alert for known cancer only": (
        ALERT,
        "without_known_cancer: true\n",
        "",
        "`confused` no longer acts without a known cancer",
    ),
    "an alert beneath another": (
        ALERT,
        "clock:",
        "beneath: [¦quiet]\nclock:",
        "`confused` is shown beneath other alerts",
    ),
    "an alert less asked about": (
        ALERT,
        "clock:",
        "settled_by: [¦weight]\nclock:",
        "`confused` is less asked about",
    ),
    "an alert not asked about": (
        ALERT,
        "clock:",
        "settled_if: ¦weight > 60\nclock:",
        "`confused` is asked about under another condition",
    ),
    "a later clock": (ALERT, "act_by: PT24H", "act_by: ¦PT48H", "`confused` has another clock"),
    "a clock from another date": (ALERT, "from: start_date", "from: ¦death_date", "another clock"),
    "a first clock": (
        WATCH,
        "beneath: [confused]",
        "beneath: [confused]\nclock: ¦{from: start_date, act_by: P7D}",
        "`watch` has another clock: new.",
    ),
    "an alert with another condition": (
        ALERT,
        "when: |\n  confusion\n  and calcium >= 3.0",
        "when: |\n  ¦confusion\n  and calcium >= 3.5",
        "`confused` holds under another condition: confusion and calcium >= 3.5, was",
    ),
    "an action that is gone": (
        ALERT,
        "actions:\n  - {do: call_team, act_by: PT1H, unless: grade == g3}\n",
        "actions:\n  ",
        "`confused` asks for other actions: without `call_team`",
    ),
    "an action that is due later": (
        ALERT,
        "act_by: PT2H",
        "act_by: ¦PT20H",
        "`confused` asks for other actions: `measure` is due later: PT20H, was PT2H",
    ),
    "an action that is left out more often": (
        ALERT,
        "unless: grade == g3",
        "unless: ¦grade > g1",
        "`call_team` is left out under another condition",
    ),
    "an action that is asked for less often": (
        ALERT,
        "act_by: PT1H, unless: grade == g3",
        "act_by: PT1H, unless: grade == g3, only_if: ¦confusion",
        "`call_team` is asked for under another condition",
    ),
    "an alert on another source": other(WATCH),
    "an alert that says less": (
        WATCH,
        "patient: Tell the team.",
        "patient: ¦Do nothing.",
        "`watch` says it in other words: patient: Do nothing, was Tell the team.",
    ),
    # actions
    "an action called otherwise": (TODO, "title: Call the", "title: ¦Forget the", "called otherw"),
    "an action in other words": (TODO, "Call the team now", "¦Wait", "`call_team` says it in"),
    "an action with words for the patient": (
        TODO,
        "    means",
        "    patient: ¦Wait.\n    means",
        "`call_team` says it to the patient in other words: Wait, was nothing",
    ),
    "an action without its source": (
        TODO,
        f"evidence: {UNREAD}",
        "evidence: ¦[{id: paper, confirmation: unread}]",
        "`call_team` rests on other sources: without book",
    ),
    "an action that means an option": (
        TODO,
        "means: [drug]",
        "means: [¦other]",
        "`call_team` means other options",
    ),
    "an action told at another place": (
        TODO,
        "  call_team:\n    title: Call the team\n",
        "  call_team:\n    title: Call the team\n    call: ¦true\n",
        "`call_team` is told at another place",
    ),
    "an action asked for in the last days only if it comforts": (
        TODO,
        "  call_team:\n    title: Call the team\n",
        "  call_team:\n    title: Call the team\n    burdens: ¦true\n",
        "`call_team` is asked for in the last days only if it serves comfort",
    ),
    "an action that stands against stops": (
        TODO,
        "means: [drug]",
        "means: [drug]\n    despite: ¦So",
        "`call_team` is asked for against stops for another reason",
    ),
    "an action asked for against stops": (
        ALERT,
        "act_by: PT1H, unless: grade == g3}",
        "act_by: PT1H, unless: grade == g3, despite: ¦So}",
        "is asked for against stops for another reason",
    ),
    "an action told beneath another": (
        TODO,
        "title: Call the team",
        "title: Call the team\n    beneath: [¦second_call]",
        "`call_team` is told beneath other things to do",
    ),
    # investigations
    "a test at another time": (
        TEST,
        "version: 2026-01-01",
        "version: 2026-01-01\nbegin: ¦this_week",
        "`measure` is due at another time",
    ),
    "a test told beneath another": (
        TEST,
        "version: 2026-01-01",
        "version: 2026-01-01\nbeneath: [¦call_team]",
        "`measure` is told beneath other things to do",
    ),
    "a test for an option only": (
        TEST,
        "version: 2026-01-01",
        "version: 2026-01-01\nbefore: [¦drug]",
        "`measure` prepares other things",
    ),
    "a test called otherwise": (TEST, "title: Measure", "title: ¦Forget", "called otherwise"),
    "a test of lesions": (
        TEST,
        "version: 2026-01-01",
        "version: 2026-01-01\nentity: ¦lesion",
        "`measure` belongs to another entity",
    ),
    "a test for fewer": (
        TEST,
        "when: not known(calcium)",
        "when: ¦not known(calcium) and confusion",
        "`measure` is asked for under another condition",
    ),
    "another test": (TEST, "what: Measure it.", "what: ¦Guess it.", "`measure` asks for another"),
    "a test for another reason": (TEST, "why: It is", "why: ¦It was", "gives another reason"),
    "a test last done otherwise": (
        TEST,
        "last: start_date",
        "last: ¦death_date",
        "was last done by another date",
    ),
    "a test of which something else is left": (
        TEST,
        "last: start_date",
        "last: start_date\nstill: ¦the rest",
        "leaves something else to do once it was done",
    ),
    "a test on another source": other(TEST),
    "a test that says less": (TEST, "A blood test.", "¦Nothing.", "says it in other words"),
    # steps, interactions, cards
    "a step called otherwise": (STEP, "title: Rest", "title: ¦Dance", "is called otherwise"),
    "a step of lesions": (
        STEP,
        "version: 2026-01-01",
        "version: 2026-01-01\nentity: ¦lesion",
        "belongs to another entity",
    ),
    "a step on another source": other(STEP),
    "a step for fewer": (
        STEP,
        "when: confusion",
        "when: ¦confusion and calcium > 3",
        "is for others",
    ),
    "an interaction called otherwise": (
        CLASH,
        "title: The drug with a light body",
        "title: ¦Dance",
        "is called otherwise",
    ),
    "an interaction of lesions": (
        "apart.yaml",
        "version: 2026-01-01",
        "version: 2026-01-01\nentity: ¦lesion",
        "belongs to another entity",
    ),
    "an interaction on another source": other(CLASH),
    "an interaction for fewer": (
        CLASH,
        "when: confusion",
        "when: ¦confusion and calcium > 3",
        "holds under another condition",
    ),
    "a card called otherwise": (
        CARD,
        "title: What is known",
        "title: ¦Dance",
        "is called otherwise",
    ),
    "a card of lesions": (
        CARD,
        "version: 2026-01-01",
        "version: 2026-01-01\nentity: ¦lesion",
        "belongs to another entity",
    ),
    "a card on another source": other(CARD),
    "a card for fewer": (
        CARD,
        "when: confusion",
        "when: ¦confusion and calcium > 3",
        "is for others",
    ),
    # where sources disagree
    "a disagreement called otherwise": (
        SIDES,
        "title: Which side",
        "title: ¦Whose side",
        "is called otherwise",
    ),
    "a position in other words": (
        SIDES,
        "says: To the right",
        "says: ¦To the east",
        "has other positions",
    ),
    "the other position": (SIDES, "follows: left", "follows: ¦right", "follows another position"),
    "another reason": (SIDES, "It is nearer", "¦It is dearer", "is followed for another reason"),
    "told to others": (
        SIDES,
        "when: confusion",
        "when: ¦not confusion",
        "is told under another condition",
    ),
    "told beside fewer": (SIDES, "[drug, other]", "¦[drug]", "is told beside fewer"),
    # models of outlook, pages for patients, the guide
    "a model called otherwise": (MODEL, "title: The model", "title: ¦Fate", "is called otherwise"),
    "a model of lesions": (
        MODEL,
        "version: 2026-01-01",
        "version: 2026-01-01\nentity: ¦lesion",
        "belongs to another entity",
    ),
    "a model on another source": other(MODEL),
    "a model of another score": (
        MODEL,
        "score: risk",
        "score: ¦risk_too",
        "tells of another score",
    ),
    "a model for others": (MODEL, "cancer == current", "¦cancer == past", "is for others"),
    "a model of other things": (MODEL, "predicts: survival", "predicts: ¦luck", "another thing"),
    "a model of other people": (MODEL, "100 people", "¦9 people", "speaks of other people"),
    "a model of other years": (MODEL, "2001 to 2005", "¦2025", "speaks of other years"),
    "a model with other figures": (MODEL, "value: 50", "value: ¦90", "tells other outcomes"),
    "a model that fared better": (MODEL, "result: worse", "result: ¦well", "tested otherwise"),
    "a model that fitted better": (MODEL, "result: poor", "result: ¦good", "fitted others"),
    "a model that says less": (MODEL, "A number.", "¦Nothing.", "says it in other words"),
    "a page called otherwise": (PAGE, "title: A page", "title: ¦Fate", "is called otherwise"),
    "a page of lesions": (
        PAGE,
        "version: 2026-01-01",
        "version: 2026-01-01\nentity: ¦lesion",
        "belongs to another entity",
    ),
    "a page on another source": other(PAGE),
    "a page for others": (PAGE, "cancer == current", "¦cancer == past", "is for others"),
    "a page that says less": (PAGE, "Call the team.", "¦Wait.", "says it in other words"),
    "a page that lists less": (PAGE, "Ask now.", "¦Ask later.", "says it in other words"),
    "a letter that begins otherwise": (
        LETTER,
        'age: "{value} old"',
        "age: ¦young",
        "begins with other words on the patient",
    ),
    "a letter that tells other reasons": (
        LETTER,
        "takes it: [drug_current]",
        "takes it: [¦other_drug]",
        "tells other reasons",
    ),
    "a guide with other signs": (
        GUIDE,
        "signs: call_team",
        "signs: ¦second_call",
        "names other signs",
    ),
    "a guide with another team": (
        GUIDE,
        "team: call_team",
        "team: ¦second_call",
        "takes the team's number from another action",
    ),
    "a guide with another emergency number": (
        GUIDE,
        'telephone: "112"',
        'telephone: "¦115"',
        "gives other emergency numbers",
    ),
    "a guide with another crisis line": (
        GUIDE,
        'telephone: "988"',
        'telephone: "¦989"',
        "names other organisations or crisis lines",
    ),
    "a guide with other words": (GUIDE, "Call now", "¦Call later", "says it in other words"),
    "a step that says less": (STEP, "patient: Rest.", "patient: ¦Go.", "says it in other words"),
    "a step at another time": (
        STEP,
        "version: 2026-01-01",
        "version: 2026-01-01\nbegin: ¦this_week",
        "is due at another time",
    ),
    "a page left out": (
        PAGE,
        "when: cancer == current",
        "when: cancer == current\nunless: ¦confusion",
        "leaves others out",
    ),
    "a step after nothing": (STEP, "after: [measure]", "after: ¦[]", "comes after other things"),
    "a step before nothing": (STEP, "before: [drug]", "before: ¦[]", "comes before other things"),
    "a step without a wait": (STEP, "wait: P2D", "wait: ¦P1D", "waits for another time"),
    "another step": (STEP, "what: Rest a while.", "what: ¦Run.", "asks for another thing"),
    "a step for another reason": (STEP, "why: It helps.", "why: ¦No.", "gives another reason"),
    "an interaction that says less": (
        CLASH,
        "patient: Wait.",
        "patient: ¦Go.",
        "says it in other words",
    ),
    "an interaction of other things": (
        CLASH,
        "between: [drug, weight]",
        "between: [drug, ¦calcium]",
        "is between other things",
    ),
    "an interaction with another effect": (
        CLASH,
        "effect: wait",
        "effect: ¦stop",
        "another effect",
    ),
    "an interaction for another reason": (
        CLASH,
        "why: They clash.",
        "why: ¦No.",
        "gives another reason",
    ),
    "an interaction beside fewer things": (
        CLASH,
        "wait: P3D",
        "wait: P3D\nonly_with: [¦drug]",
        "is told beside other things",
    ),
    "an interaction for a day": (CLASH, "wait: P3D", "wait: ¦P1D", "waits for another time"),
    "an interaction as a routine": (
        CLASH,
        "wait: P3D",
        "wait: P3D\nroutine: ¦yes",
        "is asked of everybody as a routine",
    ),
    "a card that says less": (CARD, "patient: Facts.", "patient: ¦No.", "says it in other words"),
    "a card of other facts": (CARD, "text: It is so.", "text: ¦It is not.", "says other things"),
    # options
    "an option called otherwise": (DRUG, "title: The drug", "title: ¦Sweets", "called otherwise"),
    "an option called otherwise for patients": (
        DRUG,
        "patient_title: In",
        "patient_title: ¦Not in",
        "`drug` says it to the patient in other words",
    ),
    "an option of lesions": (
        DRUG,
        "version: 2026-01-01",
        "version: 2026-01-01\nentity: ¦lesion",
        "`drug` belongs to another entity",
    ),
    "another modality": (DRUG, "modality: drug", "modality: ¦surgery", "is another modality"),
    "an interaction that lets the usual dose be shown": (
        "apart.yaml",
        "no_usual_dose: yes",
        "no_usual_dose: ¦no",
        "lets the usual dose be shown",
    ),
    "a caution that lets the usual dose be shown": (
        OTHER,
        "no_usual_dose: yes",
        "no_usual_dose: ¦no",
        "lets the usual dose be shown",
    ),
    "an option that begins sooner": (
        DRUG,
        "aim: less pain",
        "aim: less pain\nbegin: ¦now",
        "begins at another time",
    ),
    "an option among others": (
        DRUG,
        "aim: less pain",
        "aim: less pain\none_of: ¦drugs",
        "is chosen among others",
    ),
    "an option told beneath another": (
        DRUG,
        "aim: less pain",
        "aim: less pain\nbeneath: [¦other]",
        "is told beneath other options",
    ),
    "an option elsewhere in the plan": (
        DRUG,
        "aim: less pain",
        "aim: less pain\nplace: ¦1",
        "stands elsewhere in the plan",
    ),
    "an option that runs with another": (
        DRUG,
        "aim: less pain",
        "aim: less pain\nruns: [¦confusion]",
        "is taken to be running by other variables",
    ),
    "an option for comfort no longer": (
        DRUG,
        "comfort: yes",
        "comfort: ¦no",
        "no longer serves comfort",
    ),
    "another aim": (DRUG, "aim: less pain", "aim: ¦cure", "has another aim: cure, was less pain"),
    "a note of another reading": (
        OTHER,
        TOP,
        TOP.replace("reviewed", "interpretation: [¦Ignore the stops.]\nreviewed"),
        "`other` was read otherwise",
    ),
    "an indication more": (
        OTHER,
        "indicated:\n",
        f"indicated:\n  - ¦{{when: confusion, why: new, evidence: {UNREAD}}}\n",
        "`other` has other indications: `confusion` is new",
    ),
    "an indication that counts as read": (
        OTHER,
        f"why: high, evidence: {UNREAD}",
        f"why: high, evidence: ¦[{READ}]",
        "`calcium_doubled >= 5` rests on other sources: counts as read now",
    ),
    "another reason for an option": (DRUG, "why: has it", "why: ¦wants it", "gives another reas"),
    "a stop that is gone": (
        DRUG,
        "when: drug_current",
        "when: confusion",
        "`drug` has other stops: without `drug_current`",
    ),
    "a stop that became routine": (
        DRUG,
        "why: too light",
        "why: too light\n    routine: ¦true",
        "`drug` has other stops: `weight < 30` is asked of everybody as a routine: yes, was no",
    ),
    "a stop in spite of which it goes on": (
        DRUG,
        "why: too light",
        "why: too light\n    goes_on: ¦true",
        "lets the option go on in the last days in spite of a stop, or no more: yes, was no",
    ),
    "a stop for another reason": (DRUG, "why: too light", "why: ¦fine", "`weight < 30` gives ano"),
    "a stop that points nowhere": (
        DRUG,
        "instead: [other]",
        "instead: ¦[]",
        "`weight < 30` points to other options",
    ),
    "a stop that is unread now": (
        DRUG,
        "instead: [other]\n    evidence: [{id: book, at: p. 2, confirmation: read,",
        "instead: [other]\n    evidence: ¦[{id: book, at: p. 2, confirmation: unread,",
        "`drug` has other stops: `weight < 30` rests on other sources: unread now",
    ),
    "a caution that is gone": (
        DRUG,
        f"caution:\n  - {{when: confusion, why: confused, evidence: {UNREAD}}}\n  - {{when: mass",
        "caution:\n  ¦- {when: mass",
        "`drug` has other cautions: without `confusion`",
    ),
    "a higher dose": (
        DRUG,
        "give: 4 mg",
        "give: ¦5 mg",
        "has another dose: has other rows: gives another amount: 5 mg, was 4 mg",
    ),
    "a higher smaller dose": (
        DRUG,
        "give: 3 mg, less: 2 mg",
        "give: 3 mg, less: ¦3 mg",
        "has other rows: gives another smaller amount: 3 mg, was 2 mg",
    ),
    "one row more": (
        DRUG,
        "{from: 60, give: 4 mg",
        "{from: 60, below: ¦99, give: 4 mg, less: 3 mg}, {from: 99, give: 4 mg",
        "`drug` has another dose: has other rows",
    ),
    "an amount that counts as read now": (
        DRUG,
        LOW,
        LOW.replace(UNREAD, f"¦[{{id: book, confirmation: unread}}, {READ}]", 1),
        "has other rows: rests on other sources: counts as read now",
    ),
    "an amount without its own source": (
        DRUG,
        LOW,
        LOW.replace(UNREAD, "¦[]", 1),
        "has other rows: rests on other sources",
    ),
    "an amount with a first source of its own": (
        DRUG,
        "give: 4 mg, less: 3 mg",
        f"give: 4 mg, less: 3 mg, evidence: [¦{READ}]",
        "has other rows: rests on other sources",
    ),
    "a smaller amount that counts as read now": (
        DRUG,
        f"less_evidence: {UNREAD}}}",
        f"less_evidence: ¦[{{id: book, confirmation: unread}}, {READ}]}}",
        "has other rows: has a smaller amount that rests on other sources: counts as read now",
    ),
    "another edge of the doses": (
        DRUG,
        f"below: 60, {LOW}}}, {{from: 60,",
        f"below: ¦50, {LOW}}}, {{from: 50,",
        "has other rows: has another edge: 50, was 60",
    ),
    "doses by another number": (
        DRUG,
        "by: weight",
        "by: ¦mass",
        "goes by another number: mass, was weight",
    ),
    "a dose printed beside other medicines": (
        DRUG,
        "new_to: [drug_current]",
        "new_to: [¦confusion]",
        "is printed beside other medicines",
    ),
    "another regimen": (DRUG, "regimen: weekly", "regimen: ¦daily", "another regimen: daily, was"),
    "a dose that is unread now": (
        DRUG,
        "evidence: [{id: book, at: table 1, confirmation: read",
        "evidence: ¦[{id: book, at: table 1, confirmation: unread",
        "has another dose: rests on other sources: unread now",
    ),
    "a check that is gone": (
        DRUG,
        f"checks_before:\n  - {{what: Weigh., needs: [weight], evidence: {UNREAD}}}",
        "checks_before: ¦[]",
        "`drug` has other checks before: without `Weigh`",
    ),
    "a check at another time": (
        DRUG,
        "{what: Weigh again.,",
        "{what: Weigh again., when: ¦never,",
        "`drug` is watched otherwise: `Weigh again` is due at another time",
    ),
    "a check that needs less": (
        DRUG,
        "{what: Weigh., needs: [weight]",
        "{what: Weigh., needs: ¦[]",
        "`Weigh` is answered by other variables",
    ),
    "a check on another source": (
        DRUG,
        f"{{what: Weigh., needs: [weight], evidence: {UNREAD}}}",
        "{what: Weigh., needs: [weight], evidence: ¦[{id: paper, confirmation: unread}]}",
        "`Weigh` rests on other sources: without book",
    ),
    "a side effect that is gone": (DRUG, "- effect: fever", "- effect: chills", "without `fever`"),
    "a rarer side effect": (
        DRUG,
        "frequency: 1 in 10",
        "frequency: ¦1 in 1000",
        "`drug` has other side effects: `fever` has another frequency",
    ),
    "a side effect in other words": (DRUG, "patient: fever", "patient: ¦warmth", "to the patient"),
    "a side effect on another source": (
        DRUG,
        f"patient: fever\n    evidence: {UNREAD}",
        "patient: fever\n    evidence: ¦[{id: paper, confirmation: unread}]",
        "`fever` rests on other sources: without book",
    ),
    "an effect that is better": (
        DRUG,
        "result: less, ",
        "result: ¦none, ",
        "`sleep` promises another",
    ),
    "an effect that counts as read": (
        DRUG,
        f"result: less, evidence: {UNREAD}",
        f"result: less, evidence: ¦[{READ}]",
        "`sleep` rests on other sources: counts as read now",
    ),
    "an effect more": (
        DRUG,
        "  - {what: sleep",
        f"  - ¦{{what: life, result: more, evidence: {UNREAD}}}\n  - {{what: sleep",
        "`drug` has other effects: `life` is new",
    ),
    "an option that counts as read": read_now(OTHER),
    "an option that says more": (
        DRUG,
        "clinician: Give it.",
        "clinician: ¦Give two.",
        "other words",
    ),
    # sources
    "a source called otherwise": (PAPER, "title: The", "title: ¦No", "`paper` is another source"),
    "a source of another year": (PAPER, "year: 2021", "year: ¦2025", "is of another year"),
    "another kind of source": (PAPER, "type: trial", "type: ¦guideline", "another kind of source"),
    **{
        f"a source of another {key}": (PAPER, f"{key}: ", f"{key}: ¦X", "`paper` is another source")
        for key in ("authors", "publisher", "url", "region")
    },
    "a source with another doi": (PAPER, '"10.1"', '"¦10.2"', "10.2, was 10.1"),
    "a source with another pmid": (PAPER, 'pmid: "1"', 'pmid: "¦2"', "2, was 1"),
    # scope and terms
    "a narrower scope": (
        SCOPE,
        "cancer: cancer in {current, past}",
        "cancer: ¦cancer in {current}",
        "`scope` opens under another condition (`cancer`)",
    ),
    "another silence": (
        SCOPE,
        "cancer_variable: cancer",
        "cancer_variable: ¦metastasis",
        "`scope` closes at the silence of another variable",
    ),
    "less said of the patient": (
        SCOPE,
        "summary: [age]",
        "summary: [¦calcium]",
        "`scope` tells less of the patient",
    ),
    "younger adults": (
        SCOPE,
        "adult: age >= 18",
        "adult: ¦age >= 12",
        "`scope` prints doses under",
    ),
    "death sooner": (
        SCOPE,
        "dead: death_date <= index_date",
        "dead: ¦start_date <= index_date",
        "`scope` hides alerts under another condition",
    ),
    "comfort sooner": (
        SCOPE,
        "comfort_only: weight < 10",
        "comfort_only: ¦weight < 20",
        "`scope` keeps the plan to comfort under another condition",
    ),
    "last days sooner": (
        SCOPE,
        "comfort_only: weight < 10",
        "comfort_only: weight < 10\nlast_days: ¦weight < 20",
        "`scope` keeps the plan to the last days under another condition",
    ),
    "another reason in the last days": (
        SCOPE,
        "comfort_only: weight < 10",
        "comfort_only: weight < 10\nlast_days_why: ¦Too late.",
        "`scope` says otherwise why something is not begun",
    ),
    "another condition of what burdens in the last days": (
        SCOPE,
        "comfort_only: weight < 10",
        "comfort_only: weight < 10\nlast_days_if: ¦it helps",
        "`scope` says otherwise when what burdens is asked for in the last days",
    ),
    "another meaning of a stop in the last days": (
        SCOPE,
        "comfort_only: weight < 10",
        "comfort_only: weight < 10\nlast_days_stopped: ¦It goes on.",
        "`scope` says otherwise what a stop means in the last days",
    ),
    "another meaning of comfort for what is given": (
        SCOPE,
        "comfort_only: weight < 10",
        "comfort_only: weight < 10\ncomfort_running: ¦It is talked over.",
        "`scope` says otherwise what comfort as the goal means for what is given",
    ),
    "less asked where comfort is the goal": (
        SCOPE,
        "comfort_only: weight < 10",
        "comfort_only: weight < 10\ncomfort_not_asked: [¦calcium]",
        "`scope` asks less where comfort is the goal",
    ),
    "less asked while something urgent holds": (
        SCOPE,
        "comfort_only: weight < 10",
        "comfort_only: weight < 10\nurgent_not_asked: [¦calcium]",
        "`scope` asks less while something urgent holds",
    ),
    "less asked of everybody": (
        SCOPE,
        "comfort_only: weight < 10",
        "comfort_only: weight < 10\nnot_asked: [¦calcium]",
        "`scope` asks less (`not_asked`)",
    ),
    "less asked in the last days": (
        SCOPE,
        "comfort_only: weight < 10",
        "comfort_only: weight < 10\nlast_days_not_asked: [¦calcium]",
        "`scope` asks less in the last days",
    ),
    "a caution that lets the option be begun": (
        DRUG,
        "not_begun: yes",
        "not_begun: ¦no",
        "lets the option be begun",
    ),
    "an indication that begins at another time": (
        DRUG,
        "    why: has it\n",
        "    why: has it\n    begin: ¦today\n",
        "begins at another time where this holds",
    ),
    "a medicine begun in the last days": (
        DRUG,
        "comfort: yes",
        "comfort: yes\nlast_days: ¦yes",
        "`drug` is begun in the last days of life otherwise",
    ),
    "a step beside fewer things": (
        STEP,
        "wait: P2D",
        "wait: P2D\nonly_with: [¦drug]",
        "`rest` is told beside other things",
    ),
    "a step in the last days": (
        STEP,
        "wait: P2D",
        "wait: P2D\nlast_days: ¦yes",
        "`rest` stands otherwise in the last days of life",
    ),
    "asked later about what is stopped": (
        SCOPE,
        "stopped_by: today",
        "stopped_by: ¦this_week",
        "`scope` asks at another time about what is given against a stop",
    ),
    "looked at later with a caution": (
        SCOPE,
        "careful_by: this_week",
        "careful_by: ¦next_visit",
        "`scope` looks at another time at what is given with a caution",
    ),
    "a scope of lesser sources": (
        SCOPE,
        "evidence: [{id: book, confirmation: ours}]",
        "evidence: ¦[{id: paper, confirmation: ours}]",
        "`scope` rests on other sources: without book",
    ),
    "an assertion that is gone": (TERMS, "{hl7: [ASSERTION]}", "¦{}", "other questions as asser"),
    "a finding's code as an assertion": (
        TERMS,
        "{hl7: [ASSERTION]}",
        '{snomed: ["¦286933003"], hl7: [ASSERTION]}',
        "snomed 286933003 already meant something",
    ),
    "a yes that is gone": (TERMS, "{hl7: [Y]}", "¦{}", "reads other answers as yes: without hl7 Y"),
    "a yes that is a no": (
        TERMS,
        "{hl7: [N]}",
        '{hl7: [N], snomed: ["¦1"]}',
        "reads other answers as no: snomed 1",
    ),
    "a left that is gone": (TERMS, '{snomed: ["7771000"]}', "¦{}", "reads other codes as left"),
    "a right that is left": (
        TERMS,
        '["24028007"]',
        '["24028007", "¦286933003"]',
        "reads other codes as right: snomed 286933003 already meant something",
    ),
    "both sides gone": (TERMS, '{snomed: ["51440002"]}', "¦{}", "reads other codes as both sides"),
    "a spelling that is gone": (TERMS, "a: [years]", "a: []", "without years for a"),
    "a spelling that is a unit": (
        TERMS,
        "mg/dL: [mg/dl]",
        "mg/dL: [mg/dl, ¦g/dl]",
        "g/dl for mg/dL is a unit of its own",
    ),
}

# Each: file, what stands there, what is laid over it in silence.
HARMLESS: dict[str, tuple[str, str, str]] = {
    "nothing but another place": (BASIC, "title: Basics", "title: Other basics"),
    "more said of the patient": (SCOPE, "summary: [age]", "summary: [age, calcium]"),
    "looked at sooner with a caution": (SCOPE, "careful_by: this_week", "careful_by: today"),
    # variables
    "a code more": (BASIC, 'snomed: ["286933003"]', 'snomed: ["286933003", "99"]'),
    "a coding more": (
        BASIC,
        "denied: not_known_of}]",
        "denied: not_known_of}, {icd10: [D45], stated: current}]",
    ),
    "a coding in another role": (
        BASIC,
        "atc: [M05BA08]}]",
        "atc: [M05BA08]}, {as: allergy, atc: [M05BA08]}]",
    ),
    "codings in another order": (
        BASIC,
        "codes: [{as: drug, atc: [M05BA08]}]",
        'codes: [{as: drug, rxnorm: ["9"]}, {as: drug, atc: [M05BA08]}]',
    ),
    "an answer more": (BASIC, '{snomed: ["1"]}}', '{snomed: ["1"]}, "no": {snomed: ["2"]}}'),
    "a unit more": (MORE, "{mg/dL: 88.4}", "{mg/dL: 88.4, mg/L: 8.84}"),
    "a unit as it was converted": (MORE, "{mg/dL: 88.4}", "{mg/dL: 88.4, mmol/L: 1000}"),
    "a formula of a later version": (
        BASIC,
        "    version: 2026-01-01\n    formula",
        "    version: 2026-02-02\n    formula",
    ),
    "a reviewed formula": (
        BASIC,
        "    examples: [{name: two,",
        "    interpretation: [Read so.]\n    reviewed_by: [N. N.]\n    examples: [{name: 2,",
    ),
    "a formula with a source more": (
        BASIC,
        "evidence: [{id: book, confirmation: ours}]",
        "evidence: [{id: paper, confirmation: unread}, {id: book, confirmation: ours}]",
    ),
    "a formula at another page": (BASIC, "at: page 1", "at: page 2"),
    # scores
    "a score that was reviewed": (RISK, "reviewed_by: []", "reviewed_by: [N. N.]"),
    "a score of a later version": (RISK, "version: 2026-01-01", "version: 2026-02-02"),
    "a score with a note and a licence": (
        RISK,
        "reviewed_by: []",
        "interpretation: [Read so.]\nlicence: free\nreviewed_by: []",
    ),
    "another example": (RISK, "name: least", "name: fewest"),
    "a score with a source more": more_evidence(RISK),
    # alerts
    "a higher urgency": (WATCH, "urgency: this_week", "urgency: within_24_hours"),
    "an alert without known cancer": (
        WATCH,
        "urgency: this_week",
        "urgency: this_week\nwithout_known_cancer: true",
    ),
    "an alert beneath none": (WATCH, "beneath: [confused]", "beneath: []"),
    "an earlier clock": (ALERT, "act_by: PT24H", "act_by: PT12H"),
    "the same clock in other words": (ALERT, "act_by: PT24H", "act_by: P1D"),
    "an action sooner": (ALERT, "act_by: PT2H", "act_by: PT90M"),
    "an action without exception": (ALERT, "act_by: PT1H, unless: grade == g3", "act_by: PT1H"),
    "actions in another order": (
        ALERT,
        "  - {do: call_team, act_by: PT1H, unless: grade == g3}\n"
        "  - {do: measure, act_by: PT2H, only_if: confusion}",
        "  - {do: measure, act_by: PT2H, only_if: confusion}\n"
        "  - {do: call_team, act_by: PT1H, unless: grade == g3}",
    ),
    "an alert with a source more": more_evidence(ALERT),
    "an alert that was read": (ALERT, TOP, TOP.replace(UNREAD, f"[{READ}]")),
    "an action that was read": (TODO, f"evidence: {UNREAD}", f"evidence: [{READ}]"),
    "a test that was read": (TEST, TOP, TOP.replace(UNREAD, f"[{READ}]")),
    # options
    "an indication that is gone": (
        OTHER,
        "  - {when: calcium_doubled >= 5, why: high, evidence: [{id: book, confirmation: unread}]}",
        "  []",
    ),
    "a stop more": (
        DRUG,
        "contraindicated:\n",
        f"contraindicated:\n  - {{when: confusion, why: new, evidence: {UNREAD}}}\n",
    ),
    "a stop that is no longer routine": (DRUG, "    routine: true\n", ""),
    "a stop that points to more": (
        DRUG,
        "    routine: true\n",
        "    routine: true\n    instead: [other]\n",
    ),
    "a stop that was read": (
        DRUG,
        f"why: light, evidence: {UNREAD}",
        f"why: light, evidence: [{READ}]",
    ),
    "a caution more": (
        DRUG,
        "caution:\n",
        f"caution:\n  - {{when: weight < 40, why: light, evidence: {UNREAD}}}\n",
    ),
    "a check more": (
        DRUG,
        "checks_before:\n",
        f"checks_before:\n  - {{what: Look., evidence: {UNREAD}}}\n",
    ),
    "a check that needs more": (
        DRUG,
        "{what: Weigh again., needs: [weight]",
        "{what: Weigh again., needs: [weight, calcium]",
    ),
    "a side effect more": (
        DRUG,
        "side_effects:\n",
        "side_effects:\n  - {effect: chills, frequency: rare, patient: chills, "
        f"evidence: {UNREAD}}}\n",
    ),
    "an option with a source more": more_evidence(OTHER),
    "an indication with a source more": (
        OTHER,
        f"why: high, evidence: {UNREAD}",
        f"why: high, evidence: {TWO}",
    ),
    "a dose with a source more": (
        DRUG,
        "evidence: [{id: book, at: table 1,",
        "evidence: [{id: paper, confirmation: unread}, {id: book, at: table 1,",
    ),
    "a check with a source more": (
        DRUG,
        f"{{what: Weigh., needs: [weight], evidence: {UNREAD}}}",
        f"{{what: Weigh., needs: [weight], evidence: {TWO}}}",
    ),
    "a side effect with a source more": (
        DRUG,
        f"patient: fever\n    evidence: {UNREAD}",
        f"patient: fever\n    evidence: {TWO}",
    ),
    "an effect with a source more": (
        DRUG,
        f"result: less, evidence: {UNREAD}",
        f"result: less, evidence: {TWO}",
    ),
    **{
        f"{file} of a later version": (file, "version: 2026-01-01", "version: 2026-02-02")
        for file in (ALERT, TEST, DRUG, SCOPE)
    },
    **{
        f"{file} that was reviewed": (file, "reviewed_by: []", "reviewed_by: [N. N.]")
        for file in (ALERT, TEST, DRUG, SCOPE)
    },
    **{
        f"{file} with a note": (
            file,
            "reviewed_by: []",
            "interpretation: [Read so.]\nreviewed_by: []",
        )
        for file in (ALERT, TEST)
    },
    **{
        f"{file} with another example": (file, "name: ", "name: more ")
        for file in (ALERT, TEST, DRUG)
    },
    # sources, scope, terms
    "a source with all that names it": (
        BOOK,
        "type: textbook",
        "type: textbook\nauthors: A\npublisher: P\ndoi: D\npmid: M\nurl: U\nregion: R",
    ),
    "a scope with a source more": (
        SCOPE,
        "[{id: book, confirmation: ours}]",
        "[{id: book, confirmation: ours}, {id: paper, confirmation: unread}]",
    ),
    "a no more": (TERMS, "{hl7: [N]}", "{hl7: [N, NEIN]}"),
    "a right more": (TERMS, '["24028007"]', '["24028007", "24028008"]'),
    "both sides more": (TERMS, '["51440002"]', '["51440002", "51440003"]'),
    "a source with a note": (PAPER, "region: EU", "region: EU\nlicence: free\nnote: a note"),
    "a scope called otherwise": (SCOPE, "title: Adults with cancer", "title: Our adults"),
    "a yes more": (TERMS, "{hl7: [Y]}", "{hl7: [Y, JA]}"),
    "an assertion more": (TERMS, "{hl7: [ASSERTION]}", "{hl7: [ASSERTION, FINDING]}"),
    "a side more": (TERMS, '["7771000"]', '["7771000", "7771001"]'),
    "a spelling more": (TERMS, "a: [years]", "a: [years, Jahre]"),
    "a spelling of the same in UCUM": (TERMS, "mmol/L: [mmol/l]", "mmol/L: [mmol/l, mM]"),
    "a unit that is new": (TERMS, "  a: [years]", "  a: [years]\n  g/L: [g/l]"),
}


def edited(file: str, old: str, new: str) -> str:
    """A file of ours with one text in it replaced, which must stand there once."""
    assert OURS[file].count(old) == 1, f"{old!r} stands {OURS[file].count(old)} times in {file}"
    return OURS[file].replace(old, new)


def laid_over(*folders: dict[str, str]) -> tuple[str, ...]:
    """What folders laid over ours weaken, when they may."""
    layers = [text for n, files in enumerate(folders, 1) for text in texts(files, n)]
    return check(load([*texts(OURS), *layers]), allow_weaker=True).weaker


def faults(loaded: Loaded) -> list[Fault]:
    """Why folders are not laid over ours."""
    with pytest.raises(KnowledgeError) as caught:
        check(loaded)
    return list(caught.value.faults)


@cache
def planted(name: str) -> tuple[Fault, str]:
    """The only fault of a planted change, and its only sentence when it is allowed."""
    file, old, new, _ = WEAKER[name]
    loaded = load([*texts(OURS), *texts({file: marked(edited(file, old, new))[0]}, 1)])
    (fault,) = faults(loaded)
    (sentence,) = check(loaded, allow_weaker=True).weaker
    return fault, sentence


@pytest.mark.parametrize("name", WEAKER)
def test_a_change_that_may_weaken_is_refused_at_its_place_and_named_when_allowed(name: str) -> None:
    file, old, new, says = WEAKER[name]
    _, places = marked(edited(file, old, new))
    fault, sentence = planted(name)
    assert (fault.file, fault.code) == (file, "weaker")
    assert [(fault.line, fault.column)][: len(places)] == places
    assert says in sentence
    assert fault.message == f"{sentence} Keep it, or allow it with --allow-weaker."


@pytest.mark.parametrize("name", HARMLESS)
def test_a_change_that_weakens_nothing_is_laid_over_in_silence(name: str) -> None:
    file, old, new = HARMLESS[name]
    assert check(load([*texts(OURS), *texts({file: edited(file, old, new)}, 1)])).weaker == ()


def test_a_variable_may_stand_under_another_topic() -> None:
    local = edited(BASIC, "variables: basic", "variables: local")
    assert check(load([*texts(OURS), *texts({"variables/local.yaml": local}, 1)])).weaker == ()


def test_our_own_knowledge_laid_over_itself_weakens_nothing() -> None:
    assert check(load(knowledge_files((HOME, HOME)))).weaker == ()


# --- the tables ----------------------------------------------------------------------------------

PARTS: dict[type, Judges] = {
    items.Action: ACTION,
    items.DoseTable: DOSE,
    items.DoseRow: DOSE_ROW,
    items.Check: CHECK,
    items.SideEffect: SIDE_EFFECT,
    items.Effect: EFFECT,
}
MATCHED = {"id", "do", "what", "effect"}
"""Fields by which an item or entry is found again."""


LAID_ONLY = {items.Contacts, items.UnitsOfSource, items.Translation, items.Choices}
"""Kinds that ours has none of: test_hospital_pack.py, test_translation.py and test_disagreements.py
plant their changes."""


@pytest.mark.parametrize(
    "kind", [k for k in (*TABLES, *PARTS) if k not in LAID_ONLY], ids=lambda kind: kind.__name__
)
def test_every_field_has_its_words_and_a_planted_change(kind: type) -> None:
    judges = {**TABLES, **PARTS}[kind]
    by_name = {field.name for field in fields(kind)}
    keys = MATCHED if kind in PARTS else {"id"}
    assert by_name - set(judges) - keys == set()
    for name in by_name - keys:
        words, judge = judges[name]
        assert judge is FREE or any(words in planted(plant)[1] for plant in WEAKER), name


# --- what reaches into ours from beside ----------------------------------------------------------

EMPTY = """\
{kind}: {name}
title: New
version: 2026-01-01
{body}
evidence: [{{id: book, confirmation: unread}}]
reviewed_by: []
say: {{clinician: New., patient: Call now.}}
examples: [{{name: one, given: {{}}, expect: {{}}, from: arithmetic}}]
"""


def new(kind: str, name: str, body: str) -> dict[str, str]:
    """A folder with one new item."""
    return {f"{name}.yaml": EMPTY.format(kind=kind, name=name, body=body)}


def variable(line: str) -> dict[str, str]:
    """A folder with one new variable."""
    return {"local.yaml": f"variables: local\ntitle: Local\nlist:\n  {line}\n"}


COUNTING = new("alert", "many", "urgency: now\nwhen: count_alerts(today) >= 2\nactions: []")
BANDS = "formula: weight\nbands: {low: {to: 50}, high: {above: 50}}"


@pytest.mark.parametrize(
    ("folder", "says"),
    [
        (new("score", "mine", f"gives: {{total: potassium}}\n{BANDS}"), "gives `potassium`"),
        (new("score", "mine", f"gives: {{total: risk_total}}\n{BANDS}"), "gives `risk_total`"),
        (
            new("score", "mine", f"gives: {{band: risk_band}}\n{BANDS}"),
            "gives `risk_band`, which is ours",
        ),
        (
            variable('risk_total: {title: x, type: number, unit: "1", ask: How much?}'),
            "`risk_total` takes the name of what `risk` gives",
        ),
        (
            variable(
                "worst: {title: x, type: level, levels: [confirmed, excluded], pick: roll_up, "
                "rolls_up: lesion_review, ask: Which?}"
            ),
            "`worst` rolls up `lesion_review`, which is ours",
        ),
    ],
)
def test_a_new_item_that_defines_what_is_ours_is_named(folder: dict[str, str], says: str) -> None:
    (fault,) = faults(load([*texts(OURS), *texts(folder, 1)]))
    assert (fault.file, fault.code) == (next(iter(folder)), "weaker")
    assert says in fault.message


@pytest.mark.parametrize(
    "folder",
    [
        new("score", "mine", f"gives: {{total: mine_total, band: mine_band}}\n{BANDS}"),
        new("alert", "mine", "urgency: now\nbeneath: [confused]\nwhen: confusion\nactions: []"),
        new("investigation", "mine", "when: confusion\nwhat: Look.\nwhy: New."),
        variable('mine: {title: x, type: number, unit: "1", ask: How much?}'),
        variable("mine: {title: x, type: boolean, codes: [{icd10: [C00-C97]}], ask: So?}"),
    ],
    ids=lambda folder: next(iter(folder)),
)
def test_what_is_new_and_touches_nothing_is_laid_over_in_silence(folder: dict[str, str]) -> None:
    assert laid_over(folder) == ()


def test_alerts_that_one_of_ours_counts_are_neither_added_nor_moved_unseen() -> None:
    ours = [*texts(OURS), *texts(COUNTING)]
    raised = {ALERT: edited(ALERT, "urgency: today", "urgency: now")}
    added = new("alert", "mine", "urgency: today\nwhen: confusion\nactions: []")
    for folder in (raised, added):
        (fault,) = faults(load([*ours, *texts(folder, 1)]))
        assert "changes how many alerts one of ours counts" in fault.message
    free = new("alert", "mine", "urgency: this_week\nwhen: confusion\nactions: []")
    assert check(load([*ours, *texts(free, 1)])).weaker == ()


# --- how derived numbers are kept ----------------------------------------------------------------


def when(condition: str) -> dict[str, str]:
    """A folder with one new alert."""
    return new("alert", "mine", f"urgency: now\nwhen: {condition}\nactions: []")


FINE = "calcium_doubled >= 5.25"


def test_an_edge_finer_than_our_number_is_kept_is_refused() -> None:
    (fault,) = faults(load([*texts(OURS), *texts(when(FINE), 1)]))
    assert (fault.file, fault.line, fault.code) == ("mine.yaml", 1, "finer-edge")
    assert "5.25 is a finer edge than `calcium_doubled` is kept for (0 decimals)" in fault.message
    assert laid_over(when("calcium_doubled >= 5")) == ()
    assert laid_over(when("calcium >= 3.125")) == ()


def test_a_number_laid_over_itself_is_still_ours() -> None:
    found = faults(load([*texts(OURS), *texts({BASIC: OURS[BASIC], **when(FINE)}, 1)]))
    assert [(f.file, f.code) for f in found] == [("mine.yaml", "finer-edge")]
    other_formula = edited(BASIC, "formula: calcium * 2", "formula: calcium * 3")
    (sentence,) = laid_over({BASIC: other_formula, **when(FINE)})
    assert "`calcium_doubled` is computed otherwise" in sentence


def test_a_comparison_with_a_finer_number_is_refused() -> None:
    (fault,) = faults(load([*texts(OURS), *texts(when("calcium_doubled >= calcium"), 1)]))
    assert (fault.file, fault.code) == ("mine.yaml", "finer-edge")
    assert "compares `calcium_doubled` with a finer number" in fault.message


def test_a_number_of_ours_that_loses_its_finest_edge_is_named() -> None:
    finer = {**OURS, OTHER: OURS[OTHER].replace("calcium_doubled >= 5", "calcium_doubled >= 5.25")}
    gone = OURS[OTHER].replace("calcium_doubled >= 5", "calcium >= 2")
    lines = check(load([*texts(finer), *texts({OTHER: gone}, 1)]), allow_weaker=True).weaker
    assert "`other` lets `calcium_doubled` be kept to fewer decimals." in lines


# --- several folders, and folders with faults ----------------------------------------------------


def test_each_folder_is_held_to_what_lies_below_it_and_named_where_it_stands() -> None:
    lower = {WATCH: edited(WATCH, "urgency: this_week", "urgency: next_visit")}
    assert laid_over(lower, lower) == ("`watch` has a lower urgency: next_visit, was this_week.",)
    assert laid_over({WATCH: OURS[WATCH]}, lower) == laid_over(lower)
    local = when("confusion")
    assert laid_over(local, when("confusion and falls > 2"))[0].startswith("`mine` holds under an")


def test_a_broken_item_is_not_called_weaker_beside_its_fault() -> None:
    """What it changes is told once it is mended; another item's weakening is told with it."""
    broken = edited(WATCH, "when: calcium >= 2.6", "when: calcum >= 3")
    assert [f.code for f in faults(load([*texts(OURS), *texts({WATCH: broken}, 1)]))] == [
        "unknown-variable"
    ]
    lower = edited(ALERT, "urgency: today", "urgency: this_week")
    both = faults(load([*texts(OURS), *texts({WATCH: broken, ALERT: lower}, 1)]))
    assert [(f.file, f.code) for f in both] == [(ALERT, "weaker"), (WATCH, "unknown-variable")]


def test_an_item_that_does_not_load_is_one_fault_and_ours_stays_what_it_was() -> None:
    odd = edited(WATCH, "urgency: this_week", "urgency: tomorrow")
    (fault,) = faults(load([*texts(OURS), *texts({WATCH: odd}, 1)]))
    assert (fault.file, fault.code) == (WATCH, "unknown-value")


def test_what_names_an_item_that_does_not_load_is_not_called_weaker() -> None:
    odd = variable('mine: {title: [x], type: number, unit: "1", ask: How much?}')
    named = edited(WATCH, "when: calcium >= 2.6", "when: mine >= 2.6")
    (fault,) = faults(load([*texts(OURS), *texts({**odd, WATCH: named}, 1)]))
    assert (fault.file, fault.code) == ("local.yaml", "wrong-type")
