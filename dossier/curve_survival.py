"""How a flag fares under other defensible choices, from a specification curve that was drawn of the same run."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from audit.specification.choices import load_plan
from audit.specification.curve import TaskProgress, draw_curve
from audit.specification.curve_cost import CurveCost
from audit.specification.run_values import RunValues
from audit.specification.survival import BY_CONSTRUCTION, survivals
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
    return {row["flag_id"]: _about(row) for row in rows if _is_compared(row)}


def survival_by_drawing(
    folder: RunFolder,
    *,
    workers: int = 1,
    before: Callable[[CurveCost], None] = lambda _: None,
    progress: TaskProgress | None = None,
) -> Mapping[str, dict[str, Any]]:
    """Return the same from the default plan's curve, drawn now; `before` is called with what that will cost."""
    values = RunValues.of_run(folder)
    curve = draw_curve(values, load_plan(), workers=workers, before=before, progress=progress)
    return {str(one.flag_id): _about(vars(one)) for one in survivals(curve) if _is_compared(vars(one))}


def outside_curves(flag: Mapping[str, Any]) -> dict[str, Any] | None:
    """Say why no specification curve says anything of a flag; None where one would."""
    if flag["family"] == "contradiction":
        return {"sentence": "No choice of a curve bears on it: it rests on a rule, and not on a comparison.", "by": []}
    if flag["promise"] == "excess":
        apart = "'opencse specifications RUN --out DIR' tries other choices for it, apart from those for comparisons."
        return {"sentence": f"It rests on an excess: {apart}", "by": []}
    return None


def _is_compared(row: Mapping[str, Any]) -> bool:
    return row["flag_id"] is not None and row["basis"] != BY_CONSTRUCTION


def _about(row: Mapping[str, Any]) -> dict[str, Any]:
    share = f"{row['share']:.0%}" + (f", give or take {2 * row['standard_error']:.0%}" if row["standard_error"] else "")
    nearest = " and ".join(f"{part['dimension']}: {part['choice']}" for part in row["smallest_change"] or ())
    loses = f" The smallest change that loses it is {nearest}." if nearest else " None of them loses it."
    return {
        "sentence": f"It is raised in {row['survived']:,} of {row['specifications']:,} specifications that were run,"
        f" {share} of all.{loses}",
        "by": [[part["dimension"], part["choice"], part["specifications"], part["share"]] for part in row["by_choice"]],
    }
