"""The first release of ours after roots that others made, as it comes to an online signer that trusts nothing yet."""

from dataclasses import replace

from fakes.history import SECOND, THIRD
from fakes.release import ONLINE, altered, delivery_case, online_key, release, words

from ceremony.core.delivery_case import DeliveryCase


def taken_over() -> DeliveryCase:
    """Two roots of theirs, from the second on, and a release of ours whose root is the next.

    It is signed by our keyholders alone: whether roots follow each other, one rule looks, and this is for the others.
    """
    first = altered(release(online_key(ONLINE)), "root", lambda signed: signed.update(version=THIRD.version + 1))
    files = tuple(replace(each, version=THIRD.version + 1) if each.role == "root" else each for each in first.files)
    bundle = replace(first, files=files)
    return replace(delivery_case(bundle), followed=(SECOND, THIRD), fingerprint=words(bundle))
