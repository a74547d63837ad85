"""What to do now when a rule has refused: one piece of advice for each rule."""

from collections.abc import Mapping
from types import MappingProxyType

from ceremony.explain.api_refusals import ON_ACCESS, ON_ARTIFACTS, ON_CALLS
from ceremony.explain.delegation_refusals import ON_DELEGATIONS
from ceremony.explain.delivery_refusals import ON_DELIVERIES, ON_PATHS, ON_SIGNERS
from ceremony.explain.import_refusals import ON_IMPORTS
from ceremony.explain.incident_refusals import ON_INCIDENTS
from ceremony.explain.response_refusals import ON_RESPONSES
from ceremony.explain.restore_refusals import ON_RESTORING
from ceremony.explain.succession_refusals import ON_SUCCESSIONS
from ceremony.explain.trust_refusals import ON_TRUST
from ceremony.explain.upload_refusals import ON_PROJECTS, ON_UPLOADS

_NEW_PLAN = "A changed plan begins a new ceremony."
_NEVER_BY_HAND = (
    "Nothing that people do by hand leads here, so do not sign. Keep the bundle as it is, stop, and show this page to "
    "whoever prepared the ceremony: either the bundle was changed, or this program has a mistake."
)

_NOT_THE_KEY = (
    "Enrol this keyholder anew, with the device at hand. If the same is found once more, keep this device apart and "
    "use another: what vouches for it was made for something else."
)

_ON_PLANS: Mapping[str, str] = {
    "WINDOW-ORDER": "Correct `opens` and `closes` under [window] in the plan, in UTC, then check the plan again.",
    "THRESHOLD-FLOOR": "Raise this number under [thresholds] in the plan: one lost or stolen key must never be enough. "
    "Then check the plan again.",
    "THRESHOLD-REACHABLE": "Add keyholders for this role in the plan, or lower its number under [thresholds], "
    "then check the plan again.",
    "OFFLINE-LIFETIME": "Choose a date between the two named above under [expires] in the plan, "
    "then check the plan again.",
    "ONLINE-LIFETIME": "Choose a number of hours within these limits under [lifetimes] in the plan, "
    "then check the plan again.",
    "BINS-COUNT": "Choose one of these numbers under [bins] in the plan, then check the plan again.",
    "SCHEME-ALLOWED": "Name one of these signature schemes in the plan, then check the plan again. A key that is kept "
    "has the scheme that it has: take `keyid` out of its keyholder's table, so that another is made.",
    "DEVICE-ONCE": "Give each keyholder in the plan the serial of a device of their own, then check the plan again.",
    "ONLINE-KEY-PROOF": "Fetch the public key file of the online signer again (`ceremony-online init` writes it, for "
    "one repository), copy its four values under [online_key] in the plan, then check the plan again.",
    "POLICY-TIGHTENS": "Correct this number under [policy] in the settings file: settings may be stricter than the "
    "program, never laxer. Then start again.",
}

_ON_SITTINGS: Mapping[str, str] = {
    "AIR-GAP": "Pull out the network cable, and switch Wi-Fi and Bluetooth off; `ip link` shows what is still up. "
    "Then start again. A real ceremony is held on a machine that has no network.",
    "SWAP-OFF": "Run `sudo swapoff -a`, then start again: what is swapped to a disk outlives the ceremony.",
    "BUNDLE-SAME-PLAN": "Start again with the plan that this bundle was begun with, a copy of which lies in the "
    f"bundle, or name another folder for the new plan. {_NEW_PLAN}",
    "BUNDLE-OPEN": "A release is finished: there is nothing left to sign, carry it to the online signer. A bundle that "
    "was begun for something else is gone on with by the verb that began it; name another folder for this one.",
    "KEYHOLDER-PLANNED": "Check the spelling of the name: it is one of those above. Somebody who is not in the plan "
    "takes no part in this ceremony.",
    "WORDS-TYPED": "Read the two words once more, on the screen and in everybody's copy, and type them again. If the "
    "copies differ, stop: they show different bytes.",
    "PROGRAM-DONE": "Read what that program said, above: it tells what to do. Then delete the folder of this rehearsal "
    "and start again. Nothing real was touched.",
    "PROGRAM-PRESENT": "Install it, then start again. The online signer comes with `scripts/signer`, or with "
    "`pip install 'ceremony[signer]'`, or is named by --signer; SoftHSM comes with `sudo apt install softhsm2`.",
    "DEVICE-BLANK": "Pull this device out, and plug in one that nobody uses. If nobody needs what is on it any more, "
    "its maker's tool empties it for ever: `ykman --device SERIAL piv reset`. Nothing on it was changed.",
    "DEVICES-ENOUGH": "Plug in as many blank YubiKeys as are named above, or rehearse with fewer keyholders. Without "
    "any, `scripts/with-virtual-yubikeys N COMMAND` runs a command with N virtual ones. Nothing was changed.",
    "REHEARSAL-ONLY": "Hold a real ceremony with people at the keyboard: `ceremony sit PLAN`.",
    "CLOCK-WINDOW": "Compare this machine's clock with a watch, in UTC. If the clock is wrong, set it and start again. "
    "If it is right, come back within the window of the plan, or make a new plan with another window.",
    "CLOCK-FORWARD": "This machine's clock went back since the ceremony began. Set it from a watch, in UTC, then "
    "start again; the bundle is untouched.",
    "DEVICE-PLANNED": "Plug in the device that the plan names for this keyholder: its serial is printed on it, and "
    f"`ceremony devices` shows what a URI names. If that device is lost, change the plan. {_NEW_PLAN}",
    "DEVICE-ENROLLED": "Plug in this keyholder's own device, the one that was enrolled; its serial is printed on it.",
    "DEVICE-HARDWARE": "Plug in a hardware device; tokens of SoftHSM and the like are files. To practise with software "
    "devices, use `ceremony rehearse`.",
    "CODE-STRONG": "Choose another code and type it twice: 6 to 8 letters or digits, the PUK another than the PIN. "
    "Nothing was sent to the device.",
    "LOSS-TYPED": "Read the letters again and type the first eight; spaces do not matter. If you are not sure that "
    "nobody needs what lies there, say No and choose an empty slot. Nothing was lost.",
    "ENROLMENT-SAME-PLAN": "Ask this keyholder to enrol with the plan of this ceremony, byte for byte, and to send "
    "that one bundle; or enrol here and now. Nothing was taken in.",
    "ENROLMENT-ATTESTED": "Enrol this keyholder here and now, with the device at hand, or with a device whose maker "
    "attests its keys. If neither can be, the plan can take the key in with a reason, `attestation_exception`, that "
    f"everybody reads at the review. {_NEW_PLAN}",
    "ENROLMENT-COMPLETE": "Enrol the keyholders named above, with their devices, before anything is reviewed.",
    "SIGNER-KNOWN": "Check which device is plugged in: this one does not belong to the role. Plug in the right one, "
    "then sign again. In a response it is a key that has no part in this ceremony: nothing of it was taken.",
    "SIGNER-ONCE": "This device has signed already. Nothing is missing from it: go on with the next keyholder.",
    "SIGNATURE-VALID": "The device gave a signature that is not valid, and it was thrown away. Pull the device out, "
    "plug it in again, and sign again. If it happens twice, use this device no more. "
    "In a response it may have been changed on its way: nothing of it was taken, fetch it again.",
}

_ON_ENROLMENTS: Mapping[str, str] = {
    "KEYID-HASH": _NEVER_BY_HAND,
    "KEY-UNIQUE": "Two keyholders have the same key: one of the devices is a copy. Enrol one of them anew, with a new "
    "key, made on a device of their own.",
    "KEY-USED": _NEVER_BY_HAND,
    "ENROLMENT-PROOF": "Enrol this keyholder anew, with the device at hand; the old entry proves nothing.",
    "ENROLMENT-PLANNED": "Enrol this keyholder anew, as the plan says, or correct the plan. " + _NEW_PLAN,
    "DEVICE-OWN": "Enrol one of the two keyholders anew, with a device of their own.",
    "REHEARSAL-DEVICE": "Enrol this keyholder anew, with a hardware device. To practise with software devices, use "
    "`ceremony rehearse`.",
    "KEY-INSIDE": "Enrol this keyholder anew, with a new key that is made on the device during the ceremony; "
    "the old key may exist elsewhere.",
    "KEY-ATTESTED": "Enrol this keyholder anew, with a key that is made on the YubiKey here: a YubiKey vouches for no "
    "other. If it was, look at how the YubiKey is reached (`yubikeys = true` in the settings is the way that asks it), "
    "or use another device: one with very old firmware, or without its maker's certificate, vouches for no key.",
    "KEY-VOUCHED": "If the card is a YubiKey, reach it as one: write `yubikeys = true` into the settings, and take the "
    "module of OpenSC out of them. Any other card is reached through its own maker's module. Then enrol this keyholder "
    "anew.",
    "ATTESTATION-KEY": _NOT_THE_KEY,
    "ATTESTATION-DEVICE": _NOT_THE_KEY,
    "ATTESTATION-INSIDE": "Enrol this keyholder anew, with a new key that is made on the device during the ceremony; a "
    "key that was imported or can be taken out exists elsewhere.",
    "ATTESTATION-POLICIES": "Enrol this keyholder anew, with a new key: this program makes keys on a YubiKey that ask "
    "for PIN and touch each time, and what a key asks for can never be changed.",
    "ATTESTATION-MAKER": "If the device is by a known maker, compare its certificates with those that the maker "
    "publishes, and stop if they differ: the device may be a forgery. Otherwise use a device by a maker that this "
    "program knows. To practise, any device will do: `ceremony rehearse`.",
    "FIRMWARE-FLOOR": "Use a device with newer firmware: it cannot be changed in the one you have. If there is none, "
    "the plan can accept it for this keyholder with a reason, `firmware_exception`, that everybody reads at the "
    f"review; for RSA keys of the flawed YubiKey 4 there is no exception. {_NEW_PLAN}",
    "KEY-STRONG": "Enrol this keyholder anew, with a key of 2048 to 4096 bits, or another kind of key; if it is the "
    f"online key, make a new one. {_NEW_PLAN}",
    "ONLINE-SEPARATE": "A keyholder's device and the online signer have the same key. Make a new online key with "
    f"`ceremony-online init`, on the online machine, and put it into the plan. {_NEW_PLAN}",
}

_ON_BYTES: Mapping[str, str] = {
    "DRAFT-FROM-PLAN": _NEVER_BY_HAND,
    "CANONICAL-FORM": _NEVER_BY_HAND,
    "PLAIN-TEXT": f"Take tabs and other control characters out of the names and keys in the plan. {_NEW_PLAN}",
    "EXPIRES-FORMAT": _NEVER_BY_HAND,
    "SPEC-VERSION": _NEVER_BY_HAND,
    "VERSION-NEXT": _NEVER_BY_HAND,
    "ROLES-PRESENT": _NEVER_BY_HAND,
    "CONSISTENT-SNAPSHOT": _NEVER_BY_HAND,
    "THRESHOLD-SIGNED": _NEVER_BY_HAND,
    "BINS-DELEGATED": _NEVER_BY_HAND,
    "CLIENT-SIZE": f"Choose fewer bins, or the succinct style, or fewer keyholders in the plan. {_NEW_PLAN}",
    "PAYLOAD-FITS": "Name ecdsa-sha2-nistp256 in the plan for keyholders who have a YubiKey, or name fewer keyholders, "
    f"or spread targets over bins in the succinct style. {_NEW_PLAN}",
    "PAYLOAD-FROZEN": _NEVER_BY_HAND,
    "ROLE-COMPLETE": "Some signatures are still missing. Resume the sitting with the keyholders who have not signed; "
    "`ceremony status` lists them.",
    "SIGNATURES-OWN": _NEVER_BY_HAND,
}

ADVICE: Mapping[str, str] = MappingProxyType(
    {
        **_ON_PLANS,
        **_ON_SITTINGS,
        **_ON_ENROLMENTS,
        **_ON_BYTES,
        **ON_TRUST,
        **ON_IMPORTS,
        **ON_DELIVERIES,
        **ON_SIGNERS,
        **ON_PATHS,
        **ON_ARTIFACTS,
        **ON_CALLS,
        **ON_ACCESS,
        **ON_PROJECTS,
        **ON_RESTORING,
        **ON_UPLOADS,
        **ON_RESPONSES,
        **ON_DELEGATIONS,
        **ON_SUCCESSIONS,
        **ON_INCIDENTS,
    }
)
"""The name of a rule -> what to do now when it has refused."""

_UNKNOWN = "Do not go on. Keep everything as it is, and show this page to whoever prepared the ceremony."


def advice_for(rule: str) -> str:
    """What to do now when the rule of this name has refused."""
    return ADVICE.get(rule, _UNKNOWN)
