"""Running tasks on cores and on a Dask cluster: the same results, errors that name the cure."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sernet_cal.errors import InputError, SernetError
from sernet_edge.audio.corpus import load_corpus
from sernet_edge.protocol import parallel
from sernet_edge.protocol.parallel import check_jobs, run_tasks

pytest.importorskip("joblib", reason="joblib is not installed (extra [train])")

WORDS = ["one", "two", "three"]
UPPER = ["ONE", "THREE", "TWO"]


def refusal(function: Any, *arguments: Any) -> str:
    with pytest.raises(SernetError) as caught:
        function(*arguments)
    return str(caught.value)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A scheduler on this machine with two workers of one thread each."""
    distributed = pytest.importorskip(
        "distributed", reason="distributed is not installed (extra [cluster])"
    )
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=False, dashboard_address=":0"
    ) as made:
        yield made


@pytest.mark.parametrize("jobs", [1, 2])
def test_every_task_is_run_once(jobs: int) -> None:
    assert sorted(run_tasks(str.upper, WORDS, jobs)) == UPPER
    assert list(run_tasks(str.upper, [], jobs)) == []


def test_a_cluster_gives_the_same(cluster: Any) -> None:
    assert sorted(run_tasks(str.upper, WORDS, cluster=cluster.scheduler_address)) == UPPER


def test_an_error_of_a_task_arrives_as_it_is(cluster: Any) -> None:
    places: list[dict[str, Any]] = [
        {"jobs": 1},
        {"jobs": 2},
        {"cluster": cluster.scheduler_address},
    ]
    for place in places:
        with pytest.raises(ValueError, match="invalid literal for int"):
            list(run_tasks(int, ["1", "x"], **place))


def test_our_errors_keep_their_hint_between_processes(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        list(run_tasks(load_corpus, [tmp_path / "a", tmp_path / "b"], 2))
    assert "\n  Give a folder of WAV or FLAC files:  --data emodb=DIR" in str(caught.value)


def test_workers_with_several_threads_are_refused() -> None:
    distributed = pytest.importorskip(
        "distributed", reason="distributed is not installed (extra [cluster])"
    )
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=2, processes=False, dashboard_address=":0"
    ) as made:
        address = made.scheduler_address
        worker = next(iter(made.scheduler_info["workers"]))
        assert refusal(list, run_tasks(str.upper, WORDS, cluster=address)) == (
            f"1 of 1 Dask workers run several threads; the first is {worker}. "
            "A training needs a process of its own.\n"
            "  Start them with one each:  dask worker ADDRESS --nworkers auto --nthreads 1"
        )


def test_a_cluster_without_workers_is_refused() -> None:
    distributed = pytest.importorskip(
        "distributed", reason="distributed is not installed (extra [cluster])"
    )
    with distributed.LocalCluster(n_workers=0, processes=False, dashboard_address=":0") as made:
        address = made.scheduler_address
        assert refusal(list, run_tasks(str.upper, WORDS, cluster=address)) == (
            f"The Dask scheduler at {address} has no workers.\n"
            "  Start some on each machine:  dask worker ADDRESS --nworkers auto --nthreads 1"
        )


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "odd://x"])
def test_a_scheduler_that_is_not_there_is_named(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("distributed", reason="distributed is not installed (extra [cluster])")
    monkeypatch.setattr(parallel, "CONNECT_TIMEOUT_S", 0.5)
    assert refusal(list, run_tasks(str.upper, WORDS, cluster=address)) == (
        f"There is no Dask scheduler at {address}.\n"
        "  Start one:  dask scheduler\n"
        "  and on each machine:  dask worker ADDRESS --nworkers auto --nthreads 1"
    )


def test_a_process_that_dies_is_told() -> None:
    distributed = pytest.importorskip(
        "distributed", reason="distributed is not installed (extra [cluster])"
    )

    def lost(error: str) -> str:
        return (
            f"A process that worked on a fold was lost: {error}. Most often its memory was not "
            "enough; the folds that ended are kept.\n"
            "  Run fewer at a time (--jobs N), or start fewer workers, and give the command again."
        )

    assert refusal(list, run_tasks(os._exit, [3, 3], 2)) == lost("TerminatedWorkerError")
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, dashboard_address=":0"
    ) as made:
        address = made.scheduler_address
        # A task is sent even to a single worker.
        assert list(run_tasks(eval, ["__import__('os').getpid()"], cluster=address)) != [
            os.getpid()
        ]
        assert refusal(list, run_tasks(os._exit, [3], cluster=address)) == lost("KilledWorker")


def test_jobs_and_cluster_exclude_each_other() -> None:
    check_jobs(3, None)
    check_jobs(None, "tcp://host:8786")
    assert refusal(check_jobs, 0, None) == (
        "At least 1 job is needed; 0 given.\n  Leave it out:  all cores."
    )
    assert refusal(check_jobs, 2, "tcp://host:8786") == (
        "--jobs and --cluster were both given: a cluster runs a fold on each of its workers.\n"
        "  Leave one of them out."
    )


def test_what_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert refusal(list, run_tasks(str.upper, WORDS, cluster="tcp://127.0.0.1:9")) == (
        "The Python package distributed is needed to run folds on a Dask cluster, and it is not "
        "installed.\n  Install it, in the folder of sernet-edge's sources:  "
        "pip install '.[cluster]'"
    )
    monkeypatch.setitem(sys.modules, "joblib", None)
    assert refusal(list, run_tasks(str.upper, WORDS, 1)) == (
        "The Python package joblib is needed to run the folds of a cross-validation, and it is "
        "not installed.\n  Install it, in the folder of sernet-edge's sources:  "
        "pip install '.[train]'"
    )
