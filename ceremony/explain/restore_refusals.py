"""What to do now when a backup cannot be gone on from."""

from collections.abc import Mapping

ON_RESTORING: Mapping[str, str] = {
    "RESTORE-SEEN": "Put the published metadata back under HOME/repository/metadata first: from a mirror, a CDN, or a "
    "copy. If none is left anywhere, say with --skip how many publications there were since the backup at most, "
    "generously: versions are as good as endless. Nothing was restored.",
    "RESTORE-KNOWN": "Check that backup and repository belong to one signer, and use its newest backup. If they do, "
    "somebody has put a strange timestamp on the shelf: compare it with what clients get. Nothing was restored.",
    "RESTORE-WHOLE": "Put the files that are missing back under HOME/repository/metadata, from a mirror or a copy, and "
    "restore again. With --lose-changes the bins that are gone go back to what the backup has. Nothing was restored.",
    "RESTORE-BINS": "Use a backup that was made after the release with this number of bins. Nothing was restored.",
}
"""The name of a rule -> what to do now, for whoever goes on from a backup."""
