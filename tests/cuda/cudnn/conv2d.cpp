#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <hush/cuda/cudnn/conv2d.hpp>
#include <hush/cuda/team/host_gpu.hpp>
#include <map>
#include <memory>
#include <random>
#include <vector>

#include "cuda/cudnn/device.hpp"

using hush::bf16, hush::calls, hush::Conv2dDirection, hush::Conv2dKey, hush::Conv2dSizes, hush::Cuda, hush::Cudnn,
    hush::CudnnTensor, hush::HostGpu;

namespace {

/// A host that says it has cuDNN: engines are cuDNN's own, for a described H200; running one is played (see Played).
struct Host {
  static inline std::unique_ptr<Cudnn> cudnn;
  static Host& at(int, int) {
    static auto* host = new Host;
    return *host;
  }
  hush::CachingMemory<hush::HostGpuMemory>& memory() { return memory_; }
  cudaStream_t stream() const { return nullptr; }
  template <class Part>
  Part& part() {
    return *cudnn;
  }
  template <class Body>
  void launch(const Body& body, const hush::TeamGrid& grid) {
    std::vector<std::max_align_t> scratch(std::size_t(grid.shared) / sizeof(std::max_align_t) + 1);
    auto* shared = reinterpret_cast<std::byte*>(scratch.data());
    for (std::int64_t b = 0; b < grid.teams; ++b) body(hush::SerialTeam(b, grid.teams, shared));
  }

 private:
  Host() { memory_.keep_blocks(false); }  // a sanitizer sees their ends
  hush::CachingMemory<hush::HostGpuMemory> memory_;
};
static_assert(hush::CudnnMachine<Host>);
static_assert(!hush::CudnnMachine<HostGpu>);

/// What the next engine that is run computes, and what is known of those that were.
struct Play {
  Conv2dDirection direction;
  Conv2dSizes sizes;
  bool narrow = false;  // bf16
  int runs = 0;
  std::vector<std::int64_t> names;
  std::map<std::int64_t, void*> arrays;
};
Play play;

template <class T>
void play_convolution() {
  const auto at = [](CudnnTensor name) { return static_cast<T*>(play.arrays[std::int64_t(name)]); };
  const hush::SerialTeam team(0, 1, nullptr);
  T *x = at(CudnnTensor::x), *weight = at(CudnnTensor::weight), *y = at(CudnnTensor::y);
  if (play.direction == Conv2dDirection::forward)
    hush::bodies::Conv2dForward<T>{play.sizes, x, weight, at(CudnnTensor::bias), at(CudnnTensor::residual), y}(team);
  if (play.direction == Conv2dDirection::backward_input)
    hush::bodies::Conv2dBackwardInput<T>{play.sizes, y, weight, x}(team);
  if (play.direction == Conv2dDirection::backward_weight)
    hush::bodies::Conv2dBackwardWeight<T>{play.sizes, x, y, weight}(team);
}

/// cuDNN with the plain kernels in place of its own.
class Played {
 public:
  explicit Played(const hush::CudnnSettings& settings = {}) {
    play = {};
    Host::cudnn = std::make_unique<Cudnn>(described_h200(), settings);
    calls().cudnn_set_stream = [](cudnnHandle_t, cudaStream_t) { return CUDNN_STATUS_SUCCESS; };
    calls().capturing = [](cudaStream_t, cudaStreamCaptureStatus*) { return cudaSuccess; };
    calls().event_create = [](cudaEvent_t* event, unsigned) {
      *event = reinterpret_cast<cudaEvent_t>(&play);
      return cudaSuccess;
    };
    calls().event_destroy = [](cudaEvent_t) { return cudaSuccess; };
    calls().event_record = [](cudaEvent_t, cudaStream_t) { return cudaSuccess; };
    calls().last_error = [] { return cudaSuccess; };
    calls().event_synchronise = [](cudaEvent_t) { return cudaSuccess; };
    calls().event_elapsed = [](float* time, cudaEvent_t, cudaEvent_t) {
      *time = float(play.runs);
      return cudaSuccess;
    };
    calls().descriptor_set = [](cudnnBackendDescriptor_t descriptor, cudnnBackendAttributeName_t name,
                                cudnnBackendAttributeType_t type, std::int64_t count, const void* values) {
      if (name == CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS) {
        const auto* names = static_cast<const std::int64_t*>(values);
        play.names.assign(names, names + count);
      }
      if (name == CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS) {
        play.arrays.clear();
        for (std::int64_t i = 0; i < count; ++i)
          play.arrays[play.names[std::size_t(i)]] = static_cast<void* const*>(values)[i];
      }
      return cudnnBackendSetAttribute(descriptor, name, type, count, values);
    };
    calls().execute = [](cudnnHandle_t, cudnnBackendDescriptor_t, cudnnBackendDescriptor_t) {
      ++play.runs;
      play.narrow ? play_convolution<bf16>() : play_convolution<float>();
      return CUDNN_STATUS_SUCCESS;
    };
  }
  ~Played() {
    calls() = saved_;
    Host::cudnn.reset();
  }

 private:
  hush::Calls saved_ = calls();
};

/// Memory aligned as a GPU's is.
template <class T>
std::shared_ptr<T[]> room(std::int64_t count) {
  auto array = Cuda<float, Host>{}.allocate<T>(count + 64);
  std::memset(static_cast<void*>(array.get()), 0xff, sizeof(T) * std::size_t(count + 64));
  return array;
}
template <class T>
std::shared_ptr<T[]> random_numbers(std::int64_t count, unsigned seed) {
  auto array = room<T>(count);
  std::mt19937 engine(seed);
  for (std::int64_t i = 0; i < count; ++i) array[i] = T(float(int(engine() % 2001) - 1000) / 1000);
  return array;
}
/// The same numbers up to what a compiler's choice of fused multiply-adds changes, and nothing written behind them.
template <class T>
bool same_numbers(const std::shared_ptr<T[]>& a, const std::shared_ptr<T[]>& b, std::int64_t count) {
  const double near = sizeof(T) == 2 ? 1e-2 : 1e-5;
  for (std::int64_t i = 0; i < count; ++i) {
    const double p = double(float(a[i])), q = double(float(b[i]));
    if (!(std::abs(p - q) <= near * (1 + std::abs(q)))) return false;
  }
  return std::memcmp(a.get() + count, b.get() + count, sizeof(T) * 64) == 0;
}

/// Every direction on the host with cuDNN against the plain kernels: widened channels are zeros and change
/// nothing. Says how often cuDNN ran.
template <class P>
int compare(const Conv2dSizes& s) {
  using T = typename Cuda<P, Host>::scalar;
  INFO(s.batch, " x ", s.height, " x ", s.width, ", ", s.in, " -> ", s.out, ", bytes ", sizeof(T));
  const std::int64_t nx = s.batch * s.height * s.width * s.in, nw = s.out * s.kernel_h * s.kernel_w * s.in,
                     ny = s.batch * s.out_height * s.out_width * s.out;
  const auto x = random_numbers<T>(nx, 1), w = random_numbers<T>(nw, 2), b = random_numbers<T>(s.out, 3),
             r = random_numbers<T>(ny, 4), dy = random_numbers<T>(ny, 5);
  const Cuda<P, Host> on;
  const Cuda<P, HostGpu> plain;
  play.sizes = with_wide_channels(s, hush::conv2d_precision<P>);
  play.narrow = sizeof(T) == 2;
  play.runs = 0;
  play.direction = Conv2dDirection::forward;
  for (const auto& [bias, residual] : {std::pair{false, false}, {true, false}, {true, true}, {false, true}}) {
    const auto got = room<T>(ny), want = room<T>(ny);
    conv2d(on, s, x.get(), w.get(), bias ? b.get() : nullptr, residual ? r.get() : nullptr, got.get());
    conv2d(plain, s, x.get(), w.get(), bias ? b.get() : nullptr, residual ? r.get() : nullptr, want.get());
    CHECK(same_numbers(got, want, ny));
  }
  play.direction = Conv2dDirection::backward_input;
  const auto dx = room<T>(nx), want_dx = room<T>(nx);
  conv2d_backward_input(on, s, dy.get(), w.get(), dx.get());
  conv2d_backward_input(plain, s, dy.get(), w.get(), want_dx.get());
  CHECK(same_numbers(dx, want_dx, nx));
  play.direction = Conv2dDirection::backward_weight;
  const auto dw = room<T>(nw), want_dw = room<T>(nw), db = room<T>(s.out), want_db = room<T>(s.out);
  conv2d_backward_weight(on, s, x.get(), dy.get(), dw.get(), db.get());
  conv2d_backward_weight(plain, s, x.get(), dy.get(), want_dw.get(), want_db.get());
  CHECK(same_numbers(dw, want_dw, nw));
  CHECK(same_numbers(db, want_db, s.out));
  return play.runs;
}

Conv2dSizes same(std::int64_t batch, std::int64_t size, std::int64_t in, std::int64_t out, std::int64_t kernel) {
  const std::int64_t pad = kernel / 2;
  return hush::conv2d_sizes(batch, size, size, in, out, kernel, kernel, 1, {pad, pad, pad, pad});
}

}  // namespace

TEST_CASE("cudnn conv2d: few channels are widened to 8 and the results narrowed again") {
  const Played played;
  for (const auto& s :
       {same(2, 5, 1, 8, 3), same(2, 5, 8, 1, 1), same(1, 4, 3, 5, 3), same(1, 1, 1, 1, 1), same(2, 3, 16, 8, 3),
        same(1, 3, 17, 9, 3), hush::conv2d_sizes(2, 6, 7, 3, 4, 3, 3, 2, {0, 0, 1, 1}),
        hush::conv2d_sizes(2, 6, 4, 12, 5, 4, 4, 2, {1, 1, 1, 1})}) {
    const auto runs = [&](hush::Conv2dPrecision precision) {
      return conv2d_has_few_inputs(s, precision) || conv2d_has_few_outputs(s, precision) ? 2 : 6;
    };
    CHECK(compare<bf16>(s) == runs(hush::Conv2dPrecision::bf16));
    CHECK(compare<hush::tf32>(s) == runs(hush::Conv2dPrecision::tf32));
    CHECK(compare<float>(s) == 6);
  }
}

TEST_CASE("cudnn conv2d: where cuDNN has no engine, the plain kernels serve") {
  const Played played({.workspace_limit = -1});
  CHECK(compare<bf16>(same(2, 5, 3, 9, 3)) == 0);
  CHECK(compare<float>(same(2, 5, 3, 9, 3)) == 0);
}

TEST_CASE("cudnn conv2d: arrays that lie askew and empty batches are not for cuDNN") {
  const Played played;
  const Conv2dSizes s = same(1, 3, 8, 8, 1);
  const auto x = random_numbers<bf16>(73, 1), w = random_numbers<bf16>(64, 2), y = room<bf16>(72),
             want = room<bf16>(72);
  const Cuda<bf16, Host> on;
  conv2d(on, s, x.get() + 1, w.get(), nullptr, y.get());
  conv2d(Cuda<bf16, HostGpu>{}, s, x.get() + 1, w.get(), nullptr, want.get());
  CHECK(same_numbers(y, want, 72));
  conv2d(on, same(0, 3, 8, 8, 1), x.get(), w.get(), nullptr, y.get());
  CHECK(play.runs == 0);
}

TEST_CASE("cudnn conv2d: tuning runs each candidate four times, once a convolution, and never while recording") {
  const Played played({.autotune = true, .candidates = 3});
  const Conv2dSizes s = same(1, 3, 8, 8, 1);
  const auto x = random_numbers<float>(72, 1), w = random_numbers<float>(64, 2), y = room<float>(72);
  play.sizes = s;
  const Cuda<float, Host> on;
  conv2d(on, s, x.get(), w.get(), nullptr, y.get());
  CHECK(play.runs == 3 * 4 + 1);
  conv2d(on, s, x.get(), w.get(), nullptr, y.get());
  CHECK(play.runs == 3 * 4 + 2);
  calls().capturing = [](cudaStream_t, cudaStreamCaptureStatus* status) {
    *status = cudaStreamCaptureStatusActive;
    return cudaSuccess;
  };
  play.sizes = same(1, 3, 8, 8, 3);
  const auto wide = random_numbers<float>(9 * 64, 2);
  conv2d(on, play.sizes, x.get(), wide.get(), nullptr, y.get());
  CHECK(play.runs == 3 * 4 + 3);
  calls().capturing = [](cudaStream_t, cudaStreamCaptureStatus*) { return cudaSuccess; };
  calls().last_error = [] { return cudaSuccess; };
  calls().event_synchronise = [](cudaEvent_t) { return cudaErrorInvalidResourceHandle; };
  play.sizes = same(1, 4, 8, 8, 1);
  const auto larger = random_numbers<float>(128, 1), result = room<float>(128);
  CHECK_THROWS_WITH(conv2d(on, play.sizes, larger.get(), w.get(), nullptr, result.get()),
                    "[cudaEventSynchronize] invalid resource handle; timing cuDNN's engines (error 400)");
}

TEST_CASE("cudnn conv2d: memory that runs out leaves everything usable") {
  const Played played;
  const Conv2dSizes s = same(2, 5, 3, 9, 3);
  for (std::int64_t n = 0; n < 4; ++n) {
    Host::at(0, 0).memory().fail_at(n);
    const Cuda<bf16, Host> on;
    const auto x = std::make_unique<bf16[]>(150), w = std::make_unique<bf16[]>(243), y = std::make_unique<bf16[]>(450);
    CHECK_THROWS_AS(conv2d(on, s, x.get(), w.get(), nullptr, y.get()), hush::OutOfMemory);
    Host::at(0, 0).memory().fail_at(-1);
  }
  CHECK(compare<bf16>(s) == 6);
}
