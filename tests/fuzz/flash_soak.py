"""Flashing under faults: python tests/fuzz/flash_soak.py --trials 100000.

Flashes a Nano in software, first with every fault at every step, then with one to three random
faults at random steps. Each trial must end with the image in the flash and the new firmware
answering, or with an error whose hint, followed to the letter, leads there. Exit 1 when one does
not.
"""

import argparse
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "support"))

from fake_desk import FAULTS, Fault
from flash_builds import write_build
from flash_trials import trial

_STEPS = 110  # a little more than a flashing without faults has


def every_step(folder: Path) -> Iterator[tuple[list[Fault], bool]]:
    """Return every fault at every step, for a board with a sketch and one in its bootloader."""
    for starts_in_loader in (False, True):
        steps = trial(folder, [], starts_in_loader).steps
        for kind in FAULTS:
            for step in range(steps):
                yield [Fault(kind, step, seed=7 * step)], starts_in_loader


def at_random(trials: int, seed: int) -> Iterator[tuple[list[Fault], bool]]:
    """Return one to three faults for each of the `trials`."""
    for number in range(trials):
        chance = random.Random(f"{seed} {number}")
        faults = [
            Fault(chance.choice(list(FAULTS)), chance.randrange(_STEPS), chance.getrandbits(32))
            for _ in range(chance.randint(1, 3))
        ]
        yield faults, chance.random() < 0.5


def soak(name: str, folder: Path, trials: Iterable[tuple[list[Fault], bool]]) -> bool:
    """Run all, print how they ended, and return whether each ended as it must."""
    endings: Counter[str] = Counter()
    wrong = struck = 0
    for number, (faults, starts_in_loader) in enumerate(trials, 1):
        outcome = trial(folder, faults, starts_in_loader)
        struck += len(outcome.struck)
        endings[outcome.error or "right at once"] += 1
        if outcome.problem:
            wrong += 1
            print(f"\n{faults}\n{outcome.problem}")
        if number % 1000 == 0:
            print(f"\r{name}: {number:,} trials, {wrong} wrong", end="", flush=True)
    print(f"\r{name}: {endings.total():,} trials, {struck:,} faults, {wrong} wrong")
    for ending, count in endings.most_common():
        print(f"{count:12,}  {ending}")
    return wrong == 0


def main() -> None:
    """Run both and count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_build(folder)
        results = [
            soak("every fault at every step", folder, every_step(folder)),
            soak("random faults", folder, at_random(options.trials, options.seed)),
        ]
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
