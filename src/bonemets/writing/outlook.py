"""The outlook: published models side by side, never one figure for one person."""

from __future__ import annotations

from bonemets.lineage import TRUST
from bonemets.model import (
    EffectShown,
    OutcomeShown,
    OutlookBand,
    OutlookFinding,
    Reason,
    ScoreFinding,
)
from bonemets.pack.items import Effect, Outcome, Outlook
from bonemets.writing.scores import Scores


class Outlooks(Scores):
    """The models that speak of this patient, those that are settled before those still open."""

    def outlook(self) -> tuple[OutlookFinding, ...]:
        """Give each model whose publication surely speaks of the patient.

        Nothing is drawn together: each keeps its own cohort, bands and figures.
        """
        found: list[OutlookFinding] = []
        for item, j in self.holding("outlook", self.pack.outlooks):
            shown = self.model(item, j)
            if shown is not None:
                found.append(shown)
        return tuple(sorted(found, key=rank))

    def model(self, item: Outlook, j: int | None) -> OutlookFinding | None:
        """Write one model; None where its score does not apply."""
        score = self.pack.scores[item.score]
        if self.applies(score, j) == "no":
            return None
        total = self.score(score, j)
        tree = self.lineage.of(item)[("when",)]
        shared = self.shared(tree, j, item.evidence, (*item.interpretation, *score.interpretation))
        shared["facts"] = tuple(dict.fromkeys((*shared["facts"], *total.facts)))
        shared["missing"] = tuple(dict.fromkeys((*shared["missing"], *total.missing)))
        shared["why"] = self.why_it_speaks(shared["why"], total)
        points = max((x.confirmation for x in score.evidence), key=TRUST.index)
        shared["trust"] = max(shared["trust"], total.trust, points, key=TRUST.index)
        results = {self.patient.result(tree, j), total.result}
        return OutlookFinding(
            id=item.id,
            title=item.title,
            lesion=self.patient.label(j),
            result="unknown" if "unknown" in results else "yes",
            score=score.id,
            predicts=item.predicts,
            population=item.population,
            years=item.years,
            value=total.value,
            text=total.text,
            bands=tuple(
                OutlookBand(
                    id=band,
                    text=score.names.get(band, band.replace("_", " ")),
                    possible=band in total.bands,
                    outcomes=tuple(self.came_of(x) for x in item.outcomes[band]),
                )
                for band in score.any_bands()
            ),
            components=total.components,
            validation=tuple(map(self.fared, item.validation)),
            calibration=tuple(map(self.fared, item.calibration)),
            say=self.texts(
                item.say.clinician,
                item.say.patient,
                j,
                total=total.text,
                band=" or ".join(total.band_texts),
            ),
            **shared,
        )

    @staticmethod
    def why_it_speaks(own: tuple[Reason, ...], total: ScoreFinding) -> tuple[Reason, ...]:
        """Give the clauses for which it speaks of the patient: its own, and those of its score."""
        return tuple(dict.fromkeys((*own, *total.why)))

    def fared(self, x: Effect) -> EffectShown:
        """Show one test of the model on other people."""
        return EffectShown(
            what=x.what, figure=x.result, patient=None, evidence=self.cited(x.evidence)
        )

    def came_of(self, x: Outcome) -> OutcomeShown:
        """Show one published outcome."""
        return OutcomeShown(
            what=x.what,
            after=x.after,
            value=x.value,
            low=x.low,
            high=x.high,
            unit=x.unit,
            evidence=self.cited(x.evidence),
        )


def rank(x: OutlookFinding) -> tuple[bool, bool, bool]:
    """Put first what is worked out, of those what has figures, of those what surely speaks."""
    figures = any(band.outcomes for band in x.bands if band.possible)
    return not x.worked_out, not figures, x.result != "yes"
