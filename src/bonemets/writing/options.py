"""Options with their status for this patient, and tests to do."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import cache
from typing import Final, NamedTuple

from msgspec.structs import replace

from bonemets.explain import Patient, joined
from bonemets.lineage import TRUST, Made, result_of
from bonemets.model import (
    CheckShown,
    ClauseShown,
    DoseShown,
    EffectShown,
    FactShown,
    InvestigationFinding,
    OptionFinding,
    PlanEntry,
    Result,
    ShareShown,
)
from bonemets.pack.items import (
    STATUSES,
    Check,
    Citation,
    DoseRow,
    DoseTable,
    Investigation,
    Option,
    People,
)
from bonemets.pack.trust import behind_amount, licensed, why_not
from bonemets.values import SURE
from bonemets.writing.branches import holding
from bonemets.writing.view import View
from bonemets.writing.words import status_name

IN_FULL: Final = ("suitable", "caution", "check_first", "contraindicated")
"""The statuses of options that are indicated: these are told whole, as is what is considered."""

REGIMEN_UNREAD: Final = "how it is given is not shown: its source was not read"

YES: Final = ("yes",)
MAY: Final = ("yes", "unknown")
DECIDING: Final[dict[str, tuple[tuple[str, ...], ...]]] = {
    "not_indicated": (("yes", "unknown", "no"), (), ()),
    "contraindicated": (YES, YES, ()),
    "check_first": (YES, MAY, ()),
    "caution": (YES, (), MAY),
    "unknown": (MAY, (), ()),
}
"""The results with which clauses of each section decide a status; others hang on indications."""


class Options(View):
    """Options with their status for this patient, and tests to do."""

    def investigations(self) -> tuple[InvestigationFinding, ...]:
        """Give the tests that are to be done: only those that are settled."""
        every = self.holding("investigation", self.pack.investigations)
        return tuple([self.investigation(test, j) for test, j in every])

    def investigation(self, test: Investigation, j: int | None) -> InvestigationFinding:
        """Write one test: what exactly, and what for."""
        tree = self.lineage.of(test)[("when",)]
        return InvestigationFinding(
            id=test.id,
            title=test.title,
            lesion=self.patient.label(j),
            result="yes",
            what=test.what,
            purpose=test.why,
            last=self.last(test, j),
            say=self.texts(test.say.clinician, test.say.patient, j),
            **self.shared(tree, j, test.evidence, test.interpretation),
        )

    def last(self, test: Investigation, j: int | None) -> str | None:
        """Tell when a test was last done, by its date, and what of it is still to be done.

        Nothing where no date is recorded.
        """
        if test.last is None:
            return None
        where = j if self.patient.symbol(test.last).entity == "lesion" else None
        if self.patient.state(test.last, where) != SURE:
            return None
        said = self.fact(test.last, where).text
        return f"{said}; still to be done: {test.still}" if test.still else said

    def done(self, plan: Iterable[PlanEntry]) -> tuple[FactShown, ...]:
        """Give the dates of tests that were done, where the plan does not tell them itself."""
        tests = self.pack.investigations
        told = {tests[x.id].last for x in plan if x.last is not None}
        dates = {x.last for x in tests.values() if x.last is not None and x.last not in told}
        if dates.isdisjoint(self.patient.speaking_names):
            return ()
        return tuple(
            self.fact(name, j)
            for (name, j), state in self.patient.recorded.items()
            if name in dates and state == SURE
        )

    def surely(self, name: str) -> bool:
        """Say whether a boolean of the patient is yes."""
        value = self.patient.values.get((name, None))
        return value is not None and result_of(value) == "yes"

    def options(self) -> tuple[OptionFinding, ...]:
        """Give every option: those that the record asks for, then the nearest to suitable."""
        options = self.pack.options
        found = [self.option(options[x], j, mask) for x, j, mask in self.one.each("option")]
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
        """Write one option: its status, the reasons for and against it, its dose if allowed.

        Of one that is not for this patient, or not known to be, only why, and the stops that hold.
        """
        p, lines = self.patient, self.lineage
        status, considered = status_of(mask), option.id in self.one.record.consider
        in_full = considered or status in IN_FULL
        read = lines.clauses[option.id]
        stopping = read["contraindicated"]
        if not in_full:
            stopping = tuple([x for x in stopping if p.result(x.tree, j) == "yes"])
        indicated = self.section(read["indicated"], j, "indicated")
        stops = self.section(stopping, j, "contraindicated")
        cautions = self.section(read["caution"], j, "caution") if in_full else ()
        decided_by = DECIDING.get(status, (YES, (), ()))
        deciding = chosen(read["indicated"], indicated, decided_by[0])
        if decided_by[1]:
            deciding += chosen(stopping, stops, decided_by[1])
        if decided_by[2]:
            deciding += chosen(read["caution"], cautions, decided_by[2])
        missing: tuple[str, ...] = ()
        if status in ("unknown", "check_first", "caution"):
            every = (*indicated, *stops, *cautions)
            missing = joined([c.missing for c in every if c.result == "unknown"])
        side_effects, achieved = self.effects(option) if in_full else ((), ())
        before, later = (option.checks_before, option.monitoring) if in_full else ((), ())
        effects = tuple([self.spoken_of(e, people) for e, people in achieved])
        named = lines.named_by if in_full else lines.indicated_by
        trusts = (lines.trust[option.id], *[made.trust for made, _ in deciding])
        return OptionFinding(
            id=option.id,
            title=option.title,
            patient_title=option.patient_title,
            lesion=p.label(j),
            why=joined([c.why for _, c in deciding]),
            facts=self.facts_of(named[option.id], j),
            missing=missing,
            evidence=self.cited(option.evidence),
            trust=max(trusts, key=TRUST.index),
            interpretation=option.interpretation,
            status=status,
            statuses=statuses(mask),
            because=self.because(status, stops),
            considered=considered,
            runs=any(map(self.surely, option.runs)),
            modality=option.modality,
            aim=option.aim,
            indicated=indicated,
            stops=stops,
            cautions=cautions,
            dose=self.dose(option, j, status, cautions) if in_full else None,
            checks_before=tuple([self.check(c, j) for c in before]),
            monitoring=tuple([self.check(c, j) for c in later]),
            side_effects=side_effects,
            effects=effects,
            say=self.texts(option.say.clinician, option.say.patient, j),
        )

    def section(
        self, every: Iterable[Made], j: int | None, section: str
    ) -> tuple[ClauseShown, ...]:
        """Write the clauses of a section."""
        return tuple([self.clause(made, j, section) for made in every])

    def spoken_of(self, effect: EffectShown, people: People | None) -> EffectShown:
        """Say whether numbers of people speak of such as this patient."""
        if people is None:
            return effect
        results = [self.within(name, levels) for name, levels in people.of.items()]
        speaks: Result = "no" if "no" in results else "unknown" if "unknown" in results else "yes"
        return replace(effect, speaks_of=speaks)

    def within(self, name: str, levels: tuple[str, ...]) -> Result:
        """Say whether a variable of the patient has one of these levels."""
        left = set(self.patient.levels_left(name, None))
        if left.isdisjoint(levels):
            return "no"
        return "yes" if left.issubset(levels) else "unknown"

    def effects(
        self, option: Option
    ) -> tuple[tuple[EffectShown, ...], tuple[tuple[EffectShown, People | None], ...]]:
        """Write the side effects and the achievements: the same for every patient."""
        kept = self.lineage.effects.get(option.id)
        if kept is None:
            unwanted = tuple(
                EffectShown(
                    what=e.effect,
                    figure=e.frequency if licensed(e.evidence) else "how often: source not read",
                    patient=e.patient,
                    evidence=self.cited(e.evidence),
                )
                for e in option.side_effects
            )
            wanted = tuple(
                (
                    EffectShown(
                        what=e.what,
                        figure=e.result,
                        patient=None,
                        evidence=self.cited(e.evidence),
                        shares=shares_of(e.people),
                    ),
                    e.people,
                )
                for e in option.effects
                if licensed(e.evidence)
            )
            kept = self.lineage.effects[option.id] = unwanted, wanted
        return kept

    @staticmethod
    def because(status: str, stops: Iterable[ClauseShown]) -> str | None:
        """Say why something has to be checked first.

        A measurement, an unread stop, or only what is asked of everybody.
        """
        if status != "check_first":
            return None
        waiting = [s for s in stops if s.result == "unknown" or (s.unread and s.result == "yes")]
        if any(s.unread and s.result == "yes" for s in waiting):
            return "unread"
        return "routine" if all(s.routine for s in waiting) else "measure"

    def clause(self, made: Made, j: int | None, section: str) -> ClauseShown:
        """Write one reason for or against an option, with what decided it or what is missing.

        Once for all lesions where it is about the patient alone; once for a pack where nothing was
        heard of what it is about.
        """
        p = self.patient
        if made.alone:
            j = None
        stranger = p.stranger(made.tree)
        if stranger is not None and not made.clause.instead:
            if made.unheard is None:
                made.unheard = self.clause_written(stranger, made, None, section)
            return made.unheard
        key = id(made), j
        shown = self.clauses.get(key)
        if shown is None:
            shown = self.clauses[key] = self.clause_written(p, made, j, section)
        return shown

    def clause_written(self, p: Patient, made: Made, j: int | None, section: str) -> ClauseShown:
        """Write it, when it is first asked for."""
        clause, tree = made.clause, made.tree
        result = p.result(tree, j)
        unread = not made.licensed or p.rests_on(made.unread, j)
        why = p.decided(tree, j, result) if result != "no" or section == "indicated" else ()
        return ClauseShown(
            text=holding(p, made, j, result),
            result=result,
            why=why,
            missing=p.missing(tree, j) if result == "unknown" else (),
            routine=clause.routine,
            unread=unread,
            ours=unread and made.ours,
            no_usual_dose=clause.no_usual_dose,
            smaller_dose=clause.smaller_dose,
            not_begun=clause.not_begun,
            goes_on=clause.goes_on,
            begin=clause.begin,
            instead=tuple([(o, self.status_of(o)) for o in clause.instead]),
            interaction=made.interaction,
            evidence=self.cited(clause.evidence),
        )

    def dose(
        self, option: Option, j: int | None, status: str, cautions: Iterable[ClauseShown]
    ) -> DoseShown | None:
        """Print a dose only when everything allows it.

        One row is left, the option is suitable or caution, no caution that holds makes any amount
        too much, the amounts are not for people new to what is given, the patient is adult and the
        amount was read: its own source, else the row's, else the table's. The smaller amount of the
        row stands where a caution asks for it, and beside the usual one where such a caution is
        open.
        """
        table = option.dose
        if table is None:
            return None
        by, mask = table.by, 1
        if by is not None:
            mask = self.one.result("dose", option.id)
            mask = mask[j] if j is not None else mask
        cautions = tuple(cautions)
        rows = [r for i, r in enumerate(table.rows) if mask >> i & 1]
        usual, less = amounts_of(table, rows, {c.result for c in cautions if c.smaller_dose})
        first = usual or less
        too_much = [c for c in cautions if c.no_usual_dose and c.result == "yes"]
        adult = result_of(self.truth("scope", "adult")) if self.pack.scope is not None else "yes"
        behind = self.lineage.unread[by] if by is not None else ()
        withheld = ""
        if status not in ("suitable", "caution"):
            withheld = "no dose is shown until the option is suitable"
        elif any(map(self.surely, table.new_to)):
            withheld = "no dose is shown: the amounts are for who is new to such medicines"
        elif adult != "yes":
            withheld = "no dose is shown: the patient is not known to be adult"
        elif self.patient.rests_on(behind, j):
            withheld = "no dose is shown: its source was not read"
        elif too_much:
            withheld = f"the usual dose is not shown, because a caution holds: {too_much[0].text}"
        elif first and not any(a.licensed for a in first):
            withheld = f"no dose is shown: {why_not(c for a in first for c in a.evidence)}"
        elif len(rows) != 1:
            missing: dict[str, None] = {}
            if by is not None:
                self.patient.missing_of(by, j, missing)
            needs = ", ".join(self.patient.title(n) for n in missing) or by
            withheld = f"dose open: {told(usual, less) or 'none of the rows'}; needs {needs}"
        regimen = table.regimen if licensed(table.evidence) else REGIMEN_UNREAD
        left = (*usual, *less)
        cited = [s for a in [x for x in left if x.licensed] or left for s in self.cited(a.evidence)]
        return DoseShown(
            text=withheld or told(usual, less),
            settled=not withheld,
            regimen="" if withheld else regimen,
            evidence=tuple(dict.fromkeys(cited)) or self.cited(table.evidence),
            regimen_evidence=() if withheld else self.cited(table.evidence),
        )

    def check(self, check: Check, lesion: int | None) -> CheckShown:
        """Write one check, with what is known already of what it needs, at the option's lesion."""
        if self.lineage.of_lesions.isdisjoint(check.needs):
            lesion = None
        key = id(check), lesion
        shown = self.checks.get(key)
        if shown is None:
            shown = self.checks[key] = self.check_written(check, lesion)
        return shown

    def check_written(self, check: Check, lesion: int | None) -> CheckShown:
        """Write it, when it is first asked for."""
        p = self.patient
        lesions = range(self.one.operations.n) if lesion is None else (lesion,)
        known: list[str] = []
        missing: list[str] = []
        for name in check.needs:
            for j in lesions if p.symbol(name).entity == "lesion" else (None,):
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
            evidence=self.cited(check.evidence),
        )


class Amount(NamedTuple):
    """An amount of a row that is left, with what it rests on."""

    text: str
    evidence: tuple[Citation, ...]

    @property
    def licensed(self) -> bool:
        """Whether something that was read carries it, so that it may be shown."""
        return licensed(self.evidence)

    @property
    def shown(self) -> str:
        """What may be said of it."""
        if self.licensed:
            return self.text
        return f"an amount that is not shown ({why_not(self.evidence)})"


Amounts = list[Amount]


def amounts_of(
    table: DoseTable, rows: Sequence[DoseRow], smaller: Collection[Result]
) -> tuple[Amounts, Amounts]:
    """Give the usual amounts of the rows left, and the smaller ones, as far as each may be given.

    By what is known of the cautions that ask for less: where one is open, both may.
    """
    usual = [Amount(r.give, behind_amount(table, r)) for r in rows]
    if not any(r.less for r in rows) or not {"yes", "unknown"}.intersection(smaller):
        return usual, []
    less = [
        Amount(r.less, behind_amount(table, r, less=True)) if r.less else u
        for r, u in zip(rows, usual, strict=True)
    ]
    return [] if "yes" in smaller else usual, less


def told(usual: Amounts, less: Amounts) -> str:
    """Say the amounts; where both may be given, the smaller ones stand after all of the usual."""
    if not less:
        return " or ".join(a.shown for a in usual)
    said = "; or ".join(a.shown for a in less)
    both = "; or ".join(a.shown for a in usual)
    return f"{both}; if an open caution holds: {said}" if usual else said


def chosen(
    every: Sequence[Made], written: Sequence[ClauseShown], results: Collection[str]
) -> list[tuple[Made, ClauseShown]]:
    """Give the clauses with some results, each beside what is the same of it for every patient."""
    return [pair for pair in zip(every, written, strict=True) if pair[1].result in results]


@cache
def statuses(mask: int) -> tuple[str, ...]:
    """Give the statuses that are left."""
    return tuple(s for i, s in enumerate(STATUSES) if mask >> i & 1)


@cache
def status_of(mask: int) -> str:
    """Name the statuses that are left."""
    return status_name(statuses(mask))


def shares_of(people: People | None) -> tuple[ShareShown, ...]:
    """Give the numbers of people of a result."""
    if people is None:
        return ()
    return tuple(ShareShown(who=x.who, of_100=x.of_100, what=people.what) for x in people.groups)
