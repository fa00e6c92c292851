"""The next best question: which missing variable's answers would settle most.

The completions of one patient, each with one answer filled in, are a small batch for the same
program (design.md, "What to show, and in what order").
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bonemets.program import Facts, Key, Output, Program
from bonemets.values import NO, OPEN, SURE, Arrays, Bools, Floats, Lesions, Scalars, where


@dataclass(frozen=True, slots=True)
class Candidate:
    """A variable to ask for, of the patient or of one lesion, and the answers that there may be.

    An answer is a mask (booleans and levels) or one number.
    """

    name: str
    lesion: int | None
    answers: tuple[int | float, ...]


@dataclass(frozen=True, slots=True)
class Target:
    """A result that is open, of the patient or of one lesion, and what settling it is worth."""

    key: Key
    lesion: int | None
    weight: float


@dataclass(frozen=True, slots=True)
class Settled:
    """What one answer settles: places in the list of targets, and to what each is settled.

    To True or False, or to the number of the one level that is left.
    """

    target: int
    to: bool | int


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate with what each of its answers settles, and the mean worth of what may come of it.

    Answers that settle the same are one thing that may come of it: thirty levels of lost feeling
    make no yes more likely.
    """

    candidate: Candidate
    settles: tuple[tuple[Settled, ...], ...]
    worth: float


def rank(
    program: Program,
    run: Callable[[Any, Facts], tuple[Any, ...]],
    facts: Facts,
    one: Scalars,
    candidates: Sequence[Candidate],
    targets: Sequence[Target],
) -> list[Ranked]:
    """Rank candidates by what may come of them on average, those that settle nothing left out.

    Args:
        program: the compiled pack.
        run: its linked function.
        facts: one patient's facts, as scalars.
        one: the operations on that patient, which hold the shape of its lesion list.
        candidates: what could be asked, with possible answers.
        targets: what is open.
    """
    many = sum(len(c.answers) for c in candidates)
    if not many or not targets:
        return []
    copies = _copies(facts, many)
    number = 0
    for candidate in candidates:
        for answer in candidate.answers:
            _fill(program, copies, candidate, answer, number, many)
            number += 1
    registers = run(Arrays(_layout(one, many)), copies)
    results = program.by_key()
    entries = [results[t.key] for t in targets]
    left = np.array(
        [_left(e, t.lesion, registers, many) for e, t in zip(entries, targets, strict=True)]
    )
    truths = np.array([e.form == "truth" for e in entries])
    settled: Bools = where(truths[:, None], left != OPEN, left & (left - 1) == 0)
    worths: Floats = np.array([t.weight for t in targets]) @ settled
    ranked: list[Ranked] = []
    end = 0
    for candidate in candidates:
        start, end = end, end + len(candidate.answers)
        if worths[start:end].any():
            found = tuple(
                tuple(
                    [
                        Settled(n, _meant(left[n, copy], truth=truths[n]))
                        for n in np.flatnonzero(settled[:, copy]).tolist()
                    ]
                )
                for copy in range(start, end)
            )
            come = dict(zip(found, worths[start:end].tolist(), strict=True))
            ranked.append(Ranked(candidate, found, sum(come.values()) / len(come)))
    ranked.sort(key=lambda r: -r.worth)
    return ranked


def _copies(facts: Facts, many: int) -> Facts:
    """Give the facts of one patient as those of a batch of its copies."""

    def of_patient(column: list[Any], kind: Any) -> list[Any]:
        return list(np.repeat(np.array(column, kind)[:, None], many, axis=1))

    def of_lesions(column: list[list[Any]], kind: Any) -> list[list[Any]]:
        return [[np.repeat(np.array(values, kind), many)] for values in column]

    return Facts(
        of_patient(facts.masks, np.int64),
        of_patient(facts.lows, np.float64),
        of_patient(facts.highs, np.float64),
        of_patient(facts.states, np.int8),
        of_lesions(facts.lesion_masks, np.int64),
        of_lesions(facts.lesion_lows, np.float64),
        of_lesions(facts.lesion_highs, np.float64),
        of_lesions(facts.lesion_states, np.int8),
        facts.index,
    )


def _fill(
    program: Program, facts: Facts, asked: Candidate, answer: int | float, copy: int, many: int
) -> None:
    """Record an answer in one of the copies."""
    entry = program.inputs[asked.name]
    if asked.lesion is None:
        masks, lows, highs, states = facts.masks, facts.lows, facts.highs, facts.states
        at = copy
    else:
        masks, lows, highs, states = (
            [column[0] for column in columns]
            for columns in (
                facts.lesion_masks,
                facts.lesion_lows,
                facts.lesion_highs,
                facts.lesion_states,
            )
        )
        at = asked.lesion * many + copy
    if entry.kind in ("boolean", "level"):
        masks[entry.slot][at] = answer
    else:
        lows[entry.slot][at] = highs[entry.slot][at] = answer
    if entry.state is not None:
        states[entry.state][at] = SURE


def _layout(one: Scalars, many: int) -> Lesions:
    """Give the layout of a batch of copies: slot s holds the s-th lesion of each."""
    copies = np.arange(many)
    return Lesions(
        many,
        (many,) * one.n,
        np.full(many, one.open),
        np.concatenate([g * many + copies for g in one.group]) if one.n else copies[:0],
        np.repeat(np.array(one.several, bool), many),
        np.repeat(np.array(one.doubtful, bool), many),
    )


def _left(result: Output, lesion: int | None, registers: tuple[Any, ...], many: int) -> Any:
    """Give what is left of a result in each copy."""
    at = slice(0, many) if lesion is None else slice(lesion * many, (lesion + 1) * many)
    found = registers[result.at]
    found = np.asarray(found if result.entity == "patient" else found[0])
    return np.broadcast_to(found[at] if found.ndim else found, many).astype(np.int64)


def _meant(left: Any, *, truth: Any) -> bool | int:
    """Say to what a result is settled, by what is left of it."""
    return int(left) != NO if truth else int(left).bit_length() - 1
