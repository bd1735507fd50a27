#!/usr/bin/env python3
"""Writes tests/goldens/simple_unet.safetensors: a small SimpleUnet of PyTorch's own layers with random weights; two
passes in training mode, the first with all gradients of a mean squared error, the running statistics after both, and
then a pass in evaluation mode. Needs torch and safetensors. Run from the root of the project:
python3 tools/make_simple_unet_goldens.py"""

import math

import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F


class Block(nn.Module):
    def __init__(self, ci, co, embedding, up):
        super().__init__()
        self.shift = nn.Linear(embedding, co)
        self.conv1 = nn.Conv2d(ci, co, 3, padding=1)
        self.norm1 = nn.BatchNorm2d(co)
        self.conv2 = nn.Conv2d(co, co, 3, padding=1)
        self.norm2 = nn.BatchNorm2d(co)
        self.resample = (nn.ConvTranspose2d if up else nn.Conv2d)(co, co, 4, 2, 1)

    def forward(self, x, e):
        h = self.norm1(F.relu(self.conv1(x))) + F.relu(self.shift(e))[:, :, None, None]
        return self.resample(self.norm2(F.relu(self.conv2(h))))


class SimpleUnet(nn.Module):
    def __init__(self, channels, widths, embedding):
        super().__init__()
        w, self.embedding = widths, embedding
        self.time = nn.Linear(embedding, embedding)
        self.first = nn.Conv2d(channels, w[0], 3, padding=1)
        self.down = nn.ModuleList(Block(i, o, embedding, False) for i, o in zip(w, w[1:]))
        self.up = nn.ModuleList(Block(2 * i, o, embedding, True) for i, o in zip(w[:0:-1], w[-2::-1]))
        self.last = nn.Conv2d(w[0], channels, 1)

    def forward(self, x, t):
        half = self.embedding // 2
        frequencies = torch.exp(-math.log(10000) / (half - 1) * torch.arange(half, dtype=torch.float64))
        angles = t.double()[:, None] * frequencies
        e = F.relu(self.time(torch.cat([angles.sin(), angles.cos()], dim=1).to(x.dtype)))
        x, skips = self.first(x), []
        for down in self.down:
            skips.append(x := down(x, e))
        for up in self.up:
            x = up(torch.cat([x, skips.pop()], dim=1), e)
        return self.last(x)


def network():
    torch.manual_seed(3)
    net = SimpleUnet(channels=2, widths=[4, 6, 8], embedding=8)
    with torch.no_grad():  # norms and statistics that start as the identity would hide mistakes
        for name, p in [*net.named_parameters(), *net.named_buffers()]:
            if "norm" in name and p.is_floating_point():
                p.add_(0.3 * torch.rand_like(p))
    arrays = {"weight:" + k: v.clone() for k, v in net.state_dict().items() if v.is_floating_point()}
    images = lambda x: x.permute(0, 2, 3, 1)
    draw = lambda: torch.randn(3, 2, 16, 8)
    x, more, y, t = draw(), draw(), draw(), torch.tensor([0.0, 3.0, 19.0])
    arrays |= {"x": images(x), "more": images(more), "target": images(y), "t": t}
    net = net.double().train()
    out = net(x.double(), t)
    F.mse_loss(out, y.double()).backward()
    arrays["trained"] = images(out)
    for name, p in net.named_parameters():
        arrays["grad:" + name] = p.grad
    net(more.double(), t)
    for name, p in net.named_buffers():
        if p.is_floating_point():
            arrays["after:" + name] = p.clone()
    arrays["sampled"] = images(net.eval()(x.double(), t))
    return {k: v.detach().contiguous() for k, v in arrays.items()}


def full_size():
    """Trained scalars of the network of the defaults."""
    return sum(p.numel() for p in SimpleUnet(3, [64, 128, 256, 512, 1024], 32).parameters())


if __name__ == "__main__":
    assert full_size() == 62_438_883
    made_by = {"made_by": f"tools/make_simple_unet_goldens.py, torch {torch.__version__.split('+')[0]}"}
    save_file(network(), "tests/goldens/simple_unet.safetensors", metadata=made_by)
