"""What stands where in an assessment, and in which words: for every renderer that shows it.

A board holds no format: it parts, groups and names what the assessment holds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from msgspec.structs import replace

from bonemets.model import (
    ActionShown,
    AlertFinding,
    Assessment,
    CheckShown,
    ClauseShown,
    ClockShown,
    Declined,
    DisagreementShown,
    EffectShown,
    FactShown,
    InteractionFinding,
    InvestigationFinding,
    LesionShown,
    NotUnderstood,
    NumberFinding,
    Objection,
    OptionFinding,
    OutlookFinding,
    PlanEntry,
    PositionShown,
    Question,
    Reason,
    ScoreFinding,
    Source,
    Waited,
    stands_beneath,
)
from bonemets.pack.items import LEFT
from bonemets.renderers import outlook
from bonemets.renderers.words import (
    CONFIRMATIONS,
    STATUSES,
    URGENCIES,
    aged,
    between,
    clean,
    duration_words,
    first_sentence,
    gets_none,
    id_words,
    seconds,
    sentence,
    stage_name,
    within,
)
from bonemets.shown import TRUST_MARKS, both, capital, either

ORDER: Final = tuple(URGENCIES)
SOON: Final = ("now", "today", "within_24_hours")
UNHURRIED: Final = ("this_week", "next_visit")
IN_FULL: Final = (*LEFT, "contraindicated")
"""The statuses of options that are indicated."""
ASK_FIRST: Final = "Before the next dose ask whether it is to be given: "
MEANWHILE: Final = "Meanwhile the step of the alert above holds."
PATIENT: Final = "Patient"
EQUAL: Final = "equal in rank; team and patient choose"
FIRST_FOR: Final = (
    {0: "first what the record asks for"},
    {0: "first what is given already"},
    {
        0: "first what nothing speaks against",
        2: "first what only an open caution speaks against",
        3: "last what has to be checked first",
        4: "first what no caution speaks against",
    },
    dict.fromkeys(range(9), "last what its caution would replace by another of these"),
)
"""Of each part of `PlanEntry.standing`: what the first of a choice stands first for."""
MOST_CONCERNED: Final = 2
"""Findings named beside a disagreement of sources."""
MOST_ASKED: Final = 5
MOST_FIRST: Final = 4
LONGEST_NAME: Final = 60
LONGEST_ABOUT: Final = 32
"""Up to so many characters what a caution is about says too little alone ("Kidneys")."""
MARKS: Final = "*†‡§"
"""Footnote marks."""
Shared = ClauseShown | CheckShown | EffectShown
"""What several options may have in common."""
KINDS: Final = ("routine", "perhaps", "checks_before", "monitoring", "side_effects", "effects")
"""What of an option others may share; `routine`: the stops to confirm, `perhaps`: open cautions."""


@dataclass(frozen=True, slots=True)
class StillPossible:
    """What more urgent is not ruled out: how urgent, what it is, and what to ask for it."""

    worst: str
    titles: tuple[str, ...]
    more: int
    """How many others the record does not hint at; they are listed below."""
    asks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Steps:
    """What to do by one time: until when from the clock's start, and until which moment."""

    act_by: str
    due: str | None
    actions: tuple[ActionShown, ...]


@dataclass(frozen=True, slots=True)
class Stage:
    """What the plan holds for one class of urgency, beside the steps that stand with the alerts.

    `asked`: by alert, what it asks for that is not listed with it. `choices`: the rest, several
    where one of them is chosen.
    """

    by: str
    asked: dict[str, list[PlanEntry]]
    choices: list[list[PlanEntry]]


class Repeats:
    """What several options share, for paper: told with the first of them, named by the others."""

    def __init__(self, options: Iterable[OptionFinding]) -> None:
        """Take the options in the order in which they are told."""
        self.first: dict[tuple[str, ...], OptionFinding] = {}
        for option in options:
            for kind in KINDS:
                for x in parts(option, kind):
                    self.first.setdefault(key_of(kind, x), option)

    def is_new(self, option: OptionFinding, kind: str, x: Shared) -> bool:
        """Say whether no option before this one tells it."""
        return self.first.get(key_of(kind, x), option) is option

    def others(self, option: OptionFinding, kind: str) -> list[str]:
        """Name the options before this one that tell the rest."""
        rest = [x for x in parts(option, kind) if not self.is_new(option, kind, x)]
        return list(dict.fromkeys(self.first[key_of(kind, x)].title for x in rest))


class Board:
    """One assessment, parted and grouped as it is shown."""

    def __init__(self, assessment: Assessment) -> None:
        """Take an assessment."""
        self.a = assessment
        self.places = {x.id: self.place(x) for x in assessment.lesions}
        self.option_titles = {x.id: x.title for x in assessment.options}
        dying = assessment.scope.last_days == "yes"
        self.yes = [
            x for x in assessment.alerts if x.result == "yes" and not (dying and is_idle(x))
        ]
        self.leading, self.covered = self.folded(*leading(self.yes))

    def folded(
        self, shown: list[AlertFinding], covered: dict[AlertFinding, AlertFinding]
    ) -> tuple[list[AlertFinding], dict[AlertFinding, AlertFinding]]:
        """Make one of what says the same of several lesions and asks for the same."""
        same: dict[object, list[AlertFinding]] = {}
        for x in shown:
            once = x.id if x.lesion is not None else None, x.actions, x.clock, x.say.patient
            same.setdefault(once if once[0] else x, []).append(x)
        one: dict[AlertFinding, AlertFinding] = {}
        for alerts in same.values():
            first = alerts[0]
            if len(alerts) > 1:
                places = both([self.places.get(x.lesion or "", "") for x in alerts])
                whys = tuple(dict.fromkeys(y for x in alerts for y in x.why))
                facts = tuple({id(y): y for x in alerts for y in x.facts}.values())
                title = f"{first.title} at {places}"
                first = replace(first, title=title, lesion=None, why=whys, facts=facts)
            one |= dict.fromkeys(alerts, first)
        return list(dict.fromkeys(one[x] for x in shown)), {x: one[y] for x, y in covered.items()}

    # words

    def title(self, variable: str) -> str:
        """Call a variable by its title."""
        return self.a.titles.get(variable) or id_words(variable)

    def place(self, lesion: LesionShown) -> str:
        """Call a lesion by its place; by its id too where two share the place."""
        shared = [x.text for x in self.a.lesions].count(lesion.text) > 1
        return (
            f"{lesion.text} ({lesion.id})" if shared and lesion.text else lesion.text or lesion.id
        )

    def at(self, lesion: str | None) -> str:
        """Say at which lesion; nothing where it is about the patient."""
        return "" if lesion is None else f" at {self.places.get(lesion, lesion)}"

    def beginning(self) -> list[tuple[str, str]]:
        """Give each line of the beginning with its label: what is known, then what is not.

        Where the knowledge has none, or the gate is closed, that is the summary alone.
        """
        open_ = [x.title for x in self.a.summary if not x.known]
        known = [
            x.text.removesuffix(", no date").removesuffix(", today")
            for x in self.a.summary
            if x.known
        ]
        lines = [(x.label, list(x.said)) for x in self.a.opening] or [(PATIENT, known)]
        if open_:
            if lines[0][0] != PATIENT:
                lines.insert(0, (PATIENT, []))
            lines[0][1].append(f"not known: {both(open_)}")
        return [
            (label, sentence(("; " if any(", " in x for x in said) else ", ").join(said)))
            for label, said in lines
            if said
        ]

    def nothing_settled(self) -> str:
        """Say what it means that no alert is certain."""
        if not self.a.scope.open:
            return "Not assessed for bone metastasis."
        if self.a.alerts:
            return "No alert is certain from what is known; what is not ruled out stands below."
        if self.a.lesions_complete:
            return "No alert on the facts given."
        return (
            "No alert at the bone lesions that are recorded; whether there are others is not known."
        )

    def why(self, alert: AlertFinding) -> tuple[list[str], list[str]]:
        """Give the deciding clauses, aged where a fact says the same, and the other facts."""
        places = {alert.lesion, *(x.lesion for x in alert.why)} - {None}
        facts = recorded(
            tuple(x for x in alert.facts if not (x.lesion and places) or x.lesion in places)
        )
        told = {x.text: x.text if x.measured else aged(x.text) for x in facts}
        facts = list(told)
        whys: list[Reason] = []
        for reason in alert.why:
            same = next((x for x in facts if x.startswith(reason.text + ", ")), None)
            whys.append(replace(reason, text=told[same]) if same else measured(reason, facts))
            facts = [x for x in facts if x != same and not tells(reason, x)]
        return self.reasons(whys), [told[x] for x in facts]

    def reasons(self, reasons: Iterable[Reason]) -> list[str]:
        """Give clauses with their lesions, those on the two edges of one number as one."""
        by_place: dict[str | None, list[str]] = {}
        for reason in reasons:
            by_place.setdefault(reason.lesion, []).append(reason.text)
        return [
            x + self.at(lesion)
            for lesion, said in by_place.items()
            for x in gets_none(between(said))
        ]

    @staticmethod
    def origins(fact: FactShown) -> list[str]:
        """Say where a fact comes from: each event's place in the record and time, or its kind."""
        if not fact.events:
            return [fact.origin] if not fact.note else [fact.origin, fact.note]
        said = [", ".join(x for x in (e.where, e.detail, e.time) if x) for e in fact.events]
        return [*said, fact.note] if fact.note else said

    # what needs action

    def beneath(self, alert: AlertFinding) -> list[AlertFinding]:
        """Give the alerts that are also true and shown beneath another."""
        return [x for x in self.yes if self.covered.get(x) is alert]

    def steps(self, alert: AlertFinding) -> list[Steps]:
        """Part what to do by its time: what comfort asks for, whom to call, the rest.

        What is asked for only if comfort is the only goal, which nobody told, stands last.
        """
        times: dict[str, list[ActionShown]] = {}
        for action in self.due(alert):
            times.setdefault(action.act_by, []).append(action)
        found: list[Steps] = []
        for act_by in sorted(times, key=seconds):
            due = next((x.due for x in times[act_by] if x.due), None)
            actions = sorted(times[act_by], key=standing)
            found.append(Steps(act_by, due if seconds(act_by) > 0 else None, tuple(actions)))
        return found

    def due(self, alert: AlertFinding) -> list[ActionShown]:
        """Give an alert's actions with what stands beneath it.

        The earlier of two times wins; what is due at once comes along, later things stay beneath:
        no deadline is lost. What is told with something else is left out.
        """
        found = {x.id: x for x in alert.actions if x.told_with is None}
        for covered in self.beneath(alert):
            for action in covered.actions:
                if action.told_with is not None:
                    continue
                mine = found.get(action.id)
                if mine is None:
                    if seconds(action.act_by) == 0:
                        found[action.id] = action
                elif seconds(action.act_by) < seconds(mine.act_by):
                    found[action.id] = replace(mine, act_by=action.act_by, due=action.due)
        return list(found.values())

    def how_to(self) -> tuple[list[ActionShown], list[ActionShown]]:
        """Give each thing to do once: those of leading alerts, and those of what stands beneath."""
        told: set[str] = set()

        def listed(asked: Iterable[Iterable[ActionShown]]) -> list[ActionShown]:
            found: list[ActionShown] = []
            for actions in asked:
                for action in sorted(actions, key=lambda x: seconds(x.act_by)):
                    if action.id not in told and action.told_with is None:
                        told.add(action.id)
                        found.append(action)
            return found

        return listed(map(self.due, self.leading)), listed(
            x.actions for x in self.yes if x in self.covered
        )

    @staticmethod
    def shared_conditions(actions: list[ActionShown]) -> dict[str, str]:
        """Give a mark to each condition on which several of these do not hold."""
        told = [x.unless for x in actions if x.unless]
        return marked(x for x in told if told.count(x) > 1)

    def still_possible(self) -> StillPossible | None:
        """Say what more urgent is not ruled out, or as urgent if that is now; None: nothing is.

        An emergency that is certain must not hide another that is possible.
        """
        urgency = self.a.urgency
        left = [x for x in self.possible() if x.asked]
        if not left:
            return None
        worst = min((x.urgency for x in left), key=ORDER.index)
        titles: dict[str, str] = {}
        shown = heads(left)
        hinted = [x for x in shown if x.hinted]
        others = [x for x in shown if not x.hinted]
        named = [*hinted, *others[: max(0, MOST_ASKED - len(hinted))]]
        named.sort(key=lambda x: ORDER.index(x.urgency))
        for x in named:
            own = URGENCIES.get(x.urgency, id_words(x.urgency)).lower()
            titles.setdefault(x.title, x.title if x.urgency == worst else f"{x.title} ({own})")
        more = len({x.title for x in shown} - set(titles))
        wanted = {x.id for x in named}
        settling = [q for q in self.a.questions if wanted & set(q.settles)]
        asked = [q for q in urgency.ask if wanted & set(q.settles)] or settling[:MOST_ASKED]
        return StillPossible(worst, tuple(titles.values()), more, tuple(map(self.ask, asked)))

    def hinted(self) -> list[AlertFinding]:
        """Give what more urgent is not ruled out and the record hints at, the most urgent first."""
        left = heads([x for x in self.possible() if x.asked])
        return sorted([x for x in left if x.hinted], key=lambda x: ORDER.index(x.urgency))

    @staticmethod
    def and_more(count: int) -> str:
        """Say how many other emergencies nothing in the record hints at."""
        if count == 0:
            return ""
        others = "another" if count == 1 else f"{count} others"
        return f"; and {others} that nobody has ruled out"

    def possible(self) -> list[AlertFinding]:
        """Give the open alerts that are more urgent than any that is yes.

        Beside an alert that is due now also others that may be, unless they stand beneath it.
        """
        worse = set(self.a.urgency.not_ruled_out)
        first = ORDER[0] if self.a.urgency.at_least == ORDER[0] else None
        return [
            x
            for x in self.a.alerts
            if x.result == "unknown"
            and (x.id in worse or (x.urgency == first and not self.is_covered(x)))
        ]

    def is_covered(self, alert: AlertFinding) -> bool:
        """Say whether an alert stands beneath one that is yes."""
        return any(stands_beneath(alert, other) for other in self.yes)

    def others_open(self) -> str:
        """Count the other open alerts, and name the urgent ones that nothing above speaks for."""
        above = [x for x in self.possible() if x.asked]
        open_ = [x for x in self.a.alerts if x.result == "unknown"]
        others = [x for x in open_ if x.asked and x not in above]
        if not others:
            return ""
        named = [x for x in heads(others) if x.hinted and x.asked and not self.is_covered(x)]
        titles = dict.fromkeys(x.title for x in named if x.urgency in ("now", "today"))
        said = f"{len(others)} further alert{'' if len(others) == 1 else 's'}"
        said += " not settled"
        if (self.yes or above) and all(x.asked for x in open_):
            said += ", none more urgent than the above"
        if titles:
            said += f"; possible among them: {'; '.join(list(titles)[:MOST_ASKED])}"
        return said

    def asks(self) -> list[tuple[str, list[str]]]:
        """Part the questions that could change the urgency by what it could become.

        What the record hints at stands first in each part.
        """
        urgencies = {x.id: x.urgency for x in self.a.alerts}
        groups: dict[str, list[str]] = {}
        for question in self.a.urgency.ask:
            its = {urgencies[x] for x in question.settles if x in urgencies}
            worst = min(its, key=ORDER.index, default="")
            groups.setdefault(worst, []).append(self.ask(question))
        return [(worst, groups[worst]) for worst in (*ORDER, "") if worst in groups]

    def ask(self, question: Question) -> str:
        """Put a question, and say of which lesions it is asked."""
        if not question.lesions:
            return question.ask
        places = [self.places.get(x, x) for x in question.lesions]
        return f"{question.ask} (At {both(places)}.)"

    def best(self) -> list[tuple[str, list[tuple[str, tuple[str, ...]]]]]:
        """Give the questions that would settle most, each with what its answers would change.

        Those whose answers change the same stand together.
        """
        same: dict[tuple[tuple[str, tuple[str, ...]], ...], list[str]] = {}
        for q in self.a.questions[:MOST_ASKED]:
            then = alike([(x.answer, x.then) for x in q.answers])
            same.setdefault(tuple(then), []).append(self.ask(q))
        return [
            (" ".join(asks), [(to_one_of(x, asks), y) for x, y in changes])
            for changes, asks in same.items()
        ]

    def waiting(self) -> list[tuple[str, list[tuple[str, list[str]]]]]:
        """Give the alerts that are not ruled out by urgency: where, and what each waits for.

        Those that what is known answers in practice stand apart.
        """
        left = [x for x in self.a.alerts if x.result == "unknown" and x.asked]
        if not (self.a.scope.open or self.yes):  # a closed gate asks for cancer only
            return []
        found: list[tuple[str, list[tuple[str, list[str]]]]] = []
        for urgency in ORDER:
            several: dict[str, list[AlertFinding]] = {}
            for alert in left:
                if alert.urgency == urgency:
                    several.setdefault(alert.id, []).append(alert)
            said: list[tuple[str, list[str]]] = []
            for alerts in several.values():
                places = [self.places.get(x.lesion, x.lesion) for x in alerts if x.lesion]
                at = f" at {'; at '.join(places)}" if places else ""
                missing = list(dict.fromkeys(self.title(n) for x in alerts for n in x.missing))
                said.append((f"{alerts[0].title}{at}", missing))
            if said:
                found.append((urgency, said))
        return found

    def answered(self) -> list[str]:
        """Give the open alerts that what is known answers in practice, with their places."""
        places: dict[str, list[str]] = {}
        for x in self.a.alerts if self.a.scope.open or self.yes else ():
            if x.result == "unknown" and not x.asked:
                own = [self.places.get(x.lesion, x.lesion)] if x.lesion else []
                places.setdefault(x.title, []).extend(own)
        return [title + (f" at {both(at)}" if at else "") for title, at in places.items()]

    def unread(self) -> list[str]:
        """Say what the record holds that no line of the assessment rests on."""
        a, found = self.a, list[str]()
        for count, one, several, names in (
            (
                sum(x.count for x in a.not_understood),
                "statement was not understood",
                "statements were not understood",
                [x.display or f"{x.system} {x.code}".strip() for x in a.not_understood],
            ),
            (
                len(a.set_aside),
                "value could not be used",
                "values could not be used",
                [self.title(x.what) for x in a.set_aside],
            ),
            (
                len(a.not_counted),
                "statement does not count at the index date",
                "statements do not count at the index date",
                [self.title(x.what) for x in a.not_counted],
            ),
        ):
            if count:
                shown = list(dict.fromkeys(short(clean(x)) for x in names if clean(x)))
                more = ", …" if len(shown) > MOST_ASKED else ""
                named = f": {', '.join(shown[:MOST_ASKED])}{more}" if shown else ""
                found.append(f"{count} {one if count == 1 else several}{named}")
        return found

    # lesions, scores, numbers, options

    def lesion_words(self, lesion: LesionShown) -> str:
        """Say what is known of a lesion beside its place."""
        said = id_words(lesion.status)
        if lesion.status == "unknown":
            said = "not known whether it is a metastasis"
        if lesion.may_be_same_as:
            others = either([self.places.get(x, x) for x in lesion.may_be_same_as])
            said += f"; may be the same as {others}"
        if lesion.may_be_several:
            said += "; may be several"
        return said

    def without_place(self) -> str:
        """Say so where bone metastasis is confirmed and no lesion has a place."""
        if any(x.text for x in self.a.lesions):
            return ""
        findings = (*self.a.alerts, *self.a.options, *self.a.scores, *self.a.investigations)
        facts = (x for finding in findings for x in finding.facts)
        confirmed = any(
            x.variable == "bone_metastasis" and x.text.split(", ")[0] == f"{x.title} is confirmed"
            for x in facts
        )
        said = "Bone metastasis is recorded, without a place: spinal scores cannot be computed."
        return said if confirmed else ""

    @staticmethod
    def waited(wait: str | None) -> str:
        """Say how long to wait, after a word."""
        return f", {duration_words(wait)}" if wait else ""

    # the plan

    def stages(self) -> list[Stage]:
        """Part the plan by its times, without the steps that stand with the alerts above."""
        found: dict[str, Stage] = {}
        listed = self.listed()
        for entry in self.a.plan:
            if entry.kind == "action" and entry.id in listed:
                continue
            stage = found.setdefault(entry.by, Stage(entry.by, {}, []))
            if entry.kind == "action":
                stage.asked.setdefault(entry.why[0], []).append(entry)
            elif stage.choices and entry.one_of and stage.choices[-1][0].one_of == entry.one_of:
                stage.choices[-1].append(entry)
            else:
                stage.choices.append([entry])
        return list(found.values())

    def listed(self) -> set[str]:
        """Name what stands with the alerts that are shown in full."""
        return {action.id for alert in self.leading for action in self.due(alert)}

    def steps_above(self) -> str:
        """Say with which alerts the plan begins: their steps are listed there, by their times."""
        listed = self.listed()
        above = [x for x in self.a.plan if x.kind == "action" and x.id in listed]
        titles = [x.title + self.at(x.lesion) for x in self.leading if self.due(x)]
        return sentence(f"the steps above, by their times: {'; '.join(titles)}") if above else ""

    def entry_head(self, entry: PlanEntry, reason: str = "") -> str:
        """Call something of the plan: where it is done, on what condition, and its status.

        `reason`: what is to be minded, where its sentences are told elsewhere.
        """
        place = self.places_of(entry)
        asks = ASK_FIRST if entry.kind == "review" else ""
        title = f"{asks}{entry.title}" if asks else capital(entry.title)
        return f"{title}{place}{on_condition(entry)}{self.left(entry, reason)}"

    def places_of(self, entry: PlanEntry | Declined) -> str:
        """Say at which lesions something of the plan is."""
        places = [self.places.get(x, x) for x in entry.lesions]
        return f" at {both(places)}" if places else ""

    @staticmethod
    def left(entry: PlanEntry, reason: str = "") -> str:
        """Give the status of an option in brackets, with what is to be minded."""
        if entry.status is None:
            return ""
        said = STATUSES.get(entry.status, id_words(entry.status))
        dose = f", {entry.dose}" if entry.dose else ""
        given = f"{running(entry)}; " if running(entry) else ""
        return f" ({given}{said}{dose}{reason})"

    def heads_in_brief(self, choice: list[PlanEntry]) -> str:
        """Call something of the plan, or several of which one is chosen, with what is to be minded.

        Nothing is said of what nothing speaks against. A caution of all of them is told once,
        behind them, and so is what was said of the one before.
        """
        of_all = shared(choice).cautions if len(choice) > 1 else ()
        heads: list[str] = []
        before: tuple[str, tuple[str, ...]] = ("", ())
        for entry in choice:
            if entry.status == "suitable" and not entry.dose:
                given = running(replace(entry, cautions=()))
                heads.append(self.entry_head(replace(entry, status=None)) + in_brackets(given))
                continue
            own = tuple(x for x in entry.cautions if x not in of_all)
            first = self.to_settle(entry)
            said = ": the same" if first and first == before[0] else first
            said += cautions_in_brief(replace(entry, cautions=own), of_all, before[1])
            heads.append(self.entry_head(entry, said))
            before = (first, own)
        each = f", each with caution: {'; '.join(map(in_brief_words, of_all))}" if of_all else ""
        return f"{' or '.join(heads)}{each}"

    def to_settle(self, entry: PlanEntry) -> str:
        """Name what has to be known before an option begins; many routine questions are counted."""
        found = [x for x in self.a.options if x.id == entry.id]
        stops = [
            c
            for x in found
            if not entry.lesions or x.lesion is None or x.lesion in entry.lesions
            for c in x.stops
            if c.result == "unknown" and c.text in entry.first
        ]
        named = list(
            dict.fromkeys(self.title(x) for c in stops if not c.routine for x in c.missing)
        )
        if len(named) > MOST_FIRST + 1:
            named = [*named[:MOST_FIRST], f"{len(named) - MOST_FIRST} more"]
        routine = dict.fromkeys(self.title(x) for c in stops if c.routine for x in c.missing)
        asked = [x for x in routine if x not in named]
        if len(asked) > max(1, MOST_FIRST - len(named)):
            asked = [f"{len(asked)} routine questions"]
        return f": {', '.join((*named, *asked))}" if named or asked else ""

    def plan_words(self, entry: PlanEntry) -> list[str]:
        """Say why something stands in the plan, what comes first, and what goes together."""
        if entry.kind == "review":
            return [sentence(capital(x)) for x in entry.why]
        said: list[str] = []
        if entry.kind == "step":
            said.append(sentence(entry.text))
        why = entry.why[:1] if entry.kind == "investigation" else entry.why
        said += [sentence(capital(first_sentence(x))) for x in why]
        if entry.last:
            said.append(sentence(f"Last: {entry.last}"))
        if entry.cautions:
            # Whole: what to do often stands in the second sentence.
            said.append(f"With caution: {' '.join(map(sentence, entry.cautions))}")
        elif entry.cautions_open and entry.status == "caution":
            said.append(f"With caution if: {self.first_of(entry.cautions_open)}.")
        if entry.first:
            said.append(f"First make sure that none holds: {self.first_of(entry.first)}.")
        said += self.after(entry.after)
        if entry.together:
            said.append(f"Goes well with: {'; '.join(entry.together)}.")
        return said

    def why_in_short(self, entry: PlanEntry) -> list[str]:
        """Say of something of the plan why it stands there and what to mind, in a sentence each.

        What is left of it is told by `in_full`: all of what has time until the next visit, and
        what for of a test or a step, whose title says what to do.
        """
        if entry.by == UNHURRIED[-1]:
            return []
        said = [sentence(capital(first_sentence(x))) for x in entry.why[:1]]
        if entry.kind == "review":
            return self.plan_words(entry)
        if entry.kind != "option":
            said = [sentence(f"Last: {entry.last}")] if entry.last else []
        if entry.cautions and entry.runs:
            said = [f"Before the next dose: {' '.join(map(sentence, entry.cautions))}"]
        elif entry.cautions:
            said.append(f"Caution: {self.first_of(entry.cautions)}.")
        elif entry.cautions_open and entry.status == "caution":
            said.append(f"Caution if: {self.first_of(entry.cautions_open)}.")
        if entry.first:
            said.append(f"First make sure that none holds: {self.first_of(entry.first)}.")
        waits = tuple(x for x in entry.after if x.wait)
        return [*said, *self.after(waits)]

    @staticmethod
    def after(waits: Iterable[Waited]) -> list[str]:
        """Say after what something comes, and how long it waits."""
        said = [x.title + (f", {duration_words(x.wait)} at least" if x.wait else "") for x in waits]
        return [f"After: {'; '.join(said)}."] if said else []

    def in_full(self, entry: PlanEntry) -> list[str]:
        """Say of something of the plan what `why_in_short` leaves out."""
        said: list[str] = []
        if entry.kind == "review" or (entry.id in self.asked_for() and entry.kind != "option"):
            return []
        if entry.kind == "investigation":
            test = next((x for x in self.a.investigations if x.id == entry.id), None)
            said += [sentence(test.what)] if test is not None else []
        if entry.by == UNHURRIED[-1]:
            return [*said, *self.plan_words(entry)]
        if entry.kind == "step":
            said.append(sentence(entry.text))
        first, *others = entry.why or ("",)
        first = rest_of(first) if entry.kind == "option" else first
        said += [sentence(capital(x)) for x in (first, *others) if x]
        whole = len(entry.cautions) > MOST_FIRST + 1
        longer = [x for x in entry.cautions if (whole or rest_of(x)) and not entry.runs]
        if longer:
            said.append(f"Cautions: {' '.join(map(sentence, longer))}")
        said += self.after(x for x in entry.after if not x.wait)
        if entry.together:
            said.append(f"Goes well with: {'; '.join(entry.together)}.")
        return said

    def asked_for(self) -> set[str]:
        """Name what an alert that is yes asks for: how to do that is told with the alerts."""
        return {action.id for alert in self.yes for action in alert.actions}

    def done(self) -> list[str]:
        """Give the dates of tests that were done and are not asked for again."""
        return [f"{capital(x.text)}{self.at(x.lesion)}" for x in self.a.done]

    def stopped_too(self) -> list[tuple[str, list[str]]]:
        """Give each stop of what is not to be indicated, with all that it would stop, once."""
        found: dict[str, dict[str, None]] = {}
        for x in self.a.options:
            if x.status not in IN_FULL and not x.considered:
                for clause in x.stops:
                    if clause.result == "yes":
                        found.setdefault(first_sentence(clause.text), {})[x.title] = None
        return [(why, list(titles)) for why, titles in found.items()]

    def shared_words(self, choice: list[PlanEntry]) -> list[str]:
        """Say once what holds for each of several of which one is chosen."""
        return self.plan_words(shared(choice)) if len(choice) > 1 else []

    @staticmethod
    def choice_head(choice: list[PlanEntry]) -> str:
        """Say that one of several is chosen, and what the first of them stands first for."""
        first, last = choice[0].standing, max(x.standing for x in choice)
        apart = next((n for n, (x, y) in enumerate(zip(first, last, strict=True)) if x != y), None)
        why = EQUAL if apart is None else FIRST_FOR[apart].get(first[apart], EQUAL)
        return f"One of these ({why}):"

    @staticmethod
    def own(choice: list[PlanEntry]) -> list[PlanEntry]:
        """Give those of which one is chosen, each without what holds for all of them."""
        if len(choice) < 2:
            return choice
        all_ = shared(choice)
        return [
            replace(x, **{key: without(getattr(x, key), getattr(all_, key)) for key in SHARED})
            for x in choice
        ]

    @staticmethod
    def first_of(reasons: tuple[str, ...]) -> str:
        """Give the first few reasons in short, and how many more there are."""
        most = MOST_FIRST if len(reasons) > MOST_FIRST + 1 else len(reasons)
        more = f"; and {len(reasons) - most} more" if len(reasons) > most else ""
        return "; ".join(first_sentence(x).rstrip(".") for x in reasons[:most]) + more

    def declined(self) -> list[tuple[str, list[str]]]:
        """Give what was declined, and why with the marks of trust; once for the same reasons."""
        found: dict[tuple[bool, tuple[Objection, ...]], list[str]] = {}
        for x in self.a.declined:
            found.setdefault((x.runs, x.why), []).append(f"{x.title}{self.places_of(x)}")
        return [
            (
                f"{'; '.join(titles)}{' (being given now)' if runs else ''}",
                [sentence(x.text.rstrip(".") + TRUST_MARKS.get(x.trust, "")) for x in why],
            )
            for (runs, why), titles in found.items()
        ]

    def refused(self) -> list[tuple[str, str, tuple[Source, ...]]]:
        """Give what was declined by the reason that decided, for paper: each reason once.

        That is the reason that most of them share; further ones stand in short beside the title.
        With the sources of the reason.
        """
        shared_by = Counter(y for x in self.a.declined for y in dict.fromkeys(x.why))
        found: dict[Objection, dict[str, None]] = {}
        for x in self.a.declined:
            first = max(x.why, key=lambda y: shared_by[y])
            also = [first_sentence(y.text).rstrip(".") for y in x.why if y != first]
            said = ["being given now"] if x.runs else []
            said += [f"also: {'; '.join(dict.fromkeys(also))}"] if also else []
            beside = f" ({'; '.join(said)})" if said else ""
            found.setdefault(first, {})[f"{x.title}{self.places_of(x)}{beside}"] = None
        return [
            (
                "; ".join(titles),
                sentence(why.text.rstrip(".") + TRUST_MARKS.get(why.trust, "")),
                self.behind_stop(why.text),
            )
            for why, titles in found.items()
        ]

    def behind_stop(self, text: str) -> tuple[Source, ...]:
        """Give the sources of a stop that holds, by its text."""
        clauses = (c for x in self.a.options for c in x.stops)
        held = (c for c in clauses if c.text == text and c.result == "yes")
        return tuple(dict.fromkeys(y for c in held for y in c.evidence))

    @staticmethod
    def of_others(option: OptionFinding) -> list[EffectShown]:
        """Give the results that speak of other people than this patient."""
        return [x for x in option.effects if x.speaks_of == "no"]

    @staticmethod
    def elsewhere(left: list[EffectShown]) -> str:
        """Count results that speak of other people, where they are told elsewhere."""
        count = len(left)
        return f"{count} result{'' if count == 1 else 's'} of people unlike this patient"

    @staticmethod
    def as_for(titles: list[str], alone: bool = True) -> str:
        """Send to what is told of other options; `alone`: as a sentence of its own."""
        names = both([f"“{x}”" for x in titles])
        return f"And what stands under {names}." if alone else f"what stands under {names}"

    def is_refused(self, option: OptionFinding) -> bool:
        """Say whether an option was declined, and nobody asked for it: paper tells the reason."""
        if option.considered:
            return False
        held = any(x.result == "yes" for x in option.stops)
        named = any(
            x.id == option.id and (option.lesion is None or option.lesion in x.lesions)
            for x in self.a.declined
        )
        return named and (held or self.planned(option) is None)

    @staticmethod
    def concerns(found: DisagreementShown) -> str:
        """Name the first things that a disagreement concerns, and how many more there are."""
        titles = [capital(x) for x in found.concerns] or ["nothing that is found"]
        more = f"; and {len(titles) - MOST_CONCERNED} more" if len(titles) > MOST_CONCERNED else ""
        return "; ".join(titles[:MOST_CONCERNED]) + more

    @staticmethod
    def side(found: DisagreementShown, position: PositionShown) -> str:
        """Say before a position whether it is followed here, and who chose it if not we."""
        if not position.followed:
            return "Against:"
        return f"Chosen by {found.chosen_by}:" if found.chosen_by else "Followed here:"

    def plan_changes(self) -> list[str]:
        """Name the questions whose answers would change an option."""
        options = {x.id for x in self.a.options}
        asked = [q for q in self.a.questions if options & set(q.settles)][:MOST_ASKED]
        places: dict[str, list[str]] = {}
        for q in asked:
            places.setdefault(q.variable, []).extend(self.places.get(x, x) for x in q.lesions)
        return [self.title(x) + (f" at {both(at)}" if at else "") for x, at in places.items()]

    def tests(self) -> list[InvestigationFinding]:
        """Give the tests that stand in the plan, in its order; once for all lesions."""
        planned = {x.id: x for x in self.a.plan}
        found: dict[str, list[InvestigationFinding]] = {x: [] for x in planned}
        for x in self.a.investigations:
            if x.id in planned and (x.lesion is None or x.lesion in planned[x.id].lesions):
                found[x.id].append(x)
        return [
            x[0]
            if len(x) == 1
            else replace(x[0], title=x[0].title + self.places_of(planned[y]), lesion=None)
            for y, x in found.items()
            if x
        ]

    def clashes(self) -> list[InteractionFinding]:
        """Give what does not go together, and is no caution that the plan tells."""
        told = {id_ for x in self.a.options if x.status in LEFT for id_ in interactions_of(x)}
        apart = [x for x in self.a.interactions if x.effect != "together"]
        stopped = self.stopped_by()
        return [
            x
            for x in apart
            if (x.live and x.id not in told if x.effect != "stop" else x.id not in stopped)
        ]

    def stopped_by(self) -> set[str]:
        """Give the interactions that stop only what neither runs nor is asked for.

        They are told beside what was declined.
        """
        declined = {x.id for x in self.a.declined}
        telling: dict[str, list[bool]] = {}
        for option in self.a.options:
            for clause in option.stops:
                if option.id in declined and clause.result == "yes" and clause.interaction:
                    sought = option.runs or option.considered
                    telling.setdefault(clause.interaction, []).append(sought)
        return {x for x, sought in telling.items() if not any(sought)}

    def parted_scores(self) -> tuple[list[ScoreFinding], list[str]]:
        """Part the scores into those to tell, and those that found nothing, in a few words."""
        own = [x for x in self.a.scores if not x.outlook]
        quiet = [x for x in own if x.quiet and x.result == "yes"]
        said = [f"{x.title}{self.at(x.lesion)}: {either(x.band_texts)}" for x in quiet]
        return [x for x in own if x not in quiet], said

    def timeline(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """Give what the record says by day, newest first: each fact, and the alerts behind it.

        Only facts that stand behind something that is told here.
        """
        found: dict[str, dict[str, dict[str, None]]] = {}
        a = self.a
        for finding in (*a.alerts, *a.scores, *a.numbers, *a.options):
            alert = ""
            if isinstance(finding, AlertFinding) and finding.result == "yes":
                alert = finding.title
            for fact in finding.facts:
                if fact.origin == "recorded" and fact.known:
                    for event in fact.events:
                        told = fact.text.removesuffix(f", {event.age}")  # the day stands above
                        what = f"{capital(told)}{self.at(fact.lesion)}"
                        day = found.setdefault(event.time[:10] or "undated", {})
                        day.setdefault(what, {}).update({alert: None} if alert else {})
        days = sorted((d for d in found if d != "undated"), reverse=True)
        order = [*days, *(["undated"] if "undated" in found else [])]
        return [(d, [(w, "; ".join(b)) for w, b in found[d].items()]) for d in order]

    # the outlook

    def models(self) -> list[tuple[OutlookFinding, str]]:
        """Give each model of outlook with where the patient stands in it, or what it needs."""
        return [(x, outlook.total_words(x, self.still_needed(x))) for x in self.a.outlook]

    def still_needed(self, x: OutlookFinding) -> list[str]:
        """Give what a model still needs, by title."""
        return [self.title(name) for name in x.missing]

    def measures(self) -> list[tuple[str, list[outlook.Bar], str | None]]:
        """Give each measure that is drawn, with its rows, and how far the models lie apart.

        Every model has a row: one that tells of nothing drawn stands last in the first chart.
        """
        needs = {x.id: self.still_needed(x) for x in self.a.outlook}
        drawn = outlook.charted(self.a.outlook)
        found = [(x.words, outlook.rows(self.a.outlook, x, needs)) for x in drawn]
        if found:
            found[0][1].extend(outlook.without(self.a.outlook, drawn, needs))
        return [(words, rows, outlook.disagreement(rows)) for words, rows in found]

    @staticmethod
    def score_words(score: ScoreFinding) -> str:
        """Give what a score says, and its bands where it does not name them."""
        said = score.say.clinician
        if score.band_texts and not all(x in said for x in score.band_texts):
            return f"{capital(either(score.band_texts))}. {said}"
        return said if score.band_texts else f"{score.text}. {said}"

    def known_numbers(self) -> list[NumberFinding]:
        """Give the numbers of which something is known, or something has to be said."""
        return [
            x
            for x in self.a.numbers
            if not x.helper
            and (
                x.value.low is not None or x.value.high is not None or any(f.note for f in x.facts)
            )
        ]

    def number(self, number: NumberFinding) -> tuple[str, str, str, str, tuple[Source, ...]]:
        """Give a number's title, value, age, where it comes from in words, and its sources."""
        title = f"{number.title}{self.at(number.lesion)}{TRUST_MARKS.get(number.trust, '')}"
        own = next(
            (x for x in number.facts if (x.variable, x.lesion) == (number.id, number.lesion)), None
        )
        if own is None:
            return title, number.text, "", "", ()
        if own.origin == "recorded":
            age = own.events[0].age if own.events else ""
            return title, number.text, age, sentence(own.note or ""), ()
        ages: dict[str, list[str]] = {}
        for fact in number.facts:
            if fact.events:
                ages.setdefault(fact.events[0].age, []).append(fact.title)
        said = [
            f"{', '.join(titles)}{'' if age == 'no date' else f' ({age})'}"
            for age, titles in ages.items()
        ]
        behind = f"from {'; '.join(said)}" if said else ""
        return title, number.text, own.origin, behind, number.evidence if said else ()

    def parted_options(
        self, *, stops: bool = True
    ) -> tuple[list[OptionFinding], dict[str, list[str]]]:
        """Part the options into those shown in full, and the others by status, in a few words.

        In full: what is left to be chosen, what is stopped, and what the record asks for. What is
        the same at several lesions is shown once. In the order of the plan: what begins soonest
        first, but for what the record asks for; what is in no plan last. `stops`: tell of the
        others what would stop them.
        """
        full: dict[object, list[OptionFinding]] = {}
        brief: dict[str, dict[tuple[str, str], list[str]]] = {}
        told = [x for x in self.a.options if x.considered or x.status in IN_FULL]
        told.sort(key=lambda x: (not x.considered, self.turn(x)))
        ways: dict[str, set[str]] = {}
        for option in self.a.options:
            ways.setdefault(option.id, set()).add(option.status + in_brief(option, stops=stops))
        for option in told:
            full.setdefault(sameness(option), []).append(option)
        for option in self.a.options:
            if option.id in {x.id for x in told}:
                continue  # it is told in full, at another lesion at least
            said = brief.setdefault(option.status, {})
            places = said.setdefault((option.title, in_brief(option, stops=stops)), [])
            if option.lesion is not None and len(ways[option.id]) > 1:
                places.append(self.places.get(option.lesion, option.lesion))
        return [x for same in full.values() for x in self.at_all(same)], {
            status: [
                f"{title}{f' at {both(at)}' if at else ''}{why}" for (title, why), at in x.items()
            ]
            for status, x in brief.items()
        }

    def planned(self, option: OptionFinding) -> PlanEntry | None:
        """Give an option's entry of the plan, at its lesion."""
        turn = self.turn(option)
        return self.a.plan[turn] if turn < len(self.a.plan) else None

    def turn(self, option: OptionFinding) -> int:
        """Give the place of an option in the plan; behind it where the plan has none."""
        at = option.lesion
        return next(
            (
                n
                for n, x in enumerate(self.a.plan)
                if (x.id, x.kind) == (option.id, "option")
                and (at is None or not x.lesions or at in x.lesions)
            ),
            len(self.a.plan),
        )

    def begins(self, option: OptionFinding) -> str:
        """Say when an option of the plan begins, or that it goes on."""
        entry = self.planned(option)
        if entry is None:
            return ""
        return running(entry) or f"begins: {stage_name(entry.by).lower()}"

    def dose_words(self, option: OptionFinding) -> str:
        """Say a dose, or why none is shown; and that an alert's step holds meanwhile."""
        if option.dose is None:
            return ""
        said = sentence(option.dose.text)
        if option.dose.settled:
            return said
        means = {y for x in self.leading for action in self.due(x) for y in action.means}
        return f"{said} {MEANWHILE}" if option.id in means and option.status in LEFT else said

    def at_all(self, same: list[OptionFinding]) -> list[OptionFinding]:
        """Show what is the same at several lesions as one, with their places in its title."""
        if len(same) == 1 or any(x.lesion is None for x in same):
            return same
        places = both([self.places.get(x.lesion or "", "") for x in same])
        return [replace(same[0], title=f"{same[0].title} at {places}", lesion=None)]


def leading(
    yes: list[AlertFinding],
) -> tuple[list[AlertFinding], dict[AlertFinding, AlertFinding]]:
    """Part the alerts that are yes into those shown in full, and those shown beneath one of them.

    An alert stands beneath another only if that one is at least as urgent.
    """
    above = {x: [y for y in yes if stands_beneath(x, y) and not later(y, x)] for x in yes}
    shown = [x for x in yes if not above[x]]
    covered: dict[AlertFinding, AlertFinding] = {}
    while rest := [x for x in yes if x not in shown and x not in covered]:
        for alert in rest:
            over = next((y for y in above[alert] if y in shown or y in covered), None)
            if over is not None:
                covered[alert] = covered.get(over, over)
                break
        else:
            shown.append(rest[0])  # two that stand beneath each other: one has to be shown
    return sorted(shown, key=yes.index), covered


def later(one: AlertFinding, other: AlertFinding) -> bool:
    """Say whether an alert is less urgent than another."""
    return ORDER.index(one.urgency) > ORDER.index(other.urgency)


def heads(alerts: list[AlertFinding]) -> list[AlertFinding]:
    """Leave out the alerts that stand beneath another of these, unless all do."""
    return [x for x in alerts if not any(stands_beneath(x, y) for y in alerts)] or alerts


def interactions_of(option: OptionFinding) -> Iterator[str]:
    """Give the interactions that an option reads as cautions."""
    return (c.interaction for c in option.cautions if c.interaction is not None)


def parts(option: OptionFinding, kind: str) -> tuple[Shared, ...]:
    """Give those parts of an option that others may share."""
    if kind == "routine":
        return tuple(x for x in option.stops if x.result == "unknown" and x.routine)
    if kind == "perhaps":
        return tuple(x for x in option.cautions if x.result == "unknown")
    return getattr(option, kind)


def key_of(kind: str, x: Shared) -> tuple[str, ...]:
    """Give what is the same where two options share a part."""
    match x:
        case ClauseShown():
            return kind, x.text
        case CheckShown():
            return kind, x.when or "", x.text
        case EffectShown():
            return kind, x.what, x.figure


def sameness(option: OptionFinding) -> object:
    """Give what two findings of one option share that are told alike."""
    clauses = (*option.indicated, *option.stops, *option.cautions)
    dose = option.dose.text if option.dose else ""
    return option.id, option.status, dose, tuple((x.text, x.result) for x in clauses)


def in_brief(option: OptionFinding, *, stops: bool = True) -> str:
    """Say on what an option waits to be indicated, or that it would be stopped too."""
    against = [first_sentence(c.text) for c in option.stops if c.result == "yes"] if stops else []
    said: list[str] = []
    if option.status == "unknown":
        unread = [first_sentence(c.text) for c in option.indicated if c.result == "yes"]
        ifs = [first_sentence(c.text) for c in option.indicated if c.result == "unknown"]
        said += [f"source not read: {'; '.join(unread)}"] if unread else []
        said += [f"if: {'; or: '.join(ifs)}"] if ifs else []
    said += [f"stop: {'; '.join(against)}"] if against else []
    return f" ({'; '.join(said)})" if said else ""


def marked(conditions: Iterable[str]) -> dict[str, str]:
    """Give each condition a footnote mark."""
    return {
        x: MARKS[n % len(MARKS)] * (n // len(MARKS) + 1)
        for n, x in enumerate(dict.fromkeys(conditions))
    }


def action_title(action: ActionShown) -> str:
    """Give an action's title, with the conditions that it hangs on."""
    conditions = [
        f"{word} {condition}"
        for word, condition in (("if", action.only_if), ("unless", action.unless))
        if condition
    ]
    number = f": {action.contact}" if action.contact else ""
    return capital(action.title) + number + (f" ({'; '.join(conditions)})" if conditions else "")


def stands_although(action: ActionShown) -> str:
    """Say that something is asked for although what it means is stopped here, and why."""
    if action.despite is None:
        return ""
    stops = "; ".join(f"{title}: {first_sentence(why)}" for title, why in action.stopped)
    return sentence(f"Stands although it is stopped here ({stops}): {action.despite}")


def on_condition(entry: PlanEntry) -> str:
    """Say on what open condition something of the plan is asked for, in brackets."""
    return f" (if {entry.only_if})" if entry.only_if else ""


def running(entry: PlanEntry) -> str:
    """Say that something of the plan is being given, and nothing of what is not.

    It "goes on" only where no caution holds: one may ask to hold the next dose.
    """
    if entry.kind == "review" or (entry.runs and entry.cautions):
        return "given now"
    return "goes on" if entry.runs else ""


def in_brackets(words: str) -> str:
    """Put words in brackets, if there are any."""
    return f" ({words})" if words else ""


def in_brief_words(caution: str) -> str:
    """Give what a caution is about; where that is a few words, what to do about it too."""
    about, colon, then = first_sentence(caution).rstrip(".").partition(": ")
    return about if len(about) > LONGEST_ABOUT else about + colon + then.partition("; ")[0]


def cautions_in_brief(
    entry: PlanEntry, of_all: tuple[str, ...] = (), before: tuple[str, ...] = ()
) -> str:
    """Say in short what each caution is about that holds, or else of the first that may.

    Args:
        entry: an option.
        of_all: what is told elsewhere, of this and others.
        before: what was told of the option right before; where all of it holds, it is the same.
    """
    if entry.cautions:
        new = tuple(x for x in entry.cautions if x not in before)
        same = bool(before) and len(new) == len(entry.cautions) - len(before)
        said = ["the same"] if same else []
        said += map(in_brief_words, new if same else entry.cautions)
        return f"{':' if entry.status == 'caution' else '; caution:'} {'; '.join(said)}"
    if of_all or entry.status != "caution" or not entry.cautions_open:
        return ""
    most = MOST_FIRST if len(entry.cautions_open) > MOST_FIRST + 1 else len(entry.cautions_open)
    more = f"; and {left} more" if (left := len(entry.cautions_open) - most) else ""
    about = (first_sentence(x).partition(": ")[0].rstrip(".") for x in entry.cautions_open[:most])
    return f"; if: {'; '.join(about)}{more}"


def clock_words(clock: ClockShown) -> str:
    """Say an alert's clock: until when, how soon, and from when it counts."""
    since = f"from {clock.counts_from}, whose time is not known"
    if clock.start:
        since = f"from {clock.start} ({clock.counts_from})"
    soon = within(clock.act_by)
    if seconds(clock.act_by) == 0:
        return sentence(f"{soon}; the time counts {since}")
    return sentence(f"due {clock.due}, {soon} {since}" if clock.due else f"due {soon} {since}")


SHARED: Final = ("why", "cautions", "cautions_open", "first", "after", "together")
"""What may hold for each of several of which one is chosen."""


def shared(choice: list[PlanEntry]) -> PlanEntry:
    """Give what holds for each of several of which one is chosen, as if it were an entry."""
    first = choice[0]
    kept = {
        key: tuple(x for x in getattr(first, key) if all(x in getattr(y, key) for y in choice))
        for key in SHARED
    }
    runs = all(x.runs for x in choice)
    return replace(first, kind="option", text="", last=None, runs=runs, **kept)


def by_topic(stage: Stage) -> list[tuple[str, list[list[PlanEntry]]]]:
    """Part what a stage holds by what it is told together with, in the order of the plan."""
    found: dict[str, list[list[PlanEntry]]] = {}
    for choice in stage.choices:
        found.setdefault(choice[0].topic or "", []).append(choice)
    return list(found.items())


def without(said: tuple[object, ...], told: tuple[object, ...]) -> tuple[object, ...]:
    """Leave out what is told."""
    return tuple(x for x in said if x not in told)


def rest_of(text: str) -> str:
    """Give what stands behind the first sentence of a text."""
    return text[len(first_sentence(text)) :].lstrip(". ").strip()


def alike(
    answers: list[tuple[str, tuple[str, ...]]],
) -> list[tuple[str, tuple[str, ...]]]:
    """Join the answers that change the same first; of numbers, those that follow each other."""
    found: list[tuple[list[str], list[tuple[str, ...]]]] = []
    for answer, then in answers:
        number = answer.startswith("about ")
        alike_ = [x for x in (found[-1:] if number else found) if x[1][0][0] == then[0]]
        if alike_:
            alike_[0][0].append(answer)
            alike_[0][1].append(then)
        else:
            found.append(([answer], [then]))
    return [
        (answer_words(said), tuple(x for x in thens[0] if all(x in y for y in thens)))
        for said, thens in found
    ]


def is_idle(alert: AlertFinding) -> bool:
    """Say whether an alert asks for nothing and has time: nobody who is dying needs to be told."""
    return not alert.actions and alert.urgency in ("this_week", "next_visit")


def standing(action: ActionShown) -> int:
    """Give the place of an action among those of one time."""
    if action.comfort or action.if_comfort:
        return 0 if action.comfort else 3
    return 1 if action.call and action.only_if is None else 2


def to_one_of(answer: str, asks: list[str]) -> str:
    """Say of an answer to several questions that one such answer is enough."""
    return answer if len(asks) == 1 else f"{answer} to one of these"


def answer_words(said: list[str]) -> str:
    """Name several answers: "suspected or excluded", "about 0.55 to 0.95 mmol/L"."""
    if len(said) > 1 and said[0].startswith("about "):
        return f"{said[0].split()[0]} {said[0].split()[1]} to {said[-1].removeprefix('about ')}"
    return either(said)


def tells(reason: Reason, fact: str) -> bool:
    """Say whether a clause names a recorded number with its value."""
    said = reason.text.replace("(", "").replace(")", "")
    head = fact.rpartition(", ")[0] or fact
    return any(c.isdigit() for c in head) and head in said


def measured(reason: Reason, facts: list[str]) -> Reason:
    """Give a clause on numbers with their age, where they are not of today."""
    ages = dict.fromkeys(x.rpartition(", ")[2] for x in facts if tells(reason, x))
    said = [x for x in ages if x not in ("today", "no date")]
    return replace(reason, text=f"{reason.text} ({'; '.join(said)})") if said else reason


def recorded(facts: tuple[FactShown, ...]) -> list[FactShown]:
    """Give the facts that stand in the record and say something."""
    return [x for x in facts if x.origin == "recorded" and x.note is None and x.known]


def short(name: str, most: int = LONGEST_NAME) -> str:
    """Cut a text that would take more than its share of a line."""
    return name if len(name) <= most else name[: most - 1].rstrip() + "…"


def place_words(at: str | None, confirmation: str) -> str:
    """Say where in a source, and how far that was confirmed."""
    said = CONFIRMATIONS.get(confirmation, confirmation)
    return f"{at}: {said}" if at else said


def code_words(code: NotUnderstood) -> str:
    """Show a code that nothing knows, with the record's own word for it and how often it came."""
    coded = f"{code.system} {code.code}".strip() or "no code"
    times = f" × {code.count}" if code.count > 1 else ""
    return f"{code.display or 'no text'} ({coded}){times}"
