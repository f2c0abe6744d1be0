"""What may be published of a run: numbers that single nobody out, and the records that oversight asks for."""
