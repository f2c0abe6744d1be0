"""Do an officer's values go together in a way that those of peers do not?"""

from __future__ import annotations

from models.pattern import Pattern

DETECTOR = Pattern("pyod.models.pca.PCA", {"n_components": 0.9}, root=True, ranks_only=True)
