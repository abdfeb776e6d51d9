"""An image through the Nano's bootloader into its flash: identify, erase, write, read back."""

from dataclasses import dataclass

from sernet_edge.flash.desk import Desk, PortInfo
from sernet_edge.flash.faults import (
    ANY_PORT,
    ReadBackError,
    broken_off,
    half_written,
    written,
)
from sernet_edge.flash.image import Image
from sernet_edge.flash.samba import ERASED, PAGE_BYTES, Loader, Samba, crc16
from sernet_edge.flash.touch import check_chip, enter_bootloader
from sernet_edge.progress import Show
from sernet_gen.board import Board


@dataclass(frozen=True)
class Written:
    """What was written to a board that now restarts: its bootloader's port, when the restart was
    asked for, and which ports were there then."""

    loader: Loader
    port: PortInfo
    before: tuple[PortInfo, ...]


def write_by_bootloader(
    desk: Desk, board: Board, image: Image, port: PortInfo, show: Show
) -> Written:
    """Write `image` to the board at `port` and restart it.

    Nothing is erased before the chip has said that it is the board's. Raises LinkError before
    that; then BrokenOffError, whose hint says what the board holds, and ReadBackError.
    """
    samba, loader_port, loader = enter_bootloader(desk, board, port, show)
    try:
        check_chip(loader, board)
        with broken_off(half_written(board)):
            _erase(samba, show)
            _write(samba, image.content, show)
            _read_back(samba, image.content, board, show)
        before = desk.ports()
        with broken_off(written(board, ANY_PORT)):
            samba.reset()
    finally:
        samba.close()
    return Written(loader, loader_port, before)


def _erase(samba: Samba, show: Show) -> None:
    show("erase", 0, 1)
    samba.erase()
    show("erase", 1, 1)


def _write(samba: Samba, content: bytes, show: Show) -> None:
    for start, page in _pages(content):
        show("bytes written", start, len(content))
        samba.write_page(start, page)
    show("bytes written", len(content), len(content))


def _read_back(samba: Samba, content: bytes, board: Board, show: Show) -> None:
    """Have the board compute the CRC of each page: its buffer holds no more."""
    for start, page in _pages(content):
        show("bytes read back", start, len(content))
        whole = page.ljust(PAGE_BYTES, ERASED)
        expected, seen = crc16(whole), samba.crc(start, len(whole))
        if seen != expected:
            raise ReadBackError(
                f"The flash does not hold the image: from byte {start:,} on, {len(whole):,} bytes "
                f"have the CRC {seen:04x} instead of {expected:04x}.",
                half_written(board),
            )
    show("bytes read back", len(content), len(content))


def _pages(content: bytes) -> list[tuple[int, bytes]]:
    starts = range(0, len(content), PAGE_BYTES)
    return [(start, content[start : start + PAGE_BYTES]) for start in starts]
