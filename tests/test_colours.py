"""Every colour of figures and pages: contrast, grey, colour blindness; none that the palette does not know."""

import importlib.util
import itertools
import re
import sys

import pytest

from colour_vision import MACHADO, contrast, delta_e, difference, lightness, linear
from panel_eis import style

BASES = {
    name: getattr(style, name)
    for name in ("BLUE", "TEAL", "PLUM", "ORANGE", "INK", "GREY", "SILVER", "LIGHT")
}
NAMED = {c.lower() for c in (*BASES.values(), *style.PALETTE, *style.RUNGS, *style.WAVES, "#FFFFFF")}
CLEAR = 7.5
"""CIEDE2000. One is just noticeable between large fields side by side; for small marks apart, several times that."""
GREY_STEP = 7
"""L*, of 100: what is left between neighbours when a figure is printed in grey."""
VISIONS = ("normal", *MACHADO)


@pytest.mark.parametrize(("first", "second", "published"), [
    ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425), ((50, 2.5, 0), (73, 25, -18), 27.1492),
    ((50, 2.5, 0), (61, -5, 29), 22.8977), ((50, 2.49, -0.001), (50, -2.49, 0.0011), 7.2195),
    ((2.0776, 0.0795, -1.135), (0.9033, -0.0636, -0.5514), 0.9082), ((50, 0, 0), (50, -1, 2), 2.3669),
])  # fmt: skip
def test_distances_agree_with_the_published_pairs(first, second, published):
    """Sharma, Wu and Dalal (2005), table 1."""
    assert delta_e(first, second) == pytest.approx(published, abs=5e-5)


def test_greys_are_seen_alike_with_any_colour_blindness_and_contrast_is_that_of_the_house():
    """Rows of the matrices of Machado et al. add up to one; the package's own contrast is the same formula."""
    for matrix in MACHADO.values():
        assert [sum(row) for row in matrix] == pytest.approx([1, 1, 1], abs=2e-6)
    assert float(linear("#ffffff").sum()) == 3
    for colour in NAMED:
        assert style.contrast(colour, "#FFFFFF") == pytest.approx(contrast(colour, "#FFFFFF"))


@pytest.mark.parametrize("palette", ["RUNGS", "WAVES"])
def test_an_ordered_palette_darkens_step_by_step_whoever_looks(palette):
    """Lightness falls at each step; any two are told apart in normal vision and with three colour blindnesses."""
    colours = getattr(style, palette)
    for first, second in itertools.pairwise(colours):
        assert lightness(first) - lightness(second) >= GREY_STEP, (first, second)
    for (first, second), vision in itertools.product(itertools.combinations(colours, 2), VISIONS):
        assert difference(first, second, vision) >= CLEAR, (first, second, vision)


def _exhibits(root):
    sys.path.insert(0, str(root / "analyses"))
    try:
        for path in sorted((root / "analyses").glob("fig_*.py")):
            spec = importlib.util.spec_from_file_location(f"colours_{path.stem}", path)
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            yield path.stem, module
    finally:
        sys.path.remove(str(root / "analyses"))


def test_the_colours_of_an_exhibit_are_told_apart_or_have_marks_of_their_own(root):
    """Neighbours in grey, all pairs whoever looks; where each has a marker of its own, the shape tells them."""
    found = []
    for name, module in _exhibits(root):
        colours = getattr(module, "COLOURS", ())
        colours = list(colours.values() if isinstance(colours, dict) else colours)
        markers = getattr(module, "MARKERS", ())
        if len(set(markers.values() if isinstance(markers, dict) else markers)) >= len(colours):
            continue
        found += [
            (name, *pair) for pair in itertools.pairwise(colours)
            if abs(lightness(pair[0]) - lightness(pair[1])) < GREY_STEP
        ]  # fmt: skip
        found += [
            (name, *pair, vision) for pair, vision in itertools.product(itertools.combinations(colours, 2), VISIONS)
            if difference(*pair, vision) < CLEAR
        ]  # fmt: skip
    assert found == []


def _is_tint(colour):
    """Of a named colour mixed into white, as ``style.blend`` does."""
    values = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    for base in NAMED - {"#ffffff"}:
        full = [int(base[i : i + 2], 16) for i in (1, 3, 5)]
        strength = (255 - values[0]) / max(1, 255 - full[0])
        if 0 <= strength <= 1.01 and style.blend(base, strength).lower() in _near(colour):
            return True
    return False


def _near(colour):
    """The colour and its neighbours in the last digit of each channel: rounding."""
    values = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    return {
        "#" + "".join(f"{min(255, max(0, v + d)):02x}" for v, d in zip(values, step, strict=True))
        for step in itertools.product((-1, 0, 1), repeat=3)
    }


def test_every_colour_in_every_figure_comes_from_the_palette(as_built):
    """Read from the SVGs of both languages: a named colour, or a tint of one."""
    stray, files = {}, sorted((as_built / "exhibits").glob("??/*.svg"))
    assert len(files) > 20
    for file in files:
        text = file.read_text(encoding="utf-8")
        for colour in set(
            re.findall(r"(?:fill|stroke|stop-color)[:=] ?\"?(#[0-9a-fA-F]{6}|#[0-9a-fA-F]{3})\b", text)
        ):
            full = colour.lower() if len(colour) == 7 else "#" + "".join(2 * d for d in colour[1:].lower())
            if full not in NAMED and full != "#000000" and not _is_tint(full):
                stray.setdefault(full, set()).add(file.stem)
        assert not re.search(r"(?:fill|stroke): (?!none|url)[a-z]+", text), file
    assert stray == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_of_pages_are_read_on_each_ground(root, scheme):
    """4.5:1 for text, 3:1 for marks and for the outline of what has the focus."""
    sheet = (root / "paper" / "style.css").read_text(encoding="utf-8")
    blocks = re.findall(r":root \{(.*?)\}", sheet, re.DOTALL)
    colours = dict(re.findall(r"--([\w-]+): (#\w{6})", blocks[0]))
    assert (
        set(re.findall(r"(?<![&\w])#[0-9a-fA-F]{6}\b", re.sub(r":root \{.*?\}", "", sheet, flags=re.DOTALL)))
        == set()
    )
    if scheme == "dark":
        changed = dict(re.findall(r"--([\w-]+): (#\w{6})", blocks[1]))
        assert set(colours) - set(changed) <= {"sheet"}
        colours |= changed
    grounds = ("paper", "wash", "tint-accent", "tint-second")
    for ink, ground in itertools.product(("ink", "soft", "accent", "second"), grounds):
        assert contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)
    assert contrast(colours["second"], colours["paper"]) >= 3
    for ink in (style.INK, style.PLUM, style.GREY):
        assert contrast(ink, colours["sheet"]) >= 4.5
