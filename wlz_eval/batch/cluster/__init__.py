"""Notebooks on the workers of a Dask cluster: the same jobs, the same execution, the same bytes.

What a notebook reads goes out as a parcel through a shared folder or address; it runs in a folder of the worker's own;
what it wrote comes back in one piece, and is unpacked only when all of it is here. So a worker that is lost half way
leaves nothing that could be taken for finished, and its notebook runs again elsewhere. ``place`` is the batch's end,
``worker`` the other, ``parcel`` what passes between them, ``identity`` the check that both compute the same.
"""

from wlz_eval.batch.cluster.place import ClusterPlace

__all__ = ["ClusterPlace"]
