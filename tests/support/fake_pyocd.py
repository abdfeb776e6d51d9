"""A pyocd in software: what its command line answered (0.46), with a flash kept in a file.

`install` writes it as a program; `state.json` beside it says what is connected and what fails.
"""

import json
import sys
from pathlib import Path
from typing import Any

PROGRAM = """#!{python}
import sys
sys.path.insert(0, {support!r})
import fake_pyocd
sys.exit(fake_pyocd.main({folder!r}, sys.argv[1:]))
"""
STATE: dict[str, Any] = {
    "targets": ["nrf52", "nrf52833", "nrf52840", "stm32f767zi"],
    "probes": [{"unique_id": "0669FF", "info": "STM32 STLink", "target": "cortex_m"}],
    "fails": {},  # command -> what it says
    "wrong_byte": None,
}


def install(folder: Path, **changes: Any) -> Path:
    """Write the program into `folder` with a state; returns the program."""
    program = folder / "pyocd"
    support = str(Path(__file__).parent)
    text = PROGRAM.format(python=sys.executable, support=support, folder=str(folder))
    program.write_text(text)
    program.chmod(0o755)
    (folder / "state.json").write_text(json.dumps(STATE | changes))
    return program


def calls(folder: Path) -> list[list[str]]:
    """Return the arguments of every call so far."""
    path = folder / "calls.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def main(folder: str, words: list[str]) -> int:
    """Do as pyocd does; returns its exit status."""
    state = json.loads((Path(folder) / "state.json").read_text())
    with (Path(folder) / "calls.jsonl").open("a") as file:
        file.write(json.dumps(words) + "\n")
    if words[0] in state["fails"]:
        print(state["fails"][words[0]], file=sys.stderr)
        return 1
    if words[:2] == ["json", "--targets"]:
        print(json.dumps({"targets": [{"name": name} for name in state["targets"]]}))
    elif words[:2] == ["json", "--probes"]:
        print(json.dumps({"boards": state["probes"]}))
    elif words[0] == "load":
        (Path(folder) / "flash.bin").write_bytes(Path(words[-1]).read_bytes())
    elif words[0] == "commander":
        _, _, size, name = words[-1].split()
        content = bytearray((Path(folder) / "flash.bin").read_bytes()[: int(size)])
        if state["wrong_byte"] is not None:
            content[state["wrong_byte"]] ^= 1
        Path(name).write_bytes(content)
    return 0
