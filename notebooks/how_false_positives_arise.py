# %% [markdown]
# # How false positives arise
#
# You see who is flagged without cause, by which kind of evidence, and what reduces it: in forces whose truth is
# known, because everything in them was drawn. Nothing here is a statement about a real force.

# %%
import pandas as pd

import opencse

PEOPLE, MONTHS = 300, 6
settings = opencse.load_settings()


def force(world: str, seed: int) -> tuple[opencse.Trial, opencse.Truth]:
    """Make a force in memory, run on it, and give the result with what was planted."""
    made = opencse.make_world(opencse.load_world(world, seed=seed, people=PEOPLE, months=MONTHS))
    truth = opencse.Truth.of(made.truth["truth_subject"], made.truth["truth_archetype"], made.truth["truth_row"])
    return opencse.try_records(made.records, settings=settings), truth


# %% [markdown]
# ## Where nothing is to be found
#
# In a drawn force without any planted pattern every flag is false. These are the flags that nobody deserved.

# %%
nothing, no_truth = force("drawn-null", seed=2)
print(f"{nothing.flags.num_rows} flags about {PEOPLE} people, none of whom did anything")

# %% [markdown]
# ## Where something is to be found
#
# The same force with patterns of concern in a few people. `rates` counts who is flagged rightly and who is not.

# %%
result, truth = force("drawn", seed=2)
table = opencse.rates(result, truth=truth)
officers = table[(table["subject_kind"] == "officer") & (table["basis"] == "flagged") & (table["scope"] == "all")]
measures = ["precision", "false_positive_rate", "innocent_flagged_per_46000", "recall"]
everybody = officers[(officers["by"] == "all") & officers["measure"].isin(measures)]
everybody[["concern", "measure", "value", "low", "high", "count", "n", "status"]]

# %% [markdown]
# ## Who they are
#
# An archetype is an innocent reason to look unusual. The rate of each says which reasons the method mistakes for
# a concern.

# %%
by_archetype = officers[(officers["by"] == "archetype") & (officers["measure"] == "false_positive_rate")]
by_archetype.sort_values("value", ascending=False)[["concern", "group", "value", "low", "high", "count", "n"]].head(10)

# %% [markdown]
# ## What counting without exposure would do
#
# The baselines rank everybody by a raw count. At the same number of places they are right less often where counts
# follow how much somebody works. A small force says little about that: look at the intervals before you look at
# the values.

# %%
equal = table[(table["basis"] == "equal_workload") & (table["measure"] == "precision") & (table["by"] == "all")]
equal[["concern", "scope", "name", "value", "low", "high"]].sort_values(["concern", "value"], ascending=[True, False])

# %% [markdown]
# ## A rate is an average
#
# One force is an anecdote. `opencse stress` runs many and `opencse budget` says what was promised and what was
# kept.

# %%
assert {"precision", "false_positive_rate"} <= set(table["measure"])
pd.Series({"flags where nothing was planted": nothing.flags.num_rows, "flags where something was": len(result.flags)})
