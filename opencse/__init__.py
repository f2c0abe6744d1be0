"""OpenCSE: the open reference implementation of officer-conduct pattern analytics.

The public Python API: what is called (`run`, `open_run`, `verify`, `replay`, `explain`, `rates`, `generate`, ...) and
the parts that one's own files are made of (`Indicator`, `Rule`, `Detector`, `Scenario`, `Control`, `col`, ...). A file
of one's own imports from here and from nowhere else. Everything is imported when first used, so that importing this
package costs next to nothing.

Example:
    >>> import opencse
    >>> opencse.load_settings(seed=3).seed
    3
    >>> (opencse.col.place == "office").name
    '='
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from audit.rates.positives import PositiveDefinition
    from audit.rates.rate_options import RateOptions
    from audit.rates.truth_tables import Truth
    from data.synthetic.memory_world import make_world
    from data.synthetic.world import World
    from data.synthetic.world import load as load_world
    from features.expression import (
        col,
        day,
        days_later,
        hour,
        later_of,
        minutes_between,
        minutes_later,
        or_else,
        weekday,
    )
    from features.indicator import Case, Indicator, NoExposure
    from features.relation import Related
    from models.contradictions.rule import Counterpart, Rule, RuleCase
    from models.detector import Detector, Fitted
    from models.panel import Panel
    from models.pattern import Pattern
    from models.scores import Contribution, ContributionList, Scores
    from opencse.api import (
        Run,
        controls,
        explain,
        generate,
        load_truth,
        open_run,
        rates,
        rates_of_list,
        replay,
        run,
        specifications,
        stress,
        try_records,
        verify,
    )
    from pipeline.settings import Settings
    from pipeline.settings import load as load_settings
    from pipeline.trial import Trial
    from stress.controls.control import Control, ControlInput, Reading
    from stress.draft import Draft
    from stress.scenario import Scenario

_PLACES = {
    "audit.rates.rate_options": ("RateOptions",),
    "audit.rates.positives": ("PositiveDefinition",),
    "audit.rates.truth_tables": ("Truth",),
    "data.synthetic.memory_world": ("make_world",),
    "data.synthetic.world": ("World", "load:load_world"),
    "features.expression": (
        *("col", "day", "days_later", "hour", "later_of", "minutes_between", "minutes_later", "or_else", "weekday"),
    ),
    "features.indicator": ("Case", "Indicator", "NoExposure"),
    "features.relation": ("Related",),
    "models.contradictions.rule": ("Counterpart", "Rule", "RuleCase"),
    "models.detector": ("Detector", "Fitted"),
    "models.panel": ("Panel",),
    "models.pattern": ("Pattern",),
    "models.scores": ("Contribution", "ContributionList", "Scores"),
    "opencse.api": (
        *("Run", "controls", "explain", "generate", "load_truth", "open_run", "rates", "rates_of_list", "replay"),
        *("run", "specifications", "stress", "try_records", "verify"),
    ),
    "pipeline.settings": ("Settings", "load:load_settings"),
    "pipeline.trial": ("Trial",),
    "stress.controls.control": ("Control", "ControlInput", "Reading"),
    "stress.draft": ("Draft",),
    "stress.scenario": ("Scenario",),
}
"""Where each public name comes from; `old:new` where it bears another name there."""

_SOURCES = {
    entry.rpartition(":")[2]: (module, entry.partition(":")[0]) for module, names in _PLACES.items() for entry in names
}

__all__ = [
    "Case",
    "Contribution",
    "ContributionList",
    "Control",
    "ControlInput",
    "Counterpart",
    "Detector",
    "Draft",
    "Fitted",
    "Indicator",
    "NoExposure",
    "Panel",
    "Pattern",
    "PositiveDefinition",
    "RateOptions",
    "Reading",
    "Related",
    "Rule",
    "RuleCase",
    "Run",
    "Scenario",
    "Scores",
    "Settings",
    "Trial",
    "Truth",
    "World",
    "col",
    "controls",
    "day",
    "days_later",
    "explain",
    "generate",
    "hour",
    "later_of",
    "load_settings",
    "load_truth",
    "load_world",
    "make_world",
    "minutes_between",
    "minutes_later",
    "open_run",
    "or_else",
    "rates",
    "rates_of_list",
    "replay",
    "run",
    "specifications",
    "stress",
    "try_records",
    "verify",
    "weekday",
]


def __getattr__(name: str) -> object:
    if name not in _SOURCES:
        raise AttributeError(f"module 'opencse' has no attribute {name!r}")
    module, attribute = _SOURCES[name]
    value: object = getattr(importlib.import_module(module), attribute)
    globals()[name] = value  # so that it is looked up once
    return value
