"""What bench/peers/cpu.py measures and beside whom, without any package."""

import fnmatch
import importlib.util
import signal

# What hush_bench calls the networks of bench/gpu/networks.json.
TABLE_NAMES = {
    "small": "fashion_mnist_small",
    "paper": "fashion_mnist",
    "palette_small": "palette_small",
    "palette": "palette_inpainting",
    "cifar10": "cifar10",
    "dit": "dit_s4",
}
DDIM_STEPS = 20
CELLS = [
    ("small", "forward", 1),
    ("small", "forward", 16),
    ("paper", "forward", 1),
    ("paper", "forward", 16),
    ("palette_small", "forward", 8),
    ("cifar10", "forward", 1),
    ("cifar10", "forward", 8),
    ("dit", "forward", 16),
    ("palette", "forward", 1),
    ("small", "sampling", 1),
    ("small", "sampling", 16),
    ("paper", "sampling", 1),
    ("paper", "sampling", 16),
    ("palette_small", "sampling", 8),
    ("small", "training_step", 64),
    ("paper", "training_step", 16),
    ("palette_small", "training_step", 8),
    ("dit", "training_step", 16),
]
MEMORY = [
    ("paper", "forward", 16),
    ("paper", "training_step", 16),
    ("small", "training_step", 64),
    ("dit", "forward", 16),
    ("dit", "training_step", 16),
]
# The peers in the order of the table, and the packages each needs besides torch.
PACKAGES = {
    "eager": [],
    "channels_last": [],
    "compile": [],
    "openvino": ["openvino"],
    "onnxruntime": ["onnxruntime", "onnx", "onnxscript"],
}
TITLES = {
    "hush": "hush",
    "eager": "PyTorch eager",
    "channels_last": "PyTorch eager, channels_last",
    "compile": "torch.compile",
    "openvino": "OpenVINO",
    "onnxruntime": "ONNX Runtime",
}
TRAINS = ("eager", "channels_last", "compile")
VERSIONS = ("torch", "openvino", "onnxruntime", "onnx", "numpy")


def name_of(network, part, batch):
    return f"{network}/{part}/{batch}"


def chosen_cells(patterns):
    """(cells, memory cells, whether the start) of which a pattern is the name; all without patterns."""

    def wanted(name):
        return not patterns or any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)

    return (
        [cell for cell in CELLS if wanted(name_of(*cell))],
        [cell for cell in MEMORY if wanted("memory/" + name_of(*cell))],
        wanted("start"),
    )


def present(peers, find=importlib.util.find_spec):
    """(peers that can run here, a sentence about each that cannot)."""
    runs, words = [], []
    for peer in peers:
        missing = [package for package in ["torch", *PACKAGES[peer]] if find(package) is None]
        if missing:
            words.append(f"{peer} is left out: {', '.join(missing)} not installed")
        else:
            runs.append(peer)
    return runs, words


def does(peer, part):
    return part != "training_step" or peer in TRAINS


def how_it_ended(status, said):
    """A process's exit status in words, by a signal where it is negative, and the last line that it wrote."""
    if status < 0:
        known = {number.value: number.name for number in signal.Signals}
        words = f"the process was ended by {known.get(-status, f'signal {-status}')}"
    else:
        words = f"the process ended with status {status}"
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return f"{words}; its last line: {lines[-1][:300]}" if lines else words
