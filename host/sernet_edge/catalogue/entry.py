"""One board of the catalogue, with what is known of it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, assert_never

from sernet_edge.catalogue.predictions import Fit, Fits, read_fits
from sernet_edge.model.bundled import BUNDLED_NAMES
from sernet_gen.board import Board, board_names, load_board

Proof = Literal["silicon", "emulated", "process", "compiled"]


@dataclass(frozen=True)
class Entry:
    """`fits`: what was predicted; a process of this machine has room for everything."""

    board: Board
    fits: Fits

    @property
    def emulator(self) -> str | None:
        """The scheme of the URL that runs its firmware without hardware; None where none does."""
        return None if self.board.emulator == "none" else self.board.emulator

    @property
    def proof(self) -> Proof:
        """The most that its firmware was tried on; everything less was, too."""
        if self.board.silicon is not None:
            return "silicon"
        match self.board.emulator:
            case "emu" | "qemu":
                return "emulated"
            case "proc":
                return "process"
            case "none":
                return "compiled"
            case _:
                assert_never(self.board.emulator)

    @property
    def planned_models(self) -> tuple[str, ...]:
        """The bundled models that are planned for it: none for a process of this machine."""
        return () if self.board.is_host else BUNDLED_NAMES

    @property
    def is_whole(self) -> bool:
        """Whether each of them has its prediction."""
        return all(model in self.fits for model in self.planned_models)

    def _model(self, name: str) -> dict[str, Any] | None:
        return _fit_json(self.fits[name]) if name in self.fits else None

    def to_json(self) -> dict[str, Any]:
        """Return the board as `boards --json` prints it."""
        board, memory = self.board, self.board.memory
        return {
            "name": board.name,
            "title": board.title,
            "url": board.url,
            "part": board.part,
            "core": board.core,
            "clock_hz": board.clock_hz,
            "flash_bytes": None if memory is None else memory.flash.length,
            "ram_bytes": None if memory is None else memory.ram.length,
            "flash_tool": board.flash_tool,
            "emulator": self.emulator,
            "proven": self.proof,
            "silicon": board.silicon,
            "models": {model: self._model(model) for model in self.planned_models},
        }


def _fit_json(fit: Fit | None) -> dict[str, Any]:
    if fit is None:
        return {"fits": False}
    return {
        "fits": True,
        "ram_bytes": fit.ram_bytes,
        "flash_bytes": fit.flash_bytes,
        "duty_cycle": fit.duty_cycle,
        "instruction_share": fit.share if fit.duty_cycle is None else None,
        "latency_ms": fit.latency_ms,
        "dropped": list(fit.dropped),
    }


def catalogue(table: Path) -> list[Entry]:
    """Return every board, by name, with the predictions in the file `table`."""
    boards = [load_board(name) for name in board_names()]
    return [Entry(board, {} if board.is_host else read_fits(board, table)) for board in boards]
