"""The panel: its light, by the best way there is to it. Knows nothing of why the screen is awake."""

from kiosk.contract import configuration
from kiosk.contract.display import Habits


def habits(section: configuration.Display) -> Habits:
    """What the rules of the consultation need of the configuration."""
    return Habits(
        dim_after_s=section.dim_after_s,
        sleep_after_s=section.sleep_after_s,
        sleep_after_unseen_s=section.sleep_after_unseen_s,
        wake_before_s=section.wake_before_s,
        greeting_s=section.greeting_s,
    )
