"""Social representations from free evocations: who says which word, how early, how much it matters.

Each answer gives up to five words in the order they come (rank of appearance) and then ranks them by importance.
Both ranks are read the same way: **low is early, or important**.

Sources: Vergès, P. (1992), L'évocation de l'argent, *Bulletin de psychologie* 45, 203–209 (frequency crossed with the
rank of appearance); Abric, J.-C. (2003), *Méthodes d'étude des représentations sociales*, Érès (rank of importance, the
four zones); Wachelke, J. and Wolter, R. (2011), *Psicologia: Teoria e Pesquisa* 27, 521–526 (how to set and report the
cuts); Flament, C. (1962) and Degenne, A. and Vergès, P. (1973) for similarity and its maximum tree. A zone is a
hypothesis: centrality needs a second test, such as questioning the word.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from scipy import special

from panel_eis.errors import DataError, Problem, UsageError
from panel_eis.models import adjust

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import networkx as nx

ZONES = ("core", "first_periphery", "contrast", "second_periphery")
"""Frequent and early; frequent and late; rare and early; rare and late (all hypothesised)."""

Cut = Literal["mean", "median", "weighted"] | float


@dataclass(frozen=True)
class Thesaurus:
    """Which forms are one word: ``lemma`` by normalised form, and what readers see."""

    lemma: Mapping[str, str]
    label: Mapping[str, Mapping[str, str]]

    def find(self, expression: str) -> str:
        """Lemma of an expression: its form, else the longest known form it starts with; empty when none is known."""
        words = normalise(expression).split(" ")
        for length in range(len(words), 0, -1):
            found = self.lemma.get(" ".join(words[:length]))
            if found:
                return found
        return ""


def normalise(expression: str) -> str:
    """Lower case, composed accents, straight apostrophes, single spaces."""
    text = unicodedata.normalize("NFC", expression).casefold().replace("\u2019", "'")
    return " ".join(text.split())


def read_thesaurus(path: Path) -> Thesaurus:
    """Read ``thesaurus.csv``: ``form, lemma, label_fr, label_en``; labels stand on the row where form and lemma agree.

    Raises
    ------
    DataError
        A form given twice, or a lemma without a row of its own or without labels.

    """
    rows = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
    forms, problems = rows["form"].map(normalise), []
    heads = rows[forms == rows["lemma"].map(normalise)].drop_duplicates("lemma")
    label = {
        str(row.lemma): {"fr": str(row.label_fr), "en": str(row.label_en)}
        for row in heads.itertuples(index=False)
    }
    for number, (form, lemma) in enumerate(zip(forms, rows["lemma"], strict=True), start=2):
        if (forms == form).sum() > 1:
            problems.append(Problem("E-THESAURUS-TWICE", path.name, number, "form", value=form))
        if not all(label.get(lemma, {"": ""}).values()):
            problems.append(Problem("E-THESAURUS-LEMMA", path.name, number, "lemma", value=lemma))
    if problems:
        raise DataError(problems)
    return Thesaurus(dict(zip(forms, rows["lemma"], strict=True)), label)


def tidy_evocations(answers: pd.DataFrame, thesaurus: Thesaurus, *, places: int = 5) -> pd.DataFrame:
    """One row a word said.

    Parameters
    ----------
    answers
        One row an answer, with ``unit``, ``wave``, ``evocation1``… and ``evocation1_importance``…; other columns are
        carried along (role, rung).
    thesaurus
        Forms to lemmas.
    places
        How many words were asked for.

    Returns
    -------
    ``unit, wave``, what was carried, ``rank`` (1 = first), ``importance`` (1 = most important, or missing), ``lemma``
    (empty where the thesaurus knows none). A lemma said twice in an answer counts once, at its earliest place.

    """
    spoken = [f"evocation{k}" for k in range(1, places + 1)]
    ranked = [f"{name}_importance" for name in spoken]
    carried = [c for c in answers.columns if c not in (*spoken, *ranked)]
    pieces = [
        answers[carried].assign(rank=k, importance=answers[importance], form=answers[word])
        for k, (word, importance) in enumerate(zip(spoken, ranked, strict=True), start=1)
    ]
    long = pd.concat(pieces, ignore_index=True)
    long = long[long["form"].notna() & (long["form"].astype(str).str.strip() != "")]
    long["lemma"] = long["form"].astype(str).map(thesaurus.find)
    long["importance"] = pd.to_numeric(long["importance"]).astype("float64")
    long = long.sort_values(["unit", "wave", "rank"], kind="stable")
    twice = long.duplicated(["unit", "wave", "lemma"]) & (long["lemma"] != "")
    return long.loc[~twice].drop(columns="form").reset_index(drop=True)


def prototypical(
    evocations: pd.DataFrame,
    *,
    answers: int,
    minimum: float = 0.1,
    frequency_cut: Cut = "median",
    rank_cut: Cut = "weighted",
    rank: Literal["rank", "importance"] = "rank",
) -> pd.DataFrame:
    """Cross the frequency of each word with its mean rank, in four zones.

    Parameters
    ----------
    evocations
        As ``tidy_evocations`` gives them; rows without a lemma are left out.
    answers
        Number of answers, the base of the shares.
    minimum
        Smallest share of answers that cite a word for it to be kept.
    frequency_cut, rank_cut, rank
        See ``zones``; ``rank`` says which of the two ranks makes the zones.

    Returns
    -------
    ``lemma, n, share, rank, importance`` (means) and ``zone``, most cited first; the cuts stand in ``attrs``.

    """
    known = evocations[evocations["lemma"] != ""]
    words = known.groupby("lemma").agg(
        n=("lemma", "size"), rank=("rank", "mean"), importance=("importance", "mean")
    )
    words.insert(1, "share", words["n"] / answers)
    kept = words[words["share"] >= minimum].reset_index()
    return zones(kept, frequency_cut=frequency_cut, rank_cut=rank_cut, rank=rank)


def zones(
    words: pd.DataFrame, *, frequency_cut: Cut = "median", rank_cut: Cut = "weighted", rank: str = "rank"
) -> pd.DataFrame:
    """Place words in the four zones.

    Parameters
    ----------
    words
        ``lemma``, ``n`` (how often said) and the column named by ``rank`` (mean rank, low = early or important).
    frequency_cut, rank_cut
        ``mean`` or ``median`` over the words kept, ``weighted`` (mean over all evocations of these words, Vergès's
        grand mean; for the rank only), or a number. At the cut, a word is frequent, and late.

    Returns
    -------
    The words with their ``zone``, sorted by zone, then most said first; ``attrs`` has ``frequency_cut`` and ``rank_cut``.

    """
    if words.empty:
        raise UsageError("No word is said often enough for the smallest share asked; lower `minimum`.")
    frequency = _cut(frequency_cut, words["n"], None)
    late = _cut(rank_cut, words[rank], words["n"])
    often, early = words["n"] >= frequency, words[rank] < late
    zone = np.select([often & early, often, early], ZONES[:3], default=ZONES[3])
    placed = words.assign(zone=pd.Categorical(zone, ZONES, ordered=True))
    placed = placed.sort_values(["zone", "n", rank, "lemma"], ascending=[True, False, True, True])
    placed.attrs |= {"frequency_cut": frequency, "rank_cut": late}
    return placed.reset_index(drop=True)


def _cut(rule: Cut, values: pd.Series, weights: pd.Series | None) -> float:
    if not isinstance(rule, str):
        return float(rule)
    if rule == "weighted":
        if weights is None:
            raise UsageError("A frequency is not cut at its weighted mean; use `mean`, `median` or a number.")
        return float(np.average(values, weights=weights))
    return float(values.mean() if rule == "mean" else values.median())


def diversity(evocations: pd.DataFrame) -> dict[str, float]:
    """How varied the words are: ``types`` T, ``occurrences`` N, ``ratio`` T/N and the share of ``hapax`` (said once).

    Vergès reads a low T/N as a shared, structured representation. Words unknown to the thesaurus count in ``unknown`` alone.
    """
    counts = evocations.loc[evocations["lemma"] != "", "lemma"].value_counts()
    total = int(counts.sum())
    return {
        "types": len(counts),
        "occurrences": total,
        "ratio": len(counts) / total if total else float("nan"),
        "hapax": float((counts == 1).mean()) if len(counts) else float("nan"),
        "unknown": int((evocations["lemma"] == "").sum()),
    }


def compare_words(
    evocations: pd.DataFrame, answers: pd.DataFrame, group: str, lemmas: list[str], *, smallest: int = 5
) -> pd.DataFrame:
    """Test, word by word, whether groups of answers cite it equally often (Pearson's chi-squared, no correction).

    Parameters
    ----------
    evocations, answers
        Words said, and all answers (with ``unit``, ``wave`` and the group): those who did not say the word count too.
        Give one wave only: answers of an organisation at two waves are not independent (see ``compare_waves``).
    group
        Column that tells the groups apart; groups of fewer than ``smallest`` answers are left out.
    lemmas
        Words to test: one family for the false-discovery rate.

    Returns
    -------
    ``lemma``, a share by group (``share_<group>``), ``statistic``, ``df``, ``p_value``, ``p_bh`` (Benjamini–Hochberg).

    """
    if answers.duplicated("unit").any():
        raise UsageError("An organisation answers twice in these rows; compare groups within one wave.")
    sizes = answers[group].value_counts()
    kept = sorted(str(g) for g in sizes.index[sizes >= smallest])
    table = pd.crosstab(evocations["lemma"], evocations[group].astype(str))
    said = table.reindex(index=lemmas, columns=kept, fill_value=0).to_numpy(dtype=float)
    n = sizes.rename(str)[kept].to_numpy(dtype=float)
    overall = said.sum(axis=1, keepdims=True) / n.sum()
    with np.errstate(invalid="ignore", divide="ignore"):
        statistic = np.nansum((said - n * overall) ** 2 / (n * overall * (1 - overall)), axis=1)
    df = len(kept) - 1
    rows = pd.DataFrame({"lemma": lemmas})
    for k, name in enumerate(kept):
        rows[f"share_{name}"] = said[:, k] / n[k]
    rows = rows.assign(statistic=statistic, df=df, p_value=special.chdtrc(df, statistic), family=group)
    return adjust(rows)[["lemma", *(f"share_{g}" for g in kept), "statistic", "df", "p_value", "p_bh"]]


def compare_waves(
    evocations: pd.DataFrame, answers: pd.DataFrame, before: str, after: str, lemmas: list[str]
) -> pd.DataFrame:
    """Test, word by word, whether the same organisations cite it more or less often (exact McNemar test).

    Returns
    -------
    ``lemma, n`` (organisations at both waves), ``gained, lost``, shares ``before`` and ``after``, ``p_value``, ``p_bh``.

    """
    both = set(answers.loc[answers["wave"] == before, "unit"]) & set(
        answers.loc[answers["wave"] == after, "unit"]
    )
    said = {w: evocations[(evocations["wave"] == w) & evocations["unit"].isin(both)] for w in (before, after)}
    rows = []
    for lemma in lemmas:
        first, last = (set(said[w].loc[said[w]["lemma"] == lemma, "unit"]) for w in (before, after))
        gained, lost = len(last - first), len(first - last)
        tail = special.bdtr(min(gained, lost), gained + lost, 0.5) if gained + lost else 1.0
        rows.append(
            {
                "lemma": lemma, "n": len(both), "gained": gained, "lost": lost, "before": len(first) / len(both),
                "after": len(last) / len(both), "p_value": min(1.0, 2 * float(tail)), "family": "waves",
            }
        )  # fmt: skip
    return adjust(pd.DataFrame(rows)).drop(columns=["family", "p_holm", "family_size"])


def similarity(evocations: pd.DataFrame, lemmas: list[str]) -> pd.DataFrame:
    """Give Jaccard's index for each pair of words: answers citing both over answers citing one at least.

    Returns
    -------
    ``first, second, both, similarity``, one row an unordered pair.

    """
    cited = evocations[evocations["lemma"].isin(lemmas)]
    table = pd.crosstab([cited["unit"], cited["wave"]], cited["lemma"]).clip(upper=1)
    table = table.reindex(columns=lemmas, fill_value=0)
    together = table.T.to_numpy(dtype=float) @ table.to_numpy(dtype=float)
    alone = np.diag(together)
    either = alone[:, None] + alone[None, :] - together
    first, second = np.triu_indices(len(lemmas), k=1)
    return pd.DataFrame(
        {
            "first": np.asarray(lemmas)[first],
            "second": np.asarray(lemmas)[second],
            "both": together[first, second].astype(int),
            "similarity": together[first, second] / np.maximum(either[first, second], 1.0),
        }
    )


def maximum_tree(pairs: pd.DataFrame) -> nx.Graph:
    """Keep the strongest links that join all words without a cycle (Flament's maximum tree); ties by name.

    Pairs never cited together make no link, so the result may be a forest.
    """
    import networkx as nx  # noqa: PLC0415  (a tenth of a second that only this figure needs)

    graph = nx.Graph()
    graph.add_nodes_from(sorted(set(pairs["first"]) | set(pairs["second"])))
    linked = pairs[pairs["similarity"] > 0].sort_values(
        ["similarity", "first", "second"], ascending=[False, True, True]
    )
    columns = (linked[c] for c in ("first", "second", "similarity", "both"))
    for first, second, strength, both in zip(*columns, strict=True):
        graph.add_edge(first, second, similarity=float(strength), both=int(both))
    return nx.maximum_spanning_tree(graph, weight="similarity", algorithm="kruskal")
