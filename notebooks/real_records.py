# %% [markdown]
# # Real records: read a public layout by a mapping
#
# You read records that were not made for OpenCSE, see what can be computed from them and what cannot, and get to
# a flag. The excerpt here is made up, in the layout of a complaint board's public release: one row for each
# allegation, dates by month. No row is of a real person. For a release of your own only the two paths change.

# %%
import tempfile
from pathlib import Path

import pandas as pd

import opencse

folder = Path(tempfile.mkdtemp(prefix="opencse-notebook-"))
repository = Path(opencse.__file__).parent.parent
release = repository / "tests" / "data" / "forces" / "board_by_month"
mapping = repository / "data" / "mapping" / "templates" / "complaint_board.toml"

# %% [markdown]
# ## What the release looks like

# %%
pd.read_csv(release / "allegations.csv").head(3)

# %% [markdown]
# ## How it is read
#
# A mapping says how files become tables; it holds no code. The run keeps a copy of it.

# %%
print("\n".join(mapping.read_text(encoding="utf-8").splitlines()[:14]))

# %%
run = opencse.run(release, source=str(mapping), out=folder / "run", as_of=[pd.Timestamp("2017-01-01").date()])
print(f"{len(run.flags)} flags")

# %% [markdown]
# ## What could not be computed
#
# What the contract has and the release lacks stays absent; nothing is made up. The run says which indicators that
# costs.

# %%
skipped = run.manifest["skipped"]
print(f"{len(skipped)} indicators and rules could not be computed, for instance:")
print("\n".join(skipped[:3]))

# %% [markdown]
# ## What was computed
#
# On real records there is no truth: nobody can say which of these flags are right. What can be said is on whom
# they fall, and on which rows each rests.

# %%
print(sorted(run.features.loc[run.features["status"] == "ok", "indicator"].unique()))
run.flags[["subject_id", "concern", "family", "q_value", "explanation"]].head()

# %%
rates = opencse.rates(run)
assert "precision" not in set(rates["measure"])
rates.loc[rates["by"] == "all", ["concern", "measure", "value", "count", "n"]].head()
