"""Isolation forests of scikit-learn without what it spends on each tree besides the tree, to the same bits.

Of the time in which scikit-learn fits a forest to a few thousand people, most goes into an estimator for each of its
trees: copied, checked, handed to joblib. Here the same trees are grown by scikit-learn's own code from the same
numbers, drawn in the same order, and no estimator is made of them. A test holds both against each other, and would
notice what another version of scikit-learn does differently.

This module imports scikit-learn: whoever needs it imports it when a forest is asked for.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from sklearn.ensemble import IsolationForest
from sklearn.ensemble._iforest import _average_path_length
from sklearn.tree._criterion import MSE
from sklearn.tree._splitter import RandomSplitter
from sklearn.tree._tree import DepthFirstTreeBuilder, Tree
from sklearn.utils.random import sample_without_replacement
from sklearn.utils.validation import validate_data

from data.arrays import Floats

_MOST: Final = np.iinfo(np.int32).max
_USUAL: Final = {"max_samples": "auto", "max_features": 1.0, "bootstrap": False, "warm_start": False, "verbose": 0}


class DirectForest(IsolationForest):  # type: ignore[misc]  # scikit-learn has no types
    """scikit-learn's isolation forest, of which trees alone are fitted, for the usual parameters and a seed.

    With other parameters scikit-learn fits it, and only then has it `estimators_`.

    Example:
        >>> rows = np.random.default_rng(1).normal(size=(300, 4))
        >>> direct, usual = DirectForest(random_state=7).fit(rows), IsolationForest(random_state=7).fit(rows)
        >>> np.array_equal(direct.score_samples(rows), usual.score_samples(rows))
        True
    """

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> DirectForest:  # noqa: N803  # their name
        """Fit the forest to rows, an array of people by indicators."""
        self._grown: list[tuple[Any, Floats]] = []
        given = self.get_params()
        seeded = isinstance(self.random_state, int) and isinstance(X, np.ndarray)
        if sample_weight is not None or not seeded or any(given[name] != usual for name, usual in _USUAL.items()):
            super().fit(X, y, sample_weight)
            return self
        self._validate_params()
        rows = validate_data(self, X, dtype=np.float32, ensure_all_finite=False)
        self._max_features = rows.shape[1]
        self._max_samples = self.max_samples_ = min(256, len(rows))
        self._grown = _grow(rows, self._max_samples, trees=self.n_estimators, seed=self.random_state)
        self.offset_ = -0.5
        if self.contamination != "auto":
            self.offset_ = np.percentile(self._score_samples(rows), 100.0 * self.contamination)
        return self

    def _compute_score_samples(self, X: Any, subsample_features: bool) -> Floats:  # noqa: N803  # their name
        if not self._grown:
            return np.asarray(super()._compute_score_samples(X, subsample_features))
        depths = np.zeros(len(X))
        for tree, depth in self._grown:
            depths += depth[tree.apply(X)]
        deepest = len(self._grown) * _average_path_length([self._max_samples])
        # A forest of a single row has no depth: its score is 1.
        return np.asarray(2 ** -np.divide(depths, deepest, out=np.ones_like(depths), where=deepest != 0))


def _grow(rows: Any, sampled: int, *, trees: int, seed: int) -> list[tuple[Any, Floats]]:
    """Return trees, each with the depth at which it isolates whoever ends in each of its nodes."""
    # Each tree is fitted to random numbers: only where splits lie matters, and the splitter asks for a target.
    target = np.random.RandomState(seed).uniform(size=len(rows)).reshape(-1, 1)
    beyond = _average_path_length(np.arange(sampled + 1))
    deepest, outputs = int(np.ceil(np.log2(max(sampled, 2)))), np.array([1], dtype=np.intp)
    grown = []
    # A generator seeded anew gives what a new one gives, and to make new ones took as long as all the trees.
    draws, splits = np.random.RandomState(0), np.random.RandomState(0)
    for tree_seed in np.random.RandomState(seed).randint(_MOST, size=trees).tolist():
        draws.seed(tree_seed)
        splits.seed(draws.randint(_MOST))
        draws.seed(tree_seed)
        # scikit-learn draws the columns first, all of them: their order is not used, and the generator moves on.
        sample_without_replacement(rows.shape[1], rows.shape[1], random_state=draws)
        at = np.sort(sample_without_replacement(len(rows), sampled, random_state=draws))
        splitter = RandomSplitter(MSE(1, sampled), 1, 1, 0.0, splits, None)
        tree = Tree(rows.shape[1], outputs, 1)
        DepthFirstTreeBuilder(splitter, 2, 1, 0.0, deepest, 0.0).build(tree, rows[at], target[at], None, None)
        grown.append((tree, tree.compute_node_depths() + beyond[tree.n_node_samples] - 1.0))
    return grown
