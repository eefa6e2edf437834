"""How often one credential may ask. Counted in memory by each web process for itself, so that it costs nothing.

With several processes (or hosts) a tool that spreads its connections is let through up to that many times as often;
no tool ever gets less than the setting says. A runaway script is stopped either way, which is the purpose.
"""

import math
import threading

WINDOW = 60.0  # seconds; a tool that was quiet may use a whole window's worth at once


class RateLimit:
    """`per_minute` requests for each key, a minute's worth at once; 0 is no limit.

    One number for each key is kept: when its last request would have been due at an even pace (GCRA).
    """

    def __init__(self, per_minute: int) -> None:
        self._pace = WINDOW / per_minute if per_minute else 0.0
        self._due: dict[str, float] = {}
        self._lock = threading.Lock()

    def wait(self, key: str, now: float) -> int:
        """0 if this request may go ahead, and then it counts; otherwise whole seconds until one may."""
        if not self._pace:
            return 0
        with self._lock:
            due = max(self._due.get(key, 0.0), now)
            ahead = due + self._pace - now - WINDOW
            if ahead > 1e-9:
                return math.ceil(ahead)
            self._due[key] = due + self._pace
            return 0
