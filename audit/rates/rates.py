"""The rates: from tables in memory to one tidy table of values, each with interval, size and status."""

from __future__ import annotations

import numpy as np
import pandas as pd

from audit.rates.evidence_rows import direct_rows, evidence_rates
from audit.rates.groups import Groups, everybody, intensity_bands, intersections, overlapping, partition
from audit.rates.population import AuditTables, Population
from audit.rates.positives import STANDINGS, TruthLabels, active_archetypes, truth_labels
from audit.rates.rate_options import COLUMNS, RateOptions
from audit.rates.rate_table import GroupCounts, rate_table
from audit.rates.selections import BASELINE, Selections, equal_workload, flagged
from audit.rates.truth_tables import AnyTable, Truth


def rates(
    flags: AnyTable,
    *,
    subjects: AnyTable,
    scores: AnyTable | None = None,
    evidence: AnyTable | None = None,
    truth: Truth | None = None,
    people: AnyTable | None = None,
    units: AnyTable | None = None,
    options: RateOptions = RateOptions(),  # noqa: B008 - a frozen value
) -> pd.DataFrame:
    """Return every rate of some flags as one tidy table: a row for each value, with its interval, size and status.

    All tables may be Arrow or pandas, and need the columns of the files of the same name in a run folder: `flags`
    (subject_kind, subject_id, as_of, concern, family, detectors, and flag_id where evidence is given), `subjects`
    (subject_kind, as_of, subject_id, and role, rank, team_id, area_id where known), `scores` and `evidence`. `people`
    has officer_id with any of the protected characteristics and joined_on; `units` has unit_id and name. Without
    `truth` only what needs none is there: how often flags fall on whom, and no error rates.

    The columns of the result are described in `docs/reference/rates.md`. It has a fixed order, and depends on nothing
    but the tables.

    Raises:
        UsageError: a table lacks a column.

    Example:
        >>> from datetime import date
        >>> subjects = pd.DataFrame({"subject_kind": "officer", "as_of": date(2026, 1, 1), "subject_id": [1, 2, 3, 4]})
        >>> flags = subjects.iloc[[1]].assign(concern="standards", family="peer", detectors=[["rate_above_peers"]])
        >>> table = rates(flags, subjects=subjects)
        >>> table.loc[table["scope"] == "all", ["measure", "value", "count", "n", "status"]].values.tolist()
        [['flags_per_1000', 250.0, 1.0, 4.0, 'too_few']]
    """
    tables = AuditTables.of(flags, subjects=subjects, scores=scores, people=people, units=units)
    return rates_of(tables, evidence=evidence, truth=truth, options=options)


def rates_of(
    tables: AuditTables, *, evidence: AnyTable | None, truth: Truth | None, options: RateOptions
) -> pd.DataFrame:
    """Return the same of tables that are prepared for an audit."""
    direct = direct_rows(evidence) if evidence is not None and truth is not None else None
    blocks: list[pd.DataFrame] = []
    for population in tables.populations():
        base = base_groups(population, truth, options)
        for concern in tables.concerns(population, truth):
            selections = population_selections(tables, population, concern, options)
            labels = population_labels(truth, population, concern, options)
            blocks.append(group_rates(population, concern, base, selections, labels, options))
            if labels is not None and direct is not None and truth is not None:
                of_rows = evidence_rates(tables.flags, direct, truth, population, concern, labels, options)
                cells = zip(of_rows["measure"], of_rows["by"], strict=True)
                blocks.append(of_rows[[options.wants(measure) and options.wants_by(by) for measure, by in cells]])
    blocks = [block for block in blocks if len(block)]
    return pd.concat(blocks, ignore_index=True) if blocks else pd.DataFrame({c: [] for c in COLUMNS})


def population_labels(
    truth: Truth | None, population: Population, concern: str, options: RateOptions
) -> TruthLabels | None:
    """Return what the truth says of a population; None without truth."""
    if truth is None:
        return None
    return truth_labels(
        truth,
        kind=population.kind,
        concern=concern,
        as_of=population.as_of,
        ids=population.ids,
        teams=population.teams,
        definition=options.positive,
    )


def base_groups(population: Population, truth: Truth | None, options: RateOptions) -> Groups:
    """Return the groups of a population that do not depend on the concern."""
    n = len(population.ids)
    groups = everybody(n)
    for by, labels in (*population.protected.items(), *population.labels.items()):
        groups = groups + partition(by, labels)
    if options.intersections:
        crossed = intersections(population.protected)
        groups = groups if crossed is None else groups + crossed
    if truth is not None and population.kind == "officer":
        archetypes = active_archetypes(truth, as_of=population.as_of, ids=population.ids, definition=options.positive)
        groups = groups + overlapping("archetype", archetypes, n=n, rest="no archetype")
    return groups


def population_selections(
    tables: AuditTables, population: Population, concern: str, options: RateOptions
) -> Selections:
    """Return what was flagged for a concern, and what each detector and baseline selects at the same workload."""
    flags = tables.about(tables.flags, population, concern)
    scores = tables.about(tables.scores, population, concern)
    own = scores[scores["family"].to_numpy() != BASELINE] if options.silent else scores.iloc[:0]
    families = sorted({str(f) for f in flags["family"]} | {str(f) for f in own["family"].unique()})
    detectors = sorted({str(d) for row in flags["detectors"] for d in row} | {str(d) for d in own["detector"].unique()})
    selections = flagged(flags, ids=population.ids, families=families, detectors=detectors)
    places = float(selections.weight[:, 0].sum())
    if options.workload is not None:
        places = float(round(options.workload * len(population.ids) / 1000))
    alternatives = equal_workload(scores, ids=population.ids, places=places)
    return selections if alternatives is None else selections + alternatives


def group_rates(
    population: Population,
    concern: str,
    base: Groups,
    selections: Selections,
    labels: TruthLabels | None,
    options: RateOptions,
) -> pd.DataFrame:
    """Return the measures of selections from a population, for the base groups and those of the concern."""
    groups = base
    if labels is not None:
        groups = groups + partition("standing", np.array(STANDINGS, dtype=object)[labels.standing])
        groups = groups + overlapping("typology", labels.typologies, n=len(population.ids))
        groups = groups + overlapping("intensity", intensity_bands(labels.multiple), n=len(population.ids))
    if options.by is not None:
        groups = groups.only(options.by)
    counts = GroupCounts.of(groups, selections, None if labels is None else labels.positive)
    return rate_table(
        counts,
        groups,
        selections,
        kind=population.kind,
        as_of=population.as_of,
        concern=concern,
        options=options,
    )
