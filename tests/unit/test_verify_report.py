"""The table of `verify`: names are shown as they are, whatever signs they have."""

import pytest

from sernet_edge.link.answers import DeviceInfo
from sernet_edge.verify.report import Verification, print_report
from sernet_edge.verify.verifier import ClipReport

INFO = DeviceInfo(1, 1, 1, 1032, "ab" * 32, 0, 0, 16_000, 59, 1, 9, "posix", ("[/]", ":smile:"))


def test_names_that_look_like_markup_are_shown_as_they_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    report = ClipReport("a[red]b", 16_000, None, None, 0, 1, 0.0, None)
    result = Verification(INFO, "m[/b]", (report,), {}, False, 0.0, "no clock", (3, 5))
    print_report(result, INFO.classes)
    shown = capsys.readouterr().out
    for name in ("a[red]b", "m[/b]", "[/]", ":smile:"):
        assert name in shown
    assert "reference: 1 of 1 clips in 3 of 5 tensors (the others are inside fused" in shown
