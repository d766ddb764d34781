// Expression: a graph's node as a number, on which the operators' definitions work. A definition applied to Expressions
// adds the nodes it is made of: so the operators' derivatives become graphs.
#pragma once

#include "builder.hpp"

namespace smolgrad::graph {

class Expression {
 public:
  Expression() = default;
  explicit Expression(double number) : number_(number) {}
  Expression(Builder& builder, Node node) : builder_(&builder), node_(node) {}

  bool is_number() const { return builder_ == nullptr; }
  double number() const { return number_; }
  /// The node; a number's is made where it is needed.
  Node in(Builder& builder) const { return is_number() ? builder.constant(number_) : node_; }
  Builder* builder() const { return builder_; }

 private:
  Builder* builder_ = nullptr;  // null: a number that belongs to no graph yet
  Node node_ = no_node;
  double number_ = 0.0;
};

template <class... Operand>
Expression apply(Operator op, const Operand&... operands) {
  Builder* builder = nullptr;
  ((builder = operands.is_number() ? builder : operands.builder()), ...);
  if (builder == nullptr) {
    const double numbers[] = {operands.number()...};
    return Expression(evaluate(op, numbers, sizeof...(operands)));
  }
  const Node nodes[] = {operands.in(*builder)...};
  return {*builder, builder->node(op, nodes, sizeof...(operands))};
}

inline Expression operator+(const Expression& a, const Expression& b) { return apply(Operator::add, a, b); }
inline Expression operator-(const Expression& a, const Expression& b) { return apply(Operator::sub, a, b); }
inline Expression operator*(const Expression& a, const Expression& b) { return apply(Operator::mul, a, b); }
inline Expression operator/(const Expression& a, const Expression& b) { return apply(Operator::div, a, b); }
inline Expression operator-(const Expression& x) { return apply(Operator::neg, x); }

inline Expression select_less(const Expression& a, const Expression& b, const Expression& if_less,
                              const Expression& otherwise) {
  return apply(Operator::select, a, b, if_less, otherwise);
}
inline Expression select_equal(const Expression& a, const Expression& b, const Expression& if_equal,
                               const Expression& otherwise) {
  return apply(Operator::select_equal, a, b, if_equal, otherwise);
}
inline Expression nearest_integer(const Expression& x) { return apply(Operator::nearest_integer, x); }
inline Expression normal_cdf_by_bell(const Expression& x, const Expression& bell) {
  return apply(Operator::normal_cdf_by_bell, x, bell);
}

// The operators by their public names; the definitions use those of <cmath>.
#define SMOLGRAD_ENTRY(Definition, name) \
  inline Expression name(const Expression& x) { return apply(Operator::name, x); }
SMOLGRAD_UNARY_OPERATORS(SMOLGRAD_ENTRY)
#undef SMOLGRAD_ENTRY
#define SMOLGRAD_ENTRY(Definition, name) \
  inline Expression name(const Expression& a, const Expression& b) { return apply(Operator::name, a, b); }
SMOLGRAD_BINARY_OPERATORS(SMOLGRAD_ENTRY)
#undef SMOLGRAD_ENTRY

}  // namespace smolgrad::graph
