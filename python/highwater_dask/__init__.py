"""Runs the shards of a Highwater sweep on a Dask cluster and merges them."""

from highwater_dask.bundle import Bundle, pack
from highwater_dask.cluster import Swept, sweep
from highwater_dask.errors import SweepError

__all__ = ["Bundle", "SweepError", "Swept", "pack", "sweep"]
