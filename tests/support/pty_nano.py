"""A FakeNano behind pseudo terminals: a thread that is its USB, in real time.

Pseudo terminals have no DTR: 1200 baud alone is taken for the call of the bootloader.
"""

import os
import pty
import select
import termios
import threading
import time
import tty
from pathlib import Path
from types import SimpleNamespace, TracebackType

from fake_nano import VID, FakeNano

_STEP_S = 0.002


class PtyNano:
    """The board on this machine while the block runs; its ports are links in `folder`.

    `unplug_after`: how many packets it lives.
    """

    def __init__(self, nano: FakeNano, folder: Path, unplug_after: int | None = None) -> None:
        nano.is_strict = False  # what is written in two goes may be read in one
        nano.restart_s, nano.erase_s, nano.program_s = 0.05, 0.02, 0.0
        nano.boot(time.monotonic())
        self.nano, self._folder, self._packets_left = nano, folder, unplug_after
        self._mode = ""
        self._ours = self._theirs = -1
        self._answers: list[tuple[float, bytes]] = []
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._live, daemon=True)

    def __enter__(self) -> "PtyNano":
        self._thread.start()
        while not self.comports():
            time.sleep(_STEP_S)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._is_over.set()
        self._thread.join()
        self._close()

    def comports(self) -> list[SimpleNamespace]:
        """Return what pyserial's list of ports would."""
        links = sorted(self._folder.glob("ttyACM*"))
        pid = self.nano.pid
        return [
            SimpleNamespace(
                device=str(link), description="Nano 33 BLE", vid=VID, pid=pid, location="1-2:1.0"
            )
            for link in links
        ]

    def _live(self) -> None:
        while not self._is_over.is_set():
            now_s = time.monotonic()
            if self._mode != self.nano.mode:
                self._close()
            if not self._mode and self.nano.is_there(now_s):
                self._open()
            if self._mode:
                self._serve(now_s)
            else:
                time.sleep(_STEP_S)

    def _serve(self, now_s: float) -> None:
        if termios.tcgetattr(self._theirs)[5] == termios.B1200:
            self.nano.set_dtr(False, 1200, now_s)
            return
        if select.select([self._ours], [], [], _STEP_S)[0]:
            self._answers += self.nano.receive(os.read(self._ours, 65536), now_s)
            if self._packets_left is not None:
                self._packets_left -= 1
                if self._packets_left == 0:
                    self.nano.unplug()
        while self._answers and self._answers[0][0] <= time.monotonic():
            os.write(self._ours, self._answers.pop(0)[1])

    def _open(self) -> None:
        self._ours, self._theirs = pty.openpty()
        tty.setraw(self._theirs)
        link = self._folder / self.nano.device
        link.symlink_to(os.ttyname(self._theirs))
        self._mode = self.nano.mode

    def _close(self) -> None:
        if not self._mode:
            return
        for link in self._folder.glob("ttyACM*"):
            link.unlink()
        os.close(self._theirs)
        os.close(self._ours)
        self._mode, self._answers = "", []
