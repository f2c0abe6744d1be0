"""Rules and indicators for which the share of innocent people with a row cannot differ tenfold between forces, and why.

For all others the law of drawn forces holds as it stands: in the median force at least 1% of innocent people have a row
within 365 days, and from the 5% to the 95% point of forces that share grows at least tenfold.
"""

from __future__ import annotations

COMMON = {
    "decompression_overdue": "whoever attends severe incidents has courses fall due",
    "force_outside_duty": "a wrong time is common wherever force is reported by hand",
    "force_without_video": "most who use force have used it without video at some time",
    "grievances": "every other team has one in a year",
    "injurious_force": "whoever uses force often has injured somebody",
    "lookup_not_attended": "investigators look up what others attended",
    "lookup_off_duty": "every force has somebody who finishes a report at home",
    "office_day_without_entry": "whoever works at an office comes without a badge some day",
    "repeat_lookups": "whoever looks people up looks somebody up twice",
    "roster_cuts_suffered": "most tours are planned by somebody else",
    "searches_of_black_people": "whoever searches often has searched a black person",
    "searches_without_find": "three searches in four find nothing",
    "team_overtime_bookings": "every other team has overtime booked late",
    "transfer_requests_out": "every other team has somebody who asks to leave it",
}
"""The share is bounded above because the row is common: how many rows a person leaves differs tenfold instead."""

PUBLISHED = {
    "assaults_suffered": "Home Office: assaults an officer differ between forces by a factor of about three",
    "complaints": "IOPC: complaints an employee differ between forces by a factor of about five",
    "force_harsher_than_present": "of those who report force at one scene somebody reports the harshest",
    "overtime_minutes": "published overtime an officer differs between forces by a factor of about two",
    "psychological_sickness_days": "sick days in answers of forces lie between 7 and 12 a person",
    "psychological_sickness_spells": "sick days in answers of forces lie between 7 and 12 a person",
    "roster_cuts_of_others": "those who make rosters are one person in ten, whatever the force",
    "team_complaints": "IOPC: complaints an employee differ between forces by a factor of about five",
    "team_shared_complaints": "IOPC: complaints an employee differ between forces by a factor of about five",
}
"""Neither share nor rows differ tenfold, because published figures of forces do not."""

RARE: dict[str, str] = {}
"""Fewer than 1% of innocent people have a row in the median force."""
