"""Where records come from, a file a source."""
