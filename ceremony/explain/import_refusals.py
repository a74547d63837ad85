"""What to do now when an import, or a comparison with a record, is refused."""

from collections.abc import Mapping

ON_IMPORTS: Mapping[str, str] = {
    "IMPORT-LINE": "Correct this line and repeat the command: an import goes on after what was taken in, a comparison "
    "begins again. An import with --refused FILE lists such lines in FILE and takes the others.",
    "IMPORT-SAME": "Restore the file as it was and import again, or begin anew with --anew: then what was read "
    "of it so far is forgotten. Nothing of it was published.",
    "IMPORT-CURRENT": "Fetch a fresh copy of that repository's metadata. If nobody signs it any more, export its "
    "targets as CSV or NDJSON from a source that you trust, and import those. A record that `ceremony-online compare` "
    "reads is judged with --at as of the day on which it was good.",
    "IMPORT-LISTED": "Fetch that repository's metadata again, all of it at once, and check the root that you pinned. "
    "If the same is found once more, ask whoever signs it.",
    "IMPORT-REACHED": "Clients of that repository do not see this target either. Ask whoever signs it; an "
    "import with --refused FILE lists such targets in FILE and takes the others.",
    "COMPARE-ADDED": "Look at what was added, and when: `--report FILE` has all of it. Then say `--added keep` if it "
    "is meant to be there, or `--added remove`. Nothing was changed.",
    "COMPARE-PLACE": "Somebody has written into the database past every request. Stop the signer, keep this database "
    "as it is, and go on from a backup: `ceremony-online restore FILE`, then compare again. With `--added keep` all "
    "else is restored meanwhile: no client looks for a target there.",
}
