"""Pictures of error rates show what a table of rates holds, in an order that can be read."""

from __future__ import annotations

import numpy as np

from audit.rates import Truth, rates
from audit.rates.groups import INTENSITY
from dossier.pictures import pictures
from tests.audit.little_audits import little_audit


def test_what_is_found_by_intensity_goes_from_weak_to_strong_and_all_else_from_high_to_low() -> None:
    audit = little_audit(4)
    planted = audit.truth_subject.assign(intensity=np.linspace(1.0, 8.0, len(audit.truth_subject)))
    truth = Truth.of(planted, audit.truth_archetype, multiples=True)
    drawn = pictures(rates(audit.flags, subjects=audit.subjects, people=audit.people, truth=truth))
    by_intensity = [picture for picture in drawn if picture.title.endswith("by intensity")]
    assert by_intensity
    bands = [band for band, _ in INTENSITY]
    for picture in drawn:
        places = [bands.index(row[0]) for row in picture.rows] if picture in by_intensity else []
        values = [row[1] or 0.0 for row in picture.rows]
        assert places == sorted(places)
        assert picture in by_intensity or values == sorted(values, reverse=True)
