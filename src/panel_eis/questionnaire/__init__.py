"""The next wave's questionnaire, written from the codebook for the tool that will ask it.

What comes back from that tool is read with ``source`` and nothing else: names and codes are those of the codebook
(XLSForm), or are derived from it at both ends (LimeSurvey).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from panel_eis.codebook import read_codebook
from panel_eis.files import write_bytes
from panel_eis.questionnaire.limesurvey import survey_text
from panel_eis.questionnaire.xlsform import checked_wave, plain, sheets, workbook_bytes

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["FORMATS", "plain", "sheets", "survey_text", "workbook_bytes", "write_questionnaire"]

FORMATS = ("xlsform", "limesurvey")
"""XLSForm is a workbook for KoboToolbox and ODK; LimeSurvey's is its tab-separated survey structure."""


def write_questionnaire(folder: Path, out: Path, wave: str, form: str = "xlsform") -> Path:
    """Write the questionnaire of a wave from the codebook in ``folder``, atomically, and give its path.

    Raises
    ------
    DataError
        When the codebook has faults.
    UsageError
        When the wave has no proper name, or the codebook says what no form can ask.

    """
    stem = out / f"questionnaire_{checked_wave(wave)}"
    if form == "limesurvey":
        path, content = stem.with_suffix(".txt"), survey_text(read_codebook(folder), folder, wave).encode()
    else:
        path, content = stem.with_suffix(".xlsx"), workbook_bytes(sheets(folder, wave))
    write_bytes(path, content)
    return path
