#!/usr/bin/env python3
"""PyTorch's side of scripts/gpu_bench: times one network on one device and prints JSON with the keys of hush_gpu_bench.

  python3 bench/peers/gpu.py --network fashion_mnist --batch 16 --precision bf16 --part forward --way eager
  python3 bench/peers/gpu.py ... --serve     then, a line each on standard input: `forward 2` (the part, the seconds);
                                             what is compiled once is kept for the next line

Parts
  forward    the network, once
  sampling   a whole run of `--steps` network calls: the sampler's arithmetic and noise included, x in float
  training   an optimizer step: a batch copied from pinned memory, noise and levels drawn on the device, forward,
             backward, AdamW(fused=True) and an average of the weights. Nothing waits for the loss.
Ways: eager, or torch.compile with that mode (reduce-overhead and max-autotune run CUDA graphs). In all of them
channels_last, cudnn.benchmark on. bf16: weights and images in bf16 for forward and sampling; float weights under
autocast for training.
tf32 and fp32: float, with and without TensorFloat-32 in products and convolutions.

Tasks, by the network's line in the table: generation (images out of noise by DDPM), labelled (of 24 labels, by DDIM;
the networks called Unet2d are diffusers' own and want that package), or inpainting as in Palette (the
network sees the picture with noise in its hole, and the noisy image in the hole alone; DDIM; known pixels are put back
after each step, and training asks for the hole).

`peak_bytes` is what the part needs on the device by PyTorch's own count, without what other parts hold: the most that
tensors used (eager), or what the allocator holds from the device (the others, as a graph keeps its memory)."""

import argparse
import json
import math
import statistics
import sys
import time

import torch
from torch.nn import functional as F

import networks

PARTS = ("forward", "sampling", "training")
WAYS = ("eager", "reduce-overhead", "max-autotune")


class Clock:
    """Times calls on a device: blocks of calls with one wait at the end of each."""

    def __init__(self, device):
        self.device = device

    def wait(self):
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)

    def block(self, call, count):
        self.wait()
        start = time.perf_counter()
        for _ in range(count):
            call()
        self.wait()
        return (time.perf_counter() - start) / count

    def measure(self, call, seconds):
        """Seconds per call, the median of blocks of about a tenth of a second, and the number of calls."""
        start = time.perf_counter()
        count = max(1, math.ceil(0.1 / max(self.block(call, 1), 1e-7)))
        blocks = []
        while not blocks or time.perf_counter() - start < seconds:
            blocks.append(self.block(call, count))
        return statistics.median(blocks), len(blocks) * count


class Levels:
    """The levels of a variance-preserving schedule, on the CPU in double, and as tables that training draws from."""

    def __init__(self, beta, sees, device):
        self.beta, self.bar = beta, torch.cumprod(1 - beta, 0)
        self.signal, self.noise, self.sees = self.bar.sqrt(), (1 - self.bar).sqrt(), sees(self.bar)
        self.drawn = [row.float().to(device) for row in (self.signal, self.noise, self.sees)]


def table_of(*columns):
    """Rows of eight, so that each begins at a multiple of 16 bytes."""
    empty = [torch.zeros_like(columns[0])] * (8 - len(columns))
    return torch.stack([*columns, *empty], dim=1).float()


class Generation:
    """Images out of noise alone: every step of DDPM on the tutorial's linear betas. Of each step, the first first,
    `rows` has what the network's input and the sampler want."""

    def __init__(self, steps, device):
        beta = torch.linspace(1e-4, 0.02, steps + 1, dtype=torch.float64)[:steps]
        at = self.levels = Levels(beta, lambda bar: torch.arange(1, len(bar) + 1, dtype=torch.float64), device)
        before = torch.cat([torch.ones(1, dtype=torch.float64), at.bar[:-1]])
        of_x0, of_x = before.sqrt() * beta / (1 - at.bar), (1 - beta).sqrt() * (1 - before) / (1 - at.bar)
        fresh = (beta * (1 - before) / (1 - at.bar)).sqrt()  # of the posterior: Ho et al. 2020, eq. 7
        self.rows = table_of(at.signal, at.noise, at.sees, of_x0, of_x, fresh).flip(0).to(device)

    def given(self, images):
        """What the task is given with images, and what it makes of that for the network: nothing."""
        return ()

    ready = given

    def shown(self, x):
        return x

    def told(self):
        """What the network reads beside an image and its noise level."""
        return ()

    def loss(self, said, eps):
        return F.mse_loss(said, eps)

    def next(self, x, x0, eps, row):
        of_x0, of_x, fresh = row[3:6].unbind()
        return of_x0 * x0 + of_x * x + fresh * torch.randn_like(x)


class Inpainting:
    """A hole in the middle, as in Palette: DDIM on every so manyth of 1000 levels."""

    def __init__(self, steps, device):
        at = self.levels = Levels(torch.linspace(1e-4, 0.09, 1000, dtype=torch.float64), lambda bar: bar, device)
        chosen = torch.arange(steps) * (1000 // steps)
        signal, noise, sees = (row[chosen] for row in (at.signal, at.noise, at.sees))
        to_signal = torch.cat([torch.ones(1, dtype=torch.float64), signal[:-1]])
        to_noise = torch.cat([torch.zeros(1, dtype=torch.float64), noise[:-1]])
        self.rows = table_of(signal, noise, sees, to_signal, to_noise).flip(0).to(device)

    def given(self, images):
        """The pictures and their holes."""
        count, _, height, width = images.shape
        hole = torch.zeros(count, 1, height, width)
        hole[:, :, height // 4 : height - height // 4, width // 4 : width - width // 4] = 1
        return images, hole

    def ready(self, given):
        """The pictures, their holes filled with noise; and the holes."""
        picture, hole = given
        return torch.where(hole > 0, torch.randn_like(picture), picture), hole

    def shown(self, x, condition, hole):
        return torch.cat([condition, torch.where(hole > 0, x, condition)], dim=1)

    def told(self, condition, hole):
        return ()

    def loss(self, said, eps, condition, hole):
        return F.mse_loss(hole * said, hole * eps)

    def next(self, x, x0, eps, row, condition, hole):
        to_signal, to_noise = row[3:5].unbind()
        return torch.where(hole > 0, to_signal * x0 + to_noise * eps, condition)


class Labelled:
    """Images of labels, of which a tenth is left out: DDIM on every so manyth of 2000 levels of a squared cosine."""

    def __init__(self, steps, device):
        at = torch.arange(2001, dtype=torch.float64) / 2000
        bar = torch.cos((at + 0.008) / 1.008 * math.pi / 2) ** 2
        beta = (1 - bar[1:] / bar[:-1]).clamp(max=0.999)
        times = torch.arange(2000, dtype=torch.float64)
        at = self.levels = Levels(beta, lambda _: times, device)
        chosen = torch.arange(steps) * (2000 // steps)
        signal, noise, sees = (row[chosen] for row in (at.signal, at.noise, at.sees))
        to_signal = torch.cat([torch.ones(1, dtype=torch.float64), signal[:-1]])
        to_noise = torch.cat([torch.zeros(1, dtype=torch.float64), noise[:-1]])
        self.rows = table_of(signal, noise, sees, to_signal, to_noise).flip(0).to(device)

    def given(self, images):
        """Two of 24 labels for each."""
        labels = torch.zeros(len(images), 24)
        for i in range(len(images)):
            labels[i, [i % 24, (i + 7) % 24]] = 1
        return (labels,)

    def ready(self, given):
        (labels,) = given
        return (labels * (torch.rand(len(labels), 1, device=labels.device) >= 0.1),)

    def shown(self, x, labels):
        return x

    def told(self, labels):
        return (labels,)

    def loss(self, said, eps, labels):
        return F.mse_loss(said, eps)

    def next(self, x, x0, eps, row, labels):
        to_signal, to_noise = row[3:5].unbind()
        return to_signal * x0 + to_noise * eps


TASKS = {"generation": Generation, "inpainting": Inpainting, "labelled": Labelled}


class Peer:
    def __init__(self, chosen, layout=torch.channels_last):
        self.layout = layout
        self.name, self.batch, self.precision, self.way = chosen.network, chosen.batch, chosen.precision, chosen.way
        self.device = torch.device(chosen.device)
        line = networks.table()[self.name]
        self.steps, (height, width, channels) = chosen.steps or line["steps"], line["image"]
        self.shape = (self.batch, channels, height, width)
        self.clock, self.task = Clock(self.device), TASKS[line["task"]](self.steps, self.device)
        self.prepared = {}
        torch.backends.cudnn.benchmark = True
        torch.backends.cudnn.allow_tf32 = self.precision == "tf32"
        torch.set_float32_matmul_precision("high" if self.precision == "tf32" else "highest")

    def fast(self, function):
        """`function` itself, or compiled."""
        if self.way == "eager":
            return function
        compiled = torch.compile(function, mode=self.way, fullgraph=True, dynamic=False)

        def call(*arguments):
            torch.compiler.cudagraph_mark_step_begin()
            return compiled(*arguments)

        return call

    def network(self, dtype):
        return networks.network(self.name).to(self.device, dtype=dtype, memory_format=self.layout)

    def images(self):
        """A batch on the CPU, its images first, then what the task is given with them."""
        images = torch.randn(self.shape).contiguous(memory_format=self.layout)
        return [images, *self.task.given(images)]

    def to_device(self, arrays):
        return [a.to(self.device, non_blocking=True) for a in arrays]

    def ready(self):
        """A batch on the device: images, and what the task makes of what it is given."""
        x, *given = self.to_device(self.images())
        return x, self.task.ready(given)

    @property
    def low(self):
        return torch.bfloat16 if self.precision == "bf16" else torch.float

    def forward(self):
        net, (x, known) = self.network(self.low).eval().requires_grad_(False), self.ready()
        shown, told = self.task.shown(x, *known).to(self.low), self.task.told(*known)
        sees = self.task.levels.drawn[2]
        sees = sees[len(sees) // 2].repeat(self.batch)
        run = self.fast(net)

        def call():
            with torch.no_grad():
                run(shown, sees, *told)

        return call, call

    def sampling(self):
        net, (start, known) = self.network(self.low).eval().requires_grad_(False), self.ready()
        task, rows = self.task, self.task.rows

        def step(x, row, *known):
            signal, noise, sees = row[:3].unbind()
            eps = net(task.shown(x, *known).to(self.low), sees.expand(self.batch), *task.told(*known)).float()
            x0 = ((x - noise * eps) / signal).clamp(-1, 1)
            return task.next(x, x0, eps, row, *known)

        run = self.fast(step)

        def few(wanted):
            x = start
            with torch.no_grad():
                for row in wanted:
                    x = run(x, row, *known)
                    if self.way != "eager":
                        x = x.clone()  # the graph's own output is overwritten by its next run
            return x

        every = list(rows)
        return lambda: few(every), lambda: few(every[-1:])

    def training(self):
        net, task = self.network(torch.float).train(), self.task
        average = [p.detach().clone() for p in net.parameters()]
        weights = list(net.parameters())
        optimizer = torch.optim.AdamW(weights, lr=1e-4, fused=True)
        data = self.images()
        if self.device.type == "cuda":
            data = [a.pin_memory() for a in data]

        def loss(x0, *given):
            at = torch.randint(0, len(task.levels.bar), (self.batch,), device=self.device)
            signal, noise, sees = (row[at] for row in task.levels.drawn)
            eps, spread, known = torch.randn_like(x0), (self.batch, 1, 1, 1), task.ready(given)
            xt = signal.view(spread) * x0 + noise.view(spread) * eps
            with torch.autocast(self.device.type, torch.bfloat16, enabled=self.precision == "bf16"):
                out = net(task.shown(xt, *known), sees, *task.told(*known))
            return task.loss(out.float(), eps, *known)

        run = self.fast(loss)

        def call():
            run(*self.to_device(data)).backward()
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            with torch.no_grad():
                torch._foreach_lerp_(average, weights, 1e-4)

        return call, call

    def memory(self, peak):
        """Bytes now, or the most since the last reset: of tensors, or held from the device where graphs keep theirs."""
        if self.device.type != "cuda":
            return 0
        if self.way == "eager":
            return (torch.cuda.max_memory_allocated if peak else torch.cuda.memory_allocated)(self.device)
        return (torch.cuda.max_memory_reserved if peak else torch.cuda.memory_reserved)(self.device)

    def settle(self):
        if self.device.type == "cuda":
            self.clock.wait()
            torch.cuda.empty_cache()
            torch.cuda.reset_peak_memory_stats(self.device)

    def prepare(self, part):
        """Builds, compiles and warms up a part."""
        started = time.perf_counter()
        self.settle()
        before = self.memory(peak=False)
        call, warm = getattr(self, part)()
        for _ in range(4):  # compile, warm up, record, replay
            warm()
        self.settle()
        warm()
        self.clock.wait()
        self.prepared[part] = call
        return {"peak_bytes": self.memory(peak=True) - before, "prepare_seconds": time.perf_counter() - started}

    def report(self, part, seconds):
        found = {} if part in self.prepared else self.prepare(part)
        median, calls = self.clock.measure(self.prepared[part], seconds)
        name = torch.cuda.get_device_name(self.device) if self.device.type == "cuda" else "cpu"
        return {
            "program": "torch",
            "network": self.name,
            "parameters": networks.table()[self.name]["parameters"],
            "batch": self.batch,
            "precision": self.precision,
            "part": part,
            "way": self.way,
            "steps": self.steps,
            "device": name,
            "version": str(torch.__version__),
            "seconds": median,
            "calls": calls,
            **found,
        }

    def answer(self, part, seconds):
        """`report`, or an object with the error in words."""
        try:
            return self.report(part, seconds)
        except Exception as error:  # whatever a compiler or a device says goes into the cell
            lines = [line for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
            return {"part": part, "way": self.way, "error": f"{type(error).__name__}: {lines[0]}"[:300]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", choices=networks.table(), required=True)
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--precision", choices=("bf16", "tf32", "fp32"), required=True)
    parser.add_argument("--part", choices=PARTS, default="forward")
    parser.add_argument("--way", choices=WAYS, default="eager")
    parser.add_argument("--steps", type=int, default=0, help="network calls of a sampling run; 0: as the table says")
    parser.add_argument("--seconds", type=float, default=2, help="how long to measure")
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda", help="cpu: only to try this program")
    parser.add_argument("--serve", action="store_true", help="answer lines of standard input")
    chosen = parser.parse_args()
    if chosen.device == "cuda" and not torch.cuda.is_available():
        print("gpu.py: PyTorch sees no CUDA device here", file=sys.stderr)
        sys.exit(77)
    peer = Peer(chosen)
    if not chosen.serve:
        print(json.dumps(peer.answer(chosen.part, chosen.seconds)), flush=True)
        return
    for line in sys.stdin:
        part, seconds = line.split()
        print(json.dumps(peer.answer(part, float(seconds))), flush=True)


if __name__ == "__main__":
    main()
