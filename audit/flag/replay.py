"""Replay: a flag computed again from its evidence rows and the run's settings alone, compared to the bit.

The subject's own values, and for a contradiction the counts of their own claims, come from the evidence rows and
nothing else; those of the others, from which follows what is ordinary, are those the run wrote down.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from audit.flag.cited_rows import EvidenceRow, LoadedTable, cited_rows, evidence_of, faults_of, loaded_rows
from audit.flag.excess_comparison import own_counts_of_each, past_faults
from audit.flag.rerun import CitedRowStore, FlagRow, Rerun, feeding
from audit.flag.rule_comparison import RuleComparison
from audit.flag.side_by_side import SideBySide, can_stand_together, reads_ids_as_names
from data.errors import UsageError
from data.store import Store
from data.vocabulary import BY_COMPARISON, Concern
from features.covered import windows_covered
from features.gaps.sources import Sources
from features.indicator import Indicator
from features.table import SOURCE_GAP, Cells, FeatureTable
from models.contradictions.rule import Rule
from pipeline.evidence import cited_days, flag_id
from pipeline.extras import check_extras
from pipeline.flag import Flag
from pipeline.run_folder import RunFolder

_LIMIT: Final = 8
"""How many faults of one flag are listed."""

_TOGETHER: Final = 250
"""So many flags are replayed side by side at most, or their rows would take much memory."""


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
        UsageError: there is no such flag, or a library that the run's detectors need is not installed.
        VerificationFailed: a file that the replay needs cannot be read.
    """
    flags: list[FlagRow] = folder.table("flags").to_pylist() if flag is None else [find_flag(folder, flag)]
    if any(row["promise"] in BY_COMPARISON for row in flags):
        check_extras(folder.settings, records=False)
    rerun = Rerun(folder, folder.settings)
    evidence = evidence_of(folder, None if flag is None else flags[0]["flag_id"])
    loaded = loaded_rows(folder, None if flag is None else evidence[flags[0]["flag_id"]])
    results: dict[str, ReplayResult] = {}
    with Store(threads=1) as store:
        replays = _Replays(rerun, evidence, loaded, CitedRowStore(store, rerun.absent, rerun.coarse, rerun.filled))
        for together in _batches(flags, rerun):
            for row, faults in zip(together, replays.of(together), strict=True):
                cited = evidence.get(row["flag_id"], [])
                results[row["flag_id"]] = ReplayResult(row["flag_id"], len(cited), tuple(faults[:_LIMIT]))
            if progress:
                progress(len(results), len(flags))
    return [results[row["flag_id"]] for row in flags]


def _batches(flags: Sequence[FlagRow], rerun: Rerun) -> Iterator[list[FlagRow]]:
    """Yield flags that can be replayed side by side: of one date, and of one rule or one concern of a kind of subject.

    What reads ids for more than names takes one flag after the other.
    """
    alike: dict[tuple[date, str, str, str], list[FlagRow]] = {}
    for row in flags:
        what = row["detectors"][0] if row["promise"] == "contradiction" else row["concern"]
        alike.setdefault((row["as_of"], row["subject_kind"], row["promise"], what), []).append(row)
    for together in alike.values():
        size = _TOGETHER if all(map(reads_ids_as_names, _declarations(together[0], rerun))) else 1
        for first in range(0, len(together), size):
            yield together[first : first + size]


def _declarations(row: FlagRow, rerun: Rerun) -> Sequence[Indicator | Rule]:
    if row["family"] == "contradiction":
        return [rerun.settings.repertoire.rules[row["detectors"][0]]]
    return feeding(rerun.settings, row)


@dataclass(frozen=True)
class _Replays:
    """What replaying takes: the run's comparison, evidence by flag, the rows it cites, and a store to hold them."""

    rerun: Rerun
    evidence: Mapping[str, list[EvidenceRow]]
    loaded: Mapping[tuple[str, date], LoadedTable]
    rows: CitedRowStore

    def of(self, together: Sequence[FlagRow]) -> list[list[str]]:
        """Return the faults of each of some flags that are alike."""
        faults = [self._row_faults(row) for row in together]
        # What follows from changed rows would say nothing about the flag.
        sound = [number for number, of_rows in enumerate(faults) if not of_rows]
        if sound:
            for number, found in zip(sound, self._computed_faults([together[n] for n in sound]), strict=True):
                faults[number] = found
        return faults

    def _row_faults(self, row: FlagRow) -> list[str]:
        cited = self.evidence.get(row["flag_id"], [])
        return faults_of(cited, self.loaded, row["as_of"]) + ([] if cited else ["the flag cites no evidence"])

    def _computed_faults(self, together: Sequence[FlagRow]) -> Iterator[list[str]]:
        cited = [cited_rows(self.evidence[row["flag_id"]], self.loaded, row["as_of"]) for row in together]
        if len(together) > 1 and not can_stand_together(cited):
            for row in together:
                yield from self._computed_faults([row])
            return
        beside = SideBySide(self.rows, cited)
        computed = {"contradiction": self._rule_faults, "excess": self._excess_faults}
        yield from computed.get(together[0]["promise"], self._comparison_faults)(beside, together)

    def _rule_faults(self, beside: SideBySide, together: Sequence[FlagRow]) -> Iterator[list[str]]:
        rule = self.rerun.settings.repertoire.rules[together[0]["detectors"][0]]
        for row, monthly in zip(together, beside.counts(rule, together[0]["as_of"]), strict=True):
            again = RuleComparison(self.rerun, row, beside.store)
            rebuilt = next((f for f in again.selection.flags if _is_about(f, row)), None)
            yield [*again.differing(monthly), *self._flag_faults(row, rebuilt)]

    def _excess_faults(self, beside: SideBySide, together: Sequence[FlagRow]) -> Iterator[list[str]]:
        first = together[0]
        flags, differing = self.rerun.of(first)
        past = self.rerun.past(first["subject_kind"], first["as_of"])
        rebuilt = [flags.get((row["subject_id"], "excess")) for row in together]
        names = [None if flag is None else flag.carried[0][0] for flag in rebuilt]
        known = sorted({name for name in names if name is not None})
        own = own_counts_of_each(self.rerun, beside, together, known) if known else {}
        for number, (row, flag, name) in enumerate(zip(together, rebuilt, names, strict=True)):
            faults = [] if name is None or past is None else past_faults(own[name][number], row, past, name)
            yield [*differing, *faults, *self._flag_faults(row, flag)]

    def _comparison_faults(self, beside: SideBySide, together: Sequence[FlagRow]) -> Iterator[list[str]]:
        first = together[0]
        kind, as_of, indicators = first["subject_kind"], first["as_of"], feeding(self.rerun.settings, first)
        flags, differing = self.rerun.of(first)
        written = self.rerun.table(kind, as_of)
        values = beside.values(indicators, kind=kind, as_of=as_of, sources=self.rerun.sources)
        days = _exposure_days(written, indicators, first["concern"], self.rerun.sources)
        for number, row in enumerate(together):
            at = values.position(number, row["subject_id"])
            faults = [*differing, *_value_faults(values.table, at, written, row, days)]
            yield [*faults, *self._flag_faults(row, flags.get((row["subject_id"], row["promise"])))]

    def _flag_faults(self, row: FlagRow, rebuilt: Flag | None) -> list[str]:
        if rebuilt is None:
            return ["computed again, there is no such flag"]
        return list(_flag_faults(row, rebuilt, self.evidence[row["flag_id"]], self.loaded))


def _is_about(flag: Flag, row: FlagRow) -> bool:
    return flag.subject_id == row["subject_id"] and list(flag.detectors) == list(row["detectors"])


def _exposure_days(
    written: FeatureTable, indicators: Sequence[Indicator], concern: Concern, sources: Sources
) -> dict[str, int]:
    """Return over how many days at most the rows of each are cited that only measures opportunity, by name.

    Where records of what is counted begin late these are fewer than its longest window.
    """
    known = [indicator for indicator in indicators if any(name == indicator.name for name, _ in written.cells)]
    windows = {window for _, window in written.cells}
    covered = windows_covered(known, windows, as_of=written.as_of, sources=sources)
    days: dict[str, int] = {}
    for (name, _), spans in cited_days(written.cells, known, concern, covered).items():
        if "comparison" not in spans:
            days[name] = max(days.get(name, 0), spans["exposure"])
    return days


def _value_faults(
    again: FeatureTable, at: int | None, written: FeatureTable, row: FlagRow, exposure_days: Mapping[str, int]
) -> Iterator[str]:
    """Compare the place among peers and the values, computed from the evidence alone, with those the run wrote down.

    Whether a source was silent shows in everybody's rows and not in one subject's, so the gaps are those the run found.
    """
    if at is None:
        yield "computed again, the subject is not in service"
        return
    at_written = written.ids.tolist().index(row["subject_id"])
    if again.subjects.slice(at, 1).to_pylist() != written.subjects.slice(at_written, 1).to_pylist():
        yield "the subject's posting, role, rank or team comes out differently"
    for (name, window), cells in again.cells.items():
        # What only measures opportunity has an opportunity of its own, which the flag does not rest on and does not
        # cite; nor does it cite rows from before anything could be counted, which longer windows hold.
        if window > exposure_days.get(name, window):
            continue
        key, exposure = (name, window), name not in exposure_days
        if key not in written.cells:
            yield f"{name} over {window} days is not among the run's values: it ran on another version of OpenCSE"
        elif not _same(cells, at, written.cells[key], at_written, exposure=exposure):
            yield f"{name} over {window} days comes out differently"


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
    digests = {name: loaded[name, row["as_of"]].digests for name in {r.table_name for r in cited}}
    evidence = [(r.table_name, r.row_id, digests[r.table_name][r.row_id], r.indicator, r.part) for r in cited]
    if flag_id(rebuilt, evidence) != row["flag_id"]:
        yield "the flag's id is not that of its content and evidence"
