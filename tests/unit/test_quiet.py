"""Chatter is kept off the terminal, and can be read while it is."""

import os
import sys
import warnings

import pytest

from sernet_cal.quiet import quiet


def test_nothing_reaches_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    with quiet() as log:
        os.write(2, b"from C\n")
        print("from Python")
        warnings.warn("not now", stacklevel=1)
        assert log.read_text() == "from C\n"
    print("after", file=sys.stderr)
    assert capfd.readouterr() == ("", "after\n")


def test_errors_pass_and_stderr_comes_back(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="passes"), quiet():
        raise ValueError("passes")
    os.write(2, b"heard\n")
    assert capfd.readouterr().err == "heard\n"
