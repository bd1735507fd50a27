#pragma once

namespace hush {

// What only some backends can do. A handle declares each capability by itself with a flag, for instance
//   static constexpr bool has_graphs = true;
// so that what a program does never depends on which headers it has read. The kernels that a capability brings are
// listed in kernels/kernels.hpp.

/// Group normalization with all that stands around it in one kernel: `group_norm_fused` and its backward pass.
template <class B>
concept HasFusedNorms = requires {
  requires B::has_fused_norms;
};

/// Convolution and linear layers that add a residual to their result: `conv2d` and `linear` with one argument more.
template <class B>
concept HasResidualProducts = requires {
  requires B::has_residual_products;
};

/// Concatenation with a tensor that is upsampled on the way: `concat_upsampled` and its backward pass.
template <class B>
concept HasConcatUpsample = requires {
  requires B::has_concat_upsample;
};

/// Many additions of gradients in one kernel: `add_into_all`.
template <class B>
concept HasBatchedAdds = requires {
  requires B::has_batched_adds;
};

/// Work that is recorded once and then repeated: `graph_on`. The queued kernels need nothing from the host meanwhile.
template <class B>
concept HasGraphs = requires {
  requires B::has_graphs;
};

/// Copies from the host beside the work of the stream: `copy_ahead` and `await_ahead`.
template <class B>
concept HasAsyncCopies = requires {
  requires B::has_async_copies;
};

/// Products that pack a weight once for many calls, while it is kept: `keep_packed` and `drop_packed`.
template <class B>
concept HasPackedWeights = requires {
  requires B::has_packed_weights;
};

/// Inference runs blocks of layers for a few images at a time: `images_a_part` says for how many.
template <class B>
concept HasImageParts = requires {
  requires B::has_image_parts;
};

/// Training keeps less for the backward pass: what is cheap to compute again is computed again there (`recomputed`, the
/// weights of attention). `group_norm_around`, `normalise_around` and `attention_backward` without weights
/// are its kernels.
template <class B>
concept HasRecomputing = requires {
  requires B::has_recomputing;
};

/// Kernels that the program's own compiler makes, so that they are slow where it was not asked to optimise.
template <class B>
concept HasHostKernels = requires {
  requires B::has_host_kernels;
};

/// Tensors lie in the host's memory, where programs may read and write them; kernels are done when they return.
template <class B>
concept HasHostMemory = requires {
  requires B::has_host_memory;
};

}  // namespace hush
