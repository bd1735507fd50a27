#!/usr/bin/env python3
"""A runtime beside hush on a CPU: bench/peers/cpu.py starts one process of this for each and for each number of
threads. It reads orders from standard input, a line of JSON each, answers each with a line, and keeps what it built
until an order for another cell comes.

  python3 bench/peers/cpu_peers.py --peer onnxruntime --threads 2 --models FOLDER
      {"network": "small", "part": "forward", "batch": 1, "seconds": 1}     seconds of a call
      {"network": "small", "part": "forward", "batch": 1}                   the most memory, in a process of its own
  python3 bench/peers/cpu_peers.py --export small 1 --peers openvino onnxruntime --models FOLDER
      writes what the first needs: images with the network's output in double, the network as ONNX and as OpenVINO's IR

Parts: forward; sampling, a run of 20 steps of DDIM; training_step, forward, backward, AdamW and an average of the
weights (PyTorch only). All are float. Sampling's arithmetic is PyTorch's in all runtimes, compiled with the network by
torch.compile. The weights are frozen for torch.compile, but for training. All processes have the same weights."""

import argparse
import contextlib
import copy
import gc
import importlib
import json
import math
import os
import pathlib
import sys
import time

import torch

import gpu
import networks
from cpu_cells import DDIM_STEPS, PACKAGES, TABLE_NAMES

METHODS = {"forward": "forward", "sampling": "sampling", "training_step": "training"}
LEVELS = 500


class Ddim(gpu.Generation):
    """Images out of noise by DDIM, on every so manyth of the levels."""

    def __init__(self, steps, device):
        super().__init__(LEVELS, device)
        at, chosen = self.levels, torch.arange(steps) * (LEVELS // steps)
        signal, noise, sees = (row[chosen] for row in (at.signal, at.noise, at.sees))
        to_signal = torch.cat([torch.ones(1, dtype=torch.float64), signal[:-1]])
        to_noise = torch.cat([torch.zeros(1, dtype=torch.float64), noise[:-1]])
        self.rows = gpu.table_of(signal, noise, sees, to_signal, to_noise).flip(0).to(device)

    def next(self, x, x0, eps, row):
        to_signal, to_noise = row[3:5].unbind()
        return to_signal * x0 + to_noise * eps


TASKS = {**gpu.TASKS, "generation": Ddim}


def network(name):
    """The network, with the same weights in every process; a layer that starts at zero would hide what is before it."""
    torch.manual_seed(1)
    net = networks.network(TABLE_NAMES[name])
    with torch.no_grad():
        for p in net.parameters():
            if p.dim() > 1 and not p.any():
                torch.nn.init.kaiming_uniform_(p, a=math.sqrt(5))
    return net


def folder_of(models, name, batch):
    return pathlib.Path(models) / f"{name}-{batch}"


def resident(line):
    """Bytes of a line of /proc/self/status. VmHWM is this program's, where ru_maxrss would begin at its parent's."""
    for text in pathlib.Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if text.startswith(line + ":"):
            return 1024 * int(text.split()[1])
    return 0


def onnxruntime_call(folder, threads):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"])

    def call(x, sees):
        return torch.from_numpy(session.run(["eps"], {"x": x.numpy(), "sees": sees.numpy()})[0])

    return call


def openvino_call(folder, threads):
    import openvino

    core = openvino.Core()
    found = core.compile_model(
        str(folder / "model.xml"),
        "CPU",
        {"INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"},
    )
    wants = {"INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1, "INFERENCE_PRECISION_HINT": openvino.Type.f32}
    for key, value in wants.items():
        if found.get_property(key) != value:
            raise ValueError(f"OpenVINO has {key} {found.get_property(key)}, wanted {value}")
    request = found.create_infer_request()

    def call(x, sees):
        said = request.infer([x.numpy(), sees.numpy()], share_inputs=True, share_outputs=True)
        return torch.from_numpy(said[0])

    return call


RUNTIMES = {"onnxruntime": onnxruntime_call, "openvino": openvino_call}


class Peer(gpu.Peer):
    """A cell of a runtime."""

    def __init__(self, order, peer, threads, models):
        self.kind, self.threads, self.short_name = peer, threads, order["network"]
        chosen = argparse.Namespace(
            network=TABLE_NAMES[self.short_name],
            batch=order["batch"],
            precision="fp32",
            way="compile" if peer == "compile" else "eager",
            steps=DDIM_STEPS,
            device="cpu",
        )
        super().__init__(chosen, torch.channels_last if peer == "channels_last" else torch.contiguous_format)
        self.task = TASKS[networks.table()[self.name]["task"]](self.steps, self.device)
        self.folder, self.difference = folder_of(models, self.short_name, self.batch), None

    def fast(self, function):
        if self.kind != "compile":
            return function
        return torch.compile(function, fullgraph=True, dynamic=False)

    def network(self, dtype):
        return network(self.short_name).to(dtype=dtype, memory_format=self.layout)

    def quiet(self):
        """Without gradients; torch.compile freezes weights under no_grad only."""
        return torch.no_grad() if self.kind == "compile" else torch.inference_mode()

    def runtime(self):
        """The network as a function of images and what it sees of the levels."""
        if self.kind in RUNTIMES:
            return RUNTIMES[self.kind](self.folder, self.threads)
        return self.network(torch.float).eval().requires_grad_(False)

    def forward(self):
        x, sees, expected = torch.load(self.folder / "check.pt")
        x, run = x.contiguous(memory_format=self.layout), self.fast(self.runtime())

        def call():
            with self.quiet():
                return run(x, sees)

        self.difference = float((call().double() - expected).abs().max())
        return call, call

    def sampling(self):
        (start, known), net, task = self.ready(), self.runtime(), self.task
        rows = [(row, row[2].repeat(self.batch)) for row in task.rows]

        def step(x, row, sees, *known):
            eps = net(task.shown(x, *known), sees)
            signal, noise = row[:2].unbind()
            x0 = ((x - noise * eps) / signal).clamp(-1, 1)
            return task.next(x, x0, eps, row, *known)

        run = self.fast(step)

        def few(wanted):
            x = start
            with self.quiet():
                for row, sees in wanted:
                    x = run(x, row, sees, *known)
            return x

        return lambda: few(rows), lambda: few(rows[-2:])

    def build(self, part):
        started = time.perf_counter()
        self.call, warm = getattr(self, METHODS[part])()
        for _ in range(3):
            warm()
        return {"prepare_seconds": time.perf_counter() - started}

    def peak(self, part):
        """Builds, and answers the most bytes that were resident since, less what was before."""
        with contextlib.suppress(OSError):
            pathlib.Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # VmHWM begins anew
        before = resident("VmRSS")
        self.build(part)
        return {"peak_bytes": resident("VmHWM") - before}


def export(name, batch, peers, models, opset):
    folder = folder_of(models, name, batch)
    folder.mkdir(parents=True, exist_ok=True)
    order = {"network": name, "batch": batch}
    cell, net = Peer(order, "eager", 1, models), network(name).eval().requires_grad_(False)
    images, known = cell.ready()
    x, sees = cell.task.shown(images, *known), cell.task.levels.drawn[2]
    sees = sees[len(sees) // 2].repeat(batch)
    with torch.no_grad():
        torch.save((x, sees, copy.deepcopy(net).double()(x.double(), sees.double())), folder / "check.pt")
        if "onnxruntime" in peers:
            torch.onnx.export(
                net,
                (x, sees),
                str(folder / "model.onnx"),
                input_names=["x", "sees"],
                output_names=["eps"],
                opset_version=opset,
                dynamo=True,
                external_data=True,  # the weights in a file beside it, as by default
                verbose=False,
            )
        if "openvino" in peers:
            import openvino

            model = openvino.convert_model(net, example_input=(x, sees), input=[tuple(x.shape), tuple(sees.shape)])
            openvino.save_model(model, str(folder / "model.xml"), compress_to_fp16=False)


def in_words(error):
    lines = [line for line in str(error).splitlines() if line.strip()] or [""]
    return f"{type(error).__name__}: {lines[0]}"[:300]


def serve(chosen):
    torch.set_num_interop_threads(1)
    torch.set_num_threads(1 if chosen.peer in RUNTIMES else chosen.threads)  # there, PyTorch does the steps' sums alone
    for package in PACKAGES[chosen.peer]:
        importlib.import_module(package)
    if chosen.peer == "compile":
        importlib.import_module("torch._inductor.compile_fx")
        torch._inductor.config.freezing = True
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a runtime prints is no answer
    cell, now = None, None
    for line in sys.stdin:
        order = json.loads(line)
        part, key = order["part"], (order["network"], order["part"], order["batch"])
        try:
            found = {}
            if key != now:
                cell, now = None, None
                torch.compiler.reset()
                gc.collect()
                cell = Peer(order, chosen.peer, chosen.threads, chosen.models)
                found = cell.build(part) if "seconds" in order else cell.peak(part)
                now = key
            if "seconds" in order:
                found["seconds"], found["calls"] = cell.clock.measure(cell.call, order["seconds"])
            if cell.difference is not None:
                found["difference"] = cell.difference
        except Exception as error:  # whatever a runtime says goes into the cell
            cell, now, found = None, None, {"error": in_words(error)}
        print(json.dumps(found), file=answers, flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer", choices=PACKAGES)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--models", required=True, help="folder of exported networks")
    parser.add_argument("--export", nargs=2, metavar=("NETWORK", "BATCH"))
    parser.add_argument("--peers", nargs="*", default=[], help="with --export: the runtimes to write for")
    parser.add_argument("--opset", type=int, default=20, help="with --export: of ONNX")
    chosen = parser.parse_args()
    if chosen.export:
        export(chosen.export[0], int(chosen.export[1]), chosen.peers, chosen.models, chosen.opset)
    elif chosen.peer:
        serve(chosen)
    else:
        parser.error("give --peer or --export")


if __name__ == "__main__":
    main()
