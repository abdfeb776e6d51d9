"""One table of cases for the parsers in Python and in C, and every single fault of a stream."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from link_library import LinkLibrary

from sernet_edge.link import cobs
from sernet_edge.link.frame import Frame, FrameParser, LogLine, encode_frame

CASES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "frame_cases.json").read_text(encoding="utf-8")
)
FRAMES = [
    Frame(1, 0x03, 7, 0, b"ab"),
    Frame(1, 0x83, 7, 0, bytes(4)),
    Frame(1, 0x04, 8, 0, b""),
    Frame(1, 0x84, 8, 6, b"\x00\xff\x01"),
]


def parse_in_python(stream: bytes) -> list[Frame]:
    return [item for item in FrameParser().feed(stream) if isinstance(item, Frame)]


def expected_frames(case: dict[str, Any]) -> list[Frame]:
    return [Frame(*frame[:4], bytes.fromhex(frame[4])) for frame in case["frames"]]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_python_parses_the_table(case: dict[str, Any]) -> None:
    parser = FrameParser()
    items = parser.feed(bytes.fromhex(case["stream"]))
    assert [item for item in items if isinstance(item, Frame)] == expected_frames(case)
    assert [item.text for item in items if isinstance(item, LogLine)] == case["log"]
    if case["counters"] is not None:
        assert parser.counters.as_dict() == case["counters"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_c_parses_the_table(case: dict[str, Any], library: LinkLibrary) -> None:
    frames, counters = library.parse(bytes.fromhex(case["stream"]))
    assert frames == expected_frames(case)
    if case["counters"] is not None:  # text between frames is noise to the device
        assert counters == case["counters"]


def test_a_stream_may_come_in_any_pieces() -> None:
    stream = b"".join(map(encode_frame, FRAMES))
    parser = FrameParser()
    items = [item for byte in stream for item in parser.feed(bytes((byte,)))]
    assert items == FRAMES


@pytest.mark.parametrize("length", [0, 1, 4, 244, 245, 246, 247, 253, 254, 255, 508, 509, 1032])
@pytest.mark.parametrize("filling", [b"\x00", b"\x55", b"\x00\xff", bytes(range(256))])
def test_both_write_the_same_bytes(length: int, filling: bytes, library: LinkLibrary) -> None:
    frame = Frame(1, 3, 200, 0, (filling * (length // len(filling) + 1))[:length])
    wire = encode_frame(frame)
    assert library.seal(frame) == wire
    assert library.parse(wire)[0] == [frame]
    assert parse_in_python(wire) == [frame]
    assert cobs.decode(wire[1:-1]) is not None
    assert 0 not in wire[1:-1]


def single_faults(stream: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield every stream with one byte substituted, deleted or inserted, and where."""
    for at in range(len(stream)):
        yield at, stream[:at] + stream[at + 1 :]
        for byte in range(256):
            inserted = bytes((byte,))
            yield at, stream[:at] + inserted + stream[at:]
            if byte != stream[at]:
                yield at, stream[:at] + inserted + stream[at + 1 :]


def check_single_faults(parse: Callable[[bytes], list[Frame]]) -> int:
    """At most one frame is lost to a fault, none is forged, and the next one comes through."""
    wires = [encode_frame(frame) for frame in FRAMES]
    stream = b"".join(wires)
    ends = [sum(map(len, wires[: count + 1])) for count in range(len(wires))]
    faults = 0
    for at, faulty in single_faults(stream):
        hit = next(number for number, end in enumerate(ends) if at < end)
        seen = parse(faulty)
        without = FRAMES[:hit] + FRAMES[hit + 1 :]
        before = FRAMES[: hit - 1] + FRAMES[hit:] if hit else FRAMES
        assert seen in (FRAMES, without, before), (at, faulty.hex())
        assert seen[-(len(FRAMES) - hit - 1) :] == FRAMES[hit + 1 :] or hit == len(FRAMES) - 1
        faults += 1
    return faults


def test_no_single_fault_costs_python_two_frames() -> None:
    assert check_single_faults(parse_in_python) > 25_000


def test_no_single_fault_costs_c_two_frames(library: LinkLibrary) -> None:
    assert check_single_faults(lambda stream: library.parse(stream)[0]) > 25_000


@pytest.mark.parametrize("burst", [2, 7, 40])
def test_a_burst_costs_only_what_it_touches(burst: int, library: LinkLibrary) -> None:
    wires = [encode_frame(frame) for frame in FRAMES]
    stream = b"".join(wires)
    for at in range(len(stream) - burst):
        for filler in (b"\x00", b"\xff", b"\x41"):
            faulty = stream[:at] + filler * burst + stream[at + burst :]
            ends = [sum(map(len, wires[: count + 1])) for count in range(len(wires))]
            starts = [end - len(wire) for end, wire in zip(ends, wires, strict=True)]
            untouched = [
                frame
                for frame, start, end in zip(FRAMES, starts, ends, strict=True)
                if end <= at or start >= at + burst
            ]
            for parse in (parse_in_python, lambda stream: library.parse(stream)[0]):
                seen = parse(faulty)
                assert [frame for frame in seen if frame in untouched] == untouched
                assert all(frame in FRAMES for frame in seen)


def test_random_edits_forge_no_frame(library: LinkLibrary) -> None:
    """The full ten million: python tests/fuzz/link_soak.py --edits 10000000."""
    result = library.random_edits(seed=20, streams=150_000)
    assert result["edits"] > 250_000
    assert result["forged"] == 0
    assert result["accepted"] > 0.3 * result["sent"]
