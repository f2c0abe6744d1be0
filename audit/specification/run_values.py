"""What a specification curve stands on: the feature values, settings and flags of a run, without its records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import pyarrow as pa

from audit.flag.rerun import Rerun
from data.vocabulary import SUBJECT_KINDS, SubjectKind
from features.past import History
from features.table import FeatureTable
from pipeline.digest import file_digest
from pipeline.extras import check_extras
from pipeline.run_folder import MANIFEST, RunFolder
from pipeline.settings import Settings
from pipeline.trial import Trial, feature_table


@dataclass(frozen=True)
class RunValues:
    """Feature values by as-of date and kind of subject, the settings in force, and the flags that were raised.

    `flags` has the columns of `flags.parquet`. `facts` is noted beside what is found. `pasts` holds what excess was
    estimated from, where the run looked for any.
    """

    settings: Settings
    tables: Mapping[tuple[date, SubjectKind], FeatureTable]
    flags: pa.Table
    facts: Mapping[str, Any] = field(default_factory=dict)
    pasts: Mapping[tuple[date, SubjectKind], History] = field(default_factory=dict)

    @property
    def dates(self) -> tuple[date, ...]:
        """The as-of dates, ascending."""
        return tuple(sorted({day for day, _ in self.tables}))

    @classmethod
    def of_run(cls, folder: RunFolder) -> RunValues:
        """Return what a run folder holds.

        Raises:
            UsageError: a library that the run's detectors need is not installed.
            VerificationFailed: a file of the run is missing or cannot be read.
        """
        settings = folder.settings
        check_extras(settings, records=False)
        rerun = Rerun(folder, settings)
        tables = {
            (day, kind): replace(rerun.table(kind, day), history=None)
            for day in sorted(folder.config["as_of"])
            for kind in SUBJECT_KINDS
        }
        pasts = {place: past for place in tables if (past := rerun.past(place[1], place[0])) is not None}
        facts = {"manifest_sha256": file_digest(folder.path / MANIFEST)}
        return cls(settings, tables, folder.table("flags"), facts, pasts)

    @classmethod
    def of_trial(cls, trial: Trial, settings: Settings) -> RunValues:
        """Return what a trial found in memory."""
        tables = {(day, kind): feature_table(trial, kind, day) for day in trial.as_of for kind in SUBJECT_KINDS}
        tables = {place: table for place, table in tables.items() if table.cells}
        return cls(settings, tables, trial.flags)
