# %% [markdown]
# # Audit a closed tool, of which you have only its list
#
# You measure a tool without seeing into it: its supplier runs it on the records of a synthetic force and hands
# back a list of people. The list is measured like OpenCSE's own flags, beside the usual methods on the same
# records.

# %%
import tempfile
from pathlib import Path

import pandas as pd

import opencse

folder = Path(tempfile.mkdtemp(prefix="opencse-notebook-"))

# %% [markdown]
# ## The records that the supplier gets
#
# The truth stays with the auditor. A force that is drawn, and not designed, gives nobody a pattern to tune to.

# %%
world = opencse.load_world("drawn", seed=5, people=120, months=6)
opencse.generate(world, out=folder / "world")
records = folder / "world" / "records"
as_of = (pd.Timestamp(world.ends_on) + pd.Timedelta(days=1)).date().isoformat()

# %% [markdown]
# ## The list that comes back
#
# The closed tool is stood in for by a rule that is in wide use: whoever has the most force reports.

# %%
reports = pd.read_parquet(records / "use_of_force.parquet")
most = reports.groupby("officer_id").size().sort_values(ascending=False).head(10)
answer = pd.DataFrame({"subject": most.index, "concern": "standards", "date": as_of, "score": most.to_numpy()})
answer.to_csv(folder / "closed_tool.csv", index=False)
answer.head(3)

# %% [markdown]
# ## How often it is right, and on whom it falls
#
# `few` marks values that rest on fewer than ten people. Ten people of one force are an anecdote: ask for many
# forces.

# %%
truth = opencse.load_truth(folder / "world" / "truth", records=records)
table = opencse.rates_of_list(folder / "closed_tool.csv", records=records, truth=truth)
tool = table[(table["basis"] == "flagged") & (table["scope"] == "all") & (table["by"] == "all")]
tool[["concern", "measure", "value", "low", "high", "count", "n", "status"]]

# %% [markdown]
# ## The usual methods with as many places

# %%
equal = table[(table["basis"] == "equal_workload") & (table["measure"] == "precision") & (table["by"] == "all")]
assert len(equal) > 1
equal[["concern", "scope", "name", "value", "low", "high"]].sort_values("value", ascending=False).head(10)

# %% [markdown]
# ## Where nothing is to be found
#
# The best question to a closed tool costs it one more run: hand it a force in which nothing is planted
# (`drawn-null`), and count what it flags. Whatever it names there, it would have named people for nothing.
