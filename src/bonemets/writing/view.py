"""What every part of an assessment needs of one run.

Facts with their events and age, sources, texts, the scope gate.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain, compress
from typing import Any, TypeVar

import numpy as np

from bonemets.engine import One
from bonemets.explain import RESULTS
from bonemets.facts.completeness import unreadable
from bonemets.facts.lesions import LEVEL, SIDE, SITE
from bonemets.facts.meaning import REASONS
from bonemets.facts.table import LONG_AGO, NEVER
from bonemets.lineage import Kept, Part, result_of
from bonemets.model import (
    ActionShown,
    CheckShown,
    ClauseShown,
    ClockShown,
    EmergencyShown,
    Event,
    FactShown,
    HelperShown,
    LesionShown,
    Origin,
    Result,
    ScopeShown,
    ScoreFinding,
    Source,
    Telephones,
    Texts,
)
from bonemets.pack.items import STATUSES, Alert, Citation, Helper
from bonemets.shown import date_text, moment_text
from bonemets.values import INF, NO, NONE, OPEN, SURE, YES
from bonemets.writing.words import age_text, status_name

T = TypeVar("T")


def with_notes(telephone: str, *notes: str | None) -> str:
    """Write a number, and in brackets whose it is and when it is answered, where that is known."""
    said = "; ".join(filter(None, notes))
    return f"{telephone} ({said})" if said else telephone


class View:
    """What every part of an assessment needs of one run.

    Facts with their events and age, sources, texts, the scope gate.
    """

    def __init__(
        self, one: One, index_note: str | None = None, assumptions: tuple[str, ...] = ()
    ) -> None:
        """Take a run, how far its index date lies off, and what was assumed."""
        self.one, self.engine, self.pack = one, one.engine, one.engine.pack
        self.index_note, self.assumptions = index_note, assumptions
        self.patient, self.lineage = one.sets(), one.engine.lineage
        self.patient.hear(self.engine.silent())
        reached = map(self.patient.speaking.__and__, self.lineage.reaches)
        self.telling = set(compress(self.lineage.bits, reached))
        """The variables of which, or of those behind which, anything is known."""
        self.facts: dict[tuple[str, int | None], FactShown] = {}
        self.stands: dict[int, Origin] = {}
        self.shown_at: dict[tuple[str, int | None], tuple[FactShown, ...]] = {}
        self.told_behind: dict[tuple[str, int | None], dict[str, tuple[FactShown, ...]]] = {}
        self.written: dict[Any, ActionShown | None] = {}
        self.stops: dict[tuple[str, int | None], str | None] = {}
        self.places: dict[int, str] = {}
        self.scored: dict[tuple[str, int | None], ScoreFinding] = {}
        self.clauses: dict[tuple[int, int | None], ClauseShown] = {}
        self.clocks: dict[tuple[str, str], ClockShown] = {}
        self.moments = Kept(moment_text)
        """Moments as shown."""
        self.checks: dict[tuple[int, int | None], CheckShown] = {}
        self.events = one.placed.events
        self.base = one.selection.base
        self.chosen: dict[int, dict[int, str | None]] = {}
        """For each group the events that its fact came from, and why one cannot be used."""
        rows, picked = one.selection.rows, one.selection.picked
        at = np.flatnonzero(picked.chosen)
        columns = (picked.group[at], one.table.event[rows.row[at]], rows.usable[at], rows.why[at])
        for group, event, usable, why in zip(*(x.tolist() for x in columns), strict=True):
            from_ = self.chosen.setdefault(group, {})
            from_[event] = from_.get(event) or (None if usable else REASONS[why])
        self.gate_open, self.gate_text = self.gate()

    def unit_assumptions(self) -> tuple[str, ...]:
        """Say of which source values without a unit were read in a declared one."""
        declared = [self.pack.units_of_source[x] for x in self.one.record.declared]
        return tuple(
            f"Values that {x.title} sends without a unit are read in the units declared for it: "
            + "; ".join(f"{', '.join((*u.loinc, *u.snomed))} in {u.unit}" for u in x.units)
            + "."
            for x in declared
        )

    def list_assumptions(self) -> tuple[str, ...]:
        """Say which lists are taken as complete, and which that are called so are not."""
        if not self.one.record.complete:
            return ()
        bad = unreadable(self.one.record, self.engine.selector.codes)
        whole = [x for x in self.one.record.complete if x in self.one.complete]
        one = len(whole) == 1
        listed = f"{', '.join(whole[:-1])} and {whole[-1]}" if len(whole) > 1 else "".join(whole)
        taken = (
            f"The {'list' if one else 'lists'} of {listed} {'is' if one else 'are'} taken as "
            f"complete: what is not on {'it' if one else 'them'} is taken as no."
        )
        if "medications" in whole:
            taken += (
                " Not so medicines that are given once, or of whose kind only some names are "
                "known: these are asked about."
            )
        return (taken,) * bool(whole) + tuple(
            f"The list of {name} is called complete, but not all of it can be read "
            f"({bad[name]} of its entries cannot): what is not on it is not taken as no."
            for name in self.one.record.complete
            if name not in self.one.complete
        )

    def truth(self, *key: str) -> tuple[bool, bool]:
        """Give a condition's set for the patient."""
        return self.one.result(*key)

    def alive(self) -> bool:
        """Say whether the findings are for this patient, who is not surely dead."""
        return self.gate_open and not self.dead()

    def holding(self, kind: str, items: Mapping[str, T]) -> Iterator[tuple[T, int | None]]:
        """Give the items of a kind whose condition is yes, with the lesion at which it is."""
        for identity, j, code in self.one.each(kind):
            if code == YES:
                yield items[identity], j

    def alerts_left(self) -> Iterator[tuple[Alert, int | None, Result]]:
        """Give the alerts that are yes or not ruled out, with where and their results.

        One that is open only because the list of lesions is, is left out; behind a closed gate,
        those that need a known cancer are.
        """
        if self.dead():
            return
        if_closed = self.one.alerts_if_closed()
        for identity, j, code in self.one.each("alert"):
            if code == NO:
                continue
            if code == OPEN and identity in if_closed:
                closed = if_closed[identity]
                if (closed if j is None else closed[j]) == NO:
                    continue
            alert = self.pack.alerts[identity]
            if self.gate_open or alert.without_known_cancer:
                yield alert, j, RESULTS[code]

    def dead(self) -> bool:
        """Say whether the patient surely is dead."""
        return self.pack.scope is not None and result_of(self.truth("scope", "dead")) == "yes"

    def comfort_only(self) -> bool:
        """Say whether comfort surely is the only goal."""
        asked = self.pack.scope is not None and self.pack.scope.comfort_only is not None
        return asked and result_of(self.truth("scope", "comfort_only")) == "yes"

    def last_days(self) -> bool:
        """Say whether these surely are the last days of life."""
        asked = self.pack.scope is not None and self.pack.scope.last_days is not None
        return asked and result_of(self.truth("scope", "last_days")) == "yes"

    def gate(self) -> tuple[bool, str]:
        """Open for an adult with cancer current, past or suspected.

        Silence closes it, an unreadable event does not.
        """
        scope = self.pack.scope
        if scope is None or ("scope", "cancer") not in self.engine.results:
            return True, ""
        cancer, adult = self.truth("scope", "cancer"), self.truth("scope", "adult")
        if not adult[0]:
            return False, "These findings are for adults; the patient is not one."
        if result_of(cancer) == "yes":
            return True, ""
        if result_of(cancer) == "no" and self.cancer_follows(scope.cancer_variable):
            return True, (
                "The record says that no cancer is known of, and speaks of its spread. "
                "Options, and alerts that need a cancer, are left out: record the cancer as "
                "suspected, or leave the statement out, and they are told."
            )
        if result_of(cancer) == "no":
            return (
                False,
                "No cancer is known of. If there is or was one, or one is suspected, record it.",
            )
        behind = {scope.cancer_variable, *self.lineage.behind[scope.cancer_variable]}
        heard = any(self.patient.state(name, None) > NONE for name in behind)
        if heard:
            return True, "Whether there is a cancer is not certain from the record."
        return (
            False,
            "Nothing in the record speaks of cancer. "
            "If there is or was one, or one is suspected, record it.",
        )

    def cancer_follows(self, name: str) -> bool:
        """Say whether a cancer follows from what else is recorded, such as its spread to bone."""
        variable = self.pack.variables.get(name)
        tree = self.lineage.of(variable).get(("formula",)) if variable is not None else None
        heard = any(self.patient.state(n, None) > NONE for n in self.lineage.behind[name])
        if variable is None or tree is None or not heard:
            return False
        mask = tree.meaning(self.patient, None)
        return mask != (1 << len(variable.levels)) - 1

    def scope(self) -> ScopeShown:
        """Say whether the findings are for this patient, and if not why."""
        if self.pack.scope is None:
            return ScopeShown(open=True, adult="unknown", dead="unknown", text="")
        return ScopeShown(
            open=self.gate_open,
            adult=result_of(self.truth("scope", "adult")),
            dead=result_of(self.truth("scope", "dead")),
            comfort_only="yes" if self.comfort_only() else "unknown",
            last_days="yes" if self.last_days() else "unknown",
            text=self.gate_text,
        )

    def summary(self) -> tuple[FactShown, ...]:
        """Give the facts that tell who it is about, known or not."""
        names = self.pack.scope.summary if self.pack.scope is not None else ()
        return tuple(self.fact(n, None) for n in names if (n, None) in self.patient.values)

    def shared(
        self,
        tree: Part | None,
        lesion: int | None,
        evidence: tuple[Citation, ...],
        notes: tuple[str, ...],
    ) -> dict[str, Any]:
        """Give what every finding carries.

        Deciding clauses, facts, what is missing, evidence and trust.
        """
        p = self.patient
        told = tree is not None and tree.reach & p.speaking
        return {
            "why": p.reasons(tree, lesion) if tree is not None else (),
            "facts": self.facts_of(tree.names, lesion) if tree is not None and told else (),
            "missing": p.missing(tree, lesion) if tree is not None else (),
            "evidence": self.cited(evidence),
            "trust": self.lineage.confirmed(tree, evidence),
            "interpretation": notes,
        }

    def heard_behind(self, name: str, j: int | None) -> bool:
        """Say whether a computed number rests on any event of the record."""
        return any(self.patient.state(n, j) > NONE for n in self.lineage.all_behind[name])

    def facts_of(self, wanted: Sequence[str], lesion: int | None) -> tuple[FactShown, ...]:
        """Give the facts behind a finding of which something is known.

        The variables named and those behind them.
        """
        found: dict[str, tuple[FactShown, ...]] = {}
        looks_at_lesions = self.lineage.looks_at_lesions
        for name in filter(self.telling.__contains__, wanted):
            key = name, lesion if looks_at_lesions[name] else None
            behind = self.told_behind.get(key)
            if behind is None:
                behind = self.told_behind[key] = self.facts_behind(*key)
            found |= behind
        return tuple(chain.from_iterable(found.values()))

    def facts_behind(self, name: str, lesion: int | None) -> dict[str, tuple[FactShown, ...]]:
        """Give the facts that speak of a variable, then of those behind it, by variable."""
        names = (name,)
        if self.patient.state(name, lesion) != SURE:
            names += self.lineage.all_behind[name]
        told = filter(self.patient.speaking_names.__contains__, names)
        return {one: shown for one in told if (shown := self.facts_at(one, lesion))}

    def facts_at(self, name: str, lesion: int | None) -> tuple[FactShown, ...]:
        """Give the facts that speak of a variable, at a lesion or at all."""
        of_lesion = name in self.lineage.of_lesions
        key = name, lesion if of_lesion else None
        found = self.shown_at.get(key)
        if found is None:
            members: Sequence[int | None] = (key[1],)
            if of_lesion and lesion is None:
                members = range(self.one.operations.n)
            found = tuple(self.fact(name, j) for j in members if self.speaks(name, j))
            self.shown_at[key] = found
        return found

    def speaks(self, name: str, j: int | None) -> bool:
        """Say whether anything is known of a variable."""
        return (name, j) in self.patient.values and (
            self.patient.state(name, j) > NONE or self.informative(name, j)
        )

    def informative(self, name: str, j: int | None) -> bool:
        """Say whether at least one value is ruled out."""
        return self.patient.value(name, j) != self.lineage.every[name]

    def fact(self, name: str, j: int | None) -> FactShown:
        """Say what is known of a variable, from which events, and how old they are."""
        key = name, self.patient.where(name, j)
        if key not in self.facts:
            self.facts[key] = self.told(*key)
        return self.facts[key]

    def told(self, name: str, where: int | None) -> FactShown:
        """Say it, when it is first asked for."""
        p, symbol = self.patient, self.patient.symbol(name)
        title = p.title(name)
        if symbol.kind == "boolean":
            text = p.boolean_phrase(name, result_of(p.value(name, where)))
        elif symbol.kind == "level":
            text = p.level_phrase(name, where, "yes")
        else:
            text = f"{title} {p.number_text(name, where)}"
        origins, note = self.origins(name, where)
        state = p.state(name, where)
        complete = self.pack.variables[name].complete_with if name in self.pack.variables else None
        if origins:
            origin = "recorded"
            # Of a date the day itself counts, not the day on which it was written down.
            age = self.age_of(name, where) if symbol.kind == "date" else origins[0].age
            text += f", {age}" if age else ""
        elif self.lineage.behind[name] and state == NONE:
            origin = "computed"
        elif complete in self.one.complete:
            origin = "assumed"
        else:
            origin = "silent"
        return FactShown(
            variable=name,
            title=title,
            lesion=p.label(where),
            text=text,
            known=self.informative(name, where),
            origin=origin,
            events=origins,
            note=note,
            measured=symbol.kind in ("number", "date"),
        )

    def age_of(self, name: str, where: int | None) -> str:
        """Say how long ago a date is, where it is known."""
        low, high = self.patient.value(name, where)
        return (
            ""
            if -INF in (low, high) or INF in (low, high)
            else age_text((int(low), int(high)), self.one.moment)
        )

    def origins(self, name: str, j: int | None) -> tuple[tuple[Origin, ...], str | None]:
        """Give the events that a fact came from, the newest first.

        And what is to be said of unusable ones.
        """
        if name not in self.base:
            return (), None
        group = self.base[name] + (j or 0)
        seen = self.chosen.get(group)
        if seen is None:
            return (), None
        found = sorted(
            [self.events[n] for n in seen], key=lambda e: -(e.time or (LONG_AGO, NEVER))[0]
        )
        notes = dict.fromkeys([why for why in seen.values() if why is not None])
        if notes:
            older = self.older(group, set(seen))
            if older is not None:
                notes[older] = None
        return tuple([self.origin(e) for e in found[:20]]), "; ".join(notes) or None

    def older(self, group: int, chosen: set[int]) -> str | None:
        """Show an older usable value beside one that cannot be used.

        It is never used in its stead.
        """
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
        return (
            f"an older value stands at {newest.place.where}, {self.origin(newest).age}; "
            "it was not used"
        )

    def origin(self, event: Event) -> Origin:
        """Say where an event stands and how old it is; a medicine by when it was last mentioned."""
        if id(event) in self.stands:
            return self.stands[id(event)]
        time = event.mentioned if event.role == "drug" and event.mentioned else event.time
        found = self.stands[id(event)] = Origin(
            where=event.place.where,
            detail=event.place.detail,
            time="" if time is None else date_text(float(time[0]), float(time[1])),
            age=age_text(time, self.one.moment),
        )
        return found

    def lesions(self) -> tuple[LesionShown, ...]:
        """Give the lesions with their places, and which of them may be the same."""
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
                    sites=self.engine.keys.left(SITE, lesion.where.site),
                    levels=self.engine.keys.left(LEVEL, lesion.where.level),
                    sides=self.engine.keys.left(SIDE, lesion.where.side),
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
        if lesion not in self.places:
            found = self.one.placed.lesions[lesion]
            self.places[lesion] = self.engine.keys.shown(found.where) or found.key
        return self.places[lesion]

    def titles(self) -> dict[str, str]:
        """Give the shown name of every variable."""
        return dict(self.lineage.titles_shown)

    def cite(self, citation: Citation) -> Source:
        """Show a citation with the best address that there is for it."""
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

    def cited(self, citations: tuple[Citation, ...]) -> tuple[Source, ...]:
        """Show an item's citations in their order: worked out once for a pack."""
        kept = self.lineage.cited.get(id(citations))
        if kept is None:
            shown = tuple(self.cite(c) for c in citations)
            kept = self.lineage.cited[id(citations)] = citations, shown
        return kept[1]

    def texts(self, clinician: str, patient: str, lesion: int | None, **more: str) -> Texts:
        """Fill in what a finding says to the clinician and to the patient."""
        return Texts(
            clinician=self.fill(clinician, lesion, more), patient=self.fill(patient, lesion, more)
        )

    def fill(self, text: str, lesion: int | None, more: dict[str, str]) -> str:
        """Put values into a text's `{name}` places."""
        if "{" not in text:
            return text
        first, *rest = self.lineage.pieces[text]
        filled = [first]
        for name, then in zip(rest[::2], rest[1::2], strict=True):
            filled += (self.filling(name, lesion, more), then)
        return "".join(filled)

    def filling(self, name: str, lesion: int | None, more: dict[str, str]) -> str:
        """Give the value that stands for `{name}` in a text."""
        if name in more:
            return more[name]
        if name == "lesion":
            return self.place_of(lesion)
        symbol = self.patient.trees.symbols.get(name)
        if symbol is None:
            return f"{{{name}}}"
        if symbol.kind in ("number", "date"):
            return self.patient.number_text(name, lesion)
        if symbol.kind == "level":
            left = self.patient.levels_left(name, lesion)
            return " or ".join([self.patient.level_text(name, x) for x in left])
        return result_of(self.patient.value(name, lesion))

    def action_text(self, identity: str) -> tuple[str, str, str | None]:
        """Give the title of something to do, and its text for the clinician and for the patient."""
        if identity in self.pack.actions:
            action = self.pack.actions[identity]
            return action.title, action.clinician, action.patient
        if identity in self.pack.investigations:
            test = self.pack.investigations[identity]
            return test.title, test.what, test.say.patient
        option = self.pack.options[identity]
        return option.title, option.say.clinician, option.say.patient

    def contact(self, action: str) -> str | None:
        """Say whom to call for an action, where a laid-over folder names a number."""
        found = self.pack.contact(action)
        if found is not None:
            return with_notes(found.telephone, found.hours)
        guide = self.pack.guide
        if guide is None or action not in self.lineage.regional:
            return None
        if guide.helpers is not None and action == guide.helpers.action:
            lines = self.crisis_lines
            if len(lines) != 1 or lines[0].telephone is None:
                return None
            return with_notes(lines[0].telephone, lines[0].name, lines[0].hours)
        emergency = self.emergency_numbers
        return emergency[0].telephone if len(emergency) == 1 else None

    @cached_property
    def emergency_numbers(self) -> tuple[EmergencyShown, ...]:
        """Give the emergency number of the hospital or the region; of each that it may be."""
        emergency = self.pack.guide.emergency if self.pack.guide else None
        if emergency is None:
            return ()
        own = self.pack.contact(emergency.action)
        if own is not None:
            return (EmergencyShown(telephone=own.telephone, region=None, evidence=()),)
        return tuple(
            EmergencyShown(
                telephone=emergency.numbers[level].telephone,
                region=region,
                evidence=self.cited(emergency.numbers[level].evidence),
            )
            for level, region in self.regions_left(emergency.by)
        )

    @cached_property
    def crisis_lines(self) -> tuple[HelperShown, ...]:
        """Give the crisis line of the hospital or the region; of each that it may be."""
        helpers = self.pack.guide.helpers if self.pack.guide else None
        if helpers is None:
            return ()
        own = self.pack.contact(helpers.action)
        if own is not None:
            return (
                HelperShown(
                    name=None,
                    helps=None,
                    telephone=own.telephone,
                    hours=own.hours,
                    web=None,
                    region=None,
                    evidence=(),
                ),
            )
        return tuple(
            self.helper(helpers.crisis[level], region)
            for level, region in self.regions_left(helpers.by)
        )

    @cached_property
    def helpers(self) -> tuple[HelperShown, ...]:
        """Give who helps besides the team: near the hospital, then in each region left."""
        helpers = self.pack.guide.helpers if self.pack.guide else None
        regions = self.regions_left(helpers.by) if helpers is not None else ()
        return (
            *(self.helper(x, None) for x in self.pack.helpers()),
            *(
                self.helper(x, region)
                for level, region in regions
                if helpers is not None
                for x in helpers.organisations[level]
            ),
        )

    def regions_left(self, by: str) -> tuple[tuple[str, str | None], ...]:
        """Give each region that it may be, and its name where there are several."""
        left = self.patient.levels_left(by, None)
        return tuple((x, self.patient.level_text(by, x) if len(left) > 1 else None) for x in left)

    def helper(self, helper: Helper, region: str | None) -> HelperShown:
        """Show an organisation, with its sources."""
        return HelperShown(
            name=helper.name,
            helps=helper.helps,
            telephone=helper.telephone,
            hours=helper.hours,
            web=helper.web,
            region=region,
            evidence=self.cited(helper.evidence),
        )

    def telephones(self) -> Telephones:
        """Give whom the patient calls."""
        guide = self.pack.guide
        team = self.contact(guide.team) if guide and guide.team else None
        return Telephones(
            emergency=self.emergency_numbers,
            crisis=self.crisis_lines,
            team=team,
            helpers=self.helpers,
        )

    def status_of(self, option: str) -> str:
        """Name an option's status for this patient; one of a lesion has a status for each."""
        mask = self.one.result("option", option)
        return (
            status_name(tuple(s for i, s in enumerate(STATUSES) if mask >> i & 1))
            if isinstance(mask, int)
            else "see there"
        )
