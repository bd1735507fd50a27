#pragma once
#include <hush/cpu/absolute_error.hpp>
#include <hush/cpu/activation.hpp>
#include <hush/cpu/attention.hpp>
#include <hush/cpu/batch_norm.hpp>
#include <hush/cpu/binary_cross_entropy.hpp>
#include <hush/cpu/block.hpp>
#include <hush/cpu/conv2d.hpp>
#include <hush/cpu/conv2d_weight.hpp>
#include <hush/cpu/cpu.hpp>
#include <hush/cpu/cross_entropy.hpp>
#include <hush/cpu/dropout.hpp>
#include <hush/cpu/elementwise.hpp>
#include <hush/cpu/embedding.hpp>
#include <hush/cpu/gated_add.hpp>
#include <hush/cpu/gaussian.hpp>
#include <hush/cpu/gemm.hpp>
#include <hush/cpu/group_norm.hpp>
#include <hush/cpu/indirection.hpp>
#include <hush/cpu/kernels.hpp>
#include <hush/cpu/known_pixels.hpp>
#include <hush/cpu/lanes.hpp>
#include <hush/cpu/layer_norm.hpp>
#include <hush/cpu/learned_variance.hpp>
#include <hush/cpu/levels.hpp>
#include <hush/cpu/memory.hpp>
#include <hush/cpu/modulated_norm.hpp>
#include <hush/cpu/noise.hpp>
#include <hush/cpu/normals.hpp>
#include <hush/cpu/optimizer.hpp>
#include <hush/cpu/packed_weights.hpp>
#include <hush/cpu/packet.hpp>
#include <hush/cpu/pooling.hpp>
#include <hush/cpu/reduce.hpp>
#include <hush/cpu/resample.hpp>
#include <hush/cpu/rms_norm.hpp>
#include <hush/cpu/rotary_embedding.hpp>
#include <hush/cpu/sampler_pass.hpp>
#include <hush/cpu/slabs.hpp>
#include <hush/cpu/spectral_norm.hpp>
#include <hush/cpu/swap_axes.hpp>
#include <hush/cpu/threads.hpp>
#include <hush/cpu/threshold.hpp>
#include <hush/cpu/tile.hpp>
#include <hush/cpu/weight_panels.hpp>
#include <hush/cpu/winograd.hpp>
#include <hush/cpu/winograd_f2.hpp>
#include <hush/cpu/winograd_f4.hpp>
#include <hush/cpu/winograd_tile.hpp>
#include <hush/cpu/winograd_weight.hpp>

// The kernels of the CPU for double, compiled once in the library hush::compiled instead of in every unit that uses
// them. The list is made by tests/checks/compiled.py --write; cmake/HushCompiled.cmake makes the library of it.
namespace hush {
inline namespace HUSH_CPU_ABI {
// clang-format off

extern template void absolute_error<double>(const Cpu<double>&, std::int64_t, const double*, const double*, double*);
extern template void absolute_error_backward<double>(const Cpu<double>&, std::int64_t, double, const double*,
                                                     const double*, const double*, double*);
extern template void silu<double>(const Cpu<double>&, std::int64_t, const double*, double*);
extern template void silu_backward<double>(const Cpu<double>&, std::int64_t, const double*, const double*, double*);
extern template void relu<double>(const Cpu<double>&, std::int64_t, const double*, double*);
extern template void relu_backward<double>(const Cpu<double>&, std::int64_t, const double*, const double*, double*);
extern template void leaky_relu<double>(const Cpu<double>&, std::int64_t, double, const double*, double*);
extern template void leaky_relu_backward<double>(const Cpu<double>&, std::int64_t, double, const double*,
                                                 const double*, double*);
extern template void tanh<double>(const Cpu<double>&, std::int64_t, const double*, double*);
extern template void tanh_backward<double>(const Cpu<double>&, std::int64_t, const double*, const double*, double*);
extern template void sigmoid<double>(const Cpu<double>&, std::int64_t, const double*, double*);
extern template void sigmoid_backward<double>(const Cpu<double>&, std::int64_t, const double*, const double*, double*);
extern template void gelu_tanh<double>(const Cpu<double>&, std::int64_t, const double*, double*);
extern template void gelu_tanh_backward<double>(const Cpu<double>&, std::int64_t, const double*, const double*,
                                                double*);
extern template void gelu_exact<double>(const Cpu<double>&, std::int64_t, const double*, double*);
extern template void gelu_exact_backward<double>(const Cpu<double>&, std::int64_t, const double*, const double*,
                                                 double*);
extern template void attention<double>(const Cpu<double>&, const AttentionSizes&, const double*, const double*,
                                       const double*, double*, double*);
extern template void attention_backward<double>(const Cpu<double>&, const AttentionSizes&, const double*,
                                                const double*, const double*, const double*, const double*, double*,
                                                double*, double*);
extern template void normalise_channels<double>(const Cpu<double>&, const GroupNormSizes&, const double*,
                                                const double*, const double*, const double*, const double*, double*);
extern template void running_changes<double>(const Cpu<double>&, const GroupNormSizes&, double, const double*,
                                             const double*, const double*, const double*, double*, double*);
extern template void binary_cross_entropy<double>(const Cpu<double>&, std::int64_t, const double*, const double*,
                                                  double*);
extern template void binary_cross_entropy_backward<double>(const Cpu<double>&, std::int64_t, double, const double*,
                                                           const double*, const double*, double*);
extern template void conv2d_direct<double>(const Cpu<double>&, const Conv2dSizes&, const double*, const double*,
                                           const double*, const double*, double*);
extern template void conv2d<double>(const Cpu<double>&, const Conv2dSizes&, const double*, const double*,
                                    const double*, const double*, double*);
extern template void conv2d<double>(const Cpu<double>&, const Conv2dSizes&, const double*, const double*,
                                    const double*, double*);
extern template void conv2d_backward_input_direct<double>(const Cpu<double>&, const Conv2dSizes&, const double*,
                                                          const double*, double*);
extern template void conv2d_backward_input_winograd<double>(const Cpu<double>&, const Conv2dSizes&, const double*,
                                                            const double*, double*);
extern template void conv2d_backward_input<double>(const Cpu<double>&, const Conv2dSizes&, const double*,
                                                   const double*, double*);
extern template void conv2d_backward_weight_winograd<double>(const Cpu<double>&, const Conv2dSizes&, const double*,
                                                             const double*, double*, double*);
extern template void conv2d_backward_weight<double>(const Cpu<double>&, const Conv2dSizes&, const double*,
                                                    const double*, double*, double*);
extern template void conv2d_backward_weight_direct<double>(const Cpu<double>&, const Conv2dSizes&, const double*,
                                                           const double*, double*, double*);
extern template MemoryUse memory_use<double>(const Cpu<double>&);
extern template void reset_memory_peak<double>(const Cpu<double>&);
extern template void keep_packed<double>(const Cpu<double>&, const double*);
extern template void drop_packed<double>(const Cpu<double>&, const double*);
extern template std::int64_t images_a_part<double>(const Cpu<double>&, std::int64_t, std::int64_t);
extern template void cross_entropy<double>(const Cpu<double>&, std::int64_t, std::int64_t, const double*,
                                           const std::int32_t*, double*);
extern template void cross_entropy_backward<double>(const Cpu<double>&, std::int64_t, std::int64_t, double,
                                                    const double*, const std::int32_t*, const double*, double*);
extern template void dropout<double>(const Cpu<double>&, std::int64_t, std::int64_t, double, const Stream&,
                                     const std::uint32_t*, const double*, double*);
extern template void add<double>(const Cpu<double>&, std::int64_t, const double*, const double*, double*);
extern template void subtract<double>(const Cpu<double>&, std::int64_t, const double*, const double*, double*);
extern template void multiply<double>(const Cpu<double>&, std::int64_t, const double*, const double*, double*);
extern template void scale<double>(const Cpu<double>&, std::int64_t, double, const double*, double*);
extern template void add_into<double>(const Cpu<double>&, std::int64_t, const double*, double*);
extern template void spread<double>(const Cpu<double>&, std::int64_t, double, const double*, double*);
extern template void add_channels<double>(const Cpu<double>&, std::int64_t, std::int64_t, std::int64_t, const double*,
                                          const double*, double*);
extern template void copy_columns<double>(const Cpu<double>&, std::int64_t, std::int64_t, const double*, std::int64_t,
                                          double*, std::int64_t);
extern template void embedding<double>(const Cpu<double>&, std::int64_t, std::int64_t, const double*,
                                       const std::int32_t*, double*);
extern template void embedding_backward<double>(const Cpu<double>&, std::int64_t, std::int64_t, std::int64_t,
                                                const std::int32_t*, const double*, double*);
extern template void sinusoidal_embedding<double>(const Cpu<double>&, std::int64_t, std::int64_t, double, double,
                                                  double, bool, const double*, double*);
extern template void gated_add<double>(const Cpu<double>&, std::int64_t, std::int64_t, std::int64_t, const double*,
                                       const double*, const double*, double*);
extern template void gated_add_backward<double>(const Cpu<double>&, std::int64_t, std::int64_t, std::int64_t,
                                                const double*, const double*, const double*, double*, double*);
extern template void gaussian_sample<double>(const Cpu<double>&, std::int64_t, std::int64_t, const double*,
                                             const double*, double*);
extern template void gaussian_sample_backward<double>(const Cpu<double>&, std::int64_t, std::int64_t, const double*,
                                                      const double*, const double*, double*);
extern template void gaussian_kl<double>(const Cpu<double>&, std::int64_t, std::int64_t, const double*, double*);
extern template void gaussian_kl_backward<double>(const Cpu<double>&, std::int64_t, std::int64_t, double,
                                                  const double*, const double*, double*);
extern template void gemm_one<double>(const Cpu<double>&, const GemmSizes&, const cpu_detail::Finish<double>&,
                                      const double*, const double*, double*, const double*);
extern template void gemm<double>(const Cpu<double>&, const GemmSizes&, double, const double*, const double*, double,
                                  double*);
extern template void linear<double>(const Cpu<double>&, std::int64_t, std::int64_t, std::int64_t, const double*,
                                    const double*, const double*, const double*, double*);
extern template void linear<double>(const Cpu<double>&, std::int64_t, std::int64_t, std::int64_t, const double*,
                                    const double*, const double*, double*);
extern template void linear_backward_input<double>(const Cpu<double>&, std::int64_t, std::int64_t, std::int64_t,
                                                   const double*, const double*, double*);
extern template void linear_backward_weight<double>(const Cpu<double>&, std::int64_t, std::int64_t, std::int64_t,
                                                    const double*, const double*, double*, double*);
extern template void group_norm_around<double>(const Cpu<double>&, const GroupNormSizes&, const NormFusion<double>&,
                                               const double*, const double*, const double*, double*, double*, double*);
extern template void normalise_around<double>(const Cpu<double>&, const GroupNormSizes&, const NormFusion<double>&,
                                              const double*, const double*, const double*, const double*,
                                              const double*, double*);
extern template void group_norm<double>(const Cpu<double>&, const GroupNormSizes&, const double*, const double*,
                                        const double*, double*, double*, double*);
extern template void normalise<double>(const Cpu<double>&, const GroupNormSizes&, const double*, const double*,
                                       const double*, const double*, const double*, double*);
extern template void group_norm_backward<double>(const Cpu<double>&, const GroupNormSizes&, const double*,
                                                 const double*, const double*, const double*, const double*, double*,
                                                 double*, double*);
extern template void indirect_few<double>(const Cpu<double>&, const cpu_detail::IndirectConv&, const double*,
                                          const double*, const cpu_detail::Finish<double>&, double*);
extern template void run_indirect<double>(const Cpu<double>&, const cpu_detail::IndirectConv&, const double*,
                                          const double*, const cpu_detail::Finish<double>&, double*);
extern template void choose_pixels<double>(const Cpu<double>&, std::int64_t, std::int64_t, const double*,
                                           const double*, const double*, double*);
extern template void layer_norm<double>(const Cpu<double>&, std::int64_t, std::int64_t, double, const double*,
                                        const double*, const double*, double*, double*, double*);
extern template void layer_norm_backward<double>(const Cpu<double>&, std::int64_t, std::int64_t, std::int64_t,
                                                 const double*, const double*, const double*, const double*,
                                                 const double*, double*, double*, double*);
extern template void hybrid_loss<double>(const Cpu<double>&, std::int64_t, std::int64_t, std::int64_t, const double*,
                                         const double*, const double*, const double*, double*);
extern template void hybrid_loss_backward<double>(const Cpu<double>&, std::int64_t, std::int64_t, std::int64_t, double,
                                                  const double*, const double*, const double*, const double*,
                                                  const double*, double*);
extern template void scale_geometrically<double>(const Cpu<double>&, std::int64_t, double, double, const double*,
                                                 const double*, double*);
extern template void fourier_embedding<double>(const Cpu<double>&, std::int64_t, std::int64_t, const double*,
                                               const double*, double*);
extern template void nearest_rows<double>(const Cpu<double>&, std::int64_t, std::int64_t, const double*, std::int32_t*);
extern template void divide_images<double>(const Cpu<double>&, std::int64_t, std::int64_t, const double*,
                                           const double*, double*);
extern template void modulated_norm<double>(const Cpu<double>&, const ModulatedNormSizes&, const double*,
                                            const double*, const double*, double*, double*, double*);
extern template void modulated_norm_backward<double>(const Cpu<double>&, const ModulatedNormSizes&, const double*,
                                                     const double*, const double*, const double*, const double*,
                                                     double*, double*, double*);
extern template void normals<double>(const Cpu<double>&, std::span<const std::uint32_t>, std::int64_t, const Stream&,
                                     double*);
extern template void blend_images<double>(const Cpu<double>&, std::span<const double>, std::span<const double>,
                                          std::int64_t, const double*, const double*, double*);
extern template double sum_of_squares<double>(const Cpu<double>&, std::int64_t, const double*);
extern template void measure_gradient<double>(const Cpu<double>&, std::int64_t, double, const double*, const double*,
                                              double*);
extern template bool all_finite<double>(const Cpu<double>&, std::int64_t, const double*);
extern template void max_pool2d<double>(const Cpu<double>&, const ImageSizes&, std::int64_t, const double*, double*);
extern template void max_pool2d_backward<double>(const Cpu<double>&, const ImageSizes&, std::int64_t, const double*,
                                                 const double*, double*);
extern template void sum<double>(const Cpu<double>&, std::int64_t, std::int64_t, double, const double*, double*);
extern template void mse<double>(const Cpu<double>&, std::int64_t, std::int64_t, const double*, const double*,
                                 const double*, double*);
extern template void mse_backward<double>(const Cpu<double>&, std::int64_t, std::int64_t, const double*, const double*,
                                          const double*, const double*, double*);
extern template void image_distances<double>(const Cpu<double>&, std::int64_t, std::int64_t, double, const double*,
                                             const double*, const double*, double*);
extern template void sum_pixels<double>(const Cpu<double>&, std::int64_t, std::int64_t, std::int64_t, const double*,
                                        double*);
extern template void resample<double>(const Cpu<double>&, const ImageSizes&, const cpu_detail::Taps&,
                                      const cpu_detail::Taps&, const double*, double*);
extern template void upsample_nearest<double>(const Cpu<double>&, const ImageSizes&, std::int64_t, const double*,
                                              double*);
extern template void upsample_nearest_backward<double>(const Cpu<double>&, const ImageSizes&, std::int64_t,
                                                       const double*, double*);
extern template void upsample_bilinear<double>(const Cpu<double>&, const ImageSizes&, std::int64_t, const double*,
                                               double*);
extern template void upsample_bilinear_backward<double>(const Cpu<double>&, const ImageSizes&, std::int64_t,
                                                        const double*, double*);
extern template void rms_norm<double>(const Cpu<double>&, std::int64_t, std::int64_t, double, const double*,
                                      const double*, double*, double*);
extern template void rms_norm_backward<double>(const Cpu<double>&, std::int64_t, std::int64_t, std::int64_t,
                                               const double*, const double*, const double*, const double*, double*,
                                               double*);
extern template void rotary_embedding<double>(const Cpu<double>&, const RotarySizes&, bool, const double*,
                                              const double*, double*);
extern template void sampler_pass<double>(const Cpu<double>&, std::int64_t, std::int64_t, const SamplerPass<double,
                                          double>&);
extern template void fill_c_noise<double>(const Cpu<double>&, std::int64_t, const RunPlace&,
                                          const StepNumbers<double>&, double*);
extern template void scale_input<double>(const Cpu<double>&, std::int64_t, const RunPlace&, const StepNumbers<double>&,
                                         const double*, double*);
extern template void fetch_step<double>(const Cpu<double>&, std::int64_t, const RunPlace&, const StepRows&);
extern template void next_step<double>(const Cpu<double>&, std::int32_t*);
extern template void spectral_norm<double>(const Cpu<double>&, std::int64_t, std::int64_t, const double*,
                                           const double*, double*, double*, double*);
extern template void spectral_norm_backward<double>(const Cpu<double>&, std::int64_t, std::int64_t, const double*,
                                                    const double*, const double*, const double*, const double*,
                                                    double*);
extern template void power_iteration<double>(const Cpu<double>&, std::int64_t, std::int64_t, const double*,
                                             const double*, const double*, double*);
extern template void swap_axes<double>(const Cpu<double>&, std::int64_t, std::int64_t, std::int64_t, std::int64_t,
                                       const double*, double*);
extern template void threshold_images<double>(const Cpu<double>&, std::int64_t, std::int64_t, double, double, double*);
// clang-format on
}  // namespace HUSH_CPU_ABI
}  // namespace hush
