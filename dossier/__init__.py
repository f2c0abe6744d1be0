"""The dossier: one page, in one file, from which people who did not make a run can read it and follow every flag."""
