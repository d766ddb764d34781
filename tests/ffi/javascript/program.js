/* What the program of every language here does and prints. `node program.js cost` prints what an operation costs. */
import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { add, div, exp, mul, sin, sub, SmolgradError, Tape, version } from './smolgrad.js';

const show = (...numbers) => numbers.map((number) => number.toFixed(6)).join(' ');

/* micrograd's expression, its numbers and operators in every order. */
function expression() {
  const tape = new Tape();
  const [a, b] = [tape.value(-4), tape.value(2)];
  let c = a.add(b);
  let d = a.mul(b).add(b.pow(3));
  c = c.add(c.add(1));
  c = c.add(add(1, c).sub(a));
  d = d.add(d.mul(2).add(b.add(a).relu()));
  d = d.add(mul(3, d).add(b.sub(a).relu()));
  const e = c.sub(d).pow(2);
  const g = e.div(2).add(div(10, e));
  g.backward();
  console.log(`value ${show(g.data, a.grad, b.grad)}`);
}

function text() {
  const x = new Tape().value(2);
  const y = x.neg().sub(x).tanh();
  x.mul(x).backward();
  console.log(`text ${x} ${y.operation}`);
}

/* f(x, y; a) = exp(a x) sin(y) at a thousand points, on the caller's arrays. */
function compiled() {
  const tape = new Tape();
  const [x, y, a] = [tape.value(1), tape.value(2), tape.value(0.5)];
  const wave = tape.compile({ inputs: [x, y], shared: [a], outputs: [exp(a.mul(x)).mul(sin(y))] });
  const points = Array.from({ length: 1000 }, (_, i) => [i / 1000, 1 - i / 500]);
  const { outputs, dInputs, dShared } = wave.gradient(Float64Array.from(points.flat()), Float64Array.of(0.7));
  for (let i = 0; i < 1000; i += 333) console.log(`function ${show(outputs[i], dInputs[2 * i], dInputs[2 * i + 1])}`);
  console.log(`shared ${show(dShared[0])}`);
}

/* A model learns x y on a grid; then a fit that is cancelled. */
function training() {
  const model = new Tape().mlp(2, [8, 1], { activation: 'tanh', seed: 1 });
  const grid = Array.from({ length: 100 }, (_, i) => [Math.floor(i / 10) / 4.5 - 1, (i % 10) / 4.5 - 1]);
  const x = Float64Array.from(grid.flat());
  const y = Float64Array.from(grid, ([left, right]) => left * right);
  const options = { epochs: 100, batchSize: 10, learningRate: 0.02, seed: 3 };
  model.fit(x, y, {
    ...options,
    progress({ epoch, epochs, loss }) {
      if (epoch % 25 === 0) console.log(`epoch ${epoch} of ${epochs} loss ${show(loss)}`);
    },
  });
  console.log(`predict ${show(...model.predict(Float64Array.of(0.5, 0.5, -0.5, 0.5)))}`);
  try {
    model.fit(x, y, { ...options, progress: ({ epoch }) => epoch < 3 });
  } catch (error) {
    console.log(`cancelled ${error.status} after ${error.losses.length}`);
  }
}

function failure() {
  const [a, foreign] = [new Tape().value(1), new Tape().value(2)];
  try {
    a.add(foreign);
  } catch (error) {
    if (!(error instanceof SmolgradError)) throw error;
    console.log(`error ${error.status}: ${error.message}`);
  }
  console.log(`after ${show(a.add(a).data)}`);
}

/* A million values dropped; finalizers run between turns of the event loop. */
async function garbage() {
  const tape = new Tape();
  const x = tape.value(0.5);
  for (let i = 0; i < 1e6; ++i) x.sin();
  for (const end = Date.now() + 10000; tape.nodeCount > 100; await turn()) {
    assert(Date.now() < end, `${tape.nodeCount} values are still there`);
    globalThis.gc();
    assert.equal(x.data, 0.5);
  }
  console.log('freed 1000000');
}

/* Nanoseconds an operation: a product recorded, its share of backward, its release. */
async function cost() {
  const [length, rounds] = [1000, 3000];
  const x = new Tape().value(1.0001);
  const begin = performance.now();
  for (let i = 0; i < rounds; ++i) {
    let y = x;
    for (let k = 0; k < length; ++k) y = y.mul(x);
    y.backward();
    await turn();
  }
  console.log(`${((performance.now() - begin) * 1e6 / rounds / length).toFixed(1)} ns`);
}

if (process.argv[2] === 'cost') {
  await cost();
} else {
  console.log(`version ${version}`);
  expression();
  text();
  compiled();
  training();
  failure();
  await garbage();
}
