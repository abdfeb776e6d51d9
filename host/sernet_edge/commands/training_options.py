"""Options that `train` and `quantize` share; apart, so that no other command loads training."""

import click

from sernet_edge.train.quantize import USUAL_CLIPS

calibration_clips_option = click.option(
    "--calibration-clips",
    type=int,
    default=USUAL_CLIPS,
    show_default=True,
    help="Clips to calibrate the int8 model on.",
)
