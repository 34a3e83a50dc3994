"""What `iqa-tui --help` says besides the commands."""

from __future__ import annotations

DESCRIPTION = """\
Launch, watch and tabulate image-quality ablations. Without a command: the app; `iqa-tui DIR` opens the runs of DIR.

PLAN is a preset's name or a TOML file. RUN is a run's id, a part of it that only one run has, or an experiment's
id (its run that can be given the order, else its newest)."""
EPILOG = """\
environment:
  IQA_TUI_DATA       folder of data sets, one folder each; otherwise --set data_path=FOLDER
  IQA_TUI_CPU_SLOTS  runs that share the CPU if there is no GPU (default 1)
  IQA_TUI_CACHE      folder of decoded images that all runs share (default ~/.cache/iqa-tui)
  IQA_TUI_LEASES     folder of device leases, one for all users of the machine (default /run/lock, else /var/tmp)
  IQA_TUI_STATE      folder of this user's own state: the key that signs runs, dispatchers' locks and logs
                     (default $XDG_STATE_HOME/iqa-tui, else ~/.local/state/iqa-tui)
  IQA_TUI_SETTINGS   your settings file (default $XDG_CONFIG_HOME/iqa-tui/settings.toml, else ~/.config/…)
  IQA_TUI_READ_ONLY  1: as --read-only, for every program that inherits it
  IQA_TUI_CUDA_UUIDS  1: trainers are shown their GPUs by UUID; MIG instances always are
  IQA_TUI_GPU_SETTLE_SECONDS  how long a GPU must look idle before a run gets it (default 4)

exit codes: 0 all well, 1 a run failed, 2 usage, 3 no device in time, 4 environment, 130 interrupted"""
