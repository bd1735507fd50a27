#pragma once
#include <memory>

#include <hush/grids/trailing.hpp>
#include <hush/guidance.hpp>
#include <hush/guidance_rules/guidance_interval.hpp>
#include <hush/io.hpp>
#include <hush/sample.hpp>

#include "../shared/samplers.hpp"
#include "generator.hpp"

namespace iclevr {

/// `generator` on a machine.
template <class B>
Generator generator_on(const SamplingArguments& a, const B& on) {
  const Described model = described(a.weights);
  const Diffusion& process = model.process;
  check_guidance(model, a.guidance, a.weights);
  check(a.steps <= process.schedule.steps, "sample", "--steps ", a.steps, " are more than the ", process.schedule.steps,
        " there are");
  Network<B> network(model.network, process.ports(), Seed{}, on);
  examples::load(a.weights, model, process, network);
  const auto guided = std::make_shared<Guided<Network<B>, Conditioned, GuidanceInterval<>>>(
      Guided{std::move(network), process.conditioning, a.guidance, GuidanceInterval{a.interval[0], a.interval[1]}});
  return {
      process, model.network.unet.image, [a, process, guided](const Sets& labels, std::uint64_t seed, Frames* frames) {
        const SampleOptions<B> options{
            .steps = a.steps, .count = std::int64_t(labels.size()), .batch = a.batch, .seed = seed};
        Frames none{.most = 0, .every = a.steps};
        io::SamplingBar bar;
        Images<float> images;
        samplers::with(a.sampler, [&](auto sampler) {
          if constexpr (requires { sampler.eta; })
            sampler.eta = a.eta.value_or(sampler.eta);
          else
            check(!a.eta, "sample", a.sampler, " has no eta");
          images = hush::sample(process, *guided, sampler, LabelSets{labels}, options, bar, frames ? *frames : none);
        });
        return images;
      }};
}

}  // namespace iclevr
