"""A small valid pack with one item of every kind, for tests that change it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

from bonemets.errors import Fault, KnowledgeError
from bonemets.pack.check import check
from bonemets.pack.load import Loaded, Pack, Part, Text, content_hash, join, read

MARK = "¦"
"""Stands in a planted text where the fault is expected."""

SINS_TOLD = {
    "spine_junction": "mobile",
    "spine_pain": "mechanical",
    "lesion_quality": "lytic",
    "spine_alignment": "normal",
    "body_collapse": "under_half",
    "posterolateral": "uninvolved",
}
"""All parts of the SINS of a vertebra of ours."""

FILES: dict[str, str] = {
    "scope.yaml": """\
scope: scope
title: Adults with cancer
version: 2026-01-01
cancer: cancer in {current, past}
cancer_variable: cancer
adult: age >= 18
dead: death_date <= index_date
comfort_only: weight < 10
stopped_by: today
careful_by: this_week
summary: [age]
evidence: [{id: book, confirmation: ours}]
reviewed_by: []
""",
    "terms.yaml": """\
terms: terms
assertions: {hl7: [ASSERTION]}
"yes": {hl7: [Y]}
"no": {hl7: [N]}
left: {snomed: ["7771000"]}
right: {snomed: ["24028007"]}
both_sides: {snomed: ["51440002"]}
unit_spellings:
  mmol/L: [mmol/l]
  mg/dL: [mg/dl]
  a: [years]
""",
    "actions.yaml": """\
actions: actions
list:
  call_team:
    title: Call the team
    clinician: Call the team now.
    evidence: [{id: book, confirmation: unread}]
""",
    "evidence/book.yaml": """\
evidence: book
title: The book
year: 2020
type: textbook
""",
    "variables/basic.yaml": """\
variables: basic
title: Basics
list:
  age: {title: age, type: number, unit: a, minimum: 0, plausible: [0, 120], ask: How old?}
  death_date: {title: date of death, type: date, ask: When?}
  start_date: {title: start, type: date, ask: When did it start?}
  cancer:
    title: cancer
    type: level
    levels: [current, past, not_known_of]
    past: past
    codes: [{icd10: [C00-C97], stated: current, denied: not_known_of}]
    ask: Is there a cancer?
  calcium:
    title: calcium
    type: number
    unit: mmol/L
    minimum: 0
    plausible: [0.5, 6.0]
    decimals: 2
    molar_mass: 40.08
    window: P7D
    ask: What is the calcium?
  reported_unit:
    title: unit of the calcium
    type: level
    levels: [mmol_per_l, mg_per_dl]
    names: {mmol_per_l: mmol/L, mg_per_dl: mg/dL}
    with: {of: [calcium], take: unit}
  potassium: {title: potassium, type: number, unit: mmol/L, ask: What is the potassium?}
  weight: {title: weight, type: number, unit: kg, ask: What is the weight?}
  falls: {title: falls, type: number, unit: "1", integer: true, plausible: [0, 20], ask: Falls?}
  confusion:
    title: confusion
    type: boolean
    window: PT48H
    no_for: P1D
    codes: [{snomed: ["286933003"]}]
    answers: {"yes": {snomed: ["1"]}}
    phrases: {"yes": is confused}
    ask: Is the patient confused?
  drug_current:
    title: drug
    type: boolean
    window: P90D
    pick: active
    lasts: P13W
    past: "no"
    complete_with: medications
    includes: [other_drug, drug_amount]
    codes: [{as: drug, atc: [M05BA08]}]
    ask: Is the drug taken?
  other_drug: {title: other drug, type: boolean, pick: active, ask: Is the other drug taken?}
  drug_amount: {title: amount of the drug, type: number, unit: mg, minimum: 0, ask: How much?}
  grade: {title: grade, type: level, levels: [g1, g2, g3], ordered: true, ask: Which grade?}
  lesion_status:
    title: status
    entity: lesion
    type: level
    levels: [confirmed, suspected, excluded]
    ask: Which status?
  lesion_pain: {title: pain there, entity: lesion, type: boolean, ask: Is there pain?}
  lesion_size: {title: size, entity: lesion, type: number, unit: cm, ask: How large?}
  metastasis:
    title: metastasis
    type: level
    levels: [confirmed, suspected, absent]
    pick: roll_up
    rolls_up: lesion_status
    ask: Is there a metastasis?
  grade_is_high:
    title: high grade
    type: boolean
    version: 2026-01-01
    table_of: grade
    table: {"yes": [g3], "no": [g1, g2]}
    evidence: [{id: book, confirmation: ours}]
    examples: [{name: high, given: {grade: g3}, expect: {value: yes}, from: arithmetic}]
  calcium_doubled:
    title: calcium doubled
    type: number
    unit: mmol/L
    version: 2026-01-01
    formula: calcium * 2
    evidence:
      - {id: book, at: page 1, confirmation: read, seen: {address: PubMed 1, on: 2026-01-01}}
    examples: [{name: two, given: {calcium: 2 mmol/L}, expect: {value: 4}, from: arithmetic}]
""",
    "risk.yaml": """\
score: risk
title: Risk
version: 2026-01-01
applies: cancer in {current, past}
gives: {total: risk_total, band: risk_band}
components:
  confusion: {"yes": 1, "no": 0}
  grade: {g1: 0, g2: 1, g3: 2}
bands:
  low: {from: 0, to: 1}
  high: {from: 2, to: 3}
evidence: [{id: book, confirmation: unread}]
reviewed_by: []
say: {clinician: "Risk {total}.", patient: A number.}
examples:
  - name: least
    given: {cancer: current, confusion: no, grade: g1}
    expect: {total: 0, band: low}
    from: arithmetic
""",
    "calcium_class.yaml": """\
score: calcium_class
title: Class of calcium
version: 2026-01-01
gives: {band: calcium_band}
formula: calcium
bands:
  normal: {to: 2.6}
  high: {above: 2.6, below: 3.5}
  severe: {from: 3.5}
evidence: [{id: book, confirmation: unread}]
reviewed_by: []
say: {clinician: A class., patient: A class.}
examples:
  - {name: high, given: {calcium: 3 mmol/L}, expect: {total: 3, band: high}, from: arithmetic}
""",
    "calcium_grade.yaml": """\
score: calcium_grade
title: Grade of calcium
version: 2026-01-01
gives: {band: calcium_grade_band}
formula: calcium
reported_in: reported_unit
bands_by_unit:
  mmol/L: {first: {to: 2.6}, second: {above: 2.6}}
  mg/dL: {first: {to: 10.4}, second: {above: 10.4}}
evidence: [{id: book, confirmation: unread}]
reviewed_by: []
say: {clinician: A grade., patient: A grade.}
examples:
  - {name: high, given: {calcium: 3 mmol/L}, expect: {band: [first, second]}, from: arithmetic}
""",
    "confused.yaml": """\
alert: confused
title: Confusion with high calcium
version: 2026-01-01
urgency: today
without_known_cancer: true
clock: {from: start_date, act_by: PT24H}
when: |
  confusion
  and calcium >= 3.0
actions:
  - {do: call_team, act_by: PT1H, unless: grade == g3}
  - {do: measure, act_by: PT2H, only_if: confusion}
evidence: [{id: book, confirmation: unread}]
reviewed_by: []
say: {clinician: Act., patient: Call the emergency number now.}
examples:
  - name: both
    given: {confusion: yes, calcium: 3 mmol/L}
    expect: {result: yes}
    from: arithmetic
""",
    "watch.yaml": """\
alert: watch
title: Watch
version: 2026-01-01
urgency: this_week
beneath: [confused]
when: calcium >= 2.6
actions: []
evidence: [{id: book, confirmation: unread}]
reviewed_by: []
say: {clinician: Watch., patient: Tell the team.}
examples:
  - {name: at, given: {calcium: 2.6 mmol/L}, expect: {result: yes}, from: arithmetic}
""",
    "measure.yaml": """\
investigation: measure
title: Measure calcium
version: 2026-01-01
when: not known(calcium)
what: Measure it.
why: It is not known.
evidence: [{id: book, confirmation: unread}]
reviewed_by: []
say: {clinician: Measure., patient: A blood test.}
examples:
  - {name: none, given: {}, expect: {result: yes}, from: arithmetic}
""",
    "rest.yaml": """\
step: rest
title: Rest
version: 2026-01-01
when: confusion
after: [measure]
before: [drug]
wait: P2D
what: Rest a while.
why: It helps.
evidence: [{id: book, confirmation: unread}]
reviewed_by: []
say: {clinician: Let rest., patient: Rest.}
examples:
  - {name: confused, given: {confusion: "yes"}, expect: {result: yes}, from: arithmetic}
""",
    "clash.yaml": """\
interaction: clash
title: The drug with a light body
version: 2026-01-01
between: [drug, weight]
effect: wait
when: confusion
why: They clash.
wait: P3D
evidence: [{id: book, confirmation: unread}]
reviewed_by: []
say: {clinician: Wait., patient: Wait.}
examples:
  - {name: confused, given: {confusion: "yes"}, expect: {result: yes}, from: arithmetic}
""",
    "apart.yaml": """\
interaction: apart
title: Calcium in a light body
version: 2026-01-01
between: [calcium, weight]
effect: caution
when: calcium >= 2.6
why: It weighs more.
no_usual_dose: yes
evidence: [{id: book, confirmation: unread}]
reviewed_by: []
say: {clinician: Measure., patient: Ask.}
examples:
  - {name: high, given: {calcium: 3 mmol/L}, expect: {result: yes}, from: arithmetic}
""",
    "facts.yaml": """\
card: facts
title: What is known
version: 2026-01-01
when: confusion
rows:
  - {text: It is so., evidence: [{id: book, confirmation: unread}]}
  - {when: calcium >= 2.6, text: Higher is worse.}
  - {when: calcium < 2.6, text: Lower is better.}
evidence: [{id: book, confirmation: unread}]
reviewed_by: []
say: {clinician: Facts., patient: Facts.}
examples:
  - name: high
    given: {confusion: "yes", calcium: 3 mmol/L}
    expect: {result: yes, rows: [0, 1]}
    from: arithmetic
""",
    "drug.yaml": """\
option: drug
title: The drug
patient_title: In plain words
version: 2026-01-01
modality: drug
aim: less pain
comfort: yes
indicated:
  - when: "metastasis in {confirmed}"
    why: has it
    evidence: [{id: book, at: p. 1, confirmation: read, seen: {address: PubMed 1, on: 2026-01-01}}]
contraindicated:
  - when: weight < 30
    why: too light
    instead: [other]
    evidence: [{id: book, at: p. 2, confirmation: read, seen: {address: PubMed 1, on: 2026-01-01}}]
  - when: drug_current
    why: takes it
    routine: true
    evidence: [{id: book, at: p. 2, confirmation: read, seen: {address: PubMed 1, on: 2026-01-01}}]
caution:
  - {when: confusion, why: confused, evidence: [{id: book, confirmation: unread}]}
dose:
  by: weight
  rows: [{from: 30, below: 60, give: 3 mg}, {from: 60, give: 4 mg}]
  regimen: weekly
  evidence: [{id: book, at: table 1, confirmation: read, seen: {address: PubMed 1, on: 2026-01-01}}]
checks_before:
  - {what: Weigh., needs: [weight], evidence: [{id: book, confirmation: unread}]}
monitoring:
  - {what: Weigh again., needs: [weight], evidence: [{id: book, confirmation: unread}]}
side_effects:
  - effect: fever
    frequency: 1 in 10
    patient: fever
    evidence: [{id: book, confirmation: unread}]
effects:
  - what: pain
    result: less pain in 61.5 against 20 % (1,867 of 3,059)
    evidence: [{id: book, at: p. 3, confirmation: read, seen: {address: PubMed 1, on: 2026-01-01}}]
    people:
      what: had less pain
      groups: [{who: people who had it, of_100: 61.5}, {who: people who did not, of_100: 20}]
      of: {grade: [g2, g3]}
  - {what: sleep, result: less, evidence: [{id: book, confirmation: unread}]}
evidence: [{id: book, confirmation: unread}]
reviewed_by: []
say: {clinician: Give it., patient: A drug.}
examples:
  - name: fine
    given: {metastasis: confirmed}
    expect: {status: check_first}
    from: arithmetic
""",
    "other.yaml": """\
option: other
title: The other drug
patient_title: Another in plain words
version: 2026-01-01
modality: drug
aim: less pain
indicated:
  - {when: calcium_doubled >= 5, why: high, evidence: [{id: book, confirmation: unread}]}
caution:
  - when: confusion
    why: confused
    no_usual_dose: yes
    evidence: [{id: book, confirmation: unread}]
evidence: [{id: book, confirmation: unread}]
reviewed_by: []
say: {clinician: Give it., patient: A drug.}
examples:
  - {name: never, given: {calcium: 2 mmol/L}, expect: {status: not_indicated}, from: arithmetic}
""",
}
READ_ALONE: dict[str, str] = {
    "model.yaml": """\
outlook: model
title: The model
version: 2026-01-01
score: risk
when: cancer == current
predicts: survival
population: 100 people
years: 2001 to 2005
outcomes:
  low:
    - what: alive
      after: P6M
      value: 50
      unit: "%"
      evidence: [{id: book, at: p. 1, confirmation: read, seen: {address: x, on: 2026-01-01}}]
  high: []
validation:
  - {what: others, result: worse, evidence: [{id: book, confirmation: unread}]}
calibration:
  - {what: others, result: poor, evidence: [{id: book, confirmation: unread}]}
evidence: [{id: book, confirmation: unread}]
reviewed_by: []
say: {clinician: A model., patient: A number.}
examples:
  - {name: current, given: {cancer: current}, expect: {result: yes}, from: arithmetic}
""",
    "page.yaml": """\
handout: page
title: A page
version: 2026-01-01
when: cancer == current
text: [Call the team.]
points: [Ask now.]
evidence: [{id: book, confirmation: unread}]
reviewed_by: []
examples:
  - {name: current, given: {cancer: current}, expect: {result: yes}, from: arithmetic}
""",
    "more_actions.yaml": """\
actions: more_actions
list:
  second_call: {title: Call again, clinician: Call., evidence: [{id: book, confirmation: unread}]}
""",
    "guide.yaml": """\
guide: guide
title: The guide
version: 2026-01-01
signs: call_team
team: call_team
emergency:
  action: call_team
  by: grade
  numbers:
    g1: {telephone: "911", evidence: [{id: book, confirmation: unread}]}
    g2: {telephone: "112", evidence: [{id: book, confirmation: unread}]}
    g3: {telephone: "999", evidence: [{id: book, confirmation: unread}]}
helpers:
  action: call_team
  by: grade
  crisis:
    g1: {name: A, helps: Listens., telephone: "988", evidence: [{id: book, confirmation: unread}]}
    g2: {name: A, helps: Listens., telephone: "116", evidence: [{id: book, confirmation: unread}]}
    g3: {name: A, helps: Listens., telephone: "131", evidence: [{id: book, confirmation: unread}]}
  organisations:
    g1:
      - name: One
        helps: Helps.
        web: one.example
        evidence: [{id: book, confirmation: unread}]
    g2:
      - name: Two
        helps: Helps.
        web: two.example
        evidence: [{id: book, confirmation: unread}]
    g3:
      - name: Six
        helps: Helps.
        web: six.example
        evidence: [{id: book, confirmation: unread}]
chapters:
  all: {title: All, patient: All, about: All of it., folders: [.]}
words:
  leaflet_title: Words
  leaflet_about: Words
  comfort: Words on comfort
  call_now: Call now
  team_number: Words
  signs: Words
  soon: Words
  tests: Words
  options: Words
  side_effects: Words
  side_effects_shared: "Words {title}"
  results: Words
  of_100: "Think of 100 {who}. Of these, {number} {what}."
  about: "about {number}"
  emergency_number: Words
  in_region: "{number} ({region})"
  helpers: Words
  helpers_about: Words
  crisis_title: Words
  crisis_line: Words
  know_more: Words
  guide_about: Words
  call_about: Words
  new_pain: Words
  elsewhere: Words
  limits: Words
  sources:
    title: Words
    about: Words
    read: Words
    second_hand: Words
    unread: Words
    ours: Words
  heads:
    alert: Words
    score: Words
    investigation: Words
    option: Words
    step: Words
    interaction: Words
    card: Words
  calls:
    now: Words
    today: Words
    within_24_hours: Words
    this_week: Words
    next_visit: Words
""",
}
"""What nothing else reads: a model of outlook, a page for patients, and the guide."""


def texts(files: Mapping[str, str], layer: int = 0) -> list[Text]:
    return [Text(layer, name, files[name].encode()) for name in sorted(files)]


@cache
def part(text: Text) -> Part:
    """What a file holds: the same text is read once."""
    return read(text)


def load(files: Iterable[Text]) -> Loaded:
    """Load files as `pack.load.load` does, without reading the same text again."""
    listed = list(files)
    return join(map(part, listed), content_hash(listed))


def small_pack(changes: Mapping[str, str] | None = None) -> Pack:
    """The pack, with whole files replaced or added."""
    return check(load(texts({**FILES, **(changes or {})})))


def edited(file: str, old: str, new: str) -> str:
    """A file with one text in it replaced, which must stand there once."""
    text = FILES[file]
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
    return text.replace(old, new)


def faults_of(files: Mapping[str, str]) -> list[Fault]:
    """Every fault that loading and checking these files gives."""
    try:
        check(load(texts(files)))
    except KnowledgeError as error:
        return list(error.faults)
    return []


def marked(text: str) -> tuple[str, list[tuple[int, int]]]:
    """A text without its marks, and the line and column (from 1) of each."""
    places: list[tuple[int, int]] = []
    while MARK in text:
        at = text.index(MARK)
        before = text[:at]
        places.append((before.count("\n") + 1, at - before.rfind("\n")))
        text = text[:at] + text[at + 1 :]
    return text, places
