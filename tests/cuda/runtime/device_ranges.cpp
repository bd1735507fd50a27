#include <doctest/doctest.h>

#include <string>
#include <vector>

#include <hush/cuda/runtime/device.hpp>
#include <hush/cuda/runtime/nvtx.hpp>
#include <hush/tensor/named_range.hpp>

using namespace hush;

namespace {

std::vector<std::string> seen;

/// A profiler that was linked into the program, which NVTX calls when the first range begins.
int attach(NvtxGetExportTableFunc_t table_of) {
  const auto* callbacks = static_cast<const NvtxExportTableCallbacks*>(table_of(NVTX_ETID_CALLBACKS));
  NvtxFunctionTable functions = nullptr;
  unsigned size = 0;
  if (!callbacks->GetModuleFunctionTable(NVTX_CB_MODULE_CORE, &functions, &size)) return 0;
  const nvtxRangePushA_impl_fntype push = [](const char* name) { return seen.push_back(name), 0; };
  const nvtxRangePop_impl_fntype pop = [] { return seen.push_back("end"), 0; };
  *functions[NVTX_CBID_CORE_RangePushA] = reinterpret_cast<NvtxFunctionPointer>(push);
  *functions[NVTX_CBID_CORE_RangePop] = reinterpret_cast<NvtxFunctionPointer>(pop);
  return 1;
}

const bool attached = (InitializeInjectionNvtx2_fnptr = attach, true);  // before the first range

}  // namespace

TEST_CASE("device ranges: a profiler sees them begin and end in turn, exceptions included") {
  REQUIRE(attached);
  seen.clear();
  const Cuda<bf16> on;
  try {
    const NamedRange<Cuda<bf16>> outer(on, "outer");
    { const NamedRange<Cuda<float>> inner(on.in_full(), "inner"); }
    throw 1;
  } catch (int) {}
  CHECK(seen == std::vector<std::string>{"outer", "inner", "end", "end"});
}
