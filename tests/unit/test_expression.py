"""The grammar is closed: everything in it is accepted, all else is refused with its place."""

from __future__ import annotations

import ast

import pytest

from bonemets import expression as ex
from bonemets.expression import BadExpression, Node, Symbol, good_name, names, parse, walk
from small_pack import marked

GRADES = ("g0", "g1a", "g1b", "g2")
SYMBOLS = {
    s.name: s
    for s in (
        Symbol("pain", "patient", "boolean"),
        Symbol("fever", "patient", "boolean"),
        Symbol("limb_weakness", "patient", "boolean", where="variables/neurology.yaml:4"),
        Symbol("site", "patient", "level", levels=("breast", "prostate", "lung")),
        Symbol("other_site", "patient", "level", levels=("breast", "prostate", "lung")),
        Symbol("grade", "patient", "level", levels=GRADES, ordered=True),
        Symbol("calcium", "patient", "number", "mmol/L"),
        Symbol("limit", "patient", "number", "mmol/L"),
        Symbol("weight", "patient", "number", "kg"),
        Symbol("clearance", "patient", "number", "mL/min"),
        Symbol("creatinine", "patient", "number", "umol/L"),
        Symbol("ratio", "patient", "number", "1"),
        Symbol("falls", "patient", "number", "1", integer=True),
        Symbol("onset", "patient", "date"),
        Symbol("given_on", "patient", "date"),
        Symbol("there", "lesion", "boolean"),
        Symbol("quality", "lesion", "level", levels=("lytic", "mixed", "blastic")),
        Symbol("size", "lesion", "number", "cm"),
    )
}
EVERYTHING = frozenset({"known", "count_alerts"})


def tree(text: str, want: ex.Kind = "boolean", **more: object) -> Node:
    return parse(text, SYMBOLS, want=want, **{"allow": EVERYTHING, **more})  # type: ignore[arg-type]


def problems(text: str, want: ex.Kind = "boolean", **more: object) -> list[ex.Problem]:
    with pytest.raises(BadExpression) as caught:
        tree(text, want, **more)
    return caught.value.problems


# --- what is in the grammar ----------------------------------------------------------------------

CONDITIONS = [
    "pain",
    "pain and fever",
    "pain and fever and limb_weakness or not pain",
    "not pain",
    "not (pain or fever)",
    "calcium < 2.9",
    "calcium <= 2.9",
    "calcium > 2.9",
    "calcium >= 2.9",
    "2.9 < calcium",
    "2.9 <= calcium < 3.5",
    "3.5 > calcium >= 2.9",
    "1 < calcium < limit <= 4",
    "calcium < limit",
    "falls == 2",
    "falls != 2",
    "falls in {0, 1}",
    "falls not in {2}",
    "falls in {-1, 1}",
    "site == breast",
    "site != breast",
    "breast == site",
    "site in {breast}",
    "site not in {breast, lung}",
    "grade >= g1b",
    "g1b <= grade",
    "g1a <= grade < g2",
    "onset < given_on",
    "onset <= index_date",
    "(pain if fever else limb_weakness)",
    "either(pain, fever)",
    "any_lesion(there)",
    "all_lesions(there, size > 2)",
    "count_lesions(there and quality == lytic) >= 2",
    "max_lesion(size) > 3",
    "min_lesion(size, there) < 3",
    "sum_lesions(size) > 3",
    "at_least(2, pain, fever, limb_weakness)",
    "count_alerts(now) >= 1",
    "known(calcium)",
    "known(pain) and not known(site)",
    "pain # and a word why",
    "pain\nand (\n  fever\n  or limb_weakness\n)",
    "((pain))",
]
NUMBERS = [
    "calcium",
    "2.5",
    "-2.5",
    "-calcium",
    "calcium + limit",
    "calcium - 1",
    "calcium * 2",
    "calcium / limit",
    "weight / 2 / ratio",
    "1 + 2 * 3 - 4 / 5",
    "calcium ** 2",
    "calcium ** -0.5",
    "abs(calcium - limit)",
    "min(calcium, limit, 3)",
    "max(calcium, 0)",
    "exp(ratio)",
    "log(weight)",
    "either(calcium, limit)",
    "calcium if pain else limit",
    "days_between(onset, index_date)",
    "hours_between(onset, given_on)",
    "months_between(onset, index_date)",
    "years_between(onset, index_date)",
    "count_lesions(there)",
    "0x10 + 1e2",
]
LEVELS = [
    "g0",
    "grade",
    "g0 if pain else g1a if fever else g2",
    "either(g0, g1a)",
    "either(grade, g2) if pain else g0",
]
DATES = ["onset", "index_date", "onset if pain else given_on", "either(onset, index_date)"]


@pytest.mark.parametrize("text", CONDITIONS)
def test_conditions_of_the_grammar_are_accepted(text: str) -> None:
    assert tree(text).type.kind == "boolean"


@pytest.mark.parametrize("text", NUMBERS)
def test_numbers_of_the_grammar_are_accepted(text: str) -> None:
    assert tree(text, "number").type.kind == "number"


@pytest.mark.parametrize("text", LEVELS)
def test_levels_of_the_grammar_are_accepted(text: str) -> None:
    assert tree(text, "level", domain=GRADES).type.domain == GRADES


@pytest.mark.parametrize("text", DATES)
def test_dates_of_the_grammar_are_accepted(text: str) -> None:
    assert tree(text, "date").type.kind == "date"


def test_every_kind_of_node_and_function_was_accepted() -> None:
    trees = [tree(t) for t in CONDITIONS] + [tree(t, "number") for t in NUMBERS]
    trees += [tree(t, "level", domain=GRADES) for t in LEVELS] + [tree(t, "date") for t in DATES]
    met = [node for one in trees for node in walk(one)]
    kinds = {
        k
        for k in vars(ex).values()
        if isinstance(k, type) and issubclass(k, Node) and k is not Node
    }
    assert {type(node) for node in met} == kinds - {ex.Settled}  # never left in a tree
    called = {n.function for n in met if isinstance(n, ex.Call | ex.Between | ex.OverLesions)}
    called |= {"at_least", "count_alerts", "known"}
    assert called == set(ex.FUNCTIONS)
    assert {n.op for n in met if isinstance(n, ex.Compare)} == {"<", "<=", ">", ">=", "==", "!="}
    assert {n.op for n in met if isinstance(n, ex.Arithmetic)} == {"+", "-", "*", "/"}


# --- what it means -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        ("grade == g1a", ("g1a",)),
        ("grade != g1a", ("g0", "g1b", "g2")),
        ("grade < g1b", ("g0", "g1a")),
        ("grade <= g1b", ("g0", "g1a", "g1b")),
        ("grade > g1a", ("g1b", "g2")),
        ("grade >= g1b", ("g1b", "g2")),
        ("g1b > grade", ("g0", "g1a")),
        ("g1b <= grade", ("g1b", "g2")),
        ("grade in {g2, g0}", ("g0", "g2")),
        ("grade not in {g2, g0}", ("g1a", "g1b")),
    ],
)
def test_levels_compare_by_their_declared_order(text: str, levels: tuple[str, ...]) -> None:
    found = tree(text)
    assert isinstance(found, ex.OneOf)
    assert found.levels == levels


def test_a_chain_is_each_of_its_pairs() -> None:
    chain = tree("1 <= calcium < 2 < limit")
    assert isinstance(chain, ex.And)
    assert [(n.op, type(n.a), type(n.b)) for n in chain.items if isinstance(n, ex.Compare)] == [
        ("<=", ex.Number, ex.Name),
        ("<", ex.Name, ex.Number),
        ("<", ex.Number, ex.Name),
    ]
    assert chain == tree("1 <= calcium and calcium < 2 and 2 < limit")


def test_python_decides_what_binds_first() -> None:
    assert tree("pain or fever and not pain") == tree("pain or (fever and (not pain))")
    assert tree("-calcium ** 2", "number") == tree("-(calcium ** 2)", "number")
    assert tree("1 - 2 - calcium", "number") == tree("(1 - 2) - calcium", "number")
    assert tree("ratio * 2 + 1", "number") != tree("ratio * (2 + 1)", "number")


@pytest.mark.parametrize(
    ("text", "value"),
    [("-2", -2.0), ("--2", 2.0), ("1 + 2 * 3", 7.0), ("1 / 4", 0.25), ("7 - 9", -2.0)],
)
def test_constants_are_folded(text: str, value: float) -> None:
    found = tree(text, "number")
    assert isinstance(found, ex.Number)
    assert found.value == value


def test_equal_subtrees_are_equal_wherever_they_stand() -> None:
    one = tree("calcium > 3 and (pain or calcium > 3)")
    assert isinstance(one, ex.And)
    other = one.items[1]
    assert isinstance(other, ex.Or)
    assert one.items[0] == other.items[1]
    assert hash(one.items[0]) == hash(other.items[1])
    assert one.items[0].at != other.items[1].at


def test_the_names_of_an_expression_stand_in_order_each_once() -> None:
    assert names(tree("fever and pain or not fever and calcium > limit")) == (
        "fever",
        "pain",
        "calcium",
        "limit",
    )
    assert names(tree("known(site)")) == ("site",)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("pain and calcium > 3", "calcium > 3"),
        ("(pain\n and (calcium\n > 3))", "calcium\n > 3"),
        ("pain and\n\n  calcium > 3  ", "calcium > 3"),
    ],
)
def test_a_subtree_knows_its_text(text: str, part: str) -> None:
    (found,) = [n for n in walk(tree(text)) if isinstance(n, ex.Compare)]
    assert text[slice(*found.at)] == part


def test_what_names_a_lesion_belongs_to_a_lesion() -> None:
    assert tree("pain and size > 2", entity="lesion").entity == "lesion"
    assert tree("pain", entity="lesion").entity == "patient"
    assert tree("any_lesion(there and pain)").entity == "patient"
    assert tree("at_least(1, pain, there)", entity="lesion").entity == "lesion"


# --- units ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "calcium < limit + 0.5",
        "calcium - limit > 2 * calcium",
        "calcium / limit > ratio",
        "weight * calcium > calcium * weight",
        "calcium ** 2 > calcium * limit",
        "calcium ** 0 > ratio",
        "creatinine * 0.0113 > calcium",
        "calcium ** 0.5 > weight",
        "days_between(onset, index_date) > 7",
        "log(weight) > ratio",
        "log(weight) > calcium",
        "min(calcium, 3) < limit",
    ],
)
def test_units_that_agree_are_accepted(text: str) -> None:
    assert tree(text)


@pytest.mark.parametrize(
    "text",
    [
        "¦calcium < weight",
        "pain and ¦clearance < creatinine",
        "¦calcium + weight > 2",
        "pain or ¦calcium - weight > 2",
        "¦calcium * weight > calcium",
        "¦calcium / limit > limit",
        "¦calcium ** 2 > calcium",
        "¦min(calcium, weight) > 2",
        "¦max(2, calcium, weight) > 2",
        "¦either(calcium, weight) > 2",
        "(¦calcium if pain else weight) > 2",
        "¦days_between(onset, index_date) > months_between(onset, index_date)",
        "1 < calcium ¦ < weight",
    ],
)
def test_units_that_do_not_meet_are_refused(text: str) -> None:
    plain, ((line, column),) = marked(text)
    (problem,) = problems(plain)
    assert problem.code == "unit-mismatch"
    if " ¦ " not in text:  # a chain is named as a whole
        assert (problem.line, problem.column) == (line, column)


def test_a_unit_mismatch_says_what_is_compared_with_what() -> None:
    (problem,) = problems("clearance < creatinine")
    assert problem.message == (
        "`clearance < creatinine` compares mL/min with umol/L. "
        "Compare it with a number, or with a variable in mL/min."
    )


@pytest.mark.parametrize("text", ["weight", "calcium * weight", "calcium / limit"])
def test_a_formula_has_the_unit_of_its_variable(text: str) -> None:
    assert [p.code for p in problems(text, "number", unit="mmol/L")] == ["unit-mismatch"]


@pytest.mark.parametrize("text", ["calcium", "calcium + 1", "weight * 2", "3", "log(weight)"])
def test_a_formula_in_the_unit_of_its_variable_is_accepted(text: str) -> None:
    assert tree(text, "number", unit="mmol/L")


# --- what is not in it ---------------------------------------------------------------------------

REFUSED = [
    # text: the place is marked; code
    ("¦", "empty-expression"),
    ("¦ \n ", "empty-expression"),
    ("pain and ¦é", "not-ascii"),
    ("pain\nand calcium ¦≥ 3", "not-ascii"),
    ("¦" + "pain or " * 250 + "pain", "too-long"),
    ("pain and¦", "bad-expression"),
    ("pain ¦fever", "bad-expression"),
    ("(pain and fever¦", "bad-expression"),
    ("pain)¦", "bad-expression"),
    ("pain¦) or (fever", "bad-expression"),
    ("¦pain, fever", "bad-expression"),
    ("¦" + "not " * 490 + "pain", "bad-expression"),
    ("pain and ¦import", "bad-expression"),
    # nodes
    ("¦pain.real", "not-in-grammar"),
    ("¦site[0]", "not-in-grammar"),
    ("(¦lambda: pain)", "not-in-grammar"),
    ("¦{pain}", "not-in-grammar"),
    ("¦[pain]", "not-in-grammar"),
    ("¦{pain: fever}", "not-in-grammar"),
    ("(¦(pain, fever))", "bad-expression"),
    ("¦f'{pain}'", "not-in-grammar"),
    ("(¦x := pain)", "not-in-grammar"),
    ("¦[x for x in site]", "not-in-grammar"),
    ("¦'pain'", "not-in-grammar"),
    ("¦b'pain'", "not-in-grammar"),
    ("¦True", "not-in-grammar"),
    ("¦None", "not-in-grammar"),
    ("¦...", "not-in-grammar"),
    ("calcium > ¦1j", "not-in-grammar"),
    ("calcium > ¦1e15", "not-in-grammar"),
    ("calcium > ¦1e999", "not-in-grammar"),
    ("calcium > ¦+3", "not-in-grammar"),
    ("calcium > ¦~falls", "not-in-grammar"),
    ("¦falls // 2 > 1", "not-in-grammar"),
    ("¦falls % 2 == 1", "not-in-grammar"),
    ("¦falls << 2 > 1", "not-in-grammar"),
    ("¦pain & fever", "not-in-grammar"),
    ("¦calcium @ limit > 1", "not-in-grammar"),
    ("calcium ** ¦limit > 1", "not-in-grammar"),
    ("¦pain is fever", "not-in-grammar"),
    ("¦pain is not fever", "not-in-grammar"),
    ("site in ¦site", "not-in-grammar"),
    ("site in ¦(breast, lung)", "not-in-grammar"),
    ("site in ¦{}", "not-in-grammar"),
    ("¦__import__('os')", "unknown-function"),
    ("¦calcium.log(2)", "not-in-grammar"),
    ("¦any_lesion(c=there)", "not-in-grammar"),
    ("¦min(*falls) > 1", "not-in-grammar"),
    # names and levels
    ("¦limb_weaknes", "unknown-variable"),
    ("pain and (\n  ¦limb_weaknes\n  or fever)", "unknown-variable"),
    ("¦breast", "unknown-variable"),
    ("¦nowhere", "unknown-variable"),
    ("site == ¦brest", "unknown-level"),
    ("site in {breast, ¦skin}", "unknown-level"),
    ("site == ¦other_site", "unknown-level"),
    ("site == ¦1", "wrong-type"),
    ("site in {¦1}", "wrong-type"),
    ("site in {breast, ¦breast}", "duplicate-level"),
    ("¦site < lung", "not-ordered"),
    ("pain and ¦lung >= site", "not-ordered"),
    ("¦there", "lesion-variable"),
    ("pain and any_lesion(there) and ¦size > 2", "lesion-variable"),
    # types
    ("¦calcium", "wrong-type"),
    ("¦site", "wrong-type"),
    ("¦onset", "wrong-type"),
    ("pain and ¦calcium", "wrong-type"),
    ("not ¦site", "wrong-type"),
    ("-¦pain > 2", "wrong-type"),
    ("calcium + ¦pain > 2", "wrong-type"),
    ("calcium + ¦onset > 2", "wrong-type"),
    ("¦pain == fever", "wrong-type"),
    ("¦calcium > onset", "wrong-type"),
    ("¦pain > 2", "wrong-type"),
    ("¦pain in {breast}", "wrong-type"),
    ("¦calcium in {1, 2}", "wrong-type"),
    ("¦calcium == 2", "equals-on-reals"),
    ("¦calcium != limit", "equals-on-reals"),
    ("falls > ¦1.5", "not-whole"),
    ("falls in {1, ¦1.5}", "not-whole"),
    ("falls in {¦falls}", "not-whole"),
    ("(¦pain if fever else calcium)", "wrong-type"),
    ("pain if ¦calcium else fever", "wrong-type"),
    ("¦either(pain, calcium)", "wrong-type"),
    ("exp(¦pain) > 1", "wrong-type"),
    ("min(1, ¦onset) > 1", "wrong-type"),
    ("days_between(¦calcium, onset) > 1", "wrong-type"),
    ("days_between(onset, ¦3) > 1", "wrong-type"),
    ("any_lesion(¦size)", "wrong-type"),
    ("any_lesion(there, ¦size)", "wrong-type"),
    ("max_lesion(¦there) > 1", "wrong-type"),
    ("known(¦3)", "wrong-type"),
    ("known(¦pain and fever)", "wrong-type"),
    ("known(¦index_date)", "wrong-type"),
    # chains and constants
    ("¦1 < calcium > 2", "bad-chain"),
    ("pain and ¦1 <= calcium >= 2", "bad-chain"),
    ("¦1 == falls == 1", "bad-chain"),
    ("¦falls in {1} in {2}", "bad-chain"),
    ("¦1 < 2", "constant-condition"),
    ("1 < calcium and ¦2 > 1", "constant-condition"),
    ("¦grade >= g0", "constant-condition"),
    ("¦grade < g0", "constant-condition"),
    ("¦site in {breast, prostate, lung}", "constant-condition"),
    ("calcium > ¦1 / 0", "division-by-zero"),
    # functions
    ("¦minimum(calcium, limit) > 1", "unknown-function"),
    ("¦any_leson(there)", "unknown-function"),
    ("¦abs() > 1", "wrong-arguments"),
    ("¦abs(calcium, limit) > 1", "wrong-arguments"),
    ("¦min(calcium) > 1", "wrong-arguments"),
    ("¦either(pain)", "wrong-arguments"),
    ("¦days_between(onset) > 1", "wrong-arguments"),
    ("¦any_lesion()", "wrong-arguments"),
    ("¦any_lesion(there, there, there)", "wrong-arguments"),
    ("¦at_least(1, pain)", "wrong-arguments"),
    ("¦known()", "wrong-arguments"),
    ("¦count_alerts() > 1", "wrong-arguments"),
    ("at_least(¦0, pain, fever)", "bad-count"),
    ("at_least(¦3, pain, fever)", "bad-count"),
    ("at_least(¦1.5, pain, fever)", "bad-count"),
    ("at_least(¦falls, pain, fever)", "bad-count"),
    ("count_alerts(¦soon) > 1", "unknown-urgency"),
    ("count_alerts(¦3) > 1", "unknown-urgency"),
]


@pytest.mark.parametrize(("text", "code"), REFUSED)
def test_what_is_not_in_the_grammar_is_refused_at_its_place(text: str, code: str) -> None:
    plain, ((line, column),) = marked(text)
    (problem,) = problems(plain)
    assert problem.code == code
    if code != "bad-expression":  # there Python's parser says where it gave up
        assert (problem.line, problem.column) == (line, column)
    else:
        assert 1 <= problem.line <= plain.count("\n") + 1
        assert problem.column >= 1


def test_known_and_counted_alerts_stand_only_where_they_are_allowed() -> None:
    for text, word in (
        ("pain or known(calcium)", "known"),
        ("pain or count_alerts(now) > 1", "count_alerts"),
    ):
        (problem,) = problems(text, allow=EVERYTHING - {word})
        assert (problem.code, problem.column) == ("not-here", 9)


def test_levels_of_another_variable_are_refused_in_a_formula() -> None:
    assert [p.code for p in problems("site", "level", domain=GRADES)] == ["wrong-type"]
    assert [p.code for p in problems("g9 if pain else g0", "level", domain=GRADES)] == [
        "unknown-level"
    ]
    assert [p.code for p in problems("1", "level", domain=GRADES)] == ["unknown-level"]
    assert [p.code for p in problems("grade if pain else site", "level", domain=GRADES)] == [
        "wrong-type"
    ]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("limb_weaknes", "Did you mean `limb_weakness` (variables/neurology.yaml:4)?"),
        ("calciun > 1", "Did you mean `calcium`?"),
        ("prostate", "It is a level of `site`: compare that."),
        ("zzz", "Define it under variables/, or mend the name."),
        ("site == brest", "Did you mean `breast`?"),
        ("site == zzz", "Its levels are breast, prostate, lung."),
        ("any_leson(there)", "Did you mean `any_lesion`?"),
        ("calcium and pain", "Compare it, for example `calcium == …`."),
        ("pain is fever", "Write `==`."),
        ("calcium == 2", "Use a range."),
    ],
)
def test_a_refusal_says_what_would_mend_it(text: str, hint: str) -> None:
    assert hint in " ".join(p.message for p in problems(text))


def test_everything_wrong_is_said_at_once_in_order() -> None:
    found = problems("calcum > 3\nand site == brest\nor calcium == 2\nor there")
    assert [(p.line, p.column, p.code) for p in found] == [
        (1, 1, "unknown-variable"),
        (2, 13, "unknown-level"),
        (3, 4, "equals-on-reals"),
        (4, 4, "lesion-variable"),
    ]


def test_the_longest_expression_is_of_two_thousand_characters() -> None:
    text = "pain or " * 249 + "pain"
    assert tree(text + " " * (2000 - len(text)))
    assert [p.code for p in problems(text + " " * (2001 - len(text)))] == ["too-long"]


@pytest.mark.parametrize("name", ["t8", "stage_iv", "grade_1b", "a", "x_"])
def test_good_names(name: str) -> None:
    assert good_name(name)


@pytest.mark.parametrize(
    "name", ["", "T8", "8t", "_a", "a-b", "a b", "é", "lambda", "is", "a\n", "naïve"]
)
def test_bad_names(name: str) -> None:
    assert not good_name(name)


def test_nothing_of_pythons_other_syntax_has_a_handler() -> None:
    """The allow-list is the methods of the checker: a new node class needs a decision."""
    handled = {m[3:] for m in dir(ex._Checker) if m.startswith("on_")}
    assert handled == {"name", "constant", "boolop", "unaryop", "compare", "binop", "ifexp", "call"}
    every = {
        name.lower()
        for name, kind in vars(ast).items()
        if isinstance(kind, type) and issubclass(kind, ast.expr)
    }
    assert handled <= every


# --- where sources disagree ----------------------------------------------------------------------

SIDES = Symbol("sides", "patient", "level", levels=("left", "right", "both"), settled="left")


def settled(text: str, want: ex.Kind = "boolean") -> Node:
    return ex.parse(text, {"sides": SIDES, **SYMBOLS}, want=want)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("sides == left and pain", "pain"),
        ("sides != left and fever or pain", "pain"),
        ("(sides in {left, both} or fever) and pain", "pain"),
        ("not sides == right and pain", "pain"),
        ("(sides == left and pain) or (sides == right and fever)", "pain"),
        ("pain if sides == left else fever", "pain"),
        ("sides not in {left} and pain or fever", "fever"),
    ],
)
def test_the_position_that_is_followed_is_settled_while_reading(text: str, same: str) -> None:
    """The tree is that of the position alone: nothing is left to compute for a patient."""
    assert settled(text) == settled(same)
    assert "sides" not in ex.names(settled(text))


def test_a_number_takes_the_position_that_is_followed() -> None:
    assert settled("1.9 if sides == left else 1.8", "number") == settled("1.9", "number")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("sides == left", "constant-condition"),
        ("sides == left or pain", "constant-condition"),
        ("at_least(1, sides == left, pain)", "constant-condition"),
        ("sides == middle and pain", "unknown-level"),
        ("(1.9 if sides == left else fever) > 1 and pain", "wrong-type"),
    ],
)
def test_a_condition_that_hangs_on_the_position_alone_is_refused(text: str, code: str) -> None:
    """And what stands for the position not followed is checked all the same."""
    with pytest.raises(ex.BadExpression) as refused:
        settled(text)
    assert code in {problem.code for problem in refused.value.problems}
