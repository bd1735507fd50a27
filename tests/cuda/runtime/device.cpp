#include <doctest/doctest.h>

#include <string>
#include <vector>

#include <hush/cuda/elementwise.hpp>
#include <hush/cuda/runtime/device.hpp>
#include <hush/cuda/runtime/require.hpp>
#include <hush/cuda/runtime/staging.hpp>

#include "../../thrown.hpp"
#include "cuda/runtime/device_calls.hpp"

using namespace hush;
using pretended::gpu;

namespace probe {
/// Body: y[i] = 2 x[i].
struct Twice {
  int n;
  const float* x;
  float* y;
  template <class Team>
  void operator()(const Team& team) const {
    for (std::int64_t i = first_of(team); i < n; i += all_of(team)) y[i] = 2 * x[i];
  }
};
}  // namespace probe

namespace {

using probe::Twice;

using thrown::cuda_message;
std::string message_of_start(int device = 0) {
  return cuda_message([&] { Device made(device); });
}

}  // namespace

TEST_CASE("device: a machine without a driver or a GPU says so") {
  const pretended::InPlace all;
  gpu.driver = 0;
  CHECK(message_of_start() ==
        "[cudaDriverGetVersion] there is no NVIDIA driver on this machine, so no GPU can be used; hush runs on the CPU "
        "too (error 35)");
  gpu.driver = 12040;
  CHECK(message_of_start() ==
        "[cudaDriverGetVersion] the NVIDIA driver is too old: it knows CUDA 12.4, this program was built with CUDA "
        "13.0; update the driver (error 35)");
  gpu.driver = 13020, gpu.devices = 0;
  CHECK(message_of_start() ==
        "[cudaGetDeviceCount] there is no NVIDIA GPU on this machine, or CUDA_VISIBLE_DEVICES hides it; hush runs on "
        "the CPU too (error 100)");
  gpu.devices = 1, gpu.fail_at = gpu.calls, gpu.failure = cudaErrorNoDevice;
  CHECK(message_of_start().starts_with("[cudaGetDeviceCount] there is no NVIDIA GPU on this machine, or "));
  gpu.fail_at = gpu.calls, gpu.failure = cudaErrorUnknown;
  CHECK(message_of_start() ==
        "[cudaGetDeviceCount] unknown error; the NVIDIA driver does not answer: see what nvidia-smi says (error 999)");
  CHECK(message_of_start() == "nothing was thrown");
  gpu.runtime = 13040;  // a newer toolkit of the same major version serves
  CHECK(message_of_start() == "nothing was thrown");
  CHECK(gpu.nothing_left());
}

TEST_CASE("device: this machine's own calls, whatever it has") {
  const std::string said = cuda_message([] { Device::at(0, 31).synchronise(); });
  int driver = 0;
  calls().driver_version(&driver);
  if (driver == 0)
    CHECK(said.starts_with("[cudaDriverGetVersion] there is no NVIDIA driver on this machine"));
  else
    CHECK((said == "nothing was thrown" || said.starts_with("[cuda")));
}

TEST_CASE("device: an index that does not exist is answered with those that do") {
  const pretended::InPlace all;
  CHECK(message_of_start(1) == "[Cuda] there is no device 1: this machine has only device 0 (error 101)");
  CHECK(message_of_start(-1) == "[Cuda] there is no device -1: this machine has only device 0 (error 101)");
  gpu.devices = 4;
  CHECK(message_of_start(4) == "[Cuda] there is no device 4: this machine has devices 0 to 3 (error 101)");
  CHECK(message_of_start(3) == "nothing was thrown");
  CHECK(gpu.current == 3);
}

TEST_CASE("device: an architecture that the library is not written for is refused, newer ones are not") {
  const pretended::InPlace all;
  gpu.architecture = 75;
  CHECK(message_of_start() ==
        "[Cuda] device 0 is too old: it has architecture sm_75, hush wants sm_80 (Ampere) or newer");
  for (const int architecture : {80, 86, 90, 100, 121}) {
    gpu.architecture = architecture;
    CHECK(Device(0).architecture() == architecture);
  }
  CHECK(gpu.nothing_left());
}

TEST_CASE("device: whichever call of the start fails, it is named and nothing is left behind") {
  const pretended::InPlace all;
  gpu.failure = cudaErrorDevicesUnavailable;
  int failures = 0;
  for (std::int64_t n = 0;; ++n) {
    gpu.calls = 0, gpu.fail_at = n;
    const std::string said = message_of_start();
    if (said == "nothing was thrown") break;
    ++failures;
    INFO(said);
    CHECK(said.starts_with("[cuda"));
    CHECK(said.find("CUDA-capable device(s) is/are busy or unavailable; ") != std::string::npos);
    CHECK(said.find("device") != std::string::npos);
    CHECK(gpu.nothing_left());
    CHECK(gpu.last == cudaSuccess);
  }
  CHECK(failures == 5);  // count, set, two attributes, stream
}

TEST_CASE("device: copies of every size arrive, small ones from memory that may be changed at once") {
  const pretended::InPlace all;
  {
    Device device(0);
    for (const std::size_t bytes :
         {std::size_t(0), std::size_t(1), std::size_t(63), Staging::most, Staging::most + 1, std::size_t(300000)}) {
      CAPTURE(bytes);
      std::vector<char> there(bytes), back(bytes, 'x');
      for (std::size_t i = 0; i < bytes; ++i) there[i] = char(i * 31 + bytes);
      const auto block = device.memory().allocate(bytes);
      device.copy_in(block.get(), there.data(), bytes);
      const auto wanted = there;
      std::fill(there.begin(), there.end(), 'y');
      device.copy_out(back.data(), block.get(), bytes);
      CHECK(back == wanted);
    }
    CHECK(gpu.pinned.size() == 1);  // many small copies go round in one ring
    const auto block = device.memory().allocate(Staging::most);
    const std::vector<char> there(Staging::most, 'z');
    for (int i = 0; i < 50; ++i) device.copy_in(block.get(), there.data(), there.size());
    CHECK(gpu.pinned.size() == 1);
  }
  CHECK(gpu.nothing_left());
  CHECK(gpu.faults.empty());
}

TEST_CASE("device: copies ahead keep what they were given") {
  const pretended::InPlace all;
  {
    Device device(0);
    const auto block = device.memory().allocate(40000);
    for (const std::size_t bytes : {std::size_t(100), std::size_t(40000), std::size_t(7)}) {
      std::vector<char> there(bytes, 'a'), back(bytes);
      device.copy_ahead(block.get(), there.data(), bytes);
      std::fill(there.begin(), there.end(), 'b');
      device.await_ahead();
      device.copy_out(back.data(), block.get(), bytes);
      CHECK(back == std::vector<char>(bytes, 'a'));
    }
  }
  CHECK(gpu.nothing_left());
}

TEST_CASE("device: a copy that fails is named with its size, and the next one works") {
  const pretended::InPlace all;
  Device device(0);
  const auto block = device.memory().allocate(400000);
  std::vector<char> numbers(400000, 'a'), back(400000);
  gpu.failure = cudaErrorInvalidValue;
  device.copy_in(block.get(), numbers.data(), 5);  // the ring is there
  gpu.fail_at = gpu.calls;
  CHECK(cuda_message([&] { device.copy_in(block.get(), numbers.data(), 5); }) ==
        "[cudaMemcpyAsync] invalid argument; 5 bytes to device 0 (error 1)");
  gpu.fail_at = gpu.calls;
  CHECK(cuda_message([&] { device.copy_in(block.get(), numbers.data(), 400000); }) ==
        "[cudaMemcpyAsync] invalid argument; 400000 bytes to device 0 (error 1)");
  gpu.fail_at = gpu.calls;
  CHECK(cuda_message([&] { device.copy_out(back.data(), block.get(), 400000); }) ==
        "[cudaMemcpyAsync] invalid argument; 400000 bytes from device 0 (error 1)");
  gpu.fail_at = gpu.calls, gpu.failure = cudaErrorMemoryAllocation;
  CHECK_THROWS_WITH_AS(device.copy_ahead(block.get(), numbers.data(), 5), doctest::Contains("out of memory"),
                       CudaError);
  gpu.fail_at = gpu.calls + 3;  // its stream, its event, and now its pinned memory
  CHECK_THROWS_WITH_AS(device.copy_ahead(block.get(), numbers.data(), 5),
                       "[memory] wanted 5 bytes of pinned host memory, which the system has not", OutOfMemory);
  device.copy_ahead(block.get(), numbers.data(), 5);
  device.copy_in(block.get(), numbers.data(), numbers.size());
  device.copy_out(back.data(), block.get(), back.size());
  CHECK(back == numbers);
}

TEST_CASE("device: a kernel's failure names the kernel; the next launch works") {
  const pretended::InPlace all;
  Device device(0);
  const float x[3]{1, 2, 3};
  float y[3]{};
  CHECK(name_of<bodies::Fill<float>>().ends_with("bodies::Fill<float>"));
  gpu.fail_at = gpu.calls, gpu.failure = cudaErrorLaunchOutOfResources;
  CHECK(cuda_message([&] {
          device.launch(Twice{3, x, y}, {.teams = 7, .threads = 512, .shared = 128});
        }) ==
        "[cudaLaunchKernel] too many resources requested for launch; the kernel is probe::Twice, for 7 teams of "
        "512 with 128 bytes of scratch, on device 0 (error 701)");
  gpu.fail_at = gpu.calls;
  CHECK(cuda_message([&] { fill(Cuda<bf16>{}, 0, 1.0, static_cast<bf16*>(nullptr)); }) == "nothing was thrown");
  CHECK(cuda_message([&] {
          device.launch(bodies::Fill<float>{3, 1.f, y}, {.teams = 1, .shared = 50000});
        }) == to_text("[cudaFuncSetAttribute] too many resources requested for launch; the kernel is ",
                      name_of<bodies::Fill<float>>(),
                      ", for 1 team of 256 with 50000 bytes of scratch, on device 0 (error 701)"));
  device.launch(Twice{3, x, y}, {.teams = 2, .shared = 50000});
  CHECK(y[0] == 2);
  CHECK(y[2] == 6);
}

TEST_CASE("device: large scratch is asked for before a kernel's own would exceed the limit, and always alike") {
  const pretended::InPlace all;
  Device device(0);
  static std::vector<int> asked;
  asked.clear();
  calls().function_attribute = [](const void*, cudaFuncAttribute, int bytes) {
    asked.push_back(bytes);
    return cudaSuccess;
  };
  float y = 0;
  for (const std::size_t bytes : {std::size_t(1024), std::size_t(49152), std::size_t(90000), std::size_t(60000)})
    device.launch(bodies::Fill<float>{1, 1.f, &y}, {.teams = 1, .shared = bytes});
  CHECK(asked == std::vector<int>(3, 96 * 1024));
}

TEST_CASE("device: a program without code for the device says for which it must be built") {
  const pretended::InPlace all;
  gpu.architecture = 86;
  Device device(0);
  const std::string wanted =
      "this program holds no code for sm_86, which is what device 0 wants: build it with CMAKE_CUDA_ARCHITECTURES=86, "
      "or nvcc -arch=sm_86 (error ";
  for (const auto failure : {cudaErrorNoKernelImageForDevice, cudaErrorInvalidDeviceFunction}) {
    gpu.failure = failure;
    gpu.fail_at = gpu.calls;
    CHECK(cuda_message([&] { device.launch(Twice{}, {}); }) ==
          to_text("[cudaLaunchKernel] ", wanted, int(failure), ")"));
    gpu.fail_at = gpu.calls;
    CHECK(cuda_message([&] { device.launch(Twice{}, {.shared = 100000}); }) ==
          to_text("[cudaFuncSetAttribute] ", wanted, int(failure), ")"));
    CHECK(gpu.last == cudaSuccess);  // nobody else is told of it
  }
}

TEST_CASE("device: an error that stays is said to stay, an ordinary one is told once") {
  const pretended::InPlace all;
  Device device(0);
  gpu.fail_at = gpu.calls, gpu.failure = cudaErrorLaunchTimeout;
  CHECK(cuda_message([&] { device.synchronise(); }) ==
        "[cudaStreamSynchronize] the launch timed out and was terminated; device 0; what failed was queued earlier, "
        "and compute-sanitizer names it (error 702)");
  CHECK(calls().last_error() == cudaSuccess);
  CHECK_NOTHROW(device.synchronise());
  gpu.lost = true, gpu.failure = cudaErrorIllegalAddress;
  const std::string said = cuda_message([&] { device.synchronise(); });
  CHECK(said ==
        "[cudaStreamSynchronize] an illegal memory access was encountered; device 0; what failed was queued earlier, "
        "and compute-sanitizer names it; CUDA refuses all further work of this process: start the program anew (error "
        "700)");
  float number = 0;
  CHECK(cuda_message([&] { device.copy_out(&number, &number, 4); }).find("start the program anew") !=
        std::string::npos);
}

TEST_CASE("device: what a stream carries is made once, and goes before the stream") {
  const pretended::InPlace all;
  struct Carried {
    Device& of;
    explicit Carried(Device& device) : of(device) {}
    Carried(const Carried&) = delete;
    ~Carried() { CHECK(gpu.streams == 1); }
  };
  {
    Device device(0);
    Carried& one = device.part<Carried>();
    CHECK(&one == &device.part<Carried>());
    CHECK(&one.of == &device);
  }
  CHECK(gpu.nothing_left());
}
