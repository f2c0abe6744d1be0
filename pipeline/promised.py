"""What the settings promise of each concern's flags by comparison, and where they promise nothing."""

from __future__ import annotations

from collections.abc import Iterator

from data.vocabulary import CONCERNS
from pipeline.settings import ByRate, Settings


def promises(settings: Settings) -> list[str]:
    """Return a sentence for each concern, on whether its flags by comparison keep a rate.

    Example:
        >>> from pipeline.settings import load
        >>> for sentence in promises(load()):
        ...     print(sentence[:78])
        standards: selected by comparison at a false discovery rate of 0.1. Drawn forc
        welfare: the 10 in 1,000 who stand highest are flagged; no rate is promised, a
        culture: selected by comparison at a false discovery rate of 0.1. Drawn forces
    """
    return [" ".join(_sentences(concern, settings)) for concern in CONCERNS]


def _sentences(concern: str, settings: Settings) -> Iterator[str]:
    how = next(how for name, how in settings.selection.items() if name == concern)
    if isinstance(how, ByRate):
        # Over 20 drawn forces (seeds 101 to 120) the mean false discovery proportion at q = 0.1 was 0.39 (standard
        # error 0.11) in standards and 0.25 (0.08) in culture; over 8 it was 0.65 (0.13) in welfare.
        yield f"{concern}: selected by comparison at a false discovery rate of {how.q:g}."
        yield "Drawn forces have not shown that this rate is kept, so that it is not promised."
        ranking = [d.name for d in settings.detectors if d.ranks_only and concern in d.concerns]
        if ranking:
            yield f"{' and '.join(ranking)} would not keep it and flags nobody: scores only rank."
        return
    yield (
        f"{concern}: the {how.per_thousand:g} in 1,000 who stand highest are flagged; no rate is promised, as one that"
        " holds finds hardly anybody. Most of those flagged may be ordinary."
    )
