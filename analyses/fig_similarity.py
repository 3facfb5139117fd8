"""
fr:
  caption: "« {first} » et « {second} » vont le plus souvent ensemble ; l'arbre des mots part de « {root} » ({wave})."
  reading: "« {first} » et « {second} » sont cités ensemble dans {both:n} réponses ; l'indice de Jaccard est la part des réponses citant les deux parmi celles qui citent l'un ou l'autre : {top:num2}. L'arbre garde les liens les plus forts qui relient tous les mots sans boucle ; un trait épais est un lien fort."
  base: "{answers:n} réponses de {wave}, non pondérées ; {words:n} mots cités par {minimum:pct} des réponses au moins ; paires citées par moins de cinq réponses écartées ; dénombrement, sans intervalle."
  alt: "Arbre de {words:n} mots, racine à gauche : « {root} ». Lien le plus fort : « {first} » et « {second} », indice {top:num2} ; le plus faible de l'arbre : {bottom:num2}."
en:
  caption: "“{first}” and “{second}” go together most often; the tree of words starts from “{root}” ({wave})."
  reading: "“{first}” and “{second}” are said together in {both:n} answers; Jaccard's index is the share of answers with both among those with either: {top:num2}. The tree keeps the strongest links that join all words without a loop; a thick line is a strong link."
  base: "{answers:n} answers of {wave}, unweighted; {words:n} words said in {minimum:pct} of answers at least; pairs said in fewer than five answers are left out; counts, without interval."
  alt: "Tree of {words:n} words, root on the left: “{root}”. Strongest link: “{first}” and “{second}”, index {top:num2}; weakest of the tree: {bottom:num2}."
"""

import pandas as pd

from panel_eis import style
from panel_eis.disclosure import THRESHOLD
from panel_eis.evoked import MINIMUM, spoken, thesaurus, words_at
from panel_eis.representations import maximum_tree, similarity
from panel_eis.wording import number


def data(study):
    """The links of the tree, from the most cited word outwards; a word alone is a row without a parent."""
    words = words_at(study, study.waves[-1])
    _, said = spoken(study)
    pairs = similarity(said[said["wave"] == study.waves[-1]], list(words["lemma"]))
    tree = maximum_tree(pairs.assign(similarity=pairs["similarity"].where(pairs["both"] >= THRESHOLD, 0.0)))
    order = list(words.sort_values(["n", "lemma"], ascending=[False, True])["lemma"])
    rows, seen = [], set()
    for root in order:
        if root in seen:
            continue
        stack = [(root, "", 0, 0.0, 0)]
        while stack:
            word, parent, depth, strength, both = stack.pop(0)
            seen.add(word)
            rows.append(
                {"lemma": word, "parent": parent, "depth": depth, "similarity": strength, "both": both}
            )
            below = [w for w in order if tree.has_edge(word, w) and w not in seen]
            stack = [
                (w, word, depth + 1, tree.edges[word, w]["similarity"], tree.edges[word, w]["both"])
                for w in below
            ] + stack
    labels = thesaurus(study).label
    frame = pd.DataFrame(rows).assign(answers=int(words["answers"].iloc[0]))
    return frame.assign(
        **{f"label_{lang}": [labels[w][lang] for w in frame["lemma"]] for lang in ("fr", "en")}
    )


def values(data, study):
    links = data[data["parent"] != ""].sort_values("similarity", ascending=False)
    label = data.set_index("lemma")
    top = links.iloc[0]

    def named(word):
        return {lang: label.loc[word, f"label_{lang}"] for lang in ("fr", "en")}

    return {
        "root": named(data["lemma"].iloc[0]), "first": named(top["parent"]), "second": named(top["lemma"]),
        "both": int(top["both"]), "top": top["similarity"], "bottom": links["similarity"].iloc[-1],
        "wave": study.waves[-1], "answers": int(data["answers"].iloc[0]), "words": len(data), "minimum": MINIMUM,
    }  # fmt: skip


def draw(data, study, lang):
    """A tree read as a table of contents: one word a line, so that no label meets another."""
    figure, axes = style.new_figure(0.5 + 0.32 * len(data))
    strongest = data["similarity"].max()
    line = {word: k for k, word in enumerate(data["lemma"])}
    depth = dict(zip(data["lemma"], data["depth"], strict=True))
    for row in data.itertuples():
        x, y = row.depth, line[row.lemma]
        if row.parent:
            up = line[row.parent]
            width = 0.8 + 4.2 * row.similarity / strongest
            axes.plot([depth[row.parent]] * 2, [up + 0.3, y], color=style.GREY, linewidth=0.9, zorder=1)
            axes.plot(
                [depth[row.parent], x - 0.1],
                [y, y],
                color=style.TEAL,
                linewidth=width,
                solid_capstyle="butt",
                zorder=2,
            )
        text = getattr(row, f"label_{lang}")
        said = f"  {number(row.similarity, lang, 2)}" if row.parent else ""
        axes.text(
            x - 0.04,
            y,
            text,
            va="center",
            ha="left",
            fontsize=11,
            fontweight="normal" if row.parent else "semibold",
        )
        axes.text(
            1.0,
            y,
            said,
            va="center",
            ha="right",
            fontsize=10,
            color=style.GREY,
            transform=axes.get_yaxis_transform(),
        )
    axes.set_xlim(-0.15, max(data["depth"]) + 1.6)
    axes.set_ylim(len(data) - 0.4, -0.7)
    axes.set_axis_off()
    return figure
