"""What engines write differently stands in the dialect: for another engine the features need another of these alone."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

import features
from data.contract import CONTRACT
from data.store import Store
from features.compile import dialect
from features.compile.plain_query import evidence_query, plain_query
from features.compile.scan import scans
from features.compile.scan_query import scan_query
from features.gaps.source_gaps import examine
from features.indicator import Indicator
from features.indicators import indicators
from features.subjects import officers_query, units_query
from features.windows.timeline import timeline
from tests.features.hard_indicators import HARD

EVERYWHERE = {"count", "sum", "min", "max", "cast", "coalesce", "nullif", "row_number"}
"""The functions that queries may call wherever they are written: exact on whole numbers, the same in every engine."""

HERE_ONLY = {"date_diff", "extract", "greatest", "least", "interval"}
"""The functions that the dialect alone may call, since engines differ in their names or in what they do with null."""

# fmt: off
WORDS = {
    "and", "or", "not", "in", "exists", "as", "from", "where", "on", "by", "over", "filter", "then", "else",
    "when", "union", "select", "distinct", "with", "values", "join", "materialized",
}
# fmt: on
"""Words of the language that may stand before a parenthesis; `materialized` is the dialect's."""

FOREIGN = (
    r"::",
    r"\bqualify\b",
    r"\bgroup by all\b",
    r"\bmaterialized\b",
    r"\basof join\b",
    r"\bexclude\b",
    r"\bilike\b",
    r"\barg_m(in|ax)\b",
    r"\b(avg|stddev|median|quantile\w*|mode|first|last|list|string_agg|any_value)\(",
    r"\b(double|float|real)\b",
)
"""What one engine has and others lack, and aggregates that do not come out the same everywhere."""

FOLDER = Path(features.__path__[0])
MODULES = sorted(
    path.relative_to(FOLDER).as_posix()
    for path in FOLDER.rglob("*.py")
    if "from features.compile.dialect import" in path.read_text("utf-8")
)
AS_OFS = (date(2025, 11, 1), date(2026, 1, 1))
ALL: list[Indicator] = [*indicators().values(), *(i for group in HARD.values() for i in group)]


def queries() -> Iterator[str]:
    """Every kind of query that the engine, the evidence and the search for gaps can ask."""
    with_rows = [i for i in ALL if i.aggregate != "formula"]
    for kind in ("officer", "unit"):
        for scan in scans([i for i in with_rows if i.subject == kind]):
            yield scan_query(scan, timeline(AS_OFS, scan.windows))
    for indicator in with_rows:
        yield plain_query(indicator, AS_OFS[0])
    for indicator in ALL:
        yield evidence_query(indicator, AS_OFS[0], indicator.windows[0], [1, 2])
    for postings in (True, False):
        yield units_query(AS_OFS[0], postings=postings)
        yield from (officers_query(AS_OFS[0], postings=postings, units=units) for units in (True, False))
    with Store(threads=1) as store:
        store.run("CREATE SCHEMA loaded")
        for table in CONTRACT:
            store.run(table.ddl(name=f"loaded.{table.name}"))
        examine(store, as_ofs=AS_OFS)
        yield from (step.sql for step in store.steps if "/gaps/" in step.name)


ASKED = list(queries())


def without_text(sql: str) -> str:
    """The query without its string constants."""
    return re.sub(r"'[^']*'", "''", sql).lower()


def test_queries_call_no_function_that_is_not_listed() -> None:
    functions = {name for sql in ASKED for name in re.findall(r"\b([a-z_]+)\s*\(", without_text(sql))}
    relations = {f"{role}_{n}" for role in ("having", "without") for n in range(9)}
    assert functions - WORDS - EVERYWHERE - HERE_ONLY - relations == set()
    assert {"count", "sum", "max", "cast", "date_diff"} <= functions


@pytest.mark.parametrize("name", MODULES)
def test_outside_the_dialect_no_text_holds_what_only_one_engine_understands(name: str) -> None:
    tree = ast.parse((FOLDER / name).read_text("utf-8"))
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    texts = [
        n.value
        for n in ast.walk(tree)
        if isinstance(n, ast.Constant) and isinstance(n.value, str) and id(n) not in docstrings
    ]
    patterns = [*FOREIGN, *(rf"\b{function}\s*\(" for function in sorted(HERE_ONLY))]
    assert [(p, t) for p in patterns for t in texts if re.search(p, t.lower())] == []


def test_no_number_is_added_to_or_taken_from_a_day() -> None:
    """A date less a number is a date in one engine, an interval in another, and an error in a third."""
    assert [sql for sql in ASKED if re.search(r"date '[^']*' [-+] ", sql.lower())] == []


def test_the_dialect_says_what_others_may_not() -> None:
    source = Path(str(dialect.__file__)).read_text("utf-8").lower()
    assert {name for name in HERE_ONLY if name in source} == HERE_ONLY
