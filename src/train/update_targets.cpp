// The choice among what was compiled: update_kernels.cpp for each name in SMOLGRAD_VECTOR_TARGETS (cmake/vector.cmake).
#include "../processor/instructions.hpp"
#include "update_kernels.hpp"

namespace smolgrad::train {

extern const UpdateTarget update_baseline;
#ifdef SMOLGRAD_X86_TARGETS
extern const UpdateTarget update_avx2;
extern const UpdateTarget update_avx512;
#endif

namespace {

/// The best first, as many as Instructions has.
constexpr const UpdateTarget* compiled[] = {
#ifdef SMOLGRAD_X86_TARGETS
    &update_avx512, &update_avx2,
#endif
    &update_baseline};
constexpr std::size_t compiled_count = sizeof compiled / sizeof compiled[0];

}  // namespace

UpdateTargets update_targets() noexcept {
  const std::size_t supported = static_cast<std::size_t>(processor::instructions()) + 1;
  return {compiled + (compiled_count - supported), supported};
}

}  // namespace smolgrad::train
