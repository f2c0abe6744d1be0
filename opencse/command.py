"""What a command is: a function, the panel of the help page it stands in, and examples of its use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

HelpPanel = Literal["Make records", "Run", "Read a run", "Check a run", "Measure a run", "Test the method"]

PANELS: Final[tuple[HelpPanel, ...]] = (
    *("Make records", "Run", "Read a run"),
    *("Check a run", "Measure a run", "Test the method"),
)
"""The panels of the help page, in the order in which they are shown."""


@dataclass(frozen=True)
class Command:
    """One command of the command line; its module bears the name of its function.

    Where there are `parts`, each is a command under the name of this one, and its function says what they are about.
    What needs no `data_frames` is answered sooner: see `data.arrow.leave_pandas_out`.

    Example:
        >>> from opencse.commands.worlds import COMMAND
        >>> COMMAND.name, COMMAND.panel
        ('worlds', 'Make records')
    """

    function: Callable[..., None]
    panel: HelpPanel
    examples: tuple[str, ...]
    parts: tuple[Callable[..., None], ...] = ()
    data_frames: bool = True

    @property
    def name(self) -> str:
        """The name that users type."""
        return self.function.__name__.replace("_", "-")

    @property
    def epilog(self) -> str:
        """The last line of the command's help."""
        return f"Example{'s' if len(self.examples) > 1 else ''}: {'; '.join(self.examples)}"
