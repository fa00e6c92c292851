"""Where the time goes: by stage, and by item of the knowledge, for whoever writes it."""

from __future__ import annotations

from typing import Final

from bonemets.api import Knowledge
from bonemets.cohort.run import Cohort

RUNS: Final = 3
MOST_SHOWN: Final = 40
SAMPLE: Final = 2048


def profile_text(knowledge: Knowledge, done: Cohort) -> str:
    """Write the times of a finished cohort."""
    m = done.manifest
    total = sum(m.seconds.values()) or 1.0
    lines = ["Processor time by stage:"]
    for stage, spent in sorted(m.seconds.items(), key=lambda x: -x[1]):
        each = 1e6 * spent / max(m.patients, 1)
        lines.append(f"  {stage:<24}{spent:10.2f} s {spent / total:6.1%} {each:10.1f} us a patient")
    return "\n".join(lines) + "\n"
