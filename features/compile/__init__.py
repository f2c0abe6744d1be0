"""A declaration becomes SQL: the dialect, the plain query anyone can check, and the scan that reads each row once."""
