"""Boards in software: unicorn, QEMU and the host process."""
