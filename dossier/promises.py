"""What is promised of flags, and what was kept on drawn forces, for the first page that a reader sees."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any, Final

from audit.rates.rate_options import FORCE
from audit.section import Section
from pipeline.promised import FEWEST_FORCES, is_kept, measured_rates, measured_under

FIGURES: Final = "kept.json"
"""The figures of the benchmark of drawn forces, which come with the code; see `opencse.docs.kept_figures`."""

_COLUMNS: Final = ("forces", "concern", "flags a force", "right", "realised false discovery rate", "aimed at")


def promise_section(facts: Mapping[str, Any], settings: Mapping[str, Any]) -> Section:
    """Return what this run promises of its flags, and a table of what such a promise was worth on drawn forces.

    `settings` are the run's, as its folder keeps them.
    """
    kept = json.loads(files("dossier").joinpath("assets", FIGURES).read_text(encoding="utf-8"))
    innocent = kept["innocent"]
    few = "" if kept["forces"] >= FEWEST_FORCES else "; so few forces say little"
    measured = (
        f"The table is of {kept['forces']} synthetic forces of {kept['people']:,} people each under default settings,"
        f" all of whose nuisances were drawn and whose truth is known ({kept['split']} seeds {kept['seeds']}){few}."
        f" Flags of one force are alike. For each {FORCE:,} people, {innocent['drawn']:,} innocent ones were flagged in"
        f" the median force with patterns, and {innocent['drawn-null']:,} where nothing was planted."
    )
    limits = (
        "Where the realised rate lies above what was promised, the promise was not kept. What these forces leave out of"
        " life, no such table can show."
    )
    return Section(
        "What was promised, and what was kept on drawn forces",
        _COLUMNS,
        tuple(tuple(row) for row in kept["rows"]),
        (*_promises(facts, settings), measured, limits),
    )


def _promises(facts: Mapping[str, Any], settings: Mapping[str, Any]) -> list[str]:
    """Return a sentence for each concern that this run selected in, on what it claims of its flags by comparison."""
    levels = {s["concern"]: s["level"] for s in facts.get("selections", ()) if s["subject_kind"] == "officer"}
    return [
        f"For {concern} this run promises {_promised(concern, level, settings)}."
        for concern, level in sorted(levels.items())
    ]


def _promised(concern: str, level: float | None, settings: Mapping[str, Any]) -> str:
    if level is None:
        return "no rate: the highest were taken, as many as can be looked at"
    if not measured_under(settings, concern):
        return f"no rate: {level:.3g} was aimed at, and drawn forces were measured under the default settings alone"
    kept = is_kept(measured_rates(), concern, level)
    if kept:
        return f"a false discovery rate of {level:.3g}, which was kept on drawn forces"
    shown = "have not shown that it is kept" if kept is None else "have shown that it is not kept"
    return f"no rate: {level:.3g} was aimed at, and drawn forces {shown}"
