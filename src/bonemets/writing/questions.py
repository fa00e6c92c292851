"""The questions that would settle most, with what each answer would change."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, pairwise
from typing import Final

from bonemets.expression import URGENCIES, Symbol
from bonemets.model import (
    AlertFinding,
    AnswerShown,
    OptionFinding,
    Question,
    ScoreFinding,
    stands_beneath,
)
from bonemets.pack.items import STATUSES
from bonemets.question import Candidate, Ranked, Settled, Target, rank
from bonemets.shown import unit_shown
from bonemets.values import FALSE, INF, TRUE
from bonemets.writing.view import View

WEIGHTS: Final = {"now": 32.0, "today": 16.0, "within_24_hours": 8.0, "this_week": 4.0}
"""What settling an alert is worth, by its urgency; everything else is worth 1, or 2 if the record
asks for it (docs/decisions.md)."""
HINTED: Final = 10.0
"""How much more settling an alert is worth that the record hints at than one never asked about."""
BESIDE: Final = 0.1
"""What settling something else is worth beside what is now or today, while such an alert holds or
the record hints at one."""
URGENT: Final = ("now", "today")
TESTED: Final = 0.5
"""What a question for a number is worth beside one for what can be asked or looked at."""
MOST: Final = 500
"""How many answers are tried at most."""
SHOWN: Final = 8
"""How many questions are given."""
PARTS: Final = 5
"""How many values of a number are tried where nothing compares it with a constant."""


def more_urgent(one: AlertFinding, other: AlertFinding) -> bool:
    """Say whether an alert is more urgent than another."""
    return URGENCIES.index(one.urgency) < URGENCIES.index(other.urgency)


def answered(alerts: tuple[AlertFinding, ...]) -> frozenset[str]:
    """Give what alerts of now or today wait for that something known answers in practice."""
    left = [a for a in alerts if a.result == "unknown" and a.urgency in URGENT]
    asked = {name for a in left if a.asked for name in a.missing}
    return frozenset(name for a in left if not a.asked for name in a.missing) - asked


class Questions(View):
    """The questions that would settle most, with what each answer would change."""

    def questions(
        self,
        alerts: tuple[AlertFinding, ...],
        options: tuple[OptionFinding, ...],
        scores: tuple[ScoreFinding, ...],
    ) -> tuple[Question, ...]:
        """Rank what is missing by what its answers would settle.

        Where comfort is the only goal, an option that does not serve it asks nothing, nor does a
        score; in the last days of life, nor does an option that is not begun then. While an alert
        of now or today holds, or the record hints at one, what decides on such alerts goes before
        everything else, and what is hinted at before what was merely never asked about.
        What an alert of now or today waits for, and something known answers in practice, is not
        asked for the sake of an option either, and no score asks of a lesion with an alert of now
        (a broken bone).
        """
        comfort_only, last_days = self.comfort_only(), self.last_days()
        waiting: dict[Target, tuple[str, ...]] = {}
        titles: dict[Target, str] = {}

        def wait(kind: tuple[str, ...], lesion: str | None, weight: float, title: str) -> Target:
            target = Target(kind, self.member(lesion), weight)
            at = "" if lesion is None else f" at {self.place_of(target.lesion)}"
            titles[target] = title + at
            return target

        holding = [a for a in alerts if a.result == "yes"]
        urgent = any(a.urgency in URGENT for a in holding)
        perhaps = any(
            a.urgency in URGENT and a.hinted and a.asked for a in alerts if a.result == "unknown"
        )
        calm = BESIDE if urgent or perhaps else 1.0
        for a in alerts:
            # What would stand beneath an alert that holds, no more urgent, changes nothing.
            if any(stands_beneath(a, x) and not more_urgent(a, x) for x in holding):
                continue
            if a.result == "unknown" and a.asked:
                weight = WEIGHTS.get(a.urgency, 1.0) * (1.0 if a.urgency in URGENT else calm)
                weight *= HINTED if a.hinted else 1.0
                target = wait(("alert", a.id), a.lesion, weight, a.title)
                waiting[target] = a.missing
        for o in options:
            item = self.pack.options[o.id]
            unwanted = (comfort_only and not item.comfort) or (last_days and not item.last_days)
            if len(o.statuses) > 1 and not unwanted:
                target = wait(("option", o.id), o.lesion, (1.0 + o.considered) * calm, o.title)
                waiting[target] = o.missing
        at_once = {a.lesion for a in holding if a.urgency == "now" and a.lesion is not None}
        for s in () if comfort_only else scores:
            if len(s.bands) > 1 and s.lesion not in at_once:
                waiting[wait(("score", s.id, "band"), s.lesion, calm, s.title)] = s.missing
        targets = [t for t in waiting if t.key in self.engine.results]
        spared = self.not_asked(urgent=urgent) | answered(alerts)
        candidates = self.candidates({t: waiting[t] for t in targets}, spared)
        one = self.one
        ranked = rank(
            self.engine.program, self.engine.run, one.facts, one.operations, candidates, targets
        )
        ranked.sort(key=lambda r: -r.worth * self.ease(r.candidate.name))
        return tuple(self.question(r, targets, titles) for r in ranked[:SHOWN])

    def ease(self, name: str) -> float:
        """Weigh how soon an answer is to be had: a number wants a test, the rest can be asked."""
        return TESTED if self.patient.symbol(name).kind == "number" else 1.0

    def member(self, lesion: str | None) -> int | None:
        """Give the number of a lesion by the name that findings call it."""
        if lesion is None:
            return None
        return next(j for j in range(self.one.operations.n) if self.patient.label(j) == lesion)

    def not_asked(self, *, urgent: bool) -> frozenset[str]:
        """Give what is not asked where comfort is the only goal, in the last days, in an emergency.

        And what is asked of nobody. `urgent`: an alert of now or today holds.
        """
        scope = self.pack.scope
        if scope is None:
            return frozenset()
        lists = (
            scope.comfort_not_asked if self.comfort_only() else (),
            scope.last_days_not_asked if self.last_days() else (),
            scope.urgent_not_asked if urgent else (),
            scope.not_asked,
        )
        return frozenset(chain.from_iterable(lists))

    def candidates(
        self, waiting: dict[Target, tuple[str, ...]], spared: frozenset[str]
    ) -> list[Candidate]:
        """Give what could be asked, what most is waiting for first, with possible answers."""
        votes: dict[tuple[str, int | None], float] = {}
        for target, missing in waiting.items():
            for name in missing:
                v = self.pack.variables.get(name)
                if v is None or not v.ask or name in spared:
                    continue
                if name not in self.engine.program.inputs:
                    continue
                members: Sequence[int | None] = (None,)
                if v.entity == "lesion":
                    every = range(self.one.operations.n)
                    members = every if target.lesion is None else (target.lesion,)
                for j in members:
                    votes[(name, j)] = votes.get((name, j), 0.0) + target.weight
        found: list[Candidate] = []
        left = MOST
        for name, j in sorted(votes, key=lambda at: -votes[at]):
            answers = self.answers(name, j)
            if 1 < len(answers) <= left:
                found.append(Candidate(name, j, answers))
                left -= len(answers)
        return found

    def answers(self, name: str, j: int | None) -> tuple[int | float, ...]:
        """Give the answers that a variable may still have; of a number, some that differ."""
        symbol = self.patient.symbol(name)
        entry = self.engine.program.inputs[name]
        if symbol.kind == "boolean":
            return TRUE, FALSE
        if symbol.kind == "level":
            recorded = self.one.fact(entry, j)
            return tuple(1 << i for i in range(len(symbol.levels)) if recorded >> i & 1)
        if symbol.kind == "number":
            return self.numbers_between(name, symbol, self.one.fact(entry, j))
        return ()

    def numbers_between(
        self, name: str, symbol: Symbol, fact: tuple[float, float]
    ) -> tuple[float, ...]:
        """Give one number between each two edges that something compares this one with."""
        limits = self.pack.variables[name].plausible or (-INF, INF)
        low, high = max(fact[0], limits[0]), min(fact[1], limits[1])
        if low == -INF or high == INF or low >= high:
            return ()
        inner = sorted({e for e in self.engine.trees.edges().get(name, ()) if low < e < high})
        if not inner:
            inner = [low + (high - low) * n / PARTS for n in range(1, PARTS)]
        ends = [low, *inner, high]
        middles = [(a + b) / 2 for a, b in pairwise(ends)]
        return tuple(float(round(m)) if symbol.integer else m for m in middles)

    def question(
        self, ranked: Ranked, targets: list[Target], titles: dict[Target, str]
    ) -> Question:
        """Write one question with what each answer would change."""
        asked = ranked.candidate
        answers: list[AnswerShown] = []
        for answer, settled in zip(asked.answers, ranked.settles, strict=True):
            then = tuple(
                f"{titles[targets[s.target]]}: {self.outcome(targets[s.target], s)}"
                for s in settled
            )
            if then:
                answers.append(AnswerShown(answer=self.answer_text(asked, answer), then=then))
        every = {targets[s.target].key[1] for one in ranked.settles for s in one}
        return Question(
            variable=asked.name,
            lesions=() if (label := self.patient.label(asked.lesion)) is None else (label,),
            ask=self.pack.variables[asked.name].ask or "",
            settles=tuple(sorted(every)),
            answers=tuple(answers),
        )

    def answer_text(self, asked: Candidate, answer: int | float) -> str:
        """Say an answer in words."""
        symbol = self.patient.symbol(asked.name)
        if symbol.kind == "boolean":
            return "yes" if answer == TRUE else "no"
        if symbol.kind == "level":
            return self.patient.level_text(asked.name, symbol.levels[int(answer).bit_length() - 1])
        v = self.pack.variables[asked.name]
        unit = "" if v.unit in (None, "1") else f" {unit_shown(v.unit)}"
        return f"about {answer:.{v.decimals}f}{unit}"

    def outcome(self, target: Target, settled: Settled) -> str:
        """Say to what a result is settled."""
        kind, identity = target.key[:2]
        if kind == "option":
            return STATUSES[int(settled.to)].replace("_", " ")
        if kind == "score":
            score = self.pack.scores[identity]
            band = list(score.any_bands())[int(settled.to)]
            return score.names.get(band, band.replace("_", " "))
        return "yes" if settled.to else "no"
