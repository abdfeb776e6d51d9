"""The generated file of the front-end's constants, sn_frontend_data.c."""

from sernet_cal import mfcc_tables
from sernet_cal.features import FrontEnd
from sernet_cal.mfcc_tables import AffineMaps
from sernet_gen.csyntax import abi_lock, c_array, c_pairs

FILE_NAME = "sn_frontend_data.c"
_FORMS = {"stream": "SN_FORM_STREAM", "paper": "SN_FORM_PAPER"}


def render_frontend(front_end: FrontEnd, input_scale: float, input_zero_point: int) -> str:
    """Return the text of sn_frontend_data.c, which defines `sn_generated_frontend`.

    The same arguments give the same text. Raises ModelError for unusable normalisation values.
    """
    maps = mfcc_tables.affine_maps(front_end, input_scale, input_zero_point)
    return "\n".join(
        [
            f"// The {front_end.form} front-end with the {front_end.window} window. Generated.\n"
            '#include "frontend/sn_frontend.h"\n#include "sn_status.h"\n',
            abi_lock(),
            *_fixed_tables(front_end),
            *_model_tables(maps),
            _definition(front_end, maps),
        ]
    )


def _fixed_tables(front_end: FrontEnd) -> list[str]:
    mel = mfcc_tables.mel_slopes()
    odd, even = mfcc_tables.folded_dct_tables()
    return [
        c_array("int32_t", "window", mfcc_tables.window_table(front_end.window)),
        c_pairs("sn_point", "int32_t", "twiddles", mfcc_tables.twiddle_table()),
        c_array("uint32_t", "square_roots", mfcc_tables.sqrt_table()),
        c_array("uint32_t", "logarithms", mfcc_tables.log2_table()),
        c_array("uint8_t", "mel_count", mel.count),
        c_array("uint16_t", "mel_weights", mel.weights),
        c_array("int16_t", "odd_cosines", odd, aligned=4),
        c_array("int16_t", "even_cosines", even, aligned=4),
    ]


def _model_tables(maps: AffineMaps) -> list[str]:
    return [
        c_array("int32_t", "multiplier", maps.multiplier),
        c_array("int64_t", "offset", maps.offset),
        c_array("int8_t", "silence", maps.silence),
    ]


def _definition(front_end: FrontEnd, maps: AffineMaps) -> str:
    fields = {
        "form": _FORMS[front_end.form],
        "window": "window",
        "twiddles": "twiddles",
        "square_roots": "square_roots",
        "logarithms": "logarithms",
        "first_bin": mfcc_tables.mel_slopes().first_bin,
        "mel_count": "mel_count",
        "mel_weights": "mel_weights",
        "odd_cosines": "odd_cosines",
        "even_cosines": "even_cosines",
        "epsilon": mfcc_tables.epsilon(),
        "multiplier": "multiplier",
        "offset": "offset",
        "limit": maps.limit,
        "shift": maps.shift,
        "zero_point": maps.zero_point,
        "silence": "silence",
    }
    lines = "".join(f"    .{name} = {value},\n" for name, value in fields.items())
    return (
        "extern const sn_frontend sn_generated_frontend;\n"
        f"const sn_frontend sn_generated_frontend = {{\n{lines}}};\n"
    )
