#include <doctest/doctest.h>

#include <hush/kernels/adam_rule.hpp>
#include <hush/kernels/addition.hpp>
#include <hush/kernels/attention_sizes.hpp>
#include <hush/kernels/conv2d_sizes.hpp>
#include <hush/kernels/gemm_sizes.hpp>
#include <hush/kernels/group_norm_sizes.hpp>
#include <hush/kernels/image_sizes.hpp>
#include <hush/kernels/modulated_norm_sizes.hpp>
#include <hush/kernels/norm_fusion.hpp>
#include <hush/kernels/rotary_sizes.hpp>
#include <hush/kernels/sampler_pass.hpp>

using namespace hush;

static_assert(StepNumbers<float>::others == StepNumbers<float>::of_eps + 1 && RunPlace::size == 2);

TEST_CASE("image_sizes: the extents of images, and nothing else") {
  const ImageSizes s = image_sizes(Shape{2, 3, 4, 5}, "op");
  CHECK((s.batch == 2 && s.height == 3 && s.width == 4 && s.channels == 5));
  CHECK_THROWS_WITH_AS(image_sizes(Shape{2, 3}, "op"), "[op] wants images [N, H, W, C], got [2, 3]",
                       std::invalid_argument);
}

TEST_CASE("group_norm_sizes: one group unless told otherwise") { CHECK(GroupNormSizes{}.groups == 1); }

static_assert(Addition<float, double>{}.n == 0 && !Addition<float, double>{}.scalars);
static_assert(AttentionSizes{}.heads == 1 && AttentionSizes{}.scale == 1);
static_assert(dense(GemmSizes{.rows = 2, .columns = 3, .depth = 5}).lda == 5);
static_assert(dense(GemmSizes{.rows = 2, .columns = 3, .depth = 5, .a = Transpose::yes}).lda == 2);
static_assert(dense(GemmSizes{.rows = 2, .columns = 3, .depth = 5, .b = Transpose::yes}).ldb == 5);
static_assert(dense(GemmSizes{.rows = 2, .columns = 3, .depth = 5, .ldc = 7}).stride_c == 14);

TEST_CASE("conv2d_sizes: the result is as large as kernel, stride and padding allow") {
  const Conv2dSizes same = conv2d_sizes(2, 9, 8, 3, 4, 3, 3, 1, {1, 1, 1, 1});
  CHECK((same.out_height == 9 && same.out_width == 8));
  const Conv2dSizes half = conv2d_sizes(1, 9, 8, 3, 4, 3, 3, 2, {0, 0, 1, 1});
  CHECK((half.out_height == 4 && half.out_width == 4));
  CHECK_THROWS_WITH_AS(conv2d_sizes(1, 2, 8, 3, 4, 5, 3, 1, {1, 1, 1, 1}),
                       "[conv2d] kernel 5 x 3 is larger than the padded image, 4 x 10", std::invalid_argument);
  CHECK_THROWS_AS(conv2d_sizes(1, 2, 8, 3, 4, 3, 3, 0, {}), std::invalid_argument);
  CHECK_THROWS_AS(conv2d_sizes(1, 2, 8, 3, 4, 0, 3, 1, {}), std::invalid_argument);
  CHECK_THROWS_AS(conv2d_sizes(1, 2, 8, 3, 4, 3, 3, 1, {-1, 0, 0, 0}), std::invalid_argument);
}
static_assert(NormFusion<float>{}.activation == Activation::none && NormFusion<float>{}.resample == Resample::none);
static_assert(ModulatedNormSizes{.images = 2, .tokens = 3, .width = 5}.rows() == 6 && ModulatedNormSizes{}.centred);
static_assert(RotarySizes{}.heads == 1);
