"""What the writer refused, as the database keeps it for whoever waits."""

from collections.abc import Mapping

from ceremony.core import strict_json
from ceremony.errors import RefusedError


def refusal_text(error: RefusedError) -> str:
    """The refusal as a text that `raise_refusal` reads."""
    return strict_json.encode_file({"found": error.found, "rule": error.rule, "wanted": error.wanted}).decode()


def raise_refusal(text: str | None) -> None:
    """Nothing, if there is no refusal.

    Raises: RefusedError, the one that was written down.
    """
    if text is not None:
        fields = strict_json.decode(text.encode(), "refusal")
        texts = {name: str(value) for name, value in fields.items()} if isinstance(fields, Mapping) else {}
        raise RefusedError(**texts)
