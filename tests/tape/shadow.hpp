// A second tape to compare the real one with: a web of shared objects, slow and obvious. It computes gradients from
// formulas of its own, and remembers which version of a leaf each operation read.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <vector>

#include <smolgrad/smolgrad.hpp>

namespace smolgrad::test {

struct Shadow {
  enum class Kind { leaf, add, mul, tanh, relu, scale, sum, dot, select };
  Kind kind;
  std::uint64_t order;  // of creation
  double data;
  std::vector<std::shared_ptr<Shadow>> operands;
  std::vector<std::uint64_t> versions;  // of the operands when this was recorded
  double number = 0.0;
  std::uint64_t version = 0;
};

using ShadowPointer = std::shared_ptr<Shadow>;

/// Partial derivative of `node` by its operand `i`, from the operands' data.
inline double shadow_partial(const Shadow& node, std::size_t i) {
  const auto data = [&](std::size_t k) { return node.operands[k]->data; };
  switch (node.kind) {
    case Shadow::Kind::mul:
      return data(1 - i);
    case Shadow::Kind::tanh:
      return 1.0 / (std::cosh(data(0)) * std::cosh(data(0)));
    case Shadow::Kind::relu:
      return data(0) > 0.0 ? 1.0 : 0.0;
    case Shadow::Kind::scale:
      return node.number;
    case Shadow::Kind::dot: {
      const std::size_t half = node.operands.size() / 2;
      return data(i < half ? i + half : i - half);
    }
    case Shadow::Kind::select:
      return i == (data(0) < data(1) ? 2u : 3u) ? 1.0 : 0.0;
    default:
      return 1.0;
  }
}

/// What `root` depends on, latest first.
inline std::map<std::uint64_t, Shadow*, std::greater<>> shadow_ancestry(const ShadowPointer& root) {
  std::map<std::uint64_t, Shadow*, std::greater<>> found{{root->order, root.get()}};
  for (auto at = found.begin(); at != found.end(); ++at) {
    for (const ShadowPointer& operand : at->second->operands) found.emplace(operand->order, operand.get());
  }
  return found;
}

/// The derivative of `root` by everything it depends on.
inline std::map<const Shadow*, double> shadow_gradients(const ShadowPointer& root) {
  std::map<const Shadow*, double> gradients{{root.get(), 1.0}};
  for (const auto& [order, node] : shadow_ancestry(root)) {
    for (std::size_t i = 0; i < node->operands.size(); ++i) {
      const double partial = shadow_partial(*node, i);
      if (partial != 0.0) gradients[node->operands[i].get()] += gradients[node] * partial;
    }
  }
  return gradients;
}

/// Whether an operation `root` depends on read a leaf that has changed since.
inline bool shadow_is_stale(const ShadowPointer& root) {
  for (const auto& [order, node] : shadow_ancestry(root)) {
    for (std::size_t i = 0; i < node->operands.size(); ++i) {
      if (node->operands[i]->version != node->versions[i]) return true;
    }
  }
  return false;
}

/// A random program, run on a tape and on shadows alike. `live` is what the program still holds.
class RandomProgram {
 public:
  struct Pair {
    Value value;
    ShadowPointer shadow;
  };

  explicit RandomProgram(std::uint64_t seed) : random_(seed) {}

  std::vector<Pair> live;
  Tape tape;

  std::size_t pick(std::size_t count) { return static_cast<std::size_t>(random_() % count); }
  double number() { return static_cast<double>(random_() >> 11) * 0x1p-52 - 1.0; }

  void add_leaves(std::size_t count) {
    std::vector<double> data;
    for (std::size_t i = 0; i < count; ++i) data.push_back(number());
    const std::vector<Value> values = tape.values(data);
    for (std::size_t i = 0; i < count; ++i) live.push_back({values[i], make(Shadow::Kind::leaf, data[i], {})});
  }

  void record() {
    const Pair& a = live[pick(live.size())];
    const Pair& b = live[pick(live.size())];
    const Pair& c = live[pick(live.size())];
    const Pair& d = live[pick(live.size())];
    switch (pick(8)) {
      case 0:
        return keep(a.value + b.value, Shadow::Kind::add, {a, b});
      case 1:
        return keep(a.value * b.value, Shadow::Kind::mul, {a, b});
      case 2:
        return keep(tanh(a.value), Shadow::Kind::tanh, {a});
      case 3:
        return keep(relu(a.value), Shadow::Kind::relu, {a});
      case 4: {
        const double by = number();
        keep(by * a.value, Shadow::Kind::scale, {a});
        live.back().shadow->number = by;
        return;
      }
      case 5:
        return keep(sum({a.value, b.value, c.value}), Shadow::Kind::sum, {a, b, c});
      case 6:
        return keep(dot({a.value, b.value}, {c.value, d.value}), Shadow::Kind::dot, {a, b, c, d});
      default:
        return keep(select(a.value, b.value, c.value, d.value), Shadow::Kind::select, {a, b, c, d});
    }
  }

  void drop() {
    std::swap(live[pick(live.size())], live.back());
    live.pop_back();
  }

 private:
  ShadowPointer make(Shadow::Kind kind, double data, std::vector<ShadowPointer> operands) {
    auto shadow = std::make_shared<Shadow>(Shadow{kind, next_++, data, std::move(operands), {}});
    for (const ShadowPointer& operand : shadow->operands) shadow->versions.push_back(operand->version);
    return shadow;
  }

  void keep(Value value, Shadow::Kind kind, std::vector<Pair> operands) {
    std::vector<ShadowPointer> shadows;
    for (const Pair& operand : operands) shadows.push_back(operand.shadow);
    const double data = value.data();
    live.push_back({std::move(value), make(kind, data, std::move(shadows))});
  }

  std::mt19937_64 random_;
  std::uint64_t next_ = 0;
};

}  // namespace smolgrad::test
