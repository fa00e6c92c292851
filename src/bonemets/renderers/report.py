"""An assessment in lines and headings, on any sheet: the parts of what text and PDF say."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from msgspec.structs import replace

from bonemets.model import (
    AlertFinding,
    Assessment,
    CheckShown,
    ClauseShown,
    EffectShown,
    Finding,
    LesionShown,
    OptionFinding,
    OutlookFinding,
    ScoreFinding,
    SetAside,
    Source,
)
from bonemets.renderers import outlook
from bonemets.renderers.board import (
    MOST_ASKED,
    ORDER,
    SOON,
    UNHURRIED,
    Board,
    Shared,
    Stage,
    Steps,
    action_title,
    clock_words,
    code_words,
    place_words,
    stands_although,
)
from bonemets.renderers.citations import Citations, letters
from bonemets.renderers.sheet import MARGIN, Medium
from bonemets.renderers.words import (
    ANSWERED,
    CONFIRMATIONS,
    NOT_NOW,
    STATUSES,
    URGENCIES,
    aged,
    between,
    clean,
    first_part,
    first_sentence,
    id_words,
    range_text,
    seconds,
    sentence,
    stage_name,
    status,
    within,
    without_rows,
)
from bonemets.shown import TRUST_MARKS, capital, either

MOST_LISTED: Final = 6
MOST_AWAITED: Final = 3
MOST_MISSING: Final = 3
MOST_IN_A_PART: Final = 12
"""Questions listed of each part."""
NOTHING_FITS: Final = "None of its usual steps fits this patient's goals or state."
ALARM: Final = "bold red"
WARNING: Final = "bold yellow"
URGENCY_STYLES: Final = {"now": ALARM, "today": ALARM, "within_24_hours": WARNING}
STATUS_STYLES: Final = {
    "suitable": "bold green",
    "caution": WARNING,
    "check_first": WARNING,
    "contraindicated": ALARM,
}


class Report(Board):
    """Writes one assessment on a sheet: of a terminal, or of another medium in a class below."""

    most_listed = MOST_LISTED
    most_awaited = MOST_AWAITED
    most_in_a_part = MOST_IN_A_PART
    most_missing = MOST_MISSING
    figure_words = staticmethod(first_part)
    """How much is told of a printed figure."""
    reading_of_sources = True
    """Whether it is told how an option's sources were read."""
    bullet_for_one = False
    """Whether the only thing to do by a time has a line of its own, too."""

    def __init__(
        self, assessment: Assessment, sheet: Medium, citations: Citations, *, detail: bool
    ) -> None:
        """Take an assessment, the sheet to write on, and the numbers of its sources.

        `detail`: tell every option that is left, and every card, in full.
        """
        self.detail = detail
        super().__init__(assessment)
        self.sheet, self.citations = sheet, citations
        self.told_above: dict[tuple[str, str | None, str | None], float] = {}
        """What an alert further up asks for, with its time: it is not listed twice."""
        self.put, self.gap, self.heading = sheet.put, sheet.gap, sheet.heading

    def write(self) -> None:
        """Write it from the head to the version of the knowledge."""
        for part in self.parts():
            part()

    def parts(self) -> list[Callable[[], None]]:
        """Give what writes each part, in order."""
        return [
            self.head,
            self.urgent,
            self.not_read,
            self.questions,
            self.actions_in_detail,
            self.also_true,
            self.disagreements,
            self.interactions,
            self.plan,
            self.lesions,
            self.scores,
            self.numbers,
            self.options,
            self.investigations,
            self.cards,
            self.outlook,
            self.for_the_patient,
            self.open_alerts,
            self.not_used,
            self.evidence,
            self.knowledge,
        ]

    # words

    def cite(self, cited: Iterable[Source]) -> str:
        """Give the citation of some sources."""
        return self.citations.cite(cited)

    def plain_name(self, finding: Finding) -> str:
        """Give a finding's title with its lesion and the mark of its trust; no citations."""
        return f"{finding.title}{self.at(finding.lesion)}{TRUST_MARKS.get(finding.trust, '')}"

    def name(self, finding: Finding, middle: str = "") -> str:
        """Give a finding's title with its lesion, the mark of its trust, and its citations."""
        mark = TRUST_MARKS.get(finding.trust, "")
        return (
            f"{finding.title}{self.at(finding.lesion)}{middle}{mark}{self.cite(finding.evidence)}"
        )

    def called(self, alert: AlertFinding) -> str:
        """Give an alert's title where it says what needs action."""
        return self.name(alert)

    def outlook(self) -> None:
        """List the published models side by side, and how far they lie apart."""
        models = self.models()
        if models:
            self.heading("OUTLOOK")
            self.put(outlook.HEAD)
        full = [(x, said) for x, said in models if self.with_figure(x)]
        for x, said in full:
            self.gap()
            self.put(sentence(said), label=f"{self.name(x)}:", bullet="- ")
            self.put(sentence(outlook.people_words(x)), indent=4)
            left = outlook.bands_left(x) if x.worked_out else []
            for band in left if any(b.outcomes for b in left) else ():
                cited = self.cite(e for o in band.outcomes for e in o.evidence)
                self.put(f"{outlook.band_words(band)}.{cited}", indent=4, bullet="- ")
            if x.worked_out and x.say.clinician:
                self.put(x.say.clinician, indent=4)
            self.in_others(x)
        rest = [(x, said) for x, said in models if not self.with_figure(x)]
        if rest:
            self.gap()
            self.put("", label="Without a figure that was read for this patient's group:")
        for x, said in rest:
            # of a model that is not worked out nothing is told, nor are the sources of its points
            named = self.name(x) if x.worked_out else self.plain_name(x)
            self.put(sentence(said), label=f"{named}:", bullet="- ", label_style="")
            self.in_others(x)
        for when, _, apart in self.measures():
            if apart:
                self.gap()
                self.put(f"{apart}.", label=f"Where they disagree ({when}):")

    def in_others(self, x: OutlookFinding) -> None:
        """Say on one line how a model fared with other people, and how its figures fitted them."""
        told = outlook.in_others(x)
        self.put(" ".join(f"{words}.{self.cite(cited)}" for words, cited in told), indent=4)

    @staticmethod
    def with_figure(x: OutlookFinding) -> bool:
        """Say whether a model is worked out, and tells what became of those left in it."""
        return x.worked_out and any(band.outcomes for band in outlook.bands_left(x))

    def for_the_patient(self) -> None:
        """Name the pages of the patient's leaflet."""
        if self.a.handouts:
            self.heading("FOR THE PATIENT")
            titles = "; ".join(x.title for x in self.a.handouts)
            self.put(f"{titles}.", label="The leaflet has pages on:")

    # the head

    def head(self) -> None:
        """Say what this is, as of when, of whom, and what limits it."""
        a = self.a
        self.put(f"bonemets: {a.record}", indent=0, style="bold")
        self.put(a.notice, indent=0)
        if a.index_note:
            said = f"{sentence(a.index_note)} Ages count from that day."
            self.put(said, indent=0, style=WARNING)
        else:
            self.put(f"As of {a.index_date}, the index date.", indent=0)
        for label, said in self.beginning():
            self.put(said, indent=0, label=f"{label}:")
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
        """Say what needs action and by when, and what is not ruled out."""
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
        self.told_above.clear()
        for alert in self.leading:
            self.gap()
            if alert.urgency in UNHURRIED and a.urgency.at_least in SOON:
                self.in_a_line(alert)
            else:
                self.alert(alert)
        self.not_ruled_out()
        self.unusable()
        self.not_settled()

    def in_a_line(self, alert: AlertFinding) -> None:
        """Show an alert that has time, beside one that has none: its actions in one paragraph."""
        steps = [
            f"{within(part.act_by)}: "
            + "; ".join(
                action_title(replace(x, unless=None, only_if=None))
                + (" *" if x.unless or x.only_if else "")
                for x in part.actions
            )
            for part in map(self.not_above, self.steps(alert))
            if part.actions
        ]
        if not steps:
            steps = [NOTHING_FITS if not self.steps(alert) else "What to do stands above"]
        said = sentence(f"{self.called(alert)}. {capital('. '.join(map(capital, steps)))}")
        if "*" in said:
            said += " (* On a condition: see HOW TO DO IT.)"
        self.put(
            said,
            indent=0,
            label=f"{URGENCIES[alert.urgency]}:",
            label_style=URGENCY_STYLES.get(alert.urgency, "bold"),
        )

    def alert_head(self, alert: AlertFinding, name: str) -> None:
        """Show how urgent an alert is, what it is called, and until when.

        And that it begins at once, where somebody has to be called at once about what itself has
        hours: the class of the alert says by when all of it is done.
        """
        calls = (x for x in self.due(alert) if x.call and not (x.only_if or x.unless))
        at_once = alert.urgency != ORDER[0] and any(seconds(x.act_by) == 0 for x in calls)
        self.put(
            name,
            indent=0,
            style="bold",
            label=f"{URGENCIES[alert.urgency]}{', begin at once' if at_once else ''}:",
            label_style=URGENCY_STYLES.get(alert.urgency, "bold"),
        )
        if alert.clock is not None:
            self.put(clock_words(alert.clock))

    def alert_in_short(self, alert: AlertFinding, most: int) -> None:
        """Show an alert: until when, so many reasons (or one more), and what to do."""
        self.alert_head(alert, self.plain_name(alert))
        whys, _ = self.why(alert)
        told = whys if len(whys) <= most + 1 else whys[:most]
        more = f"; and {len(whys) - most} more" if len(told) < len(whys) else ""
        self.put(sentence("; ".join(told) + more), label="Why:")
        self.actions(alert)

    def alert(self, alert: AlertFinding) -> None:
        """Show an alert: until when, why, what to do, and what is true beneath it."""
        self.alert_head(alert, self.name(alert))
        whys, facts = self.why(alert)
        self.put(sentence("; ".join(whys)), label="Why:")
        if facts:
            self.put(sentence("; ".join(facts)), label="Also recorded:")
        self.actions(alert)
        beneath = [
            f"{x.title}{self.at(x.lesion)} ({URGENCIES[x.urgency].lower()})"
            for x in self.beneath(alert)
        ]
        if beneath:
            others = len(beneath) - self.most_awaited
            more = f"; and {others} more, see ALSO TRUE" if others > 0 else ""
            also = sentence("; ".join(beneath[: self.most_awaited]) + more)
            self.put(also, label="Also true, beneath this:", label_style="")

    def actions(self, alert: AlertFinding) -> None:
        """List what to do by its time, titles only, in the order that the alert gives.

        What an alert further up asks for, no later, is not listed again.
        """
        every = self.steps(alert)
        parts = [x for x in map(self.not_above, every) if x.actions]
        for steps in parts:
            until = f", by {steps.due}" if steps.due else ""
            when = f"{capital(within(steps.act_by))}{until}:"
            said = [
                # What stands against it is said once, under HOW TO DO IT.
                action_title(replace(x, unless=None)) + (" *" if x.unless else "")
                for x in steps.actions
            ]
            if len(said) == 1 and not self.bullet_for_one:
                self.put(said[0], label=when)
                continue
            self.put(when, style="bold")
            for title in said:
                self.put(title, indent=4, bullet="- ")
        if sum(len(x.actions) for x in parts) < sum(len(x.actions) for x in every):
            self.put("And what stands above." if parts else "What to do stands above.")
        if not every:
            self.put(NOTHING_FITS)
        if any(x.unless for steps in parts for x in steps.actions):
            self.put('* It may not hold for this patient: see "unless" under HOW TO DO IT.')

    def not_above(self, steps: Steps) -> Steps:
        """Leave out what an alert further up asks for, no later and on the same condition."""
        own = seconds(steps.act_by)
        asked = {(x.id, x.only_if, x.unless): x for x in steps.actions}
        new = tuple(x for key, x in asked.items() if self.told_above.get(key, own + 1) > own)
        self.told_above |= dict.fromkeys(((x.id, x.only_if, x.unless) for x in new), own)
        return Steps(steps.act_by, steps.due, new)

    def not_ruled_out(self) -> None:
        """Say in one line what more urgent is still possible, and what to ask."""
        left = self.still_possible()
        if left is None:
            return
        more = len(left.asks) - MOST_ASKED
        under = f" (and {more} more, under QUESTIONS)" if more > 0 else ""
        asks = left.asks if self.a.urgency.ask else ()  # else they follow just below
        ask = f" Ask: {' '.join(asks[:MOST_ASKED])}{under}" if asks else ""
        self.gap()
        self.put(
            f"{'; '.join(left.titles)}{self.and_more(left.more)}.{ask}",
            indent=0,
            label=f"Not ruled out ({URGENCIES.get(left.worst, left.worst).lower()}):",
            label_style=URGENCY_STYLES.get(left.worst, "bold"),
        )

    def unusable(self) -> None:
        """Name the values that could have mattered and could not be used."""
        for value in self.a.urgency.unusable:
            said = "Could not be used:"
            self.put(sentence(value), indent=0, label=said, label_style=WARNING)

    def not_settled(self) -> None:
        """Count the other open alerts, and name the urgent ones that nothing above speaks for."""
        said = self.others_open()
        if not said:
            return
        self.put(f"{said}. See ALERTS NOT RULED OUT.", indent=0, label="Also:", label_style="")

    def not_read(self) -> None:
        """Say in short what the record holds that nothing rests on."""
        if not self.a.alerts:
            self.gap()
        if said := "; ".join(self.unread()):
            self.put(f"{said} (see the end).", indent=0)

    def actions_in_detail(self) -> None:
        """Say how to do each thing, once, whichever alert asks for it."""
        above, beneath = self.how_to()
        marks = self.shared_conditions(above + beneath)
        for title, listed in (
            ("HOW TO DO IT", above),
            ("ALSO ASKED FOR, BY WHAT STANDS BENEATH", beneath),
        ):
            if listed:
                self.heading(title)
            for condition in dict.fromkeys(x.unless for x in listed if x.unless in marks):
                self.put(f"{marks[condition or '']} unless {condition}")
            for action in listed:
                later = f" ({within(action.act_by)})" if listed is beneath else ""
                sign = marks.get(action.unless or "", "")
                own = replace(action, unless=None) if sign else action
                name = f"{action_title(own)}{later}{f' {sign}' if sign else ''}:"
                self.put(action.text, bullet="- ", label=name)
                if action.despite is not None:
                    self.put(stands_although(action), indent=4)

    def also_true(self) -> None:
        """List what is true beneath another alert, with its sources."""
        if self.covered:
            self.heading("ALSO TRUE")
        for x in self.covered:
            self.put(self.name(x, f" ({URGENCIES[x.urgency].lower()})"), bullet="- ")

    def disagreements(self) -> None:
        """List where sources disagree on what this patient gets, and which side is taken here."""
        if self.a.disagreements:
            self.heading("WHERE SOURCES DISAGREE")
        for found in self.a.disagreements:
            self.put("", label=f"{found.title} ({self.concerns(found)}):", bullet="- ")
            for position in found.positions:
                said = sentence(position.text)
                cited = TRUST_MARKS.get(position.trust, "") + self.cite(position.evidence)
                label = self.side(found, position)
                self.put(f"{said}{cited}", label=label, indent=4, bullet="- ")
            self.put(sentence(found.why), label="Why:", indent=4)

    def questions(self) -> None:
        """List every question that could change the urgency, by what it could become."""
        a = self.a
        if a.scope.open and a.urgency.ask:  # behind a closed gate one question stands above
            self.heading("QUESTIONS")
            for worst, asks in self.asks():
                if worst:
                    self.put(
                        f"Could show that something is due {URGENCIES[worst]}:",
                        style=URGENCY_STYLES.get(worst, "bold"),
                    )
                for ask in asks[: self.most_in_a_part]:
                    self.put(ask, indent=2 * MARGIN, bullet="- ")
                if len(asks) > self.most_in_a_part:
                    others = (
                        f"… and {len(asks) - self.most_in_a_part} more; the page lists them all."
                    )
                    self.put(others, indent=2 * MARGIN)
        best = self.best()[: self.most_awaited]
        if best:
            self.heading("WHAT WOULD SETTLE MOST")
        for ask, answers in best:
            self.put(ask, bullet="- ")
            for answer, (first, *others) in answers:
                more = f" (and {len(others)} more)" if others else ""
                label = f"{capital(answer)}:"
                self.put(f"{first}{more}", indent=3 * MARGIN, label=label, label_style="")

    def open_alerts(self) -> None:
        """List every alert that is not ruled out, by urgency, with what it waits for."""
        waiting, answered = self.waiting(), self.answered()
        if waiting or answered:
            self.heading("ALERTS NOT RULED OUT")
        for urgency, alerts in waiting:
            self.put(f"{URGENCIES[urgency]}:", style=URGENCY_STYLES.get(urgency, "bold"))
            for title, missing in alerts:
                more = len(missing) - self.most_awaited
                waits = f": waits for {', '.join(missing[: self.most_awaited])}" if missing else ""
                said = title + waits + (f" and {more} more" if more > 0 else "")
                self.put(said, indent=2 * MARGIN, bullet="- ")
        if answered:
            self.put(sentence("; ".join(answered)), label=ANSWERED, label_style="")

    # lesions and scores

    def lesions(self) -> None:
        """List the bone lesions."""
        placeless = self.without_place()
        if not (self.a.lesions or placeless):
            return
        self.heading("BONE LESIONS")
        if placeless:
            self.put(placeless)
        for n, lesion in enumerate(self.a.lesions, 1):
            self.lesion(n, lesion)
        if self.a.lesions and not self.a.lesions_complete:
            self.put("The record does not say that there are no others.")

    def lesion(self, number: int, lesion: LesionShown) -> None:
        """Show one of the bone lesions, with its number in the figures where there are any."""
        said = f"{capital(self.places[lesion.id])}: {self.lesion_words(lesion)}"
        self.put(said, bullet="- ")

    def scores(self) -> None:
        """Show the scores, each kind once."""
        every, quiet = self.parted_scores()
        perhaps = [x for x in every if x.result == "unknown" and not x.components]
        told = [x for x in every if x not in perhaps]
        if every or quiet:
            self.heading("SCORES")
        for identity in dict.fromkeys(x.id for x in told):
            several = [x for x in told if x.id == identity]
            self.gap()
            if len(several[0].components) > 1:
                self.score_table(several)
            else:
                for score in several:
                    self.put(self.score_words(score), label=f"{self.name(score)}:")
                    self.scale(score)
            for score in several:
                if score.result == "unknown":
                    open_ = "; ".join(between([x.text for x in score.why]))
                    self.put(f"Only if it applies{self.at(score.lesion)}: {open_}.", indent=4)
        if quiet:
            self.gap()
            self.put(sentence("; ".join(quiet)), label="Nothing to act on by:", label_style="")
        if perhaps:
            said = [f"{x.title}{self.at(x.lesion)} ({self.waits(x.missing)})" for x in perhaps]
            self.gap()
            self.put(sentence("; ".join(said)), label="May apply:", label_style="")

    def scale(self, score: ScoreFinding) -> None:
        """Draw a score on its scale, where a medium draws; here the words say it all."""

    def waits(self, missing: tuple[str, ...]) -> str:
        """Say on what something hangs that is not known."""
        return f"not known: {self.needs(missing, '').removeprefix(' : ').rstrip('.')}"

    def score_table(self, several: list[ScoreFinding]) -> None:
        """Show one score with its components, its lesions side by side."""
        self.score_head(several)
        longest = max(len(c.title) for c in several[0].components)
        labels = min(longest, self.sheet.width * 2 // 5)
        room = self.sheet.width - 2 * MARGIN - labels
        columns = max(1, room // 30)
        for start in range(0, len(several), columns):
            chunk = several[start : start + columns]
            if start:
                self.gap()
            width = max(16, min(44, room // len(chunk) - 2))
            widths = [labels, *([width] * len(chunk))]
            self.sheet.table(self.score_rows(chunk), widths, indent=2 * MARGIN)
        for score in several:
            self.put(score.say.clinician, indent=2 * MARGIN)

    def score_head(self, several: list[ScoreFinding]) -> None:
        """Name a score, with the mark of its trust and its sources."""
        worst = max((x.trust for x in several), key=list(CONFIRMATIONS).index)
        cited = self.cite(e for x in several for e in x.evidence)
        self.put("", label=f"{several[0].title}{TRUST_MARKS.get(worst, '')}{cited}")

    def score_rows(self, several: list[ScoreFinding]) -> list[list[str]]:
        """Give a score's components, total and bands as rows of cells, a column for each lesion."""
        rows = [["", *(capital(self.places.get(x.lesion or "", "points")) for x in several)]]
        for n, component in enumerate(several[0].components):
            cells = [x.components[n] for x in several]
            rows.append([component.title, *(f"{range_text(c.points)}: {c.text}" for c in cells)])
        rows.append(["total", *(range_text(x.value) for x in several)])
        if any(x.band_texts for x in several):
            rows.append(["that is", *(either(x.band_texts) for x in several)])
        return rows

    # numbers

    def numbers(self) -> None:
        """List the numbers of which something is known, or something has to be said."""
        shown = self.known_numbers()
        if not shown:
            return
        self.heading("NUMBERS")
        rows = [
            (title, value, age, behind and behind + self.cite(cited))
            for title, value, age, behind, cited in map(self.number, shown)
        ]
        most = (self.sheet.width * 2 // 5, self.sheet.width * 3 // 10)
        widths = [min(max(len(clean(row[i])) for row in rows), most[i]) for i in range(2)]
        rest = max(12, self.sheet.width - MARGIN - sum(widths) - 4)
        for title, value, age, behind in rows:
            self.sheet.table([[title, value, age]], [*widths, rest])
            if behind:
                self.put(behind, indent=6)

    # options

    def options(self) -> None:
        """Show what is left to be chosen or stopped in full, and the other options in brief."""
        if self.a.options:
            self.heading("OPTIONS")
            self.put(
                "Only options that this version knows are compared; others are not ruled out by "
                "their absence."
            )
        self.options_in_full()
        for key, titles in self.parted_options()[1].items():
            self.gap()
            if key != "unknown":
                self.put(sentence("; ".join(titles)), label=f"{capital(STATUSES[key])}:")
                continue
            self.put("", label=f"{capital(STATUSES[key])}:")
            for title in titles:
                self.put(sentence(title), bullet="- ")

    def options_in_full(self) -> None:
        """Tell every option that is left to be chosen or stopped."""
        for option in self.parted_options()[0]:
            self.gap()
            self.option(option)

    def option(self, option: OptionFinding) -> None:
        """Show an option: its status, what is for and against it, its dose, checks and effects."""
        considered = " (being considered)" if option.considered else ""
        begins = self.begins(option)
        self.put("", label=self.name(option, considered) + (f" ({begins})" if begins else ""))
        routine = [x for x in option.stops if x.result == "unknown" and x.routine]
        once = option.status == "check_first" and option.because == "routine"
        said = "."
        if once:
            said = f" that none of these holds: {self.several_new(option, 'routine', routine)}"
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
            self.line("Confirm that none holds:", self.several_new(option, "routine", routine))
        for clause in option.cautions:
            if clause.result == "yes":
                facts = self.reasons(clause.why)
                because = f" ({'; '.join(facts)})" if facts else ""
                self.line("Caution:", self.clause(clause) + because, WARNING)
        perhaps = [x for x in option.cautions if x.result == "unknown"]
        if perhaps:
            self.line("Caution, if:", self.several_new(option, "perhaps", perhaps))
        self.dose(option)
        self.checks("Checks:", option, "checks_before")
        self.checks("Watch:", option, "monitoring")
        self.effects(option)
        if not self.reading_of_sources:
            return
        if option.interpretation:
            self.line("How the source was read:", "")
        for one in option.interpretation:
            self.put(sentence(without_rows(one)), indent=6, bullet="- ")

    def line(self, label: str, text: str, style: str = "bold") -> None:
        """Add a line of an option."""
        self.put(text, indent=2 * MARGIN, label=label, label_style=style)

    def beside(self, clause: ClauseShown) -> str:
        """Give what stands after a clause: that its source was not read, and its citations."""
        return TRUST_MARKS.get(clause.trust, "") + self.cite(clause.evidence)

    def clause(self, clause: ClauseShown) -> str:
        """Give a clause with its sources, and what to look at instead."""
        others = [
            f"{self.option_titles.get(x, id_words(x))} ({STATUSES.get(its, id_words(its))})"
            for x, its in clause.instead
        ]
        instead = f" Instead: {'; '.join(others)}." if others else ""
        return f"{sentence(clause.text)}{self.beside(clause)}{instead}"

    def several(self, clauses: list[ClauseShown]) -> str:
        """Put the heads of several clauses on one line."""
        most = self.most_listed if len(clauses) > self.most_listed + 1 else len(clauses)
        said = "; ".join(f"{first_sentence(x.text)}{self.beside(x)}" for x in clauses[:most])
        return f"{said}; … and {len(clauses) - most} more." if len(clauses) > most else f"{said}."

    def needs(self, missing: tuple[str, ...], label: str = "Needs") -> str:
        """Name what is missing, some of it."""
        if not missing:
            return ""
        most = self.most_missing if len(missing) > self.most_missing + 1 else len(missing)
        more = f" and {len(missing) - most} more" if len(missing) > most else ""
        return f" {label}: {', '.join(map(self.title, missing[:most]))}{more}."

    def dose(self, option: OptionFinding) -> None:
        """Show the dose, or why none is shown."""
        dose = option.dose
        if dose is None:
            return
        if not dose.settled:
            self.line("Dose:", self.dose_words(option))
            return
        amount = sentence(dose.text) + (self.cite(dose.evidence) if dose.apart else "")
        regimen = f" {sentence(dose.regimen)}" if dose.regimen else ""
        self.line("Dose:", f"{amount}{regimen}{self.cite(dose.regimen_evidence)}")

    def is_new(self, option: OptionFinding, kind: str, one: Shared) -> bool:
        """Say whether a part of an option is told with it: not where a medium tells it before."""
        return True

    def others(self, option: OptionFinding, kind: str) -> str:
        """Name the options with which the rest of it is told."""
        return ""

    def several_new(self, option: OptionFinding, kind: str, clauses: list[ClauseShown]) -> str:
        """Put the heads of those clauses on one line that are not told before."""
        new = [x for x in clauses if self.is_new(option, kind, x)]
        told = [self.several(new)] if new else []
        rest = self.others(option, kind)
        return " ".join((*told, rest) if rest else told)

    def checks(self, label: str, option: OptionFinding, kind: str) -> None:
        """List checks with what is known of them."""
        listed: tuple[CheckShown, ...] = getattr(option, kind)
        new = [x for x in listed if self.is_new(option, kind, x)]
        rest = self.others(option, kind)
        if listed:
            self.line(label, "" if new else rest)
        for check in new:
            when = f"{capital(check.when)}: " if check.when else ""
            known = f" Known: {'; '.join(map(aged, check.known))}." if check.known else ""
            said = f"{when}{sentence(check.text)}{self.cite(check.evidence)}{known}"
            self.put(said + self.needs(check.missing, "Not known"), indent=6, bullet="- ")
        if new and rest:
            self.put(rest, indent=6, bullet="- ")

    def effects(self, option: OptionFinding) -> None:
        """List side effects, and what the option achieved."""
        if option.side_effects:
            said = [
                f"{x.what}: {self.figure_words(x.figure)}{self.cite(x.evidence)}"
                for x in option.side_effects
                if self.is_new(option, "side_effects", x)
            ]
            told = [f"{'; '.join(said)}."] if said else []
            rest = self.others(option, "side_effects")
            self.line("Side effects:", " ".join((*told, rest) if rest else told))
        new = [x for x in option.effects if self.is_new(option, "effects", x)]
        rest = self.others(option, "effects")
        if new or rest:
            self.line("What it achieved:", "" if new else rest)
        for x in new:
            figure = f"{capital(x.what)}: {self.figure_words(x.figure)}{self.cite(x.evidence)}"
            self.put(figure, indent=6, bullet="- ")
            self.people(x)
        if new and rest:
            self.put(rest, indent=6, bullet="- ")

    def people(self, effect: EffectShown) -> None:
        """Draw numbers of people, where a medium draws; here the figure says it all."""

    # tests

    def investigations(self) -> None:
        """List the tests to do."""
        if self.tests():
            self.heading("TESTS TO DO")
        told = {action.id for alert in self.yes for action in alert.actions}
        for test in self.tests():
            # The plan has told the first sentence of what it is for.
            _, _, rest = test.purpose.partition(". ")
            what = "How: see above." if test.id in told else test.what
            self.put(f"{what} {rest}".strip(), bullet="- ", label=f"{self.name(test)}:")

    def interactions(self) -> None:
        """Say what does not go together for this patient."""
        if self.clashes():
            self.heading("WHAT DOES NOT GO TOGETHER")
        for x in self.clashes():
            effect = f" ({id_words(x.effect)}{self.waited(x.wait)})"
            self.put(x.purpose, bullet="- ", label=f"{self.name(x, effect)}:")

    def plan(self) -> None:
        """Show what to do in its order, what was declined, and what would change it."""
        stages = self.plan_begun("PLAN, IN ITS ORDER")
        if stages is None:
            return
        for stage in stages:
            self.gap()
            self.asked_by_alerts(stage)
            for choice in stage.choices:
                if len(choice) > 1:
                    all_ = " ".join(self.shared_words(choice))
                    self.put(all_, bullet="- ", label=self.choice_head(choice))
                for entry in self.own(choice):
                    said = f"{' '.join(self.plan_words(entry))}{self.cite(entry.evidence)}"
                    indent = 4 if len(choice) > 1 else MARGIN
                    head = self.entry_head(entry) + (":" if self.plan_words(entry) else ".")
                    self.put(said, indent=indent, bullet="- ", label=head)
        if self.a.declined:
            self.gap()
            self.put("", label=NOT_NOW)
            self.reasons_why_not()
        changes = self.plan_changes()
        if changes:
            self.gap()
            self.put(f"{'; '.join(changes)}.", label="What would change this plan:")

    def plan_begun(self, heading: str) -> list[Stage] | None:
        """Begin the plan, and give its stages; None, and nothing is written: there is no plan."""
        stages = self.stages()
        if not (stages or self.a.declined):
            return None
        self.heading(heading)
        if first := self.steps_above():
            self.put(first)
        return stages

    def asked_by_alerts(self, stage: Stage) -> None:
        """Show by when a stage is due, and what alerts ask for in it."""
        told = self.told_elsewhere(stage)
        self.put(told, label=stage_name(stage.by), label_style=URGENCY_STYLES.get(stage.by, ""))
        for reason, entries in stage.asked.items():
            said = "; ".join(map(self.entry_head, entries))
            self.put(sentence(said), bullet="- ", label=f"{reason}:")

    def told_elsewhere(self, stage: Stage) -> str:
        """Say beside a stage's name where the rest of it is told; here all of it is."""
        return ""

    def reasons_why_not(self) -> None:
        """Tell what was declined with the reasons."""
        for titles, why in self.declined():
            self.put(" ".join(why), bullet="- ", label=f"{titles}:")

    def cards(self) -> None:
        """List facts to look up that concern this patient."""
        if self.a.cards:
            self.heading("TO LOOK UP")
        if self.a.cards and not self.detail:
            titles = "; ".join(x.title + self.at(x.lesion) for x in self.a.cards)
            self.put(f"{titles}. In full with --detail.")
            return
        for card in self.a.cards:
            self.put(card.say.clinician, bullet="- ", label=f"{self.name(card)}:")
            for row in card.rows:
                perhaps = "" if row.result == "yes" else "Perhaps: "
                self.put(f"{perhaps}{row.text}{self.cite(row.evidence)}", indent=4, bullet="- ")

    # what was not used, and the sources

    def not_used(self) -> None:
        """List what was set aside, does not count or was not understood."""
        a = self.a
        if not (a.set_aside or a.not_counted or a.not_understood or a.ignored):
            return
        self.heading("WHAT WAS NOT USED")
        self.aside("Set aside:", a.set_aside)
        self.aside("Does not count at the index date:", a.not_counted)
        if a.not_understood:
            count = sum(x.count for x in a.not_understood)
            said = [code_words(x) for x in a.not_understood[: self.most_listed]]
            left = len(a.not_understood) - len(said)
            more = f"; … and {left} more codes" if left else ""
            counted = f"{count} statement{'' if count == 1 else 's'}"
            self.put(f"{counted}: {'; '.join(said)}{more}.", label="Not understood:")
        if a.ignored:
            kinds = ", ".join(f"{kind} ({n})" for kind, n in sorted(a.ignored.items()))
            self.put(f"{kinds}.", label="Kinds of resource that are not read:")

    def aside(self, label: str, listed: tuple[SetAside, ...]) -> None:
        """List statements with the reason that each was not used."""
        if not listed:
            return
        most = self.most_listed if len(listed) > self.most_listed + 1 else len(listed)
        said = [f"{self.title(x.what)} ({x.where}): {x.why}" for x in listed[:most]]
        more = f"; … and {len(listed) - most} more" if len(listed) > most else ""
        self.put(f"{'; '.join(said)}{more}.", label=label)

    def evidence(self) -> None:
        """List the sources by number, with the places cited in each."""
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
        """Name the knowledge, and what made it weaker."""
        known = self.a.knowledge
        self.gap()
        self.put(f"Knowledge {known.version}, content {known.hash[:12]}.", indent=0)
        for weaker in known.weaker:
            self.put(weaker, indent=0, label="Made weaker:", label_style=WARNING)
