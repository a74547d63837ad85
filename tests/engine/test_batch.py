"""Batches as files: joined, checked before there is a plan, and kept beside the plan."""

import time
from dataclasses import replace
from pathlib import Path

import pytest
from fakes.people import NOW, REPOSITORY, signer
from fakes.projects import CLAIMED, RECENT, first, key, project

from ceremony.core.plan import Claims, Delegation, write_plan
from ceremony.core.projects import Project, encode_claims
from ceremony.engine.batch import (
    Batch,
    batch_beside,
    batch_of,
    check_batch,
    check_claim,
    claiming,
    join_claims,
    keep_batch,
    prove_claim,
    read_batch,
)
from ceremony.errors import RefusedError, StorageError, TamperedError

DEMO = batch_of(REPOSITORY, (project("demo"),))


def written(path: Path, *projects: Project, repository: str = REPOSITORY) -> Path:
    """A file of claims."""
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(encode_claims(repository, projects))
    return path


def refused(batch: Batch) -> RefusedError:
    """Why this batch is refused."""
    with pytest.raises(RefusedError) as refusal:
        check_batch(batch, NOW)
    return refusal.value


def test_a_batch_is_read_for_its_repository(tmp_path: Path) -> None:
    """One of another repository is refused."""
    file = written(tmp_path / "claims.json", project("demo"))
    assert read_batch(file) == read_batch(file, REPOSITORY) == DEMO
    with pytest.raises(TamperedError, match=r"projects of packages.example.org, and not of other.example.org"):
        read_batch(file, "other.example.org")


def test_claims_are_joined_from_files_and_folders(tmp_path: Path) -> None:
    """In whatever order; other files in a folder are none."""
    one = written(tmp_path / "one.json", project("demo", "day", threshold=2))
    written(tmp_path / "folder/two.json", project("demo", "eon", threshold=2))
    written(tmp_path / "folder/three.json", project("alpha"))
    (tmp_path / "folder/note.txt").write_text("hello", encoding="utf-8")
    found = join_claims([one, tmp_path / "folder"])
    assert found == join_claims([tmp_path / "folder", one, one])
    assert [(each.name, len(each.keys)) for each in found.projects] == [("alpha", 1), ("demo", 2)]
    check_batch(found, NOW)


def test_claims_that_disagree_are_not_joined(tmp_path: Path) -> None:
    """The project is named."""
    files = [written(tmp_path / f"{number}.json", project("demo", threshold=number)) for number in (1, 2)]
    with pytest.raises(RefusedError, match="CLAIMS-AGREE"):
        join_claims(files)


@pytest.mark.parametrize("content", ["empty", "link", "nothing"])
def test_what_is_no_claim_is_not_joined(tmp_path: Path, content: str) -> None:
    """A folder without any, a link, a file of something else."""
    folder = tmp_path / "folder"
    folder.mkdir()
    if content == "link":
        (folder / "demo.json").symlink_to(written(tmp_path / "demo.json", project("demo")))
    if content == "nothing":
        (folder / "demo.json").write_bytes(b"{}")
    with pytest.raises(TamperedError):
        join_claims([folder])


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """By its path."""
    with pytest.raises(StorageError, match=r"absent\.json"):
        join_claims([tmp_path / "absent.json"])


@pytest.mark.parametrize(
    ("wrong", "rule"),
    [
        (project("demo", keys=(key("day", "other"),)), "PROJECT-PROOF"),
        (project("demo", "day", threshold=2), "PROJECT-KEYS"),
        (project("demo", paths=("demo-*",)), "PROJECT-REACHED"),
        (project("demo", paths=("files/alpha/x",)), "PROJECT-APART"),
    ],
)
def test_what_needs_no_plan_is_judged_at_once(wrong: Project, rule: str) -> None:
    """The project is named."""
    found = refused(batch_of(REPOSITORY, (project("alpha"), wrong)))
    assert found.rule == rule
    assert "demo" in found.found


def test_one_developers_claim_may_bring_fewer_keys_than_have_to_sign() -> None:
    """Others bring theirs; what is wrong with it is told all the same."""
    several = project("demo", "day", threshold=3)
    check_claim(REPOSITORY, several, NOW)
    with pytest.raises(RefusedError, match="PROJECT-PROOF"):
        check_claim(REPOSITORY, replace(several, threshold=1), NOW)
    with pytest.raises(RefusedError, match="PROJECT-PROOF"):
        check_claim("other.example.org", project("demo"), NOW)


def test_a_key_proves_itself_for_a_project() -> None:
    """And is the only key of the claim."""
    found = prove_claim(signer("day"), REPOSITORY, project("demo", threshold=2))
    assert [each.keyid for each in found.keys] == [signer("day").public_key.keyid]
    check_claim(REPOSITORY, found, NOW)


def test_a_thousand_claims_are_joined_and_checked_in_seconds(tmp_path: Path) -> None:
    """A routine ceremony takes ten minutes."""
    for number in range(1000):
        written(tmp_path / f"claims/{number}.json", project(f"p-{number}", f"dev {number % 20}"))
    before = time.perf_counter()
    found = join_claims([tmp_path / "claims"])
    check_batch(found, NOW)
    assert len(found.projects) == 1000
    assert time.perf_counter() - before < 20


# ---- beside a plan


def test_the_batch_that_a_plan_names_is_found_beside_it(tmp_path: Path) -> None:
    """Where there is one, and the plan names one."""
    plan = tmp_path / "plan.toml"
    plan.write_text(write_plan(claiming(first(CLAIMED), DEMO)), encoding="utf-8")
    assert batch_beside(plan) is None
    assert keep_batch(plan, DEMO) == batch_beside(plan) == tmp_path / "claims.json"
    plan.write_text(write_plan(first(CLAIMED)), encoding="utf-8")
    assert batch_beside(plan) is None


def test_a_batch_is_kept_once_and_nothing_is_written_over(tmp_path: Path) -> None:
    """The same batch in another layout stays as somebody wrote it."""
    plan, kept = tmp_path / "plan.toml", tmp_path / "claims.json"
    keep_batch(plan, DEMO)
    kept.write_bytes(kept.read_bytes() + b"\n")
    keep_batch(plan, DEMO)
    assert kept.read_bytes().endswith(b"\n")
    with pytest.raises(StorageError, match="EEXIST"):
        keep_batch(plan, batch_of(REPOSITORY, (project("other"),)))
    kept.write_bytes(b"mine")
    with pytest.raises(StorageError, match="EEXIST"):
        keep_batch(plan, DEMO)


def test_projects_enter_the_usual_delegation() -> None:
    """Claimed, or else the first that keyholders sign, or the one that the plan names already."""
    docs = Delegation("docs")
    assert claiming(first(docs, CLAIMED), DEMO).claims == Claims("claimed", DEMO.sha256)
    assert claiming(first(RECENT, docs), DEMO, ("b", "a", "a")).claims == Claims("docs", DEMO.sha256, ("a", "b"))
    named = replace(first(docs, CLAIMED), claims=Claims("docs", "a" * 64))
    assert claiming(named, DEMO).claims == Claims("docs", DEMO.sha256)
    assert claiming(first(CLAIMED), None, ("demo",)).claims == Claims("claimed", "", ("demo",))


def test_without_a_delegation_or_projects_nothing_is_said_of_any() -> None:
    """Until there are both."""
    assert claiming(first(RECENT), DEMO).claims is None
    assert claiming(replace(first(CLAIMED), claims=Claims("claimed", "a" * 64)), None).claims is None
