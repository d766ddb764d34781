// NULL for every pointer argument of every function: the failure that the header documents, and nothing else happens.
#include <array>
#include <fstream>
#include <functional>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <smolgrad.h>
#include <smolgrad/ops/table.hpp>

#include "tape_fixture.hpp"
#include "with_each_null.hpp"

namespace smolgrad::test {
namespace {

struct Row {
  std::string name;
  std::function<void()> check;
};

template <class Function, class Prepare>
Row row(const char* name, Function function, Prepare arguments_in) {
  return {name, [=] { with_each_null(function, arguments_in); }};
}
#define ROW(function, ...) row(#function, function, [](World& w) { return (void)w, std::make_tuple(__VA_ARGS__); })

void run_in_order(void (*task)(void* context, std::size_t index), void* context, std::size_t count, void*) {
  for (std::size_t i = 0; i < count; ++i) task(context, i);
}

smolgrad_value* record_nothing(smolgrad_tape*, smolgrad_value* const[], std::size_t, smolgrad_value* const[],
                               std::size_t, void*) {
  return nullptr;
}

std::int32_t go_on(std::size_t, std::size_t, double, double, double, double, void*) { return 0; }

/// A valid call of each function, `w` being a World. Operators come from their table.
std::vector<Row> rows() {
  std::vector<Row> all = {
      ROW(smolgrad_tape_destroy, w.tape),
      ROW(smolgrad_tape_close, w.tape),
      ROW(smolgrad_tape_error_code, w.tape),
      ROW(smolgrad_tape_clear_error, w.tape),
      ROW(smolgrad_tape_scope_open, w.tape),
      ROW(smolgrad_tape_scope_close, w.tape, std::size_t{1}),
      ROW(smolgrad_tape_node_count, w.tape),
      ROW(smolgrad_tape_memory_bytes, w.tape),
      ROW(smolgrad_tape_zero_grad, w.tape),
      ROW(smolgrad_value_create, w.tape, 1.0),
      ROW(smolgrad_constant, w.tape, 1.0),
      ROW(smolgrad_value_create_array, w.tape, w.numbers, std::size_t{2}, w.out),
      ROW(smolgrad_value_retain, w.value),
      ROW(smolgrad_value_release, w.value),
      ROW(smolgrad_value_release_later, w.value),
      ROW(smolgrad_value_tape, w.value),
      ROW(smolgrad_value_data, w.value),
      ROW(smolgrad_value_set_data, w.value, 1.0),
      ROW(smolgrad_value_grad, w.value),
      ROW(smolgrad_value_set_grad, w.value, 1.0),
      ROW(smolgrad_value_label, w.value),
      ROW(smolgrad_value_set_label, w.value, w.text),
      ROW(smolgrad_value_operation, w.value),
      ROW(smolgrad_value_to_string, w.value, w.buffer, sizeof w.buffer, optional(&w.size)),
      ROW(smolgrad_select, w.values[0], w.values[1], w.values[0], w.values[1]),
      ROW(smolgrad_dot, w.values, w.values, std::size_t{2}),
      ROW(smolgrad_softmax, w.values, std::size_t{2}, w.out),
      ROW(smolgrad_backward, w.value),
      ROW(smolgrad_graph_to_dot, w.value, w.buffer, sizeof w.buffer, optional(&w.size)),
      ROW(smolgrad_function_options_destroy, w.function_options),
      ROW(smolgrad_function_options_set_dtype, w.function_options, SMOLGRAD_DTYPE_FLOAT32),
      ROW(smolgrad_function_options_add_guard_less, w.function_options, w.values[0], w.values[1]),
      ROW(smolgrad_function_options_add_guard_less_equal, w.function_options, w.values[0], w.values[1]),
      ROW(smolgrad_function_options_add_guard_equal, w.function_options, w.values[0], w.values[1]),
      ROW(smolgrad_function_compile, w.tape, w.values, std::size_t{1}, w.values + 1, std::size_t{1}, w.roots,
          std::size_t{1}, optional(w.function_options)),
      ROW(smolgrad_function_destroy, w.function),
      ROW(smolgrad_function_input_count, w.function),
      ROW(smolgrad_function_shared_count, w.function),
      ROW(smolgrad_function_output_count, w.function),
      ROW(smolgrad_run_options_destroy, w.run_options),
      ROW(smolgrad_run_options_set_threads, w.run_options, std::size_t{2}),
      ROW(smolgrad_run_options_set_runner, w.run_options, optional(&run_in_order), optional(w.user_data)),
      ROW(smolgrad_function_evaluate, w.function, std::size_t{1}, w.numbers, w.shared, optional(w.results),
          optional(w.run_options)),
      ROW(smolgrad_function_gradient, w.function, std::size_t{1}, w.numbers, w.shared, optional(w.results),
          optional(w.results + 1), optional(w.results + 2), optional(w.run_options)),
      ROW(smolgrad_function_jacobian, w.function, std::size_t{1}, w.numbers, w.shared, optional(w.results),
          optional(w.results + 1), optional(w.run_options)),
      ROW(smolgrad_function_hessian, w.function, std::size_t{1}, w.numbers, w.shared, optional(w.results),
          optional(w.results + 1), optional(w.run_options)),
      ROW(smolgrad_function_jvp, w.function, std::size_t{1}, w.numbers, w.shared, w.numbers, optional(w.results),
          optional(w.results + 1), optional(w.run_options)),
      ROW(smolgrad_function_vjp, w.function, std::size_t{1}, w.numbers, w.shared, w.numbers, optional(w.results),
          optional(w.results + 1), optional(w.results + 2), optional(w.run_options)),
      ROW(smolgrad_function_hessian_vector, w.function, std::size_t{1}, w.numbers, w.shared, w.numbers,
          optional(w.results), optional(w.results + 1), optional(w.run_options)),
      ROW(smolgrad_function_check, w.function, std::size_t{1}, w.numbers, w.shared, optional(&w.flag),
          optional(&w.size), optional(w.run_options)),
      ROW(smolgrad_function_jacobian_sparsity, w.function, w.places, w.places + 1, std::size_t{1}, optional(&w.size)),
      ROW(smolgrad_function_hessian_sparsity, w.function, w.places, w.places + 1, std::size_t{1}, optional(&w.size)),
      ROW(smolgrad_function_derivative, w.function),
      ROW(smolgrad_function_to_text, w.function, w.buffer, sizeof w.buffer, optional(&w.size)),
      ROW(smolgrad_function_to_dot, w.function, w.buffer, sizeof w.buffer, optional(&w.size)),
      ROW(smolgrad_mlp_options_destroy, w.options),
      ROW(smolgrad_mlp_options_set_activation, w.options, 1),
      ROW(smolgrad_mlp_options_set_activations, w.options, w.choices, std::size_t{1}),
      ROW(smolgrad_mlp_options_set_head, w.options, 1),
      ROW(smolgrad_mlp_options_set_dtype, w.options, 1),
      ROW(smolgrad_mlp_options_set_seed, w.options, std::uint64_t{1}),
      ROW(smolgrad_mlp_options_set_init, w.options, 1),
      ROW(smolgrad_mlp_options_set_bias, w.options, 1),
      ROW(smolgrad_mlp_options_set_recording, w.options, 1),
      ROW(smolgrad_mlp_create, w.tape, std::size_t{2}, w.sizes, std::size_t{2}, optional(w.options)),
      ROW(smolgrad_mlp_destroy, w.mlp),
      ROW(smolgrad_mlp_destroy_later, w.mlp),
      ROW(smolgrad_mlp_forward, w.mlp, w.values, std::size_t{2}, w.out, std::size_t{1}),
      ROW(smolgrad_mlp_input_count, w.mlp),
      ROW(smolgrad_mlp_output_count, w.mlp),
      ROW(smolgrad_mlp_parameter_count, w.mlp),
      ROW(smolgrad_mlp_parameter, w.mlp, std::size_t{0}),
      ROW(smolgrad_mlp_get_parameters, w.mlp, w.results, std::size_t{3}),
      ROW(smolgrad_mlp_set_parameters, w.mlp, w.numbers, std::size_t{3}),
      ROW(smolgrad_mlp_get_gradients, w.mlp, w.results, std::size_t{3}),
      ROW(smolgrad_mlp_zero_grad, w.mlp),
      ROW(smolgrad_mlp_predict, w.mlp, w.numbers, std::size_t{1}, w.results),
      ROW(smolgrad_mlp_predict_float, w.mlp, w.floats, std::size_t{1}, &w.float_result),
      ROW(smolgrad_mlp_save, w.mlp, w.path),
      ROW(smolgrad_mlp_load, w.tape, files().checkpoint.c_str()),
      ROW(smolgrad_loss, SMOLGRAD_LOSS_MSE, w.values, std::size_t{2}, w.values, std::size_t{2}),
      ROW(smolgrad_fit_options_destroy, w.fit_options),
      ROW(smolgrad_fit_options_set_epochs, w.fit_options, std::size_t{1}),
      ROW(smolgrad_fit_options_set_batch_size, w.fit_options, std::size_t{1}),
      ROW(smolgrad_fit_options_set_loss, w.fit_options, SMOLGRAD_LOSS_MAE),
      ROW(smolgrad_fit_options_set_loss_function, w.fit_options, &record_nothing, optional(w.user_data)),
      ROW(smolgrad_fit_options_set_target_count, w.fit_options, std::size_t{1}),
      ROW(smolgrad_fit_options_set_optimizer, w.fit_options, SMOLGRAD_OPTIMIZER_SGD),
      ROW(smolgrad_fit_options_set_learning_rate, w.fit_options, 0.5),
      ROW(smolgrad_fit_options_set_weight_decay, w.fit_options, 0.5),
      ROW(smolgrad_fit_options_set_momentum, w.fit_options, 0.5, 1),
      ROW(smolgrad_fit_options_set_dampening, w.fit_options, 0.5),
      ROW(smolgrad_fit_options_set_betas, w.fit_options, 0.5, 0.5),
      ROW(smolgrad_fit_options_set_epsilon, w.fit_options, 0.5),
      ROW(smolgrad_fit_options_set_alpha, w.fit_options, 0.5, 1),
      ROW(smolgrad_fit_options_set_step_decay, w.fit_options, std::uint64_t{1}, 0.5),
      ROW(smolgrad_fit_options_set_cosine_decay, w.fit_options, std::uint64_t{1}, 0.5),
      ROW(smolgrad_fit_options_set_warmup, w.fit_options, std::uint64_t{1}),
      ROW(smolgrad_fit_options_set_clipping, w.fit_options, 0.5, 0.5),
      ROW(smolgrad_fit_options_set_seed, w.fit_options, std::uint64_t{1}),
      ROW(smolgrad_fit_options_set_shuffle, w.fit_options, 1),
      ROW(smolgrad_fit_options_set_threads, w.fit_options, std::size_t{1}),
      ROW(smolgrad_fit_options_set_runner, w.fit_options, optional(&run_in_order), optional(w.user_data)),
      ROW(smolgrad_fit_options_set_validation_fraction, w.fit_options, 0.5),
      ROW(smolgrad_fit_options_set_patience, w.fit_options, std::size_t{1}),
      ROW(smolgrad_fit_options_set_training_metrics, w.fit_options, 1),
      ROW(smolgrad_fit_options_set_progress, w.fit_options, optional(&go_on), optional(w.user_data)),
      ROW(smolgrad_fit_report_destroy, w.report),
      ROW(smolgrad_fit_report_epoch_count, w.report),
      ROW(smolgrad_fit_report_best_epoch, w.report),
      ROW(smolgrad_fit_report_best_loss, w.report),
      // Of no epochs no numbers are written.
      ROW(smolgrad_fit_report_get_history, w.report, 0, optional(w.results), std::size_t{0}),
      ROW(smolgrad_mlp_fit, w.mlp, w.numbers, w.numbers, std::size_t{1}, optional(w.fit_options), optional(w.report)),
      ROW(smolgrad_trainer_create, w.mlp, optional(w.fit_options)),
      ROW(smolgrad_trainer_destroy, w.trainer),
      ROW(smolgrad_trainer_step, w.trainer, w.numbers, w.numbers, std::size_t{1}, optional(w.results)),
      ROW(smolgrad_trainer_step_float, w.trainer, w.floats, w.floats, std::size_t{1}, optional(w.results)),
      ROW(smolgrad_trainer_fit, w.trainer, w.numbers, w.numbers, std::size_t{1}, optional(w.report)),
      ROW(smolgrad_trainer_fit_float, w.trainer, w.floats, w.floats, std::size_t{1}, optional(w.report)),
      ROW(smolgrad_trainer_evaluate, w.trainer, w.numbers, w.numbers, std::size_t{1}, optional(w.results),
          optional(w.results + 1)),
      ROW(smolgrad_trainer_evaluate_float, w.trainer, w.floats, w.floats, std::size_t{1}, optional(w.results),
          optional(w.results + 1)),
      ROW(smolgrad_trainer_minimize, w.trainer, w.numbers, w.numbers, std::size_t{1}, std::size_t{1},
          optional(w.results)),
      ROW(smolgrad_trainer_epoch, w.trainer),
      ROW(smolgrad_trainer_steps, w.trainer),
      ROW(smolgrad_trainer_save, w.trainer, w.path),
      ROW(smolgrad_trainer_load, w.trainer, files().checkpoint.c_str()),
      ROW(smolgrad_table_read_csv, w.tape, files().csv.c_str(), SMOLGRAD_CSV_HEADER_ABSENT),
      ROW(smolgrad_table_read_idx, w.tape, files().idx.c_str()),
      ROW(smolgrad_table_destroy, w.table),
      ROW(smolgrad_table_row_count, w.table),
      ROW(smolgrad_table_column_count, w.table),
      ROW(smolgrad_table_values, w.table),
      ROW(smolgrad_table_column_name, w.table, std::size_t{0}),
  };
#define X(Definition, name) all.push_back(ROW(smolgrad_##name, w.value));
  SMOLGRAD_UNARY_OPERATORS(X)
#undef X
#define X(Definition, name)                                       \
  all.push_back(ROW(smolgrad_##name, w.values[0], w.values[1]));  \
  all.push_back(ROW(smolgrad_##name##_number, w.values[0], 1.0)); \
  all.push_back(ROW(smolgrad_number_##name, 1.0, w.values[0]));
  SMOLGRAD_BINARY_OPERATORS(X)
#undef X
#define X(Definition, name) all.push_back(ROW(smolgrad_##name, w.values, std::size_t{2}));
  SMOLGRAD_REDUCTION_OPERATORS(X)
#undef X
  return all;
}

/// Functions that answer NULL in a way of their own, each with a test below.
const std::set<std::string> answering = {"smolgrad_has_feature", "smolgrad_tape_error_message",
                                         "smolgrad_function_dtype", "smolgrad_fit_report_outcome"};

const std::set<std::string> without_pointers = {"smolgrad_version",
                                                "smolgrad_version_string",
                                                "smolgrad_status_name",
                                                "smolgrad_tape_create",
                                                "smolgrad_mlp_options_create",
                                                "smolgrad_function_options_create",
                                                "smolgrad_run_options_create",
                                                "smolgrad_fit_options_create",
                                                "smolgrad_fit_report_create"};

TEST(Null, InEveryPointerArgument) {
  for (const Row& row : rows()) {
    SCOPED_TRACE(row.name);
    row.check();
  }
}

TEST(Null, FunctionsThatAnswer) {
  EXPECT_EQ(smolgrad_has_feature(nullptr), 0);
  ASSERT_NE(smolgrad_tape_error_message(nullptr), nullptr);
  EXPECT_STRNE(smolgrad_tape_error_message(nullptr), "");
  EXPECT_EQ(smolgrad_function_dtype(nullptr), -1);
  EXPECT_EQ(smolgrad_fit_report_outcome(nullptr), -1);
}

/// The header's functions: each one's name and what stands between its parentheses.
std::vector<std::pair<std::string, std::string>> declarations() {
  std::ifstream file(SMOLGRAD_HEADER);
  std::stringstream content;
  content << file.rdbuf();
  const std::string text = content.str();
  std::vector<std::pair<std::string, std::string>> found;
  const std::string mark = "\nSMOLGRAD_API ";
  for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at + 1)) {
    const std::size_t open = text.find('(', at);
    const std::size_t name = text.find_last_of(" *\n", open) + 1;
    found.emplace_back(text.substr(name, open - name), text.substr(open + 1, text.find(");", open) - open - 1));
  }
  return found;
}

TEST(Null, CoversTheHeader) {
  std::set<std::string> covered = answering;
  for (const Row& row : rows()) covered.insert(row.name);
  const auto declared = declarations();
  EXPECT_GT(declared.size(), 120u) << "not read: " << SMOLGRAD_HEADER;
  for (const auto& [name, parameters] : declared) {
    if (without_pointers.count(name) != 0) {
      EXPECT_EQ(parameters.find_first_of("*["), std::string::npos) << name << " takes a pointer after all";
      continue;
    }
    EXPECT_EQ(covered.count(name), 1u) << name << " has no row in null_test.cpp";
  }
}

class NullElement : public TapeFixture {};

/// Runs `call` on arrays of two values of which one or both are NULL.
template <class Call>
void with_null_elements(smolgrad_tape* tape, Call call) {
  smolgrad_value* const a = smolgrad_value_create(tape, 1.0);
  smolgrad_value* const b = smolgrad_value_create(tape, 2.0);
  const std::size_t nodes = smolgrad_tape_node_count(tape);
  for (const auto& elements : {std::array<smolgrad_value*, 2>{nullptr, b}, {a, nullptr}, {nullptr, nullptr}}) {
    call(elements.data());
    const bool reached = elements[0] != nullptr || elements[1] != nullptr;
    EXPECT_EQ(smolgrad_tape_error_code(tape), reached ? SMOLGRAD_ERROR_INVALID_ARGUMENT : SMOLGRAD_OK);
    EXPECT_EQ(smolgrad_tape_node_count(tape), nodes);
    smolgrad_tape_clear_error(tape);
  }
}

TEST_F(NullElement, OfAReduction) {
#define X(Definition, name) \
  with_null_elements(tape_, [](smolgrad_value* const x[]) { EXPECT_EQ(smolgrad_##name(x, 2), nullptr) << #name; });
  SMOLGRAD_REDUCTION_OPERATORS(X)
#undef X
}

TEST_F(NullElement, OfABinaryOperator) {
#define X(Definition, name) \
  with_null_elements(tape_, \
                     [](smolgrad_value* const x[]) { EXPECT_EQ(smolgrad_##name(x[0], x[1]), nullptr) << #name; });
  SMOLGRAD_BINARY_OPERATORS(X)
#undef X
}

TEST_F(NullElement, OfSelect) {
  with_null_elements(tape_, [](smolgrad_value* const x[]) {
    EXPECT_EQ(smolgrad_select(x[0], x[0], x[1], x[1]), nullptr);
    EXPECT_EQ(smolgrad_select(x[0], x[1], x[0], x[1]), nullptr);
  });
}

TEST_F(NullElement, OfDotOnEitherSide) {
  smolgrad_value* const good[] = {leaf(1.0), leaf(2.0)};
  with_null_elements(tape_, [](smolgrad_value* const x[]) { EXPECT_EQ(smolgrad_dot(x, x, 2), nullptr); });
  const std::size_t before = nodes();
  smolgrad_value* const bad[] = {nullptr, nullptr};
  EXPECT_EQ(smolgrad_dot(good, bad, 2), nullptr);
  EXPECT_EQ(take_error(), invalid_argument);
  EXPECT_EQ(smolgrad_dot(bad, good, 2), nullptr);
  EXPECT_EQ(take_error(), invalid_argument);
  EXPECT_EQ(nodes(), before);
}

TEST_F(NullElement, OfSoftmax) {
  smolgrad_value* out[] = {nullptr, nullptr};
  with_null_elements(tape_, [&](smolgrad_value* const x[]) {
    EXPECT_EQ(smolgrad_softmax(x, 2, out), SMOLGRAD_ERROR_INVALID_ARGUMENT);
    EXPECT_TRUE(out[0] == nullptr && out[1] == nullptr);
  });
}

TEST_F(NullElement, OfAFunctionsArrays) {
  smolgrad_value* const good[] = {leaf(1.0)};
  for (const auto& bad : {std::array<smolgrad_value*, 2>{nullptr, leaf(2.0)}, {leaf(2.0), nullptr}}) {
    EXPECT_EQ(smolgrad_function_compile(tape_, bad.data(), 2, nullptr, 0, good, 1, nullptr), nullptr);
    EXPECT_EQ(take_error(), invalid_argument);
    EXPECT_EQ(smolgrad_function_compile(tape_, nullptr, 0, bad.data(), 2, good, 1, nullptr), nullptr);
    EXPECT_EQ(take_error(), invalid_argument);
    EXPECT_EQ(smolgrad_function_compile(tape_, nullptr, 0, nullptr, 0, bad.data(), 2, nullptr), nullptr);
    EXPECT_EQ(take_error(), invalid_argument);
  }
}

TEST_F(NullElement, OfAModelsInputs) {
  const std::size_t layers[] = {3, 1};
  smolgrad_mlp* const mlp = smolgrad_mlp_create(tape_, 2, layers, 2, nullptr);
  smolgrad_value* const inputs[] = {leaf(1.0), nullptr};
  const std::size_t before = nodes();
  smolgrad_value* out[] = {nullptr};
  EXPECT_EQ(smolgrad_mlp_forward(mlp, inputs, 2, out, 1), SMOLGRAD_ERROR_INVALID_ARGUMENT);
  EXPECT_EQ(out[0], nullptr);
  EXPECT_EQ(take_error(), invalid_argument);
  EXPECT_EQ(nodes(), before);
}

TEST(Null, ArraysOfNoElementsMayBe) {
  World world;
  EXPECT_EQ(smolgrad_value_create_array(world.tape, nullptr, 0, nullptr), SMOLGRAD_OK);
  EXPECT_EQ(smolgrad_mlp_predict(world.mlp, nullptr, 0, nullptr), SMOLGRAD_OK);
  EXPECT_EQ(smolgrad_function_evaluate(world.function, 0, nullptr, nullptr, nullptr, nullptr), SMOLGRAD_OK);
  EXPECT_EQ(smolgrad_function_check(world.function, 0, nullptr, nullptr, nullptr, nullptr, nullptr), SMOLGRAD_OK);
  smolgrad_function* const constant =
      smolgrad_function_compile(world.tape, nullptr, 0, nullptr, 0, world.values, 1, nullptr);
  ASSERT_NE(constant, nullptr);
  EXPECT_EQ(smolgrad_function_evaluate(constant, 3, nullptr, nullptr, world.results, nullptr), SMOLGRAD_OK);
  for (const double result : world.results) EXPECT_EQ(result, 0.5);
  smolgrad_function_destroy(constant);
  EXPECT_EQ(smolgrad_tape_error_code(world.tape), SMOLGRAD_OK);
}

}  // namespace
}  // namespace smolgrad::test
