"""One enrolment: who signs what, with which key on which device, and who vouches for that."""

from collections.abc import Iterable

from ceremony.core.attestation import Attestation
from ceremony.core.roster import Enrolment
from ceremony.core.words import words_of
from ceremony.tui.widgets.device_words import product_name
from ceremony.tui.widgets.fact import Fact

_INSIDE = {True: "yes", False: "no", None: "the device does not say"}


def enrolment_facts(found: Enrolment) -> Iterable[Fact]:
    """Device, roles, key in words, where the key was made, and what the maker says of it."""
    label = f", {found.label}" if found.label else ""
    yield Fact("Device", f"{product_name(found.maker, found.model)}, serial {found.serial}{label}")
    yield Fact("Signs", ", ".join(found.roles))
    yield Fact("Key", " ".join(words_of(bytes.fromhex(found.keyid)[:4])))
    yield Fact("Inside", f"{_INSIDE[found.is_generated_inside]} (was the key made inside the device?)")
    yield Fact("Attested", _attested(found.attestation))


def _attested(found: Attestation | None) -> str:
    if found is None:
        return "no: the device brings no certificate of its maker"
    said = [
        "made inside" if found.is_generated_inside else "NOT made inside",
        "can be copied out" if found.is_extractable else "never leaves it",
        f"PIN {found.pin_policy}" if found.pin_policy else "",
        f"touch {found.touch_policy}" if found.touch_policy else "",
    ]
    return f"by {found.maker or 'a maker that this program does not know'}: {', '.join(filter(None, said))}"
