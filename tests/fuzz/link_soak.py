"""Random edits of frame streams by the million: python tests/fuzz/link_soak.py --edits 10000000.

Each stream has four random frames and one to three edits; counts the frames that the device's
parser accepts although nobody sent them. Exit 1 when there is one.
"""

import argparse
import random
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "support"))

from link_library import LinkLibrary

from sernet_edge.link.frame import Frame, FrameParser, encode_frame

_STREAMS_A_TURN = 100_000


def soak_c(edits: int, seed: int) -> dict[str, int]:
    """Make at least `edits` edits on the C parser's input."""
    total = dict.fromkeys(("edits", "sent", "accepted", "forged"), 0)
    with tempfile.TemporaryDirectory() as folder:
        library = LinkLibrary(Path(folder))
        while total["edits"] < edits:
            seed += 1
            turn = library.random_edits(seed, _STREAMS_A_TURN)
            total = {name: total[name] + turn[name] for name in total}
            print(f"\rC: {total['edits']:,} edits, {total['forged']} forged", end="", flush=True)
    print()
    return total


def soak_python(edits: int, seed: int) -> dict[str, int]:
    """Make at least `edits` edits on the Python parser's input."""
    chance = random.Random(seed)
    total = dict.fromkeys(("edits", "sent", "accepted", "forged"), 0)
    while total["edits"] < edits:
        sent = [
            Frame(*chance.randbytes(4), payload=chance.randbytes(chance.randrange(49)))
            for _ in range(4)
        ]
        stream = bytearray(b"".join(map(encode_frame, sent)))
        for _ in range(chance.randint(1, 3)):
            at = chance.randrange(len(stream))
            match chance.randrange(3):
                case 0:
                    stream[at] = chance.randrange(256)
                case 1:
                    del stream[at]
                case _:
                    stream.insert(at, chance.randrange(256))
            total["edits"] += 1
        seen = [item for item in FrameParser().feed(bytes(stream)) if isinstance(item, Frame)]
        total["sent"] += len(sent)
        total["accepted"] += len(seen)
        total["forged"] += sum(frame not in sent for frame in seen)
    return total


def main() -> None:
    """Run both soaks; the Python parser takes some minutes for ten million."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--edits", type=int, default=10_000_000)
    parser.add_argument("--python-edits", type=int, help="else a hundredth of --edits")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    in_c = soak_c(options.edits, options.seed)
    python_edits = options.python_edits or options.edits // 100
    in_python = soak_python(python_edits, options.seed)
    print("C     ", in_c)
    print("Python", in_python)
    sys.exit(1 if in_c["forged"] or in_python["forged"] else 0)


if __name__ == "__main__":
    main()
