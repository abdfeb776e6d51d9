"""A benchmark as a picture: what each layer costs, as a PNG file."""

from sernet_edge.bench.parts import FRONT_END, LINK, NETWORK
from sernet_edge.bench.present import GROUP_TITLES, headline
from sernet_edge.bench.result import GROUPS, Bench, Layer
from sernet_edge.drawing import new_figure, png

_COLOURS = {NETWORK: "tab:blue", FRONT_END: "tab:orange", LINK: "tab:grey"}
_COUNTED = {
    True: "estimated cycles, millions (line: low to high)",
    False: "instructions, millions",
}


def bench_picture(bench: Bench) -> bytes:
    """Return the layers' costs as horizontal bars: nominal cycles with the range from low to high,
    or instructions where the core has no table. Raises SernetError without matplotlib."""
    figure = new_figure(9.0, 1.2 + 0.26 * len(bench.layers))
    axes = figure.subplots()
    for group in GROUPS:
        chosen = [(at, layer) for at, layer in enumerate(bench.layers) if layer.group == group]
        axes.barh(
            [at for at, _ in chosen],
            [layer.cost.weight / 1e6 for _, layer in chosen],
            color=_COLOURS[group],
            label=f"{GROUP_TITLES[group]}, {100 * bench.share(bench.cost(group)):.1f} %",
        )
    for at, layer in enumerate(bench.layers):
        low, high = _range(layer)
        axes.plot([low, high], [at, at], color="black", linewidth=1.5)
    axes.set_yticks(range(len(bench.layers)), [_label(layer) for layer in bench.layers])
    axes.invert_yaxis()
    axes.grid(axis="x", alpha=0.3)
    axes.set_xlabel(_COUNTED[bench.cost().cycles is not None])
    axes.set_title(headline(bench), fontsize="medium")
    axes.legend()
    return png(figure)


def _label(layer: Layer) -> str:
    return f"{layer.name} ({layer.algorithm})" if layer.algorithm else layer.name


def _range(layer: Layer) -> tuple[float, float]:
    cycles = layer.cost.cycles
    if cycles is None:
        return layer.cost.instructions / 1e6, layer.cost.instructions / 1e6
    return cycles.low / 1e6, cycles.high / 1e6
