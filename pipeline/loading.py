"""Loading: from a folder of record files to tables that meet the contract, with every row accounted for.

After `load` the store has one table `loaded.<table>` per table that was there, with exactly the contract's columns,
then `source_file` and `source_row`, in key order. Everything downstream reads only these. Every row that is not among
them is in the quarantine with its source, the rule it breaks and the reason: rows in = loaded + quarantined, always.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import closing
from pathlib import Path

from data import sources
from data.constraints import rules
from data.contract import CONTRACT
from data.errors import OpencseError
from data.schema import Table
from data.sources.base import InputFile
from data.store import Store
from pipeline.load_report import Loaded, RuleCount, TableCount
from pipeline.validation.expectations import Checker, Verdict
from pipeline.validation.quarantine import checkable, find_broken, finish, open_schemas, quarantine
from pipeline.validation.validation_report import write_validation

__all__ = ["InputFile", "Loaded", "RuleCount", "RulesDisagree", "TableCount", "load", "write_validation"]


class RulesDisagree(OpencseError):
    """Two ways of counting the same rows gave different numbers, so neither can be trusted."""


def load(
    folder: Path, *, source: str = "folder", store: Store, progress: Callable[[str], None] | None = None
) -> Loaded:
    """Load a records folder into the store and return what became of every file, table and rule.

    Raises `UsageError` for an unknown source, `InputRejected` for a folder or file that cannot be used, and
    `OpencseError` when Great Expectations is not installed or a count does not add up.

    Example:
        >>> with Store() as store:  # doctest: +SKIP
        ...     load(Path("records"), store=store).counts[0]
        TableCount(table='officer', rows_in=2000, loaded=2000, quarantined=0)
    """
    tell = progress or (lambda _: None)
    reader = sources.find(source)
    open_schemas(store)
    staged = reader.stage(folder, store=store, progress=tell)
    counts: list[TableCount] = []
    found: list[RuleCount] = []
    with closing(Checker(store)) as checker:
        for table in loading_order(staged.tables):
            tell(f"Checking {table.name}")
            count, broken = _load_table(table, staged.tables, store, checker)
            counts.append(count)
            found.extend(broken)
    position = {name: i for i, name in enumerate(CONTRACT.records)}
    return Loaded(
        source=source,
        inputs=tuple(sorted(staged.inputs, key=lambda file: file.name)),
        counts=tuple(sorted(counts, key=lambda count: position[count.table])),
        absent=tuple(name for name in CONTRACT.records if name not in staged.tables),
        notes=(*staged.notes, *_unchecked(staged.tables)),
        rules=tuple(sorted(found, key=lambda rule: position[rule.table])),
    )


def loading_order(staged: Collection[str]) -> tuple[Table, ...]:
    """Return the staged tables so that each comes after every table it refers to, enforced or not."""
    done: list[Table] = []
    waiting = [table for table in CONTRACT.order() if table.name in staged]
    while waiting:
        names = {table.name for table in waiting}
        ready = [t for t in waiting if not names & {c.references for c in t.columns} - {t.name}]
        if not ready:
            raise OpencseError(f"The tables {', '.join(sorted(names))} refer to each other in a circle.")
        done.extend(ready)
        waiting = [table for table in waiting if table not in ready]
    return tuple(done)


def _load_table(
    table: Table, present: Collection[str], store: Store, checker: Checker
) -> tuple[TableCount, list[RuleCount]]:
    checked = checkable(table, present=present)
    findings = find_broken(table, checked, store=store)
    verdicts, shapes = checker.check(table, checked, suspect=any(findings.broken.values()))
    _compare(table, findings.broken, verdicts)
    rejected = quarantine(table, store=store)
    loaded = finish(table, findings, rejected=rejected, store=store)
    if findings.rows != loaded + rejected:
        raise RulesDisagree(
            f"The rows of {table.name} do not add up.",
            expected=f"{findings.rows} rows read",
            found=f"{loaded} loaded and {rejected} quarantined",
            hint="This is a fault in OpenCSE or in the source; please report it.",
        )
    told = [RuleCount(table.name, "shape", "the table as a whole", True, v.broken, v.result) for v in shapes]
    told += [
        RuleCount(table.name, r.name, r.says, r.rejects, findings.broken[r.name], verdicts[r.name].result)
        for r in checked
    ]
    return TableCount(table.name, findings.rows, loaded, rejected), told


def _compare(table: Table, counted: Mapping[str, int], verdicts: Mapping[str, Verdict]) -> None:
    """Refuse to go on when SQL and Great Expectations count different numbers of broken rows."""
    differ = [name for name, count in counted.items() if verdicts[name].broken != count]
    if differ:
        raise RulesDisagree(
            f"Two counts of the broken rows of {table.name} disagree.",
            expected="; ".join(f"{name}: {verdicts[name].broken} by Great Expectations" for name in differ),
            found="; ".join(f"{name}: {counted[name]} by SQL" for name in differ),
            hint="This is a fault in OpenCSE or in a library version it was not tested with; please report it.",
        )


def _unchecked(present: Collection[str]) -> tuple[str, ...]:
    """Say which references could not be checked because the table they lead to is absent."""
    notes = [
        f"{name}.{rule.columns[0]} was not checked: the table {rule.parent} is absent."
        for name in CONTRACT.records
        if name in present
        for rule in rules(CONTRACT[name])
        if rule.parent is not None and rule.parent not in present
    ]
    return tuple(notes)
