"""Writes golden-lenet.safetensors and golden-wrn.safetensors: what mma_oracle.py gives for two small networks on synthetic images.

    python make-golden.py ORACLE OUT_DIR

ORACLE is the path of mma_oracle.py, a statement of the method in PyTorch, written from the paper. A class is a pattern of soft spots, an image one of them, moved, dimmed and with noise, in steps of 1/255.
"""
import argparse, importlib.util, os
import numpy as np
import torch

parser = argparse.ArgumentParser()
parser.add_argument("oracle")
parser.add_argument("out")
options = parser.parse_args()
spec = importlib.util.spec_from_file_location("mma_oracle", options.oracle)
oracle = importlib.util.module_from_spec(spec)
spec.loader.exec_module(oracle)
nhwc, vec = oracle.nhwc, oracle.vec

LENET = dict(
    sizes=(2, 4, 8),
    steps=400,
    robust_steps=300,
    norms=dict(linf=dict(eps=0.1, eps_max=0.4725, d_max=0.45), l2=dict(eps=0.5, eps_max=2.1, d_max=2.0)),
    updates={"mma.adam": (1 / 3, lambda p: torch.optim.Adam(p, 1e-4)), "omma.sgd": (0.0, lambda p: sgd(p))},
)
WRN = dict(depth=10, width=1, steps=150, eps=0.5, d_max=1.0, clean=1 / 3)
# From how many values on the gradient of a kernel is left out: those of four would be most of the file.
LARGE = 3000


def sgd(parameters):
    return torch.optim.SGD(parameters, 0.1, momentum=0.9, weight_decay=2e-4)


def spots(count, channels, side, seed):
    """(images [count, channels, side, side] in [0, 1], labels): ten classes of three soft spots each."""
    shapes, draws = np.random.RandomState(1), np.random.RandomState(seed)
    centres, reach = shapes.uniform(0.2, 0.8, (10, 3, 2)) * side, shapes.uniform(0.07, 0.13, (10, 3)) * side
    colours = shapes.uniform(0.3, 1, (10, 3, channels))
    at = np.arange(side)
    labels = draws.randint(0, 10, count)
    images = np.zeros((count, channels, side, side))
    for image, label in zip(images, labels):
        shift, strength = draws.uniform(-2, 2, 2), draws.uniform(0.5, 1)
        for (y, x), r, colour in zip(centres[label] + shift, reach[label], colours[label]):
            spot = np.exp(-((at[:, None] - y) ** 2 + (at - x) ** 2) / (2 * r * r))
            image += strength * colour[:, None, None] * spot
        image += draws.normal(0, 0.1, image.shape)
    images = np.round(images.clip(0, 1) * 255) / 255
    return torch.tensor(images.astype(np.float32)), torch.tensor(labels.astype(np.int64))


def spread(f, x, y, eps_max):
    """Indices of three correctly classified images, of small, middling and large margins in linf."""
    right = torch.nonzero(oracle.lm(f(x), y) < 0)[:, 0]
    eps = torch.full((len(right),), 0.1)
    radii = oracle.an_pgd(f, x[right], y[right], eps, eps_max, 10, "linf")[1]
    order = right[radii.argsort()]
    return order[[int(share * len(order)) for share in (0.15, 0.4, 0.8)]]


def golden_lenet(out):
    torch.manual_seed(0)
    f = oracle.LeNet(*LENET["sizes"])
    x, y = spots(4000, 1, 28, 2)
    oracle.fit(f, x, y, LENET["steps"], 0)
    # Robust enough that the margins of some images are beyond what attacks are compared at.
    g, optimizer = torch.Generator().manual_seed(1), torch.optim.Adam(f.parameters(), 1e-3)
    for _ in range(LENET["robust_steps"]):
        i = torch.randint(len(x), (64,), generator=g)
        oracle.mma_step(f, optimizer, x[i], y[i], torch.full((64,), 0.1), 0.45, 1 / 3, 10, "linf")
    # Less sure of its answers, so that no gradient of a weight is so small that it is rounding alone.
    with torch.no_grad():
        f.dense2.weight.mul_(0.4), f.dense2.bias.mul_(0.4)
    x, y = spots(400, 1, 28, 3)
    # One label is wrong, so that its image is not searched.
    mislabelled, keep = torch.nonzero(oracle.lm(f(x), y) < 0)[:1, 0], spread(f, x, y, 0.4725)
    x, y = torch.cat([x[mislabelled], x[keep]]), torch.cat([(y[mislabelled] + 1) % 10, y[keep]])
    n, z = len(x), f(x)
    right = torch.nonzero(oracle.slm(z, y) < 0)[:, 0]
    t = {f"weights/{k}": v for k, v in f.export().items()}
    t.update(images=nhwc(x), labels=y.numpy().astype(np.int32), logits=vec(z), correct=right.numpy().astype(np.int32))
    for k, loss in oracle.LOSS.items():
        t[f"loss/{k}"], t[f"inputGradient/{k}"] = vec(loss(z, y)), nhwc(oracle.input_gradient(f, x, y, k))
    for p, h in LENET["norms"].items():
        eps = torch.full((n,), h["eps"])
        step = 2.5 * eps / 10
        start = oracle.random_start(x, eps, p, torch.Generator().manual_seed(1))
        pgd = lambda iters: oracle.pgd(f, x, y, eps, step, iters, p, "slm", start)
        adv = pgd(10)
        unit = (adv - x) / oracle.per_example(eps, x)
        _, radii = oracle.an_pgd(f, x[right], y[right], eps[right], h["eps_max"], 10, p, start=start[right])
        t[f"{p}/start"], t[f"{p}/pgd1"], t[f"{p}/pgd3"] = nhwc(start), nhwc(pgd(1)), nhwc(pgd(3))
        t[f"{p}/pgd10.slm"], t[f"{p}/direction"] = vec(oracle.slm(f(adv), y)), nhwc(unit)
        t[f"{p}/crossing"], t[f"{p}/anpgd.eps"] = vec(oracle.bisect(f, x, y, unit, eps, h["eps_max"], 20)), vec(radii)
        for name, (clean, optimizer) in LENET["updates"].items():
            g = oracle.LeNet(*LENET["sizes"])
            g.load_state_dict(f.state_dict())
            _, radii, points = oracle.mma_step(g, optimizer(g.parameters()), x, y, eps, h["d_max"], clean, 10, p, start)
            t[f"{p}/{name}/eps"], t[f"{p}/{name}/points"] = vec(radii), nhwc(points)
            t.update({f"{p}/{name}/gradient/{k}": v for k, v in g.export(grads=True).items()})
            t.update({f"{p}/{name}/weights/{k}": v for k, v in g.export().items()})
    oracle.save(os.path.join(out, "golden-lenet.safetensors"), t, {})


def pair(f, x, y):
    """Two images, of which a step, whose clean forward is in training mode, takes the first to be misclassified, the second to be classified correctly."""
    for i in range(len(x)):
        for j in range(i):
            two = [j, i]
            f.train()
            before = {k: v.clone() for k, v in f.state_dict().items()}
            wrong, right = oracle.slm(f(x[two]), y[two]) >= 0
            f.load_state_dict(before)
            f.eval()
            if wrong and not right:
                return x[two], y[two]
    raise RuntimeError("no two images are of both kinds")


def golden_wrn(out):
    torch.manual_seed(0)
    f = oracle.WideResNet(WRN["depth"], WRN["width"])
    x, y = spots(2000, 3, 32, 4)
    g, optimizer = torch.Generator().manual_seed(0), torch.optim.SGD(f.parameters(), 0.1, momentum=0.9)
    for _ in range(WRN["steps"]):
        i = torch.randint(len(x), (32,), generator=g)
        optimizer.zero_grad()
        oracle.xent(f(x[i]), y[i]).mean().backward()
        optimizer.step()
    f.eval()
    x, y = spots(40, 3, 32, 5)
    x, y = pair(f, x, y)
    t = {f"weights/{k}": v for k, v in f.export().items()}
    t.update(images=nhwc(x), labels=y.numpy().astype(np.int32), logits=vec(f(x)))
    t["inputGradient/slm"] = nhwc(oracle.input_gradient(f, x, y, "slm"))
    eps = torch.full((len(x),), WRN["eps"])
    _, radii, points = oracle.mma_step(f, sgd(f.parameters()), x, y, eps, WRN["d_max"], WRN["clean"], 5, "l2")
    t["l2/step/eps"], t["l2/step/points"] = vec(radii), nhwc(points)
    t.update({f"l2/step/gradient/{k}": v for k, v in f.export(grads=True).items() if v.size < LARGE})
    t.update({f"l2/step/weights/{k}": v for k, v in f.export().items() if k.endswith(("mean", "variance"))})
    oracle.save(os.path.join(out, "golden-wrn.safetensors"), t, {})


golden_lenet(options.out)
golden_wrn(options.out)
