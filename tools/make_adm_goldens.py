#!/usr/bin/env python3
"""Writes tests/goldens/adm.safetensors: small Adm networks, each in the layout of a public implementation: one forward
pass, and of every parameter's gradient its norm and two projections. Diffusers' UNet2DModel computes them all; those in
guided-diffusion's layout are computed by a second network too, written below from that layout, and the two must agree.

Weights are not stored. Element i of the array called `name` is made of u(name, i), a number in [-1, 1):
    hash = FNV-1a, 64 bits, of the name;  z = hash + (i + 1) * 0x9e3779b97f4a7c15
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;  z = (z ^ z >> 27) * 0x94d049bb133111eb;  z = z ^ z >> 31
    u = (z >> 11) * 2^-52 - 1
A vector `...weight` (of a norm) is 1 + 0.3 u, another vector 0.3 u, all else u sqrt(3 / fan in), where the fan in is the
product of all extents but the first. The projections are on u("first " + name) and u("second " + name).

Needs torch, diffusers and safetensors. Run from the root of the project: python3 tools/make_adm_goldens.py"""

import json
import math

import diffusers
import numpy as np
import torch
from diffusers import UNet2DModel
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F

CHANNELS, MULTIPLIERS, SIDE, BATCH = 32, (1, 2), 16, 2

# name: layout, how many blocks, which factors have attention, what is scaled, how it resamples, channels in and out,
# labels, heads (a number of them, or channels each), what the network sees
CASES = {
    "diffusers, scaled, by blocks": dict(layout="diffusers", blocks=1, at=(2,), scale=True, by_block=True, inputs=6,
                                         outputs=3, labels=0, head=16, sees=(17.0, 503.0)),
    "diffusers, shifted, by convolutions": dict(layout="diffusers", blocks=2, at=(1,), scale=False, by_block=False,
                                                inputs=3, outputs=2, labels=5, head=16, sees=(0.0, 999.0)),
    # as the weights of Ho et al. 2020 were published: padded on two sides, one head, sines first, another eps
    "diffusers, the published DDPM": dict(layout="diffusers", blocks=2, at=(2,), scale=False, by_block=False, inputs=3,
                                          outputs=3, labels=0, head=None, sees=(17.0, 503.0), padding=0, eps=1e-6,
                                          sines_first=True),
    "guided-diffusion by head, with labels": dict(layout="guided by head", blocks=1, at=(2,), scale=True, by_block=False,
                                                  inputs=3, outputs=6, labels=5, head=16, sees=(17.0, 503.0)),
    "guided-diffusion by kind": dict(layout="guided by kind", blocks=2, at=(1, 2), scale=False, by_block=True, inputs=3,
                                     outputs=3, labels=0, head=32, sees=(17.0, 503.0)),
    "palette": dict(layout="palette", blocks=2, at=(), scale=True, by_block=True, inputs=6, outputs=3, labels=0, head=32,
                    sees=(0.03, 0.97)),
}


def u(name, count):
    hashed = 0xCBF29CE484222325
    for byte in name.encode():
        hashed = (hashed ^ byte) * 0x100000001B3 % 2**64
    with np.errstate(over="ignore"):
        z = np.uint64(hashed) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ z >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ z >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
        z = z ^ z >> np.uint64(31)
    return torch.from_numpy((z >> np.uint64(11)).astype(np.float64) * 2.0**-52 - 1)


def made(name, shape):
    value = u(name, math.prod(shape)).reshape(shape)
    if len(shape) > 1:
        return value * math.sqrt(3 / math.prod(shape[1:]))
    return 0.3 * value + (1 if name.endswith("weight") else 0)


def embedding(t, sines_first=False):
    half = CHANNELS // 2
    angles = t[:, None] * 10000 ** (-torch.arange(half, dtype=torch.float64) / (half - sines_first))
    waves = [angles.cos(), angles.sin()]
    return torch.cat(waves[::-1] if sines_first else waves, dim=1)


class InDouble(nn.Module):
    """In place of diffusers' own embedding, which is computed in float."""

    def __init__(self, own, sines_first):
        super().__init__()
        self.sines_first = sines_first
        t = torch.tensor([0.0, 17.0, 999.0])
        assert (own(t) - embedding(t.double(), sines_first)).abs().max() < 1e-4, "another embedding"

    def forward(self, t):
        return embedding(t.double(), self.sines_first)


def peer(c):
    widths = tuple(CHANNELS * m for m in MULTIPLIERS)
    attends = [2**i in c["at"] for i in range(len(widths))]
    style = dict(resnet_time_scale_shift="scale_shift" if c["scale"] else "default", attn_norm_num_groups=32)
    style["downsample_type"] = style["upsample_type"] = "resnet" if c["by_block"] else "conv"
    plain = "ResnetDownsampleBlock2D" if c["by_block"] else "DownBlock2D"
    down = tuple("AttnDownBlock2D" if a else plain for a in attends)
    up = tuple(block.replace("Down", "Up").replace("down", "up") for block in reversed(down))
    net = UNet2DModel(
        sample_size=SIDE, in_channels=c["inputs"], out_channels=c["outputs"], down_block_types=down, up_block_types=up,
        block_out_channels=widths, layers_per_block=c["blocks"], attention_head_dim=c["head"], norm_num_groups=32,
        norm_eps=c.get("eps", 1e-5), flip_sin_to_cos=not c.get("sines_first"), freq_shift=int(c.get("sines_first", 0)),
        downsample_padding=c.get("padding", 1), num_class_embeds=c["labels"] or None, dropout=0.0, **style)
    net = net.double()
    net.time_proj = InDouble(net.time_proj, c.get("sines_first", False))
    return net


# The layout of guided-diffusion, as a network of its own.
class Norm(nn.GroupNorm):
    def __init__(self, channels):
        super().__init__(32, channels, eps=1e-5)


class Res(nn.Module):
    def __init__(self, cin, cout, scale, resample=None):
        super().__init__()
        self.scale, self.resample = scale, resample or (lambda x: x)
        self.in_layers = nn.Sequential(Norm(cin), nn.SiLU(), nn.Conv2d(cin, cout, 3, padding=1))
        self.emb_layers = nn.Sequential(nn.SiLU(), nn.Linear(4 * CHANNELS, (1 + scale) * cout))
        self.out_layers = nn.Sequential(Norm(cout), nn.SiLU(), nn.Dropout(0), nn.Conv2d(cout, cout, 3, padding=1))
        self.skip_connection = nn.Identity() if cin == cout else nn.Conv2d(cin, cout, 1)

    def forward(self, x, e):
        h = self.in_layers[2](self.resample(F.silu(self.in_layers[0](x))))
        e = self.emb_layers(e)[:, :, None, None]
        if self.scale:
            scale, shift = e.chunk(2, dim=1)
            h = self.out_layers[1:](self.out_layers[0](h) * (1 + scale) + shift)
        else:
            h = self.out_layers(h + e)
        return self.skip_connection(self.resample(x)) + h


class Attention(nn.Module):
    def __init__(self, channels, width, by_head):
        super().__init__()
        self.heads, self.width, self.by_head = channels // width, width, by_head
        self.norm, self.qkv, self.proj_out = Norm(channels), nn.Conv1d(channels, 3 * channels, 1), nn.Conv1d(channels, channels, 1)

    def forward(self, x, e):
        n, c, *size = x.shape
        qkv = self.qkv(self.norm(x.reshape(n, c, -1)))
        if self.by_head:
            q, k, v = qkv.reshape(n * self.heads, 3 * self.width, -1).split(self.width, dim=1)
        else:
            q, k, v = (part.reshape(n * self.heads, self.width, -1) for part in qkv.chunk(3, dim=1))
        weights = torch.einsum("bct,bcs->bts", q, k) / math.sqrt(self.width)
        out = torch.einsum("bts,bcs->bct", weights.softmax(dim=-1), v).reshape(n, c, -1)
        return x + self.proj_out(out).reshape(n, c, *size)


class Down(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.op = nn.Conv2d(channels, channels, 3, stride=2, padding=1)

    def forward(self, x, e):
        return self.op(x)


class Up(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x, e):
        return self.conv(F.interpolate(x, scale_factor=2, mode="nearest"))


class First(nn.Conv2d):
    def forward(self, x, e):
        return super().forward(x)


class Guided(nn.Module):
    def __init__(self, c, by_head):
        super().__init__()
        self.time_embed = nn.Sequential(nn.Linear(CHANNELS, 4 * CHANNELS), nn.SiLU(), nn.Linear(4 * CHANNELS, 4 * CHANNELS))
        if c["labels"]:
            self.label_emb = nn.Embedding(c["labels"], 4 * CHANNELS)
        attention = lambda channels: Attention(channels, c["head"], by_head)
        halve, double = (lambda x: F.avg_pool2d(x, 2)), (lambda x: F.interpolate(x, scale_factor=2, mode="nearest"))
        now = CHANNELS * MULTIPLIERS[0]
        self.input_blocks, skips = nn.ModuleList([nn.ModuleList([First(c["inputs"], now, 3, padding=1)])]), [now]
        for i, multiplier in enumerate(MULTIPLIERS):
            for _ in range(c["blocks"]):
                block = [Res(now, now := CHANNELS * multiplier, c["scale"])]
                self.input_blocks.append(nn.ModuleList(block + ([attention(now)] if 2**i in c["at"] else [])))
                skips.append(now)
            if i + 1 < len(MULTIPLIERS):
                self.input_blocks.append(nn.ModuleList([Res(now, now, c["scale"], halve) if c["by_block"] else Down(now)]))
                skips.append(now)
        self.middle_block = nn.ModuleList([Res(now, now, c["scale"]), attention(now), Res(now, now, c["scale"])])
        self.output_blocks = nn.ModuleList()
        for i, multiplier in reversed(list(enumerate(MULTIPLIERS))):
            for j in range(c["blocks"] + 1):
                block = [Res(now + skips.pop(), now := CHANNELS * multiplier, c["scale"])]
                block += [attention(now)] if 2**i in c["at"] else []
                if i and j == c["blocks"]:
                    block.append(Res(now, now, c["scale"], double) if c["by_block"] else Up(now))
                self.output_blocks.append(nn.ModuleList(block))
        self.out = nn.Sequential(Norm(now), nn.SiLU(), nn.Conv2d(now, c["outputs"], 3, padding=1))

    def forward(self, x, t, labels=None):
        e = self.time_embed(embedding(t))
        if labels is not None:
            e = e + self.label_emb(labels)
        skips = []
        for block in self.input_blocks:
            for layer in block:
                x = layer(x, e)
            skips.append(x)
        for layer in self.middle_block:
            x = layer(x, e)
        for block in self.output_blocks:
            x = torch.cat([x, skips.pop()], dim=1)
            for layer in block:
                x = layer(x, e)
        return self.out(x)


def to_peer(c, state, by_head):
    """The state of a Guided under the names of UNet2DModel."""
    inner = {"in_layers.0": "norm1", "in_layers.2": "conv1", "emb_layers.1": "time_emb_proj", "out_layers.0": "norm2",
             "out_layers.3": "conv2", "skip_connection": "conv_shortcut", "norm": "group_norm", "proj_out": "to_out.0",
             "op": "conv", "conv": "conv"}
    tops = {"time_embed.0": "time_embedding.linear_1", "time_embed.2": "time_embedding.linear_2",
            "label_emb": "class_embedding", "input_blocks.0.0": "conv_in", "out.0": "conv_norm_out", "out.2": "conv_out"}
    renamed = {}
    for name, value in state.items():
        path, leaf = name.rsplit(".", 1)
        if path in tops:
            renamed[f"{tops[path]}.{leaf}"] = value
            continue
        if path.startswith("middle_block"):
            _, place, layer = path.split(".", 2)
            there = {"0": "mid_block.resnets.0", "1": "mid_block.attentions.0", "2": "mid_block.resnets.1"}[place]
        else:
            part, block, place, layer = path.split(".", 3)
            resamples = layer in ("op", "conv")
            if part == "input_blocks":
                level, index = divmod(int(block) - 1, c["blocks"] + 1)
                resamples |= index == c["blocks"]
                there = f"down_blocks.{level}." + ("downsamplers.0" if resamples else
                                                   f"{'attentions' if place == '1' else 'resnets'}.{index}")
            else:
                level, index = divmod(int(block), c["blocks"] + 1)
                attends = 2 ** (len(MULTIPLIERS) - 1 - level) in c["at"]
                resamples |= int(place) > attends
                there = f"up_blocks.{level}." + ("upsamplers.0" if resamples else
                                                 f"{'attentions' if place == '1' else 'resnets'}.{index}")
        if layer == "qkv":
            value = value.squeeze(-1)
            heads = value.shape[0] // 3 // c["head"]
            rows = value.reshape(heads, 3, c["head"], *value.shape[1:]) if by_head else None
            for i, each in enumerate(("to_q", "to_k", "to_v")):
                part = rows[:, i].flatten(0, 1) if by_head else value.chunk(3)[i]
                renamed[f"{there}.{each}.{leaf}"] = part
        else:
            renamed[f"{there}.{inner[layer]}.{leaf}"] = value.squeeze(-1) if layer == "proj_out" else value
    return renamed


def run(net, c, parameters):
    """The output, and for each parameter its gradient's norm and projections, in the order of their names."""
    shape = (BATCH, c["inputs"], SIDE, SIDE)
    x = math.sqrt(3) * u("x", math.prod(shape)).reshape(shape)
    dy = u("dy", BATCH * c["outputs"] * SIDE * SIDE).reshape(BATCH, c["outputs"], SIDE, SIDE)
    t = torch.tensor(c["sees"], dtype=torch.float64)
    labels = torch.tensor([3, 1]) if c["labels"] else None
    y = net(x, t, labels)
    y = y.sample if hasattr(y, "sample") else y
    y.backward(dy)
    rows = []
    for name in sorted(parameters):
        grad = parameters[name].grad.flatten()
        rows.append([grad.norm(), *(u(f"{which} {name}", len(grad)) @ grad for which in ("first", "second"))])
    return y.detach(), torch.tensor(rows, dtype=torch.float64)


def golden(c):
    by_diffusers = peer(c)
    if c["layout"] == "diffusers":
        parameters = dict(by_diffusers.named_parameters())
        by_diffusers.load_state_dict({name: made(name, p.shape) for name, p in parameters.items()})
        return run(by_diffusers, c, parameters)
    by_head = c["layout"] != "guided by kind"
    net = Guided(c, by_head).double()
    palette = lambda name: "denoise_fn." + name.replace("time_embed", "cond_embed")
    parameters = {palette(name) if c["layout"] == "palette" else name: p for name, p in net.named_parameters()}
    with torch.no_grad():
        for name, p in parameters.items():
            p.copy_(made(name, p.shape))
    y, rows = run(net, c, parameters)
    by_diffusers.load_state_dict(to_peer(c, net.state_dict(), by_head))
    theirs, _ = run(by_diffusers, c, {})
    assert (theirs - y).norm() < 1e-13 * y.norm(), "the two networks differ"
    by_diffusers.load_state_dict(to_peer(c, net.state_dict(), not by_head))
    theirs, _ = run(by_diffusers, c, {})
    assert (theirs - y).norm() > 1e-3 * y.norm(), "the order of the rows makes no difference"
    return y, rows


if __name__ == "__main__":
    torch.manual_seed(0)
    arrays, configs = {}, {}
    for name, c in CASES.items():
        y, rows = golden(c)
        arrays[f"{name}: out"], arrays[f"{name}: gradients"] = y.permute(0, 2, 3, 1).contiguous(), rows
        print(f"{name}: {len(rows)} parameters, {y.norm():.6g}")
        if c["layout"] == "diffusers":
            configs[name] = json.loads(peer(c).to_json_string())
    made_by = f"tools/make_adm_goldens.py, torch {torch.__version__.split('+')[0]}, diffusers {diffusers.__version__}"
    with open("tests/goldens/diffusers_unets.json", "w") as file:
        file.write(json.dumps(configs, indent=1, sort_keys=True) + "\n")
    save_file(arrays, "tests/goldens/adm.safetensors", metadata={"made_by": made_by})
