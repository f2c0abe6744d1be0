from __future__ import annotations

import pytest

from data.errors import UsageError
from data.synthetic.splits import DEVELOPMENT, EVALUATION, require_split, split_of


@pytest.mark.parametrize(
    ("seed", "split"),
    [
        (0, "audit"),
        (1, "development"),
        (999, "development"),
        (1000, "evaluation"),
        (1999, "evaluation"),
        (2000, "audit"),
    ],
)
def test_a_seed_belongs_to_one_split(seed: int, split: str) -> None:
    assert split_of(seed) == split


def test_seeds_of_one_split_pass_unchanged() -> None:
    assert require_split(DEVELOPMENT, "development") == list(range(1, 1000))
    assert require_split(EVALUATION, "evaluation") == list(range(1000, 2000))


def test_mixed_seeds_are_refused_with_the_one_that_is_of_another_split() -> None:
    with pytest.raises(UsageError, match=r"1001, which is for evaluation"):
        require_split([5, 1001], "development")
