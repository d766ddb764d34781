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
    lifetimes();
    models(Path::new("model.safetensors"))
}
