/* What the wrapper does when something is wrong, and what the program does not use. */
import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import * as smolgrad from './smolgrad.js';

const { atan2, pow, sin, SmolgradError, sub, Tape } = smolgrad;

const failsWith = (status, call) =>
  assert.throws(call, (error) => error instanceof SmolgradError && error.status === `SMOLGRAD_ERROR_${status}`);

const tape = new Tape();
const [x, y] = [tape.value(3), tape.value(2)];

/* Operands. */
assert.equal(sub(1, x).data, -2);
assert.equal(pow(2, x).sub(y).div(2).data, 3);
assert.equal(atan2(x, y).data, Math.atan2(3, 2));
assert.equal(x.normalCdf().operation, 'normal_cdf');
assert.throws(() => x.add('1'), TypeError);
assert.throws(() => sin(1), TypeError);
assert.throws(() => sub(1, 2), TypeError);
assert.throws(() => x + y, TypeError);
x.label = 'größe';
assert.equal(x.label, 'größe');

/* A number on either side: the value and its derivatives by the left and the right operand, by closed forms. */
const closedForms = {
  add: (a, b) => [a + b, 1, 1],
  sub: (a, b) => [a - b, 1, -1],
  mul: (a, b) => [a * b, b, a],
  div: (a, b) => [a / b, 1 / b, -a / b ** 2],
  pow: (a, b) => [a ** b, b * a ** (b - 1), a ** b * Math.log(a)],
  hypot: (a, b) => [Math.hypot(a, b), a / Math.hypot(a, b), b / Math.hypot(a, b)],
  atan2: (a, b) => [Math.atan2(a, b), b / (a * a + b * b), -a / (a * a + b * b)],
  min: (a, b) => [Math.min(a, b), Number(a < b), Number(b < a)],
  max: (a, b) => [Math.max(a, b), Number(a > b), Number(b > a)],
};
const near = (actual, expected) => assert(Math.abs(actual - expected) < 1e-13, `${actual}, not ${expected}`);
for (const [name, closedForm] of Object.entries(closedForms)) {
  for (const [a, b] of [[0.7, 3], [3, 0.7]]) {
    const [data, byLeft, byRight] = closedForm(a, b);
    for (const [operate, number, grad] of [
      [(value) => value[name](b), a, byLeft],
      [(value) => smolgrad[name](value, b), a, byLeft],
      [(value) => smolgrad[name](a, value), b, byRight],
    ]) {
      const leaf = tape.value(number);
      const result = operate(leaf);
      result.backward();
      assert.equal(result.operation, name);
      near(result.data, data);
      near(leaf.grad, grad);
    }
  }
}

/* Errors leave the tape as it can be used. */
const square = x.mul(x);
x.data = 4;
failsWith('STALE', () => square.backward());
failsWith('INVALID_ARGUMENT', () => { square.data = 1; });
failsWith('WRONG_TAPE', () => x.add(new Tape().value(1)));
assert.equal(x.mul(x).data, 16);
assert(Number.isNaN(sub(1, x).log().data));

/* Scopes. */
let gone;
let root;
for (let i = 0; i < 100; ++i) {
  [root] = tape.scope(() => {
    gone = x.exp();
    for (let k = 0; k < 1000; ++k) x.sin();
    return [tape.scope(() => x.mul(5)).add(1)];
  });
}
assert(tape.nodeCount < 10000);
assert.equal(root.data, 21);
failsWith('STALE', () => gone.data);
assert.throws(() => tape.scope(() => { throw new RangeError('mine'); }), RangeError);
assert.equal(x.add(1).data, 5);

/* Arrays are used where they are, and never with a length that C does not expect. */
failsWith('INVALID_ARGUMENT', () => tape.compile({ inputs: [square], outputs: [x] }));
const scale = tape.value(1);
const f = tape.compile({ inputs: [x, y], shared: [scale], outputs: [x.mul(y).mul(scale)] });
const [inputs, shared] = [Float64Array.of(1, 2, 3, 4), Float64Array.of(10)];
const into = { outputs: new Float64Array(2), dInputs: new Float64Array(4) };
assert.equal(f.gradient(inputs, shared, into).outputs, into.outputs);
assert.deepEqual([...into.outputs, ...into.dInputs], [20, 120, 20, 10, 40, 30]);
assert.deepEqual([...f.evaluate(inputs.subarray(2), shared).outputs], [120]);
assert.deepEqual([...f.jacobian(inputs, shared).jacobian], [20, 10, 40, 30]);
assert.deepEqual([...tape.compile({ outputs: [scale.add(1)] }).evaluate().outputs], [2]);
assert.throws(() => f.evaluate([1, 2], shared), TypeError);
assert.throws(() => f.evaluate(Float32Array.of(1, 2), shared), TypeError);
assert.throws(() => f.evaluate(Float64Array.of(1, 2, 3), shared), RangeError);
assert.throws(() => f.evaluate(inputs), RangeError);
assert.throws(() => f.gradient(inputs, shared, { dInputs: new Float64Array(3) }), RangeError);
failsWith('INVALID_ARGUMENT', () => f.evaluate(inputs, shared, { outputs: inputs.subarray(0, 2) }));

/* Models. */
const model = tape.scope(() => tape.mlp(2, [3, 1], { activation: 'tanh' }));
const [output] = model.forward([x, y]);
const predicted = model.predict(Float64Array.of(x.data, y.data));
assert.equal(output.data, predicted[0]);
output.backward();
assert(model.parameters[0].grad !== 0);
const path = fileURLToPath(new URL('model.safetensors', import.meta.url));
model.save(path);
assert.deepEqual(tape.loadMlp(path).predict(Float64Array.of(x.data, y.data)), predicted);
failsWith('IO', () => tape.loadMlp(`${path}.none`));
failsWith('INVALID_ARGUMENT', () => model.forward([x]));
failsWith('INVALID_ARGUMENT', () => tape.mlp(2, [1], { activation: 'none' }));
assert.throws(() => tape.mlp(2, [-1]), RangeError);
assert.throws(() => tape.mlp(2, [1], { sed: 1 }), TypeError);
const targets = Float64Array.of(1, 2);
assert.throws(() => model.predict(Float64Array.of(1)), RangeError);
assert.throws(() => model.predict(inputs, new Float64Array(1)), RangeError);
assert.throws(() => model.fit(inputs, Float64Array.of(1)), RangeError);
assert.throws(() => model.fit(inputs, targets, { epochs: -1 }), RangeError);
failsWith('INVALID_ARGUMENT', () => model.fit(inputs, targets, { learningRate: -1 }));

/* What a callback throws comes out of the fit it cancels, at once; a callback may use the model. */
let calls = 0;
const mine = new RangeError('mine');
assert.throws(() => model.fit(inputs, targets, { progress() { ++calls; throw mine; } }), (error) => error === mine);
assert.equal(calls, 1);
const seen = [];
const { outcome, losses } = model.fit(inputs, targets, {
  epochs: 5,
  progress({ loss }) { seen.push(loss, ...model.predict(inputs)); },
});
assert.equal(outcome, 'finished');
assert.deepEqual([...losses], seen.filter((_, i) => i % 3 === 0));

/* Finalizers run in any order, those of tapes before those of what is on them too. */
function drop() {
  const dropped = new Tape();
  dropped.mlp(2, [1]).forward([dropped.value(1), dropped.value(2)]);
  dropped.compile({ outputs: [dropped.constant(1)] });
}
for (let i = 0; i < 100; ++i) drop();
for (let i = 0; i < 10000; ++i) x.add(1);
for (const end = Date.now() + 10000; tape.nodeCount > 9000; await turn()) {
  assert(Date.now() < end, `${tape.nodeCount} values are still there`);
  globalThis.gc();
  assert.equal(x.data, 4);
}
