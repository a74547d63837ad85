"""The whole story with nobody at the keyboard, as somebody starts it from a shell; a stranger's client is the judge."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from tuf.ngclient import Updater  # noqa: TID251  # the judge of this story is a client of its own

SIGNER = Path(sys.executable).with_name("ceremony-online")
ROOT = Path(__file__).parents[2]


@contextmanager
def web_server(folder: Path) -> Iterator[str]:
    """The folder, served over HTTP."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def download(folder: Path, cache: Path, target: str) -> bytes:
    """What an unmodified client gets that knows nothing but root 1."""
    (cache / "targets").mkdir(parents=True)
    with web_server(folder / "repository") as url:
        updater = Updater(
            metadata_dir=str(cache / "metadata"),
            metadata_base_url=f"{url}/metadata/",
            target_dir=str(cache / "targets"),
            target_base_url=f"{url}/targets/",
            bootstrap=(folder / "root.json").read_bytes(),
        )
        updater.refresh()
        found = updater.get_targetinfo(target)
        assert found is not None
        return Path(updater.download_target(found)).read_bytes()


@pytest.mark.parametrize(
    ("devices", "keyholders", "threshold"),
    [("software", 3, 2), ("software", 5, 3), ("softhsm", 3, 2), ("softhsm", 5, 3)],
)
def test_the_whole_story_ends_with_a_client_that_verifies_a_download(
    tmp_path: Path, devices: str, keyholders: int, threshold: int
) -> None:
    """Everything that the story promises lies in its folder, and a client starts from root 1 alone."""
    folder = tmp_path / "story"
    verb = [sys.executable, "-m", "ceremony", "rehearse", "--unattended", folder, "--signer", SIGNER]
    options = ["--devices", devices, "--keyholders", str(keyholders), "--threshold", str(threshold)]
    run = subprocess.run(
        [*verb, *options],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env=os.environ | {"HOME": str(tmp_path)},
    )
    assert (run.returncode, run.stderr) == (0, "")
    for name in ("root.json", "bundle/manifest.json", "record/transcript.jsonl", "record/minutes.html"):
        assert (folder / name).is_file()
    assert not (folder / "repository").is_symlink()
    assert {each.name for each in (folder / "repository").iterdir()} >= {"metadata", "targets"}
    assert download(folder, tmp_path / "client", "demo/hello.txt") == b"Hello from a rehearsal.\n"
    assert re.search(r"9\. A real client downloads over HTTP", run.stdout)
