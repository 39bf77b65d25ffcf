"""Numbers of an independent implementation for the network layers: outputs, losses and every gradient.

    python3 make.py > golden.json

Made with PyTorch 1.13.0 (Debian 12, python3-torch). Parameters and inputs are floats; PyTorch computes in doubles, so
that what is left between the two is the rounding of the engine. Parameters stand in the order of module.parameters().
"""

import json

import torch
from torch import nn

torch.set_default_dtype(torch.float64)
torch.manual_seed(20)


class Last(nn.Module):
    """The state after the last step; a masked step keeps the state."""

    def __init__(self, cell, hidden):
        super().__init__()
        self.cell, self.hidden = cell, hidden

    def forward(self, x, mask=None):
        state = torch.zeros(x.shape[0], self.hidden)
        memory = torch.zeros(x.shape[0], self.hidden)
        for t in range(x.shape[1]):
            keep = torch.ones(x.shape[0], 1) if mask is None else mask[:, t : t + 1]
            if isinstance(self.cell, nn.LSTMCell):
                new, new_memory = self.cell(x[:, t], (state, memory))
                memory = keep * new_memory + (1 - keep) * memory
            else:
                new = self.cell(x[:, t], state)
            state = keep * new + (1 - keep) * state
        return state


class All(nn.Module):
    def __init__(self, rnn):
        super().__init__()
        self.rnn = rnn

    def forward(self, x):
        return self.rnn(x)[0]


class Residual(nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, x):
        return x + self.inner(x)


class SelfAttention(nn.Module):
    """nn.MultiheadAttention with one input for queries, keys and values."""

    def __init__(self, width, heads):
        super().__init__()
        self.attention = nn.MultiheadAttention(width, heads, batch_first=True)
        nn.init.uniform_(self.attention.in_proj_bias, -0.5, 0.5)
        nn.init.uniform_(self.attention.out_proj.bias, -0.5, 0.5)

    def forward(self, x):
        return self.attention(x, x, x, need_weights=False)[0]


class Embed(nn.Module):
    """Codes as floats, as the engine gets them."""

    def __init__(self, codes, width):
        super().__init__()
        self.embedding = nn.Embedding(codes, width)

    def forward(self, x):
        return self.embedding(x.long().squeeze(-1))


class Steps(nn.Module):
    """A convolution over steps: features are PyTorch's channels."""

    def __init__(self, convolution):
        super().__init__()
        self.convolution = convolution

    def forward(self, x):
        return self.convolution(x.transpose(1, 2)).transpose(1, 2)


class GruD(nn.Module):
    """Che et al., Scientific Reports 8:6085, 2018, equations 10 to 16, as they stand."""

    def __init__(self, means, hidden, last):
        super().__init__()
        self.means, self.hidden, self.last = torch.tensor(means), hidden, last
        size = len(means)
        self.w_x = nn.Parameter(torch.empty(size).uniform_(-0.3, 1))
        self.b_x = nn.Parameter(torch.empty(size).uniform_(-0.3, 0.3))
        self.w_h = nn.Parameter(torch.empty(hidden, size).uniform_(-0.5, 0.5))
        self.b_h = nn.Parameter(torch.empty(hidden).uniform_(-0.3, 0.3))
        self.w = nn.Parameter(torch.empty(3 * hidden, 2 * size).uniform_(-0.6, 0.6))
        self.u = nn.Parameter(torch.empty(3 * hidden, hidden).uniform_(-0.6, 0.6))
        self.b = nn.Parameter(torch.empty(3 * hidden).uniform_(-0.6, 0.6))

    def forward(self, x, mask=None):
        values, seen, since = x.chunk(3, dim=2)
        state = torch.zeros(x.shape[0], self.hidden)
        latest = self.means.expand(x.shape[0], -1)
        states = []
        for t in range(x.shape[1]):
            keep = torch.ones(x.shape[0], 1) if mask is None else mask[:, t : t + 1]
            fade_x = torch.exp(-torch.relu(since[:, t] * self.w_x + self.b_x))
            fade_h = torch.exp(-torch.relu(since[:, t] @ self.w_h.T + self.b_h))
            filled = seen[:, t] * values[:, t] + (1 - seen[:, t]) * (fade_x * latest + (1 - fade_x) * self.means)
            observed = keep * seen[:, t]
            latest = observed * values[:, t] + (1 - observed) * latest
            faded = fade_h * state
            inputs = torch.cat([filled, seen[:, t]], dim=1) @ self.w.T + self.b
            h = self.hidden
            r = torch.sigmoid(inputs[:, :h] + faded @ self.u[:h].T)
            z = torch.sigmoid(inputs[:, h : 2 * h] + faded @ self.u[h : 2 * h].T)
            n = torch.tanh(inputs[:, 2 * h :] + (r * faded) @ self.u[2 * h :].T)
            state = keep * ((1 - z) * faded + z * n) + (1 - keep) * state
            states.append(state)
        return state if self.last else torch.stack(states, dim=1)


def gaps(rows, steps, size):
    """Values, masks and times since the last observation (equation 2), at irregular times."""
    seen = (torch.rand(rows, steps, size) < 0.5).double()
    wait = torch.rand(rows, steps, 1)
    since = torch.zeros(rows, steps, size)
    for t in range(1, steps):
        since[:, t] = wait[:, t] + (1 - seen[:, t - 1]) * since[:, t - 1]
    return torch.cat([torch.randn(rows, steps, size), seen, since], dim=2)


class GraphAttention(nn.Module):
    """Velickovic et al., ICLR 2018, equations 1 to 6 without the last curve; edges from node to node, and loops."""

    def __init__(self, nodes, edges, size, width, heads, mean):
        super().__init__()
        self.width, self.heads, self.mean = width, heads, mean
        self.adjacent = torch.eye(nodes, dtype=torch.bool)
        for source, target in edges:
            self.adjacent[target, source] = True
        self.weight = nn.Parameter(torch.empty(heads * width, size).uniform_(-1, 1))
        self.source = nn.Parameter(torch.empty(heads, width).uniform_(-1, 1))
        self.target = nn.Parameter(torch.empty(heads, width).uniform_(-1, 1))
        self.bias = nn.Parameter(torch.empty(width if mean else heads * width).uniform_(-1, 1))

    def forward(self, x, mask=None):
        projected = (x @ self.weight.T).unflatten(2, (self.heads, self.width))
        scores = nn.functional.leaky_relu(
            (projected * self.target).sum(3)[:, :, None] + (projected * self.source).sum(3)[:, None], 0.2)
        adjacent = self.adjacent[None, :, :, None]
        if mask is not None:
            adjacent = adjacent & (mask[:, None, :, None] != 0)
        weights = torch.exp(scores) * adjacent
        weights = weights / weights.sum(2, keepdim=True).clamp_min(1e-300)
        heads = torch.einsum("bijk,bjkf->bikf", weights, projected)
        return (heads.mean(2) if self.mean else heads.flatten(2)) + self.bias


def rounded(tensor):
    return tensor.float().double()


def numbers(tensor, digits):
    return [float(f"%.{digits}g" % value) for value in tensor.detach().flatten().tolist()]


def case(name, net, x, target, loss, mask=None):
    with torch.no_grad():
        for p in net.parameters():
            p.copy_(rounded(p))
    x = rounded(x)
    parts = list(net)
    output = parts[0](x, mask) if mask is not None else parts[0](x)
    for part in parts[1:]:
        output = part(output)
    value = loss(output, target)
    value.backward()
    flat = torch.cat([p.flatten() for p in net.parameters()])
    gradient = torch.cat([p.grad.flatten() for p in net.parameters()])
    result = {
        "name": name,
        "input": numbers(x, 9),
        "target": numbers(target, 9),
        "parameters": numbers(flat, 9),
        "output": numbers(output, 8),
        "loss": float(value),
        "gradient": numbers(gradient, 8),
    }
    if mask is not None:
        result["mask"] = numbers(mask, 1)
    return result


def squared(output, target):
    return ((output.flatten(1) - target) ** 2).sum() / 2 / len(target)


def classes(output, target):
    return nn.functional.cross_entropy(output, target.long().flatten())


def binary(output, target):
    return nn.functional.binary_cross_entropy_with_logits(output, target, reduction="sum") / len(target)


def poisson(output, target):
    return nn.functional.poisson_nll_loss(output, target, log_input=True)


def sequential(*layers):
    return nn.Sequential(*layers)


def main():
    r = torch.randn
    mask = torch.tensor([[1.0, 1, 0, 1], [1, 0, 0, 0], [1, 1, 1, 1]])
    codes = torch.tensor([[[0.0], [3], [3]], [[4], [1], [0]]])
    edges = [(0, 1), (1, 2), (2, 0), (3, 2), (0, 3)]
    cases = [
        case("dense relu", sequential(nn.Linear(5, 9), nn.ReLU(), nn.Linear(9, 2)), r(4, 5), r(4, 2), squared),
        case("dense gelu", sequential(nn.Linear(5, 9), nn.GELU(), nn.Linear(9, 3)), r(4, 5),
             torch.tensor([[0.0], [2], [1], [2]]), classes),
        case("dense tanh", sequential(nn.Linear(5, 9), nn.Tanh(), nn.Linear(9, 2)), r(4, 5),
             torch.tensor([[0.0, 1], [1, 1], [1, 0], [0, 0]]), binary),
        case("dense sigmoid", sequential(nn.Linear(5, 9), nn.Sigmoid(), nn.Linear(9, 1)), r(4, 5),
             torch.tensor([[0.0], [2], [5], [1]]), poisson),
        case("gru last", sequential(Last(nn.GRUCell(3, 9), 9), nn.Linear(9, 1)), r(3, 4, 3), r(3, 1), squared),
        case("gru masked", sequential(Last(nn.GRUCell(3, 9), 9), nn.Linear(9, 1)), r(3, 4, 3), r(3, 1), squared, mask),
        case("gru all", sequential(All(nn.GRU(3, 5, batch_first=True)), All(nn.GRU(5, 4, batch_first=True)),
                                   nn.Linear(4, 2)), r(2, 3, 3), r(2, 6), squared),
        case("lstm all", sequential(All(nn.LSTM(3, 9, batch_first=True)), nn.Linear(9, 2)), r(2, 3, 3), r(2, 6),
             squared),
        case("lstm masked", sequential(Last(nn.LSTMCell(3, 9), 9), nn.Linear(9, 1)), r(3, 4, 3), r(3, 1),
             squared, mask),
        case("convolution", sequential(nn.Conv2d(2, 3, 3, 1, 1), nn.ReLU(), nn.MaxPool2d(2, 1),
                                       nn.Conv2d(3, 4, 2, 2), nn.Tanh(), nn.AvgPool2d(2, 1), nn.Flatten(),
                                       nn.Linear(4, 2)), r(2, 2, 5, 6), r(2, 2), squared),
        case("max pool of stride 2", sequential(nn.Conv2d(1, 2, 3, 2, 2), nn.MaxPool2d(2, 2), nn.Flatten(),
                                                nn.Linear(8, 1)), r(2, 1, 7, 7), r(2, 1), squared),
        case("convolution over steps", sequential(Steps(nn.Conv1d(3, 4, 3, 2, 1)), nn.ReLU(), nn.Flatten(),
                                                  nn.Linear(12, 1)), r(2, 6, 3), r(2, 1), squared),
        case("layer norm", sequential(nn.Linear(4, 19), nn.LayerNorm(19), nn.Linear(19, 2)), 3 * r(3, 4), r(3, 2),
             squared),
        case("residual", sequential(Residual(nn.Sequential(nn.Linear(4, 9), nn.Tanh(), nn.Linear(9, 4))),
                                    nn.Linear(4, 1)), r(3, 4), r(3, 1), squared),
        case("embedding", sequential(Embed(5, 3), nn.Flatten(), nn.Linear(9, 1)), codes, r(2, 1), squared),
        case("self-attention", sequential(SelfAttention(6, 2), nn.Flatten(), nn.Linear(24, 1)), r(3, 4, 6), r(3, 1),
             squared),
        case("gru-d", sequential(GruD([0.0] * 3, 9, True), nn.Linear(9, 1)), gaps(3, 5, 3), r(3, 1), squared),
        case("gru-d masked", sequential(GruD([0.5, -0.25, 1], 5, True), nn.Linear(5, 1)), gaps(3, 4, 3), r(3, 1),
             squared, mask),
        case("gru-d all", sequential(GruD([-1.0, 0.5], 9, False), nn.Linear(9, 2)), gaps(2, 3, 2), r(2, 6), squared),
        case("graph attention", sequential(GraphAttention(5, edges, 6, 4, 3, False), nn.ReLU(), nn.Flatten(),
                                           nn.Linear(60, 1)),
             r(3, 5, 6), r(3, 1), squared),
        case("graph attention averaged", sequential(GraphAttention(4, edges, 3, 9, 2, True), nn.Flatten(),
                                                    nn.Linear(36, 1)), r(3, 4, 3), r(3, 1), squared, mask),
    ]
    print("[\n" + ",\n".join(json.dumps(one) for one in cases) + "\n]")


main()
