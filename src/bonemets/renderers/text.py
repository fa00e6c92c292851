"""An assessment -> plain text for a terminal, a pipe or a printout.

It reads like a letter (`Letter`): who, what needs action and by when, what we propose and why,
what is not known. Under IN DETAIL follows the rest, each thing once, and the sources at the end.
All text enters as data: nothing in a record or in the knowledge can format or move anything.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from msgspec.structs import replace

from bonemets.model import (
    AlertFinding,
    Assessment,
    PlanEntry,
    Source,
)
from bonemets.pack.durations import urgency_of
from bonemets.renderers.board import (
    MOST_ASKED,
    SOON,
    UNHURRIED,
    Stage,
    by_topic,
    place_words,
    rest_of,
    shared,
    without,
)
from bonemets.renderers.citations import Citations, letters
from bonemets.renderers.report import URGENCY_STYLES, Report
from bonemets.renderers.sheet import MARGIN, Sheet
from bonemets.renderers.words import (
    ANSWERED,
    NOT_NOW,
    STATUSES,
    URGENCIES,
    first_sentence,
    sentence,
)
from bonemets.shown import both, capital

MOST_WHY: Final = 4
"""Reasons of an alert in the letter, if there are more than one more."""


def render(
    assessment: Assessment, width: int = 100, colour: bool = False, detail: bool = True
) -> str:
    """Show an assessment as text.

    Args:
        assessment: as given by `assess`.
        width: columns to wrap at; only an address goes beyond, so that it stays whole.
        colour: put in the terminal's colour codes; without them the text is the same.
        detail: tell every option that is left, and every card, in full; without it only the
            options that the record asks for, and of the others what the plan says.
    """
    citations = Citations()
    for sheet in (Sheet(width, blank=True), Sheet(width, colour)):  # first to meet what is cited
        Letter(assessment, sheet, citations, detail=detail).write()
    return sheet.text()


class Letter(Report):
    """Writes one assessment as a colleague would: a letter of a page or two, then the detail."""

    def parts(self) -> list[Callable[[], None]]:
        """Give what writes each part, in order: the letter first."""
        return [
            self.head,
            self.urgent,
            self.not_read,
            self.proposal,
            self.questions,
            self.in_detail,
            self.actions_in_detail,
            self.behind_the_alerts,
            self.steps_in_detail,
            self.declined_in_detail,
            self.interactions,
            self.settling,
            self.open_alerts,
            self.lesions,
            self.scores,
            self.numbers,
            self.options,
            self.cards,
            self.outlook,
            self.disagreements,
            self.for_the_patient,
            self.not_used,
            self.evidence,
            self.knowledge,
        ]

    # the letter

    def head(self) -> None:
        """Say what this is, of whom, and which tests were done.

        Also those of the patient that are asked for again: an alert names them without a date.
        """
        super().head()
        again = [capital(x.last) for x in self.a.plan if x.last and not x.lesions]
        if done := [*self.done(), *again]:
            self.put(sentence("; ".join(done)), indent=0, label="Done:")

    def called(self, alert: AlertFinding) -> str:
        """Give an alert's title without its sources: they follow in the detail."""
        return self.plain_name(alert)

    def alert(self, alert: AlertFinding) -> None:
        """Show an alert: until when, why in short, and what to do."""
        self.alert_in_short(alert, MOST_WHY)

    def not_settled(self) -> None:
        """Count the other open alerts: apart from the last alert, beside what is not ruled out."""
        if self.others_open() and self.still_possible() is None:
            self.gap()
        super().not_settled()

    def proposal(self) -> None:
        """Give the plan in its order: each thing with its reason and what to mind, in short."""
        stages = self.plan_begun("WHAT WE PROPOSE, IN ITS ORDER")
        if stages is None:
            return
        for stage in map(self.not_yet_told, stages):
            if not (stage.asked or stage.choices):
                continue
            self.asked_by_alerts(stage)
            if stage.by == UNHURRIED[-1]:
                self.unhurried(stage)
                continue
            before: tuple[str, ...] = ()
            for choice in stage.choices:
                self.choice(choice, before)
                before = choice[0].cautions if len(choice) == 1 else ()
        for titles, why in self.declined():
            if titles == self.declined()[0][0]:
                self.put("", label=NOT_NOW)
            said = "; ".join(dict.fromkeys(map(first_sentence, why)))
            self.put(sentence(said), bullet="- ", label=f"{titles}:")
        if clashes := self.clashes():
            self.put(
                sentence("; ".join(map(self.plain_name, clashes))),
                label="What does not go together:",
            )

    def not_yet_told(self, stage: Stage) -> Stage:
        """Leave out the tests that stand above with an alert, for the same place and time.

        Not what has time until the next visit, where a topic tells them in their order, nor one of
        which there is more to say: when it was last done, or what it waits for.
        """
        if stage.by == UNHURRIED[-1]:
            return stage
        above = {
            (action.id, alert.lesion)
            for alert in self.leading
            for action in self.due(alert)
            if urgency_of(action.act_by) == stage.by and not (action.only_if or action.unless)
        }

        def told(entry: PlanEntry) -> bool:
            return (
                entry.kind == "investigation"
                and not self.why_in_short(entry)
                and entry.only_if is None
                and all((entry.id, x) in above for x in entry.lesions or (None,))
            )

        left = [x for x in stage.choices if not all(map(told, x))]
        return Stage(stage.by, stage.asked, left)

    def told_elsewhere(self, stage: Stage) -> str:
        """Say of what has time where the reasons stand."""
        unhurried = stage.by == UNHURRIED[-1] and stage.choices
        return "(reasons, and what to mind: THE PROPOSAL IN DETAIL)" if unhurried else ""

    def unhurried(self, stage: Stage) -> None:
        """Show what has time by its topic, titles and what to mind: a line for each."""
        for topic, choices in by_topic(stage):
            heads = map(self.heads_in_brief, choices)
            label = f"{topic}:" if topic else ""
            self.put(sentence("; ".join(heads)), bullet="- ", label=label)

    def choice(self, choice: list[PlanEntry], before: tuple[str, ...] = ()) -> None:
        """Show one thing of the plan, or several of which one is chosen.

        Those of which the same is said stand on one line, without a list of one.

        Args:
            choice: what stands there.
            before: the cautions of what stands right above; they are not told again of all.
        """
        if len(choice) == 1:
            said = " ".join(self.why_in_short(choice[0]))
            head = self.entry_head(choice[0]) + (":" if said else ".")
            self.put(said, bullet="- ", label=head)
            return
        for_all = shared(choice)
        for_all = replace(for_all, cautions=without(for_all.cautions, before))
        said_of_all = " ".join(self.why_in_short(for_all))
        alike: dict[str, list[str]] = {}
        for entry in self.own(choice):
            alike.setdefault(" ".join(self.why_in_short(entry)), []).append(self.entry_head(entry))
        if len(alike) == 1:
            first = choice[0]
            told = replace(first, cautions=without(first.cautions, before))
            said = " ".join(self.why_in_short(told))
            heads = " or ".join(map(self.entry_head, choice))
            head = f"{self.choice_head(choice)} {heads}{':' if said else '.'}"
            self.put(said, bullet="- ", label=head)
            return
        self.put(said_of_all, bullet="- ", label=self.choice_head(choice))
        for said, heads in alike.items():
            head = "; ".join(heads) + (":" if said else ".")
            self.put(said, indent=4, bullet="- ", label=head)

    def questions(self) -> None:
        """Put the few questions: by what they could bring, then those that settle most."""
        parts = [(URGENCIES.get(worst, ""), asks) for worst, asks in self.few()]
        if parts:
            self.heading("QUESTIONS")
        for due, asks in parts:
            if due:
                self.put(f"Could show that something is due {due}:", style="bold")
            for ask in asks[: self.most_listed]:
                self.put(ask, indent=2 * MARGIN if due else MARGIN, bullet="- ")
            if len(asks) > self.most_listed:
                more = f"… and {len(asks) - self.most_listed} more; the page lists them all."
                self.put(more, indent=2 * MARGIN)

    def few(self) -> list[tuple[str, list[str]]]:
        """Give the questions that could change the urgency, and those that settle most.

        Without those that stand above already.
        """
        if not self.a.scope.open:
            return []
        left = self.still_possible()
        told = set(left.asks[:MOST_ASKED]) if left and self.a.urgency.ask else set[str]()
        parts: list[tuple[str, list[str]]] = []
        best = [("", [self.ask(x) for x in self.a.questions[:MOST_ASKED]])]
        for worst, asks in (*self.asks(), *best):
            new = [x for x in dict.fromkeys(asks) if x not in told]
            told |= set(new)
            if new:
                parts.append((worst, new))
        return parts

    # the detail

    def in_detail(self) -> None:
        """Say that the letter ends here."""
        if self.yes or self.a.plan or self.a.scores or self.a.numbers or self.a.options:
            self.heading("IN DETAIL")
            self.put("How to do what stands above, what is behind it, and its sources.")

    def behind_the_alerts(self) -> None:
        """Say of each alert what else decided, what is true beneath it, and its sources."""
        if self.yes:
            self.heading("BEHIND THE ALERTS")
        for alert in self.leading:
            whys, facts = self.why(alert)
            said = [sentence("; ".join(whys))] if len(whys) > MOST_WHY + 1 else []
            said += [f"Also recorded: {sentence('; '.join(facts))}"] if facts else []
            self.put(" ".join(said), bullet="- ", label=self.name(alert) + (":" if said else ""))
        for x in self.covered:
            self.put(self.name(x, f" ({URGENCIES[x.urgency].lower()}, beneath)"), bullet="- ")

    def steps_in_detail(self) -> None:
        """Say of each thing of the plan what the letter leaves out, with its sources."""
        self.minded: dict[tuple[str, str, str], str] = {}
        short: list[str] = []
        full: list[tuple[str, str, tuple[Source, ...]]] = []
        for stage in self.stages():
            for choice in stage.choices:
                heads = [f"{capital(x.title)}{self.places_of(x)}" for x in choice]
                # The letter tells of what has time no more than its title.
                if stage.by == UNHURRIED[-1] and (for_all := " ".join(self.shared_words(choice))):
                    full.append((" or ".join(heads), for_all, ()))
                for head, entry in zip(heads, self.own(choice), strict=True):
                    said = " ".join((*self.in_full(entry), *self.to_mind(entry)))
                    if said:
                        full.append((head, said, entry.evidence))
                    elif cited := self.cite(entry.evidence):
                        short.append(f"{head}{cited}")
        if full or short:
            self.heading("THE PROPOSAL IN DETAIL")
        for head, said, behind in full:
            self.put(f"{said}{self.cite(behind)}", bullet="- ", label=f"{head}:")
        if short:
            self.put(sentence("; ".join(short)), label="Sources of the others:", label_style="")

    def to_mind(self, entry: PlanEntry) -> list[str]:
        """Give the regimen, checks and side effects of an option that begins within a day.

        What was told of another option is not told again: that one is named.
        """
        option = next((x for x in self.a.options if x.id == entry.id), None)
        if (
            option is None
            or entry.kind == "review"
            or entry.by not in SOON
            or self.detail
            or option.considered
        ):
            return []
        said = [sentence(option.dose.regimen)] if option.dose and option.dose.settled else []
        effects = [("", f"{x.what}, {self.figure_words(x.figure)}") for x in option.side_effects]
        same: dict[str, list[str]] = {}
        for label, told in (
            ("checks", [(x.when or "", first_sentence(x.text)) for x in option.checks_before]),
            ("watch", [(x.when or "", first_sentence(x.text)) for x in option.monitoring]),
            ("side effects", effects),
        ):
            new = [x for x in told if (label, *x) not in self.minded]
            others = dict.fromkeys(self.minded[label, *x] for x in told if x not in new)
            if others:
                same.setdefault(next(iter(others)), []).append(label)
            if new:
                said.append(f"{capital(label)}: {by_time(new)}.")
            self.minded |= {(label, *x): option.title for x in new}
        said += [
            f"{capital(both(labels))} as for {title[0].lower()}{title[1:]}."
            for title, labels in same.items()
        ]
        return [x for x in said if x]

    def declined_in_detail(self) -> None:
        """Give the reasons against what was declined that the letter leaves out, each once."""
        rest: dict[str, list[str]] = {}
        for titles, why in self.declined():
            if left := " ".join(filter(None, map(rest_of, why))):
                rest.setdefault(left, []).append(titles)
        if rest:
            self.heading("WHY NOT, FURTHER")
        for why, several in rest.items():
            self.put(why, bullet="- ", label=f"{'; '.join(several)}:")

    def settling(self) -> None:
        """Say what the answers to the questions would change."""
        best = self.best()[: self.most_awaited]
        if best:
            self.heading("WHAT WOULD SETTLE MOST")
        for ask, answers in best:
            said = [
                f"{capital(answer)}: {first}{f' (and {len(rest)} more)' if rest else ''}"
                for answer, (first, *rest) in answers
            ]
            self.put(sentence("; ".join(said)), bullet="- ", label=ask)
        if changes := self.plan_changes():
            self.put(f"{'; '.join(changes)}.", label="What would change the proposal:")

    def open_alerts(self) -> None:
        """List every alert that is not ruled out, by urgency, with what it waits for."""
        waiting, answered = self.waiting(), self.answered()
        if waiting or answered:
            self.heading("ALERTS NOT RULED OUT")
        for urgency, alerts in waiting:
            said = [
                title
                + (f" (waits for {', '.join(missing[: self.most_awaited])}" if missing else "")
                + (f" and {len(missing) - self.most_awaited} more" if len(missing) > 3 else "")
                + (")" if missing else "")
                for title, missing in alerts
            ]
            style = URGENCY_STYLES.get(urgency, "bold")
            label = f"{URGENCIES[urgency]}:"
            self.put(sentence("; ".join(said)), label=label, label_style=style)
        if answered:
            self.put(sentence("; ".join(answered)), label=ANSWERED, label_style="")

    def numbers(self) -> None:
        """List the numbers of which something is known: by their age, and those computed."""
        by_age: dict[str, list[str]] = {}
        computed: list[str] = []
        for title, value, age, behind, cited in map(self.number, self.known_numbers()):
            by = f" ({behind.rstrip('.').replace(' (today)', '')})" if behind else ""
            said = by_age.setdefault(age or "no date", []) if age != "computed" else computed
            said.append(f"{title} {value}{by}{self.cite(cited)}")
        if by_age or computed:
            self.heading("NUMBERS")
        for age, said in by_age.items():
            self.put(sentence("; ".join(said)), label=f"{capital(age)}:")
        if computed:
            self.put(sentence("; ".join(computed)), label="Computed:")

    def options(self) -> None:
        """Show what the record asks for in full, and the other options in brief."""
        if self.a.options:
            self.heading("OPTIONS")
            self.put(
                "Only options that this version knows are compared; others are not ruled out by "
                "their absence."
            )
        full, brief = self.parted_options(stops=False)
        for option in full:
            if self.detail or option.considered:
                self.gap()
                self.option(option)
        if full and not self.detail:
            self.put("Each option in full, with what it achieved: --detail, or the page.")
        for key, titles in brief.items():
            label = f"{capital(STATUSES[key])}:"
            if key != "unknown":
                self.put(sentence("; ".join(titles)), label=label)
                continue
            self.put("", label=label)
            for title in titles:
                self.put(sentence(title), bullet="- ")
        if stopped := self.stopped_too():
            said = "; ".join(f"{why}: {', '.join(titles)}" for why, titles in stopped)
            self.put(sentence(said), label="A stop would hold, too:", label_style="")

    def cards(self) -> None:
        """Count the facts to look up, or list them in full."""
        if self.detail or not self.a.cards:
            super().cards()
            return
        count = len(self.a.cards)
        self.heading("TO LOOK UP")
        self.put(f"{count} cards of facts concern this patient: --detail, or the page.")

    def evidence(self) -> None:
        """List the sources by number, with the places cited in each."""
        if self.citations.found:
            self.heading("EVIDENCE")
        for identity, (n, source) in self.citations.found.items():
            places = [place_words(at, said) for at, said in self.citations.places[identity]]
            told = [sentence(capital(places[0]))] if len(places) == 1 else []
            if len(places) > 1:
                told = [sentence("; ".join(f"({letters(i)}) {x}" for i, x in enumerate(places)))]
            bullet = f"[{n}] "
            address = source.address or "no address recorded"
            fits = len(address) <= self.sheet.width - MARGIN - len(bullet)
            inline = (address,) if fits else ()
            said = " ".join((f"{source.title}, {source.year}.", *told, *inline))
            self.put(said, bullet=bullet)
            if not fits:  # a word that fits on no line is cut
                self.put(address, indent=MARGIN + len(bullet), whole=True)


def by_time(checks: list[tuple[str, str]]) -> str:
    """Give checks by their time, each time once."""
    times: dict[str, list[str]] = {}
    for when, text in checks:
        times.setdefault(when, []).append(text)
    return ". ".join(
        (capital(f"{when}: ") if when else "") + "; ".join(told) for when, told in times.items()
    )
