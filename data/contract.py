"""The officer-record contract, version 3: every record and truth table, declared once.

Definitions, value lists, validation rules, empty tables, synthetic data and `docs/records.md` are derived from
`CONTRACT`. Any folder with one Parquet or CSV file per table that meets it is an input; a table may be absent.

Conventions: ids are 64-bit integers, unique within their table, without meaning. Times are local wall-clock times
without zone; minutes and money (pence) are integers. `known_on` says the first day on which the force's systems held a
row and is never null: nothing may use the row on or before that day's as-of date. A column that is filled in later
than its row reads as null until its own day. Every row can be cited as evidence by (table, primary key).

Example:
    >>> CONTRACT["complaint"].key
    'allegation_id'
    >>> CONTRACT["posting"].column["rank"].values[:2]
    ('constable', 'sergeant')
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from data.schema import Contract
from data.tables.activity import ACTIVITY
from data.tables.conduct import CONDUCT
from data.tables.people import PEOPLE
from data.tables.time import TIME
from data.tables.truth import TRUTH

CONTRACT: Final = Contract(
    version=3,
    records=MappingProxyType({t.name: t for t in (*PEOPLE, *TIME, *ACTIVITY, *CONDUCT)}),
    truth=MappingProxyType({t.name: t for t in TRUTH}),
)
"""The contract that every input is checked against."""
