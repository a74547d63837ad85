"""The helper of a press, killed before the step that its environment names; started by publication_child.py."""

import os
import sys

from durable_steps import Steps, killing

from ceremony.online.press_program import main

STEP, NOTE = "DYING_STEP", "DYING_NOTE"

if __name__ == "__main__":
    steps = Steps(int(os.environ[STEP]), killing(os.open(os.environ[NOTE], os.O_WRONLY)))
    steps.arm()
    steps.count()
    main(sys.stdin.buffer, sys.stdout.buffer)
