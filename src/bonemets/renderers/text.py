"""An assessment -> plain text for a terminal, a pipe or a printout.

The order is that of design.md, "What to show, and in what order".
What needs action fits one screen: titles with their times; how to do each follows below.
All text enters as data: nothing in a record or in the knowledge can format or move anything.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from msgspec.structs import replace

from bonemets.model import (
    ActionShown,
    AlertFinding,
    Assessment,
    CheckShown,
    ClauseShown,
    ClockShown,
    FactShown,
    Finding,
    LesionShown,
    NotUnderstood,
    NumberFinding,
    OptionFinding,
    Reason,
    ScoreFinding,
    SetAside,
    Source,
)
from bonemets.renderers.sheet import MARGIN, Citations, Sheet, letters
from bonemets.renderers.words import (
    CONFIRMATIONS,
    STATUSES,
    TRUST_MARKS,
    URGENCIES,
    aged,
    between,
    capital,
    clean,
    either,
    first_part,
    first_sentence,
    id_words,
    range_text,
    seconds,
    sentence,
    status,
    within,
)

MOST_ASKED: Final = 5
MOST_LISTED: Final = 6
MOST_AWAITED: Final = 3
LONGEST_NAME: Final = 60
ORDER: Final = tuple(URGENCIES)
SOON: Final = ("now", "today", "within_24_hours")
ALARM: Final = "bold red"
WARNING: Final = "bold yellow"
URGENCY_STYLES: Final = {"now": ALARM, "today": ALARM, "within_24_hours": WARNING}
STATUS_STYLES: Final = {
    "suitable": "bold green",
    "caution": WARNING,
    "check_first": WARNING,
    "contraindicated": ALARM,
}


def render(assessment: Assessment, width: int = 100, colour: bool = False) -> str:
    """Show an assessment as text.

    Args:
        assessment: as given by `assess`.
        width: columns to wrap at; only an address goes beyond, so that it stays whole.
        colour: put in the terminal's colour codes; without them the text is the same.
    """
    citations = Citations()
    _Report(assessment, Sheet(width, colour), citations).write()  # to meet every place cited
    sheet = Sheet(width, colour)
    _Report(assessment, sheet, citations).write()
    return sheet.text()


class _Report:
    """Writes one assessment on a sheet."""

    def __init__(self, assessment: Assessment, sheet: Sheet, citations: Citations) -> None:
        self.a, self.sheet, self.citations = assessment, sheet, citations
        self.put, self.gap, self.heading = sheet.put, sheet.gap, sheet.heading
        self.places = {x.id: self.place(x) for x in assessment.lesions}
        self.option_titles = {x.id: x.title for x in assessment.options}
        self.titles = assessment.titles
        self.yes = [x for x in assessment.alerts if x.result == "yes"]
        self.leading, self.covered = leading(self.yes)

    def write(self) -> None:
        a = self.a
        self.head()
        self.urgent()
        self.not_read()
        self.questions()
        self.actions_in_detail()
        self.lesions()
        self.scores()
        self.numbers()
        self.options()
        self.listing("PLAN", a.plan)
        self.investigations()
        self.listing("OUTLOOK", a.outlook)
        self.listing("FOR THE PATIENT", a.handouts)
        self.open_alerts()
        self.not_used()
        self.evidence()
        self.knowledge()

    # words

    def title(self, variable: str) -> str:
        return self.titles.get(variable) or id_words(variable)

    def place(self, lesion: LesionShown) -> str:
        """Call a lesion by its place; by its id too where two share the place."""
        shared = [x.text for x in self.a.lesions].count(lesion.text) > 1
        return (
            f"{lesion.text} ({lesion.id})" if shared and lesion.text else lesion.text or lesion.id
        )

    def at(self, lesion: str | None) -> str:
        return "" if lesion is None else f" at {self.places.get(lesion, lesion)}"

    def cite(self, cited: Iterable[Source]) -> str:
        return self.citations.cite(cited)

    def name(self, finding: Finding, middle: str = "") -> str:
        """Give a finding's title with its lesion, the mark of its trust, and its citations."""
        mark = TRUST_MARKS.get(finding.trust, "")
        return (
            f"{finding.title}{self.at(finding.lesion)}{middle}{mark}{self.cite(finding.evidence)}"
        )

    def listing(self, title: str, said: tuple[str, ...]) -> None:
        if said:
            self.heading(title)
        for one in said:
            self.put(one, bullet="- ")

    # the head

    def head(self) -> None:
        a = self.a
        self.put(f"bonemets: {a.record}", indent=0, style="bold")
        self.put(a.notice, indent=0)
        if a.index_note:
            self.put(sentence(a.index_note), indent=0, style=WARNING)
            self.put('Words such as "today" and "7 days ago" count from that day.', indent=0)
        else:
            self.put(f"As of {a.index_date}, the index date.", indent=0)
        for assumption in a.assumptions:
            self.put(assumption, indent=0, label="Assumed:")
        if a.knowledge.weaker:
            weaker = "The knowledge was made weaker by a folder laid over it: see the end."
            self.put(weaker, indent=0, style=WARNING)
        if a.scope.text:
            self.put(a.scope.text, indent=0, style=WARNING)
        if a.scope.open and a.scope.adult == "unknown":
            self.put("The patient is not known to be adult: no dose is shown.", indent=0)

    # what needs action

    def urgent(self) -> None:
        a = self.a
        if a.scope.dead == "yes":
            self.gap()
            self.put("The patient has died: no alert is given.", indent=0)
            return
        if not self.yes and not a.scope.open:
            self.unusable()
            return
        if self.yes:
            soon = a.urgency.at_least in SOON
            self.heading("WHAT NEEDS ACTION NOW" if soon else "WHAT NEEDS ACTION, AND BY WHEN")
        else:
            self.gap()
            self.put(self.nothing_settled(), indent=0)
        for alert in self.leading:
            self.gap()
            self.alert(alert)
        self.not_ruled_out()
        self.unusable()
        self.not_settled()

    def nothing_settled(self) -> str:
        if self.a.alerts:
            return "No alert is certain from what is known; what is not ruled out stands below."
        if self.a.lesions_complete:
            return "No alert on the facts given."
        return (
            "No alert at the bone lesions that are recorded; whether there are others is not known."
        )

    def alert(self, alert: AlertFinding) -> None:
        self.put(
            self.name(alert),
            indent=0,
            style="bold",
            label=f"{URGENCIES[alert.urgency]}:",
            label_style=URGENCY_STYLES.get(alert.urgency, "bold"),
        )
        if alert.clock is not None:
            self.put(clock_words(alert.clock))
        whys, facts = self.why(alert)
        self.put(sentence("; ".join(whys)), label="Why:")
        if facts:
            self.put(sentence("; ".join(facts)), label="From:")
        self.actions(alert)
        beneath = [
            self.name(x, f" ({URGENCIES[x.urgency].lower()})")
            for x in self.yes
            if self.covered.get(x) is alert
        ]
        if beneath:
            also = sentence("; ".join(beneath))
            self.put(also, label="Also true, beneath this:", label_style="")

    def why(self, alert: AlertFinding) -> tuple[list[str], list[str]]:
        """Give the deciding clauses, aged where a fact says the same, and the other facts."""
        facts = recorded(alert.facts)
        whys: list[Reason] = []
        for reason in alert.why:
            same = next((x for x in facts if x.startswith(reason.text + ", ")), None)
            whys.append(replace(reason, text=aged(same)) if same else reason)
            facts = [x for x in facts if x != same]
        return self.reasons(whys), [aged(x) for x in facts]

    def reasons(self, reasons: Iterable[Reason]) -> list[str]:
        """Give clauses with their lesions, those on the two edges of one number as one."""
        by_place: dict[str | None, list[str]] = {}
        for reason in reasons:
            by_place.setdefault(reason.lesion, []).append(reason.text)
        return [x + self.at(lesion) for lesion, said in by_place.items() for x in between(said)]

    def actions(self, alert: AlertFinding) -> None:
        """List what to do by its time, titles only, in the order that the alert gives."""
        times: dict[str, list[ActionShown]] = {}
        for action in alert.actions:
            times.setdefault(action.act_by, []).append(action)
        for act_by in sorted(times, key=seconds):
            due = next((x.due for x in times[act_by] if x.due), None)
            until = f", by {due}" if due and seconds(act_by) > 0 else ""
            self.put(f"{capital(within(act_by))}{until}:", style="bold")
            for action in times[act_by]:
                mark = " *" if action.unless else ""
                only = replace(action, unless=None)  # said once, under HOW TO DO IT
                self.put(action_title(only) + mark, indent=4, bullet="- ")
        if any(x.unless for x in alert.actions):
            self.put('* It may not hold for this patient: see "unless" under HOW TO DO IT.')

    def not_ruled_out(self) -> None:
        """Say in one line what more urgent is still possible, and what to ask."""
        urgency = self.a.urgency
        worse = set(urgency.not_ruled_out)
        if not worse:
            return
        worst = urgency.at_most or ""
        titles: dict[str, str] = {}
        for x in heads([x for x in self.a.alerts if x.id in worse]):
            own = URGENCIES.get(x.urgency, id_words(x.urgency)).lower()
            titles.setdefault(x.title, x.title if x.urgency == worst else f"{x.title} ({own})")
        asked = [q.ask for q in urgency.ask[:MOST_ASKED]]
        left = len(urgency.ask) - len(asked)
        more = f" (and {left} more, under QUESTIONS)" if left else ""
        ask = f" Ask: {' '.join(asked)}{more}" if asked else ""
        self.gap()
        self.put(
            f"{'; '.join(titles.values())}.{ask}",
            indent=0,
            label=f"Not ruled out ({URGENCIES.get(worst, worst).lower()}):",
            label_style=URGENCY_STYLES.get(worst, "bold"),
        )

    def unusable(self) -> None:
        for value in self.a.urgency.unusable:
            said = "Could not be used:"
            self.put(sentence(value), indent=0, label=said, label_style=WARNING)

    def not_settled(self) -> None:
        """Count the other open alerts, and name the urgent ones that nothing above speaks for."""
        worse = set(self.a.urgency.not_ruled_out)
        others = [x for x in self.a.alerts if x.result == "unknown" and x.id not in worse]
        if not others:
            return
        known = {x.id for x in self.yes}
        named = [x for x in heads(others) if not known & set(x.beneath)]
        titles = dict.fromkeys(x.title for x in named if x.urgency in ("now", "today"))
        said = f"{len(others)} further alert{'' if len(others) == 1 else 's'}"
        if self.yes or worse:
            said += ", none more urgent than the above"
        if titles:
            said += f"; among them {'; '.join(list(titles)[:MOST_ASKED])}"
        self.put(
            f"{said}. See ALERTS NOT RULED OUT.", indent=0, label="Not settled:", label_style=""
        )

    def not_read(self) -> None:
        """Say what the record holds that no line of this report rests on."""
        a = self.a
        if not a.alerts:
            self.gap()
        unread = sum(x.count for x in a.not_understood)
        for count, one, several, names in (
            (
                unread,
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
        ):
            if not count:
                continue
            shown = list(dict.fromkeys(short(clean(x)) for x in names if clean(x)))
            more = ", …" if len(shown) > MOST_ASKED else ""
            named = f": {', '.join(shown[:MOST_ASKED])}{more}" if shown else ""
            self.put(f"{count} {one if count == 1 else several}{named} (see the end).", indent=0)

    def actions_in_detail(self) -> None:
        """Say how to do each thing, once, whichever alert asks for it."""
        told: set[str] = set()
        beneath = [x for x in self.yes if x in self.covered]
        for title, alerts in (
            ("HOW TO DO IT", self.leading),
            ("ALSO ASKED FOR, BY WHAT STANDS BENEATH", beneath),
        ):
            listed: dict[str, ActionShown] = {}
            for alert in alerts:
                for action in sorted(alert.actions, key=lambda x: seconds(x.act_by)):
                    if action.id not in told:
                        told.add(action.id)
                        listed[action.id] = action
            if listed:
                self.heading(title)
            for action in listed.values():
                later = f" ({within(action.act_by)})" if alerts is beneath else ""
                self.put(action.text, bullet="- ", label=f"{action_title(action)}{later}:")

    def questions(self) -> None:
        """List every question that could change the urgency, by what it could become."""
        a = self.a
        if a.scope.open and a.urgency.ask:  # behind a closed gate one question stands above
            self.heading("QUESTIONS")
            urgencies = {x.id: x.urgency for x in a.alerts}
            groups: dict[str, list[str]] = {}
            for question in a.urgency.ask:
                its = {urgencies[x] for x in question.settles if x in urgencies}
                worst = min(its, key=ORDER.index, default="")
                groups.setdefault(worst, []).append(question.ask)
            for worst in (*ORDER, ""):
                if worst not in groups:
                    continue
                if worst:
                    self.put(
                        f"Could show that something is due {URGENCIES[worst]}:",
                        style=URGENCY_STYLES.get(worst, "bold"),
                    )
                for ask in groups[worst]:
                    self.put(ask, indent=2 * MARGIN, bullet="- ")
        above = {x.variable for x in a.urgency.ask}
        asked = [q.ask for q in a.questions if q.variable not in above]
        self.listing("QUESTIONS THAT WOULD SETTLE MOST", tuple(asked[:MOST_ASKED]))

    def open_alerts(self) -> None:
        """List every alert that is not ruled out, by urgency, with what it waits for."""
        left = [x for x in self.a.alerts if x.result == "unknown"]
        if not left or not (self.a.scope.open or self.yes):  # a closed gate asks for cancer only
            return
        self.heading("ALERTS NOT RULED OUT")
        for urgency in ORDER:
            several: dict[str, list[AlertFinding]] = {}
            for alert in left:
                if alert.urgency == urgency:
                    several.setdefault(alert.id, []).append(alert)
            if several:
                style = URGENCY_STYLES.get(urgency, "bold")
                self.put(f"{URGENCIES[urgency]}:", style=style)
            for alerts in several.values():
                places = [self.places.get(x.lesion, x.lesion) for x in alerts if x.lesion]
                at = f" at {'; at '.join(places)}" if places else ""
                missing = list(dict.fromkeys(self.title(n) for x in alerts for n in x.missing))
                more = len(missing) - MOST_AWAITED
                waits = f": waits for {', '.join(missing[:MOST_AWAITED])}" if missing else ""
                said = f"{alerts[0].title}{at}{waits}" + (f" and {more} more" if more > 0 else "")
                self.put(said, indent=2 * MARGIN, bullet="- ")

    # lesions and scores

    def lesions(self) -> None:
        placeless = self.without_place()
        if not (self.a.lesions or placeless):
            return
        self.heading("BONE LESIONS")
        if placeless:
            self.put(placeless)
        for lesion in self.a.lesions:
            said = id_words(lesion.status)
            if lesion.status == "unknown":
                said = "not known whether it is a metastasis"
            if lesion.may_be_same_as:
                others = either([self.places.get(x, x) for x in lesion.may_be_same_as])
                said += f"; may be the same as {others}"
            if lesion.may_be_several:
                said += "; may be several"
            self.put(f"{capital(self.places[lesion.id])}: {said}", bullet="- ")
        if self.a.lesions and not self.a.lesions_complete:
            self.put("The record does not say that there are no others.")

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

    def scores(self) -> None:
        if self.a.scores:
            self.heading("SCORES")
        for identity in dict.fromkeys(x.id for x in self.a.scores):
            several = [x for x in self.a.scores if x.id == identity]
            self.gap()
            if several[0].components:
                self.score_table(several)
            else:
                for score in several:
                    self.put(self.score_words(score), label=f"{self.name(score)}:")
            for score in several:
                if score.result == "unknown":
                    open_ = "; ".join(between([x.text for x in score.why]))
                    self.put(f"Only if it applies{self.at(score.lesion)}: {open_}.", indent=4)

    @staticmethod
    def score_words(score: ScoreFinding) -> str:
        """Give what a score says, and its bands where it does not name them."""
        said = score.say.clinician
        if score.band_texts and not all(x in said for x in score.band_texts):
            return f"{capital(either(score.band_texts))}. {said}"
        return said if score.band_texts else f"{range_text(score.value)}. {said}"

    def score_table(self, several: list[ScoreFinding]) -> None:
        """Show one score with its components, its lesions side by side."""
        first = several[0]
        worst = max((x.trust for x in several), key=list(CONFIRMATIONS).index)
        cited = self.cite(e for x in several for e in x.evidence)
        self.put("", label=f"{first.title}{TRUST_MARKS.get(worst, '')}{cited}")
        labels = max(len(c.title) for c in first.components)
        room = self.sheet.width - 2 * MARGIN - labels
        columns = max(1, room // 30)
        for start in range(0, len(several), columns):
            chunk = several[start : start + columns]
            if start:
                self.gap()
            rows = [["", *(capital(self.places.get(x.lesion or "", "points")) for x in chunk)]]
            for n, component in enumerate(first.components):
                cells = [x.components[n] for x in chunk]
                rows.append(
                    [component.title, *(f"{range_text(c.points)}: {c.text}" for c in cells)]
                )
            rows.append(["total", *(range_text(x.value) for x in chunk)])
            if any(x.band_texts for x in chunk):
                rows.append(["that is", *(either(x.band_texts) for x in chunk)])
            width = max(16, min(44, room // len(chunk) - 2))
            self.sheet.table(rows, [labels, *([width] * len(chunk))], indent=2 * MARGIN)
        for score in several:
            self.put(score.say.clinician, indent=2 * MARGIN)

    # numbers

    def numbers(self) -> None:
        """List the numbers of which something is known, or something has to be said."""
        shown = [
            x
            for x in self.a.numbers
            if x.value.low is not None or x.value.high is not None or any(f.note for f in x.facts)
        ]
        if not shown:
            return
        self.heading("NUMBERS")
        rows = [self.number(x) for x in shown]
        most = (self.sheet.width * 2 // 5, self.sheet.width * 3 // 10)
        widths = [min(max(len(clean(row[i])) for row in rows), most[i]) for i in range(2)]
        rest = max(12, self.sheet.width - MARGIN - sum(widths) - 4)
        for title, value, age, behind in rows:
            self.sheet.table([[title, value, age]], [*widths, rest])
            if behind:
                self.put(behind, indent=6)

    def number(self, number: NumberFinding) -> tuple[str, str, str, str]:
        """Give a number's title, value, age, and what there is to say of where it comes from."""
        title = f"{number.title}{self.at(number.lesion)}{TRUST_MARKS.get(number.trust, '')}"
        own = next(
            (x for x in number.facts if (x.variable, x.lesion) == (number.id, number.lesion)), None
        )
        if own is None:
            return title, number.text, "", ""
        if own.origin == "recorded":
            age = own.events[0].age if own.events else ""
            return title, number.text, age, sentence(own.note or "")
        ages: dict[str, list[str]] = {}
        for fact in number.facts:
            if fact.events:
                ages.setdefault(fact.events[0].age, []).append(fact.title)
        said = [
            f"{', '.join(titles)}{'' if age == 'no date' else f' ({age})'}"
            for age, titles in ages.items()
        ]
        behind = f"from {'; '.join(said)}{self.cite(number.evidence)}" if said else ""
        return title, number.text, own.origin, behind

    # options

    def options(self) -> None:
        if self.a.options:
            self.heading("OPTIONS")
            titles = ", ".join(dict.fromkeys(x.title for x in self.a.options))
            self.put(
                f"Only options that this version knows are compared: {titles}; "
                "others are not ruled out by their absence."
            )
        brief: dict[str, list[str]] = {}
        for option in self.a.options:
            stopped = any(x.result == "yes" for x in option.stops)
            if option.status in ("not_indicated", "not_in_scope") and not (
                option.considered or stopped
            ):
                brief.setdefault(option.status, []).append(option.title + self.at(option.lesion))
                continue
            self.gap()
            self.option(option)
        for key, titles in brief.items():
            self.gap()
            self.put(sentence("; ".join(titles)), label=f"{capital(STATUSES[key])}:")

    def option(self, option: OptionFinding) -> None:
        considered = " (being considered)" if option.considered else ""
        self.put("", label=self.name(option, considered))
        routine = [x for x in option.stops if x.result == "unknown" and x.routine]
        once = option.status == "check_first" and option.because == "routine"
        said = f" that none of these holds: {self.several(routine)}" if once else "."
        style = STATUS_STYLES.get(option.status, "bold")
        self.line("Status:", capital(status(option)) + said, style)
        for clause in option.stops:
            if clause.result == "yes":
                self.line("Stop:", self.clause(clause), ALARM)
        for clause in option.indicated:
            if clause.result == "yes":
                self.line("For:", self.clause(clause))
            elif clause.result == "unknown" and option.status == "unknown":
                self.line("For, if:", self.clause(clause) + self.needs(clause.missing))
        if option.status in ("not_indicated", "not_in_scope"):
            self.line("Why:", sentence("; ".join(self.reasons(option.why))))
            return
        if option.status == "contraindicated" and not option.considered:
            return
        for clause in option.stops:
            if clause.result == "unknown" and not clause.routine:
                head = f"{sentence(first_sentence(clause.text))}{self.beside(clause)}"
                self.line("Find out whether:", head + self.needs(clause.missing))
        if routine and not once:
            self.line("Confirm that none holds:", self.several(routine))
        for clause in option.cautions:
            if clause.result == "yes":
                facts = self.reasons(clause.why)
                because = f" ({'; '.join(facts)})" if facts else ""
                self.line("Caution:", self.clause(clause) + because, WARNING)
        perhaps = [x for x in option.cautions if x.result == "unknown"]
        if perhaps:
            self.line("Caution, if:", self.several(perhaps))
        self.dose(option)
        self.checks("Checks:", option.checks_before)
        self.checks("Watch:", option.monitoring)
        self.effects(option)
        if option.interpretation:
            self.line("How the source was read:", "")
        for one in option.interpretation:
            self.put(sentence(one), indent=6, bullet="- ")

    def line(self, label: str, text: str, style: str = "bold") -> None:
        self.put(text, indent=2 * MARGIN, label=label, label_style=style)

    def beside(self, clause: ClauseShown) -> str:
        """Give what stands after a clause: that its source was not read, and its citations."""
        return (TRUST_MARKS["unread"] if clause.unread else "") + self.cite(clause.evidence)

    def clause(self, clause: ClauseShown) -> str:
        others = [
            f"{self.option_titles.get(x, id_words(x))} ({STATUSES.get(its, id_words(its))})"
            for x, its in clause.instead
        ]
        instead = f" Instead: {'; '.join(others)}." if others else ""
        return f"{sentence(clause.text)}{self.beside(clause)}{instead}"

    def several(self, clauses: list[ClauseShown]) -> str:
        """Put the heads of several clauses on one line."""
        most = MOST_LISTED if len(clauses) > MOST_LISTED + 1 else len(clauses)
        said = "; ".join(f"{first_sentence(x.text)}{self.beside(x)}" for x in clauses[:most])
        return f"{said}; … and {len(clauses) - most} more." if len(clauses) > most else f"{said}."

    def needs(self, missing: tuple[str, ...], label: str = "Needs") -> str:
        """Name what is missing, some of it."""
        if not missing:
            return ""
        most = 3 if len(missing) > 4 else len(missing)
        more = f" and {len(missing) - most} more" if len(missing) > most else ""
        return f" {label}: {', '.join(map(self.title, missing[:most]))}{more}."

    def dose(self, option: OptionFinding) -> None:
        dose = option.dose
        if dose is None:
            return
        if not dose.settled:
            self.line("Dose:", sentence(dose.text))
            return
        regimen = f" {sentence(dose.regimen)}" if dose.regimen else ""
        self.line("Dose:", f"{sentence(dose.text)}{regimen}{self.cite(dose.evidence)}")

    def checks(self, label: str, checks: tuple[CheckShown, ...]) -> None:
        if checks:
            self.line(label, "")
        for check in checks:
            when = f"{capital(check.when)}: " if check.when else ""
            known = f" Known: {'; '.join(map(aged, check.known))}." if check.known else ""
            said = f"{when}{sentence(check.text)}{self.cite(check.evidence)}{known}"
            self.put(said + self.needs(check.missing, "Not known"), indent=6, bullet="- ")

    def effects(self, option: OptionFinding) -> None:
        if option.side_effects:
            said = [
                f"{x.what}: {first_part(x.figure)}{self.cite(x.evidence)}"
                for x in option.side_effects
            ]
            self.line("Side effects:", f"{'; '.join(said)}.")
        if option.effects:
            self.line("What it achieved:", "")
        for x in option.effects:
            figure = f"{capital(x.what)}: {first_part(x.figure)}{self.cite(x.evidence)}"
            self.put(figure, indent=6, bullet="- ")

    # tests

    def investigations(self) -> None:
        if self.a.investigations:
            self.heading("TESTS TO DO")
        told = {action.id for alert in self.yes for action in alert.actions}
        for test in self.a.investigations:
            what = "How: see above." if test.id in told else test.what
            self.put(f"{what} {test.purpose}", bullet="- ", label=f"{self.name(test)}:")

    # what was not used, and the sources

    def not_used(self) -> None:
        a = self.a
        if not (a.set_aside or a.not_counted or a.not_understood or a.ignored):
            return
        self.heading("WHAT WAS NOT USED")
        self.aside("Set aside:", a.set_aside)
        self.aside("Does not count at the index date:", a.not_counted)
        if a.not_understood:
            count = sum(x.count for x in a.not_understood)
            said = [code_words(x) for x in a.not_understood[:MOST_LISTED]]
            left = len(a.not_understood) - len(said)
            more = f"; … and {left} more codes" if left else ""
            counted = f"{count} statement{'' if count == 1 else 's'}"
            self.put(f"{counted}: {'; '.join(said)}{more}.", label="Not understood:")
        if a.ignored:
            kinds = ", ".join(f"{kind} ({n})" for kind, n in sorted(a.ignored.items()))
            self.put(f"{kinds}.", label="Kinds of resource that are not read:")

    def aside(self, label: str, listed: tuple[SetAside, ...]) -> None:
        if not listed:
            return
        most = MOST_LISTED if len(listed) > MOST_LISTED + 1 else len(listed)
        said = [f"{self.title(x.what)} ({x.where}): {x.why}" for x in listed[:most]]
        more = f"; … and {len(listed) - most} more" if len(listed) > most else ""
        self.put(f"{'; '.join(said)}{more}.", label=label)

    def evidence(self) -> None:
        if self.citations.found:
            self.heading("EVIDENCE")
        for identity, (n, source) in self.citations.found.items():
            bullet = f"[{n}] "
            inner = MARGIN + len(bullet)
            places = [place_words(at, said) for at, said in self.citations.places[identity]]
            single = f" {sentence(places[0])}" if len(places) == 1 else ""
            self.put(f"{source.title}, {source.year}.{single}", bullet=bullet)
            for i, place in enumerate(places if len(places) > 1 else ()):
                self.put(place, indent=inner, bullet=f"{letters(i)}  ")
            self.put(source.address or "no address recorded", indent=inner, whole=True)

    def knowledge(self) -> None:
        known = self.a.knowledge
        self.gap()
        self.put(f"Knowledge {known.version}, content {known.hash[:12]}.", indent=0)
        for weaker in known.weaker:
            self.put(weaker, indent=0, label="Made weaker:", label_style=WARNING)


def leading(
    yes: list[AlertFinding],
) -> tuple[list[AlertFinding], dict[AlertFinding, AlertFinding]]:
    """Part the alerts that are yes into those shown in full, and those shown beneath one of them.

    An alert stands beneath another only if that one is at least as urgent.
    """
    above = {
        x: [
            y for y in yes if y.id in x.beneath and ORDER.index(y.urgency) <= ORDER.index(x.urgency)
        ]
        for x in yes
    }
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


def heads(alerts: list[AlertFinding]) -> list[AlertFinding]:
    """Leave out the alerts that stand beneath another of these, unless all do."""
    named = {x.id for x in alerts}
    return [x for x in alerts if not named & set(x.beneath)] or alerts


def action_title(action: ActionShown) -> str:
    """Give an action's title, with the conditions that it hangs on."""
    conditions = [
        f"{word} {condition}"
        for word, condition in (("if", action.only_if), ("unless", action.unless))
        if condition
    ]
    return capital(action.title) + (f" ({'; '.join(conditions)})" if conditions else "")


def clock_words(clock: ClockShown) -> str:
    """Say an alert's clock: until when, how soon, and from when it counts."""
    since = f"from {clock.counts_from}, whose time is not known"
    if clock.start:
        since = f"from {clock.start} ({clock.counts_from})"
    soon = within(clock.act_by)
    if seconds(clock.act_by) == 0:
        return sentence(f"{soon}; the time counts {since}")
    return sentence(f"due {clock.due}, {soon} {since}" if clock.due else f"due {soon} {since}")


def recorded(facts: tuple[FactShown, ...]) -> list[str]:
    """Give the facts that stand in the record and say something, with their ages."""
    return [
        x.text
        for x in facts
        if x.origin == "recorded" and x.note is None and "not known" not in x.text
    ]


def short(name: str) -> str:
    """Cut a name that would take more than its share of a line."""
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1].rstrip() + "…"


def place_words(at: str | None, confirmation: str) -> str:
    """Say where in a source, and how far that was confirmed."""
    said = CONFIRMATIONS.get(confirmation, confirmation)
    return f"{at}: {said}" if at else said


def code_words(code: NotUnderstood) -> str:
    """Show a code that nothing knows, with the record's own word for it and how often it came."""
    coded = f"{code.system} {code.code}".strip() or "no code"
    times = f" × {code.count}" if code.count > 1 else ""
    return f"{code.display or 'no text'} ({coded}){times}"
