# %% [markdown]
# # Stress a detector of your own
#
# You write a detector in one file, run it beside OpenCSE's, and learn how many innocent people it costs when
# records are entered twice. The detector here is a deliberate mistake that is often made: it takes everybody for
# equally busy.

# %%
import tempfile
from pathlib import Path

import pandas as pd

import opencse

folder = Path(tempfile.mkdtemp(prefix="opencse-notebook-"))

# %% [markdown]
# ## The detector
#
# A file of your own imports from `opencse` and from nowhere else of it. `fit` learns what is usual; the result
# scores a panel: for each subject a score, a p-value and what contributed.

# %%
DETECTOR = '''
"""Has an officer more force reports in a year than if everybody were equally busy?"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import poisson

from opencse import ContributionList, Detector, Scores

WINDOW = 365


@dataclass(frozen=True)
class FittedMean:
    assumption: str
    mean: float

    def score(self, panel):
        series = panel.find("force_reports", WINDOW)
        if series is None:
            return Scores.without_evidence(len(panel.ids), self.assumption)
        counts = np.where(series.ok, series.cells.value, 0.0)
        return Scores(
            score=counts,
            p_value=np.where(series.ok, poisson.sf(counts - 1, self.mean), np.nan),
            contributions=ContributionList(len(panel.ids)),
            assumption=self.assumption,
        )


class EquallyBusy(Detector):
    family = "peer"
    question = "Has an officer more force reports in a year than if everybody were equally busy?"
    assumption = "everybody is equally busy, and reports are independent: neither is so"
    concerns = ("standards",)

    def reads(self, indicator):
        return indicator.name == "force_reports"

    def fit(self, panel, *, seed):
        series = panel.find("force_reports", WINDOW)
        counted = np.zeros(0) if series is None else series.cells.value[series.ok]
        return FittedMean(self.assumption, float(counted.mean()) if len(counted) else 0.0)


DETECTOR = EquallyBusy()
'''
(folder / "equally_busy.py").write_text(DETECTOR, encoding="utf-8")

# %% [markdown]
# ## A plan
#
# One drawn force in which nothing is planted, one scenario, and two sets of settings: OpenCSE's comparison with
# peers, and the detector of your own. Both select at the same false discovery rate, so both promise the same.

# %%
SELECTION = '{ standards = { method = "fdr", q = 0.1 } }'
(folder / "plan.toml").write_text(
    f"""
title = "Is a detector that takes everybody for equally busy worth its false positives?"
worlds = ["drawn-null"]
people = [120]
months = 4
seeds = 1
scenarios = ["duplicates"]

[doses]
duplicates = [0.5]

[sets.peers]
models.detectors = ["peer_rate"]
selection = {SELECTION}

[sets.equally_busy]
models.detectors = ["equally_busy"]
models.detector_files = ["{(folder / "equally_busy.py").as_posix()}"]
selection = {SELECTION}
""",
    encoding="utf-8",
)
finished = opencse.stress(str(folder / "plan.toml"), out=folder / "stress", trust_code=True)
assert not finished.failures

# %% [markdown]
# ## What came out
#
# Nothing was planted, so everybody who is flagged by comparison is innocent.

# %%
results = pd.read_parquet(folder / "stress" / "results.parquet")
innocent = results[
    (results["measure"] == "innocent_flagged_per_46000")
    & (results["concern"] == "standards")
    & (results["scope"] == "family")
    & (results["name"] == "peer")
    & (results["by"] == "all")
]
innocent.pivot_table(index=["scenario", "dose"], columns="set", values="value")
