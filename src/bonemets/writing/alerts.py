"""Alerts, what they ask for, and the range of urgency."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Final

import numpy as np
from msgspec.structs import replace

from bonemets.expression import URGENCIES, And, AtLeast, Or, OverLesions, walk
from bonemets.facts.meaning import REASONS
from bonemets.lineage import Asked, Part, result_of
from bonemets.model import (
    ActionShown,
    AlertFinding,
    ClockShown,
    InvestigationFinding,
    Question,
    Result,
    UrgencyRange,
    stands_beneath,
)
from bonemets.pack.durations import duration_seconds, urgency_of
from bonemets.pack.items import ActionText, Alert, Clock, Investigation, Option
from bonemets.shown import date_text
from bonemets.values import INF, NONE
from bonemets.writing.branches import holding
from bonemets.writing.hints import hinted
from bonemets.writing.plan import later
from bonemets.writing.view import View

HINT: Final = 100
"""What is hinted at is asked before what is as urgent and merely not known."""
HOUR: Final = 3600
"""A clock's start must be known this closely, for a time of day to be told from it."""


class Alerts(View):
    """Alerts, what they ask for, and the range of urgency."""

    def alerts(self) -> list[AlertFinding]:
        """Give the alerts that are yes or not ruled out, the most urgent first."""
        found = [
            self.alert(alert, self.lineage.of(alert)[("when",)], j, result)
            for alert, j, result in self.alerts_left()
        ]
        yes = [a for a in found if a.result == "yes"]
        asked = [(a.lesion, x) for a in yes for x in a.actions if x.only_if is None]
        found = [self.told_once(a, asked) if a.result == "yes" else a for a in found]
        order, told = {"yes": 0, "unknown": 1}, {a.id for a in yes}
        found.sort(
            key=lambda a: (
                order[a.result],
                URGENCIES.index(a.urgency),
                not told.isdisjoint(a.beneath) and any(stands_beneath(a, x) for x in yes),
                not a.asked,
                not a.hinted,
                not self.at_the_bedside(a),
            )
        )
        return found

    def told_once(
        self, alert: AlertFinding, asked: Sequence[tuple[str | None, ActionShown]]
    ) -> AlertFinding:
        """Mark those of an alert's actions for which another that is asked for stands.

        Args:
            alert: one that holds.
            asked: what all that hold ask for, with the lesion; what is asked for only if an open
                condition holds is not among it, for it stands for nothing else.
        """

        def over(action: ActionShown) -> Iterator[str]:
            thing = self.lineage.things[action.id]
            names = thing.beneath if isinstance(thing, ActionText | Investigation) else ()
            within = duration_seconds(action.act_by)
            for lesion, x in asked if names else ():
                # What hangs on the same open condition is asked for whenever this is.
                if x.unless not in (None, action.unless):
                    continue
                there = None in (alert.lesion, lesion) or alert.lesion == lesion
                if x.id in names and there and duration_seconds(x.act_by) <= within:
                    yield x.title

        return marked(alert, over)

    def told_with_tests(
        self, alerts: tuple[AlertFinding, ...], tests: Iterable[InvestigationFinding]
    ) -> tuple[AlertFinding, ...]:
        """Mark the actions for which a test of the plan stands, no later and at the same place.

        Not where comfort is the only goal, for no test is planned there by itself; nor for a test
        that stands only beside what it prepares.
        """
        if self.comfort_only():
            return alerts
        asked = [x for x in tests if not self.pack.investigations[x.id].before]

        def over(action: ActionShown, lesion: str | None) -> Iterator[str]:
            thing = self.lineage.things[action.id]
            names = thing.beneath if isinstance(thing, ActionText) else ()
            for x in asked if names else ():
                begin = self.pack.investigations[x.id].begin
                in_time = not later(begin, urgency_of(action.act_by))
                if x.id in names and x.lesion in (None, lesion) and in_time:
                    yield x.title

        return tuple(
            marked(a, partial(over, lesion=a.lesion)) if a.result == "yes" else a for a in alerts
        )

    def told_anew(
        self, alerts: tuple[AlertFinding, ...], instead: Mapping[str, str]
    ) -> tuple[AlertFinding, ...]:
        """Name what stands for a test that the plan leaves out, where an action names that test.

        Args:
            alerts: as marked by `told_with_tests`.
            instead: what the plan leaves out -> what stands for it.
        """
        things = self.lineage.things
        titles = {things[x].title: things[stands_last(x, instead)].title for x in instead}
        if not titles:
            return alerts
        return tuple(
            replace(
                a,
                actions=tuple(
                    replace(x, told_with=titles.get(x.told_with, x.told_with)) if x.told_with else x
                    for x in a.actions
                ),
            )
            for a in alerts
        )

    def alert(self, alert: Alert, tree: Part, lesion: int | None, result: Result) -> AlertFinding:
        """Write one alert: why, since when, and what to do by when."""
        p = self.patient
        say = self.texts(alert.say.clinician, alert.say.patient, lesion)
        actions = self.actions(alert, lesion)
        if self.last_days():
            actions = tuple(map(self.for_the_dying, actions))
            say = replace(say, patient=told_to_the_dying(say.patient, actions))
        elif self.comfort_only():
            say = replace(say, patient=told_for_comfort(say.patient, actions))
        return AlertFinding(
            id=alert.id,
            title=alert.title,
            lesion=p.label(lesion),
            result=result,
            hinted=result == "yes" or hinted(p, tree, lesion),
            urgency=alert.urgency,
            asked=result == "yes" or not self.settled(alert, tree, lesion),
            clock=self.clock(alert),
            actions=actions,
            beneath=alert.beneath,
            say=say,
            **self.shared(tree, lesion, alert.evidence, alert.interpretation),
        )

    def settled(self, alert: Alert, tree: Part, lesion: int | None) -> bool:
        """Say whether what answers an alert in practice is all known.

        And whether nothing was heard of what it waits for itself, nor speaks for it besides.
        """
        p = self.patient
        answered = self.lineage.of(alert).get(("settled_if",))
        by_condition = answered is not None and p.result(answered, lesion) == "yes"
        if not by_condition and not self.all_known(alert.settled_by, lesion):
            return False
        return not self.speaks_for(tree, lesion, alert.settled_by) and not any(
            p.state(name, j) > NONE
            for name in p.missing(tree, lesion)
            for j in p.places(name, p.where(name, lesion))
        )

    def speaks_for(self, tree: Part, lesion: int | None, but: tuple[str, ...]) -> bool:
        """Say whether an open condition is met in a part by what was told and comes and goes.

        But for some variables that do not count.
        """
        p = self.patient
        result = p.result(tree, lesion)
        if result == "no":
            return False
        match tree.node:
            case And() | Or() | AtLeast():
                return any(self.speaks_for(x, lesion, but) for x in tree.parts)
            case OverLesions():
                each = range(self.one.operations.n)
                return any(self.speaks_for(tree.parts[0], j, but) for j in each)
            case _:
                return result == "yes" and any(
                    self.lineage.comes_and_goes[x] and p.state(x, lesion) > NONE
                    for x in tree.names
                    if x not in but
                )

    def all_known(self, wanted: tuple[str, ...], lesion: int | None) -> bool:
        """Say whether variables, at least one, are all settled, at a lesion or of the patient."""
        p = self.patient
        places = [(name, p.where(name, lesion)) for name in wanted]
        return bool(places) and all(x in p.values and not p.is_open(*x) for x in places)

    def clock(self, alert: Alert) -> ClockShown | None:
        """Say from what an alert's time counts and when it is up, at the earliest."""
        if alert.clock is None:
            return None
        key = alert.clock.from_, alert.clock.act_by
        if key not in self.clocks:
            self.clocks[key] = self.clock_written(alert.clock)
        return self.clocks[key]

    def clock_written(self, clock: Clock) -> ClockShown:
        """Say it, when it is first asked for."""
        low, high = self.patient.value(clock.from_, None)
        span = duration_seconds(clock.act_by)
        start = None if low == -INF or high == INF else date_text(low, high)
        due = self.moments[low + span] if high - low < HOUR else None
        return ClockShown(
            counts_from=self.patient.title(clock.from_),
            start=start,
            act_by=clock.act_by,
            due=due,
        )

    def actions(self, alert: Alert, lesion: int | None) -> tuple[ActionShown, ...]:
        """Give an alert's actions.

        One with an unmet condition is left out, one with an open condition says so.
        """
        start: float | None = None
        if alert.clock is not None:
            low, high = self.patient.value(alert.clock.from_, None)
            start = low if high - low < HOUR else None
        heard = self.patient.heard
        shown: list[ActionShown] = []
        for asked in self.lineage.actions[alert.id]:
            unheard = start is None and not heard & asked.reach
            if unheard and asked.unheard is not None:
                shown.append(asked.unheard)
                continue
            key = id(asked), lesion if asked.of_lesion or asked.despite is not None else None
            if key not in self.written:
                stopped = self.stopped(asked.means, lesion) if asked.despite is not None else ()
                self.written[key] = self.action(asked, key[1], start, stopped)
            written = self.written[key]
            if written is None:
                continue
            shown.append(written)
            if unheard and asked.despite is None and written.id not in self.lineage.regional:
                asked.unheard = written
        return tuple(shown)

    def action(
        self,
        asked: Asked,
        lesion: int | None,
        start: float | None,
        stopped: tuple[tuple[str, str], ...],
    ) -> ActionShown | None:
        """Write one thing to do, by when at the latest, and on what open condition.

        None where a condition drops it. What is for adults only, such as an amount, is not shown
        while nobody knows that the patient is one.
        """
        action, excused, wanted = asked.action, None, None
        if asked.unless is not None:
            drops, excused = self.condition(asked.unless, lesion, "yes")
            if drops:
                return None
        if asked.only_if is not None:
            drops, wanted = self.condition(asked.only_if, lesion, "no")
            if drops or (wanted is not None and asked.for_adults and not self.is_adult()):
                return None
        plain = start is None and excused is None and wanted is None and not stopped
        plain = plain and not asked.for_comfort
        if plain and asked.settled is not None:
            return asked.settled
        title, text, patient = self.action_text(action.do)
        written = ActionShown(
            id=action.do,
            title=title,
            text=text,
            patient=patient,
            act_by=action.act_by,
            due=None if start is None else self.moments[start + asked.seconds],
            only_if=wanted,
            unless=excused,
            contact=self.contact(action.do),
            call=action.do in self.pack.actions and self.pack.actions[action.do].call,
            comfort=asked.for_comfort and self.comfort_only(),
            if_comfort=asked.for_comfort and not self.comfort_only(),
            means=asked.means,
            stopped=stopped,
            despite=asked.despite if stopped else None,
        )
        if plain and action.do not in self.lineage.regional:
            asked.settled = written
        return written

    def for_the_dying(self, action: ActionShown) -> ActionShown:
        """Ask for what burdens only if it serves comfort; what comforts stands as it is."""
        text = self.pack.actions.get(action.id)
        if self.pack.scope is None or action.comfort or text is None or not text.burdens:
            return action
        asked = "; ".join(filter(None, [self.pack.scope.last_days_if, action.only_if]))
        return replace(action, only_if=asked or None)

    def is_adult(self) -> bool:
        """Say whether the patient surely is an adult."""
        return result_of(self.truth("scope", "adult")) == "yes"

    def stopped(self, means: tuple[str, ...], lesion: int | None) -> tuple[tuple[str, str], ...]:
        """Give the options that something means, each with why, where all are surely stopped."""
        found: list[tuple[str, str]] = []
        for option in [self.pack.options[x] for x in means]:
            why = self.stop(option, lesion)
            if why is None:
                return ()
            found.append((option.title, why))
        return tuple(found)

    def stop(self, option: Option, lesion: int | None) -> str | None:
        """Say what surely stops an option, at a lesion or at each of them; None: nothing does."""
        key = option.id, lesion if option.entity == "lesion" else None
        if key not in self.stops:
            self.stops[key] = self.stop_found(option, lesion)
        return self.stops[key]

    def stop_found(self, option: Option, lesion: int | None) -> str | None:
        """Find it, when it is first asked for."""
        every = [lesion] if lesion is not None else list(range(self.one.operations.n))
        read = self.lineage.clauses[option.id]["contraindicated"]
        found = [
            next(
                (
                    holding(self.patient, m, j)
                    for m in read
                    if self.patient.result(m.tree, j) == "yes"
                ),
                None,
            )
            for j in (every if option.entity == "lesion" else [None])
        ]
        whys = [x for x in found if x is not None]
        return "; ".join(dict.fromkeys(whys)) if whys and len(whys) == len(found) else None

    def condition(self, tree: Part, lesion: int | None, drops: Result) -> tuple[bool, str | None]:
        """Say whether an action's condition drops it; else, of an open one, what it is."""
        result = self.patient.result(tree, lesion)
        if result != "unknown":
            return result == drops, None
        return False, "; ".join(r.text for r in self.patient.reasons(tree, lesion, "yes")) or None

    def urgency(self, alerts: list[AlertFinding]) -> UrgencyRange:
        """Say how urgent it is at least and at most, and what to ask where these differ."""
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
        settles: dict[str, list[str]] = {}
        for a in worse:
            for name in a.missing:
                settles.setdefault(name, []).append(a.id)
            if not a.asked:
                continue
            weight = 1000 ** (4 - URGENCIES.index(a.urgency)) * (HINT if a.hinted else 1)
            for name in a.missing:
                votes[name] += weight
        asked = [
            n
            for n, _ in votes.most_common()
            if (v := self.pack.variables.get(n)) is not None and v.ask
        ]
        if not self.gate_open and self.pack.scope is not None:
            # One question opens the gate; the rest would be a wall.
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
                    lesions=self.asked_of(n, worse),
                    ask=self.pack.variables[n].ask or "",
                    settles=tuple(settles.get(n, ())),
                )
                for n in asked
            ),
            unusable=unusable,
        )

    def asked_of(self, name: str, waiting: list[AlertFinding]) -> tuple[str, ...]:
        """Give the lesions at which alerts wait for a lesion's variable, or all of them."""
        if self.patient.symbol(name).entity != "lesion":
            return ()
        waits = [a for a in waiting if name in a.missing]
        found = {x for a in waits for x in self.looked_at(a, name)}
        every = [self.patient.label(j) for j in range(self.one.operations.n)]
        return tuple(x for x in every if x is not None and (x in found or None in found))

    def looked_at(self, alert: AlertFinding, name: str) -> set[str | None]:
        """Give the lesions at which an alert waits for a lesion's variable; None: at any."""
        if alert.lesion is not None:
            return {alert.lesion}
        p = self.patient
        tree = self.lineage.of(self.pack.alerts[alert.id])[("when",)]
        found = {
            p.label(j)
            for node in walk(tree.node)
            if isinstance(node, OverLesions)
            for j in range(self.one.operations.n)
            if name in p.missing(self.lineage.part(node.a), j)
        }
        return found or {None}

    def at_the_bedside(self, alert: AlertFinding) -> bool:
        """Say whether an alert waits only for what can be asked or looked at, for no test."""
        variables = self.pack.variables
        return all(n in variables and variables[n].type != "number" for n in alert.missing)

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


def marked(alert: AlertFinding, over: Callable[[ActionShown], Iterator[str]]) -> AlertFinding:
    """Mark those of an alert's actions for which something else stands, by its title.

    Args:
        alert: one that holds.
        over: the titles of what stands for an action.
    """
    titles = [next(over(x), None) if x.told_with is None else None for x in alert.actions]
    if not any(titles):
        return alert
    pairs = zip(alert.actions, titles, strict=True)
    return replace(alert, actions=tuple([replace(x, told_with=t) if t else x for x, t in pairs]))


def told_to_the_dying(said: str, actions: Sequence[ActionShown]) -> str:
    """Give what an alert tells the patient in the last days of life: what its comfort care says.

    Its own text stays where it asks for something and has nothing of its own for comfort; where
    nothing is left to be done, nothing is told.
    """
    comforts = [x.patient for x in actions if x.comfort and x.patient]
    return " ".join(dict.fromkeys(comforts)) or (said if actions else "")


def told_for_comfort(said: str, actions: Sequence[ActionShown]) -> str:
    """Give what an alert tells the patient where comfort is the only goal, and life goes on.

    Its own text, but for one that has a call of its own for comfort: then what its comfort care
    says. Where nothing is left to be done, nothing is told.
    """
    if any(x.comfort and x.call and x.patient for x in actions):
        return told_to_the_dying(said, actions)
    return said if actions else ""


def stands_last(name: str, instead: Mapping[str, str]) -> str:
    """Follow what stands for what to what nothing else stands for."""
    seen = {name}
    while (name := instead.get(name, name)) not in seen:
        seen.add(name)
    return name
