"""The old path of `iqa_tui.service.supervisor`: a dispatcher from before an upgrade starts supervisors by it."""

import runpy

if __name__ == "__main__":
    runpy.run_module("iqa_tui.service.supervisor", run_name="__main__", alter_sys=True)
