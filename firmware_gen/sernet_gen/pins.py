"""How the files of boards name pins."""

import re

from sernet_cal.errors import InputError


def pin_number(text: str) -> tuple[int, int]:
    """Return (port, pin) of a pin written as "P1.10", "PA10" (of port 0, PB1 of port 1), or "GP1"
    (of port 0); raises InputError.
    """
    match = re.fullmatch(r"P(\d)\.(\d\d)|P([A-K])(\d\d?)|GP(\d\d?)", text)
    if match is None:
        raise InputError(
            f"{text!r} is no pin; one is written as P1.10 (port, dot, two digits), as PA10 or as "
            "GP1."
        )
    if match[3] is not None:
        return ord(match[3]) - ord("A"), int(match[4])
    return int(match[1] or 0), int(match[2] or match[5])
