"""The C text of constants: literals, line width, ranges."""

import numpy as np
import pytest

from sernet_gen.csyntax import abi_lock, c_array, c_pairs


def test_array_is_flat_wrapped_and_ends_each_line_without_blanks():
    text = c_array("int16_t", "table", np.arange(-20, 40).reshape(6, 10))
    lines = text.splitlines()
    assert lines[0] == "static const int16_t table[60] = {"
    assert lines[-1] == "};"
    assert all(len(line) <= 100 and line == line.rstrip() for line in lines)
    words = " ".join(lines[1:-1]).replace(",", " ").split()
    assert [int(word) for word in words] == list(range(-20, 40))


def test_array_may_be_global_and_aligned():
    text = c_array("int8_t", "bytes", [1, 2], static=False, aligned=16)
    assert text == "const int8_t bytes[2] __attribute__((aligned(16))) = {\n    1, 2,\n};\n"


def test_pairs_become_structs():
    text = c_pairs("sn_point", "int32_t", "points", np.array([[1, -2], [3, -4]]))
    assert text == "static const sn_point points[2] = {\n    {1, -2}, {3, -4},\n};\n"


@pytest.mark.parametrize(
    ("ctype", "values"),
    [("int8_t", [128]), ("uint8_t", [-1]), ("int32_t", [2**31]), ("int64_t", [])],
)
def test_values_that_the_type_cannot_hold_are_refused(ctype, values):
    with pytest.raises(ValueError, match=f"odd: {len(values)} values do not fit {ctype}"):
        c_array(ctype, "odd", values)


def test_abi_lock_names_the_cure():
    assert abi_lock(7) == (
        "#if SN_RUNTIME_ABI != 7\n"
        "#error Generated for another runtime: run `sernet-edge build` again.\n"
        "#endif\n"
    )
