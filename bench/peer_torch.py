"""The benchmark's workloads in torch. Reads lines "THREADS CALLS WORKLOAD PARAMETERS...", answers each with the seconds the calls took."""
import sys
import time

import torch
import torch.nn.functional as F

made = {}  # workload line -> function of no arguments; one at a time, to keep memory small


def rand(*shape):
    return torch.rand(*shape) * 2 - 1


def silu(n):
    a, b, c = rand(n), rand(n), rand(n)
    return lambda: F.silu(torch.addcmul(c, a, b))


def softmax(rows, columns):
    x = rand(rows, columns)
    return lambda: torch.softmax(x, -1)


def layer_norm(rows, columns):
    x, w, b = rand(rows, columns), rand(columns), rand(columns)
    return lambda: F.layer_norm(x, (columns,), w, b)


def layer_norm_backward(rows, columns):
    x, w, b, g = rand(rows, columns), rand(columns), rand(columns), rand(rows, columns)
    for t in (x, w, b):
        t.requires_grad_()

    def run():
        with torch.enable_grad():
            torch.autograd.grad(F.layer_norm(x, (columns,), w, b), (x, w, b), g)
    return run


def matmul(m, k, n):
    a, b = rand(m, k), rand(k, n)
    return lambda: a @ b


def batch_matmul(batch, n):
    a, b = rand(batch, n, n), rand(batch, n, n)
    return lambda: a @ b


def linear_gelu(m, k, n):
    x, w, b = rand(m, k), rand(k, n), rand(n)
    return lambda: F.gelu(torch.addmm(b, x, w))


def train(model, x, loss_of, optimizer):
    def run():
        with torch.enable_grad():
            optimizer.zero_grad(set_to_none=True)
            loss_of(model(x)).backward()
            optimizer.step()
    return run


def mlp():
    nn = torch.nn
    model = nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 256), nn.ReLU(), nn.Linear(256, 10))
    labels = torch.randint(0, 10, (128,))
    return train(model, rand(128, 784), lambda y: F.cross_entropy(y, labels), torch.optim.Adam(model.parameters(), lr=1e-3))


def cnn(batch):
    nn = torch.nn
    model = nn.Sequential(nn.Conv2d(1, 32, 5), nn.ReLU(), nn.Conv2d(32, 32, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3), nn.ReLU(),
                          nn.Conv2d(64, 64, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(576, 10))
    labels = torch.randint(0, 10, (batch,))
    return train(model, rand(batch, 1, 28, 28), lambda y: F.cross_entropy(y, labels), torch.optim.Adam(model.parameters(), lr=1e-3))


def causal(q, k, v):
    if hasattr(F, "scaled_dot_product_attention"):  # from 2.0
        return F.scaled_dot_product_attention(q, k, v, is_causal=True)
    length, size = q.shape[-2:]
    mask = torch.ones(length, length, dtype=torch.bool).triu(1)
    return torch.softmax((q @ k.transpose(-2, -1) * size ** -0.5).masked_fill(mask, float("-inf")), -1) @ v


def attention(*shape):
    q, k, v = rand(*shape), rand(*shape), rand(*shape)
    return lambda: causal(q, k, v)


def attention_backward(*shape):
    q, k, v, g = (rand(*shape) for _ in range(4))
    for t in (q, k, v):
        t.requires_grad_()

    def run():
        with torch.enable_grad():
            torch.autograd.grad(causal(q, k, v), (q, k, v), g)
    return run


def micro():
    nn = torch.nn
    model = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 1))
    x = rand(100, 2)
    y = torch.sign(x[:, :1] * x[:, 1:])

    def loss_of(scores):
        return torch.relu(1 - y * scores).mean() + 1e-4 * sum((p * p).sum() for p in model.parameters())
    return train(model, x, loss_of, torch.optim.SGD(model.parameters(), lr=0.05))


def adamw():
    w = 768
    shapes = [(50257, w), (1024, w)] + 12 * [(w,), (w,), (w, 3 * w), (3 * w,), (w, w), (w,), (w,), (w,), (w, 4 * w), (4 * w,),
                                             (4 * w, w), (w,)] + [(w,), (w,)]
    parameters = [torch.nn.Parameter(rand(*s) * 0.1) for s in shapes]
    for p in parameters:
        p.grad = rand(*p.shape) * 0.01
    return torch.optim.AdamW(parameters, lr=1e-3).step


torch.manual_seed(1)
torch.set_grad_enabled(False)
print("torch", torch.__version__, flush=True)
for line in sys.stdin:
    threads, calls, name, *numbers = line.split()
    torch.set_num_threads(int(threads))
    key = " ".join([name, *numbers])
    if key not in made:
        made.clear()
        made[key] = globals()[name](*map(int, numbers))
    call = made[key]
    start = time.perf_counter()
    for _ in range(int(calls)):
        call()
    print(time.perf_counter() - start, flush=True)
