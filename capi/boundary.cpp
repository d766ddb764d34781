#include "boundary.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <string>

namespace smolgrad::capi {

std::int32_t report(smolgrad_tape* tape, ErrorCode code, const char* message) noexcept {
  const auto status = static_cast<std::int32_t>(code);
  if (tape != nullptr && tape->error_code == SMOLGRAD_OK) {
    tape->error_code = status;
    const std::size_t length = std::min(std::strlen(message), sizeof tape->error_message - 1);
    std::memcpy(tape->error_message, message, length);
    tape->error_message[length] = '\0';
  }
  return status;
}

std::int32_t report_exception(smolgrad_tape* tape) noexcept {
  try {
    throw;
  } catch (const Error& error) {
    return report(tape, error.code(), error.what());
  } catch (const std::bad_alloc&) {
    return report(tape, ErrorCode::out_of_memory, "out of memory");
  } catch (const std::exception& error) {
    return report(tape, ErrorCode::internal, error.what());
  } catch (...) {
    return report(tape, ErrorCode::internal, "an unknown exception");
  }
}

smolgrad_tape* first_tape(smolgrad_value* const values[], std::size_t count) noexcept {
  for (std::size_t i = 0; values != nullptr && i < count; ++i) {
    if (values[i] != nullptr) return tape_of(values[i]);
  }
  return nullptr;
}

void hand_out(std::vector<Value>&& values, smolgrad_value* out[]) {
  std::vector<Handle> handles;
  handles.reserve(values.size());
  try {
    for (Value& value : values) handles.push_back(to_handle(std::move(value)));
  } catch (...) {
    for (const Handle handle : handles) release(handle);
    throw;
  }
  std::transform(handles.begin(), handles.end(), out, to_c);
}

void require_possible(std::size_t count) {
  if (count > INT32_MAX) throw Error(ErrorCode::out_of_memory, "more than a tape holds");
}

std::vector<Value> values_of(smolgrad_value* const values[], std::size_t count) {
  require_possible(count);
  if (values == nullptr) throw Error(ErrorCode::invalid_argument, "an argument is NULL");
  std::vector<Value> result;
  result.reserve(count);
  for (std::size_t i = 0; i < count; ++i) result.push_back(Borrowed(handle(values[i])));
  return result;
}

void copy_string(const std::string& text, char* buffer, std::size_t capacity, std::size_t* needed) {
  if (buffer == nullptr && capacity > 0) throw Error(ErrorCode::invalid_argument, "the buffer is NULL");
  const std::size_t size = text.size() + 1;
  if (needed != nullptr) *needed = size;
  if (buffer == nullptr) return;
  if (capacity < size) throw Error(ErrorCode::invalid_argument, "the buffer is too small");
  std::memcpy(buffer, text.c_str(), size);
}

}  // namespace smolgrad::capi
