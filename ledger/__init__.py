"""The ledger: an append-only Merkle log, its proofs, and the signed notes that state what it holds."""
