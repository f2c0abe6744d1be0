"""The tables made once for the whole force: officers, protected characteristics, units and postings."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from data.arrays import Array
from data.arrow import arrow_schema
from data.contract import CONTRACT
from data.synthetic.build import Parts
from data.synthetic.layers import recording
from data.synthetic.rows import NO_TIME, Rows, integers, rows, texts, to_arrow


def reference_tables(parts: Parts) -> dict[str, pa.Table]:
    """Return the reference tables as Arrow tables, each sorted by its key."""
    tables = {
        "officer": _officers(parts),
        "protected_characteristic": _characteristics(parts),
        "posting": _postings(parts),
    }
    ids = parts.force.people.officer_id
    arrow_tables = {name: to_arrow(data, officer_ids=ids) for name, data in tables.items()}
    arrow_tables["unit"] = _units(parts)
    return {name: table.sort_by(CONTRACT[name].key) for name, table in arrow_tables.items()}


def _left(parts: Parts) -> Array:
    """Return the day each person left; null for those who still serve."""
    people = parts.force.people
    return np.where(people.left >= parts.force.end, NO_TIME, people.left)


def _officers(parts: Parts) -> Rows:
    people = parts.force.people
    return rows(
        "officer",
        officer_id=people.officer_id,
        workforce=people.workforce,
        joined_on=people.joined,
        left_on=_left(parts),
    )


def _characteristics(parts: Parts) -> Rows:
    people = parts.force.people
    return rows(
        "protected_characteristic",
        officer_id=np.arange(len(people)),
        sex=people.sex,
        ethnicity=people.ethnicity,
        age_band=people.age_band,
        disability=people.disability,
        religion=people.religion,
        carer=people.carer,
    )


def _postings(parts: Parts) -> Rows:
    force, stints = parts.force, parts.force.stints
    data = rows(
        "posting",
        posting_id=700_001 + parts.streams.draw("posting/id").permutation(len(stints)),
        officer_id=stints.person,
        unit_id=force.structure.team_unit[stints.team],
        rank=stints.rank,
        role=stints.role,
        fte=stints.fte,
        supervisor_id=stints.supervisor,
        started_on=stints.started,
        ended_on=stints.ended,
    )
    joined = force.people.joined[stints.person]
    known = recording.known_on(parts.streams.draw("known/posting"), data, world=parts.world, joined=joined)
    return data.with_columns(known_on=np.minimum(known, force.end - 1).astype(np.int32))


def _units(parts: Parts) -> pa.Table:
    structure = parts.force.structure
    kinds = CONTRACT["unit"].column["kind"].values
    parents = structure.parents
    return pa.table(
        {
            "unit_id": integers(np.arange(1, len(structure.names) + 1)),
            "name": texts(structure.names),
            "kind": texts([kinds[kind] for kind in structure.kinds.tolist()]),
            "parent_unit_id": integers(parents, nulls=True),
        }
    ).cast(arrow_schema(CONTRACT["unit"], strict=True))
