"""What the online key was used for: every signature as a line of the log, from which outsiders can hold it to account.

The signature itself is in the line: it says, beyond doubt and without another pass over half a megabyte, which bytes
were signed. An auditor verifies it against the file that was published, and asks where the others have gone.
"""

import re

from securesystemslib.signer import Signature

from ceremony.core.strict_json import Json
from ceremony.online.log import is_key_use_told, tell_key_use

_HEAD = re.compile(rb'\{"_type":"([a-z]{1,20})",(?:"expires":"([0-9TZ:-]{20})")?')
_TAIL = re.compile(rb'"version":([0-9]{1,18})\}\Z')
_TAIL_BYTES = 32
_HEAD_BYTES = 80


def tell_signature(signature: Signature, payload: bytes | bytearray) -> None:
    """The log has it that this signature was made: of which kind of metadata, which version, until when."""
    if is_key_use_told():
        fields: dict[str, Json] = {"keyid": signature.keyid, "signature": signature.signature, "bytes": len(payload)}
        tell_key_use(**fields, **_said(payload))


def _said(payload: bytes | bytearray) -> dict[str, Json]:
    """What canonical metadata says at its beginning and its end; nothing of a payload that is none."""
    head, tail = _HEAD.match(payload[:_HEAD_BYTES]), _TAIL.search(payload[-_TAIL_BYTES:])
    if head is None or tail is None:
        return {"type": "no metadata"}
    expires: dict[str, Json] = {} if head[2] is None else {"expires": head[2].decode()}
    return {"type": head[1].decode(), "version": int(tail[1]), **expires}
