# %% [markdown]
# # Reproduce a run, replay its flags, and catch a change
#
# You get the three checks that need no trust in whoever made a run: every hash holds, every flag comes out again
# from its rows alone, and the same records give the same bytes. Then one value is changed, and the checks say
# where.

# %%
import shutil
import tempfile
from pathlib import Path

import pandas as pd

import opencse

folder = Path(tempfile.mkdtemp(prefix="opencse-notebook-"))

# %%
world = opencse.load_world("tiny", seed=7, people=120, months=6)
opencse.generate(world, out=folder / "world")
run = opencse.run(folder / "world" / "records", out=folder / "run")
print(f"{len(run.flags)} flags")

# %% [markdown]
# ## Hashes, proofs and rows
#
# `verify` compares every file with the manifest and every cited row with its digest. A fault would be listed.

# %%
checks = opencse.verify(run, records=folder / "world" / "records")
assert [fault for check in checks for fault in check.faults] == []
pd.DataFrame([{"check": check.name, "faults": len(check.faults)} for check in checks])

# %% [markdown]
# ## Each flag again, from its rows alone
#
# `replay` computes a flag from the rows it cites and the settings of the run, and compares to the bit.

# %%
replayed = opencse.replay(run)
assert all(one.agrees for one in replayed)
print(f"{len(replayed)} of {len(run.flags)} flags replay to the bit")

# %% [markdown]
# ## The same records again, on another number of threads
#
# Two runs have the same bytes in every file, so their manifests are equal.

# %%
again = opencse.run(folder / "world" / "records", out=folder / "again", threads=1)
assert (again.path / "manifest.json").read_bytes() == (run.path / "manifest.json").read_bytes()

# %% [markdown]
# ## A copy in which one value was changed
#
# The score of one flag is raised in the table. `verify` names the file.

# %%
copy = folder / "copy"
shutil.copytree(run.path, copy)
changed = pd.read_parquet(copy / "flags.parquet")
changed.loc[0, "score"] += 1
changed.to_parquet(copy / "flags.parquet", index=False)
faults = [fault for check in opencse.verify(opencse.open_run(copy)) for fault in check.faults]
assert any("flags" in fault for fault in faults)
print("\n".join(faults[:3]))
