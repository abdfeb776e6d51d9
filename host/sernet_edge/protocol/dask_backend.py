"""joblib's Dask backend, made to tell of workers that die and of a scheduler that goes away.

As joblib has it (1.6), a task whose worker died never comes back: only results are passed on, and
the caller waits for ever; and the tasks of a cluster with one worker run in the caller's process.
"""

from functools import cache
from typing import Any

NAME = "sernet-dask"


@cache
def register() -> str:
    """Make the backend known to joblib; returns its name. joblib and distributed are needed."""
    import joblib
    from joblib._dask import DaskDistributedBackend

    class TellingBackend(DaskDistributedBackend):  # type: ignore[misc]
        """Passes the error of a task that was lost to joblib, in place of a result."""

        def effective_n_jobs(self, n_jobs: int) -> int:
            """Return the number of workers; 2 for one, which joblib would not send tasks to."""
            return max(2, int(super().effective_n_jobs(n_jobs)))

        def submit(self, func: Any, callback: Any = None) -> Any:
            """Send `func` to the cluster; `callback` gets its result, or what lost it."""
            future = super().submit(func, callback)

            def tell(ended: Any) -> None:
                if ended.exception() is not None:
                    callback(ended.exception())

            future.add_done_callback(tell)
            return future

        def retrieve_result_callback(self, out: Any) -> Any:
            """Return what `callback` got; raises it if it is an error."""
            if isinstance(out, BaseException):
                raise out
            return super().retrieve_result_callback(out)

    joblib.register_parallel_backend(NAME, TellingBackend)
    return NAME
