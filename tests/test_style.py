"""Colours that everybody can tell from white and from their neighbours, and figures that are the same bytes each time."""

import hashlib
import itertools

import pytest

from panel_eis import style


def test_contrast_agrees_with_the_published_extremes():
    """Black on white is 21:1; a colour on itself is 1:1 (WCAG 2.2)."""
    assert style.contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert style.contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)
    assert style.contrast("#12436D", "#12436D") == 1


@pytest.mark.parametrize("colour", {*style.PALETTE, *style.RUNGS, *style.WAVES, style.GREY})
def test_every_mark_has_a_contrast_of_three_on_white(colour):
    """WCAG 1.4.11, non-text contrast."""
    assert style.contrast(colour, "#FFFFFF") >= 3


def test_neighbours_in_the_palette_have_a_contrast_of_three():
    """Adjacent series are told apart without colour vision."""
    for first, second in itertools.pairwise(style.PALETTE):
        assert style.contrast(first, second) >= 3, (first, second)


@pytest.mark.parametrize("colour", style.RUNGS)
def test_text_on_a_rung_is_readable(colour):
    """4.5:1 for text; large bold text needs 3:1, ours is small."""
    assert style.contrast(style.text_on(colour), colour) >= 4.5


@pytest.mark.parametrize("colour", [style.INK, style.PLUM])
def test_text_colours_are_readable_on_white(colour):
    """4.5:1."""
    assert style.contrast(colour, "#FFFFFF") >= 4.5


def test_a_figure_is_the_same_bytes_each_time_and_says_that_it_is_synthetic(tmp_path):
    """SVG and PNG, run twice; the footer and the metadata carry the warning."""
    digests = []
    for folder in ("a", "b"):
        figure, axes = style.new_figure(2)
        axes.plot([0, 1], [0, 1])
        stem = tmp_path / folder / "fig-x"
        style.save_figure(figure, stem, lang="fr", title="Titre", synthetic=True)
        digests.append(
            [hashlib.sha256(stem.with_suffix(s).read_bytes()).hexdigest() for s in (".svg", ".png")]
        )
    assert digests[0] == digests[1]
    assert "DONNÉES SYNTHÉTIQUES" in (tmp_path / "a" / "fig-x.svg").read_text(encoding="utf-8")
    assert b"SYNTH" in (tmp_path / "a" / "fig-x.png").read_bytes()


def test_a_figure_on_real_data_says_nothing_of_the_kind(tmp_path):
    """The warning goes with the synthetic data."""
    figure, _ = style.new_figure(2)
    style.save_figure(figure, tmp_path / "fig-x", lang="en", title="Title", synthetic=False)
    assert "SYNTHETIC" not in (tmp_path / "fig-x.svg").read_text(encoding="utf-8")
