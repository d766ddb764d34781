// Whether a sanitizer watches: tests are many times slower then, and choose smaller sizes.
#pragma once

namespace smolgrad::test {

#ifdef SMOLGRAD_SANITIZED
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif

}  // namespace smolgrad::test
