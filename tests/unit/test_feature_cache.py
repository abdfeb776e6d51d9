"""Features kept by what they were made from."""

from pathlib import Path

import numpy as np
import pytest

from sernet_cal.errors import InputError
from sernet_edge.audio.feature_cache import Arrays, FeatureCache, default_cache

CLIP = np.arange(2000, dtype=np.int16)


class Maker:
    """Makes two arrays, and counts how often."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self) -> Arrays:
        self.calls += 1
        return {"rows": np.full((3, 2), self.calls, np.int8), "level": np.array(0.5)}


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_the_same_samples_and_settings_are_made_once(tmp_path: Path) -> None:
    make, cache = Maker(), FeatureCache(tmp_path / "new" / "cache")
    first = cache.get(CLIP, "v1", make)
    again = FeatureCache(tmp_path / "new" / "cache").get(CLIP.copy(), "v1", make)
    assert make.calls == 1
    assert sorted(again) == sorted(first) == ["level", "rows"]
    for name in first:
        assert again[name].dtype == first[name].dtype
        assert np.array_equal(again[name], first[name])
    [kept] = files(tmp_path)
    assert kept.suffix == ".npz"


@pytest.mark.parametrize(
    ("samples", "settings"), [(CLIP, "v2"), (CLIP, ""), (CLIP[:-1], "v1"), (CLIP + 1, "v1")]
)
def test_other_samples_or_settings_are_made_anew(
    tmp_path: Path, samples: np.ndarray, settings: str
) -> None:
    make, cache = Maker(), FeatureCache(tmp_path)
    cache.get(CLIP, "v1", make)
    cache.get(samples, settings, make)
    assert make.calls == 2
    assert len(files(tmp_path)) == 2


def test_samples_and_settings_do_not_run_into_each_other(tmp_path: Path) -> None:
    make, cache = Maker(), FeatureCache(tmp_path)
    clip = np.frombuffer(b"abcd", np.int16)
    cache.get(clip, "ef", make)
    cache.get(np.frombuffer(b"abcdef", np.int16), "", make)
    assert make.calls == 2


def test_every_second_sample_is_not_its_neighbour(tmp_path: Path) -> None:
    make, cache = Maker(), FeatureCache(tmp_path)
    cache.get(CLIP[::2], "v1", make)
    cache.get(np.ascontiguousarray(CLIP[::2]), "v1", make)
    assert make.calls == 1


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"no archive", None])
def test_a_damaged_file_is_made_anew(tmp_path: Path, content: bytes | None) -> None:
    make, cache = Maker(), FeatureCache(tmp_path)
    cache.get(CLIP, "v1", make)
    [kept] = files(tmp_path)
    whole = kept.read_bytes()
    # None: a byte inside an array is wrong, so that only the checksum tells.
    flipped = bytearray(whole)
    flipped[whole.index(b"\x93NUMPY") + 128] ^= 1
    kept.write_bytes(bytes(flipped) if content is None else content)
    assert int(cache.get(CLIP, "v1", make)["rows"][0, 0]) == 2
    assert int(cache.get(CLIP, "v1", make)["rows"][0, 0]) == 2


def test_every_cut_is_made_anew(tmp_path: Path) -> None:
    make, cache = Maker(), FeatureCache(tmp_path)
    cache.get(CLIP, "v1", make)
    [kept] = files(tmp_path)
    whole = kept.read_bytes()
    for calls, length in enumerate(range(0, len(whole), 37), start=2):
        kept.write_bytes(whole[:length])
        cache.get(CLIP, "v1", make)
        assert make.calls == calls


def test_no_folder_keeps_nothing() -> None:
    make, cache = Maker(), FeatureCache(None)
    cache.get(CLIP, "v1", make)
    cache.get(CLIP, "v1", make)
    assert make.calls == 2


def test_what_fails_leaves_nothing(tmp_path: Path) -> None:
    def fail() -> Arrays:
        raise InputError("no")

    with pytest.raises(InputError):
        FeatureCache(tmp_path).get(CLIP, "v1", fail)
    assert files(tmp_path) == []


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "file"
    folder.write_text("in the way")
    with pytest.raises(InputError) as caught:
        FeatureCache(folder).get(CLIP, "v1", Maker())
    assert str(caught.value) == (
        f"The feature cache {folder} cannot be written: Not a directory.\n"
        "  Name another folder, or none to do without:  SERNET_CACHE=DIR  or  SERNET_CACHE="
    )


def test_the_folder_may_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERNET_CACHE", "/some/where")
    assert default_cache() == Path("/some/where")
    monkeypatch.setenv("SERNET_CACHE", "")
    assert default_cache() is None
    monkeypatch.delenv("SERNET_CACHE")
    usual = default_cache()
    assert usual is not None
    assert usual.name == "sernet-edge"
