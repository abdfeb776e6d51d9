"""Which module makes the tables of which algorithm, and how the C names it."""

from sernet_gen.kernels import direct, first_layer, winograd
from sernet_gen.kernels.choice import Algorithm, Kernel

_KERNELS: dict[Algorithm, Kernel] = {
    "direct": direct,
    "winograd": winograd,
    "first_layer": first_layer,
}


def kernel_of(algorithm: Algorithm) -> Kernel:
    """Return the module of `algorithm`; raises KeyError where there is none."""
    return _KERNELS[algorithm]


def algorithms() -> tuple[Algorithm, ...]:
    """Return the algorithms that there are."""
    return tuple(_KERNELS)


def group_kernel_names(algorithm: Algorithm) -> tuple[str, str]:
    """Return the kernel's value of sn_kernel, and its member of the union in sn_operator."""
    return f"SN_KERNEL_{algorithm.upper()}", algorithm
