"""What the rules for paths refuse beside the plain case of each."""

import pytest

from ceremony.core.request_rules import PATH_RULES
from ceremony.errors import RefusedError


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        ("", "PATH-PRESENT"),
        ("a\x00", "PATH-PLAIN"),
        ("a\x7f", "PATH-PLAIN"),
        ('a"', "PATH-PLAIN"),
        ("a\\b", "PATH-PLAIN"),
        ("a\ud800", "PATH-PLAIN"),
        ("e\u0301", "PATH-NORMAL"),
        ("/a", "PATH-RELATIVE"),
        ("a/", "PATH-RELATIVE"),
        ("a//b", "PATH-RELATIVE"),
        ("a/./b", "PATH-RELATIVE"),
        ("../a", "PATH-RELATIVE"),
        ("a%41", "PATH-URL"),
        ("a#b", "PATH-URL"),
        ("x" * 256 + "/a", "PATH-LENGTH"),
        ("/".join(["x" * 200] * 6), "PATH-LENGTH"),
        ("x" * 191, "PATH-LENGTH"),
        ("日" * 64, "PATH-LENGTH"),
    ],
)
def test_a_path_is_refused_by_the_rule_it_breaks(path: str, rule: str) -> None:
    """One name for one reason."""
    with pytest.raises(RefusedError) as refusal:
        PATH_RULES.check(path)

    assert refusal.value.rule == rule


@pytest.mark.parametrize("path", ["a", "a/b.c-d_e+f~g", "日本語/ñ.txt", "x" * 190, "/".join(["x" * 100] * 10)])
def test_an_ordinary_path_keeps_every_rule(path: str) -> None:
    """In any language."""
    PATH_RULES.check(path)
