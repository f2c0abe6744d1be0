"""A complainant who complains again, of the same officers, as the first answer did not satisfy."""

from __future__ import annotations

from data.synthetic.further_cases import add_further_cases
from data.synthetic.nuisance import Nuisance, Tendency

_FIRST_CASE = 1 << 18


def _leave(tendency: Tendency) -> None:
    add_further_cases(tendency, first=_FIRST_CASE, days=45.0, by_the_same=True)


NUISANCE = Nuisance(
    name="complainant_series",
    summary="is complained of again by the same person",
    serves=(
        "complaints",
        "complaint_cases",
    ),
    leave=_leave,
)
