"""Faults, exceptions by cause, and exit codes (design.md, "Fixed lists").

No message holds a value of a patient: only files, fields, variables and codes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Exit(IntEnum):
    """Exit codes of the command line."""

    DONE = 0
    FAULTS = 1
    USAGE = 2
    REFUSED = 3
    UNREACHABLE = 5
    BUG = 70
    INTERRUPTED = 130


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing wrong at one place.

    It is shown as `file:line:column: code: what is wrong. What would mend it.`
    `line` and `column` count from 1; both are 0 where a place inside the file is not known.
    """

    file: str
    line: int
    column: int
    code: str
    message: str

    def __str__(self) -> str:
        """Give the fault as one line."""
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return f"{place}: {self.code}: {self.message}"


class BonemetsError(Exception):
    """The root of what this package raises on purpose."""

    exit_code: Exit = Exit.BUG


class KnowledgeError(BonemetsError):
    """A pack that does not load: every fault in it, in the order of file and place."""

    exit_code = Exit.FAULTS

    def __init__(self, faults: list[Fault]) -> None:
        """Keep the faults sorted and without repeats."""
        self.faults: tuple[Fault, ...] = tuple(sorted(set(faults)))
        super().__init__("\n".join(str(fault) for fault in self.faults))


class RecordRefused(BonemetsError):
    """A record that cannot be read as one identifiable patient, or a case file with faults."""

    exit_code = Exit.REFUSED

    def __init__(self, faults: list[Fault]) -> None:
        """Keep the faults in the order found."""
        self.faults: tuple[Fault, ...] = tuple(dict.fromkeys(faults))
        super().__init__("\n".join(str(fault) for fault in self.faults))


class UsageError(BonemetsError):
    """A wrong option or argument: what is wrong and what would be right."""

    exit_code = Exit.USAGE
