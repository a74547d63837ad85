"""Enrolments that stand for keys whose devices nobody has plugged in yet: one that is not made, one that is trusted."""

from collections.abc import Mapping
from hashlib import sha256

from ceremony.core.plan_values import Keyholder
from ceremony.core.roster import Enrolment
from ceremony.core.strict_json import Json


def unmade_key(holder: Keyholder) -> Enrolment:
    """A key of this keyholder that nobody has, in place of the one that is going to be made."""
    public = sha256(holder.name.encode(errors="surrogatepass")).hexdigest()
    return unseen_key(holder, {"keytype": "ed25519", "scheme": "ed25519", "keyval": {"public": public}})


def unseen_key(holder: Keyholder, key: Mapping[str, Json]) -> Enrolment:
    """The key with these TUF fields, held by this keyholder on the device that the plan names, if it names one."""
    return Enrolment(
        keyholder=holder.name,
        roles=holder.roles,
        key=key,
        key_label="",
        driver="",
        maker="",
        model="",
        serial=holder.device,
        label="",
        firmware="",
        is_generated_inside=None,
        is_extractable=None,
        nonce="",
        proof="",
    )
