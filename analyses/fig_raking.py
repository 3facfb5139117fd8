"""
fr:
  caption: "Le calage de {last} atteint les marges en {cycles:n} cycles, depuis un écart de {start:num1} point(s)."
  reading: "chaque cycle ramène tour à tour les marges à leurs parts. L'écart, de {start:num1} point(s) avant calage en {last}, y est inférieur à un dix-milliardième en {cycles:n} cycles."
  base: "calage de chaque vague sur la forme juridique, la taille et le territoire ; échelle logarithmique ; {n:n} poids en {last} ; calcul exact, sans intervalle."
  alt: "Lignes descendantes, une par vague ; en {last}, de {start:num1} point(s) à moins d'un dix-milliardième en {cycles:n} cycles."
en:
  caption: "Raking of {last} reaches the margins in {cycles:n} cycles, from a gap of {start:num1} points."
  reading: "each cycle brings the margins to their shares in turn. The gap, {start:num1} points before raking in {last}, is below one ten-billionth after {cycles:n} cycles."
  base: "raking of each wave to legal form, size and territory; logarithmic scale; {n:n} weights in {last}; exact computation, without interval."
  alt: "Falling lines, one a wave; in {last}, from {start:num1} points to less than one ten-billionth in {cycles:n} cycles."
"""

from panel_eis import style


def data(study):
    trace = study.table("raking")
    return trace[trace["step"] == "calibration"].drop(columns="step").reset_index(drop=True)


def values(data, study):
    last = data[data["wave"] == study.waves[-1]].groupby("iteration")["largest_gap"].max()
    weights = study.table("weighting").query("wave == @study.waves[-1] and weight == 'weight'")
    return {
        "n": int(weights["n"].iloc[0]),
        "last": study.waves[-1],
        "start": 100 * last.iloc[0],
        "cycles": int(last.index.max()),
    }


def draw(data, study, lang):
    figure, axes = style.new_figure(2.6)
    colours = style.wave_colours(study.waves)
    worst = data.groupby(["wave", "iteration"])["largest_gap"].max()
    for k, wave in enumerate(study.waves):
        line = worst[wave].clip(lower=1e-12)
        axes.plot(
            line.index,
            line,
            color=colours[wave],
            linewidth=2,
            linestyle=["-", "--", "-.", ":"][k % 4],
            label=wave,
        )
    axes.set_yscale("log")
    axes.minorticks_off()
    ticks = [1e-1, 1e-4, 1e-7, 1e-10]
    signs = ("10\u207b\u00b9", "10\u207b\u2074", "10\u207b\u2077", "10\u207b\u00b9\u2070")
    axes.set_yticks(ticks, list(signs))
    axes.grid(visible=True, axis="y", color=style.LIGHT, linewidth=0.8)
    axes.set_xlabel({"fr": "Cycles", "en": "Cycles"}[lang])
    axes.set_ylabel({"fr": "Écart (part de 1)", "en": "Gap (share of 1)"}[lang])
    axes.legend(loc="upper right")
    return figure
