#!/usr/bin/env python3
"""Writes the expected values of the tests with NumPy, independently of the library: print.txt, mlp.txt and mlp_large.txt in this
folder.

Run it again only when a test's model or cases change; the files are part of the repository, so tests need no NumPy. The numbers of the
perceptrons were compared once with PyTorch 1.13 (float64, torch.nn.Linear, cross_entropy, torch.optim.Adam): they agree in all digits
written but the last.
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


# ---- mlp.txt, mlp_large.txt: five Adam steps of a small perceptron and of 784-512-256-10, float64 ----

def mlp_numbers(count, seed):
    """The test makes the same numbers: a linear congruential generator, 31 bits, mapped to -1 .. 1."""
    out, state = [], seed
    for _ in range(count):
        state = (state * 1103515245 + 12345) % 2**31
        out.append(state / 2**30 - 1)
    return np.array(out)


def mlp_model(sizes, scale):
    """Parameters of a multilayer perceptron, in the order of their making; numbers with the seeds 2, 3, ..., as f32 where scale is None."""
    params = {}
    for layer, (fan_in, fan_out) in enumerate(zip(sizes, sizes[1:])):
        for name, shape in (("weight", (fan_out, fan_in)), ("bias", (fan_out,))):
            numbers = mlp_numbers(int(np.prod(shape)), len(params) + 2).reshape(shape)
            params[f"fc{layer + 1}.{name}"] = numbers * scale if scale else (numbers / np.sqrt(fan_in)).astype(np.float32).astype(np.float64)
    return params


def mlp_gradients(params, x, y):
    """Mean cross entropy of a perceptron with ReLU, and its gradients by parameter."""
    layers, n, grads = len(params) // 2, len(x), {}
    inputs = [x]
    for layer in range(1, layers + 1):
        z = inputs[-1] @ params[f"fc{layer}.weight"].T + params[f"fc{layer}.bias"]
        inputs.append(np.where(z > 0, z, 0) if layer < layers else z)
    shifted = inputs[-1] - inputs[-1].max(1, keepdims=True)
    logp = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
    g = np.exp(logp)
    g[np.arange(n), y] -= 1
    g /= n
    for layer in range(layers, 0, -1):
        grads[f"fc{layer}.weight"], grads[f"fc{layer}.bias"] = g.T @ inputs[layer - 1], g.sum(0)
        g = (g @ params[f"fc{layer}.weight"]) * (inputs[layer - 1] > 0)
    return -logp[np.arange(n), y].mean(), grads


def mlp_steps(out, params, x, y, lr, put):
    m = {k: np.zeros_like(v) for k, v in params.items()}
    v = {k: np.zeros_like(p) for k, p in params.items()}
    b1, b2, eps = 0.9, 0.999, 1e-8
    for step in range(1, 6):
        loss, grads = mlp_gradients(params, x, y)
        out.write(f"loss {loss:.17g}\n")
        for k in params:
            put(out, "grad", k, grads[k])
            m[k] = b1 * m[k] + (1 - b1) * grads[k]
            v[k] = b2 * v[k] + (1 - b2) * grads[k] ** 2
            params[k] = params[k] - lr / (1 - b1**step) * m[k] / (np.sqrt(v[k]) / np.sqrt(1 - b2**step) + eps)
            put(out, "param", k, params[k])


def put_all(out, kind, name, array):
    out.write(f"{kind} {name} " + " ".join(f"{a:.17g}" for a in array.ravel()) + "\n")


def put_sample(out, kind, name, array):
    """The Euclidean norm, and ten elements spread over it."""
    flat = array.ravel()
    sample = [np.sqrt((flat**2).sum()), *(flat[(i * 7919 + 5) % len(flat)] for i in range(10))]
    out.write(f"{kind} {name} " + " ".join(f"{a:.9g}" for a in sample) + "\n")


def small_mlp(out):
    x = mlp_numbers(8 * 6, 1).reshape(8, 6)
    mlp_steps(out, mlp_model([6, 5, 3], 0.5), x, np.arange(8) % 3, 1e-2, put_all)


def large_mlp(out):
    """784-512-256-10 on a batch of 128; pixels are bytes / 255, a label follows from the brightest of ten regions of its image."""
    pixels = np.floor(np.abs(mlp_numbers(128 * 784, 1)) * 256).reshape(128, 784)
    mlp_steps(out, mlp_model([784, 512, 256, 10], None), pixels / 255, pixels[:, :780].reshape(128, 10, 78).sum(2).argmax(1), 1e-3, put_sample)


if __name__ == "__main__":
    with open(os.path.join(FOLDER, "print.txt"), "w") as file:
        print_cases(file)
    with open(os.path.join(FOLDER, "mlp.txt"), "w") as file:
        small_mlp(file)
    with open(os.path.join(FOLDER, "mlp_large.txt"), "w") as file:
        large_mlp(file)
