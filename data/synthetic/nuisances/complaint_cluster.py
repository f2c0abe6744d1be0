"""A matter of public attention, such as a video seen by many: one incident, many complainants, many cases."""

from __future__ import annotations

from data.synthetic.further_cases import add_further_cases
from data.synthetic.nuisance import Nuisance, Tendency

_FIRST_CASE = 3 << 17


def _leave(tendency: Tendency) -> None:
    add_further_cases(tendency, first=_FIRST_CASE, days=6.0, by_the_same=False)


NUISANCE = Nuisance(
    name="complaint_cluster",
    summary="is in a video that many complain of",
    serves=(
        "complaints",
        "complaint_cases",
        "complainants",
        "team_complaints",
    ),
    leave=_leave,
)
