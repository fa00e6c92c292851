"""The findings of one run alone: results without their reasons, for many patients in a row."""

from __future__ import annotations

from bonemets.explain import result_of
from bonemets.expression import URGENCIES
from bonemets.model import AlertResult, OptionResult, ScoreResult, TestResult, UrgencyEnds
from bonemets.pack.items import Score
from bonemets.writing.options import statuses
from bonemets.writing.scores import Scores, says_something
from bonemets.writing.words import range_of, status_name

ORDER = {"yes": 0, "unknown": 1}


class Results(Scores):
    """What stands in the registers of one run, chosen as the assessment chooses."""

    def alert_results(self) -> tuple[AlertResult, ...]:
        """Give the alerts that are yes or not ruled out, the most urgent first.

        One that is open only because the list of lesions is, is left out.
        """
        if self.dead():
            return ()
        found: list[AlertResult] = []
        for identity, alert in self.pack.alerts.items():
            if not self.gate_open and not alert.without_known_cancer:
                continue
            truths = self.one.result("alert", identity)
            closed = (
                truths
                if self.closed is None
                else self.one.result("alert", identity, registers=self.closed)
            )
            places: range | tuple[None] = range(self.one.operations.n)
            if alert.entity == "patient":
                places, truths, closed = (None,), [truths], [closed]
            for j, truth, if_closed in zip(places, truths, closed, strict=True):
                result = result_of(truth)
                if result == "no" or (result == "unknown" and result_of(if_closed) == "no"):
                    continue
                found.append(
                    AlertResult(
                        id=identity,
                        title=alert.title,
                        lesion=self.patient.label(j),
                        result=result,
                        urgency=alert.urgency,
                    )
                )
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
        if not self.gate_open:
            return ()
        found: list[ScoreResult] = []
        for score in self.pack.scores.values():
            parts = self.parts(score)
            if self.telling.isdisjoint(parts):
                continue
            applies = self.engine.trees.of(score).get(("applies",))
            for j in range(self.one.operations.n) if score.entity == "lesion" else (None,):
                truth = (True, False) if applies is None else self.patient.evaluate(applies, j)
                if result_of(truth) != "no" and self.patient.heard_of(parts, j):
                    shown = self.score_result(score, j, truth)
                    if says_something(shown):
                        found.append(shown)
        return tuple(found)

    def score_result(self, score: Score, j: int | None, applies: tuple[bool, bool]) -> ScoreResult:
        """Give one score's range and bands."""
        total = self.one.result("score", score.id, "total")
        low, high = total if j is None else total[j]
        bands: tuple[str, ...] = ()
        if ("score", score.id, "band") in self.engine.results:
            masks = self.one.result("score", score.id, "band")
            mask = masks if j is None else masks[j]
            bands = tuple(b for i, b in enumerate(score.any_bands()) if mask >> i & 1)
        formula = self.pack.variables.get(score.formula or "")
        return ScoreResult(
            id=score.id,
            title=score.title,
            lesion=self.patient.label(j),
            result=result_of(applies),
            value=range_of(low, high),
            unit="1" if formula is None else formula.unit or "1",
            scale=self.scale(score, bands, j),
            bands=bands,
        )

    def test_results(self) -> tuple[TestResult, ...]:
        """Give the tests that are to be done: only those that are settled."""
        found: list[TestResult] = []
        for identity, test in self.pack.investigations.items() if self.alive() else ():
            truths = self.one.result("investigation", identity)
            for j, truth in enumerate(truths) if test.entity == "lesion" else ((None, truths),):
                if (result := result_of(truth)) == "yes":
                    found.append(
                        TestResult(
                            id=identity,
                            title=test.title,
                            lesion=self.patient.label(j),
                            result=result,
                        )
                    )
        return tuple(found)

    def option_results(self) -> tuple[OptionResult, ...]:
        """Give every option with the statuses that are left, in the order of the files."""
        found: list[OptionResult] = []
        for identity, option in self.pack.options.items() if self.alive() else ():
            masks = self.one.result("option", identity)
            for j, mask in enumerate(masks) if option.entity == "lesion" else ((None, masks),):
                left = statuses(mask)
                found.append(
                    OptionResult(
                        id=identity,
                        title=option.title,
                        lesion=self.patient.label(j),
                        status=status_name(left),
                        statuses=left,
                    )
                )
        return tuple(found)

    def alive(self) -> bool:
        """Say whether the findings are for this patient, who is not surely dead."""
        return self.gate_open and not self.dead()
