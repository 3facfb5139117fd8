"""How colours are seen: contrast, lightness, distance, and simulated colour blindness.

Sources: contrast ratio and relative luminance, WCAG 2.2 (W3C 2024); L*a*b* of CIE 1976, white point D65; CIEDE2000 after
Sharma, Wu and Dalal (2005), Color Research & Application 30(1), 21-30; protanopia, deuteranopia and tritanopia after
Machado, Oliveira and Fernandes (2009), IEEE Transactions on Visualization and Computer Graphics 15(6), 1291-1298 (severity
1, applied to linear RGB).
"""

import numpy as np

MACHADO = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}  # fmt: skip
_TO_XYZ = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]])  # fmt: skip
_WHITE = np.array([0.95047, 1.0, 1.08883])


def linear(colour):
    """Linear RGB, 0 to 1, of ``#rrggbb`` or of an array of sRGB, 0 to 1."""
    if isinstance(colour, str):
        digits = colour.lstrip("#")
        digits = digits if len(digits) == 6 else "".join(2 * d for d in digits)
        colour = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    values = np.asarray(colour, dtype=float)
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def luminance(colour):
    return float(linear(colour) @ [0.2126, 0.7152, 0.0722])


def contrast(first, second):
    """1 to 21."""
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


def seen_by(colour, vision):
    """Linear RGB of a colour as seen with a colour blindness of ``MACHADO``, or with none (``normal``)."""
    rgb = linear(colour)
    return rgb if vision == "normal" else np.clip(rgb @ np.array(MACHADO[vision]).T, 0, 1)


def lab(rgb):
    """L*a*b* of linear RGB."""
    ratio = (_TO_XYZ @ np.asarray(rgb)) / _WHITE
    f = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def delta_e(first, second):
    """CIEDE2000 between two L*a*b* colours; about 1 is just noticeable side by side."""
    (l1, a1, b1), (l2, a2, b2) = first, second
    mean7 = ((np.hypot(a1, b1) + np.hypot(a2, b2)) / 2) ** 7
    stretch = 1.5 - 0.5 * np.sqrt(mean7 / (mean7 + 25**7))
    a1, a2 = stretch * a1, stretch * a2
    c1, c2 = np.hypot(a1, b1), np.hypot(a2, b2)
    h1, h2 = np.degrees(np.arctan2(b1, a1)) % 360, np.degrees(np.arctan2(b2, a2)) % 360
    turn = (h2 - h1 + 180) % 360 - 180 if c1 * c2 else 0.0
    turn = 180.0 if turn == -180 and h2 > h1 else turn
    lightness, chroma, hue = l2 - l1, c2 - c1, 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2))
    mean_l, mean_c = (l1 + l2) / 2, (c1 + c2) / 2
    mean_h = h1 + h2
    if c1 * c2:
        mean_h = (
            (h1 + h2) / 2
            if abs(h1 - h2) <= 180
            else ((h1 + h2 + 360) / 2 if h1 + h2 < 360 else (h1 + h2 - 360) / 2)
        )
    cosines = [np.cos(np.radians(k * mean_h - d)) for k, d in ((1, 30), (2, 0), (3, -6), (4, 63))]
    t = 1 - 0.17 * cosines[0] + 0.24 * cosines[1] + 0.32 * cosines[2] - 0.20 * cosines[3]
    weight_l = 1 + 0.015 * (mean_l - 50) ** 2 / np.sqrt(20 + (mean_l - 50) ** 2)
    weight_c, weight_h = 1 + 0.045 * mean_c, 1 + 0.015 * mean_c * t
    rotation = (
        -2
        * np.sqrt(mean_c**7 / (mean_c**7 + 25**7))
        * np.sin(np.radians(60 * np.exp(-(((mean_h - 275) / 25) ** 2))))
    )
    parts = lightness / weight_l, chroma / weight_c, hue / weight_h
    return float(np.sqrt(sum(p * p for p in parts) + rotation * parts[1] * parts[2]))


def difference(first, second, vision="normal"):
    """CIEDE2000 between two colours as seen with a colour blindness."""
    return delta_e(lab(seen_by(first, vision)), lab(seen_by(second, vision)))


def lightness(colour):
    """L*: what is left of a colour in grey, 0 to 100."""
    return float(lab(linear(colour))[0])
