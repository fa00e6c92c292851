"""THE straight line: events -> facts -> findings -> assessment, and the only place where they meet.

`evaluate` runs a batch; `assess` runs one patient and explains the result; `reading` shows what a
record says.
"""

from __future__ import annotations

from typing import Any, Final

from bonemets.collector import uncollected
from bonemets.engine import Engine
from bonemets.model import Assessment, Findings, Knowledge, Reading, Record
from bonemets.shown import moment_text
from bonemets.values import NONE
from bonemets.writing.alerts import Alerts
from bonemets.writing.course import Course
from bonemets.writing.disagreements import Disagreements
from bonemets.writing.findings import Results
from bonemets.writing.opening import Openings
from bonemets.writing.options import Options
from bonemets.writing.outlook import Outlooks
from bonemets.writing.plan import Planner
from bonemets.writing.questions import Questions
from bonemets.writing.unused import Unused

NOTICE: Final = (
    "Decision support, not a medical device, and not yet reviewed by a clinician. "
    "It can be wrong and it does not know everything about this patient: "
    "check every line against its source."
)
GUIDE_NOTICE: Final = (
    "Decision support, not a medical device, and not yet reviewed by a clinician. "
    "It can be wrong, and it is about no one person: check every line against its source."
)
"""Of what is printed without any patient."""


def assess(
    engine: Engine,
    record: Record,
    moment: int,
    *,
    index_note: str | None = None,
    assumptions: tuple[str, ...] = (),
    questions: bool = True,
) -> Assessment:
    """Give the explained assessment of one record as of an index moment.

    That is the last second of the index date. `questions`: rank those that would settle most.
    """
    with uncollected():
        # Run and writer have no name, so that they are gone before the collector looks again.
        return Writer(engine.run_one(record, moment), index_note, assumptions).assessment(
            questions=questions
        )


def findings(
    engine: Engine,
    record: Record,
    moment: int,
    *,
    index_note: str | None = None,
    assumptions: tuple[str, ...] = (),
) -> Findings:
    """Give the findings of one record as of an index moment, without what explains them."""
    with uncollected():
        return Writer(engine.run_one(record, moment), index_note, assumptions).findings()


def reading(
    engine: Engine, record: Record, moment: int, *, index_note: str | None = None
) -> Reading:
    """Give what a record says as of an index moment."""
    return Writer(engine.run_one(record, moment), index_note).reading()


class Writer(
    Alerts, Outlooks, Options, Openings, Course, Disagreements, Questions, Unused, Results
):
    """Writes the assessment, or the reading, of one run."""

    def of_record(self) -> dict[str, Any]:
        """Give what everything begins with that is given of a record."""
        return {
            "record": self.one.record.name,
            "index_date": moment_text(self.one.moment)[:10],
            "index_note": self.index_note,
            "assumptions": (
                *self.assumptions,
                *self.list_assumptions(),
                *self.unit_assumptions(),
            ),
            "knowledge": Knowledge(
                version=self.pack.version, hash=self.pack.hash, weaker=self.pack.weaker
            ),
            "notice": NOTICE,
        }

    def assessment(self, *, questions: bool = True) -> Assessment:
        """Show what the run found; behind a closed gate, alerts that need no known cancer."""
        alerts = tuple(self.alerts())
        scores = self.scores() if self.gate_open else ()
        alive = self.alive()
        options = self.options() if alive else ()
        tests = self.investigations() if alive else ()
        alerts = self.told_with_tests(alerts, tests)
        steps = self.steps() if alive else ()
        interactions = self.interactions() if alive else ()
        numbers = self.numbers() if self.gate_open else ()
        cards = self.cards() if alive else ()
        planner = Planner(
            self.pack,
            self.lineage.rank,
            comfort_only=self.comfort_only(),
            last_days=self.last_days(),
        )
        plan = planner.plan(alerts, tests, options, steps, interactions)
        alerts = self.told_anew(alerts, planner.instead)
        steps = self.beside(steps, plan)
        ranked = self.questions(alerts, options, scores) if alive and questions else ()
        return Assessment(
            **self.of_record(),
            summary=self.summary(),
            opening=self.opening(scores, alerts) if self.gate_open else (),
            scope=self.scope(),
            urgency=self.urgency(list(alerts)),
            lesions=self.lesions(),
            lesions_complete=not self.one.placed.open,
            alerts=alerts,
            scores=scores,
            numbers=numbers,
            investigations=tests,
            options=options,
            done=self.done(plan),
            interactions=self.in_play(interactions, plan, options),
            plan=plan,
            declined=planner.declined(options),
            steps=steps,
            cards=cards,
            outlook=self.outlook() if alive else (),
            disagreements=self.disagreements(
                (*alerts, *interactions, *steps, *tests, *options, *scores, *numbers, *cards)
            ),
            handouts=self.handouts() if alive else (),
            questions=ranked,
            **self.unused(),
            titles=self.titles(),
            telephones=self.telephones(),
        )

    def findings(self) -> Findings:
        """Give what the run found and nothing that explains it, chosen as `assessment` chooses."""
        alerts = self.alert_results()
        return Findings(
            **self.of_record(),
            scope=self.scope(),
            urgency=self.ends(alerts),
            lesions=self.lesions(),
            lesions_complete=not self.one.placed.open,
            alerts=alerts,
            scores=self.score_results(),
            investigations=self.test_results(),
            options=self.option_results(),
            **self.unused(),
        )

    def reading(self) -> Reading:
        """Show events and facts with where they came from, and what was not used."""
        facts = [
            self.fact(name, j)
            for (name, j), state in self.patient.recorded.items()
            if (name, j) in self.patient.values and (state > NONE or self.informative(name, j))
        ]
        computed = [
            self.fact(name, j)
            for name, j in self.patient.values
            if (name, j) not in self.patient.recorded and self.informative(name, j)
        ]
        return Reading(
            **self.of_record(),
            lesions=self.lesions(),
            lesions_complete=not self.one.placed.open,
            events=self.events_shown(),
            facts=(*facts, *computed),
            **self.unused(),
        )
