"""Several cohorts in one model."""

from wlz_eval.attribution.pooling.gather import Gathered, Member, gather
from wlz_eval.attribution.pooling.pool import pool
from wlz_eval.attribution.pooling.result import POOLED, PooledEffect, PoolingEffect, draw_pooled

__all__ = ["POOLED", "Gathered", "Member", "PooledEffect", "PoolingEffect", "draw_pooled", "gather", "pool"]
