#pragma once
#include <hush/backbones/adm.hpp>
#include <hush/backbones/attention_unet.hpp>
#include <hush/backbones/simple_unet.hpp>
#include <hush/compiled/float_kernels.hpp>
#include <hush/nn/flat_parameters.hpp>
#include <hush/training/loss_pass.hpp>

// The networks on Cpu<float>, their passes and their parameters, compiled once in the library hush::compiled.
namespace hush {

extern template class FlatParameters<Cpu<float>>;

extern template class Adm<Cpu<float>>;
extern template Tensor<Cpu<float>> Adm<Cpu<float>>::operator()(const Input<Tensor<Cpu<float>>>&) const;
extern template Var<Cpu<float>> Adm<Cpu<float>>::operator()(const Input<Var<Cpu<float>>>&) const;
extern template Tensor<Cpu<float>> detail::LossPass<Adm<Cpu<float>>>::operator()(const detail::LossInputs<Cpu<float>>&,
                                                                                 const NoiseKey&);
extern template FlatParameters<Cpu<float>>::FlatParameters(Adm<Cpu<float>>&);

extern template class AttentionUnet<Cpu<float>>;
extern template Tensor<Cpu<float>> AttentionUnet<Cpu<float>>::operator()(const Input<Tensor<Cpu<float>>>&) const;
extern template Var<Cpu<float>> AttentionUnet<Cpu<float>>::operator()(const Input<Var<Cpu<float>>>&) const;
extern template Tensor<Cpu<float>> detail::LossPass<AttentionUnet<Cpu<float>>>::operator()(
    const detail::LossInputs<Cpu<float>>&, const NoiseKey&);
extern template FlatParameters<Cpu<float>>::FlatParameters(AttentionUnet<Cpu<float>>&);

extern template class SimpleUnet<Cpu<float>>;
extern template Tensor<Cpu<float>> SimpleUnet<Cpu<float>>::operator()(const Input<Tensor<Cpu<float>>>&) const;
extern template Var<Cpu<float>> SimpleUnet<Cpu<float>>::operator()(const Input<Var<Cpu<float>>>&) const;
extern template Tensor<Cpu<float>> detail::LossPass<SimpleUnet<Cpu<float>>>::operator()(
    const detail::LossInputs<Cpu<float>>&, const NoiseKey&);
extern template FlatParameters<Cpu<float>>::FlatParameters(SimpleUnet<Cpu<float>>&);

}  // namespace hush
