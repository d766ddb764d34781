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

}  // namespace
}  // namespace smolgrad::test
