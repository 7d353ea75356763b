"""Updates on a terminal: fetched, checked, installed beside the version that runs, switched to, watched, taken back.

Runs from the version that has proved itself (`proven`), never from the one that is on probation.
"""
