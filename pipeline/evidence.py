"""The rows behind every flag: found, kept as they stood, digested, and bound to the flag's id."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from typing import Any, Final, Literal

import pyarrow as pa

from data.arrow import arrow_schema
from data.asof import asof_query
from data.contract import CONTRACT
from data.store import Store
from data.vocabulary import BY_COMPARISON, Concern, SubjectKind
from features.compile.plain_query import evidence_query
from features.covered import windows_covered
from features.gaps.sources import Sources
from features.indicator import Indicator
from features.subjects import naming_tables, officers_query
from features.table import FeatureTable
from models.contradictions.claim_query import citation_query
from models.contradictions.rule import Rule
from models.lineage import PEER_GROUP
from pipeline.digest import flag_bytes
from pipeline.flag import Flag
from pipeline.row_lines import row_lines
from pipeline.settings import Settings

Part = Literal["direct", "exposure", "comparison"]
PARTS: Final[tuple[Part, ...]] = ("direct", "exposure", "comparison")
"""How a row bears on a flag, the closest first.

`direct`: it is counted by what the flag rests on, or is itself contradicted. `exposure`: it is the opportunity, or a
claim that was judged and borne out. `comparison`: it was looked at without carrying the flag, places the subject in the
peer group, or shows that a silent source was alive.
"""

SCHEMA: Final = pa.schema(
    [
        ("flag_id", pa.string()),
        ("table_name", pa.string()),
        ("row_id", pa.int64()),
        ("row_sha256", pa.string()),
        ("source_file", pa.string()),
        ("source_row", pa.int64()),
        ("indicator", pa.string()),
        ("part", pa.string()),
    ]
)
"""The columns of `evidence.parquet`; `indicator` holds the rule's name for a contradiction."""

FLAG_ID: Final = 32
"""How many hexadecimal digits of a flag's digest are its id."""

CitationKey = tuple[str, int, str]
"""A cited row: table, row id, and the indicator or rule it is cited for."""


@dataclass
class Cited:
    """One flag and the rows it cites, each with the closest way in which it bears on the flag."""

    flag: Flag
    parts: dict[CitationKey, Part] = field(default_factory=dict)

    def cite(self, key: CitationKey, part: Part) -> None:
        """Note a row; of two ways in which it bears on the flag the closer one stands."""
        known = self.parts.get(key)
        if known is None or PARTS.index(part) < PARTS.index(known):
            self.parts[key] = part


@dataclass(frozen=True)
class Kept:
    """The cited rows of one table as they stood at one as-of date: Arrow rows and their digests by row id."""

    table: str
    as_of: date
    rows: pa.Table
    digests: Mapping[int, str]
    sources: Mapping[int, tuple[str, int]]


def cite(
    store: Store,
    flags: Sequence[Flag],
    tables: Mapping[tuple[date, SubjectKind], FeatureTable],
    settings: Settings,
    sources: Sources,
) -> list[Cited]:
    """Find the rows behind every flag, in the flags' order: those of the days that the records of a value cover."""
    cited = [Cited(flag) for flag in flags]
    for (as_of, kind, promise), group in groupby(sorted(cited, key=_group), key=_group):
        together = list(group)
        if promise == "contradiction":
            _cite_rules(store, together, as_of, settings.repertoire.rules)
        elif promise == "excess":
            _cite_counts(store, together, as_of, kind, settings.indicators)
            _cite_standing(store, together, as_of, kind)
        else:
            _cite_values(store, together, tables[as_of, kind], settings.indicators, sources)
            _cite_standing(store, together, as_of, kind)
    return cited


def _group(cited: Cited) -> tuple[date, SubjectKind, str]:
    flag = cited.flag
    return flag.as_of, flag.subject_kind, "comparison" if flag.promise in BY_COMPARISON else flag.promise


def _cite_rules(store: Store, cited: Sequence[Cited], as_of: date, rules: Mapping[str, Rule]) -> None:
    def rule_of(citation: Cited) -> str:
        return citation.flag.detectors[0]

    for name, group in groupby(sorted(cited, key=rule_of), key=rule_of):
        by_subject = {c.flag.subject_id: c for c in group}
        query = citation_query(rules[name], as_of, sorted(by_subject))
        for subject, table, row, part in store.rows(query, step=f"{as_of}/evidence/{name}"):
            by_subject[subject].cite((table, row, name), part)


def _cite_values(
    store: Store, cited: Sequence[Cited], table: FeatureTable, indicators: Sequence[Indicator], sources: Sources
) -> None:
    computed = {name for name, _ in table.cells}
    by_name = {i.name: i for i in indicators if i.subject == table.kind and i.name in computed}
    position = {subject: at for at, subject in enumerate(table.ids.tolist())}
    windows = {window for _, window in table.cells}
    covered = windows_covered([*by_name.values()], windows, as_of=table.as_of, sources=sources)
    concerns = {citation.flag.concern for citation in cited}
    spans = {concern: cited_days(table.cells, [*by_name.values()], concern, covered) for concern in concerns}
    for cells in table:
        wanted: dict[int, dict[int, list[tuple[Cited, Part]]]] = defaultdict(lambda: defaultdict(list))
        for citation in cited:
            flag, cell = citation.flag, (cells.indicator, cells.window)
            for part, days in spans[flag.concern].get(cell, {}).items():
                # Whether any row counts is known of the days over which the indicator itself is counted.
                if cells.n_rows[position[flag.subject_id]] > 0 or days > covered[cell][0]:
                    direct = part == "comparison" and cell in flag.carried
                    wanted[days][flag.subject_id].append((citation, "direct" if direct else part))
        for days, by_subject in sorted(wanted.items()):
            query = evidence_query(by_name[cells.indicator], table.as_of, days, sorted(by_subject))
            step = f"{table.as_of}/evidence/{table.kind}/{cells.indicator}/{days}"
            for subject, name, row, counts in store.rows(query, step=step):
                for citation, part in by_subject[subject]:
                    citation.cite((name, row, cells.indicator), part if counts else "comparison")


def cited_days(
    cells: Iterable[tuple[str, int]],
    indicators: Sequence[Indicator],
    concern: Concern,
    covered: Mapping[tuple[str, int], tuple[int, int]],
) -> dict[tuple[str, int], dict[Part, int]]:
    """Return over how many days the rows of each cell bear on flags of a concern, as what is counted and as exposure.

    `cells` are names and windows, `covered` what `features.covered.windows_covered` says of the indicators. Of several
    indicators with one exposure these are the days of the longest. Whatever the concern looks at is cited, if only to
    show that it carries nothing.
    """
    looked_at = [i for i in indicators if concern in i.concerns]
    spans: dict[tuple[str, int], dict[Part, int]] = defaultdict(dict)
    for name, window in cells:
        for indicator in looked_at:
            if name in (indicator.name, indicator.exposure):
                part: Part = "comparison" if name == indicator.name else "exposure"
                days = covered[indicator.name, window][part == "exposure"]
                spans[name, window][part] = max(days, spans[name, window].get(part, 0))
    return spans


def _cite_counts(
    store: Store, cited: Sequence[Cited], as_of: date, kind: SubjectKind, indicators: Sequence[Indicator]
) -> None:
    """Cite what flags of excess count, over all periods, and the exposure in that time."""
    by_name = {indicator.name: indicator for indicator in indicators}

    def claim(citation: Cited) -> tuple[str, int]:
        return citation.flag.carried[0]

    for (name, days), group in groupby(sorted(cited, key=claim), key=claim):
        wanted: dict[int, list[Cited]] = defaultdict(list)
        for citation in group:
            wanted[citation.flag.subject_id].append(citation)
        parts: tuple[tuple[str, Part], ...] = ((name, "direct"), (str(by_name[name].exposure), "exposure"))
        for source, part in parts:
            query = evidence_query(by_name[source], as_of, days, sorted(wanted))
            step = f"{as_of}/evidence/{kind}/{source}/{days}/excess"
            for subject, table, row, counts in store.rows(query, step=step):
                for citation in wanted[subject]:
                    citation.cite((table, row, source), part if counts else "comparison")


def _cite_standing(store: Store, cited: Sequence[Cited], as_of: date, kind: SubjectKind) -> None:
    """Cite the officer, posting and unit rows that place each subject in service, in a team and among its peers."""
    present = store.tables("loaded")
    by_subject: dict[int, list[Cited]] = defaultdict(list)
    for citation in cited:
        by_subject[citation.flag.subject_id].append(citation)
    chosen = ", ".join(str(subject) for subject in sorted(by_subject))
    members = officers_query(as_of, postings="posting" in present, units="unit" in present, naming=naming_tables(store))
    column = "subject_id" if kind == "officer" else "team_id"
    query = (
        f"SELECT {column}, subject_id, posting_id, team_id FROM (\n{members}\n) WHERE {column} IN ({chosen}) ORDER BY 2"
    )
    for subject, officer, posting, team in store.rows(query, step=f"{as_of}/evidence/{kind}/{PEER_GROUP}"):
        standing = {"officer": officer, "posting": posting, "unit": team if "unit" in present else None}
        for citation in by_subject[subject]:
            for table, row in standing.items():
                if row is not None:
                    citation.cite((table, row, PEER_GROUP), "comparison")


def keep(store: Store, cited: Iterable[Cited]) -> list[Kept]:
    """Read every cited row once as it stood at its as-of date, and digest it; by table and as-of date."""
    wanted: dict[tuple[str, date], set[int]] = defaultdict(set)
    for citation in cited:
        for table, row, _ in citation.parts:
            wanted[table, citation.flag.as_of].add(row)
    return [_keep(store, table, as_of, wanted[table, as_of]) for table, as_of in sorted(wanted)]


def _keep(store: Store, name: str, as_of: date, ids: set[int]) -> Kept:
    table = CONTRACT[name]
    store.register("wanted_rows", pa.table({"row_id": pa.array(sorted(ids), pa.int64())}))
    seen = asof_query(table, as_of, relation=f"loaded.{name}", extra=("source_file", "source_row"))
    query = f"SELECT * FROM ({seen}) SEMI JOIN wanted_rows ON row_id = {table.key} ORDER BY {table.key}"
    rows = store.arrow(query, step=f"{as_of}/evidence/rows/{name}")
    store.unregister("wanted_rows")
    return kept_rows(name, as_of, rows)


def kept_rows(name: str, as_of: date, rows: pa.Table) -> Kept:
    """Digest rows of a table: `rows` has the contract's columns, source_file and source_row."""
    table = CONTRACT[name]
    schema = arrow_schema(table)
    rows = rows.cast(pa.schema([*schema, pa.field("source_file", pa.string()), pa.field("source_row", pa.int64())]))
    keys, files, numbers = (rows[of].to_pylist() for of in (str(table.key), "source_file", "source_row"))
    sources = dict(zip(keys, zip(files, numbers, strict=True), strict=True))
    digests = [hashlib.sha256(line).hexdigest() for line in row_lines(name, rows.select(schema.names))]
    return Kept(name, as_of, rows, dict(zip(keys, digests, strict=True)), sources)


def loaded_tables(kept: Iterable[Kept]) -> dict[str, pa.Table]:
    """Return the kept rows as the run's `loaded/<table>.parquet`: as_of, the contract's columns, file and row."""
    parts: dict[str, list[pa.Table]] = defaultdict(list)
    for block in kept:
        as_of = pa.repeat(pa.scalar(block.as_of, pa.date32()), len(block.rows))
        parts[block.table].append(block.rows.add_column(0, "as_of", as_of))
    return {name: pa.concat_tables(tables) for name, tables in parts.items()}


def flag_id(flag: Flag, evidence: Iterable[Sequence[Any]]) -> str:
    """Return a flag's id: a digest of its content and of the digests of all rows it cites.

    `evidence` holds (table, row id, row digest, indicator, part) for each cited row.
    """
    return hashlib.sha256(flag_record(flag.content(), evidence)).hexdigest()[:FLAG_ID]


def flag_record(content: Mapping[str, Any], evidence: Iterable[Sequence[Any]]) -> bytes:
    """Return the canonical bytes of a flag's content and of all rows it cites, whose digest is the flag's id."""
    return flag_bytes(content, sorted([list(map(str, e)) for e in evidence]))


def evidence_table(cited: Sequence[Cited], kept: Sequence[Kept]) -> tuple[list[str], pa.Table]:
    """Return the flags' ids, in the flags' order, and the rows of `evidence.parquet`."""
    known = {(k.table, k.as_of): k for k in kept}
    ids: list[str] = []
    columns: dict[str, list[Any]] = {name: [] for name in SCHEMA.names}
    for citation in cited:
        rows = []
        for table, row, name in sorted(citation.parts):
            of = known[table, citation.flag.as_of]
            rows.append((table, row, of.digests[row], *of.sources[row], name, citation.parts[table, row, name]))
        ids.append(flag_id(citation.flag, [(t, r, sha, name, part) for t, r, sha, _, _, name, part in rows]))
        for values in rows:
            for column, value in zip(SCHEMA.names, (ids[-1], *values), strict=True):
                columns[column].append(value)
    keys = ["flag_id", "table_name", "row_id", "indicator"]
    table = pa.Table.from_pydict(columns, schema=SCHEMA)
    return ids, table.sort_by([(key, "ascending") for key in keys])


def subjects_of(tables: Mapping[tuple[date, SubjectKind], FeatureTable]) -> pa.Table:
    """Return who was looked at, as rows of `subjects.parquet`: kind, as_of and where each stands."""
    parts = []
    for (as_of, kind), table in sorted(tables.items()):
        n = len(table.ids)
        rows = table.subjects.cast(_SUBJECTS)
        rows = rows.add_column(0, "as_of", pa.repeat(pa.scalar(as_of, pa.date32()), n))
        parts.append(rows.add_column(0, "subject_kind", pa.repeat(kind, n)))
    return pa.concat_tables(parts)


_SUBJECTS: Final = pa.schema(
    [
        ("subject_id", pa.int64()),
        ("posting_id", pa.int64()),
        ("role", pa.string()),
        ("rank", pa.string()),
        ("team_id", pa.int64()),
        ("area_id", pa.int64()),
        ("posted_on", pa.date32()),
    ]
)
