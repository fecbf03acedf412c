"""The machine's own environment, for programs that a test starts: without what the tests set for themselves."""

import os

ENVIRONMENT = dict(os.environ)
"""As it was when the tests were collected."""
