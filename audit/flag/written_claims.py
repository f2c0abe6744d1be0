"""What a run wrote down of one officer's claims under a rule: what was counted, and what is ordinary."""

from __future__ import annotations

import json
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from audit.flag.rerun import FlagRow, Rerun
from data.arrays import Floats
from data.arrow import is_text
from models.nulls.mixed_binomial import MixedBinomialNull
from models.nulls.settled import is_settled
from pipeline.rule_selection import role_and_area


class WrittenClaims:
    """The officer of a flag, and the rule that raised it, as they stand in the run's own tables: nothing is fitted."""

    def __init__(self, rerun: Rerun, flag: FlagRow) -> None:
        self.rerun, self.flag = rerun, flag
        (self.rule,) = flag["detectors"]

    @cached_property
    def _scores(self) -> dict[str, dict[str, Any]]:
        """The officer's scores under the rules of the flag's concern, by rule."""
        scores = self.rerun.scores
        own = pc.and_(
            pc.equal(scores["subject_id"], pa.scalar(self.flag["subject_id"], pa.int64())),
            pc.equal(scores["as_of"], pa.scalar(self.flag["as_of"], pa.date32())),
        )
        rows = scores.filter(own)
        rows = rows.filter(
            pc.and_(is_text(rows["family"], "contradiction"), is_text(rows["concern"], self.flag["concern"]))
        )
        return {row["detector"]: row for row in rows.to_pylist()}

    @cached_property
    def counted(self) -> dict[str, Any]:
        """The officer's claims: how many were judged, on how many days, and how many were contradicted."""
        (counted,) = json.loads(self._scores[self.rule]["contributions"])
        return dict(counted)

    @property
    def rules(self) -> int:
        """By how many rules of the concern the officer was tested."""
        return sum(row["p_value"] is not None for row in self._scores.values())

    @cached_property
    def _null(self) -> MixedBinomialNull | None:
        nulls = self.rerun.folder.table("nulls")
        of_rule = pc.and_(is_text(nulls["detector"], self.rule), is_text(nulls["concern"], self.flag["concern"]))
        on_day = pc.equal(nulls["as_of"], pa.scalar(self.flag["as_of"], pa.date32()))
        (written,) = nulls.filter(pc.and_(of_rule, on_day))["parameters"].to_pylist()
        return None if written is None else MixedBinomialNull.of(json.loads(written))

    @cached_property
    def _offset(self) -> Floats:
        """What the officer's role and area add to the log-odds of a contradicted day."""
        assert self._null is not None
        officers = self.rerun.table("officer", self.flag["as_of"], ())
        return self._null.offsets(role_and_area(np.array([self.flag["subject_id"]]), officers), 1)

    def chance(self, contradicted: int, judged: int) -> float:
        """Return how often somebody ordinary in the officer's place has at least so many contradicted days.

        All rules by which the officer was tested are allowed for; 1 where nothing could be said of anybody.
        """
        if self._null is None or not is_settled(self._null):
            return 1.0
        hits, trials = np.array([float(contradicted)]), np.array([float(judged)])
        return min(1.0, float(self._null.upper_tail(hits, trials, self._offset)[0]) * self.rules)
