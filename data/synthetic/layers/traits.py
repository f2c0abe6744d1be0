"""Layer 3: what people are like. Lasting differences between people that no record states.

Complaints, force and internal cases follow a mixture: most people vary as a gamma distribution, and a small class has
a rate several times higher. Neither a Poisson nor one negative binomial count reproduces the published numbers of
people with repeated cases; this mixture does (see `docs/explanation/synthetic-force.md`).
"""

from __future__ import annotations

import numpy as np

from data.arrays import Array
from data.synthetic.force import Latent
from data.synthetic.streams import Streams, chance
from data.synthetic.world import World

COMPLAINT_MIXTURE = (0.03, 4.5)
FORCE_MIXTURE = (0.01, 3.0)
CASE_MIXTURE = (0.098, 5.4)
"""Share of the high-rate class, and its multiple; the gamma shape of the others is drawn (`traits` in the priors).

The case mixture, at the median of its prior, is the maximum-likelihood fit to the published numbers of people with
one, two, three to five, and six or more cases in nine years among about 70,000 ever employed. The complaint mixture was
chosen so that, with posting, shared cases and planted patterns, the concentration and lasting differences of complaints
are those of public records of another force (see `benchmarks/synthetic_realism.py`)."""


def build_latent(streams: Streams, people: int, world: World) -> Latent:
    """Return the lasting traits of every person; multiples have mean 1."""

    def gamma(trait: str) -> Array:
        return _gamma(streams, trait, people, world.draw(f"traits/{trait}"))

    def mixture(trait: str, share: float, multiple: float) -> Array:
        return _mixture(streams, trait, people, world.draw(f"traits/{trait}"), share, multiple)

    return Latent(
        complaints=mixture("complaints", *COMPLAINT_MIXTURE),
        force=mixture("force", *FORCE_MIXTURE),
        cases=mixture("cases", *CASE_MIXTURE),
        sickness=gamma("sickness"),
        overtime=gamma("overtime"),
        lookups=gamma("lookups"),
        searches=gamma("searches"),
        edits=gamma("edits"),
        office=streams.draw("conduct/office").beta(9.0, 4.0, people),
    )


def _gamma(streams: Streams, trait: str, people: int, shape: float) -> Array:
    return streams.draw("conduct", trait).gamma(shape, 1 / shape, people)


def _mixture(streams: Streams, trait: str, people: int, shape: float, share: float, multiple: float) -> Array:
    high = chance(streams.draw("conduct", trait, "class"), share, people)
    rate = _gamma(streams, trait, people, shape) * np.where(high, multiple, 1.0)
    return rate / (1 + share * (multiple - 1))
