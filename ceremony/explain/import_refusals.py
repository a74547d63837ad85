"""What to do now when an import is refused."""

from collections.abc import Mapping

ON_IMPORTS: Mapping[str, str] = {
    "IMPORT-LINE": "Correct this line and import again: it goes on after what was taken in. With --refused FILE, lines "
    "that are refused are listed in FILE and the others imported.",
    "IMPORT-SAME": "Restore the file as it was and import again, or begin anew with --anew: then what was read "
    "of it so far is forgotten. Nothing of it was published.",
    "IMPORT-CURRENT": "Fetch a fresh copy of that repository's metadata. If nobody signs it any more, export its "
    "targets as CSV or NDJSON from a source that you trust, and import those.",
    "IMPORT-LISTED": "Fetch that repository's metadata again, all of it at once, and check the root that you pinned. "
    "If the same is found once more, ask whoever signs it.",
    "IMPORT-REACHED": "Clients of that repository do not see this target either. Ask whoever signs it; with "
    "--refused FILE, such targets are listed in FILE and the others imported.",
}
