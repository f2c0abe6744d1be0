"""What records hold and what can be computed of them, said before anything runs."""
