// The error that something throws.
#pragma once

#include <string>

#include <gtest/gtest.h>
#include <smolgrad/error.hpp>

namespace smolgrad::test {

template <class Body>
ErrorCode error_of(Body body) {
  try {
    body();
  } catch (const Error& error) {
    EXPECT_STRNE(error.what(), "");
    return error.code();
  }
  ADD_FAILURE() << "no error";
  return ErrorCode::internal;
}

/// "" if there is none.
template <class Body>
std::string message_of(Body body) {
  try {
    body();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace smolgrad::test
