"""Where sources disagree on what this patient gets: the positions, and which is followed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bonemets.lineage import weakest_of
from bonemets.model import (
    AlertFinding,
    CardFinding,
    DisagreementShown,
    InteractionFinding,
    InvestigationFinding,
    NumberFinding,
    OptionFinding,
    PositionShown,
    Result,
    ScoreFinding,
    StepFinding,
)
from bonemets.pack.items import LEFT, Disagreement
from bonemets.writing.view import View

Told = (
    AlertFinding
    | CardFinding
    | InteractionFinding
    | InvestigationFinding
    | NumberFinding
    | OptionFinding
    | ScoreFinding
    | StepFinding
)
"""What a disagreement may stand beside."""


class Disagreements(View):
    """Disagreements of sources that concern what is found, each told once."""

    def disagreements(self, findings: Iterable[Told]) -> tuple[DisagreementShown, ...]:
        """Give the disagreements beside these findings, in the order of the findings."""
        titles: dict[str, str] = {}
        for finding in findings:
            if finding.id in self.lineage.disputed or isinstance(finding, AlertFinding):
                for identity, title in self.acted_on(finding):
                    titles.setdefault(identity, title)
        place = {identity: n for n, identity in enumerate(titles)}
        told: list[tuple[int, DisagreementShown]] = []
        for found in self.pack.disagreements.values():
            matters = self.matters(found)
            beside = [x for x in found.beside if x in titles] if matters != "no" else []
            if matters == "yes" or (beside and matters == "unknown"):
                first = min((place[x] for x in beside), default=len(titles))
                told.append((first, self.disagreement(found, beside, titles)))
        return tuple(shown for _, shown in sorted(told, key=lambda pair: pair[0]))

    def acted_on(self, finding: Told) -> Iterator[tuple[str, str]]:
        """Give the ids and titles that a finding brings into play: its own, and its actions."""
        match finding:
            case OptionFinding():
                holds = finding.status in LEFT
            case NumberFinding():  # where the laboratory gave it, nothing was computed
                holds = any(
                    f.variable == finding.id and f.origin == "computed" for f in finding.facts
                )
            case ScoreFinding():
                holds = finding.result == "yes" and not finding.quiet
            case _:
                holds = finding.result == "yes"
        if holds:
            yield finding.id, finding.title
            if isinstance(finding, AlertFinding):
                yield from ((action.id, action.title) for action in finding.actions)

    def matters(self, disagreement: Disagreement) -> Result:
        """Say whether it may change anything.

        Where its condition surely holds, it is told even if what it stands beside does not show:
        with the other position it might. Without a condition, or where that is open, it is told
        beside what shows.
        """
        tree = self.lineage.of(disagreement).get(("when",))
        result = self.patient.result(tree, None) if tree is not None else "unknown"
        return result if self.alive() or result == "no" else "unknown"

    def disagreement(
        self, found: Disagreement, beside: list[str], titles: dict[str, str]
    ) -> DisagreementShown:
        """Show one, the position that is followed first."""
        chosen, follows = self.pack.choice(found.id), self.pack.followed(found.id)
        names = [follows, *(name for name in found.positions if name != follows)]
        by = [c.title for c in self.pack.choices.values() if found.id in c.list]
        return DisagreementShown(
            id=found.id,
            title=found.title,
            positions=tuple(
                PositionShown(
                    text=found.positions[name].says,
                    followed=name == follows,
                    trust=weakest_of(found.positions[name].evidence),
                    evidence=self.cited(found.positions[name].evidence),
                )
                for name in names
            ),
            why=found.why if chosen is None else chosen.why,
            chosen_by=by[-1] if by and follows != found.follows else None,
            concerns=tuple(dict.fromkeys(titles[x] for x in beside)),
        )
