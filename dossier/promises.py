"""What is promised of flags, and what was kept on drawn forces, for the first page that a reader sees."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any, Final

from audit.rates.rate_options import FORCE
from audit.section import Section

FIGURES: Final = "kept.json"
"""The figures of the benchmark of drawn forces, which come with the code; see `opencse.docs.kept_figures`."""

_COLUMNS: Final = ("forces", "concern", "flags a force", "right", "realised false discovery rate", "aimed at")


def promise_section(facts: Mapping[str, Any]) -> Section:
    """Return what this run promises of its flags, and a table of what such a promise was worth on drawn forces."""
    kept = json.loads(files("dossier").joinpath("assets", FIGURES).read_text(encoding="utf-8"))
    innocent = kept["innocent"]
    measured = (
        f"The table is of {kept['forces']} synthetic forces of {kept['people']:,} people each under default settings,"
        " all of whose nuisances were drawn and whose truth is known; so few forces say little, and flags of one force"
        f" are alike. For each {FORCE:,} people, {innocent['drawn']:,} innocent ones were flagged in the median force"
        f" with patterns, and {innocent['drawn-null']:,} where nothing was planted."
    )
    limits = (
        "Where the realised rate lies above what was promised, the promise was not kept. What these forces leave out of"
        " life, no such table can show."
    )
    return Section(
        "What was promised, and what was kept on drawn forces",
        _COLUMNS,
        tuple(tuple(row) for row in kept["rows"]),
        (*_promises(facts), measured, limits),
    )


def _promises(facts: Mapping[str, Any]) -> list[str]:
    """Return a sentence for each concern that this run selected in, on what it claims of its flags by comparison."""
    levels = {s["concern"]: s["level"] for s in facts.get("selections", ()) if s["subject_kind"] == "officer"}
    return [f"For {concern} this run promises {_promised(level)}." for concern, level in sorted(levels.items())]


def _promised(level: float | None) -> str:
    if level is None:
        return "no rate: the highest were taken, as many as can be looked at"
    return f"no rate: {level:.3g} was aimed at, and drawn forces have not shown that it is kept"
