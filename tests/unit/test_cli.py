"""The command line as a whole: help, unknown commands, and how errors reach a person."""

import importlib

import click
import pytest
from click.testing import CliRunner

from sernet_cal import errors
from sernet_edge import cli


@pytest.mark.parametrize("name", sorted(cli.COMMANDS))
def test_every_command_has_a_file_and_help(name: str) -> None:
    module = importlib.import_module(f"sernet_edge.commands.{name}")
    assert isinstance(module.command, click.Command)
    result = CliRunner().invoke(cli.cli, [name, "--help"])
    assert result.exit_code == 0
    assert f"{name} [OPTIONS]" in result.output


def test_help_names_the_exit_codes() -> None:
    result = CliRunner().invoke(cli.cli, ["--help"])
    text = " ".join(result.output.split())
    assert "0 agreed, 1 predictions or bytes differ, 2 usage or bad input, 3 no link" in text
    assert "4 stale firmware, 5 does not fit" in text


def test_an_unknown_command_is_a_usage_error(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["sernet-edge", "biuld"])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    assert stop.value.code == 2
    shown = capsys.readouterr().err
    assert "No such command 'biuld'. Did you mean build?" in shown


def test_a_command_like_none_is_pointed_to_the_help() -> None:
    result = CliRunner().invoke(cli.cli, ["xyzzy"])
    assert result.exit_code == 2
    assert "No such command 'xyzzy'. See --help for all." in result.output


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.SernetError, 2),
        (errors.InputError, 2),
        (errors.ModelError, 2),
        (errors.ToolchainError, 2),
        (errors.LinkError, 3),
        (errors.StaleFirmwareError, 4),
        (errors.DoesNotFitError, 5),
    ],
)
def test_an_error_becomes_its_text_and_exit_code(
    error: type[errors.SernetError],
    code: int,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(**_: object) -> None:
        raise error("It broke: 3 seen, 4 expected.", "Mend it:\nsernet-edge mend")

    monkeypatch.setattr(cli.cli, "main", fail)
    with pytest.raises(SystemExit) as stop:
        cli.main()
    assert stop.value.code == code
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err == ("error: It broke: 3 seen, 4 expected.\n  Mend it:\n  sernet-edge mend\n")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (FileExistsError(17, "File exists", "runs"), "runs: File exists."),
        (
            OSError(28, "No space left on device"),
            "reading or writing failed: No space left on device.",
        ),
        (OSError("it broke."), "reading or writing failed: it broke."),
    ],
)
def test_what_the_system_refuses_is_no_traceback(
    error: OSError,
    words: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(**_: object) -> None:
        raise error

    monkeypatch.setattr(cli.cli, "main", fail)
    with pytest.raises(SystemExit) as stop:
        cli.main()
    assert stop.value.code == 2
    assert capsys.readouterr().err == f"error: {words}\n"


def test_a_missing_extra_names_the_command_that_installs_it() -> None:
    error = errors.require_extra("unicorn", "sim", "emulate a board")
    assert str(error) == (
        "The Python package unicorn is needed to emulate a board, and it is not installed.\n"
        "  Install it, in the folder of sernet-edge's sources:  pip install '.[sim]'"
    )


def test_an_interruption_is_no_traceback(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(**_: object) -> None:
        raise click.Abort

    monkeypatch.setattr(cli.cli, "main", interrupt)
    with pytest.raises(SystemExit) as stop:
        cli.main()
    assert stop.value.code == 130
    assert capsys.readouterr().err == "Interrupted.\n"
