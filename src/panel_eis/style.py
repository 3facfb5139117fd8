"""The house style of figures: one theme, one palette, one way to save.

Every colour has a contrast of 3:1 at least on white, and neighbours are separated by white or by 3:1; text is readable at
phone width; the same figure is the same bytes on every run. This module and the exhibits are the only ones
that import seaborn.
"""

from __future__ import annotations

import io
import logging
import math
import os
from importlib import resources
from typing import TYPE_CHECKING, Any

from panel_eis.files import replacing, write_text
from panel_eis.wording import percent

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

    from panel_eis.errors import Lang

BLUE, TEAL, PLUM, ORANGE = "#12436D", "#28A197", "#801650", "#F46A25"
INK, GREY, SILVER, LIGHT = "#1F2933", "#6B7280", "#8A9099", "#D9DEE4"
PALETTE = (BLUE, ORANGE, PLUM, TEAL)
"""Categories, in the order that keeps neighbours at 3:1 (Government Analysis Function palette)."""
RUNGS = (SILVER, "#6F767F", "#176D5E", "#17536D", "#183871", "#0C1F3A")
"""Rungs 0–5: two greys for those who do not evaluate, then green to navy; each darker than the one before, so that the order
is seen in grey and with any colour blindness; each at 3:1 on white."""
WAVES = (SILVER, "#1C7C86", BLUE)
"""Waves from the first to the latest shown; the latest is drawn last and darkest."""

WIDTH = 5.0
"""Inches. Text of 11 points is 15 px at full size, 18 px on a desktop page and 11 px on a phone of 360 px."""

SYNTHETIC = {"fr": "DONNÉES SYNTHÉTIQUES", "en": "SYNTHETIC DATA"}
DPI = 150


def new_figure(height: float, columns: int = 1, rows: int = 1, **options: Any) -> tuple[Figure, Any]:
    """Make a figure of house width with the house theme; ``height`` in inches.

    Returns
    -------
    Figure and axes (an array of axes when there are several).

    """
    import matplotlib as mpl  # noqa: PLC0415  # heavy: only when drawing
    import matplotlib.pyplot as plt  # noqa: PLC0415
    import seaborn as sns  # noqa: PLC0415

    mpl.use("Agg")
    _load_fonts()
    sns.set_theme(style="white", rc=_THEME)
    return plt.subplots(rows, columns, figsize=(WIDTH, height), layout="constrained", **options)


_THEME = {
    "font.family": ["Panel Sans", "DejaVu Sans"],
    "font.size": 11,
    "axes.titlesize": 11,
    "axes.titleweight": "semibold",
    "axes.titlelocation": "left",
    "axes.labelsize": 10.5,
    "axes.labelcolor": INK,
    "text.color": INK,
    "axes.edgecolor": GREY,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.grid": False,
    "grid.color": LIGHT,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 10.5,
    "ytick.labelsize": 10.5,
    "xtick.bottom": False,
    "ytick.left": False,
    "legend.frameon": False,
    "legend.fontsize": 10.5,
    "svg.fonttype": "path",
    "figure.dpi": DPI,
}


def _load_fonts() -> None:
    from matplotlib import font_manager  # noqa: PLC0415

    # DejaVu stands behind our font for rare signs and has no semibold: matplotlib would say so for each figure.
    logging.getLogger("matplotlib.font_manager").addFilter(lambda said: "find font weight" not in said.msg)

    loaded = {f.fname for f in font_manager.fontManager.ttflist}
    folder = resources.files("panel_eis") / "render" / "fonts"
    for font in sorted(folder.iterdir(), key=lambda f: f.name):
        if font.name.startswith("PanelSans") and font.name.endswith(".ttf") and str(font) not in loaded:
            font_manager.fontManager.addfont(str(font))


def grid_x(axes: Axes) -> None:
    """Light vertical lines behind horizontal marks."""
    axes.grid(visible=True, axis="x", color=LIGHT, linewidth=0.8)
    axes.set_axisbelow(True)


def share_axis(axes: Axes, lang: Lang, *, room: float = 0.0) -> None:
    """Horizontal axis of shares from none to all, marked at the quarters; ``room`` beyond for a mark on the end."""
    quarters = (0, 0.25, 0.5, 0.75, 1)
    axes.set_xlim(0, 1 + room)
    axes.set_xticks(quarters, [percent(q, lang) for q in quarters])
    grid_x(axes)


def text_on(colour: str) -> str:
    """White or ink, whichever contrasts more with a fill."""
    return "#FFFFFF" if contrast(colour, "#FFFFFF") >= contrast(colour, INK) else INK


def contrast(first: str, second: str) -> float:
    """Contrast ratio of two colours, 1 to 21.

    Source: WCAG 2.2, definitions of contrast ratio and relative luminance.
    """
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour.lstrip("#")[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def blend(colour: str, strength: float) -> str:
    """Mix a colour into white; 0 is white, 1 the colour."""
    channels = [int(colour.lstrip("#")[i : i + 2], 16) for i in (0, 2, 4)]
    return "#" + "".join(f"{round(255 - strength * (255 - c)):02X}" for c in channels)


def square(x: float, y: float, colour: str) -> Rectangle:
    """Give a cell of a matrix, centred on (x, y), with a white border."""
    from matplotlib.patches import Rectangle as Patch  # noqa: PLC0415

    return Patch((x - 0.5, y - 0.5), 1, 1, facecolor=colour, edgecolor="white", linewidth=2)


Box = tuple[float, float, float, float]


def label_points(
    axes: Axes,
    points: Sequence[tuple[float, float]],
    labels: Sequence[str],
    *,
    size: float = 10.5,
    lines: Sequence[Box] = (),
) -> None:
    """Write a label beside each point, on the first side where it meets no point, no label and no line.

    Parameters
    ----------
    points
        In data coordinates of axes whose limits are set.
    size
        Of the text, in points.
    lines
        Segments to keep clear of where possible: ``x1, y1, x2, y2``, in data coordinates.

    """
    from matplotlib.patheffects import withStroke  # noqa: PLC0415

    spots = [_in_axes(axes, x, y) for x, y in points]
    wide, tall = _size(axes)
    dots = [(x - 5 / wide, y - 5 / tall, x + 5 / wide, y + 5 / tall) for x, y in spots]
    kept = [
        (min(a, c), min(b, d), max(a, c), max(b, d))
        for x1, y1, x2, y2 in lines
        for (a, b), (c, d) in [(_in_axes(axes, x1, y1), _in_axes(axes, x2, y2))]
    ]
    placed: list[Box] = []
    for (x, y), label in sorted(zip(spots, labels, strict=True)):
        text = (0.46 * size * len(label) / wide, 1.1 * size / tall)
        boxes = {side: _label_box((x, y), text, side, (7 / wide, 6 / tall)) for side in _LABEL_SIDES}
        cost = {
            side: (
                20 * (b[0] < 0 or b[2] > 1 or b[1] < 0 or b[3] > 1)
                + 6 * sum(_meet(b, other) for other in (*placed, *dots))
                + 4 * (_nearest(b, spots, (wide, tall)) != (x, y))  # it would name its neighbour
                + sum(_meet(b, other) for other in kept)
            )
            for side, b in boxes.items()
        }
        side = min(_LABEL_SIDES, key=lambda s: cost[s])
        placed.append(boxes[side])
        axes.annotate(
            label,
            (x, y),
            xycoords="axes fraction",
            xytext=(7 * side[0], 6 * side[1]),
            textcoords="offset points",
            ha=("right", "center", "left")[side[0] + 1],
            va=("top", "center", "bottom")[side[1] + 1],
            fontsize=size,
            path_effects=[withStroke(linewidth=2.5, foreground="white")],
        )


def _in_axes(axes: Axes, x: float, y: float) -> tuple[float, float]:
    across, up = axes.transAxes.inverted().transform(axes.transData.transform((x, y)))
    return float(across), float(up)


def _size(axes: Axes) -> tuple[float, float]:
    """Width and height of axes in points, before the layout settles them."""
    box, inches = axes.get_position(), axes.figure.get_size_inches()  # type: ignore[union-attr]  # never a subfigure
    return 72 * float(inches[0]) * box.width, 72 * float(inches[1]) * box.height


def _nearest(
    box: Box, spots: Sequence[tuple[float, float]], size: tuple[float, float]
) -> tuple[float, float]:
    """Of some spots, the one that the middle of a label is nearest to."""
    middle = (0.5 * (box[0] + box[2]), 0.5 * (box[1] + box[3]))
    return min(spots, key=lambda s: math.hypot((middle[0] - s[0]) * size[0], (middle[1] - s[1]) * size[1]))


_LABEL_SIDES = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1))


def _label_box(
    spot: tuple[float, float], text: tuple[float, float], side: tuple[int, int], gap: tuple[float, float]
) -> Box:
    """Corners of a text of a given size on a side of a spot."""
    left, low = (
        at + apart if way == 1 else at - apart - length if way == -1 else at - length / 2
        for at, length, way, apart in zip(spot, text, side, gap, strict=True)
    )
    return left, low, left + text[0], low + text[1]


def _meet(one: Box, two: Box) -> bool:
    return one[0] < two[2] and two[0] < one[2] and one[1] < two[3] and two[1] < one[3]


def wave_colours(waves: tuple[str, ...]) -> dict[str, str]:
    """One colour a wave: the latest is always dark blue, the ones before it teal, then grey."""
    latest = [WAVES[2], WAVES[1], WAVES[0]]
    return {wave: latest[min(i, 2)] for i, wave in enumerate(reversed(waves))}


def _settle(figure: Figure, strip: float) -> None:
    """Find the places of axes once for both files, above a strip kept for the footer.

    The solver's last digits depend on what the process did before; the names of clips in the SVG would too. A millionth of
    the figure is no pixel.
    """
    engine = figure.get_layout_engine()
    if engine is None:
        return
    engine.set(rect=(0, strip, 1, 1 - strip))  # type: ignore[call-arg]  # an option of constrained layout
    engine.execute(figure)
    figure.set_layout_engine("none")
    for axes in figure.axes:
        x, y, width, height = (round(float(v), 6) for v in axes.get_position(original=True).bounds)
        axes.set_position((x, y, width, height))


def save_figure(figure: Figure, stem: Path, *, lang: Lang, title: str, synthetic: bool) -> None:
    """Write ``<stem>.svg`` and ``<stem>.png``, the same bytes from run to run, and close the figure.

    The footer and the files' metadata say that the data are synthetic when they are.
    """
    import matplotlib.pyplot as plt  # noqa: PLC0415
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415
    from matplotlib.backends.backend_svg import FigureCanvasSVG  # noqa: PLC0415
    from matplotlib.text import Text  # noqa: PLC0415

    if synthetic:
        figure.text(
            0.995,
            0.002,
            SYNTHETIC[lang],
            ha="right",
            va="bottom",
            fontsize=8.5,
            color=PLUM,
            weight="semibold",
        )
    for text in figure.findobj(Text):  # the apostrophe of the pages, not the typewriter's
        text.set_text(text.get_text().replace("'", "’"))
    _settle(figure, 0.14 / figure.get_figheight() if synthetic else 0.0)
    said = f"{SYNTHETIC[lang]}. {title}" if synthetic else title
    # ``savefig`` would first draw all without a picture, to let the layout move: it is settled; that is 40 % of the time.
    with plt.rc_context({"svg.hashsalt": stem.name}):
        buffer = io.StringIO()
        FigureCanvasSVG(figure).print_svg(
            buffer, metadata={"Date": None, "Title": said, "Creator": "panel_eis"}
        )
        write_text(stem.with_suffix(".svg"), buffer.getvalue())
        figure.set_dpi(DPI)  # which is 72 after an SVG
        with replacing(stem.with_suffix(".png")) as temporary:
            FigureCanvasAgg(figure).print_png(temporary, metadata={"Title": said, "Software": "panel_eis"})
    plt.close(figure)


# One thread: rasterising must not depend on the number of cores.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
