"""What a run could not ask: nulls whose fit did not come to rest, so that nobody is flagged by them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from models.nulls.parameters import FittedNull
from models.nulls.settled import is_settled
from pipeline.compare import Comparison
from pipeline.rule_selection import RuleSelection


def unsettled_notes(comparisons: Sequence[Comparison], contradictions: Sequence[RuleSelection]) -> list[str]:
    """Return a sentence for each null that takes part in a selection and gives no p-values, as its fit did not settle.

    Example:
        >>> unsettled_notes([], [])
        []
    """
    return [*_of_detectors(comparisons), *_of_rules(contradictions)]


def _of_detectors(comparisons: Sequence[Comparison]) -> Iterator[str]:
    for compared in comparisons:
        panel = compared.panel
        for one in compared.scores:
            if compared.settings.takes_part(one.detector, panel.concern):
                for null in one.scores.nulls:
                    if not is_settled(null.null):
                        what = f"{one.detector.name}{_series(null)}, {panel.concern}, {panel.kind}s"
                        yield f"{panel.as_of}: {what}: {_REASON} scores only rank."


def _of_rules(contradictions: Sequence[RuleSelection]) -> Iterator[str]:
    for selected in contradictions:
        for evidence in selected.evidence:
            if evidence.fitted is not None and not is_settled(evidence.fitted.null):
                what = f"{evidence.counts.rule.name}, {selected.concern}, officers"
                yield f"{selected.as_of}: {what}: {_REASON} nobody is flagged by it."


def _series(null: FittedNull) -> str:
    return "" if null.indicator is None else f" by {null.indicator} over {null.window_days} days"


_REASON = (
    "what is ordinary could not be told, as leaving out the unusual did not come to rest; no p-value is given, and"
)
