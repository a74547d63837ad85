"""The story of an emergency: a device is stolen and the online key copied; what they sign counts for nothing soon."""

import shutil
from collections.abc import Callable

from ceremony.cli.stage import Stage
from ceremony.cli.story_steps import Step, beginning, following
from ceremony.core.before import Before
from ceremony.core.online_key import ONLINE_KEY_SIZE_LIMIT, OnlineKeyFile, decode_online_key
from ceremony.core.plan import Plan
from ceremony.core.playbook import playbook, playbook_lines
from ceremony.engine.disk import create_file, named, read_file
from ceremony.engine.own import after
from ceremony.engine.practice import practice_emergency

FOLDER = "emergency"
RECORD = "good-record"
"""The folder with the metadata as it was before the theft: the last good record of all targets."""

PLAYBOOK = "playbook.txt"


class EmergencyStory:
    """The last keyholder's device and the online key are stolen: both are replaced, and sign nothing that counts."""

    def steps(self, stage: Stage) -> tuple[Step, ...]:
        """The initial story, then the theft, the comparison, and the ceremony that answers it."""

        def planned(before: Before, last: Plan) -> Plan:
            return practice_emergency(before, last, *stage.spare(), _next_key(stage).key, stage.now)

        return (
            *beginning(stage, has_spare=True),
            ("Keep a record of all targets, away from the signer", lambda: _keep_record(stage)),
            (
                "A device is stolen, and the online key copied: the online signer makes its next key",
                lambda: _key(stage),
            ),
            ("Compare all targets with the record", lambda: _compare(stage)),
            ("Say who does what, in which order", lambda: _tell(stage, planned)),
            *following(stage, "emergency", planned, FOLDER),
        )


def _keep_record(stage: Stage) -> str:
    record = stage.folder / RECORD
    with named(record):
        shutil.copytree(stage.folder / "repository" / "metadata", record)
    return str(record)


def _key(stage: Stage) -> str:
    return stage.signer.run("rotate-key")


def _compare(stage: Stage) -> str:
    root = stage.folder / "root.json"
    return stage.signer.run("compare", str(stage.folder / RECORD), "--format", "tuf", "--root", str(root))


def _tell(stage: Stage, planned: Callable[[Before, Plan], Plan]) -> str:
    """The playbook, which stands in a file too."""
    last = stage.held[-1]
    before = after(last.bundle)
    plan = planned(before, last.bundle.plan)
    text = "\n".join(playbook_lines(playbook(plan, plan.incident, before))) if plan.incident else ""
    folder = stage.folder / FOLDER
    with named(folder):
        folder.mkdir()
    create_file(folder / PLAYBOOK, f"{text}\n".encode())
    return text


def _next_key(stage: Stage) -> OnlineKeyFile:
    file = stage.signer.home / "online-key-next.json"
    return decode_online_key(read_file(file, ONLINE_KEY_SIZE_LIMIT), str(file))
