"""The beginning: who the patient is, where the bones are ill, what is taken, as far as known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Final

from bonemets.expression import URGENCIES
from bonemets.lineage import result_of
from bonemets.model import AlertFinding, FactShown, OpeningShown, ScoreFinding
from bonemets.pack.items import Opening
from bonemets.pack.letter import ANY
from bonemets.shown import TRUST_MARKS, both
from bonemets.values import INF, SURE
from bonemets.writing.view import View

ABSENT: Final = "absent"
FRESH: Final = ("today", "no date", "")
YES: Final = "yes"
MOST_LINES: Final = 6
"""So many different lesions are told, at most."""
MOST_NAMED: Final = 6
"""So many places are named of lesions that are alike, at most."""
MOST_BANDS: Final = 2
"""A score with more bands left says too little to begin with."""

Scored = Mapping[tuple[str, str | None], ScoreFinding]


class Openings(View):
    """What a colleague is told first: only what is known, in the order of the knowledge."""

    def opening(
        self, scores: Iterable[ScoreFinding], alerts: Iterable[AlertFinding]
    ) -> tuple[OpeningShown, ...]:
        """Give the lines of the beginning of which anything is known.

        Args:
            scores: as found for this patient; none where the gate is closed.
            alerts: the lesions of those that hold stand first, by their urgency.
        """
        if self.pack.letter is None:
            return ()
        found = {(x.id, x.lesion): x for x in scores if settled(x)}
        urgent: dict[str, int] = {}
        for alert in alerts:
            if alert.result == "yes" and alert.lesion is not None:
                urgency = URGENCIES.index(alert.urgency)
                urgent[alert.lesion] = min(urgent.get(alert.lesion, urgency), urgency)
        shown: list[OpeningShown] = []
        for line in self.pack.letter.opening:
            if all(map(self.is_of_lesion, line.tell)):
                said = self.at_lesions(line, found, urgent)
            else:
                said = self.told_of(line, None, found)
            if said:
                shown.append(OpeningShown(label=line.label, said=tuple(said)))
        return tuple(shown)

    def is_of_lesion(self, name: str) -> bool:
        """Say whether a variable or a score is of a lesion."""
        score = self.pack.scores.get(name)
        return (
            self.patient.symbol(name).entity == "lesion"
            if score is None
            else (score.entity == "lesion")
        )

    def told_of(self, line: Opening, j: int | None, scored: Scored) -> list[str]:
        """Give the words of a line, of the patient or of a lesion; nothing of what is not known."""
        known = self.patient.speaking_names
        told = {
            name: said
            for name in line.tell
            if (name in known or name in self.pack.scores)
            and (said := self.worded(line, name, j, scored))
        }
        return [
            said
            for name, said in told.items()
            if not any(over in told for over in line.beneath.get(name, ()))
        ]

    def worded(self, line: Opening, name: str, j: int | None, scored: Scored) -> str:
        """Give the words of a variable or a score; an empty text where there is nothing to tell."""
        words = line.tell[name]
        if name in self.pack.scores:
            score = scored.get((name, self.patient.label(j)))
            if score is None or not isinstance(words, str):
                return ""
            bands = " or ".join(score.band_texts)
            said = words.replace("{total}", score.text).replace("{band}", bands)
            return said + TRUST_MARKS.get(score.trust, "")
        if not self.is_told(words, name, j):
            return ""
        said = " or ".join(dict.fromkeys(self.by_level(words, name, j)))
        age = "" if not said or name in line.lasting else self.age_told(name, j)
        return f"{said} ({age})" if age else said

    def is_told(self, words: str | dict[str, str], name: str, j: int | None) -> bool:
        """Say whether something is known of a variable that can be told: of a boolean, yes.

        Or no, where there are words for it. Of what is computed only one value, as its limits
        follow from next to nothing.
        """
        p = self.patient
        if (name, j) not in p.values:
            return False
        if p.symbol(name).kind == "boolean":
            said = words if isinstance(words, dict) else (YES,)
            return result_of(p.value(name, j)) in said
        return not p.is_open(name, j) or (p.state(name, j) == SURE and self.informative(name, j))

    def by_level(self, words: str | dict[str, str], name: str, j: int | None) -> Iterable[str]:
        """Give the words of each value left; nothing where one of them has none."""
        p, kind = self.patient, self.patient.symbol(name).kind
        if kind == "level":
            values = {x: p.level_text(name, x) for x in p.levels_left(name, j)}
        elif kind == "boolean":
            values = {result_of(p.value(name, j)): ""}
        else:
            limits = words if isinstance(words, dict) else ()
            beyond = next((x for x in limits if self.is_beyond(x, name, j)), "")
            values = {beyond: p.number_text(name, j)}
        if isinstance(words, str):
            return [words.replace("{value}", " or ".join(values.values()))]
        other = words.get(ANY, "")
        found = [
            words.get(x, "" if x == ABSENT else other).replace("{value}", shown)
            for x, shown in values.items()
        ]
        return found if all(found) else ()

    def is_beyond(self, limit: str, name: str, j: int | None) -> bool:
        """Say whether a number lies surely below or above a limit: a number or a variable."""
        side, _, of = limit.partition(" ")
        low, high = self.patient.value(name, j)
        if of in self.pack.variables:
            known = (of, None) in self.patient.values
            least, most = self.patient.value(of, None) if known else (-INF, INF)
        else:
            least = most = float(of)
        return high < least if side == "below" else low > most

    def age_told(self, name: str, j: int | None) -> str:
        """Say how old something is where it is not of today; of the computed, what is oldest."""
        fact = self.fact(name, j)
        if fact.events:
            return fact.events[0].age if fact.events[0].age not in FRESH else ""
        if fact.origin != "computed" or self.patient.symbol(name).kind != "number":
            return ""
        old = [x for x in self.facts_of((name,), j) if is_old_number(x)]
        if not old:
            return ""
        oldest = min(old, key=lambda x: x.events[0].time)
        return f"{oldest.title} {oldest.events[0].age}"

    def at_lesions(self, line: Opening, scored: Scored, urgent: Mapping[str, int]) -> list[str]:
        """Give the bone lesions with what is known of each.

        Those with the most urgent alert stand first, then those of which most is known.
        """
        p = self.patient
        names = [x for x in line.tell if x not in self.pack.scores]
        scores = [x for x in line.tell if x in self.pack.scores]

        def known(j: int) -> int:
            label = p.label(j)
            return sum((x, label) in scored for x in scores) + sum(
                not p.is_open(x, j) for x in names if (x, j) in p.values
            )

        def urgency(j: int) -> int:
            return urgent.get(p.label(j) or "", len(URGENCIES))

        every = sorted(range(self.one.operations.n), key=lambda j: (urgency(j), -known(j)))
        alike: dict[str, list[str]] = {}
        for j in every:
            said = ", ".join(self.told_of(line, j, scored))
            alike.setdefault(said, []).append(self.place_of(j))
        found = [
            both(counted(places)) + (f" ({said})" if said else "")
            for said, places in islice(alike.items(), MOST_LINES)
        ]
        more = sum(len(places) for places in islice(alike.values(), MOST_LINES, None))
        return [*found, f"and {more} more"] if more > 0 else found


def settled(score: ScoreFinding) -> bool:
    """Say whether a score applies and leaves few bands."""
    return score.result == "yes" and 0 < len(score.bands) <= MOST_BANDS


def counted(places: list[str]) -> list[str]:
    """Name each place once, with how many lesions share it; of many the first ones."""
    named = [x if n == 1 else f"{x} ({n} lesions)" for x, n in Counter(places).items()]
    more = len(named) - MOST_NAMED
    return [*named[:MOST_NAMED], f"{more} more"] if more > 0 else named


def is_old_number(fact: FactShown) -> bool:
    """Say whether a fact is a number of the record that is not of today."""
    return fact.measured and bool(fact.events) and fact.events[0].age not in FRESH
