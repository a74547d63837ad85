"""The story of projects that sign for themselves: two delegations before bins, and a batch that enters one of them."""

from ceremony.cli.practice_project import PracticeProject
from ceremony.cli.stage import Stage
from ceremony.cli.story_steps import Step, beginning, following
from ceremony.core.before import Before
from ceremony.core.plan import Plan
from ceremony.engine.batch import CLAIMS_NAME, read_batch
from ceremony.engine.disk import named
from ceremony.engine.practice import REPOSITORY, practice_claims, practice_delegation

PROJECTS = "projects"
"""The folder that holds one for each project, with what its developer has."""

CLAIMS = "claims"
"""The folder of the ceremony in which a batch of projects enters claimed."""


class DelegationStory:
    """Projects sign for themselves: clients ask two roles before bins, and a project enters each of them."""

    def steps(self, stage: Stage) -> tuple[Step, ...]:
        """The initial story, then the ceremony that adds both delegations, then the one that takes in a batch."""
        early, late = (PracticeProject(name, stage.folder / PROJECTS / name) for name in ("early", "late"))
        batch = stage.folder / CLAIMS / CLAIMS_NAME

        def claimed(before: Before, last: Plan) -> Plan:
            return practice_claims(before, last, read_batch(batch, REPOSITORY).projects)

        return (
            *beginning(stage),
            *following(stage, "delegation", practice_delegation),
            *_recently_claimed(stage, early),
            ("The online signer hands out a batch for the next ceremony", lambda: _export(stage)),
            *following(stage, "delegation", claimed, CLAIMS),
            *_recently_claimed(stage, late),
            ("The client that came before downloads a claimed, a recently claimed and other files", stage.come_back),
            ("Real clients do, each from one root alone", stage.download),
        )


def _recently_claimed(stage: Stage, project: PracticeProject) -> tuple[Step, ...]:
    """The steps from a developer's key to files that clients find."""
    name = project.name
    return (
        (f"The developer of {name} makes a key, and claims a folder", lambda: project.claim(stage.now)),
        (f"The online signer registers {name} in recently-claimed", lambda: _register(stage, project)),
        (f"The developer of {name} signs a file", lambda: project.sign(stage.now)),
        (f"The online signer publishes what {name} has signed", lambda: _upload(stage, project)),
        (f"The client that came before finds the file of {name}", stage.come_back),
    )


def _register(stage: Stage, project: PracticeProject) -> str:
    return stage.signer.run("project", "register", str(project.claim_file))


def _upload(stage: Stage, project: PracticeProject) -> str:
    files = (str(place) for place in project.places)
    said = stage.signer.run("project", "upload", project.name, str(project.metadata_file), *files)
    stage.published = {**stage.published, **project.files}
    return said


def _export(stage: Stage) -> str:
    folder = stage.folder / CLAIMS
    with named(folder):
        folder.mkdir()
    return stage.signer.run("project", "export", str(folder / CLAIMS_NAME))
