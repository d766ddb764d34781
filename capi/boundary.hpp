// The boundary between C and C++: handles become Values on the way in, exceptions become codes on the way out.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include <smolgrad/handle.hpp>
#include <smolgrad/mlp.hpp>

#include "smolgrad.h"

/// Models of a tape that any threads were done with. It outlives its tape, so that closing can hold the mutex to its
/// end.
struct smolgrad_finished_models {
  std::mutex mutex;
  smolgrad_mlp* first = nullptr;
  bool closed = false;  // the tape is, so that they are destroyed at once
};

struct smolgrad_tape {
  smolgrad::Tape tape;
  std::int32_t error_code = SMOLGRAD_OK;
  char error_message[256] = "";
  smolgrad_mlp* models = nullptr;  // freed with the tape
  std::shared_ptr<smolgrad_finished_models> finished = std::make_shared<smolgrad_finished_models>();
  bool closed = false;
};

namespace smolgrad::capi {

inline Handle handle(const smolgrad_value* value) { return reinterpret_cast<Handle>(value); }
inline smolgrad_value* to_c(Handle handle) { return reinterpret_cast<smolgrad_value*>(handle); }

/// The tape of a value, live or stale; nullptr for NULL.
inline smolgrad_tape* tape_of(const smolgrad_value* value) {
  return value == nullptr ? nullptr : static_cast<smolgrad_tape*>(host(handle(value)));
}

/// The tape of the first value that is not NULL; nullptr if there is none.
smolgrad_tape* first_tape(smolgrad_value* const values[], std::size_t count) noexcept;

/// Keeps the first error of a tape (which may be nullptr), and returns its code.
std::int32_t report(smolgrad_tape* tape, ErrorCode code, const char* message) noexcept;

/// The same for the exception in flight.
std::int32_t report_exception(smolgrad_tape* tape) noexcept;

inline std::int32_t report_null(smolgrad_tape* tape) noexcept {
  return report(tape, ErrorCode::invalid_argument, "an argument is NULL");
}

/// Runs `body`, which returns nothing; its status.
template <class Body>
std::int32_t status_of(smolgrad_tape* tape, Body body) noexcept {
  try {
    body();
    return SMOLGRAD_OK;
  } catch (...) {
    return report_exception(tape);
  }
}

/// Runs `body` and returns its result, or `failure`.
template <class Result, class Body>
Result result_of(smolgrad_tape* tape, Result failure, Body body) noexcept {
  try {
    return body();
  } catch (...) {
    report_exception(tape);
    return failure;
  }
}

/// Runs `body`, which returns a Value, and hands that out.
template <class Body>
smolgrad_value* value_of(smolgrad_tape* tape, Body body) noexcept {
  return result_of<smolgrad_value*>(tape, nullptr, [&] { return to_c(to_handle(body())); });
}

/// Hands out several Values, all or none.
void hand_out(std::vector<Value>&& values, smolgrad_value* out[]);

/// Throws for counts that no array on a tape has, before anything is computed from them.
void require_possible(std::size_t count);

/// Values for the length of one call.
std::vector<Value> values_of(smolgrad_value* const values[], std::size_t count);

/// A string into a caller's buffer, as documented at smolgrad_value_to_string.
void copy_string(const std::string& text, char* buffer, std::size_t capacity, std::size_t* needed);

}  // namespace smolgrad::capi
