"""What a sceptic asks of a run: verify and replay."""
