"""Writing firmware to boards: the Nano's bootloader, UF2 drives, debug probes."""
