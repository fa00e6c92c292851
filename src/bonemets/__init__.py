"""bonemets: decision support for bone metastasis.

A record in, an explained and cited assessment out:

    import bonemets
    assessment = bonemets.assess(bonemets.read("record.json"))

Many patients, with the extra `cohort`:

    bonemets.assess_cohort("bulk/", "results/")
"""

from typing import TYPE_CHECKING

from bonemets.api import Knowledge, assess, findings, load_pack, read, reading
from bonemets.model import Assessment, Findings, Reading, Record

if TYPE_CHECKING:
    from bonemets.cohort.batches import evaluate, unpacked
    from bonemets.cohort.run import assess_cohort

__all__ = [
    "Assessment",
    "Findings",
    "Knowledge",
    "Reading",
    "Record",
    "assess",
    "assess_cohort",
    "evaluate",
    "findings",
    "load_pack",
    "read",
    "reading",
    "unpacked",
]


def __getattr__(name: str) -> object:
    """Import what needs the extra `cohort` when it is first asked for."""
    if name == "assess_cohort":
        from bonemets.cohort.run import assess_cohort

        return assess_cohort
    if name == "evaluate":
        from bonemets.cohort.batches import evaluate

        return evaluate
    if name == "unpacked":
        from bonemets.cohort.batches import unpacked

        return unpacked
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
