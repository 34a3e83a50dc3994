"""The old path of `iqa_tui.service.dispatcher`: an app from before an upgrade starts dispatchers by it."""

import runpy

if __name__ == "__main__":
    runpy.run_module("iqa_tui.service.dispatcher", run_name="__main__", alter_sys=True)
