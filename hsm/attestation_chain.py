"""From the certificate of a key up to a root: which certificates lead there, and whether each may stand where it does.

Dates are not looked at. A device copies those of its own certificate into whatever it attests, at any time, so they
say nothing of when a key was made; an offline machine's clock is no evidence either; and a chain must be as good for
those who check the record many years later. Nor is a path length: two of Yubico's own roots allow no certificate
between themselves and a key's, where there always is one. Instead each place in the chain has its rule.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cache

from hsm.attestation_certificate import Certificate, CertificateError
from hsm.attestation_pins import KINDS, MAKER, pin_of, place_of, rank_of

MOST_GIVEN = 12
"""No device, and no record, gives more certificates for one key."""
MOST_AUTHORITIES = 500
"""No folder has more certificates of authorities than this."""
LONGEST = 6
"""No chain has more certificates than this; Yubico's longest has five."""

Chain = tuple[Certificate, ...]


def chain_of(given: Sequence[bytes], authorities: Sequence[bytes]) -> Chain:
    """The certificates from the first of `given` up to a root, each signed by the next; to a pinned root if any.

    Raises: CertificateError where there is no such chain, or where what is given is too much or no certificate.
    """
    if not given:
        raise CertificateError("there is no certificate at all")
    if len(given) > MOST_GIVEN or len(authorities) > MOST_AUTHORITIES:
        raise CertificateError("there are too many certificates")
    leaf = _read(given[0], "the certificate of the key")
    others = [_read(each, "a certificate that the device gave") for each in given[1:]]
    known = [_read(each, "a certificate of an authority") for each in authorities]
    pool = sorted(dict.fromkeys([leaf, *others, *known]), key=lambda each: rank_of(each.digest))

    @cache
    def issuers_of(child: Certificate) -> Chain:
        return tuple(each for each in pool if each.issued(child))

    paths = list(_paths((leaf,), issuers_of))
    rooted = [path for path in paths if path[-1] in issuers_of(path[-1])]
    if not rooted:
        raise CertificateError(_lack(max(paths, key=len), pool))
    return next((path for path in rooted if pin_of(path[-1].digest)), rooted[0])


def kind_of(chain: Chain) -> str:
    """The kind of device whose key the chain is for, a name of `KINDS`.

    Raises: CertificateError where it is not for a key of a device.
    """
    found = next((kind for kind, names in KINDS.items() if names.key_name.fullmatch(chain[0].name)), None)
    if found is None:
        raise CertificateError(f"it is for {shown(chain[0].name)}, which is no key of a device")
    return found


def maker_of(chain: Chain) -> str:
    """Who vouches for the key: the maker where the root is pinned, "" for any other root.

    Raises: CertificateError where a certificate stands in a place that is not its own.
    """
    _check_issuers(chain)
    if pin_of(chain[-1].digest) is None:
        return ""
    _check_pins(chain, kind_of(chain))
    return MAKER


def shown(name: str) -> str:
    """A name from a certificate as people are told it."""
    return f'"{name}"' if name else "somebody without a plain name"


def _read(der: bytes, what: str) -> Certificate:
    try:
        return Certificate.read(der)
    except CertificateError as error:
        raise CertificateError(f"{what} cannot be read: {error.what}") from error


def _paths(path: Chain, issuers_of: Callable[[Certificate], Chain]) -> Iterator[Chain]:
    """Every way up from the last certificate of `path`, to a root, which vouches for itself, or to where it ends."""
    issuers = issuers_of(path[-1])
    is_end = path[-1] in issuers or len(path) == LONGEST
    above = () if is_end else tuple(each for each in issuers if each not in path)
    for each in above:
        yield from _paths((*path, each), issuers_of)
    if not above:
        yield path


def _lack(path: Chain, pool: Sequence[Certificate]) -> str:
    last = path[-1]
    wanted = shown(last.issuer_name)
    if len(path) == LONGEST:
        return f"there is no root within {LONGEST} certificates"
    if any(each.issued(last) for each in pool):
        return "its certificates vouch only for one another, and lead to no root"
    if any(each.is_named_by(last) for each in pool):
        return f"the certificate of {wanted} that is at hand did not sign the one of {shown(last.name)}"
    if len(path) == 1:
        return f"no certificate of {wanted}: the device itself should have given it"
    place = place_of(last.issuer_name)
    published = f" (Yubico publishes it: {place})" if place else ""
    return f"no certificate of {wanted}: put it into the folder of attestation certificates{published}"


def _check_issuers(chain: Chain) -> None:
    if len(chain) == 1:
        raise CertificateError("the key vouches for itself")
    if any(kind.key_name.fullmatch(chain[1].name) for kind in KINDS.values()):
        # any key that a device attested could sign such a certificate, whatever it says
        raise CertificateError("it is vouched for by another key of the device, not by the device")
    for each in chain[1:]:
        if each.may_issue is False:
            raise CertificateError(f"the certificate of {shown(each.name)} may not vouch for others")
    if any(each.has_unknown_demand for each in chain):
        raise CertificateError("a certificate demands something that this program does not know")


def _check_pins(chain: Chain, kind: str) -> None:
    for each in chain[2:]:
        if pin_of(each.digest) is None:
            raise CertificateError(f"the certificate of {shown(each.name)} is not one that this program knows")
    above = pin_of(chain[2].digest) if len(chain) > 2 else None  # noqa: PLR2004 - a key's, a device's, its issuer's
    if above is None or above.vouches_for != kind:
        raise CertificateError(f"{shown(chain[1].issuer_name)} does not vouch for a {kind}")
    if not KINDS[kind].device_name.fullmatch(chain[1].name):
        raise CertificateError(f"{shown(chain[1].name)} is not the name of a {kind}")
