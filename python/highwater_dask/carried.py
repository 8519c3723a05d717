"""Code that travels to workers by value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cloudpickle

from highwater_dask import shard


class Carried:
    """A function of `highwater_dask.shard`, for workers without this package.

    Pickled, it becomes the function itself with all of its module.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        """Of a function of the module `shard`."""
        self._function = function

    def __call__(self, *arguments: Any) -> Any:  # noqa: ANN401
        """Calls the function."""
        return self._function(*arguments)

    def __reduce__(self) -> tuple[Callable[[bytes], Any], tuple[bytes]]:
        """As the pickled function, whatever pickles it."""
        cloudpickle.register_pickle_by_value(shard)
        try:
            return cloudpickle.loads, (cloudpickle.dumps(self._function),)
        finally:
            cloudpickle.unregister_pickle_by_value(shard)
