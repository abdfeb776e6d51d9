"""Flashing under random faults by the thousand: python tests/fuzz/flash_soak.py --trials 100000.

Each trial flashes a Nano in software while one to three faults strike at random steps. It must
end with the image in the flash and the new firmware answering, or with an error of a type of its
own whose hint, followed to the letter, leads there. Exit 1 when one does not.
"""

import argparse
import random
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "support"))

from fake_desk import FAULTS, Fault
from flash_builds import write_build
from flash_trials import trial

_STEPS = 110  # a little more than a flashing without faults has


def soak(trials: int, seed: int) -> Counter[str]:
    """Return how many trials ended how; the key "wrong" counts those that must not be."""
    endings: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as name:
        write_build(Path(name))
        for number in range(trials):
            chance = random.Random(f"{seed} {number}")
            faults = [
                Fault(chance.choice(list(FAULTS)), chance.randrange(_STEPS), chance.getrandbits(32))
                for _ in range(chance.randint(1, 3))
            ]
            outcome = trial(Path(name), faults, chance.random() < 0.5)
            endings["faults that struck"] += len(outcome.struck)
            endings[outcome.error or "right at once"] += 1
            if outcome.problem:
                endings["wrong"] += 1
                print(f"\n{faults}\n{outcome.problem}")
            if number % 1000 == 999:
                print(f"\r{number + 1:,} trials, {endings['wrong']} wrong", end="", flush=True)
    print()
    return endings


def main() -> None:
    """Run the trials and count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    endings = soak(options.trials, options.seed)
    for name, count in endings.most_common():
        print(f"{count:12,}  {name}")
    sys.exit(1 if endings["wrong"] else 0)


if __name__ == "__main__":
    main()
