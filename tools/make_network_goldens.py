#!/usr/bin/env python3
"""Writes tests/goldens/attention_unet.safetensors: a small AttentionUnet built from PyTorch's own layers, random weights,
one forward pass and all gradients of a mean squared error; tests/goldens/wide_unet.safetensors: the forward pass of a
wider one, whose weights and images follow a formula; and tests/goldens/optimizers.safetensors: ten steps of Adam and
AdamW. Needs torch and safetensors. Run from the root of the project: python3 tools/make_network_goldens.py"""

import math

import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F

EPS = 1e-3


class DoubleConv(nn.Module):
    def __init__(self, ci, middle, co, residual=False):
        super().__init__()
        self.conv1 = nn.Conv2d(ci, middle, 3, padding=1, bias=False)
        self.norm1 = nn.GroupNorm(1, middle, eps=EPS)
        self.conv2 = nn.Conv2d(middle, co, 3, padding=1, bias=False)
        self.norm2 = nn.GroupNorm(1, co, eps=EPS)
        self.residual = residual

    def forward(self, x):
        y = F.gelu(self.norm1(self.conv1(x)), approximate="tanh")
        y = self.norm2(self.conv2(y))
        return F.gelu(x + y, approximate="tanh") if self.residual else y


class SelfAttention(nn.Module):
    def __init__(self, c, heads, width):
        super().__init__()
        self.heads, self.width = heads, width
        self.q, self.k, self.v = (nn.Linear(c, heads * width) for _ in range(3))
        self.out = nn.Linear(heads * width, c)

    def forward(self, x):
        n, s, _ = x.shape
        split = lambda y: y.view(n, s, self.heads, self.width).transpose(1, 2)
        q, k, v = split(self.q(x)), split(self.k(x)), split(self.v(x))
        w = torch.softmax(q @ k.transpose(2, 3) / math.sqrt(self.width), dim=-1)
        return self.out((w @ v).transpose(1, 2).reshape(n, s, -1))


class AttentionBlock(nn.Module):
    def __init__(self, c, heads, width):
        super().__init__()
        self.norm1 = nn.LayerNorm(c, eps=EPS)
        self.attention = SelfAttention(c, heads, width)
        self.norm2 = nn.LayerNorm(c, eps=EPS)
        self.linear1, self.linear2 = nn.Linear(c, c), nn.Linear(c, c)

    def forward(self, image):
        n, c, h, w = image.shape
        x = image.flatten(2).transpose(1, 2)
        y = x + self.attention(self.norm1(x))
        y = y + self.linear2(F.gelu(self.linear1(self.norm2(y)), approximate="tanh"))
        return y.transpose(1, 2).reshape(n, c, h, w)


class Stage(nn.Module):
    def __init__(self, ci, middle, co, embedding):
        super().__init__()
        self.conv1 = DoubleConv(ci, ci, ci, residual=True)
        self.conv2 = DoubleConv(ci, middle, co)
        self.shift = nn.Linear(embedding, co)

    def forward(self, x, e):
        return self.conv2(self.conv1(x)) + self.shift(F.silu(e))[:, :, None, None]


class AttentionUnet(nn.Module):
    def __init__(self, channels, widths, bottleneck, heads, head_width, embedding):
        super().__init__()
        w, self.embedding = widths, embedding
        hw = lambda c: head_width or c
        block = lambda c: AttentionBlock(c, heads, hw(c))
        self.first = DoubleConv(channels, w[0], w[0])
        outs = w[1:] + w[-1:]
        self.down = nn.ModuleList(Stage(i, o, o, embedding) for i, o in zip(w, outs))
        self.down_attention = nn.ModuleList(block(o) for o in outs[:-1])
        self.middle1 = DoubleConv(w[-1], bottleneck, bottleneck)
        self.middle2 = SelfAttention(bottleneck, heads, hw(bottleneck))
        self.middle3 = DoubleConv(bottleneck, w[-1], w[-1])
        self.up, self.up_attention, below = nn.ModuleList(), nn.ModuleList(), w[-1]
        for i in reversed(range(len(w))):
            ci, co = below + w[i], w[max(0, i - 1)]
            self.up.append(Stage(ci, ci // 2, co, embedding))
            if i > 0:
                self.up_attention.append(block(co))
            below = co
        self.last = nn.Conv2d(w[0], channels, 1)

    def forward(self, x, t):
        half = self.embedding // 2
        frequencies = 10000 ** (-torch.arange(half, dtype=torch.float64) / half)
        angles = t.double()[:, None] * frequencies
        e = torch.cat([angles.sin(), angles.cos()], dim=1).to(x.dtype)
        skips = [x := self.first(x)]
        for i, down in enumerate(self.down):
            x = down(F.max_pool2d(x, 2), e)
            if i + 1 < len(self.down):
                x = self.down_attention[i](x)
                skips.append(x)
        x = self.middle1(x)
        n, c, h, w = x.shape
        x = self.middle2(x.flatten(2).transpose(1, 2)).transpose(1, 2).reshape(n, c, h, w)
        x = self.middle3(x)
        for i, up in enumerate(self.up):
            x = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
            x = up(torch.cat([skips.pop(), x], dim=1), e)
            if i < len(self.up_attention):
                x = self.up_attention[i](x)
        return self.last(x)


def network():
    torch.manual_seed(1)
    net = AttentionUnet(channels=2, widths=[4, 6, 8], bottleneck=10, heads=2, head_width=3, embedding=16)
    with torch.no_grad():  # norms that start as the identity would hide mistakes
        for name, p in net.named_parameters():
            if "norm" in name:
                p.add_(0.3 * torch.randn_like(p))
    net = net.double()
    x, y, t = torch.randn(3, 2, 16, 8).double(), torch.randn(3, 2, 16, 8).double(), torch.tensor([0.0, 17.0, 499.0])
    out = net(x, t)
    F.mse_loss(out, y).backward()
    arrays = {"x": x.permute(0, 2, 3, 1), "target": y.permute(0, 2, 3, 1), "t": t, "out": out.permute(0, 2, 3, 1)}
    for name, p in net.named_parameters():
        arrays["weight:" + name], arrays["grad:" + name] = p, p.grad
    return {k: v.detach().contiguous() for k, v in arrays.items()}


def scattered(seed, shape):
    """Numbers in [-1, 1) without order, the same in tests/backbones/attention_unet.cpp."""
    count = math.prod(shape)
    steps = (torch.arange(count, dtype=torch.int64) + 40009 * seed) * 7919 % 65537 * 30011 % 65537
    return (steps.double() / 32768.5 - 1).reshape(shape)


def wide():
    net = AttentionUnet(channels=1, widths=[16, 32], bottleneck=32, heads=2, head_width=8, embedding=16).double()
    with torch.no_grad():
        for seed, (name, p) in enumerate(sorted(net.named_parameters()), start=1):
            if p.dim() > 1:
                p.copy_(scattered(seed, p.shape) * math.sqrt(3 / p[0].numel()))
            else:
                p.copy_(0.3 * scattered(seed, p.shape) + ("norm" in name and name.endswith("weight")))
        out = net(scattered(0, (2, 1, 16, 16)), torch.tensor([3.0, 250.0]))
    return {"out": out.permute(0, 2, 3, 1).contiguous()}


def optimizers():
    torch.manual_seed(2)
    grads = torch.randn(10, 7, dtype=torch.float64)
    start = torch.randn(7, dtype=torch.float64)
    arrays = {"grads": grads, "start": start}
    for name, make in {
        "adam": lambda p: torch.optim.Adam(p, lr=0.01, betas=(0.9, 0.99), eps=1e-6),
        "adam_l2": lambda p: torch.optim.Adam(p, lr=0.01, betas=(0.9, 0.99), eps=1e-6, weight_decay=0.1),
        "adamw": lambda p: torch.optim.AdamW(p, lr=0.01, betas=(0.9, 0.99), eps=1e-6, weight_decay=0.1),
    }.items():
        w = nn.Parameter(start.clone())
        optimizer = make([w])
        for g in grads:
            w.grad = g.clone()
            optimizer.step()
        arrays[name] = w.detach().clone()
    return arrays


if __name__ == "__main__":
    made_by = {"made_by": f"tools/make_network_goldens.py, torch {torch.__version__.split('+')[0]}"}
    save_file(network(), "tests/goldens/attention_unet.safetensors", metadata=made_by)
    save_file(wide(), "tests/goldens/wide_unet.safetensors", metadata=made_by)
    save_file(optimizers(), "tests/goldens/optimizers.safetensors", metadata=made_by)
