"""Faults, exceptions by cause, and exit codes (design.md, "Fixed lists").

No message holds a value of a patient: only files, fields, variables and codes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Exit(IntEnum):
    """Exit codes of the command line; of a cohort they are those of one record."""

    DONE = 0
    """Also where an alert fires, values were set aside, or a part of a cohort was not read."""
    FAULTS = 1
    """Faults in the knowledge, or examples that do not hold."""
    USAGE = 2
    """The call itself is wrong, or it names something that is not there."""
    REFUSED = 3
    """What is there cannot be read: a record, or all of a cohort's source."""
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


NO_FOLDER = "no-folder"
"""The code of the fault that a folder of knowledge is not there."""


class BonemetsError(Exception):
    """The root of what this package raises on purpose."""

    exit_code: Exit = Exit.BUG


class KnowledgeError(BonemetsError):
    """A pack that does not load: every fault in it, in the order of file and place."""

    exit_code = Exit.FAULTS

    def __init__(self, faults: list[Fault]) -> None:
        """Keep the faults sorted and without repeats."""
        self.faults: tuple[Fault, ...] = tuple(sorted(set(faults)))
        if all(fault.code == NO_FOLDER for fault in self.faults):
            self.exit_code = Exit.USAGE  # the call names what is not there
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


class SourceRefused(BonemetsError):
    """A cohort's source that is there and cannot be read as one."""

    exit_code = Exit.REFUSED


def failed(code: Exit, message: str) -> BonemetsError:
    """Give what was raised in another process again, by its exit code and its words."""
    kinds = {Exit.USAGE: UsageError, Exit.REFUSED: SourceRefused}
    error = kinds.get(code, BonemetsError)(message)
    error.exit_code = code
    return error
