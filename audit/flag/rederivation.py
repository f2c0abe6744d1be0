"""Re-derivation: a run made again from its records, and every file of it compared.

It finds what no seal can: a flag that was dropped, or a result that was changed, before the run was sealed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from data.errors import OpencseError, VerificationFailed
from data.progress import StageProgress
from pipeline.digest import file_digest
from pipeline.private_ids import source_of_run
from pipeline.pseudonyms import Pseudonyms
from pipeline.run import run
from pipeline.run_folder import CONFIG, MANIFEST, RunFolder
from pipeline.run_ledger import OUTSIDE
from pipeline.seal import PAGE, PageWriter, code_digest, library_versions


def rederivation_faults(
    folder: RunFolder,
    records: Path,
    *,
    pseudonyms: Pseudonyms | None = None,
    page: PageWriter | None = None,
    progress: StageProgress | None = None,
) -> list[str]:
    """Make a run again from its records, with its own settings, and say which files and flags come out differently.

    The run's page is made again by `page`; without it the one that is there is taken as it is. A run that was
    pseudonymised takes the pseudonyms of its key.

    Raises:
        CodeNotTrusted: code of its maker's own took part in the run, and it was opened without `trust_code`.
    """
    config = folder.config
    with TemporaryDirectory(prefix="opencse-verify-") as place:
        try:
            again = run(
                records,
                out=Path(place) / "run",
                settings=folder.settings,
                source=source_of_run(folder),
                as_of=_days(config),
                world=config.get("world"),
                pseudonyms=pseudonyms,
                page=_page(folder, page),
                progress=progress,
            ).folder
        except OpencseError as error:
            return [f"the run cannot be made again from {records}: {' '.join(error.lines())}"]
        return [*differences(folder, again)]


def _page(folder: RunFolder, page: PageWriter | None) -> PageWriter | None:
    path = folder.path / PAGE
    if not path.is_file():
        return None
    return page or (lambda _place, _facts: path.read_bytes())


def _days(config: dict[str, Any]) -> list[date]:
    days = config.get("as_of")
    if not isinstance(days, list) or not all(isinstance(day, date) for day in days):
        raise VerificationFailed("The settings name no as-of dates.", where=CONFIG)
    return days


def differences(folder: RunFolder, again: RunFolder) -> Iterator[str]:
    """Yield in which files, flags and entries of the manifest a run differs from one made again."""
    written, rerun = _files(folder.path), _files(again.path)
    yield from (f"{name}: made again, there is such a file, and here there is none" for name in rerun - written)
    yield from (f"{name}: made again, there is no such file" for name in sorted(written - rerun))
    yield from _flag_differences(folder, again)
    different = [n for n in sorted(written & rerun) if file_digest(folder.path / n) != file_digest(again.path / n)]
    yield from (f"{name}: made again, it comes out differently" for name in different)
    if different:
        yield from _manifest_differences(folder.manifest, again.manifest)


def _files(folder: Path) -> set[str]:
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    return files - OUTSIDE


def _flag_differences(folder: RunFolder, again: RunFolder) -> Iterator[str]:
    written, rerun = ({f["flag_id"] for f in run.table("flags").to_pylist()} for run in (folder, again))
    yield from (f"flag {name}: made again, it is raised, and here it is missing" for name in sorted(rerun - written))
    yield from (f"flag {name}: made again, it is not raised" for name in sorted(written - rerun))


def _manifest_differences(written: dict[str, Any], rerun: dict[str, Any]) -> Iterator[str]:
    names = sorted(name for name in {*written, *rerun} if written.get(name) != rerun.get(name))
    yield from (f"{MANIFEST}: {name} comes out differently" for name in names if name not in ("outputs", "seal"))
    if written.get("code", {}).get("sha256") != code_digest() or written.get("libraries") != library_versions():
        yield (
            f"{MANIFEST}: it names other code or other library versions than those at work here; install these to tell"
            " a change from a difference between versions"
        )
