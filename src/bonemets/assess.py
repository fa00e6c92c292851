"""THE straight line: events -> facts -> findings -> assessment, and the only place where they meet.

`Engine.evaluate` runs a batch on arrays; `Engine.assess` runs one patient on scalars and explains the result.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np

from bonemets.explain import (
    TRUST,
    Patient,
    date_text,
    moment_text,
    result_of,
    unit_shown,
    weakest_of,
)
from bonemets.expression import Node
from bonemets.facts.lesions import Keys, arrange
from bonemets.facts.lesions import Patient as Placed
from bonemets.facts.meaning import REASONS
from bonemets.facts.select import Selection, Selector
from bonemets.facts.table import LONG_AGO, NEVER, Table, tabulate
from bonemets.model import (
    Absent,
    ActionShown,
    AlertFinding,
    Assessment,
    CheckShown,
    ClauseShown,
    ClockShown,
    Component,
    DoseShown,
    EffectShown,
    Event,
    EventShown,
    FactShown,
    InvestigationFinding,
    Knowledge,
    LesionShown,
    Levels,
    NotUnderstood,
    NumberFinding,
    OptionFinding,
    Origin,
    Quantity,
    Question,
    Range,
    Reading,
    Record,
    ScopeShown,
    ScoreFinding,
    SetAside,
    Source,
    Span,
    Texts,
    UrgencyRange,
    Value,
    Words,
)
from bonemets.pack.check import duration_seconds
from bonemets.pack.items import (
    Alert,
    Check,
    Citation,
    Clause,
    Investigation,
    Option,
    Score,
    Variable,
)
from bonemets.pack.load import Pack
from bonemets.pack.trees import Trees
from bonemets.pack.trust import licensed, unlicensed
from bonemets.program import (
    STATUSES,
    URGENCIES,
    Facts,
    Input,
    Key,
    Output,
    Program,
    compile_pack,
    link,
)
from bonemets.values import FALSE, INF, TRUE, Arrays, Lesions, Scalars

DAY: Final = 86_400
NOTICE: Final = (
    "Decision support, not a medical device, and not yet reviewed by a clinician. "
    "It can be wrong and it does not know everything about this patient: check every line against its source."
)
STALE_DAYS: Final = 7


@dataclass(frozen=True, slots=True)
class BatchFindings:
    """The outputs of a batch: one array for each register, patients in the order of `rank_of`, lesions in slots."""

    program: Program
    outputs: tuple[Any, ...]
    selection: Selection
    lesions: Lesions
    rank_of: tuple[int, ...]
    flat: tuple[tuple[int, ...], ...]


@dataclass(slots=True)
class Engine:
    """A pack ready to run: its trees, its program, the selection of its facts and the keys of its lesions."""

    pack: Pack
    trees: Trees
    program: Program
    results: dict[Key, Output]
    run: Callable[[Any, Facts], tuple[Any, ...]]
    selector: Selector
    keys: Keys

    @staticmethod
    def of(
        pack: Pack, *, given: frozenset[str] = frozenset(), only: frozenset[str] | None = None
    ) -> Engine:
        """Compile a checked pack (or some of its items, with some derived variables given)."""
        return Engine.from_program(pack, compile_pack(pack, given=given, only=only))

    @staticmethod
    def from_program(pack: Pack, program: Program) -> Engine:
        """Make a compiled pack ready to run."""
        selector = Selector.of(pack, program)
        return Engine(
            pack, Trees(pack), program, program.by_key(), link(program.source), selector, Keys(pack)
        )

    def like(self, pack: Pack, given: frozenset[str], only: frozenset[str]) -> Engine:
        """Compile a pack that differs from this engine's in a few expressions; the selection of facts is shared."""
        trees = self.trees.like(pack)
        program = compile_pack(pack, given=given, only=only, trees=trees)
        selector = replace(self.selector, inputs=program.inputs)
        return Engine(pack, trees, program, program.by_key(), link(program.source), selector, self.keys)

    def rerun(self, one: One) -> One:
        """Run this engine on the facts that another engine like it selected."""
        layout = arrange([one.placed]).lesions
        facts = self.selector.facts_of_one(one.selection, layout, one.moment)
        outputs = self.run(one.operations, facts)
        return replace(one, engine=self, facts=facts, outputs=outputs)

    # many patients

    def evaluate(self, records: Sequence[Record], moments: Sequence[int]) -> BatchFindings:
        """Run the program on the records of a batch, each as of its own index moment."""
        placed = [self.keys.find(r, m) for r, m in zip(records, moments, strict=True)]
        batch = arrange(placed)
        by_rank = np.zeros(len(records), np.int64)
        complete = {
            n: np.zeros(len(records), bool) for n in ("medications", "conditions", "procedures")
        }
        for i, rank in enumerate(batch.rank_of):
            by_rank[rank] = moments[i]
            for name in records[i].complete:
                complete[name][rank] = True
        table = tabulate(batch.events)
        selection = self.selector.select(table, batch.lesions, by_rank, complete)
        facts = self.selector.facts(selection, batch.lesions, by_rank.astype(np.float64))
        outputs = self.run(Arrays(batch.lesions), facts)
        return BatchFindings(
            self.program, outputs, selection, batch.lesions, batch.rank_of, batch.flat
        )

    # one patient

    def run_one(self, record: Record, moment: int) -> One:
        """Run the program on one patient's scalars."""
        placed = self.keys.find(record, moment)
        batch = arrange([placed])
        table = tabulate(batch.events)
        complete = {
            n: np.array([n in record.complete]) for n in ("medications", "conditions", "procedures")
        }
        selection = self.selector.select(table, batch.lesions, moment, complete)
        facts = self.selector.facts_of_one(selection, batch.lesions, moment)
        operations = scalars_of(placed)
        outputs = self.run(operations, facts)
        return One(self, record, moment, placed, table, selection, facts, operations, outputs)

    def assess(
        self,
        record: Record,
        moment: int,
        *,
        index_note: str | None = None,
        assumptions: tuple[str, ...] = (),
    ) -> Assessment:
        """Give the explained assessment of one record as of an index moment (the last second of the index date)."""
        return Writer(self.run_one(record, moment), index_note, assumptions).assessment()

    def reading(self, record: Record, moment: int, *, index_note: str | None = None) -> Reading:
        """Give what a record says as of an index moment."""
        return Writer(self.run_one(record, moment), index_note).reading()


def scalars_of(placed: Placed, *, closed: bool = False) -> Scalars:
    """Give the scalar operations for one patient's lesion list; `closed` asks what would hold if the list were complete."""
    lesions = placed.lesions
    return Scalars(
        len(lesions),
        open_list=placed.open and not closed,
        group=tuple(x.group for x in lesions),
        several=tuple(not x.identified for x in lesions),
        doubtful=tuple(not x.certain for x in lesions),
    )


@dataclass(slots=True)
class One:
    """One patient's run: what went in and what came out."""

    engine: Engine
    record: Record
    moment: int
    placed: Placed
    table: Table
    selection: Selection
    facts: Facts
    operations: Scalars
    outputs: tuple[Any, ...]

    def output(self, *key: str, outputs: tuple[Any, ...] | None = None) -> Any:
        """Give an output's set; a lesion's as a list."""
        entry = self.engine.results[key]
        found = self.outputs if outputs is None else outputs
        if entry.form == "mask":
            return found[entry.at]
        pair = (found[entry.at], found[entry.at + 1])
        return pair if entry.entity == "patient" else list(zip(*pair, strict=True))

    def fact(self, entry: Input, lesion: int | None) -> Any:
        """Give a fact's set in the form of a result."""
        facts = self.facts

        def at(of_patient: list[Any], of_lesions: list[list[Any]]) -> Any:
            return of_patient[entry.slot] if lesion is None else of_lesions[entry.slot][lesion]

        if entry.kind in ("number", "date"):
            return (at(facts.lows, facts.lesion_lows), at(facts.highs, facts.lesion_highs))
        mask = at(facts.masks, facts.lesion_masks)
        return mask if entry.kind == "level" else ((mask & TRUE) != 0, (mask & FALSE) != 0)

    def sets(self) -> Patient:
        """Give the patient's sets of all variables, for explaining."""
        engine = self.engine
        values: dict[tuple[str, int | None], Any] = {}
        recorded: dict[tuple[str, int | None], int] = {}
        states = self.selection.picked.state
        for key, entry in engine.results.items():
            if key[0] != "variable":
                continue
            found = self.output(*key)
            if entry.entity == "patient":
                values[(key[1], None)] = found
            else:
                for j, one in enumerate(found):
                    values[(key[1], j)] = one
        for name, entry in engine.program.inputs.items():
            base = self.selection.base[name]
            members = (None,) if entry.entity == "patient" else range(self.operations.n)
            for j in members:
                recorded[(name, j)] = int(states[base + (j or 0)])
                if ("variable", name) not in engine.results:  # computed from nothing: its fact is its value
                    values[(name, j)] = self.fact(entry, j)
        alerts: dict[str, list[tuple[bool, bool]]] = {}
        for identity, alert in engine.pack.alerts.items():
            if ("alert", identity) in engine.results and alert.entity == "patient":
                alerts.setdefault(alert.urgency, []).append(self.output("alert", identity))
        return Patient(
            engine.pack,
            engine.trees,
            float(self.moment),
            values,
            recorded,
            self.operations,
            tuple(x.key for x in self.placed.lesions),
            alerts,
        )


class Writer:
    """Writes the assessment of one run."""

    def __init__(
        self, one: One, index_note: str | None = None, assumptions: tuple[str, ...] = ()
    ) -> None:
        """Take a run, how far its index date lies off, and what was assumed."""
        self.one, self.engine, self.pack = one, one.engine, one.engine.pack
        self.index_note, self.assumptions = index_note, assumptions
        self.patient = one.sets()
        self.events: list[Event] = [p.event for p in one.placed.placed]
        self.chosen: dict[int, list[int]] = {}
        picked = one.selection.picked
        for r in np.flatnonzero(picked.chosen).tolist():
            self.chosen.setdefault(int(picked.group[r]), []).append(r)
        self.gate_open, self.gate_text = self.gate()
        if one.placed.open:
            closed = one.engine.run(scalars_of(one.placed, closed=True), one.facts)
            self.closed: tuple[Any, ...] | None = closed
        else:
            self.closed = None

    # the whole

    def assessment(self) -> Assessment:
        one = self.one
        alerts = self.alerts()
        return Assessment(
            record=one.record.name,
            index_date=moment_text(one.moment)[:10],
            index_note=self.index_note,
            assumptions=(*self.assumptions, *self.list_assumptions()),
            knowledge=Knowledge(
                version=self.pack.version, hash=self.pack.hash, weaker=self.pack.weaker
            ),
            notice=NOTICE,
            scope=self.scope(),
            urgency=self.urgency(alerts),
            lesions=self.lesions(),
            lesions_complete=not one.placed.open,
            alerts=tuple(alerts),
            scores=self.scores() if self.gate_open else (),
            numbers=self.numbers() if self.gate_open else (),
            investigations=self.investigations() if self.gate_open else (),
            options=self.options() if self.gate_open else (),
            set_aside=(*one.record.set_aside, *self.unusable()),
            not_understood=self.not_understood(),
            not_counted=self.not_counted(),
            ignored=dict(one.record.ignored),
            titles=self.titles(),
        )

    def list_assumptions(self) -> tuple[str, ...]:
        """Say which lists are taken as complete."""
        return tuple(
            f"The list of {name} is taken as complete: what is not on it is taken as no."
            for name in self.one.record.complete
        )

    def reading(self) -> Reading:
        """Show events and facts with where they came from, and what was not used."""
        one = self.one
        facts = [
            self.fact(name, j)
            for (name, j), state in self.patient.recorded.items()
            if (name, j) in self.patient.values and (state > 0 or self.informative(name, j))
        ]
        computed = [
            self.fact(name, j)
            for name, j in self.patient.values
            if (name, j) not in self.patient.recorded and self.informative(name, j)
        ]
        return Reading(
            record=one.record.name,
            index_date=moment_text(one.moment)[:10],
            index_note=self.index_note,
            assumptions=self.list_assumptions(),
            knowledge=Knowledge(
                version=self.pack.version, hash=self.pack.hash, weaker=self.pack.weaker
            ),
            notice=NOTICE,
            lesions=self.lesions(),
            lesions_complete=not one.placed.open,
            events=self.events_shown(),
            facts=(*facts, *computed),
            set_aside=(*one.record.set_aside, *self.unusable()),
            not_understood=self.not_understood(),
            not_counted=self.not_counted(),
            ignored=dict(one.record.ignored),
        )

    def events_shown(self) -> tuple[EventShown, ...]:
        """Give the events as read, with the variables that each speaks for."""
        rows, table = self.one.selection.rows, self.one.table
        spoken: dict[int, dict[str, None]] = {}
        for r in range(len(rows.row)):
            spoken.setdefault(int(table.event[rows.row[r]]), {})[
                self.one.selection.variables[int(rows.variable[r])].id
            ] = None
        shown: list[EventShown] = []
        for number, placed in enumerate(self.one.placed.placed):
            event = placed.event
            code = event.codes[0] if event.codes else None
            if placed.lesion >= 0 and event.about is None:
                continue  # the side of a lesion, restated as a variable; shown with the event that names it
            shown.append(
                EventShown(
                    where=event.place.where,
                    detail=event.place.detail,
                    role=event.role,
                    status=event.status,
                    code=f"{code.system} {code.code}" if code else "",
                    text=event.text or (code.display if code else ""),
                    value=value_text(event.value),
                    time=""
                    if event.time is None
                    else date_text(float(event.time[0]), float(event.time[1])),
                    lesion=self.one.placed.lesions[placed.lesion].key
                    if placed.lesion >= 0
                    else None,
                    variables=tuple(spoken.get(number, ())),
                )
            )
        return tuple(shown)

    # scope

    def truth(self, *key: str) -> tuple[bool, bool]:
        return self.one.output(*key)

    def gate(self) -> tuple[bool, str]:
        """Open for an adult with cancer current, past or suspected; silence closes it, an unreadable event does not."""
        scope = self.pack.scope
        if scope is None or ("scope", "cancer") not in self.engine.results:
            return True, ""
        cancer, adult = self.truth("scope", "cancer"), self.truth("scope", "adult")
        if not adult[0]:
            return False, "These findings are for adults; the patient is not one."
        if result_of(cancer) == "yes":
            return True, ""
        if result_of(cancer) == "no":
            return (
                False,
                "No cancer is known of. If there is or was one, or one is suspected, record it.",
            )
        behind = {scope.cancer_variable, *self.patient.behind(scope.cancer_variable)}
        heard = any(self.patient.state(name, None) > 0 for name in behind)
        if heard:
            return True, "Whether there is a cancer is not certain from the record."
        return (
            False,
            "Nothing in the record speaks of cancer. If there is or was one, or one is suspected, record it.",
        )

    def scope(self) -> ScopeShown:
        if self.pack.scope is None:
            return ScopeShown(open=True, adult="unknown", dead="unknown", text="")
        return ScopeShown(
            open=self.gate_open,
            adult=result_of(self.truth("scope", "adult")),
            dead=result_of(self.truth("scope", "dead")),
            text=self.gate_text,
        )

    # alerts and urgency

    def alerts(self) -> list[AlertFinding]:
        """Give the alerts that are yes or not ruled out, the most urgent first."""
        scope = self.pack.scope
        if scope is not None and result_of(self.truth("scope", "dead")) == "yes":
            return []
        found: list[AlertFinding] = []
        for identity, alert in self.pack.alerts.items():
            if not self.gate_open and not alert.without_known_cancer:
                continue
            tree = self.engine.trees.of(alert)[("when",)]
            truths = self.one.output("alert", identity)
            ifs_closed = (
                self.one.output("alert", identity, outputs=self.closed)
                if self.closed is not None
                else truths
            )
            if alert.entity == "patient":
                truths, ifs_closed = [truths], [ifs_closed]
            for j, (truth, closed) in enumerate(zip(truths, ifs_closed, strict=True)):
                result = result_of(truth)
                if result == "no" or (result == "unknown" and result_of(closed) == "no"):
                    continue
                lesion = j if alert.entity == "lesion" else None
                found.append(self.alert(alert, tree, lesion, truth))
        shown = {a.id for a in found if a.result == "yes"}
        order = {"yes": 0, "unknown": 1}
        found.sort(
            key=lambda a: (
                order[a.result],
                URGENCIES.index(a.urgency),
                bool(shown & set(a.beneath)),
            )
        )
        return found

    def alert(
        self, alert: Alert, tree: Node, lesion: int | None, truth: tuple[bool, bool]
    ) -> AlertFinding:
        p = self.patient
        say = self.texts(alert.say.clinician, alert.say.patient, lesion)
        return AlertFinding(
            id=alert.id,
            title=alert.title,
            lesion=p.label(lesion),
            result=result_of(truth),
            urgency=alert.urgency,
            clock=self.clock(alert),
            actions=self.actions(alert, lesion),
            beneath=alert.beneath,
            say=say,
            **self.shared(tree, lesion, alert.evidence, alert.interpretation),
        )

    def shared(
        self,
        tree: Node | None,
        lesion: int | None,
        evidence: tuple[Citation, ...],
        notes: tuple[str, ...],
    ) -> dict[str, Any]:
        """Give what every finding carries: deciding clauses, facts, what is missing, evidence and trust."""
        p = self.patient
        whys = p.reasons(tree, lesion) if tree is not None else ()
        missing = p.missing(tree, lesion) if tree is not None else ()
        return {
            "why": whys,
            "facts": self.facts_of(self.engine.trees.names(tree) if tree is not None else (), lesion),
            "missing": missing,
            "evidence": tuple(self.source(c) for c in evidence),
            "trust": p.lines_behind(tree, evidence),
            "interpretation": notes,
        }

    def clock(self, alert: Alert) -> ClockShown | None:
        if alert.clock is None:
            return None
        low, high = self.patient.value(alert.clock.from_, None)
        span = duration_seconds(alert.clock.act_by)
        start = None if low == -INF or high == INF else date_text(low, high)
        due = None if low == -INF else moment_text(low + span)
        return ClockShown(
            counts_from=self.patient.title(alert.clock.from_),
            start=start,
            act_by=alert.clock.act_by,
            due=due,
        )

    def actions(self, alert: Alert, lesion: int | None) -> tuple[ActionShown, ...]:
        """Give an alert's actions; one with an unmet condition is left out, one with an open condition says so."""
        shown: list[ActionShown] = []
        start: float | None = None
        if alert.clock is not None:
            low = self.patient.value(alert.clock.from_, None)[0]
            start = None if low == -INF else low
        trees = self.engine.trees.of(alert)
        for index, action in enumerate(alert.actions):
            open_conditions: dict[str, list[str]] = {"unless": [], "only_if": []}
            dropped = False
            for key, open_words in open_conditions.items():
                tree = trees.get(("actions", index, key))
                if tree is None:
                    continue
                result = result_of(self.patient.evaluate(tree, lesion))
                dropped |= result == ("yes" if key == "unless" else "no")
                if result == "unknown":
                    open_words += [r.text for r in self.patient.reasons(tree, lesion, "yes")]
            if dropped:
                continue
            title, text, patient = self.action_text(action.do)
            due = None if start is None else moment_text(start + duration_seconds(action.act_by))
            shown.append(
                ActionShown(
                    id=action.do,
                    title=title,
                    text=text,
                    patient=patient,
                    act_by=action.act_by,
                    due=due,
                    only_if="; ".join(open_conditions["only_if"]) or None,
                    unless="; ".join(open_conditions["unless"]) or None,
                )
            )
        return tuple(shown)

    def action_text(self, identity: str) -> tuple[str, str, str | None]:
        if identity in self.pack.actions:
            action = self.pack.actions[identity]
            return action.title, action.clinician, action.patient
        if identity in self.pack.investigations:
            test = self.pack.investigations[identity]
            return test.title, test.what, test.say.patient
        option = self.pack.options[identity]
        return option.title, option.say.clinician, option.say.patient

    def urgency(self, alerts: list[AlertFinding]) -> UrgencyRange:
        yes = [a for a in alerts if a.result == "yes"]
        at_least = min((a.urgency for a in yes), key=URGENCIES.index, default=None)
        at_most = min((a.urgency for a in alerts), key=URGENCIES.index, default=None)
        worse = [
            a
            for a in alerts
            if a.result == "unknown"
            and (at_least is None or URGENCIES.index(a.urgency) < URGENCIES.index(at_least))
        ]
        because = tuple(dict.fromkeys(a.id for a in yes if a.urgency == at_least))
        votes: Counter[str] = Counter()
        for a in worse:
            weight = 10 ** (4 - URGENCIES.index(a.urgency))
            for name in a.missing:
                votes[name] += weight
        asked = [
            n
            for n, _ in votes.most_common()
            if (v := self.pack.variables.get(n)) is not None and v.ask
        ]
        if (
            not self.gate_open and self.pack.scope is not None
        ):  # one question opens the gate; the rest would be a wall
            asked = (
                [self.pack.scope.cancer_variable]
                if result_of(self.truth("scope", "adult")) != "no"
                else []
            )
        unusable = tuple(
            self.bad_picks({n for a in worse if a.urgency in ("now", "today") for n in a.missing})
        )
        return UrgencyRange(
            at_least=at_least,
            at_most=at_most,
            because=because,
            not_ruled_out=tuple(dict.fromkeys(a.id for a in worse)),
            ask=tuple(
                Question(
                    variable=n,
                    ask=self.pack.variables[n].ask or "",
                    settles=tuple(a.id for a in worse if n in a.missing),
                )
                for n in asked
            ),
            unusable=unusable,
        )

    def bad_picks(self, wanted: set[str]) -> list[str]:
        """Name picked values that could not be used and that an urgent alert waits for."""
        rows = self.one.selection.rows
        found: dict[str, None] = {}
        for r in np.flatnonzero(self.one.selection.picked.chosen & ~rows.usable).tolist():
            v = self.one.selection.variables[int(rows.variable[r])]
            if v.id in wanted:
                event = self.events[int(self.one.table.event[rows.row[r]])]
                found[f"{v.title} ({event.place.where}): {REASONS[int(rows.why[r])]}"] = None
        return list(found)

    # scores and numbers

    def scores(self) -> tuple[ScoreFinding, ...]:
        found: list[ScoreFinding] = []
        for identity, score in self.pack.scores.items():
            members = range(self.one.operations.n) if score.entity == "lesion" else (None,)
            trees = self.engine.trees.of(score)
            for j in members:
                applies = (
                    self.patient.evaluate(trees[("applies",)], j)
                    if ("applies",) in trees
                    else (True, False)
                )
                if result_of(applies) != "no":
                    found.append(self.score(identity, score, j, applies, trees.get(("applies",))))
        return tuple(
            f
            for f in found
            if not (f.value.low is None and f.value.high is None and len(f.bands) > 1)
        )

    def score(
        self, identity: str, s: Score, j: int | None, applies: tuple[bool, bool], tree: Node | None
    ) -> ScoreFinding:
        p = self.patient
        total = self.one.output("score", identity, "total")
        low, high = total[j] if j is not None else total
        bands: tuple[str, ...] = ()
        if ("score", identity, "band") in self.engine.results:
            mask = self.one.output("score", identity, "band")
            mask = mask[j] if j is not None else mask
            every = tuple(s.bands or next(iter(s.bands_by_unit.values())))
            bands = tuple(b for i, b in enumerate(every) if mask >> i & 1)
        inputs = (
            *s.components,
            *(self.engine.trees.names(self.engine.trees.of(s)[("formula",)]) if s.formula else ()),
        )
        missing: dict[str, None] = {}
        if result_of(applies) == "unknown" and tree is not None:
            missing |= dict.fromkeys(p.missing(tree, j))
        for name in inputs:
            p.missing_of(name, j, missing)
        texts = tuple(s.names.get(b, b.replace("_", " ")) for b in bands)
        unit = "1"
        decimals = 0
        if s.formula and (v := self.pack.variables.get(s.formula)):
            unit, decimals = v.unit or "1", v.decimals
        shown = (
            _number(low, decimals)
            if low == high
            else f"{_number(low, decimals)} to {_number(high, decimals)}"
        )
        say = self.texts(s.say.clinician, s.say.patient, j, total=shown, band=" or ".join(texts))
        if (condition := self.conditional(applies, tree, j)) is not None:
            say = Texts(clinician=f"If {condition}: {say.clinician}", patient=say.patient)
        shared = self.shared(tree, j, s.evidence, s.interpretation)
        shared["facts"] = self.facts_of(inputs, j)
        shared["missing"] = tuple(missing)
        for name in inputs:
            shared["trust"] = max(
                shared["trust"],
                self.patient.lines_behind(self.reference(name), s.evidence),
                key=TRUST.index,
            )
        return ScoreFinding(
            id=s.id,
            title=s.title,
            lesion=p.label(j),
            result=result_of(applies),
            value=_range(low, high),
            unit=unit,
            bands=bands,
            band_texts=texts,
            components=tuple(self.component(s, name, j) for name in s.components),
            say=say,
            **shared,
        )

    def conditional(self, applies: tuple[bool, bool], tree: Node | None, j: int | None) -> str | None:
        """Say on what condition a score holds: where it is not certain that it applies, or the lesion is only suspected."""
        parts: list[str] = []
        if result_of(applies) == "unknown" and tree is not None:
            parts += [r.text for r in self.patient.reasons(tree, j, "yes")]
        if j is not None and ("lesion_status", j) in self.patient.values and not parts:
            left = self.patient.levels_left("lesion_status", j)
            if left != ("confirmed",):
                parts.append("it is a metastasis")
        return " and ".join(parts) or None

    def reference(self, name: str) -> Node | None:
        variable = self.pack.variables.get(name)
        return self.engine.trees.of(variable).get(("formula",)) if variable is not None else None

    def component(self, s: Score, name: str, j: int | None) -> Component:
        p = self.patient
        symbol = p.symbol(name)
        value = p.value(name, j)
        table = s.components[name]
        if symbol.kind == "boolean":
            left = tuple(k for k, may in (("yes", value[0]), ("no", value[1])) if may)
            text = " or ".join(left) if len(left) == 1 else "not known"
        else:
            left = p.levels_left(name, j)
            text = (
                "not known"
                if len(left) == len(symbol.levels)
                else " or ".join(p.level_text(name, x) for x in left)
            )
        every = [x for x in table.values() if isinstance(x, int)]
        points = [
            x
            for k in left
            for x in ((table[k],) if isinstance(table[k], int) else every)
            if isinstance(x, int)
        ]
        return Component(
            variable=name,
            title=p.title(name),
            text=text,
            points=Range(low=float(min(points)), high=float(max(points))),
        )

    def numbers(self) -> tuple[NumberFinding, ...]:
        """Give the numbers of which something is known, with their units and age."""
        found: list[NumberFinding] = []
        p = self.patient
        for name, v in self.pack.variables.items():
            if v.type != "number" or (v.with_ is not None and v.with_.take != "sample"):
                continue
            for j in range(self.one.operations.n) if v.entity == "lesion" else (None,):
                if (name, j) not in p.values:
                    continue
                low, high = p.value(name, j)
                heard = p.state(name, j) > 0
                if (low == -INF and high == INF and not heard) or (
                    not heard and not self.known_inputs(name, j)
                ):
                    continue
                missing: dict[str, None] = {}
                p.missing_of(name, j, missing)
                facts = self.facts_of((name,), j)
                found.append(
                    NumberFinding(
                        id=name,
                        title=v.title,
                        lesion=p.label(j),
                        why=(),
                        facts=facts,
                        missing=tuple(missing),
                        evidence=tuple(self.source(c) for c in v.evidence)
                        if p.state(name, j) != 2
                        else (),
                        trust=weakest_of(v.evidence)
                        if v.evidence and p.state(name, j) != 2
                        else "read",
                        interpretation=v.interpretation if p.state(name, j) != 2 else (),
                        value=_range(low, high),
                        unit=v.unit or "1",
                        text=p.number_text(name, j),
                    )
                )
        return tuple(found)

    def known_inputs(self, name: str, j: int | None) -> bool:
        """Say whether a computed number rests on any event of the record."""
        return any(self.patient.state(n, j) > 0 for n in self.all_behind(name))

    def all_behind(self, name: str) -> list[str]:
        found: dict[str, None] = {}
        todo = list(self.patient.behind(name))
        while todo:
            n = todo.pop()
            if n not in found:
                found[n] = None
                todo += self.patient.behind(n)
        return list(found)

    # investigations and options

    def investigations(self) -> tuple[InvestigationFinding, ...]:
        found: list[InvestigationFinding] = []
        for identity, test in self.pack.investigations.items():
            truths = self.one.output("investigation", identity)
            tree = self.engine.trees.of(test)[("when",)]
            for j, truth in enumerate(truths) if test.entity == "lesion" else ((None, truths),):
                if result_of(truth) == "yes":
                    found.append(self.investigation(test, tree, j, truth))
        return tuple(found)

    def investigation(
        self, test: Investigation, tree: Node, j: int | None, truth: tuple[bool, bool]
    ) -> InvestigationFinding:
        return InvestigationFinding(
            id=test.id,
            title=test.title,
            lesion=self.patient.label(j),
            result=result_of(truth),
            what=test.what,
            purpose=test.why,
            say=self.texts(test.say.clinician, test.say.patient, j),
            **self.shared(tree, j, test.evidence, test.interpretation),
        )

    def options(self) -> tuple[OptionFinding, ...]:
        found: list[OptionFinding] = []
        for identity, option in self.pack.options.items():
            masks = self.one.output("option", identity)
            for j, mask in enumerate(masks) if option.entity == "lesion" else ((None, masks),):
                found.append(self.option(option, j, mask))
        rank = {
            "suitable": 0,
            "caution": 1,
            "check_first": 2,
            "unknown": 3,
            "contraindicated": 4,
            "not_indicated": 5,
            "not_in_scope": 6,
        }
        found.sort(key=lambda o: (not o.considered, rank[o.status], o.because != "routine"))
        return tuple(found)

    def option(self, option: Option, j: int | None, mask: int) -> OptionFinding:
        p = self.patient
        left = tuple(s for i, s in enumerate(STATUSES) if mask >> i & 1)
        trees = self.engine.trees.of(option)

        def clauses(section: str, listed: tuple[Clause, ...]) -> tuple[ClauseShown, ...]:
            return tuple(
                self.clause(option, c, trees[(section, i, "when")], j, section)
                for i, c in enumerate(listed)
            )

        indicated = clauses("indicated", option.indicated)
        stops = clauses("contraindicated", option.contraindicated)
        cautions = clauses("caution", option.caution)
        status = status_name(left)
        because = self.because(status, stops)
        missing: dict[str, None] = {}
        for c in (*indicated, *stops, *cautions):
            if c.result == "unknown" and (status in ("unknown", "check_first", "caution")):
                missing |= dict.fromkeys(c.missing)
        facts: dict[str, None] = {}
        for tree in trees.values():
            facts |= dict.fromkeys(self.engine.trees.names(tree))
        whys = tuple(r for c in self.deciding(status, indicated, stops, cautions) for r in c.why)
        return OptionFinding(
            id=option.id,
            title=option.title,
            lesion=p.label(j),
            why=tuple(dict.fromkeys(whys)),
            facts=self.facts_of(tuple(facts), j),
            missing=tuple(missing),
            evidence=tuple(self.source(c) for c in option.evidence),
            trust=weakest_of(option.evidence),
            interpretation=option.interpretation,
            status=status,
            statuses=left,
            because=because,
            considered=option.id in self.one.record.consider,
            modality=option.modality,
            aim=option.aim,
            indicated=indicated,
            stops=stops,
            cautions=cautions,
            dose=self.dose(option, j, status),
            checks_before=tuple(self.check(c) for c in option.checks_before),
            monitoring=tuple(self.check(c) for c in option.monitoring),
            side_effects=tuple(
                EffectShown(
                    what=e.effect,
                    figure=e.frequency if licensed(e.evidence) else "how often: source not read",
                    patient=e.patient,
                    evidence=self.sources(e.evidence),
                )
                for e in option.side_effects
            ),
            effects=tuple(
                EffectShown(
                    what=e.what, figure=e.result, patient=None, evidence=self.sources(e.evidence)
                )
                for e in option.effects
                if licensed(e.evidence)
            ),
            say=self.texts(option.say.clinician, option.say.patient, j),
        )

    @staticmethod
    def deciding(
        status: str,
        indicated: tuple[ClauseShown, ...],
        stops: tuple[ClauseShown, ...],
        cautions: tuple[ClauseShown, ...],
    ) -> list[ClauseShown]:
        """Give the clauses that decided a status."""
        yes = [c for c in indicated if c.result == "yes"]
        match status:
            case "not_indicated":
                return list(indicated)
            case "contraindicated":
                return [*yes, *(c for c in stops if c.result == "yes")]
            case "check_first":
                return [*yes, *(c for c in stops if c.result != "no")]
            case "caution":
                return [*yes, *(c for c in cautions if c.result != "no")]
            case "unknown":
                return [c for c in indicated if c.result != "no"]
            case _:
                return yes

    @staticmethod
    def because(status: str, stops: tuple[ClauseShown, ...]) -> str | None:
        """Say why something has to be checked first: a measurement, an unread stop, or only what is asked of everybody."""
        if status != "check_first":
            return None
        waiting = [s for s in stops if s.result == "unknown" or (s.unread and s.result == "yes")]
        if any(s.unread and s.result == "yes" for s in waiting):
            return "unread"
        return "routine" if all(s.routine for s in waiting) else "measure"

    def clause(
        self, option: Option, clause: Clause, tree: Node, j: int | None, section: str
    ) -> ClauseShown:
        p = self.patient
        result = result_of(p.evaluate(tree, j))
        unread = not licensed(clause.evidence, option.evidence) or self.rests_on_unread(
            self.engine.trees.names(tree), j
        )
        why = p.reasons(tree, j) if result != "no" or section == "indicated" else ()
        instead = tuple((o, self.status_of(o)) for o in clause.instead)
        return ClauseShown(
            text=clause.why,
            result=result,
            why=why,
            missing=p.missing(tree, j),
            routine=clause.routine,
            unread=unread,
            instead=instead,
            evidence=self.sources(clause.evidence),
        )

    def rests_on_unread(self, named: Sequence[str], j: int | None) -> bool:
        """Say whether a formula behind these variables was not read, and the record does not state its value instead."""
        behind = {x for n in named for x in unlicensed(self.engine.trees, n)}
        return any(self.patient.state(n, j) != 2 for n in behind)

    def status_of(self, option: str) -> str:
        mask = self.one.output("option", option)
        return (
            status_name(tuple(s for i, s in enumerate(STATUSES) if mask >> i & 1))
            if isinstance(mask, int)
            else "see there"
        )

    def dose(self, option: Option, j: int | None, status: str) -> DoseShown | None:
        """Print a dose only when one row is left, the option is suitable or caution, the patient is adult and the row was read."""
        if option.dose is None:
            return None
        mask = self.one.output("dose", option.id)
        mask = mask[j] if j is not None else mask
        rows = [r.give for i, r in enumerate(option.dose.rows) if mask >> i & 1]
        evidence = self.sources(option.dose.evidence)
        missing: dict[str, None] = {}
        self.patient.missing_of(option.dose.by, j, missing)
        adult = result_of(self.truth("scope", "adult")) if self.pack.scope is not None else "yes"
        read_line = licensed(option.dose.evidence) and not self.rests_on_unread(
            (option.dose.by,), j
        )
        if status not in ("suitable", "caution"):
            return DoseShown(
                text="no dose is shown until the option is suitable",
                settled=False,
                regimen="",
                evidence=evidence,
            )
        if adult != "yes":
            return DoseShown(
                text="no dose is shown: the patient is not known to be adult",
                settled=False,
                regimen="",
                evidence=evidence,
            )
        if not read_line:
            return DoseShown(
                text="no dose is shown: its source was not read",
                settled=False,
                regimen="",
                evidence=evidence,
            )
        if len(rows) != 1:
            needs = ", ".join(self.patient.title(n) for n in missing)
            shown = " or ".join(rows) if rows else "none of the rows"
            return DoseShown(
                text=f"dose open: {shown}; needs {needs or option.dose.by}",
                settled=False,
                regimen="",
                evidence=evidence,
            )
        return DoseShown(text=rows[0], settled=True, regimen=option.dose.regimen, evidence=evidence)

    def check(self, check: Check) -> CheckShown:
        p = self.patient
        known: list[str] = []
        missing: list[str] = []
        for name in check.needs:
            for j in range(self.one.operations.n) if p.symbol(name).entity == "lesion" else (None,):
                if (name, j) not in p.values:
                    continue
                if p.is_open(name, j):
                    missing.append(name)
                else:
                    known.append(self.fact(name, j).text)
        return CheckShown(
            text=check.what,
            when=check.when,
            known=tuple(dict.fromkeys(known)),
            missing=tuple(dict.fromkeys(missing)),
            evidence=self.sources(check.evidence),
        )

    # facts

    def facts_of(self, wanted: Sequence[str], lesion: int | None) -> tuple[FactShown, ...]:
        """Give the facts behind a finding of which something is known: the variables named and those behind them."""
        every: dict[str, None] = {}
        for name in wanted:
            every[name] = None
            if self.patient.state(name, lesion) != 2:
                every |= dict.fromkeys(self.all_behind(name))
        found: list[FactShown] = []
        for name in every:
            symbol = self.patient.symbol(name)
            members: Sequence[int | None] = (None,)
            if symbol.entity == "lesion":
                members = (lesion,) if lesion is not None else range(self.one.operations.n)
            for j in members:
                if (name, j) in self.patient.values and (
                    self.patient.state(name, j) > 0 or self.informative(name, j)
                ):
                    found.append(self.fact(name, j))
        return tuple(found)

    def informative(self, name: str, j: int | None) -> bool:
        value, symbol = self.patient.value(name, j), self.patient.symbol(name)
        if symbol.kind == "boolean":
            return value[0] != value[1]
        if symbol.kind == "level":
            return value != (1 << len(symbol.levels)) - 1
        return not (value[0] == -INF and value[1] == INF)

    def fact(self, name: str, j: int | None) -> FactShown:
        """Say what is known of a variable, from which events, and how old they are."""
        p, symbol = self.patient, self.patient.symbol(name)
        where = j if symbol.entity == "lesion" else None
        title = p.title(name)
        if symbol.kind == "boolean":
            text = p.boolean_phrase(name, result_of(p.value(name, where)))
        elif symbol.kind == "level":
            text = p.level_phrase(name, p.levels_left(name, where), where, "yes")
        else:
            text = f"{title} {p.number_text(name, where)}"
        origins, note = self.origins(name, where)
        state = p.state(name, where)
        complete = self.pack.variables[name].complete_with if name in self.pack.variables else None
        if origins:
            origin = "recorded"
            text += f", {origins[0].age}" if origins[0].age else ""
        elif p.behind(name) and state == 0:
            origin = "computed"
        elif complete in self.one.record.complete:
            origin = "assumed"
        else:
            origin = "silent"
        return FactShown(
            variable=name,
            title=title,
            lesion=p.label(where),
            text=text,
            origin=origin,
            events=origins,
            note=note,
        )

    def origins(self, name: str, j: int | None) -> tuple[tuple[Origin, ...], str | None]:
        """Give the events that a fact came from, the newest first, and what is to be said of unusable ones."""
        selection, table = self.one.selection, self.one.table
        if name not in selection.base:
            return (), None
        group = selection.base[name] + (j or 0)
        seen: dict[int, None] = {}
        notes: dict[str, None] = {}
        for r in self.chosen.get(group, ()):
            seen[int(table.event[selection.rows.row[r]])] = None
            if not selection.rows.usable[r]:
                notes[REASONS[int(selection.rows.why[r])]] = None
        found = sorted(
            (self.events[n] for n in seen), key=lambda e: -(e.time or (LONG_AGO, NEVER))[0]
        )
        if notes:
            older = self.older(group, set(seen))
            if older is not None:
                notes[older] = None
        return tuple(self.origin(e) for e in found[:20]), "; ".join(notes) or None

    def older(self, group: int, chosen: set[int]) -> str | None:
        """Show an older usable value beside one that cannot be used; it is never used in its stead."""
        selection, table = self.one.selection, self.one.table
        rows = np.flatnonzero(
            (selection.picked.group == group) & selection.sight.seen & selection.rows.usable
        )
        events = [
            self.events[n]
            for n in {int(table.event[selection.rows.row[r]]) for r in rows.tolist()} - chosen
        ]
        if not events:
            return None
        newest = max(events, key=lambda e: (e.time or (LONG_AGO, NEVER))[0])
        return f"an older value stands at {newest.place.where}, {self.origin(newest).age}; it was not used"

    def origin(self, event: Event) -> Origin:
        time = event.mentioned if event.role == "drug" and event.mentioned else event.time
        return Origin(
            where=event.place.where,
            detail=event.place.detail,
            time="" if time is None else date_text(float(time[0]), float(time[1])),
            age=age_text(time, self.one.moment),
        )

    # what was not used

    def unusable(self) -> tuple[SetAside, ...]:
        """Name statements whose value could not be used."""
        selection, table = self.one.selection, self.one.table
        found: dict[tuple[str, str, str], None] = {}
        for r in np.flatnonzero(~selection.rows.usable).tolist():
            event = self.events[int(table.event[selection.rows.row[r]])]
            v = selection.variables[int(selection.rows.variable[r])]
            if event.role == "variable" and event.value.__class__.__name__ == "Absent":
                continue
            found[(event.place.where, v.title, REASONS[int(selection.rows.why[r])])] = None
        return tuple(SetAside(where, what, why) for where, what, why in found)

    def not_understood(self) -> tuple[NotUnderstood, ...]:
        """Count the codes of events that speak for no variable of the pack."""
        spoken = (
            set(self.one.table.event[self.one.selection.rows.row].tolist())
            if len(self.one.selection.rows.row)
            else set()
        )
        counts: Counter[tuple[str, str, str]] = Counter()
        for number, event in enumerate(self.events):
            if number in spoken or event.role == "site" or any(self.known(event)):
                continue
            code = event.codes[0] if event.codes else None
            counts[
                (code.system, code.code, code.display or event.text)
                if code
                else ("", "", event.text)
            ] += 1
        return tuple(NotUnderstood(s, c, d, n) for (s, c, d), n in counts.most_common())

    def known(self, event: Event) -> list[bool]:
        codes = self.engine.selector.codes
        return [bool(codes.of((event.role, c.system, c.code))) for c in event.codes]

    def not_counted(self) -> tuple[SetAside, ...]:
        """Name statements that are understood but do not count at the index date."""
        selection, table = self.one.selection, self.one.table
        rows = selection.rows
        counted = {int(n) for n in table.event[rows.row[selection.sight.seen]]}
        found: dict[tuple[str, str, str], None] = {}
        for number, event in enumerate(self.events):
            if number in counted or not any(self.known(event)):
                continue
            time = event.time
            if event.status in ("planned", "not_done"):
                why = "planned, ordered or not done: it does not count as given"
            elif time is not None and time[0] > self.one.moment:
                why = "later than the index date"
            elif time is None:
                why = "it has no date"
            else:
                why = f"too old to count ({age_text(time, self.one.moment)})"
            name = event.codes[0].display or event.text or event.codes[0].code
            found[(event.place.where, name, why)] = None
        return tuple(SetAside(where, what, why) for where, what, why in found)

    # lesions, sources, texts

    def lesions(self) -> tuple[LesionShown, ...]:
        p = self.patient
        shown: list[LesionShown] = []
        listed = self.one.placed.lesions
        for j, lesion in enumerate(listed):
            same = tuple(x.key for k, x in enumerate(listed) if k != j and x.group == lesion.group)
            status = p.levels_left("lesion_status", j) if ("lesion_status", j) in p.values else ()
            shown.append(
                LesionShown(
                    id=lesion.key,
                    text=self.engine.keys.shown(lesion.where),
                    may_be_same_as=same,
                    may_be_several=not lesion.identified,
                    status=status[0] if len(status) == 1 else "unknown",
                )
            )
        return tuple(shown)

    def place_of(self, lesion: int | None) -> str:
        """Call a lesion by its place, else by its key."""
        if lesion is None:
            return "the lesion"
        found = self.one.placed.lesions[lesion]
        return self.engine.keys.shown(found.where) or found.key

    def titles(self) -> dict[str, str]:
        """Give the shown name of every variable."""
        return {name: v.title for name, v in self.pack.variables.items()}

    def source(self, citation: Citation) -> Source:
        evidence = self.pack.evidence[citation.id]
        address = evidence.url or (f"https://doi.org/{evidence.doi}" if evidence.doi else None)
        if address is None:
            seen = citation.seen.address if citation.seen else None
            address = f"PubMed {evidence.pmid}" if evidence.pmid else seen
        return Source(
            id=citation.id,
            title=evidence.title,
            year=evidence.year,
            at=citation.at,
            confirmation=citation.confirmation,
            address=address,
            row=citation.row,
        )

    def sources(self, citations: tuple[Citation, ...]) -> tuple[Source, ...]:
        return tuple(self.source(c) for c in citations)

    def texts(self, clinician: str, patient: str, lesion: int | None, **more: str) -> Texts:
        return Texts(
            clinician=self.fill(clinician, lesion, more), patient=self.fill(patient, lesion, more)
        )

    def fill(self, text: str, lesion: int | None, more: dict[str, str]) -> str:
        """Put values into a text's `{name}` places."""
        import re

        def value(match: re.Match[str]) -> str:
            name = match[1]
            if name in more:
                return more[name]
            if name == "lesion":
                return self.place_of(lesion)
            symbol = self.patient.trees.symbols.get(name)
            if symbol is None:
                return match[0]
            if symbol.kind in ("number", "date"):
                return self.patient.number_text(name, lesion)
            if symbol.kind == "level":
                return " or ".join(
                    self.patient.level_text(name, x) for x in self.patient.levels_left(name, lesion)
                )
            return result_of(self.patient.value(name, lesion))

        return re.sub(r"\{([a-z][a-z0-9_]*)\}", value, text)


def value_text(value: Value) -> str:
    """Show a value as the record has it."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case Quantity():
            number = (
                f"{value.low:g}" if value.low == value.high else f"{value.low:g} to {value.high:g}"
            )
            return f"{value.comparator}{number} {value.unit or '(no unit)'}"
        case Words():
            return value.result
        case Absent():
            return f"not usable: {value.reason}"
        case Levels():
            return " or ".join(value.names)
        case (int(), int()):
            return date_text(float(value[0]), float(value[1]))
        case _:
            return "; ".join(c.display or f"{c.system} {c.code}" for c in value)


def status_name(left: tuple[str, ...]) -> str:
    """Name a set of option statuses (design.md, "Option status")."""
    if len(left) == 1:
        return left[0]
    if left and left[0] in ("not_in_scope", "not_indicated"):
        return "unknown"
    return "check_first" if "contraindicated" in left else "caution"


def age_text(time: Span | None, moment: int) -> str:
    """Say how old an event is at the index moment."""
    if time is None or time[0] < -(2**59):
        return "no date"
    if time[0] > moment:
        return "after the index date"
    days = moment // DAY - time[1] // DAY if time[1] <= moment else 0
    newest = "today" if days == 0 else "yesterday" if days == 1 else f"{days} days ago"
    if time[1] - time[0] < DAY or days == 0:
        return newest
    oldest = moment // DAY - time[0] // DAY
    return f"{days} to {oldest} days ago"


def day_text(days: int) -> str:
    """Show a day counted from 1970-01-01."""
    return (dt.date(1970, 1, 1) + dt.timedelta(days=days)).isoformat()


def _range(low: float, high: float) -> Range:
    return Range(low=None if low == -INF else low, high=None if high == INF else high)


def _number(value: float, decimals: int) -> str:
    return "any" if value in (INF, -INF) else f"{value:.{decimals}f}"


__all__ = [
    "BatchFindings",
    "Engine",
    "One",
    "Variable",
    "age_text",
    "day_text",
    "field",
    "replace",
    "unit_shown",
]
