// What a thread does that looks for another's work over and over.
#pragma once

namespace smolgrad::processor {

/// Leaves the core to the other thread on it for a moment, and spares power.
inline void relax() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__) && defined(__GNUC__)
  asm volatile("yield");
#endif
}

}  // namespace smolgrad::processor
