"""Which seeds of drawn forces are for what, so that what is measured was never what was tuned on.

Seeds 1 to 999 are for development. Seeds 1000 to 1999 are for evaluation: `docs/reference/kept.md` says which of them
were looked at, and when. All others are for whoever audits: nothing here looks at them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, get_args

from data.errors import UsageError

Split = Literal["development", "evaluation", "audit"]

DEVELOPMENT = range(1, 1000)
EVALUATION = range(1000, 2000)


def split_of(seed: int) -> Split:
    """Return what the drawn force of a seed is for.

    Example:
        >>> split_of(7), split_of(1000), split_of(2000)
        ('development', 'evaluation', 'audit')
    """
    if seed in DEVELOPMENT:
        return "development"
    return "evaluation" if seed in EVALUATION else "audit"


def require_split(seeds: Iterable[int], split: Split) -> list[int]:
    """Return the seeds if all of them are of one split.

    Raises:
        UsageError: one of them is of another, so that development and evaluation would mix.

    Example:
        >>> require_split([3, 1, 2], "development")
        [3, 1, 2]
    """
    wanted = list(seeds)
    others = [seed for seed in wanted if split_of(seed) != split]
    if others:
        raise UsageError(
            f"Seeds of drawn forces are not all for {split}.",
            expected=f"seeds of one split of {', '.join(get_args(Split))}",
            found=f"{others[0]}, which is for {split_of(others[0])}",
            hint="Seeds 1 to 999 are for development, 1000 to 1999 for evaluation, all others for audits.",
        )
    return wanted
