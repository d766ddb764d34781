// Random programs against a plain model of what they should do: recording, releasing in every way, scopes, labels,
// changed leaves and derivatives, for so long that the tape collects what is dead many times in between.
#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <smolgrad.h>

#include "tape_fixture.hpp"

namespace smolgrad::test {
namespace {

/// What a node should be.
struct Node {
  double data = 0.0;
  std::vector<std::shared_ptr<Node>> operands = {};
  std::vector<double> partials = {};  // by operand
  bool is_leaf = false;
  int time = 0;  // of the recording, or of the leaf's last change
  double grad = 0.0;
  std::string label = {};
};

/// A handle, and how often it is still to be released; one of these times by an open scope, perhaps.
struct Held {
  smolgrad_value* handle;
  std::shared_ptr<Node> node;
  int references;
  bool in_scope;
};
using HeldPointer = std::shared_ptr<Held>;

/// The nodes that `node` was computed from, operands first, and itself.
void visit(Node* node, std::set<Node*>& seen, std::vector<Node*>& order) {
  if (!seen.insert(node).second) return;
  for (const std::shared_ptr<Node>& operand : node->operands) visit(operand.get(), seen, order);
  order.push_back(node);
}

class Program {
 public:
  Program(smolgrad_tape* tape, std::uint64_t seed)
      : tape_(tape), random_(seed), half_(smolgrad_constant(tape, 0.5)), pin_(smolgrad_exp(half_)) {}

  void run(int steps) {
    for (now_ = 1; now_ <= steps && !::testing::Test::HasFailure(); ++now_) {
      step();
      if (now_ % 100 == 0) begin_anew();
      const std::size_t nodes = smolgrad_tape_node_count(tape_);
      collections_ += nodes + 1000 < last_nodes_ ? 1 : 0;
      last_nodes_ = nodes;
    }
    if (!scopes_.empty()) close_scopes(0);
    while (!held_.empty() && !::testing::Test::HasFailure()) release(held_.size() - 1);
    smolgrad_value_release(half_);
    smolgrad_value_release(pin_);
  }

  std::size_t collections() const { return collections_; }
  std::size_t derivatives() const { return derivatives_; }
  std::size_t stale_ones() const { return stale_ones_; }

 private:
  bool one_in(std::uint64_t n) { return random_() % n == 0; }
  std::size_t below(std::size_t bound) { return random_() % bound; }
  Held& any() { return *held_[below(held_.size())]; }

  void step() {
    while (held_.size() < 8 && !::testing::Test::HasFailure()) make_leaf();
    if (one_in(8)) make_leaf();
    if (one_in(16)) open_or_close_scope();
    while (held_.size() < 8 && !::testing::Test::HasFailure()) make_leaf();
    record();
    if (one_in(16)) label(any());
    if (one_in(32)) retain(any());
    if (one_in(64)) change(any());
    if (one_in(20)) backward(*held_.back());
    look(any());
    for (std::size_t too_many = 24 + below(16); too_many < held_.size(); ++too_many) release(below(held_.size()));
  }

  /// Releases most of what is held, but not what was recorded last: what is dead then lies below what is not.
  void begin_anew() {
    if (!scopes_.empty() && one_in(2)) close_scopes(0);
    if (scopes_.empty()) {
      smolgrad_value* const pin = smolgrad_exp(half_);
      smolgrad_value_release(pin_);
      pin_ = pin;
    }
    for (std::size_t i = held_.size(); i-- > 0;) {
      if (!one_in(12)) release(i);
    }
  }

  void hold(smolgrad_value* handle, Node node) {
    ASSERT_NE(handle, nullptr) << smolgrad_tape_error_message(tape_);
    node.time = ++time_;
    held_.push_back(std::make_shared<Held>(Held{handle, std::make_shared<Node>(std::move(node)), 1, !scopes_.empty()}));
    if (!scopes_.empty()) scopes_.back().made.push_back(held_.back());
    look(*held_.back());
  }

  void make_leaf() {
    const double data = static_cast<double>(below(2000)) / 1000.0 - 1.0;
    hold(smolgrad_value_create(tape_, data), {data, {}, {}, true});
  }

  // The partials of each operation add up to at most 1, so that derivatives through long programs stay in range.
  void record() {
    const Held &a = any(), &b = any(), &c = any();
    const double x = a.node->data, y = b.node->data, z = c.node->data;
    smolgrad_value* const three[] = {a.handle, b.handle, c.handle};
    smolgrad_value* const halves[] = {half_, half_};
    switch (below(6)) {
      case 0:
        return hold(smolgrad_neg(a.handle), {-x, {a.node}, {-1.0}});
      case 1:
        return hold(smolgrad_tanh(a.handle), {std::tanh(x), {a.node}, {1.0 - std::tanh(x) * std::tanh(x)}});
      case 2: {
        const double share = x == y ? 0.5 : x > y ? 1.0 : 0.0;
        return hold(smolgrad_max(a.handle, b.handle), {std::max(x, y), {a.node, b.node}, {share, 1.0 - share}});
      }
      case 3:
        return hold(smolgrad_mean(three, 3), {(x + y + z) / 3, {a.node, b.node, c.node}, {1.0 / 3, 1.0 / 3, 1.0 / 3}});
      case 4:
        return hold(smolgrad_select(a.handle, b.handle, c.handle, a.handle),
                    {x < y ? z : x, {a.node, b.node, c.node}, {x < y ? 0.0 : 1.0, 0.0, x < y ? 1.0 : 0.0}});
      default:
        return hold(smolgrad_dot(three, halves, 2), {(x + y) / 2, {a.node, b.node}, {0.5, 0.5}});
    }
  }

  void release(std::size_t at) {
    const HeldPointer held = held_[at];
    // Whether a scope gives back what was retained, then released by hand, is not for this test to say.
    if (held->in_scope && held->references > 1) return;
    (one_in(3) ? smolgrad_value_release_later : smolgrad_value_release)(held->handle);
    released(held);
  }

  void released(const HeldPointer& held) {
    if (--held->references == 0) held_.erase(std::find(held_.begin(), held_.end(), held));
  }

  void retain(Held& held) {
    ASSERT_EQ(smolgrad_value_retain(held.handle), held.handle);
    ++held.references;
  }

  void open_or_close_scope() {
    if (scopes_.empty() || (scopes_.size() < 4 && one_in(2))) {
      scopes_.push_back({smolgrad_tape_scope_open(tape_), {}});
      ASSERT_NE(scopes_.back().number, 0u);
      return;
    }
    close_scopes(below(scopes_.size()));
  }

  void close_scopes(std::size_t closed) {
    ASSERT_EQ(smolgrad_tape_scope_close(tape_, scopes_[closed].number), SMOLGRAD_OK);
    for (; scopes_.size() > closed; scopes_.pop_back()) {
      for (const HeldPointer& held : scopes_.back().made) {
        held->in_scope = false;
        if (held->references > 0) released(held);
      }
    }
  }

  void change(Held& held) {
    if (!held.node->is_leaf) return;
    held.node->data = -held.node->data;
    held.node->time = ++time_;
    ASSERT_EQ(smolgrad_value_set_data(held.handle, held.node->data), SMOLGRAD_OK);
  }

  void label(Held& held) {
    held.node->label = "a label of step " + std::to_string(now_);
    ASSERT_EQ(smolgrad_value_set_label(held.handle, held.node->label.c_str()), SMOLGRAD_OK);
  }

  void look(const Held& held) {
    ASSERT_NEAR(smolgrad_value_data(held.handle), held.node->data, 1e-9) << "step " << now_;
    ASSERT_EQ(smolgrad_value_label(held.handle), held.node->label) << "step " << now_;
    if (!held.node->is_leaf) return;
    const double grad = held.node->grad;
    ASSERT_NEAR(smolgrad_value_grad(held.handle), grad, 1e-9 * (1.0 + std::abs(grad))) << "step " << now_;
  }

  void backward(const Held& root) {
    std::set<Node*> seen;
    std::vector<Node*> order;
    visit(root.node.get(), seen, order);
    bool is_stale = false;
    for (const Node* node : order) {
      for (const auto& operand : node->operands) is_stale |= operand->is_leaf && operand->time > node->time;
    }
    ASSERT_EQ(smolgrad_backward(root.handle), is_stale ? SMOLGRAD_ERROR_STALE : SMOLGRAD_OK) << "step " << now_;
    smolgrad_tape_clear_error(tape_);
    ++(is_stale ? stale_ones_ : derivatives_);
    if (!is_stale) add_derivatives(order);
    for (const HeldPointer& held : held_) look(*held);
  }

  static void add_derivatives(const std::vector<Node*>& order) {
    std::map<const Node*, double> adjoints = {{order.back(), 1.0}};
    for (auto node = order.rbegin(); node != order.rend(); ++node) {
      const double adjoint = adjoints[*node];
      if ((*node)->is_leaf) (*node)->grad += adjoint;
      for (std::size_t i = 0; i < (*node)->operands.size(); ++i) {
        adjoints[(*node)->operands[i].get()] += adjoint * (*node)->partials[i];
      }
    }
  }

  struct Scope {
    std::size_t number;
    std::vector<HeldPointer> made;
  };

  smolgrad_tape* tape_;
  std::mt19937_64 random_;
  smolgrad_value* half_;
  smolgrad_value* pin_;
  int now_ = 0;   // the step
  int time_ = 0;  // of recordings and changes
  std::vector<HeldPointer> held_;
  std::vector<Scope> scopes_;
  std::size_t last_nodes_ = 0;
  std::size_t collections_ = 0;
  std::size_t derivatives_ = 0;
  std::size_t stale_ones_ = 0;
};

class RandomProgram : public TapeFixture {};

TEST_F(RandomProgram, DoesWhatItShould) {
  std::size_t collections = 0;
  std::size_t derivatives = 0;
  std::size_t stale_ones = 0;
  for (std::uint64_t seed = 1; seed <= 6 && !HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    Program program(tape_, seed);
    program.run(100'000);
    collections += program.collections();
    derivatives += program.derivatives();
    stale_ones += program.stale_ones();
    EXPECT_EQ(nodes(), 0u);
    EXPECT_EQ(take_error(), ok);
  }
  // Or the test is of nothing much.
  EXPECT_GT(collections, 20u);
  EXPECT_GT(derivatives, 1000u);
  EXPECT_GT(stale_ones, 100u);
}

}  // namespace
}  // namespace smolgrad::test
