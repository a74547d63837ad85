"""The tables of the signer's database: from them every file on the shelf can be made again.

Times are UTC texts as metadata writes them, which sort as they pass.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Double,
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

REVISION = "0005"
"""The newest migration in `migrations/versions`: what a database has to be at, for this version of the program."""

# Paths sort by their UTF-8 bytes, which is the key order of canonical JSON; SQLite does so by itself.
_PATH = Text().with_variant(Text(collation="C"), "postgresql")

# More of these may come than 32 bits count; SQLite counts its rows by itself in plain integers alone.
_COUNT = BigInteger().with_variant(Integer, "sqlite")

LEASE = Table(
    "lease",
    METADATA,
    Column("id", Integer, CheckConstraint("id = 1"), primary_key=True),
    Column("holder", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("until", Double, nullable=False),
)
"""Who may publish. `number` grows with every holder; `until` is in seconds since 1970 by the database's own clock."""

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
    Column("fence", Integer, nullable=False, server_default="0"),
    Column("snapshot_version", Integer, nullable=False),
    Column("snapshot_expires", Text, nullable=False),
    Column("timestamp_version", Integer, nullable=False),
    Column("timestamp_expires", Text, nullable=False),
    Column("snapshot_length", Integer, nullable=False),
    Column("snapshot_sha256", Text, nullable=False),
    Column("is_published", Boolean, nullable=False),
)
"""One new timestamp and all below it. The row is the intent; length and hash of the snapshot are known once it is out.

`snapshot_length` is 0 until then; `fence` is the number of the lease of whoever began it."""

SPARE_KEYS = Table(
    "spare_keys",
    METADATA,
    Column("place", Text, primary_key=True),
    Column("key_uri", Text, nullable=False),
    Column("key_file", LargeBinary, nullable=False),
    Column("publication", Integer, ForeignKey(PUBLICATIONS.c.number)),
)
"""The next online key and the former: `publication` is the last one that the former signs, empty for the next key."""

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
    Column("number", _COUNT, primary_key=True),
    Column("key", Text, nullable=False),
    Column("path", _PATH, nullable=False),
    Column("fragment", LargeBinary),
    Column("received_at", Text, nullable=False),
    Column("publication", Integer, ForeignKey(PUBLICATIONS.c.number)),
    Index("changes_by_path", "path", "number"),
)
"""Change requests in the order in which they came; no fragment means that the path is to go."""

# Whoever opens a PostgreSQL says it of that too: with its name here, every start would load all that it brings along.
WAITING = CHANGES.c.publication.is_(None)
CHANGES_WAITING = Index("changes_waiting", CHANGES.c.number, sqlite_where=WAITING)

ACCESS_TOKENS = Table(
    "access_tokens",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("digest", LargeBinary, nullable=False),
    Column("name", Text, nullable=False, unique=True),
    Column("scopes", Text, nullable=False),
    Column("prefixes", Text, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("expires", Text),
    Column("revoked_at", Text),
)
"""Who may call the API. Of a token itself there is only the SHA-256; `prefixes` is a JSON list, empty for any path."""

TASKS = Table(
    "tasks",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("maker", Text, nullable=False),
    Column("received_at", Text, nullable=False),
    Column("key", Text),
    Column("digest", Text, nullable=False),
    Column("numbers", Text, nullable=False),
    Column("delivery", Integer, ForeignKey(DELIVERIES.c.number)),
    Column("renewal", Integer),
    Column("note", Text, nullable=False),
    Column("upload", Integer),
    Column("leaving", Text),
    Index("tasks_by_key", "maker", "key", unique=True),
)
"""What somebody asked of the API at once: `numbers` are the change requests it made, as `7 9-12`.

`key` is what the caller named it so that asking twice is harmless, `digest` what was asked under that name. `delivery`,
`renewal`, `upload` (a project's file) and `leaving` (registrations that are to end, as numbers are written) are what
else it waits for."""

HELD = Table(
    "held",
    METADATA,
    Column("number", _COUNT, primary_key=True),
    Column("task", Text, ForeignKey(TASKS.c.id), nullable=False),
    Column("path", _PATH, nullable=False),
    Column("fragment", LargeBinary),
    Column("received_at", Text, nullable=False),
    Index("held_by_path", "path", "number"),
    Index("held_by_task", "task"),
)
"""Change requests that are durable, and wait until somebody asks for their publication."""

RENEWALS = Table(
    "renewals",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("roles", Text, nullable=False),
    Column("received_at", Text, nullable=False),
    Column("publication", Integer, ForeignKey(PUBLICATIONS.c.number)),
)
"""Online roles that somebody wants signed anew before their time, separated by spaces."""

OFFERED = Table(
    "offered",
    METADATA,
    Column("role", Text, primary_key=True),
    Column("data", LargeBinary, nullable=False),
)
"""Offline metadata that gathers its keyholders' signatures; delivered as soon as it has them."""

IMPORTS = Table(
    "imports",
    METADATA,
    Column("number", _COUNT, primary_key=True),
    Column("source", Text, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("line", BigInteger, nullable=False),
    Column("digest", Text, nullable=False),
    Column("targets", BigInteger, nullable=False),
    Column("refused", BigInteger, nullable=False),
    Column("refused_bytes", BigInteger, nullable=False),
    Column("received_at", Text, nullable=False),
    Column("after", BigInteger),
    Column("next_place", BigInteger, nullable=False),
    Column("publication", Integer, ForeignKey(PUBLICATIONS.c.number)),
)
"""Imports of many targets: how far each has read its source, and the SHA-256 of what it has read.

`after` is empty while it reads: then it is the last change request that comes before it. `next_place` is the first of
its places that is not published yet, `publication` the one with which the last came."""

IMPORT_ROWS = Table(
    "import_rows",
    METADATA,
    Column("number", _COUNT, primary_key=True),
    Column("import_number", _COUNT, ForeignKey(IMPORTS.c.number), nullable=False),
    Column("place", BigInteger, nullable=False),
    Column("path", _PATH, nullable=False),
    Column("fragment", LargeBinary, nullable=False),
    Column("line", BigInteger, nullable=False),
)
"""Targets of imports, as they were read: `place` is the first 32 bits of its path's hash, which give its bin."""
