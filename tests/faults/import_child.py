"""A process that imports and publishes, and is killed from outside, whenever that may be.

Started by test_import_kills.py as `import_child.py HOME FILE BLOCK_BYTES`.
"""

import sys
from pathlib import Path

from ceremony.online import import_lines
from ceremony.online.main import verbs

if __name__ == "__main__":
    home, file, block_bytes = sys.argv[1:]
    import_lines._BLOCK_BYTES = int(block_bytes)  # noqa: SLF001  # many small pieces, so that a kill falls between them
    verbs(["--home", home, "import", str(Path(file)), "--format", "csv"])
