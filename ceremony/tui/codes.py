"""The QR codes that people show each other: what each carries, in words and as text, and their pictures."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ceremony.core.qr_text import request_as_qr_text, response_of_qr_text
from ceremony.core.response import Request
from ceremony.engine.bundle import Bundle
from ceremony.engine.disk import create_file, read_file
from ceremony.engine.elsewhere import Answered
from ceremony.engine.qr import qr_svg, response_codes


@dataclass(frozen=True, slots=True)
class Code:
    """One code: what it carries, the text in it, and the name of its picture."""

    title: str
    text: str
    picture: str


def code_of_request(bundle: Bundle) -> Code:
    """The code that other places compare with the request that they were brought."""
    plan = bundle.plan
    request = Request(plan.id, plan.repository, bundle.files, bundle.quorums)
    return Code(f"The request for {plan.id}", request_as_qr_text(request), f"{plan.id}-request.svg")


def codes_of_response(answered: Answered, names: Mapping[str, str], size: tuple[int, int]) -> tuple[Code, ...]:
    """The codes that carry the response, small enough for `size` (columns, rows) if that can be; `names` by keyid."""
    texts = response_codes(answered.response, answered.request, size)
    return tuple(
        Code(
            _signed(text, answered.request, names),
            text,
            f"{answered.request.ceremony}-code-{number}-of-{len(texts)}.svg",
        )
        for number, text in enumerate(texts, start=1)
    )


def write_pictures(codes: tuple[Code, ...], folder: Path) -> tuple[Path, ...]:
    """The files in which the codes are drawn, to print or to send; one that is there already is left as it is.

    Raises: StorageError, also for another file under the name of one.
    """
    return tuple(_write(folder / each.picture, qr_svg(each.text)) for each in codes)


def _write(path: Path, picture: bytes) -> Path:
    if path.exists() and read_file(path, len(picture)) == picture:
        return path
    create_file(path, picture, is_public=True)
    return path


def _signed(text: str, request: Request, names: Mapping[str, str]) -> str:
    """Whose signatures these are, and of which roles."""
    found = response_of_qr_text(text, request)
    roles = ", ".join(dict.fromkeys(each.role for each in found.signatures))
    return f"{', '.join(names.get(each, each[:8]) for each in found.keyids)}: {roles}"
