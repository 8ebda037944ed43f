"""What the demo asks of the simulator that plays its partners."""

from __future__ import annotations

import json
import os
from urllib.request import Request, urlopen


def control(action, **order):
    """Tell the simulator to do something; its README lists what there is."""
    address = f"{os.environ['FREIGHT_SIMULATOR_URL']}/_control/{action}"
    with urlopen(Request(address, json.dumps(order).encode(), method="POST"), timeout=10) as answer:
        answer.read()
