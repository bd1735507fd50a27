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

// The kernels of the CPU for float, compiled once in the library hush::compiled instead of in every unit that uses
// them. The list is made by tests/checks/compiled.py --write; cmake/HushCompiled.cmake makes the library of it.
namespace hush {
inline namespace HUSH_CPU_ABI {
// clang-format off

extern template void absolute_error<float>(const Cpu<float>&, std::int64_t, const float*, const float*, float*);
extern template void absolute_error_backward<float>(const Cpu<float>&, std::int64_t, double, const float*,
                                                    const float*, const float*, float*);
extern template void silu<float>(const Cpu<float>&, std::int64_t, const float*, float*);
extern template void silu_backward<float>(const Cpu<float>&, std::int64_t, const float*, const float*, float*);
extern template void relu<float>(const Cpu<float>&, std::int64_t, const float*, float*);
extern template void relu_backward<float>(const Cpu<float>&, std::int64_t, const float*, const float*, float*);
extern template void leaky_relu<float>(const Cpu<float>&, std::int64_t, double, const float*, float*);
extern template void leaky_relu_backward<float>(const Cpu<float>&, std::int64_t, double, const float*, const float*,
                                                float*);
extern template void tanh<float>(const Cpu<float>&, std::int64_t, const float*, float*);
extern template void tanh_backward<float>(const Cpu<float>&, std::int64_t, const float*, const float*, float*);
extern template void sigmoid<float>(const Cpu<float>&, std::int64_t, const float*, float*);
extern template void sigmoid_backward<float>(const Cpu<float>&, std::int64_t, const float*, const float*, float*);
extern template void gelu_tanh<float>(const Cpu<float>&, std::int64_t, const float*, float*);
extern template void gelu_tanh_backward<float>(const Cpu<float>&, std::int64_t, const float*, const float*, float*);
extern template void gelu_exact<float>(const Cpu<float>&, std::int64_t, const float*, float*);
extern template void gelu_exact_backward<float>(const Cpu<float>&, std::int64_t, const float*, const float*, float*);
extern template void attention<float>(const Cpu<float>&, const AttentionSizes&, const float*, const float*,
                                      const float*, float*, float*);
extern template void attention_backward<float>(const Cpu<float>&, const AttentionSizes&, const float*, const float*,
                                               const float*, const float*, const float*, float*, float*, float*);
extern template void normalise_channels<float>(const Cpu<float>&, const GroupNormSizes&, const float*, const float*,
                                               const float*, const float*, const float*, float*);
extern template void running_changes<float>(const Cpu<float>&, const GroupNormSizes&, double, const float*,
                                            const float*, const float*, const float*, float*, float*);
extern template void binary_cross_entropy<float>(const Cpu<float>&, std::int64_t, const float*, const float*, float*);
extern template void binary_cross_entropy_backward<float>(const Cpu<float>&, std::int64_t, double, const float*,
                                                          const float*, const float*, float*);
extern template void conv2d_direct<float>(const Cpu<float>&, const Conv2dSizes&, const float*, const float*,
                                          const float*, const float*, float*);
extern template void conv2d<float>(const Cpu<float>&, const Conv2dSizes&, const float*, const float*, const float*,
                                   const float*, float*);
extern template void conv2d<float>(const Cpu<float>&, const Conv2dSizes&, const float*, const float*, const float*,
                                   float*);
extern template void conv2d_backward_input_direct<float>(const Cpu<float>&, const Conv2dSizes&, const float*,
                                                         const float*, float*);
extern template void conv2d_backward_input_winograd<float>(const Cpu<float>&, const Conv2dSizes&, const float*,
                                                           const float*, float*);
extern template void conv2d_backward_input<float>(const Cpu<float>&, const Conv2dSizes&, const float*, const float*,
                                                  float*);
extern template void conv2d_backward_weight_winograd<float>(const Cpu<float>&, const Conv2dSizes&, const float*,
                                                            const float*, float*, float*);
extern template void conv2d_backward_weight<float>(const Cpu<float>&, const Conv2dSizes&, const float*, const float*,
                                                   float*, float*);
extern template void conv2d_backward_weight_direct<float>(const Cpu<float>&, const Conv2dSizes&, const float*,
                                                          const float*, float*, float*);
extern template MemoryUse memory_use<float>(const Cpu<float>&);
extern template void reset_memory_peak<float>(const Cpu<float>&);
extern template void keep_packed<float>(const Cpu<float>&, const float*);
extern template void drop_packed<float>(const Cpu<float>&, const float*);
extern template std::int64_t images_a_part<float>(const Cpu<float>&, std::int64_t, std::int64_t);
extern template void cross_entropy<float>(const Cpu<float>&, std::int64_t, std::int64_t, const float*,
                                          const std::int32_t*, float*);
extern template void cross_entropy_backward<float>(const Cpu<float>&, std::int64_t, std::int64_t, double, const float*,
                                                   const std::int32_t*, const float*, float*);
extern template void dropout<float>(const Cpu<float>&, std::int64_t, std::int64_t, double, const Stream&,
                                    const std::uint32_t*, const float*, float*);
extern template void add<float>(const Cpu<float>&, std::int64_t, const float*, const float*, float*);
extern template void subtract<float>(const Cpu<float>&, std::int64_t, const float*, const float*, float*);
extern template void multiply<float>(const Cpu<float>&, std::int64_t, const float*, const float*, float*);
extern template void scale<float>(const Cpu<float>&, std::int64_t, double, const float*, float*);
extern template void add_into<float>(const Cpu<float>&, std::int64_t, const float*, float*);
extern template void spread<float>(const Cpu<float>&, std::int64_t, double, const float*, float*);
extern template void add_channels<float>(const Cpu<float>&, std::int64_t, std::int64_t, std::int64_t, const float*,
                                         const float*, float*);
extern template void copy_columns<float>(const Cpu<float>&, std::int64_t, std::int64_t, const float*, std::int64_t,
                                         float*, std::int64_t);
extern template void embedding<float>(const Cpu<float>&, std::int64_t, std::int64_t, const float*, const std::int32_t*,
                                      float*);
extern template void embedding_backward<float>(const Cpu<float>&, std::int64_t, std::int64_t, std::int64_t,
                                               const std::int32_t*, const float*, float*);
extern template void sinusoidal_embedding<float>(const Cpu<float>&, std::int64_t, std::int64_t, double, double, double,
                                                 bool, const float*, float*);
extern template void gated_add<float>(const Cpu<float>&, std::int64_t, std::int64_t, std::int64_t, const float*,
                                      const float*, const float*, float*);
extern template void gated_add_backward<float>(const Cpu<float>&, std::int64_t, std::int64_t, std::int64_t,
                                               const float*, const float*, const float*, float*, float*);
extern template void gaussian_sample<float>(const Cpu<float>&, std::int64_t, std::int64_t, const float*, const float*,
                                            float*);
extern template void gaussian_sample_backward<float>(const Cpu<float>&, std::int64_t, std::int64_t, const float*,
                                                     const float*, const float*, float*);
extern template void gaussian_kl<float>(const Cpu<float>&, std::int64_t, std::int64_t, const float*, float*);
extern template void gaussian_kl_backward<float>(const Cpu<float>&, std::int64_t, std::int64_t, double, const float*,
                                                 const float*, float*);
extern template void gemm_one<float>(const Cpu<float>&, const GemmSizes&, const cpu_detail::Finish<float>&,
                                     const float*, const float*, float*, const float*);
extern template void gemm<float>(const Cpu<float>&, const GemmSizes&, float, const float*, const float*, float, float*);
extern template void linear<float>(const Cpu<float>&, std::int64_t, std::int64_t, std::int64_t, const float*,
                                   const float*, const float*, const float*, float*);
extern template void linear<float>(const Cpu<float>&, std::int64_t, std::int64_t, std::int64_t, const float*,
                                   const float*, const float*, float*);
extern template void linear_backward_input<float>(const Cpu<float>&, std::int64_t, std::int64_t, std::int64_t,
                                                  const float*, const float*, float*);
extern template void linear_backward_weight<float>(const Cpu<float>&, std::int64_t, std::int64_t, std::int64_t,
                                                   const float*, const float*, float*, float*);
extern template void group_norm_around<float>(const Cpu<float>&, const GroupNormSizes&, const NormFusion<float>&,
                                              const float*, const float*, const float*, float*, float*, float*);
extern template void normalise_around<float>(const Cpu<float>&, const GroupNormSizes&, const NormFusion<float>&,
                                             const float*, const float*, const float*, const float*, const float*,
                                             float*);
extern template void group_norm<float>(const Cpu<float>&, const GroupNormSizes&, const float*, const float*,
                                       const float*, float*, float*, float*);
extern template void normalise<float>(const Cpu<float>&, const GroupNormSizes&, const float*, const float*,
                                      const float*, const float*, const float*, float*);
extern template void group_norm_backward<float>(const Cpu<float>&, const GroupNormSizes&, const float*, const float*,
                                                const float*, const float*, const float*, float*, float*, float*);
extern template void indirect_few<float>(const Cpu<float>&, const cpu_detail::IndirectConv&, const float*,
                                         const float*, const cpu_detail::Finish<float>&, float*);
extern template void run_indirect<float>(const Cpu<float>&, const cpu_detail::IndirectConv&, const float*,
                                         const float*, const cpu_detail::Finish<float>&, float*);
extern template void choose_pixels<float>(const Cpu<float>&, std::int64_t, std::int64_t, const float*, const float*,
                                          const float*, float*);
extern template void layer_norm<float>(const Cpu<float>&, std::int64_t, std::int64_t, double, const float*,
                                       const float*, const float*, float*, float*, float*);
extern template void layer_norm_backward<float>(const Cpu<float>&, std::int64_t, std::int64_t, std::int64_t,
                                                const float*, const float*, const float*, const float*, const float*,
                                                float*, float*, float*);
extern template void hybrid_loss<float>(const Cpu<float>&, std::int64_t, std::int64_t, std::int64_t, const float*,
                                        const float*, const float*, const float*, float*);
extern template void hybrid_loss_backward<float>(const Cpu<float>&, std::int64_t, std::int64_t, std::int64_t, double,
                                                 const float*, const float*, const float*, const float*, const float*,
                                                 float*);
extern template void scale_geometrically<float>(const Cpu<float>&, std::int64_t, double, double, const float*,
                                                const float*, float*);
extern template void fourier_embedding<float>(const Cpu<float>&, std::int64_t, std::int64_t, const float*,
                                              const float*, float*);
extern template void nearest_rows<float>(const Cpu<float>&, std::int64_t, std::int64_t, const float*, std::int32_t*);
extern template void divide_images<float>(const Cpu<float>&, std::int64_t, std::int64_t, const float*, const float*,
                                          float*);
extern template void modulated_norm<float>(const Cpu<float>&, const ModulatedNormSizes&, const float*, const float*,
                                           const float*, float*, float*, float*);
extern template void modulated_norm_backward<float>(const Cpu<float>&, const ModulatedNormSizes&, const float*,
                                                    const float*, const float*, const float*, const float*, float*,
                                                    float*, float*);
extern template void normals<float>(const Cpu<float>&, std::span<const std::uint32_t>, std::int64_t, const Stream&,
                                    float*);
extern template void blend_images<float>(const Cpu<float>&, std::span<const double>, std::span<const double>,
                                         std::int64_t, const float*, const float*, float*);
extern template double sum_of_squares<float>(const Cpu<float>&, std::int64_t, const float*);
extern template void measure_gradient<float>(const Cpu<float>&, std::int64_t, double, const float*, const float*,
                                             float*);
extern template bool all_finite<float>(const Cpu<float>&, std::int64_t, const float*);
extern template void max_pool2d<float>(const Cpu<float>&, const ImageSizes&, std::int64_t, const float*, float*);
extern template void max_pool2d_backward<float>(const Cpu<float>&, const ImageSizes&, std::int64_t, const float*,
                                                const float*, float*);
extern template void sum<float>(const Cpu<float>&, std::int64_t, std::int64_t, double, const float*, float*);
extern template void mse<float>(const Cpu<float>&, std::int64_t, std::int64_t, const float*, const float*,
                                const float*, float*);
extern template void mse_backward<float>(const Cpu<float>&, std::int64_t, std::int64_t, const float*, const float*,
                                         const float*, const float*, float*);
extern template void image_distances<float>(const Cpu<float>&, std::int64_t, std::int64_t, double, const float*,
                                            const float*, const float*, float*);
extern template void sum_pixels<float>(const Cpu<float>&, std::int64_t, std::int64_t, std::int64_t, const float*,
                                       float*);
extern template void resample<float>(const Cpu<float>&, const ImageSizes&, const cpu_detail::Taps&,
                                     const cpu_detail::Taps&, const float*, float*);
extern template void upsample_nearest<float>(const Cpu<float>&, const ImageSizes&, std::int64_t, const float*, float*);
extern template void upsample_nearest_backward<float>(const Cpu<float>&, const ImageSizes&, std::int64_t, const float*,
                                                      float*);
extern template void upsample_bilinear<float>(const Cpu<float>&, const ImageSizes&, std::int64_t, const float*, float*);
extern template void upsample_bilinear_backward<float>(const Cpu<float>&, const ImageSizes&, std::int64_t,
                                                       const float*, float*);
extern template void rms_norm<float>(const Cpu<float>&, std::int64_t, std::int64_t, double, const float*, const float*,
                                     float*, float*);
extern template void rms_norm_backward<float>(const Cpu<float>&, std::int64_t, std::int64_t, std::int64_t,
                                              const float*, const float*, const float*, const float*, float*, float*);
extern template void rotary_embedding<float>(const Cpu<float>&, const RotarySizes&, bool, const float*, const float*,
                                             float*);
extern template void sampler_pass<float>(const Cpu<float>&, std::int64_t, std::int64_t, const SamplerPass<float,
                                         float>&);
extern template void fill_c_noise<float>(const Cpu<float>&, std::int64_t, const RunPlace&, const StepNumbers<float>&,
                                         float*);
extern template void scale_input<float>(const Cpu<float>&, std::int64_t, const RunPlace&, const StepNumbers<float>&,
                                        const float*, float*);
extern template void fetch_step<float>(const Cpu<float>&, std::int64_t, const RunPlace&, const StepRows&);
extern template void next_step<float>(const Cpu<float>&, std::int32_t*);
extern template void spectral_norm<float>(const Cpu<float>&, std::int64_t, std::int64_t, const float*, const float*,
                                          float*, float*, float*);
extern template void spectral_norm_backward<float>(const Cpu<float>&, std::int64_t, std::int64_t, const float*,
                                                   const float*, const float*, const float*, const float*, float*);
extern template void power_iteration<float>(const Cpu<float>&, std::int64_t, std::int64_t, const float*, const float*,
                                            const float*, float*);
extern template void swap_axes<float>(const Cpu<float>&, std::int64_t, std::int64_t, std::int64_t, std::int64_t,
                                      const float*, float*);
extern template void threshold_images<float>(const Cpu<float>&, std::int64_t, std::int64_t, double, double, float*);
// clang-format on
}  // namespace HUSH_CPU_ABI
}  // namespace hush
