"""A ceremony that follows another: which release it follows, and what kind it is."""

from collections.abc import Iterable

from textual.widget import Widget

from ceremony.core.kept_plan import KINDS_AFTER, kept_plan
from ceremony.tui.screens.release_page import Release, ReleasePage
from ceremony.tui.widgets.choice import Choice
from ceremony.tui.widgets.doors import Door, Doors
from ceremony.tui.wishes import Follow

_KINDS = {
    "rotation": ("Rotation", "Who signs changes: keyholders, devices, or how many have to sign."),
    "refresh": ("Refresh", "Dates change and nothing else, and the review proves it."),
    "delegation": ("Change delegations or bins", "What clients ask before bins, projects there, the number of bins."),
}


class FollowPage(ReleasePage):
    """A release, and then the kind of ceremony that follows it."""

    title_shown = "Follow another ceremony"
    lead = "Type the folder of the last release, or choose one found here."
    explanation = (
        "After the first ceremony every other one follows the last: it starts from the release that the last one "
        "made, keeps all that is in it, and changes what its plan says. Take your own copy of the release, one that "
        "was kept since that day: what this machine trusts comes from there, not from the bundle that people bring."
        "\n\nA published metadata folder says which keys sign, but not who holds them on which device; that is in the "
        "release alone. A repository that others have made is gone on with from Look through a repository."
    )

    def following(self, release: Release) -> Iterable[Widget]:
        """A door for each kind.

        Raises: TamperedError if a keyholder of the release has no key on record.
        """
        now = self.desk.clock()
        plans = {kind: kept_plan(release.before, release.plan, kind, now) for kind in KINDS_AFTER}
        doors = (Door(kind, *_KINDS[kind], Follow(plan, release.path)) for kind, plan in plans.items())
        return (Doors(*doors),)

    async def begin(self) -> None:
        """It rests on the first kind, and all of them are seen."""
        choices = self.query_one("#following").query(Choice)
        choices.last().scroll_visible(animate=False)
        choices.first().focus()

    def take(self, value: object) -> None:
        """The plan of one kind."""
        if isinstance(value, Follow):
            self.post_message(value)
