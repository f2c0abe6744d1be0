"""What we look at: one indicator a file, and the queries they compile to."""
