// The choice among what was compiled: dot_kernels.cpp for each name in SMOLGRAD_VECTOR_TARGETS (cmake/vector.cmake).
#include "../processor/instructions.hpp"
#include "dot_kernels.hpp"

namespace smolgrad::detail {

extern const DotKernels dot_baseline;
#ifdef SMOLGRAD_X86_TARGETS
extern const DotKernels dot_avx2;
extern const DotKernels dot_avx512;
#endif

const DotKernels& dot_kernels() noexcept {
  // By number of Instructions.
  static constexpr const DotKernels* compiled[] = {
      &dot_baseline,
#ifdef SMOLGRAD_X86_TARGETS
      &dot_avx2,
      &dot_avx512,
#endif
  };
  return *compiled[static_cast<std::size_t>(processor::instructions())];
}

}  // namespace smolgrad::detail
