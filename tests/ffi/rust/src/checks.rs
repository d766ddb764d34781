//! What the wrapper refuses or passes on. Prints nothing.
use smolgrad::{Activation, FitOptions, Function, Later, Mlp, MlpOptions, Result, Tape, Value};
use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};
use std::{ops::ControlFlow, path::Path, thread};

fn refused<T>(result: Result<T>, status: &str) {
    let error = result.err().expect(status);
    assert_eq!(error.status, format!("SMOLGRAD_ERROR_{status}"), "{error}");
}

fn lengths() -> Result<()> {
    let tape = Tape::new();
    let (x, y, a) = (tape.value(1.0), tape.value(2.0), tape.value(3.0));
    let f = Function::compile(&tape, &[&x, &y], &[&a], &[&(&a * &x + &y)])?;
    let (mut z, mut d) = ([0.0; 2], [0.0; 4]);
    for (inputs, shared) in [(3, 1), (4, 0), (4, 2)] {
        refused(f.evaluate(&[1.0; 4][..inputs], &[1.0; 2][..shared], &mut z), "INVALID_ARGUMENT");
    }
    refused(f.evaluate(&[1.0; 4], &[1.0], &mut z[..1]), "INVALID_ARGUMENT");
    refused(f.gradient(&[1.0; 4], &[1.0], &mut z, &mut d[..3], &mut []), "INVALID_ARGUMENT");
    refused(f.gradient(&[1.0; 4], &[1.0], &mut z, &mut d, &mut [0.0; 2]), "INVALID_ARGUMENT");
    // Any thread may run it.
    thread::scope(|scope| scope.spawn(|| f.gradient(&[1.0; 4], &[5.0], &mut [], &mut d, &mut [])).join().unwrap())?;
    assert_eq!(d, [5.0, 1.0, 5.0, 1.0]);

    let both = Function::compile(&tape, &[&x], &[], &[&x, &x.exp()])?;
    refused(both.gradient(&[1.0], &[], &mut [], &mut [0.0], &mut []), "INVALID_ARGUMENT");
    refused(Function::compile(&tape, &[&x, &x], &[], &[&y]), "INVALID_ARGUMENT");
    refused(Function::compile(&tape, &[&Tape::new().value(1.0)], &[], &[&y]), "WRONG_TAPE");
    Ok(())
}

fn values() -> Result<()> {
    let x = Tape::new().value(2.0);
    x.set_label("width")?;
    assert_eq!(x.label(), "width");
    refused(x.set_label("a\0b"), "INVALID_ARGUMENT");
    let y = &x * 3.0;
    refused(y.set_data(1.0), "INVALID_ARGUMENT");
    x.set_data(1.0)?;
    refused(y.backward(), "STALE");
    assert_eq!([(1.0 - &x).data(), (1.0 / y.clone()).data(), y.max(0.5).data()], [0.0, 1.0 / 6.0, 6.0]);

    // An operator panics, and the tape is as good as before.
    let sum = catch_unwind(AssertUnwindSafe(|| silently(|| &x + Tape::new().value(1.0))));
    assert!(sum.is_err() && (&x + &x).backward().is_ok());
    Ok(())
}

/// A number on either side of each operator: the value and its derivative at 3/4.
fn numbers() -> Result<()> {
    type Case = (fn(&Value) -> Value, f64, f64);
    let (power, angle) = (2f64.powf(0.75), 0.75f64.atan2(1.0));
    let cases: [Case; 22] = [
        (|x| x + 2.0, 2.75, 1.0),
        (|x| 2.0 + x, 2.75, 1.0),
        (|x| x - 2.0, -1.25, 1.0),
        (|x| 2.0 - x, 1.25, -1.0),
        (|x| x * 3.0, 2.25, 3.0),
        (|x| 3.0 * x, 2.25, 3.0),
        (|x| x / 4.0, 0.1875, 0.25),
        (|x| 3.0 / x, 4.0, -16.0 / 3.0),
        (|x| 1.0 - x.clone() * 4.0, -2.0, -4.0),
        (|x| 3.0 / x.clone() + 1.0, 5.0, -16.0 / 3.0),
        (|x| x.pow(3.0), 0.421875, 1.6875),
        (|x| x.pow(-0.5), 1.0 / 0.75f64.sqrt(), -0.5 / 0.75 / 0.75f64.sqrt()),
        (|x| Value::number_pow(2.0, x), power, power * std::f64::consts::LN_2),
        (|x| x.hypot(1.0), 1.25, 0.6),
        (|x| Value::number_hypot(1.0, x), 1.25, 0.6),
        (|x| x.atan2(1.0), angle, 0.64),
        (|x| Value::number_atan2(1.0, x), std::f64::consts::FRAC_PI_2 - angle, -0.64),
        (|x| x.min(0.5), 0.5, 0.0),
        (|x| Value::number_min(1.0, x), 0.75, 1.0),
        (|x| x.max(0.5), 0.75, 1.0),
        (|x| Value::number_max(1.0, x), 1.0, 0.0),
        (|x| x.max(f64::NEG_INFINITY), 0.75, 1.0),
    ];
    for (i, (formula, value, slope)) in cases.into_iter().enumerate() {
        let x = Tape::new().value(0.75);
        let y = formula(&x);
        y.backward()?;
        let near = |a: f64, b: f64| (a - b).abs() <= 1e-15 * b.abs();
        assert!(near(y.data(), value) && near(x.grad(), slope), "case {i}: {y}, {}", x.grad());
    }
    Ok(())
}

/// Values outlive their tape's name, and the tape itself if they are given away.
fn lifetimes() {
    let given: Vec<Later> = {
        let values: Vec<Value> = (0..10).map(|i| Tape::new().value(f64::from(i)).exp()).collect();
        assert!(values.iter().all(|value| value.data() >= 1.0));
        values.into_iter().map(Value::into_later).collect()
    };
    thread::spawn(move || drop(given)).join().unwrap();
}

fn models(path: &Path) -> Result<()> {
    let tape = Tape::new();
    let mut model = Mlp::new(&tape, 2, &[3, 1], &MlpOptions { activation: Activation::Gelu, seed: 5 })?;
    let (x, y) = ([0.1, 0.2, 0.3, 0.4], [1.0, 0.0]);
    let options = FitOptions { epochs: 5, batch_size: 2, learning_rate: 0.1, seed: 0 };
    let go_on = |_: smolgrad::Epoch| ControlFlow::Continue(());
    refused(model.fit(&x, &y[..1], &options, go_on), "INVALID_ARGUMENT");
    refused(model.fit(&x[..3], &y, &options, go_on), "INVALID_ARGUMENT");
    refused(model.predict(&x[..3]), "INVALID_ARGUMENT");
    refused(model.forward(&[tape.value(1.0)]), "INVALID_ARGUMENT");
    refused(model.fit(&x, &y, &FitOptions { learning_rate: -1.0, ..options }, go_on), "INVALID_ARGUMENT");

    // A panic in the callback ends the fit and comes out of it; the model can be used on.
    let mut epochs = 0;
    let stopped = catch_unwind(AssertUnwindSafe(|| {
        model.fit(&x, &y, &options, |epoch| {
            assert_eq!(epoch.model.predict(&x).map(|y| y.len()).ok(), Some(2));
            epochs += 1;
            resume_unwind(Box::new("stop"))
        })
    }));
    assert_eq!((stopped.err().and_then(|panic| panic.downcast().ok()), epochs), (Some(Box::new("stop")), 1));
    assert_eq!(model.fit(&x, &y, &options, go_on)?.losses.len(), 5);

    model.save(path)?;
    let read = Mlp::load(&tape, path)?;
    assert_eq!(read.predict(&x)?, model.predict(&x)?);
    refused(Mlp::load(&tape, &path.join("none")), "IO");
    let out = read.forward(&[tape.value(0.1), tape.value(0.2)])?;
    out[0].backward()?;
    assert!((out[0].data() - read.predict(&x)?[0]).abs() < 1e-12);
    let parameters = read.parameters();
    drop(read);
    assert_eq!((parameters.len(), parameters[12].grad()), (13, 1.0));
    Ok(())
}

/// Without the message of a panic.
fn silently<T>(run: impl FnOnce() -> T) -> T {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let result = catch_unwind(AssertUnwindSafe(run));
    std::panic::set_hook(hook);
    result.unwrap_or_else(|panic| resume_unwind(panic))
}

pub fn run() -> Result<()> {
    lengths()?;
    values()?;
    numbers()?;
    lifetimes();
    models(Path::new("model.safetensors"))
}
