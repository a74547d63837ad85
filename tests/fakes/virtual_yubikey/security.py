"""What a PIV session has proved so far, all of it forgotten at the next reset of the card."""

import time
from dataclasses import dataclass

from fakes.virtual_yubikey.apdu import Status, StatusError
from fakes.virtual_yubikey.management_key import Handshake
from fakes.virtual_yubikey.slots import PinPolicy, SlotKey, TouchPolicy
from fakes.virtual_yubikey.touch import Touch

CACHE_SECONDS = 15.0


@dataclass
class Security:
    """The state of one session; `is_pin_fresh` holds from VERIFY to the end of the next command, whatever that is."""

    touch: Touch
    is_pin_verified: bool = False
    is_pin_fresh: bool = False
    is_managed: bool = False
    handshake: Handshake | None = None
    touched_at: float | None = None

    def forget(self) -> None:
        """Nothing is proved any more."""
        self.set_pin(is_verified=False)
        self.is_managed = False
        self.handshake = self.touched_at = None

    def set_pin(self, *, is_verified: bool) -> None:
        """The PIN was right just now, or is not known any more."""
        self.is_pin_verified = self.is_pin_fresh = is_verified

    def need_pin(self) -> None:
        """The PIN is verified.   Raises: StatusError (SECURITY)."""
        if not self.is_pin_verified:
            raise StatusError(Status.SECURITY)

    def need_management(self) -> None:
        """The management key is proved.   Raises: StatusError (SECURITY)."""
        if not self.is_managed:
            raise StatusError(Status.SECURITY)

    def need_use(self, key: SlotKey) -> None:
        """This key may be used once, now.   Raises: StatusError (SECURITY) for want of the PIN or a touch; Pulled."""
        if key.pin_policy is not PinPolicy.NEVER:
            self.need_pin()
        if key.pin_policy is PinPolicy.ALWAYS and not self.is_pin_fresh:
            raise StatusError(Status.SECURITY)
        self.need_touch(key.touch_policy)

    def need_touch(self, policy: TouchPolicy) -> None:
        """The key was touched as the policy wants.   Raises: StatusError (SECURITY) if nobody did; Pulled."""
        if policy is TouchPolicy.NEVER or (policy is TouchPolicy.CACHED and self._is_touch_cached()):
            return
        if not self.touch.is_given():
            raise StatusError(Status.SECURITY)
        if policy is TouchPolicy.CACHED:
            self.touched_at = time.monotonic()

    def _is_touch_cached(self) -> bool:
        """A touch for a key that keeps it is less than 15 seconds old."""
        return self.touched_at is not None and time.monotonic() - self.touched_at < CACHE_SECONDS
