"""Warm kernels: copies of one process that has imported everything and done nothing.

A kernel spends more on starting Python and importing the stack than on most notebooks of a cohort. ``server`` is that
process, ``client`` the batch's end of it, ``source`` starts it when needed, ``provisioner`` is what jupyter_client asks
for a kernel. Where processes cannot be copied, kernels start cold; what they compute is the same to the byte.
"""

from wlz_eval.batch.warm.client import WarmKernel, WarmServer, WarmUnavailableError, can_be_warm
from wlz_eval.batch.warm.source import WarmSource

__all__ = ["WarmKernel", "WarmServer", "WarmSource", "WarmUnavailableError", "can_be_warm"]
