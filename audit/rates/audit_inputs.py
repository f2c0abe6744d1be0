"""What an audit of rates reads, as one value: tables of a run or of another tool, a truth, and who people are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from audit.rates.inputs import Background
from audit.rates.population import AuditTables
from audit.rates.rate_options import RateOptions
from audit.rates.rates import rates_of
from audit.rates.truth_tables import AnyTable, Truth


@dataclass(frozen=True, kw_only=True)
class AuditInputs:
    """The tables that `rates` takes, a truth, and what is known of people and units where any is."""

    flags: AnyTable
    subjects: AnyTable
    scores: AnyTable | None = None
    evidence: AnyTable | None = None
    truth: Truth | None = None
    about: Background | None = None

    @cached_property
    def tables(self) -> AuditTables:
        """The tables as an audit reads them.

        Raises:
            UsageError: a table lacks a column.
        """
        about = self.about or Background(None, None)
        return AuditTables.of(
            self.flags, subjects=self.subjects, scores=self.scores, people=about.people, units=about.units
        )

    def rates(self, options: RateOptions) -> pd.DataFrame:
        """Return the table of all rates: see `rates`."""
        return rates_of(self.tables, evidence=self.evidence, truth=self.truth, options=options)
