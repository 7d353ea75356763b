"""How long a test waits for what comes in moments on a quiet machine, and in seconds on a busy one.

Not a promise of the product: where a time is promised, the test names it.
"""

PATIENCE_S = 20.0
