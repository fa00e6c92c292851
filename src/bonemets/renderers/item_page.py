"""One item of the knowledge -> the blocks of its page: for the reference and for a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, Final, cast

from msgspec.structs import replace

from bonemets.expression import Node, unit_text
from bonemets.pack.items import (
    ActionText,
    Alert,
    Answers,
    Band,
    Card,
    Check,
    Citation,
    Clause,
    Coding,
    Disagreement,
    DoseRow,
    DoseTable,
    Evidence,
    Example,
    Handout,
    Interaction,
    Investigation,
    Option,
    Outlook,
    Scope,
    Score,
    Step,
    Variable,
    asked_for,
)
from bonemets.pack.load import Pack
from bonemets.pack.trees import Asker, Trees, sections
from bonemets.pack.trust import behind_amount, licensed, why_not
from bonemets.pack.words import Speaking
from bonemets.renderers.conditions import Conditions, listed
from bonemets.renderers.outlook import fared_words
from bonemets.renderers.page import (
    Block,
    Code,
    Heading,
    Line,
    Link,
    Listing,
    Piece,
    Points,
    Prose,
    Table,
    bullets,
    joined,
)
from bonemets.renderers.words import (
    CONFIRMATIONS,
    duration_words,
    number,
    outcome_words,
    sentence,
    within,
)
from bonemets.shown import capital, unit_shown

TOLD_WITH: Final = "Not told again where one of these is asked for no later:"
SYSTEMS: Final = {
    "loinc": "LOINC",
    "snomed": "SNOMED CT",
    "icd10": "ICD-10",
    "icdo3": "ICD-O-3",
    "atc": "ATC",
    "rxnorm": "RxNorm",
    "hl7": "HL7",
}
PICKS: Final = {
    "latest": "the latest",
    "first": "the first",
    "any": "any",
    "min": "the smallest",
    "max": "the largest",
    "sum": "the sum",
    "count": "how many there are",
    "active": "what is active",
}
TAKES: Final = {
    "lower_limit": "the lower limit printed with",
    "upper_limit": "the upper limit printed with",
    "unit": "the unit reported for",
    "sample": "from the same sample as",
}
CODINGS: Final = {
    "finding": "the finding",
    "drug": "the drug",
    "allergy": "an allergy",
    "site": "a place of the body",
}
SECTIONS: Final = {
    "indicated": "Indicated",
    "contraindicated": "Not to be given",
    "caution": "With caution",
}
LESS: Final = "where a caution asks for less"
FEW: Final = 3
"""More examples than this are told by what sets them apart."""
MOST_COLUMNS: Final = 4
"""What examples expect stands in columns of its own, up to so many."""


class Cited:
    """Numbers the citations of one page in the order of citing."""

    def __init__(self) -> None:
        """Begin with none."""
        self.found: dict[Citation, list[str]] = {}

    def mark(self, citations: Iterable[Citation]) -> str:
        """Give the mark of some citations: " [1, 3]"."""
        numbers: set[int] = set()
        for citation in citations:
            plain = replace(citation, row=None)
            places = self.found.setdefault(plain, [])
            if citation.row is not None and citation.row not in places:
                places.append(citation.row)
            numbers.add(list(self.found).index(plain) + 1)
        return f" [{', '.join(map(str, sorted(numbers)))}]" if numbers else ""


class ItemPages:
    """Makes the pages of one pack's items."""

    def __init__(self, pack: Pack) -> None:
        """Take the pack, checked."""
        self.pack = pack
        self.trees = Trees(pack)
        self.conditions = Conditions(self.trees)
        self.givers = pack.givers()

    # the whole page ------------------------------------------------------------------------------

    def blocks(self, item: Any, identity: str, *, level: int = 1) -> list[Block]:
        """Give everything about one item; `level`: of its heading."""
        cited = Cited()
        found: list[Block] = [Heading(headed(item.title), level)]
        match item:
            case Variable():
                found += [*self.variable_facts(item), *self.derived(item, level + 1)]
            case Score():
                found += self.score(item)
            case Alert():
                found += self.alert(item)
            case Investigation():
                found += self.investigation(item)
            case Option():
                found += self.option(item, cited)
            case Step():
                found += self.step(item)
            case Interaction():
                found += self.interaction(item)
            case Card():
                found += self.card(item, cited)
            case Outlook():
                found += self.outlook(item, cited)
            case Handout():
                found += self.handout(item)
            case ActionText():
                found += self.action(item, identity)
            case Evidence():
                found += self.source(item)
            case Disagreement():
                found += self.disagreement(item, cited)
            case Scope():
                found += self.scope(item)
            case _:
                raise TypeError(f"no page for {type(item).__name__}")
        own: tuple[Citation, ...] = getattr(item, "evidence", ())
        if isinstance(item, Variable):  # told with its formula
            return found
        cited.mark(own)
        found += self.notes(item, level + 1)
        found += self.disputed(identity, level + 1)
        found += self.uses(item, level + 1)
        found += self.cited(cited, level + 1)
        found += self.examples(item, level + 1)
        return found

    def facts(self, item: Any, kind: str, *more: Line) -> list[Block]:
        """Give the first lines of a page: what it is, and who has reviewed it."""
        head: list[Line] = [(f"{kind} ", Code(item.id), f", version {item.version}.")]
        if getattr(item, "entity", "patient") == "lesion":
            head.append("One for each lesion.")
        head += more
        reviewers = ", ".join(item.reviewed_by)
        head.append(
            f"Reviewed by {reviewers}." if reviewers else "Not yet reviewed by a clinician."
        )
        return [Prose(joined(head, " "))]

    # kinds ---------------------------------------------------------------------------------------

    def score(self, item: Score) -> list[Block]:
        """Give what a score adds up, and its bands."""
        more: list[Line] = []
        if item.higher_is is not None:
            more.append(f"A higher total is {item.higher_is}.")
        given = [n for n in (item.gives.total, item.gives.band) if n is not None]
        if given:
            named = joined([(Code(n),) for n in given], " and ")
            more.append(("Other items name it ", *named, "."))
        found = self.facts(item, "Score", *more)
        if item.licence is not None:
            found.append(Prose(f"Licence: {item.licence}"))
        if item.applies is not None:
            found += self.condition("Applies", item, ("applies",), item.applies)
        if item.components:
            found += [Heading("Points"), self.components(item)]
        if item.formula is not None:
            found += [Heading("Formula"), *self.formula(item, item.formula)]
        found += self.bands(item)
        found += self.say(item)
        return found

    def components(self, item: Score) -> Table:
        """Give the points of each level."""
        rows = [
            (
                self.name(name),
                "; ".join(
                    f"{self.level(name, level)}: {'any of these' if n == 'any' else n}"
                    for level, n in points.items()
                ),
            )
            for name, points in item.components.items()
        ]
        return Table(("component", "points"), tuple(rows))

    def bands(self, item: Score) -> list[Block]:
        """Give the bands of a score: of each unit where these differ."""
        unit = unit_text(self.trees.of(item)[("formula",)].type.unit) if item.formula else "1"
        total = "total" if unit == "1" else f"total ({unit_shown(unit)})"
        columns = item.bands_by_unit or ({total: item.bands} if item.bands else {})
        if not columns:
            return []
        rows = [
            (
                item.names.get(band, band.replace("_", " ")),
                *(self.edges(edges[band]) if band in edges else "" for edges in columns.values()),
            )
            for band in item.any_bands()
        ]
        heads = ("band", *(self.level(item.reported_in, c) for c in columns))
        found: list[Block] = [Heading("Bands")]
        if item.reported_in is not None:
            found.append(Prose(("Which column holds: ", *self.name(item.reported_in), ".")))
        return [*found, Table(heads, tuple(rows))]

    def edges(self, band: Band | DoseRow) -> str:
        """Say a band or a row of doses: "7 to 12", "at least 3.49 and below 4"."""

        def edge(value: float | str) -> str:
            return self.conditions.title(value) if isinstance(value, str) else number(value)

        if band.from_ is not None and band.from_ == band.to:
            return edge(band.from_)
        if band.from_ is not None and band.to is not None:
            return f"{edge(band.from_)} to {edge(band.to)}"
        named = (
            ("at least", band.from_),
            ("above", band.above),
            ("at most", band.to),
            ("below", band.below),
        )
        return " and ".join(f"{word} {edge(x)}" for word, x in named if x is not None) or "any"

    def alert(self, item: Alert) -> list[Block]:
        """Give when an alert fires, and what it asks for."""
        more: list[Line] = [f"Urgency: {item.urgency.replace('_', ' ')}."]
        if item.call_as is not None:
            more.append(f"Patients are told to call as for: {item.call_as.replace('_', ' ')}.")
        if item.clock is not None:
            start = self.name(item.clock.from_)
            more.append(("Its clock starts with: ", *start, f"; act {within(item.clock.act_by)}."))
        if item.without_known_cancer:
            more.append("It fires without a known cancer too.")
        found = self.facts(item, "Alert", *more)
        if item.beneath:
            found.append(self.linked("Shown beneath, where one of these fires:", item.beneath))
        if item.settled_by:
            found.append(self.linked("Not asked about where these are known:", item.settled_by))
        if item.settled_if is not None:
            found += self.condition("Not asked about", item, ("settled_if",), item.settled_if)
        found += self.condition("When", item, ("when",), item.when)
        rows: list[tuple[Line, ...]] = [
            (
                (self.link(action.do),),
                within(action.act_by),
                *self.limits(item, n),
                action.despite or "",
            )
            for n, action in enumerate(item.actions)
        ]
        if rows:
            heads = ("what", "by when", "only if", "unless", "also where its options are stopped")
            found += [Heading("What to do"), _without_empty(heads, rows)]
        return [*found, *self.say(item)]

    def limits(self, item: Alert, n: int) -> tuple[str, str]:
        """Say under which conditions an action is asked for."""
        trees = self.trees.of(item)
        found = [trees.get(("actions", n, key)) for key in ("only_if", "unless")]
        only_if, unless = (self.conditions.line(x) if x is not None else "" for x in found)
        return only_if, unless

    def investigation(self, item: Investigation) -> list[Block]:
        """Give when a test is advised, what it is and why."""
        begins = f"It is due, if no alert asks for it sooner: {item.begin.replace('_', ' ')}."
        found = self.facts(item, "Investigation", begins)
        if item.beneath:
            found.append(self.linked(TOLD_WITH, item.beneath))
        if item.before:
            found.append(self.linked("It prepares:", item.before))
        found += self.condition("When", item, ("when",), item.when)
        found += [Heading("What"), Prose(sentence(item.what))]
        found += [Heading("Why"), Prose(sentence(item.why))]
        if item.last is not None:
            found.append(self.linked("When it was last done:", (item.last,)))
        if item.still is not None:
            found.append(Prose(sentence(f"Still to be done then: {item.still}")))
        return [*found, *self.say(item)]

    def step(self, item: Step) -> list[Block]:
        """Give for whom a step is, what comes before and after it, what to do and why."""
        more: list[Line] = []
        if item.begin is not None:
            more.append(f"It is due: {item.begin.replace('_', ' ')}.")
        if item.wait is not None:
            more.append(f"It waits {duration_words(item.wait)} at least.")
        if item.last_days:
            more.append("It stands in the plan of the last days of life.")
        found = self.facts(item, "Step", *more)
        for head, names in (("It comes after:", item.after), ("It comes before:", item.before)):
            if names:
                found.append(self.linked(head, names))
        if item.only_with:
            head = "Told only where one of these is planned:"
            found.append(self.linked(head, item.only_with))
        found += self.condition("When", item, ("when",), item.when)
        found += [Heading("What"), Prose(sentence(item.what))]
        found += [Heading("Why"), Prose(sentence(item.why))]
        return [*found, *self.say(item)]

    def interaction(self, item: Interaction) -> list[Block]:
        """Give what does not go together, when, and why."""
        more: list[Line] = [f"Effect: {item.effect}."]
        if item.wait is not None:
            more.append(f"The wait is {duration_words(item.wait)}.")
        found = self.facts(item, "Interaction", *more)
        found.append(self.linked("Between:", item.between))
        if item.only_with:
            head = "Told only where one of these is planned, runs or is recorded:"
            found.append(self.linked(head, item.only_with))
        found += self.condition("When", item, ("when",), item.when)
        found += [Heading("Why"), Prose(sentence(item.why))]
        return [*found, *self.say(item)]

    def card(self, item: Card, cited: Cited) -> list[Block]:
        """Give for whom a card is, and its facts, each with the condition on which it holds."""
        found = self.facts(item, "Card")
        found += self.condition("Shown", item, ("when",), item.when)
        trees = self.trees.of(item)
        points: list[tuple[int, Line]] = []
        for n, row in enumerate(item.rows):
            points.append((0, f"{sentence(row.text)}{cited.mark(row.evidence)}"))
            tree = trees.get(("rows", n, "when"))
            if tree is not None:
                points.append((1, f"where {self.conditions.line(tree)}"))
        found += [Heading("Facts"), Points(tuple(points))]
        return [*found, *self.say(item)]

    def outlook(self, item: Outlook, cited: Cited) -> list[Block]:
        """Give of whom a model speaks, and what became of those in each of its bands."""
        found = self.facts(
            item,
            "Outlook",
            f"It predicts {item.predicts}.",
            f"Its people: {item.population}; {item.years}.",
        )
        found.append(self.linked("Its points and bands:", (item.score,)))
        found += self.condition("Speaks of those", item, ("when",), item.when)
        found += [Heading("What was published"), self.outcomes(item, cited)]
        for heading, told in self.tests(item, cited):
            found += [Heading(heading), told]
        return [*found, *self.say(item)]

    def tests(self, item: Outlook, cited: Cited) -> list[tuple[str, Block]]:
        """Give how a model fared with other people, and how its figures fitted them."""
        found: list[tuple[str, Block]] = []
        for heading, tests in (
            ("How it fared with others", item.validation),
            ("How its figures fitted others (calibration)", item.calibration),
        ):
            told = [f"{capital(fared_words(x))}{cited.mark(x.evidence)}" for x in tests]
            found.append((heading, bullets(told or ["Nothing was read of it."])))
        return found

    def outcomes(self, item: Outlook, cited: Cited) -> Table:
        """Give what became of those in each band."""
        names = self.pack.scores[item.score].names
        rows: list[tuple[Line, ...]] = []
        for band, outcomes in item.outcomes.items():
            told = [f"{outcome_words(x)}{cited.mark(x.evidence)}" for x in outcomes]
            shown = names.get(band, band.replace("_", " "))
            rows.append((shown, "; ".join(told) or "no figure that was read"))
        return Table(("band", "what became of those in it"), tuple(rows))

    def handout(self, item: Handout) -> list[Block]:
        """Give into whose leaflet a page goes, and what it says."""
        found = self.facts(item, "Handout")
        found += self.condition("For those", item, ("when",), item.when)
        if item.unless is not None:
            found += self.condition("Left out", item, ("unless",), item.unless)
        found += [Heading("What the patient reads"), *map(Prose, item.text)]
        return [*found, *([bullets(item.points)] if item.points else [])]

    def option(self, item: Option, cited: Cited) -> list[Block]:
        """Give for whom an option is, what stands against it, and how it is given."""
        found = self.facts(
            item,
            "Option",
            f"Kind of treatment: {item.modality.replace('_', ' ')}.",
            f"Aim: {item.aim}.",
            f"Where it is chosen it begins: {item.begin.replace('_', ' ')}.",
            *([f"One is chosen of those named {item.one_of}."] if item.one_of else []),
            *(["It serves comfort."] if item.comfort else []),
            *(["It is begun in the last days of life too."] if item.last_days else []),
            f"Patients read of it as: {item.patient_title}.",
        )
        if item.runs:
            found.append(self.linked("It goes on where one of these is yes:", item.runs))
        if item.beneath:
            said = "The plan does not tell it where one of these begins no later:"
            found.append(self.linked(said, item.beneath))
        trees = self.trees.of(item)
        for key, clauses in sections(item):
            if clauses:
                found.append(Heading(SECTIONS[key]))
                for n, clause in enumerate(clauses):
                    found += self.clause(clause, trees[(key, n, "when")], cited)
        if item.dose is not None:
            found += self.dose(item.dose, cited)
        for head, checks in (
            ("Checks before", item.checks_before),
            ("While on it", item.monitoring),
        ):
            if checks:
                found += [Heading(head), self.checks(checks, cited)]
        if item.side_effects:
            rows = [
                (e.effect, e.frequency + cited.mark(e.evidence), e.patient)
                for e in item.side_effects
            ]
            heads = ("effect", "how often", "what the patient reads")
            found += [Heading("Side effects"), Table(heads, tuple(rows))]
        if item.effects:
            shown = [(e.what, e.result + cited.mark(e.evidence)) for e in item.effects]
            heads = ("what", "result")
            found += [Heading("What it was shown to achieve"), Table(heads, tuple(shown))]
        return [*found, *self.say(item)]

    def clause(self, clause: Clause, tree: Node, cited: Cited) -> list[Block]:
        """Give one reason for or against an option."""
        extra = " Asked of everybody." if clause.routine else ""
        if clause.begin is not None:
            extra = f" Where it holds, it begins: {clause.begin.replace('_', ' ')}."
        points: list[tuple[int, Line]] = [
            (0, f"{sentence(clause.why)}{extra}{cited.mark(clause.evidence)}"),
            *((depth + 1, line) for depth, line in self.conditions.points(tree)),
            (1, ("written: ", Code(" ".join(clause.when.split())))),
        ]
        if clause.instead:
            links = joined([(self.link(n),) for n in clause.instead], ", ")
            points.append((1, ("look at instead: ", *links)))
        return [Points(tuple(points))]

    def dose(self, dose: DoseTable, cited: Cited) -> list[Block]:
        """Give the rows of a dose table."""
        found: list[Block] = [Heading("Dose")]
        if dose.by is None:
            row = dose.rows[0]
            given, less = self.amounts(dose, row, cited, end=".")
            less = f" {LESS}: {less}" if less else ""
            found.append(Prose(f"{given}{less}{cited.mark(dose.evidence)}"))
        else:
            unit = self.unit(dose.by)
            head = f"{self.conditions.title(dose.by)}{f' ({unit})' if unit else ''}"
            heads = [head, f"give{cited.mark(dose.evidence)}"]
            heads += [LESS] if any(row.less for row in dose.rows) else []
            rows = [(self.edges(row), *self.amounts(dose, row, cited)) for row in dose.rows]
            found.append(Table(tuple(heads), tuple(cells[: len(heads)] for cells in rows)))
        if dose.new_to:
            said = (
                "The amounts are for who is new to it: none is printed where one of these is yes:"
            )
            found.append(self.linked(said, dose.new_to))
        return [*found, Prose(sentence(dose.regimen))]

    @staticmethod
    def amounts(dose: DoseTable, row: DoseRow, cited: Cited, end: str = "") -> tuple[str, str]:
        """Give the amounts of a row, each with its own sources, and whether none was read.

        Such an amount is shown of no patient.
        """
        found: list[str] = []
        for text, own, less in (
            (row.give, row.evidence, False),
            (row.less, row.less_evidence, True),
        ):
            behind = behind_amount(dose, row, less=less)
            unread = "" if licensed(behind) else f" ({why_not(behind)}: shown of no patient)"
            found.append(f"{text}{unread}{end}{cited.mark(own)}" if text else "")
        return found[0], found[1]

    def checks(self, checks: Sequence[Check], cited: Cited) -> Table:
        """Give what is looked at before or during a treatment."""
        rows: list[tuple[Line, ...]] = []
        for check in checks:
            needs = joined([self.name(n) for n in check.needs], ", ") if check.needs else ""
            rows.append((f"{check.what}{cited.mark(check.evidence)}", check.when or "", needs))
        return _without_empty(("what", "when", "answered by"), rows)

    def action(self, item: ActionText, identity: str) -> list[Block]:
        """Give what an action says."""
        users = [
            a.id for a in self.pack.alerts.values() if any(x.do == identity for x in a.actions)
        ]
        points: list[Line] = [
            ("Action ", Code(identity), "."),
            f"To the clinician: {item.clinician}",
        ]
        if item.patient is not None:
            points.append(f"To the patient: {item.patient}")
        if item.call:
            points.append("Whom to call: told before what else is due at the same time.")
        if item.burdens:
            points.append("In the last days of life it is asked for only if it serves comfort.")
        found: list[Block] = [bullets(points)]
        if item.means:
            found.append(self.linked("It means one of:", item.means))
        if item.despite is not None:
            found.append(Prose(f"It stands also where all of these are stopped: {item.despite}"))
        if item.beneath:
            found.append(self.linked(TOLD_WITH, item.beneath))
        if users:
            found.append(self.linked("Asked for by:", users))
        return found

    def source(self, item: Evidence) -> list[Block]:
        """Give a source, and what cites it."""
        more = [item.authors, item.publisher, str(item.year), item.region]
        found: list[Block] = [
            Prose(("Evidence ", Code(item.id), f", a {item.type}.")),
            Prose(sentence(", ".join(x for x in more if x))),
        ]
        links: list[Line] = []
        if item.doi is not None:
            links.append((Link(f"doi {item.doi}", f"https://doi.org/{item.doi}"),))
        if item.pmid is not None:
            address = f"https://pubmed.ncbi.nlm.nih.gov/{item.pmid}/"
            links.append((Link(f"PubMed {item.pmid}", address),))
        if item.url is not None:
            links.append((_address(item.url),))
        if links:
            found.append(bullets(links))
        if item.licence is not None:
            found.append(Prose(f"Licence: {sentence(item.licence)}"))
        if item.note is not None:
            found.append(Prose(sentence(item.note)))
        rows = sorted(self.cited_by.get(item.id, ()))
        if rows:
            shown = [((self.link(name),), at, said) for name, at, said in rows]
            heads = ("cited by", "place", "confirmed")
            found += [Heading("Cited by"), _without_empty(heads, shown)]
        return found

    @cached_property
    def cited_by(self) -> dict[str, set[tuple[str, str, str]]]:
        """Give of each source what cites it: the item, the place in the source, how far read."""
        found: dict[str, set[tuple[str, str, str]]] = {}
        for identity, item in {**self.pack.items(), **self.pack.actions}.items():
            for citation in _citations_in(item):
                said = CONFIRMATIONS[citation.confirmation]
                found.setdefault(citation.id, set()).add((identity, citation.at or "", said))
        return found

    def scope(self, item: Scope) -> list[Block]:
        """Give for whom the findings are."""
        points: list[Line] = []
        for key, said in (
            ("cancer", "It opens where"),
            ("adult", "Doses are shown where"),
            ("dead", "No alert is shown where"),
            ("comfort_only", "The plan keeps to comfort where"),
            ("last_days", "The plan keeps to what is begun in the last days of life where"),
        ):
            if getattr(item, key) is None:
                continue
            tree = self.trees.of(item)[(key,)]
            text = " ".join(getattr(item, key).split())
            points.append((f"{said} {self.conditions.line(tree)}: ", Code(text)))
        points += [
            f"{said}: {by.replace('_', ' ')}."
            for said, by in (
                ("What is given although a stop holds is asked about by", item.stopped_by),
                ("What is given with a caution that holds is looked at by", item.careful_by),
            )
        ]
        if item.comfort_not_asked:
            named = joined([self.name(n) for n in item.comfort_not_asked], ", ")
            points.append(("Where comfort is the only goal it is not asked about ", *named, "."))
        if item.comfort_running:
            points.append(f"Of what is then given and does not comfort: {item.comfort_running}")
        if item.last_days_why:
            points.append(f"The rest is then not begun: {item.last_days_why}")
        if item.last_days_stopped:
            points.append(
                f"Of what is given against a stop, and comforts: {item.last_days_stopped}"
            )
        if item.last_days_if:
            points.append(f"What burdens is then asked for only if {item.last_days_if}.")
        if item.last_days_not_asked:
            named = joined([self.name(n) for n in item.last_days_not_asked], ", ")
            points.append(("It is then not asked about ", *named, "."))
        if item.urgent_not_asked:
            named = joined([self.name(n) for n in item.urgent_not_asked], ", ")
            said = "While an alert of now or today holds it is not asked about "
            points.append((said, *named, "."))
        if item.not_asked:
            named = joined([self.name(n) for n in item.not_asked], ", ")
            points.append(("Nobody is asked about ", *named, "; recorded, it counts."))
        names = joined([self.name(n) for n in item.summary], ", ") if item.summary else ""
        points.append(("A patient is summed up by ", *names, "."))
        return [*self.facts(item, "Scope"), bullets(points)]

    # variables -----------------------------------------------------------------------------------

    def variable_facts(self, item: Variable) -> list[Block]:
        """Give what a variable is, which values count, and what fills it."""
        about = "of a lesion" if item.entity == "lesion" else "of the patient"
        points: list[Line] = [("Variable ", Code(item.id), f" {about}: {self.type_text(item)}.")]
        points += [f"{capital(x)}." for x in (self.counts(item), self.limits_text(item)) if x]
        if item.ask is not None:
            points.append(f"Asked as: {item.ask}")
        if item.phrases:
            said = "; ".join(f"{k}: {v}" for k, v in item.phrases.items())
            points.append(f"Read in a sentence as: {said}.")
        coded = [f"{what}: {codes}" for what, codes in self.codes(item)]
        points += [f"Codes, {x}." for x in coded]
        return [bullets(points)]

    def type_text(self, item: Variable) -> str:
        """Say which values a variable has."""
        match item.type:
            case "boolean":
                return "yes or no"
            case "date":
                return "a date or time"
            case "level":
                said = ", ".join(self.level(item.id, x) for x in item.levels)
                return f"{said}{' (in this order)' if item.ordered else ''}"
            case "number":
                unit = f", {item.unit}" if item.unit not in (None, "1") else ""
                return f"{'whole number' if item.integer else 'number'}{unit}"

    def limits_text(self, item: Variable) -> str:
        """Say which numbers are plausible, and which further units are taken."""
        said: list[str] = []
        if item.plausible is not None:
            low, high = item.plausible
            said.append(f"plausible from {number(low)} to {number(high)}")
        if item.units:
            said.append(f"also read in {', '.join(item.units)}")
        return "; ".join(said)

    def counts(self, item: Variable) -> str:
        """Say which of the recorded values count."""
        if item.pick == "roll_up":
            return f"united over all lesions from {self.conditions.title(item.rolls_up or '')}"
        if item.with_ is not None:
            titles = listed([self.conditions.title(n) for n in item.with_.of], "or")
            return f"{TAKES[item.with_.take]} {titles}"
        if not asked_for(item):
            return ""
        said = PICKS[item.pick]
        if item.before is not None:
            said += f" before {self.conditions.title(item.before)}"
        if item.since is not None:
            said += f" since {self.conditions.title(item.since)}"
        if item.window not in ("ever", "with"):
            said += f" of the last {within(item.window).removeprefix('within ')}"
        if item.lasts is not None:
            said += f"; one dose runs {within(item.lasts).removeprefix('within ')}"
        if item.no_for is not None:
            said += f"; a no holds {within(item.no_for).removeprefix('within ')}"
        return said

    def codes(self, item: Variable) -> list[tuple[str, str]]:
        """Give what the codes of a variable say, and the codes."""
        found = [(self.coding(item, coding), _codes(coding)) for coding in item.codes]
        return found + [
            (f"answer {self.level(item.id, level)}", _codes(answers))
            for level, answers in item.answers.items()
        ]

    def coding(self, item: Variable, coding: Coding) -> str:
        """Say what a code means by each status of the record."""
        named = {
            "stated": coding.stated,
            "denied": coding.denied,
            "past": coding.past,
            "suspected": coding.suspected,
        }
        said = [f"{k} means {self.level(item.id, v)}" for k, v in named.items() if v is not None]
        what = CODINGS[coding.as_] + (" in a bone" if coding.sited else "")
        if coding.dose is not None:
            strength = self.edges(DoseRow(from_=coding.dose.from_, to=coding.dose.to, give=""))
            what += f", dose {'absent' if coding.dose.absent else strength}"
            what += f" {coding.dose.unit}" if coding.dose.unit else ""
        return "; ".join((what, *said))

    def derived(self, item: Variable, level: int) -> list[Block]:
        """Give how a variable is computed, with its sources and examples; nothing if it is not."""
        if item.formula is None and item.table_of is None:
            return []
        found: list[Block] = []
        if item.formula is not None:
            recorded = " where no value is recorded" if asked_for(item) else ""
            found.append(Prose(f"Computed{recorded}, version {item.version}:"))
            found += self.formula(item, item.formula)
        if item.table_of is not None:
            found.append(Prose(("Follows from ", *self.name(item.table_of), ":")))
            rows = [
                (self.level(item.id, here), ", ".join(self.level(item.table_of, x) for x in there))
                for here, there in item.table.items()
            ]
            heads = (item.title, self.conditions.title(item.table_of))
            found.append(Table(heads, tuple(rows)))
        cited = Cited()
        cited.mark(item.evidence)
        found += self.notes(item, level)
        found += self.disputed(item.id, level)
        found += self.cited(cited, level)
        return [*found, *self.examples(item, level)]

    # parts ---------------------------------------------------------------------------------------

    def condition(self, head: str, item: Asker, path: tuple[str, ...], text: str) -> list[Block]:
        """Give a condition in words and as written."""
        points = self.conditions.points(self.trees.of(item)[path])
        return [Heading(head), Points(tuple(points)), Prose("As written:"), Listing(text)]

    def formula(self, item: Asker, text: str) -> list[Block]:
        """Give a formula in words and as written."""
        points = self.conditions.formula(self.trees.of(item)[("formula",)])
        return [Points(tuple(points)), Prose("As written:"), Listing(text)]

    def say(self, item: Speaking) -> list[Block]:
        """Give what both readers read."""
        return [
            Heading("What it says"),
            bullets(
                [f"To the clinician: {item.say.clinician}", f"To the patient: {item.say.patient}"]
            ),
        ]

    def notes(self, item: Any, level: int) -> list[Block]:
        """Give how open edges of the sources were read."""
        notes: tuple[str, ...] = getattr(item, "interpretation", ())
        return [Heading("How the sources are read", level), bullets(notes)] if notes else []

    def disputed(self, identity: str, level: int) -> list[Block]:
        """Give the disagreements of sources that concern an item, and the position followed."""
        found = self.disputes.get(identity, ())
        if not found:
            return []
        lines = [(Link(d.title, d.id), f": {sentence(self.stand(d))}") for d in found]
        return [Heading("Where sources disagree", level), bullets(lines)]

    @cached_property
    def disputes(self) -> dict[str, tuple[Disagreement, ...]]:
        """The disagreements told beside each item and action, or asked for in its conditions."""
        found: dict[str, tuple[Disagreement, ...]] = {}
        for d in self.pack.disagreements.values():
            for name in dict.fromkeys((*d.beside, *self.trees.reads(d.id))):
                found[name] = (*found.get(name, ()), d)
        return found

    def stand(self, found: Disagreement) -> str:
        """Say which position is followed."""
        return found.positions[self.pack.followed(found.id)].says

    def disagreement(self, item: Disagreement, cited: Cited) -> list[Block]:
        """Give the positions, which is followed and why, and how another is taken."""
        followed = self.pack.followed(item.id)
        found = self.facts(item, "Disagreement of sources")
        found += [
            Heading("Positions"),
            bullets(
                [
                    (
                        Code(name),
                        " (followed)" if name == followed else "",
                        f": {sentence(position.says)}{cited.mark(position.evidence)}",
                    )
                    for name, position in item.positions.items()
                ]
            ),
        ]
        chosen = self.pack.choice(item.id)
        found += [Heading("Why"), Prose(sentence(item.why if chosen is None else chosen.why))]
        if item.when is not None:
            found += self.condition("Told where this may hold", item, ("when",), item.when)
        found.append(self.linked("Told beside:", item.beside))
        readers = self.trees.reads(item.id)
        if readers:
            found.append(self.linked("Its position decides in:", readers))
        else:
            found.append(
                Prose("No condition asks for it: whoever follows the other lays these items over.")
            )
        return found

    def uses(self, item: Any, level: int) -> list[Block]:
        """Give the variables that an item names."""
        if not isinstance(item, Speaking | Handout):
            return []
        names: dict[str, None] = {}
        if isinstance(item, Score):
            names |= dict.fromkeys(item.components)
        for tree in self.trees.of(item).values():
            names |= dict.fromkeys(self.trees.names(tree))
        known = [n for n in names if n != "index_date"]
        return [Heading("Uses", level), bullets([self.name(n) for n in known])] if known else []

    def cited(self, cited: Cited, level: int) -> list[Block]:
        """Give the sources of a page, by number."""
        if not cited.found:
            return []
        lines = [self.citation(n, c, at) for n, (c, at) in enumerate(cited.found.items(), 1)]
        return [Heading("Evidence", level), bullets(lines)]

    def citation(self, n: int, citation: Citation, places: Sequence[str]) -> Line:
        """Give one citation: the source, the place in it, and how far it was confirmed."""
        source = self.pack.evidence[citation.id]
        found: list[Piece] = [f"[{n}] ", Link(source.title, source.id), f" ({source.year})"]
        if citation.at is not None:
            found.append(f", {citation.at}")
        found.append(f": {CONFIRMATIONS[citation.confirmation]}")
        if citation.seen is not None:
            found += [", seen at ", _address(citation.seen.address), f" on {citation.seen.on}"]
        if places:
            found.append(f"; row {', '.join(places)}")
        return tuple(found)

    def examples(self, item: Any, level: int) -> list[Block]:
        """Give the worked examples: what is common to most of them once, then each in a row."""
        examples: tuple[Example, ...] = getattr(item, "examples", ())
        if not examples:
            return []
        found: list[Block] = [Heading("Examples", level)]
        given = [{k: _given(v) for k, v in e.given.items()} for e in examples]
        common = _common(given) if len(examples) > FEW else {}
        if common:
            found.append(Prose("Given, where the row says nothing else:"))
            found.append(bullets([(Code(k), f" {v}") for k, v in common.items()]))
        parts = dict.fromkeys(k for e in examples for k in e.expect)
        columns = tuple(parts) if len(parts) <= MOST_COLUMNS else ("comes out",)
        rows: list[tuple[Line, ...]] = []
        for example, own in zip(examples, given, strict=True):
            out = {k: _expected(k, v) for k, v in example.expect.items()}
            cells = [out.get(k, "") for k in columns]
            if columns == ("comes out",):
                cells = ["; ".join(f"{k} {v}" for k, v in out.items())]
            rows.append((example.name, _apart(own, common), *cells, self.origin(example)))
        origins = {e.from_ for e in examples}
        if len(origins) == 1:
            rows = [row[:-1] for row in rows]
        heads = ("example", "given", *columns, *(("from",) if len(origins) > 1 else ()))
        found.append(_without_empty(heads, rows))
        if origins == {"arithmetic"}:
            found.append(Prose("What comes out is arithmetic on the item's own tables."))
        elif len(origins) == 1:
            found.append(Prose(("What comes out is printed in ", *self.origin(examples[0]), ".")))
        return found

    def origin(self, example: Example) -> tuple[Piece, ...]:
        """Say where the expected value of an example comes from."""
        if example.from_ == "arithmetic":
            return ("arithmetic",)
        return (Link(example.from_, example.from_),)

    # names ---------------------------------------------------------------------------------------

    def name(self, name: str) -> tuple[Piece, ...]:
        """Give a variable's title, leading to its page."""
        score = self.givers.get(name)
        to = score.id if score is not None and name not in self.pack.variables else name
        return (Link(self.conditions.title(name), to),)

    def link(self, identity: str) -> Piece:
        """Give an item's title, leading to its page."""
        pack = self.pack
        item = {**pack.items(), **pack.actions, **pack.disagreements, **pack.evidence}.get(identity)
        if item is not None:
            return Link(item.title, identity)
        return Code(identity)

    def linked(self, head: str, identities: Iterable[str]) -> Points:
        """Give a list of items, each leading to its page."""
        return Points(((0, head), *((1, (self.link(n),)) for n in identities)))

    def level(self, name: str | None, level: str) -> str:
        """Give the shown text of a variable's level."""
        return self.conditions.patient.level_text(name, level) if name is not None else level

    def unit(self, name: str) -> str:
        """Give the shown unit of a variable."""
        unit = self.trees.symbols[name].unit
        return "" if unit in (None, "1") else unit_shown(unit)


def headed(title: str) -> str:
    """Begin a heading with a capital, but for a name such as eGFR."""
    return title if title[1:2].isupper() else capital(title)


def _codes(coding: Coding | Answers) -> str:
    said = [
        f"{title} {', '.join(getattr(coding, key))}"
        for key, title in SYSTEMS.items()
        if getattr(coding, key, ())
    ]
    return "; ".join(said)


def _address(text: str) -> Piece:
    return (
        Link(text, text) if text.startswith(("http://", "https://")) and " " not in text else text
    )


def _citations_in(value: Any) -> Iterable[Citation]:
    """Give every citation that stands anywhere in an item."""
    if isinstance(value, Citation):
        yield value
    elif isinstance(value, tuple):
        for one in cast("tuple[Any, ...]", value):
            yield from _citations_in(one)
    elif isinstance(value, Mapping):
        for one in cast("Mapping[str, Any]", value).values():
            yield from _citations_in(one)
    elif hasattr(value, "__struct_fields__"):
        for name in value.__struct_fields__:
            yield from _citations_in(getattr(value, name))


def _without_empty(heads: Sequence[str], rows: Sequence[tuple[Line, ...]]) -> Table:
    """Make a table without the columns in which nothing stands."""
    kept = [n for n in range(len(heads)) if any(row[n] for row in rows)]
    return Table(tuple(heads[n] for n in kept), tuple(tuple(row[n] for n in kept) for row in rows))


def _given(value: Any) -> str:
    """Show what an example gives."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return "; ".join(f"{k} {_given(v)}" for k, v in cast("dict[str, Any]", value).items())
    if isinstance(value, list | tuple):
        items = cast("list[Any]", value)
        word = " and " if any(isinstance(x, dict) for x in items) else " or "
        return word.join(f"({_given(x)})" if isinstance(x, dict) else _given(x) for x in items)
    return " ".join(str(value).split())


def _expected(part: str, value: Any) -> str:
    """Show what an example expects: a range, one of several levels, or one value."""
    if not isinstance(value, list | tuple):
        return _given(value)
    items = cast("list[Any]", value)
    if part in ("missing", "actions", "stops"):
        return ", ".join(map(_given, items)) or "nothing"
    if len(items) == 2 and not any(isinstance(x, str) for x in items):
        low, high = ("no limit" if x is None else _given(x) for x in items)
        return f"{low} to {high}"
    return " or ".join(map(_given, items))


def _common(given: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Give for each variable the value that more than half of the examples give."""
    found: dict[str, str] = {}
    for name in dict.fromkeys(k for one in given for k in one):
        value, times = Counter(one.get(name) for one in given).most_common(1)[0]
        if value is not None and 2 * times > len(given):
            found[name] = value
    return found


def _apart(own: Mapping[str, str], common: Mapping[str, str]) -> Line:
    """Say what an example gives otherwise than most."""
    said: list[Line] = [(Code(k), f" {v}") for k, v in own.items() if common.get(k) != v]
    left = [(Code(k),) for k in common if k not in own]
    if left:
        said.append(
            ("not given: ", *joined(left, ", ")) if len(left) > 1 else (*left[0], " not given")
        )
    return (
        joined(said, "; " if len(left) > 1 else ", ")
        if said
        else ("as above" if common else "nothing")
    )
