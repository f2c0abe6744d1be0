"""The closed lists of words that every layer shares: what a flag can be about, and whom."""

from __future__ import annotations

from typing import Final, Literal, get_args

Concern = Literal["standards", "welfare", "culture"]
"""What a flag is about."""

SubjectKind = Literal["officer", "unit"]
"""Whom a flag is about: one person, or a team."""

CONCERNS: Final[tuple[Concern, ...]] = get_args(Concern)
SUBJECT_KINDS: Final[tuple[SubjectKind, ...]] = get_args(SubjectKind)
