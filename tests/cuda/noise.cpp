#include <cuda/against.hpp>

#include <hush/cpu/noise.hpp>
#include <hush/cuda/noise.hpp>

using namespace against;
using Near = Cuda<float, Machine>;

TEST_CASE("cuda noise: normals are the CPU's floats, in batches that take several launches") {
  for (const int members : {1, 32}) {
    teams_of(members);
    for (const std::int64_t count : {1, 3, 64, 131})
      for (const std::int64_t stride : {1, 6, 75}) {
        CAPTURE(count);
        CAPTURE(stride);
        std::vector<std::uint32_t> images;
        for (std::int64_t i = 0; i < count; ++i) images.push_back(std::uint32_t(1000 - 7 * i));
        const Stream stream{.seed = 5, .step = 3, .purpose = purpose("noise")};
        auto wanted = room<float>(Cpu<float>{}, count * stride);
        auto z = room<float>(Near{}, count * stride);
        normals(Cpu<float>{}, images, stride, stream, wanted.data());
        normals(Near{}, images, stride, stream, z.data());
        CHECK(download<float>(z) == download<float>(wanted));
      }
  }
  teams_of(1);
}

TEST_CASE("cuda noise: images blended each with its own factors") {
  each_machine([&]<class P>(const Cuda<P, Machine>& given) {
    if (!std::is_same_v<P, float>) return;
    const Near on = given.in_full();
    for (const std::int64_t count : {1, 2, 70, 129})
      for (const std::int64_t stride : {1, 8, 27}) {
        CAPTURE(count);
        CAPTURE(stride);
        const auto a = random<float>(count, 1), b = random<float>(count, 2);
        const auto x = random<float>(count * stride, 3), y = random<float>(count * stride, 4);
        const auto near_x = put<float>(on, x), near_y = put<float>(on, y);
        auto z = room<float>(on, count * stride);
        blend_images(on, a, b, stride, near_x.data(), near_y.data(), z.data());
        std::vector<double> wanted(x.size());
        for (std::size_t i = 0; i < x.size(); ++i)
          wanted[i] = a[i / std::size_t(stride)] * x[i] + b[i / std::size_t(stride)] * y[i];
        CHECK(distance(download<double>(z), wanted) < 1e-6);
      }
  });
}

TEST_CASE("cuda noise: estimates of images and noise, in place too, and the word on what is not finite") {
  each_machine([&]<class P>(const Cuda<P, Machine>& given) {
    using T = ScalarOf<P>;
    const Near on = given.in_full();
    for (const std::int64_t n : {1, 8, 301})
      for (const double clip : {0., 0.75}) {
        CAPTURE(n);
        CAPTURE(clip);
        const EstimateRule rule{.a = 1.5, .b = -0.25, .c = 0.5, .d = 2, .clip = clip};
        const auto x = random<float>(n, 1), f = random<T>(n, 2);
        std::vector<double> clean, noise;
        for (std::size_t i = 0; i < x.size(); ++i) {
          const double v = 1.5 * x[i] - 0.25 * f[i];
          clean.push_back(clip > 0 ? std::clamp(v, -clip, clip) : v);
          noise.push_back(0.5 * x[i] + 2 * f[i]);
        }
        auto near_x = put<float>(on, x), x0 = room<float>(on, n), eps = room<float>(on, n);
        auto near_f = put<T>(on, f);
        Tensor<Near, std::int32_t> bad(on, {1});
        fill(on, 1, 0, bad.data());
        float* none = nullptr;
        const auto run = [&](float* to_x0, float* to_eps) {
          estimates(on, n, rule, std::as_const(near_x).data(), std::as_const(near_f).data(), to_x0, to_eps, bad.data());
        };
        run(x0.data(), none);
        CHECK(distance(download<double>(x0), clean) < 1e-6);
        run(none, eps.data());
        CHECK(distance(download<double>(eps), noise) < 1e-6);
        CHECK(download<std::int32_t>(bad)[0] == 0);
        run(near_x.data(), eps.data());
        CHECK(distance(download<double>(near_x), clean) < 1e-6);
        CHECK(distance(download<double>(eps), noise) < 1e-6);
        for (const float wrong : {NAN, INFINITY, -INFINITY}) {
          fill(on, 1, 0, bad.data());
          fill(on, 1, wrong, near_f.data() + n / 2);
          run(x0.data(), none);
          CHECK(download<std::int32_t>(bad)[0] == 1);
          fill(on, 1, 0, near_f.data() + n / 2);
          run(x0.data(), none);
          CHECK(download<std::int32_t>(bad)[0] == 1);
        }
      }
  });
}

TEST_CASE("cuda noise: sums of terms and draws, of more than one launch holds, into one of the terms") {
  const DrawPlace place{.seed = 11, .first_image = 4000000000u, .step = 17};
  for (const int members : {1, 32}) {
    teams_of(members);
    for (const std::int64_t stride : {1, 30, 2056})
      for (const std::size_t count : {0u, 1u, 8u, 9u, 17u})
        for (const std::size_t draw_count : {0u, 1u, 4u, 11u}) {
          CAPTURE(stride);
          CAPTURE(count);
          CAPTURE(draw_count);
          const std::int64_t images = 3;
          std::vector<Tensor<Double>> wide;
          std::vector<Tensor<Near>> near;
          std::vector<Term<double>> wide_terms;
          std::vector<Term<float>> near_terms;
          std::vector<DrawTerm> draws;
          for (std::size_t i = 0; i < count; ++i) {
            const auto x = random<float>(images * stride, unsigned(i));
            wide.push_back(put<double>(Double{}, x)), near.push_back(put<float>(Near{}, x));
            wide_terms.push_back({wide.back().data(), 0.5 * double(i) - 2});
            near_terms.push_back({near.back().data(), 0.5 * double(i) - 2});
          }
          for (std::size_t i = 0; i < draw_count; ++i) draws.push_back({purpose("draw", std::uint32_t(i)), 1.5});
          if (count > 8) {  // the last term is the result's place, and the first but one names it too
            wide_terms[1].data = wide.back().data(), near_terms[1].data = near.back().data();
          }
          auto wanted = count > 0 ? wide.back() : room<double>(Double{}, images * stride);
          auto found = count > 0 ? near.back() : room<float>(Near{}, images * stride);
          combine(Double{}, images, stride, std::span<const Term<double>>(wide_terms), std::span<const DrawTerm>(draws),
                  place, wanted.data());
          combine(Near{}, images, stride, std::span<const Term<float>>(near_terms), std::span<const DrawTerm>(draws),
                  place, found.data());
          CHECK(distance(download<double>(found), download<double>(wanted)) < 1e-6);
        }
  }
  teams_of(1);
}

TEST_CASE("cuda noise: a single draw is the CPU's, float by float") {
  const DrawTerm draw{purpose("start"), 1};
  const DrawPlace place{.seed = 3, .first_image = 9, .step = 0};
  auto wanted = room<float>(Cpu<float>{}, 5 * 51);
  auto found = room<float>(Near{}, 5 * 51);
  combine(Cpu<float>{}, 5, 51, std::span<const Term<float>>{}, {&draw, 1}, place, wanted.data());
  combine(Near{}, 5, 51, std::span<const Term<float>>{}, {&draw, 1}, place, found.data());
  CHECK(download<float>(found) == download<float>(wanted));
}
