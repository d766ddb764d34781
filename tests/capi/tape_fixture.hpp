// A C tape for the length of a test, and what the tests of the C interface ask of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <smolgrad.h>

namespace smolgrad::test {

class TapeFixture : public ::testing::Test {
 protected:
  TapeFixture() = default;
  ~TapeFixture() override { smolgrad_tape_destroy(tape_); }

  smolgrad_value* leaf(double data) { return smolgrad_value_create(tape_, data); }
  std::size_t nodes() const { return smolgrad_tape_node_count(tape_); }

  /// The error since the last time this was asked: the name of its status, for readable failures.
  std::string take_error() { return take_error(tape_); }
  static std::string take_error(smolgrad_tape* tape) {
    const std::string name = smolgrad_status_name(smolgrad_tape_error_code(tape));
    const bool has_message = smolgrad_tape_error_message(tape)[0] != '\0';
    EXPECT_EQ(has_message, name != "SMOLGRAD_OK") << "a message goes with an error and with nothing else";
    smolgrad_tape_clear_error(tape);
    EXPECT_EQ(smolgrad_tape_error_code(tape), SMOLGRAD_OK);
    EXPECT_STREQ(smolgrad_tape_error_message(tape), "");
    return name;
  }

  smolgrad_tape* tape_ = smolgrad_tape_create();
};

/// A tape of its own for a value from elsewhere.
class OtherTape {
 public:
  OtherTape() = default;
  OtherTape(const OtherTape&) = delete;
  OtherTape& operator=(const OtherTape&) = delete;
  ~OtherTape() { smolgrad_tape_destroy(tape); }

  smolgrad_tape* const tape = smolgrad_tape_create();
  smolgrad_value* const value = smolgrad_value_create(tape, 1.0);
};

constexpr const char* ok = "SMOLGRAD_OK";
constexpr const char* invalid_argument = "SMOLGRAD_ERROR_INVALID_ARGUMENT";
constexpr const char* out_of_memory = "SMOLGRAD_ERROR_OUT_OF_MEMORY";
constexpr const char* wrong_tape = "SMOLGRAD_ERROR_WRONG_TAPE";
constexpr const char* stale = "SMOLGRAD_ERROR_STALE";

/// A string a function writes into a buffer, asked for as callers do: its size first.
template <class Function, class Object>
std::string text_of(Function function, const Object* object) {
  std::size_t needed = 0;
  EXPECT_EQ(function(object, nullptr, 0, &needed), SMOLGRAD_OK);
  if (needed == 0) return {};
  std::vector<char> buffer(needed);
  EXPECT_EQ(function(object, buffer.data(), buffer.size(), nullptr), SMOLGRAD_OK);
  return std::string(buffer.data(), needed - 1);
}

}  // namespace smolgrad::test
