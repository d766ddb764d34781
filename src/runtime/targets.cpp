// The choice among what was compiled: kernels.cpp for each name in SMOLGRAD_VECTOR_TARGETS (cmake/vector.cmake).
#include "../processor/instructions.hpp"
#include "kernels.hpp"

namespace smolgrad::runtime {

extern const Target target_baseline;
#ifdef SMOLGRAD_X86_TARGETS
extern const Target target_avx2;
extern const Target target_avx512;
#endif

namespace {

/// The best first, as many as Instructions has.
constexpr const Target* compiled[] = {
#ifdef SMOLGRAD_X86_TARGETS
    &target_avx512, &target_avx2,
#endif
    &target_baseline};
constexpr std::size_t compiled_count = sizeof compiled / sizeof compiled[0];

}  // namespace

Targets targets() noexcept {
  const std::size_t supported = static_cast<std::size_t>(processor::instructions()) + 1;
  return {compiled + (compiled_count - supported), supported};
}

}  // namespace smolgrad::runtime
