"""
fr:
  caption: "{headline}."
  reading: "parmi les organisations pour qui « {tie} » s'étend entre deux vagues, {joined_before:pct} évaluaient avant et {joined_after:pct} après ({joined:points} point(s), intervalle à 95 % : {joined_low:points} à {joined_high:points}) ; parmi celles qui restent sans, l'évolution est de {without:points} point(s) ({without_low:points} à {without_high:points}). Un cercle creux est la part avant, un point plein la part après. Qui noue un lien l'a choisi : une association, non un effet. Adhésions et services d'un réseau sont comptés ensemble, et les soutiens publics de toute sorte aussi : pris un à un, trop peu d'organisations changent (moins de {threshold:n} d'un côté ou de l'autre) pour que leur part soit publiée ; on ne peut donc pas dire lequel compte. {hidden}"
  base: "couples de vagues consécutives, non pondérés ({pairs:n} couples, {units:n} organisations) ; un lien s'étend quand l'organisation en a plus qu'à la vague d'avant, et se réduit quand elle en a moins ; intervalles groupés par organisation."
  alt: "Haltères avant–après, par lien et par groupe. Organisations pour qui « {tie} » s'étend : de {joined_before:pct} à {joined_after:pct} ; sans ce lien aux deux vagues : {without:points} point(s)."
en:
  caption: "{headline}."
  reading: "among organisations whose ties of the kind “{tie}” increase between two waves, {joined_before:pct} evaluated before and {joined_after:pct} after ({joined:points} point(s), 95% interval: {joined_low:points} to {joined_high:points}); among those that stay without, the change is {without:points} point(s) ({without_low:points} to {without_high:points}). A hollow circle is the share before, a full point the share after. Those that form a tie chose to: an association, not an effect. Memberships and services of a network are counted together, and so is public support of all sorts: taken one by one, too few organisations change (fewer than {threshold:n} on one side or the other) for their share to be published; so which of them counts cannot be told. {hidden}"
  base: "pairs of consecutive waves, unweighted ({pairs:n} pairs, {units:n} organisations); ties increase when the organisation has more than at the wave before, and decrease when it has fewer; intervals clustered by organisation."
  alt: "Before–after dumbbells, by tie and group. Organisations whose ties of the kind “{tie}” increase: from {joined_before:pct} to {joined_after:pct}; without this tie at both waves: {without:points} point(s)."
"""

import pandas as pd

from panel_eis import style
from panel_eis.disclosure import THRESHOLD, hide_shares
from panel_eis.estimates import clustered_mean
from panel_eis.wording import number

TIES = {
    "network": ("networks", "networks_service"),
    "peer": ("peer_tie",),
    "support": ("support_instruments",),
}
"""What is counted together: each kind alone moves for too few organisations to be shown."""
NAMES = {
    "fr": {"network": "réseau ou service d'un réseau", "peer": "lien de pair à pair", "support": "soutien public"},
    "en": {"network": "network, or service of a network", "peer": "peer tie", "support": "public support"},
}  # fmt: skip
GROUPS = ("joined", "without", "with", "left")
WORDS = {
    "fr": {"joined": "s'étend", "without": "reste sans", "with": "autant", "left": "se réduit"},
    "en": {"joined": "more", "without": "stays without", "with": "as many", "left": "fewer"},
}
ENDS = {"fr": ("avant", "après"), "en": ("before", "after")}


def _counted(rows):
    """How many ties of each kind an organisation has at a wave; missing where the question has no answer."""
    counts = {}
    for kind, questions in TIES.items():
        of = [c for c in rows if c.partition("__")[0] in questions and not c.endswith("__none")]
        asked = [c for c in of if c.partition("__")[0] == questions[0]]
        known = rows[asked].notna().any(axis=1)
        counts[kind] = rows[of].astype("Float64").sum(axis=1).where(known)
    return rows[["unit", "wave", "practises"]].assign(**counts)


def _pairs(study):
    """Rows of two consecutive waves of an organisation, side by side."""
    rows = _counted(study.select("practises", *(name for questions in TIES.values() for name in questions)))
    pieces = []
    for before, after in zip(study.waves, study.waves[1:], strict=False):
        sides = [rows[rows["wave"] == w].set_index("unit").drop(columns="wave") for w in (before, after)]
        named = [side.add_suffix(end) for side, end in zip(sides, ("_before", "_after"), strict=True)]
        pieces.append(named[0].join(named[1], how="inner").reset_index())
    return pd.concat(pieces, ignore_index=True).dropna(subset=["practises_before", "practises_after"])


def data(study):
    pairs, cells = _pairs(study), []
    for tie in TIES:
        known = pairs.dropna(subset=[f"{tie}_before", f"{tie}_after"])
        had, has = known[f"{tie}_before"], known[f"{tie}_after"]
        kept = has == had
        cut = {"joined": has > had, "without": kept & (had == 0), "with": kept & (had > 0), "left": has < had}
        for group in GROUPS:
            own = known[cut[group].astype(bool)]
            before, after = (own[f"practises_{end}"].astype(float) for end in ("before", "after"))
            differ = (
                after - before
            ).nunique() > 1  # where nobody changed, the spread is not known, and is not nought
            moved = (
                clustered_mean(after - before, own["unit"]) if differ else {"mean": (after - before).mean()}
            )
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
    tie = shown[0] if shown else next(iter(TIES))
    joined, without = cell.loc[tie, "joined"], cell.loc[tie, "without"]
    label = {lang: NAMES[lang][tie] for lang in ("fr", "en")}
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
            "fr": f"Quand « {label['fr']} » s'étend, les organisations se mettent à évaluer {way['fr']} que celles qui restent sans : {points['fr']} point(s) d'écart dans l'évolution{chance['fr']}",
            "en": f"When ties of the kind “{label['en']}” increase, organisations take up evaluation {way['en']} than those that stay without: {points['en']} points between the two changes{chance['en']}",
        },
        "tie": label, "joined": joined["change"], "joined_low": joined["low"], "joined_high": joined["high"],
        "joined_before": joined["before"], "joined_after": joined["after"], "without": without["change"],
        "without_low": without["low"], "without_high": without["high"], "threshold": THRESHOLD, "pairs": len(pairs),
        "units": pairs["unit"].nunique(), "hidden": _hidden(data),
    }  # fmt: skip


def _hidden(data):
    """What the letter s stands for, said only where it stands."""
    if not data["hidden"].any():
        return {"fr": "", "en": ""}
    return {
        "fr": f"s : moins de {THRESHOLD} organisations d'un côté ou de l'autre, non publié.",
        "en": f"s: fewer than {THRESHOLD} organisations on one side or the other, not published.",
    }


def draw(data, study, lang):
    figure, axes = style.new_figure(1.2 + 0.36 * len(TIES) * (len(GROUPS) + 1.4))
    y, ticks, labelled = 0.0, [], False
    for tie in TIES:
        axes.text(0, y, NAMES[lang][tie].capitalize(), fontweight="semibold", va="center")
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
