"""How Hypothesis searches: without a deadline, because a busy machine is not a slow program."""

from hypothesis import settings

settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
