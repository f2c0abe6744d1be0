"""Every error OpenCSE raises on purpose, and the exit code each gives the command line.

    OpencseError                     1  something OpenCSE did not foresee how to handle
    ├── UsageError                   2  the command, its options or a settings file are wrong
    │   └── DeclarationFaulty        2  an indicator, rule, detector, scenario or control contradicts itself
    ├── InputRejected                3  the records cannot be used
    ├── VerificationFailed           4  a run folder or a flag does not check out
    ├── MachineFault                 5  the machine refused: no space, no permission, no memory
    ├── CellsFailed                  6  some cells of a stress plan could not be run; the others are done
    └── LittleToSay                  7  a run is written, or would be, and says less than it seems

An error says what was expected, what was found, where, and what to do. Library code raises; only the command line
turns an error into an exit.
"""

from __future__ import annotations

from typing import Final


class OpencseError(Exception):
    """A failure that is explained to the user in their own words, without a traceback."""

    exit_code = 1

    def __init__(
        self,
        summary: str,
        *,
        expected: str | None = None,
        found: str | None = None,
        where: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(summary)
        self.summary = summary
        self.expected = expected
        self.found = found
        self.where = where
        self.hint = hint

    def lines(self) -> list[str]:
        """Return the error as printable lines: the summary, then each labelled detail that is known."""
        details = [
            ("expected", self.expected),
            ("found", self.found),
            ("where", self.where),
            ("do", self.hint),
        ]
        return [self.summary, *(f"  {label}: {text}" for label, text in details if text)]

    def __str__(self) -> str:
        return "\n".join(self.lines())


class UsageError(OpencseError):
    """The command, an option or a settings file is wrong."""

    exit_code = 2


class DeclarationFaulty(UsageError):
    """A declaration contradicts the contract or itself; the message lists every fault."""


class InputRejected(OpencseError):
    """The records handed in cannot be read as what they claim to be."""

    exit_code = 3


class VerificationFailed(OpencseError):
    """A run folder, a digest or a flag does not check out."""

    exit_code = 4


class MachineFault(OpencseError):
    """The machine refused what was asked of it: there is no space, no permission, no memory."""

    exit_code = 5


MEMORY_HINT: Final = "Give the command more memory, fewer people, fewer workers or fewer threads."
"""What to do where the memory is used up."""


class CellsFailed(OpencseError):
    """Some cells of a stress plan could not be run, each for a reason written down; the others are done."""

    exit_code = 6


class LittleToSay(OpencseError):
    """A run is complete and says less than it seems: rows were lost, nobody is there, or nobody could be compared."""

    exit_code = 7


def summary_of(error: Exception) -> str:
    """Return in one line what went wrong, whoever raised it.

    Example:
        >>> summary_of(UsageError("There is no such world.")), summary_of(ValueError("7"))
        ('There is no such world.', 'ValueError: 7')
    """
    return error.summary if isinstance(error, OpencseError) else f"{type(error).__name__}: {error}"
