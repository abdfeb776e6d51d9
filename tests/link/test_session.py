"""The host's end against a device that fails in every way: the right answer or a typed error."""

import itertools
import random

import numpy as np
import pytest
from fake_device import BLOCK_PAYLOAD, FakeDevice, FakeLine, right_scores

from sernet_cal.errors import LinkError
from sernet_edge.link import faults
from sernet_edge.link.clip import run_clip
from sernet_edge.link.frame import Frame, FrameParser, encode_frame
from sernet_edge.link.messages import ANSWER, LinkStatus, MessageType
from sernet_edge.link.session import Session, Timing, timing_of

SAMPLES = np.arange(-50, 50, dtype=np.int16) * 300
RIGHT = right_scores(SAMPLES.tobytes())


def make() -> tuple[FakeDevice, FakeLine, Session]:
    device = FakeDevice()
    line = FakeLine(device)
    numbers = itertools.count(1000)
    return device, line, Session(line, clock=line.clock, random_u32=lambda: next(numbers))


def connected() -> tuple[FakeDevice, FakeLine, Session]:
    device, line, session = make()
    session.connect()
    return device, line, session


def test_a_quiet_line_needs_no_retry() -> None:
    device, _, session = connected()
    run = run_clip(session, SAMPLES)
    assert run.result.scores == RIGHT
    assert run.result.ticks == 77
    assert device.processed_blocks == -(-len(SAMPLES) // ((BLOCK_PAYLOAD - 8) // 2))
    link = session.link_counters()
    assert (link["host"]["retries"], link["host"]["timeouts"]) == (0, 0)


def test_hello_tells_who_is_there() -> None:
    _, _, session = connected()
    info = session.info
    assert (info.board, info.classes) == ("fake", ("calm", "angry"))
    assert (info.ticks_per_second, info.clip_samples, info.traced_tensors) == (1000, 64, 3)
    assert info.build_id == "0" * 64


def test_nobody_there() -> None:
    _, line, session = make()
    line.to_device = lambda data: b""
    with pytest.raises(faults.NoAnswerError) as caught:
        session.connect()
    text = str(caught.value)
    assert "No answer from fake to HELLO: asked 7 times, waited 0.27 s each; nothing came." in text
    assert text.endswith(
        "\n  Is the firmware of this project on the board?\n    sernet-edge build --board NAME\n"
        "    sernet-edge flash --board NAME\n"
        "  Is this the right port, at 1000000 baud? Press the reset button."
    )
    assert caught.value.exit_code == 3


def test_noise_is_told_from_silence() -> None:
    _, line, session = make()
    line.to_host = lambda data: b"\x00\x93\x92\x91\x00"
    with pytest.raises(faults.NoAnswerError, match="7 damaged frames came"):
        session.connect()


def test_asking_before_connecting_is_an_error() -> None:
    _, _, session = make()
    with pytest.raises(LinkError, match="Nobody has asked fake yet who is there"):
        _ = session.info


@pytest.mark.parametrize("way", ["request", "answer"])
@pytest.mark.parametrize("lost", range(9))
def test_one_lost_frame_is_asked_for_again(way: str, lost: int) -> None:
    _, line, session = connected()
    counter = itertools.count()

    def lose(data: bytes) -> bytes:
        return b"" if next(counter) == lost else data

    setattr(line, "to_device" if way == "request" else "to_host", lose)
    assert run_clip(session, SAMPLES).result.scores == RIGHT
    assert session.counters.retries == (1 if next(counter) > lost else 0)


def test_a_block_that_is_repeated_is_not_processed_twice() -> None:
    device, line, session = connected()
    line.to_device = lambda data: data + data
    assert run_clip(session, SAMPLES).result.scores == RIGHT
    assert device.processed_blocks == 4
    assert session.counters.late_answers > 0


def test_late_answers_are_dropped_and_counted() -> None:
    _, line, session = connected()
    held: list[bytes] = []

    def delay(data: bytes) -> bytes:
        held.append(data)
        return held[-2] if len(held) > 1 else b""

    line.to_host = delay
    assert run_clip(session, SAMPLES).result.scores == RIGHT
    assert session.counters.retries > 0
    assert session.counters.late_answers > 0


def test_a_gap_is_filled() -> None:
    device, _, session = connected()
    pushes = itertools.count()
    feed = device.feed

    def forget_a_block(data: bytes) -> bytes:
        sent = feed(data)
        if device.processed_blocks == 2 and next(pushes) == 0:
            device.samples = device.samples[:64]
        return sent

    device.feed = forget_a_block  # type: ignore[method-assign]
    assert run_clip(session, SAMPLES).result.scores == RIGHT


def test_a_board_that_was_reset_begins_again() -> None:
    device, line, session = connected()
    count = itertools.count()

    def reset_once(data: bytes) -> bytes:
        if next(count) == 3:
            device.reset()
        return data

    line.to_device = reset_once
    assert run_clip(session, SAMPLES).result.scores == RIGHT


def test_a_board_that_resets_for_ever_is_an_error() -> None:
    device, line, session = connected()

    def reset(data: bytes) -> bytes:
        device.reset()
        return data

    line.to_device = reset
    with pytest.raises(faults.DeviceRestartedError) as caught:
        run_clip(session, SAMPLES)
    assert "fake does not know the clip any more: the board was reset" in str(caught.value)
    assert "Look at its power supply" in str(caught.value)


def run_bytes() -> tuple[int, int]:
    """Return how many bytes pass each way from connecting to the scores."""
    counts = [0, 0]
    _, line, session = make()

    def count(way: int, data: bytes) -> bytes:
        counts[way] += len(data)
        return data

    line.to_device = lambda data: count(0, data)
    line.to_host = lambda data: count(1, data)
    session.connect()
    run_clip(session, SAMPLES)
    return counts[0], counts[1]


@pytest.mark.parametrize("way", [0, 1], ids=["request byte", "answer byte"])
def test_reset_at_every_byte(way: int) -> None:
    """The device loses power before the n-th byte passes; the rest of that transfer is lost."""
    for cut in range(run_bytes()[way]):
        device, line, session = make()
        passed = 0

        def lose_power(data: bytes, device: FakeDevice = device, cut: int = cut) -> bytes:
            nonlocal passed
            before, passed = passed, passed + len(data)
            if not before <= cut < passed:
                return data
            if way == 0:
                device.feed(data[: cut - before])
            device.reset()
            return b"" if way == 0 else data[: cut - before]

        setattr(line, ("to_device", "to_host")[way], lose_power)
        session.connect()
        assert run_clip(session, SAMPLES).result.scores == RIGHT, cut


def test_a_bad_line_gives_no_wrong_result() -> None:
    """Byte errors, drops and inserted bytes, both ways; every answer that comes is right."""
    right, failed = 0, 0
    chance = random.Random(5)

    def spoil(data: bytes) -> bytes:
        spoiled = bytearray()
        for byte in data:
            dice = chance.random()
            if dice < 3e-4:
                byte = chance.randrange(256)
            if dice > 1e-4:
                spoiled.append(byte)
            if dice > 1 - 1e-4:
                spoiled.append(chance.randrange(256))
        return bytes(spoiled)

    for number in range(150):
        _, line, session = make()
        line.to_device = line.to_host = spoil
        samples = np.full(200, number * 100, np.int16)
        try:
            session.connect()
            scores = run_clip(session, samples).result.scores
        except LinkError:
            failed += 1
            continue
        assert scores == right_scores(samples.tobytes())
        right += 1
    assert right > 120, failed


def test_a_stalled_line_that_comes_back_is_right() -> None:
    _, line, session = connected()
    held: list[bytes] = []
    turn = itertools.count()

    def stall(data: bytes) -> bytes:
        held.append(data)
        if next(turn) % 5 == 3:
            return b""
        together = b"".join(held)
        held.clear()
        return together

    line.to_host = stall
    for _ in range(5):
        assert run_clip(session, SAMPLES).result.scores == RIGHT
    assert session.counters.late_answers + session.counters.retries > 0


def test_the_devices_log_is_kept_and_shown() -> None:
    _, line, session = make()
    shown: list[str] = []
    session._on_log = shown.append
    line.to_host = lambda data: b"boot 1\n" + data
    session.connect()
    assert session.log[0] == "boot 1"
    assert shown == session.log


@pytest.mark.parametrize("line_end", [b"\n", b""], ids=["whole line", "cut off"])
def test_a_fault_line_is_a_typed_error(line_end: bytes) -> None:
    _, line, session = connected()
    line.to_host = lambda data: b"\nSN FAULT HARD 00010a2c 000109ff" + line_end
    with pytest.raises(faults.DeviceFaultError) as caught:
        run_clip(session, SAMPLES)
    fault = caught.value
    assert (fault.kind, fault.pc, fault.lr) == ("HARD", "00010a2c", "000109ff")
    assert "The firmware crashed: HARD at pc 00010a2c, called from 000109ff." in str(fault)
    assert "addr2line -e build/BOARD/firmware.elf 00010a2c" in str(fault)


def answering(status: int, payload: bytes = b"", kind: MessageType = MessageType.PUSH) -> Session:
    """Return a session with a device that answers one kind of request so."""
    device, _, session = connected()
    answer = device.answer

    def changed(frame: Frame) -> Frame:
        if frame.type == kind:
            return Frame(1, frame.type | ANSWER, frame.seq, status, payload)
        return answer(frame)

    device.answer = changed  # type: ignore[method-assign]
    return session


@pytest.mark.parametrize(
    ("status", "payload", "text"),
    [
        (LinkStatus.BAD_VALUE, b"", "The board refused PUSH with status 3 (BAD_VALUE)."),
        (200, b"", "The board refused PUSH with status 200 (?)."),
    ],
)
def test_refusals_say_why(status: int, payload: bytes, text: str) -> None:
    with pytest.raises(faults.DeviceRefusedError) as caught:
        run_clip(answering(status, payload), SAMPLES)
    assert str(caught.value) == text


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (1, "1, the clip is too short, or a value is out of its range."),
        (3, "3, the firmware's arena is too small for its model."),
        (9, "9, an unknown status."),
    ],
)
def test_the_runtimes_refusal_is_explained(status: int, text: str) -> None:
    device, _, session = connected()
    clip = (session._clip + 1).to_bytes(4, "little")
    device.answer = lambda frame: Frame(  # type: ignore[method-assign]
        1, frame.type | ANSWER, frame.seq, LinkStatus.ENGINE, clip + status.to_bytes(4, "little")
    )
    with pytest.raises(faults.DeviceRefusedError) as caught:
        run_clip(session, SAMPLES)
    assert str(caught.value) == f"The board refused BEGIN: its runtime says {text}"


def test_a_garbled_answer_is_no_result() -> None:
    device, _, session = connected()
    clip = (session._clip + 1).to_bytes(4, "little")
    answer = device.answer

    def shortened(frame: Frame) -> Frame:
        if frame.type == MessageType.RESULT:
            return Frame(1, frame.type | ANSWER, frame.seq, 0, clip + b"\x01")
        return answer(frame)

    device.answer = shortened  # type: ignore[method-assign]
    with pytest.raises(faults.GarbledAnswerError) as caught:
        run_clip(session, SAMPLES)
    assert "The answer of fake to RESULT has not the expected shape." in str(caught.value)


def test_a_board_that_does_not_move_on_is_an_error() -> None:
    device, _, session = connected()
    device._progress = lambda: (device.clip or 0).to_bytes(4, "little") + bytes(4)  # type: ignore[method-assign]
    with pytest.raises(faults.GarbledAnswerError, match="does not move on"):
        run_clip(session, SAMPLES)


def test_too_few_scores_are_an_error() -> None:
    device, _, session = connected()
    answer = device.answer

    def fewer(frame: Frame) -> Frame:
        right = answer(frame)
        short = right.payload[:-1] if frame.type == MessageType.RESULT else right.payload
        return Frame(right.version, right.type, right.seq, right.status, short)

    device.answer = fewer  # type: ignore[method-assign]
    with pytest.raises(faults.GarbledAnswerError, match="sent 1 scores for 2 classes"):
        run_clip(session, SAMPLES)


def test_another_protocol_version_is_named() -> None:
    device, _, session = make()
    answer = device.answer

    def newer(frame: Frame) -> Frame:
        right = answer(frame)
        return Frame(9, right.type, right.seq, LinkStatus.BAD_VERSION, b"")

    device.answer = newer  # type: ignore[method-assign]
    with pytest.raises(LinkError) as caught:
        session.connect()
    assert str(caught.value) == (
        "fake speaks protocol version 9; this sernet-edge speaks 1.\n"
        "  Build and flash the firmware anew with this version:\n"
        "    sernet-edge build --board NAME\n    sernet-edge flash --board NAME"
    )


def test_another_firmware_after_a_reset_is_an_error() -> None:
    device, line, session = connected()
    count = itertools.count()
    answer = device.answer

    def other(frame: Frame) -> Frame:
        right = answer(frame)
        if frame.type == MessageType.HELLO:
            payload = right.payload.replace(b"fake", b"real")
            return Frame(1, right.type, right.seq, 0, payload)
        return right

    def reset_once(data: bytes) -> bytes:
        if next(count) == 2:
            device.reset()
            device.answer = other  # type: ignore[method-assign]
        return data

    line.to_device = reset_once
    with pytest.raises(LinkError, match="After a reset another firmware answers"):
        run_clip(session, SAMPLES)


def test_every_request_is_one_frame() -> None:
    sent: list[bytes] = []
    _, line, session = connected()
    line.to_device = lambda data: sent.append(data) or data  # type: ignore[func-returns-value]
    run_clip(session, SAMPLES)
    for data in sent:
        (frame,) = FrameParser().feed(data)
        assert isinstance(frame, Frame)
        assert encode_frame(frame) == data


@pytest.mark.parametrize("url", ["emu://nano33?image=x", "qemu://mps3-an547?image=x"])
def test_an_emulated_board_may_be_as_slow_as_this_machine(url: str) -> None:
    assert timing_of(url).base_s >= 10.0
    assert timing_of("/dev/ttyUSB0") == timing_of("proc://firmware") == Timing()
