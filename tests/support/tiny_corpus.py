"""A labelled corpus of short clips, for the tests of evaluation."""

from pathlib import Path

import soundfile
from tiny_bundle import random_clip

LABELS = ("calm", "angry", "sad", "glad")


def make_corpus(folder: Path, labels: tuple[str, ...] = LABELS, speakers: str = "ab") -> Path:
    """Write one clip for each speaker and label into `folder`, each of another length."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = ["file,emotion,speaker"]
    for speaker in speakers:
        for label in labels:
            number = len(lines)
            clip = random_clip(number, 2500 + 700 * number)
            soundfile.write(folder / f"{speaker}-{label}.wav", clip, 16_000)
            lines.append(f"{speaker}-{label}.wav,{label},{speaker}")
    (folder / "labels.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder
