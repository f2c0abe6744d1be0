# %% [markdown]
# # From records to a flag, and back to the rows
#
# You get one flag, the reason why it was raised, and the very rows of the records that it rests on. A *flag* is a
# record worth a human look; it is never a finding. The records are those of a synthetic force; everything is
# written below a temporary folder.

# %%
import tempfile
from pathlib import Path

import pandas as pd

import opencse

folder = Path(tempfile.mkdtemp(prefix="opencse-notebook-"))

# %% [markdown]
# ## The records of a synthetic force
#
# The records are what a force would hand over. The truth, apart from them, says what was planted; no part of the
# pipeline reads it.

# %%
world = opencse.load_world("tiny", seed=7, people=120, months=6)
generated = opencse.generate(world, out=folder / "world")
print(f"{sum(generated.rows.values()):,} rows of {world.people} people over {world.months} months")

# %% [markdown]
# ## A run
#
# The same records, settings and seed give the same bytes, so two readers of this notebook see the same flags.

# %%
run = opencse.run(folder / "world" / "records", out=folder / "run", settings=opencse.load_settings())
flags = run.flags
flags[["flag_id", "subject_kind", "subject_id", "concern", "family", "q_value", "explanation"]].head()

# %% [markdown]
# ## Why one of them was raised
#
# With what was observed, what peers would lead one to expect, and what would have changed it.

# %%
first = flags["flag_id"].iloc[0]
explanation = opencse.explain(run, first)
print(explanation.flag["explanation"])
for line in explanation.changes:
    print("-", line)

# %% [markdown]
# ## On which rows
#
# Every cited row names the file and the row it came from. Here they are looked up in the records by their keys.

# %%
evidence = run.evidence
direct = evidence[(evidence["flag_id"] == first) & (evidence["part"] == "direct")]
table = direct["table_name"].iloc[0]
cited = direct.loc[direct["table_name"] == table, "row_id"].drop_duplicates()
records = pd.read_parquet(folder / "world" / "records" / f"{table}.parquet")
rows = records[records[records.columns[0]].isin(cited)]
assert len(rows) == len(cited)
rows.head()

# %% [markdown]
# ## What was really there
#
# Only now is the truth opened: how many of those who were flagged hold a planted pattern of the same concern?

# %%
planted = pd.read_parquet(folder / "world" / "truth" / "truth_subject.parquet")
keys = ["subject_kind", "subject_id", "concern"]
subjects = flags[keys].drop_duplicates()
rightly = subjects.merge(planted[keys].drop_duplicates(), on=keys)
print(f"{len(subjects)} subjects flagged, {len(rightly)} of them with a planted pattern of that concern")
