"""The types of numpy arrays that functions take and return, by what the numbers are."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
"""Any array."""

Floats = npt.NDArray[np.float64]
"""Measured or estimated numbers."""

Integers = npt.NDArray[np.int64]
"""Whole numbers: counts, sums of minutes or pence, day numbers."""

Ids = npt.NDArray[np.int64]
"""Ids of the records: numbers without meaning."""

Positions = npt.NDArray[np.intp]
"""Positions in another array."""

Bools = npt.NDArray[np.bool_]
"""One yes or no for each of something."""

Texts = npt.NDArray[np.object_]
"""Texts, None where there is none."""

Days = npt.NDArray[np.datetime64]
"""Days."""
