"""How far the program is from bare NumPy: its comparisons and Boolean operations by hand."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

import numpy as np
from harness import interleaved, one_core, report
from padding import computed_items, draw, padded, size

import bonemets
from bonemets.program import compile_pack, link
from bonemets.values import Arrays

ITEMS, PATIENTS = 1000, 16_384
OPERATIONS = {"&": np.bitwise_and, "|": np.bitwise_or}
COMPARISONS = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "==": np.equal,
    "!=": np.not_equal,
}


def counted(source: str) -> tuple[Counter[str], int]:
    """Count the operators of generated source, by kind, and the calls of operations on sets."""
    found = Counter(re.findall(r"(?<= )(<=|>=|==|!=|<|>|&|\|)(?= )", source))
    return found, len(re.findall(r"\bo\.(?!slots|constants)", source))


def floor(operators: Counter[str], rng: np.random.Generator) -> Callable[[], None]:
    """The same number of the same operations on ready arrays, with nothing around them."""
    left, right = rng.random(PATIENTS) < 0.5, rng.random(PATIENTS) < 0.5
    low, high = rng.random(PATIENTS), rng.random(PATIENTS)
    bits, numbers = np.empty(PATIENTS, bool), np.empty(PATIENTS, bool)
    logic = [f for sign, f in OPERATIONS.items() for _ in range(operators[sign])]
    tests = [f for sign, f in COMPARISONS.items() for _ in range(operators[sign])]

    def run() -> None:
        for function in logic:
            function(left, right, out=bits)
        for function in tests:
            function(low, high, out=numbers)

    return run


def main() -> None:
    core = one_core()
    pack = bonemets.load_pack().pack
    wide = padded(pack, ITEMS)
    program = compile_pack(wide)
    run = link(program.source)
    drawn = draw(wide, program, PATIENTS)
    layout = Arrays(drawn.lesions)
    operators, calls = counted(program.source)
    bare = floor(operators, np.random.default_rng(1))
    ours, least = interleaved([lambda: run(layout, drawn.facts), bare], seconds=0.5)
    ratios = sorted(a / b for a, b in zip(ours.seconds, least.seconds, strict=True))
    logic, tests = (sum(operators[s] for s in kind) for kind in (OPERATIONS, COMPARISONS))
    report(
        "The program beside bare NumPy",
        (
            f"{core}; five runs each, in turn; {PATIENTS:,} patients; "
            f"the shipped knowledge padded to {computed_items(wide):,} items",
            size(wide, program).shown(),
            f"bare: {logic:,} Boolean operations and {tests:,} comparisons of floats, "
            "into ready arrays that stay in the processor's cache",
            f"the program does these, {calls:,} calls of operations on sets (products, powers, "
            "scores, lesions, reading facts), and keeps every result",
        ),
        [
            ("the program", ours.shown(1e3, "ms", 1), ""),
            ("bare NumPy", least.shown(1e3, "ms", 1), ""),
            (
                "program / bare, run by run",
                f"{ratios[len(ratios) // 2]:.1f} ({ratios[0]:.1f} to {ratios[-1]:.1f})",
                "",
            ),
        ],
    )


if __name__ == "__main__":
    main()
