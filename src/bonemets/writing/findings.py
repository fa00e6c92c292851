"""The findings of one run alone: results without their reasons, for many patients in a row."""

from __future__ import annotations

from bonemets.expression import URGENCIES
from bonemets.model import AlertResult, OptionResult, ScoreResult, TestResult, UrgencyEnds
from bonemets.pack.items import Score
from bonemets.writing.options import status_of, statuses
from bonemets.writing.scores import Scores, says_something
from bonemets.writing.words import range_of

ORDER = {"yes": 0, "unknown": 1}


class Results(Scores):
    """What stands in the registers of one run, chosen as the assessment chooses."""

    def alert_results(self) -> tuple[AlertResult, ...]:
        """Give the alerts that are yes or not ruled out, the most urgent first."""
        found = [
            AlertResult(
                id=alert.id,
                title=alert.title,
                lesion=self.patient.label(j),
                result=result,
                urgency=alert.urgency,
            )
            for alert, j, result in self.alerts_left()
        ]
        found.sort(key=lambda a: (ORDER[a.result], URGENCIES.index(a.urgency)))
        return tuple(found)

    @staticmethod
    def ends(alerts: tuple[AlertResult, ...]) -> UrgencyEnds:
        """Say how urgent it is at least and at most."""
        yes = [a.urgency for a in alerts if a.result == "yes"]
        return UrgencyEnds(
            at_least=min(yes, key=URGENCIES.index, default=None),
            at_most=min((a.urgency for a in alerts), key=URGENCIES.index, default=None),
        )

    def score_results(self) -> tuple[ScoreResult, ...]:
        """Give the scores that apply, or may, and that rule anything out."""
        every = self.scores_left() if self.gate_open else ()
        found = (self.score_result(score, j) for score, j in every)
        return tuple([x for x in found if says_something(x)])

    def score_result(self, score: Score, j: int | None) -> ScoreResult:
        """Give one score's range and bands."""
        (low, high), bands = self.total(score, j), self.bands_left(score, j)
        formula = self.pack.variables.get(score.formula or "")
        return ScoreResult(
            id=score.id,
            title=score.title,
            lesion=self.patient.label(j),
            result=self.applies(score, j),
            value=range_of(low, high),
            unit="1" if formula is None else formula.unit or "1",
            scale=self.scale(score, bands, j),
            bands=bands,
        )

    def test_results(self) -> tuple[TestResult, ...]:
        """Give the tests that are to be done: only those that are settled."""
        tests = self.holding("investigation", self.pack.investigations) if self.alive() else ()
        return tuple(
            TestResult(id=x.id, title=x.title, lesion=self.patient.label(j), result="yes")
            for x, j in tests
        )

    def option_results(self) -> tuple[OptionResult, ...]:
        """Give every option with the statuses that are left, in the order of the files."""
        return tuple(
            OptionResult(
                id=x,
                title=self.pack.options[x].title,
                lesion=self.patient.label(j),
                status=status_of(mask),
                statuses=statuses(mask),
            )
            for x, j, mask in (self.one.each("option") if self.alive() else ())
        )
