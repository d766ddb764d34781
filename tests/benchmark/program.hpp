// Runs a Problem, the formula of a workload beside its hand-written gradient, by hand or on a library's tape:
//
//   struct Problem {
//     static constexpr std::size_t inputs;       // leaves made anew for every evaluation
//     std::array<double, inputs> input;
//     std::vector<double> parameters;            // leaves that stay where the library lets them; may be empty
//     void move_to(double shift);                // to a point near the fixed one, which is at 0
//     template <class T> T operator()(const T* parameters, const T* input) const;
//     double by_hand(double* parameter_gradient, double* input_gradient);  // both arrive as zeros
//   };
#pragma once

#include <algorithm>
#include <array>
#include <utility>

#include "active.hpp"
#include "workload.hpp"

namespace bench {

/// `Evaluation` computes value, input_gradient and parameter_gradient of its problem; this calls it.
template <class Evaluation>
class Repeated : public Program {
 public:
  template <class... Arguments>
  explicit Repeated(Arguments&&... arguments) : evaluation_(std::forward<Arguments>(arguments)...) {}

  std::vector<double> gradient() override {
    evaluation_.problem.move_to(0.0);
    double input[Evaluation::inputs + 1];
    std::vector<double> result{evaluation_.evaluate(input)};
    result.insert(result.end(), input, input + Evaluation::inputs);
    const std::vector<double> parameters = evaluation_.parameter_gradient();
    result.insert(result.end(), parameters.begin(), parameters.end());
    return result;
  }

  double run(std::size_t iterations) override {
    double sum = 0.0;
    for (std::size_t i = 0; i < iterations; ++i) {
      evaluation_.problem.move_to(static_cast<double>(i % 1024) * 1e-6);
      escape(&evaluation_);
      double input[Evaluation::inputs + 1];
      sum += evaluation_.evaluate(input);
      for (std::size_t k = 0; k < Evaluation::inputs; ++k) sum += input[k];
      escape(&evaluation_);
    }
    return sum;
  }

 private:
  Evaluation evaluation_;
};

template <class Problem>
struct ByHand {
  static constexpr std::size_t inputs = Problem::inputs;
  Problem problem;
  std::vector<double> adjoints;

  explicit ByHand(const Problem& computed) : problem(computed), adjoints(problem.parameters.size()) {}
  double evaluate(double* input_gradient) {
    std::fill(adjoints.begin(), adjoints.end(), 0.0);
    std::fill(input_gradient, input_gradient + inputs, 0.0);
    return problem.by_hand(adjoints.data(), input_gradient);
  }
  std::vector<double> parameter_gradient() const { return adjoints; }
};

template <class Problem>
struct OnSmolgrad {
  static constexpr std::size_t inputs = Problem::inputs;
  Problem problem;
  smolgrad::Tape tape;
  std::vector<smolgrad::Value> parameters;

  explicit OnSmolgrad(const Problem& recorded) : problem(recorded), parameters(tape.values(problem.parameters)) {}

  double evaluate(double* input_gradient) {
    const smolgrad::TapeScope scope(tape);
    if (!parameters.empty()) tape.zero_grad();
    return evaluate(input_gradient, std::make_index_sequence<inputs>());
  }
  template <std::size_t... I>
  double evaluate([[maybe_unused]] double* input_gradient, std::index_sequence<I...>) {
    const std::array<smolgrad::Value, inputs> input{smolgrad::Value(problem.input[I])...};
    const smolgrad::Value result = problem(parameters.data(), input.data());
    result.backward();
    ((input_gradient[I] = input[I].grad()), ...);
    return result.data();
  }
  std::vector<double> parameter_gradient() const {
    std::vector<double> gradient;
    for (const smolgrad::Value& parameter : parameters) gradient.push_back(parameter.grad());
    return gradient;
  }
};

#ifdef SMOLGRAD_BENCHMARK_ADOLC
/// Its tapes begin with marking the independent variables, so parameters are marked with every recording.
template <class Problem>
struct OnAdolc {
  static constexpr std::size_t inputs = Problem::inputs;
  Problem problem;
  std::size_t operations;
  std::vector<double> gradient;

  /// With room in memory for `count` operations: beyond the buffers it records to files.
  OnAdolc(const Problem& recorded, std::size_t count)
      : problem(recorded), operations(count), gradient(inputs + problem.parameters.size()) {}

  double evaluate(double* input_gradient) {
    constexpr short tag = 1;
    constexpr int keep_for_reverse = 1;
    constexpr std::size_t usual_buffer = 524288;
    if (operations * 2 < usual_buffer) {
      trace_on(tag, keep_for_reverse);
    } else {
      const auto room = static_cast<unsigned>(operations * 2);
      trace_on(tag, keep_for_reverse, room, 3 * room, room, room);
    }
    double value = 0.0;
    {
      std::vector<adouble> leaves(gradient.size());
      for (std::size_t i = 0; i < inputs; ++i) leaves[i] <<= problem.input[i];
      for (std::size_t i = inputs; i < leaves.size(); ++i) leaves[i] <<= problem.parameters[i - inputs];
      adouble result = problem(leaves.data() + inputs, leaves.data());
      result >>= value;
    }
    trace_off();
    double one = 1.0;
    fos_reverse(tag, 1, static_cast<int>(gradient.size()), &one, gradient.data());
    std::copy(gradient.begin(), gradient.begin() + inputs, input_gradient);
    return value;
  }
  std::vector<double> parameter_gradient() const { return {gradient.begin() + inputs, gradient.end()}; }
};
#endif

#ifdef SMOLGRAD_BENCHMARK_SACADO
/// A sweep frees everything recorded, leaves included, so parameters are made anew with every recording.
template <class Problem>
struct OnSacado {
  static constexpr std::size_t inputs = Problem::inputs;
  Problem problem;
  std::vector<double> gradient;

  explicit OnSacado(const Problem& recorded) : problem(recorded), gradient(inputs + problem.parameters.size()) {}

  double evaluate(double* input_gradient) {
    std::vector<Advar> leaves(gradient.size());
    for (std::size_t i = 0; i < inputs; ++i) leaves[i] = problem.input[i];
    for (std::size_t i = inputs; i < leaves.size(); ++i) leaves[i] = problem.parameters[i - inputs];
    Advar result = problem(leaves.data() + inputs, leaves.data());
    Advar::Outvar_Gradcomp(result);
    for (std::size_t i = 0; i < leaves.size(); ++i) gradient[i] = leaves[i].adj();
    std::copy(gradient.begin(), gradient.begin() + inputs, input_gradient);
    return result.val();
  }
  std::vector<double> parameter_gradient() const { return {gradient.begin() + inputs, gradient.end()}; }
};
#endif

template <class Problem>
std::unique_ptr<Program> by_hand(const Problem& problem) {
  return std::make_unique<Repeated<ByHand<Problem>>>(problem);
}

template <class Problem>
std::unique_ptr<Program> on_smolgrad(const Problem& problem) {
  return std::make_unique<Repeated<OnSmolgrad<Problem>>>(problem);
}

/// On every peer that is compiled in, in the order of the table's columns. ADOL-C has no error function: a workload
/// that needs one leaves it out.
template <bool has_error_function = false, class Problem>
std::vector<Peer> on_peers([[maybe_unused]] const Problem& problem, [[maybe_unused]] std::size_t operations) {
  std::vector<Peer> peers;
#ifdef SMOLGRAD_BENCHMARK_ADOLC
  if constexpr (has_error_function) {
    peers.push_back({"ADOL-C", nullptr});
  } else {
    peers.push_back({"ADOL-C", std::make_unique<Repeated<OnAdolc<Problem>>>(problem, operations)});
  }
#endif
#ifdef SMOLGRAD_BENCHMARK_SACADO
  peers.push_back({"Sacado", std::make_unique<Repeated<OnSacado<Problem>>>(problem)});
#endif
  return peers;
}

}  // namespace bench
