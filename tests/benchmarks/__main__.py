"""`make bench`: every measurement, one JSON line a figure. Ratios are taken within one run of this program."""

from __future__ import annotations

from tests.benchmarks import launcher, start, trainer


def main() -> None:
    start.main()
    launcher.main()
    trainer.main()


if __name__ == "__main__":
    main()
