"""A network that a test can build at once."""

from training.flags import parse
from training.network.build import build_network

SMALL = ["--dataset", "demo", "--backbone", "test_efficientnet", "--weights", "none", "--patch_size", "64"]


def build(*flags: str):
    return build_network(parse(["--dataset", "demo", "--weights", "none", *flags]))
