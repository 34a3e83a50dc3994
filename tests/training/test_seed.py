"""Streams of random numbers."""

import torch

from training.seed import seed_network, stream


def test_a_stream_follows_from_seed_and_purpose_alone():
    first = stream(42, "train", 1).random(4).tolist()
    stream(42, "train", 2).random(100)
    assert stream(42, "train", 1).random(4).tolist() == first
    others = [stream(42, "train", 2), stream(43, "train", 1), stream(42, "test", 1)]
    assert all(other.random(4).tolist() != first for other in others)


def test_data_streams_leave_the_generator_of_the_network_alone():
    seed_network(7)
    expected = torch.rand(3)
    seed_network(7)
    stream(7, "train", 1).random(10)
    assert torch.equal(torch.rand(3), expected)
