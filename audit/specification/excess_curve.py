"""Which flags of excess survive other choices: how many times peers, at which rate, and how many peers are enough.

A flag of excess hangs on other choices than one by comparison, so that it has a curve of its own: every combination of
the plan's alternatives for excess with those for the size of peer groups.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import pyarrow as pa

from audit.section import Section
from audit.specification.choices import AS_RUN, ExcessOf, PeersBy, SpecificationPlan
from audit.specification.run_values import RunValues
from data.arrays import Bools, Ids
from data.errors import VerificationFailed
from data.vocabulary import Concern, SubjectKind
from features.past import History
from models.excess.estimate import Excess, estimate
from models.excess.peer_rates import Standings
from pipeline.excess import compare_excess, select_excess
from pipeline.settings import Settings

SCHEMA: Final = pa.schema(
    [
        ("as_of", pa.date32()),
        ("subject_kind", pa.string()),
        ("concern", pa.string()),
        ("subject_id", pa.int64()),
        ("flag_id", pa.string()),
        ("flagged_by_run", pa.bool_()),
        ("specifications", pa.int64()),
        ("survived", pa.int64()),
        ("share", pa.float64()),
        ("lost_by", pa.list_(pa.string())),
    ]
)
"""The columns of `excess_survival.parquet`; see `docs/reference/specifications.md`."""


@dataclass(frozen=True)
class ExcessSlice:
    """One kind of subject and concern on one date: which choices (in rows) flag which candidate for an excess.

    `names` are those of the choices, of excess and of peers; the first is the run's own. `candidates` are all whom any
    of them flags, ascending.
    """

    as_of: date
    kind: SubjectKind
    concern: Concern
    names: tuple[tuple[str, str], ...]
    candidates: Ids
    flagged: Bools


def excess_slices(values: RunValues, plan: SpecificationPlan) -> tuple[ExcessSlice, ...]:
    """Return the curves of a run that looked for excess; none of one that did not.

    Raises:
        VerificationFailed: the run's own choices do not flag whom the run flagged.
    """
    if not values.pasts:
        return ()
    concerns: Sequence[Concern] = values.settings.excess.concerns
    pasts = [values.pasts[place] for place in sorted(values.pasts)]
    slices = tuple(
        _slice(past, concern, values.settings, plan) for past in pasts if past.standings for concern in concerns
    )
    raised = set(flags_of_excess(values.flags))
    again = {(s.as_of, s.kind, s.concern, n) for s in slices for n in s.candidates[s.flagged[0]].tolist()}
    if again != raised:
        raise VerificationFailed(
            "The run's own choices, made again, do not flag whom the run flagged for an excess.",
            expected=f"the {len(raised)} flags of excess in the run",
            found=f"{len(raised - again)} of them not raised again, {len(again - raised)} raised besides",
            hint="The run was made by other code: run it again, or use the version that the manifest names.",
        )
    return slices


def flags_of_excess(flags: pa.Table) -> dict[tuple[date, str, str, int], str | None]:
    """Return the ids of a run's flags of excess by as-of date, kind, concern and subject."""
    return {
        (row["as_of"], row["subject_kind"], row["concern"], row["subject_id"]): row.get("flag_id")
        for row in flags.to_pylist()
        if row["family"] == "excess"
    }


def _slice(past: History, concern: Concern, settings: Settings, plan: SpecificationPlan) -> ExcessSlice:
    sizes = [None, *(p for p in plan.peers if p.by is None and p.smallest_group is not None)]
    names, selections = [], []
    for peers in sizes:
        standings = Standings(past, _smallest(peers, settings))
        estimated = list(compare_excess(past, concern, settings, standings).indicators)
        for other in (None, *plan.excess):
            applied = _applied(other, settings)
            again = [_again(past, one, standings, applied) for one in estimated] if other is not None else estimated
            names.append((AS_RUN if other is None else other.name, AS_RUN if peers is None else peers.name))
            selections.append(select_excess(past, concern, applied, standings, again).selected)
    candidates = np.unique(np.concatenate(selections))
    flagged = np.stack([np.isin(candidates, chosen, assume_unique=True) for chosen in selections])
    return ExcessSlice(past.as_of, past.kind, concern, tuple(names), candidates, flagged)


def _smallest(peers: PeersBy | None, settings: Settings) -> int:
    return settings.peers.smallest_group if peers is None else peers.smallest_group or settings.peers.smallest_group


def _applied(other: ExcessOf | None, settings: Settings) -> Settings:
    if other is None:
        return settings
    changes = other.model_dump(include={"times", "q"}, exclude_none=True)
    return settings.model_copy(update={"excess": settings.excess.model_copy(update=changes)})


def _again(past: History, one: Excess, standings: Standings, applied: Settings) -> Excess:
    """Hold an indicator against its past at other times and another rate; what was learned does not depend on them."""
    excess = applied.excess
    return estimate(past, one.indicator, standings, times=excess.times, q=excess.q, learned=one.learned)


def excess_rows(slices: Sequence[ExcessSlice], flags: pa.Table) -> list[dict[str, Any]]:
    """Return a row for each subject whom any choice flags for an excess, the run's flags first."""
    raised = flags_of_excess(flags)
    rows = [row for part in slices for row in _rows(part, raised)]
    return sorted(rows, key=lambda row: (not row["flagged_by_run"], row["share"], str(row["as_of"]), row["subject_id"]))


def _rows(part: ExcessSlice, raised: Mapping[tuple[date, str, str, int], str | None]) -> Iterator[dict[str, Any]]:
    single = [n for n, names in enumerate(part.names) if sum(name != AS_RUN for name in names) == 1]
    for at, subject in enumerate(part.candidates.tolist()):
        survived = int(part.flagged[:, at].sum())
        own = bool(part.flagged[0, at])
        lost = [next(name for name in part.names[n] if name != AS_RUN) for n in single if not part.flagged[n, at]]
        yield {
            "as_of": part.as_of,
            "subject_kind": part.kind,
            "concern": part.concern,
            "subject_id": subject,
            "flag_id": raised.get((part.as_of, part.kind, part.concern, subject)),
            "flagged_by_run": own,
            "specifications": len(part.names),
            "survived": survived,
            "share": survived / len(part.names),
            "lost_by": lost if own else [],
        }


def excess_section(rows: Sequence[Mapping[str, Any]], *, most: int) -> Section:
    """Return the run's flags of excess, those first that the fewest choices raise."""
    own = [row for row in rows if row["flagged_by_run"]]
    lines = [
        (
            *(row["subject_kind"], row["subject_id"], row["concern"], str(row["as_of"])),
            f"{row['share']:.0%} of {row['specifications']}",
            ", ".join(row["lost_by"]) or "none",
        )
        for row in own[:most]
    ]
    sentences = [f"{len(rows) - len(own)} others are flagged by some of the choices."]
    if len(own) > most:
        sentences.append(f"The {most} weakest of {len(own)} are shown; excess_survival.parquet has all (--out DIR).")
    return Section(
        "The run's flags of excess, those first that the fewest choices raise",
        columns=("kind", "id", "concern", "as of", "flagged by", "single choices that lose it"),
        rows=tuple(lines),
        sentences=tuple(sentences),
    )
