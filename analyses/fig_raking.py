"""
fr:
  caption: "La convergence du calage : écart le plus grand à une marge, après chaque cycle."
  reading: "chaque cycle ramène tour à tour les marges à leurs parts. L'écart, de {start:num1} points avant calage en {last}, y est inférieur à un dix-milliardième en {cycles:n} cycles."
  base: "calage de chaque vague sur la forme juridique, la taille et le territoire ; échelle logarithmique."
  alt: "Lignes descendantes, une par vague, de plusieurs points à moins d'un dix-milliardième."
en:
  caption: "Raking converges: largest gap to a margin, after each cycle."
  reading: "each cycle brings the margins to their shares in turn. The gap, {start:num1} points before raking in {last}, is below one ten-billionth after {cycles:n} cycles."
  base: "raking of each wave to legal form, size and territory; logarithmic scale."
  alt: "Falling lines, one a wave, from several points to less than one ten-billionth."
"""

from panel_eis import style


def data(study):
    trace = study.table("raking")
    return trace[trace["step"] == "calibration"].drop(columns="step").reset_index(drop=True)


def values(data, study):
    last = data[data["wave"] == study.waves[-1]].groupby("iteration")["largest_gap"].max()
    return {"last": study.waves[-1], "start": 100 * last.iloc[0], "cycles": int(last.index.max())}


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
