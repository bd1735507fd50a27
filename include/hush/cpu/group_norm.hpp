#pragma once
#include <cmath>
#include <vector>

#include <hush/cpu/activation.hpp>
#include <hush/cpu/slabs.hpp>
#include <hush/kernels/group_norm_sizes.hpp>
#include <hush/kernels/norm_fusion.hpp>

namespace hush {
inline namespace HUSH_CPU_ABI {

namespace cpu_detail {

/// Mean and sum of squared deviations from it, of `count` numbers.
struct Moments {
  double count = 0, mean = 0, squares = 0;

  /// Merges the moments of two samples (Chan, Golub and LeVeque 1979).
  void merge(const Moments& other) {
    const double total = count + other.count, distance = other.mean - mean;
    mean += distance * other.count / total;
    squares += other.squares + distance * distance * count * other.count / total;
    count = total;
  }
};

/// Moments of each group within one slab: the sum first, then, while the slab is in the cache, the centred squares.
template <class T>
void slab_moments(const GroupNormSizes& s, const Slabs& slabs, std::int64_t length, const T* x, Moments* moments) {
  const std::int64_t width = s.channels / s.groups, lanes = slabs.lanes();
  std::vector<double> sums(std::size_t(s.channels), 0.0);
  sum_channels<1, T>(slabs, length, sums.data(),
                     [&](std::int64_t at, std::int64_t, auto count) { return std::array{load_block(x + at, count)}; });
  const double numbers = double(length / s.channels * width);
  std::vector<T> centre(std::size_t(lanes), T(0));
  for (std::int64_t g = 0; g < s.groups; ++g) {
    moments[g] = {numbers, total(&sums[std::size_t(g * width)], width) / numbers, 0};
    std::fill_n(&centre[std::size_t(g * width)], width, T(moments[g].mean));
  }
  repeat(centre.data(), s.channels, lanes);
  std::fill(sums.begin(), sums.end(), 0.0);
  sum_channels<1, T>(slabs, length, sums.data(), [&](std::int64_t at, std::int64_t lane, auto count) {
    const Numbers<T> d = load_block(x + at, count) - load_block(&centre[std::size_t(lane)]);
    return std::array{Numbers<T>(d * d)};
  });
  for (std::int64_t g = 0; g < s.groups; ++g) moments[g].squares = total(&sums[std::size_t(g * width)], width);
}

/// A group normalization of one image, whose statistics are known, and what stands around it, in one pass over memory.
/// Tables hold a number for each lane.
template <class T>
class NormalisedImage {
 public:
  NormalisedImage(const GroupNormSizes& s, const T* gamma, const T* beta, const T* means, const T* rstds,
                  const NormFusion<T>& around)
      : slabs_{s.pixels, s.channels}, residual_(around.residual), table_(std::size_t(5 * slabs_.lanes())) {
    const std::int64_t width = s.channels / s.groups;
    for (std::int64_t c = 0; c < s.channels; ++c) {
      centre_[c] = means[c / width];
      factor_[c] = gamma[c] * rstds[c / width];
      beta_[c] = beta[c];
    }
    for (T* each : {centre_, factor_, beta_}) repeat(each, s.channels, lanes_);
    const auto tabled = [&](const T* from, T* to) -> const T* {
      if (!from) return nullptr;
      std::copy_n(from, s.channels, to);
      repeat(to, s.channels, lanes_);
      return to;
    };
    scale_ = tabled(around.scale, beta_ + lanes_);
    shift_ = tabled(around.shift, beta_ + 2 * lanes_);
  }
  NormalisedImage(const NormalisedImage&) = delete;
  NormalisedImage& operator=(const NormalisedImage&) = delete;

  /// Writes slab i; f is the activation of a block. `to` may be `from`.
  template <class F>
  void write(std::int64_t i, const T* from, T* to, const F& f) const {
    const std::int64_t begin = slabs_.begin(i), end = slabs_.length(i);
    const T* residual = residual_ ? residual_ + begin : nullptr;
    const auto finish = [&](Numbers<T> v, std::int64_t at, std::int64_t lane, auto count)
        __attribute__((always_inline)) {
      if (shift_) v += load_block(shift_ + lane);
      if (residual) v += load_block(residual + at, count);
      store_block(to + begin + at, count, Numbers<T>(f(v)));
    };
    if (!scale_)
      return each_block(0, end, lanes_, [&](std::int64_t at, std::int64_t lane, auto count) {
        finish(normal(load_block(from + begin + at, count), lane), at, lane, count);
      });
    // Products go through memory, as a compiler may not round what it adds up at once.
    constexpr std::int64_t run = 16 * block_size;
    alignas(64) T products[run];
    for (std::int64_t first = 0; first < end; first += run) {
      each_block(first, std::min(end, first + run), lanes_, [&](std::int64_t at, std::int64_t lane, auto count) {
        const Numbers<T> v = normal(load_block(from + begin + at, count), lane);
        store_block(to + begin + at, count, v);
        store_block(products + (at - first), count, Numbers<T>(v * load_block(scale_ + lane)));
      });
      each_block(first, std::min(end, first + run), lanes_, [&](std::int64_t at, std::int64_t lane, auto count) {
        finish(load_block(to + begin + at, count) + load_block(products + (at - first), count), at, lane, count);
      });
    }
  }

 private:
  [[gnu::always_inline]] Numbers<T> normal(const Numbers<T>& x, std::int64_t lane) const {
    return (x - load_block(centre_ + lane)) * load_block(factor_ + lane) + load_block(beta_ + lane);
  }

  Slabs slabs_;
  const T *scale_ = nullptr, *shift_ = nullptr, *residual_;
  std::int64_t lanes_ = slabs_.lanes();
  std::vector<T> table_;
  T *centre_ = table_.data(), *factor_ = centre_ + lanes_, *beta_ = factor_ + lanes_;
};

/// normalise_around of image number `image`.
template <class T>
void normalise_image(const Cpu<T>& cpu, const GroupNormSizes& s, std::int64_t image, NormFusion<T> around, const T* x,
                     const T* gamma, const T* beta, const T* mean, const T* rstd, T* y) {
  const std::int64_t size = s.pixels * s.channels;
  for (const T** each : {&around.scale, &around.shift})
    if (*each) *each += image * s.channels;
  if (around.residual) around.residual += image * size;
  const NormalisedImage<T> one(s, gamma, beta, mean + image * s.groups, rstd + image * s.groups, around);
  const auto run = [&](const auto& f) {
    parallel(cpu, Slabs{s.pixels, s.channels}.count(),
             [&](std::int64_t slab) { one.write(slab, x + image * size, y + image * size, f); });
  };
  switch (around.activation) {
    case Activation::none:
      return run([](const Numbers<T>& v) { return v; });
    case Activation::silu:
      return run([](const Numbers<T>& v) { return silu_block<T>(v); });
    case Activation::gelu_tanh:
      return run([](const Numbers<T>& v) { return gelu_tanh_block<T>(v); });
    case Activation::gelu_exact:
      return run([](const Numbers<T>& v) { return gelu_exact_block<T>(v); });
    case Activation::relu:
      return run([](const Numbers<T>& v) { return relu_block<T>(v); });
  }
}

}  // namespace cpu_detail

/// group_norm, then the scale, the shift, the residual and the activation of `around`, which knows nothing beside x and
/// does not resample: the same bits as the kernels of the parts. y may be x.
template <class T>
void group_norm_around(const Cpu<T>& cpu, const GroupNormSizes& s, const NormFusion<T>& around, const T* x,
                       const T* gamma, const T* beta, T* y, T* mean, T* rstd) {
  const cpu_detail::Slabs slabs{s.pixels, s.channels};
  parallel(cpu, s.batch, [&](std::int64_t image) {
    const T* from = x + image * s.pixels * s.channels;
    std::vector<cpu_detail::Moments> moments(std::size_t(slabs.count() * s.groups));
    parallel(cpu, slabs.count(), [&](std::int64_t i) {
      cpu_detail::slab_moments(s, slabs, slabs.length(i), from + slabs.begin(i), &moments[std::size_t(i * s.groups)]);
    });
    for (std::int64_t g = 0; g < s.groups; ++g) {
      cpu_detail::Moments all = moments[std::size_t(g)];
      for (std::int64_t i = 1; i < slabs.count(); ++i) all.merge(moments[std::size_t(i * s.groups + g)]);
      mean[image * s.groups + g] = T(all.mean);
      rstd[image * s.groups + g] = T(1 / std::sqrt(all.squares / all.count + s.eps));
    }
    cpu_detail::normalise_image(cpu, s, image, around, x, gamma, beta, static_cast<const T*>(mean),
                                static_cast<const T*>(rstd), y);
  });
}

/// group_norm_around with the mean and rstd [batch, groups] that it found: the same bits.
template <class T>
void normalise_around(const Cpu<T>& cpu, const GroupNormSizes& s, const NormFusion<T>& around, const T* x,
                      const T* gamma, const T* beta, const T* mean, const T* rstd, T* y) {
  parallel(cpu, s.batch, [&](std::int64_t image) {
    cpu_detail::normalise_image(cpu, s, image, around, x, gamma, beta, mean, rstd, y);
  });
}

/// y = (x - mean) rstd gamma + beta, mean and rstd over the pixels and channels of each group of each image.
template <class T>
void group_norm(const Cpu<T>& cpu, const GroupNormSizes& s, const T* x, const T* gamma, const T* beta, T* y, T* mean,
                T* rstd) {
  group_norm_around(cpu, s, NormFusion<T>{}, x, gamma, beta, y, mean, rstd);
}

/// group_norm with the mean and rstd [batch, groups] that it found: the same bits.
template <class T>
void normalise(const Cpu<T>& cpu, const GroupNormSizes& s, const T* x, const T* gamma, const T* beta, const T* mean,
               const T* rstd, T* y) {
  normalise_around(cpu, s, NormFusion<T>{}, x, gamma, beta, mean, rstd, y);
}

namespace cpu_detail {

/// The gradient by one image of a group normalization, in three steps. The tables hold a number for each lane.
template <class T>
struct GroupNormBackward {
  const Cpu<T>& cpu;
  const GroupNormSizes& s;
  const T *dy, *x, *means, *rstds;  // of the image
  Slabs slabs{s.pixels, s.channels};
  std::int64_t width = s.channels / s.groups, lanes = slabs.lanes();
  std::vector<T> table = std::vector<T>(std::size_t(4 * lanes));
  T *centre = table.data(), *factor = centre + lanes, *slope = factor + lanes, *shift = slope + lanes;

  /// The sums over all pixels of dy, and of dy xhat: [2][channels].
  void sum(double* sums) {
    for (std::int64_t g = 0; g < s.groups; ++g) {
      std::fill_n(centre + g * width, width, means[g]);
      std::fill_n(factor + g * width, width, rstds[g]);
    }
    for (T* each : {centre, factor}) repeat(each, s.channels, lanes);
    std::vector<double> partial(std::size_t(slabs.count() * 2 * s.channels), 0.0);
    parallel(cpu, slabs.count(), [&](std::int64_t slab) {
      const std::int64_t begin = slabs.begin(slab);
      const auto terms = [&](std::int64_t at, std::int64_t lane, auto count) {
        const Numbers<T> d = load_block(dy + begin + at, count);
        const Numbers<T> xhat =
            (load_block(x + begin + at, count) - load_block(centre + lane)) * load_block(factor + lane);
        return std::array{d, Numbers<T>(d * xhat)};
      };
      sum_channels<2, T>(slabs, slabs.length(slab), &partial[std::size_t(slab * 2 * s.channels)], terms);
    });
    for (std::int64_t slab = 0; slab < slabs.count(); ++slab)
      for (std::int64_t c = 0; c < 2 * s.channels; ++c) sums[c] += partial[std::size_t(slab * 2 * s.channels + c)];
  }
  /// What dx is made of: dx = factor dy + slope (x - mean) + shift.
  void prepare(const T* gamma, const double* sums) {
    const double m = double(s.pixels * width);
    for (std::int64_t g = 0; g < s.groups; ++g) {
      double of_dy = 0, of_dy_xhat = 0;
      const std::int64_t first = g * width;
      for (std::int64_t c = first; c < first + width; ++c) {
        of_dy += double(gamma[c]) * sums[c];
        of_dy_xhat += double(gamma[c]) * sums[s.channels + c];
        factor[c] = gamma[c] * rstds[g];
      }
      const double r = double(rstds[g]);
      std::fill_n(slope + first, width, T(-r * r * of_dy_xhat / m));
      std::fill_n(shift + first, width, T(-r * of_dy / m));
    }
    for (T* each : {factor, slope, shift}) repeat(each, s.channels, lanes);
  }
  void write(T* dx) const {
    parallel(cpu, slabs.count(), [&](std::int64_t slab) {
      const std::int64_t begin = slabs.begin(slab);
      each_block(0, slabs.length(slab), lanes, [&](std::int64_t at, std::int64_t lane, auto count) {
        const Numbers<T> d = load_block(dy + begin + at, count);
        const Numbers<T> v = load_block(x + begin + at, count) - load_block(centre + lane);
        const Numbers<T> change =
            d * load_block(factor + lane) + (v * load_block(slope + lane) + load_block(shift + lane));
        store_block(dx + begin + at, count, change);
      });
    });
  }
};

}  // namespace cpu_detail

/// Gradients of group_norm. With xhat = (x - mean) rstd and sums over a group of m numbers,
///   dx = rstd (gamma dy - sum(gamma dy) / m - xhat sum(gamma dy xhat) / m).
/// dgamma and dbeta sum over the images in order. Each result may be nullptr.
template <class T>
void group_norm_backward(const Cpu<T>& cpu, const GroupNormSizes& s, const T* dy, const T* x, const T* gamma,
                         const T* mean, const T* rstd, T* dx, T* dgamma, T* dbeta) {
  const std::int64_t size = s.pixels * s.channels;
  std::vector<double> sums(std::size_t(s.batch * 2 * s.channels), 0.0);  // of dy, and of dy xhat: [image][2][channel]
  parallel(cpu, s.batch, [&](std::int64_t image) {
    cpu_detail::GroupNormBackward<T> one{
        cpu, s, dy + image * size, x + image * size, mean + image * s.groups, rstd + image * s.groups};
    double* of_image = &sums[std::size_t(image * 2 * s.channels)];
    one.sum(of_image);
    if (!dx) return;
    one.prepare(gamma, of_image);
    one.write(dx + image * size);
  });
  for (std::int64_t c = 0; c < s.channels; ++c) {
    double of_beta = 0, of_gamma = 0;
    for (std::int64_t image = 0; image < s.batch; ++image) {
      of_beta += sums[std::size_t(image * 2 * s.channels + c)];
      of_gamma += sums[std::size_t((image * 2 + 1) * s.channels + c)];
    }
    if (dbeta) dbeta[c] = T(of_beta);
    if (dgamma) dgamma[c] = T(of_gamma);
  }
}

}  // namespace HUSH_CPU_ABI
}  // namespace hush
