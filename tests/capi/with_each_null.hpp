// Calls a function with NULL for each of its pointer arguments in turn, and says what is wrong with how it fails. What
// is right follows from the function's type, so that a row of a table is no more than a valid call.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

#include <gtest/gtest.h>
#include <smolgrad.h>

#include "io/temporary_directory.hpp"

namespace smolgrad::test {

/// Marks an argument that may be NULL.
template <class T>
struct Optional {
  T argument;
};
template <class T>
Optional<T> optional(T argument) {
  return {argument};
}

/// Files of every kind that is read.
struct Files {
  Files() {
    put(csv, "1,2\n3,4\n");
    put(idx, std::string("\0\0\x8\1\0\0\0\1\x7", 9));
    smolgrad_tape* const tape = smolgrad_tape_create();
    const std::size_t layers[] = {1};
    smolgrad_trainer* const trainer =
        smolgrad_trainer_create(smolgrad_mlp_create(tape, 2, layers, 1, nullptr), nullptr);
    smolgrad_trainer_save(trainer, checkpoint.c_str());
    smolgrad_trainer_destroy(trainer);
    smolgrad_tape_destroy(tape);
  }

  TemporaryDirectory directory;
  const std::string csv = directory.file("table.csv");
  const std::string idx = directory.file("table.idx");
  const std::string checkpoint = directory.file("checkpoint");
  const std::string any = directory.file("any");
};
inline const Files& files() {
  static const Files all;
  return all;
}

/// Valid arguments of every kind, all of one tape, and outputs in which any write shows.
struct World {
  World() {
    const std::size_t layers[] = {1};
    options = smolgrad_mlp_options_create();
    mlp = smolgrad_mlp_create(tape, 2, layers, 1, options);
    trainer = smolgrad_trainer_create(mlp, nullptr);
    function = smolgrad_function_compile(tape, values, 1, values + 1, 1, roots, 1, function_options);
    std::memset(buffer, '#', sizeof buffer);
    table = smolgrad_table_read_csv(tape, files().csv.c_str(), SMOLGRAD_CSV_HEADER_ABSENT);
    smolgrad_fit_options_set_epochs(fit_options, 1);
  }
  World(const World&) = delete;
  World& operator=(const World&) = delete;
  ~World() {
    smolgrad_mlp_options_destroy(options);
    smolgrad_run_options_destroy(run_options);
    smolgrad_function_options_destroy(function_options);
    smolgrad_function_destroy(function);
    smolgrad_trainer_destroy(trainer);
    smolgrad_fit_options_destroy(fit_options);
    smolgrad_fit_report_destroy(report);
    smolgrad_table_destroy(table);
    smolgrad_tape_destroy(tape);
  }

  bool outputs_untouched() const {
    for (const char c : buffer) {
      if (c != '#') return false;
    }
    for (const double result : results) {
      if (result != -7.0) return false;
    }
    if (smolgrad_fit_report_epoch_count(report) != 0) return false;
    return out[0] == nullptr && out[1] == nullptr && float_result == -7.0f && flag == 7 && places[0] == 77 &&
           places[1] == 77 && size == 77;
  }

  smolgrad_tape* tape = smolgrad_tape_create();
  smolgrad_value* values[2] = {smolgrad_value_create(tape, 0.5), smolgrad_value_create(tape, 0.25)};
  smolgrad_value* value = values[0];
  smolgrad_value* roots[1] = {smolgrad_mul(smolgrad_square(value), values[1])};
  smolgrad_mlp_options* options;
  smolgrad_mlp* mlp;
  smolgrad_fit_options* fit_options = smolgrad_fit_options_create();
  smolgrad_fit_report* report = smolgrad_fit_report_create();
  smolgrad_trainer* trainer;
  smolgrad_table* table;
  smolgrad_function_options* function_options = smolgrad_function_options_create();
  smolgrad_run_options* run_options = smolgrad_run_options_create();
  smolgrad_function* function;  // of one input and one shared number
  double numbers[3] = {1.0, 2.0, 3.0};
  float floats[3] = {1.0f, 2.0f, 3.0f};
  std::int32_t choices[2] = {1, 1};
  std::size_t sizes[2] = {1, 1};
  const char* text = "text";
  const char* path = files().any.c_str();
  const double* shared = numbers + 2;
  void* user_data = numbers;

  smolgrad_value* out[2] = {nullptr, nullptr};
  double results[3] = {-7.0, -7.0, -7.0};
  float float_result = -7.0f;
  char buffer[4096];
  std::uint8_t flag = 7;
  std::size_t places[2] = {77, 77};
  std::size_t size = 77;
};

namespace null_detail {

template <class T>
T unwrap(T argument) {
  return argument;
}
template <class T>
T unwrap(Optional<T> argument) {
  return argument.argument;
}
template <class T>
constexpr bool is_optional = false;
template <class T>
constexpr bool is_optional<Optional<T>> = true;

/// Whether an argument of this type leads to the tape, where an error then is to be found.
template <class T>
constexpr bool leads_to_tape = std::is_same_v<T, smolgrad_tape*> || std::is_same_v<T, const smolgrad_tape*> ||
                               std::is_same_v<T, smolgrad_value*> || std::is_same_v<T, const smolgrad_value*> ||
                               std::is_same_v<T, smolgrad_value* const*> || std::is_same_v<T, smolgrad_mlp*> ||
                               std::is_same_v<T, const smolgrad_mlp*> || std::is_same_v<T, smolgrad_trainer*> ||
                               std::is_same_v<T, const smolgrad_trainer*>;

inline void expect_failure(const void* result) { EXPECT_EQ(result, nullptr); }
inline void expect_failure(double result) { EXPECT_TRUE(std::isnan(result)); }
template <class Count, std::enable_if_t<std::is_unsigned_v<Count>, int> = 0>
void expect_failure(Count result) {
  EXPECT_EQ(result, 0u);
}
inline void expect_failure(std::int32_t result) { EXPECT_EQ(result, SMOLGRAD_ERROR_INVALID_ARGUMENT); }

inline void expect_success(const void* result) { EXPECT_NE(result, nullptr); }
inline void expect_success(smolgrad_function* result) {
  EXPECT_NE(result, nullptr);
  smolgrad_function_destroy(result);  // which no tape does
}
inline void expect_success(smolgrad_trainer* result) {
  EXPECT_NE(result, nullptr);
  smolgrad_trainer_destroy(result);
}
inline void expect_success(std::int32_t result) { EXPECT_EQ(result, SMOLGRAD_OK); }

template <std::size_t NullAt, class Result, class... Parameters, class... Arguments>
void with_null_at(World& world, Result (*function)(Parameters...), std::tuple<Arguments...> arguments) {
  using Argument = std::tuple_element_t<NullAt, std::tuple<Arguments...>>;
  if constexpr (std::is_pointer_v<std::tuple_element_t<NullAt, std::tuple<Parameters...>>>) {
    SCOPED_TRACE("argument " + std::to_string(NullAt) + " is NULL");
    std::tuple<Parameters...> given =
        std::apply([](auto... each) { return std::tuple<Parameters...>(unwrap(each)...); }, arguments);
    std::get<NullAt>(given) = nullptr;
    const bool tape_reached = std::apply(
        [](auto... each) { return ((leads_to_tape<decltype(each)> && each != decltype(each){}) || ...); }, given);
    const std::size_t nodes = smolgrad_tape_node_count(world.tape);
    if constexpr (std::is_void_v<Result>) {
      std::apply(function, given);
      EXPECT_EQ(smolgrad_tape_error_code(world.tape), SMOLGRAD_OK);
    } else if constexpr (is_optional<Argument>) {
      expect_success(std::apply(function, given));
      EXPECT_EQ(smolgrad_tape_error_code(world.tape), SMOLGRAD_OK);
      return;
    } else {
      expect_failure(std::apply(function, given));
      EXPECT_EQ(smolgrad_tape_error_code(world.tape), tape_reached ? SMOLGRAD_ERROR_INVALID_ARGUMENT : SMOLGRAD_OK);
      EXPECT_EQ(smolgrad_tape_error_message(world.tape)[0] != '\0', tape_reached);
    }
    EXPECT_TRUE(world.outputs_untouched());
    EXPECT_EQ(smolgrad_tape_node_count(world.tape), nodes);
  }
}

template <class Result, class... Parameters, class Prepare, std::size_t... Indices>
void with_each(Result (*function)(Parameters...), Prepare arguments_in, std::index_sequence<Indices...>) {
  const auto with_one = [&](auto index) {
    World world;
    with_null_at<decltype(index)::value>(world, function, arguments_in(world));
  };
  (with_one(std::integral_constant<std::size_t, Indices>{}), ...);
}

}  // namespace null_detail

/// `arguments_in` makes the tuple of a valid call's arguments from a World. A new World for every call.
template <class Result, class... Parameters, class Prepare>
void with_each_null(Result (*function)(Parameters...), Prepare arguments_in) {
  null_detail::with_each(function, arguments_in, std::index_sequence_for<Parameters...>{});
}

}  // namespace smolgrad::test
