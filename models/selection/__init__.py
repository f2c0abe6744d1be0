"""From p-values to a selection: false discovery rate, capacity, several as-of dates, and bounds on false flags."""
