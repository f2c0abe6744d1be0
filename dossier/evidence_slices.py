"""The evidence of a run, cut into flags once: what one flag cites is then read without looking at all the rest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pyarrow as pa


class Citation(NamedTuple):
    """One row of evidence: a record row, the indicator or rule that read it, and how it bears on the flag."""

    table_name: str
    row_id: int
    row_sha256: str
    source_file: str
    source_row: int
    indicator: str
    part: str


class EvidenceSlices:
    """The citations of every flag, in the order of the file.

    Rows are ordered by flag once; a flag's are then one piece of the table.

    Example:
        >>> row = {"flag_id": "f", "table_name": "shift", "row_id": 7, "row_sha256": "", "source_file": "shift.csv"}
        >>> row |= {"source_row": 8, "indicator": "shifts_worked", "part": "direct"}
        >>> [citation.row_id for citation in EvidenceSlices(pa.Table.from_pylist([row])).of("f")]
        [7]
    """

    def __init__(self, evidence: pa.Table) -> None:
        encoded = evidence["flag_id"].combine_chunks().dictionary_encode()
        codes = encoded.indices.to_numpy()
        order = np.argsort(codes, kind="stable")
        edges = np.searchsorted(codes[order], np.arange(len(encoded.dictionary) + 1))
        self._rows = evidence.select(Citation._fields).take(order).combine_chunks()
        self._edges = {
            flag: (int(edges[n]), int(edges[n + 1])) for n, flag in enumerate(encoded.dictionary.to_pylist())
        }

    def of(self, flag_id: str) -> list[Citation]:
        """Return what a flag cites; nothing where it cites nothing."""
        first, last = self._edges.get(flag_id, (0, 0))
        columns = [column.to_pylist() for column in self._rows.slice(first, last - first).columns]
        return [Citation(*values) for values in zip(*columns, strict=True)]


def by_name(citations: Iterable[Citation], field: str) -> list[tuple[str, list[Citation]]]:
    """Return citations by the text in one of their fields, in the order of these texts.

    Example:
        >>> one = Citation("shift", 1, "", "shift.csv", 2, "shifts_worked", "direct")
        >>> by_name([one, one._replace(table_name="absence")], "table_name")[0][0]
        'absence'
    """
    named: dict[str, list[Citation]] = defaultdict(list)
    for citation in citations:
        named[getattr(citation, field)].append(citation)
    return sorted(named.items())
