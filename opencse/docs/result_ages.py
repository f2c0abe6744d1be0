"""How old kept results are: by the generator that they say their worlds were made with, beside that of the code."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pandas as pd

from data.synthetic.generate import GENERATOR

FIRST_RECORDED: Final = 5
"""The first generator whose version is kept in results."""

OTHERS: Final = (
    ("How detection does", "../explanation/detectors.md#part-by-part", "detection/made_by.json"),
    (
        "Whether flags that survive more specifications are right more often",
        "../explanation/specifications.md#are-flags-that-survive-more-right-more-often",
        "specification/ranking.json",
    ),
    ("The budget, stated", "stated-budget.md", "stated_budget.json"),
    ("The week", "the-week.md", "the_week.json"),
)
"""Measurements of worlds beside the findings: what each is, its page, and the file of its results that says more."""


def age(generators: frozenset[int]) -> str:
    """Say whether worlds of these generators are older than those of the code; none where the results do not say.

    Example:
        >>> age(frozenset({GENERATOR})).endswith("as this code makes them")
        True
        >>> age(frozenset({3, 4})).split(", which")[0]
        'worlds of generators 3 and 4, **older than this code**'
    """
    if not generators:
        before = f"worlds of a generator before {FIRST_RECORDED} (results name theirs since then)"
        return f"{before}, **older than this code**, which makes those of generator {GENERATOR}"
    names = " and ".join(str(generator) for generator in sorted(generators))
    worlds = f"worlds of generator{'s' if len(generators) > 1 else ''} {names}"
    if min(generators) < GENERATOR:
        return f"{worlds}, **older than this code**, which makes those of generator {GENERATOR}"
    return f"{worlds}, as this code makes them"


def of_plans(plans: pd.DataFrame) -> frozenset[int]:
    """Return the generators that the plans behind findings name; none where any of them names none."""
    if "generator" not in plans or plans["generator"].isna().any():
        return frozenset()
    return frozenset(int(generator) for generator in plans["generator"])


def other_ages(results: Path) -> Iterator[str]:
    """Yield a sentence on the age of each other measurement, with a link to its page."""
    for title, page, file in OTHERS:
        path = results / file
        content = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        yield f"[{title}]({page}): {age(frozenset(content.get('generators', ())))}."
