#!/usr/bin/env bash
# From cuDNN 9.27 on, a GPU that is only described is described only where the driver's library is, and with one more key.
#
# Seen on 2026-11-29: nvidia-cudnn-cu13 9.26.1.1 and 9.27.0.42, Python 3.11, no GPU, no driver.
# Guess: properties as JSON (CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION, since 9.8) exist to plan where there is no GPU, so
#   no driver is needed, and what one 9.x version takes, the next takes.
# What it does: 9.26 answers 0 without a driver. 9.27 loads a part that is linked with libcuda.so.1 and answers 1008,
#   CUDNN_STATUS_SUBLIBRARY_LOADING_FAILED. A libcuda.so.1 that has the symbols is enough, none of them is used. Then 9.27
#   wants the key memoryBusWidth, and answers 2000, CUDNN_STATUS_BAD_PARAM, without it.
# Output seen: "9.26: 0   9.27: 1008   9.27 with a stand-in: 2000   and memoryBusWidth: 0".
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

fetch() {
  python3 -m pip install -q --disable-pip-version-check --root-user-action=ignore --no-cache-dir --no-deps --no-compile --target "$@"
}
fetch 9.26.1.1 nvidia-cudnn-cu13==9.26.1.1
fetch 9.27.0.42 nvidia-cudnn-cu13==9.27.0.42
old=$work/9.26.1.1/nvidia/cudnn/lib new=$work/9.27.0.42/nvidia/cudnn/lib

cat >describe.py <<'PYTHON'
import ctypes
import json
import sys

properties = {
    "maxGridSize": [2147483647, 65535, 65535], "maxBlockSize": [1024, 1024, 64], "regsPerBlock": 65536,
    "multiProcessorCount": 132, "warpSize": 32, "maxSharedMemoryPerBlock": 49152, "maxSharedMemoryPerBlockOptin": 232448,
    "reservedSharedMemoryPerBlock": 1024, "maxRegistersPerSM": 65536, "maxCtasPerSM": 32, "maxThreadsPerBlock": 1024,
    "maxThreadsPerSM": 2048, "pciDeviceId": 0, "isTccDriver": 0, "supportCoopLaunch": 1, "smClockRateKHz": 1980000,
    "memClockRateKHz": 3201000, "l2CacheSize": 62914560, "deviceName": "NVIDIA H200", "deviceVer": 900, "driverVer": 13000,
    "cudaDeviceId": 0, "totalGlobalMem": 150754934784}
if sys.argv[2:]:
    properties["memoryBusWidth"] = 6144
text = json.dumps(properties).encode()
cudnn = ctypes.CDLL(sys.argv[1] + "/libcudnn.so.9")
descriptor = ctypes.c_void_p()
# CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR, CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION, CUDNN_TYPE_CHAR
assert cudnn.cudnnBackendCreateDescriptor(38, ctypes.byref(descriptor)) == 0
assert cudnn.cudnnBackendSetAttribute(descriptor, 2702, 24, ctypes.c_int64(len(text)), text) == 0
print(cudnn.cudnnBackendFinalize(descriptor))
PYTHON
describes() { LD_LIBRARY_PATH=$1 python3 describe.py "$2" ${3:-} 2>/dev/null; }

mkdir stand-in  # every function of the driver that cuDNN names, as one that fails
nm -D --undefined-only "$new"/*.so.9 | sed -nE 's/.* (cu[A-Z][A-Za-z0-9_]*)(@.*)?$/int \1(void) { return 999; }/p' | sort -u |
  gcc -w -shared -fPIC -x c - -Wl,-soname,libcuda.so.1 -o stand-in/libcuda.so.1

said="9.26: $(describes "$old" "$old")   9.27: $(describes "$new" "$new")"
said+="   9.27 with a stand-in: $(describes "$work/stand-in:$new" "$new")"
said+="   and memoryBusWidth: $(describes "$work/stand-in:$new" "$new" with)"
echo "$said"
[ "$said" = '9.26: 0   9.27: 1008   9.27 with a stand-in: 2000   and memoryBusWidth: 0' ]
