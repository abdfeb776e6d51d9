"""qemu://BOARD?image=PATH - the image in qemu-system-arm; the link is a TCP connection.

With plugin=PATH and profile=PATH it runs under that plugin (see qemu_profile).
"""

import shutil
import socket
from pathlib import Path

from sernet_cal.errors import LinkError
from sernet_edge.emulator.backend import SoftwareSerial, split_url
from sernet_edge.emulator.child import ChildProcess
from sernet_edge.emulator.image import load_image
from sernet_gen.board import board_names, load_board

PROGRAM = "qemu-system-arm"
# Their own reset vector lies in a memory that is too small for a network: they begin at ours.
_STARTED_BY_HAND = ("mps3-an547",)
_START_TIMEOUT_S = 20.0
_CHUNK = 4096


class QemuBackend:
    """QEMU, connected to a socket of ours: so no port number has to be guessed."""

    def __init__(
        self, machine: str, image: Path, entry: int | None = None, plugin: str | None = None
    ) -> None:
        """Start `machine`; at `entry`, or where its reset vector says. Raises LinkError.

        `plugin`: QEMU's option for one.
        """
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            chardev = f"socket,id=link,host=127.0.0.1,port={port},nodelay=on"
            options = ["-display", "none", "-monitor", "none", "-kernel", str(image)]
            if entry is not None:
                options += ["-device", f"loader,cpu-num=0,addr=0x{entry:x}"]
            if plugin is not None:
                options += ["-plugin", plugin]
            command = [PROGRAM, "-M", machine, *options, "-chardev", chardev]
            self._child = ChildProcess([*command, "-serial", "chardev:link"], "QEMU", False)
            server.settimeout(_START_TIMEOUT_S)
            try:
                self._socket, _ = server.accept()
            except TimeoutError as error:
                words = self._child.last_words()
                self._child.close()
                raise LinkError(
                    f"QEMU did not start within {_START_TIMEOUT_S:.0f} s.", words
                ) from error
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def write(self, data: bytes) -> None:
        """Send bytes; raises LinkError when QEMU has ended."""
        try:
            self._socket.settimeout(_START_TIMEOUT_S)
            self._socket.sendall(data)
        except OSError as error:
            raise self._child.ended() from error

    def receive(self, timeout_s: float) -> bytes:
        """Return what came within `timeout_s`; raises LinkError when QEMU has ended."""
        self._socket.settimeout(max(timeout_s, 1e-3))
        try:
            received = self._socket.recv(_CHUNK)
        except TimeoutError:
            return b""
        except OSError as error:
            raise self._child.ended() from error
        if not received:
            raise self._child.ended()
        return received

    def close(self) -> None:
        """End QEMU."""
        self._socket.close()
        self._child.close()


def start(url: str) -> QemuBackend:
    """Start QEMU for `url`; raises LinkError when it is not installed or has no such machine."""
    parts = split_url(url, frozenset({"image", "plugin", "profile"}))
    board = load_board(parts.board)
    if board.emulator != "qemu":  # a machine of QEMU is called like its board here
        known = [name for name in board_names() if load_board(name).emulator == "qemu"]
        raise LinkError(
            f"QEMU has no machine for {parts.board}; known: {', '.join(known)}.",
            f"Try:  sernet-edge verify --board {parts.board} --emulate",
        )
    if shutil.which(PROGRAM) is None:
        raise LinkError(
            f"{PROGRAM} is not on PATH, and {parts.board} is emulated by it.",
            "Install it:  sudo apt install qemu-system-arm\n"
            f"or use the emulator that comes with pip:  --port 'emu://{parts.board}?image=PATH'",
        )
    path = Path(parts.options.get("image") or f"build/{board.name}/firmware.elf")
    assert board.memory is not None
    image = load_image(path, board.memory)
    entry = image.vector(1) if parts.board in _STARTED_BY_HAND else None
    plugin = parts.options.get("plugin")
    if plugin is not None:
        plugin = f"{plugin},profile={parts.options.get('profile', '')}"
    return QemuBackend(board.name, path, entry, plugin)


class Serial(SoftwareSerial):
    """What `serial.serial_for_url("qemu://...")` makes."""

    start = staticmethod(start)
