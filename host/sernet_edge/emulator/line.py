"""The wire between the host and an emulated board: two queues."""

from dataclasses import dataclass, field


@dataclass
class Line:
    """Bytes on their way: `to_device` and `to_host`.

    `polls_in_vain` counts how often in a row the device looked for input that was not there.
    """

    to_device: bytearray = field(default_factory=bytearray)
    to_host: bytearray = field(default_factory=bytearray)
    polls_in_vain: int = 0

    def take(self, most: int) -> bytes:
        """Return the next bytes for the device, `most` or fewer."""
        taken = bytes(self.to_device[:most])
        if taken:
            del self.to_device[:most]
            self.polls_in_vain = 0
        return taken

    def send(self, data: bytes) -> None:
        """Take bytes from the device."""
        self.polls_in_vain = 0
        self.to_host += data

    def collect(self) -> bytes:
        """Return what the device sent, and forget it."""
        sent = bytes(self.to_host)
        self.to_host.clear()
        return sent
