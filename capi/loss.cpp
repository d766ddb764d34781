// Losses as expressions, and those that C functions record while a model is compiled with them.
#include <smolgrad/loss.hpp>

#include "model.hpp"
#include "training.hpp"

using namespace smolgrad;

namespace {

/// The current tape as C sees it, lent to a callback: what that makes on it goes with this.
class LentTape {
 public:
  LentTape() : current_(Tape::current()), own_(core(lent_.tape)) {
    scope_ = open_scope(current_);
    core(lent_.tape) = core(current_);
    set_host(current_, &lent_);
  }
  ~LentTape() {
    while (lent_.models != nullptr) smolgrad_mlp_destroy(lent_.models);
    // Fails if the callback has closed it, which does no harm.
    capi::status_of(nullptr, [&] { close_scope(current_, scope_); });
    set_host(current_, nullptr);
    core(lent_.tape) = own_;
  }
  LentTape(const LentTape&) = delete;
  LentTape& operator=(const LentTape&) = delete;

  smolgrad_tape* get() { return &lent_; }

 private:
  static detail::TapeCore*& core(Tape& tape) { return detail::TapeAccess::core(tape); }

  Tape& current_;
  smolgrad_tape lent_;
  detail::TapeCore* own_;  // of `lent_`, freed with it
  std::size_t scope_;
};

std::vector<smolgrad_value*> lend(const std::vector<Value>& values) {
  std::vector<smolgrad_value*> handles;
  handles.reserve(values.size());
  for (const Value& value : values) handles.push_back(capi::to_c(borrowed_handle(value)));
  return handles;
}

}  // namespace

Value capi::RecordedLoss::operator()(const std::vector<Value>& outputs, const std::vector<Value>& targets) const {
  const std::vector<smolgrad_value*> y = lend(outputs);
  const std::vector<smolgrad_value*> t = lend(targets);
  LentTape tape;
  const smolgrad_value* const loss = record(tape.get(), y.data(), y.size(), t.data(), t.size(), user_data);
  if (loss != nullptr) return Borrowed(handle(loss));
  const smolgrad_tape& lent = *tape.get();
  if (lent.error_code != SMOLGRAD_OK) throw Error(static_cast<ErrorCode>(lent.error_code), lent.error_message);
  throw Error(ErrorCode::invalid_argument, "the loss function returned NULL");
}

smolgrad_value* smolgrad_loss(int32_t loss, smolgrad_value* const outputs[], size_t n_outputs,
                              smolgrad_value* const targets[], size_t n_targets) {
  smolgrad_tape* const tape = capi::first_tape(outputs, n_outputs);
  return capi::value_of(tape == nullptr ? capi::first_tape(targets, n_targets) : tape, [&] {
    return loss_function(static_cast<Loss>(loss))(capi::values_of(outputs, n_outputs),
                                                  capi::values_of(targets, n_targets));
  });
}
