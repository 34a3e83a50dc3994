from tests.fakes.lab import lab

__all__ = ["lab"]
