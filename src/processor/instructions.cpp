#include "instructions.hpp"

namespace smolgrad::processor {

namespace {

Instructions detect() noexcept {
#ifdef SMOLGRAD_X86_TARGETS
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0 &&
                    __builtin_cpu_supports("bmi") != 0 && __builtin_cpu_supports("bmi2") != 0;
  const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512vl") != 0 &&
                      __builtin_cpu_supports("avx512dq") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
                      __builtin_cpu_supports("avx512cd") != 0;
  if (avx512) return Instructions::avx512;
  if (avx2) return Instructions::avx2;
#endif
  return Instructions::baseline;
}

}  // namespace

Instructions instructions() noexcept {
  static const Instructions found = detect();
  return found;
}

}  // namespace smolgrad::processor
