"""A touch that did not come: the device stays unlocked while people get ready, and is asked again when they say so."""

from ceremony.core.plan import Keyholder
from ceremony.engine.hands import Hands
from ceremony.engine.questions import Confirm
from ceremony.engine.record import Record
from hsm.errors import TouchMissingError


def touch_again(record: Record, hands: Hands, holder: Keyholder, error: TouchMissingError) -> TouchMissingError | None:
    """None where the same device is to be tried again at once; else the device is locked, and the error is returned.

    Raises: GoBack; StoppedError; StorageError.
    """
    record.trouble(error, holder.name)
    question = Confirm(
        step=record.step,
        person=holder.name,
        title="Nobody touched the device",
        action=f"{holder.name}, put a finger beside the device, say Yes, and touch it as soon as it blinks.",
        expect=f"The device blinks for {error.seconds} seconds, and goes dark when it is touched.",
        explain="Nothing was signed. A touch shows that a person is there: a program alone can never sign with this "
        "device. Touch it once, lightly, for about a second. No locks the device and asks for it again.",
        trouble=error,
        yes="Try again, ready to touch",
    )
    if record.ask(question):
        return None
    hands.lock(holder)
    return error
