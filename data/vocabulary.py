"""The closed lists of words that every layer shares: what a flag can be about, and whom."""

from __future__ import annotations

from typing import Final, Literal, get_args

Concern = Literal["standards", "welfare", "culture"]
"""What a flag is about."""

SubjectKind = Literal["officer", "unit"]
"""Whom a flag is about: one person, or a team."""

Promise = Literal["contradiction", "comparison", "excess", "none"]
"""What a flag promises: sources contradict each other; nobody looks so by chance; a rate well above that of peers.

`none` where those who stand highest next to peers are taken, by capacity, unusual or not.
"""

CONCERNS: Final[tuple[Concern, ...]] = get_args(Concern)
SUBJECT_KINDS: Final[tuple[SubjectKind, ...]] = get_args(SubjectKind)
BY_COMPARISON: Final[tuple[Promise, ...]] = ("comparison", "none")
"""The promises of flags that rest on comparison with peers."""
