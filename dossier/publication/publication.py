"""The folder that is published of a run."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pandas as pd

from data.staging import staged_folder
from data.writing import write_json
from dossier.publication.aggregates import PublishedCounts, aggregates
from dossier.publication.annexes import equality_annex, evaluation_card, protection_annex
from dossier.publication.disclosure import __doc__ as rule
from dossier.publication.transparency import record_text, transparency_record
from pipeline.run_folder import MANIFEST, RunFolder
from pipeline.run_ledger import CHECKPOINT

TITLES: Final[Mapping[str, str]] = {
    "transparency_record": "Transparency record",
    "protection_annex": "Annex to a data protection impact assessment: fields by sensitivity",
    "equality_annex": "Equality annex: on whom flags fall",
    "evaluation_card": "Evaluation card: what was measured, and what was not",
    "commitment": "Commitment to the run and its ledger",
}
"""The files of a publication, each as JSON and as text, beside the counts and the rule."""


def publish(
    folder: RunFolder,
    out: Path,
    *,
    statements: Mapping[str, str],
    people: pd.DataFrame | None = None,
    rates: pd.DataFrame | None = None,
    dropped: Mapping[str, Mapping[str, str]] | None = None,
) -> list[PublishedCounts]:
    """Write what may be published of a run to a new folder, whole or not at all, and return the published counts.

    `rates` are its error rates, where there is a truth, and `dropped` what came of runs without each table.

    Raises:
        UsageError: something stands at `out`.
        VerificationFailed: a file of the run cannot be read.
    """
    counts = aggregates(folder, people)
    contents = {
        "transparency_record": transparency_record(folder, statements),
        "protection_annex": protection_annex(folder, dropped),
        "equality_annex": equality_annex(counts),
        "evaluation_card": evaluation_card(folder, rates),
        "commitment": commitment(folder),
    }
    with staged_folder(out) as place:
        _write_counts(place / "counts.csv", counts)
        (place / "rule.txt").write_text(f"{rule}".strip() + "\n", encoding="utf-8")
        for name, content in contents.items():
            write_json(content, place / f"{name}.json")
            (place / f"{name}.txt").write_text(record_text(TITLES[name], content), encoding="utf-8")
    return counts


def commitment(folder: RunFolder) -> dict[str, Any]:
    """Return digests that bind the force to this run: whoever is shown it later can tell that it is the one.

    The checkpoint itself stays with the run, because it says how many leaves the ledger has, flags among them.
    """
    files = {"manifest": folder.path / MANIFEST, "ledger_checkpoint": folder.path / CHECKPOINT}
    digests = {
        f"{name}_sha256": hashlib.sha256(path.read_bytes()).hexdigest()
        for name, path in files.items()
        if path.is_file()
    }
    return {
        **digests,
        "meaning": "Whoever is shown the run can compute these digests of its manifest.json and ledger/checkpoint.",
    }


def _write_counts(path: Path, counts: Sequence[PublishedCounts]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["as_of", "concern", "subject", "table", "group", "flagged", "of"])
        writer.writeheader()
        writer.writerows(row for of in counts for row in of.rows())
