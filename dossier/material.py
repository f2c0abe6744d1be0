"""What a dossier is made from: a run's tables, each read once, its facts, and what was measured beside it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from audit.flag.certainty import most_certain_first
from dossier.clearing import Clearing
from dossier.evidence_slices import EvidenceSlices
from dossier.ledger_entries import LedgerEntries, ledger_entries
from features.indicators import indicators
from models.detectors import detectors
from models.rules import rules
from pipeline.given_ids import GivenIds
from pipeline.run_folder import RunFolder


@dataclass(frozen=True)
class Material:
    """A run, and what was measured beside it.

    `facts` is the manifest, or as much of it as stands before the run is sealed. `rates` is a table of error rates,
    `curves` one of them over how many are looked at, and `budget` the lines of a stress plan's statement, `changes`
    what would have kept each flag from being raised, and `survival` how each fares under other choices, where there are
    any. With `ids` the page has ids as the records wrote them; the page of a run itself has numbers. Nothing here runs
    code of the run's maker:
    questions of indicators and rules that are not OpenCSE's own stay unsaid.
    """

    folder: RunFolder
    facts: Mapping[str, Any]
    rates: pd.DataFrame | None = None
    curves: pd.DataFrame | None = None
    budget: tuple[str, ...] = ()
    changes: Mapping[str, Clearing] = field(default_factory=dict)
    survival: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    ids: GivenIds = field(default_factory=GivenIds)

    @cached_property
    def flags(self) -> list[dict[str, Any]]:
        """The flags, the most certain first: by q-value, then by score."""
        return most_certain_first(self.folder.table("flags").to_pylist())

    @cached_property
    def ledger(self) -> LedgerEntries:
        """What the run's ledger says of each flag."""
        return ledger_entries(self.folder.path)

    @cached_property
    def scores(self) -> pd.DataFrame:
        """What every detector and rule says of whom; contributions are JSON text."""
        rows: pd.DataFrame = self.folder.table("scores").to_pandas()
        return rows

    @cached_property
    def features(self) -> pd.DataFrame:
        """Every value that could be used, with the subject's id in one column for officers and units alike."""
        rows: pd.DataFrame = self.folder.table("features").to_pandas()
        rows["subject_id"] = rows["officer_id"].fillna(rows["unit_id"]).astype("int64")
        return rows[rows["status"] == "ok"]

    @cached_property
    def evidence(self) -> EvidenceSlices:
        """The evidence of each flag, by its id."""
        return EvidenceSlices(self.folder.table("evidence"))

    @cached_property
    def loaded(self) -> dict[str, pa.Table]:
        """The cited rows themselves, by table."""
        return {name: pq.read_table(path).combine_chunks() for name, path in self.folder.loaded().items()}

    @cached_property
    def digests(self) -> dict[str, str]:
        """The SHA-256 of each record file that the run read."""
        return {item["name"]: item["sha256"] for item in self.facts.get("inputs", ())}

    @cached_property
    def _statements(self) -> dict[str, list[tuple[str, str]]]:
        """The steps of each indicator or rule with the files of their SQL, in the order of their names."""
        named: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for item in self.folder.json("lineage/steps.json"):
            named[item["step"].split("/")[-1]].append((item["step"], item["file"]))
        return {name: sorted(steps) for name, steps in named.items()}

    def statements(self, name: str, day: str) -> list[str]:
        """Return the files of the SQL that computed an indicator's values or a rule's counts on a day."""
        return [file for step, file in self._statements.get(name, ()) if day in step.split("/")[0]]

    @cached_property
    def reads(self) -> dict[tuple[str, str], dict[str, dict[str, str]]]:
        """What each indicator and rule reads for a concern: columns with their categories, by table."""
        entries = self.folder.json("lineage/purposes.json")
        return {(e["concern"], fed["name"]): fed["reads"] for e in entries for fed in e["fed_by"]}

    @cached_property
    def _questions(self) -> dict[str, str]:
        return (
            {name: detector.question for name, detector in detectors().items()}
            | {name: rule.question for name, rule in rules().items()}
            | {name: indicator.question for name, indicator in indicators().items()}
        )

    def question(self, name: str) -> str:
        """Return the question that an indicator or a rule of OpenCSE's own asks; nothing for any other."""
        return self._questions.get(name, "")

    def assumptions(self, name: str) -> list[str]:
        """Return what a rule cannot see, or what a detector's p-values assume, in sentences."""
        rule, detector = rules().get(name), detectors().get(name)
        if rule is not None:
            return [f"{name.replace('_', ' ')} cannot see {blind}." for blind in rule.blind_to]
        return [] if detector is None else [f"{name.replace('_', ' ')}: {detector.assumption}."]


def contributions_of(text: str) -> list[dict[str, Any]]:
    """Return the contributions that a row of scores lists as JSON.

    Example:
        >>> contributions_of('[{"indicator": "complaints", "observed": 3}]')
        [{'indicator': 'complaints', 'observed': 3}]
    """
    listed: list[dict[str, Any]] = json.loads(text)
    return listed
