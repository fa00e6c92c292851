"""The nouns of the line from record to assessment: frozen, typed, without behaviour of their own.

Times are whole seconds since 1970-01-01T00:00 *on the record's own clock* (its most frequent
offset, none: UTC).
A time is a span `(first, last)` of seconds, both ends included: `2026-03-01` is that whole day, an
instant has two equal ends.
"""

from __future__ import annotations

from typing import Final, Literal, get_args

from msgspec import Struct, field

Span = tuple[int, int]
LONG_AGO: Final = -(2**60)
"""The start of a time of which only the end is known."""

Role = Literal["finding", "drug", "allergy", "site", "variable"]
"""What a code is about: a finding (conditions, observations, procedures, devices), a medicine,
something that somebody is allergic to, a place of the body, or a variable of the vocabulary by its
own name (case files)."""

Status = Literal["stated", "denied", "past", "suspected", "not_done", "planned"]
"""What the record says of the code.

`stated`: it is so, or it was measured or done. `denied`: refuted or negated. `past`: inactive,
resolved, stopped, in remission.
`suspected`: provisional, differential, unconfirmed. `not_done`: says that nothing was done.
`planned`: draft, proposal, order not started, on hold.
Entered-in-error never becomes an event.
"""

ListName = Literal["medications", "conditions", "procedures"]
LISTS: Final[tuple[ListName, ...]] = get_args(ListName)


class Code(Struct, frozen=True):
    """One coding.

    `system` is a short name (`loinc`, `snomed`, `icd10`, `atc`, `rxnorm`, …) or the URI where no
    short name is known.
    """

    system: str
    code: str
    display: str = ""


class Place(Struct, frozen=True):
    """Where in a record an event stands: for example `Observation/ca-1`, field `valueQuantity`."""

    where: str
    detail: str = ""


class Quantity(Struct, frozen=True):
    """A number as the record has it, with its comparator and unit as written.

    `low` and `high` are both ends of a printed range.
    """

    low: float
    high: float
    unit: str | None
    comparator: Literal["", "<", "<=", ">", ">="] = ""


class Limits(Struct, frozen=True):
    """The reference range that the laboratory printed beside a value.

    Each end has its own unit as written.
    """

    low: Quantity | None = None
    high: Quantity | None = None


class Words(Struct, frozen=True):
    """A result in words: low, normal or high against the limits reported with it."""

    result: Literal["low", "normal", "high"]


class Absent(Struct, frozen=True):
    """A value that is absent, or present and unusable, with the reason: it may be anything."""

    reason: str


class Levels(Struct, frozen=True):
    """Levels by name, as case files write them: one of these."""

    names: tuple[str, ...]


Value = Quantity | Words | Absent | Levels | bool | Span | tuple[Code, ...] | None
"""What the event says of its code: a number, words, levels, yes or no, a time, an answer as
codings, or nothing beyond its status."""


class About(Struct, frozen=True):
    """What an event of a part of the body names.

    Its own identity as a lesion, and the place in codes.

    `key` is an identifier (the id of a body structure, of a condition, of a lesion in a case file)
    or None.
    `sites` are the codings of the place; `sides` the codings of its laterality.
    """

    key: str | None = None
    sites: tuple[Code, ...] = ()
    sides: tuple[Code, ...] = ()


class Event(Struct, frozen=True):
    """One dated, coded statement out of a record.

    `codes` hold the same thing in several systems. `time` is when it was so (None: undated), cut
    off at the time of recording.
    `end` is the end of a period (None: open-ended or not a period); `mentioned` is when the record
    last said so (a prescription's or statement's own date).
    `sample` names the specimen, report or instant that laboratory values of one draw share.
    `listed` names the list of the record on which it stands, which the record may call complete.
    `source` is the address of the system that sent it, where the record gives one.
    """

    role: Role
    codes: tuple[Code, ...]
    status: Status
    time: Span | None
    value: Value
    place: Place
    about: About | None = None
    limits: Limits | None = None
    sample: str | None = None
    end: Span | None = None
    mentioned: Span | None = None
    text: str = ""
    listed: ListName | None = None
    source: str | None = None
    corrects: bool = False
    """Whether nothing else that the record says of the same thing counts."""


class SetAside(Struct, frozen=True):
    """Something in a record that was not used.

    Where it stands, what it is (never its value), and why.
    """

    where: str
    what: str
    why: str


class NotUnderstood(Struct, frozen=True):
    """A code that no variable of the pack knows, with how often it was met.

    `display` is the record's own word for it, shown and never logged.
    """

    system: str
    code: str
    display: str
    count: int


class Record(Struct, frozen=True):
    """One patient's record as read: events, nothing interpreted against the knowledge yet.

    `newest` is the newest clinical time that the record holds (last second), None where it holds
    none.
    `complete` names the lists that the record declares complete; `lesions_complete` says the same
    of its bone metastases, at that time.
    `unread` names, once for each entry, the lists that hold an entry of which nobody can tell what
    it says.
    `index_date` is a date that the record itself asks for (case files), as days since 1970-01-01.
    `declared` names the declarations (`units_of_source`) by which values without a unit were read.
    """

    name: str
    events: tuple[Event, ...]
    set_aside: tuple[SetAside, ...] = ()
    newest: int | None = None
    complete: tuple[ListName, ...] = ()
    unread: tuple[ListName, ...] = ()
    lesions_complete: Span | None = None
    index_date: int | None = None
    offset_minutes: int = 0
    consider: tuple[str, ...] = ()
    ignored: tuple[tuple[str, int], ...] = ()
    declared: tuple[str, ...] = ()


# --- the assessment ------------------------------------------------------------------------------


Result = Literal["yes", "no", "unknown"]


class Part(Struct, frozen=True, gc=False):
    """A part of an assessment: none leads back to itself, so the collector need not follow it."""


class Range(Part, frozen=True, kw_only=True):
    """A number that may be anything from `low` to `high`; an end without bound is None."""

    low: float | None
    high: float | None


class Source(Part, frozen=True, kw_only=True):
    """A citation as shown: what, where in it, how far it was confirmed, and where to look."""

    id: str
    title: str
    year: int
    at: str | None
    confirmation: str
    address: str | None
    row: str | None


class Origin(Part, frozen=True, kw_only=True):
    """The event behind a fact.

    Where it stands in the record, when it was, and how old it is at the index moment.
    """

    where: str
    detail: str
    time: str
    age: str


class FactShown(Part, frozen=True, kw_only=True):
    """A fact in words, with the events that it came from.

    `origin` is `recorded`, `computed`, `assumed` (a list declared complete) or `silent` (nothing in
    the record). `known` says whether at least one value is ruled out.
    `note` says why a recorded value could not be used, and shows an older one beside it.
    `measured` says that it is a number or a date, which is of its day; a state may go on.
    """

    variable: str
    title: str
    lesion: str | None
    text: str
    known: bool
    origin: Literal["recorded", "computed", "assumed", "silent"]
    events: tuple[Origin, ...]
    note: str | None = None
    measured: bool = False


class Reason(Part, frozen=True, kw_only=True):
    """A clause that decided, in words and values."""

    text: str
    result: Result
    lesion: str | None = None


class Texts(Part, frozen=True, kw_only=True):
    """What a finding says, to the clinician and in plain words to the patient."""

    clinician: str
    patient: str


class Finding(Part, frozen=True, kw_only=True):
    """What an item yields for a patient or a lesion."""

    id: str
    title: str
    lesion: str | None
    why: tuple[Reason, ...]
    facts: tuple[FactShown, ...]
    missing: tuple[str, ...]
    evidence: tuple[Source, ...]
    trust: str
    """The weakest confirmation among the lines behind the finding."""
    interpretation: tuple[str, ...]


class ActionShown(Part, frozen=True, kw_only=True):
    """Something to do: by when from the clock's start, and on what condition if that is open."""

    id: str
    title: str
    text: str
    patient: str | None
    act_by: str
    due: str | None
    only_if: str | None
    unless: str | None
    contact: str | None = None
    """Whom to call, at the hospital whose folder says so."""
    call: bool = False
    """Whether it is whom to call: of what is due at the same time it is told first."""
    comfort: bool = False
    """Whether it is asked for because comfort is the only goal: it is told before the calls."""
    if_comfort: bool = False
    """Whether it is asked for only if comfort is the only goal, which nobody told: of what is due
    at the same time it is told last."""
    means: tuple[str, ...] = ()
    """The options of which one is meant."""
    told_with: str | None = None
    """The title of what asks for this too, no later and at the same place: told in its stead."""
    stopped: tuple[tuple[str, str], ...] = ()
    """The options that it means, each with why it is stopped here, where all of them are."""
    despite: str | None = None
    """Why it stands all the same."""


class ClockShown(Part, frozen=True, kw_only=True):
    """An alert's clock: what it counts from, since when (if known), and until when."""

    counts_from: str
    start: str | None
    act_by: str
    due: str | None


class AlertFinding(Finding, frozen=True, kw_only=True):
    """An alert."""

    result: Result
    hinted: bool
    """Whether the record hints at it: it is yes, or a symptom or value meets a part of it."""
    urgency: str
    clock: ClockShown | None
    actions: tuple[ActionShown, ...]
    asked: bool
    """Whether it is asked about while it is open: nothing that is known answers it in practice."""
    beneath: tuple[str, ...]
    """Alerts, at the same lesion or of the patient, beneath which this one is shown."""
    say: Texts


def stands_beneath(one: AlertFinding, other: AlertFinding) -> bool:
    """Say whether an alert stands beneath another: of the same lesion, or one of the patient.

    It is here for it has to be judged alike where findings are ordered and where they are shown.
    """
    same = one.lesion is None or other.lesion is None or one.lesion == other.lesion
    return same and other.id in one.beneath


class Component(Part, frozen=True, kw_only=True):
    """One component of a score: what is known of it, and the points that it may give."""

    variable: str
    title: str
    text: str
    points: Range


class BandShown(Part, frozen=True, kw_only=True):
    """One band of a score, with its ends in the unit shown (None: without bound, or not known)."""

    id: str
    text: str
    low: float | None
    high: float | None
    possible: bool


class ScoreFinding(Finding, frozen=True, kw_only=True):
    """A score: `result` says whether it applies.

    `scale` holds all its bands, `bands` those still possible.
    """

    result: Result
    value: Range
    unit: str
    text: str
    """The value as shown: with its unit, never rounded across an edge."""
    scale: tuple[BandShown, ...]
    edges_in: str | None = None
    """The unit in which the edges of the scale are printed, where it is not the unit shown."""
    bands: tuple[str, ...]
    band_texts: tuple[str, ...]
    quiet: bool
    """Whether the result is nothing to tell by itself."""
    outlook: bool = False
    """Whether it is the total of a model of outlook, which tells it."""
    components: tuple[Component, ...]
    figure: str | None = None
    """Where it is drawn: `ladder`, beside the levels of the spine."""
    say: Texts


class NumberFinding(Finding, frozen=True, kw_only=True):
    """A number: observed or computed."""

    value: Range
    unit: str
    text: str
    helper: bool = False
    """Whether it only says another number in other words: a list of numbers leaves it out."""


class InvestigationFinding(Finding, frozen=True, kw_only=True):
    """A test to do."""

    result: Result
    what: str
    purpose: str
    last: str | None
    """When it was last done, where that is known."""
    say: Texts


class StepFinding(Finding, frozen=True, kw_only=True):
    """Something on the way, with what comes before and after it (titles), and the wait."""

    result: Result
    after: tuple[str, ...]
    before: tuple[str, ...]
    wait: str | None
    what: str
    purpose: str
    say: Texts


class InteractionFinding(Finding, frozen=True, kw_only=True):
    """Two things (titles) that do not go together, or not yet."""

    result: Result
    between: tuple[str, ...]
    effect: str
    wait: str | None
    purpose: str
    live: bool = True
    """Whether everything that it is between runs, stands in the plan, or is asked for."""
    say: Texts


class CardRowShown(Part, frozen=True, kw_only=True):
    """One fact of a card: `result` says whether it holds for this patient."""

    text: str
    result: Result
    evidence: tuple[Source, ...]


class CardFinding(Finding, frozen=True, kw_only=True):
    """Facts to look up that concern this patient."""

    result: Result
    rows: tuple[CardRowShown, ...]
    say: Texts


class OutcomeShown(Part, frozen=True, kw_only=True):
    """One published outcome of a band, as printed; `after` is a duration (ISO 8601), or None."""

    what: str
    after: str | None
    value: float
    low: float | None
    high: float | None
    unit: str
    evidence: tuple[Source, ...]


class OutlookBand(Part, frozen=True, kw_only=True):
    """A band of a model: whether it is still possible, and what became of those in it."""

    id: str
    text: str
    possible: bool
    outcomes: tuple[OutcomeShown, ...]


class OutlookFinding(Finding, frozen=True, kw_only=True):
    """What a published model says of people like this one: `result` says whether it speaks of them.

    `missing` names what it still needs; where every band is left it is not worked out.
    """

    result: Result
    score: str
    predicts: str
    population: str
    years: str
    value: Range
    text: str
    """The total as shown."""
    bands: tuple[OutlookBand, ...]
    components: tuple[Component, ...]
    validation: tuple[EffectShown, ...]
    """How well it told other people apart; the first is told in every output."""
    calibration: tuple[EffectShown, ...]
    """How what it foretells fitted what others lived; the first is told in every output."""
    say: Texts

    @property
    def worked_out(self) -> bool:
        """Whether anything is ruled out."""
        return not all(x.possible for x in self.bands)


class HandoutFinding(Finding, frozen=True, kw_only=True):
    """A page of the patient's leaflet."""

    result: Result
    place: int
    text: tuple[str, ...]
    points: tuple[str, ...]


class ClauseShown(Part, frozen=True, kw_only=True):
    """A reason for or against an option."""

    text: str
    result: Result
    why: tuple[Reason, ...]
    missing: tuple[str, ...]
    routine: bool
    unread: bool
    """Whether nothing that was read carries it."""
    ours: bool = False
    """Whether it is then a rule of our own, and no source that nobody opened."""
    no_usual_dose: bool = False
    smaller_dose: bool = False
    not_begun: bool = False
    """Whether the plan does not begin the option where this caution holds."""
    goes_on: bool = False
    """Whether in the last days of life the plan lets go on what is given where this stop holds."""
    begin: str | None = None
    """By when the option begins where this indication holds, if sooner than otherwise."""
    instead: tuple[tuple[str, str], ...]
    """Options to look at, each with its own status for this patient."""
    interaction: str | None = None
    """The interaction that the option reads as its own, if it is one."""
    evidence: tuple[Source, ...]

    @property
    def trust(self) -> str:
        """How far it is trusted, as other findings say it."""
        return ("ours" if self.ours else "unread") if self.unread else "read"


class CheckShown(Part, frozen=True, kw_only=True):
    """A check before, or during, a treatment, with what is already known of it."""

    text: str
    when: str | None
    known: tuple[str, ...]
    missing: tuple[str, ...]
    evidence: tuple[Source, ...]


class ShareShown(Part, frozen=True, kw_only=True):
    """How many of 100 people had something: who they are and what they had, in plain words."""

    who: str
    of_100: float
    what: str


class EffectShown(Part, frozen=True, kw_only=True):
    """A side effect or an achievement, with the figure as printed."""

    what: str
    figure: str
    patient: str | None
    evidence: tuple[Source, ...]
    shares: tuple[ShareShown, ...] = ()
    """The figure as numbers of people, one for each group."""
    speaks_of: Result = "unknown"
    """Whether it speaks of people like this patient: what is told to patients is told where yes."""


class DoseShown(Part, frozen=True, kw_only=True):
    """The dose.

    `text` is printed only when exactly one row is left; else it says what is open and what it
    needs. No amount stands in it that rests on nothing that was read.
    """

    text: str
    settled: bool
    regimen: str
    evidence: tuple[Source, ...]
    """What the amounts of the rows left rest on: of those that may be shown, if one may."""
    regimen_evidence: tuple[Source, ...]
    """What the regimen rests on; nothing where none is told."""

    @property
    def apart(self) -> bool:
        """Whether the amounts rest on other sources than the regimen."""
        return self.evidence != self.regimen_evidence


class OptionFinding(Finding, frozen=True, kw_only=True):
    """An option with its status for this patient."""

    patient_title: str
    """What patients read as its title."""
    status: str
    statuses: tuple[str, ...]
    because: str | None
    considered: bool
    runs: bool
    """Whether it is known to be given already."""
    modality: str
    aim: str
    indicated: tuple[ClauseShown, ...]
    stops: tuple[ClauseShown, ...]
    cautions: tuple[ClauseShown, ...]
    dose: DoseShown | None
    checks_before: tuple[CheckShown, ...]
    monitoring: tuple[CheckShown, ...]
    side_effects: tuple[EffectShown, ...]
    effects: tuple[EffectShown, ...]
    say: Texts


class Waited(Part, frozen=True, kw_only=True):
    """Something that comes before, and how long at least what comes after it waits."""

    id: str
    title: str
    wait: str | None


class PlanEntry(Part, frozen=True, kw_only=True):
    """One thing of the plan in its place: at which lesions, by when, after what, and why."""

    id: str
    title: str
    kind: str
    """`action`, `investigation`, `step`, `option`; or `review`: an option that is being given
    against a stop, to ask about before its next dose."""
    lesions: tuple[str, ...]
    by: str
    """Its class of urgency."""
    due: str | None
    """Until which moment, where the alert's clock has a start."""
    text: str
    why: tuple[str, ...]
    only_if: str | None
    """An open condition on which it is asked for."""
    status: str | None
    because: str | None
    considered: bool
    runs: bool
    """Of an option: whether it is known to be given already, so that it goes on."""
    last: str | None
    """Of a test: when it was last done, where that is known."""
    dose: str | None
    cautions: tuple[str, ...]
    """Of an option: the cautions that hold."""
    cautions_open: tuple[str, ...]
    """Where none holds: those that may hold."""
    first: tuple[str, ...]
    """Of an option: the stops that have to be looked at first."""
    after: tuple[Waited, ...]
    together: tuple[str, ...]
    """Titles of what goes well together with it."""
    one_of: str | None
    """The name of a choice: one of the options that bear it is chosen."""
    standing: tuple[int, int, int, int] = (0, 0, 0, 0)
    """What an option is ordered by in its choice, the least first.

    By the case's wish, by what runs (unless a caution that holds says that it is not to be begun),
    by what is against it, and by how many others of the choice its cautions point to.
    """
    topic: str | None = None
    """What it is told together with, where it has time."""
    evidence: tuple[Source, ...]


class Objection(Part, frozen=True, kw_only=True):
    """Why an option was declined, and how far that is trusted: `read`, `unread` or `ours`."""

    text: str
    trust: str


class Declined(Part, frozen=True, kw_only=True):
    """An option that was considered and declined, with the reasons."""

    id: str
    title: str
    lesions: tuple[str, ...]
    status: str
    runs: bool
    """Whether it is known to be given already."""
    why: tuple[Objection, ...]
    considered: bool


class AnswerShown(Part, frozen=True, kw_only=True):
    """An answer to a question, and what would then be settled."""

    answer: str
    then: tuple[str, ...]


class Question(Part, frozen=True, kw_only=True):
    """A variable worth asking for, and what its answers would settle.

    `lesions` are those of which it is asked, none where it is asked of the patient.
    `settles` names the items; `answers` says for each answer that settles something what it is.
    """

    variable: str
    lesions: tuple[str, ...] = ()
    ask: str
    settles: tuple[str, ...] = ()
    answers: tuple[AnswerShown, ...] = ()


class UrgencyRange(Part, frozen=True, kw_only=True):
    """How urgent it is.

    `at_least` by the most urgent alert that is yes, `at_most` by the most urgent that is not ruled
    out.
    """

    at_least: str | None
    at_most: str | None
    because: tuple[str, ...]
    not_ruled_out: tuple[str, ...]
    ask: tuple[Question, ...]
    unusable: tuple[str, ...]


class LesionShown(Part, frozen=True, kw_only=True):
    """One bone lesion: how it is called, where it is, and with which it may be the same.

    `sites`, `levels` and `sides` are the places where it may be, in the vocabulary's names; empty
    where nothing is said of them.
    """

    id: str
    text: str
    sites: tuple[str, ...]
    levels: tuple[str, ...]
    sides: tuple[str, ...]
    status: str
    may_be_same_as: tuple[str, ...]
    may_be_several: bool


class Knowledge(Part, frozen=True, kw_only=True):
    """Which knowledge gave the assessment."""

    version: str
    hash: str
    weaker: tuple[str, ...]


class ScopeShown(Part, frozen=True, kw_only=True):
    """Whether the patient is one that the findings are for, and if not why."""

    open: bool
    adult: Result
    dead: Result
    comfort_only: Result = "unknown"
    """Whether comfort is the only goal: the leaflet says whom to call first then."""
    last_days: Result = "unknown"
    """Whether these are the last days of life: the leaflet keeps to them then."""
    text: str


class EmergencyShown(Part, frozen=True, kw_only=True):
    """An emergency number, and where it is the one to call."""

    telephone: str
    region: str | None
    """None: for this patient, whatever the region."""
    evidence: tuple[Source, ...]


class HelperShown(Part, frozen=True, kw_only=True):
    """An organisation that helps besides the patient's team, and where."""

    name: str | None
    """None: the crisis line of a hospital, which has a number only."""
    helps: str | None
    telephone: str | None
    hours: str | None
    web: str | None
    region: str | None
    """None: for this patient, whatever the region."""
    evidence: tuple[Source, ...]


class Telephones(Part, frozen=True, kw_only=True):
    """Whom the patient calls: the emergency number, a crisis line, the team, and who else helps.

    Where the region is open, each of them names its own.
    """

    emergency: tuple[EmergencyShown, ...] = ()
    crisis: tuple[HelperShown, ...] = ()
    team: str | None = None
    helpers: tuple[HelperShown, ...] = ()


class PositionShown(Part, frozen=True, kw_only=True):
    """What one side says where sources disagree, and whether it is followed here."""

    text: str
    followed: bool
    trust: str
    evidence: tuple[Source, ...]


class DisagreementShown(Part, frozen=True, kw_only=True):
    """A question that sources answer differently, where it concerns what this patient gets.

    The position that is followed stands first.
    """

    id: str
    title: str
    positions: tuple[PositionShown, ...]
    why: str
    """Why the first is followed."""
    chosen_by: str | None
    """The title of the folder's choices, where somebody took another position than ours."""
    concerns: tuple[str, ...]
    """The titles of the findings and actions beside which it stands."""


class OpeningShown(Part, frozen=True, kw_only=True):
    """One line of what an assessment begins with: what is known, in words."""

    label: str
    said: tuple[str, ...]


class OfRecord(Part, frozen=True, kw_only=True):
    """What everything begins with that is given of a record as of one index date."""

    record: str
    index_date: str
    index_note: str | None
    assumptions: tuple[str, ...]
    knowledge: Knowledge
    notice: str


class Assessment(OfRecord, frozen=True, kw_only=True):
    """All findings for one patient as of one index date under one knowledge version."""

    summary: tuple[FactShown, ...]
    """Who it is about: the facts that the scope names, known or not."""
    opening: tuple[OpeningShown, ...] = ()
    """What a colleague is told first: patient, bone lesions with their scores, medicines."""
    scope: ScopeShown
    urgency: UrgencyRange
    lesions: tuple[LesionShown, ...]
    lesions_complete: bool
    alerts: tuple[AlertFinding, ...]
    scores: tuple[ScoreFinding, ...]
    numbers: tuple[NumberFinding, ...]
    investigations: tuple[InvestigationFinding, ...]
    options: tuple[OptionFinding, ...]
    interactions: tuple[InteractionFinding, ...] = ()
    plan: tuple[PlanEntry, ...] = ()
    declined: tuple[Declined, ...] = ()
    done: tuple[FactShown, ...] = ()
    """The dates of tests that were done and are not asked for again."""
    steps: tuple[StepFinding, ...] = ()
    cards: tuple[CardFinding, ...] = ()
    outlook: tuple[OutlookFinding, ...] = ()
    disagreements: tuple[DisagreementShown, ...] = ()
    handouts: tuple[HandoutFinding, ...] = ()
    questions: tuple[Question, ...] = ()
    set_aside: tuple[SetAside, ...] = ()
    not_understood: tuple[NotUnderstood, ...] = ()
    not_counted: tuple[SetAside, ...] = ()
    """Statements that are understood but do not count at the index date: too old, in the future,
    planned."""
    ignored: dict[str, int] = field(default_factory=dict[str, int])
    titles: dict[str, str] = field(default_factory=dict[str, str])
    """Shown names of variables, for what is missing."""
    telephones: Telephones = field(default_factory=Telephones)


class UrgencyEnds(Part, frozen=True, kw_only=True):
    """The least and the greatest urgency that is possible; None: of no alert."""

    at_least: str | None
    at_most: str | None


class ItemResult(Part, frozen=True, kw_only=True):
    """What an item yields for a patient or a lesion, without what explains it."""

    id: str
    title: str
    lesion: str | None


class AlertResult(ItemResult, frozen=True, kw_only=True):
    """An alert that is yes, or not ruled out."""

    result: Result
    urgency: str


class ScoreResult(ItemResult, frozen=True, kw_only=True):
    """A score that applies, or may: the range of its total, and the bands still possible."""

    result: Result
    value: Range
    unit: str
    scale: tuple[BandShown, ...]
    bands: tuple[str, ...]


class TestResult(ItemResult, frozen=True, kw_only=True):
    """A test that is to be done."""

    result: Result


class OptionResult(ItemResult, frozen=True, kw_only=True):
    """An option, and every status of it that is still possible."""

    status: str
    statuses: tuple[str, ...]


class Findings(OfRecord, frozen=True, kw_only=True):
    """The findings of an assessment without what explains them, for many patients in a row.

    It holds no reason, action, dose, plan, question or source: `Assessment` has these.
    """

    scope: ScopeShown
    urgency: UrgencyEnds
    lesions: tuple[LesionShown, ...]
    lesions_complete: bool
    alerts: tuple[AlertResult, ...]
    scores: tuple[ScoreResult, ...]
    investigations: tuple[TestResult, ...]
    options: tuple[OptionResult, ...]
    set_aside: tuple[SetAside, ...]
    not_understood: tuple[NotUnderstood, ...]
    not_counted: tuple[SetAside, ...]
    ignored: dict[str, int]


class EventShown(Part, frozen=True, kw_only=True):
    """One event as read: what it says, where it stands, and which variables it speaks for."""

    where: str
    detail: str
    role: str
    status: str
    code: str
    text: str
    value: str
    time: str
    lesion: str | None
    variables: tuple[str, ...]


class Reading(OfRecord, frozen=True, kw_only=True):
    """What a record says: events, facts as of the index date, and everything that was not used."""

    lesions: tuple[LesionShown, ...]
    lesions_complete: bool
    events: tuple[EventShown, ...]
    facts: tuple[FactShown, ...]
    set_aside: tuple[SetAside, ...]
    not_understood: tuple[NotUnderstood, ...]
    not_counted: tuple[SetAside, ...]
    ignored: dict[str, int]
