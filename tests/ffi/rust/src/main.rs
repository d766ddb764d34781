//! What the program of every language here prints, with smolgrad as a crate. `program cost` prints what an operation
//! costs instead.
mod checks;

use smolgrad::{Activation, Epoch, FitOptions, Function, Mlp, MlpOptions, Result, Tape};
use std::{ops::ControlFlow, sync::mpsc, thread, time::Instant};

/// micrograd's expression, its numbers and operators in every order.
fn expression() -> Result<()> {
    let tape = Tape::new();
    let (a, b) = (tape.value(-4.0), tape.value(2.0));
    let mut c = &a + &b;
    let mut d = &a * &b + b.pow(3.0);
    c = &c + (&c + 1.0);
    c = &c + (1.0 + &c - &a);
    d = &d + (&d * 2.0 + (&b + &a).relu());
    d = &d + (3.0 * &d + (&b - &a).relu());
    let e = (c - d).pow(2.0);
    let g = &e / 2.0 + 10.0 / e;
    g.backward()?;
    println!("value {:.6} {:.6} {:.6}", g.data(), a.grad(), b.grad());
    Ok(())
}

fn text() -> Result<()> {
    let tape = Tape::new();
    let x = tape.value(2.0);
    let y = (-&x - &x).tanh();
    (&x * &x).backward()?;
    println!("text {x} {}", y.operation());
    Ok(())
}

/// f(x, y; a) = exp(a x) sin(y) at a thousand points, on the caller's slices.
fn function() -> Result<()> {
    let wave = {
        let tape = Tape::new();
        let (x, y, a) = (tape.value(1.0), tape.value(2.0), tape.value(0.5));
        Function::compile(&tape, &[&x, &y], &[&a], &[&((&a * &x).exp() * y.sin())])?
    };
    let xy: Vec<f64> = (0..1000).map(f64::from).flat_map(|i| [i / 1000.0, 1.0 - i / 500.0]).collect();
    let (mut z, mut d_xy, mut d_a) = (vec![0.0; 1000], vec![0.0; 2000], [0.0]);
    wave.gradient(&xy, &[0.7], &mut z, &mut d_xy, &mut d_a)?;
    for i in (0..1000).step_by(333) {
        println!("function {:.6} {:.6} {:.6}", z[i], d_xy[2 * i], d_xy[2 * i + 1]);
    }
    println!("shared {:.6}", d_a[0]);
    Ok(())
}

/// A model learns x y on a grid; then a fit that is cancelled.
fn training() -> Result<()> {
    let options = MlpOptions { activation: Activation::Tanh, seed: 1 };
    let mut model = Mlp::new(&Tape::new(), 2, &[8, 1], &options)?;
    let at = |i: i32| f64::from(i) / 4.5 - 1.0;
    let x: Vec<f64> = (0..100).flat_map(|i| [at(i / 10), at(i % 10)]).collect();
    let y: Vec<f64> = x.chunks(2).map(|point| point[0] * point[1]).collect();
    let options = FitOptions { epochs: 100, batch_size: 10, learning_rate: 0.02, seed: 3 };
    model.fit(&x, &y, &options, |Epoch { number, of, loss, .. }| {
        if number % 25 == 0 {
            println!("epoch {number} of {of} loss {loss:.6}");
        }
        ControlFlow::Continue(())
    })?;
    let predicted = model.predict(&[0.5, 0.5, -0.5, 0.5])?;
    println!("predict {:.6} {:.6}", predicted[0], predicted[1]);
    let report = model.fit(&x, &y, &options, |epoch| {
        if epoch.number == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    println!("cancelled {} after {}", report.status, report.losses.len());
    Ok(())
}

/// An operation that fails; afterwards the tape can be used again.
fn error() {
    let (a, foreign) = (Tape::new().value(1.0), Tape::new().value(2.0));
    match a.try_add(&foreign) {
        Ok(sum) => panic!("{sum}"),
        Err(error) => println!("error {error}"),
    }
    println!("after {:.6}", (&a + &a).data());
}

/// A million values dropped while others are made, half of them on another thread.
fn garbage() {
    let tape = Tape::new();
    let x = tape.value(0.5);
    let (give, given) = mpsc::channel();
    let collector = thread::spawn(move || given.into_iter().for_each(drop));
    for _ in 0..500_000 {
        x.sin();
        give.send(x.sin().into_later()).unwrap();
    }
    drop(give);
    collector.join().unwrap();
    assert!(tape.node_count() <= 100);
    println!("freed 1000000");
}

/// Nanoseconds an operation: a product recorded, its share of backward, its release.
fn cost() -> Result<()> {
    const LENGTH: u32 = 1000;
    const ROUNDS: u32 = 50_000;
    let x = Tape::new().value(1.0001);
    let begin = Instant::now();
    for _ in 0..ROUNDS {
        let mut y = x.clone();
        for _ in 0..LENGTH {
            y = y * &x;
        }
        y.backward()?;
    }
    println!("{:.1} ns", begin.elapsed().as_secs_f64() * 1e9 / f64::from(ROUNDS) / f64::from(LENGTH));
    Ok(())
}

fn main() -> Result<()> {
    if std::env::args().nth(1).as_deref() == Some("cost") {
        return cost();
    }
    println!("version {}", smolgrad::version());
    expression()?;
    text()?;
    function()?;
    training()?;
    error();
    garbage();
    checks::run()
}
