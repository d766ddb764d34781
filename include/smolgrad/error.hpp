// What goes wrong, as an exception. Arithmetic never throws: log(-1) is NaN.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

#include "export.hpp"

namespace smolgrad {

/// The numbers are those of the C constants SMOLGRAD_ERROR_... and never change.
enum class ErrorCode : std::int32_t {
  invalid_argument = 1,  ///< an empty Value, a wrong count, an option out of range
  out_of_memory = 2,     ///< nothing was changed
  wrong_tape = 3,        ///< operands recorded on different tapes
  stale = 4,             ///< a leaf changed after the recording, or a handle already released
  io = 5,                ///< a file cannot be read or written
  format = 6,            ///< a file's content is not what it should be
  cancelled = 7,         ///< a callback asked to stop
  unsupported = 8,       ///< not available in this build
  internal = 9           ///< a defect in smolgrad
};

/// Every error smolgrad reports. A failed call leaves its arguments and the tape as they were.
class SMOLGRAD_API Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& message);  ///< what() is the message
  Error(const Error&) noexcept;                       ///< copies, as exceptions are
  ~Error() override;

  ErrorCode code() const noexcept { return code_; }  ///< what kind of error

 private:
  ErrorCode code_;
};

}  // namespace smolgrad
