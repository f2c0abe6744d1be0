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
        ...     print(sentence[:79])
        standards: of those flagged by comparison an expected share of 0.1 at most is f
        welfare: the 10 in 1,000 who stand highest are flagged; no rate is promised, as
        culture: of those flagged by comparison an expected share of 0.1 at most is fal
    """
    return [" ".join(_sentences(concern, settings)) for concern in CONCERNS]


def _sentences(concern: str, settings: Settings) -> Iterator[str]:
    how = next(how for name, how in settings.selection.items() if name == concern)
    if isinstance(how, ByRate):
        yield (
            f"{concern}: of those flagged by comparison an expected share of {how.q:g} at most is false, as far as what"
            " detectors assume of ordinary people holds."
        )
        ranking = [d.name for d in settings.detectors if d.ranks_only and concern in d.concerns]
        if ranking:
            yield f"{' and '.join(ranking)} would not keep that and flags nobody: scores only rank."
        return
    yield (
        f"{concern}: the {how.per_thousand:g} in 1,000 who stand highest are flagged; no rate is promised, as one that"
        " holds finds hardly anybody. Most of those flagged may be ordinary."
    )
