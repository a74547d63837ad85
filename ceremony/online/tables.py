"""The tables of the signer's database: from them every file on the shelf can be made again.

Times are UTC texts as metadata writes them, which sort as they pass.
"""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)

FORMAT = 1
METADATA = MetaData()

# Paths sort by their UTF-8 bytes, which is the key order of canonical JSON; SQLite does so by itself.
_PATH = Text().with_variant(Text(collation="C"), "postgresql")

SIGNER = Table(
    "signer",
    METADATA,
    Column("id", Integer, CheckConstraint("id = 1"), primary_key=True),
    Column("format", Integer, nullable=False),
    Column("is_rehearsal", Boolean, nullable=False),
    Column("key_uri", Text, nullable=False),
    Column("key_file", LargeBinary, nullable=False),
)

PUBLICATIONS = Table(
    "publications",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("at", Text, nullable=False),
    Column("snapshot_version", Integer, nullable=False),
    Column("snapshot_expires", Text, nullable=False),
    Column("timestamp_version", Integer, nullable=False),
    Column("timestamp_expires", Text, nullable=False),
    Column("snapshot_length", Integer, nullable=False),
    Column("snapshot_sha256", Text, nullable=False),
    Column("is_published", Boolean, nullable=False),
)
"""One new timestamp and all below it. The row is the intent; length and hash of the snapshot are known once it is out.

`snapshot_length` is 0 until then."""

SPARE_KEYS = Table(
    "spare_keys",
    METADATA,
    Column("place", Text, primary_key=True),
    Column("key_uri", Text, nullable=False),
    Column("key_file", LargeBinary, nullable=False),
    Column("publication", Integer, ForeignKey(PUBLICATIONS.c.number)),
)
"""The next online key and the former: `publication` is the first that the one signs, the last that the other does."""

DELIVERIES = Table(
    "deliveries",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("digest", Text, nullable=False),
    Column("files", LargeBinary, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("received_at", Text, nullable=False),
    Column("publication", Integer, ForeignKey(PUBLICATIONS.c.number)),
    Column("refusal", Text),
)

OFFLINE_FILES = Table(
    "offline_files",
    METADATA,
    Column("role", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("data", LargeBinary, nullable=False),
    Column("publication", Integer, ForeignKey(PUBLICATIONS.c.number), nullable=False),
)

BINS = Table(
    "bins",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("version", Integer, nullable=False),
    Column("expires", Text, nullable=False),
    Column("publication", Integer, ForeignKey(PUBLICATIONS.c.number), nullable=False),
    Index("bins_by_publication", "publication"),
)

FORMER_BINS = Table(
    "former_bins",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("version", Integer, nullable=False),
)
"""Bins that there are no more, at their last version: snapshots go on listing them."""

ROLES = Table(
    "roles",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("expires", Text, nullable=False),
    Column("publication", Integer, ForeignKey(PUBLICATIONS.c.number), nullable=False),
)
"""The roles before bins that this signer signs, at their newest version; one that is delegated no more stays here."""

PROJECTS = Table(
    "projects",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Column("received_at", Text, nullable=False),
    Column("is_leaving", Boolean, nullable=False),
    Column("since", Integer, ForeignKey(PUBLICATIONS.c.number)),
    Column("until", Integer, ForeignKey(PUBLICATIONS.c.number)),
    Index("projects_by_name", "name", "number"),
)
"""Projects as they were registered in a role of this signer: which publication delegated to them first, and which ended
that, both empty until then. What a role is made of is changed by publications alone."""

PROJECT_FILES = Table(
    "project_files",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Column("received_at", Text, nullable=False),
    Column("publication", Integer, ForeignKey(PUBLICATIONS.c.number)),
    Column("refusal", Text),
    Index("project_files_by_name", "name", "number"),
    Index("project_files_by_publication", "publication"),
)
"""Metadata that projects signed, in the order in which it came: published, waiting, or refused by the writer."""

TARGETS = Table(
    "targets",
    METADATA,
    Column("bin", Integer, primary_key=True, autoincrement=False),
    Column("path", _PATH, primary_key=True),
    Column("fragment", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

CHANGES = Table(
    "changes",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("key", Text, nullable=False),
    Column("path", _PATH, nullable=False),
    Column("fragment", LargeBinary),
    Column("received_at", Text, nullable=False),
    Column("publication", Integer, ForeignKey(PUBLICATIONS.c.number)),
    Index("changes_by_path", "path", "number"),
)
"""Change requests in the order in which they came; no fragment means that the path is to go."""

Index("changes_waiting", CHANGES.c.number, sqlite_where=CHANGES.c.publication.is_(None))
