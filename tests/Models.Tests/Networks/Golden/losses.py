"""Losses of an independent implementation and their gradients, by automatic differentiation of the formulas.

    python3 losses.py > losses.json

Made with PyTorch 1.13.0 (Debian 12, python3-torch), in doubles. Targets stand as the engine takes them.
"""

import json

import torch
from torch.nn import functional

torch.set_default_dtype(torch.float64)
torch.manual_seed(21)


def case(name, outputs, targets, loss):
    outputs.requires_grad_()
    value = loss(outputs, targets)
    value.backward()
    flat = [None if x != x else x for x in targets.flatten().tolist()]
    return {
        "name": name,
        "outputs": outputs.flatten().tolist(),
        "targets": flat,
        "loss": float(value),
        "gradient": outputs.grad.flatten().tolist(),
    }


def squared(outputs, targets):
    return functional.mse_loss(outputs, targets, reduction="sum") / 2


def binary(outputs, targets):
    known = ~targets.isnan()
    return functional.binary_cross_entropy_with_logits(outputs[known], targets[known], reduction="sum")


def softmax(outputs, targets):
    return functional.cross_entropy(outputs, targets.long().flatten(), reduction="sum")


def poisson(outputs, targets):
    return functional.poisson_nll_loss(outputs, targets, log_input=True, reduction="sum")


def quantile(levels):
    def loss(outputs, targets):
        above = targets - outputs
        return torch.maximum(levels * above, (levels - 1) * above).sum()

    return loss


def ordinal(outputs, targets):
    score, first, widths = outputs[:, :1], outputs[:, 1:2], functional.softplus(outputs[:, 2:])
    thresholds = torch.cat([first, first + widths.cumsum(1)], dim=1)
    ends = torch.full_like(score, float("inf"))
    cumulative = torch.sigmoid(torch.cat([-ends, thresholds - score, ends], dim=1))
    grade = targets.long()
    return -(cumulative.gather(1, grade + 1) - cumulative.gather(1, grade)).log().sum()


def hazard(outputs, targets):
    survived = torch.arange(outputs.shape[1]) < targets[:, :1]
    happened = (torch.arange(outputs.shape[1]) == targets[:, :1]) & (targets[:, 1:] == 1)
    rate = torch.sigmoid(outputs)
    return -(torch.log(1 - rate)[survived].sum() + torch.log(rate)[happened].sum())


def cox(efron):
    def loss(outputs, targets):
        eta, time, event = outputs.flatten(), targets[:, 0], targets[:, 1] == 1
        stratum = targets[:, 2] if targets.shape[1] == 3 else torch.zeros_like(time)
        total = 0.0
        for s in stratum.unique():
            for t in time[event & (stratum == s)].unique():
                dead = event & (stratum == s) & (time == t)
                risk, own = eta[(stratum == s) & (time >= t)].exp().sum(), eta[dead].exp().sum()
                d = int(dead.sum())
                for l in range(d):
                    total = total + torch.log(risk - (l / d if efron else 0) * own)
                total = total - eta[dead].sum()
        return total

    return loss


def main():
    r = torch.randn
    nan = float("nan")
    times = torch.tensor([[3.0, 1], [1, 1], [3, 0], [3, 1], [2, 0], [1, 1], [3, 1], [1, 1]])
    strata = torch.cat([times, torch.tensor([[0.0], [1], [0], [1], [1], [0], [0], [1]])], dim=1)
    cases = [
        case("squared", r(3, 2), r(3, 2).float().double(), squared),
        case("masked multi-task", r(3, 3), torch.tensor([[1.0, nan, 0], [0, 1, 1], [nan, nan, 1]]), binary),
        case("softmax", r(4, 5), torch.tensor([[0.0], [4], [2], [2]]), softmax),
        case("poisson", r(4, 1), torch.tensor([[0.0], [1], [7], [3]]), poisson),
        case("quantile", r(4, 3), r(4, 1).float().double(), quantile(torch.tensor([0.1, 0.5, 0.9]))),
        case("ordinal", r(5, 4), torch.tensor([[0.0], [1], [2], [3], [1]]), ordinal),
        case("hazard", r(5, 4), torch.tensor([[0.0, 1], [3, 1], [2, 0], [4, 0], [0, 0]]), hazard),
        case("cox breslow", r(8, 1), times, cox(False)),
        case("cox efron", r(8, 1), times, cox(True)),
        case("cox breslow stratified", r(8, 1), strata, cox(False)),
        case("cox efron stratified", r(8, 1), strata, cox(True)),
    ]
    print("[\n" + ",\n".join(json.dumps(one) for one in cases) + "\n]")


main()
