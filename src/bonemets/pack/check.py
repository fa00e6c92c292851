"""Every static check of a pack -> all faults at once.

A pack that passes loads, compiles and terminates.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Container, Iterable, Iterator
from itertools import pairwise
from typing import Any, Final

from msgspec.structs import replace

from bonemets.documents import Path
from bonemets.errors import Fault, KnowledgeError
from bonemets.expression import (
    MAX_LEVELS,
    BadExpression,
    Compare,
    CountAlerts,
    Name,
    Negative,
    Node,
    Number,
    Problem,
    a,
    good_name,
    names,
    walk,
)
from bonemets.pack.durations import duration_seconds
from bonemets.pack.items import (
    Alert,
    Band,
    Card,
    Citation,
    Clause,
    Contacts,
    Dose,
    DoseRow,
    Example,
    Finder,
    Interaction,
    Option,
    Scope,
    Score,
    Step,
    UnitsOfSource,
    Variable,
    asked_for,
)
from bonemets.pack.load import Loaded, Pack, Source
from bonemets.pack.overlay import Laid, Weakening
from bonemets.pack.trees import AnyItem, Expression, Trees, expressions, sections
from bonemets.units import MASSES, is_ucum, table

DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}\Z")
MAX_TOTALS: Final = 60
"""How far apart the totals of a score may lie: they are the bits of one mask."""
EDGES: Final = {"from": "from_", "above": "above", "to": "to", "below": "below"}
"""Key of a band's edge in a file -> attribute."""
IMPLAUSIBLE: Final = "implausible-threshold"
"""Units of the strength of a medicine."""
STOP: Final = re.compile(r"([a-z][a-z0-9_]*) (<=|>=|<|>) (\d+(?:\.\d+)?)")
RANGED: Final = ("icd10", "icdo3", "atc")
"""Systems in which `-` makes a range of categories."""
RANGE: Final = re.compile(r"([A-Z])(\d\d)-([A-Z])(\d\d)", re.ASCII)


def is_range(code: str) -> bool:
    """Say whether a code is a range of categories that runs upwards within one letter."""
    match = RANGE.fullmatch(code)
    return match is not None and match[1] == match[3] and int(match[2]) <= int(match[4])


def check(loaded: Loaded, *, allow_weaker: bool = False) -> Pack:
    """Prove a pack.

    Args:
        loaded: items with their places.
        allow_weaker: let a laid-over folder weaken what lies below; the pack then names each
            weakening.

    Returns:
        The pack with its table of units.

    Raises:
        KnowledgeError: with every fault, those of shape included.
    """
    checker = _Checker(loaded)
    checker.everything()
    weaker: list[Weakening] = []
    laid = Laid.of(loaded, checker.trees, frozenset(checker.broken | checker.unparsed))
    if laid is not None:
        weaker = laid.weakenings()
        for identity, message in laid.finer():
            checker.fault(identity, (), "finer-edge", message)
    if not allow_weaker:
        checker.faults += [one.fault for one in weaker]
    if checker.faults:
        raise KnowledgeError(checker.faults)
    return replace(checker.pack, weaker=tuple(one.sentence for one in weaker))


class _Checker:
    def __init__(self, loaded: Loaded) -> None:
        self.loaded = loaded
        self.faults: list[Fault] = list(loaded.faults)
        self.pack = loaded.pack
        self.where = {name: source.where for name, source in loaded.sources.items()}
        pack = self.pack
        built = {*pack.items(), *pack.evidence, *pack.actions, "scope", "terms"}
        built |= {*pack.contacts, *pack.units_of_source}
        self.unbuilt = frozenset(loaded.sources) - built
        """What stands in the files and has a fault of shape: naming it is no fault of its own."""
        self.trees = Trees(self.pack, self.where)
        self.broken: set[str] = set()
        """The items with a fault of their own."""
        self.unparsed: set[str] = set()
        """Those with an expression that does not hold (perhaps by the fault of what it names)."""

    def fault(
        self, identity: str, path: Path, code: str, message: str, *, key: bool = False
    ) -> None:
        self.broken.add(identity)
        source: Source | None = self.loaded.sources.get(identity)
        self.faults.append(
            source.fault(path, code, message, key=key)
            if source
            else Fault(identity, 0, 0, code, message)
        )

    def everything(self) -> None:
        pack = self.pack
        if pack.scope is None:
            self.faults.append(
                Fault(
                    "scope.yaml",
                    0,
                    0,
                    "missing-file",
                    "no scope is defined. Add a file of kind `scope`.",
                )
            )
        if pack.terms is None:
            self.faults.append(
                Fault(
                    "terms.yaml",
                    0,
                    0,
                    "missing-file",
                    "no terms are defined. Add a file of kind `terms`.",
                )
            )
        for name, variable in pack.variables.items():
            self.variable(name, variable)
        self.units()
        items: list[tuple[str, Any]] = [
            *pack.items().items(),
            *([("scope", pack.scope)] if pack.scope else []),
        ]
        for identity, item in items:
            self.expressions(identity, item)
        for identity, item in items:
            self.cited(identity, item)
            if identity not in self.unparsed:
                self.whole(identity, item)
                self.thresholds(identity, item)
        for identity, action in pack.actions.items():
            self.citations(identity, ("evidence",), action.evidence)
        for score in pack.scores.values():
            self.score(score)
        for alert in pack.alerts.values():
            self.alert(alert)
        for option in pack.options.values():
            self.option(option)
        for step in pack.steps.values():
            self.step(step)
        for interaction in pack.interactions.values():
            self.interaction(interaction)
        for card in pack.cards.values():
            self.card(card)
        for contacts in pack.contacts.values():
            self.contacts(contacts)
        for source in pack.units_of_source.values():
            self.units_of_source(source)
        self.cycles()

    # the way, what does not go together, and facts

    def things(self) -> dict[str, Any]:
        """Give everything that can be done, by id."""
        pack = self.pack
        return {**pack.options, **pack.investigations, **pack.actions, **pack.steps}

    def named(self, identity: str, path: Path, name: str, known: Container[str]) -> None:
        """Check that something which can be done, or a variable, has this name."""
        if name not in known and name not in self.unbuilt:
            message = f"`{name}` is not defined. Define it, or mend the name."
            self.fault(identity, path, "unknown-name", message)

    def step(self, step: Step) -> None:
        """Check what a step names, and its wait."""
        things = self.things()
        for key in ("after", "before"):
            for index, name in enumerate(getattr(step, key)):
                self.named(step.id, (key, index), name, things)
        if step.wait is not None:
            self.duration(step.id, ("wait",), step.wait)

    def interaction(self, interaction: Interaction) -> None:
        """Check what an interaction names, and its wait."""
        known = {*self.things(), *self.trees.symbols}
        for index, name in enumerate(interaction.between):
            self.named(interaction.id, ("between", index), name, known)
        if interaction.wait is not None:
            self.duration(interaction.id, ("wait",), interaction.wait)

    def card(self, card: Card) -> None:
        """Check that a card says something, and cite its rows."""
        if not card.rows:
            self.fault(card.id, ("rows",), "no-rows", "a card has rows. Add one.")
        for index, row in enumerate(card.rows):
            self.citations(card.id, ("rows", index, "evidence"), row.evidence)

    # what a hospital lays over

    def contacts(self, contacts: Contacts) -> None:
        """Check that every number is that of something to do."""
        known = self.things()
        for action in contacts.list:
            if action not in known:
                near = difflib.get_close_matches(action, known, 1, 0.7)
                mend = f"Did you mean `{near[0]}`?" if near else "Name an action of the knowledge."
                message = f"`{action}` is no action, test or option. {mend}"
                self.fault(contacts.id, ("list", action), "unknown-action", message, key=True)

    def units_of_source(self, source: UnitsOfSource) -> None:
        """Check that each code is one of ours, and its unit one that its variables accept."""
        for index, declared in enumerate(source.units):
            for system in ("loinc", "snomed"):
                for place, code in enumerate(getattr(declared, system)):
                    path = ("units", index, system, place)
                    readers = [
                        v.id
                        for v in self.pack.variables.values()
                        if v.type == "number" and any(code in getattr(c, system) for c in v.codes)
                    ]
                    if not readers:
                        message = f"no number is read from {system} {code}. Mend the code."
                        self.fault(source.id, path, "unknown-code", message)
                    for name in readers:
                        self.accepted(source.id, ("units", index, "unit"), name, declared.unit)

    def accepted(self, identity: str, path: Path, name: str, unit: str) -> None:
        """Check that a variable accepts a unit."""
        units = self.pack.units.get(name, {})
        if unit not in units:
            message = f"`{name}` is not read in `{unit}`. One of {', '.join(list(units)[:6])}."
            self.fault(identity, path, "unknown-unit", message)

    # variables

    def variable(self, name: str, v: Variable) -> None:
        if len(v.levels) > MAX_LEVELS:
            self.fault(
                name,
                ("levels",),
                "too-many-levels",
                f"more than {MAX_LEVELS} levels. Split the variable.",
            )
        if len(set(v.levels)) != len(v.levels):
            self.fault(name, ("levels",), "duplicate-level", "a level stands twice. Remove one.")
        for index, level in enumerate(v.levels):
            if not good_name(level) or level in (
                "yes",
                "no",
                "none",
                "null",
                "unknown",
                "true",
                "false",
            ):
                self.fault(
                    name,
                    ("levels", index),
                    "bad-name",
                    f"`{level}` cannot be the name of a level. Choose another.",
                )
        wrong = {
            "boolean": v.levels or v.unit,
            "level": not v.levels or v.unit,
            "date": v.levels or v.unit,
            "number": v.levels,
        }
        if wrong[v.type]:
            self.fault(
                name,
                ("type",),
                "type-mismatch",
                "`levels` belong to type level, `unit` to type number. Mend one of them.",
            )
        if v.type == "number" and v.unit is None:
            self.fault(
                name, ("type",), "unit-missing", "a number has a unit. Give its UCUM unit, or `1`."
            )
        if v.unit not in (None, "1") and not is_ucum(str(v.unit)):
            self.fault(name, ("unit",), "unknown-unit", f"`{v.unit}` is no UCUM unit.")
        if v.window != "ever":
            self.duration(name, ("window",), v.window)
        for key in ("lasts", "no_for"):
            if getattr(v, key) is not None:
                self.duration(name, (key,), getattr(v, key))
        if v.with_ is not None:
            for index, other in enumerate(v.with_.of):
                path: Path = ("with", "of", index)
                self.known(name, path, other, entity=v.entity)
                symbol = self.trees.symbols.get(other)
                if symbol is not None and symbol.entity == "patient" and v.entity == "lesion":
                    message = f"`{other}` belongs to the patient. Name a variable of the lesion."
                    self.fault(name, path, "patient-variable", message)
        for key in ("before", "since"):
            other = getattr(v, key)
            if other is not None:
                self.known(name, (key,), other, kind="date", entity=v.entity)
        if v.rolls_up is not None:
            self.known(name, ("rolls_up",), v.rolls_up, kind="level")
        if v.table_of is not None:
            self.known(name, ("table_of",), v.table_of, entity=v.entity)
        if v.table_of in self.pack.variables:
            self.table(name, v, self.pack.variables[v.table_of])
        fits = {
            "any": ("boolean",),
            "active": ("boolean",),
            "count": ("number",),
            "sum": ("number",),
            "roll_up": ("level",),
        }
        if v.type not in fits.get(v.pick, (v.type,)):
            self.fault(
                name,
                ("pick",),
                "pick-type",
                f"`{v.pick}` is for {fits[v.pick][0]} variables. Choose another pick.",
            )
        if (v.pick == "roll_up") != (v.rolls_up is not None):
            self.fault(
                name, ("pick",), "roll-up", "`pick: roll_up` and `rolls_up` belong together."
            )
        answers = answers_of(v)
        for level in v.answers:
            if level not in answers:
                self.fault(
                    name,
                    ("answers", level),
                    "unknown-level",
                    f"`{level}` is not a level of `{name}`.",
                    key=True,
                )
        for level in v.phrases:
            if level not in answers:
                self.fault(
                    name,
                    ("phrases", level),
                    "unknown-level",
                    f"`{level}` is not a level of `{name}`.",
                    key=True,
                )
        for index, coding in enumerate(v.codes):
            if coding.dose is not None:
                self.strength(name, ("codes", index, "dose"), coding.dose)
            for key in ("stated", "denied", "past", "suspected"):
                level = getattr(coding, key)
                # `unknown`: the code speaks of the variable and leaves it open.
                if level is not None and level != "unknown" and level not in answers:
                    self.fault(
                        name,
                        ("codes", index, key),
                        "unknown-level",
                        f"`{level}` is not a level of `{name}`.",
                    )
            for system in RANGED:
                for place, code in enumerate(getattr(coding, system)):
                    if "-" in code and not is_range(code):
                        self.fault(
                            name,
                            ("codes", index, system, place),
                            "bad-range",
                            "a range runs upwards over categories of a letter and two figures, "
                            "within one letter: `C00-C97`. List what does not fit one by one.",
                        )
        if v.past is not None and v.past not in answers:
            self.fault(name, ("past",), "unknown-level", f"`{v.past}` is not a level of `{name}`.")
        if v.formula is not None and v.table_of is not None:
            self.fault(
                name,
                ("formula",),
                "two-sources",
                "a variable has a formula or a table, not both. Remove one.",
            )

    def strength(self, name: str, path: Path, dose: Dose) -> None:
        """Note a strength without a unit of mass."""
        if dose.unit is None and (dose.from_ is not None or dose.to is not None):
            self.fault(name, path, "unit-missing", "a strength has a unit of mass. Give it.")
        elif dose.unit is not None and dose.unit not in MASSES:
            message = f"`{dose.unit}` is no unit of mass. Write one of {', '.join(MASSES)}."
            self.fault(name, (*path, "unit"), "unknown-unit", message)

    def duration(self, name: str, path: Path, text: str) -> None:
        try:
            duration_seconds(text)
        except ValueError:
            self.fault(
                name,
                path,
                "bad-duration",
                f"`{text}` is no duration. Write P7D, PT48H, P13W or `ever`.",
            )

    def known(
        self,
        name: str,
        path: Path,
        other: str,
        *,
        kind: str | None = None,
        entity: str = "lesion",
    ) -> None:
        """Note a name that is no variable, is not of the kind wanted, or is a lesion's."""
        symbol = self.trees.symbols.get(other)
        if symbol is None and other not in self.unbuilt:
            self.fault(
                name,
                path,
                "unknown-variable",
                f"`{other}` is not a variable. Define it, or mend the name.",
            )
        elif symbol is not None and kind is not None and symbol.kind != kind:
            self.fault(name, path, "wrong-type", f"`{other}` is {a(symbol.kind)}, not {a(kind)}.")
        elif symbol is not None and symbol.entity == "lesion" and entity == "patient":
            self.fault(name, path, "lesion-variable", f"`{other}` belongs to a lesion.")

    def table(self, name: str, v: Variable, other: Variable) -> None:
        values = ("yes", "no") if other.type == "boolean" else other.levels
        own = ("yes", "no") if v.type == "boolean" else v.levels
        seen: dict[str, str] = {}
        for level, covered in v.table.items():
            if level not in own:
                self.fault(
                    name,
                    ("table", level),
                    "unknown-level",
                    f"`{level}` is not a level of `{name}`.",
                    key=True,
                )
            for index, value in enumerate(covered):
                if value not in values:
                    self.fault(
                        name,
                        ("table", level, index),
                        "unknown-level",
                        f"`{value}` is not a level of `{other.id}`.",
                    )
                elif value in seen:
                    self.fault(
                        name,
                        ("table", level, index),
                        "table-overlap",
                        f"`{value}` stands under `{seen[value]}` too. Keep one.",
                    )
                seen[value] = level
        gaps = [value for value in values if value not in seen]
        if gaps:
            self.fault(
                name, ("table",), "table-gap", f"no row holds {', '.join(gaps[:8])}. Add them."
            )

    def units(self) -> None:
        candidates = tuple(self.pack.terms.unit_spellings) if self.pack.terms else ()
        for index, unit in enumerate(candidates):
            if not is_ucum(unit):
                self.fault(
                    "terms",
                    ("unit_spellings", unit),
                    "unknown-unit",
                    f"`{unit}` is no UCUM unit ({index + 1}).",
                    key=True,
                )
        tables = {
            name: table(v.unit, candidates, v.units, v.molar_mass, v.valence)
            for name, v in self.pack.variables.items()
            if v.type == "number" and (v.unit in (None, "1") or is_ucum(str(v.unit)))
        }
        self.pack = replace(self.pack, units=tables)
        self.trees.pack = self.pack

    # expressions, citations, examples

    def expressions(self, identity: str, item: Any) -> None:
        for expression in expressions(item):
            source = self.loaded.sources.get(identity)
            spot = source.document.spots.get((*source.path, *expression.path)) if source else None
            if spot is not None and (spot.style in (">", "multi-line")):
                self.fault(
                    identity,
                    expression.path,
                    "folded-expression",
                    "an expression stands on one line or in a `|` block.",
                )
            try:
                self.trees.tree(expression)
            except BadExpression as error:
                self.unparsed.add(identity)
                for problem in error.problems:
                    if problem.name not in self.unbuilt:
                        self.problem(identity, expression.path, problem)

    def problem(self, identity: str, path: Path, problem: Problem) -> None:
        """Note what is wrong inside an expression, at its place in the file."""
        self.broken.add(identity)
        source = self.loaded.sources.get(identity)
        spot = source.document.spots.get((*source.path, *path)) if source else None
        if source is None or spot is None:
            self.faults.append(Fault(identity, 0, 0, problem.code, problem.message))
            return
        line = spot.line + problem.line - 1
        column = problem.column
        if problem.line == 1 or spot.style == "|":
            column += spot.column - 1
        self.faults.append(Fault(source.document.file, line, column, problem.code, problem.message))

    def inside(self, identity: str, expression: Expression, at: int, code: str, say: str) -> None:
        """Note what is wrong at an offset in the text of an expression."""
        line = expression.text.count("\n", 0, at) + 1
        column = at - expression.text.rfind("\n", 0, at)
        self.problem(identity, expression.path, Problem(line, column, code, say))

    def whole(self, identity: str, item: AnyItem) -> None:
        """Refuse a formula that need not give a whole number where the variable is one."""
        if isinstance(item, Variable) and item.integer:
            for expression in expressions(item):
                tree = self.trees.tree(expression)
                if not tree.type.integer:
                    message = "a whole number is wanted here, and this may be none. Do not divide."
                    self.inside(identity, expression, tree.at[0], "not-whole", message)

    def thresholds(self, identity: str, item: AnyItem) -> None:
        """Refuse a constant that an observed variable is compared with and can never reach.

        A value outside the plausible limits is set aside: the comparison would never decide.
        """
        for expression in expressions(item):
            for node in walk(self.trees.tree(expression)):
                if not isinstance(node, Compare):
                    continue
                for x, y in ((node.a, node.b), (node.b, node.a)):
                    value = constant(y)
                    if isinstance(x, Name) and value is not None:
                        message = self.implausible(x.name, value)
                        if message:
                            self.inside(identity, expression, y.at[0], IMPLAUSIBLE, message)
        owner, rows = "", list[tuple[Path, Band]]()
        if isinstance(item, Score) and item.formula is not None:
            owner, rows = item.formula, [(("bands", n), b) for n, b in item.bands.items()]
        elif isinstance(item, Option) and item.dose is not None and item.dose.by is not None:
            owner = item.dose.by
            rows = [(("dose", "rows", i), _as_band(r)) for i, r in enumerate(item.dose.rows)]
        for path, band in rows:
            for key, attribute in EDGES.items():
                edge = getattr(band, attribute)
                message = self.implausible(owner, edge) if isinstance(edge, float) else ""
                if message:
                    self.fault(identity, (*path, key), IMPLAUSIBLE, message)

    def implausible(self, name: str, value: float) -> str:
        """Say that a value of an observed variable is none that is used; else nothing."""
        variable = self.pack.variables.get(name)
        if variable is None or variable.plausible is None or not asked_for(variable):
            return ""
        low, high = variable.plausible
        if low <= value <= high:
            return ""
        return (
            f"`{name}` is plausible from {low:g} to {high:g}, so that {value:g} never decides. "
            "Mend one of them."
        )

    def cited(self, identity: str, item: AnyItem) -> None:
        derived = (
            not isinstance(item, Variable) or item.formula is not None or item.table_of is not None
        )
        if derived and not item.evidence:
            self.fault(
                identity, (), "uncited", "no evidence stands here. Cite a source under `evidence`."
            )
        if derived and not item.version:
            self.fault(
                identity, (), "missing-key", "`version` is missing. Add the date of this wording."
            )
        if derived and item.version and not DATE.match(item.version):
            self.fault(identity, ("version",), "bad-date", "a version is a date, YYYY-MM-DD.")
        self.citations(identity, ("evidence",), item.evidence)
        if isinstance(item, Option):
            for section, clauses in sections(item):
                for index, clause in enumerate(clauses):
                    self.clause(identity, (section, index), clause)
            for section in ("checks_before", "monitoring", "side_effects", "effects"):
                for index, entry in enumerate(getattr(item, section)):
                    self.citations(
                        identity, (section, index, "evidence"), entry.evidence, needed=True
                    )
            for section in ("checks_before", "monitoring"):
                for index, entry in enumerate(getattr(item, section)):
                    for number, name in enumerate(entry.needs):
                        self.known(identity, (section, index, "needs", number), name)
            if item.dose is not None:
                self.citations(identity, ("dose", "evidence"), item.dose.evidence, needed=True)
        if isinstance(item, Scope):
            self.known(identity, ("cancer_variable",), item.cancer_variable, entity="patient")
            for index, name in enumerate(item.summary):
                self.known(identity, ("summary", index), name, entity="patient")
        if not isinstance(item, Scope) and derived:
            self.examples(identity, item.examples)

    def clause(self, identity: str, path: Path, clause: Clause) -> None:
        self.citations(identity, (*path, "evidence"), clause.evidence, needed=True)
        for index, option in enumerate(clause.instead):
            if option not in self.pack.options and option not in self.unbuilt:
                self.fault(
                    identity,
                    (*path, "instead", index),
                    "unknown-option",
                    f"`{option}` is no option. Define it, or remove it.",
                )

    def citations(
        self, identity: str, path: Path, citations: Iterable[Citation], *, needed: bool = False
    ) -> None:
        listed = tuple(citations)
        if needed and not listed:
            self.fault(identity, path, "uncited", "no evidence stands here. Cite a source.")
        for index, citation in enumerate(listed):
            place = (*path, index)
            if citation.id not in self.pack.evidence and citation.id not in self.unbuilt:
                self.fault(
                    identity,
                    (*place, "id"),
                    "unknown-evidence",
                    f"`{citation.id}` is no source. Add evidence/{citation.id}.yaml.",
                )
            if citation.confirmation in ("read", "second_hand"):
                if citation.at is None:
                    self.fault(
                        identity,
                        place,
                        "no-locator",
                        "`at` is missing: where in the source? Add the table, page or number.",
                    )
                if citation.seen is None:
                    self.fault(
                        identity,
                        place,
                        "not-seen",
                        "`seen` is missing: which address, on which day? Add it, or say `unread`.",
                    )
            if citation.seen is not None and not DATE.match(citation.seen.on):
                self.fault(
                    identity, (*place, "seen", "on"), "bad-date", "a day is written YYYY-MM-DD."
                )

    def examples(self, identity: str, examples: tuple[Example, ...]) -> None:
        if not examples:
            self.fault(
                identity,
                (),
                "no-examples",
                "no examples stand here. Add positive, negative, boundary and unknown ones.",
            )
        names = [e.name for e in examples]
        for index, example in enumerate(examples):
            if names.index(example.name) != index:
                self.fault(
                    identity,
                    ("examples", index, "name"),
                    "duplicate-example",
                    "two examples have this name. Rename one.",
                )
            if example.from_ != "arithmetic" and example.from_ not in self.pack.evidence:
                self.fault(
                    identity,
                    ("examples", index, "from"),
                    "unknown-evidence",
                    f"`{example.from_}` is neither `arithmetic` nor a source.",
                )
            given = example.given
            inner = {"index_date", "lesions"}
            for name in given:
                if name not in self.trees.symbols and name not in {*inner, *self.unbuilt}:
                    self.fault(
                        identity,
                        ("examples", index, "given", name),
                        "unknown-variable",
                        f"`{name}` is not a variable.",
                        key=True,
                    )

    # kinds

    def score(self, s: Score) -> None:
        if bool(s.components) == (s.formula is not None):
            self.fault(
                s.id, (), "two-sources", "a score has components or a formula, one of the two."
            )
            return
        for name, points in s.components.items():
            self.component(s, name, points)
        if s.components:
            self.shared_ancestors(s)
            ends = [
                [p for p in table.values() if isinstance(p, int)] for table in s.components.values()
            ]
            low, high = (sum(f(e) for e in ends if e) for f in (min, max))
            if high - low > MAX_TOTALS:
                message = f"totals go from {low} to {high}, more than {MAX_TOTALS} apart."
                self.fault(s.id, ("components",), "too-many-totals", message)
            elif all(ends) and s.bands:
                self.integer_bands(s, low, high)
        elif s.bands:
            self.real_bands(s.id, _placed(("bands",), s.bands), s.entity)
        if s.bands_by_unit:
            self.by_unit(s)
        for key in ("total", "band"):
            name = getattr(s.gives, key)
            if name is not None and not good_name(name):
                self.fault(
                    s.id, ("gives", key), "bad-name", "a name is lower case, digits and `_`."
                )
        bands = tuple(s.any_bands())
        declared = self.pack.variables.get(s.gives.band or "")
        if declared is not None and set(bands) != set(declared.levels):
            self.fault(
                s.id,
                ("gives", "band"),
                "band-levels",
                f"the bands are not the levels of `{s.gives.band}`. Use the same names.",
            )
        for name in bands:
            if not good_name(name):
                self.fault(
                    s.id,
                    ("bands", name),
                    "bad-name",
                    "a band's name is lower case, digits and `_`.",
                    key=True,
                )

    def component(self, s: Score, name: str, points: dict[str, int | str]) -> None:
        symbol = self.trees.symbols.get(name)
        if symbol is None and name in self.unbuilt:
            return
        if symbol is None:
            self.fault(
                s.id,
                ("components", name),
                "unknown-variable",
                f"`{name}` is not a variable.",
                key=True,
            )
            return
        if symbol.entity == "lesion" and s.entity == "patient":
            self.fault(
                s.id,
                ("components", name),
                "lesion-variable",
                f"`{name}` belongs to a lesion.",
                key=True,
            )
        levels = ("yes", "no") if symbol.kind == "boolean" else symbol.levels
        for level, point in points.items():
            if level not in levels:
                self.fault(
                    s.id,
                    ("components", name, level),
                    "unknown-level",
                    f"`{level}` is not a level of `{name}`.",
                    key=True,
                )
            if isinstance(point, str) and point != "any":
                self.fault(
                    s.id,
                    ("components", name, level),
                    "bad-points",
                    "points are a whole number, or `any`.",
                )
        missing = [level for level in levels if level not in points]
        if missing:
            self.fault(
                s.id,
                ("components", name),
                "level-missing",
                f"no points for {', '.join(missing)}. Give each level points, or `any`.",
                key=True,
            )
        if not any(isinstance(p, int) for p in points.values()):
            self.fault(
                s.id, ("components", name), "bad-points", "at least one level has points.", key=True
            )

    def shared_ancestors(self, s: Score) -> None:
        owners: dict[str, str] = {}
        for name in s.components:
            for ancestor in self.ancestors(name):
                if ancestor in owners and owners[ancestor] != name:
                    self.fault(
                        s.id,
                        ("components", name),
                        "shared-ancestor",
                        f"`{name}` and `{owners[ancestor]}` both follow from `{ancestor}`: "
                        "the total would not be exact.",
                        key=True,
                    )
                owners[ancestor] = name

    def ancestors(self, name: str, trail: tuple[str, ...] = ()) -> set[str]:
        if name in trail:
            return set()
        variable = self.pack.variables.get(name)
        needs: set[str] = set()
        if variable is not None and variable.table_of:
            needs.add(variable.table_of)
        if variable is not None and variable.formula is not None:
            try:
                needs |= {
                    n.name
                    for n in walk(self.trees.of(variable)[("formula",)])
                    if isinstance(n, Name)
                }
            except BadExpression:
                return set()
        if not needs:
            return {name}
        found: set[str] = set()
        return found.union(*(self.ancestors(n, (*trail, name)) for n in needs))

    def integer_bands(self, s: Score, low: int, high: int) -> None:
        holder: dict[int, str] = {}
        for name, band in s.bands.items():
            if (
                band.above is not None
                or band.below is not None
                or isinstance(band.from_, str)
                or isinstance(band.to, str)
            ):
                self.fault(
                    s.id,
                    ("bands", name),
                    "bad-band",
                    "bands of whole totals use `from` and `to`.",
                    key=True,
                )
                return
            first = int(band.from_ if band.from_ is not None else low)
            last = int(band.to if band.to is not None else high)
            if last < first:
                self.fault(
                    s.id, ("bands", name), "bad-band", "this band ends before it starts.", key=True
                )
            if last < low or first > high:
                self.fault(
                    s.id,
                    ("bands", name),
                    "unreachable-band",
                    f"totals go from {low} to {high}: none falls here.",
                    key=True,
                )
            twice = [total for total in range(first, last + 1) if total in holder]
            if twice:
                self.fault(
                    s.id,
                    ("bands", name),
                    "bands-overlap",
                    f"{twice[0]} falls into `{holder[twice[0]]}` too. Start after it.",
                    key=True,
                )
            holder |= dict.fromkeys(range(first, last + 1), name)
        gap = next((t for t in range(low, high + 1) if t not in holder), None)
        if gap is not None:
            after = next(
                (n for n, b in s.bands.items() if b.from_ is not None and float(b.from_) > gap),
                None,
            )
            mend = f"Start `{after}` at {gap}." if after else "Extend the last band."
            self.fault(
                s.id,
                ("bands", after) if after else ("bands",),
                "bands-gap",
                f"no band holds a total of {gap}. {mend}",
                key=bool(after),
            )

    def real_bands(
        self,
        identity: str,
        bands: list[tuple[Path, str, Band]],
        entity: str,
        *,
        whole: bool = True,
    ) -> None:
        """Check that bands of a real number meet.

        Args:
            identity: the item.
            bands: place, name and edges of each, in order.
            entity: what the item belongs to.
            whole: whether they have to hold every number.
        """

        def wrong(path: Path, code: str, message: str) -> None:
            self.fault(identity, path, code, message, key=isinstance(path[-1], str))

        for index, (path, name, band) in enumerate(bands):
            edges = {
                key: getattr(band, attribute)
                for key, attribute in EDGES.items()
                if getattr(band, attribute) is not None
            }
            lower = [edges[key] for key in ("from", "above") if key in edges]
            upper = [edges[key] for key in ("to", "below") if key in edges]
            for key, edge in edges.items():
                if isinstance(edge, str):
                    self.known(identity, (*path, key), edge, kind="number", entity=entity)
            if len(lower) > 1 or len(upper) > 1:
                wrong(path, "bad-band", "a band has one lower and one upper edge.")
                return
            first, last = index == 0, index == len(bands) - 1
            if not (first or lower) or not (last or upper):
                message = "bands stand in rising order; only the first and last are open."
                wrong(path, "bad-band", message)
                return
            ends = [e for e in (*lower, *upper) if not isinstance(e, str)]
            if len(ends) == 2 and ends[0] > ends[1]:
                wrong(path, "bad-band", "this band ends before it starts.")
                return
            names = [e for e in (*lower, *upper) if isinstance(e, str)]
            if len(names) == 2 and not self.rising(*names):
                message = (
                    f"`{names[0]}` need not lie below `{names[1]}`. Use limits of one report, or "
                    "plausible limits that do not overlap."
                )
                wrong(path, "unordered-edges", message)
            for side, closed in (("below", first and lower), ("above", last and upper)):
                if whole and closed:
                    message = f"no band holds what lies {side} `{name}`. Leave its outer edge open."
                    wrong(path, "bands-gap", message)
        for (_, name, band), (path, after, following) in pairwise(bands):
            end = band.to if band.to is not None else band.below
            start = following.from_ if following.from_ is not None else following.above
            if end != start:
                apart = isinstance(end, str) or isinstance(start, str) or (end or 0) < (start or 0)
                message = f"`{name}` ends at {end} and `{after}` starts at {start}. Make them meet."
                wrong(path, "bands-gap" if apart else "bands-overlap", message)
            elif (band.to is not None) == (following.from_ is not None):
                both = band.to is not None
                where = f"{'both' if both else 'neither'} of `{name}` and `{after}`"
                wrong(path, "bands-overlap" if both else "bands-gap", f"{end} falls into {where}.")

    def rising(self, low: str, high: str) -> bool:
        """Say whether one variable is known not to lie above another.

        They are the two limits of one report, or their plausible limits say so.
        """
        a, b = self.pack.variables.get(low), self.pack.variables.get(high)
        if a is None or b is None:
            return low not in self.trees.symbols or high not in self.trees.symbols  # told already
        if a.with_ is not None and b.with_ == replace(a.with_, take="upper_limit"):
            return a.with_.take == "lower_limit"
        return bool(a.plausible and b.plausible and a.plausible[1] <= b.plausible[0])

    def by_unit(self, s: Score) -> None:
        reported = self.pack.variables.get(s.reported_in or "")
        measured = self.pack.variables.get(s.formula or "")
        if {s.reported_in, s.formula} & self.unbuilt:
            return
        if reported is None or measured is None:
            self.fault(
                s.id,
                ("bands_by_unit",),
                "by-unit",
                "`bands_by_unit` needs `reported_in` and a formula that is one variable.",
                key=True,
            )
            return
        units = [reported.names.get(level, level) for level in reported.levels]
        for unit in units:
            if unit not in s.bands_by_unit:
                self.fault(
                    s.id,
                    ("bands_by_unit",),
                    "unit-missing",
                    f"no table for {unit}. Add the edges printed in it.",
                    key=True,
                )
            elif unit not in self.pack.units.get(measured.id, {}):
                self.fault(
                    s.id,
                    ("bands_by_unit", unit),
                    "unknown-unit",
                    f"`{measured.id}` is not accepted in {unit}.",
                    key=True,
                )
        for unit, bands in s.bands_by_unit.items():
            if unit not in units:
                self.fault(
                    s.id,
                    ("bands_by_unit", unit),
                    "unknown-unit",
                    f"`{s.reported_in}` has no level for {unit}.",
                    key=True,
                )
            if list(bands) != list(next(iter(s.bands_by_unit.values()))):
                self.fault(
                    s.id,
                    ("bands_by_unit", unit),
                    "band-levels",
                    "every unit has the same bands in the same order.",
                    key=True,
                )
            self.real_bands(s.id, _placed(("bands_by_unit", unit), bands), s.entity)

    def alert(self, alert: Alert) -> None:
        targets = {**self.pack.options, **self.pack.investigations, **self.pack.actions}
        for index, action in enumerate(alert.actions):
            if action.do not in targets and action.do not in self.unbuilt:
                self.fault(
                    alert.id,
                    ("actions", index, "do"),
                    "unknown-action",
                    f"`{action.do}` is no option, investigation or action. "
                    "Define it, or mend the name.",
                )
            self.duration(alert.id, ("actions", index, "act_by"), action.act_by)
        if alert.clock is not None:
            start = alert.clock.from_
            self.known(alert.id, ("clock", "from"), start, kind="date", entity="patient")
            self.duration(alert.id, ("clock", "act_by"), alert.clock.act_by)
        for index, other in enumerate(alert.beneath):
            if other not in self.pack.alerts and other not in self.unbuilt:
                self.fault(alert.id, ("beneath", index), "unknown-alert", f"`{other}` is no alert.")

    def option(self, option: Option) -> None:
        if option.dose is None:
            return
        by, rows = option.dose.by, option.dose.rows
        if by is None:
            if len(rows) != 1 or _as_band(rows[0]) != Band():
                message = "one dose for everybody is one row without ends. Name the number in `by`."
                self.fault(option.id, ("dose", "rows"), "dose-gap", message)
            return
        self.known(option.id, ("dose", "by"), by, kind="number", entity=option.entity)
        if not rows:
            self.fault(option.id, ("dose", "rows"), "dose-gap", "no row stands here. Add one.")
            return
        bands: list[tuple[Path, str, Band]] = [
            (("dose", "rows", index), f"row {index + 1}", _as_band(row))
            for index, row in enumerate(rows)
        ]
        self.real_bands(option.id, bands, option.entity, whole=False)
        if by not in self.trees.symbols or self.trees.symbols[by].kind != "number":
            return
        stops = {
            (match[1], match[2], float(match[3]))
            for clause in option.contraindicated
            if (match := STOP.fullmatch(clause.when.strip()))
        }
        lower, upper = rows[0], rows[-1]
        for index, edge, stop in (
            (0, lower.from_, "<"),
            (0, lower.above, "<="),
            (len(rows) - 1, upper.to, ">"),
            (len(rows) - 1, upper.below, ">="),
        ):
            if edge is not None and (by, stop, edge) not in stops:
                self.fault(
                    option.id,
                    ("dose", "rows", index),
                    "dose-gap",
                    f"no stop says `{by} {stop} {edge:g}`, and no row holds it. Add either.",
                )

    def cycles(self) -> None:
        from bonemets.pack.order import Cycle, order

        trees = self.parsed()
        try:
            order(trees)
        except Cycle as cycle:
            shown = " -> ".join(f"`{name}`" for name in cycle.names)
            self.fault(
                cycle.names[0],
                (),
                "cycle",
                f"these wait for each other: {shown}. Break the circle.",
            )
        for variable in trees.pack.variables.values():
            tree = trees.of(variable).get(("formula",))
            if variable.table_of == variable.id or (tree and variable.id in names(tree)):
                self.fault(variable.id, (), "cycle", f"`{variable.id}` is computed from itself.")
        counts = {
            a.id: {n.urgency for n in walk(trees.of(a)[("when",)]) if isinstance(n, CountAlerts)}
            for a in trees.pack.alerts.values()
        }
        counting = {trees.pack.alerts[name].urgency for name, counted in counts.items() if counted}
        for name, counted in counts.items():
            if trees.pack.alerts[name].urgency in counted:
                message = (
                    f"an alert of `{trees.pack.alerts[name].urgency}` cannot count its own class."
                )
                self.fault(name, ("when",), "cycle", message)
            elif counted & counting:
                self.fault(name, ("when",), "cycle", "it counts alerts that count alerts.")

    def parsed(self) -> Trees:
        """Give the trees of the items whose expressions hold; the others are told already."""
        names, pack = self.unparsed, self.pack
        if not names:
            return self.trees

        def without(items: dict[str, Any]) -> dict[str, Any]:
            return {n: item for n, item in items.items() if n not in names}

        trees = Trees(
            replace(
                pack,
                variables=without(pack.variables),
                scores=without(pack.scores),
                alerts=without(pack.alerts),
                investigations=without(pack.investigations),
                options=without(pack.options),
                steps=without(pack.steps),
                interactions=without(pack.interactions),
                cards=without(pack.cards),
            )
        )
        trees.symbols = self.trees.symbols
        return trees


def answers_of(v: Variable) -> tuple[str, ...]:
    """Give what a coded answer may say of a variable.

    Yes and no, its levels, or the whole numbers within its limits.
    """
    if v.type == "boolean":
        return ("yes", "no")
    if v.type == "number" and v.integer and v.plausible is not None:
        return tuple(str(n) for n in range(int(v.plausible[0]), int(v.plausible[1]) + 1))
    return v.levels


def constant(node: Node) -> float | None:
    """Give the value of a constant, a negative one too."""
    if isinstance(node, Negative):
        value = constant(node.a)
        return None if value is None else -value
    return node.value if isinstance(node, Number) else None


def _placed(path: Path, bands: dict[str, Band]) -> list[tuple[Path, str, Band]]:
    return [((*path, name), name, band) for name, band in bands.items()]


def _as_band(row: DoseRow) -> Band:
    return Band(from_=row.from_, above=row.above, to=row.to, below=row.below)


def items_with_examples(pack: Pack) -> Iterator[tuple[str, Finder]]:
    """Give every item that carries examples."""
    for identity, item in pack.items().items():
        if item.examples:
            yield identity, item
