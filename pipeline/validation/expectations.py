"""Great Expectations on staged tables: suites derived from the constraints, validated inside the store's own database.

The library takes seconds to import and reads usage settings while doing so, so it is imported here only, when the first
table is checked, with its analytics switched off. No data context is made: nothing is written outside the run, and no
configuration of the user's is read.

Two things stand between Great Expectations and DuckDB. duckdb-engine's results live only as long as their connection,
which Great Expectations gives back before it reads them; `_engine` reads every result completely first. And SQLAlchemy
asks for column types through PostgreSQL catalogues that DuckDB does not have; `_Columns` answers from
`information_schema`.
"""

from __future__ import annotations

import atexit
import logging
import os
import warnings
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from data.constraints import STAGED, Constraint, Expectation, shape
from data.errors import OpencseError
from data.schema import Table
from data.store import Store, quoted
from pipeline.load_report import TableCount

MOST_SAMPLED: Final = 1_000_000
"""In a larger table what no row violates by SQL is looked for in a sample of so many rows at most."""

_SAMPLED: Final = "sampled"
"""The schema that holds the sample of a table while it is looked at."""

_YES_OR_NO: Final = {"result_format": "BOOLEAN_ONLY"}
_COUNTS: Final = {
    # Counts only: the rows themselves go to the quarantine, and no personal value into a report.
    "result_format": "BASIC",
    "partial_unexpected_count": 0,
    "return_unexpected_index_query": False,
}


class ValidationMissing(OpencseError):
    """Great Expectations is not installed."""


class ExpectationFailed(OpencseError):
    """Great Expectations could not evaluate a suite, or a source staged a table of the wrong shape."""


@dataclass(frozen=True)
class ExpectationResult:
    """The result of one expectation: how many rows do not meet it, and the library's own result as plain data."""

    violations: int
    content: Mapping[str, Any]


class ExpectationChecker:
    """Validates staged tables of one store against suites derived from the contract.

    Example:
        >>> from data.contract import CONTRACT
        >>> from data.constraints import constraints_of
        >>> officer = CONTRACT["officer"]
        >>> with Store() as store:  # doctest: +SKIP
        ...     ExpectationChecker(store).check(officer, constraints_of(officer))[0]["required(joined_on)"].violations
        0
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        with _quiet():
            self._engine = _engine(store)

    def check(
        self, table: Table, constraints: Sequence[Constraint], *, rows: int, violated: Collection[str] = ()
    ) -> tuple[dict[str, ExpectationResult], tuple[ExpectationResult, ...]]:
        """Validate a staged table of so many rows; return a result by constraint name, then those on the table's shape.

        The rows that do not meet the constraints named in `violated` are counted in the whole table. Violations of the
        others are looked for in the whole table too, unless it has more than `MOST_SAMPLED` rows: then in every n-th.
        Raises `ExpectationFailed` when the staged table does not have the contract's columns and types, or when an
        expectation cannot be evaluated.
        """
        on_shape = shape(table)
        counted = [constraint for constraint in constraints if constraint.name in violated]
        others = [constraint for constraint in constraints if constraint.name not in violated]
        with _quiet(), _made_once():
            # The engine answers for the table that it was given last: the whole one is asked about before its sample.
            whole = _Asking(self._engine, table, STAGED)
            answers = whole.how_many(c.expectation for c in counted)
            if rows > MOST_SAMPLED:
                answers += whole.first_whether(on_shape)
                with self._sample(table, rows) as schema:
                    answers += _Asking(self._engine, table, schema).first_whether(c.expectation for c in others)
            else:
                answers += whole.first_whether([*on_shape, *(c.expectation for c in others)])
            results = [ExpectationResult(_violations(answer), _plain(answer)) for answer in answers]
        of_shape = tuple(results[len(counted) : len(counted) + len(on_shape)])
        _require_shape(table, of_shape)
        of_rows = dict(zip((c.name for c in counted), results, strict=False))
        of_rows |= zip((c.name for c in others), results[len(counted) + len(on_shape) :], strict=True)
        return {constraint.name: of_rows[constraint.name] for constraint in constraints}, of_shape

    @contextmanager
    def _sample(self, table: Table, rows: int) -> Iterator[str]:
        """Give the schema that holds every n-th row of a staged table for the time of a block."""
        name = quoted(table.name)
        with self._store.scratch(_SAMPLED):
            self._store.run(f"CREATE TABLE {_SAMPLED}.{name} AS FROM {STAGED}.{name} WHERE rowid % {_every(rows)} = 0")
            yield _SAMPLED

    def close(self) -> None:
        """Give back the connection."""
        with _quiet():
            self._engine.close()


def sample_notes(counts: Iterable[TableCount]) -> tuple[str, ...]:
    """Say of which tables Great Expectations looked at a sample alone for what SQL found nowhere violated.

    Example:
        >>> sample_notes([TableCount("shift", 2_500_000, 2_500_000, 0), TableCount("officer", 900, 900, 0)])
        ('shift: of constraints that no row violates by SQL, Great Expectations looked at one row in 3.',)
    """
    return tuple(
        f"{count.table}: of constraints that no row violates by SQL, Great Expectations looked at one row in"
        f" {_every(count.rows_in)}."
        for count in counts
        if count.rows_in > MOST_SAMPLED
    )


def _every(rows: int) -> int:
    return -(-rows // MOST_SAMPLED)


def _require_shape(table: Table, results: Sequence[ExpectationResult]) -> None:
    failures = [result.content for result in results if not result.content["success"]]
    if failures:
        raise ExpectationFailed(
            f"The table {table.name} was not staged as the contract says.",
            expected="; ".join(str(failure["arguments"]) for failure in failures),
            found="; ".join(str(failure["result"]) for failure in failures),
            hint="This is a fault in the source; its `stage` must give every column its contract type.",
        )


class _Asking:
    """Asks Great Expectations about one table, as it stands in one schema."""

    def __init__(self, engine: Any, table: Table, schema: str) -> None:
        self._table, library = table, _library()
        data = library.SqlAlchemyBatchData(
            execution_engine=engine, table_name=table.name, schema_name=schema, create_temp_table=False
        )
        self._validator = library.Validator(
            execution_engine=engine,
            expectation_suite=library.ExpectationSuite(name=table.name),
            batches=[library.Batch(data=data)],
        )

    def first_whether(self, expectations: Iterable[Expectation]) -> list[Any]:
        """Return a result per expectation, in order: yes or no for all, and counts for those that answered no.

        Asking every expectation for counts costs a query each to list rows that are not there.
        """
        asked = list(expectations)
        results = self._ask(asked, _YES_OR_NO)
        failed = [at for at, result in enumerate(results) if not result.success]
        for at, result in zip(failed, self.how_many(asked[at] for at in failed), strict=True):
            results[at] = result
        return results

    def how_many(self, expectations: Iterable[Expectation]) -> list[Any]:
        """Return a result with counts per expectation, in order."""
        return self._ask(list(expectations), _COUNTS)

    def _ask(self, expectations: Sequence[Expectation], result_format: Mapping[str, object]) -> list[Any]:
        library = _library()
        configurations = [
            library.ExpectationConfiguration(type=e.type, kwargs=dict(e.arguments), meta={"position": position})
            for position, e in enumerate(expectations)
        ]
        runtime = {"result_format": dict(result_format), "catch_exceptions": False}
        try:
            results = (
                self._validator.graph_validate(configurations=configurations, runtime_configuration=runtime)
                if configurations
                else []
            )
        except library.errors as error:
            raise ExpectationFailed(
                f"Great Expectations could not check the table {self._table.name}.",
                found=str(error).splitlines()[0][:400],
            ) from error
        # The order of results is not part of the library's promise.
        return sorted(results, key=lambda result: int(result.expectation_config.meta["position"]))


def _violations(result: Any) -> int:
    """Return how many rows do not meet an expectation; for one about the table as a whole, 1 when it fails."""
    if result.success:
        return 0
    count = result.result.get("unexpected_count", result.result.get("observed_value"))
    return count if isinstance(count, int) else 1


def _plain(result: Any) -> dict[str, Any]:
    # The result's own `to_json_dict` copies all of it four times, to write down what is not wanted here.
    asked, plain = result.expectation_config, _library().util.convert_to_json_serializable
    return {
        "expectation": asked.type,
        "arguments": plain({k: v for k, v in asked.kwargs.items() if k != "batch_id"}),
        "success": bool(result.success),
        # What is there depends on how it was asked; only a count of violations is worth keeping.
        "result": plain(
            {k: v for k, v in result.result.items() if not result.success and not k.startswith("partial_")}
        ),
    }


@dataclass(frozen=True)
class _Library:
    """The parts of Great Expectations and SQLAlchemy that are used."""

    SqlAlchemyExecutionEngine: Any
    SqlAlchemyBatchData: Any
    Batch: Any
    ExpectationSuite: Any
    Expectation: Any
    ExpectationConfiguration: Any
    Validator: Any
    ids: Any
    util: Any
    ConnectionWrapper: Any
    sqlalchemy: Any
    errors: tuple[type[Exception], ...]


@cache
def _library() -> _Library:
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    try:
        import duckdb_engine
        import great_expectations.expectations  # noqa: F401 - fills the registry of expectations
        import sqlalchemy
        from great_expectations import util
        from great_expectations.core import ExpectationSuite, id_dict
        from great_expectations.core.batch import Batch
        from great_expectations.exceptions import GreatExpectationsError
        from great_expectations.execution_engine import SqlAlchemyExecutionEngine
        from great_expectations.execution_engine.sqlalchemy_batch_data import SqlAlchemyBatchData
        from great_expectations.expectations.expectation import Expectation
        from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
        from great_expectations.validator.validator import Validator
    except ImportError as error:
        raise ValidationMissing(
            "Records cannot be checked, because Great Expectations is not installed.",
            found=str(error),
            hint='pip install "opencse[validation]"',
        ) from None

    class QuietValidator(Validator):  # type: ignore[misc]
        """A validator that draws no progress bars; the library has no switch for it without a data context."""

        def _determine_progress_bars(self) -> bool:
            return False

    logging.getLogger("great_expectations").setLevel(logging.CRITICAL)
    # Left alone, duckdb-engine outlives duckdb at exit, and duckdb's bindings print a screen of leak warnings.
    atexit.register(vars(duckdb_engine).clear)
    return _Library(
        SqlAlchemyExecutionEngine,
        SqlAlchemyBatchData,
        Batch,
        ExpectationSuite,
        Expectation,
        ExpectationConfiguration,
        QuietValidator,
        id_dict,
        util,
        duckdb_engine.ConnectionWrapper,
        sqlalchemy,
        (GreatExpectationsError, sqlalchemy.exc.SQLAlchemyError),
    )


def _engine(store: Store) -> Any:
    """Return an execution engine on a second connection to the store's own database: no row is copied."""
    library = _library()

    class DuckDbExecutionEngine(library.SqlAlchemyExecutionEngine):  # type: ignore[misc, name-defined]
        """Reads a result completely before its connection is given back, and knows DuckDB's catalogue."""

        def execute_query(self, query: Any) -> Any:
            # Only queries of ours come as text: one that counts, and one that lists rows, of which none is kept.
            if isinstance(query, library.sqlalchemy.TextClause) and not query.text.startswith("SELECT COUNT(*)"):
                query = library.sqlalchemy.text(f"SELECT * FROM ({query.text}) LIMIT 1")
            with self.get_connection() as connection:
                return self._execute_query_with_recovery(connection, query).freeze()()

        def get_inspector(self) -> Any:
            return _Columns(store, self.engine.dialect, library.sqlalchemy)

    def connect() -> Any:
        return library.ConnectionWrapper(store.connection.cursor())

    engine = library.sqlalchemy.create_engine(
        "duckdb:///:memory:", creator=connect, poolclass=library.sqlalchemy.pool.StaticPool
    )
    return DuckDbExecutionEngine(engine=engine, create_temp_table=False)


class _Columns:
    """Answers the two questions Great Expectations asks an SQLAlchemy inspector, from `information_schema`."""

    def __init__(self, store: Store, dialect: Any, sqlalchemy: Any) -> None:
        self._store = store
        self._sqlalchemy = sqlalchemy
        self.dialect = dialect

    def get_columns(self, table_name: str, schema: str) -> list[dict[str, Any]]:
        columns = self._store.rows(
            "SELECT column_name, data_type FROM information_schema.columns "
            "WHERE table_schema = ? AND table_name = ? ORDER BY ordinal_position",
            parameters=[schema, str(table_name)],
        )
        return [{"name": name, "type": getattr(self._sqlalchemy, kind.split("(")[0])()} for name, kind in columns]

    def get_pk_constraint(self, table_name: str, schema: str) -> dict[str, Any]:
        return {"constrained_columns": []}


@contextmanager
def _made_once() -> Iterator[None]:
    """Let the library make once what it makes anew each of the many times that it needs it, and write it down quickly.

    An expectation and its configuration give each other, copied field by field: nothing changes either while it is
    validated, and more than half of the time of checking a small table went there. The library is put back as it was
    afterwards.
    """
    library = _library()
    property_there = library.Expectation.configuration
    method_there = library.ExpectationConfiguration.to_domain_obj
    to_json = library.ids.convert_to_json_serializable
    # What is asked is kept beside what it gave: something new may otherwise come to lie at the same address.
    configurations: dict[int, tuple[Any, Any]] = {}
    expectations: dict[int, tuple[Any, Any]] = {}

    def configuration(expectation: Any) -> Any:
        if id(expectation) not in configurations:
            configurations[id(expectation)] = expectation, property_there.fget(expectation)
        return configurations[id(expectation)][1]

    def to_domain_obj(configuration: Any) -> Any:
        if id(configuration) not in expectations:
            expectations[id(configuration)] = configuration, method_there(configuration)
        return expectations[id(configuration)][1]

    def plain(data: Mapping[str, Any]) -> dict[str, Any]:
        # The library tries null against every type that it knows first.
        return {k: v if v is None or type(v) in (str, int, bool) else to_json(v) for k, v in data.items()}

    library.Expectation.configuration = property(configuration)
    library.ExpectationConfiguration.to_domain_obj = to_domain_obj
    library.ids.convert_to_json_serializable = plain
    try:
        yield
    finally:
        library.Expectation.configuration = property_there
        library.ExpectationConfiguration.to_domain_obj = method_there
        library.ids.convert_to_json_serializable = to_json


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the warnings of other people's code, which a reader can do nothing about, to ourselves."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
