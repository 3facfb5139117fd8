"""Weights: from those who answered to the population, and from those who stayed to those who were there.

Data flow through the modules in this order: ``frame`` (margins of the population), ``effective`` (what weighting costs),
``raking`` (calibration), ``design`` (base weights of those approached), ``propensity`` (modelled probabilities of
answering) and ``panel_weights`` (the weights of a panel, one row each).

===========================  =======================================================================================
column of the panel          whom it makes a row stand for
===========================  =======================================================================================
``weight_design``            organisations of the frame, by the strata in which they were approached
``response_probability``     chance that this organisation answers this wave (chained over its waves)
``weight_response``          the two above: design weight / probability
``weight``                   the population at this wave: ``weight_response`` calibrated to the frame, trimmed
``weight_pair``              all that answered one wave earlier (attrition alone)
``weight_pair_population``   the population of the earlier wave: ``weight`` of that wave × ``weight_pair``
``weight_balanced``          the population of the first wave, by the units that answered every wave up to this one
===========================  =======================================================================================

Estimates are always shown with and without.
"""

from panel_eis.weights.effective import kish, weighting_table
from panel_eis.weights.frame import read_frame
from panel_eis.weights.panel_weights import WEIGHTS, PanelWeights, pair_weights, weigh
from panel_eis.weights.raking import LARGEST, Raked, rake

__all__ = [
    "LARGEST",
    "WEIGHTS",
    "PanelWeights",
    "Raked",
    "kish",
    "pair_weights",
    "rake",
    "read_frame",
    "weigh",
    "weighting_table",
]
