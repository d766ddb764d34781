// Which of the sets of vector instructions that units are compiled for (cmake/vector.cmake) this processor has.
#pragma once

namespace smolgrad::processor {

/// Each includes those before it.
enum class Instructions { baseline, avx2, avx512 };

/// The last that there is, here and in this build.
Instructions instructions() noexcept;

}  // namespace smolgrad::processor
