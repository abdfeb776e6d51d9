"""How many threads numpy may compute with."""

from collections.abc import Iterator
from contextlib import contextmanager

from sernet_cal.errors import require_extra


@contextmanager
def one_thread(purpose: str) -> Iterator[None]:
    """Compute with one thread in numpy's libraries, needed to `purpose`.

    Sums in parallel may end in other bits, and for matrices as small as a clip's the threads cost
    more than they bring. Raises SernetError where threadpoolctl is not installed.
    """
    try:
        from threadpoolctl import threadpool_limits
    except ImportError as error:
        raise require_extra("threadpoolctl", "train", purpose) from error
    with threadpool_limits(1):
        yield
