"""Error rates: how often flags are right, on whom they fall wrongly, and how sure one can be of either.

`rates` makes all of them from tables in memory. `docs/reference/rates.md` describes what comes out.
"""

from __future__ import annotations

from audit.rates.positives import LOOK_BACK_DAYS, STANDINGS, PositiveDefinition
from audit.rates.rate_options import COLUMNS, FORCE, RateOptions
from audit.rates.rates import rates
from audit.rates.truth_tables import Truth

__all__ = ["COLUMNS", "FORCE", "LOOK_BACK_DAYS", "STANDINGS", "PositiveDefinition", "RateOptions", "Truth", "rates"]
