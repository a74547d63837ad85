"""LOSS-TYPED: whoever gives something up for ever has named it."""

import pytest
from fakes.cases import refusal

from ceremony.core.code_rules import LossCase, loss_typed

HOLDS = "0a1b2c3d4e5f6071"


@pytest.mark.parametrize("typed", ["0a1b2c3d", "0A1B2C3D", " 0a1b 2c3d\n", "0a1b2c3d4e5f6071"])
def test_the_first_eight_letters_pass(typed: str) -> None:
    """Spaces and capitals are forgiven, and so is whoever types on."""
    loss_typed.check(LossCase(HOLDS, typed))


@pytest.mark.parametrize("typed", ["", "0a1b2c3", "0a1b2c3e", "4e5f6071", "0a1b2c3d4e5f60712", "yes"])
def test_anything_else_is_refused(typed: str) -> None:
    """What was typed is not repeated: it may be a PIN."""
    found = refusal(loss_typed, LossCase(HOLDS, typed))
    assert not typed or typed not in f"{found.found} {found.wanted}"


@pytest.mark.parametrize("holds", ["", "0a1b2c"])
def test_what_has_no_name_is_refused(holds: str) -> None:
    """Nothing typed can name it."""
    refusal(loss_typed, LossCase(holds, holds))
