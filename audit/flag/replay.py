"""Replay: a flag computed again from its evidence rows and the run's settings alone, compared to the bit.

For a flag that rests on comparison, the subject's own values come from the evidence rows and nothing else; the peers'
values are those the run wrote down. For a contradiction everything comes from the evidence rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from audit.flag.cited_rows import EvidenceRow, LoadedTable, cited_rows, evidence_of, faults_of, loaded_rows
from audit.flag.rerun import CitedRowStore, FlagRow, Rerun, feeding
from data.errors import UsageError
from data.store import Store
from features.engine import compute
from features.table import SOURCE_GAP, Cells, FeatureTable
from pipeline.evidence import flag_id
from pipeline.flag import Flag, contradiction_flags
from pipeline.rule_counts import count_contradictions
from pipeline.run_folder import RunFolder

_LIMIT: Final = 8
"""How many faults of one flag are listed."""


@dataclass(frozen=True)
class ReplayResult:
    """The result of replaying one flag; no faults means that every bit came out the same."""

    flag_id: str
    rows: int
    faults: tuple[str, ...]

    @property
    def agrees(self) -> bool:
        """Whether the replay gave the same flag."""
        return not self.faults


def find_flag(folder: RunFolder, start: str) -> FlagRow:
    """Return the one flag whose id begins with a text.

    Raises:
        UsageError: no flag's id, or more than one, does.
    """
    matching: list[FlagRow] = [f for f in folder.table("flags").to_pylist() if f["flag_id"].startswith(start)]
    if len(matching) != 1:
        raise UsageError(
            f"The flag id '{start}' fits {'no flag' if not matching else f'{len(matching)} flags'}.",
            expected="a flag id, or the beginning of one, as 'opencse flags' lists them",
            where=str(folder.path),
        )
    return matching[0]


def replay(
    folder: RunFolder, flag: str | None = None, *, progress: Callable[[int, int], None] | None = None
) -> list[ReplayResult]:
    """Replay one flag of a run, or all of them, in the order in which the run lists them.

    `progress` is called with how many flags are done, and of how many.

    Raises:
        UsageError: there is no such flag.
        VerificationFailed: a file that the replay needs cannot be read.
    """
    flags: list[FlagRow] = folder.table("flags").to_pylist() if flag is None else [find_flag(folder, flag)]
    settings = folder.settings
    rerun = Rerun(folder, settings)
    evidence = evidence_of(folder, None if flag is None else flags[0]["flag_id"])
    loaded = loaded_rows(folder, None if flag is None else evidence[flags[0]["flag_id"]])
    results = []
    with Store(threads=1) as store:
        rows = CitedRowStore(store, rerun.absent)
        for number, row in enumerate(flags):
            cited = evidence.get(row["flag_id"], [])
            faults = _replay(row, cited, loaded, rerun, rows)
            results.append(ReplayResult(row["flag_id"], len(cited), tuple(faults[:_LIMIT])))
            if progress:
                progress(number + 1, len(flags))
    return results


def _replay(
    row: FlagRow,
    cited: list[EvidenceRow],
    loaded: Mapping[tuple[str, date], LoadedTable],
    rerun: Rerun,
    rows: CitedRowStore,
) -> list[str]:
    as_of = row["as_of"]
    faults = faults_of(cited, loaded, as_of)
    if not cited:
        faults.append("the flag cites no evidence")
    if faults:
        return faults  # what follows from changed rows would say nothing about the flag
    store = rows.hold(cited_rows(cited, loaded, as_of))
    if row["family"] == "contradiction":
        counts = count_contradictions(
            store, [rerun.settings.repertoire.rules[name] for name in row["detectors"]], as_of
        )
        again = [f for f in contradiction_flags(counts, rerun.settings.in_force) if f.subject_id == row["subject_id"]]
        rebuilt = again[0] if again else None
    else:
        tables, flags, differing = rerun.of(as_of)
        faults += differing
        faults += _value_faults(store, tables[row["subject_kind"]], row, rerun)
        rebuilt = flags.get((row["subject_kind"], row["subject_id"], row["concern"]))
    if rebuilt is None:
        return [*faults, "computed again, there is no such flag"]
    return [*faults, *_flag_faults(row, rebuilt, cited, loaded)]


def _value_faults(store: Store, written: FeatureTable, row: FlagRow, rerun: Rerun) -> Iterator[str]:
    """Compare the place among peers and the values, computed from the evidence alone, with those the run wrote down.

    Whether a source was silent shows in everybody's rows and not in one subject's, so the gaps are those the run found.
    """
    indicators = feeding(rerun.settings, row)
    again = compute(store, indicators, kind=row["subject_kind"], as_of=row["as_of"], sources=rerun.sources)
    subject = row["subject_id"]
    if subject not in again.ids:
        yield "computed again, the subject is not in service"
        return
    at, at_written = again.ids.tolist().index(subject), written.ids.tolist().index(subject)
    if again.subjects.slice(at, 1).to_pylist() != written.subjects.slice(at_written, 1).to_pylist():
        yield "the subject's posting, role, rank or team comes out differently"
    # What only measures opportunity has an opportunity of its own, which the flag does not rest on and does not cite.
    serving = {i.name for i in indicators if row["concern"] in i.concerns}
    for key, cells in again.cells.items():
        if key not in written.cells:
            yield f"{key[0]} over {key[1]} days is not among the run's values: it ran on another version of OpenCSE"
        elif not _same(cells, at, written.cells[key], at_written, exposure=key[0] in serving):
            yield f"{key[0]} over {key[1]} days comes out differently"


def _same(cells: Cells, at: int, written: Cells, at_written: int, *, exposure: bool) -> bool:
    """Compare one value, and its exposure where asked for; where no row counts there is no value to compare.

    Nor is there one where the run found a gap and the exposure is not asked for: the gap may be one of the exposure's
    own source, whose rows the flag does not cite, and without them nothing shows that it lies in the window.
    """
    if cells.n_rows[at] != written.n_rows[at_written]:
        return False
    if exposure and not np.array_equal(cells.exposure[at], written.exposure[at_written], equal_nan=True):
        return False
    if not exposure and written.status[at_written] == SOURCE_GAP:
        return True
    return bool(cells.n_rows[at] == 0 or np.array_equal(cells.value[at], written.value[at_written], equal_nan=True))


def _flag_faults(
    row: FlagRow, rebuilt: Flag, cited: Sequence[EvidenceRow], loaded: Mapping[tuple[str, date], LoadedTable]
) -> Iterator[str]:
    content = rebuilt.content()
    for name, value in content.items():
        written = tuple(row[name]) if name == "detectors" else row[name]
        if value != written:
            yield f"{name} comes out as {value!r}, not {written!r}"
    digests = {key: k.digests for key, k in loaded.items()}
    evidence = [
        (r.table_name, r.row_id, digests.get((r.table_name, row["as_of"]), {}).get(r.row_id, ""), r.indicator, r.part)
        for r in cited
    ]
    if flag_id(rebuilt, evidence) != row["flag_id"]:
        yield "the flag's id is not that of its content and evidence"
