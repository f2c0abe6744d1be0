"""Whether one indicator counts some of what another counts, so that their quotient is a share."""

from __future__ import annotations

from features.expression import Expression, Operation
from features.indicator import Indicator
from features.relation import Related


def subset_faults(part: Indicator, whole: Indicator) -> list[str]:
    """Return why the rows that one indicator counts need not be among those that another counts.

    They are if both count rows of one table, placed and owned alike, and the first asks for all that the second asks
    for. Conditions are compared as they are written: those joined by `&`, each by itself. Where causes are counted,
    both must count them alike, by one thing that rows agree in: the causes of some rows are then among those of all.
    """
    # Written conditions are compared, not their meaning: which conditions imply which is undecidable in general, and
    # a proportion that passes can be trusted to be one.
    faults = []
    for what, own, wide in (
        ("table", part.table, whole.table),
        ("aggregate", part.aggregate, whole.aggregate),
        ("time", repr(part.moment), repr(whole.moment)),
        ("subject", part.subject_key, whole.subject_key),
        ("joined rows", _written(part.joined), _written(whole.joined)),
        ("causes", repr(part.causes), repr(whole.causes)),
    ):
        if own != wide:
            faults.append(f"{what} {own}, and not {wide}")
    if len(part.causes) > 1:
        # Rows that connect causes of the part may be all there is between two of the whole, and the other way round.
        faults.append("causes that rows may share in several ways: some of the rows can have more causes than all")
    if not _conjuncts(whole.where) <= _conjuncts(part.where):
        faults.append("`where` does not ask for all that is asked for there")
    for what, narrow, broad in (("having", part.having, whole.having), ("without", part.without, whole.without)):
        if not {_written(r) for r in broad} <= {_written(r) for r in narrow}:
            faults.append(f"`{what}` does not ask for all that is asked for there")
    return faults


def _written(related: Related | None) -> str:
    return "" if related is None else repr((related.table, related.pairs, related.either, related.match))


def _conjuncts(condition: Expression | None) -> frozenset[str]:
    """Return the conditions that are joined by `&`, as they are written."""
    if isinstance(condition, Operation) and condition.name == "and":
        return frozenset().union(*(_conjuncts(operand) for operand in condition.operands))
    return frozenset() if condition is None else frozenset({repr(condition)})
