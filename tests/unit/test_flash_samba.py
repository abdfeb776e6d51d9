"""The bootloader's protocol, word for word, and what is said when it does not answer."""

import pytest
from fake_desk import FakeDesk
from fake_nano import APP, LOADER_PID, FakeNano

from sernet_cal.errors import LinkError
from sernet_edge.flash.faults import NoSuchAnswerError
from sernet_edge.flash.samba import PAGE_BYTES, Loader, Samba, crc16


@pytest.fixture
def nano() -> FakeNano:
    """An empty board: its bootloader runs."""
    return FakeNano()


def connect(nano: FakeNano) -> tuple[Samba, list[bytes]]:
    """Return a conversation with `nano`, and the packets that it has received."""
    packets: list[bytes] = []
    receive = nano.receive

    def note(packet: bytes, now_s: float) -> list[tuple[float, bytes]]:
        packets.append(packet)
        return receive(packet, now_s)

    nano.receive = note  # type: ignore[method-assign]
    desk = FakeDesk([nano])
    return Samba(desk.open("ttyACM1", 0), desk.now_s), packets


def test_it_says_who_it_is(nano: FakeNano) -> None:
    assert nano.pid == LOADER_PID
    samba, packets = connect(nano)
    assert samba.identify() == Loader(nano.version, "nRF52840-QIAA")
    assert packets == [b"N#", b"V#", b"I#"]
    assert samba.name == "ttyACM1"


def test_a_page_is_written_and_checked(nano: FakeNano) -> None:
    samba, packets = connect(nano)
    page = bytes(range(250)) * 8
    samba.erase()
    samba.write_page(0x2000, page)
    whole = page + b"\xff" * (PAGE_BYTES - len(page))
    assert samba.crc(0x2000, 2000) == crc16(page)
    assert nano.flash[APP + 0x2000 : APP + 0x3000] == whole
    assert packets == [
        b"X00000000#",
        b"S00000034,00001000#",
        whole,
        b"Y00000034,0#",
        b"Y00002000,00001000#",
        b"Z00002000,000007D0#",
    ]


def test_the_crc_is_the_usual_one() -> None:
    assert crc16(b"123456789") == 0x31C3  # CRC-16/XMODEM


def test_a_reset_has_no_answer(nano: FakeNano) -> None:
    samba, packets = connect(nano)
    samba.reset()
    assert packets == [b"K#"]


def answer_with(nano: FakeNano, answers: dict[bytes, bytes]) -> Samba:
    samba, _ = connect(nano)
    receive = nano.receive
    nano.receive = lambda packet, now_s: (  # type: ignore[method-assign]
        [(now_s, answers[packet])] if packet in answers else receive(packet, now_s)
    )
    return samba


@pytest.mark.parametrize(
    ("answers", "text"),
    [
        ({b"N#": b""}, "The bootloader on ttyACM1 did not answer N#: nothing came in 3 s."),
        ({b"V#": b"Ardu"}, "did not answer V#: only b'Ardu' came in 3 s."),
        ({b"N#": b"who?\n\r"}, "answered N# with 'who?', which is no answer to it."),
        ({b"V#": b"v2.0 [Arduino:XYZ]\n\r"}, "calls itself 'v2.0 [Arduino:XYZ]'; one with the "),
        ({b"V#": b"x" * 64}, "answered V# with 'xxxx"),
        ({b"V#": b"U-Boot\n\r"}, "one with the commands I, X, Y, Z is needed."),
    ],
)
def test_who_does_not_say_who_it_is(nano: FakeNano, answers: dict[bytes, bytes], text: str) -> None:
    with pytest.raises(NoSuchAnswerError) as caught:
        answer_with(nano, answers).identify()
    assert text in str(caught.value)


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (b"Z0000#\n\r", "answered Z00000000,00001000# with 'Z0000#', which is no answer to it."),
        (b"", "did not answer Z00000000,00001000#: nothing came in 2 s."),
    ],
)
def test_a_crc_that_is_none(nano: FakeNano, answer: bytes, text: str) -> None:
    samba = answer_with(nano, {b"Z00000000,00001000#": answer})
    with pytest.raises(NoSuchAnswerError) as caught:
        samba.crc(0, PAGE_BYTES)
    assert text in str(caught.value)


def test_an_erase_may_take_its_time(nano: FakeNano) -> None:
    samba, _ = connect(nano)
    nano.erase_s = 14.0
    samba.erase()
    nano.erase_s = 16.0
    with pytest.raises(NoSuchAnswerError, match=r"did not answer X00000000#: nothing came in 15 s"):
        samba.erase()


def test_a_board_that_is_unplugged(nano: FakeNano) -> None:
    samba, _ = connect(nano)
    nano.unplug()
    with pytest.raises(LinkError, match="The connection to ttyACM1 broke: Input/output error"):
        samba.erase()


def test_a_board_that_takes_no_more_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    from sernet_edge.link import transport

    class StuckPort:
        baudrate, out_waiting = 9600, 20

    monkeypatch.setattr(transport, "_FLUSH_S", 0.01)
    line = transport.SerialTransport(StuckPort(), "ttyX")  # type: ignore[arg-type]
    with pytest.raises(LinkError) as caught:
        line.flush()
    assert "ttyX takes no more bytes: some wait since 0 s." in str(caught.value)
    assert "Press the reset button" in str(caught.value)
