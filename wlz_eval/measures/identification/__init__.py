"""Who the children are, whom rules would pick, and how far that choice can be trusted.

From data to page: ``eligible`` (whom the children were chosen from), ``picking`` (what a rule set is), ``rule_sets``
(whom each picks), ``latent`` and ``stability`` (readings drawn again), ``judgement`` (rules and teachers), ``equality``
(groups of children, with ``intervals``), ``schools`` and ``combinations`` (who they are), ``result``, ``figures``.
"""

from wlz_eval.measures.identification.combinations import Combinations, combinations, draw_combinations
from wlz_eval.measures.identification.equality import Equality, equality
from wlz_eval.measures.identification.figures import draw_again, draw_gaps, draw_rule_sets, plot_areas
from wlz_eval.measures.identification.judgement import Judgement, judgement
from wlz_eval.measures.identification.result import Identification, identification
from wlz_eval.measures.identification.rule_sets import RuleSets, rule_sets
from wlz_eval.measures.identification.rules import rules_table
from wlz_eval.measures.identification.schools import SchoolProfile, school_profile
from wlz_eval.measures.identification.stability import Stability, picked_again_expected, stability

__all__ = [
    "Combinations", "Equality", "Identification", "Judgement", "RuleSets", "SchoolProfile", "Stability", "combinations",
    "draw_again", "draw_combinations", "draw_gaps", "draw_rule_sets", "equality", "identification", "judgement",
    "picked_again_expected", "plot_areas", "rule_sets", "rules_table", "school_profile", "stability",
]
