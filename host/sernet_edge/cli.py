"""The command line: finds the subcommand's file, prints errors for people, sets the exit code."""

import difflib
import importlib
import sys

import click

from sernet_cal.errors import ExitCode, SernetError

# Name of the subcommand -> one line of help. Each lives in commands/<name>.py as `command`.
COMMANDS = {
    "bench": "Count instructions and estimate cycles, layer by layer.",
    "boards": "List the boards, or check the file of a new one.",
    "build": "Generate and compile the firmware of a board.",
    "check": "Compare C, numpy and TFLite, byte for byte, on this machine.",
    "data": "Describe a folder of recordings, and name the files that cannot be used.",
    "demo": "Build for nano33, run it in the emulator and verify it.",
    "evaluate": "Measure a model on a labelled corpus, float and int8.",
    "features": "Compare the integer front-end with float and CMSIS-DSP MFCCs.",
    "flash": "Write a build to a board, and prove that it runs.",
    "listen": "Show a live board's answers to its microphone, or to a file, as they come.",
    "model": "Print what a model is, how well it does, and where its limits are.",
    "plan": "Choose how each layer runs on a board, and predict time and memory.",
    "quantize": "Turn a trained float model into a full-int8 bundle.",
    "recipe": "List every setting of a training recipe and what it means.",
    "train": "Train Light-SERNet: a model bundle, or the figures of a protocol.",
    "verify": "Check a board's answers against the integer and float references.",
}


class _LazyGroup(click.Group):
    """Imports a subcommand only when it is asked for, so that the others start at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            near = difflib.get_close_matches(cmd_name, COMMANDS, n=3)
            cure = f"Did you mean {' or '.join(near)}?" if near else "See --help for all."
            raise click.UsageError(f"No such command '{cmd_name}'. {cure}", ctx)
        module = importlib.import_module(f"sernet_edge.commands.{cmd_name}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(sorted(COMMANDS.items()))


@click.command(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="sernet-edge")
def cli() -> None:
    """Speech emotion on a microcontroller that provably answers as it did on the desk.

    Exit codes: 0 agreed, 1 predictions or bytes differ, 2 usage or bad input, 3 no link,
    4 stale firmware, 5 does not fit the board.
    """


def main() -> None:
    """Run the command line; every error of ours or the system becomes a message and exit code."""
    try:
        cli.main(standalone_mode=False)
    except SernetError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(int(error.exit_code))
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except OSError as error:
        click.echo(f"error: {_system_words(error)}", err=True)
        sys.exit(int(ExitCode.USAGE))
    except click.Abort:
        click.echo("Interrupted.", err=True)
        sys.exit(130)


def _system_words(error: OSError) -> str:
    """Return what the operating system refused, and for which file as far as it is known."""
    reason = (error.strerror or str(error)).rstrip(".")
    where = f"{error.filename}: " if error.filename is not None else "reading or writing failed: "
    return f"{where}{reason}."
