"""The whole network, put together: backbone, local distortion, fusion, hyper-network, target network."""

from __future__ import annotations

from torch import Tensor, nn

from training.images.transforms import Normalisation
from training.network.backbone import Backbone
from training.network.fusion import MultiScaleFusion
from training.network.hypernet import HyperNetwork, TargetNetwork
from training.network.local_distortion import LocalDistortion
from training.readout import Readout


class QualityNetwork(nn.Module):
    """Normalised images (B, 3, H, W) to outputs, which `readout` turns into scores, higher is better.

    There is one output an image, (B,), which is the score, unless the loss needs more, (B, K).

    The backbone sees the image; a hyper-network turns what it saw into the weights of a target network; the target
    network turns the local distortion vector into the outputs.
    """

    def __init__(
        self,
        backbone: Backbone,
        *,
        multiscale: bool,
        attention: bool,
        dropout_rate: float,
        readout: Readout | None = None,
    ) -> None:
        """`readout`: None for one output, the score."""
        super().__init__()
        self.began_with_top: float | None = None
        """If its first weights are those of a whole network, its scores go from 0 to this; None otherwise."""
        self.began_on_scale = True
        """False: its first weights are of a network whose loss left the scale of its scores free."""
        self.backbone = backbone
        self.local_distortion = LocalDistortion(backbone.channels)
        self.fusion = MultiScaleFusion(backbone.channels, multiscale=multiscale, attention=attention)
        self.readout = readout or Readout()
        self.hyper = HyperNetwork(self.fusion.out_channels, dropout_rate, self.readout.outputs)
        self.target = TargetNetwork(dropout_rate)

    @property
    def normalisation(self) -> Normalisation:
        """How images must be normalised for this backbone."""
        return self.backbone.normalisation

    @property
    def attention_weights(self) -> Tensor | None:
        """(B, 4) weights of the scales in the last forward pass; None without attention."""
        return self.fusion.last_weights

    def forward(self, images: Tensor) -> Tensor:
        maps = self.backbone(images)
        outputs: Tensor = self.target(self.local_distortion(maps), self.hyper(self.fusion(maps)))
        return outputs


def parameter_count(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())
