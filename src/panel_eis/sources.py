"""Survey tools and what their exports look like: declared once, chosen by ``source`` in the sidecar, never sniffed.

Columns that a tool adds of its own (``submitdate``, ``_uuid``) need no declaration; the import report lists them.

Sources: LimeSurvey manual, "Exporting results", and its ``CsvWriter``; KoboToolbox ``formpack`` (``export.py``); ODK
Central, "Submissions"; Qualtrics, "Understanding your dataset". Le Sphinx has no published layout: what is here
is the habit of its Windows programs, and its joiner is always declared.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


@dataclass(frozen=True)
class Source:
    """One survey tool.

    Attributes
    ----------
    settings
        What the sidecar need not say: separator, decimal mark, dates, header rows, joiner, labels.
    metadata
        Pattern of the whole name of a column that the tool adds.
    marks
        Columns that no other tool writes; one of them is enough to suggest the tool in a message.
    unfinished
        Columns that tell an unfinished answer, with the pattern of the cell that says so.

    """

    name: str
    settings: Mapping[str, str] = field(default_factory=dict)
    metadata: str = ""
    marks: tuple[str, ...] = ()
    unfinished: Mapping[str, str] = field(default_factory=dict)

    def adds(self, column: str) -> bool:
        """True for a column that the tool adds to every export."""
        return bool(self.metadata) and re.fullmatch(self.metadata, column) is not None


_LIMESURVEY = (
    r"(?:id|submitdate|lastpage|startlanguage|seed|startdate|datestamp|interviewtime|token|ipaddr|refurl)(?:\. .*)?"
    r"|(?:group|question|page)_?[Tt]imes?_?\w*|Response ID|Date submitted|Last page|Start language|Seed|Date started"
    r"|Date last action|Total time|IP address|Referrer URL|Access code"
    r"|ID de la réponse|Date de soumission|Dernière page|Langue de départ|Tête de série|Date de lancement"
    r"|Date de la dernière action|Temps total|Adresse IP|URL référente|Code d’accès|Code d'accès"
)
_ENDS = (
    *("submitdate", "Date submitted", "Date de soumission"),
    *("submitdate. Date submitted", "submitdate. Date de soumission"),
)
"""Headings of LimeSurvey's date of submission: code, text, both."""
_STARTS = (*_ENDS, "lastpage", "startlanguage", "Start language", "Langue de départ")
_KOBO = (
    r"start|end|today|deviceid|username|phonenumber|simserial|subscriberid|audit|_.*"
    r"|formhub/uuid|(?:.*[/-])?(?:meta[/-])?(?:instanceID|instanceName|rootUuid|deprecatedID)"
    r"|SubmissionDate|KEY|Submitter(?:ID|Name)|Attachments(?:Present|Expected)|Status|ReviewState|DeviceID|Edits|FormVersion"
)
_QUALTRICS = (
    r"StartDate|EndDate|Status|IPAddress|Progress|Duration \(in seconds\)|Finished|RecordedDate|ResponseId"
    r"|Recipient(?:LastName|FirstName|Email)|ExternalReference|ExternalDataReference|Location(?:Latitude|Longitude)"
    r"|DistributionChannel|UserLanguage|Q_\w+"
)
SOURCES = {
    source.name: source
    for source in (
        Source("plain"),
        Source("excel"),
        Source(
            "limesurvey",
            {"separator": ","},
            _LIMESURVEY,
            _STARTS,
            dict.fromkeys(_ENDS, ""),
        ),
        Source("kobo", {"separator": ";"}, _KOBO, ("_uuid", "_submission_time", "__version__")),
        Source("odk", {}, _KOBO, ("SubmissionDate", "meta-instanceID", "KEY")),
        Source(
            "qualtrics",
            {"header_rows": "3", "joiner": ","},
            _QUALTRICS,
            ("RecordedDate", "ResponseId"),
            {"Finished": "0|False|FALSE|false|no|Non|Faux"},
        ),
        Source("sphinx", {"separator": ";", "decimal": ",", "dates": "dd/mm/yyyy", "labels": "yes"}),
    )
}
"""Survey tools by the word that the sidecar writes; ``plain`` and ``excel`` are the house format."""


def resembles(columns: Collection[str]) -> str:
    """Name of the tool whose mark is among the columns, or nothing; used in a message only."""
    return next((s.name for s in SOURCES.values() if any(mark in columns for mark in s.marks)), "")
