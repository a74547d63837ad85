"""A repository with a thousand claimed projects: the real client finds a claimed, a new and an unclaimed target."""

from datetime import datetime

import pytest
from fakes.claims import CLAIMED, RECENT, Changing, changed, metadata, project
from fakes.online_signer import OnlineSigner

from ceremony.errors import RehearsalError
from ceremony.online.project_status import gather_projects, upload_again

CLAIMED_PROJECTS = 1_000
RECENT_PROJECTS = 10


def test_a_thousand_claimed_projects_and_every_kind_of_target(living: OnlineSigner, moment: datetime) -> None:
    """From root 1, by a client that stays too; each project has a key of its own and has uploaded, three a file."""
    names = [f"demo-{number:04}" for number in range(CLAIMED_PROJECTS + RECENT_PROJECTS)]
    first, claimed, recent = shown = (names[0], names[CLAIMED_PROJECTS // 2], names[-1])
    second = changed(living.bundle, Changing(roles=("targets", "claimed"), delegations=(CLAIMED, RECENT), now=moment))
    living.deliver(second, moment)
    living.register(*(project(name) for name in names), now=moment)
    for name in names:
        contents = [name.encode()] if name in shown else []
        files = {f"files/{name}/one": content for content in contents}
        living.upload(name, metadata(name, 1, files, now=moment), *contents, now=moment)
    living.ask("files/plain/one", b"plain", moment)
    living.publisher.publish(moment)
    before = {f"files/{first}/one": first.encode(), "files/plain/one": b"plain"}
    assert living.stay(*before) == before

    entering = tuple(project(name) for name in names[:CLAIMED_PROJECTS])
    living.deliver(changed(second, Changing(roles=("claimed",), entering=entering, now=moment)), moment)

    wanted = {
        f"files/{claimed}/one": claimed.encode(),
        f"files/{recent}/one": recent.encode(),
        "files/plain/one": b"plain",
    }
    assert living.follow(*wanted) == living.stay(*wanted) == wanted
    found = gather_projects(living.store, moment)
    assert (len(found), sum(each.is_claimed for each in found)) == (
        CLAIMED_PROJECTS + RECENT_PROJECTS,
        CLAIMED_PROJECTS,
    )
    assert upload_again(found) == ()
    with pytest.raises(RehearsalError):
        living.follow(f"files/{claimed}/two")
