"""The old path of `iqa_tui.queue.order_child`: an app from before an upgrade starts its children by it."""

import runpy

if __name__ == "__main__":
    runpy.run_module("iqa_tui.queue.order_child", run_name="__main__", alter_sys=True)
