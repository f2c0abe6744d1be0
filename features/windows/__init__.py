"""From the rows of a scan to values over windows: elementary intervals, the cells of rows, and their merging."""
