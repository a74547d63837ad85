"""A timestamp that is replaced while somebody fetches it over HTTP: they get the old one or the new one, whole."""

from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ceremony.online.web import shelf_files


@pytest.mark.parametrize(("before", "after"), [(b"short", b"longer than it was"), (b"longer than it is", b"short")])
async def test_a_timestamp_that_is_replaced_while_it_is_served_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: bytes, after: bytes
) -> None:
    """Between the look at its length and the look at its bytes, at the worst of all moments."""
    (tmp_path / "metadata").mkdir()
    timestamp = tmp_path / "metadata" / "timestamp.json"
    timestamp.write_bytes(before)
    look = shelf_files._regular  # noqa: SLF001  # what comes between is what this test is about

    def look_and_replace(shelf: Path, segments: list[str]) -> object:
        found = look(shelf, segments)
        (tmp_path / "new").write_bytes(after)
        (tmp_path / "new").replace(timestamp)
        return found

    monkeypatch.setattr(shelf_files, "_regular", look_and_replace)

    async def serve(request: Request) -> Response:
        return await shelf_files.serve_file(request, tmp_path)

    app = Starlette(routes=[Route("/metadata/timestamp.json", serve)])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://signer.invalid") as client:
        answer = await client.get("/metadata/timestamp.json")

    assert answer.content == after
    assert int(answer.headers["content-length"]) == len(after)
