"""What a run asks of a device."""

from __future__ import annotations

from training.runfolder.spec import Spec

MIB = 1 << 20
GIB = 1 << 30
SPEC = Spec(run_id="r", group="g", label="l", argv=[], created=0.0)
