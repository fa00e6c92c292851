"""The kinds of knowledge item, one frozen struct each.

What a knowledge file may hold is what stands here.

`load` builds them from YAML, `check` proves them, `schema` describes them for editors.
Field order is the order of keys in a file. Texts marked `Condition` and `Formula` are expressions
(design.md, "The grammar, closed").
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, get_args

from msgspec import Struct, field

Condition = Annotated[str, "condition"]
"""An expression that is yes, no or unknown."""

Formula = Annotated[str, "formula"]
"""An expression that is a number, a date, or a level of the variable that it belongs to."""

Confirmation = Literal["read", "second_hand", "ours", "unread"]
Urgency = Literal["now", "today", "within_24_hours", "this_week", "next_visit"]
Entity = Literal["patient", "lesion"]


class Seen(Struct, frozen=True, kw_only=True, gc=False):
    """Where and when somebody looked at a source.

    An address (a URL, a DOI, "PubMed 21709187") and a date.
    """

    address: str
    on: str


class Citation(Struct, frozen=True, kw_only=True, gc=False):
    """One citation of a source: which, where in it, and how far it was confirmed.

    See design.md, "How far a line may be trusted".
    """

    id: str
    at: str | None = None
    confirmation: Confirmation
    seen: Seen | None = None
    row: str | None = None
    """The row of the project's clinical references that this line implements, such as
    `emergencies/MSCC-03`."""


class Evidence(Struct, frozen=True, kw_only=True, gc=False):
    """One citable source."""

    kind = "evidence"
    id: str = ""
    title: str
    year: int
    type: Literal[
        "guideline",
        "standard",
        "trial",
        "cohort",
        "review",
        "label",
        "textbook",
        "definition",
        "calculator",
    ]
    authors: str | None = None
    publisher: str | None = None
    doi: str | None = None
    pmid: str | None = None
    url: str | None = None
    region: str | None = None
    licence: str | None = None
    note: str | None = None


class Say(Struct, frozen=True, kw_only=True, gc=False):
    """What a finding says.

    `{name}` is replaced by the value of that variable or part of the finding.
    """

    clinician: str
    patient: str


class Example(Struct, frozen=True, kw_only=True, gc=False):
    """A worked example: what is given, what must come out, and where the expected value comes from.

    `given` is written as in a case file (`{corrected_calcium: 3.12 mmol/L, confusion: yes}`), and
    may hold `index_date` and `lesions`.
    `expect` names parts of the finding; see docs/how-to/write-a-knowledge-file.md.
    `from` is an evidence id, or `arithmetic` on the item's own table.
    """

    name: str
    given: dict[str, object]
    expect: dict[str, object]
    from_: str


# --- variables ------------------------------------------------------------------------------------


class Dose(Struct, frozen=True, kw_only=True, gc=False):
    """A strength that a medicine's event must have for a coding to speak.

    From `from` to `to` (both included), or `absent`.
    """

    from_: float | None = None
    to: float | None = None
    unit: str | None = None
    absent: bool = False


SYSTEMS: Final = ("loinc", "snomed", "icd10", "atc", "rxnorm", "icdo3", "hl7")
"""The systems of codes, as the keys of a coding name them."""
RANGED: Final = ("icd10", "icdo3", "atc")
"""Systems in which a code holds all longer ones, and `-` makes a range of categories."""


class Coding(Struct, frozen=True, kw_only=True, gc=False):
    """Codes that mean the same for a variable, and what each status of the record then says.

    ICD-10 and ATC entries hold all codes below them (`C50` holds C50.911); `C00-C97` is a range of
    three-character categories.
    A boolean needs no `stated` and `denied` (yes and no). A status without an entry says nothing
    definite: anything.
    """

    as_: Literal["finding", "drug", "allergy", "site"] = "finding"
    loinc: tuple[str, ...] = ()
    snomed: tuple[str, ...] = ()
    icd10: tuple[str, ...] = ()
    atc: tuple[str, ...] = ()
    rxnorm: tuple[str, ...] = ()
    icdo3: tuple[str, ...] = ()
    hl7: tuple[str, ...] = ()
    stated: str | None = None
    denied: str | None = None
    past: str | None = None
    suspected: str | None = None
    sited: Literal["bone"] | None = None
    """`bone`: speaks only where the event's body site is a bone of `lesion_site`."""
    dose: Dose | None = None


class Answers(Struct, frozen=True, kw_only=True, gc=False):
    """Codes of one answer, by system."""

    loinc: tuple[str, ...] = ()
    snomed: tuple[str, ...] = ()
    icd10: tuple[str, ...] = ()
    icdo3: tuple[str, ...] = ()
    hl7: tuple[str, ...] = ()


class With(Struct, frozen=True, kw_only=True, gc=False):
    """A window that is the report of another variable's picked event.

    That of the first of `of` that has one.

    `take`: its printed `lower_limit` or `upper_limit`, the `unit` it was reported in (levels are
    names of units), or an event of the same `sample`.
    """

    of: tuple[str, ...]
    take: Literal["lower_limit", "upper_limit", "unit", "sample"]


class Variable(Struct, frozen=True, kw_only=True, gc=False):
    """A named clinical quantity (design.md, "The words").

    Names, units and codes are those of the vocabulary.
    """

    kind = "variable"
    id: str = ""
    topic: str = ""
    title: str
    helper: bool = False
    """Whether it only says another number in other words: a list of numbers leaves it out."""
    entity: Entity = "patient"
    type: Literal["boolean", "level", "number", "date"]
    higher_is: Literal["worse", "better"] | None = None
    """Which way is worse, of a number, of ordered levels, of *yes* against *no*: it is proven that
    a worse value lowers no urgency, and that no score gives it the points of a better one."""
    levels: tuple[str, ...] = ()
    ordered: bool = False
    unit: str | None = None
    minimum: float | None = None
    """Physical minimum: where a laboratory's `<20` ends."""
    plausible: tuple[float, float] | None = None
    decimals: int = 0
    """How many decimals are shown, never how it is compared."""
    integer: bool = False
    molar_mass: float | None = None
    """g/mol: turns mass into substance concentrations."""
    valence: int | None = None
    """Charges of the ion: turns equivalents into substance."""
    units: dict[str, float] = field(default_factory=dict[str, float])
    """Further accepted UCUM units whose factor a source prints: value in that unit × factor = value
    in `unit`."""
    window: str = "ever"
    """`ever`, an ISO 8601 duration such as P7D, or `with`, `before: X`, `since: X` in their own
    fields."""
    with_: With | None = None
    before: str | None = None
    since: str | None = None
    pick: Literal["latest", "first", "any", "min", "max", "sum", "count", "active", "roll_up"] = (
        "latest"
    )
    lasts: str | None = None
    """How long one given dose runs (pick `active`)."""
    no_for: str | None = None
    """How long a *no* holds."""
    hints: bool = True
    """Whether what is told of it may hint at an alert: not so an age, which everybody has."""
    past: str | None = None
    """The level (or `yes`, `no`) that the status *past* maps to."""
    complete_with: Literal["medications", "conditions", "procedures"] | None = None
    """The list in which the variable would stand; where that list is declared complete, absence is
    *no*."""
    includes: tuple[str, ...] = ()
    """Medicines, or amounts of them, that are of its kind: where a case file tells one and not the
    kind, a whole list does not deny the kind."""
    rolls_up: str | None = None
    """The lesion variable whose values are rolled up (pick `roll_up`)."""
    codes: tuple[Coding, ...] = ()
    answers: dict[str, Answers] = field(default_factory=dict[str, Answers])
    """Level (or yes, no) -> the codes of that answer."""
    ask: str | None = None
    """The question that fills it, in plain words."""
    phrases: dict[str, str] = field(default_factory=dict[str, str])
    """How `yes`, `no` or a level reads in a sentence: `yes: cannot stand`."""
    names: dict[str, str] = field(default_factory=dict[str, str])
    """Shown text of levels whose name does not read by itself: `t8: T8`."""
    version: str | None = None
    formula: Formula | None = None
    table: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """A level (or `yes`/`no`) from one other level variable (`table_of`): value here -> values
    there; each there exactly once."""
    table_of: str | None = None
    evidence: tuple[Citation, ...] = ()
    interpretation: tuple[str, ...] = ()
    reviewed_by: tuple[str, ...] = ()
    examples: tuple[Example, ...] = ()


def asked_for(variable: Variable) -> bool:
    """Say whether a variable is read from records.

    It has codes or a window on a report, can be asked for, or has no other source.
    """
    computed = variable.formula is not None or variable.table_of is not None
    return bool(
        variable.codes or variable.answers or variable.with_ or variable.ask or not computed
    )


# --- scores ---------------------------------------------------------------------------------------


class Band(Struct, frozen=True, kw_only=True, gc=False):
    """One band of a score.

    Whole-number totals use `from`/`to`, real numbers also `above`/`below`. An edge is a number or
    the name of a variable.
    """

    from_: float | str | None = None
    above: float | str | None = None
    to: float | str | None = None
    below: float | str | None = None


class Gives(Struct, frozen=True, kw_only=True, gc=False):
    """The variables that a score's total and band become."""

    total: str | None = None
    band: str | None = None


class Score(Struct, frozen=True, kw_only=True, gc=False):
    """Components with levels and points, or a formula; and the bands of the total."""

    kind = "score"
    id: str = ""
    title: str
    version: str
    entity: Entity = "patient"
    applies: Condition | None = None
    higher_is: Literal["worse", "better"] | None = None
    figure: Literal["ladder"] | None = None
    """Drawn where a spine is shown by its levels."""
    gives: Gives = field(default_factory=Gives)
    components: dict[str, dict[str, int | str]] = field(
        default_factory=dict[str, dict[str, int | str]]
    )
    """Variable -> level (or `yes`, `no`) -> points, or `any` for a level that the print does not
    score."""
    formula: Formula | None = None
    reported_in: str | None = None
    """The level variable that says in which unit the laboratory reported; then `bands_by_unit`
    holds the printed edges of each."""
    bands: dict[str, Band] = field(default_factory=dict[str, Band])
    bands_by_unit: dict[str, dict[str, Band]] = field(default_factory=dict[str, dict[str, Band]])
    names: dict[str, str] = field(default_factory=dict[str, str])
    """Shown text of bands."""
    quiet: tuple[str, ...] = ()
    """Bands that are nothing to tell: a result that is none but these is told in a line."""
    evidence: tuple[Citation, ...]
    interpretation: tuple[str, ...] = ()
    licence: str | None = None
    reviewed_by: tuple[str, ...]
    say: Say
    examples: tuple[Example, ...]

    def any_bands(self) -> dict[str, Band]:
        """Give the bands in their order: those of one unit where each unit has its own edges."""
        return self.bands or next(iter(self.bands_by_unit.values()), self.bands)


# --- alerts and what they ask for -----------------------------------------------------------------


class Action(Struct, frozen=True, kw_only=True, gc=False):
    """Something to do: an option, an investigation or an entry below `actions/`.

    By when counts from the alert's clock start.
    """

    do: str
    act_by: str
    unless: Condition | None = None
    only_if: Condition | None = None
    despite: str | None = None
    """Why it is asked for even where every option that it means is stopped or waits."""


class Clock(Struct, frozen=True, kw_only=True, gc=False):
    """When an alert's time starts (a date variable) and how long it gives."""

    from_: str
    act_by: str


class Alert(Struct, frozen=True, kw_only=True, gc=False):
    """A condition that is dangerous, with its urgency, clock and actions."""

    kind = "alert"
    id: str = ""
    title: str
    version: str
    entity: Entity = "patient"
    urgency: Urgency
    call_as: Urgency | None = None
    """The class in whose word its text tells patients to call, where that is sooner than its own.
    """
    without_known_cancer: bool = False
    beneath: tuple[str, ...] = ()
    """Alerts beneath which this one is shown once one of them is yes; it still counts for urgency.
    """
    settled_by: tuple[str, ...] = ()
    """Variables that in practice answer the same: while they are known and it is open, it is
    neither named first nor asked about. It still counts for urgency."""
    settled_if: Condition | None = None
    """Where it holds, the alert is answered in practice in the same way."""
    clock: Clock | None = None
    when: Condition
    actions: tuple[Action, ...]
    evidence: tuple[Citation, ...]
    interpretation: tuple[str, ...] = ()
    reviewed_by: tuple[str, ...]
    say: Say
    examples: tuple[Example, ...]

    @property
    def called(self) -> Urgency:
        """The class in whose word patients are told to call."""
        return self.call_as or self.urgency


class ActionText(Struct, frozen=True, kw_only=True, gc=False):
    """An entry of a file below `actions/`: what to do, for both readers."""

    title: str
    call: bool = False
    """Whom to call: of what is due at the same time it is told first."""
    entity: Entity = "lesion"
    """Of the patient: the plan names no place for it, whichever lesions ask for it."""
    burdens: bool = False
    """Whether it is a journey, an examination or a rule that comforts nobody by itself: in the last
    days of life it is asked for only if it serves comfort."""
    beneath: tuple[str, ...] = ()
    """Actions or tests that ask for this too: see `Investigation.beneath`."""
    clinician: str
    patient: str | None = None
    means: tuple[str, ...] = ()
    """The options of which one is meant: where all of them are stopped, it contradicts them."""
    despite: str | None = None
    """Why it is asked for even then, unless an alert gives a reason of its own."""
    evidence: tuple[Citation, ...] = ()


class Actions(Struct, frozen=True, kw_only=True, gc=False):
    """A file below `actions/`."""

    kind = "actions"
    id: str = ""
    list: dict[str, ActionText]


class Investigation(Struct, frozen=True, kw_only=True, gc=False):
    """A test to do: when, what exactly, and why."""

    kind = "investigation"
    id: str = ""
    title: str
    version: str
    entity: Entity = "patient"
    begin: Urgency = "next_visit"
    """By when it is done, if no alert asks for it sooner."""
    beneath: tuple[str, ...] = ()
    """Actions or tests that ask for this too: where one of them is asked for no later, at the same
    lesion or of the patient, this one is not told again."""
    before: tuple[str, ...] = ()
    """Options that it prepares: it stands in the plan only where one of them does, before it."""
    when: Condition
    what: str
    why: str
    last: str | None = None
    """The date variable that tells when it was last done."""
    still: str | None = None
    """What is still to be done of it where that date is known: it asks for more than was done."""
    evidence: tuple[Citation, ...]
    interpretation: tuple[str, ...] = ()
    reviewed_by: tuple[str, ...]
    say: Say
    examples: tuple[Example, ...]


class Step(Struct, frozen=True, kw_only=True, gc=False):
    """Something on the way: for whom, after and before what, and how long to wait in between."""

    kind = "step"
    id: str = ""
    title: str
    version: str
    entity: Entity = "patient"
    begin: Urgency | None = None
    """By when it is due, if what it comes before is not sooner; None: with what stands around it.
    """
    when: Condition
    after: tuple[str, ...] = ()
    """Options, tests, actions or steps that come first."""
    before: tuple[str, ...] = ()
    """Those that come later."""
    wait: str | None = None
    """How long at least after what comes first."""
    only_with: tuple[str, ...] = ()
    """Options, tests or actions: it is told only where one of them is planned, at its lesion or of
    the patient. Without them it is told wherever its condition holds."""
    last_days: bool = False
    """Whether it stands in the plan of the last days of life."""
    what: str
    why: str
    evidence: tuple[Citation, ...]
    interpretation: tuple[str, ...] = ()
    reviewed_by: tuple[str, ...]
    say: Say
    examples: tuple[Example, ...]


class Interaction(Struct, frozen=True, kw_only=True, gc=False):
    """Two things that do not go together, or not yet, and why."""

    kind = "interaction"
    id: str = ""
    title: str
    version: str
    entity: Entity = "patient"
    between: tuple[str, str]
    """Options, tests, actions or variables. An option reads it as a stop or caution of its own."""
    effect: Literal["stop", "caution", "wait", "together"]
    """`wait`: the second thing waits for the first. `together`: shown to go well together."""
    when: Condition
    why: str
    wait: str | None = None
    """How long at least the second thing waits."""
    routine: bool = False
    """A stop that is merely asked of everybody (`Clause.routine`)."""
    no_usual_dose: bool = False
    """Of a caution: see `Clause.no_usual_dose`."""
    only_with: tuple[str, ...] = ()
    """Actions, tests, options or variables of the patient: it is told only where one of them is
    planned, runs or is recorded. Without them it is told wherever its condition holds."""
    evidence: tuple[Citation, ...]
    interpretation: tuple[str, ...] = ()
    reviewed_by: tuple[str, ...]
    say: Say
    examples: tuple[Example, ...]


class CardRow(Struct, frozen=True, kw_only=True, gc=False):
    """One fact of a card, and for whom it holds (None: for everybody who sees the card)."""

    when: Condition | None = None
    text: str
    evidence: tuple[Citation, ...] = ()


class Card(Struct, frozen=True, kw_only=True, gc=False):
    """Facts to look up: for whom, and which of them hold for this patient."""

    kind = "card"
    id: str = ""
    title: str
    version: str
    entity: Entity = "patient"
    when: Condition
    rows: tuple[CardRow, ...]
    evidence: tuple[Citation, ...]
    interpretation: tuple[str, ...] = ()
    reviewed_by: tuple[str, ...]
    say: Say
    examples: tuple[Example, ...]


class Effect(Struct, frozen=True, kw_only=True, gc=False):
    """What a treatment was shown to achieve: population, result as printed."""

    what: str
    result: str
    evidence: tuple[Citation, ...]


class Share(Struct, frozen=True, kw_only=True, gc=False):
    """How many of 100 people: `who` says of whom, in plain words."""

    who: str
    of_100: float
    """As the result prints it."""


class People(Struct, frozen=True, kw_only=True, gc=False):
    """A result as numbers of people, to be drawn, and told to patients beside the drawing.

    "Think of 100 {who}. Of these, {of_100} {what}.": `people who had the drip`, `had less pain`.
    """

    what: str
    groups: tuple[Share, ...]
    of: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """Level variable -> levels: the patients whom it is told, where it speaks of some only."""


class Achievement(Effect, frozen=True, kw_only=True):
    """What an option was shown to achieve; `people` where that is a share of them."""

    people: People | None = None


class Outcome(Struct, frozen=True, kw_only=True, gc=False):
    """One published outcome of a band of a model, as printed.

    `what` is told in words (`alive`, `median survival`, `walking`); `after` says at which time
    (an ISO 8601 duration); `low` and `high` are the interval that is printed with it.
    """

    what: str
    after: str | None = None
    value: float
    low: float | None = None
    high: float | None = None
    unit: Literal["%", "mo", "wk", "d"]
    evidence: tuple[Citation, ...]


class Outlook(Struct, frozen=True, kw_only=True, gc=False):
    """What a published model says of those whose score lies in a band: never of one person.

    The points and bands are a score's; here stand for whom the publication speaks, from whom its
    figures come, and how it fared with others.
    """

    kind = "outlook"
    id: str = ""
    title: str
    version: str
    entity: Entity = "patient"
    score: str
    """The score whose bands it tells of."""
    when: Condition
    """For whom the publication speaks."""
    predicts: str
    population: str
    years: str
    outcomes: dict[str, tuple[Outcome, ...]]
    """Band -> what became of those in it; every band of the score."""
    validation: tuple[Effect, ...] = ()
    """How well it told other people apart; the first is told in every output."""
    calibration: tuple[Effect, ...] = ()
    """How what it foretells fitted what others lived; the first is told in every output."""
    evidence: tuple[Citation, ...]
    interpretation: tuple[str, ...] = ()
    reviewed_by: tuple[str, ...]
    say: Say
    examples: tuple[Example, ...]


# --- words for patients ---------------------------------------------------------------------------


class Handout(Struct, frozen=True, kw_only=True, gc=False):
    """A page of the leaflet and of the guide in plain words: into whose leaflet it goes."""

    kind = "handout"
    id: str = ""
    title: str
    version: str
    entity: Entity = "patient"
    place: int = 5
    """Its place in the leaflet and in its chapter: smaller numbers first."""
    when: Condition
    unless: Condition | None = None
    """Where it surely holds, the page is left out of the leaflet."""
    text: tuple[str, ...]
    """Its paragraphs."""
    points: tuple[str, ...] = ()
    """A list that stands after them."""
    evidence: tuple[Citation, ...]
    interpretation: tuple[str, ...] = ()
    reviewed_by: tuple[str, ...]
    examples: tuple[Example, ...]


# --- options --------------------------------------------------------------------------------------


class Clause(Struct, frozen=True, kw_only=True, gc=False):
    """One reason for or against an option.

    `routine`: a stop that is merely asked of everybody. `instead`: options to look at.
    """

    when: Condition
    why: str
    begin: Urgency | None = None
    """Of an indication: by when the option begins where it holds, sooner than it says itself."""
    routine: bool = False
    instead: tuple[str, ...] = ()
    no_usual_dose: bool = False
    """Of a caution: where it holds, the dose table's amount is too much and is not printed."""
    smaller_dose: bool = False
    """Of a caution: where it holds, each row gives its `less` instead."""
    not_begun: bool = False
    """Of a caution: where it holds, the plan does not begin the option, and gives it as why."""
    goes_on: bool = False
    """Of a stop: in the last days of life the plan lets what is given and comforts go on."""
    evidence: tuple[Citation, ...]


class DoseRow(Struct, frozen=True, kw_only=True, gc=False):
    """One row of a dose table."""

    from_: float | None = None
    above: float | None = None
    to: float | None = None
    below: float | None = None
    give: str
    less: str | None = None
    """What is given where a caution with `smaller_dose` holds."""
    evidence: tuple[Citation, ...] = ()
    """What its amounts rest on; the table's where nothing stands here."""
    less_evidence: tuple[Citation, ...] = ()
    """What `less` rests on; that of the row where nothing stands here."""


class DoseTable(Struct, frozen=True, kw_only=True, gc=False):
    """Doses by one number, whose rows tile what the stops leave; or one dose for everybody."""

    by: str | None = None
    """The number; None where there is one row, without ends."""
    new_to: tuple[str, ...] = ()
    """Variables of what is being given: the amounts are for who gets none of these."""
    rows: tuple[DoseRow, ...]
    regimen: str
    evidence: tuple[Citation, ...]


class Check(Struct, frozen=True, kw_only=True, gc=False):
    """Something to look at before, or to watch during, a treatment.

    `needs` names the variables that answer it.
    """

    what: str
    when: str | None = None
    needs: tuple[str, ...] = ()
    evidence: tuple[Citation, ...]


class SideEffect(Struct, frozen=True, kw_only=True, gc=False):
    """A side effect with its frequency as printed, and the patient's words for it."""

    effect: str
    frequency: str
    patient: str
    evidence: tuple[Citation, ...]


STATUSES: Final = ("not_in_scope", "not_indicated", "contraindicated", "caution", "suitable")
"""What an option can be for a patient (design.md, "Option status")."""
SUMMARIES: Final = (*STATUSES, "check_first", "unknown")
"""How a set of these is called."""
LEFT: Final = ("suitable", "caution", "check_first")
"""Those with which an option is left to be chosen, the nearest to suitable first."""


class Option(Struct, frozen=True, kw_only=True, gc=False):
    """A drug or procedure for one aim."""

    kind = "option"
    id: str = ""
    title: str
    patient_title: str
    """What patients read as its title; clinicians read `title`."""
    version: str
    entity: Entity = "patient"
    modality: str
    aim: str
    begin: Urgency = "next_visit"
    """By when it begins where it is chosen, if no alert asks for it sooner."""
    one_of: str | None = None
    """A name that options share of which one is chosen."""
    beneath: tuple[str, ...] = ()
    """Options that stand for it: where the plan has one of them no later, it is not told too."""
    place: int = 5
    """Its place among what begins at the same time: smaller numbers first."""
    runs: tuple[str, ...] = ()
    """Variables each of which says that it is being given: the plan says that it goes on."""
    comfort: bool = False
    """Whether it serves comfort: it stays in the plan where comfort is the only goal."""
    last_days: bool = False
    """Whether it is still begun in the last days of life; what runs and comforts goes on anyway."""
    indicated: tuple[Clause, ...]
    contraindicated: tuple[Clause, ...] = ()
    caution: tuple[Clause, ...] = ()
    dose: DoseTable | None = None
    checks_before: tuple[Check, ...] = ()
    monitoring: tuple[Check, ...] = ()
    side_effects: tuple[SideEffect, ...] = ()
    effects: tuple[Achievement, ...] = ()
    evidence: tuple[Citation, ...]
    interpretation: tuple[str, ...] = ()
    reviewed_by: tuple[str, ...]
    say: Say
    examples: tuple[Example, ...]


# --- where sources disagree -----------------------------------------------------------------------


class Position(Struct, frozen=True, kw_only=True, gc=False):
    """What one side says where sources disagree."""

    says: str
    evidence: tuple[Citation, ...]


class Disagreement(Struct, frozen=True, kw_only=True, gc=False):
    """A question that sources answer differently: the positions, which is followed, and why.

    It is told beside the findings that it concerns. An expression may compare its name with a
    position (`low_calcium_limit == below_1_9`): that is settled while the knowledge is loaded, and
    costs nothing afterwards. A laid-over folder takes another position by `choices`.
    """

    kind = "disagreement"
    id: str = ""
    title: str
    version: str
    positions: dict[str, Position]
    follows: str
    why: str
    """Why this one is followed where nobody chose another."""
    when: Condition | None = None
    """Where it changes what to do: told where this surely holds, never where it surely does not.

    Without it, and where it is open, it is told beside what is found."""
    beside: tuple[str, ...]
    """The items and actions beside which it is told."""
    reviewed_by: tuple[str, ...]


class Choice(Struct, frozen=True, kw_only=True, gc=False):
    """The position that somebody takes where sources disagree, and their reason."""

    position: str
    why: str


class Choices(Struct, frozen=True, kw_only=True, gc=False):
    """Positions that a hospital takes instead of ours; what is laid over last counts."""

    kind = "choices"
    id: str = ""
    title: str
    list: dict[str, Choice]
    """Disagreement -> the position taken."""
    reviewed_by: tuple[str, ...]


# --- what belongs to the pack as a whole ----------------------------------------------------------


class Scope(Struct, frozen=True, kw_only=True, gc=False):
    """The scope gate of the pack: whom the findings are for."""

    kind = "scope"
    id: str = ""
    title: str
    version: str
    cancer: Condition
    """Opens the gate."""
    cancer_variable: str
    """Whose silence closes it."""
    adult: Condition
    """Without which no dose is printed."""
    dead: Condition
    """With which no alert is shown."""
    comfort_only: Condition | None = None
    """With which the plan keeps what serves comfort."""
    comfort_not_asked: tuple[str, ...] = ()
    """The patient's variables that are not asked about where comfort is the only goal."""
    comfort_running: str = ""
    """Why what is being given serves no goal then, and that it is not stopped for that alone."""
    last_days: Condition | None = None
    """With which the plan keeps what is still begun in the last days of life."""
    last_days_why: str = ""
    """Why the rest is not begun then."""
    last_days_stopped: str = ""
    """What is told then beside a stop of what is being given and comforts."""
    last_days_if: str = ""
    """On what condition what burdens is asked for then."""
    last_days_not_asked: tuple[str, ...] = ()
    """The patient's variables that are not asked about then."""
    urgent_not_asked: tuple[str, ...] = ()
    """The patient's variables that are not asked about while an alert of now or today holds."""
    not_asked: tuple[str, ...] = ()
    """Variables that are asked of nobody: others decide them. Recorded they count."""
    stopped_by: Urgency
    """By when the plan asks about what is being given although a stop holds."""
    careful_by: Urgency
    """By when the plan looks at what is being given with a caution that holds."""
    summary: tuple[str, ...] = ()
    """The patient's variables that tell who it is about, in the order of telling; what is not known
    of them is named."""
    evidence: tuple[Citation, ...]
    reviewed_by: tuple[str, ...]


class Terms(Struct, frozen=True, kw_only=True, gc=False):
    """Codes and spellings that belong to no single variable."""

    kind = "terms"
    id: str = ""
    assertions: Answers
    """Question codes that only say "the finding is": the answer is the finding."""
    yes: Answers
    no: Answers
    left: Answers
    right: Answers
    both_sides: Answers
    unit_spellings: dict[str, tuple[str, ...]]
    """UCUM unit -> spellings that real records use for it, case kept."""


class Opening(Struct, frozen=True, kw_only=True, gc=False):
    """One line of what an assessment begins with: of the patient, or of the bone lesions."""

    label: str
    tell: dict[str, str | dict[str, str]]
    """Variable or score -> its words, or its words by level (`"*"`: any other but `absent`), in the
    order of telling.

    A boolean is told only where it is yes, or has words for its no. Of a number the words may stand
    by limit: `above 0`, or `below NAME` with the variable of a limit in the same unit; within all
    limits it is not told. A level for which there are no words is not told. In the
    words of a variable `{value}` is replaced, in those of a score `{total}` and `{band}`.
    """
    beneath: dict[str, tuple[str, ...]] = {}
    """What is not told where one of these is."""
    lasting: tuple[str, ...] = ()
    """What is told without its age."""


class Branches(Struct, frozen=True, kw_only=True, gc=False):
    """Several reasons that one text names: of a patient only those are told that hold."""

    text: str
    """The words that name them, as they stand in the `why` of clauses."""
    told: dict[str, tuple[str, ...]]
    """The words for each of them -> the variables that decide it, a level (`NAME == LEVEL`), or
    where a number that decides has to lie (`NAME below 30`, `NAME from 30`)."""


class Letter(Struct, frozen=True, kw_only=True, gc=False):
    """How an assessment is told: what it begins with, what stands together, which reasons."""

    kind = "letter"
    id: str = ""
    title: str
    version: str
    opening: tuple[Opening, ...]
    """What it begins with, as far as it is known."""
    topics: dict[str, tuple[str, ...]]
    """What is told together of what has time: a title -> the folders of the knowledge."""
    branches: tuple[Branches, ...] = ()
    """Texts that name several reasons."""
    reviewed_by: tuple[str, ...]


class Contact(Struct, frozen=True, kw_only=True, gc=False):
    """Whom to call for an action, at one hospital."""

    telephone: str
    hours: str | None = None


class Helper(Struct, frozen=True, kw_only=True, gc=False):
    """An organisation that helps people with cancer and those who care for them.

    It has a telephone number, an address on the web, or both.
    """

    name: str
    helps: str
    """A sentence for patients on what it does."""
    telephone: str | None = None
    hours: str | None = None
    """When the telephone is answered."""
    web: str | None = None
    """As a reader types it."""
    evidence: tuple[Citation, ...] = ()
    """Of ours: its own public page."""


class Contacts(Struct, frozen=True, kw_only=True, gc=False):
    """The telephone numbers of one hospital, by the action for which to call them."""

    kind = "contacts"
    id: str = ""
    title: str
    list: dict[str, Contact]
    helpers: tuple[Helper, ...] = ()
    """Who helps near the hospital; they are told of before those of the region."""


DECLARED: Final = ("loinc", "snomed")
"""The systems in which a source may declare units."""


class DeclaredUnit(Struct, frozen=True, kw_only=True, gc=False):
    """The unit in which a source sends the values of some codes, where it sends none."""

    loinc: tuple[str, ...] = ()
    snomed: tuple[str, ...] = ()
    unit: str


class UnitsOfSource(Struct, frozen=True, kw_only=True, gc=False):
    """The units of a source of records that sends values without units.

    Declared by whoever knows the source; every output names those that were used.
    """

    kind = "units_of_source"
    id: str = ""
    title: str
    source: str
    """The source's own address, as its records give it (FHIR: `meta.source`)."""
    units: tuple[DeclaredUnit, ...]
    reviewed_by: tuple[str, ...]


Reason = Literal[
    "not_public",
    "outside_scope",
    "duplicate",
    "unconfirmed",
    "not_computable",
    "not_yet",
]
"""Why a row of a reference has no item."""


class CoveredRow(Struct, frozen=True, kw_only=True, gc=False):
    """A row of a reference: the items that hold it, or the reason why none does."""

    tier: int
    items: tuple[str, ...] = ()
    reason: Reason | None = None
    note: str | None = None


class Coverage(Struct, frozen=True, kw_only=True, gc=False):
    """Which rows of a clinical reference the knowledge holds."""

    kind = "coverage"
    id: str = ""
    title: str
    lines: dict[str, tuple[str, ...]]
    """What has to be there, each with the beginnings of its rows' ids (before the `-`)."""
    rows: dict[str, CoveredRow]


class Unproven(Struct, frozen=True, kw_only=True, gc=False):
    """What `bonemets knowledge prove` finds wanting, and why it is kept all the same."""

    kind = "unproven"
    id: str = ""
    title: str
    claims: dict[str, str]
    """A claim as the proof calls it -> why it does not hold, or cannot be settled, and is kept."""


class Group(Struct, frozen=True, kw_only=True, gc=False):
    """Some tests of a chapter that patients read together."""

    title: str
    """What stands over them."""
    tests: tuple[str, ...]
    """In the order in which they are told."""


class Chapter(Struct, frozen=True, kw_only=True, gc=False):
    """A chapter of the guide: the items of some folders of the knowledge, in the guide's order."""

    title: str
    patient: str
    """Its title for patients."""
    about: str
    """A sentence on what stands in it, for patients."""
    folders: tuple[str, ...]
    helpers: bool = False
    """Whether it names, for patients, the organisations that help, by region."""
    calls: bool = False
    """Whether it names the alerts of all other chapters too, for patients, by when to call."""
    groups: tuple[Group, ...] = ()
    """In which order patients read its tests: none, by name; else each of them in one group."""


class Heads(Struct, frozen=True, kw_only=True, gc=False):
    """What stands over the items of a kind in the patients' guide."""

    alert: str
    score: str
    investigation: str
    option: str
    step: str
    interaction: str
    card: str


class Calls(Struct, frozen=True, kw_only=True, gc=False):
    """What stands over the alerts of a class in the patients' guide: when to call, and whom."""

    now: str
    today: str
    within_24_hours: str
    this_week: str
    next_visit: str


class Sources(Struct, frozen=True, kw_only=True, gc=False):
    """What the patients' guide says of its sources: `title` over them, one line for each trust."""

    title: str
    about: str
    read: str
    second_hand: str
    unread: str
    ours: str


class Words(Struct, frozen=True, kw_only=True, gc=False):
    """The fixed words of the patient's pages."""

    leaflet_title: str
    leaflet_about: str
    """`{day}` is the index date."""
    comfort: str
    """Stands first where comfort is the only goal: whom to call before the emergency number."""
    call_now: str
    team_number: str
    signs: str
    soon: str
    tests: str
    options: str
    side_effects: str
    side_effects_shared: str
    """Stands before those that a treatment has besides all of another's, told above: `{title}`."""
    results: str
    """Stands before numbers of people."""
    of_100: str
    """Such a number in words: `{who}`, `{number}` and `{what}` are filled."""
    about: str
    """A `{number}` that is not whole, rounded."""
    emergency_number: str
    in_region: str
    """`{number}` and `{region}`, where the region is not known."""
    helpers: str
    """Stands over the organisations that help."""
    helpers_about: str
    crisis_title: str
    crisis_line: str
    """Stands before the number of a crisis line."""
    know_more: str
    guide_about: str
    call_about: str
    new_pain: str
    """A call that many texts hold: the guide tells it once, over the list in which they stand."""
    elsewhere: str
    """Stands before the alerts of other chapters."""
    limits: str
    sources: Sources
    heads: Heads
    calls: Calls


class EmergencyNumber(Struct, frozen=True, kw_only=True, gc=False):
    """The emergency number of one region."""

    telephone: str
    evidence: tuple[Citation, ...]


class EmergencyNumbers(Struct, frozen=True, kw_only=True, gc=False):
    """Whom to call in an emergency, by region.

    Where a laid-over folder names a number for `action`, that one counts.
    """

    action: str
    by: str
    """The level variable that says the region."""
    numbers: dict[str, EmergencyNumber]
    """Level -> number; every level."""


class Helpers(Struct, frozen=True, kw_only=True, gc=False):
    """Who helps besides the patient's team, by region.

    Where a laid-over folder names a number for `action`, that one counts as the crisis line.
    """

    action: str
    """What is done by calling the crisis line."""
    by: str
    """The level variable that says the region."""
    crisis: dict[str, Helper]
    """Level -> its crisis line; every level."""
    organisations: dict[str, tuple[Helper, ...]]
    """Level -> those that help people with cancer there; every level."""


class Guide(Struct, frozen=True, kw_only=True, gc=False):
    """How the whole of what is known is read without any patient: chapters, and fixed words."""

    kind = "guide"
    id: str = ""
    title: str
    version: str
    signs: str | None = None
    """The action whose words for patients say which signs must not wait."""
    team: str | None = None
    """The action whose number, in a laid-over folder, is that of the patient's team."""
    emergency: EmergencyNumbers | None = None
    helpers: Helpers | None = None
    chapters: dict[str, Chapter]
    words: Words


class Translated(Struct, frozen=True, kw_only=True, gc=False):
    """The patient's words of one item in another language.

    What is left out stays in English and is marked so.
    """

    title: str | None = None
    """That which patients read: of a handout, a chapter, and an option (its `patient_title`)."""
    patient: str | None = None
    text: tuple[str, ...] = ()
    points: tuple[str, ...] = ()
    """Those of a handout; of a chapter, what stands over its groups of tests."""
    side_effects: tuple[str, ...] = ()
    results: tuple[str, ...] = ()
    """Of each result in numbers of people: what they had, then who they are, group by group."""


class Translation(Struct, frozen=True, kw_only=True, gc=False):
    """The words for patients in another language: of a folder that somebody answers for."""

    kind = "translation"
    id: str = ""
    title: str
    language: str
    """A BCP 47 tag."""
    version: str
    words: Words
    chapters: dict[str, Translated] = field(default_factory=dict[str, Translated])
    helpers: tuple[str, ...] = ()
    """What each helper of the guide does: the crisis lines, then the organisations."""
    items: dict[str, Translated]
    """Item (or action) -> its words."""
    reviewed_by: tuple[str, ...]


Finder = (
    Variable
    | Score
    | Alert
    | Investigation
    | Option
    | Step
    | Interaction
    | Card
    | Outlook
    | Handout
)
"""The items that yield a finding or a fact."""
Item = (
    Finder
    | Evidence
    | Actions
    | Scope
    | Terms
    | Guide
    | Letter
    | Contacts
    | UnitsOfSource
    | Disagreement
    | Choices
    | Coverage
    | Translation
    | Unproven
)
SHELVES: Final[dict[str, Any]] = {
    "variables": Variable,
    "scores": Score,
    "alerts": Alert,
    "investigations": Investigation,
    "options": Option,
    "steps": Step,
    "interactions": Interaction,
    "cards": Card,
    "outlooks": Outlook,
    "handouts": Handout,
    "evidence": Evidence,
    "actions": ActionText,
    "contacts": Contacts,
    "units_of_source": UnitsOfSource,
    "disagreements": Disagreement,
    "choices": Choices,
    "coverage": Coverage,
    "translations": Translation,
    "unproven": Unproven,
}
"""Tables of a pack -> what they hold, in the order of showing: a new kind is entered here."""
FINDERS: Final = tuple(shelf for shelf, kind in SHELVES.items() if kind in get_args(Finder))
"""The tables whose items yield a finding or a fact."""
KINDS: Final[dict[str, type]] = {
    kind.kind: kind
    for kind in (*SHELVES.values(), Actions, Scope, Terms, Guide, Letter)
    if kind not in (Variable, ActionText)  # several of these stand in one file
}
"""First key of a file that holds one item, or one list -> what it is."""
SHELF_OF: Final[dict[str, str]] = {
    kind.kind: shelf for shelf, kind in SHELVES.items() if kind is not ActionText
}
"""Kind -> the table that it goes on."""
