"""The networks of bench/gpu/networks.json in PyTorch, written for its best speed on a GPU: channels_last throughout (a
sequence is a view of an image), scaled_dot_product_attention, frequencies as a buffer. All are called with images
[N, C, H, W], the channels of a condition first, what they see of the noise levels [N], and labels where they read
such. `Unet2d` is diffusers' own."""

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


def frequencies(count, last):
    """`count` of them, from 1 on; number `last` would be 1/10000."""
    return (10000 ** (-torch.arange(count, dtype=torch.float64) / last)).float()


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
    """hush::AttentionUnet; `line` is a line of the table."""

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
        self.register_buffer("frequencies", frequencies(half, half), persistent=False)

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


def at_zero(layer):
    """A layer that starts at zero, as hush's does: a device does such products with less power."""
    for p in layer.parameters():
        nn.init.zeros_(p)
    return layer


class ResBlock(nn.Module):
    """Of an Adm: what it is told scales and shifts. `resample` halves or doubles an image."""

    def __init__(self, channels, out, told, resample=None):
        super().__init__()
        self.norm1, self.conv1 = nn.GroupNorm(32, channels), nn.Conv2d(channels, out, 3, padding=1)
        self.scale_and_shift = nn.Linear(told, 2 * out)
        self.norm2, self.conv2 = nn.GroupNorm(32, out), at_zero(nn.Conv2d(out, out, 3, padding=1))
        self.shortcut = nn.Identity() if channels == out else nn.Conv2d(channels, out, 1)
        self.resample = resample or nn.Identity()

    def forward(self, x, told):
        h = self.conv1(self.resample(F.silu(self.norm1(x))))
        scale, shift = self.scale_and_shift(told)[:, :, None, None].chunk(2, dim=1)
        h = self.conv2(F.silu(torch.addcmul(shift, self.norm2(h), 1 + scale)))
        return self.shortcut(self.resample(x)) + h


class ImageAttention(nn.Module):
    """Of an Adm."""

    def __init__(self, channels, head_width):
        super().__init__()
        self.norm = nn.GroupNorm(32, channels)
        self.attention = SelfAttention(channels, channels // head_width, head_width)
        at_zero(self.attention.out)

    def forward(self, x):
        return x + as_image(self.attention(as_sequence(self.norm(x))), *x.shape[2:])


class ResStage(nn.Module):
    """The blocks of one resolution of an Adm, attention behind each or none, and the block that resamples, if any."""

    def __init__(self):
        super().__init__()
        self.blocks, self.attention, self.resample = nn.ModuleList(), nn.ModuleList(), None

    def step(self, i, x, told):
        x = self.blocks[i](x, told)
        return self.attention[i](x) if len(self.attention) > i else x


class Adm(nn.Module):
    """hush::Adm; `line` is a line of the table."""

    def __init__(self, line):
        super().__init__()
        channels, blocks, out = line["channels"], line["blocks"], line["image"][2]
        widths, told = [channels * m for m in line["multipliers"]], 4 * channels
        halve, double = nn.AvgPool2d(2), nn.Upsample(scale_factor=2, mode="nearest")

        def add(stage, c, width, attends):
            stage.blocks.append(ResBlock(c, width, told))
            if attends:
                stage.attention.append(ImageAttention(width, line["head_channels"]))
            return width

        self.time1, self.time2 = nn.Linear(channels, told), nn.Linear(told, told)
        self.first = nn.Conv2d(out + line["condition"], widths[0], 3, padding=1)
        self.down, self.middle, self.up = nn.ModuleList(), ResStage(), nn.ModuleList()
        now, skips = widths[0], [widths[0]]
        for level, width in enumerate(widths):
            stage = ResStage()
            for _ in range(blocks):
                skips.append(now := add(stage, now, width, 2**level in line["attention"]))
            if level + 1 < len(widths):
                stage.resample = ResBlock(now, now, told, halve)
                skips.append(now)
            self.down.append(stage)
        add(self.middle, now, now, True)
        add(self.middle, now, now, False)
        for level, width in reversed(list(enumerate(widths))):
            stage = ResStage()
            for _ in range(blocks + 1):
                now = add(stage, now + skips.pop(), width, 2**level in line["attention"])
            if level > 0:
                stage.resample = ResBlock(now, now, told, double)
            self.up.append(stage)
        self.norm, self.last = nn.GroupNorm(32, now), at_zero(nn.Conv2d(now, out, 3, padding=1))
        self.scale, half = line["embedding_scale"], channels // 2
        self.register_buffer("frequencies", frequencies(half, half), persistent=False)

    def forward(self, x, sees):
        angles = (self.scale * sees.float())[:, None] * self.frequencies.float()
        e = torch.cat([angles.cos(), angles.sin()], dim=1).to(x.dtype)
        told = F.silu(self.time2(F.silu(self.time1(e))))
        x = self.first(x)
        skips = [x]
        for stage in self.down:
            for i in range(len(stage.blocks)):
                skips.append(x := stage.step(i, x, told))
            if stage.resample is not None:
                skips.append(x := stage.resample(x, told))
        for i in range(2):
            x = self.middle.step(i, x, told)
        for stage in self.up:
            for i in range(len(stage.blocks)):
                x = stage.step(i, torch.cat([x, skips.pop()], dim=1), told)
            if stage.resample is not None:
                x = stage.resample(x, told)
        return self.last(F.silu(self.norm(x)))


class BatchNormBlock(nn.Module):
    """Of a SimpleUnet: `resample` is a convolution that halves the image, or a transposed one that doubles it."""

    def __init__(self, channels, out, embedding, resample):
        super().__init__()
        self.shift = nn.Linear(embedding, out)
        self.conv1, self.norm1 = nn.Conv2d(channels, out, 3, padding=1), nn.BatchNorm2d(out)
        self.conv2, self.norm2 = nn.Conv2d(out, out, 3, padding=1), nn.BatchNorm2d(out)
        self.resample = resample(out, out, 4, 2, 1)

    def forward(self, x, embedding):
        h = self.norm1(F.relu(self.conv1(x))) + F.relu(self.shift(embedding))[:, :, None, None]
        return self.resample(self.norm2(F.relu(self.conv2(h))))


class SimpleUnet(nn.Module):
    """hush::SimpleUnet; `line` is a line of the table."""

    def __init__(self, line):
        super().__init__()
        w, embedding, channels = line["widths"], line["embedding"], line["image"][2]
        self.time, self.first = nn.Linear(embedding, embedding), nn.Conv2d(channels, w[0], 3, padding=1)
        down, up = zip(w, w[1:]), zip(w[:0:-1], w[-2::-1])
        self.down = nn.ModuleList(BatchNormBlock(c, out, embedding, nn.Conv2d) for c, out in down)
        self.up = nn.ModuleList(BatchNormBlock(2 * c, out, embedding, nn.ConvTranspose2d) for c, out in up)
        self.last = nn.Conv2d(w[0], channels, 1)
        half = embedding // 2
        self.register_buffer("frequencies", frequencies(half, half - 1), persistent=False)

    def forward(self, x, t):
        angles = t.float()[:, None] * self.frequencies.float()
        e = F.relu(self.time(torch.cat([angles.sin(), angles.cos()], dim=1).to(x.dtype)))
        x, skips = self.first(x), []
        for down in self.down:
            skips.append(x := down(x, e))
        for up in self.up:
            x = up(torch.cat([x, skips.pop()], dim=1), e)
        return self.last(x)


class Unet2d(nn.Module):
    """hush::Unet2d and what reads its labels: diffusers' own networks. Labels [N, labels] of ones and zeros are tokens
    of a UNet2DConditionModel, one more for none, or a linear layer's rows beside the noise level of a UNet2DModel."""

    def __init__(self, line):
        super().__init__()
        import diffusers  # for these networks alone

        sizes, self.tokens = dict(zip(("in_channels", "out_channels"), 2 * line["image"][2:])), bool(line["tokens"])
        widths, last = line["widths"], len(line["widths"]) - 1
        kinds = ["CrossAttn" if i in line["tokens"] else "Attn" * (i in line["attention"]) for i in range(last + 1)]
        sizes |= {
            "sample_size": line["image"][0],
            "block_out_channels": widths,
            "layers_per_block": line["blocks"],
            "norm_num_groups": line["groups"],
            "resnet_time_scale_shift": "scale_shift" if line["scale_shift"] else "default",
            "down_block_types": [f"{kind}DownBlock2D" for kind in kinds],
            "up_block_types": [f"{kind}UpBlock2D" for kind in reversed(kinds)],
        }
        if self.tokens:
            self.table = nn.Parameter(torch.randn(line["labels"] + 1, line["token_width"]))
            self.unet = diffusers.UNet2DConditionModel(
                **sizes, attention_head_dim=line["heads"], cross_attention_dim=line["token_width"]
            )
        elif line["labels"]:
            self.table = nn.Linear(line["labels"], 4 * widths[0], bias=False)
            self.unet = diffusers.UNet2DModel(**sizes, attention_head_dim=None, class_embed_type="identity")
        else:
            self.unet = diffusers.UNet2DModel(**sizes, attention_head_dim=None)

    def forward(self, x, t, labels=None):
        if labels is None:
            return self.unet(x, t, return_dict=False)[0]
        labels = labels.to(x.dtype)
        if not self.tokens:
            return self.unet(x, t, class_labels=self.table(labels), return_dict=False)[0]
        mask = torch.cat([labels, torch.ones_like(labels[:, :1])], dim=1)
        tokens = self.table.to(x.dtype).expand(len(x), -1, -1)
        return self.unet(x, t, tokens, encoder_attention_mask=mask > 0, return_dict=False)[0]


class BroadcastUnet(nn.Module):
    """hush::BroadcastUnet; `line` is a line of the table. What is the same at every pixel is made here: PyTorch has no
    convolution that reads it unmade."""

    def __init__(self, line):
        super().__init__()
        w, e, channels = line["widths"], line["embedding"], line["image"][2]
        self.labels, self.label1, self.label2 = (
            nn.Linear(line["labels"], e, bias=False),
            nn.Linear(e, e),
            nn.Linear(e, e),
        )

        def double(c, out):
            layers = []
            for a in (c, out):
                layers += [nn.Conv2d(a, out, 3, padding=1), nn.BatchNorm2d(out), nn.ReLU()]
            return nn.Sequential(*layers)

        ups = list(zip(w[::-1], (w[-2::-1] + [channels])))
        self.down = nn.ModuleList(double(c, out) for c, out in zip([channels] + [2 * c for c in w[:-1]], w))
        self.middle = double(2 * w[-1], w[-1])
        self.up = nn.ModuleList(double(3 * c, out) for c, out in ups)
        self.broadcast = nn.ModuleList(nn.Linear(2 * e, c) for c in w + [w[-1]] + [out for _, out in ups])
        self.last = nn.Conv2d(2 * channels, channels, 1)
        half = e // 2
        self.register_buffer("frequencies", frequencies(half, half - 1), persistent=False)

    def forward(self, x, t, labels):
        angles = t.float()[:, None] * self.frequencies.float()
        time = torch.cat([angles.sin(), angles.cos()], dim=1).to(x.dtype)
        e = torch.cat([self.label2(F.relu(self.label1(self.labels(labels.to(x.dtype))))), time], dim=1)
        layers = iter(self.broadcast)

        def with_constants(image):
            return torch.cat([image, next(layers)(e)[:, :, None, None].expand(-1, -1, *image.shape[2:])], dim=1)

        skips = []
        for down in self.down:
            skips.append(x := down(x))
            x = with_constants(F.max_pool2d(x, 2))
        x = with_constants(self.middle(x))
        for up in self.up:
            image, constants = x[:, : x.shape[1] // 2], x[:, x.shape[1] // 2 :]
            size, skip = [2 * side for side in image.shape[2:]], skips.pop()
            image = F.interpolate(image, size=size, mode="bilinear", align_corners=False)
            constants = constants[:, :, :1, :1].expand(-1, -1, *size)
            x = with_constants(up(torch.cat([skip, image, constants], dim=1)))
        return self.last(x)


class DitBlock(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads, self.modulation = heads, nn.Linear(width, 6 * width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.linear1, self.linear2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.norm = nn.LayerNorm(width, eps=1e-6, elementwise_affine=False)

    def forward(self, x, e):
        shift1, scale1, gate1, shift2, scale2, gate2 = self.modulation(e)[:, None].chunk(6, dim=2)
        q, k, v = self.qkv(self.norm(x) * (1 + scale1) + shift1).unflatten(2, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        x = x + gate1 * self.out(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))
        return x + gate2 * self.linear2(gelu(self.linear1(self.norm(x) * (1 + scale2) + shift2)))


class Dit(nn.Module):
    """hush::Dit without labels; `line` is a line of the table."""

    def __init__(self, line):
        super().__init__()
        (height, width, channels), p, w = line["image"], line["patch"], line["width"]
        self.grid, self.patch = (height // p, width // p), p
        self.time1, self.time2 = nn.Linear(256, w), nn.Linear(w, w)
        self.first = nn.Conv2d(channels, w, p, stride=p)
        self.blocks = nn.ModuleList(DitBlock(w, line["heads"]) for _ in range(line["depth"]))
        self.norm = nn.LayerNorm(w, eps=1e-6, elementwise_affine=False)
        self.modulation, self.last = nn.Linear(w, 2 * w), nn.Linear(w, p * p * channels)
        self.register_buffer("frequencies", frequencies(128, 128), persistent=False)
        row, column = torch.meshgrid(*(torch.arange(side) for side in self.grid), indexing="ij")
        angles = [place.reshape(-1, 1) * frequencies(w // 4, w // 4) for place in (column, row)]
        table = torch.cat([f(a) for a in angles for f in (torch.sin, torch.cos)], dim=1)
        self.register_buffer("positions", table, persistent=False)

    def forward(self, x, t):
        angles = t.float()[:, None] * self.frequencies.float()
        waves = torch.cat([angles.cos(), angles.sin()], dim=1).to(x.dtype)
        e = F.silu(self.time2(F.silu(self.time1(waves))))
        y = as_sequence(self.first(x)) + self.positions
        for block in self.blocks:
            y = block(y, e)
        shift, scale = self.modulation(e)[:, None].chunk(2, dim=2)
        y = self.last(self.norm(y) * (1 + scale) + shift)
        y = y.unflatten(1, self.grid).unflatten(3, (self.patch, self.patch, -1))
        return y.permute(0, 5, 1, 3, 2, 4).flatten(4, 5).flatten(2, 3)


BACKBONES = {
    "adm": Adm,
    "attention_unet": AttentionUnet,
    "broadcast_unet": BroadcastUnet,
    "dit": Dit,
    "simple_unet": SimpleUnet,
    "unet2d": Unet2d,
}


def table():
    lines = json.loads(TABLE.read_text(encoding="utf-8"))
    # That of google/ddpm-cifar10-32, which has no labels; for a CPU alone.
    lines["cifar10"] = {**lines["unet2d"], "task": "generation", "labels": 0, "parameters": 35746307}
    # DiT-S/4 on pixels, without labels; for a CPU alone.
    lines["dit_s4"] = {
        **{"backbone": "dit", "task": "generation", "image": [32, 32, 3], "patch": 4, "width": 384, "depth": 12},
        **{"heads": 6, "labels": 0, "parameters": 32499120},
    }
    return lines


def network(name):
    """The network of that name, in float on the CPU, its number of parameters checked against the table."""
    line = table()[name]
    net = BACKBONES[line["backbone"]](line)
    found = sum(p.numel() for p in net.parameters())
    if found != line["parameters"]:
        raise ValueError(f"{name} has {found:,} parameters here, the table says {line['parameters']:,}")
    return net
