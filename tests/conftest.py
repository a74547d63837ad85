"""What holds for every test: no card reader of this machine is in reach, whatever a test does."""

import fakes.card_lab  # noqa: F401  # names the tests' own PC/SC service, before anything looks for the machine's
