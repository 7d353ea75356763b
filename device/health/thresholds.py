"""When a figure is no longer good: two limits, and a distance it has to come back before all is well again."""

from kiosk.contract.health import Grade

_ORDER = (Grade.GOOD, Grade.WARNING, Grade.CRITICAL)


class Threshold:
    """Remembers its grade. Whether high or low figures are bad follows from the two limits."""

    def __init__(self, warning: float, critical: float, way_back: float, rounds: int = 1) -> None:
        """`way_back` > 0: so far on the good side of a limit it is left. `rounds`: so often it is worse in a row."""
        self._limits = (warning, critical)
        self._sign = 1 if critical >= warning else -1
        self._way_back = way_back
        self._rounds = rounds
        self._worse = 0
        self.grade = Grade.GOOD

    def take(self, value: float) -> Grade:
        """The grade after this figure."""
        at, reached = _ORDER.index(self.grade), self._reached(value, 0)
        if reached > at:
            self._worse += 1
            if self._worse >= self._rounds:
                self.grade, self._worse = _ORDER[reached], 0
            return self.grade
        self._worse = 0
        # Going down, the limits lie further away.
        self.grade = _ORDER[min(at, self._reached(value, self._way_back))]
        return self.grade

    def _reached(self, value: float, way_back: float) -> int:
        return sum(1 for limit in self._limits if self._sign * (value - limit) >= -way_back)


def worst(*grades: Grade) -> Grade:
    """Of several grades; what is unknown does not count beside what is known."""
    known = [grade for grade in grades if grade is not Grade.UNKNOWN]
    return max(known, key=_ORDER.index) if known else Grade.UNKNOWN
