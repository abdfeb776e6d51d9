"""`sernet-edge data`: what a folder of recordings holds, and which files cannot be used."""

import json
from collections.abc import Mapping

import click
from rich.console import Console
from rich.table import Table

from sernet_edge.audio.corpus import load_named_corpus
from sernet_edge.audio.describe import Description, Lengths, describe
from sernet_edge.audio.formats import FORMATS
from sernet_edge.audio.screen import judge, skipped, survey
from sernet_edge.commands.options import json_option, part_option, skip_bad_option
from sernet_edge.progress import progress_bars


@click.command()
@click.argument("data", metavar="DIR")
@part_option
@skip_bad_option
@json_option
def command(data: str, part: str, skip_bad: bool, as_json: bool) -> None:
    """Describe the recordings in DIR, or listed in DIR where it is a CSV file.

    Every file is read once. Exit code 2: there are files that cannot be used, listed on stderr by
    name with the reason; with --skip-bad they are only listed.
    """
    corpus = load_named_corpus(data, part)
    with progress_bars() as show:
        surveyed = survey(corpus, show)
    description = describe(surveyed)
    if as_json:
        click.echo(json.dumps(description.to_json()))
    else:
        _print(description)
    screened = judge(surveyed.corpus, skip_bad)
    if screened.bad:
        click.echo(skipped(screened), err=True)


def _print(description: Description) -> None:
    corpus = description.corpus
    title = next(form.title for form in FORMATS if form.name == corpus.format)
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column()
    for row in (
        ("format", f"{corpus.format}: {title}"),
        ("recordings", str(len(corpus.recordings))),
        ("classes", _numbered(description.classes) or "none: the recordings have no labels"),
        ("speakers", _numbered(description.speakers) or "none named"),
        ("sessions", _numbered(description.sessions)),
        ("parts", _numbered(description.parts)),
        ("rates", _counts({f"{rate} Hz": n for rate, n in description.rates_hz.items()})),
        ("channels", _counts({_channels(n): count for n, count in description.channels.items()})),
        ("length", _length(description.lengths)),
        ("left out", _counts({item.what: item.count for item in corpus.left_out})),
        ("bad files", str(len(corpus.bad))),
    ):
        if row[1]:
            table.add_row(*row)
    console = Console(markup=False, emoji=False, highlight=False)
    console.print(corpus.name)
    console.print(table)


def _counts(counts: Mapping[str, int]) -> str:
    """Return `a (5), b (2), c (9)`."""
    return ", ".join(f"{name} ({count})" for name, count in counts.items())


def _numbered(counts: Mapping[str, int]) -> str:
    """Return `3: a (5), b (2), c (9)`, nothing for no counts."""
    return f"{len(counts)}: {_counts(counts)}" if counts else ""


def _channels(number: int) -> str:
    return {1: "mono", 2: "stereo"}.get(number, str(number))


def _length(lengths: Lengths) -> str:
    return (
        f"{lengths.total / 60:.1f} min in all; shortest {lengths.min:.2f} s, "
        f"median {lengths.median:.2f} s, longest {lengths.max:.2f} s"
    )
