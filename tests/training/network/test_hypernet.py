"""Each image's own target network."""

import torch

from training.network.hypernet import HyperNetwork, TargetNetwork


def test_batched_products_equal_each_images_own_network():
    hyper = HyperNetwork(20, 0.0)
    made = hyper(torch.randn(2, 20, 7, 7))
    vector = torch.randn(2, 224)
    scores = TargetNetwork(0.0)(vector, made)
    assert sum(part[0].numel() for part in (*made.weights, *made.biases)) == 33_545
    for image in range(2):
        state = vector[image]
        for layer, (weight, bias) in enumerate(zip(made.weights, made.biases, strict=True)):
            state = weight[image] @ state + bias[image]
            state = torch.sigmoid(state) if layer < 4 else state
        torch.testing.assert_close(scores[image], state[0], atol=1e-5, rtol=1e-5)
