"""An assessment -> one self-contained HTML page: no network, no script, printable.

Built with the components of the NHS.UK frontend, without anything that says NHS.
All text of records and of the knowledge enters as data and is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Final

from markupsafe import Markup

from bonemets.model import (
    AlertFinding,
    Assessment,
    ClauseShown,
    OptionFinding,
    PlanEntry,
    ScoreFinding,
    ShareShown,
    Source,
)
from bonemets.renderers import outlook
from bonemets.renderers.board import KINDS, MOST_FIRST, SOON, Board, Repeats, Shared, marked, parts
from bonemets.renderers.citations import Citations, letters
from bonemets.renderers.drawn import SKELETON_CAPTION, Drawn
from bonemets.renderers.html.environment import environment
from bonemets.renderers.words import (
    ANSWERED,
    NOT_NOW,
    STATUSES,
    URGENCIES,
    clean,
    first_part,
    range_text,
    sentence,
    share_words,
    stage_name,
    status,
    within,
    without_rows,
)
from bonemets.shown import TRUST_MARKS, capital, either

TAGS = {
    "suitable": "green",
    "check_first": "yellow",
    "caution": "orange",
    "contraindicated": "red",
}
"""Colour of an option's status; every other status is grey."""
CARDS = {
    "now": "emergency",
    "today": "emergency",
    "within_24_hours": "urgent",
}


MOST_THEN: Final = 3
"""Of what an answer would change, so much is told."""
MOST_UNBROKEN: Final = 4
"""More citations than this may stand on several lines."""
Guide = Callable[[str], str | None]
"""Gives where the guide tells of an item; None where it does not."""


def render(assessment: Assessment) -> str:
    """Show an assessment as a page."""
    return _shown("report.html.jinja", assessment)


def most_urgent(assessment: Assessment) -> str:
    """Give the most urgent alert in a line, and how many others hold; empty where none does.

    Behind it what is more urgent, is not ruled out, and the record hints at.
    """
    board = Board(assessment)
    said: list[str] = []
    if board.leading:
        first = board.leading[0]
        title = first.title + board.at(first.lesion) + TRUST_MARKS.get(first.trust, "")
        said.append(f"{URGENCIES[first.urgency].capitalize()}: {title}{_more(board.leading)}")
    if hinted := board.hinted():
        title = hinted[0].title + board.at(hinted[0].lesion)
        urgency = URGENCIES[hinted[0].urgency].lower()
        said.append(f"Not ruled out ({urgency}): {title}{_more(hinted)}")
    return ". ".join(said)


def _more(alerts: Sequence[AlertFinding]) -> str:
    return f" (and {len(alerts) - 1} more)" if len(alerts) > 1 else ""


def part(assessment: Assessment, guide: Guide) -> Markup:
    """Show an assessment as a part of a page that has the style sheets.

    `guide` gives where the guide tells of an item.
    """
    return Markup(_shown("assessment.html.jinja", assessment, guide))  # noqa: S704


def score(assessment: Assessment, finding: ScoreFinding) -> Markup | None:
    """Draw one score on its scale."""
    return _Page(assessment, Citations(), _nowhere).bounds(finding)


def _nowhere(_: str) -> str | None:
    """Give no address: a report stands by itself."""
    return None


def _shown(template: str, assessment: Assessment, guide: Guide = _nowhere) -> str:
    citations = Citations()
    _filled(template, assessment, citations, guide)  # to meet every place cited
    return _filled(template, assessment, citations, guide)


def _filled(template: str, assessment: Assessment, citations: Citations, guide: Guide) -> str:
    page = _Page(assessment, citations, guide)
    return (
        environment()
        .get_template(template)
        .render(
            a=assessment,
            b=page,
            skeleton=page.skeleton(),
            ladder=page.ladder(),
            unread="; ".join(page.unread()),
            outlook_head=outlook.HEAD,
            running=in_css(f"bonemets: {assessment.record}, as of {assessment.index_date}"),
        )
    )


def in_css(text: str) -> Markup:
    """Give a text as a string of a style sheet, every character that could end it escaped."""
    safe = "".join(x if x.isalnum() or x in " .,:-" else f"\\{ord(x):x} " for x in clean(text))
    return Markup(f'"{safe}"')  # noqa: S704


class _Page(Drawn):
    """What the template asks for beside the assessment itself."""

    def __init__(self, assessment: Assessment, citations: Citations, guide: Guide) -> None:
        super().__init__(assessment)
        self.citations, self.guide = citations, guide
        self.paper = True
        self.printed: set[int] = set()

    soon = SOON
    most_first, most_then = MOST_FIRST, MOST_THEN
    skeleton_caption = SKELETON_CAPTION
    urgencies, statuses, trust_marks = URGENCIES, STATUSES, TRUST_MARKS
    stage_name, not_now = staticmethod(stage_name), NOT_NOW
    answered_label = ANSWERED
    people_words, band_words = staticmethod(outlook.people_words), staticmethod(outlook.band_words)
    bands_left = staticmethod(outlook.bands_left)
    in_others, fared_words = staticmethod(outlook.in_others), staticmethod(outlook.fared_words)
    capital, clean, sentence = staticmethod(capital), staticmethod(clean), staticmethod(sentence)
    either, first_part = staticmethod(either), staticmethod(first_part)
    without_rows, share_words = staticmethod(without_rows), staticmethod(share_words)
    range_text, within, status_words = (
        staticmethod(range_text),
        staticmethod(within),
        staticmethod(status),
    )

    def cite(self, cited: Iterable[Source]) -> Markup:
        """Give the citation of some sources as links to their place in the list of evidence."""
        marks = self.citations.marks(cited)
        if self.paper:
            self.printed |= {n for n, _ in marks}
        if not marks:
            return Markup()
        many = " bm-cite--many" if len(marks) > MOST_UNBROKEN else ""
        # Numbers and letters of ours alone: to escape them took a fifth of the time of a page.
        links = ", ".join(
            f'<a href="#source-{n}" aria-label="source {mark}">{mark}</a>' for n, mark in marks
        )
        return Markup(f'<span class="bm-cite{many}">[{links}]</span>')  # noqa: S704

    def led(self, said: str) -> Markup:
        """Give what begins with the title of a finding, the title leading to the guide."""
        said = clean(said)
        shown = capital(said)
        title = max((x for x in self._ids if shown.startswith(x)), key=len, default="")
        to = self.guide(self._ids[title]) if title else None
        if to is None:
            return Markup("{}").format(said)
        end = len(title)
        return Markup('<a href="{}">{}</a>{}').format(to, said[:end], said[end:])

    @cached_property
    def _ids(self) -> dict[str, str]:
        """Title, with a capital, of all that the guide may tell of -> id."""
        a = self.a
        found = (*a.alerts, *a.scores, *a.options, *a.investigations, *a.steps, *a.interactions)
        return {capital(clean(x.title)): x.id for x in found}

    def on_paper(self, printed: bool) -> str:
        """Tell whether what follows is printed: a source that only the screen cites is not."""
        self.paper = printed
        return ""

    @staticmethod
    def left_of(score: ScoreFinding) -> str:
        """Say how many bands of a score are left, where their names would be a wall."""
        return f"{sum(x.possible for x in score.scale)} of {len(score.scale)} still possible"

    @cached_property
    def once(self) -> dict[str, OptionFinding]:
        """One finding of each option by its id: what more is told is the same at every lesion.

        One that is printed, where there is one.
        """
        full = self.parted_options()[0]
        printed = [x for x in full if not self.is_refused(x)]
        firsts = {x.id: x for x in reversed((*printed, *full))}
        return {x.id: firsts[x.id] for x in full}

    @cached_property
    def repeats(self) -> Repeats:
        """What several of the options that are printed have in common."""
        return Repeats(x for x in self.once.values() if not self.is_refused(x))

    def is_printed(self, option: OptionFinding, kind: str, x: Shared) -> bool:
        """Say whether a part of an option is printed with it: once, and not of other people."""
        return self.repeats.is_new(option, kind, x) and x not in self.of_others(option)

    def new_of(
        self, option: OptionFinding, kind: str, clauses: list[ClauseShown]
    ) -> list[ClauseShown]:
        """Give the clauses that no option printed before tells."""
        return [x for x in clauses if self.repeats.is_new(option, kind, x)]

    @staticmethod
    def tells_more(option: OptionFinding) -> bool:
        """Say whether more is printed of an option than its row of the comparison."""
        return any(parts(option, kind) for kind in KINDS if kind != "routine")

    def conditions(self, alert: AlertFinding) -> dict[str, str]:
        """Give a mark to each condition on which some of an alert's actions do not hold."""
        return marked(x.unless for x in self.due(alert) if x.unless)

    @staticmethod
    def place_of(score: ScoreFinding) -> str:
        """Give where on the page a score is told: "score-sins", with its lesion's name."""
        return re.sub(r"[^A-Za-z0-9_-]+", "-", f"score-{score.id}-{score.lesion or ''}").strip("-")

    @cached_property
    def compared(self) -> frozenset[str]:
        """The options that are told in full."""
        return frozenset(x.id for x in self.parted_options()[0])

    def is_compared(self, entry: PlanEntry) -> bool:
        """Say whether something of the plan is an option that is told in full."""
        return entry.kind == "option" and entry.id in self.compared

    def card(self, urgency: str) -> str:
        return CARDS.get(urgency, "non-urgent")

    def tag(self, name: str) -> str:
        return f"nhsuk-tag--{TAGS.get(name, 'grey')}"

    # figures

    def outlook_figures(self) -> list[tuple[str, str]]:
        """Draw the models of outlook side by side."""
        return [(Markup(svg), name) for svg, name in super().outlook_figures()]  # noqa: S704

    def skeleton(self) -> Markup | None:
        """Draw the lesions that have a place."""
        drawn = self.skeleton_figure()
        return None if drawn is None else Markup(drawn[0])  # noqa: S704

    def ladder(self) -> Markup | None:
        """Draw the spine with the lesions at their levels."""
        drawn = self.ladder_figure()
        return None if drawn is None else Markup(drawn[0])  # noqa: S704

    def share(self, share: ShareShown) -> Markup:
        """Draw how many of 100 people had something."""
        return Markup(self.share_figure(share))  # noqa: S704

    def bounds(self, score: ScoreFinding) -> Markup | None:
        """Draw a score on its scale."""
        drawn = self.bounds_figure(score)
        return None if drawn is None else Markup(drawn)  # noqa: S704

    def cited(self) -> list[tuple[int, Source, list[tuple[str, str, str]]]]:
        """List the sources cited, with the letter, place and confirmation of each citation."""
        return [
            (n, source, [(letters(i), at or "", said) for i, (at, said) in enumerate(places)])
            for n, source, places in self.citations.listed()
        ]


__all__ = ["part", "render", "score"]
