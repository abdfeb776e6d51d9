"""What can go wrong on the link, as errors of their own type."""

import re

from sernet_cal.errors import LinkError
from sernet_edge.link.messages import EngineStatus, LinkStatus, MessageType

_FAULT_LINE = re.compile(r"SN FAULT (\S+) (\S+) (\S+)")

_ENGINE_MEANINGS: dict[int, str] = {
    EngineStatus.ARGUMENT: "the clip is too short, or a value is out of its range",
    EngineStatus.STATE: "a call came out of order",
    EngineStatus.MEMORY: "the firmware's arena is too small for its model",
    EngineStatus.MODEL: "the tables in the firmware are not consistent",
}


class NoAnswerError(LinkError):
    """The board did not answer in time, however often it was asked."""


class DeviceFaultError(LinkError):
    """The firmware crashed and said where; `kind`, `pc` and `lr` are its words."""

    def __init__(self, kind: str, pc: str, lr: str) -> None:
        super().__init__(
            f"The firmware crashed: {kind} at pc {pc}, called from {lr}.",
            "Find the line:  arm-none-eabi-addr2line -e build/BOARD/firmware.elf " + pc + "\n"
            "Reset the board, and if it happens again, report it with these numbers.",
        )
        self.kind, self.pc, self.lr = kind, pc, lr


class DeviceRefusedError(LinkError):
    """The board understood the request and refused it; `status` says why."""

    def __init__(self, request: MessageType, status: int, engine_status: int | None = None) -> None:
        super().__init__(_refusal(request, status, engine_status))
        self.request, self.status, self.engine_status = request, status, engine_status


class DeviceRestartedError(LinkError):
    """The board no longer knows the clip that it was working on: it was reset."""


class GarbledAnswerError(LinkError):
    """An answer arrived whole (its CRC is right) but has not the shape that it must have."""


def find_fault(text: str) -> DeviceFaultError | None:
    """Return the fault that the firmware reported in a line of `text`, if it did."""
    match = _FAULT_LINE.search(text)
    return DeviceFaultError(match[1], match[2], match[3]) if match else None


def _refusal(request: MessageType, status: int, engine_status: int | None) -> str:
    if status == LinkStatus.ENGINE and engine_status is not None:
        meaning = _ENGINE_MEANINGS.get(engine_status, "an unknown status")
        return f"The board refused {request.name}: its runtime says {engine_status}, {meaning}."
    names = {int(item): item.name for item in LinkStatus}
    return f"The board refused {request.name} with status {status} ({names.get(status, '?')})."
