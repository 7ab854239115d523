"""Times parts of mma_oracle.py, whose own `bench` times whole steps alone.

    python pytorch.py ORACLE gradient|classify|margin --model lenet-C1-C2-HIDDEN|wrn-DEPTH-WIDTH --batch N --iters N --steps N

gradient: an iteration of PGD on SLM in linf, of a chain of so many. classify: a batch of logits, of so many, each brought to
the host. margin: AN-PGD with so many gradients and 10 bisections. Each is run once before the runs that are timed.
"""
import argparse, importlib.util, json, time
import torch

parser = argparse.ArgumentParser()
parser.add_argument("oracle")
parser.add_argument("what", choices=("gradient", "classify", "margin"))
parser.add_argument("--model", default="lenet-32-64-1024")
parser.add_argument("--batch", type=int, default=50)
parser.add_argument("--iters", type=int, default=10)
parser.add_argument("--steps", type=int, default=3)
parser.add_argument("--device", default="cpu")
parser.add_argument("--precision", default="fp32", choices=("fp32", "tf32"))
parser.add_argument("--channels-last", action="store_true")
options = parser.parse_args()

spec = importlib.util.spec_from_file_location("mma_oracle", options.oracle)
oracle = importlib.util.module_from_spec(spec)
spec.loader.exec_module(oracle)

torch.manual_seed(0)
torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = options.precision == "tf32"
family, *sizes = options.model.split("-")
build, shape = (oracle.WideResNet, (3, 32, 32)) if family == "wrn" else (oracle.LeNet, (1, 28, 28))
f = build(*map(int, sizes)).to(options.device).eval().requires_grad_(False)
x = torch.rand(options.batch, *shape, device=options.device)
y = torch.arange(options.batch, device=options.device) % 10
if options.channels_last:
    f, x = f.to(memory_format=torch.channels_last), x.to(memory_format=torch.channels_last)
radii = torch.full((options.batch,), 0.1, device=options.device)
d_max = 0.45


def gradient():
    oracle.pgd(f, x, y, radii, radii / 10, options.iters, "linf").cpu()


@torch.no_grad()
def classify():
    for _ in range(options.iters):
        f(x).cpu()


def margin():
    oracle.an_pgd(f, x, y, radii, 1.05 * d_max, options.iters, "linf")[0].cpu()


run, units, figure = {
    "gradient": (gradient, options.iters, "secondsPerGradient"),
    "classify": (classify, options.iters, "secondsPerBatch"),
    "margin": (margin, 1, "secondsPerMargin"),
}[options.what]
run()
times = []
for _ in range(options.steps):
    began = time.perf_counter()
    run()
    times.append((time.perf_counter() - began) / units)
result = dict(engine=f"torch {torch.__version__}", threads=torch.get_num_threads())
result[figure] = sorted(times)[len(times) // 2]
print(json.dumps(result))
