#!/usr/bin/env python3
"""Writes the expected values of the tests with NumPy, independently of the library: print.txt and mlp.txt in this folder.

Run it again only when a test's model or cases change; the files are part of the repository, so tests need no NumPy.
"""
import os
import numpy as np

FOLDER = os.path.dirname(os.path.abspath(__file__))
NAMES = {"bool": np.bool_, "u8": np.uint8, "i32": np.int32, "u32": np.uint32, "i64": np.int64, "f32": np.float32, "f64": np.float64}


# ---- print.txt: one case is `case DTYPE RANK SIZES... values HEX...` or `... linear START STEP`, then NumPy's text behind `|` ----

def bits(array):
    width = array.dtype.itemsize
    raw = np.ascontiguousarray(array).reshape(-1).view(np.uint8).reshape(-1, width)
    return [int.from_bytes(bytes(row), "little") for row in raw]


def put_case(out, name, array, how):
    text = str(array if array.ndim else array[()])
    out.write(f"case {name} {array.ndim} {' '.join(map(str, array.shape))} {how}\n")
    out.writelines(f"|{line}\n" for line in text.split("\n"))


def values(out, name, data, shape=None):
    array = np.array(data, dtype=NAMES[name])
    array = array if shape is None else array.reshape(shape)
    put_case(out, name, array, "values " + " ".join(f"{b:x}" for b in bits(array)))


def linear(out, name, shape, start, step):
    count = int(np.prod(shape))
    array = (start + step * np.arange(count, dtype=np.float64)).astype(NAMES[name]).reshape(shape)
    put_case(out, name, array, f"linear {float(start).hex()} {float(step).hex()}")


def print_cases(out):
    nan, inf = float("nan"), float("inf")
    for name in ("f32", "f64"):
        for data in ([1, 2, 3], [0.1, 0.25, 100], [1e-5, 1], [1e-10, 1.25, 3], [1e7, 1.5], [1e5, 1], [123456.789, 1], [nan, 1, inf],
                     [-inf, 0.5], [nan], [inf, nan], [0, -0.0], [1 / 3, 2 / 3, 1], [-1.5, 2], [1e-45, 1], [3.4028235e38, -1],
                     [999999, 1000], [1000000, 10000], [0.0001, 0.1], [0.00009999, 0.01], [1, 1000.5], [1, 1000], [5e-324 if name == "f64" else 0, 1],
                     [1.123456789012345, 100.98765432109876], [1e20, nan, -inf], [0.000012345678912, 12.5], [123456789.125, 99999999.5]):
            values(out, name, data)
        for data in (1.0, 0.1, 1 / 3, 1e-4, 9.9e-5, 1e15, 1e16, 1.5e20, -2.5, nan, -inf, 0.0, -0.0, 123456.789, 2e-7):
            values(out, name, data)
        values(out, name, np.linspace(-1, 1, 24), (2, 3, 4))
        values(out, name, np.linspace(0, 7, 40) ** 3)
        linear(out, name, (1001,), 0, 1)
        linear(out, name, (1000,), 0, 0.5)
        linear(out, name, (40, 40), -3, 0.01)
        linear(out, name, (3, 4, 200), 0, 1)
        linear(out, name, (12, 2, 60), 0, 0.125)
        linear(out, name, (2, 30), 0.001, 0.0371)
    for name in ("i32", "i64"):
        values(out, name, [1, -20, 300])
        values(out, name, -7)
        linear(out, name, (5, 50), -100, 7)
        linear(out, name, (2000,), 0, -3)
        values(out, name, np.arange(8), (2, 2, 2))
    values(out, "i64", [9223372036854775807, -9223372036854775808])
    values(out, "u32", [4294967295, 0])
    values(out, "u8", list(range(0, 256, 5)))
    values(out, "bool", [True, False, True])
    values(out, "bool", True)
    values(out, "bool", [[True], [False]])
    values(out, "f32", [], (0,))
    values(out, "f32", [], (2, 0, 3))
    values(out, "f32", [[[[1.5]]]])


# ---- mlp.txt: five Adam steps of a small MLP, float64 ----

def mlp_numbers(count, seed):
    """The test makes the same numbers: a linear congruential generator, 31 bits, mapped to -1 .. 1."""
    out, state = [], seed
    for _ in range(count):
        state = (state * 1103515245 + 12345) % 2**31
        out.append(state / 2**30 - 1)
    return np.array(out)


def mlp_steps(out):
    n, d, h, c = 8, 6, 5, 3
    x = mlp_numbers(n * d, 1).reshape(n, d)
    y = np.arange(n) % c
    params = {"fc1.weight": mlp_numbers(h * d, 2).reshape(h, d) * 0.5, "fc1.bias": mlp_numbers(h, 3) * 0.5,
              "fc2.weight": mlp_numbers(c * h, 4).reshape(c, h) * 0.5, "fc2.bias": mlp_numbers(c, 5) * 0.5}
    m = {k: np.zeros_like(v) for k, v in params.items()}
    v = {k: np.zeros_like(p) for k, p in params.items()}
    lr, b1, b2, eps = 1e-2, 0.9, 0.999, 1e-8
    for step in range(1, 6):
        z1 = x @ params["fc1.weight"].T + params["fc1.bias"]
        a1 = np.where(z1 > 0, z1, 0)
        z2 = a1 @ params["fc2.weight"].T + params["fc2.bias"]
        shifted = z2 - z2.max(1, keepdims=True)
        logp = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
        loss = -logp[np.arange(n), y].mean()
        g2 = np.exp(logp)
        g2[np.arange(n), y] -= 1
        g2 /= n
        g1 = (g2 @ params["fc2.weight"]) * (z1 > 0)
        grads = {"fc1.weight": g1.T @ x, "fc1.bias": g1.sum(0), "fc2.weight": g2.T @ a1, "fc2.bias": g2.sum(0)}
        out.write(f"loss {loss:.17g}\n")
        for k in params:
            out.write(f"grad {k} " + " ".join(f"{g:.17g}" for g in grads[k].ravel()) + "\n")
            m[k] = b1 * m[k] + (1 - b1) * grads[k]
            v[k] = b2 * v[k] + (1 - b2) * grads[k] ** 2
            params[k] = params[k] - lr / (1 - b1**step) * m[k] / (np.sqrt(v[k]) / np.sqrt(1 - b2**step) + eps)
            out.write(f"param {k} " + " ".join(f"{p:.17g}" for p in params[k].ravel()) + "\n")


if __name__ == "__main__":
    with open(os.path.join(FOLDER, "print.txt"), "w") as file:
        print_cases(file)
    with open(os.path.join(FOLDER, "mlp.txt"), "w") as file:
        mlp_steps(file)
