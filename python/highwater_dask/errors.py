"""The one exception of the package."""

BAD_INPUT = 2
"""Exit code: the scenario, the arguments or the cluster is wrong."""
IO_FAILURE = 4
"""Exit code: something could not be read, written or run."""


class SweepError(Exception):
    """A sweep could not be finished; the text says why and what is kept.

    Attributes:
        code: the exit code of Highwater that fits, or that a shard ended with.
    """

    def __init__(self, text: str, code: int = BAD_INPUT) -> None:
        """With a text for people and an exit code."""
        super().__init__(text)
        self.code = code
