#pragma once
#include <hush/backbones/dit.hpp>

#include "sample.hpp"

namespace fashion {

/// `sample` with weights of the preset `dit`, on a machine.
template <class B>
int sample_dit_on(const SampleArguments& a, const B& on) {
  check_files(a);
  const Flow process = flow();
  Dit<B> network(io::read_config<DitConfig>(a.weights), process.ports(), Seed{}, on);
  io::load_model(a.weights, process, network);
  return draw_by_name(a, process, network);
}

}  // namespace fashion
