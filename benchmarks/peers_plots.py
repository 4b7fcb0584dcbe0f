"""The plots of docs/benchmarks.md.

    python -m benchmarks.peers_plots peers FIGURES.json FOLDER
    python -m benchmarks.peers_plots growth SCALE.json FOLDER

Runs in the peers' environment, which has matplotlib, and imports nothing of the engine.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.ticker import LogLocator, StrMethodFormatter

Figures = Mapping[str, Mapping[str, Mapping[str, Any]]]
_DATA = {"reports": "Reports of the generator", "febrl4": "febrl4 without soc_sec_id"}
_LOOKS = {
    "Reunite": ("#0b5394", "o", "-"),
    "Splink": ("#b45f06", "s", "--"),
    "recordlinkage": ("#38761d", "^", ":"),
}
_STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "reunite",
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.3,
    "figure.facecolor": "white",
}


def recall(figures: Figures, to: Path) -> None:
    """Recall at k, the mean of both directions."""
    panels, axes = plt.subplots(1, len(figures), figsize=(9, 3.6), layout="constrained", squeeze=False)
    for at, (data, engines) in zip(axes[0], figures.items(), strict=True):
        depths = (1, 10, 50)
        for name, one in engines.items():
            means = [sum(one[f"recall_at_{depth}"].values()) / 2 for depth in depths]
            _line(at, depths, means, name)
        at.set(
            title=_DATA[data], xscale="log", xlabel="k, pairs looked at for a report", ylabel="recall at k"
        )
        at.set_xticks(depths, [str(depth) for depth in depths])
        at.minorticks_off()
    _finish(panels, axes[0], to)


def precision(figures: Figures, to: Path) -> None:
    """Precision against recall."""
    panels, axes = plt.subplots(1, len(figures), figsize=(9, 3.6), layout="constrained", squeeze=False)
    for at, (data, engines) in zip(axes[0], figures.items(), strict=True):
        for name, one in engines.items():
            points = one["curve"]
            _line(at, [x for x, _ in points], [y for _, y in points], name, marks=False)
        at.set(title=_DATA[data], xlabel="recall", ylabel="precision")
        if data == "reports":
            at.set(xlim=(0, 1), ylim=(0, 1.02))
        else:
            at.set(xlim=(0.98, 1.0005), ylim=(0.98, 1.0005))
            at.set_title(f"{_DATA[data]} (upper corner only)")
    _finish(panels, axes[0], to)


def calibration(figures: Figures, to: Path) -> None:
    """The share of true pairs against the stated probability, in tenths, of reports."""
    panels, at = plt.subplots(figsize=(5, 4), layout="constrained")
    at.plot([0, 1], [0, 1], color="grey", linewidth=1, label="as stated")
    for name, one in figures["reports"].items():
        points = one["calibration"]
        _line(at, [x for x, _, _ in points], [y for _, y, _ in points], name)
    at.set(title=_DATA["reports"], xlabel="stated probability", ylabel="share of pairs that are true")
    at.set(xlim=(0, 1), ylim=(0, 1.02))
    _finish(panels, [at], to)


def growth(scale: Sequence[Mapping[str, float]], to: Path) -> None:
    """Time of one query against the size of the other side, with a line that grows as the size does."""
    panels, at = plt.subplots(figsize=(5.4, 4), layout="constrained")
    rows = [one["rows"] for one in scale]
    at.plot(
        rows, [one["p50_ms"] for one in scale], color="#0b5394", marker="o", label="half of the queries (p50)"
    )
    at.plot(
        rows,
        [one["p95_ms"] for one in scale],
        color="#b45f06",
        marker="s",
        linestyle="--",
        label="95 of 100 (p95)",
    )
    last = scale[-1]
    straight = [last["p50_ms"] * one / last["rows"] for one in rows]
    at.plot(rows, straight, color="grey", linestyle=":", label="in proportion to the size")
    for one in scale:
        at.annotate(
            f"{one['p50_ms']:.1f} ms",
            (one["rows"], one["p50_ms"]),
            textcoords="offset points",
            xytext=(4, -12),
        )
    at.set(
        xscale="log",
        yscale="log",
        xlabel="reports on the other side",
        ylabel="milliseconds a query, one core",
    )
    at.set_xticks(rows, [f"{int(one):,}" for one in rows])
    at.minorticks_off()
    at.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    at.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    _finish(panels, [at], to)


def _line(at: Any, x: Sequence[float], y: Sequence[float], name: str, marks: bool = True) -> None:
    colour, mark, dashes = _LOOKS[name]
    at.plot(x, y, color=colour, linestyle=dashes, marker=mark if marks else "", label=name, linewidth=1.8)


def _finish(panels: Any, axes: Sequence[Any], to: Path) -> None:
    axes[0].legend(frameon=False)
    panels.savefig(to, metadata={"Date": None})
    plt.close(panels)
    # matplotlib ends lines of paths with spaces, which editors and checks of white space dislike.
    to.write_text("\n".join(line.rstrip() for line in to.read_text(encoding="utf-8").splitlines()) + "\n")


def main(arguments: Sequence[str]) -> None:
    """The command."""
    what, read, folder = (
        arguments[0],
        json.loads(Path(arguments[1]).read_text(encoding="utf-8")),
        Path(arguments[2]),
    )
    with mpl.rc_context(_STYLE):
        if what == "growth":
            growth(read, folder / "growth.svg")
        else:
            for draw in (recall, precision, calibration):
                draw(read, folder / f"peers-{draw.__name__}.svg")


if __name__ == "__main__":
    main(sys.argv[1:])
