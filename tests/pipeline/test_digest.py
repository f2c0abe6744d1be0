"""Digests are of canonical JSON, and tell any two different rows apart."""

from __future__ import annotations

from datetime import date, datetime

import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from pipeline.digest import canonical, digest, flag_bytes, row_bytes, row_digest

values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=("Cs",))),
    st.dates(),
    st.datetimes(),
)
rows = st.dictionaries(st.from_regex(r"[a-z_]{1,20}", fullmatch=True), values, max_size=8)


def plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    return value if value is None or isinstance(value, bool | str) else repr(value)


@given(rows)
def test_the_bytes_of_a_row_are_those_of_rfc_8785(row: dict[str, object]) -> None:
    content = {"table": "shift", "row": {name: plain(value) for name, value in row.items()}}
    assert row_bytes("shift", row) == rfc8785.dumps(content)  # type: ignore[arg-type]


@given(rows, st.lists(st.lists(st.text(st.characters(exclude_categories=("Cs",))), max_size=5), max_size=4))
def test_a_flag_and_its_evidence_have_the_bytes_of_both_together(
    flag: dict[str, object], evidence: list[list[str]]
) -> None:
    assert flag_bytes(flag, evidence) == canonical({"flag": flag, "evidence": evidence})


@given(rows, rows)
def test_two_rows_share_a_digest_only_if_they_read_the_same(one: dict[str, object], two: dict[str, object]) -> None:
    same = {k: plain(v) for k, v in one.items()} == {k: plain(v) for k, v in two.items()}
    assert (row_digest("shift", one) == row_digest("shift", two)) == same


def test_the_table_is_part_of_the_digest() -> None:
    assert row_digest("shift", {"a": 1}) != row_digest("absence", {"a": 1})


def test_ids_beyond_what_json_numbers_hold_keep_every_digit() -> None:
    assert row_digest("shift", {"a": 2**53}) != row_digest("shift", {"a": 2**53 + 1})
    assert digest({"id": 2**53}) != digest({"id": 2**53 + 1})
