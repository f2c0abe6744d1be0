"""The tables of the officer-record contract, a file a section."""
