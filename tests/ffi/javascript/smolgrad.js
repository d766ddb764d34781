/** smolgrad for Node. JavaScript lets nobody define operators, so expressions are chains of methods,
 * `a.mul(b).add(2)`, and functions where a number comes first, `sub(1, a)`. The garbage collector frees everything, but
 * calls finalizers between turns of the event loop only: what awaits nothing for long should record in `tape.scope`,
 * which releases values at once, and more cheaply. */
import koffi from 'koffi';
import { inspect, types } from 'node:util';

const library = koffi.load(process.env.SMOLGRAD_LIBRARY ?? 'libsmolgrad.so.0');
// Handles are plain numbers: koffi converts these faster than pointers.
koffi.alias('handle', 'uintptr_t');
koffi.proto('int32_t smolgrad_progress(size_t, size_t, double, double, double, double, handle)');

/** The function smolgrad_<name>, of a name in camel case. */
const native = (result, name, ...parameters) =>
  library.func(`smolgrad_${name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`, result, parameters);

/** The functions of these prototypes, by their names without smolgrad_. */
const c = Object.fromEntries(`
  str version_string(); str status_name(int32_t);
  handle tape_create(); void tape_close(handle); int32_t tape_zero_grad(handle); size_t tape_node_count(handle);
  int32_t tape_error_code(handle); str tape_error_message(handle); void tape_clear_error(handle);
  size_t tape_scope_open(handle); int32_t tape_scope_close(handle, size_t);
  handle value_create(handle, double); handle constant(handle, double); int32_t backward(handle);
  handle value_retain(handle); void value_release_later(handle); double value_data(handle); double value_grad(handle);
  int32_t value_set_data(handle, double); int32_t value_set_label(handle, str); str value_label(handle);
  str value_operation(handle); int32_t value_to_string(handle, char *, size_t, size_t *);
  handle function_compile(handle, handle *, size_t, handle *, size_t, handle *, size_t, handle);
  void function_destroy(handle); int32_t function_evaluate(handle, size_t, double *, double *, double *, handle);
  int32_t function_gradient(handle, size_t, double *, double *, double *, double *, double *, handle);
  int32_t function_jacobian(handle, size_t, double *, double *, double *, double *, handle);
  handle mlp_create(handle, size_t, size_t *, size_t, handle); void mlp_destroy_later(handle);
  size_t mlp_input_count(handle); size_t mlp_output_count(handle); size_t mlp_parameter_count(handle);
  handle mlp_parameter(handle, size_t); int32_t mlp_forward(handle, handle *, size_t, _Out_ handle *, size_t);
  handle mlp_load(handle, str); int32_t mlp_save(handle, str); int32_t mlp_predict(handle, double *, size_t, double *);
  int32_t mlp_fit(handle, double *, double *, size_t, handle, handle); handle fit_report_create();
  int32_t fit_options_set_progress(handle, smolgrad_progress *, handle); void fit_report_destroy(handle);
  int32_t fit_report_outcome(handle); size_t fit_report_epoch_count(handle);
  int32_t fit_report_get_history(handle, int32_t, double *, size_t)`
  .split(';').map((line) => [/\w+(?=\()/.exec(line)[0], library.func(line.trim().replace(/\w+\(/, 'smolgrad_$&'))]));
export const version = c.version_string();

const tapes = new FinalizationRegistry(c.tape_close);
const values = new FinalizationRegistry(c.value_release_later);
const functions = new FinalizationRegistry(c.function_destroy);
const models = new FinalizationRegistry(c.mlp_destroy_later);

/** `status` is the name of what went wrong, such as 'SMOLGRAD_ERROR_WRONG_TAPE'. */
export class SmolgradError extends Error {
  name = 'SmolgradError';
  constructor(code, message) {
    super(message);
    this.status = c.status_name(code);
  }
}

const [OUT_OF_MEMORY, STALE] = [2, 4];
const count = (number, name) => {
  if (Number.isSafeInteger(number) && number >= 0) return number;
  throw new RangeError(`${name} must be a whole number from 0, not ${number}`);
};

/** Checks an array, which C reads or writes in place. */
function checked(name, array, length) {
  if (!types.isFloat64Array(array)) throw new TypeError(`${name} must be a Float64Array`);
  if (array.length !== length) throw new RangeError(`${name} must hold ${length} numbers, not ${array.length}`);
  return array;
}
const rowsOf = (name, array, width) => checked(name, array, Math.ceil(array?.length / width) * width).length / width;

/** Checks a value. The handle of a closed scope must not reach C, where its place may have been taken again. */
function live(value) {
  if (!(value instanceof Value)) throw new TypeError(`expected a Value, not ${inspect(value)}`);
  if (value.scope?.closed) throw new SmolgradError(STALE, 'the value was released with its scope');
  return value;
}

/** With another reference, which belongs to no scope. */
const retained = (tape, handle) => new Value(tape, c.value_retain(handle), null);
const kept = (result) => (result instanceof Value ? retained(result.tape, live(result).handle) : result);

export class Tape {
  scopeNow = null;
  constructor() {
    this.handle = c.tape_create();
    if (!this.handle) throw new SmolgradError(OUT_OF_MEMORY, 'out of memory');
    tapes.register(this, this.handle);
  }
  /** A new leaf: an input or a parameter. @param {number} data */
  value(data) { return new Value(this, c.value_create(this.handle, data)); }
  /** A number that takes no gradient. @param {number} data */
  constant(data) { return new Value(this, c.constant(this.handle, data)); }
  get nodeCount() { return c.tape_node_count(this.handle); }
  zeroGrad() { this.check(c.tape_zero_grad(this.handle)); }
  /** Calls `record` and releases all values made meanwhile but those it returns: a value or an array of them. */
  scope(record) {
    const [outer, scope, opened] = [this.scopeNow, { closed: false }, c.tape_scope_open(this.handle)];
    if (!opened) throw this.error();
    this.scopeNow = scope;
    try {
      const result = record();
      return Array.isArray(result) ? result.map(kept) : kept(result);
    } finally {
      c.tape_scope_close(this.handle, opened);
      scope.closed = true;
      this.scopeNow = outer;
    }
  }
  /** @param {{ inputs?: Value[], shared?: Value[], outputs: Value[] }} values */
  compile({ inputs = [], shared = [], outputs }) {
    const lists = [inputs, shared, outputs];
    const handles = lists.flatMap((list) => [list.map((value) => live(value).handle), list.length]);
    return new CompiledFunction(this, c.function_compile(this.handle, ...handles, 0), lists);
  }
  /** A new model; `options` see OPTIONS. @param {number} inputs @param {number[]} layers */
  mlp(inputs, layers, options = {}) {
    const sizes = [count(inputs, 'inputs'), layers.map((size) => count(size, 'a layer')), layers.length];
    return withOptions('mlp', options, (handle) => new Mlp(this, c.mlp_create(this.handle, ...sizes, handle)));
  }
  /** The model that `Mlp.save` wrote. */
  loadMlp(path) { return new Mlp(this, c.mlp_load(this.handle, path)); }
  check(status) { if (status) throw this.error(); }
  /** The tape's error, which is cleared: the tape can be used again. */
  error() {
    const error = new SmolgradError(c.tape_error_code(this.handle), c.tape_error_message(this.handle));
    c.tape_clear_error(this.handle);
    return error;
  }
}

/** A number on a tape. Each operator below is a method of it: `a.add(b)`, `x.sin()`. */
export class Value {
  constructor(tape, handle, scope = tape.scopeNow) {
    if (!handle) throw tape.error();
    this.tape = tape;
    this.handle = handle;
    this.scope = scope;
    if (!scope) values.register(this, handle);
  }
  get data() { return c.value_data(live(this).handle); }
  set data(data) { this.tape.check(c.value_set_data(live(this).handle, data)); }
  get grad() { return c.value_grad(live(this).handle); }
  get label() { return c.value_label(live(this).handle); }
  set label(label) { this.tape.check(c.value_set_label(live(this).handle, label)); }
  /** The operator's name, 'leaf', or 'constant'. */
  get operation() { return c.value_operation(live(this).handle); }
  backward() { this.tape.check(c.backward(live(this).handle)); }
  toString() {
    const buffer = Buffer.alloc(128);
    this.tape.check(c.value_to_string(live(this).handle, buffer, buffer.length, null));
    return buffer.toString('utf8', 0, buffer.indexOf(0));
  }
  [inspect.custom]() { return this.toString(); }
  [Symbol.toPrimitive](hint) {
    if (hint === 'string') return this.toString();
    throw new TypeError('values have no operators: write a.add(b), not a + b');
  }
}

/** Makes an operator, as a method and as a function. */
const operators = {
  unary(name) {
    const call = native('handle', name, 'handle');
    Value.prototype[name] = function () { return new Value(this.tape, call(live(this).handle)); };
    return (x) => live(x)[name]();
  },
  binary(name) {
    const call = native('handle', name, 'handle', 'handle');
    const numberLast = native('handle', `${name}_number`, 'handle', 'double');
    const numberFirst = native('handle', `number_${name}`, 'double', 'handle');
    Value.prototype[name] = function (b) {
      const { tape, handle } = live(this);
      return new Value(tape, typeof b === 'number' ? numberLast(handle, b) : call(handle, live(b).handle));
    };
    return (a, b) => (typeof a === 'number' ? new Value(live(b).tape, numberFirst(a, b.handle)) : live(a)[name](b));
  },
};

// The names on the left are the table of operators.
const each = (kind) => new Proxy({}, { get: (_, name) => operators[kind](name) });
export const { add, sub, mul, div, pow, hypot, atan2, min, max } = each('binary');
export const {
  neg, square, sqrt, cbrt, abs, exp, exp2, expm1, log, log2, log10, log1p, sin, cos, tan, asin, acos, atan, sinh, cosh,
  tanh, asinh, acosh, atanh, erf, erfc, lgamma, normalCdf, relu, leakyRelu, elu, sigmoid, softplus, silu, gelu,
} = each('unary');

/** Arrays are Float64Arrays, row by row, and used without copying: `inputs`, the `shared` numbers if there are any, and
 * those of `into`, which has results (`outputs`, `dInputs`, `dShared`, `jacobian`) written to arrays of one's own. */
export class CompiledFunction {
  constructor(tape, handle, lists) {
    if (!handle) throw tape.error();
    this.handle = handle;
    [this.inputCount, this.sharedCount, this.outputCount] = lists.map((list) => list.length);
    functions.register(this, handle);
  }
  evaluate(...arrays) { return this.run(c.function_evaluate, ['outputs'], ...arrays); }
  gradient(...arrays) { return this.run(c.function_gradient, ['outputs', 'dInputs', 'dShared'], ...arrays); }
  jacobian(...arrays) { return this.run(c.function_jacobian, ['outputs', 'jacobian'], ...arrays); }
  run(call, names, inputs, shared = new Float64Array(0), into = {}) {
    const rows = this.inputCount ? rowsOf('inputs', inputs, this.inputCount) : 1;
    checked('shared', shared, this.sharedCount);
    const [outputs, dInputs, dShared] = [rows * this.outputCount, rows * this.inputCount, this.sharedCount];
    const sizes = { outputs, dInputs, dShared, jacobian: dInputs * this.outputCount };
    const results = names.map((name) => checked(name, into[name] ?? new Float64Array(sizes[name]), sizes[name]));
    const status = call(this.handle, rows, inputs, shared, ...results, 0);
    if (status) throw new SmolgradError(status, 'arrays overlap, or there are several outputs, or memory is out');
    return Object.fromEntries(names.map((name, i) => [name, results[i]]));
  }
}

/** Of models and fits: types in C, or the words for 0, 1, ... */
const OPTIONS = {
  activation: ['linear', 'relu', 'leakyRelu', 'elu', 'tanh', 'sigmoid', 'softplus', 'silu', 'gelu'],
  init: ['uniform', 'xavier', 'he'], head: ['none', 'sigmoid', 'softmax'],
  loss: ['mse', 'mae', 'huber', 'hinge', 'binaryCrossEntropy', 'crossEntropy'],
  optimizer: ['sgd', 'rmsprop', 'adam', 'adamw'], learningRate: 'double', validationFraction: 'double',
  epochs: 'size_t', batchSize: 'size_t', patience: 'size_t', threads: 'size_t', seed: 'uint64_t',
};
const OUTCOMES = ['finished', 'stopped early', 'cancelled', 'diverged'];

/** Lends C options of a kind to `use`. */
function withOptions(kind, given, use) {
  const options = native('handle', `${kind}_options_create`)();
  if (!options) throw new SmolgradError(OUT_OF_MEMORY, 'out of memory');
  try {
    for (const [name, value] of Object.entries(given)) {
      const type = OPTIONS[name];
      if (!type) throw new TypeError(`there is no option ${name}`);
      const words = Array.isArray(type);
      const number = words ? type.indexOf(value) : type === 'double' ? value : count(Number(value), name);
      const set = native('int32_t', `${kind}_options_set_${name}`, 'handle', words ? 'int32_t' : type);
      const status = set(options, number);
      if (status) throw new SmolgradError(status, `${name} cannot be ${value}`);
    }
    return use(options);
  } finally {
    native('void', `${kind}_options_destroy`, 'handle')(options);
  }
}

/** A multilayer perceptron. */
export class Mlp {
  constructor(tape, handle) {
    if (!handle) throw tape.error();
    Object.assign(this, { tape, handle });
    [this.inputCount, this.outputCount] = [c.mlp_input_count(handle), c.mlp_output_count(handle)];
    models.register(this, handle);
  }
  get parameters() {
    const indices = [...Array(c.mlp_parameter_count(this.handle)).keys()];
    return indices.map((i) => retained(this.tape, c.mlp_parameter(this.handle, i)));
  }
  /** Records the network. @param {Value[]} x @returns {Value[]} */
  forward(x) {
    const inputs = x.map((value) => live(value).handle);
    const outputs = Array(this.outputCount).fill(0);
    this.tape.check(c.mlp_forward(this.handle, inputs, inputs.length, outputs, outputs.length));
    return outputs.map((output) => new Value(this.tape, output));
  }
  predict(x, y) {
    const rows = rowsOf('x', x, this.inputCount);
    const outputs = checked('y', y ?? new Float64Array(rows * this.outputCount), rows * this.outputCount);
    this.tape.check(c.mlp_predict(this.handle, x, rows, outputs));
    return outputs;
  }
  save(path) { this.tape.check(c.mlp_save(this.handle, path)); }
  /** Trains. `progress` is called after each epoch, and cancels by returning false, which is an error that has the
   * `losses` so far, or by throwing, which is thrown on. @param {Float64Array} x @param {Float64Array} y */
  fit(x, y, { progress = () => true, ...options } = {}) {
    const rows = rowsOf('x', x, this.inputCount);
    checked('y', y, rows * (options.loss === 'crossEntropy' ? 1 : this.outputCount));
    let thrown;
    const callback = koffi.register((epoch, epochs, loss, validationLoss) => {
      try {
        return progress({ epoch, epochs, loss, validationLoss }) === false ? 1 : 0;
      } catch (error) {
        thrown = { error };
        return 1;
      }
    }, 'smolgrad_progress *');
    const report = c.fit_report_create();
    try {
      const status = withOptions('fit', options, (handle) => {
        c.fit_options_set_progress(handle, callback, 0);
        return c.mlp_fit(this.handle, x, y, rows, handle, report);
      });
      const error = status ? this.tape.error() : undefined;
      if (thrown) throw thrown.error;
      const losses = new Float64Array(c.fit_report_epoch_count(report));
      c.fit_report_get_history(report, 0, losses, losses.length); // of the training loss
      if (error) throw Object.assign(error, { losses });
      return { outcome: OUTCOMES[c.fit_report_outcome(report)], losses };
    } finally {
      c.fit_report_destroy(report);
      koffi.unregister(callback);
    }
  }
}
