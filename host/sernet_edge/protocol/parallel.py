"""Where the work runs: this machine's cores, or the workers of a Dask cluster; joblib decides."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, CancelledError
from contextlib import ExitStack, contextmanager
from typing import Any, TypeVar

from sernet_cal.errors import InputError, SernetError, require_extra
from sernet_edge.protocol import dask_backend

Task = TypeVar("Task")
Result = TypeVar("Result")

# A scheduler on the same network answers within milliseconds; the rest is for a busy machine.
CONNECT_TIMEOUT_S = 15.0


def usual_jobs() -> int:
    """Return the number of cores that this process may use."""
    return int(_joblib().cpu_count())


def check_jobs(jobs: int | None, cluster: str | None) -> None:
    """Raise InputError for a number of jobs below 1, or beside a cluster, which has its own."""
    if jobs is not None and jobs < 1:
        raise InputError(f"At least 1 job is needed; {jobs} given.", "Leave it out:  all cores.")
    if jobs is not None and cluster is not None:
        raise InputError(
            "--jobs and --cluster were both given: a cluster runs a fold on each of its workers.",
            "Leave one of them out.",
        )


def run_tasks(
    function: Callable[[Task], Result],
    tasks: Sequence[Task],
    jobs: int | None = None,
    cluster: str | None = None,
) -> Iterator[Result]:
    """Yield `function`'s result for each of `tasks`, as they end, in any order.

    `jobs`: processes on this machine (None: one a core; 1: this process). `cluster`: address of a
    Dask scheduler whose workers do it instead. `function` is found by its name there, and tasks
    and results are pickled. An exception of `function` ends all. Raises InputError for a cluster
    that cannot be used, SernetError for a process that died.
    """
    if not tasks:
        return
    joblib = _joblib()
    with ExitStack() as stack:
        if cluster is None:
            # One thread a process, so that no result depends on how many processes there are.
            backend: dict[str, Any] = {"backend": "loky", "inner_max_num_threads": 1}
            count = min(usual_jobs() if jobs is None else jobs, len(tasks))
        else:
            client = stack.enter_context(_client(cluster))
            backend = {"backend": dask_backend.register(), "client": client}
            count = -1
        if count == 1:
            backend = {"backend": "sequential"}
        stack.enter_context(joblib.parallel_config(**backend))
        parallel = joblib.Parallel(
            n_jobs=count, return_as="generator_unordered", batch_size=1, pre_dispatch="all"
        )
        try:
            yield from parallel(joblib.delayed(function)(task) for task in tasks)
        except _lost_worker(cluster) as error:
            raise SernetError(
                f"A process that worked on a fold was lost: {type(error).__name__}. Most often its "
                "memory was not enough; the folds that ended are kept.",
                "Run fewer at a time (--jobs N), or start fewer workers, and give the command "
                "again.",
            ) from error


def _lost_worker(cluster: str | None) -> tuple[type[BaseException], ...]:
    """Return the errors that say that a worker or the scheduler went away."""
    if cluster is None:
        return (BrokenExecutor,)
    from distributed import KilledWorker

    return (KilledWorker, CancelledError, asyncio.CancelledError)


@contextmanager
def _client(address: str) -> Iterator[Any]:
    """Yield a client of the scheduler at `address`, whose workers run one fold at a time each."""
    try:
        import distributed
    except ImportError as error:
        raise require_extra("distributed", "cluster", "run folds on a Dask cluster") from error
    connect: Any = distributed.Client  # without types
    try:
        client = connect(address, timeout=CONNECT_TIMEOUT_S, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise InputError(
            f"There is no Dask scheduler at {address}.",
            "Start one:  dask scheduler\n"
            "and on each machine:  dask worker ADDRESS --nworkers auto --nthreads 1",
        ) from error
    with client:
        _check_workers(address, client.scheduler_info(n_workers=-1)["workers"])
        yield client


def _check_workers(address: str, workers: dict[str, dict[str, Any]]) -> None:
    if not workers:
        raise InputError(
            f"The Dask scheduler at {address} has no workers.",
            "Start some on each machine:  dask worker ADDRESS --nworkers auto --nthreads 1",
        )
    crowded = [name for name, worker in sorted(workers.items()) if worker["nthreads"] != 1]
    if crowded:
        raise InputError(
            f"{len(crowded)} of {len(workers)} Dask workers run several threads; the first is "
            f"{crowded[0]}. A training needs a process of its own.",
            "Start them with one each:  dask worker ADDRESS --nworkers auto --nthreads 1",
        )


def _joblib() -> Any:
    try:
        import joblib
    except ImportError as error:
        raise require_extra("joblib", "train", "run the folds of a cross-validation") from error
    return joblib
