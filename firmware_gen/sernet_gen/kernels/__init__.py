"""The kernels that the engine may run: which operators each fits, its memory and its C tables."""
