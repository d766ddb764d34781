// Dot products and layers, which become matrix products: weights in any place and of any kind, in every mode.
#include "formula.hpp"

namespace smolgrad::test {
namespace {

using Pick = std::function<Value(std::size_t neuron, std::size_t input)>;

/// `neurons` dot products with x.
Values layer(const Values& x, std::size_t neurons, const Pick& weight) {
  Values y;
  for (std::size_t i = 0; i < neurons; ++i) {
    Values row;
    for (std::size_t k = 0; k < x.size(); ++k) row.push_back(weight(i, k));
    y.push_back(dot(row, x));
  }
  return y;
}

Values map(const Values& x, Value (*f)(const Value&)) {
  Values y;
  for (const Value& value : x) y.push_back(f(value));
  return y;
}
Value squashed(const Value& x) { return tanh(x); }
Value rectified(const Value& x) { return relu(x); }

bool has_matrix(const Function& function) { return function.to_text().find("matrix_product") != std::string::npos; }

TEST(FunctionDense, WeightsInAnyPlace) {
  struct Case {
    const char* name;
    std::size_t shared;
    std::function<Value(const Values& a, std::size_t i, std::size_t k)> weight;
  };
  const Case cases[] = {
      {"row by row", 15, [](const Values& a, std::size_t i, std::size_t k) { return a[i * 5 + k]; }},
      {"column by column", 15, [](const Values& a, std::size_t i, std::size_t k) { return a[k * 3 + i]; }},
      {"backwards", 15, [](const Values& a, std::size_t i, std::size_t k) { return a[14 - i * 5 - k]; }},
      {"with gaps", 40, [](const Values& a, std::size_t i, std::size_t k) { return a[3 + i * 12 + 2 * k]; }},
      {"permuted", 16, [](const Values& a, std::size_t i, std::size_t k) { return a[(i * 5 + k) * 7 % 16]; }},
      {"overlapping rows", 7, [](const Values& a, std::size_t i, std::size_t k) { return a[i + k]; }},
      {"tied", 5, [](const Values& a, std::size_t, std::size_t k) { return a[k]; }},
      {"all the same", 1, [](const Values& a, std::size_t, std::size_t) { return a[0]; }},
      {"tied within a row", 3, [](const Values& a, std::size_t i, std::size_t) { return a[i]; }},
      {"computed", 15, [](const Values& a, std::size_t i, std::size_t k) { return exp(a[i * 5 + k]) * a[k]; }},
      {"constant", 0,
       [](const Values&, std::size_t i, std::size_t k) { return Value(0.1 * static_cast<double>(i + 2 * k)); }},
      {"mixed", 15,
       [](const Values& a, std::size_t i, std::size_t k) {
         return k == 2 ? Value(2.0) : k == i ? a[0] * a[1] : a[i * 5 + k];
       }},
  };
  for (const Case& with : cases) {
    SCOPED_TRACE(with.name);
    const Formula formula = [&](const Values& x, const Values& a) {
      return map(layer(x, 3, [&](std::size_t i, std::size_t k) { return with.weight(a, i, k); }), squashed);
    };
    // One neuron thrice is no matrix.
    EXPECT_EQ(has_matrix(compile(formula, 5, with.shared)), with.shared != 5 && with.shared != 1);
    expect_as_on_the_tape(formula, 5, with.shared);
  }
}

TEST(FunctionDense, Shapes) {
  for (const std::size_t neurons : {1, 2, 6, 7, 12, 13, 25}) {
    for (const std::size_t width : {1, 3, 8, 9, 33}) {
      SCOPED_TRACE(testing::Message() << neurons << " x " << width);
      const Formula formula = [&](const Values& x, const Values& a) {
        return layer(x, neurons, [&](std::size_t i, std::size_t k) { return a[i * width + k]; });
      };
      expect_as_on_the_tape(formula, width, neurons * width, {1, 5, 40});
    }
  }
}

TEST(FunctionDense, WeightsUsedElsewhereToo) {
  const Formula formula = [](const Values& x, const Values& a) {
    const Values hidden = map(layer(x, 4, [&](std::size_t i, std::size_t k) { return a[i * 4 + k]; }), rectified);
    // Tied: the same matrix, and its transpose, again.
    const Values again = map(layer(hidden, 4, [&](std::size_t i, std::size_t k) { return a[i * 4 + k]; }), squashed);
    const Values back = layer(again, 4, [&](std::size_t i, std::size_t k) { return a[k * 4 + i]; });
    Values y = back;
    y.push_back(dot(a, a) + a[3] * x[1] + hidden[0] * a[5]);
    y.push_back(a[2]);
    return y;
  };
  expect_as_on_the_tape(formula, 4, 16);
}

TEST(FunctionDense, BothSides) {
  const Formula formula = [](const Values& x, const Values& a) {
    const Values left = {x[0], a[0], x[1] * x[1], a[1]};
    const Values right = {x[2], x[0], a[1], a[2]};
    return Values{dot(x, x), dot(left, right),           dot(right, left),    dot(left, left),
                  dot(a, a), dot(a, {a[2], a[2], a[1]}), dot({x[0]}, {x[0]}), dot({x[0], x[0]}, {x[1], x[0]})};
  };
  expect_as_on_the_tape(formula, 3, 3);
}

TEST(FunctionDense, SameInputsAtDifferentDepth) {
  const Formula formula = [](const Values& x, const Values& a) {
    const Values first = layer(x, 3, [&](std::size_t i, std::size_t k) { return a[i * 4 + k]; });
    const Value gate = tanh(sum(first));
    // Weights that depend on a sample, and ones that were computed after the first layer.
    const Value late = dot({a[0], a[1] * a[2], a[3], exp(a[4])}, x);
    const Value varying = dot({gate, a[1], gate * gate, a[2]}, x);
    return Values{first[2], gate * late, varying, dot({first[0], gate, first[2], x[0]}, x)};
  };
  expect_as_on_the_tape(formula, 4, 12);
}

TEST(FunctionDense, ElementsPartlyUsed) {
  const Formula formula = [](const Values& x, const Values& a) {
    const Values hidden = layer(x, 6, [&](std::size_t i, std::size_t k) { return a[i * 4 + k]; });
    return Values{hidden[4], hidden[1] * hidden[1]};
  };
  expect_as_on_the_tape(formula, 4, 24);
  const Function function = compile(formula, 4, 24);
  const std::vector<double> x = some_numbers(4), a = some_numbers(24);
  // Only the second output counts.
  const Results<double> got = vjp_of<double>(function, 1, x, a, {0.0, 1.0});
  for (std::size_t i = 0; i < 24; ++i) EXPECT_EQ(got.d_shared[i] != 0.0, i / 4 == 1) << i;
}

TEST(FunctionDense, UniformLayers) {
  const Formula formula = [](const Values& x, const Values& a) {
    const Values first =
        map(layer({a[0], a[1], a[2]}, 3, [&](std::size_t i, std::size_t k) { return a[3 + i * 3 + k]; }), squashed);
    const Values second =
        layer({x[0], x[1], x[0] * x[1]}, 3, [&](std::size_t i, std::size_t k) { return first[(i + k) % 3]; });
    return Values{first[0], second[0], second[1] * first[2], second[2]};
  };
  expect_as_on_the_tape(formula, 2, 12);
}

TEST(FunctionDense, InputsThatAreConstantsOrShared) {
  const Formula formula = [](const Values& x, const Values& a) {
    const Values with_bias = {x[0], Value(1.0), x[1], a[0]};
    return map(layer(with_bias, 4, [&](std::size_t i, std::size_t k) { return a[i * 4 + k]; }), squashed);
  };
  expect_as_on_the_tape(formula, 2, 16);
}

/// A derivative of a layer is made of the same layer transposed.
TEST(FunctionDense, DerivativesOfDerivatives) {
  const Formula formula = [](const Values& x, const Values& a) {
    const Values hidden = map(layer(x, 4, [&](std::size_t i, std::size_t k) { return a[i * 3 + k]; }), squashed);
    return Values{sum(map(layer(hidden, 4, [&](std::size_t i, std::size_t k) { return a[i * 4 + k]; }), squashed))};
  };
  const Function function = compile(formula, 3, 16);
  const Function first = function.derivative();
  constexpr std::size_t rows = 5;
  const std::vector<double> x = some_numbers(rows * 3), a = some_numbers(16, 9), vectors = some_numbers(rows * 3, 8);
  std::vector<double> hessian(rows * 9), jacobian(rows * 9), products(rows * 3), gradient(rows * 3), moved(rows * 3);
  function.hessian<double>(rows, x.data(), a.data(), nullptr, hessian.data());
  first.jacobian<double>(rows, x.data(), a.data(), gradient.data(), jacobian.data());
  function.hessian_vector<double>(rows, x.data(), a.data(), vectors.data(), nullptr, products.data());
  first.jvp<double>(rows, x.data(), a.data(), vectors.data(), nullptr, moved.data());
  const Results<double> backwards = vjp_of(first, rows, x, a, vectors);
  const Results<double> expected = eagerly(formula, rows, x, a);
  // Second derivatives by differences of the tape's gradients, to the fourth order.
  constexpr double h = 1e-3;
  const auto gradient_at = [&](std::size_t row, std::size_t k, double by) {
    std::vector<double> at(x.begin() + static_cast<std::ptrdiff_t>(row * 3),
                           x.begin() + static_cast<std::ptrdiff_t>(row * 3 + 3));
    at[k] += by;
    return eagerly(formula, 1, at, a).d_inputs;
  };
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t k = 0; k < 3; ++k) {
      const auto near_up = gradient_at(row, k, h), near_down = gradient_at(row, k, -h);
      const auto far_up = gradient_at(row, k, 2 * h), far_down = gradient_at(row, k, -2 * h);
      for (std::size_t i = 0; i < 3; ++i) {
        const double by_differences = (8 * (near_up[i] - near_down[i]) - (far_up[i] - far_down[i])) / (12 * h);
        EXPECT_NEAR(hessian[row * 9 + i * 3 + k], by_differences, 1e-9);
      }
    }
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_NEAR(gradient[row * 3 + i], expected.d_inputs[row * 3 + i], 1e-14);
      double product = 0.0;
      for (std::size_t k = 0; k < 3; ++k) {
        product += hessian[row * 9 + i * 3 + k] * vectors[row * 3 + k];
        EXPECT_EQ(hessian[row * 9 + i * 3 + k], hessian[row * 9 + k * 3 + i]) << "symmetric to the bit";
        EXPECT_NEAR(hessian[row * 9 + i * 3 + k], jacobian[row * 9 + i * 3 + k], 1e-14);
      }
      EXPECT_NEAR(products[row * 3 + i], product, 1e-14);
      EXPECT_NEAR(moved[row * 3 + i], product, 1e-14);
      EXPECT_NEAR(backwards.d_inputs[row * 3 + i], product, 1e-14) << "the Hessian is symmetric";
    }
  }
}

TEST(FunctionMlp, EqualsTheTape) {
  for (int activation = 0; activation <= static_cast<int>(Activation::gelu); ++activation) {
    for (const Recording recording : {Recording::dot, Recording::single}) {
      for (const bool bias : {true, false}) {
        SCOPED_TRACE(testing::Message() << "activation " << activation << ", bias " << bias);
        Tape tape;
        const TapeScope scope(tape);
        ModelOptions options;
        options.activation = static_cast<Activation>(activation);
        options.recording = recording;
        options.bias = bias;
        options.seed = 3;
        MLP mlp(4, {8, 5, 2}, options);
        const Values x = tape.values({1, 2, 3, 4});
        const Function function(x, mlp.parameters().values(), mlp(x));
        EXPECT_TRUE(has_matrix(function)) << "however a neuron was recorded";
        const std::vector<double> parameters(mlp.parameters().data(),
                                             mlp.parameters().data() + mlp.parameters().size());
        for (const std::size_t rows : {1u, 2u, 9u, 130u}) {
          const std::vector<double> inputs = some_numbers(rows * 4, 5), adjoints = some_numbers(rows * 2, 6);
          const Results<double> got = vjp_of(function, rows, inputs, parameters, adjoints);
          mlp.zero_grad();
          for (std::size_t row = 0; row < rows; ++row) {
            const auto begin = inputs.begin() + static_cast<std::ptrdiff_t>(row * 4);
            const Values leaves = tape.values({begin, begin + 4});
            const Values y = mlp(leaves);
            (y[0] * adjoints[row * 2] + y[1] * adjoints[row * 2 + 1]).backward();
            for (std::size_t i = 0; i < 2; ++i) EXPECT_NEAR(got.outputs[row * 2 + i], y[i].data(), 1e-13);
            for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(got.d_inputs[row * 4 + i], leaves[i].grad(), 1e-13);
          }
          for (std::size_t i = 0; i < parameters.size(); ++i) {
            EXPECT_NEAR(got.d_shared[i], mlp.parameters().grad()[i], 1e-13 * static_cast<double>(rows));
          }
        }
      }
    }
  }
}

TEST(FunctionDense, NeuronsOfSingleOperations) {
  using Neuron = std::function<Value(const Values& x, const Value* w, const Value& bias)>;
  struct Case {
    const char* name;
    bool is_matrix;
    Neuron neuron;
  };
  const Case cases[] = {
      {"bias first", true,
       [](const Values& x, const Value* w, const Value& bias) {
         return bias + w[0] * x[0] + w[1] * x[1] + w[2] * x[2];
       }},
      {"bias last", true,
       [](const Values& x, const Value* w, const Value& bias) {
         return w[0] * x[0] + w[1] * x[1] + w[2] * x[2] + bias;
       }},
      {"input first, sum right", true,
       [](const Values& x, const Value* w, const Value& bias) {
         return x[2] * w[2] + (x[1] * w[1] + (x[0] * w[0] + bias));
       }},
      {"weights computed", true,
       [](const Values& x, const Value* w, const Value& bias) { return exp(w[0]) * x[0] + 2.0 * w[1] * x[1] + bias; }},
      {"a term used twice", false,
       [](const Values& x, const Value* w, const Value& bias) {
         const Value term = w[0] * x[0];
         return (bias + term + w[1] * x[1]) * term;
       }},
      {"a sum on the way used twice", false,
       [](const Values& x, const Value* w, const Value& bias) {
         const Value sum = bias + w[0] * x[0];
         return (sum + w[1] * x[1]) * sum;
       }},
      {"a difference", false,
       [](const Values& x, const Value* w, const Value& bias) { return bias - w[0] * x[0] - w[1] * x[1]; }},
  };
  for (const Case& with : cases) {
    SCOPED_TRACE(with.name);
    const Formula formula = [&](const Values& x, const Values& a) {
      Values y;
      for (std::size_t i = 0; i < 5; ++i) y.push_back(tanh(with.neuron(x, a.data() + i * 3, a[15 + i])));
      return y;
    };
    const Function function = compile(formula, 3, 20);
    EXPECT_EQ(has_matrix(function), with.is_matrix);
    const std::size_t rows = 37;
    const std::vector<double> inputs = some_numbers(rows * 3, 1), shared = some_numbers(20, 2);
    const std::vector<double> adjoints = some_numbers(rows * 5, 3);
    const Results<double> expected = eagerly(formula, rows, inputs, shared, adjoints.data());
    const Results<double> got = vjp_of(function, rows, inputs, shared, adjoints);
    for (std::size_t i = 0; i < expected.outputs.size(); ++i) EXPECT_NEAR(got.outputs[i], expected.outputs[i], 1e-14);
    for (std::size_t i = 0; i < inputs.size(); ++i) EXPECT_NEAR(got.d_inputs[i], expected.d_inputs[i], 1e-13);
    for (std::size_t i = 0; i < 20; ++i) EXPECT_NEAR(got.d_shared[i], expected.d_shared[i], 1e-12);
  }
}

/// A row alone is multiplied from where the caller has it.
template <class T>
void expect_the_same_bits_wherever_arrays_begin(Dtype dtype) {
  for (const std::size_t width : {5u, 17u, 130u, 200u}) {
    Tape tape;
    const MLP mlp(tape, width, {19, 3});
    const Values x = tape.values(std::vector<double>(width));
    const std::size_t count = mlp.parameters().size();
    const Function function(x, mlp.parameters().values(), mlp(x), {dtype, {}});
    for (const std::size_t rows : {1u, 3u}) {
      const std::vector<double> numbers = some_numbers(rows * width, 4);
      std::vector<T> first(rows * 3);
      for (std::size_t offset = 0; offset < 16; ++offset) {
        std::vector<T> parameters(count + offset), inputs(numbers.size() + offset % 5), outputs(rows * 3);
        std::copy(mlp.parameters().data(), mlp.parameters().data() + count, parameters.data() + offset);
        std::copy(numbers.begin(), numbers.end(), inputs.data() + offset % 5);
        function.evaluate(rows, inputs.data() + offset % 5, parameters.data() + offset, outputs.data());
        if (offset == 0) first = outputs;
        EXPECT_EQ(outputs, first) << width << " inputs, offset " << offset;
      }
    }
  }
}

TEST(FunctionMlp, DoesNotDependOnWhereArraysBegin) {
  expect_the_same_bits_wherever_arrays_begin<double>(Dtype::float64);
  expect_the_same_bits_wherever_arrays_begin<float>(Dtype::float32);
}

}  // namespace
}  // namespace smolgrad::test
