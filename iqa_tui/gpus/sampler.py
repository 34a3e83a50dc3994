"""The old path of `iqa_tui.devices.gpus.sampler`: a dispatcher from before an upgrade starts its sampler by it."""

import runpy

if __name__ == "__main__":
    runpy.run_module("iqa_tui.devices.gpus.sampler", run_name="__main__", alter_sys=True)
