"""Tests of highwater_dask."""
