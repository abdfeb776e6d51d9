"""`sernet-edge verify` with several boards at once: rows, exit codes, JUnit XML, every refusal."""

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import pytest
import soundfile
from tiny_bundle import make_bundle, make_firmware, random_clip

from sernet_cal.bundle import Bundle
from sernet_cal.errors import SernetError
from sernet_edge.cli import cli

Run = Callable[..., tuple[int, str, str, str]]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return make_bundle(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def desk(bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two recordings and a build for posix."""
    folder = tmp_path_factory.mktemp("desk")
    (folder / "clips").mkdir()
    for samples in (1500, 4800):
        path = folder / "clips" / f"noise-{samples}.wav"
        soundfile.write(path, random_clip(samples, samples), 16_000, subtype="PCM_16")
    make_firmware(bundle, "posix", folder / "build" / "posix")
    other = make_bundle(folder / "other-model", seed=8)
    make_firmware(other, "posix", folder / "other")
    silent = folder / "silent"
    silent.write_text("#!/bin/sh\nexec sleep 60\n")
    silent.chmod(0o755)
    return folder


@pytest.fixture
def run(
    bundle: Bundle, desk: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Return what runs `verify` at the desk: (exit code, stdout, stderr, error message)."""
    monkeypatch.chdir(desk)

    def verify(*arguments: str) -> tuple[int, str, str, str]:
        capsys.readouterr()
        code, message = 0, ""
        fixed = ["--model", str(bundle.path), "--data", "clips"]
        try:
            cli.main(["verify", *fixed, *arguments], standalone_mode=False)
        except SystemExit as ended:
            code = int(ended.code or 0)
        except SernetError as error:
            code, message = int(error.exit_code), str(error)
        shown = capsys.readouterr()
        return code, shown.out, shown.err, message

    return verify


RIGHT, COPY, OTHER = (
    "proc://build/posix/firmware",
    "proc://./build/posix/firmware",
    "proc://other/firmware",
)


def ports(*urls: str) -> list[str]:
    return [word for url in urls for word in ("--port", url)]


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return what sets the serial ports that this machine has."""

    def plug(*urls: str) -> None:
        found = [SimpleNamespace(device=url, description="made up") for url in urls]
        monkeypatch.setattr("serial.tools.list_ports.comports", lambda: found)

    return plug


def test_two_boards_at_once(run: Run, tmp_path: Path) -> None:
    junit = tmp_path / "bench.xml"
    code, out, _, error = run(
        "--board", "posix", *ports(RIGHT, COPY), "--json", "--junit", str(junit)
    )
    assert (code, error) == (0, "")
    result = json.loads(out)
    assert (result["exit_code"], len(result["boards"])) == (0, 2)
    for row, url in zip(result["boards"], (RIGHT, COPY), strict=True):
        assert (row["board"], row["port"], row["error"], row["exit_code"]) == (
            "posix",
            url,
            None,
            0,
        )
        assert (row["clips"], row["byte_exact_clips"], row["differences"]) == (2, 2, [])
    root = ElementTree.fromstring(junit.read_text())
    assert [suite.get("name") for suite in root] == [f"posix at {RIGHT}", f"posix at {COPY}"]
    assert [suite.get("tests") for suite in root] == ["2", "2"]
    names = [case.get("name") for case in root[0].findall("testcase")]
    assert names == ["noise-1500", "noise-4800"]
    assert all(float(case.get("time", "")) > 0 for case in root[0].findall("testcase"))


def test_one_row_a_board_for_people(run: Run) -> None:
    code, out, _, _ = run("--board", "posix", *ports(RIGHT, OTHER))
    assert code == 4
    assert "agrees" in out
    assert "stale firmware" in out
    assert f"posix at {OTHER}: posix runs build" in out


def test_a_lost_board_stops_no_other(run: Run, tmp_path: Path) -> None:
    junit = tmp_path / "bench.xml"
    code, out, _, _ = run(
        "--board", "posix", *ports("/dev/none", RIGHT), "--json", "--junit", str(junit)
    )
    lost, right = json.loads(out)["boards"]
    assert (code, lost["exit_code"], right["exit_code"]) == (3, 3, 0)
    assert lost["error"].startswith("There is no port /dev/none.")
    assert right["byte_exact_clips"] == 2
    suite = ElementTree.fromstring(junit.read_text())[0]
    assert (suite.get("tests"), suite.get("errors"), suite.get("failures")) == ("1", "1", "0")
    (case,) = suite.findall("testcase")
    assert case.get("name") == "connect"
    assert (case.find("error") or case[0]).get("message") == "There is no port /dev/none."


def test_a_difference_counts_more_than_a_lost_board(run: Run, tmp_path: Path) -> None:
    junit = tmp_path / "bench.xml"
    code, out, _, _ = run(
        *("--board", "posix", *ports("/dev/none", OTHER), "--any-build", "--junit", str(junit))
    )
    assert code == 1
    assert "DIFFERS" in out
    suite = ElementTree.fromstring(junit.read_text())[1]
    assert (suite.get("tests"), suite.get("failures")) == ("2", "2")
    message = suite.findall("testcase/failure")[0].get("message", "")
    assert message.startswith("noise-1500: ")


def test_one_board_writes_junit_too(run: Run, tmp_path: Path) -> None:
    junit = tmp_path / "one.xml"
    code, out, _, _ = run(
        *("--board", "posix", "--port", RIGHT, "--junit", str(junit)),
        *("--min-float-agreement", "1"),
    )
    assert code in (0, 1)
    assert "byte for byte equal" in out
    (suite,) = ElementTree.fromstring(junit.read_text())
    assert [case.get("name") for case in suite.findall("testcase")][-1] == "float agreement"
    assert suite.get("failures") == str(code)
    code, _, _, error = run("--board", "posix", "--port", RIGHT, "--junit", str(tmp_path / "a/b"))
    assert code == 2
    assert f"{tmp_path / 'a/b'} cannot be written: No such file or directory." in error


def test_all_ports_say_themselves_which_board_they_are(
    run: Run, desk: Path, seen: Callable[..., None]
) -> None:
    seen(RIGHT, f"proc://{desk}/silent")
    code, out, err, _ = run("--port", "all", "--json")
    assert code == 0
    (row,) = json.loads(out)["boards"]
    assert (row["board"], row["port"], row["byte_exact_clips"]) == ("posix", RIGHT, 2)
    assert f"note: proc://{desk}/silent is passed over: " in err


def test_a_named_board_must_be_on_the_bench(run: Run, seen: Callable[..., None]) -> None:
    seen(RIGHT)
    code, out, _, _ = run("--board", "posix", "--board", "nano33", "--port", "all", "--json")
    assert code == 3
    right, missing = json.loads(out)["boards"]
    assert (right["board"], right["exit_code"]) == ("posix", 0)
    assert (missing["board"], missing["port"]) == ("nano33", "-")
    assert missing["error"].startswith("No port answers as nano33: 1 asked.")
    assert "sernet-edge flash --board nano33" in missing["error"]
    seen()
    code, _, _, error = run("--port", "all")
    assert code == 3
    assert error.startswith("--port all finds no board.")


def test_a_board_that_nobody_named(run: Run) -> None:
    code, out, _, _ = run(
        "--board", "nano33", "--board", "pico", *ports(RIGHT, "/dev/none"), "--json"
    )
    first, second = json.loads(out)["boards"]
    assert (code, first["board"]) == (2, None)
    assert first["error"] == (
        f"The board at {RIGHT} says it is posix, which is none of nano33, pico.\n"
        "  Name it as well:  --board posix"
    )
    assert second["error"].startswith("There is no port /dev/none.")


@pytest.mark.skipif(importlib.util.find_spec("unicorn") is None, reason="needs unicorn")
def test_several_emulated_boards(run: Run, bundle: Bundle, desk: Path) -> None:
    make_firmware(bundle, "nano33", desk / "build" / "nano33")
    names = ("posix", "nano33", "pico")
    boards = [word for name in names for word in ("--board", name)]
    code, out, _, _ = run(*boards, "--emulate", "--json")
    rows: list[Any] = json.loads(out)["boards"]
    assert [(row["board"], row["exit_code"]) for row in rows] == [
        ("posix", 0),
        ("nano33", 0),
        ("pico", 2),
    ]
    assert code == 2
    assert "There is no firmware in build/pico: it has no manifest.json." in rows[2]["error"]
    assert rows[1]["byte_exact_clips"] == 2


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--board", "posix", *ports("all", "x")], "--port all means every port: it stands alone."),
        (["--board", "posix", *ports("x", "x")], "The same --port is named twice."),
        (
            ["--board", "posix", *ports("x", "y"), "--count"],
            "--count is for one board, and here several are meant.",
        ),
        (
            ["--board", "posix", *ports("x", "y"), "--build", "b"],
            "--build is for one board, and here several are meant.",
        ),
    ],
)
def test_refusals(arguments: list[str], text: str, run: Run) -> None:
    code, _, _, error = run(*arguments)
    assert code == 2
    assert error.startswith(text)


def test_without_a_board_and_without_a_build(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, _, _, error = run("--port", "all")
    assert code == 2
    assert error.startswith("Which boards are meant? --board names none, and build holds no build.")
    assert "sernet-edge build --board nano33" in error
