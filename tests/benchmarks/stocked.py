"""A signer with as many targets as are wanted, behind a real ceremony's release, and a key of each scheme."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.targets_like_pypi import fill
from fakes.online_signer import OnlineSigner, online_signer
from fakes.release import Wanted

from ceremony.core.plan import Bins
from ceremony.online.key import CheckedSigner, make_key, open_signer
from ceremony.online.keyring import Signers

SCHEMES = {"Ed25519": "ed25519", "P-256": "ecdsa-sha2-nistp256"}


@dataclass(frozen=True, slots=True)
class OneKey:
    """Every publication is signed by this key: what it costs, the release says nothing about."""

    signer: CheckedSigner

    def signers(self, _publication: int) -> Signers:
        """This one."""
        return Signers(self.signer)


def moment() -> datetime:
    """This machine's clock, at whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)  # noqa: TID251  # a front door, as it were


def stocked(folder: Path, targets: int, bins: int) -> OnlineSigner:
    """A signer with so many targets in so many bins, in `folder`."""
    made = online_signer(folder, Wanted(now=moment(), bins=Bins(bins, "succinct")))
    made.deliver(now=moment())
    made.store.close()
    fill(made.home.database, targets, bins)
    return made


def key_of_scheme(signer: OnlineSigner, scheme: str) -> CheckedSigner:
    """A private key in a file beside the signer's own."""
    path = signer.home.folder / f"{scheme}.pem"
    public = make_key(path, SCHEMES[scheme])
    return open_signer(f"file2:{path.name}", public, signer.home.folder)
