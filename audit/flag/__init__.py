"""What is asked of one flag: its evidence, its replay, why it was raised, and what would have changed it."""
