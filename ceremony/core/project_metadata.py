"""What a project signs itself: the list of its own targets, below a delegation of the repository."""

from collections.abc import Mapping
from datetime import datetime

from tuf.api.metadata import TargetFile, Targets

from ceremony.core import strict_json
from ceremony.core.metadata_file import MetadataFile
from ceremony.core.projects import project_role


def project_metadata(name: str, version: int, expires: datetime, files: Mapping[str, bytes]) -> MetadataFile:
    """The list of these files of the project of this name, target path -> bytes, unsigned; `expires` is UTC.

    Spec: 4.5.
    """
    targets = {path: TargetFile.from_data(path, data, ["sha256"]) for path, data in sorted(files.items())}
    signed = Targets(version, expires=expires.replace(microsecond=0), targets=targets)
    return MetadataFile(project_role(name), version, strict_json.encode(signed.to_dict()))
