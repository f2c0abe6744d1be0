"""What a run keeps of how its records were read: the mapping, and beside the run the ids that were texts.

The list of ids says whom a number stands for. It lies beside the run folder and not in it, so that a run can be handed
on without it, and only its owner may read it.
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from data.arrays import Ids
from data.date_precision import coarse_to_json
from data.errors import UsageError
from data.mapping.mapping_file import read_mapping
from pipeline.load_report import LoadReport
from pipeline.pseudonyms import PEOPLE, Pseudonyms
from pipeline.run_folder import RunFolder

MAPPING: Final = "mapping.toml"
"""The copy of the mapping in a run folder."""

Crosswalk = Mapping[str, tuple[str, ...]]
"""The texts of ids that were numbered, by what they are ids of: number n stands for the nth."""


def source_of_run(folder: RunFolder) -> str:
    """Return what a run's records were read by: a source, or the run's own copy of the mapping."""
    copy = folder.path / MAPPING
    return str(copy) if copy.is_file() else str(folder.config.get("source"))


_HEADER: Final = ("of", "number", "id")


def keep_mapping(source: str, folder: Path) -> None:
    """Copy the mapping that records were read by, if there was one, into a run folder."""
    if source.lower().endswith(".toml"):
        (folder / MAPPING).write_text(read_mapping(Path(source)).text, encoding="utf-8")


def reading_facts(loaded: LoadReport, pseudonyms: Pseudonyms | None = None) -> dict[str, Any]:
    """Return what the manifest says of how records were read: bent cells, coarse days, the digest of the ids."""
    facts: dict[str, Any] = {}
    if loaded.bendings:
        facts["bendings"] = [asdict(bending) for bending in loaded.bendings]
    if loaded.coarse:
        facts["precision"] = coarse_to_json(loaded.coarse)
    if pseudonyms is not None:
        facts["pseudonyms"] = pseudonyms.facts()
    if loaded.crosswalk:
        text = crosswalk_text(loaded.crosswalk, pseudonyms)
        numbers = {domain: len(ids) for domain, ids in sorted(loaded.crosswalk.items())}
        facts["crosswalk"] = {"sha256": hashlib.sha256(text.encode()).hexdigest(), "ids": numbers}
    return facts


def crosswalk_path(run: Path) -> Path:
    """Return where the list of ids of a run lies.

    Example:
        >>> crosswalk_path(Path("runs/first")).as_posix()
        'runs/first.ids.csv'
    """
    return run.parent / f"{run.name}.ids.csv"


def crosswalk_text(crosswalk: Crosswalk, pseudonyms: Pseudonyms | None = None) -> str:
    """Return the list of ids as CSV: what they are ids of, the number by which the run knows them, and the text."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_HEADER)
    for domain, ids in sorted(crosswalk.items()):
        named = pseudonyms if domain in PEOPLE else None
        writer.writerows(
            (domain, number if named is None else named.of(domain, number), text)
            for number, text in enumerate(ids, start=1)
        )
    return out.getvalue()


def write_crosswalk(crosswalk: Crosswalk, *, beside: Path, pseudonyms: Pseudonyms | None = None) -> None:
    """Write the list of ids beside a run, readable by its owner alone; nothing where no id was a text."""
    if not crosswalk:
        return
    path = crosswalk_path(beside)
    part = path.with_name(f".{path.name}.part")
    with os.fdopen(
        os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8", newline=""
    ) as out:
        out.write(crosswalk_text(crosswalk, pseudonyms))
    part.replace(path)


def numbers_of_run(folder: RunFolder, loaded: LoadReport, domain: str) -> Callable[[Ids], Ids]:
    """Return what turns the ids of records that were loaded later into those of a run on other records.

    Ids that are texts are numbered anew with every load: the same number may stand for somebody else. Who is not in the
    run is left out.

    Raises:
        UsageError: the ids are texts in one and numbers in the other, or the list beside the run is not there.
    """
    places = _places_in_run(folder, loaded, domain)
    if places is None:
        return lambda ids: ids

    def renumbered(ids: Ids) -> Ids:
        numbers = places[ids - 1]
        return np.sort(numbers[numbers > 0])

    return renumbered


def rows_of_run(rows: pa.Table, folder: RunFolder, loaded: LoadReport, column: str, domain: str) -> pa.Table:
    """Return rows of records that were loaded later, with the ids of one column as a run knows them.

    Rows of those who are not in the run are left out; `numbers_of_run` says why.

    Raises:
        UsageError: the ids cannot be told to be the run's.
    """
    places = _places_in_run(folder, loaded, domain)
    if places is None:
        return rows
    numbers = places[rows[column].to_numpy() - 1]
    renumbered = rows.set_column(rows.column_names.index(column), column, pa.array(numbers))
    return renumbered.filter(pa.array(numbers > 0))


def renumbered(rows: pa.Table, own: Crosswalk, wanted: Crosswalk, column: str, domain: str) -> pa.Table:
    """Return rows whose ids were numbered by one loading as another loading of the same records numbers them.

    Rows of those whom the other does not have are left out; where ids are numbers nothing changes.
    """
    if domain not in own or domain not in wanted:
        return rows
    numbers = {text: number for number, text in enumerate(wanted[domain], start=1)}
    places = np.array([numbers.get(text, -1) for text in own[domain]], dtype=np.int64)
    numbered = places[rows[column].to_numpy() - 1]
    return rows.set_column(rows.column_names.index(column), column, pa.array(numbered)).filter(pa.array(numbered > 0))


def _places_in_run(folder: RunFolder, loaded: LoadReport, domain: str) -> Ids | None:
    """Return the run's number of each loaded text, -1 where it has none; None where ids are numbers in both."""
    facts = folder.manifest.get("crosswalk", {})
    own, texts = dict(facts.get("ids", {})), loaded.crosswalk
    if domain not in own and domain not in texts and "pseudonyms" not in folder.manifest:
        return None
    numbers = {text: number for (of, number), text in read_crosswalk(folder.path).items() if of == domain}
    if domain not in texts or len(numbers) != own.get(domain):
        raise UsageError(
            f"The {domain} ids of these records cannot be told to be the run's.",
            expected=f"texts in both, and {crosswalk_path(folder.path).name} beside the run, which says who is who",
            found="pseudonyms or numbers in one of them"
            if domain not in own or domain not in texts
            else "no such list",
            where=str(folder.path),
        )
    return np.array([numbers.get(text, -1) for text in texts[domain]], dtype=np.int64)


def read_crosswalk(run: Path) -> dict[tuple[str, int], str]:
    """Return the text of each numbered id by what it is an id of and its number; empty where there is no list.

    Example:
        >>> read_crosswalk(Path("no/such/run"))
        {}
    """
    try:
        with crosswalk_path(run).open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        return {(row["of"], int(row["number"])): row["id"] for row in rows}
    except (OSError, ValueError, KeyError, TypeError, csv.Error):
        return {}
