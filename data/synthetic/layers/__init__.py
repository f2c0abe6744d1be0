"""The layers of a synthetic world, in the order in which one causes the next.

structure -> workforce -> conduct -> exposure -> occurrence -> reporting -> adjudication -> recording
"""
