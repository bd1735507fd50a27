#include <doctest/doctest.h>

#include <hush/cpu/kernels.hpp>
#include <hush/kernels/capability_kernels.hpp>
#include <hush/kernels/token_kernels.hpp>

using namespace hush;

namespace {

/// The CPU under other handles, which have all of its kernels but those that are deleted below.
template <int>
struct Lacks : Cpu<float> {
  using full = Lacks;
  Lacks in_full() const { return *this; }
};
static_assert(Kernels<Lacks<-1>>, "a handle made of another has its kernels");

using Int = std::int64_t;
using In = const float*;
using Out = float*;

// One kernel of each group, so that every group is seen to be asked for.
void gelu_tanh_backward(const Lacks<0>&, Int, In, In, Out) = delete;
void attention(const Lacks<1>&, const AttentionSizes&, In, In, In, Out, Out) = delete;
void normalise_channels(const Lacks<2>&, const GroupNormSizes&, In, In, In, In, In, Out) = delete;
void conv2d_backward_weight(const Lacks<3>&, const Conv2dSizes&, In, In, Out, Out) = delete;
void cross_entropy(const Lacks<4>&, Int, Int, In, const std::int32_t*, Out) = delete;
void dropout(const Lacks<5>&, Int, Int, double, const Stream&, const std::uint32_t*, In, Out) = delete;
void copy_columns(const Lacks<6>&, Int, Int, In, Int, Out, Int) = delete;
void sinusoidal_embedding(const Lacks<7>&, Int, Int, double, double, double, bool, In, Out) = delete;
void linear(const Lacks<8>&, Int, Int, Int, In, In, In, Out) = delete;
void group_norm_backward(const Lacks<9>&, const GroupNormSizes&, In, In, In, In, In, Out, Out, Out) = delete;
void layer_norm(const Lacks<10>&, Int, Int, double, In, In, In, Out, Out, Out) = delete;
void choose_pixels(const Lacks<11>&, Int, Int, In, In, In, Out) = delete;
void normals(const Lacks<12>&, std::span<const std::uint32_t>, Int, const Stream&, Out) = delete;
void measure_gradient(const Lacks<13>&, Int, double, In, In, Out) = delete;
void max_pool2d(const Lacks<14>&, const ImageSizes&, Int, In, Out) = delete;
void sum_pixels(const Lacks<15>&, Int, Int, Int, In, Out) = delete;
void upsample_bilinear(const Lacks<16>&, const ImageSizes&, Int, In, Out) = delete;
void threshold_images(const Lacks<17>&, Int, Int, double, double, Out) = delete;
void gaussian_kl(const Lacks<19>&, Int, Int, In, Out) = delete;
void absolute_error(const Lacks<20>&, Int, In, In, Out) = delete;
void power_iteration(const Lacks<21>&, Int, Int, In, In, In, Out) = delete;
void nearest_rows(const Lacks<18>&, Int, Int, In, std::int32_t*) = delete;
void gated_add_backward(const Lacks<22>&, Int, Int, Int, In, In, In, Out, Out) = delete;
void modulated_norm(const Lacks<23>&, const ModulatedNormSizes&, In, In, In, Out, Out, Out) = delete;
void rms_norm(const Lacks<24>&, Int, Int, double, In, In, Out, Out) = delete;
void rotary_embedding(const Lacks<25>&, const RotarySizes&, bool, In, In, Out) = delete;
void swap_axes(const Lacks<26>&, Int, Int, Int, Int, In, Out) = delete;

template <int... i>
consteval bool none_has_all(std::integer_sequence<int, i...>) {
  return (!Kernels<Lacks<i>> && ...);
}
static_assert(none_has_all(std::make_integer_sequence<int, 27>{}));

struct Machine {};  // no backend at all
static_assert(!Kernels<Machine> && !Kernels<float>);

}  // namespace

TEST_CASE("kernels: a handle made of the CPU's runs the CPU's kernels") {
  const float x[3] = {1, -2, 3};
  float y[3] = {};
  relu(Lacks<-1>{}, 3, x, y);
  CHECK((y[0] == 1 && y[1] == 0 && y[2] == 3));
}
