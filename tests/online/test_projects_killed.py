"""`kill -9` of a serving signer while projects upload: what was acknowledged is published, clients notice nothing."""

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from threading import Thread

import httpx
import pytest
from fakes.claims import CLAIMED, RECENT, Changing, changed, metadata, project
from fakes.online_signer import OnlineSigner, online_signer
from fakes.polling_client import wait_until
from fakes.release import REPOSITORY, Wanted
from fakes.serving_program import ServingProgram

from ceremony.core.plan import Bins
from ceremony.core.projects import encode_claims
from ceremony.online.access import Grant, Scope
from ceremony.online.access_tokens import add_token
from ceremony.online.errand import is_newest_out
from ceremony.online.project_files import waiting_uploads

PROJECTS = "/api/v1/projects/"
NAMES = ("demo", "new", "other")
KILLS = 6
SEED = 480


def path_of(name: str) -> str:
    """The one target that this project has, each time with other content."""
    return f"files/{name}/newest"


def content_of(name: str, version: int) -> bytes:
    """What it has in this version."""
    return f"{name} {version}".encode()


@dataclass
class Developer:
    """Uploads one version after another, and knows the last that was acknowledged, and the one that may have been."""

    name: str
    now: datetime
    acknowledged: int = 0
    asked: int = 0
    failures: list[str] = field(default_factory=list)

    def upload_on(self, url: str, token: str) -> None:
        """Versions follow one another until nobody answers."""
        headers = {"Authorization": f"Bearer {token}"}
        with httpx.Client(base_url=f"{url}{PROJECTS}{self.name}", headers=headers, timeout=30) as client:
            try:
                while self._upload(client, self.acknowledged + 1):
                    pass
            except httpx.TransportError:
                return

    def _upload(self, client: httpx.Client, version: int) -> bool:
        content = content_of(self.name, version)
        sent = client.put(f"/files/{sha256(content).hexdigest()}", content=content, headers=_type("octet-stream"))
        signed = metadata(self.name, version, {path_of(self.name): content}, now=self.now)
        self.asked = version
        taken = client.post("/metadata", content=signed, headers=_type("json"))
        if (sent.status_code, taken.status_code) != (202, 202):
            self.failures.append(f"{sent.text} {taken.text}")
            return False
        self.acknowledged = version
        return True

    def settle(self, published: int) -> None:
        """All that was acknowledged is there, and at most the one beside that nobody answered."""
        assert self.failures == []
        assert published in (self.acknowledged, self.asked), (self.name, published, self.acknowledged, self.asked)
        self.acknowledged = self.asked = published


def _type(name: str) -> dict[str, str]:
    return {"Content-Type": f"application/{name}"}


@pytest.fixture
def delegating(tmp_path: Path, moment: datetime) -> Iterator[OnlineSigner]:
    """A signer with a few bins, claimed and recently-claimed."""
    made = online_signer(tmp_path, Wanted(now=moment, bins=Bins(4, "succinct")))
    made.deliver(now=moment)
    made.deliver(changed(made.bundle, Changing(delegations=(CLAIMED, RECENT), now=moment)), moment)
    yield made
    made.store.close()


def test_a_kill_while_projects_upload_loses_nothing(delegating: OnlineSigner, moment: datetime, tmp_path: Path) -> None:
    """Whatever the moment: each version comes once, with the same bytes, and the next one follows it."""
    chance = random.Random(SEED)  # noqa: S311  # the same moments each time
    program = ServingProgram(delegating.home.folder, tmp_path / "said")
    token = add_token(delegating.store, Grant("cyd", frozenset(Scope)), None, moment)
    developers = [Developer(name, moment) for name in NAMES]
    seen: dict[str, bytes] = {}
    try:
        for number in range(KILLS):
            program.start()
            program.wait_answering()
            if not number:
                _register(program.url, token)
            _settle(delegating, developers, program.url, token, seen)
            threads = [Thread(target=each.upload_on, args=(program.url, token)) for each in developers]
            for thread in threads:
                thread.start()
            before = {each.name: each.acknowledged for each in developers}
            if number % 2:
                wait_until(lambda before=before: all(each.acknowledged > before[each.name] for each in developers))
            time.sleep(chance.uniform(0.02, 0.6))
            program.kill()
            for thread in threads:
                thread.join()
        program.start()
        program.wait_answering()
        _settle(delegating, developers, program.url, token, seen)
        assert program.stop() == 0
    finally:
        program.end()
    assert all(each.acknowledged >= KILLS // 2 for each in developers)
    assert "Traceback" not in program.tail()


def _register(url: str, token: str) -> None:
    batch = encode_claims(REPOSITORY, tuple(project(name) for name in NAMES))
    headers = {"Authorization": f"Bearer {token}", **_type("json")}
    assert httpx.post(f"{url}{PROJECTS}", content=batch, headers=headers).status_code == 202


def _settle(signer: OnlineSigner, developers: list[Developer], url: str, token: str, seen: dict[str, bytes]) -> None:
    """Everything is out, as the API tells it and as the real client downloads it; no file has changed."""
    wait_until(lambda: not waiting_uploads(signer.store) and is_newest_out(signer.store))
    told = httpx.get(f"{url}{PROJECTS}", headers={"Authorization": f"Bearer {token}"}).json()["data"]
    versions = {each["name"]: each["version"] for each in told}
    for each in developers:
        each.settle(versions[each.name])
    wanted = {path_of(each.name): content_of(each.name, each.acknowledged) for each in developers if each.acknowledged}
    assert signer.stay(*wanted) == signer.follow(*wanted) == wanted
    there = {name: data for name, data in signer.shelved().items() if name[0].isdigit()}
    assert seen.items() <= there.items()
    seen |= there
