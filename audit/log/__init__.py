"""The ledger of a run or of an installation as it grows: runs appended, checkpoints signed, reviews recorded."""
