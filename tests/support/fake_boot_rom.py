"""The drive of a board in its boot ROM, in software: takes a UF2 file and goes away.

Written from the description of the format, apart from the host's side.
"""

import struct
from pathlib import Path

INFO = "UF2 Bootloader v3.0\r\nModel: made up\r\nBoard-ID: {}\r\n"


class FakeBootRom:
    """A board of `family` whose drive is `folder`; `memory`: pages by their address."""

    def __init__(self, folder: Path, board_id: str, family: int) -> None:
        self.folder, self.family = folder, family
        self.memory: dict[int, bytes] = {}
        folder.mkdir(exist_ok=True)
        (folder / "INDEX.HTM").write_text("<html>")
        (folder / "INFO_UF2.TXT").write_text(INFO.format(board_id))

    def look(self) -> None:
        """See what was copied; restart, which takes the drive away, when all blocks are there."""
        try:
            content = (self.folder / "firmware.uf2").read_bytes()
        except FileNotFoundError:
            return
        total = 0
        for start in range(0, len(content) - 511, 512):
            block = content[start : start + 512]
            first, second, _, address, size, _, total, family = struct.unpack_from("<8I", block)
            end = struct.unpack_from("<I", block, 508)[0]
            if (first, second, end, family) == (0x0A324655, 0x9E5D5157, 0x0AB16F30, self.family):
                self.memory[address] = block[32 : 32 + size]
        if total and len(self.memory) == total:
            self.go_away()

    def go_away(self) -> None:
        """Be no drive any more."""
        for path in self.folder.iterdir():
            path.unlink()

    def content(self) -> bytes:
        """Return what the memory holds, from its first page on."""
        return b"".join(page for _, page in sorted(self.memory.items()))
