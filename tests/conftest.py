"""What all tests share."""

from __future__ import annotations

import signal

from hypothesis import HealthCheck, settings

# A shell that starts tests in the background has them ignore Ctrl-C, and every program they start with them.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Machines are shared: how long drawing an example takes says nothing about the code.
settings.register_profile("shared", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared")
