"""Columns that no statement fills: what detectors, selection and flags make, in Python, of the tables before them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pyarrow as pa

from pipeline.openlineage.statement_columns import StatementColumns

_FEATURES: Final = "features.parquet"
_SUBJECTS: Final = "subjects.parquet"
_SCORES: Final = "scores.parquet"
_FLAGS: Final = "flags.parquet"
_MEASURED: Final = ("indicator", "window_days", "value", "exposure", "n_rows", "status")
_PLACE: Final = ("role", "rank", "team_id", "area_id", "posting_id")

_SAME: Final[Mapping[str, Mapping[str, tuple[tuple[str, str], ...]]]] = {
    _SCORES: {
        "subject_kind": ((_FEATURES, "subject_kind"),),
        "subject_id": ((_FEATURES, "officer_id"), (_FEATURES, "unit_id")),
        "as_of": ((_FEATURES, "as_of"),),
    },
    _FLAGS: {
        name: ((_SCORES, name),) for name in ("subject_kind", "subject_id", "as_of", "concern", "family", "score")
    },
    "evidence.parquet": {"flag_id": ((_FLAGS, "flag_id"),)},
}
"""Columns taken over as they are."""

_COMPUTED: Final[Mapping[str, Mapping[str, tuple[tuple[str, str], ...]]]] = {
    _SCORES: {
        **{name: tuple((_FEATURES, c) for c in _MEASURED) for name in ("score", "p_value", "contributions")},
        **{name: tuple((_SUBJECTS, c) for c in _PLACE) for name in ("peer_group", "peers")},
    },
    _FLAGS: {
        "detectors": ((_SCORES, "detector"), (_SCORES, "p_value")),
        **dict.fromkeys(("p_value", "q_value", "threshold", "status"), ((_SCORES, "p_value"),)),
        "explanation": ((_SCORES, "contributions"), (_SCORES, "peers")),
        "flag_id": tuple(("evidence.parquet", c) for c in ("table_name", "row_id", "row_sha256", "indicator", "part")),
    },
}
"""Columns computed by comparing everybody with everybody."""

_SELECTED: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    _FLAGS: ((_SCORES, "p_value"), (_SCORES, "concern"), (_SCORES, "as_of")),
}
"""What decides which rows there are."""


def add_stage_columns(columns: StatementColumns, tables: Mapping[str, pa.Table]) -> None:
    """Add what the stages say that run no statement, of the tables that a run wrote."""
    for declared, how in ((_SAME, "IDENTITY"), (_COMPUTED, "AGGREGATION")):
        for name in declared.keys() & tables.keys():
            for column, origins in declared[name].items():
                columns.datasets[name].add(column, [(*origin, how) for origin in origins], by=_BY[name])
    for name in _SELECTED.keys() & tables.keys():
        columns.datasets[name].add_rows([(*origin, "FILTER") for origin in _SELECTED[name]], by=_BY[name])


_BY: Final[Mapping[str, str]] = {
    _SCORES: "the detectors of the settings",
    _FLAGS: "selection, by the settings",
    "evidence.parquet": "the flag that cites the row",
}
