"""The committed sample world as a run folder with the tables that audits read, made once."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.synthetic import sample
from data.writing import write_json, write_table
from pipeline.digest import file_digest
from pipeline.run_folder import MANIFEST, RunFolder
from pipeline.settings import over_defaults
from pipeline.trial import try_records
from tests.runs import SharedFolders

FOLDER = Path(sample.__file__).parent / "sample"
RECORDS, TRUTH = FOLDER / "records", FOLDER / "truth"


HIGHEST = {"method": "capacity", "per_thousand": 40}
"""So few people have next to nobody whom a rate selects: audits need flags, right and wrong ones."""


@pytest.fixture(scope="session")
def sample_run(shared_folders: SharedFolders) -> RunFolder:
    return RunFolder(shared_folders.folder("sample", write_sample_run))


def write_sample_run(folder: Path) -> None:
    settings = over_defaults({"selection": {"standards": HIGHEST, "welfare": HIGHEST}}, where="the tests")
    trial = try_records(RECORDS, settings=settings, evidence=True)
    for name in ("flags", "subjects", "scores", "evidence"):
        write_table(getattr(trial, name), folder / f"{name}.parquet")
    write_manifest(folder)


def write_manifest(folder: Path) -> None:
    """Write what every manifest lists, of a run on the sample's records that found nothing out about itself."""
    inputs = [
        {"name": file.name, "sha256": file_digest(file), "bytes": file.stat().st_size}
        for file in sorted(RECORDS.glob("*.parquet"))
    ]
    lists = ("as_of", "outputs", "counts", "absent", "selections", "source_gaps", "practice_changes")
    write_json({"inputs": inputs} | {name: [] for name in lists}, folder / MANIFEST)
