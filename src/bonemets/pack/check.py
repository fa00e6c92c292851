"""Every static check of a pack -> all faults at once.

A pack that passes loads, compiles and terminates.
"""

from __future__ import annotations

import datetime as dt
import difflib
import re
from collections.abc import Container, Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from typing import Any, Final

from msgspec.structs import replace

from bonemets.collector import uncollected
from bonemets.documents import Path
from bonemets.errors import Fault, KnowledgeError
from bonemets.expression import (
    MAX_LEVELS,
    URGENCIES,
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
from bonemets.pack import coding, letter, words, worked
from bonemets.pack.durations import duration_seconds
from bonemets.pack.items import (
    DECLARED,
    FINDERS,
    RANGED,
    Alert,
    Band,
    Card,
    Choices,
    Citation,
    Clause,
    Contacts,
    Coverage,
    Disagreement,
    Dose,
    DoseRow,
    Effect,
    EmergencyNumbers,
    Example,
    Finder,
    Guide,
    Handout,
    Helper,
    Helpers,
    Interaction,
    Option,
    Outlook,
    People,
    Scope,
    Score,
    Step,
    Translation,
    UnitsOfSource,
    Variable,
    asked_for,
)
from bonemets.pack.load import ONLY, RESERVED, Loaded, Pack, Source
from bonemets.pack.notes import Note, did_you_mean, not_a_level
from bonemets.pack.order import Cycle, before_each, order, requirements
from bonemets.pack.overlay import Laid, Weakening
from bonemets.pack.trees import EFFECTS, AnyItem, Expression, Trees, expressions, sections
from bonemets.pack.trust import licensed
from bonemets.units import MASSES, conversion, is_ucum, table

DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}\Z")
MAX_TOTALS: Final = 60
"""How far apart the totals of a score may lie: they are the bits of one mask."""
EDGES: Final = {"from": "from_", "above": "above", "to": "to", "below": "below"}
"""Key of a band's edge in a file -> attribute."""
IMPLAUSIBLE: Final = "implausible-threshold"
PRINTED: Final = 0.02
"""How far a printed factor of a unit may lie from the computed one: prints have two figures."""
OF_NUMBERS: Final = (
    "minimum",
    "plausible",
    "decimals",
    "integer",
    "molar_mass",
    "valence",
    "units",
)
"""Keys of a variable that say something of numbers only."""
HANGS: Final = ("with", "before", "since", "rolls_up")
"""Keys of a variable that hang it on another; it can hang in one way."""
YEARS: Final = range(1800, 2200)
"""Years that a source may be of."""
TIERS: Final = (1, 2, 3)
NUMBER: Final = re.compile(r"(?<![\d.])(?<!\d,)\d+(?:\.\d+)?(?!\d|[.,]\d)", re.ASCII)
"""A number that is printed without marks of thousands."""
TELEPHONE: Final = re.compile(r"\+?[0-9][0-9 ()/-]{1,28}(?: (?:ext|bleep) [0-9]{1,8})?", re.ASCII)
WEB: Final = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+(?:/[A-Za-z0-9._~/-]*)?", re.ASCII)
HOURS: Final = re.compile(r"[0-9A-Za-z ,:;-]{0,60}", re.ASCII)
STOP: Final = re.compile(r"([a-z][a-z0-9_]*) (<=|>=|<|>) (\d+(?:\.\d+)?)")
RANGE: Final = re.compile(r"([A-Z])(\d\d)-([A-Z])(\d\d)", re.ASCII)


def is_range(code: str) -> bool:
    """Say whether a code is a range of categories that runs upwards within one letter."""
    match = RANGE.fullmatch(code)
    return match is not None and match[1] == match[3] and int(match[2]) <= int(match[4])


def has_order(v: Variable) -> bool:
    """Say whether the values of a variable have an order, so that one may be worse."""
    return v.type in ("number", "boolean") or (v.type == "level" and v.ordered)


def is_day(text: str) -> bool:
    """Say whether a text is a day of the calendar, YYYY-MM-DD."""
    try:
        return bool(DATE.match(text)) and bool(dt.date.fromisoformat(text))
    except ValueError:
        return False


@uncollected()
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
        built = {*pack.items(), *pack.evidence, *pack.actions, *ONLY}
        built |= {*pack.contacts, *pack.units_of_source, *pack.coverage, *pack.translations}
        built |= {*pack.unproven, *pack.disagreements, *pack.choices}
        self.unbuilt = (frozenset(loaded.sources) | loaded.doubtful) - built
        """What stands in the files and has a fault of shape: naming it is no fault of its own."""
        self.origins = {"arithmetic", *pack.evidence, *self.unbuilt}
        """What the expected value of an example may come from."""
        self.trees = Trees(self.pack, self.where)
        self.examples_of = worked.Reader(self.pack, self.trees.symbols, self.unbuilt)
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

    def notes(self, identity: str, found: Iterable[Note]) -> None:
        """Keep what a check found in an item."""
        for note in found:
            self.fault(identity, note.path, note.code, note.message, key=note.key)

    def place(self, identity: str, path: Path = (), *, key: bool = True) -> str:
        """Show where a part of an item stands: file, line and column."""
        source = self.loaded.sources.get(identity)
        return source.document.place((*source.path, *path), key=key) if source else identity

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
        self.examples_of = worked.Reader(self.pack, self.trees.symbols, self.unbuilt)
        self.sources()
        self.given()
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
            self.citations(identity, ("evidence",), action.evidence, needed=True)
            self.notes(identity, words.told(action))
            for index, option in enumerate(action.means):
                if option not in pack.options and option not in self.unbuilt:
                    mend = did_you_mean(option, pack.options, "Define it, or mend the name.")
                    message = f"`{option}` is no option. {mend}"
                    self.fault(identity, ("means", index), "unknown-option", message)
            if action.despite is not None and not action.means:
                message = "it means no option. Remove this, or say what it `means`."
                self.fault(identity, ("despite",), "idle-key", message, key=True)
            self.beneath(identity, action.beneath)
        for identity, item in pack.items().items():
            if isinstance(item, Handout):
                self.notes(identity, words.handed(item))
            elif not isinstance(item, Variable):
                self.notes(identity, words.spoken(item, self.trees.symbols, self.unbuilt))
        for score in pack.scores.values():
            self.score(score)
        for alert in pack.alerts.values():
            self.alert(alert)
        for option in pack.options.values():
            self.option(option)
        for test in pack.investigations.values():
            if test.last is not None:
                self.known(test.id, ("last",), test.last, kind="date", entity=test.entity)
            elif test.still is not None:
                message = (
                    "`still` says nothing without `last`. Name the date from which something is "
                    "left to do, or take it out."
                )
                self.fault(test.id, ("still",), "idle-key", message, key=True)
            self.beneath(test.id, test.beneath)
            for index, name in enumerate(test.before):
                self.named(test.id, ("before", index), name, pack.options)
        for step in pack.steps.values():
            self.step(step)
        self.circle_of_steps()
        for interaction in pack.interactions.values():
            self.interaction(interaction)
        for card in pack.cards.values():
            self.card(card)
        for outlook in pack.outlooks.values():
            self.outlook(outlook)
        self.guide()
        if pack.letter is not None:
            laid = frozenset(n for n, x in self.loaded.sources.items() if x.layer > 0)
            reader = letter.Reader(self.trees, self.unbuilt, laid - {"letter"})
            # What clauses say of their reasons is read where all else holds.
            self.notes("letter", reader.notes(pack.letter, clauses=not self.faults))
        for translation in pack.translations.values():
            self.translation(translation)
        for contacts in pack.contacts.values():
            self.contacts(contacts)
        for source in pack.units_of_source.values():
            self.units_of_source(source)
        for disagreement in pack.disagreements.values():
            self.disagreement(disagreement)
        for choices in pack.choices.values():
            self.choices(choices)
        for coverage in pack.coverage.values():
            self.coverage(coverage)
        self.cycles()

    # the way, what does not go together, and facts

    def named(self, identity: str, path: Path, name: str, known: Container[str]) -> None:
        """Check that something which can be done, or a variable, has this name."""
        if name not in known and name not in self.unbuilt:
            message = f"`{name}` is not defined. Define it, or mend the name."
            self.fault(identity, path, "unknown-action", message)

    def beneath(self, identity: str, others: tuple[str, ...]) -> None:
        """Check what something stands beneath: other actions or tests, or of an option, options."""
        options = identity in self.pack.options
        known = self.pack.options if options else {**self.pack.investigations, **self.pack.actions}
        for index, name in enumerate(others):
            if name == identity:
                message = "nothing to do stands beneath itself. Remove it."
                self.fault(identity, ("beneath", index), "names-itself", message)
            else:
                self.named(identity, ("beneath", index), name, known)

    def step(self, step: Step) -> None:
        """Check what a step names, and its wait."""
        things = self.pack.things()
        for key in ("after", "before", "only_with"):
            for index, name in enumerate(getattr(step, key)):
                self.named(step.id, (key, index), name, things)
        if step.wait is not None:
            self.duration(step.id, ("wait",), step.wait)

    def circle_of_steps(self) -> None:
        """Refuse things that wait for each other, by steps, interactions or tests."""
        tests = self.pack.investigations
        try:
            TopologicalSorter(before_each(self.pack.steps, self.pack.interactions, tests)).prepare()
        except CycleError as error:
            names: list[str] = error.args[1]
            message = f"these wait for each other: {' -> '.join(names)}. Break the circle."
            step = next((x for x in names if x in self.pack.steps), None)
            waits = [x for x in self.pack.interactions.values() if set(x.between) <= set(names)]
            place = (next((x for x in names if x in tests), names[0]), ("before",))
            if step or waits:
                place = (step, ("after",)) if step else (waits[0].id, ("between",))
            self.fault(*place, "cycle", message)

    def interaction(self, interaction: Interaction) -> None:
        """Check what an interaction names, that each option can read it, and its wait."""
        known = {*self.pack.things(), *self.trees.symbols}
        for index, name in enumerate(interaction.between):
            self.named(interaction.id, ("between", index), name, known)
            option = self.pack.options.get(name)
            if option and option.entity == "patient" and interaction.entity == "lesion":
                message = (
                    f"the option `{name}` is of the patient and cannot read an interaction of a "
                    f"lesion. Make it one of the patient, with any_lesion(...)."
                )
                self.fault(interaction.id, ("between", index), "lesion-variable", message)
        for index, name in enumerate(interaction.only_with):
            self.named(interaction.id, ("only_with", index), name, known)
        if interaction.no_usual_dose and EFFECTS.get(interaction.effect) != "caution":
            message = "only a caution makes the usual dose too much. Remove it."
            self.fault(interaction.id, ("no_usual_dose",), "idle-key", message)
        if interaction.effect == "together" and not licensed(interaction.evidence):
            message = (
                "that things go well together licenses them, and no source here was read. "
                "Open one, or leave the interaction out."
            )
            self.fault(interaction.id, ("effect",), "unlicensed", message)
        if interaction.wait is not None:
            self.duration(interaction.id, ("wait",), interaction.wait)

    def card(self, card: Card) -> None:
        """Check that a card says something, and cite its rows."""
        if not card.rows:
            self.fault(card.id, ("rows",), "missing-key", "a card has rows. Add one.")
        for index, row in enumerate(card.rows):
            self.citations(card.id, ("rows", index, "evidence"), row.evidence)

    def outlook(self, outlook: Outlook) -> None:
        """Check that a model tells of every band of a score that is there, and cite its figures."""
        score = self.pack.scores.get(outlook.score)
        if score is None:
            self.named(outlook.id, ("score",), outlook.score, self.pack.scores)
        elif set(outlook.outcomes) != set(score.any_bands()):
            message = (
                f"the bands are those of `{score.id}`: "
                f"{', '.join(score.any_bands())}. Write each of them."
            )
            self.fault(outlook.id, ("outcomes",), "bands-differ", message, key=True)
        for band, outcomes in outlook.outcomes.items():
            for index, outcome in enumerate(outcomes):
                path: Path = ("outcomes", band, index)
                self.citations(outlook.id, (*path, "evidence"), outcome.evidence, needed=True)
                if outcome.after is not None:
                    self.duration(outlook.id, (*path, "after"), outcome.after)
                ends = outcome.low, outcome.value, outcome.high
                known = [x for x in ends if x is not None]
                if (
                    known != sorted(known)
                    or known[0] < 0
                    or (outcome.unit == "%" and known[-1] > 100)
                ):
                    message = "low, value and high rise, from 0 and for shares to 100. Mend them."
                    self.fault(outlook.id, path, "bad-number", message)
                if not licensed(outcome.evidence):
                    message = (
                        "an outcome is shown as a figure, and no source here was read. "
                        "Open one, or leave the figure out."
                    )
                    self.fault(outlook.id, path, "unlicensed", message)
        for key, effects in (
            ("validation", outlook.validation),
            ("calibration", outlook.calibration),
        ):
            for index, effect in enumerate(effects):
                self.citations(outlook.id, (key, index, "evidence"), effect.evidence)

    def guide(self) -> None:
        """Check that each folder with something to read stands in exactly one chapter."""
        guide = self.pack.guide
        if guide is None:
            return
        if guide.signs is not None:
            self.named("guide", ("signs",), guide.signs, self.pack.actions)
        if guide.team is not None:
            self.named("guide", ("team",), guide.team, self.pack.actions)
        if guide.emergency is not None:
            self.emergency(guide.emergency)
        if guide.helpers is not None:
            self.helpers(guide.helpers)
        told: dict[str, str] = {}
        for name, chapter in guide.chapters.items():
            for index, folder in enumerate(chapter.folders):
                path: Path = ("chapters", name, "folders", index)
                if folder in told:
                    message = f"`{folder}` stands in `{told[folder]}` too. Keep one of the two."
                    self.fault("guide", path, "told-twice", message)
                told[folder] = name
        self.groups(guide, told)
        for identity, item in self.pack.items().items():
            folder = self.pack.folders.get(identity, "")
            ours = self.loaded.sources[identity].layer == 0
            if ours and not isinstance(item, Variable) and folder not in told:
                message = f"no chapter holds the folder `{folder}` of `{identity}`. Name it in one."
                self.fault("guide", ("chapters",), "no-chapter", message, key=True)
                told[folder] = ""

    def groups(self, guide: Guide, chapter_of: Mapping[str, str]) -> None:
        """Check that a chapter's groups hold each of its tests once, and nothing else."""
        for name, chapter in guide.chapters.items():
            at: Path = ("chapters", name, "groups")
            here = {
                identity
                for identity in self.pack.investigations
                if chapter_of.get(self.pack.folders.get(identity, "")) == name
            }
            grouped: set[str] = set()
            for number, group in enumerate(chapter.groups):
                for index, test in enumerate(group.tests):
                    path: Path = (*at, number, "tests", index)
                    if test in self.unbuilt:
                        continue  # the fault of its own file is told
                    if test not in here:
                        message = f"`{test}` is no test of this chapter. Mend the name."
                        self.fault("guide", path, "unknown-action", message)
                    elif test in grouped:
                        message = f"`{test}` stands in a group already. Keep one of the two."
                        self.fault("guide", path, "told-twice", message)
                    grouped.add(test)
            ours = {x for x in here if self.loaded.sources[x].layer == 0 and good_name(x)}
            for test in sorted(ours - grouped) if chapter.groups else ():
                message = f"no group holds the test `{test}`. Name it in one."
                self.fault("guide", at, "no-chapter", message, key=True)

    def emergency(self, emergency: EmergencyNumbers) -> None:
        """Check that every region has its number, each with a source."""
        self.named("guide", ("emergency", "action"), emergency.action, self.pack.actions)
        self.known("guide", ("emergency", "by"), emergency.by, kind="level", entity="patient")
        self.every_region(("emergency", "numbers"), emergency.by, emergency.numbers)
        for region, number in emergency.numbers.items():
            path: Path = ("emergency", "numbers", region)
            if not TELEPHONE.fullmatch(number.telephone):
                message = "this is no `telephone`. Write a number."
                self.fault("guide", (*path, "telephone"), "bad-contact", message)
            self.citations("guide", (*path, "evidence"), number.evidence, needed=True)

    def every_region(self, path: Path, by: str, told: Mapping[str, object]) -> None:
        """Check that a table of the guide has each region once, and no other."""
        levels = self.levels_of(by)
        if set(levels) != set(told):
            message = f"each level of `{by}` has an entry: {', '.join(levels)}."
            self.fault("guide", path, "bad-contact", message, key=True)

    def helpers(self, helpers: Helpers) -> None:
        """Check that every region has a crisis line and who helps, each with a source."""
        self.named("guide", ("helpers", "action"), helpers.action, self.pack.actions)
        self.known("guide", ("helpers", "by"), helpers.by, kind="level", entity="patient")
        self.every_region(("helpers", "crisis"), helpers.by, helpers.crisis)
        self.every_region(("helpers", "organisations"), helpers.by, helpers.organisations)
        for region, line in helpers.crisis.items():
            path: Path = ("helpers", "crisis", region)
            if line.telephone is None:
                message = "a crisis line is one to call. Write its `telephone`."
                self.fault("guide", path, "bad-contact", message, key=True)
            self.helper("guide", path, line)
            self.citations("guide", (*path, "evidence"), line.evidence, needed=True)
        for region, listed in helpers.organisations.items():
            for index, helper in enumerate(listed):
                path = ("helpers", "organisations", region, index)
                self.helper("guide", path, helper)
                self.citations("guide", (*path, "evidence"), helper.evidence, needed=True)
            if not listed:
                message = f"nobody is named for `{region}`. Name one that helps there."
                self.fault("guide", ("helpers", "organisations", region), "bad-contact", message)

    def helper(self, item: str, path: Path, helper: Helper) -> None:
        """Check that a helper can be reached, and that number, hours and address are of theirs."""
        if helper.telephone is None and helper.web is None:
            message = "nobody can reach it. Write its `telephone`, its `web`, or both."
            self.fault(item, path, "bad-contact", message)
        for key, text, form in (
            ("telephone", helper.telephone, TELEPHONE),
            ("hours", helper.hours, HOURS),
            ("web", helper.web, WEB),
        ):
            if text is not None and not form.fullmatch(text):
                message = f"this is no `{key}`. Write a number, when it is answered, or an address."
                self.fault(item, (*path, key), "bad-contact", message)

    def translation(self, translation: Translation) -> None:
        """Check that somebody answers for it, and that no call for help is left out."""
        pack = self.pack
        if not translation.reviewed_by:
            message = "a wrong word here can hurt: name who has read it against the English text."
            self.fault(translation.id, ("reviewed_by",), "not-reviewed", message)
        things = {**pack.items(), **pack.actions}
        for name in translation.items:
            if name not in things:
                self.named(translation.id, ("items", name), name, things)
        for alert in pack.alerts.values():
            said = translation.items.get(alert.id)
            if alert.urgency in words.URGENT and (said is None or said.patient is None):
                message = (
                    f"`{alert.id}` calls for help {alert.urgency} and is not translated. "
                    "Add its `patient`."
                )
                self.fault(translation.id, ("items",), "no-call", message)

    # where sources disagree

    def disagreement(self, found: Disagreement) -> None:
        """Check its positions, each with a source, and beside what it is told."""
        pack, identity = self.pack, found.id
        if len(found.positions) < 2:
            message = "a disagreement has two positions or more. Add the other."
            self.fault(identity, ("positions",), "one-position", message)
        if identity in self.trees.symbols:
            message = f"`{identity}` is the name of a variable too. Choose another id."
            self.fault(identity, (), "id-taken", message)
        for name, position in found.positions.items():
            if not good_name(name):
                message = "a position is lower case, digits and `_`, and no Python keyword."
                self.fault(identity, ("positions", name), "bad-name", message, key=True)
            path: Path = ("positions", name, "evidence")
            self.citations(identity, path, position.evidence, needed=True)
        if found.follows not in found.positions:
            mend = did_you_mean(found.follows, found.positions)
            message = f"`{found.follows}` is none of its positions. {mend}"
            self.fault(identity, ("follows",), "unknown-position", message)
        if not is_day(found.version):
            message = "a version is a day of the calendar, YYYY-MM-DD. Write one."
            self.fault(identity, ("version",), "bad-date", message)
        known = {*pack.items(), *pack.actions}
        for index, name in enumerate(found.beside):
            self.named(identity, ("beside", index), name, known)
        if not found.beside:
            message = "it is told beside nothing. Name the items and actions that it concerns."
            self.fault(identity, ("beside",), "told-nowhere", message)
        self.expressions(identity, found)

    def choices(self, choices: Choices) -> None:
        """Check that each position can be taken: it is there, and something follows from it."""
        layers = {name: source.layer for name, source in self.loaded.sources.items()}
        layer = layers[choices.id]
        for name, choice in choices.list.items():
            path: Path = ("list", name)
            for other in self.pack.choices.values():
                if other.id < choices.id and name in other.list and layers[other.id] == layer:
                    message = f"`{other.id}` takes a position on it too. Keep one of the two."
                    self.fault(choices.id, path, "id-taken", message, key=True)
            found = self.pack.disagreements.get(name)
            if found is None:
                if name not in self.unbuilt:
                    mend = did_you_mean(name, self.pack.disagreements)
                    message = f"`{name}` is no disagreement of sources. {mend}"
                    self.fault(choices.id, path, "unknown-disagreement", message, key=True)
            elif choice.position not in found.positions:
                mend = did_you_mean(choice.position, found.positions)
                message = f"`{choice.position}` is no position on `{name}`. {mend}"
                self.fault(choices.id, (*path, "position"), "unknown-position", message)
            elif not self.trees.reads(name) and not any(layers.get(x) for x in found.beside):
                message = (
                    f"no condition asks for the position on `{name}`: its words alone would "
                    f"change. Lay what it is told beside over too: {', '.join(found.beside)}."
                )
                self.fault(choices.id, (*path, "position"), "words-only", message)

    def coverage(self, coverage: Coverage) -> None:
        """Check that each row has items that are there, or a reason."""
        pack = self.pack
        known = {*pack.items(), *pack.givers(), *pack.actions, *pack.disagreements}
        known |= self.unbuilt
        for row, covered in coverage.rows.items():
            if covered.tier not in TIERS:
                message = f"a tier is one of {', '.join(map(str, TIERS))}. Write one of these."
                self.fault(coverage.id, ("rows", row, "tier"), "bad-number", message)
            if bool(covered.items) == (covered.reason is not None):
                message = "a row has items, or the reason why it has none. Give one of the two."
                self.fault(coverage.id, ("rows", row), "row-open", message, key=True)
            for index, name in enumerate(covered.items):
                if name not in known:
                    path = ("rows", row, "items", index)
                    message = f"`{name}` is no item, variable or action. Mend the name."
                    self.fault(coverage.id, path, "unknown-item", message)

    # what a hospital lays over

    def contacts(self, contacts: Contacts) -> None:
        """Check that every number is that of something to do."""
        known = self.pack.things()
        layer = self.loaded.sources[contacts.id].layer
        for index, helper in enumerate(contacts.helpers):
            path: Path = ("helpers", index)
            self.helper(contacts.id, path, helper)
            self.citations(contacts.id, (*path, "evidence"), helper.evidence)
        for action, contact in contacts.list.items():
            for key, text, form in (
                ("telephone", contact.telephone, TELEPHONE),
                ("hours", contact.hours or "", HOURS),
            ):
                if not form.fullmatch(text):
                    message = f"this is no `{key}`. Write a number, or when it is answered."
                    self.fault(contacts.id, ("list", action, key), "bad-contact", message)
            for other in self.pack.contacts.values():
                same = other.id < contacts.id and action in other.list
                if same and self.loaded.sources[other.id].layer == layer:
                    message = f"`{other.id}` has a number for it too. Keep one of the two."
                    self.fault(contacts.id, ("list", action), "id-taken", message, key=True)
            if action not in known:
                near = difflib.get_close_matches(action, known, 1, 0.7)
                mend = f"Did you mean `{near[0]}`?" if near else "Name an action of the knowledge."
                message = f"`{action}` is no action, test or option. {mend}"
                self.fault(contacts.id, ("list", action), "unknown-action", message, key=True)

    def units_of_source(self, source: UnitsOfSource) -> None:
        """Check that each code is one of ours, once, and its unit one that its variables accept."""
        for other in self.pack.units_of_source.values():
            if other.id < source.id and other.source == source.source:
                message = f"`{other.id}` declares units of it too. Keep one of the two."
                self.fault(source.id, ("source",), "id-taken", message)
        seen: set[str] = set()
        for index, declared in enumerate(source.units):
            for system in DECLARED:
                for place, code in enumerate(getattr(declared, system)):
                    path = ("units", index, system, place)
                    if code in seen:
                        message = f"{system} {code} has a unit already. Keep one of the two."
                        self.fault(source.id, path, "duplicate-code", message)
                    seen.add(code)
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
        for index, level in enumerate(v.levels):
            first = v.levels.index(level)
            if first != index:
                there = self.place(name, ("levels", first), key=False)
                message = f"`{level}` already stands at {there}. Remove one."
                self.fault(name, ("levels", index), "duplicate-level", message)
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
            message = f"`{v.unit}` is no UCUM unit. Write one, or `1`."
            self.fault(name, ("unit",), "unknown-unit", message)
        self.numbers(name, v)
        self.idle(name, v)
        self.hanging(name, v)
        if v.window != "ever":
            self.duration(name, ("window",), v.window)
        for key in ("lasts", "no_for"):
            if getattr(v, key) is not None:
                self.duration(name, (key,), getattr(v, key))
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
        if v.pick in ("min", "max") and (v.type == "boolean" or (v.levels and not v.ordered)):
            message = f"`{v.pick}` needs an order. Choose another pick, or mark levels as ordered."
            self.fault(name, ("pick",), "pick-type", message)
        if v.type not in fits.get(v.pick, (v.type,)):
            self.fault(
                name,
                ("pick",),
                "pick-type",
                f"`{v.pick}` is for {fits[v.pick][0]} variables. Choose another pick.",
            )
        if (v.pick == "roll_up") != (v.rolls_up is not None):
            self.fault(
                name,
                ("pick",),
                "roll-up",
                "`pick: roll_up` and `rolls_up` belong together. Add the other, or remove it.",
            )
        answers = answers_of(v)
        for key, named in (
            ("answers", answers),
            ("phrases", answers),
            ("names", v.levels if v.type == "level" else answers),
        ):
            for level in getattr(v, key):
                if level not in named:
                    message = not_a_level(level, name, named)
                    self.fault(name, (key, level), "unknown-level", message, key=True)
        self.notes(name, coding.repeated(v, lambda path: self.place(name, path, key=False)))
        for index, codes in enumerate(v.codes):
            if codes.dose is not None:
                self.strength(name, ("codes", index, "dose"), codes.dose)
            for key in ("stated", "denied", "past", "suspected"):
                level = getattr(codes, key)
                # `unknown`: the code speaks of the variable and leaves it open.
                if level is not None and level != "unknown" and level not in answers:
                    message = not_a_level(level, name, (*answers, "unknown"))
                    self.fault(name, ("codes", index, key), "unknown-level", message)
            for system in RANGED:
                for place, code in enumerate(getattr(codes, system)):
                    if "-" in code and not is_range(code):
                        self.fault(
                            name,
                            ("codes", index, system, place),
                            "bad-range",
                            "a range runs upwards over categories of a letter and two figures, "
                            "within one letter: `C00-C97`. List what does not fit one by one.",
                        )
        if v.past is not None and v.past not in answers:
            self.fault(name, ("past",), "unknown-level", not_a_level(v.past, name, answers))
        if v.formula is not None and v.table_of is not None:
            self.fault(
                name,
                ("formula",),
                "two-sources",
                "a variable has a formula or a table, not both (the table stands at "
                f"{self.place(name, ('table_of',))}). Remove one.",
            )
        if v.table and v.table_of is None:
            message = "`table_of` is missing: from which variable? Add it."
            self.fault(name, ("table",), "missing-key", message, key=True)

    def numbers(self, name: str, v: Variable) -> None:
        """Note limits and factors that no number can have."""
        if v.plausible is not None and not v.plausible[0] < v.plausible[1]:
            message = "plausible limits run from the lower to the higher. Mend them."
            self.fault(name, ("plausible",), "bad-limits", message)
        elif v.plausible is not None and v.minimum is not None and v.minimum > v.plausible[0]:
            there = self.place(name, ("plausible",))
            message = (
                f"the physical minimum lies above the plausible limit at {there}. Mend one of them."
            )
            self.fault(name, ("minimum",), "bad-limits", message)
        for key in ("molar_mass", "valence"):
            value = getattr(v, key)
            if value is not None and not value > 0:
                message = f"`{key}` is more than 0. Mend it."
                self.fault(name, (key,), "bad-number", message)
        if v.decimals < 0:
            message = "decimals are counted from 0. Mend it."
            self.fault(name, ("decimals",), "bad-number", message)
        for unit, factor in v.units.items():
            known = conversion(unit, v.unit or "1", v.molar_mass, v.valence)
            if not is_ucum(unit):
                message = f"`{unit}` is no UCUM unit. Write one."
                self.fault(name, ("units", unit), "unknown-unit", message, key=True)
            elif not factor > 0:
                message = "a factor is more than 0. Mend it."
                self.fault(name, ("units", unit), "bad-number", message)
            elif known is not None and abs(factor - known[0]) > PRINTED * abs(known[0]):
                message = (
                    f"1 {unit} is {known[0]:g} {v.unit} by UCUM, and {factor:g} stands here. "
                    "Mend one of them."
                )
                self.fault(name, ("units", unit), "factor-mismatch", message)

    def idle(self, name: str, v: Variable) -> None:
        """Note keys that say nothing beside the others: somebody meant something by them."""

        def says_nothing(key: str, message: str) -> None:
            self.fault(name, (key,), "idle-key", f"`{key}` {message}", key=True)

        if v.higher_is is not None and not has_order(v):
            says_nothing(
                "higher_is", "needs an order: a number, `ordered` levels, or *yes* and *no*."
            )
        if v.type != "number":
            for key in OF_NUMBERS:
                value = getattr(v, key)
                if value is not None and value is not False and value != {} and value != 0:
                    says_nothing(key, "belongs to numbers. Remove it, or mend `type`.")
        if v.ordered and v.type != "level":
            says_nothing("ordered", "belongs to levels. Remove it, or mend `type`.")
        if v.lasts is not None and v.pick != "active":
            says_nothing("lasts", "belongs to `pick: active`. Remove it, or mend `pick`.")
        if v.no_for is not None and v.type != "boolean":
            says_nothing("no_for", "belongs to booleans. Remove it, or mend `type`.")
        if v.complete_with is not None and v.type != "boolean" and v.pick != "count":
            says_nothing(
                "complete_with", "belongs to booleans and counts. Remove it, or mend `type`."
            )
        if v.includes and (v.type != "boolean" or v.complete_with is None):
            says_nothing("includes", "belongs to booleans with `complete_with`. Remove it.")
        for index, other in enumerate(v.includes):
            self.included(v, index, other)

    def included(self, v: Variable, index: int, other: str) -> None:
        """Check one medicine of a kind: another yes or no of the patient, or an amount."""
        member = self.pack.variables.get(other)
        kind = "number" if member is not None and member.type == "number" else "boolean"
        self.known(v.id, ("includes", index), other, kind=kind, entity="patient")
        if other == v.id:
            message = "a kind does not include itself. Remove it."
            self.fault(v.id, ("includes", index), "idle-key", message)
        elif member is not None:
            missing = [f"{system} {code}" for system, code, _ in coding.not_told(member, v)]
            if missing:
                message = (
                    f"codes that say yes of `{other}` leave `{v.id}` open by an entry of its own: "
                    f"{', '.join(missing)}. A record that tells the medicine by one of them would "
                    "not tell the kind. Mend one of the two."
                )
                self.fault(v.id, ("includes", index), "kind-misses-code", message)

    def hanging(self, name: str, v: Variable) -> None:
        """Check what a variable hangs on: another's report, a date, or what it rolls up."""
        given = [k for k in HANGS if getattr(v, "with_" if k == "with" else k) is not None]
        for key in given[1:]:
            there = self.place(name, (given[0],))
            message = f"`{given[0]}` at {there} says where it is looked for. Keep one of the two."
            self.fault(name, (key,), "two-sources", message, key=True)
        if v.with_ is not None:
            take = v.with_.take
            wanted = {"unit": "level", "sample": v.type}.get(take, "number")
            if v.type != wanted:
                message = f"`{take}` gives {a(wanted)}, and this is {a(v.type)}. Mend one of them."
                self.fault(name, ("with", "take"), "wrong-type", message)
            for index, other in enumerate(v.with_.of):
                path: Path = ("with", "of", index)
                kind = None if take == "sample" else "number"
                self.known(name, path, other, kind=kind, entity=v.entity)
                symbol = self.trees.symbols.get(other)
                if symbol is not None and symbol.entity == "patient" and v.entity == "lesion":
                    message = f"`{other}` belongs to the patient. Name a variable of the lesion."
                    self.fault(name, path, "patient-variable", message)
                self.recorded(name, path, other)
        for key in ("before", "since"):
            other = getattr(v, key)
            if other is not None:
                self.known(name, (key,), other, kind="date", entity=v.entity)
                self.recorded(name, (key,), other)
        if v.rolls_up is not None:
            self.known(name, ("rolls_up",), v.rolls_up, kind="level")
            symbol = self.trees.symbols.get(v.rolls_up)
            if symbol is not None and symbol.entity == "patient":
                message = f"`{v.rolls_up}` belongs to the patient. Name a variable of lesions."
                self.fault(name, ("rolls_up",), "patient-variable", message)
            self.recorded(name, ("rolls_up",), v.rolls_up)

    def recorded(self, name: str, path: Path, other: str) -> None:
        """Refuse to hang on what no record holds: it would never be found."""
        variable = self.pack.variables.get(other)
        if variable is not None and not asked_for(variable):
            message = (
                f"`{other}` is only computed, and no record holds it. Name what is recorded, or "
                "give it codes or a question."
            )
            self.fault(name, path, "not-recorded", message)

    def sources(self) -> None:
        """Note a source that stands twice, or is of no year."""
        seen: dict[tuple[str, str], str] = {}
        for identity, source in self.pack.evidence.items():
            if source.year not in YEARS:
                message = f"{source.year} is no year of a source. Mend it."
                self.fault(identity, ("year",), "bad-date", message)
            for key in ("doi", "pmid"):
                value = str(getattr(source, key) or "").lower()
                if value and (key, value) in seen:
                    there = self.place(seen[key, value], (key,), key=False)
                    message = f"this {key} already stands at {there}. Keep one source of the two."
                    self.fault(identity, (key,), "duplicate-source", message)
                seen.setdefault((key, value), identity)

    def given(self) -> None:
        """Check the names that scores give: each given once, and of the kind that is declared."""
        seen: dict[str, tuple[str, Path]] = {}
        for s in self.pack.scores.values():
            layer = self.loaded.sources[s.id].layer
            for key, kind in (("total", "number"), ("band", "level")):
                name, path = getattr(s.gives, key), ("gives", key)
                if name is None:
                    continue
                if not good_name(name) or name in RESERVED:
                    message = (
                        f"`{name}` cannot be a name: lower case, digits and `_`. Choose another."
                    )
                    self.fault(s.id, path, "bad-name", message)
                if key == "band" and not s.any_bands():
                    message = "a band is given, and no bands stand here. Add them."
                    self.fault(s.id, path, "missing-key", message)
                if name in seen and self.loaded.sources[seen[name][0]].layer == layer:
                    there = self.place(*seen[name], key=False)
                    message = f"`{name}` is already given at {there}. Choose another name."
                    self.fault(s.id, path, "given-twice", message)
                seen.setdefault(name, (s.id, path))
                declared = self.pack.variables.get(name)
                if declared is not None:
                    self.declared(s, path, kind, declared)
                elif name != s.id and name in self.loaded.sources and name not in self.unbuilt:
                    message = f"`{name}` already stands at {self.place(name)}. Choose another name."
                    self.fault(s.id, path, "id-taken", message)

    def declared(self, s: Score, path: Path, kind: str, v: Variable) -> None:
        """Check a declared variable that a score gives."""
        there = self.place(v.id)
        if v.type != kind:
            message = f"this is {a(kind)}, and `{v.id}` ({there}) is {a(v.type)}. Mend one of them."
            self.fault(s.id, path, "wrong-type", message)
        if v.entity != s.entity:
            message = (
                f"`{v.id}` ({there}) belongs to the {v.entity}, this score to the {s.entity}. "
                "Mend one of them."
            )
            self.fault(s.id, path, f"{v.entity}-variable", message)
        if v.formula is not None or v.table_of is not None:
            key = "formula" if v.formula is not None else "table_of"
            message = (
                f"`{v.id}` is also computed at {self.place(v.id, (key,))}. Keep one of the two."
            )
            self.fault(s.id, path, "two-sources", message)

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
            message = f"`{other}` is not a variable. {self.near(other)}"
            self.fault(name, path, "unknown-variable", message)
        elif symbol is not None and kind is not None and symbol.kind != kind:
            message = f"`{other}` is {a(symbol.kind)}, not {a(kind)}. Name {a(kind)}."
            self.fault(name, path, "wrong-type", message)
        elif symbol is not None and symbol.entity == "lesion" and entity == "patient":
            message = f"`{other}` belongs to a lesion. Name a variable of the patient."
            self.fault(name, path, "lesion-variable", message)

    def levels_of(self, name: str) -> tuple[str, ...]:
        """Give the levels of a variable; none where it is no level variable."""
        symbol = self.trees.symbols.get(name)
        return symbol.levels if symbol is not None else ()

    def near(self, name: str) -> str:
        """Give the variable that was perhaps meant, with its place."""
        mend = did_you_mean(name, self.trees.symbols, "Define it, or mend the name.")
        meant = mend.removeprefix("Did you mean `").removesuffix("`?")
        where = self.where.get(meant)
        return f"Did you mean `{meant}` ({where})?" if where else mend

    def table(self, name: str, v: Variable, other: Variable) -> None:
        values = ("yes", "no") if other.type == "boolean" else other.levels
        own = ("yes", "no") if v.type == "boolean" else v.levels
        seen: dict[str, Path] = {}
        for level, covered in v.table.items():
            if level not in own:
                message = not_a_level(level, name, own)
                self.fault(name, ("table", level), "unknown-level", message, key=True)
            for index, value in enumerate(covered):
                if value not in values:
                    message = not_a_level(value, other.id, values)
                    self.fault(name, ("table", level, index), "unknown-level", message)
                elif value in seen:
                    there = self.place(name, seen[value], key=False)
                    message = f"`{value}` already stands at {there}. Keep one."
                    self.fault(name, ("table", level, index), "table-overlap", message)
                seen.setdefault(value, ("table", level, index))
        gaps = [value for value in values if value not in seen]
        if gaps:
            self.fault(
                name, ("table",), "table-gap", f"no row holds {', '.join(gaps[:8])}. Add them."
            )

    def units(self) -> None:
        candidates = tuple(self.pack.terms.unit_spellings) if self.pack.terms else ()
        for unit in candidates:
            if not is_ucum(unit):
                message = f"`{unit}` is no UCUM unit. Write one; its spellings stand behind it."
                self.fault("terms", ("unit_spellings", unit), "unknown-unit", message, key=True)
        if self.pack.terms is not None:
            terms = self.pack.terms
            self.notes(
                "terms", coding.ambiguous(terms, lambda path: self.place("terms", path, key=False))
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
                    "an expression stands on one line or in a `|` block. Write it so.",
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
        if derived and item.version and not is_day(item.version):
            message = "a version is a day of the calendar, YYYY-MM-DD. Write one."
            self.fault(identity, ("version",), "bad-date", message)
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
            for index, effect in enumerate(item.effects):
                if effect.people is not None:
                    self.people(identity, ("effects", index, "people"), effect, effect.people)
            if item.dose is not None:
                self.citations(identity, ("dose", "evidence"), item.dose.evidence, needed=True)
                for index, row in enumerate(item.dose.rows):
                    for key in ("evidence", "less_evidence"):
                        self.citations(identity, ("dose", "rows", index, key), getattr(row, key))
        if isinstance(item, Scope):
            self.known(identity, ("cancer_variable",), item.cancer_variable, entity="patient")
            lists = ("summary", "comfort_not_asked", "last_days_not_asked", "urgent_not_asked")
            for key in lists:
                for index, name in enumerate(getattr(item, key)):
                    self.known(identity, (key, index), name, entity="patient")
            for index, name in enumerate(item.not_asked):
                self.known(identity, ("not_asked", index), name)
        if not isinstance(item, Scope) and derived:
            self.examples(identity, item.examples)
            self.notes(identity, self.examples_of.examples(item))

    def people(self, identity: str, path: Path, effect: Effect, people: People) -> None:
        """Check that numbers of people are those that the result prints, of patients there are."""
        printed = {float(x) for x in NUMBER.findall(effect.result)}
        for index, group in enumerate(people.groups):
            if group.of_100 not in printed or not 0 <= group.of_100 <= 100:
                message = "the result does not print this share of 100. Write it as printed there."
                self.fault(identity, (*path, "groups", index, "of_100"), "not-printed", message)
        if not people.groups:
            message = "no group stands here. Add one, or remove `people`."
            self.fault(identity, (*path, "groups"), "missing-key", message)
        for name, listed in people.of.items():
            place = (*path, "of", name)
            self.known(identity, place, name, kind="level", entity="patient")
            levels = self.levels_of(name)
            for index, level in enumerate(listed if levels else ()):
                if level not in levels:
                    mend = did_you_mean(level, levels, "Name one of its levels.")
                    message = f"`{level}` is no level of `{name}`. {mend}"
                    self.fault(identity, (*place, index), "unknown-level", message)

    def clause(self, identity: str, path: Path, clause: Clause) -> None:
        self.citations(identity, (*path, "evidence"), clause.evidence, needed=True)
        if clause.begin is not None and not self.begins_sooner(identity, path, clause.begin):
            message = "only an indication begins an option, sooner than it says itself. Remove it."
            self.fault(identity, (*path, "begin"), "idle-key", message)
        if clause.no_usual_dose and path[0] != "caution":
            message = "only a caution makes the usual dose too much. Remove it."
            self.fault(identity, (*path, "no_usual_dose"), "idle-key", message)
        if clause.not_begun and path[0] != "caution":
            message = "only a caution keeps an option from being begun. Remove it."
            self.fault(identity, (*path, "not_begun"), "idle-key", message)
        if clause.goes_on and path[0] != "contraindicated":
            message = "only a stop lets what is given go on in the last days of life. Remove it."
            self.fault(identity, (*path, "goes_on"), "idle-key", message)
        if clause.smaller_dose and (path[0] != "caution" or clause.no_usual_dose):
            message = (
                "only a caution asks for less, and one that forbids the dose asks for nothing."
            )
            self.fault(identity, (*path, "smaller_dose"), "idle-key", f"{message} Remove it.")
        for index, option in enumerate(clause.instead):
            place = (*path, "instead", index)
            if option == identity:
                message = "an option is no alternative to itself. Name another."
                self.fault(identity, place, "names-itself", message)
            elif option not in self.pack.options and option not in self.unbuilt:
                mend = did_you_mean(option, self.pack.options, "Define it, or remove it.")
                self.fault(identity, place, "unknown-option", f"`{option}` is no option. {mend}")

    def begins_sooner(self, identity: str, path: Path, begin: str) -> bool:
        own = self.pack.options[identity].begin
        return path[0] == "indicated" and URGENCIES.index(begin) < URGENCIES.index(own)

    def citations(
        self, identity: str, path: Path, citations: Iterable[Citation], *, needed: bool = False
    ) -> None:
        listed = tuple(citations)
        if needed and not listed:
            self.fault(identity, path, "uncited", "no evidence stands here. Cite a source.")
        for index, citation in enumerate(listed):
            place = (*path, index)
            if citation.id not in self.pack.evidence and citation.id not in self.unbuilt:
                otherwise = f"Add evidence/{citation.id}.yaml."
                mend = did_you_mean(citation.id, self.pack.evidence, otherwise)
                message = f"`{citation.id}` is no source. {mend}"
                self.fault(identity, (*place, "id"), "unknown-evidence", message)
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
            if citation.seen is not None and not is_day(citation.seen.on):
                message = "this is no day of the calendar. Write YYYY-MM-DD."
                self.fault(identity, (*place, "seen", "on"), "bad-date", message)

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
            first = names.index(example.name)
            if first != index:
                there = self.place(identity, ("examples", first, "name"), key=False)
                message = f"this name already stands at {there}. Rename one."
                self.fault(identity, ("examples", index, "name"), "duplicate-example", message)
            if example.from_ not in self.origins:
                mend = did_you_mean(example.from_, self.origins, "Name one of the two.")
                message = f"`{example.from_}` is neither `arithmetic` nor a source. {mend}"
                self.fault(identity, ("examples", index, "from"), "unknown-evidence", message)

    # kinds

    def score(self, s: Score) -> None:
        if bool(s.components) == (s.formula is not None):
            message = "a score has components or a formula, one of the two. Add or remove one."
            self.fault(s.id, (), "two-sources", message)
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
                message = (
                    f"totals go from {low} to {high}, more than {MAX_TOTALS} apart. "
                    "Split the score, or divide its points."
                )
                self.fault(s.id, ("components",), "too-many-totals", message)
            elif all(ends) and s.bands:
                self.integer_bands(s, low, high)
        elif s.bands:
            self.real_bands(s.id, _placed(("bands",), s.bands), s.entity)
        if s.bands_by_unit:
            self.by_unit(s)
        if s.bands and s.bands_by_unit:
            there = self.place(s.id, ("bands",))
            message = f"bands of every unit stand at {there} too. Keep one of the two."
            self.fault(s.id, ("bands_by_unit",), "two-sources", message, key=True)
        if s.reported_in is not None and not s.bands_by_unit:
            message = "`reported_in` needs `bands_by_unit`. Add the bands of each unit."
            self.fault(s.id, ("reported_in",), "by-unit", message, key=True)
        bands = tuple(s.any_bands())
        for name in s.names:
            if name not in bands:
                message = f"`{name}` is no band of this score. {did_you_mean(name, bands)}"
                self.fault(s.id, ("names", name), "unknown-level", message, key=True)
        for index, name in enumerate(s.quiet):
            if name not in bands:
                message = f"`{name}` is no band of this score. {did_you_mean(name, bands)}"
                self.fault(s.id, ("quiet", index), "unknown-level", message)
        declared = self.pack.variables.get(s.gives.band or "")
        if declared is not None and set(bands) != set(declared.levels):
            message = (
                f"the bands are not the levels of `{s.gives.band}` "
                f"({self.place(declared.id, ('levels',))}). Use the same names."
            )
            self.fault(s.id, ("gives", "band"), "band-levels", message)
        for name in bands:
            if not good_name(name):
                message = "a band's name is lower case, digits and `_`. Choose another."
                where = ("bands",) if s.bands else ("bands_by_unit", next(iter(s.bands_by_unit)))
                self.fault(s.id, (*where, name), "bad-name", message, key=True)

    def component(self, s: Score, name: str, points: dict[str, int | str]) -> None:
        symbol = self.trees.symbols.get(name)
        if symbol is None and name in self.unbuilt:
            return
        if symbol is None:
            message = f"`{name}` is not a variable. {self.near(name)}"
            self.fault(s.id, ("components", name), "unknown-variable", message, key=True)
            return
        if symbol.kind not in ("boolean", "level"):
            message = f"`{name}` is {a(symbol.kind)}. Points belong to levels, or to yes and no."
            self.fault(s.id, ("components", name), "wrong-type", message, key=True)
            return
        if symbol.entity == "lesion" and s.entity == "patient":
            self.fault(
                s.id,
                ("components", name),
                "lesion-variable",
                f"`{name}` belongs to a lesion. Give the score `entity: lesion`.",
                key=True,
            )
        levels = ("yes", "no") if symbol.kind == "boolean" else symbol.levels
        for level, point in points.items():
            if level not in levels:
                message = not_a_level(level, name, levels)
                path = ("components", name, level)
                self.fault(s.id, path, "unknown-level", message, key=True)
            if isinstance(point, str) and point != "any":
                self.fault(
                    s.id,
                    ("components", name, level),
                    "bad-points",
                    "points are a whole number, or `any`. Write one.",
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
                s.id,
                ("components", name),
                "bad-points",
                "at least one level has points. Give some.",
                key=True,
            )

    def shared_ancestors(self, s: Score) -> None:
        owners: dict[str, str] = {}
        own = (s.gives.total, s.gives.band)
        for name in s.components:
            if name in own:
                continue  # a circle: told there
            for ancestor in self.ancestors(name):
                if ancestor in owners and owners[ancestor] != name:
                    self.fault(
                        s.id,
                        ("components", name),
                        "shared-ancestor",
                        f"`{name}` and `{owners[ancestor]}` "
                        f"({self.place(s.id, ('components', owners[ancestor]))}) both follow from "
                        f"`{ancestor}`: the total would not be exact. Keep one of the two.",
                        key=True,
                    )
                owners.setdefault(ancestor, name)

    def ancestors(self, name: str, trail: tuple[str, ...] = ()) -> set[str]:
        if name in trail:
            return set()
        variable = self.pack.variables.get(name)
        needs: set[str] = set()
        score = self.pack.givers().get(name)
        if score is not None and score.id not in self.unparsed:
            needs |= set(requirements(self.trees, score.id))
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
                or any(e is not None and float(e) % 1 for e in (band.from_, band.to))
            ):
                message = "bands of whole totals use `from` and `to`, whole numbers. Mend them."
                self.fault(s.id, ("bands", name), "bad-band", message, key=True)
                return
            first = int(band.from_ if band.from_ is not None else low)
            last = int(band.to if band.to is not None else high)
            if last < first:
                message = "this band ends before it starts. Mend its edges."
                self.fault(s.id, ("bands", name), "bad-band", message, key=True)
            if last < low or first > high:
                self.fault(
                    s.id,
                    ("bands", name),
                    "unreachable-band",
                    f"totals go from {low} to {high}: none falls here. Remove the band.",
                    key=True,
                )
            twice = [total for total in range(first, last + 1) if total in holder]
            if twice:
                other = holder[twice[0]]
                there = self.place(s.id, ("bands", other))
                message = f"{twice[0]} falls into `{other}` ({there}) too. Start after it."
                self.fault(s.id, ("bands", name), "bands-overlap", message, key=True)
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
                message = "a band has one lower and one upper edge. Remove one."
                wrong(path, "bad-band", message)
                return
            first, last = index == 0, index == len(bands) - 1
            if not (first or lower) or not (last or upper):
                message = (
                    "bands stand in rising order; only the first and last are open. Mend its edges."
                )
                wrong(path, "bad-band", message)
                return
            ends = [e for e in (*lower, *upper) if not isinstance(e, str)]
            if len(ends) == 2 and ends[0] > ends[1]:
                wrong(path, "bad-band", "this band ends before it starts. Mend its edges.")
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
        for (before, name, band), (path, after, following) in pairwise(bands):
            there = self.place(identity, before, key=isinstance(before[-1], str))
            end = band.to if band.to is not None else band.below
            start = following.from_ if following.from_ is not None else following.above
            if end != start:
                apart = isinstance(end, str) or isinstance(start, str) or (end or 0) < (start or 0)
                message = (
                    f"`{name}` ({there}) ends at {end} and `{after}` starts at {start}. "
                    "Make them meet."
                )
                wrong(path, "bands-gap" if apart else "bands-overlap", message)
            elif (band.to is not None) == (following.from_ is not None):
                both = band.to is not None
                where = f"{'both' if both else 'neither'} of `{name}` ({there}) and `{after}`"
                mend = "Let one of the two hold it."
                message = f"{end} falls into {where}. {mend}"
                wrong(path, "bands-overlap" if both else "bands-gap", message)

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
                "`bands_by_unit` needs `reported_in` and a formula that is one variable. Add them.",
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
                    f"`{measured.id}` is not accepted in {unit}. Mend the name of the level.",
                    key=True,
                )
        for unit, bands in s.bands_by_unit.items():
            if unit not in units:
                self.fault(
                    s.id,
                    ("bands_by_unit", unit),
                    "unknown-unit",
                    f"`{s.reported_in}` has no level for {unit}. {did_you_mean(unit, units)}",
                    key=True,
                )
            if list(bands) != list(next(iter(s.bands_by_unit.values()))):
                self.fault(
                    s.id,
                    ("bands_by_unit", unit),
                    "band-levels",
                    "every unit has the same bands in the same order as at "
                    f"{self.place(s.id, ('bands_by_unit', next(iter(s.bands_by_unit))))}. "
                    "Use the same names.",
                    key=True,
                )
            self.real_bands(s.id, _placed(("bands_by_unit", unit), bands), s.entity)

    def alert(self, alert: Alert) -> None:
        targets = {**self.pack.options, **self.pack.investigations, **self.pack.actions}
        for index, action in enumerate(alert.actions):
            if action.do not in targets and action.do not in self.unbuilt:
                mend = did_you_mean(action.do, targets, "Define it, or mend the name.")
                message = f"`{action.do}` is no option, investigation or action. {mend}"
                self.fault(alert.id, ("actions", index, "do"), "unknown-action", message)
            if action.despite is not None and not self.pack.meant(action.do):
                message = (
                    f"`{action.do}` is no option and means none, so nothing stops it. "
                    "Remove it, or say what the action `means`."
                )
                self.fault(alert.id, ("actions", index, "despite"), "idle-key", message, key=True)
            self.duration(alert.id, ("actions", index, "act_by"), action.act_by)
        called, own = map(URGENCIES.index, (alert.called, alert.urgency))
        if alert.call_as is not None and called >= own:
            message = f"`{alert.call_as}` is no sooner than `{alert.urgency}`. Remove it."
            self.fault(alert.id, ("call_as",), "idle-key", message)
        if alert.clock is not None:
            start = alert.clock.from_
            self.known(alert.id, ("clock", "from"), start, kind="date", entity="patient")
            self.duration(alert.id, ("clock", "act_by"), alert.clock.act_by)
        for index, name in enumerate(alert.settled_by):
            self.known(alert.id, ("settled_by", index), name, entity=alert.entity)
        for index, other in enumerate(alert.beneath):
            if other == alert.id:
                message = "an alert is not shown beneath itself. Remove it."
                self.fault(alert.id, ("beneath", index), "names-itself", message)
            elif other not in self.pack.alerts and other not in self.unbuilt:
                mend = did_you_mean(other, self.pack.alerts, "Define it, or remove it.")
                message = f"`{other}` is no alert. {mend}"
                self.fault(alert.id, ("beneath", index), "unknown-alert", message)

    def option(self, option: Option) -> None:
        for index, name in enumerate(option.dose.new_to if option.dose else ()):
            self.known(option.id, ("dose", "new_to", index), name, kind="boolean", entity="patient")
        for index, name in enumerate(option.runs):
            self.known(option.id, ("runs", index), name, kind="boolean", entity="patient")
        self.beneath(option.id, option.beneath)
        self.smaller(option)
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

    def smaller(self, option: Option) -> None:
        """Note a caution that asks for less where a row has no less, and the reverse."""
        asked = [
            n
            for n, clause in enumerate(option.caution)
            if clause.smaller_dose and not clause.no_usual_dose
        ]
        rows = option.dose.rows if option.dose is not None else ()
        if asked and not rows:
            message = "this option has no dose. Remove it, or add a dose."
            self.fault(option.id, ("caution", asked[0], "smaller_dose"), "idle-key", message)
        for index, row in enumerate(rows):
            if asked and row.less is None:
                message = "a caution asks for less, and this row has no `less`. Add it."
                self.fault(option.id, ("dose", "rows", index), "missing-key", message)
            elif not asked and row.less is not None:
                message = "no caution says `smaller_dose: yes`. Say it, or remove `less`."
                self.fault(option.id, ("dose", "rows", index, "less"), "idle-key", message)
            if row.less_evidence and row.less is None:
                message = (
                    "this row has no `less` that could rest on it. Remove it, or add a `less`."
                )
                place = ("dose", "rows", index, "less_evidence")
                self.fault(option.id, place, "idle-key", message)

    def cycles(self) -> None:
        """Note what waits for itself, through however many steps."""
        trees = self.parsed(self.unparsed)
        left, told = trees, set(self.unparsed)
        while (found := circle_of(left)) is not None:
            self.circle(found, (), "these wait for each other")
            told |= set(found)
            left = self.parsed(told)
        hosts = {
            name: (*(v.with_.of if v.with_ else ()), *(n for n in (v.before, v.since) if n))
            for name, v in self.pack.variables.items()
        }
        for names_ in circles(hosts):
            self.circle(names_, (), "these are looked for by each other")
        beneath = {name: alert.beneath for name, alert in self.pack.alerts.items()}
        doing = {**self.pack.investigations, **self.pack.actions, **self.pack.options}
        asked = {name: thing.beneath for name, thing in doing.items()}
        for names_ in (*circles(beneath), *circles(asked)):
            if len(set(names_)) > 1:  # else told already
                self.circle(names_, ("beneath",), "these are shown beneath each other, so never")
        for variable in trees.pack.variables.values():
            tree = trees.of(variable).get(("formula",))
            if variable.table_of == variable.id or (tree and variable.id in names(tree)):
                message = f"`{variable.id}` is computed from itself. Name what it follows from."
                self.fault(variable.id, (), "cycle", message)
        counts = {
            a.id: {n.urgency for n in walk(trees.of(a)[("when",)]) if isinstance(n, CountAlerts)}
            for a in trees.pack.alerts.values()
        }
        counting = {trees.pack.alerts[name].urgency for name, counted in counts.items() if counted}
        for name, counted in counts.items():
            if trees.pack.alerts[name].urgency in counted:
                message = (
                    f"an alert of `{trees.pack.alerts[name].urgency}` cannot count its own class. "
                    "Count another."
                )
                self.fault(name, ("when",), "cycle", message)
            elif counted & counting:
                other = next(
                    n for n, c in counts.items() if c and trees.pack.alerts[n].urgency in counted
                )
                there = self.place(other, ("when",), key=False)
                message = f"it counts `{other}` ({there}), which counts alerts. Count others."
                self.fault(name, ("when",), "cycle", message)

    def circle(self, names_: tuple[str, ...], path: Path, what: str) -> None:
        """Note a circle at its first item, with the place of each."""
        shown = " -> ".join(f"`{name}` ({self.where.get(name, name)})" for name in names_)
        self.fault(names_[0], path, "cycle", f"{what}: {shown}. Break the circle.")

    def parsed(self, names: set[str]) -> Trees:
        """Give the trees of all items but these: those that do not hold, or are told already."""
        pack = self.pack
        if not names:
            return self.trees

        def without(items: dict[str, Any]) -> dict[str, Any]:
            return {n: item for n, item in items.items() if n not in names}

        trees = Trees(
            replace(
                pack,
                **{shelf: without(getattr(pack, shelf)) for shelf in FINDERS},
            )
        )
        trees.name_as(self.trees)
        return trees


def circle_of(trees: Trees) -> tuple[str, ...] | None:
    """Give items that wait for each other, the first again at the end; None where none do."""
    try:
        order(trees)
    except Cycle as cycle:
        return cycle.names
    return None


def circles(graph: Mapping[str, Iterable[str]]) -> list[tuple[str, ...]]:
    """Give circles of a graph: one for each name that is the first of some, round to it again."""
    found: dict[str, tuple[str, ...]] = {}
    done: set[str] = set()
    place = {name: number for number, name in enumerate(graph)}

    def visit(name: str, trail: tuple[str, ...]) -> None:
        if name in trail:
            around = trail[trail.index(name) :]
            first = min(around, key=place.__getitem__)
            at = around.index(first)
            found.setdefault(first, (*around[at:], *around[:at], first))
        elif name not in done:
            done.add(name)
            for other in graph.get(name, ()):
                visit(other, (*trail, name))

    for name in graph:
        visit(name, ())
    return list(found.values())


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
