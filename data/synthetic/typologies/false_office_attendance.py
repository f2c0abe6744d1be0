"""False office attendance: days at home recorded as days in the office.

Modelled on 42 people of chief inspector rank and above assessed for not meeting the 80% in-office norm. Here any
hybrid worker may do it; senior ranks are likelier because more of them are hybrid workers.
"""

from __future__ import annotations

from data.arrays import Array
from data.synthetic.benchmark import Benchmark, office_tours
from data.synthetic.planted_patterns import Candidates, Typology
from data.synthetic.rows import code
from data.synthetic.subject_records import SubjectRecords


def _eligible(candidates: Candidates) -> Array:
    return candidates.roles("headquarters", "intelligence", "detective", "public_protection")


def _plant(records: SubjectRecords) -> None:
    tours = records.rows("shift")
    at_home = tours.take(tours["place"] == code("shift", "place", "home"))
    records.alter(records.some(at_home, records.count(records.intensity)), place=code("shift", "place", "office"))


TYPOLOGY = Typology(
    name="false_office_attendance",
    summary="records days at home as days in the office",
    basis="published output of the London pilot: 42 senior officers assessed against an 80% in-office norm",
    concern="standards",
    share=0.012,
    months=(6, 18),
    intensity=4.0,
    intensity_means="days a month",
    benchmark=Benchmark(table="shift", comparable=office_tours, share=0.06),
    eligible=_eligible,
    plant=_plant,
)
