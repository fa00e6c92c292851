"""What stands in the document: one page of the essentials, then everything."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cached_property
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from bonemets.model import (
    AlertFinding,
    Assessment,
    EffectShown,
    LesionShown,
    OptionFinding,
    PlanEntry,
    ScoreFinding,
)
from bonemets.pack.items import LEFT
from bonemets.renderers.board import (
    MOST_ASKED,
    UNHURRIED,
    Repeats,
    Shared,
    place_words,
    short,
)
from bonemets.renderers.citations import letters
from bonemets.renderers.drawn import SKELETON_CAPTION, Drawn
from bonemets.renderers.pdf.blocks import Block, Blocks, Figure, Marked, Run, runs_of
from bonemets.renderers.pdf.letters import shown
from bonemets.renderers.report import STATUS_STYLES, URGENCY_STYLES, Report
from bonemets.renderers.words import (
    NOT_NOW,
    STATUSES,
    URGENCIES,
    sentence,
    share_words,
    stage_name,
)
from bonemets.shown import capital

ALL: Final = 1_000_000
MOST_WHY: Final = 3
"""Reasons of an alert on the first page."""
LESIONS_BESIDE: Final = 2
"""Lesions of one score beside each other in a column of the page."""
WORDS: Final = {
    "title": "Bone metastasis assessment",
    "page": "Page {n} of {m}",
    "more": "… and {n} more, see page {k}",
}
LONGEST_NAME: Final = 120
"""Of a record's name, in the title and at the foot of each page."""
NAME_WITHIN: Final = re.compile(r' aria-label="[^"]*"')
ACTION: Final = "WHAT NEEDS ACTION, IN FULL"


class Section(Struct):
    """A part of the first page: its last cuttable blocks give way where room is short.

    `least` of them stay; the greater `weight`, the more of them go. `target`: the heading of where
    it stands in full.
    """

    blocks: list[Block]
    weight: float = 0
    least: int = 0
    target: str = ""
    tone: str = ""


class Document(Struct):
    """Everything that the template asks for."""

    words: dict[str, str]
    title: str
    record: str
    as_of: str
    notice: str
    head: list[Block]
    first: list[Section]
    figures: list[Block]
    detail: list[Block]


class Writer(Report, Drawn):
    """Writes one assessment as blocks."""

    most_listed = most_awaited = most_in_a_part = most_missing = ALL
    bullet_for_one = True
    reading_of_sources = False

    @staticmethod
    def figure_words(figure: str) -> str:
        """Tell a printed figure whole."""
        return figure

    def __init__(
        self, assessment: Assessment, sheet: Blocks, citations: Marked, *, detail: bool = True
    ) -> None:
        """Take an assessment, where to put the blocks, and the numbers of its sources."""
        super().__init__(assessment, sheet, citations, detail=detail)
        self.leaves = sheet
        self.brief = False
        self.begun: dict[int, AlertFinding] = {}

    def document(self) -> Document:
        """Give the whole document."""
        self.head()
        head = self.leaves.taken()
        head[0] = Block("title", runs=runs_of(f"bonemets: {short(self.a.record, LONGEST_NAME)}"))
        first = self.first_page()
        for part in self.parts():
            part()
        detail = self.leaves.taken()
        told = {x.runs[0].text for x in detail if x.kind == "heading"}
        for section in first:
            if section.target not in told:  # it stands nowhere else: none of it may give way
                section.target, section.least = "", ALL
        name = shown(short(self.a.record, LONGEST_NAME))
        return Document(
            words=WORDS,
            title=f"{WORDS['title']}: {name}",
            record=f"bonemets: {name}",
            as_of=f"As of {self.a.index_date}",
            notice=self.a.notice,
            head=head,
            first=first,
            figures=self.figures(),
            detail=detail,
        )

    def parts(self) -> list[Callable[[], None]]:
        """Give what writes each part of the detail: plan and options before the questions."""
        early = (self.interactions, self.plan, self.options)
        apart = (self.head, self.urgent, self.not_read, *early)
        return [
            self.action_in_full,
            *early,
            *(part for part in super().parts() if part not in apart),
        ]

    # the first page

    def first_page(self) -> list[Section]:
        """Give the essentials: the parts of one page, in their order."""
        self.brief = True
        self.urgent()
        self.not_read()
        found = self.sections()
        self.lesions()
        if blocks := self.leaves.taken():
            found.append(Section(blocks, weight=1, least=2, target="BONE LESIONS"))
        if self.figures():
            found.append(Section(self.figures()))
        for write, least, target in (
            (self.plan_in_brief, 2, "PLAN, IN ITS ORDER"),
            (self.options_in_brief, 3, "OPTIONS"),
        ):
            write()
            if blocks := self.leaves.taken():
                found.append(Section(blocks, weight=1.2, least=least, target=target))
        self.brief = False
        return found

    def sections(self) -> list[Section]:
        """Part what was written of what needs action: a section for each alert, and the rest."""
        found: list[Section] = []
        for n, block in enumerate(self.leaves.taken()):
            if (alert := self.begun.get(n)) is not None:
                weight = 2.0 if alert.urgency in UNHURRIED else 1.0
                tone = URGENCY_STYLES.get(alert.urgency, "bold")
                found.append(Section([], weight, 2, ACTION, tone))
            elif block.gap or not found:
                found.append(Section([], 1.5, 2, "QUESTIONS"))
            found[-1].blocks.append(block)
        return found

    def in_a_line(self, alert: AlertFinding) -> None:
        """Show an alert that has time as the others: the typesetter says how much has room."""
        self.alert(alert)

    def alert(self, alert: AlertFinding) -> None:
        """Show an alert; on the first page without the facts behind it and what stands beneath."""
        if not self.brief:
            super().alert(alert)
            return
        self.begun[len(self.leaves.blocks)] = alert
        self.alert_in_short(alert, MOST_WHY)

    def not_ruled_out(self) -> None:
        """Say what more urgent is still possible, and what to ask."""
        self.gap()
        left = self.still_possible()
        if left is None:
            return
        self.put(
            f"{'; '.join(left.titles)}{self.and_more(left.more)}.",
            indent=0,
            label=f"Not ruled out ({URGENCIES.get(left.worst, left.worst).lower()}):",
            label_style=URGENCY_STYLES.get(left.worst, "bold"),
        )
        more = len(left.asks) - MOST_ASKED
        under = f" (and {more} more, under QUESTIONS)" if more > 0 else ""
        if left.asks:
            self.put(f"Ask{under}:", style="bold")
        for ask in left.asks[:MOST_ASKED]:
            self.put(ask, bullet="- ")

    def lesions(self) -> None:
        """List the bone lesions by their numbers in the figures; on the first page with scores."""
        super().lesions()
        if not self.brief:
            for block in self.figures():
                self.leaves.add(block)

    def lesion(self, number: int, lesion: LesionShown) -> None:
        """Show one of them by its number in the figures, with its scores."""
        said = [self.lesion_words(lesion)]
        said += [f"{x.title} {self.in_short(x)}" for x in self.scores_beside(lesion.id)]
        place = f"{number}. {capital(self.places[lesion.id])}:"
        self.put(sentence("; ".join(said)), label=place, bullet="- ")

    def figures(self) -> list[Block]:
        """Draw the skeleton and the spine, beside each other."""
        drawn = (
            (self.skeleton_figure(), SKELETON_CAPTION),
            (self.ladder_figure(), self.ladder_caption()),
        )
        found = [figure_of(*x, caption) for x, caption in drawn if x is not None]
        return [Block("figures", figures=found)] if found else []

    def outlook(self) -> None:
        """Show the models in words, then drawn side by side."""
        super().outlook()
        drawn = [figure_of(svg, name, name) for svg, name in self.outlook_figures()]
        for one in drawn:
            self.leaves.add(Block("chart", figures=[one]))

    def effects(self, option: OptionFinding) -> None:
        """List side effects, and what the option achieved; of whom else a result speaks."""
        super().effects(option)
        if (apart := self.of_others(option)) and not self.detail:
            self.put(f"{self.elsewhere(apart)}: --detail, or the page.", indent=6)

    def people(self, effect: EffectShown) -> None:
        """Draw numbers of people beside each other, each with its words; else the figure tells."""
        shares = effect.shares if self.detail else ()
        drawn = [(self.share_figure(x), share_words(x)) for x in shares]
        if drawn:
            said = [figure_of(svg, words, words) for svg, words in drawn]
            self.leaves.add(Block("people", figures=said))

    def plan_in_brief(self) -> None:
        """Give the plan in its order, titles only; what an alert asks for stands above."""
        stages = self.stages()
        if not (stages or self.a.declined):
            return
        self.heading("PLAN, IN ITS ORDER")
        on_condition = False
        self.put(self.steps_above())
        for stage in stages:
            heads: list[str] = []
            choices = [[x] for entries in stage.asked.values() for x in entries] + stage.choices
            for choice in choices:
                heads.append(" or ".join(map(self.head_in_brief, choice)))
                on_condition |= any(x.only_if for x in choice)
            style = URGENCY_STYLES.get(stage.by, "bold")
            label = f"{stage_name(stage.by)}:"
            self.put(sentence("; ".join(heads)), label=label, label_style=style, bullet="- ")
        if self.a.declined:
            said = [f"{x.title}{self.places_of(x)}" for x in self.a.declined]
            self.put(sentence("; ".join(said)), label=f"{NOT_NOW}:", bullet="- ")
        if on_condition:
            self.put("* On a condition: see PLAN, IN ITS ORDER.")

    def head_in_brief(self, entry: PlanEntry) -> str:
        """Call something of the plan, its condition by a mark."""
        return self.entry_head(replace(entry, only_if=None)) + (" *" if entry.only_if else "")

    def options_in_brief(self) -> None:
        """Give the options with their status and the dose for this patient.

        What is left and was declined all the same, such as where comfort is the only goal, stands
        in the plan with what is not advised.
        """
        parted, brief = self.parted_options()
        full = [x for x in parted if not (x.status in LEFT and self.is_refused(x))]
        if not (full or brief):
            return
        self.heading("OPTIONS")
        without = False
        for option in full:
            dose = option.dose if option.dose and option.dose.settled else None
            without |= option.status in LEFT and dose is None
            told = [f"{option.title}{self.at(option.lesion)}"]
            told += [dose.text, dose.regimen] if dose else []
            self.put(
                " ".join(map(sentence, told)),
                label=f"{capital(STATUSES[option.status])}:",
                label_style=STATUS_STYLES.get(option.status, "bold"),
                bullet="- ",
            )
        shown_in_full = {x.id for x in parted}
        for key in brief:
            said = dict.fromkeys(
                x.title for x in self.a.options if x.status == key and x.id not in shown_in_full
            )
            if said:
                told = "; ".join(said) if key == "unknown" else f"{len(said)} options"
                self.put(sentence(told), label=f"{capital(STATUSES[key])}:", bullet="- ")
        if without:
            self.put("Where no dose stands, none is shown yet: see OPTIONS.")

    # the detail

    def action_in_full(self) -> None:
        """Show every alert with all that stands behind it."""
        if self.leading:
            self.heading(ACTION)
        self.told_above.clear()
        for alert in self.leading:
            self.gap()
            self.alert(alert)

    def reasons_why_not(self) -> None:
        """Tell what was declined by the reason that decided, each once with its sources."""
        for titles, why, cited in self.refused():
            self.put(f"{why}{self.cite(cited)}", bullet="- ", label=f"{titles}:")

    @cached_property
    def told(self) -> list[OptionFinding]:
        """The options that are told in full: all that are left or asked for, whenever they begin.

        What was declined stands in the plan with its reason.
        """
        return [x for x in self.parted_options()[0] if not self.is_refused(x)]

    @cached_property
    def repeats(self) -> Repeats:
        """What several of these have in common."""
        return Repeats(self.told)

    def is_new(self, option: OptionFinding, kind: str, one: Shared) -> bool:
        """Say whether a part of an option is told with it, and with none before."""
        apart = [] if self.detail else self.of_others(option)
        return self.repeats.is_new(option, kind, one) and one not in apart

    def others(self, option: OptionFinding, kind: str) -> str:
        """Name the options before this one that tell the rest of it."""
        titles = self.repeats.others(option, kind)
        return self.as_for(titles) if titles else ""

    def options_in_full(self) -> None:
        """Tell every option that is left or asked for, and where those declined are told."""
        for option in self.told:
            self.gap()
            self.option(option)
        if len(self.told) < len(self.parted_options()[0]):
            self.gap()
            self.put(f"What was declined stands in the plan: {NOT_NOW.lower()}.")

    def score_table(self, several: list[ScoreFinding]) -> None:
        """Show one score with its components, two lesions side by side."""
        self.score_head(several)
        for start in range(0, len(several), LESIONS_BESIDE):
            chunk = several[start : start + LESIONS_BESIDE]
            self.leaves.table(self.score_rows(chunk), [1] * (len(chunk) + 1))
        for score in several:
            self.put(score.say.clinician)
            self.scale(score)

    def scale(self, score: ScoreFinding) -> None:
        """Draw a score on its scale, beneath the words that say the same."""
        svg = self.bounds_figure(score)
        if svg is not None:
            self.leaves.blocks[-1].keep = True
            name = self.bounds_name(score)
            self.leaves.add(Block("scale", figures=[figure_of(svg, name, self.scale_note(score))]))

    def numbers(self) -> None:
        """List the numbers of which something is known, or something has to be said."""
        found = self.known_numbers()
        if not found:
            return
        self.heading("NUMBERS")
        rows = [["What", "Value", "From"]]
        for title, value, age, behind, cited in map(self.number, found):
            origin = "; ".join(x for x in (age, behind) if x)
            rows.append([title, value, origin + (self.cite(cited) if behind else "")])
        self.leaves.table(rows, [5, 3, 5])

    def evidence(self) -> None:
        """List the sources by number, with the places cited in each and their addresses."""
        if self.citations.found:
            self.heading("EVIDENCE")
        for n, source, cited in self.citations.listed():
            said = [place_words(at, confirmed) for at, confirmed in cited]
            # One place stands with the title, and what is not there on no line of its own: a third
            # of a report are sources.
            single = f" {sentence(said[0])}" if len(said) == 1 else ""
            lettered = "; ".join(f"{letters(i)} {x}" for i, x in enumerate(said))
            lines = [runs_of(f"{lettered}.")] if len(said) > 1 else []
            address = source.address or ""
            if address:
                link = address if address.startswith(("http://", "https://")) else ""
                lines.append([Run(shown(address), link=link)])
            missing = "" if address else " No address recorded."
            title = runs_of(f"{source.title}, {source.year}.{single}{missing}")
            self.leaves.add(Block("source", runs=title, number=n, lines=lines))


def figure_of(svg: str, name: str, caption: str) -> Figure:
    """Take a drawing with its name."""
    box = svg.split('viewBox="', 1)[1].split('"', 1)[0].split()
    svg = NAME_WITHIN.sub("", svg, count=1)  # the typesetter takes the name from beside the drawing
    return Figure(shown(svg), shown(name), shown(caption), float(box[2]) / float(box[3]))
