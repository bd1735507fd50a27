#!/usr/bin/env python3
"""The least time that a device needs for a network: its floors, from the arithmetic and the bytes of every layer.

  python3 bench/roofline.py                                   all networks, precisions and batches, as Markdown
  python3 bench/roofline.py --layers fashion_mnist --batch 16 every layer of one network
  python3 bench/roofline.py --csv | --json                    the same numbers for other programs
  python3 bench/roofline.py --device H100 --bandwidth 3.2     another device, or rates of your own

What is counted is what one careful executor has to do and no more: NHWC; a norm with its activation, residual and
shift is one kernel that reads its input once; bias and residual belong to the convolution; two concatenated tensors are
never joined; the linear layers of the noise level are one product. A layer takes at least the larger of (arithmetic /
rate of its unit) and (bytes / bandwidth). Three floors of one forward pass:
  matrix   all matrix arithmetic at the matrix rate
  memory   all bytes at the bandwidth
  floor    the sum over the layers of the larger of both: what the benchmarks compare with
Small networks are bound by neither but by the number of kernels: `kernels` counts them. Inputs that stay in a cache are
counted as if they came from memory, so a floor at batch 1 is a little high in its memory part.

A sampling run is `steps` forward passes. A training step is three forward passes (forward, gradient of the inputs,
gradient of the weights) and one pass of AdamW with its average and low-precision copy over all parameters, 38 bytes
each.
"""

import argparse
import dataclasses
import json
import pathlib
import sys

TABLE = pathlib.Path(__file__).resolve().parent / "gpu" / "networks.json"
BATCHES = (1, 16, 64)
BYTES = {"bf16": 2, "tf32": 4, "fp32": 4}
OPTIMIZER_BYTES = 38  # per parameter: gradient 4, weight, average and two moments 8 each (read and write), bf16 copy 2


@dataclasses.dataclass(frozen=True)
class Device:
    """Rates that a program can reach: TFLOP/s of the matrix units, and of the other arithmetic (`fp32`), TB/s of memory.
    `name` is what the driver calls the device: the same chip on another board has other rates."""

    name: str
    bf16: float
    tf32: float
    fp32: float
    bandwidth: float


# bf16 and bandwidth were measured (a product of large matrices, a large copy); tf32 is half of bf16 as in the data
# sheets; fp32 is nine tenths of their 67.
DEVICES = {
    "H200": Device("NVIDIA H200", bf16=788, tf32=394, fp32=60, bandwidth=4.3),
    "H100": Device("NVIDIA H100 80GB HBM3", bf16=798, tf32=399, fp32=60, bandwidth=3.0),
}


def device_called(name):
    """The device that the driver calls so, or None."""
    return next((device for device in DEVICES.values() if device.name == name), None)


@dataclasses.dataclass(frozen=True)
class Layer:
    """One kernel or a part of one, for one image: floating point operations, elements read and written, parameters."""

    name: str
    operations: float
    read: float
    written: float
    parameters: int = 0
    matrix: bool = True
    kernels: int = 1

    def arithmetic_seconds(self, device, precision, batch):
        return batch * self.operations / (1e12 * getattr(device, precision if self.matrix else "fp32"))

    def bytes(self, precision, batch):
        return BYTES[precision] * (batch * (self.read + self.written) + self.parameters)

    def memory_seconds(self, device, precision, batch):
        return self.bytes(precision, batch) / (1e12 * device.bandwidth)

    def seconds(self, device, precision, batch):
        return max(self.arithmetic_seconds(device, precision, batch), self.memory_seconds(device, precision, batch))


class Network:
    """A list of layers, built by saying what the network does. Sizes are those of the output unless said otherwise."""

    def __init__(self):
        self.layers = []

    @property
    def parameters(self):
        return sum(layer.parameters for layer in self.layers)

    def add(self, *arguments, **named):
        self.layers.append(Layer(*arguments, **named))

    def convolution(self, name, channels, out, pixels, kernel=3, bias=True, residual=False, inputs=None, used=1):
        """`inputs`: pixels read, if not as many as are written. `used`: the share of the kernel that a pixel needs,
        where the image is enlarged on the way."""
        weights = kernel * kernel * channels * out
        self.add(
            name,
            2 * weights * pixels * used,
            channels * (pixels if inputs is None else inputs) + (out * pixels if residual else 0),
            out * pixels,
            weights + (out if bias else 0),
        )

    def linear(self, name, width, out, rows, residual=False):
        self.convolution(name, width, out, rows, kernel=1, residual=residual)

    def norm(self, name, channels, pixels, residual=False, halves=False):
        """A group or layer norm with what follows it, element by element, and the mean of 2x2 pixels if it halves."""
        size = channels * pixels
        read, written = (2 if residual else 1) * size, size / 4 if halves else size
        self.add(name, (9 if residual else 8) * size, read, written, 2 * channels, matrix=False)

    def batch_norm(self, name, channels, pixels):
        """A norm by running statistics: a factor and a summand a channel, in the kernel of the layer before."""
        self.add(name, 2 * channels * pixels, 0, 0, 2 * channels, matrix=False, kernels=0)

    def level_shift(self, name, embedding, channels):
        """A linear layer of the noise level's embedding: part of one product for all of them."""
        self.add(name, 2 * embedding * channels, embedding, channels, embedding * channels + channels, kernels=0)

    def attention(self, name, channels, pixels, heads, head_width, residual):
        inner = heads * head_width
        self.linear(name + ".qkv", channels, 3 * inner, pixels)
        self.add(name + ".softmax", 4 * pixels * pixels * inner, 3 * inner * pixels, inner * pixels)
        self.linear(name + ".out", inner, channels, pixels, residual=residual)

    def normed_attention(self, name, channels, pixels, heads):
        """A norm, attention of as many channels, and the sum with what it began with."""
        self.norm(name + ".norm", channels, pixels)
        self.attention(name, channels, pixels, heads, channels // heads, residual=True)

    def second_half(self, name, channels, out, pixels):
        """Of a residual block: norm, convolution, and the sum with the block's input, by a shortcut if it is narrower."""
        self.norm(name + ".norm2", out, pixels)
        if channels != out:
            self.convolution(name + ".shortcut", channels, out, pixels, kernel=1)
        self.convolution(name + ".conv2", out, out, pixels, residual=True)

    def max_pool(self, name, channels, pixels):
        self.add(name, 4 * channels * pixels, 4 * channels * pixels, channels * pixels, matrix=False)

    def upsample_bilinear(self, name, channels, pixels):
        self.add(name, 8 * channels * pixels, channels * pixels / 4, channels * pixels, matrix=False)


def attention_unet(config):
    """hush::AttentionUnet: see include/hush/backbones/attention_unet.hpp."""
    net, heads, embedding = Network(), config["heads"], config["embedding"]
    height, width, channels = config["image"]
    widths, bottleneck = config["widths"], config["bottleneck"]
    pixels = [height * width >> (2 * level) for level in range(len(widths) + 1)]

    def head_width(c):
        return config["head_width"] or c

    def double_conv(name, c, middle, out, size, residual=False):
        net.convolution(name + ".conv1", c, middle, size, bias=False)
        net.norm(name + ".norm1", middle, size)
        net.convolution(name + ".conv2", middle, out, size, bias=False)
        net.norm(name + ".norm2", out, size, residual=residual)

    def stage(name, c, middle, out, size):
        double_conv(name + ".conv1", c, c, c, size, residual=True)
        double_conv(name + ".conv2", c, middle, out, size)
        net.level_shift(name + ".shift", embedding, out)

    def attention_block(name, c, size):
        net.norm(name + ".norm1", c, size)
        net.attention(name + ".attention", c, size, heads, head_width(c), residual=True)
        net.norm(name + ".norm2", c, size)
        net.linear(name + ".linear1", c, c, size)
        net.linear(name + ".linear2", c, c, size, residual=True)

    double_conv("first", channels, widths[0], widths[0], pixels[0])
    for level, c in enumerate(widths):
        coarsest = level + 1 == len(widths)
        out = c if coarsest else widths[level + 1]
        net.max_pool(f"down.{level}.pool", c, pixels[level + 1])
        stage(f"down.{level}", c, out, out, pixels[level + 1])
        if not coarsest:
            attention_block(f"down_attention.{level}", out, pixels[level + 1])
    double_conv("middle1", widths[-1], bottleneck, bottleneck, pixels[-1])
    net.attention("middle2", bottleneck, pixels[-1], heads, head_width(bottleneck), residual=False)
    double_conv("middle3", bottleneck, widths[-1], widths[-1], pixels[-1])
    below = widths[-1]
    for i, level in enumerate(reversed(range(len(widths)))):
        c, out = below + widths[level], widths[max(0, level - 1)]
        net.upsample_bilinear(f"up.{i}.upsample", below, pixels[level])
        stage(f"up.{i}", c, c // 2, out, pixels[level])
        if level > 0:
            attention_block(f"up_attention.{i}", out, pixels[level])
        below = out
    net.convolution("last", widths[0], channels, pixels[0], kernel=1)
    return net


def adm(config):
    """hush::Adm: see include/hush/backbones/adm.hpp. A convolution of an image that was enlarged by repeating pixels is
    four convolutions of 2x2, one a corner."""
    net, told, blocks = Network(), 4 * config["channels"], config["blocks"]
    height, width, channels = config["image"]
    widths = [config["channels"] * multiplier for multiplier in config["multipliers"]]
    pixels = [height * width >> (2 * level) for level in range(len(widths))]

    def block(name, c, out, size, resample=None):
        """`size`: pixels that it gives."""
        inputs = {None: size, "down": 4 * size, "up": size // 4}[resample]
        net.level_shift(name + ".told", told, 2 * out)
        net.norm(name + ".norm1", c, inputs, halves=resample == "down")
        if resample == "down":  # by the kernel of the norm
            net.add(name + ".past", 4 * c * size, 0, c * size, matrix=False, kernels=0)
        elif resample == "up":
            net.add(name + ".past", 4 * c * size, c * inputs, c * size, matrix=False)
        if resample == "up":
            net.convolution(name + ".conv1", c, out, size, inputs=inputs, used=4 / 9)
        else:
            net.convolution(name + ".conv1", c, out, size)
        net.second_half(name, c, out, size)

    def attention(name, level):
        net.normed_attention(name, widths[level], pixels[level], widths[level] // config["head_channels"])

    def stage(name, level, c, index):
        block(f"{name}.{index}", c, widths[level], pixels[level])
        if 2**level in config["attention"]:
            attention(f"{name}.{index}.attention", level)
        return widths[level]

    net.linear("time1", config["channels"], told, 1)
    net.linear("time2", told, told, 1)
    net.convolution("first", channels + config["condition"], widths[0], pixels[0])
    now, skips = widths[0], [widths[0]]
    for level in range(len(widths)):
        for index in range(blocks):
            skips.append(now := stage(f"down.{level}", level, now, index))
        if level + 1 < len(widths):
            block(f"down.{level}.resample", now, now, pixels[level + 1], "down")
            skips.append(now)
    block("middle.0", now, now, pixels[-1])
    attention("middle.attention", -1)
    block("middle.1", now, now, pixels[-1])
    for level in reversed(range(len(widths))):
        for index in range(blocks + 1):
            now = stage(f"up.{level}", level, now + skips.pop(), index)
        if level > 0:
            block(f"up.{level}.resample", now, now, pixels[level - 1], "up")
    net.norm("norm", now, pixels[0])
    net.convolution("last", now, channels, pixels[0])
    return net


def simple_unet(config):
    """hush::SimpleUnet: see include/hush/backbones/simple_unet.hpp. As it samples: training reads again what it norms."""
    net, embedding, widths = Network(), config["embedding"], config["widths"]
    height, width, channels = config["image"]
    pixels = [height * width >> (2 * level) for level in range(len(widths))]

    def block(name, c, out, size, resampled, used):
        net.level_shift(name + ".shift", embedding, out)
        net.convolution(name + ".conv1", c, out, size)
        net.batch_norm(name + ".norm1", out, size)
        net.convolution(name + ".conv2", out, out, size)
        net.batch_norm(name + ".norm2", out, size)
        net.convolution(name + ".resample", out, out, resampled, kernel=4, inputs=size, used=used)

    net.linear("time", embedding, embedding, 1)
    net.convolution("first", channels, widths[0], pixels[0])
    for level, (c, out) in enumerate(zip(widths, widths[1:])):
        block(f"down.{level}", c, out, pixels[level], pixels[level + 1], 1)
    for level in reversed(range(len(widths) - 1)):
        c, out = 2 * widths[level + 1], widths[level]
        block(f"up.{len(widths) - 2 - level}", c, out, pixels[level + 1], pixels[level], 1 / 4)
    net.convolution("last", widths[0], channels, pixels[0], kernel=1)
    return net


def transformer(net, name, c, size, heads, tokens, token_width):
    """A Transformer2d of one block: pixels attend to one another, then to the tokens of the image."""

    def bare(part, width, out, rows):
        net.convolution(f"{name}.{part}", width, out, rows, kernel=1, bias=False)

    inner = c // heads * heads
    net.norm(name + ".norm", c, size)
    net.linear(name + ".in", c, inner, size)
    net.norm(name + ".norm1", inner, size)
    bare("self.qkv", inner, 3 * inner, size)
    net.add(name + ".self.softmax", 4 * size * size * inner, 3 * inner * size, inner * size)
    net.linear(name + ".self.out", inner, inner, size, residual=True)
    net.norm(name + ".norm2", inner, size)
    bare("cross.q", inner, inner, size)
    bare("cross.kv", token_width, 2 * inner, tokens)
    net.add(name + ".cross.softmax", 4 * size * tokens * inner, inner * (size + 2 * tokens), inner * size)
    net.linear(name + ".cross.out", inner, inner, size, residual=True)
    net.norm(name + ".norm3", inner, size)
    wide, weights = 4 * inner, 8 * inner * inner  # of value and gate, which one kernel makes and multiplies
    net.add(name + ".gated", 2 * weights * size, inner * size, wide * size, weights + 2 * wide)
    net.linear(name + ".narrow", wide, inner, size, residual=True)
    net.linear(name + ".out", inner, c, size, residual=True)


def unet2d(config):
    """hush::Unet2d and what reads its labels: see include/hush/backbones/unet2d.hpp."""
    net, widths, blocks = Network(), config["widths"], config["blocks"]
    told, labels, token_width = 4 * widths[0], config["labels"], config["token_width"]
    height, width, channels = config["image"]
    pixels = [height * width >> (2 * level) for level in range(len(widths))]

    def block(name, c, out, size):
        net.level_shift(name + ".told", told, (2 if config["scale_shift"] else 1) * out)
        net.norm(name + ".norm1", c, size)
        net.convolution(name + ".conv1", c, out, size)
        net.second_half(name, c, out, size)

    def behind(name, level, by_tokens, by_pixels):
        if by_tokens:
            transformer(net, name, widths[level], pixels[level], config["heads"], labels + 1, token_width)
        elif by_pixels:
            net.normed_attention(name, widths[level], pixels[level], config["heads"])

    def stage(name, level, c, index):
        block(f"{name}.{index}", c, widths[level], pixels[level])
        behind(f"{name}.{index}.attention", level, level in config["tokens"], level in config["attention"])
        return widths[level]

    net.linear("time1", widths[0], told, 1)
    net.linear("time2", told, told, 1)
    if config["tokens"]:
        net.add("tokens", 0, 0, 0, (labels + 1) * token_width, kernels=0)  # read where keys and values are made
    else:
        net.convolution("labels", labels, told, 1, kernel=1, bias=False)
    net.convolution("first", channels, widths[0], pixels[0])
    now, skips, last = widths[0], [widths[0]], len(widths) - 1
    for level in range(len(widths)):
        for index in range(blocks):
            skips.append(now := stage(f"down.{level}", level, now, index))
        if level < last:
            net.convolution(f"down.{level}.resample", now, now, pixels[level + 1], inputs=pixels[level])
            skips.append(now)
    block("middle.0", now, now, pixels[-1])
    behind("middle.attention", last, bool(config["tokens"]), True)
    block("middle.1", now, now, pixels[-1])
    for level in reversed(range(len(widths))):
        for index in range(blocks + 1):
            now = stage(f"up.{level}", level, now + skips.pop(), index)
        if level > 0:
            net.convolution(f"up.{level}.resample", now, now, pixels[level - 1], inputs=pixels[level], used=4 / 9)
    net.norm("norm", now, pixels[0])
    net.convolution("last", now, channels, pixels[0])
    return net


def broadcast_unet(config):
    """hush::BroadcastUnet: see include/hush/backbones/broadcast_unet.hpp. As it samples. Of channels that are the same
    at every pixel a convolution wants one sum for each of its taps."""
    net, e, widths = Network(), config["embedding"], config["widths"]
    height, width, channels = config["image"]
    pixels = [height * width >> (2 * level) for level in range(len(widths) + 1)]

    def convolution(name, c, constants, out, size, kernel=3):
        net.convolution(name, c, out, size, kernel=kernel)
        weights = kernel * kernel * constants * out
        if constants:
            net.add(name + ".constants", 2 * weights, constants, kernel * kernel * out, weights)

    def double(name, c, constants, out, size):
        convolution(name + ".conv1", c, constants, out, size)
        net.batch_norm(name + ".norm1", out, size)
        convolution(name + ".conv2", out, 0, out, size)
        net.batch_norm(name + ".norm2", out, size)

    net.convolution("labels", config["labels"], e, 1, kernel=1, bias=False)
    net.linear("label1", e, e, 1)
    net.linear("label2", e, e, 1)
    now, constants = channels, 0
    for level, out in enumerate(widths):
        double(f"down.{level}", now, constants, out, pixels[level])
        net.max_pool(f"down.{level}.pool", out, pixels[level + 1])
        net.level_shift(f"down.{level}.broadcast", 2 * e, out)
        now = constants = out
    double("middle", now, constants, now, pixels[-1])
    net.level_shift("middle.broadcast", 2 * e, now)
    for level in reversed(range(len(widths))):
        out = widths[level - 1] if level > 0 else channels
        net.upsample_bilinear(f"up.{level}.upsample", now, pixels[level])
        double(f"up.{level}", now + widths[level], constants, out, pixels[level])
        net.level_shift(f"up.{level}.broadcast", 2 * e, out)
        now = constants = out
    convolution("last", now, constants, channels, pixels[0], kernel=1)
    return net


# One function a backbone; bench/gpu/networks.json has a line a network.
BACKBONES = {
    "adm": adm,
    "attention_unet": attention_unet,
    "broadcast_unet": broadcast_unet,
    "simple_unet": simple_unet,
    "unet2d": unet2d,
}


def table():
    """Every network the project has: name -> its line of bench/gpu/networks.json."""
    return json.loads(TABLE.read_text(encoding="utf-8"))


def network(name):
    """The network of that name, its number of parameters checked against the table. Raises ValueError in words."""
    known = table()
    if name not in known:
        raise ValueError(f"there is no network {name}: take one of {', '.join(known)}")
    line = known[name]
    net = BACKBONES[line["backbone"]](line)
    if net.parameters != line["parameters"]:
        raise ValueError(
            f"{name}: the layers have {net.parameters:,} parameters, the table says {line['parameters']:,}"
        )
    return net


def floors(name, precision, batch, device, steps=None):
    """The floors of one network as a dict, in seconds. `steps` of a sampling run; None: as many as the table says."""
    net = network(name)
    steps = table()[name]["steps"] if steps is None else steps
    forward = sum(layer.seconds(device, precision, batch) for layer in net.layers)
    bytes_moved = sum(layer.bytes(precision, batch) for layer in net.layers)
    optimizer = OPTIMIZER_BYTES * net.parameters / (1e12 * device.bandwidth)
    return {
        "network": name,
        "precision": precision,
        "batch": batch,
        "parameters": net.parameters,
        "steps": steps,
        "operations": batch * sum(layer.operations for layer in net.layers),
        "bytes": bytes_moved,
        "kernels": sum(layer.kernels for layer in net.layers),
        "matrix": sum(layer.arithmetic_seconds(device, precision, batch) for layer in net.layers if layer.matrix),
        "memory": bytes_moved / (1e12 * device.bandwidth),
        "forward": forward,
        "sampling": steps * forward,
        "training": 3 * forward + optimizer,
    }


def milliseconds(seconds):
    return f"{1e3 * seconds:.3g}" if seconds < 1 else f"{1e3 * seconds:.0f}"


def print_layers(name, precision, batch, device):
    net = network(name)
    print(f"{name}, {precision}, batch {batch}: {len(net.layers)} layers, {net.parameters:,} parameters\n")
    print(f"{'layer':32}{'GFLOP':>9}{'MB':>9}{'FLOP/byte':>11}{'us':>8}  bound by")
    for layer in net.layers:
        operations, size = batch * layer.operations, layer.bytes(precision, batch)
        arithmetic = layer.arithmetic_seconds(device, precision, batch)
        bound = "memory" if arithmetic < layer.memory_seconds(device, precision, batch) else "arithmetic"
        print(
            f"{layer.name:32}{operations / 1e9:9.3f}{size / 1e6:9.3f}{operations / size:11.1f}"
            f"{1e6 * layer.seconds(device, precision, batch):8.2f}  {bound}"
        )
    print(
        f"{'all':32}{sum(batch * l.operations for l in net.layers) / 1e9:9.3f}"
        f"{sum(l.bytes(precision, batch) for l in net.layers) / 1e6:9.3f}{'':11}"
        f"{1e6 * sum(l.seconds(device, precision, batch) for l in net.layers):8.2f}"
    )


def print_markdown(rows, device):
    print(
        f"Floors in milliseconds at {device.bf16:g} (bf16), {device.tf32:g} (tf32), {device.fp32:g} (fp32) TFLOP/s and "
        f"{device.bandwidth:g} TB/s.\n"
    )
    print(
        "| network | precision | batch | GFLOP | MB | kernels "
        "| matrix | memory | **floor** | sampling run | training step |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    for row in rows:
        times = [milliseconds(row[key]) for key in ("matrix", "memory", "forward", "sampling", "training")]
        times[2] = f"**{times[2]}**"
        print(
            f"| {row['network']} | {row['precision']} | {row['batch']} | {row['operations'] / 1e9:.4g} | "
            f"{row['bytes'] / 1e6:.4g} | {row['kernels']} | {' | '.join(times)} |"
        )


def print_csv(rows):
    print(",".join(rows[0]))
    for row in rows:
        print(",".join(f"{value:.6g}" if isinstance(value, float) else str(value) for value in row.values()))


def arguments(words):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", action="append", help="only this one (may be repeated)")
    parser.add_argument("--precision", action="append", choices=BYTES, help="only this one (may be repeated)")
    parser.add_argument("--batch", action="append", type=int, help="only this one (may be repeated)")
    parser.add_argument("--steps", type=int, help="network calls of a sampling run; else as the table of networks says")
    parser.add_argument("--device", choices=DEVICES, default="H200", help="whose rates (default: H200)")
    for rate in ("bf16", "tf32", "fp32"):
        parser.add_argument(f"--{rate}", type=float, metavar="TFLOPS", help=f"{rate} rate in place of the device's")
    parser.add_argument("--bandwidth", type=float, metavar="TBS", help="bandwidth in place of the device's")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--layers", metavar="NETWORK", help="every layer of one network (first --batch and --precision)")
    form.add_argument("--csv", action="store_true", help="comma separated, times in seconds")
    form.add_argument("--json", action="store_true", help="a list of objects, times in seconds")
    return parser.parse_args(words)


def main(words=None):
    chosen = arguments(words)
    own = {rate: getattr(chosen, rate) for rate in ("bf16", "tf32", "fp32", "bandwidth") if getattr(chosen, rate)}
    device = dataclasses.replace(DEVICES[chosen.device], **own)
    precisions, batches = chosen.precision or list(BYTES), chosen.batch or list(BATCHES)
    try:
        if chosen.layers:
            print_layers(chosen.layers, precisions[0], (chosen.batch or [16])[0], device)
            return
        rows = [
            floors(name, precision, batch, device, chosen.steps)
            for name in chosen.network or table()
            for precision in precisions
            for batch in batches
        ]
    except ValueError as error:
        sys.exit(f"roofline: {error}")
    if chosen.json:
        print(json.dumps(rows, indent=1))
    elif chosen.csv:
        print_csv(rows)
    else:
        print_markdown(rows, device)


if __name__ == "__main__":
    try:
        main()
    except BrokenPipeError:  # `roofline.py | head`
        sys.stderr.close()
