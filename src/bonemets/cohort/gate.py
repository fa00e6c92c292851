"""Which patients of a batch the findings are for: the gate of the assessment, for many at once.

What the columns of the batch settle is taken from them; the rare rest is asked of the assessment's
own gate, patient by patient.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from bonemets.engine import BatchFindings, Engine
from bonemets.model import Record
from bonemets.values import NO, NONE, YES
from bonemets.writing.view import View


def in_scope_of(
    engine: Engine, found: BatchFindings, record_at: Callable[[int], tuple[Record, int]]
) -> Any:
    """Say by rank whom the findings are for.

    `record_at` gives a patient of the batch, as handed in, with the index moment.
    """
    patients = len(found.rank_of)
    scope, results = engine.pack.scope, engine.results
    if scope is None or ("scope", "cancer") not in results:
        return np.ones(patients, bool)

    def truth(what: str) -> Any:
        codes = np.asarray(found.registers[results["scope", what].at])
        return np.broadcast_to(codes, (patients,))

    cancer, adult = truth("cancer"), truth("adult")
    heard, base = np.zeros(patients, bool), found.selection.base
    for name in (scope.cancer_variable, *engine.lineage.behind[scope.cancer_variable]):
        start = base.get(name)
        if start is not None and engine.trees.symbols[name].entity == "patient":
            heard |= found.selection.picked.state[start : start + patients] > NONE
    result = (adult != NO) & ((cancer == YES) | ((cancer != NO) & heard))
    unclear = np.flatnonzero((adult != NO) & (cancer == NO) & heard)
    if len(unclear):
        place = np.argsort(np.array(found.rank_of, np.int64))
        for rank in unclear.tolist():
            i = int(place[rank])
            result[rank] = View(engine.run_one(*record_at(i))).gate_open
    return result
