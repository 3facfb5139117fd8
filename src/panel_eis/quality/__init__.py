"""How good the data are: who answered, who left, what was not answered, and what was done to the answers.

``outcomes`` (dispositions and AAPOR's rates), ``patterns`` (who took part when), ``attrition`` (what departures depend
on, and whether they matter), ``answering`` (missing items, straight lines, speed), ``modes`` (differences between modes),
``handling`` (what reading and harmonising changed, warnings) and ``summary`` (all of it in one page of text).
"""
