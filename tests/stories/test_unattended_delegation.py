"""Projects that sign for themselves, with nobody at the keyboard; strangers' clients judge what they find."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from stories.test_unattended import download
from stories.test_unattended_rotation import Told, ceremony, walk

FILES = {
    "files/early/early-1.0.txt": b"early 1.0\n",
    "files/late/late-1.0.txt": b"late 1.0\n",
    "demo/hello.txt": b"Hello from a rehearsal.\n",
}
"""A claimed, a recently claimed, and an unclaimed target."""


@pytest.fixture(scope="module")
def delegated(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """Two of three sign with software devices. Read only."""
    return walk(tmp_path_factory.mktemp("delegated"), "delegation")


def check_story(told: Told, cache: Path) -> None:
    """A client that has nothing but root 1 finds each of the three; each is delegated where it should be."""
    for name, data in FILES.items():
        place = cache / name.replace("/", "-")
        place.mkdir(parents=True)
        shutil.copytree(told.folder / "repository", place / "repository")
        shutil.copy(told.folder / "root.json", place / "root.json")
        assert download(place, place / "client", name) == data
    assert [each["name"] for each in told.published("2.targets.json")["delegations"]["roles"]] == [
        "claimed",
        "recently-claimed",
        "bins",
    ]
    claimed = told.published("2.claimed.json")["delegations"]["roles"]
    assert [(each["name"], each["paths"], each["terminating"]) for each in claimed] == [
        ("project-early", ["files/early/*"], True)
    ]
    recent = [each["name"] for each in newest(told, "recently-claimed")["delegations"]["roles"]]
    assert "project-late" in recent


def newest(told: Told, role: str) -> Any:  # noqa: ANN401  # whatever the metadata says
    """What the newest version of this role says, as it is published."""
    files = (told.folder / "repository/metadata").glob(f"*.{role}.json")
    path = max(files, key=lambda file: int(file.name.split(".")[0]))
    return json.loads(path.read_bytes())["signed"]


def test_clients_find_what_is_claimed_what_waits_and_what_is_neither(delegated: Told, tmp_path: Path) -> None:
    """Two ceremonies, and no other root."""
    check_story(delegated, tmp_path)
    assert not (delegated.folder / "repository/metadata/2.root.json").exists()


def test_with_tokens_of_more_people_they_do_too(tmp_path: Path) -> None:
    """Whatever the devices are, and however many have to sign."""
    check_story(walk(tmp_path, "delegation", "softhsm", 4, 3), tmp_path / "clients")


def test_the_folder_is_ready_to_look_at(delegated: Told, tmp_path: Path) -> None:
    """As the first story leaves it, with a folder for each ceremony after it; a stranger checks every release."""
    names = ("plan.toml", "bundle/manifest.json", "record/transcript.jsonl", "record/minutes.html")
    places = [delegated.folder / part for part in ("", "delegation", "claims")]
    for place in places:
        assert [name for name in names if not (place / name).is_file()] == []
        assert (
            ceremony(tmp_path, "verify", place / "bundle", "--trusted", delegated.folder / "root.json").returncode == 0
        )
    assert (delegated.folder / "claims/claims.json").is_file()
    for name in ("early", "late"):
        assert (delegated.folder / f"projects/{name}/project-{name}.json").is_file()
    assert "The client that came before finds the file of late" in delegated.said


def test_another_batch_follows_by_the_verbs_that_people_use(delegated: Told, tmp_path: Path) -> None:
    """The signer hands out late, and its plan is judged beside the last release."""
    shutil.copytree(delegated.folder / "claims", tmp_path / "claims")
    judged = ceremony(
        tmp_path, "plan", "--check", tmp_path / "claims/plan.toml", "--after", delegated.folder / "delegation/bundle"
    )
    assert judged.returncode == 0, judged.stderr
    assert "1 project enters claimed" in judged.stdout
