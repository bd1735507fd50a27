"""The networks of bench/gpu/networks.json in PyTorch, written for its best speed on a GPU: channels_last throughout (a
sequence is a view of an image), scaled_dot_product_attention, frequencies as a buffer. Parameters have the names of
hush's."""

import json
import pathlib

import torch
from torch import nn
from torch.nn import functional as F

TABLE = pathlib.Path(__file__).resolve().parents[1] / "gpu" / "networks.json"
EPS = 1e-3


def gelu(x):
    return F.gelu(x, approximate="tanh")


def as_sequence(image):
    return image.flatten(2).transpose(1, 2)


def as_image(sequence, height, width):
    return sequence.transpose(1, 2).unflatten(2, (height, width))


class DoubleConv(nn.Module):
    def __init__(self, channels, middle, out, residual=False):
        super().__init__()
        self.conv1, self.norm1 = nn.Conv2d(channels, middle, 3, padding=1, bias=False), nn.GroupNorm(1, middle, eps=EPS)
        self.conv2, self.norm2 = nn.Conv2d(middle, out, 3, padding=1, bias=False), nn.GroupNorm(1, out, eps=EPS)
        self.residual = residual

    def forward(self, x):
        y = self.norm2(self.conv2(gelu(self.norm1(self.conv1(x)))))
        return gelu(x + y) if self.residual else y


class SelfAttention(nn.Module):
    def __init__(self, channels, heads, width):
        super().__init__()
        self.heads, inner = heads, heads * width
        self.q, self.k, self.v = (nn.Linear(channels, inner) for _ in range(3))
        self.out = nn.Linear(inner, channels)

    def forward(self, x):
        q, k, v = (layer(x).unflatten(2, (self.heads, -1)).transpose(1, 2) for layer in (self.q, self.k, self.v))
        return self.out(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))


class AttentionBlock(nn.Module):
    def __init__(self, channels, heads, width):
        super().__init__()
        self.norm1, self.attention = nn.LayerNorm(channels, eps=EPS), SelfAttention(channels, heads, width)
        self.norm2 = nn.LayerNorm(channels, eps=EPS)
        self.linear1, self.linear2 = nn.Linear(channels, channels), nn.Linear(channels, channels)

    def forward(self, image):
        x = as_sequence(image)
        y = x + self.attention(self.norm1(x))
        y = y + self.linear2(gelu(self.linear1(self.norm2(y))))
        return as_image(y, *image.shape[2:])


class Stage(nn.Module):
    def __init__(self, channels, middle, out, embedding):
        super().__init__()
        self.conv1, self.conv2 = DoubleConv(channels, channels, channels, residual=True), DoubleConv(
            channels, middle, out
        )
        self.shift = nn.Linear(embedding, out)

    def forward(self, x, embedding):
        return self.conv2(self.conv1(x)) + self.shift(F.silu(embedding))[:, :, None, None]


class AttentionUnet(nn.Module):
    """hush::AttentionUnet; `line` is a line of the table. Called with images [N, C, H, W] and times [N]."""

    def __init__(self, line):
        super().__init__()
        w, embedding, heads, channels = line["widths"], line["embedding"], line["heads"], line["image"][2]
        last, bottleneck = w[-1], line["bottleneck"]

        def head_width(c):
            return line["head_width"] or c

        def block(c):
            return AttentionBlock(c, heads, head_width(c))

        self.first = DoubleConv(channels, w[0], w[0])
        outs = w[1:] + [last]
        self.down = nn.ModuleList(Stage(c, out, out, embedding) for c, out in zip(w, outs))
        self.down_attention = nn.ModuleList(block(out) for out in outs[:-1])
        self.middle1 = DoubleConv(last, bottleneck, bottleneck)
        self.middle2 = SelfAttention(bottleneck, heads, head_width(bottleneck))
        self.middle3 = DoubleConv(bottleneck, last, last)
        self.up, self.up_attention, below = nn.ModuleList(), nn.ModuleList(), last
        for level in reversed(range(len(w))):
            c, out = below + w[level], w[max(0, level - 1)]
            self.up.append(Stage(c, c // 2, out, embedding))
            if level > 0:
                self.up_attention.append(block(out))
            below = out
        self.last = nn.Conv2d(w[0], channels, 1)
        half = embedding // 2
        exponents = -torch.arange(half, dtype=torch.float64) / half
        self.register_buffer("frequencies", (10000**exponents).float(), persistent=False)

    def forward(self, x, t):
        angles = t.float()[:, None] * self.frequencies.float()
        e = torch.cat([angles.sin(), angles.cos()], dim=1).to(x.dtype)
        x = self.first(x)
        skips = [x]
        for i, down in enumerate(self.down):
            x = down(F.max_pool2d(x, 2), e)
            if i < len(self.down_attention):
                x = self.down_attention[i](x)
                skips.append(x)
        x = self.middle1(x)
        x = self.middle3(as_image(self.middle2(as_sequence(x)), *x.shape[2:]))
        for i, up in enumerate(self.up):
            x = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
            x = up(torch.cat([skips.pop(), x], dim=1), e)
            if i < len(self.up_attention):
                x = self.up_attention[i](x)
        return self.last(x)


BACKBONES = {"attention_unet": AttentionUnet}


def table():
    return json.loads(TABLE.read_text(encoding="utf-8"))


def network(name):
    """The network of that name, in float on the CPU, its number of parameters checked against the table."""
    line = table()[name]
    net = BACKBONES[line["backbone"]](line)
    found = sum(p.numel() for p in net.parameters())
    if found != line["parameters"]:
        raise ValueError(f"{name} has {found:,} parameters here, the table says {line['parameters']:,}")
    return net
