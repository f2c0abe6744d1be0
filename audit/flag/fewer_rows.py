"""The values of one subject without some of the rows that its flag cites: for many such sets of rows at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Final

import numpy as np
import pyarrow as pa

from audit.flag.cited_rows import RowKey
from audit.flag.rerun import CitedRowStore, FlagRow, Rerun
from audit.flag.side_by_side import Numbering, SideBySide, can_stand_together, reads_ids_as_names
from data.contract import CONTRACT
from features.indicator import Indicator
from features.table import FeatureTable

_ROWS: Final = 100_000
"""So many rows stand side by side at most, those of one set aside, or they would take much memory."""

RowSet = frozenset[RowKey]


class FewerRows:
    """The rows that a flag cites, as they are held, and what follows from them without some of them."""

    def __init__(self, rerun: Rerun, flag: FlagRow, rows: CitedRowStore) -> None:
        self.rerun, self.flag, self.rows = rerun, flag, rows
        self.held = dict(rows.held)
        self._numbering = Numbering.of([self.held, self.held])
        self._keys = {name: table[str(CONTRACT[name].key)].to_numpy() for name, table in self.held.items()}

    def values(
        self, sets: Sequence[RowSet], indicators: Sequence[Indicator]
    ) -> Iterator[tuple[RowSet, FeatureTable, int | None]]:
        """Yield for each set a table in which the subject's values without it stand, and where; None where it is gone.

        Nothing is yielded where what the indicators ask of ids does not let sets stand side by side.
        """
        if not (all(map(reads_ids_as_names, indicators)) and can_stand_together([self.held])):
            return
        remaining, size = iter(sets), max(1, _ROWS // max(1, sum(map(len, self.held.values()))))
        while together := list(islice(remaining, size)):
            with self.rows.taken_back():
                subsets = [self._without(of) for of in together]
                beside = SideBySide(self.rows, subsets, numbering=self._numbering)
                answer = beside.values(
                    indicators, kind=self.flag["subject_kind"], as_of=self.flag["as_of"], sources=self.rerun.sources
                )
            for number, of in enumerate(together):
                yield of, answer.table, answer.position(number, self.flag["subject_id"])

    def _without(self, rows: RowSet) -> Mapping[str, pa.Table]:
        gone: dict[str, list[int]] = {}
        for name, key in rows:
            gone.setdefault(name, []).append(key)
        masks = {name: np.isin(self._keys[name], keys, invert=True) for name, keys in gone.items() if name in self.held}
        return self.held | {name: self.held[name].filter(pa.array(mask)) for name, mask in masks.items()}
