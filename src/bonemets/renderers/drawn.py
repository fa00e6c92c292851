"""The figures of one assessment, drawn from its lesions and scores, as SVG."""

from __future__ import annotations

from msgspec.structs import replace

from bonemets.model import ScoreFinding, ShareShown
from bonemets.renderers.board import Board
from bonemets.renderers.figures import (
    Mark,
    Rung,
    bounds,
    grades,
    has_gap,
    ladder,
    outlook,
    people,
    skeleton,
)
from bonemets.renderers.words import clean, share_words, whole
from bonemets.shown import capital, either, unit_shown

SKELETON_CAPTION = (
    "Black number, filled bone: confirmed there. White number, dashed: suspected, or one of "
    "several places or sides. A rib is marked, not which rib."
)


class Drawn(Board):
    """An assessment with its figures."""

    def numbered(self) -> dict[str, int]:
        """Give each lesion its number in the figures."""
        return {x.id: n for n, x in enumerate(self.a.lesions, 1)}

    def skeleton_figure(self) -> tuple[str, str] | None:
        """Draw the lesions that have a place; with the figure's name."""
        numbered = self.numbered()
        marks = [
            Mark(numbered[x.id], x.sites, x.levels, x.sides, x.status == "confirmed")
            for x in self.a.lesions
            if x.sites and x.status != "excluded"
        ]
        if not marks:
            return None
        drawn = {m.number for m in marks}
        listed = "; ".join(
            f"{n}, {self.places[x.id]}" for x in self.a.lesions if (n := numbered[x.id]) in drawn
        )
        name = clean(f"Skeleton from the front with bone lesions marked: {listed}.")
        return skeleton(marks, name), name

    def ladder_figure(self) -> tuple[str, str] | None:
        """Draw the spine with the first score that is given by lesion; with the figure's name."""
        numbered = self.numbered()
        scores = {x.lesion: x for x in reversed(self.scores_by_level())}
        rungs = [
            Rung(
                numbered[x.id],
                x.levels,
                scores[x.id].text if x.id in scores else "",
                x.status == "confirmed",
            )
            for x in self.a.lesions
            if x.levels and x.status != "excluded"
        ]
        if not rungs:
            return None
        named = "; ".join(f"{self.places[x.id]}" for x in self.a.lesions if x.levels)
        name = clean(f"Spine with the lesions at their levels: {named}.")
        return ladder(rungs, name), name

    def ladder_caption(self) -> str:
        """Say what stands beside the levels of the spine."""
        levels = self.scores_by_level()
        if levels:
            return f"{levels[0].title}: points, and what they mean."
        return "Lesions of the spine by level."

    def scores_by_level(self) -> list[ScoreFinding]:
        """Give the scores of the one kind that the spine is shown with."""
        levels = {x.id for x in self.a.lesions if x.levels}
        of_spine = [x for x in self.a.scores if x.lesion in levels and x.figure == "ladder"]
        return [x for x in of_spine if x.id == of_spine[0].id]

    def scores_beside(self, lesion: str) -> list[ScoreFinding]:
        """Give the scores that are told beside a lesion: those drawn, and those settled."""
        return [x for x in self.a.scores if x.lesion == lesion and (x.figure or len(x.bands) == 1)]

    def outlook_figures(self) -> list[tuple[str, str]]:
        """Draw the models side by side by each measure that they share; with each figure's name."""
        found: list[tuple[str, str]] = []
        for when, rows, _ in self.measures():
            bars = [replace(x, title=clean(x.title), note=clean(x.note)) for x in rows]
            name = f"{capital(when)}, in each published model"
            whole = 100.0 if when.endswith("%") else None
            drawn = outlook(bars, clean(f"{name}: {'; '.join(x.title for x in rows)}."), whole)
            if drawn is not None:
                found.append(
                    (
                        drawn,
                        f"{name}. Further right: {'more people' if whole else 'longer'}. "
                        "Dot: as published; thin line: its interval; "
                        "thick line: bands still possible.",
                    )
                )
        return found

    @staticmethod
    def in_short(score: ScoreFinding) -> str:
        """Say a score's value and its bands."""
        if not score.band_texts:
            return score.text
        return f"{score.text}, {either(score.band_texts)}"

    @staticmethod
    def share_figure(share: ShareShown) -> str:
        """Draw how many of 100 people had something."""
        return people(whole(share.of_100), clean(share_words(share)))

    def bounds_name(self, score: ScoreFinding) -> str:
        """Say in one sentence what a score's scale shows, and of which lesion."""
        return clean(f"{score.title}{self.at(score.lesion)}: {self.in_short(score)}.")

    @staticmethod
    def scale_note(score: ScoreFinding) -> str:
        """Say beneath a scale that its edges were converted; nothing else."""
        unit = score.edges_in
        return f"Edges printed in {unit_shown(unit)}, converted." if unit else ""

    def bounds_figure(self, score: ScoreFinding) -> str | None:
        """Draw a score on its scale; where no line of numbers holds it, its bands in order."""
        name = self.bounds_name(score)
        ended = all(x.low is not None and x.high is not None for x in score.scale)
        on_a_line = ended and not has_gap(score.scale)
        drawn = bounds(score.scale, score.value, name) if on_a_line else None
        return drawn or grades(score.scale, name)
