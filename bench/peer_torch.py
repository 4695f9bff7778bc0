"""The benchmark's workloads in torch. Reads lines "THREADS CALLS WORKLOAD PARAMETERS...", answers each with the seconds the calls took."""
import ctypes
import re
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


masks = {}  # by length


def causal(q, k, v):
    if hasattr(F, "scaled_dot_product_attention"):  # from 2.0
        return F.scaled_dot_product_attention(q, k, v, is_causal=True)
    length, size = q.shape[-2:]  # before: adding a mask in the product is faster than filling the scores after it
    if length not in masks:
        masks[length] = torch.full((length, length), float("-inf")).triu(1)
    flat = [t.reshape(-1, length, size) for t in (q, k, v)]
    mask = masks[length].expand(flat[0].shape[0], length, length)
    scores = torch.baddbmm(mask, flat[0], flat[1].transpose(1, 2), beta=1, alpha=size ** -0.5)
    return (torch.softmax(scores, -1) @ flat[2]).view(q.shape)


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


class Block(torch.nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        nn, self.heads = torch.nn, heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x, mask, cache=None, position=0):
        n, length, width = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(n, length, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        if cache:
            for old, new in zip(cache, (k, v)):
                old[:, :, position:position + length] = new
            k, v = (t[:, :, :position + length] for t in cache)
        scores = (q @ k.transpose(-2, -1)) * (width // self.heads) ** -0.5
        if mask is not None:
            scores = scores.masked_fill(mask, float("-inf"))
        x = x + self.out((F.softmax(scores, -1) @ v).transpose(1, 2).reshape(n, length, width))
        return x + self.down(F.gelu(self.up(self.norm2(x)), approximate="tanh"))


class GPT(torch.nn.Module):
    def __init__(self, tokens, positions, width, heads, layers, tied):
        super().__init__()
        nn = torch.nn
        self.tokens, self.positions = nn.Embedding(tokens, width), nn.Embedding(positions, width)
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(layers))
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, tokens, bias=False)
        if tied:
            self.head.weight = self.tokens.weight
        for p in self.parameters():
            if p.dim() == 2:
                nn.init.normal_(p, 0, 0.02)
        self.mask = ~torch.tril(torch.ones(positions, positions, dtype=torch.bool))

    def forward(self, text, caches=None, position=0):
        length = text.shape[1]
        x = self.tokens(text) + self.positions.weight[position:position + length]
        mask = self.mask[:length, :length] if length > 1 else None
        for i, block in enumerate(self.blocks):
            x = block(x, mask, caches and caches[i], position)
        return self.head(self.norm(x))


def gpt(tokens, positions, width, heads, layers, batch, length, tied):
    model = GPT(tokens, positions, width, heads, layers, tied)
    text, targets = torch.randint(0, tokens, (2, batch, length))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4) if tied else torch.optim.Adam(model.parameters(), lr=1e-3)
    return train(model, text, lambda y: F.cross_entropy(y.view(-1, tokens), targets.view(-1)), optimizer)


def gpt_write(tokens, positions, width, heads, layers):
    model = GPT(tokens, positions, width, heads, layers, 0).eval()

    def run():
        caches = [torch.zeros(2, 1, heads, positions, width // heads).unbind(0) for _ in range(layers)]
        token = torch.zeros(1, 1, dtype=torch.long)
        for position in range(positions):
            token = model(token, caches, position)[:, -1:].argmax(-1)
    return run


def adamw():
    w = 768
    shapes = [(50257, w), (1024, w)] + 12 * [(w,), (w,), (w, 3 * w), (3 * w,), (w, w), (w,), (w,), (w,), (w, 4 * w), (4 * w,),
                                             (4 * w, w), (w,)] + [(w,), (w,)]
    parameters = [torch.nn.Parameter(rand(*s) * 0.1) for s in shapes]
    for p in parameters:
        p.grad = rand(*p.shape) * 0.01
    return torch.optim.AdamW(parameters, lr=1e-3).step


def blas():
    """The OpenBLAS that is loaded, with the kernels that it chose."""
    torch.ones(2, 2) @ torch.ones(2, 2)
    for line in open("/proc/self/maps"):
        path = line.split()[-1]
        if "openblas" in path:
            library = ctypes.CDLL(path)
            library.openblas_get_corename.restype = ctypes.c_char_p
            kind = {0: "serial", 1: "pthread", 2: "OpenMP"}[library.openblas_get_parallel()]
            return "OpenBLAS (%s, %s)" % (library.openblas_get_corename().decode(), kind)
    return "MKL" if torch.backends.mkl.is_available() else "its own BLAS"


def capability():
    found = re.search("CPU capability usage: (\\w+)", torch.__config__.show())
    return found.group(1) if found else "an unknown CPU"


def first_step(threads, name, *numbers):
    """Makes the workload and calls it twice: prints when the first call was done, as startup.c reads it, and the most memory in MiB."""
    torch.set_num_threads(int(threads))
    call = globals()[name](*map(int, numbers))
    call()
    done = time.clock_gettime(time.CLOCK_MONOTONIC)
    call()
    memory = [line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")]
    print(done, 0, 0, int(memory[0]) / 1024, flush=True)


torch.manual_seed(1)
torch.set_grad_enabled(False)
if sys.argv[1:2] == ["--first-step"]:
    first_step(sys.argv[2], *sys.argv[3].split())
    sys.exit()
print("torch", torch.__version__, "with", blas(), "and kernels for", capability(), flush=True)
set_threads = 0
for line in sys.stdin:
    threads, calls, name, *numbers = line.split()
    if int(threads) != set_threads:  # costs as much as a small step, also when it changes nothing
        set_threads = int(threads)
        torch.set_num_threads(set_threads)
    key = " ".join([name, *numbers])
    if key not in made:
        made.clear()
        made[key] = globals()[name](*map(int, numbers))
    call = made[key]
    start = time.perf_counter()
    for _ in range(int(calls)):
        call()
    print(time.perf_counter() - start, flush=True)
