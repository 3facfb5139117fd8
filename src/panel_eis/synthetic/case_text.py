"""Sentences of a case study, in French and in English at once, from the answers of one organisation."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from panel_eis.synthetic.population import size_classes
from panel_eis.synthetic.stories import rung

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from panel_eis.synthetic.stories import Story

Both = dict[str, str]
"""A text in both languages."""

SECTIONS: dict[str, Both] = {
    "need": {"fr": "Besoin et objectifs", "en": "Need and objectives"},
    "steps": {"fr": "Étapes", "en": "Steps"},
    "tools": {"fr": "Outils", "en": "Tools"},
    "barriers": {"fr": "Difficultés", "en": "Difficulties"},
    "needs": {"fr": "Pistes d'amélioration", "en": "Paths for improvement"},
    "after": {"fr": "Ce qu'il en est devenu", "en": "What became of it"},
}
AND = {"fr": " et ", "en": " and "}
MOST = 3
"""Items named in one sentence."""


@dataclass(frozen=True)
class Teller:
    """Tells one case; of several wordings, neighbouring cases take different ones.

    Attributes
    ----------
    phrases
        Kind, code, language.
    number
        Number of the case.

    """

    phrases: Mapping[str, Mapping[str, Both]]
    number: int

    def title(self, story: Story) -> Both:
        """Say what became of it, and in which field."""
        field = self.phrases["field"][story.answers[story.told]["field"]]
        words = self.wording("title", story.path)
        return {
            "fr": typeset(f"Cas fictif : {words['fr']} ({field['fr']})"),
            "en": f"Fictitious case: {words['en']} ({field['en']})",
        }

    def tell(self, story: Story) -> dict[str, Both]:
        """Tell opening and sections."""
        row = story.answers[story.told]
        return {
            "opening": self.opening(row),
            "need": self.need(row, story.told),
            "steps": self.steps(row),
            "tools": self.tools(row),
            "barriers": self.barriers(row),
            "needs": self.needs(row),
            "after": self.after(story),
        }

    def opening(self, row: Mapping[str, str]) -> Both:
        """Tell form, size, place and field; the territory itself stays in the front matter."""
        size = str(size_classes(np.array([int(row["staff"])]))[0])
        place = "lyon" if row["department"] == "69M" else "elsewhere"
        found = {"form": self.phrases["form"][row["legal_form"]], "size": self.phrases["size"][size]}
        found |= {"place": self.phrases["place"][place], "field": self.phrases["field"][row["field"]]}
        found |= {"Form": {lang: word[0].upper() + word[1:] for lang, word in found["form"].items()}}
        return self.say("opening", **found)

    def need(self, row: Mapping[str, str], wave: str) -> Both:
        """Tell motives, who asked, who pays."""
        said = [self.say("need", year=_same(wave), motives=self.listed("motives", row["motives"].split()))]
        asking = [code for code in row["demanders"].split() if code != "nobody"]
        said.append(
            self.say("asked", demanders=self.listed("demanders", asking))
            if asking
            else self.say("asked.nobody")
        )
        if "public_funder" in asking and row["demand"] in ("funded", "requested"):
            said.append(self.say(f"paid.{row['demand']}"))
        if row["practice_since"] and int(row["practice_since"]) < int(wave[:4]):
            said.append(self.say("since", since=_same(row["practice_since"])))
        return _joined(said)

    def steps(self, row: Mapping[str, str]) -> Both:
        """Tell what was done, by whom, and what remains."""
        done, hands = row["steps"].split(), row["conducted_by"].split()
        said = [self.say("steps", steps=self.chain(done))] if done else []
        missing = [code for code in ("discussion", "publication", "action") if code not in done]
        if missing:
            said.append(self.say("unfinished", missing=self.phrases["steps"][missing[-1]]))
        if row["stakeholders"]:
            said.append(
                self.say(
                    "involved", stakeholders=self.listed("stakeholders", row["stakeholders"].split(), most=8)
                )
            )
        helpers = [code for code in ("consultant", "network", "university", "students") if code in hands]
        if helpers or hands == ["internal"]:
            said.append(self.say(f"conducted.{(helpers or hands)[0]}"))
        return _joined(said)

    def chain(self, done: Sequence[str]) -> Both:
        """Name steps in order; what was just named is not named again."""
        after = {("collection", "analysis"), ("discussion", "publication")}
        pairs = zip(["", *done], done, strict=False)
        return self.listed(
            "steps", [f"{now}.after" if (last, now) in after else now for last, now in pairs], most=8
        )

    def tools(self, row: Mapping[str, str]) -> Both:
        """Tell tools, indicators, and where the main device falls short."""
        used = row["tools"].split()
        said = [
            self.say("tools", tools=self.listed("tools", used, most=6)) if used else self.say("tools.none")
        ]
        if row["indicators"].isdecimal() and int(row["indicators"]) > 1:
            said.append(self.say("indicators", indicators=_same(row["indicators"])))
        gaps = {
            code: int(row[f"device1_expected_{code}"]) - int(row[f"device1_observed_{code}"])
            for code in self.phrases["attribute"]
            if row[f"device1_expected_{code}"] in "12345" and row[f"device1_observed_{code}"] in "12345"
            if row[f"device1_expected_{code}"] and row[f"device1_observed_{code}"]
        }
        if gaps:
            worst = max(gaps, key=lambda code: gaps[code])
            wide = gaps[worst] >= 2
            said.append(
                self.say("gap", attribute=self.phrases["attribute"][worst]) if wide else self.say("nogap")
            )
        return _joined(said)

    def barriers(self, row: Mapping[str, str]) -> Both:
        """Tell what holds it back, and who carries it."""
        named = [code for code in row["barriers"].split() if code != "none"]
        said = [
            self.say("barriers", barriers=self.listed("barriers", named))
            if named
            else self.say("barriers.none")
        ]
        if row["dedicated_person"] in ("yes", "no"):
            said.append(self.say(f"person.{row['dedicated_person']}"))
        return _joined(said)

    def needs(self, row: Mapping[str, str]) -> Both:
        """Tell what it would take, and in which form."""
        wanted = row["needs"].split()
        said = [self.say("needs", needs=self.listed("needs", wanted)) if wanted else self.say("needs.none")]
        if wanted and row["need_form"] in ("training", "peer_group", "tool", "money", "time"):
            said.append(self.say(f"form.{row['need_form']}"))
        if row["networks_service"]:
            said.append(self.say("network.only" if row["networks_service"] == "none" else "network.service"))
        if row["peers"].isdecimal() and int(row["peers"]) > 1:
            said.append(self.say("peers"))
        return _joined(said)

    def after(self, story: Story) -> Both:
        """Tell what became of it at later waves."""
        waves = list(story.answers)
        said = [self.say(f"after.{story.path}", first=_same(waves[0]), last=_same(waves[-1]))]
        people = [row["respondent"] for row in story.answers.values()]
        if waves[-1] != story.told:
            named = [code for code in story.answers[waves[-1]]["barriers"].split() if code != "none"]
            barriers = self.listed("barriers", named)
            said.append(
                self.say("barriers_last", barriers=barriers) if named else self.say("barriers_last.none")
            )
        if len(set(people)) > 1:
            said.append(self.say("person_changed"))
        if story.closed:
            said.append(self.say("closed"))
        elif story.gone:
            said.append(self.say("gone", last=_same(waves[-1])))
        return _joined(said)

    def notes(self, story: Story) -> list[Both]:
        """Give one note for each wave, from the rung before to the rung now."""
        rungs = [rung(row) for row in story.answers.values()]
        if story.path == "outside":
            return [self.phrases["note"]["once"]]
        codes = ["first.doing" if rungs[0] >= 2 else "first.low"]
        codes += [_change(before, now) for before, now in pairwise(rungs)]
        return [self.phrases["note"][code] for code in codes]

    def sources(self, story: Story) -> list[str]:
        """Say where a case comes from, said in French as in the field notes."""
        codes = ["interview", "documents"] if story.path == "outside" else ["interview", "survey"]
        return [self.phrases["source"][code]["fr"] for code in codes]

    def listed(self, kind: str, codes: Sequence[str], most: int = MOST) -> Both:
        """Name codes as a list: a, b and c; of a long one, each case takes another part."""
        start = self.number % len(codes) if len(codes) > most else 0
        named = [*codes, *codes][start : start + min(most, len(codes))]
        found = [self.phrases[kind][code] for code in sorted(named, key=list(codes).index)]
        return {lang: _list([one[lang] for one in found], AND[lang]) for lang in AND}

    def say(self, code: str, **blanks: Both) -> Both:
        """Choose a sentence of that code and fill its blanks in each language."""
        chosen = self.wording("sentence", code)
        said = {lang: chosen[lang].format(**{k: v[lang] for k, v in blanks.items()}) for lang in AND}
        return {**said, "fr": typeset(said["fr"])}

    def wording(self, kind: str, code: str) -> Both:
        """Choose one of the wordings that are numbered from 1 under a code."""
        variants = [v for k, v in self.phrases[kind].items() if k.rpartition(".")[0] == code]
        return variants[(self.number + zlib.crc32(code.encode())) % len(variants)]


def typeset(french: str) -> str:
    """French text with unbreakable spaces before its double punctuation."""
    return french.replace(" :", "\u00a0:").replace(" ;", "\u00a0;")


def _change(before: int, now: int) -> str:
    if before >= 2 > now:
        return "gave_up"
    if now < 2:
        return "still_none"
    if before < 2:
        return "started"
    if now == 5 and before < 5:
        return "embedded"
    return "same" if now == before else ("up" if now > before else "down")


def _same(text: str) -> Both:
    return {"fr": text, "en": text}


def _list(words: Sequence[str], last: str) -> str:
    return last.join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def _joined(sentences: Sequence[Both]) -> Both:
    return {lang: " ".join(sentence[lang] for sentence in sentences) for lang in AND}
