"""A learning rate that falls when validations bring nothing better, as torch's ReduceLROnPlateau."""

from __future__ import annotations


class Plateau:
    """How far the rate of one player has fallen."""

    def __init__(self, *, waits: int, gamma: float, floor: float):
        """Take how many validations are waited for a better network, and the factors of a fall and of all together."""
        self.waits, self.gamma, self.floor = waits, gamma, floor
        self.factor, self.waited = 1.0, 0

    def validated(self, better: bool) -> None:
        """Take note of a validation.

        >>> plateau = Plateau(waits=2, gamma=0.5, floor=0.0)
        >>> for better in (True, False, False, False):
        ...     plateau.validated(better)
        >>> plateau.factor, plateau.waited
        (0.5, 1)
        """
        self.waited = 0 if better else self.waited + 1
        if self.waited >= self.waits:
            self.factor, self.waited = max(self.floor, self.factor * self.gamma), 0

    def state(self) -> dict[str, float]:
        """Return what changes while training."""
        return {"factor": self.factor, "waited": self.waited}

    def take(self, state: dict[str, float]) -> None:
        """Take up a state."""
        self.factor, self.waited = float(state["factor"]), int(state["waited"])
