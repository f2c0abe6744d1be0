"""How a flag fares under other defensible choices, from a specification curve that was drawn of the same run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from audit.specification.survival import BY_CONSTRUCTION
from data.errors import UsageError
from pipeline.digest import file_digest
from pipeline.run_folder import MANIFEST, RunFolder


def survival_of_flags(folder: RunFolder, curve: Path) -> Mapping[str, dict[str, Any]]:
    """Return, by flag, in how many specifications it is raised, by which choices, and what the nearest loses it.

    `curve` is a folder that `opencse specifications` wrote of this run.

    Raises:
        UsageError: there is no such folder, or it is of another run.
    """
    try:
        facts = json.loads((curve / "specifications.json").read_text(encoding="utf-8"))
        rows = pq.read_table(curve / "survival.parquet").to_pylist()
    except (OSError, ValueError, pa.ArrowException) as error:
        raise UsageError(
            "The specification curve cannot be read.",
            expected="a folder that 'opencse specifications RUN --out DIR' wrote",
            found=str(error).splitlines()[0],
            where=str(curve),
        ) from error
    digest = file_digest(folder.path / MANIFEST)
    if facts.get("manifest_sha256") != digest:
        raise UsageError(
            "The specification curve is of another run.",
            expected=f"one of the run whose manifest has the SHA-256 {digest}",
            found=str(facts.get("manifest_sha256")),
            where=str(curve),
        )
    return {row["flag_id"]: _about(row) for row in rows if row["flag_id"] is not None}


def _about(row: Mapping[str, Any]) -> dict[str, Any]:
    if row["basis"] == BY_CONSTRUCTION:
        return {"sentence": "No choice of the curve bears on it: it rests on rules, and not on a comparison.", "by": []}
    share = f"{row['share']:.0%}" + (f", give or take {2 * row['standard_error']:.0%}" if row["standard_error"] else "")
    nearest = " and ".join(f"{part['dimension']}: {part['choice']}" for part in row["smallest_change"] or ())
    loses = f" The smallest change that loses it is {nearest}." if nearest else " None of them loses it."
    return {
        "sentence": f"It is raised in {row['survived']:,} of {row['specifications']:,} specifications that were run,"
        f" {share} of all.{loses}",
        "by": [[part["dimension"], part["choice"], part["specifications"], part["share"]] for part in row["by_choice"]],
    }
