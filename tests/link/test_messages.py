"""The numbers in sn_messages.h and in Python agree, and answers of a wrong shape are None."""

import re
from pathlib import Path

import pytest

from sernet_edge.link import answers, messages
from sernet_edge.link.messages import EngineStatus, LinkStatus, MessageType, TracePart
from sernet_gen import assets


def c_constants(name: str, prefix: str) -> dict[str, int]:
    """Return the #defines and enumerators of a header that begin with `prefix`."""
    text = Path(assets.runtime_dir() / name).read_text(encoding="utf-8")
    pairs = re.findall(rf"\b{prefix}(\w+)(?: =)? (0x[0-9A-Fa-f]+|\d+)u?", text)
    return {name: int(value, 0) for name, value in pairs}


def test_requests_have_the_same_numbers() -> None:
    in_c = c_constants("link/sn_messages.h", "SN_MSG_")
    assert in_c.pop("ANSWER") == messages.ANSWER
    assert in_c == {item.name: item.value for item in MessageType}


def test_statuses_have_the_same_numbers() -> None:
    in_c = c_constants("link/sn_messages.h", "SN_LINK_")
    assert in_c == {item.name: item.value for item in LinkStatus}
    engine = c_constants("sn_status.h", "SN_ERR_")
    assert {"OK": 0, **engine} == {item.name: item.value for item in EngineStatus}


def test_sizes_are_the_same() -> None:
    in_c = c_constants("link/sn_messages.h", "SN_")
    for name in ("PROTOCOL_VERSION", "MAX_PAYLOAD", "FLAG_DEBUG", "TRACE_NONE"):
        assert in_c[name] == getattr(messages, name)
    for name in ("TRACE_MAX_TENSORS", "TRACE_MAX_ROWS", "TRACE_MAX_CAPTURE"):
        assert in_c[name] == getattr(messages, name)
    assert in_c["TRACE_ROWS"] == TracePart.ROWS
    assert in_c["TRACE_CAPTURE"] == TracePart.CAPTURE


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        (answers.DeviceInfo, bytes(60)),
        (answers.DeviceInfo, bytes(72) + b"\x05abc"),
        (answers.DeviceInfo, bytes(72) + b"\x02\0\0\0\x01a\x01b"),
        (answers.Progress, bytes(7)),
        (answers.Result, bytes(12)),
        (answers.TensorPage, bytes(12)),
        (answers.TraceRows, bytes(4) + b"\x02\0\0\0" + bytes(4)),
        (answers.TraceCapture, bytes(4) + b"\x02\0\0\0" + bytes(3)),
        (answers.DeviceCounters, bytes(20)),
        (answers.Heard, bytes(16)),
        (answers.HeardSamples, bytes(9)),
        (answers.HeardSamples, bytes(6)),
        (answers.ListenState, bytes(35)),
        (answers.LiveState, bytes(19)),
    ],
)
def test_wrong_shapes_are_none(kind: type, payload: bytes) -> None:
    assert kind.parse(payload) is None


def test_hello_tells_what_else_a_firmware_was_built_with() -> None:
    numbers = bytes(72) + b"\x01\0\0\0"
    plain = answers.DeviceInfo.parse(numbers + b"\x01a\x01b")
    live = answers.DeviceInfo.parse(numbers + b"\x01a\x01b\x04live")
    assert plain is not None
    assert live is not None
    assert (plain.board, plain.classes, plain.extras, plain.is_live) == ("a", ("b",), (), False)
    assert (live.board, live.classes, live.extras, live.is_live) == ("a", ("b",), ("live",), True)


def test_counters_wrap() -> None:
    before = answers.DeviceCounters(2**32 - 2, 0, 0, 0, 0, 5)
    after = answers.DeviceCounters(3, 1, 0, 0, 0, 5)
    assert after.since(before) == answers.DeviceCounters(5, 1, 0, 0, 0, 0)
