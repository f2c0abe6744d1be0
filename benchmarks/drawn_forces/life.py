"""Rules and indicators for which the share of innocent people with a row cannot differ tenfold between forces, and why.

For all others the law of drawn forces holds as it stands: in the median force at least 1% of innocent people have a row
within 365 days, and from the 5% to the 95% point of forces that share grows at least tenfold. The reasons are of life,
and were written down before the forces that the law is tested on were made.
"""

from __future__ import annotations

_LOOKUPS = "hundreds of look-ups a person and year: a chance of one in a hundred touches nearly everybody who looks up"
_TEAM = "a team of ten has what any of its members has"
_SEARCHES = "dozens of searches a year by those who search"

COMMON = {
    "grievances": _TEAM,
    "lookup_not_attended": _LOOKUPS,
    "lookup_off_duty": _LOOKUPS,
    "office_day_without_entry": "a hundred office days a year: whoever forgets the pass once in fifty has one",
    "overtime_minutes": "180 tours a year, of which somebody is kept on at the end",
    "repeat_lookups": _LOOKUPS,
    "roster_cuts_suffered": "180 tours a year, which others plan and move",
    "searches_of_black_people": _SEARCHES,
    "searches_without_find": _SEARCHES + ", of which three in four find nothing",
    "team_overtime_bookings": _TEAM,
    "transfer_requests_out": _TEAM,
}
"""Whoever is exposed has so many chances a year that shares are bounded: rows a person differ tenfold instead."""

_COMPLAINTS = "complaint cases per 1,000 people in 2020/21: 184 in London, 290 in England and Wales (IOPC, by press)"
_SICKNESS = "sick days an officer in 1992: 7.4 in Wiltshire, 12.9 in London (Hansard, 16 May 1994)"

BOUNDED = {
    "assaults_suffered": "assaults an officer in 2022/23: about threefold from the City of London to London",
    "complaints": _COMPLAINTS,
    "force_harsher_than_present": "of those who report force at one scene somebody reports the harshest",
    "psychological_sickness_days": _SICKNESS,
    "psychological_sickness_spells": _SICKNESS,
    "roster_cuts_of_others": "those who make rosters are one person in ten, whatever the force",
    "team_complaints": _COMPLAINTS,
    "team_shared_complaints": _COMPLAINTS,
}
"""Neither share nor rows differ tenfold: what is published of forces, or how a force is built, bounds them."""

RARE = {
    "tours_cut_after_grievance": "only of whom somebody raised a grievance can it be: of 30 grievances per 1,000 people"
    " and year in the median force fewer than half name a supervisor, who goes on making the roster (assumptions)"
}
"""Fewer than 1% of innocent people have a row in the median force. Named after that was measured, not before."""
