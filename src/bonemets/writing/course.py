"""The course: steps on the way, what does not go together, facts to look up, and handouts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from bonemets.model import (
    CardFinding,
    CardRowShown,
    HandoutFinding,
    InteractionFinding,
    OptionFinding,
    PlanEntry,
    Result,
    StepFinding,
)
from bonemets.pack.items import Card, Handout, Interaction, Step
from bonemets.values import NONE
from bonemets.writing.view import View


class Course(View):
    """Steps, interactions, cards and handouts: only those that are settled as yes."""

    def steps(self) -> tuple[StepFinding, ...]:
        """Give the steps that are for this patient, each after what comes before it."""
        found = {
            (step.id, j): StepFinding(
                id=step.id,
                title=step.title,
                lesion=self.patient.label(j),
                result="yes",
                after=tuple(map(self.thing, step.after)),
                before=tuple(map(self.thing, step.before)),
                wait=step.wait,
                what=step.what,
                purpose=step.why,
                say=self.texts(step.say.clinician, step.say.patient, j),
                **self.behind(step, j),
            )
            for step, j in self.holding("step", self.pack.steps)
        }
        rank = self.lineage.rank_of_steps
        return tuple(sorted(found.values(), key=lambda x: rank[x.id]))

    def interactions(self) -> tuple[InteractionFinding, ...]:
        """Give what does not go together for this patient; what stops stands first."""
        found = [
            InteractionFinding(
                id=x.id,
                title=x.title,
                lesion=self.patient.label(j),
                result="yes",
                between=tuple(map(self.thing, x.between)),
                effect=x.effect,
                wait=x.wait,
                purpose=x.why,
                say=self.texts(x.say.clinician, x.say.patient, j),
                **self.behind(x, j),
            )
            for x, j in self.holding("interaction", self.pack.interactions)
        ]
        return tuple(
            sorted(found, key=lambda x: ("stop", "wait", "caution", "together").index(x.effect))
        )

    def in_play(
        self,
        interactions: tuple[InteractionFinding, ...],
        plan: tuple[PlanEntry, ...],
        options: tuple[OptionFinding, ...],
    ) -> tuple[InteractionFinding, ...]:
        """Say of each interaction whether everything that it is between concerns this patient now.

        A variable does: the condition of the interaction asks for it. One that speaks only of what
        is neither planned nor recorded (`only_with`) is left out.
        """
        here = {x.id for x in plan} | {x.id for x in options if x.runs or x.considered}
        things = self.lineage.things
        return tuple(
            replace(x, live=all(y in here or y not in things for y in self.between(x)))
            for x in interactions
            if self.at_hand(x, here)
        )

    def beside(
        self, steps: tuple[StepFinding, ...], plan: tuple[PlanEntry, ...]
    ) -> tuple[StepFinding, ...]:
        """Leave out each step that speaks of something else (`only_with`) of which none is planned.

        Such a step is told where the plan has it, and nowhere else.
        """
        told = {(x.id, lesion) for x in plan for lesion in (*x.lesions, None)}
        tied = {x.id for x in self.pack.steps.values() if x.only_with}
        return tuple(x for x in steps if x.id not in tied or (x.id, x.lesion) in told)

    def at_hand(self, shown: InteractionFinding, here: set[str]) -> bool:
        """Say whether something of which an interaction speaks is planned, runs or is recorded."""
        names = self.pack.interactions[shown.id].only_with
        return not names or any(
            x in here or (x in self.pack.variables and self.patient.state(x, None) > NONE)
            for x in names
        )

    def between(self, shown: InteractionFinding) -> tuple[str, str]:
        """Give the names of what an interaction is between."""
        return self.pack.interactions[shown.id].between

    def cards(self) -> tuple[CardFinding, ...]:
        """Give the cards that are for this patient; rows that do not hold are left out."""
        return tuple(
            CardFinding(
                id=card.id,
                title=card.title,
                lesion=self.patient.label(j),
                result="yes",
                rows=tuple(self.rows(card, j)),
                say=self.texts(card.say.clinician, card.say.patient, j),
                **self.behind(card, j),
            )
            for card, j in self.holding("card", self.pack.cards)
        )

    def handouts(self) -> tuple[HandoutFinding, ...]:
        """Give the pages of the patient's leaflet in their order."""
        found = [
            HandoutFinding(
                id=x.id,
                title=x.title,
                lesion=self.patient.label(j),
                result="yes",
                place=x.place,
                text=x.text,
                points=x.points,
                **self.behind(x, j),
            )
            for x, j in self.holding("handout", self.pack.handouts)
            if not self.left_out(x, j)
        ]
        return tuple(sorted(found, key=lambda x: x.place))

    def left_out(self, page: Handout, j: int | None) -> bool:
        """Say whether a page surely does not go into the leaflet."""
        tree = self.lineage.of(page).get(("unless",))
        return tree is not None and self.patient.result(tree, j) == "yes"

    def rows(self, card: Card, j: int | None) -> Iterator[CardRowShown]:
        """Give the rows of a card that hold or may hold."""
        trees = self.lineage.of(card)
        for index, row in enumerate(card.rows):
            result: Result = "yes"
            if row.when is not None:
                result = self.patient.result(trees["rows", index, "when"], j)
            if result != "no":
                yield CardRowShown(text=row.text, result=result, evidence=self.cited(row.evidence))

    def behind(self, item: Step | Interaction | Card | Handout, j: int | None) -> dict[str, Any]:
        """Give what every finding carries."""
        tree = self.lineage.of(item)[("when",)]
        return self.shared(tree, j, item.evidence, item.interpretation)

    def thing(self, name: str) -> str:
        """Give the title of something that can be done, or of a variable."""
        thing = self.lineage.things.get(name)
        return thing.title if thing is not None else self.patient.title(name)
