"""Faults planted into the shipped knowledge files: what, where, and which code must name it.

Each operator takes the text of a valid file and gives changed texts with one fault each. It finds
its places by patterns in the text itself, not by what the loader says of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import islice
from zlib import crc32

from bonemets.api import load_pack
from bonemets.pack.items import asked_for
from bonemets.pack.load import HOME, Pack, Part, Text, knowledge_files, read

MARK = "¦"
"""Stands in a planted text where the fault is expected."""


@dataclass(frozen=True)
class File:
    """A shipped knowledge file: its name, its text, and the kind of item that it holds."""

    name: str
    text: str

    @cached_property
    def kind(self) -> str:
        return re.search(r"^([a-z]+):", self.text, re.MULTILINE)[1]  # type: ignore[index]

    def find(self, pattern: str) -> Iterator[re.Match[str]]:
        return re.finditer(pattern, self.text, re.MULTILINE)

    def first(self, pattern: str) -> re.Match[str]:
        found = re.search(pattern, self.text, re.MULTILINE)
        assert found is not None, (self.name, pattern)
        return found


@dataclass(frozen=True, slots=True)
class Planting:
    """A changed text with one fault.

    `line` and `column` are where it is expected (0: the file as a whole); `there` is the second
    place where two collide; `also` are codes of what follows from the fault elsewhere.
    """

    operator: str
    file: str
    text: str
    code: str
    line: int
    column: int
    there: str = ""
    also: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        return f"{self.operator} in {self.file}:{self.line}:{self.column}"


Operator = Callable[[File], Iterator["Edit"]]


@dataclass(frozen=True, slots=True)
class Edit:
    """A replacement in the text of a file: from where to where, and what stands there then.

    A mark in `new` says where the fault is expected; else `at` does, an offset in the old text;
    `there` is the offset of the second place, or a place in another file.
    """

    start: int
    end: int
    new: str
    at: int | None = None
    there: int | str | None = None
    also: tuple[str, ...] = ()


def where(text: str, offset: int) -> tuple[int, int]:
    """Line and column, from 1, of an offset."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def plant(operator: str, file: File, code: str, edit: Edit) -> Planting:
    new = edit.new.replace(MARK, "", 1)
    text = file.text[: edit.start] + new + file.text[edit.end :]

    def moved(offset: int) -> int:
        return offset if offset <= edit.start else offset + len(new) - (edit.end - edit.start)

    line, column = 0, 0
    if MARK in edit.new:
        line, column = where(text, edit.start + edit.new.index(MARK))
    elif edit.at is not None:
        line, column = where(text, moved(edit.at))
    there = edit.there
    if isinstance(there, int):
        there = "{}:{}:{}".format(file.name, *where(text, moved(there)))
    return Planting(
        operator, file.name, text, code, line, column, there or "", frozenset(edit.also)
    )


@dataclass(frozen=True, slots=True)
class Planter:
    """An operator with the code that it plants, and where it is used."""

    name: str
    code: str
    run: Operator
    kinds: tuple[str, ...]
    most: int
    each: int

    def plantings(self) -> Iterator[Planting]:
        """Plant into the fitting files, up to `each` times in one, `most` in all."""
        files = [f for f in shipped() if not self.kinds or f.kind in self.kinds]
        start = crc32(self.name.encode()) % len(files)  # each begins at another file
        files = files[start:] + files[:start]
        found = (
            plant(self.name, file, self.code, edit)
            for file in files
            for edit in islice(self.run(file), self.each)
        )
        return islice(found, self.most)


PLANTERS: dict[str, Planter] = {}


def operator(
    code: str, *kinds: str, most: int = 2, each: int = 1
) -> Callable[[Operator], Operator]:
    """Register an operator under its own name.

    Args:
        code: what the fault is called.
        kinds: the kinds of file that it is used on (none: any).
        most: how many faults it plants.
        each: how many of them in one file.
    """

    def register(run: Operator) -> Operator:
        name = run.__name__
        assert name not in PLANTERS
        PLANTERS[name] = Planter(name, code, run, kinds, most, each)
        return run

    return register


# --- the shipped knowledge -----------------------------------------------------------------------


@cache
def texts() -> tuple[Text, ...]:
    return tuple(knowledge_files((HOME,)))


@cache
def parts() -> dict[str, Part]:
    """What each shipped file holds, read once."""
    return {text.name: read(text) for text in texts()}


@cache
def pack() -> Pack:
    return load_pack().pack


@cache
def shipped() -> tuple[File, ...]:
    """The shipped files, in the order of their names."""
    return tuple(File(text.name, text.data.decode()) for text in texts())


def file_of(name: str) -> File:
    return next(f for f in shipped() if f.name == name)


def place_of_variable(name: str) -> str:
    """Where the definition of a shipped variable starts, as a message tells it."""
    for file in shipped():
        if file.kind == "variables" and (m := re.search(rf"^  {name}:", file.text, re.MULTILINE)):
            return "{}:{}:{}".format(file.name, *where(file.text, m.start() + 2))
    raise AssertionError(name)


ITEMS = ("alert", "score", "investigation", "option")
RULES = ("alert", "investigation")
DERIVED = (
    "version: 2026-01-01, evidence: [{id: bonemets_definitions, confirmation: ours}], "
    "reviewed_by: [], examples: [{name: one, given: {}, expect: {}, from: arithmetic}]"
)


def new_variable(file: File, definition: str, **more: int | str | tuple[str, ...]) -> Edit:
    """A variable `planted` more, as the first of a topic and under a name of its own."""
    at = file.first(r"^list:\n").end()
    topic = file.first(r"^variables: (\w+)")[1]
    definition = definition.replace("planted", f"planted_in_{topic}")
    return Edit(at, at, f"  {definition}\n", **more)  # type: ignore[arg-type]


def blocks(file: File) -> Iterator[tuple[str, int, str]]:
    """Give each variable of a topic: its name, where its definition starts, and its text."""
    for match in file.find(r"^  ([a-z][a-z0-9_]*):\n((?:    .*\n)+)"):
        yield match[1], match.start(2), match[2]


def inside(file: File, pattern: str) -> Iterator[tuple[str, int, re.Match[str]]]:
    """Give each variable in whose definition a pattern stands: name, its offset, the match."""
    for name, start, text in blocks(file):
        match = re.search(pattern, text, re.MULTILINE)
        if match:
            yield name, start, match


def conditions(file: File) -> Iterator[tuple[int, str]]:
    """Give where each condition on one line starts, and its text, without its quotes."""
    for match in file.find(r'\bwhen: (?:"([^"\\\n]+)"|([^|>"\s{][^\n]*))$'):
        group = 1 if match[1] else 2
        yield match.start(group), match[group]


def before(text: str, also: tuple[str, ...] = ()) -> Operator:
    """An operator that sets a piece before each condition."""

    def run(file: File) -> Iterator[Edit]:
        for start, _ in conditions(file):
            yield Edit(start, start, text, also=also)

    return run


def of_patient(run: Operator) -> Operator:
    """Use an operator on items of the patient only."""

    def only(file: File) -> Iterator[Edit]:
        if "\nentity: lesion\n" not in file.text:
            yield from run(file)

    return only


def prefix(
    name: str, code: str, text: str, *kinds: str, patient: bool = True, most: int = 2
) -> None:
    """Register an operator that sets a piece with one fault before a condition."""
    run = before(text)
    only = of_patient(run) if patient else run
    PLANTERS[name] = Planter(name, code, only, kinds or RULES, most, 1)


def unread(file: File) -> tuple[str, ...]:
    """What follows where nothing of a file is read: a score then gives no variable any more."""
    return ("unknown-variable",) if "\ngives: " in file.text else ()


# --- the file as YAML ----------------------------------------------------------------------------


@operator("duplicate-key", each=1)
def a_title_twice(file: File) -> Iterator[Edit]:
    for match in file.find(r"^title: .*\n"):
        yield Edit(match.end(), match.end(), f"{MARK}title: again\n", there=match.start())


@operator("duplicate-key", "variables")
def a_variable_twice_in_its_topic(file: File) -> Iterator[Edit]:
    for match in file.find(r"^  ([a-z0-9_]+):\n((?:    .*\n)+)"):
        again = f"  {MARK}{match[1]}: {{title: a, type: boolean, ask: A?}}\n"
        yield Edit(match.end(), match.end(), again, there=match.start() + 2)


@operator("not-yaml", *ITEMS)
def a_bracket_of_another_kind(file: File) -> Iterator[Edit]:
    for match in file.find(r"^reviewed_by: \[(\])"):
        yield Edit(match.start(1), match.end(1), f"{MARK}}}", also=unread(file))


@operator("yaml-alias", most=3)
def an_alias(file: File) -> Iterator[Edit]:
    for match in file.find(r"^title: (.*)$"):
        yield Edit(match.start(1), match.end(1), f"{MARK}*title")


@operator("yaml-alias", most=3)
def an_anchor(file: File) -> Iterator[Edit]:
    for match in file.find(r"^title: "):
        yield Edit(match.end(), match.end(), f"{MARK}&title ")


@operator("yaml-tag", most=3)
def a_tag(file: File) -> Iterator[Edit]:
    for match in file.find(r"^title: "):
        yield Edit(match.end(), match.end(), f"{MARK}!!str ")


@operator("bad-key", most=3)
def a_list_for_a_key(file: File) -> Iterator[Edit]:
    for match in file.find(r"^title: .*\n"):
        yield Edit(match.end(), match.end(), f"{MARK}[a, b]: c\n")


@operator("several-documents", most=3)
def a_second_document(file: File) -> Iterator[Edit]:
    yield Edit(len(file.text), len(file.text), f"{MARK}---\nalert: more\n")


@operator("empty", *RULES, most=2)
def an_empty_file(file: File) -> Iterator[Edit]:
    yield Edit(0, len(file.text), "")


@operator("too-deep", *ITEMS, most=2)
def forty_brackets(file: File) -> Iterator[Edit]:
    for match in file.find(r"^reviewed_by: (\[\])"):
        new = "[" * 40 + MARK + "[" * 5 + "]" * 45
        yield Edit(match.start(1), match.end(1), new, also=unread(file))


@operator("too-large", "evidence", most=1)
def six_megabytes(file: File) -> Iterator[Edit]:
    yield Edit(len(file.text), len(file.text), "#" * 6_000_000)


@operator("not-text", most=2)
def a_zero_byte(file: File) -> Iterator[Edit]:
    yield Edit(len(file.text), len(file.text), "\x00")


# --- kinds, ids and keys -------------------------------------------------------------------------


@operator("unknown-kind", *ITEMS, "evidence", "actions")
def a_kind_mistyped(file: File) -> Iterator[Edit]:
    match = file.first(r"^([a-z]+):")
    yield Edit(match.start(1), match.end(1), f"{MARK}{match[1]}x")


@operator("file-name", *ITEMS, "evidence", "actions", "variables")
def an_id_that_is_not_the_name_of_its_file(file: File) -> Iterator[Edit]:
    match = file.first(r"^[a-z]+: ([a-z0-9_]+)")
    yield Edit(match.start(1), match.end(1), f"{MARK}{match[1]}_more")


@operator("bad-name", *ITEMS, most=3)
def an_id_in_capitals(file: File) -> Iterator[Edit]:
    match = file.first(r"^[a-z]+: ([a-z0-9_]+)")
    yield Edit(match.start(1), match.end(1), f"{MARK}{match[1].title()}", also=("file-name",))


@operator("bad-name", "variables", each=4)
def a_variable_called_wrongly(file: File) -> Iterator[Edit]:
    for name in ("Planted", "index_date", "lesions", "lambda"):
        yield new_variable(file, f"{MARK}{name}: {{title: a, type: boolean, ask: A?}}")


@operator("bad-name", "actions", most=3)
def an_action_called_wrongly(file: File) -> Iterator[Edit]:
    at = file.first(r"^list:\n").end()
    cited = "evidence: [{id: bonemets_definitions, confirmation: ours}]"
    yield Edit(at, at, f"  {MARK}2nd: {{title: a, clinician: Do it., {cited}}}\n")


@operator("bad-name", "variables", most=3)
def a_level_called_none(file: File) -> Iterator[Edit]:
    yield new_variable(
        file, f"planted: {{title: a, type: level, levels: [a, {MARK}none], ask: A?}}"
    )


@operator("id-taken", "variables")
def a_variable_of_another_topic(file: File) -> Iterator[Edit]:
    earlier = file_of("variables/blood_counts.yaml")
    if file.name > earlier.name:
        name, _, _ = next(blocks(earlier))
        line = f"{MARK}{name}: {{title: a, type: number, unit: kg, ask: A?}}"
        yield new_variable(file, line, there=place_of_variable(name))


@operator("id-taken", "variables", most=3)
def a_variable_called_like_an_action(file: File) -> Iterator[Edit]:
    actions = file_of("actions/spine.yaml")
    match = actions.first(r"^  (\w+):\n")
    there = "{}:{}:{}".format(actions.name, *where(actions.text, match.start(1)))
    line = f"{MARK}{match[1]}: {{title: a, type: boolean, ask: A?}}"
    yield new_variable(file, line, there=there)


@operator("key-order", *ITEMS)
def two_keys_exchanged(file: File) -> Iterator[Edit]:
    match = file.first(r"^((?:patient_)?title: .*\n)(version: .*\n)")
    new = f"{match[2]}{MARK}{match[1]}"
    yield Edit(match.start(), match.end(), new, there=match.start())


@operator("unknown-key", *ITEMS, "evidence")
def a_key_mistyped(file: File) -> Iterator[Edit]:
    at = file.first(r"^title: .*\n").end()
    yield Edit(at, at, f"{MARK}revewed_by: []\n")


@operator("unknown-key", "variables", most=3)
def a_key_beside_the_list(file: File) -> Iterator[Edit]:
    at = file.first(r"^title: .*\n").end()
    yield Edit(at, at, f"{MARK}note: more\n")


@operator("unknown-key", "variables", each=2)
def a_key_of_a_variable_mistyped(file: File) -> Iterator[Edit]:
    for _, start, match in inside(file, r"^    (pick|window): "):
        yield Edit(start + match.start(1), start + match.end(1), f"{MARK}{match[1]}s")


@operator("missing-key", *ITEMS, "evidence")
def an_item_without_a_title(file: File) -> Iterator[Edit]:
    match = file.first(r"^title: .*\n")
    yield Edit(match.start(), match.end(), "", at=file.first(r"^[a-z]+:").start())


@operator("missing-key", "option")
def an_option_without_a_title_for_patients(file: File) -> Iterator[Edit]:
    match = file.first(r"^patient_title: .*\n")
    yield Edit(match.start(), match.end(), "", at=file.first(r"^option:").start())


@operator("missing-key", "variables", most=3)
def a_topic_without_a_title(file: File) -> Iterator[Edit]:
    match = file.first(r"^title: .*\n")
    yield Edit(match.start(), match.end(), "", at=file.first(r"^variables:").start())


@operator("missing-key", "variables")
def a_variable_without_a_type(file: File) -> Iterator[Edit]:
    for _, start, match in inside(file, r"^    type: .*\n"):
        yield Edit(start + match.start(), start + match.end(), "", at=start + 4)


@operator("missing-key", "variables")
def a_formula_without_a_version(file: File) -> Iterator[Edit]:
    for _, start, match in inside(file, r"^    version: .*\n"):
        yield Edit(start + match.start(), start + match.end(), "", at=start + 4)


@operator("missing-key", "variables", most=2)
def a_table_from_nothing(file: File) -> Iterator[Edit]:
    for _, start, match in inside(file, r"^    table_of: .*\n"):
        table = re.search(r"^    table:", file.text[start:], re.MULTILINE)
        if table:
            at = start + table.start() + 4
            yield Edit(start + match.start(), start + match.end(), "", at=at)


@operator("wrong-shape", *ITEMS)
def a_name_in_place_of_a_list(file: File) -> Iterator[Edit]:
    match = file.first(r"^reviewed_by: (\[\])")
    yield Edit(match.start(1), match.end(1), f"{MARK}nobody")


@operator("wrong-type", "variables")
def half_a_decimal(file: File) -> Iterator[Edit]:
    for match in file.find(r"^    decimals: (\d+)$"):
        yield Edit(match.start(1), match.end(1), f"{MARK}1.5")


@operator("wrong-type", *ITEMS, "evidence")
def a_truth_value_for_a_title(file: File) -> Iterator[Edit]:
    match = file.first(r"^title: (.*)$")
    yield Edit(match.start(1), match.end(1), f"{MARK}true")


@operator("unknown-value", "alert")
def an_urgency_mistyped(file: File) -> Iterator[Edit]:
    match = file.first(r"^urgency: (.*)$")
    yield Edit(match.start(1), match.end(1), f"{MARK}{match[1]}s")


@operator("unknown-value", *ITEMS)
def a_confirmation_mistyped(file: File) -> Iterator[Edit]:
    match = file.first(r"confirmation: (\w+)")
    yield Edit(match.start(1), match.end(1), f"{MARK}seen_once")


# --- variables -----------------------------------------------------------------------------------


@operator("too-many-levels", "variables", most=2)
def sixty_four_levels(file: File) -> Iterator[Edit]:
    levels = ", ".join(f"m{i}" for i in range(64))
    yield new_variable(
        file, f"planted: {{title: a, type: level, levels: {MARK}[{levels}], ask: A?}}"
    )


@operator("duplicate-level", "variables")
def a_level_twice(file: File) -> Iterator[Edit]:
    for match in file.find(r"^    levels: \[(\w+)(?:, \w+)*(\])$"):
        new = f", {MARK}{match[1]}]"
        yield Edit(match.start(2), match.end(2), new, there=match.start(1))


@operator("type-mismatch", "variables")
def a_boolean_with_a_unit(file: File) -> Iterator[Edit]:
    for match in file.find(r"^    type: (boolean)\n"):
        yield Edit(match.start(1), match.end(), f"{MARK}boolean\n    unit: kg\n")


@operator("unit-missing", "variables", most=3)
def a_number_without_a_unit(file: File) -> Iterator[Edit]:
    yield new_variable(file, f"planted: {{title: a, type: {MARK}number, ask: A?}}")


@operator("unknown-unit", "variables", most=3)
def a_unit_that_is_none(file: File) -> Iterator[Edit]:
    yield new_variable(file, f"planted: {{title: a, type: number, unit: {MARK}mmols/L, ask: A?}}")


@operator("unknown-unit", "variables", most=3, each=2)
def a_further_unit_that_is_none(file: File) -> Iterator[Edit]:
    for match in file.find(r"^    units: \{(\"?[^:\"]+\"?): [^,}]+\}$"):
        yield Edit(match.end() - 1, match.end() - 1, f", {MARK}mmols/L: 2")


@operator("factor-mismatch", "variables", most=3, each=2)
def a_factor_ten_times_too_large(file: File) -> Iterator[Edit]:
    for match in file.find(r'^    units: \{(?:"?10\*3/uL"?|mo): ([\d.]+)\}$'):
        yield Edit(match.start(1), match.end(1), f"{MARK}{float(match[1]) * 10:g}")


@operator("bad-number", "variables", each=2)
def a_molar_mass_of_nothing(file: File) -> Iterator[Edit]:
    for match in file.find(r"^    (?:molar_mass|valence): ([\d.]+)$"):
        # what was converted by it is not any more
        also = ("unknown-unit", "factor-mismatch")
        yield Edit(match.start(1), match.end(1), f"{MARK}0", also=also)


@operator("bad-number", "variables", most=3)
def less_than_no_decimals(file: File) -> Iterator[Edit]:
    for match in file.find(r"^    decimals: (\d+)$"):
        yield Edit(match.start(1), match.end(1), f"{MARK}-1")


@operator("bad-limits", "variables")
def plausible_limits_exchanged(file: File) -> Iterator[Edit]:
    for match in file.find(r"^    plausible: (\[([\d.]+), ([\d.]+)\])$"):
        new = f"{MARK}[{match[3]}, {match[2]}]"
        yield Edit(match.start(1), match.end(1), new, also=("implausible-threshold",))


@operator("bad-limits", "variables")
def a_minimum_above_the_plausible(file: File) -> Iterator[Edit]:
    for match in file.find(r"^    minimum: (\S+)\n    (plausible): \["):
        yield Edit(match.start(1), match.end(1), f"{MARK}9999", there=match.start(2))


@operator("bad-duration", "variables")
def a_window_without_its_letter(file: File) -> Iterator[Edit]:
    for match in file.find(r"^    window: (P(?:T?\d+[A-Z]))$"):
        yield Edit(match.start(1), match.end(1), f"{MARK}{match[1][1:]}")


@operator("bad-duration", "variables")
def a_no_of_no_length(file: File) -> Iterator[Edit]:
    for match in file.find(r"^    no_for: (P\w+)$"):
        yield Edit(match.start(1), match.end(1), f"{MARK}one day")


@operator("bad-duration", "alert")
def an_action_at_no_time(file: File) -> Iterator[Edit]:
    for match in file.find(r"\bact_by: (P\w+)$"):
        yield Edit(match.start(1), match.end(1), f"{MARK}24h")


@operator("unknown-variable", "variables", most=3, each=2)
def since_what_is_not_there(file: File) -> Iterator[Edit]:
    for match in file.find(r"^    since: (\w+)$"):
        yield Edit(match.start(1), match.end(1), f"{MARK}{match[1]}s")


@operator("wrong-type", "variables", most=3)
def since_a_number(file: File) -> Iterator[Edit]:
    for match in file.find(r"^    since: (\w+)$"):
        yield Edit(match.start(1), match.end(1), f"{MARK}age")


@operator("not-recorded", "variables", most=3)
def since_what_is_only_computed(file: File) -> Iterator[Edit]:
    line = f"planted: {{title: a, type: date, since: {MARK}computed_day, ask: A?}}"
    computed = f"computed_day: {{title: a, type: date, formula: index_date, {DERIVED}}}"
    at = file.first(r"^list:\n").end()
    yield Edit(at, at, f"  {line}\n  {computed}\n")


@operator("two-sources", "variables", most=3)
def before_and_since(file: File) -> Iterator[Edit]:
    yield new_variable(
        file,
        "planted: {title: a, type: boolean, before: death_date, "
        f"{MARK}since: death_date, ask: A?}}",
    )


@operator("two-sources", "variables", most=3)
def a_formula_beside_a_table(file: File) -> Iterator[Edit]:
    for name, start, match in inside(file, r"^    (table_of): "):
        level = (pack().variables[name].levels or ("",))[0]
        if level:
            at = start + match.start()
            there = start + match.start(1)
            yield Edit(at, at, f"    formula: {MARK}{level}\n", there=there)


@operator("lesion-variable", "variables", most=2)
def a_report_of_a_lesion(file: File) -> Iterator[Edit]:
    line = "planted: {title: a, type: number, unit: kg, with: {of: [¦lesion_depth], take: sample}}"
    name = next(
        n for n, v in pack().variables.items() if v.entity == "lesion" and v.type == "number"
    )
    yield new_variable(file, line.replace("lesion_depth", name))


@operator("patient-variable", "variables", most=2)
def a_roll_up_of_the_patient(file: File) -> Iterator[Edit]:
    yield new_variable(
        file,
        "planted: {title: a, type: level, levels: [confirmed, absent], pick: roll_up, "
        f"rolls_up: {MARK}primary_site, ask: A?}}",
    )


@operator("wrong-type", "variables", most=3)
def a_limit_that_is_a_level(file: File) -> Iterator[Edit]:
    for match in file.find(r"^    with: \{of: \[.*\], take: (unit)\}$"):
        yield Edit(match.start(1), match.end(1), f"{MARK}lower_limit")


@operator("pick-type", "variables")
def a_sum_of_booleans(file: File) -> Iterator[Edit]:
    for _, start, match in inside(
        file, r"^    type: boolean\n(?:    .*\n)*?    pick: (any|latest)$"
    ):
        yield Edit(start + match.start(1), start + match.end(1), f"{MARK}sum")


@operator("pick-type", "variables", most=3)
def the_most_of_levels_without_order(file: File) -> Iterator[Edit]:
    for name, start, match in inside(file, r"^    pick: (latest)$"):
        variable = pack().variables[name]
        if variable.type == "level" and not variable.ordered:
            yield Edit(start + match.start(1), start + match.end(1), f"{MARK}max")


@operator("roll-up", "variables", most=2)
def a_roll_up_of_nothing(file: File) -> Iterator[Edit]:
    for match in file.find(r"^    pick: (roll_up)$"):
        yield Edit(match.start(1), match.end(1), f"{MARK}latest")
    for name, start, match in inside(file, r"^    pick: (latest)$"):
        if pack().variables[name].type == "level":
            yield Edit(start + match.start(1), start + match.end(1), f"{MARK}roll_up")


@operator("idle-key", "variables")
def decimals_of_a_boolean(file: File) -> Iterator[Edit]:
    for match in file.find(r"^    type: boolean\n"):
        yield Edit(match.end(), match.end(), f"    {MARK}decimals: 2\n")


@operator("idle-key", "variables")
def a_course_of_what_is_not_taken(file: File) -> Iterator[Edit]:
    for match in file.find(r"^    pick: (?:latest|any)\n"):
        yield Edit(match.end(), match.end(), f"    {MARK}lasts: P4W\n")


@operator("unknown-level", "variables")
def a_phrase_for_no_level(file: File) -> Iterator[Edit]:
    for match in file.find(r'^    phrases: \{("yes"): '):
        yield Edit(match.start(1), match.end(1), f"{MARK}perhaps")


@operator("unknown-level", "variables")
def a_code_that_states_no_level(file: File) -> Iterator[Edit]:
    for match in file.find(r"\bstated: (\w+)"):
        yield Edit(match.start(1), match.end(1), f"{MARK}{match[1]}_now")


@operator("unknown-level", "variables")
def a_past_that_is_no_level(file: File) -> Iterator[Edit]:
    for match in file.find(r'^    past: ("?\w+"?)$'):
        yield Edit(match.start(1), match.end(1), f"{MARK}long_ago")


@operator("unknown-level", "variables", most=3)
def a_name_for_no_level(file: File) -> Iterator[Edit]:
    for match in file.find(r"^    names: \{"):
        yield Edit(match.end(), match.end(), f"{MARK}nothing: nothing, ")


@operator("table-overlap", "variables", each=2)
def a_level_in_two_rows(file: File) -> Iterator[Edit]:
    pattern = r"^    table:\n      \"?\w+\"?: \[(\w+)[^\]]*\]\n      \"?\w+\"?: \[(\w+)"
    for _, start, match in inside(file, pattern):
        at = start + match.end(2)
        yield Edit(at, at, f", {MARK}{match[1]}", there=start + match.start(1))


@operator("table-gap", "variables", each=2)
def a_level_in_no_row(file: File) -> Iterator[Edit]:
    for _, start, match in inside(file, r"^    table:\n      (\S+): \[(\w+, )"):
        at = start + match.start(1)
        yield Edit(start + match.start(2), start + match.end(2), "", at=at)


@operator("duplicate-code", "variables")
def a_code_twice(file: File) -> Iterator[Edit]:
    for match in file.find(r'snomed: \["(\d+)"'):
        yield Edit(match.end(), match.end(), f', "{MARK}{match[1]}"', there=match.start(1))


@operator("bad-range", "variables", most=3, each=2)
def a_range_over_letters(file: File) -> Iterator[Edit]:
    for match in file.find(r"icd10: \[(\w)"):
        yield Edit(match.start(1), match.start(1), f"{MARK}C00-D09, ")


@operator("unknown-unit", "variables", most=2)
def a_strength_that_is_no_mass(file: File) -> Iterator[Edit]:
    for match in file.find(r"dose: \{[^}]*unit: (\w+)"):
        yield Edit(match.start(1), match.end(1), f"{MARK}mL")


@operator("unit-missing", "variables", most=2)
def a_strength_without_a_unit(file: File) -> Iterator[Edit]:
    for match in file.find(r"dose: (\{[^}]*)(, unit: \w+)"):
        yield Edit(match.start(2), match.end(2), "", at=match.start(1))


@operator("implausible-threshold", *RULES, "option")
def a_threshold_a_thousand_times_too_high(file: File) -> Iterator[Edit]:
    for start, text in conditions(file):
        for match in re.finditer(r"\b([a-z]\w*) (?:<|<=|>|>=) (\d+(?:\.\d+)?)\b", text):
            variable = pack().variables.get(match[1])
            if variable is None or variable.plausible is None or not asked_for(variable):
                continue
            at = start + match.start(2)
            new = f"{MARK}{float(match[2]) * 1000:.10g}"
            # a stop that says another edge leaves the doses open
            also = ("dose-gap",) if file.kind == "option" else ()
            if not variable.integer and float(match[2]):
                yield Edit(at, start + match.end(2), new, also=also)


@operator("not-whole", "variables", most=2)
def a_whole_number_by_division(file: File) -> Iterator[Edit]:
    yield new_variable(
        file,
        'planted: {title: a, type: number, unit: "1", integer: true, '
        f"formula: {MARK}age / 10, {DERIVED}}}",
    )


@operator("cycle", "variables")
def a_variable_of_itself(file: File) -> Iterator[Edit]:
    for name, start, match in inside(file, r"^    formula: ([^|>\"\n]+)$"):
        if pack().variables[name].type == "boolean":
            at = start + match.start(1)
            yield Edit(at, at, f"{name} or ", at=start + 4)


@operator("cycle", "variables", most=3)
def dates_looked_for_by_each_other(file: File) -> Iterator[Edit]:
    one = f"planted: {MARK}{{title: a, type: date, since: planted_too, ask: A?}}"
    two = "planted_too: {title: a, type: date, since: planted, ask: A?}"
    at = file.first(r"^list:\n").end()
    yield Edit(at, at, f"  {one}\n  {two}\n", there=f"{file.name}:{where(file.text, at)[0] + 1}")


# --- expressions ---------------------------------------------------------------------------------


@operator("unknown-variable", *ITEMS)
def a_variable_mistyped(file: File) -> Iterator[Edit]:
    for start, text in conditions(file):
        for match in re.finditer(r"[a-z]\w*", text):
            if match[0] in pack().variables and f"{match[0]}q" not in pack().variables:
                where_ = start + match.start()
                yield Edit(where_, start + match.end(), f"{MARK}{match[0]}q")
                break


@operator("unknown-level", *ITEMS)
def a_level_mistyped(file: File) -> Iterator[Edit]:
    for start, text in conditions(file):
        match = re.search(r"== ([a-z]\w*)", text)
        if match:
            yield Edit(start + match.start(1), start + match.end(1), f"{MARK}{match[1]}q")


@operator("unknown-level", *ITEMS)
def a_level_mistyped_in_a_set(file: File) -> Iterator[Edit]:
    for start, text in conditions(file):
        match = re.search(r"in \{([a-z]\w*)", text)
        if match:
            yield Edit(start + match.start(1), start + match.end(1), f"{MARK}{match[1]}q")


@operator("duplicate-level", *ITEMS)
def a_level_twice_in_a_set(file: File) -> Iterator[Edit]:
    for start, text in conditions(file):
        match = re.search(r"in \{([a-z]\w*)", text)
        if match:
            at = start + match.end(1)
            yield Edit(at, at, f", {MARK}{match[1]}")


@operator("not-ascii", *ITEMS)
def a_sign_as_printed(file: File) -> Iterator[Edit]:
    for start, text in conditions(file):
        match = re.search(r">=", text)
        if match:
            yield Edit(start + match.start(), start + match.end(), f"{MARK}≥")


@operator("too-long", *RULES, most=3)
def two_thousand_characters(file: File) -> Iterator[Edit]:
    for start, _ in conditions(file):
        yield Edit(start, start, MARK + "age > 18 and " * 200)


@operator("folded-expression", *RULES, "option")
def a_condition_over_two_lines(file: File) -> Iterator[Edit]:
    for match in file.find(r"^(when: )([a-z][^\"\n]* (?:and|or))( )(?=[a-z])"):
        yield Edit(match.start(3), match.end(3), "\n  ", at=match.start(2))


@operator("folded-expression", *RULES, most=3)
def a_folded_block(file: File) -> Iterator[Edit]:
    for match in file.find(r"^when: (\|)\n"):
        yield Edit(match.start(1), match.end(1), f"{MARK}>")


@operator("unknown-variable", *RULES)
def a_variable_mistyped_in_a_block(file: File) -> Iterator[Edit]:
    for match in file.find(r"^when: \|\n(?:  .*\n)*?  (?:and|or) \(?(?:not )?([a-z]\w*)"):
        if match[1] in pack().variables:
            yield Edit(match.start(1), match.end(1), f"{MARK}{match[1]}q")


@operator("unit-mismatch", "variables", most=3)
def a_formula_in_another_unit(file: File) -> Iterator[Edit]:
    line = f"planted: {{title: a, type: number, unit: kg, formula: {MARK}age, {DERIVED}}}"
    yield new_variable(file, line)


prefix("a_lesions_variable_for_a_patient", "lesion-variable", f"{MARK}in_spine or ")
prefix("a_number_for_a_condition", "wrong-type", f"{MARK}age or ")
prefix("a_bracket_that_closes_nothing", "bad-expression", "age > 18) or ".replace(")", f"{MARK})"))
prefix("an_attribute", "not-in-grammar", f"{MARK}age.years > 18 or ")
prefix("a_text_for_a_level", "not-in-grammar", f"age > {MARK}'18' or ")
prefix("a_chain_both_ways", "bad-chain", f"{MARK}18 < age > 20 or ")
prefix("a_comparison_of_constants", "constant-condition", f"{MARK}1 < 2 or ")
prefix("equals_on_reals", "equals-on-reals", f"{MARK}age == 18 or ")
prefix("half_a_dose", "not-whole", f"zoledronic_acid_doses > {MARK}2.5 or ")
prefix("levels_without_order", "not-ordered", f"{MARK}primary_site > breast or ")
prefix("two_units", "unit-mismatch", f"{MARK}creatinine < corrected_calcium or ")
prefix("a_division_by_nothing", "division-by-zero", f"{MARK}age / 0 > 18 or ")
prefix("a_function_mistyped", "unknown-function", f"{MARK}any_lesio(in_spine) or ")
prefix("a_function_of_two", "wrong-arguments", f"{MARK}abs(age, age) > 18 or ")
prefix("three_of_two", "bad-count", f"at_least({MARK}3, age > 18, age > 20) or ")
prefix("known_in_an_alert", "not-here", f"{MARK}known(age) or ", "alert")
prefix("alerts_counted_in_a_test", "not-here", f"{MARK}count_alerts(now) > 1 or ", "investigation")
prefix("a_count_of_no_urgency", "unknown-urgency", f"count_alerts({MARK}soon) > 1 or ", "alert")


@operator("cycle", "alert")
def an_alert_that_counts_its_own_class(file: File) -> Iterator[Edit]:
    urgency = file.first(r"^urgency: (\w+)")[1]
    for start, _ in conditions(file):
        yield Edit(start, start, f"{MARK}count_alerts({urgency}) > 1 or ")


# --- citations -----------------------------------------------------------------------------------


@operator("unknown-evidence", *ITEMS, "actions")
def a_source_mistyped(file: File) -> Iterator[Edit]:
    for match in file.find(r"\{id: ([a-z]\w*), "):
        yield Edit(match.start(1), match.end(1), f"{MARK}{match[1]}q")


@operator("no-locator", *ITEMS, "actions")
def read_at_no_place(file: File) -> Iterator[Edit]:
    for match in file.find(
        r'(\{)id: \w+, (at: (?:"[^"]*"|[^",{}]+), )confirmation: (?:read|second_hand)'
    ):
        yield Edit(match.start(2), match.end(2), "", at=match.start(1))


@operator("not-seen", *ITEMS, "actions")
def read_at_no_address(file: File) -> Iterator[Edit]:
    pattern = (
        r"(\{)id: \w+, at: (?:\"[^\"]*\"|[^\",{}]+), confirmation: (?:read|second_hand)"
        r"(, seen: \{[^{}]*\})"
    )
    for match in file.find(pattern):
        yield Edit(match.start(2), match.end(2), "", at=match.start(1))


@operator("bad-date", *ITEMS, "actions")
def seen_on_no_day(file: File) -> Iterator[Edit]:
    for match in file.find(r"\bon: (\d{4}-\d\d-\d\d)\}"):
        yield Edit(match.start(1), match.end(1), f"{MARK}2026-02-30")


@operator("bad-date", *ITEMS)
def a_version_of_no_day(file: File) -> Iterator[Edit]:
    match = file.first(r"^version: (\S+)$")
    yield Edit(match.start(1), match.end(1), f"{MARK}2026-13-01")


@operator("bad-date", "evidence", most=3)
def a_source_of_no_year(file: File) -> Iterator[Edit]:
    match = file.first(r"^year: (\d+)$")
    yield Edit(match.start(1), match.end(1), f"{MARK}20201")


@operator("uncited", "option", each=4)
def a_clause_without_a_source(file: File) -> Iterator[Edit]:
    for match in file.find(r"^    evidence:(\n(?:      - .*\n)+)"):
        yield Edit(match.start(1), match.end(1), f" {MARK}[]\n")


@operator("uncited", "actions", each=2)
def an_action_without_a_source(file: File) -> Iterator[Edit]:
    for match in file.find(r"^    evidence:(\n(?:      - .*\n)+)"):
        yield Edit(match.start(1), match.end(1), f" {MARK}[]\n")


@operator("uncited", "alert", "score", "investigation")
def an_item_without_a_source(file: File) -> Iterator[Edit]:
    for match in file.find(r"^evidence:(\n(?:  - .*\n)+)"):
        yield Edit(match.start(1), match.end(1), " []\n", at=file.first(r"^[a-z]+:").start())


@operator("duplicate-source", "evidence")
def a_source_twice(file: File) -> Iterator[Edit]:
    first = next(f for f in sorted(shipped(), key=lambda f: f.name) if "\ndoi: " in f.text)
    match = first.first(r"^doi: (\S+)$")
    there = "{}:{}:{}".format(first.name, *where(first.text, match.start(1)))
    for own in file.find(r"^doi: (\S+)$"):
        if file.name > first.name:
            yield Edit(own.start(1), own.end(1), f"{MARK}{match[1]}", there=there)


# --- examples ------------------------------------------------------------------------------------


@operator("no-examples", *ITEMS)
def no_example(file: File) -> Iterator[Edit]:
    match = file.first(r"^examples:\n((?:  .*\n)+)\Z")
    yield Edit(match.start(), match.end(), "examples: []\n", at=file.first(r"^[a-z]+:").start())


@operator("duplicate-example", *ITEMS)
def two_examples_of_one_name(file: File) -> Iterator[Edit]:
    found = list(islice(file.find(r"^  - name: ([^\"\n]+)$"), 2))
    if len(found) == 2:
        first, second = found
        new = f"{MARK}{first[1]}"
        yield Edit(second.start(1), second.end(1), new, there=first.start(1))


@operator("unknown-evidence", *ITEMS)
def an_example_from_nowhere(file: File) -> Iterator[Edit]:
    for match in islice(file.find(r"^    from: (\w+)$"), 1):
        yield Edit(match.start(1), match.end(1), f"{MARK}a_run_of_it")


@operator("unknown-variable", *ITEMS)
def an_example_with_no_variable(file: File) -> Iterator[Edit]:
    for match in file.find(r"^    given: \{([a-z]\w*): "):
        yield Edit(match.start(1), match.end(1), f"{MARK}{match[1]}q")


@operator("unknown-level", *ITEMS)
def an_example_with_no_level(file: File) -> Iterator[Edit]:
    for match in file.find(r"^    given: \{(?:[^{}\n]*, )?cancer: (\w+)"):
        yield Edit(match.start(1), match.end(1), f"{MARK}presently")


@operator("wrong-type", *RULES)
def an_example_that_is_perhaps_so(file: File) -> Iterator[Edit]:
    for match in file.find(r"^    given: \{(?:[^{}\n]*, )?\w+: (yes|no)\b"):
        yield Edit(match.start(1), match.end(1), f"{MARK}perhaps")


@operator("unit-missing", *ITEMS)
def an_example_without_a_unit(file: File) -> Iterator[Edit]:
    for match in file.find(
        r"^    given: \{(?:[^{}\n]*, )?\w+: ([\d.]+)( (?:mmol/L|umol/L|mL|wk|a))(?=[,}])"
    ):
        yield Edit(match.start(2), match.end(2), "", at=match.start(1))


@operator("unknown-unit", *ITEMS)
def an_example_in_another_unit(file: File) -> Iterator[Edit]:
    for match in file.find(
        r"^    given: \{(?:[^{}\n]*, )?\w+: ([\d.]+ (?:mmol/L|umol/L|mL|wk|a))(?=[,}])"
    ):
        yield Edit(match.start(1), match.end(1), f"{MARK}3 kPa")


@operator("lesion-variable", *RULES, "option")
def a_lesions_value_among_the_patients(file: File) -> Iterator[Edit]:
    if "\nentity: lesion\n" not in file.text:
        for match in file.find(r"^    given: \{(?=\w)"):
            yield Edit(match.end(), match.end(), f"{MARK}in_spine: yes, ")


@operator("unknown-key", *ITEMS)
def an_expectation_of_nothing(file: File) -> Iterator[Edit]:
    for match in file.find(r"^    expect: \{"):
        yield Edit(match.end(), match.end(), f"{MARK}colour: red, ")


@operator("unknown-value", *RULES)
def an_expected_result_that_is_none(file: File) -> Iterator[Edit]:
    for match in file.find(r"^    expect: \{result: (\w+)"):
        yield Edit(match.start(1), match.end(1), f"{MARK}perhaps")


@operator("unknown-value", "option", most=3)
def an_expected_status_that_is_none(file: File) -> Iterator[Edit]:
    for match in file.find(r"^    expect: \{status: (\w+)"):
        yield Edit(match.start(1), match.end(1), f"{MARK}suited")


@operator("unknown-value", "score")
def an_expected_band_that_is_none(file: File) -> Iterator[Edit]:
    for match in file.find(r"^    expect: \{(?:.*, )?band: (\w+)"):
        yield Edit(match.start(1), match.end(1), f"{MARK}{match[1]}q")


@operator("unknown-value", "alert", most=3)
def an_expected_action_that_is_not_asked_for(file: File) -> Iterator[Edit]:
    for match in file.find(r"^    expect: \{.*actions: \[(\w+)"):
        yield Edit(match.start(1), match.end(1), f"{MARK}{match[1]}q")


@operator("unknown-variable", *ITEMS, most=3)
def an_expected_gap_that_is_no_variable(file: File) -> Iterator[Edit]:
    for match in file.find(r"^    expect: \{.*missing: \[(\w+)"):
        yield Edit(match.start(1), match.end(1), f"{MARK}{match[1]}q")


@operator("unknown-level", "variables", most=3)
def an_expected_level_that_is_none(file: File) -> Iterator[Edit]:
    for match in file.find(r"expect: \{value: ([a-z]\w+)"):
        yield Edit(match.start(1), match.end(1), f"{MARK}{match[1]}q")


# --- scores --------------------------------------------------------------------------------------


@operator("level-missing", "score", each=3)
def a_level_without_points(file: File) -> Iterator[Edit]:
    for match in file.find(r"^  (\w+): \{\w+: \d+, \w+: \d+(, \w+: (?:\d+|any))"):
        if match[1] in pack().variables:
            # its total may lie at another end
            also = ("unreachable-band", "bands-gap", "unknown-value")
            yield Edit(match.start(2), match.end(2), "", at=match.start(1), also=also)


@operator("unknown-level", "score", each=2)
def points_for_no_level(file: File) -> Iterator[Edit]:
    for match in file.find(r"^  (\w+): \{(?=\w+: \d)"):
        if match[1] in pack().variables:
            yield Edit(match.end(), match.end(), f"{MARK}nothing: any, ")


@operator("bad-points", "score", each=2)
def points_in_words(file: File) -> Iterator[Edit]:
    for match in file.find(r"^  (\w+): \{(\w+): \d+, (\w+): (\d+), \w+: \d+"):
        if match[1] in pack().variables:
            also = ("unreachable-band", "bands-gap")
            yield Edit(match.start(4), match.end(4), f"{MARK}two", also=also)


@operator("too-many-totals", "score", most=2)
def points_too_far_apart(file: File) -> Iterator[Edit]:
    for match in file.find(r"^components:\n  (\w+): \{\w+: (\d+)"):
        yield Edit(match.start(2), match.end(2), "90", at=match.start(1))


@operator("unknown-variable", "score", each=2)
def a_component_mistyped(file: File) -> Iterator[Edit]:
    for match in file.find(r"^  (\w+): \{\w+: \d+, \w+: \d"):
        if match[1] in pack().variables:
            yield Edit(match.start(1), match.end(1), f"{MARK}{match[1]}q")


@operator("wrong-type", "score", most=2)
def points_for_a_number(file: File) -> Iterator[Edit]:
    for match in file.find(r"^components:\n"):
        yield Edit(match.end(), match.end(), f"  {MARK}age: {{old: 0}}\n")


@operator("two-sources", "score", most=2)
def components_beside_a_formula(file: File) -> Iterator[Edit]:
    for match in file.find(r"^formula: "):
        new = 'components: {confusion: {"yes": 1, "no": 0}}\n'
        yield Edit(match.start(), match.start(), new, at=file.first(r"^score:").start())


@operator("shared-ancestor", "score", most=2)
def two_components_of_one_origin(file: File) -> Iterator[Edit]:
    for match in file.find(r"^  (spine_junction): .*\n(?:  .*\n)*?(?=bands:)"):
        levels = ", ".join(f"{level}: 0" for level in pack().variables["vertebral_level"].levels)
        line = f"  {MARK}vertebral_level: {{{levels}}}\n"
        yield Edit(match.end(), match.end(), line, there=match.start(1))


@operator("bad-band", "score", each=2)
def a_band_of_whole_totals_from_above(file: File) -> Iterator[Edit]:
    for match in file.find(r"^  (\w+): \{(from): \d+, to: \d+\}"):
        yield Edit(match.start(2), match.end(2), "above", at=match.start(1))


@operator("bad-band", "score", most=2)
def a_band_from_half_a_point(file: File) -> Iterator[Edit]:
    if "\ncomponents:" not in file.text:
        return  # only whole points have whole ends
    for match in file.find(r"^  (\w+): \{from: (\d+), to: \d+\}"):
        yield Edit(match.start(2), match.end(2), "0.5", at=match.start(1))


@operator("bands-overlap", "score", each=2)
def a_band_that_starts_too_soon(file: File) -> Iterator[Edit]:
    pattern = r"^  (\w+): \{from: \d+, to: (\d+)\}\n  (\w+): \{from: (\d+), to: \d+\}"
    for match in file.find(pattern):
        yield Edit(match.start(4), match.end(4), match[2], at=match.start(3), there=match.start(1))


@operator("bands-gap", "score", each=2)
def a_band_that_ends_too_soon(file: File) -> Iterator[Edit]:
    for match in file.find(r"^  \w+: \{from: (\d+), to: (\d+)\}\n  (\w+): \{from: \d+, to: \d+\}"):
        if match[1] != match[2]:
            new = str(int(match[2]) - 1)
            yield Edit(match.start(2), match.end(2), new, at=match.start(3))


@operator("unreachable-band", "score", most=2)
def a_band_for_no_total(file: File) -> Iterator[Edit]:
    for match in file.find(r"^bands:\n(?:  \w+: \{from: \d+, to: \d+\}\n)+"):
        new = f"  {MARK}beyond: {{from: 90, to: 91}}\n"
        yield Edit(match.end(), match.end(), new, also=("band-levels", "bands-gap"))


@operator("bands-gap", "score")
def edges_that_do_not_meet(file: File) -> Iterator[Edit]:
    for match in file.find(r"^ +(\w+): \{.*(?:to|below): ([\d.]+)\}\n +(\w+): \{(?:from|above): "):
        if "." in match[2]:
            new = f"{float(match[2]) - 0.01:.2f}"
            at, there = match.start(3), match.start(1)
            yield Edit(match.start(2), match.end(2), new, at=at, there=there)


@operator("bands-overlap", "score")
def edges_that_cross(file: File) -> Iterator[Edit]:
    for match in file.find(r"^ +(\w+): \{.*(?:to|below): ([\d.]+)\}\n +(\w+): \{(?:from|above): "):
        if "." in match[2]:
            new = f"{float(match[2]) + 0.01:.2f}"
            at, there = match.start(3), match.start(1)
            yield Edit(match.start(2), match.end(2), new, at=at, there=there)


@operator("unordered-edges", "score", most=2)
def edges_without_an_order(file: File) -> Iterator[Edit]:
    pattern = (
        r"^ +(\w+): \{above: corrected_calcium_upper_limit, (?:to|below): ([\d.]+)\}\n"
        r" +\w+: \{(?:from|above): ([\d.]+)(?![\d.]|, below: [a-z])"
    )
    for match in file.find(pattern):
        between = file.text[match.end(2) : match.start(3)]
        new = f"total_calcium{between}total_calcium"
        yield Edit(match.start(2), match.end(3), new, at=match.start(1))


@operator("by-unit", "score", most=2)
def bands_by_unit_without_the_unit(file: File) -> Iterator[Edit]:
    for match in file.find(r"^reported_in: .*\n"):
        at = file.first(r"^bands_by_unit:").start()
        yield Edit(match.start(), match.end(), "", at=at)


@operator("band-levels", "score", most=2)
def a_band_called_otherwise_in_one_unit(file: File) -> Iterator[Edit]:
    for match in file.find(r"^bands_by_unit:\n  (\S+):\n(?:    .*\n)+  (\S+):\n    (\w+): "):
        yield Edit(
            match.start(3),
            match.end(3),
            "another",
            at=match.start(2),
            there=match.start(1),
        )


@operator("band-levels", "score", most=2)
def a_band_that_is_no_declared_level(file: File) -> Iterator[Edit]:
    for match in file.find(r"^gives: \{total: \w+, band: (\w+)\}"):
        if not any(re.search(rf"^  {match[1]}:$", x.text, re.MULTILINE) for x in shipped()):
            continue
        name = file.first(r"^bands:\n  (\w+):")
        also = ("unknown-level", "unknown-value")
        yield Edit(name.start(1), name.end(1), "another", at=match.start(1), also=also)


@operator("unknown-unit", "score", most=2)
def bands_of_a_unit_that_is_not_reported(file: File) -> Iterator[Edit]:
    for match in file.find(r"^  (mg/dL):$"):
        yield Edit(match.start(1), match.end(1), f"{MARK}g/dL", also=("unit-missing",))


@operator("unit-missing", "score", most=2)
def a_reported_unit_without_bands(file: File) -> Iterator[Edit]:
    for match in file.find(r"^  mg/dL:\n(?:    .*\n)+"):
        at = file.first(r"^bands_by_unit:").start()
        yield Edit(match.start(), match.end(), "", at=at)


@operator("given-twice", "score", most=2)
def a_total_that_another_score_gives(file: File) -> Iterator[Edit]:
    other = file_of("fracture/mirels.yaml").first(r"^gives: \{total: (\w+)")
    for match in file.find(r"^gives: \{total: (\w+)"):
        if file.name > "fracture/mirels.yaml":
            there = "fracture/mirels.yaml:{}:{}".format(*where(other.string, other.start(1)))
            also = ("unknown-variable",)
            yield Edit(match.start(1), match.end(1), f"{MARK}{other[1]}", there=there, also=also)


@operator("id-taken", "score", most=3)
def a_total_called_like_an_alert(file: File) -> Iterator[Edit]:
    for match in file.find(r"^gives: \{total: (\w+)"):
        name = "calcium/hypercalcaemia_mild.yaml"
        new, also = f"{MARK}hypercalcaemia_mild", ("unknown-variable",)
        yield Edit(match.start(1), match.end(1), new, there=f"{name}:1:1", also=also)


@operator("wrong-type", "score", most=2)
def a_band_that_is_declared_a_number(file: File) -> Iterator[Edit]:
    for match in file.find(r"^gives: \{total: (\w+)"):
        new, also = f"{MARK}castration_resistant", ("unknown-variable", "lesion-variable")
        also = (*also, "patient-variable", "shared-ancestor")
        yield Edit(match.start(1), match.end(1), new, also=also)


@operator("unknown-level", "score", most=3)
def a_name_for_no_band(file: File) -> Iterator[Edit]:
    for match in file.find(r"^names: \{"):
        yield Edit(match.end(), match.end(), f"{MARK}nothing: nothing, ")


# --- alerts, options and what is said ------------------------------------------------------------


@operator("unknown-action", "alert")
def an_action_mistyped(file: File) -> Iterator[Edit]:
    for match in file.find(r"\bdo: (\w+)"):
        also = ("unknown-value",)  # examples that expect it
        yield Edit(match.start(1), match.end(1), f"{MARK}{match[1]}q", also=also)


@operator("lesion-variable", "interaction")
def an_option_of_the_patient_in_an_interaction_of_a_lesion(file: File) -> Iterator[Edit]:
    if re.search(r"^entity: lesion", file.text, re.MULTILINE):
        for match in file.find(r"^between: \[(\w+)"):
            yield Edit(match.start(1), match.end(1), f"{MARK}denosumab_skeletal")


@operator("idle-key", "alert")
def a_later_word_for_when_to_call(file: File) -> Iterator[Edit]:
    for match in file.find(r"^urgency: .*\n(?!call_as)()"):
        yield Edit(match.start(1), match.start(1), f"call_as: {MARK}next_visit\n")


@operator("idle-key", "investigation")
def what_is_left_of_a_test_without_its_date(file: File) -> Iterator[Edit]:
    for match in file.find(r'^why: "[^"\n]*"\n(?!last)()'):
        yield Edit(match.start(1), match.start(1), f"{MARK}still: the rest\n")


@operator("idle-key", "option")
def a_usual_dose_taken_back_by_an_indication(file: File) -> Iterator[Edit]:
    for match in file.find(r"^indicated:\n  - when: [^\n|]+\n()"):
        yield Edit(match.start(1), match.start(1), f"    no_usual_dose: {MARK}yes\n")


@operator("idle-key", "option")
def a_stop_that_keeps_from_beginning(file: File) -> Iterator[Edit]:
    for match in file.find(r"^contraindicated:\n  - when: [^\n|]+\n    why: [^\n]+\n()"):
        yield Edit(match.start(1), match.start(1), f"    not_begun: {MARK}yes\n")


@operator("idle-key", "option")
def an_indication_that_goes_on(file: File) -> Iterator[Edit]:
    for match in file.find(r"^indicated:\n  - when: [^\n|]+\n    why: [^\n]+\n()"):
        yield Edit(match.start(1), match.start(1), f"    goes_on: {MARK}yes\n")


@operator("idle-key", "option")
def a_stop_that_begins_something(file: File) -> Iterator[Edit]:
    for match in file.find(r"^contraindicated:\n  - when: [^\n|]+\n    why: [^\n]+\n()"):
        yield Edit(match.start(1), match.start(1), f"    begin: {MARK}now\n")


@operator("idle-key", "option")
def an_indication_that_begins_no_sooner(file: File) -> Iterator[Edit]:
    for match in file.find(r"^indicated:\n  - when: [^\n|]+\n    why: [^\n]+\n()(?!    begin)"):
        yield Edit(match.start(1), match.start(1), f"    begin: {MARK}next_visit\n")


@operator("idle-key", "option")
def a_smaller_dose_that_an_indication_asks_for(file: File) -> Iterator[Edit]:
    for match in file.find(r"^indicated:\n  - when: [^\n|]+\n()"):
        yield Edit(match.start(1), match.start(1), f"    smaller_dose: {MARK}yes\n")


@operator("idle-key", "option")
def a_smaller_dose_of_what_is_not_to_be_given(file: File) -> Iterator[Edit]:
    for match in file.find(r"^    no_usual_dose: yes\n()"):
        yield Edit(match.start(1), match.start(1), f"    smaller_dose: {MARK}yes\n")


@operator("idle-key", "option")
def a_smaller_dose_that_nothing_asks_for(file: File) -> Iterator[Edit]:
    if "smaller_dose" not in file.text:
        for match in file.find(r"^    - \{(?:from|below): [^\n}]*give: [^\n}]+()\}"):
            yield Edit(match.start(1), match.start(1), f", less: {MARK}nothing")


@operator("idle-key", "option")
def sources_of_a_smaller_dose_that_is_not_there(file: File) -> Iterator[Edit]:
    if "smaller_dose" not in file.text:
        for match in file.find(r"^    - \{(?:from|below): [^\n}]*give: [^\n}]+()\}"):
            own = f", less_evidence: {MARK}[{{id: bonemets_definitions, confirmation: ours}}]"
            yield Edit(match.start(1), match.start(1), own)


@operator("unknown-evidence", "option")
def a_row_of_doses_from_a_source_that_is_not_there(file: File) -> Iterator[Edit]:
    for match in file.find(r"^    - \{(?:from|below): [^\n}]*give: [^\n}]+()\}"):
        own = f", evidence: [{{id: {MARK}nowhere_at_all, confirmation: ours}}]"
        yield Edit(match.start(1), match.start(1), own)


@operator("missing-key", "option")
def a_row_without_its_smaller_dose(file: File) -> Iterator[Edit]:
    for match in file.find(r"^    - (below: [^\n]+\n      give: [^\n]+\n)(      less: [^\n]+\n)"):
        yield Edit(match.start(2), match.end(2), "", at=match.start(1))


@operator("idle-key", "interaction")
def a_usual_dose_taken_back_by_a_stop(file: File) -> Iterator[Edit]:
    later = r"(?:(?:wait|routine): .+\n)*()"
    for match in file.find(r"^effect: stop\nwhen: [^\n|]+\nwhy: [^\n]+\n" + later):
        yield Edit(match.start(1), match.start(1), f"no_usual_dose: {MARK}yes\n")


@operator("unlicensed", "interaction")
def together_on_a_line_that_nobody_read(file: File) -> Iterator[Edit]:
    if "second_hand" not in file.text and "confirmation: read" not in file.text:
        for match in file.find(r"^effect: (\w+)"):
            yield Edit(match.start(1), match.end(1), f"{MARK}together")


@operator("wrong-type", "alert", most=3)
def a_clock_that_starts_at_a_number(file: File) -> Iterator[Edit]:
    for match in file.find(r"^clock: \{from: (\w+)"):
        yield Edit(match.start(1), match.end(1), f"{MARK}age")


@operator("unknown-alert", "alert")
def beneath_what_is_no_alert(file: File) -> Iterator[Edit]:
    for match in file.find(r"^beneath: \[(\w+)"):
        yield Edit(match.start(1), match.end(1), f"{MARK}{match[1]}q")


@operator("names-itself", "alert", most=3)
def beneath_itself(file: File) -> Iterator[Edit]:
    own = file.first(r"^alert: (\w+)")[1]
    for match in file.find(r"^beneath: \["):
        yield Edit(match.end(), match.end(), f"{MARK}{own}, ")


@operator("cycle", "alert", most=3)
def beneath_each_other(file: File) -> Iterator[Edit]:
    own = file.first(r"^alert: (\w+)")[1]
    above = [n for n, a in pack().alerts.items() if own in a.beneath]
    match = re.search(r"^beneath: (\[)", file.text, re.MULTILINE)
    names = list(pack().alerts)
    for name in above[:1]:
        # the circle is told at the alert that stands first
        if match and names.index(own) < names.index(name):
            at = match.start(1)
            yield Edit(match.end(), match.end(), f"{name}, ", at=at)


@operator("unknown-option", "option", most=3, each=2)
def instead_what_is_no_option(file: File) -> Iterator[Edit]:
    for match in file.find(r"^    instead: \[(\w+)"):
        yield Edit(match.start(1), match.end(1), f"{MARK}{match[1]}q")


@operator("names-itself", "option", most=3, each=2)
def instead_itself(file: File) -> Iterator[Edit]:
    own = file.first(r"^option: (\w+)")[1]
    for match in file.find(r"^    instead: \[(\w+)"):
        yield Edit(match.start(1), match.end(1), f"{MARK}{own}")


@operator("dose-gap", "option", most=2)
def a_first_dose_that_starts_too_late(file: File) -> Iterator[Edit]:
    for match in file.find(r"^  rows:\n    - (\{from: )(\d+)"):
        yield Edit(match.start(2), match.end(2), f"{int(match[2]) + 1}", at=match.start(1))


@operator("bands-overlap", "option", most=3, each=3)
def doses_that_overlap(file: File) -> Iterator[Edit]:
    for match in file.find(r"^    - (\{)from: \d+, below: \d+, .*\n    - (\{from: )(\d+)"):
        new = str(int(match[3]) - 1)
        yield Edit(match.start(3), match.end(3), new, at=match.start(2), there=match.start(1))


@operator("bands-gap", "option", most=3, each=3)
def doses_that_do_not_meet(file: File) -> Iterator[Edit]:
    for match in file.find(r"^    - (\{)from: \d+, below: \d+, .*\n    - (\{from: )(\d+)"):
        new = str(int(match[3]) + 1)
        yield Edit(match.start(3), match.end(3), new, at=match.start(2), there=match.start(1))


@operator("unknown-variable", "option", most=3, each=3)
def a_check_that_needs_nothing(file: File) -> Iterator[Edit]:
    for match in file.find(r"\bneeds: \[(\w+)"):
        yield Edit(match.start(1), match.end(1), f"{MARK}{match[1]}q")


@operator("unknown-variable", "scope", most=2, each=2)
def a_scope_of_no_variable(file: File) -> Iterator[Edit]:
    for match in file.find(r"^(?:cancer_variable: |summary: \[)(\w+)"):
        yield Edit(match.start(1), match.end(1), f"{MARK}{match[1]}q")


@operator("wrong-type", "scope", most=1)
def a_scope_that_is_no_condition(file: File) -> Iterator[Edit]:
    match = file.first(r"^adult: (.*)$")
    yield Edit(match.start(1), match.end(1), f"{MARK}age")


@operator("unknown-place", *ITEMS)
def a_place_that_nothing_fills(file: File) -> Iterator[Edit]:
    for match in file.find(r"^  clinician: (\"?)"):
        end = file.first(r"^  clinician: .*$").end()
        quote = '"' if match[1] else ""
        yield (
            Edit(match.end(), end, f"{MARK}The value is {{valeu}}.{quote}")
            if quote
            else Edit(match.end(), end, f'"{MARK}The value is {{valeu}}."')
        )


@operator("patient-dose", *ITEMS)
def a_dose_for_a_patient(file: File) -> Iterator[Edit]:
    match = file.first(r"^  patient: (.*)$")
    new = f"{MARK}Call the emergency number now and take 4 mg."
    yield Edit(match.start(1), match.end(1), new)


@operator("patient-dose", "option")
def a_dose_in_a_title_for_patients(file: File) -> Iterator[Edit]:
    match = file.first(r"^patient_title: (.*)$")
    yield Edit(match.start(1), match.end(1), f"{MARK}A drip (4 mg)")


@operator("no-call", "alert")
def an_urgent_alert_that_asks_for_nothing(file: File) -> Iterator[Edit]:
    if re.search(r"^urgency: (now|today)$", file.text, re.MULTILINE):
        match = file.first(r"^  patient: (.*)$")
        yield Edit(match.start(1), match.end(1), f"{MARK}The calcium in your blood is high.")


@operator("lesion-variable", *ITEMS)
def a_lesions_value_in_a_patients_text(file: File) -> Iterator[Edit]:
    if "\nentity: lesion\n" not in file.text:
        match = file.first(r"^  clinician: (.*)$")
        yield Edit(match.start(1), match.end(1), f'"{MARK}The lesion is at {{lesion}}."')


# --- terms ---------------------------------------------------------------------------------------


@operator("unknown-unit", "terms", most=1)
def spellings_of_no_unit(file: File) -> Iterator[Edit]:
    at = file.first(r"^unit_spellings:.*\n").end()
    yield Edit(at, at, f"  {MARK}mmols/L: [mmols/l]\n")


@operator("duplicate-spelling", "terms", each=4)
def a_spelling_of_two_units(file: File) -> Iterator[Edit]:
    first = file.first(r"^  umol/L: \[([^,]+),")
    for match in islice(file.find(r"^  (?!umol/L)\w+/\w+: \[[^\]]*(\])"), 4):
        yield Edit(match.start(1), match.end(1), f", {MARK}{first[1]}]", there=first.start(1))


@operator("duplicate-code", "terms", most=2, each=2)
def a_code_of_two_answers(file: File) -> Iterator[Edit]:
    first = file.first(r'^"yes":\n(?:  .*\n)*?  hl7: \[(\w+)')
    for match in file.find(r'^"no":\n(?:  .*\n)*?  hl7: \[\w+'):
        yield Edit(match.end(), match.end(), f", {MARK}{first[1]}", there=first.start(1))


# --- coverage ------------------------------------------------------------------------------------


@operator("unknown-item", "coverage", each=2)
def a_row_held_by_nothing(file: File) -> Iterator[Edit]:
    for match in file.find(r"^  [A-Z]+-\d+: \{tier: 1, items: \[(\w+)"):
        yield Edit(match.start(1), match.end(1), f"{MARK}no_such_item")


@operator("row-open", "coverage", each=2)
def a_row_with_items_and_a_reason(file: File) -> Iterator[Edit]:
    for match in file.find(r"^  ([A-Z]+-\d+): \{tier: 1, items: \[[^\]]*\]()"):
        yield Edit(match.start(2), match.end(2), ", reason: not_yet", at=match.start(1))


@operator("bad-number", "coverage", each=2)
def a_tier_that_is_none(file: File) -> Iterator[Edit]:
    for match in file.find(r"^  [A-Z]+-\d+: \{tier: (1)"):
        yield Edit(match.start(1), match.end(1), f"{MARK}4")


# --- where sources disagree -----------------------------------------------------------------------


@operator("unknown-position", "disagreement")
def a_position_that_nobody_holds(file: File) -> Iterator[Edit]:
    match = file.first(r"^follows: (\w+)$")
    yield Edit(match.start(1), match.end(1), f"{MARK}no_such_position")


@operator("one-position", "disagreement")
def a_disagreement_of_one(file: File) -> Iterator[Edit]:
    if "opioid" not in file.name:  # where an expression asks for what goes, more is told
        return
    first = file.first(r"^follows: (\w+)$")[1]
    match = file.first(r"^positions:\n((?:  .*\n)+)")
    start = file.text.index(f"  {first}:\n", match.start(1))
    end = re.compile(r"^(?!    )", re.MULTILINE).search(file.text, start + len(first) + 4)
    assert end is not None
    kept = file.text[start : end.start()]
    yield Edit(match.start(1), match.end(1), f"  {MARK}{kept[2:]}")


@operator("told-nowhere", "disagreement")
def a_disagreement_beside_nothing(file: File) -> Iterator[Edit]:
    match = file.first(r"^beside: (\[[^\]]*\])")
    yield Edit(match.start(1), match.end(1), f"{MARK}[]")


# --- models of outlook, pages for patients, the guide -------------------------------------------


@operator("bands-differ", "outlook")
def a_band_that_the_score_has_not(file: File) -> Iterator[Edit]:
    match = file.first(r"^(outcomes:)\n")
    yield Edit(match.end(), match.end(), "  no_such_band: []\n", at=match.start(1))


@operator("unlicensed", "outlook")
def a_figure_that_nobody_read(file: File) -> Iterator[Edit]:
    for match in file.find(r"^ +- (\{what: [^\n]*value: [^\n]*evidence: \[)\{[^\n]*\]\}$"):
        cited = "{id: bonemets_definitions, confirmation: ours}]}"
        yield Edit(match.start(1), match.end(), f"{MARK}{match[1]}{cited}")


@operator("bad-number", "outlook")
def an_outcome_of_more_than_all(file: File) -> Iterator[Edit]:
    for match in file.find(r"^ +- (\{what: alive[^\n]*?value: )[\d.]+"):
        yield Edit(match.start(1), match.end(), f"{MARK}{match[1]}101")


@operator("unknown-action", "outlook")
def a_model_of_no_score(file: File) -> Iterator[Edit]:
    match = file.first(r"^score: (\w+)$")
    yield Edit(match.start(1), match.end(1), f"{MARK}no_such_score")


@operator("told-twice", "guide", each=2)
def a_folder_in_two_chapters(file: File) -> Iterator[Edit]:
    first = file.first(r"folders: \[(\w+)")[1]
    for match in islice(file.find(r"folders: \[\w+(?:, \w+)*(\])"), 1, 3):
        yield Edit(match.start(1), match.end(1), f", {MARK}{first}]")


@operator("no-chapter", "guide", each=2)
def a_folder_in_no_chapter(file: File) -> Iterator[Edit]:
    at = file.first(r"^chapters:").start()
    for match in islice(file.find(r"folders: \[\w+(, \w+)"), 2):
        yield Edit(match.start(1), match.end(1), "", at=at)


@operator("unknown-action", "guide", each=2)
def a_group_with_a_test_of_another_chapter(file: File) -> Iterator[Edit]:
    for match in islice(file.find(r"tests: \[\w+(, )\w+"), 2):
        yield Edit(match.start(1), match.end(1), f", {MARK}dental_examination, ")


@operator("told-twice", "guide", each=2)
def a_test_twice_in_groups(file: File) -> Iterator[Edit]:
    first = file.first(r"tests: \[(\w+)")[1]
    for match in islice(file.find(r"tests: \[\w+(?:, \w+)*(\])"), 2):
        yield Edit(match.start(1), match.end(1), f", {MARK}{first}]")


@operator("no-chapter", "guide", each=2)
def a_test_in_no_group(file: File) -> Iterator[Edit]:
    at = file.first(r"^    groups:").start() + len("    ")
    for match in islice(file.find(r"tests: \[\w+(, \w+)"), 2):
        yield Edit(match.start(1), match.end(1), "", at=at)


@operator("patient-dose", "handout")
def a_dose_in_a_handout(file: File) -> Iterator[Edit]:
    match = file.first(r"^text:\n  - ")
    yield Edit(match.end(), match.end(), f'"{MARK}Take 5 mg."\n  - ')


def plantings() -> Iterator[Planting]:
    """Every planting of every operator."""
    for planter in PLANTERS.values():
        yield from planter.plantings()
