"""The plan: what to do for one patient, in its order, each thing with its reason.

It is put together from findings: what alerts ask for, tests, options that are left, steps, and
what waits for what. It holds no knowledge of its own and no dates: one class of urgency each.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import chain, takewhile
from typing import Final, Literal

from msgspec.structs import replace

from bonemets.expression import URGENCIES
from bonemets.model import (
    ActionShown,
    AlertFinding,
    ClauseShown,
    Declined,
    InteractionFinding,
    InvestigationFinding,
    Objection,
    OptionFinding,
    PlanEntry,
    Result,
    Source,
    StepFinding,
    Waited,
)
from bonemets.pack.durations import urgency_of
from bonemets.pack.items import LEFT, Option
from bonemets.pack.load import Pack

Kind = Literal["action", "investigation", "step", "option", "review"]


SPARED: Final = ("contraindicated", "check_first")
"""The statuses with which an option that is given may go on in the last days of life."""


def later(one: str, other: str) -> bool:
    """Say whether a class of urgency is later than another."""
    return URGENCIES.index(one) > URGENCIES.index(other)


@dataclass(slots=True)
class Draft:
    """An entry while the plan is put together: what it is, and when it may be."""

    id: str
    kind: Kind
    title: str
    by: str
    lesions: list[str] = field(default_factory=list[str])
    fixed: bool = False
    """Whether an alert's clock sets its time."""
    sure: bool = True
    """Whether it is asked for on no open condition."""
    due: str | None = None
    text: str = ""
    why: list[str] = field(default_factory=list[str])
    conditions: list[str | None] = field(default_factory=list["str | None"])
    """On what open condition each alert asks for it; None: on none."""
    cautions: list[str] = field(default_factory=list[str])
    first: list[str] = field(default_factory=list[str])
    option: OptionFinding | None = None
    last: str | None = None
    evidence: tuple[Source, ...] = ()

    def sooner(self, by: str) -> None:
        """Let it be done earlier."""
        self.by = min(self.by, by, key=URGENCIES.index)

    def later(self, by: str) -> None:
        """Let it wait."""
        self.by = max(self.by, by, key=URGENCIES.index)

    def apart(self, other: Draft) -> bool:
        """Say whether it is done at other lesions than another: neither waits for the other."""
        return bool(self.lesions and other.lesions) and not set(self.lesions) & set(other.lesions)

    def outside(self, other: Draft) -> set[str]:
        """Give the lesions at which it is done and another is not."""
        return set(self.lesions) - set(other.lesions)

    def at(self, lesion: str | None) -> None:
        """Add a lesion at which it is done."""
        if lesion is not None and lesion not in self.lesions:
            self.lesions.append(lesion)


@dataclass(frozen=True, slots=True)
class Edge:
    """That one thing comes before another, and how long the second waits."""

    before: str
    after: str
    wait: str | None


class Planner:
    """Puts the plan of one patient together from findings."""

    def __init__(
        self, pack: Pack, rank: Mapping[str, int], *, comfort_only: bool, last_days: bool
    ) -> None:
        """Take the knowledge, the places of its items, and what the plan has to keep to.

        That is whether comfort is the only goal, and whether these are the last days of life.
        """
        self.pack, self.comfort_only, self.last_days = pack, comfort_only, last_days
        self.drafts: dict[str, Draft] = {}
        self.told: dict[str, Draft] = {}
        """What alerts ask for and something else stands for."""
        self.instead: dict[str, str] = {}
        """What is left out -> what stands for it."""
        self.held_back: set[str] = set()
        """The options that are being given and may not go on in spite of a stop that holds."""
        self.running: set[str] = set()
        """The options that are being given, also those that the plan declines."""
        self.rank = rank
        topics = pack.letter.topics if pack.letter is not None else {}
        self.topics = {folder: title for title, folders in topics.items() for folder in folders}

    def plan(
        self,
        alerts: Sequence[AlertFinding],
        tests: Sequence[InvestigationFinding],
        options: Sequence[OptionFinding],
        steps: Sequence[StepFinding],
        interactions: Sequence[InteractionFinding],
    ) -> tuple[PlanEntry, ...]:
        """Give everything that is to be done, in its order."""
        for alert in alerts:
            if alert.result == "yes":
                for action in alert.actions:
                    self.action(action, alert)
        for test in tests:
            self.test(test)
        self.told_once(tests)
        self.held_back = {
            x.id for x in options if x.runs and not all(c.goes_on for c in stops_that_hold(x))
        }
        for option in options:
            self.option(option)
        self.chosen_once()
        self.idle(tests)
        for step in steps:
            self.step(step)
        edges = self.edges(interactions)
        self.settle(edges)
        self.hasten(edges)
        together = self.together(interactions)
        behind: dict[str, list[Edge]] = {}
        for edge in edges:
            behind.setdefault(edge.after, []).append(edge)
        entries = [
            self.entry(draft, behind.get(draft.id, ()), together) for draft in self.in_order(edges)
        ]
        reviews = list(self.reviews(options))
        soon = list(takewhile(lambda x: reviews and later(reviews[0].by, x.by), entries))
        return (*soon, *reviews, *entries[len(soon) :])

    # what stands in it

    def draft(self, identity: str, kind: Kind, title: str, by: str) -> Draft:
        """Give the entry of this name, made where there is none yet."""
        return self.drafts.setdefault(identity, Draft(identity, kind, title, by))

    def action(self, action: ActionShown, alert: AlertFinding) -> None:
        """Put in what an alert asks for; apart, where something else stands for it."""
        kind: Kind = "action"
        if action.id in self.pack.options:
            kind = "option"
        elif action.id in self.pack.investigations:
            kind = "investigation"
        by = urgency_of(action.act_by)
        drafts = self.drafts if action.told_with is None else self.told
        draft = drafts.get(action.id)
        if draft is None:
            draft = drafts[action.id] = Draft(action.id, kind, action.title, by)
        if not draft.fixed:
            draft.fixed, draft.sure = True, False
        if URGENCIES.index(by) <= URGENCIES.index(draft.by):
            draft.by, draft.due = by, min(filter(None, (draft.due, action.due)), default=None)
        draft.text = draft.text or action.text
        if alert.title not in draft.why:
            draft.why.append(alert.title)
        draft.conditions.append(action.only_if)
        draft.sure = draft.sure or (action.only_if is None and action.unless is None)
        own = self.pack.actions.get(action.id)
        if own is None or own.entity == "lesion":
            draft.at(alert.lesion)

    def test(self, test: InvestigationFinding) -> None:
        """Put in a test; where comfort is the only goal, only one that an alert asks for."""
        if self.comfort_only and test.id not in self.drafts:
            return
        begin = self.pack.investigations[test.id].begin
        draft = self.draft(test.id, "investigation", test.title, begin)
        draft.text = draft.text or test.what
        draft.why = draft.why or [test.purpose]
        draft.last = test.last
        draft.evidence = draft.evidence or test.evidence
        draft.at(test.lesion)

    def told_once(self, tests: Sequence[InvestigationFinding]) -> None:
        """Leave out a test for which another, or what an alert asks for, stands no later."""
        for test in tests:
            draft = self.drafts.get(test.id)
            if draft is None or draft.fixed:
                continue
            for other in self.pack.investigations[test.id].beneath:
                over = self.drafts.get(other) or self.told.get(other)
                if over is None or not over.sure or later(over.by, draft.by):
                    continue
                left = [x for x in draft.lesions if over.lesions and x not in over.lesions]
                if not left:
                    del self.drafts[test.id]
                    self.instead[test.id] = other
                    break
                draft.lesions = left

    def chosen_once(self) -> None:
        """Leave out an option for which another stands no later, of the patient or there too."""
        for key, draft in list(self.drafts.items()):
            option = self.pack.options.get(draft.id)
            if option is None or draft.fixed:
                continue
            for over in self.drafts.values():
                there = not over.lesions or (bool(draft.lesions) and not draft.outside(over))
                if over.id in option.beneath and not later(over.by, draft.by) and there:
                    del self.drafts[key]
                    self.instead[draft.id] = over.id
                    break

    def idle(self, tests: Sequence[InvestigationFinding]) -> None:
        """Leave out a test that prepares something of which nothing is planned."""
        planned = {draft.id for draft in self.drafts.values()}
        for test in tests:
            later = self.pack.investigations[test.id].before
            draft = self.drafts.get(test.id)
            if later and draft is not None and not draft.fixed and not planned & set(later):
                del self.drafts[test.id]

    def option(self, option: OptionFinding) -> None:
        """Put in an option that is left, once for all lesions at which the same is said of it.

        One against which a stop holds is declined, also where nobody read the stop, unless the stop
        lets it go on in the last days of life; so is one that is not to be begun now, unless an
        alert asks for it.
        """
        if option.runs:
            self.running.add(option.id)
        asked = self.drafts.get(option.id)
        spared = self.spared(option) if option.status in SPARED else []
        out = not spared and (option.status not in LEFT or stops_that_hold(option))
        unwanted = self.unwanted(option) is not None or self.not_begun(option)
        if out or (unwanted and asked is None):
            if asked is not None and asked.option is None:
                asked.option = option
            return
        item = self.pack.options[option.id]
        by = begins(item, option)
        holding = [c for c in option.indicated if c.result == "yes"]
        # What makes it begin sooner is its first reason.
        why = [c.text for c in sorted(holding, key=lambda c: c.begin is None)]
        cautions = (*spared, *cautions_of(option, "yes"))
        first = [] if spared else waiting(option)
        said = option.id, option.status, by, *why, *cautions, *first
        key = option.id if asked is not None else "\n".join(said)
        draft = self.drafts.setdefault(key, Draft(option.id, "option", option.title, by))
        draft.sooner(by)
        draft.at(option.lesion)
        draft.option = draft.option or (replace(option, status="caution") if spared else option)
        # Of what an alert asks for at several lesions another reason or caution may hold at each.
        draft.why += why
        draft.first += first
        draft.cautions += cautions
        draft.evidence = tuple(dict.fromkeys((*draft.evidence, *evidence_of(option))))

    def step(self, step: StepFinding) -> None:
        """Put in a step, unless it only leads to what does not serve the only goal.

        In the last days of life, only one that is meant for them; one that speaks of what else is
        done there (`only_with`), only beside it, or where that is being given.
        """
        if self.last_days and not self.pack.steps[step.id].last_days:
            return
        tied = self.pack.steps[step.id].only_with
        there = any(self.there(x, step.lesion) for x in self.planned(tied))
        if tied and not there and self.running.isdisjoint(tied):
            return
        later = [self.pack.options.get(x) for x in self.pack.steps[step.id].before]
        if self.comfort_only and later and all(x is not None and not x.comfort for x in later):
            return
        draft = self.draft(step.id, "step", step.title, self.time_of(step.id, step.lesion))
        draft.text, draft.why, draft.evidence = step.what, [step.purpose], step.evidence
        draft.at(step.lesion)

    def time_of(self, step: str, lesion: str | None) -> str:
        """Give the class of a step: that of the first thing that it comes before.

        Where only something comes before it, it follows as soon as that allows.
        """
        item = self.pack.steps[step]
        times = [draft.by for draft in self.drafts.values() if draft.id in item.before]
        if item.begin is not None:
            return min([*times, item.begin], key=URGENCIES.index)
        follows = any(
            draft.id in item.after and self.there(draft, lesion) for draft in self.drafts.values()
        )
        return min(times, key=URGENCIES.index, default=URGENCIES[0 if follows else -1])

    def planned(self, names: Sequence[str]) -> Iterator[Draft]:
        """Give what of some names is planned, also where something else stands for it."""
        every = chain(self.drafts.values(), self.told.values())
        return (draft for draft in every if draft.id in names)

    def there(self, draft: Draft, lesion: str | None) -> bool:
        """Say whether something is done at a lesion, or is of the patient."""
        return lesion is None or not draft.lesions or lesion in draft.lesions

    def unwanted(self, option: OptionFinding) -> str | None:
        """Say why an option serves none of the goals that there are; None: it does."""
        item = self.pack.options[option.id]
        if self.comfort_only and not item.comfort:
            running = self.pack.scope.comfort_running if self.pack.scope and option.runs else ""
            return running or "Comfort is the only goal."
        if self.last_days and self.pack.scope and not (item.last_days or option.runs):
            return self.pack.scope.last_days_why
        return None

    def spared(self, option: OptionFinding) -> list[str]:
        """Say what is minded of an option that goes on in the last days of life in spite of stops.

        It is given and comforts, some stop that holds or may hold lets it go on then, and none that
        holds does not; nothing otherwise, nor of a class of which a medicine that is given does not
        go on.
        """
        held = stops_that_hold(option)
        items = self.pack.options
        item = items[option.id]
        if not (self.last_days and option.runs and item.comfort and self.pack.scope):
            return []
        if not all(c.goes_on for c in held):
            return []
        if not any(c.goes_on for c in option.stops if c.result != "no"):
            return []
        if any(set(items[x].runs) < set(item.runs) for x in self.held_back):
            return []
        return [*(c.text for c in held), *filter(None, [self.pack.scope.last_days_stopped])]

    def not_begun(self, option: OptionFinding) -> list[ClauseShown]:
        """Give the cautions that keep an option from being begun now.

        None for what is being given already, nor where comfort is the only goal: the caution then
        stands beside the option, to be weighed.
        """
        if self.comfort_only or option.runs:
            return []
        return [c for c in option.cautions if c.not_begun and c.result == "yes"]

    # what comes before what

    def edges(self, interactions: Sequence[InteractionFinding]) -> list[Edge]:
        """Give what comes before what, between things that stand in the plan."""
        planned = {draft.id for draft in self.drafts.values()}
        found: dict[tuple[str, str], str | None] = {}
        for step in self.pack.steps.values():
            if step.id in planned:
                after = [self.instead.get(x, x) for x in step.after]
                first = [x for x in after if x in planned and x not in step.before]
                found |= {(x, step.id): step.wait for x in first}
                found |= {(step.id, x): None for x in step.before if x in planned}
        for test in self.pack.investigations.values():
            if test.id in planned:
                found |= {(test.id, x): None for x in test.before if x in planned}
        for shown in interactions:
            if shown.effect == "wait":
                before, after = self.pack.interactions[shown.id].between
                if before in planned and after in planned:
                    found[before, after] = shown.wait
        return [Edge(before, after, wait) for (before, after), wait in found.items()]

    def settle(self, edges: list[Edge]) -> None:
        """Let what comes first be in time, and what waits be late enough.

        What an alert asks for keeps its time: what has to come before it is done sooner.
        """
        by_id: dict[str, list[Draft]] = {}
        for draft in self.drafts.values():
            by_id.setdefault(draft.id, []).append(draft)
        pairs = [
            (first, later, edge.wait)
            for edge in edges
            for later in by_id[edge.after]
            for first in by_id[edge.before]
            if not first.apart(later)
        ]
        for _ in range(len(self.drafts)):
            before = [draft.by for draft in self.drafts.values()]
            for first, later, wait in pairs:
                if later.fixed and wait is None:
                    first.sooner(later.by)
                elif not later.fixed:
                    later.later(urgency_of(wait) if wait else first.by)
                    later.later(first.by)
            if before == [draft.by for draft in self.drafts.values()]:
                break

    def hasten(self, edges: list[Edge]) -> None:
        """Let what is given with a caution that holds be looked at before a next dose.

        Unless something that comes before it has more time.
        """
        if self.pack.scope is None:
            return
        by = self.pack.scope.careful_by
        for draft in self.drafts.values():
            if draft.option is None or not draft.option.runs or not draft.cautions:
                continue
            before = {edge.before for edge in edges if edge.after == draft.id}
            waits = [x.by for x in self.drafts.values() if x.id in before and not x.apart(draft)]
            if not any(later(x, by) for x in waits):
                draft.sooner(by)

    def reviews(self, options: Iterable[OptionFinding]) -> Iterator[PlanEntry]:
        """Ask about each medicine that is being given against a stop, before its next dose.

        Also where none of its indications holds here; not of a class beside its own medicine, nor
        of what goes on in the last days of life in spite of it. Then it says of what else comforts
        what a stop means.
        """
        if self.pack.scope is None:
            return
        by = self.pack.scope.stopped_by
        found = [
            x
            for x in options
            if x.runs and x.status != "not_in_scope" and stops_that_hold(x) and not self.spared(x)
        ]
        for option in found:
            why = tuple(c.text for c in stops_that_hold(option))
            runs = set(self.pack.options[option.id].runs)
            if any(
                set(self.pack.options[x.id].runs) < runs
                and {c.text for c in stops_that_hold(x)} >= set(why)
                for x in found
            ):
                continue
            draft = Draft(option.id, "review", option.title, by, option=option)
            draft.why, draft.evidence = list(why), sources_of(stops_that_hold(option))
            if self.last_days and self.pack.options[option.id].comfort:
                draft.why += filter(None, [self.pack.scope.last_days_stopped])
            draft.at(option.lesion)
            yield self.entry(draft, (), {})

    def in_order(self, edges: list[Edge]) -> Iterator[Draft]:
        """Give the entries by their time, each after what comes before it."""
        waits: dict[str, set[str]] = {}
        for edge in edges:
            waits.setdefault(edge.after, set()).add(edge.before)
        left: dict[str, int] = {}
        for draft in self.drafts.values():
            left[draft.id] = left.get(draft.id, 0) + 1
        chosen = self.chosen()
        keys = {key: self.key(draft, chosen) for key, draft in self.drafts.items()}
        heap: list[tuple[tuple[int, ...], str]] = []
        todo = dict(self.drafts)
        while todo or heap:
            for key in list(todo):
                if not any(left.get(x) for x in waits.get(todo[key].id, ())):
                    heappush(heap, (keys[key], key))
                    del todo[key]
            _, key = heappop(heap)
            draft = self.drafts[key]
            left[draft.id] -= 1
            yield draft

    def key(self, draft: Draft, chosen: dict[str, tuple[int, int]]) -> tuple[int, ...]:
        """Give what an entry is ordered by: time, the case's wish, kind, place.

        Of a choice: what runs (unless it is not what would be begun), then what nothing speaks
        against, what a caution may, what one
        does, and what has to be checked first; of these what points to others comes after them.
        """
        wished, *standing = self.standing(draft)
        return (
            URGENCIES.index(draft.by),
            wished,
            ("action", "investigation", "step", "option").index(draft.kind),
            *chosen.get(self.one_of(draft), self.place(draft)),
            *standing,
            *self.place(draft),
        )

    def standing(self, draft: Draft) -> tuple[int, int, int, int]:
        """Give what an option is ordered by in its choice, as `PlanEntry.standing` says."""
        option = draft.option
        if option is None:
            return (1, 1, 0, 0)
        against = LEFT.index(option.status) if option.status in LEFT else len(LEFT)
        failing = any(c.not_begun and c.result == "yes" for c in option.cautions)
        return (
            int(not option.considered),
            int(not option.runs or failing),
            2 * against + bool(draft.cautions),
            self.sent_on(draft),
        )

    def sent_on(self, draft: Draft) -> int:
        """Count the others of its choice to which the cautions of an option point that hold."""
        name, cautions = self.one_of(draft), draft.option.cautions if draft.option else ()
        others = {x.id for x in self.drafts.values() if name and self.one_of(x) == name}
        sent = {o for c in cautions if c.result == "yes" for o, _ in c.instead}
        return len(sent & others)

    def place(self, draft: Draft) -> tuple[int, int]:
        """Give an entry's place among what begins at the same time, and in the knowledge."""
        option = self.pack.options.get(draft.id)
        return (0 if option is None else option.place), self.rank.get(draft.id, 0)

    def chosen(self) -> dict[str, tuple[int, int]]:
        """Give for each choice the place of its first member, so that they stand side by side."""
        found: dict[str, tuple[int, int]] = {}
        for draft in self.drafts.values():
            name = self.one_of(draft)
            if name:
                found[name] = min(found.get(name, self.place(draft)), self.place(draft))
        return found

    def one_of(self, draft: Draft) -> str:
        """Give the name of the choice that an option belongs to, at its lesions, if any."""
        option = self.pack.options.get(draft.id)
        if option is None or option.one_of is None:
            return ""
        return " ".join((option.one_of, *draft.lesions))

    def together(self, interactions: Sequence[InteractionFinding]) -> dict[str, list[str]]:
        """Give for each thing what goes well together with it."""
        found: dict[str, list[str]] = {}
        planned = {draft.id: draft.title for draft in self.drafts.values()}
        for shown in interactions:
            if shown.effect == "together":
                one, other = self.pack.interactions[shown.id].between
                if one in planned and other in planned:
                    found.setdefault(one, []).append(planned[other])
                    found.setdefault(other, []).append(planned[one])
        return found

    def entry(
        self, draft: Draft, behind: Sequence[Edge], together: dict[str, list[str]]
    ) -> PlanEntry:
        """Write one entry; `behind` are the edges to what comes before it."""
        option = draft.option
        others = self.drafts.values() if behind else ()
        titles = {x.id: x.title for x in others if not x.apart(draft)}
        dose = option.dose if option is not None else None
        return PlanEntry(
            id=draft.id,
            title=draft.title,
            kind=draft.kind,
            lesions=tuple(draft.lesions),
            by=draft.by,
            due=draft.due,
            text=draft.text,
            why=tuple(dict.fromkeys(draft.why)),
            only_if=draft.conditions[0] if all(draft.conditions or [None]) else None,
            status=option.status if option is not None else None,
            because=option.because if option is not None else None,
            considered=option is not None and option.considered,
            runs=option is not None and option.runs,
            last=draft.last,
            dose=dose.text if dose is not None and dose.settled else None,
            cautions=tuple(dict.fromkeys(draft.cautions)),
            cautions_open=() if draft.cautions else cautions_of(option, "unknown"),
            first=tuple(dict.fromkeys(draft.first)),
            after=tuple(
                Waited(id=e.before, title=titles[e.before], wait=e.wait)
                for e in behind
                if e.before in titles
            ),
            together=tuple(dict.fromkeys(together.get(draft.id, ()))),
            one_of=(self.one_of(draft) or None) if draft.kind == "option" else None,
            standing=self.standing(draft) if draft.kind == "option" else (0, 0, 0, 0),
            topic=self.topics.get(self.pack.folders.get(draft.id, "")),
            evidence=draft.evidence,
        )

    # what does not stand in it

    def declined(self, options: Iterable[OptionFinding]) -> tuple[Declined, ...]:
        """Give the options that were considered and declined, each with its reasons.

        What is stopped, what does not serve the only goal, what is not to be begun now, and what
        the case asked for; what is being given all the same stands first.
        """
        found: dict[object, Declined] = {}
        for option in options:
            why = self.reasons_against(option)
            if not why:
                continue
            key = (option.id, option.status, why)
            lesions = (option.lesion,) if option.lesion else ()
            mine = found.get(key)
            found[key] = Declined(
                id=option.id,
                title=option.title,
                lesions=(*(mine.lesions if mine else ()), *lesions),
                status=option.status,
                runs=option.runs,
                why=why,
                considered=option.considered,
            )
        return tuple(sorted(found.values(), key=lambda x: (not x.runs, not x.considered)))

    def stood_for(self, option: OptionFinding) -> bool:
        """Say whether something is planned that an option stands beneath, or that stands so."""
        beneath = self.pack.options[option.id].beneath
        return any(
            x.id in beneath
            or (x.option is not None and option.id in self.pack.options[x.id].beneath)
            for x in self.drafts.values()
        )

    def reasons_against(self, option: OptionFinding) -> tuple[Objection, ...]:
        """Give why an option is declined; nothing where it is not.

        Stops that nobody read come last.
        """
        if self.spared(option):
            return ()
        if option.status in (*LEFT, "contraindicated") and stops_that_hold(option):
            held = sorted(stops_that_hold(option), key=lambda c: c.trust == "unread")
            return tuple(Objection(text=c.text, trust=c.trust) for c in held)
        unwanted = self.unwanted(option)
        if option.status in LEFT and unwanted is not None:
            return (Objection(text=unwanted, trust="read"),)
        if (
            option.status in LEFT
            and not self.stood_for(option)
            and (held := self.not_begun(option))
        ):
            return tuple(Objection(text=c.text, trust=c.trust) for c in held)
        if option.considered and option.status in ("not_indicated", "not_in_scope"):
            return tuple(Objection(text=r.text, trust="read") for r in dict.fromkeys(option.why))
        return ()


def begins(item: Option, found: OptionFinding) -> str:
    """Give by when an option begins: by its own time, or sooner where an indication says so."""
    soon = [c.begin for c in found.indicated if c.result == "yes" and c.begin is not None]
    return min([item.begin, *soon], key=URGENCIES.index)


def evidence_of(option: OptionFinding) -> tuple[Source, ...]:
    """Give what stands behind an option for this patient; all that the item cites if no clause."""
    clauses = (*option.indicated, *option.cautions)
    behind = [x for c in clauses if c.result == "yes" for x in c.evidence]
    if behind and option.dose is not None and option.dose.settled:
        behind += (*option.dose.evidence, *option.dose.regimen_evidence)
    return tuple(dict.fromkeys(behind)) or option.evidence


def sources_of(clauses: Iterable[ClauseShown]) -> tuple[Source, ...]:
    """Give what stands behind some clauses."""
    return tuple(dict.fromkeys(x for c in clauses for x in c.evidence))


def stops_that_hold(option: OptionFinding) -> list[ClauseShown]:
    """Give the stops that hold, whether somebody read them or not."""
    return [c for c in option.stops if c.result == "yes"]


def cautions_of(option: OptionFinding | None, result: Result) -> tuple[str, ...]:
    """Give the cautions of an option that hold, or that may hold."""
    cautions = option.cautions if option is not None else ()
    return tuple(c.text for c in cautions if c.result == result)


def waiting(option: OptionFinding) -> list[str]:
    """Give what has to be known first: the stops that are open, routine questions last."""
    stops = [c for c in option.stops if c.result == "unknown"]
    return [c.text for c in sorted(stops, key=lambda c: c.routine)]
