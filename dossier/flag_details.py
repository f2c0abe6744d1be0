"""One flag as data for its page: why, next to whom, on which rows, by which steps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any, Final

import numpy as np
import pandas as pd

from data.contract import CONTRACT
from dossier.curve_survival import outside_curves
from dossier.distributions import PeerValues
from dossier.evidence_slices import Citation, by_name
from dossier.lineage_tree import lineage_tree
from dossier.material import Material, contributions_of

SHOWN: Final = 40
"""How many rows of each table a page shows; all of them are in `evidence.parquet`."""


@dataclass(frozen=True)
class FlagDetails:
    """Makes the data of flags' pages, one after another."""

    material: Material

    @cached_property
    def _peers(self) -> PeerValues:
        return PeerValues(self.material)

    @cached_property
    def _scores(self) -> dict[tuple[Any, ...], dict[str, Any]]:
        """The scores that flags rest on: those of their own detectors."""
        scores = self.material.scores
        keys = ["subject_kind", "subject_id", "as_of", "concern", "detector"]
        wanted = [(*(f[key] for key in keys[:-1]), name) for f in self.material.flags for name in f["detectors"]]
        rows = scores[pd.MultiIndex.from_frame(scores[keys]).isin(wanted)].to_dict("records")
        return {tuple(row[key] for key in keys): {str(n): value for n, value in row.items()} for row in rows}

    @cached_property
    def _places(self) -> dict[str, dict[tuple[int, date], int]]:
        places = {}
        for name, table in self.material.loaded.items():
            keys = zip(table[str(CONTRACT[name].key)].to_pylist(), table["as_of"].to_pylist(), strict=True)
            places[name] = {key: at for at, key in enumerate(keys)}
        return places

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Yield the data of each flag's page, in the order of the material's flags."""
        return map(self.details, self.material.flags)

    def details(self, flag: dict[str, Any]) -> dict[str, Any]:
        """Return the data of one flag's page."""
        evidence = self.material.evidence.of(flag["flag_id"])
        scores = self._scores_of(flag)
        return {
            "id": flag["flag_id"],
            "scores": [self._score(flag, score) for score in scores],
            "cited": _counts(evidence),
            "assumptions": [line for name in flag["detectors"] for line in self.material.assumptions(name)],
            "rows": self._rows(flag, evidence),
            "lineage": lineage_tree(self.material, flag, evidence),
            "changes": None if (clearing := self.material.changes.get(flag["flag_id"])) is None else clearing.content,
            "survival": self.material.survival.get(flag["flag_id"]) or outside_curves(flag),
            **self.material.ledger.of(flag["flag_id"]),
        }

    def _scores_of(self, flag: dict[str, Any]) -> list[dict[str, Any]]:
        keys = [
            (flag["subject_kind"], flag["subject_id"], flag["as_of"], flag["concern"], name)
            for name in flag["detectors"]
        ]
        return [self._scores[key] for key in keys if key in self._scores]

    def _score(self, flag: dict[str, Any], score: dict[str, Any]) -> dict[str, Any]:
        parts = contributions_of(score["contributions"])
        if flag["family"] == "contradiction":
            counted = [part | {"histogram": self._peers.of_rule(flag, score["detector"])} for part in parts]
        else:
            known = [part for part in parts if "indicator" in part]
            counted = [
                part
                | {"histogram": self._peers.of_indicator(flag, score, part)}
                | {"question": self.material.question(part["indicator"])}
                for part in known
            ]
        return {
            "detector": score["detector"],
            "question": self.material.question(score["detector"]),
            "group": None if pd.isna(score["peer_group"]) else self.material.ids.sentence(score["peer_group"]),
            "peers": None if pd.isna(score["peers"]) else int(score["peers"]),
            "p": None if pd.isna(score["p_value"]) else float(score["p_value"]),
            "parts": counted,
        }

    def _rows(self, flag: dict[str, Any], evidence: list[Citation]) -> list[dict[str, Any]]:
        """Return, by table, the rows that the flag rests on: those counted or contradicted, as they stood."""
        tables = []
        for name, cited in by_name((c for c in evidence if c.part == "direct"), "table_name"):
            digests = {citation.row_id: citation.row_sha256 for citation in cited}
            places = self._places.get(name, {})
            present = [places.get((row, flag["as_of"])) for row in digests]
            at = [place for place in present[:SHOWN] if place is not None]
            tables.append(self._table(name, at, digests))
        return tables

    def _table(self, name: str, at: list[int], digests: dict[int, str]) -> dict[str, Any]:
        rows = self.material.loaded[name].take(np.array(at, dtype=np.int64))
        names = [column.name for column in CONTRACT[name].columns if column.name in rows.column_names]
        digested = rows[str(CONTRACT[name].key)].to_pylist()
        shown = self._given(name, rows.select(names).to_pylist())
        sources = list(zip(rows["source_file"].to_pylist(), rows["source_row"].to_pylist(), strict=True))
        values = [
            [*(_text(shown[n][column]) for column in names), *map(_text, sources[n]), digests[digested[n]]]
            for n in range(len(at))
        ]
        occurred = CONTRACT[name].occurred
        return {
            "table": name,
            "total": len(digests),
            "day": names.index(occurred) if occurred in names else None,
            "columns": [*names, "source_file", "source_row", "sha256"],
            "rows": values,
        }

    def _given(self, name: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        ids = self.material.ids
        return rows if ids.empty else [ids.row(name, row) for row in rows]


def _counts(evidence: list[Citation]) -> list[list[Any]]:
    counted = Counter((citation.table_name, citation.indicator, citation.part) for citation in evidence)
    return [[*key, number] for key, number in sorted(counted.items())]


def _text(value: object) -> str | None:
    if value is None:
        return None
    return value.isoformat(sep=" ", timespec="minutes") if isinstance(value, datetime) else str(value)
