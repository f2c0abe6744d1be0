"""What the settings promise of each concern's flags by comparison, and where they promise nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from data.vocabulary import CONCERNS
from pipeline.settings import ByRate, Settings

NOT_SHOWN: Final = frozenset({"standards"})
"""Concerns whose rate drawn forces have not shown to hold, nor to be broken: see `docs/explanation/drawn-forces.md`."""


def promises(settings: Settings) -> list[str]:
    """Return a sentence for each concern, on whether its flags by comparison keep a rate.

    Example:
        >>> from pipeline.settings import load
        >>> for sentence in promises(load()):
        ...     print(sentence[:79])
        standards: selected by comparison at a false discovery rate of 0.1. Drawn force
        welfare: the 10 in 1,000 who stand highest are flagged; no rate is promised, as
        culture: of those flagged by comparison an expected share of 0.1 at most is fal
    """
    return [" ".join(_sentences(concern, settings)) for concern in CONCERNS]


def _sentences(concern: str, settings: Settings) -> Iterator[str]:
    how = next(how for name, how in settings.selection.items() if name == concern)
    if isinstance(how, ByRate):
        if concern in NOT_SHOWN:
            yield f"{concern}: selected by comparison at a false discovery rate of {how.q:g}."
            yield "Drawn forces have not shown that this rate is kept, so that it is not promised."
        else:
            yield (
                f"{concern}: of those flagged by comparison an expected share of {how.q:g} at most is false, as far as"
                " what detectors assume of ordinary people holds."
            )
        ranking = [d.name for d in settings.detectors if d.ranks_only and concern in d.concerns]
        if ranking:
            yield f"{' and '.join(ranking)} would not keep it and flags nobody: scores only rank."
        return
    yield (
        f"{concern}: the {how.per_thousand:g} in 1,000 who stand highest are flagged; no rate is promised, as one that"
        " holds finds hardly anybody. Most of those flagged may be ordinary."
    )
