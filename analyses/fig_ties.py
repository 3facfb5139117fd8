"""
fr:
  caption: "{headline}."
  reading: "parmi les organisations pour qui « {tie} » commence entre deux vagues, {joined_before:pct} évaluaient avant et {joined_after:pct} après ({joined:points} point(s), intervalle à 95 % : {joined_low:points} à {joined_high:points}) ; parmi celles qui restent sans, l'évolution est de {without:points} point(s) ({without_low:points} à {without_high:points}). Un cercle creux est la part avant, un point plein la part après. Qui noue un lien l'a choisi : une association, non un effet. s : moins de {threshold:n} organisations d'un côté ou de l'autre, non publié."
  base: "couples de vagues consécutives, non pondérés ({pairs:n} couples, {units:n} organisations) ; intervalles groupés par organisation."
  alt: "Haltères avant–après, par lien et par groupe. Organisations pour qui « {tie} » commence : de {joined_before:pct} à {joined_after:pct} ; sans ce lien aux deux vagues : {without:points} point(s)."
en:
  caption: "{headline}."
  reading: "among organisations for which “{tie}” begins between two waves, {joined_before:pct} evaluated before and {joined_after:pct} after ({joined:points} point(s), 95% interval: {joined_low:points} to {joined_high:points}); among those that stay without, the change is {without:points} point(s) ({without_low:points} to {without_high:points}). A hollow circle is the share before, a full point the share after. Those that form a tie chose to: an association, not an effect. s: fewer than {threshold:n} organisations on one side or the other, not published."
  base: "pairs of consecutive waves, unweighted ({pairs:n} pairs, {units:n} organisations); intervals clustered by organisation."
  alt: "Before–after dumbbells, by tie and group. Organisations for which “{tie}” begins: from {joined_before:pct} to {joined_after:pct}; without this tie at both waves: {without:points} point(s)."
"""

import pandas as pd

from panel_eis import style
from panel_eis.disclosure import THRESHOLD, hide_shares
from panel_eis.estimates import clustered_mean
from panel_eis.wording import number

TIES = ("federated_service", "federated", "peer_tie")
GROUPS = {(False, True): "joined", (False, False): "without", (True, True): "with", (True, False): "left"}
WORDS = {
    "fr": {
        "joined": "nouent le lien",
        "without": "restent sans",
        "with": "le gardent",
        "left": "le quittent",
    },
    "en": {"joined": "form the tie", "without": "stay without", "with": "keep it", "left": "leave it"},
}
ENDS = {"fr": ("avant", "après"), "en": ("before", "after")}


def _pairs(study):
    """Rows of two consecutive waves of an organisation, side by side."""
    rows = study.select("practises", *TIES)
    pieces = []
    for before, after in zip(study.waves, study.waves[1:], strict=False):
        sides = [rows[rows["wave"] == w].set_index("unit").drop(columns="wave") for w in (before, after)]
        pieces.append(sides[0].join(sides[1], how="inner", lsuffix="_before", rsuffix="_after").reset_index())
    return pd.concat(pieces, ignore_index=True).dropna(subset=["practises_before", "practises_after"])


def data(study):
    pairs, cells = _pairs(study), []
    for tie in TIES:
        known = pairs.dropna(subset=[f"{tie}_before", f"{tie}_after"])
        for (had, has), group in GROUPS.items():
            own = known[(known[f"{tie}_before"] == had) & (known[f"{tie}_after"] == has)]
            before, after = (own[f"practises_{end}"].astype(float) for end in ("before", "after"))
            moved = clustered_mean(after - before, own["unit"]) if len(own) else {}
            cells.append({
                "tie": tie, "group": group, "n": len(own), "units": own["unit"].nunique(), "before": before.mean(),
                "after": after.mean(), "change": moved.get("mean"), "low": moved.get("low"), "high": moved.get("high"),
                "yes_before": int(before.sum()), "yes_after": int(after.sum()),
            })  # fmt: skip
    numbers = ["before", "after", "change", "low", "high"]
    frame = pd.DataFrame(cells).astype(dict.fromkeys(numbers, "float64"))
    sides = [hide_shares(frame, numbers, yes=f"yes_{end}", n="n") for end in ("before", "after")]
    hidden = sides[0]["hidden"] | sides[1]["hidden"]
    for column in (*numbers, "yes_before", "yes_after"):
        frame[column] = frame[column].astype("float64").where(~hidden)
    return frame.assign(hidden=hidden, n=sides[0]["n"], units=frame["units"].where(~hidden))


def values(data, study):
    pairs, cell = _pairs(study), data.set_index(["tie", "group"])
    shown = [t for t in TIES if not cell.loc[t].loc[["joined", "without"], "hidden"].any()]
    tie = shown[0] if shown else TIES[0]
    joined, without = cell.loc[tie, "joined"], cell.loc[tie, "without"]
    label = {lang: study.codebook.label(tie, lang, short=True).lower() for lang in ("fr", "en")}
    label["fr"], label["en"] = label["fr"].replace("eis", "EIS"), label["en"].replace("eis", "EIS")
    gain = joined["change"] - without["change"]
    way = {
        "fr": "plus souvent" if gain > 0 else "moins souvent", "en": "more often" if gain > 0 else "less often",
    }  # fmt: skip
    reach = ((joined["high"] - joined["low"]) ** 2 + (without["high"] - without["low"]) ** 2) ** 0.5 / 2
    chance = {
        "fr": ", un écart que le hasard peut expliquer" if abs(gain) < reach else "",
        "en": ", a gap that chance may explain" if abs(gain) < reach else "",
    }
    points = {lang: number(abs(100 * gain), lang) for lang in way}
    return {
        "headline": {
            "fr": f"Quand « {label['fr']} » commence, les organisations se mettent à évaluer {way['fr']} que celles qui restent sans : {points['fr']} points d'écart dans l'évolution{chance['fr']}",
            "en": f"When “{label['en']}” begins, organisations take up evaluation {way['en']} than those that stay without: {points['en']} points between the two changes{chance['en']}",
        },
        "tie": label, "joined": joined["change"], "joined_low": joined["low"], "joined_high": joined["high"],
        "joined_before": joined["before"], "joined_after": joined["after"], "without": without["change"],
        "without_low": without["low"], "without_high": without["high"], "threshold": THRESHOLD, "pairs": len(pairs),
        "units": pairs["unit"].nunique(),
    }  # fmt: skip


def draw(data, study, lang):
    figure, axes = style.new_figure(1.2 + 0.36 * len(TIES) * (len(GROUPS) + 1.4))
    y, ticks, labelled = 0.0, [], False
    for tie in TIES:
        axes.text(0, y, study.codebook.label(tie, lang, short=True), fontweight="semibold", va="center")
        y += 0.95
        for row in data[data["tie"] == tie].itertuples():
            if row.hidden:
                axes.text(0.01, y, "s", color=style.GREY, va="center", fontsize=9)
            else:
                axes.plot([row.before, row.after], [y, y], color=style.GREY, linewidth=1.8, zorder=1)
                first, second = ENDS[lang] if not labelled else (None, None)
                hollow = {"color": "white", "markeredgecolor": style.PLUM, "markeredgewidth": 1.6}
                axes.plot(row.before, y, "o", markersize=7, label=first, zorder=2, **hollow)
                axes.plot(row.after, y, "o", color=style.BLUE, markersize=7, label=second, zorder=3)
                labelled = True
                said = f"{number(100 * row.change, lang, 0, signed=True)} (n = {number(row.n, lang)})"
                axes.text(1.02, y, said, va="center", fontsize=9.5, transform=axes.get_yaxis_transform())
            ticks.append((y, WORDS[lang][row.group]))
            y += 0.85
        y += 0.4
    axes.set_yticks([t for t, _ in ticks], [w for _, w in ticks])
    axes.set_ylim(y - 0.5, -0.6)
    style.share_axis(axes, lang)
    axes.set_xlabel({"fr": "Part qui évalue", "en": "Share that evaluates"}[lang])
    axes.legend(loc="lower center", bbox_to_anchor=(0.45, 1.0), ncols=2)
    return figure
