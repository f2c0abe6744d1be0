"""What feeds each concern: the tables, columns and categories that every declaration of a run reads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from data.contract import CONTRACT
from data.vocabulary import CONCERNS, Concern
from features.expression import fields
from features.indicator import Indicator
from models.contradictions.rule import Rule
from models.purposes import REVEALING, Purposes

PEER_GROUP: Final = "peer_group"
"""Stands for what places everybody in service, in a team and in a peer group, whatever the concern."""

_SERVICE_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "officer": ("joined_on", "left_on", "officer_id"),
    "posting": ("ended_on", "officer_id", "posting_id", "rank", "role", "started_on", "unit_id"),
    "unit": ("kind", "parent_unit_id", "unit_id"),
}

Reads = Mapping[str, Iterable[str]]


@dataclass(frozen=True)
class Feed:
    """One declaration that feeds a concern, and the columns it reads, by table."""

    kind: str
    name: str
    reads: Reads

    def to_json(self) -> dict[str, Any]:
        """Return it as plain data: each table's columns with their categories."""
        tables = {
            table: {column: CONTRACT[table].category_of(column) for column in sorted(columns)}
            for table, columns in sorted(self.reads.items())
        }
        return {"kind": self.kind, "name": self.name, "reads": tables}


def reads_of(indicator: Indicator) -> dict[str, frozenset[str]]:
    """Return the columns that an indicator reads, by table, with those of the indicators that a formula reads.

    Example:
        >>> from features.indicators import indicators
        >>> "received_on" in reads_of(indicators()["complaints"])["complaint"]
        True
    """
    columns_of: dict[str, set[str]] = defaultdict(set)
    for name in indicator.tables:
        columns_of[name].add(str(CONTRACT[name].key))
    for path in (path for expression in indicator.expressions for path in fields(expression)):
        columns_of[indicator.owner(path).name].add(path[-1])
    for related in indicator.relations:
        for own in related.own:
            table, _, column = own.rpartition(".")
            columns_of[table or indicator.table].add(column)
        columns_of[related.table].update(other.rpartition(".")[2] for other in related.others)
    for part in indicator.parts:
        for table, columns in reads_of(part).items():
            columns_of[table].update(columns)
    return {table: frozenset(columns) for table, columns in columns_of.items()}


def feeds(concern: Concern, *, indicators: Iterable[Indicator], rules: Iterable[Rule]) -> list[Feed]:
    """Return everything that feeds a concern: indicators that serve it, their exposures, rules, and the peer groups."""
    by_name = {i.name: i for i in indicators}
    serving = [i for i in by_name.values() if concern in i.concerns]
    exposures = [by_name[i.exposure] for i in serving if isinstance(i.exposure, str) and i.exposure in by_name]
    sources = {i.name: i for i in [*serving, *exposures]}
    feeding = [Feed("indicator", name, reads_of(sources[name])) for name in sorted(sources)]
    feeding += [Feed("rule", r.name, r.reads) for r in sorted(rules, key=lambda r: r.name) if r.concern == concern]
    return [*feeding, Feed(PEER_GROUP, PEER_GROUP, _SERVICE_COLUMNS)]


def lineage(purposes: Purposes, *, indicators: Iterable[Indicator], rules: Iterable[Rule]) -> list[dict[str, Any]]:
    """Return, for each concern, its audience, the categories that fed it and every declaration with what it reads."""
    indicators, rules = list(indicators), list(rules)
    entries = []
    for concern in CONCERNS:
        fed = [feed.to_json() for feed in feeds(concern, indicators=indicators, rules=rules)]
        read = sorted({category for f in fed for columns in f["reads"].values() for category in columns.values()})
        entries.append({"concern": concern, "audience": purposes.audience[concern], "categories": read, "fed_by": fed})
    return entries


def lineage_faults(entries: Iterable[Mapping[str, Any]], purposes: Purposes) -> list[str]:
    """Return where a lineage breaks purposes or the contract: a category that is not the column's, or may not feed."""
    faults = []
    concerns = [entry["concern"] for entry in entries]
    if concerns != list(CONCERNS):
        faults.append(f"the lineage tells of {', '.join(map(str, concerns)) or 'no concern'}, not of each concern once")
    for entry in entries:
        concern = entry["concern"]
        if entry["audience"] != purposes.audience.get(concern):
            faults.append(f"{concern} goes to {entry['audience']}, not to {purposes.audience.get(concern)}")
        read = [(f["name"], t, c, k) for f in entry["fed_by"] for t, cs in f["reads"].items() for c, k in cs.items()]
        for name, table, column, category in read:
            where = f"{name} reads {table}.{column}"
            declared = CONTRACT.records.get(table)
            if declared is None or column not in declared.column:
                faults.append(f"{where}, which is not in the contract")
            elif declared.category_of(column) != category:
                faults.append(f"{where}, which is {declared.category_of(column)} and not {category}")
            elif table in REVEALING and REVEALING[table] not in purposes.feeds.get(concern, ()):
                faults.append(f"{where}, whose rows tell of {REVEALING[table]}, which may not feed {concern}")
            elif category not in purposes.feeds.get(concern, ()):
                faults.append(f"{where}, and {category} may not feed {concern}")
    return faults
