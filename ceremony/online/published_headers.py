"""What web servers say about published files: what they are, and how long a cache may keep them."""

FOR_EVER = "public, max-age=31536000, immutable"
"""Of what has a version or a hash in its name."""

NEVER = "no-cache"
"""Of the timestamp: a cache asks each time whether there is a newer one."""

METADATA_KIND = "application/json"
TARGET_KIND = "application/octet-stream"
