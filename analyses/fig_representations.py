"""
fr:
  caption: "« {first} » et « {second} » : les mots que l'évaluation d'impact évoque le plus tôt et le plus souvent ({wave})."
  reading: "« {first} » est cité dans {first_share:pct} des réponses, au rang moyen {first_rank:num1} (1 = premier mot venu). Les traits coupent à {frequency_cut:n} citations (médiane des mots retenus) et au rang {rank_cut:num1} (moyenne des évocations). Un mot fréquent et précoce est une hypothèse de noyau central, pas une preuve : il faudrait un second test."
  base: "{answers:n} réponses de {wave}, non pondérées ; mots cités par {minimum:pct} des réponses au moins ({words:n} mots sur {types:n}) ; rapport T/N des mots différents aux mots cités : {ratio:num2} ; dénombrement, sans intervalle."
  alt: "Nuage de mots, fréquence en abscisse et rang moyen en ordonnée, les premiers en haut. Noyau supposé : {core}. Première périphérie : {first_periphery}. Éléments contrastés : {contrast}. Seconde périphérie : {second_periphery}. « {first} » : {first_share:pct} des réponses, rang moyen {first_rank:num1}."
en:
  caption: "“{first}” and “{second}” are the words that impact evaluation brings to mind most often, and early ({wave})."
  reading: "“{first}” is said in {first_share:pct} of answers, at mean rank {first_rank:num1} (1 = first word that comes). Lines cut at {frequency_cut:n} mentions (median of the words kept) and at rank {rank_cut:num1} (mean over evocations). A frequent and early word is a hypothesis about the central core, not a proof: it would need a second test."
  base: "{answers:n} answers of {wave}, unweighted; words said in {minimum:pct} of answers at least ({words:n} words of {types:n}); ratio T/N of different words to words said: {ratio:num2}; counts, without interval."
  alt: "Words placed by frequency (across) and mean rank (up, earliest on top). Hypothesised core: {core}. First periphery: {first_periphery}. Contrast elements: {contrast}. Second periphery: {second_periphery}. “{first}”: {first_share:pct} of answers, mean rank {first_rank:num1}."
"""

from panel_eis import style
from panel_eis.evoked import MINIMUM, ZONE_WORDS, spoken, words_at
from panel_eis.representations import ZONES, diversity
from panel_eis.wording import number, percent


def data(study):
    return words_at(study, study.waves[-1])


def values(data, study):
    _, said = spoken(study)
    varied = diversity(said[said["wave"] == study.waves[-1]])
    most = data.sort_values("n", ascending=False)
    named = {
        zone: {
            lang: ", ".join(data.loc[data["zone"] == zone, f"label_{lang}"])
            or {"fr": "aucun mot", "en": "none"}[lang]
            for lang in ("fr", "en")
        }
        for zone in ZONES
    }
    first, second = most.iloc[0], most.iloc[1]
    return {
        **named,
        "first": {lang: first[f"label_{lang}"] for lang in ("fr", "en")},
        "second": {lang: second[f"label_{lang}"] for lang in ("fr", "en")},
        "wave": study.waves[-1], "first_share": first["share"], "first_rank": first["rank"],
        "frequency_cut": data["frequency_cut"].iloc[0], "rank_cut": data["rank_cut"].iloc[0], "minimum": MINIMUM,
        "answers": int(data["answers"].iloc[0]), "words": len(data), "types": varied["types"], "ratio": varied["ratio"],
    }  # fmt: skip


def draw(data, study, lang):
    figure, axes = style.new_figure(4.9)
    cut_x, cut_y = data["frequency_cut"].iloc[0], data["rank_cut"].iloc[0]
    colours = dict(zip(ZONES, (style.BLUE, style.WAVES[1], style.PLUM, style.GREY), strict=True))
    axes.set_xscale("log")
    low, high = data["n"].min() / 1.15, data["n"].max() * 1.45
    top, bottom = data["rank"].min() - 0.22, data["rank"].max() + 0.22
    axes.axvline(cut_x, color=style.GREY, linewidth=0.9)
    axes.axhline(cut_y, color=style.GREY, linewidth=0.9)
    for row in data.itertuples():
        axes.plot(row.n, row.rank, "o", color=colours[row.zone], markersize=5.5)
    words = ZONE_WORDS[lang]
    corners = {
        "core": (0.99, 0.985, "right", "top"), "first_periphery": (0.99, 0.015, "right", "bottom"),
        "contrast": (0.01, 0.985, "left", "top"), "second_periphery": (0.01, 0.015, "left", "bottom"),
    }  # fmt: skip
    for zone, (x, y, across, up) in corners.items():
        axes.text(
            x,
            y,
            words[zone].upper(),
            transform=axes.transAxes,
            ha=across,
            va=up,
            fontsize=8.5,
            color=colours[zone],
            fontweight="semibold",
        )
    axes.set_xlim(low, high)
    axes.set_ylim(bottom, top)
    style.label_points(
        axes,
        list(zip(data["n"], data["rank"], strict=True)),
        list(data[f"label_{lang}"]),
        lines=[(cut_x, bottom, cut_x, top), (low, cut_y, high, cut_y)],
    )
    answers = data["answers"].iloc[0]
    ticks = [t for t in (0.1, 0.15, 0.2, 0.3, 0.4, 0.6, 0.8) if low <= t * answers <= high]
    axes.set_xticks([t * answers for t in ticks], [percent(t, lang) for t in ticks])
    axes.minorticks_off()
    axes.yaxis.set_major_formatter(lambda value, _: number(value, lang, 1))
    axes.set_xlabel(
        {"fr": "part des réponses qui citent le mot", "en": "share of answers that say the word"}[lang]
    )
    axes.set_ylabel({"fr": "rang moyen (en haut : tôt)", "en": "mean rank (top: early)"}[lang])
    return figure
