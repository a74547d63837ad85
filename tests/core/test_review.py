"""The review: sentences, keys and one fingerprint; the only way to something that can be signed."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from fakes.people import (
    ED25519,
    NAMES,
    P256,
    P384,
    P521,
    RSA,
    attested,
    drafted,
    enrolment,
    keyholders,
    keyid,
    plan,
    reviewed,
    roster,
)

from ceremony.core.draft import Draft, draft
from ceremony.core.metadata_file import MetadataFile
from ceremony.core.plan import Bins, Plan
from ceremony.core.policy import OFFLINE_ROLES, Policy
from ceremony.core.review import Fingerprint, Reviewed, fingerprint_of, review
from ceremony.core.roster import Enrolment, Roster
from ceremony.core.words import words_of
from ceremony.errors import RefusedError

REAL: dict[str, Any] = {"is_rehearsal": False}


def sentences(found: Reviewed) -> str:
    """Everything the review says that is no caution."""
    return "\n".join(change.sentence for change in found.changes if not change.is_caution)


def cautions(found: Reviewed) -> str:
    """Everything the review cautions against."""
    return "\n".join(change.sentence for change in found.changes if change.is_caution)


def separate(holders: tuple[str, str, str] = (P256, P256, P256)) -> Plan:
    """A plan in which root and the rest have no keyholder in common, and nothing else is odd."""
    people = [replace(each, scheme=scheme) for each, scheme in zip(keyholders(*NAMES), holders, strict=True)]
    others = [replace(each, roles=("targets", "bins"), scheme=P256) for each in keyholders("first", "second", "third")]
    return plan(keyholders=(*(replace(each, roles=("root",)) for each in people), *others))


# ---- who may make one


def test_a_draft_that_keeps_every_rule_is_reviewed() -> None:
    """The review holds the draft, and who has to sign it."""
    found = review(drafted(), Policy())
    assert found.draft == drafted()
    assert [each.role for each in found.quorums] == [*OFFLINE_ROLES]


def test_a_plan_that_breaks_a_rule_is_not_reviewed() -> None:
    """The plan's own rules hold again at the review."""
    thresholds = {"root": 1, "targets": 2, "bins": 2}
    with pytest.raises(RefusedError) as refused:
        reviewed(thresholds=thresholds)
    assert refused.value.rule == "THRESHOLD-FLOOR"


def test_a_draft_with_other_bytes_is_not_reviewed() -> None:
    """What is signed follows from plan and roster, from nothing else."""
    found = drafted()
    other = drafted(bins=Bins(32, "succinct")).file("bins")
    with pytest.raises(RefusedError) as refused:
        review(replace(found, files=(*found.files[:2], other)), Policy())
    assert refused.value.rule == "DRAFT-FROM-PLAN"


def test_a_stricter_policy_is_kept() -> None:
    """The policy of the place decides, not the program's own."""
    with pytest.raises(RefusedError):
        review(drafted(), Policy(threshold_floor=3))


def test_nobody_else_makes_a_reviewed() -> None:
    """Not by hand, and not by changing one that there is."""
    found = reviewed()
    with pytest.raises(TypeError):
        Reviewed(found.draft, found.quorums, found.changes, found.keys, found.fingerprint, object())
    with pytest.raises((TypeError, ValueError)):
        replace(found, draft=drafted(bins=Bins(32, "succinct")))


# ---- the fingerprint


def test_the_fingerprint_can_be_worked_out_by_hand() -> None:
    """It is what `sha256sum` over the listing of `sha256sum` gives."""
    found = reviewed()
    listing = "".join(f"{sha256(each.payload).hexdigest()}  {each.name}\n" for each in found.draft.files)
    assert found.fingerprint.digest == sha256(listing.encode()).digest()
    assert found.fingerprint.words == words_of(found.fingerprint.digest)


@pytest.mark.parametrize(
    "change",
    [
        lambda files: files[:2],
        lambda files: files[::-1],
        lambda files: (replace(files[0], version=2), *files[1:]),
        lambda files: (replace(files[0], role="toor"), *files[1:]),
        lambda files: (*files[:2], replace(files[2], payload=files[2].payload[:-1])),
    ],
)
def test_another_byte_name_or_order_is_another_fingerprint(change: Any) -> None:  # noqa: ANN401  # a small function
    """The fingerprint stands for all files, in their order."""
    files = drafted().files
    assert fingerprint_of(change(files)) != fingerprint_of(files)


def test_signatures_leave_the_fingerprint_as_it_is() -> None:
    """It is about what is signed, not about who has signed."""
    bare = drafted().files
    carried = tuple(MetadataFile(each.role, each.version, each.payload, {keyid("ann"): "ab"}) for each in bare)
    assert fingerprint_of(carried) == fingerprint_of(bare)


def test_sixteen_pairs_cover_the_whole_fingerprint() -> None:
    """Sixteen confirmations type every word once, and the seventeenth begins again."""
    found = Fingerprint(bytes(range(32)))
    pairs = [found.pair(number) for number in range(16)]
    assert [word for _place, words in pairs for word in words] == [*found.words]
    assert [place for place, _words in pairs] == [*range(1, 33, 2)]
    assert found.pair(16) == found.pair(0)


# ---- what people read


def test_the_review_says_what_changes() -> None:
    """Repository, who signs what until when, the bins, and the online signer's part."""
    text = sentences(reviewed(bins=Bins(64, "explicit")))
    assert "first root of packages.example.org" in text
    assert "root 1 is signed by 2 of these 3: ann, bob, cyd. It ends on 2031-03-01T09:00:00Z." in text
    assert "64 bins (explicit)" in text
    assert "bin-n 336 h, snapshot 168 h, timestamp 24 h" in text


def test_the_review_says_how_many_keys_may_be_lost() -> None:
    """And how many a thief needs."""
    found = sentences(reviewed())
    assert "1 key of root, targets and bins may be lost and the rest can still sign; an attacker needs 2 of 3." in found


def test_a_quorum_of_everybody_is_a_caution() -> None:
    """With no key to spare, one broken device ends the role."""
    text = cautions(reviewed(thresholds={"root": 3, "targets": 2, "bins": 2}))
    assert "No key of root may be lost" in text
    assert "targets" not in text


def test_a_device_that_counts_twice_is_a_caution() -> None:
    """Root is worth a device of its own."""
    assert "One stolen device counts in more than one role: ann, bob, cyd." in cautions(reviewed())


def test_a_scheme_that_not_every_client_knows_is_a_caution() -> None:
    """P-384 is allowed, and said."""
    found = separate((P256, P256, P384))
    assert "P-384 is not among the schemes every client knows: cyd." in cautions(review(draft_of(found), Policy()))


def test_the_largest_curve_is_a_caution_too() -> None:
    """RSA is not: every client knows it."""
    found = separate((P521, RSA, P384))
    text = cautions(review(draft_of(found), Policy()))
    assert "P-521 is not among the schemes every client knows: ann." in text
    assert "bob" not in text


def test_an_accepted_flaw_of_firmware_is_a_caution() -> None:
    """With its reason, before everybody agrees to it."""
    usual = separate()
    ann, *others = usual.keyholders
    why = "No newer device can be had this year."
    found = replace(usual, keyholders=(replace(ann, firmware_exception=why), *others))
    assert cautions(review(draft_of(found), Policy())) == (
        "The plan accepts a device of ann whose firmware may have a known flaw, because: "
        "No newer device can be had this year."
    )


def test_an_enrolment_from_elsewhere_that_nobody_attests_is_a_caution() -> None:
    """With its reason, like a flaw of firmware."""
    usual = separate()
    ann, *others = usual.keyholders
    why = "Her token is of a kind that attests nothing"
    found = replace(usual, keyholders=(replace(ann, attestation_exception=why), *others))
    assert cautions(review(draft_of(found), Policy())) == (
        f"The plan takes in a key of ann that no maker attests from elsewhere, because: {why}."
    )


def test_a_payload_that_no_yubikey_signs_with_ed25519_is_a_caution() -> None:
    """The plan does not say who brings a YubiKey; the review refuses one that could not sign."""
    crowd = keyholders(*NAMES, *(f"p{number}" for number in range(4)))
    text = cautions(reviewed(keyholders=crowd))
    assert "With ed25519 a YubiKey signs at most 3000 bytes, and root will have about 3" in text
    assert "a YubiKey of bob needs another scheme." in text
    assert "3000 bytes" not in cautions(reviewed())


def test_only_those_who_sign_the_long_payload_are_named() -> None:
    """Ann signs root alone, which stays short."""
    ann, bob, cyd = (replace(each, scheme=ED25519) for each in keyholders(*NAMES))
    others = keyholders("first", "second")
    found = plan(keyholders=(replace(ann, roles=("root",)), bob, cyd, *others), bins=Bins(256, "explicit"))
    text = cautions(review(draft_of(found), Policy()))
    assert "bins will have about 4" in text
    assert "a YubiKey of bob and cyd needs another scheme." in text


def test_devices_that_nobody_vouches_for_are_a_caution_where_they_are_real() -> None:
    """Through PKCS#11 a device speaks for itself."""
    sentence = "Nobody vouches for the devices of ann, bob and cyd: each tells itself that it keeps its key."
    assert sentence in cautions(reviewed(**REAL))
    assert "vouches" not in cautions(reviewed())


def test_attested_devices_are_vouched_for() -> None:
    """Only the others are named."""
    found = plan(**REAL)
    held = roster(found)
    mixed = held.replace(attested(held.enrolments[0]))
    text = cautions(review(draft(found, mixed), Policy()))
    assert "Nobody vouches for the devices of bob and cyd:" in text
    everybody = Roster(tuple(map(attested, held.enrolments)))
    assert "vouches" not in cautions(review(draft(found, everybody), Policy()))


def test_a_maker_that_nobody_knows_is_a_caution_in_a_rehearsal() -> None:
    """In a real ceremony it is refused."""
    usual = separate()
    held = roster(usual)
    strange = Roster(tuple(attested(each, maker="") if each.keyholder == "bob" else each for each in held.enrolments))
    assert cautions(review(draft(usual, strange), Policy())) == (
        "No maker that this program knows attests the devices of bob."
    )


def test_an_attestation_that_breaks_a_rule_is_not_reviewed() -> None:
    """What was checked at the enrolment is checked again."""
    found = plan(**REAL)
    held = roster(found)
    for broken, rule in (({"maker": ""}, "ATTESTATION-MAKER"), ({"keyid": "0" * 64}, "ATTESTATION-KEY")):
        with pytest.raises(RefusedError) as refused:
            review(draft(found, held.replace(attested(held.enrolments[0], **broken))), Policy())
        assert refused.value.rule == rule


def test_an_enrolment_that_breaks_a_rule_is_not_reviewed() -> None:
    """Whoever made the roster."""
    found = plan()
    held = roster(found)
    with pytest.raises(RefusedError) as refused:
        review(draft(found, held.replace(replace(held.enrolments[0], proof="00"))), Policy())
    assert refused.value.rule == "ENROLMENT-PROOF"


def test_devices_by_one_maker_are_a_caution_where_they_are_real() -> None:
    """One flaw reaches all of them; in a rehearsal that is nobody's worry."""
    assert "by one maker" in cautions(reviewed(**REAL))
    assert "by one maker" not in cautions(reviewed())


def test_devices_by_several_makers_are_no_caution() -> None:
    """A flaw of one reaches one."""
    found = plan(**REAL)
    held = roster(found)
    mixed = Roster((replace(held.enrolments[0], maker="Other"), *held.enrolments[1:]))
    assert "by one maker" not in cautions(review(draft(found, mixed), Policy()))


@pytest.mark.parametrize(
    ("firmwares", "is_one_family"),
    [
        (("5.7.1", "5.7.4", "5.7.0"), True),
        (("5.7.1", "5.4.3", "5.7.0"), False),
        (("odd", "odd", "odd"), True),
        (("odd", "even", "odd"), False),
    ],
)
def test_firmware_of_one_family_is_a_caution(firmwares: tuple[str, ...], *, is_one_family: bool) -> None:
    """The last number of a version changes without a flaw being gone."""
    found = plan(**REAL)
    held = (replace(each, firmware=it) for each, it in zip(roster(found).enrolments, firmwares, strict=True))
    text = cautions(review(draft(found, Roster(tuple(held))), Policy()))
    assert ("Every device is by one maker and of one firmware family:" in text) is is_one_family
    assert "Every device is by one maker" in text


def test_one_maker_by_two_names_is_one_maker() -> None:
    """PKCS#11 modules call it otherwise than its own attestation."""
    found = plan(**REAL)
    ann, bob, cyd = roster(found).enrolments
    by_module = {"driver": "pkcs11", "maker": "Yubico (www.yubico.com)", "model": "YubiKey YK5", "firmware": "5.74"}
    held = Roster((attested(ann), *(replace(attested(each), **by_module) for each in (bob, cyd))))
    assert "by one maker and of one firmware family" in cautions(review(draft(found, held), Policy()))


def draft_of(found: Plan) -> Draft:
    """The draft of this plan, everybody enrolled."""
    return draft(found, roster(found))


def test_nothing_odd_is_no_caution() -> None:
    """Where people are separate, keys to spare and schemes common, the review does not cry wolf."""
    assert not cautions(review(draft_of(separate()), Policy()))


def test_each_key_is_shown_with_its_holder_device_roles_and_words() -> None:
    """In the order of the plan, and the online key last."""
    found = reviewed()
    assert [(each.holder, each.device, each.roles) for each in found.keys] == [
        *((name, f"Model 5 serial-of-{name}, firmware 5.7.1, not attested", OFFLINE_ROLES) for name in NAMES),
        ("online signer", "online key", ("bin-n", "snapshot", "timestamp")),
    ]
    assert [each.keyid for each in found.keys] == [keyid(name) for name in (*NAMES, "online")]
    assert found.keys[0].words == words_of(bytes.fromhex(keyid("ann")))[:4]


@pytest.mark.parametrize(
    ("change", "device"),
    [
        (attested, "YubiKey 5 NFC serial-of-ann, firmware 5.7.4, attested by Yubico"),
        (
            lambda ann: attested(ann, maker=""),
            "YubiKey 5 NFC serial-of-ann, firmware 5.7.4, attested by an unknown maker",
        ),
        (lambda ann: replace(ann, firmware=""), "Model 5 serial-of-ann, firmware unknown, not attested"),
    ],
)
def test_a_device_is_shown_with_its_firmware_and_who_attests_it(
    change: Callable[[Enrolment], Enrolment], device: str
) -> None:
    """People compare it with what lies on the table."""
    found = plan()
    held = roster(found)
    assert review(draft(found, held.replace(change(held.enrolments[0]))), Policy()).keys[0].device == device


def test_keys_stand_in_the_order_of_the_plan() -> None:
    """Whoever was enrolled first."""
    found = plan()
    turned = Roster(tuple(enrolment(found, holder) for holder in reversed(found.keyholders)))
    assert [each.holder for each in review(draft(found, turned), Policy()).keys[:3]] == [*NAMES]


def test_lifetimes_of_a_day_and_a_bit_are_told_in_hours() -> None:
    """Plans speak of hours, and so does the review."""
    lifetimes = {"bin-n": timedelta(hours=30), "snapshot": timedelta(hours=29), "timestamp": timedelta(hours=1)}
    assert "bin-n 30 h, snapshot 29 h, timestamp 1 h" in sentences(reviewed(lifetimes=lifetimes))
