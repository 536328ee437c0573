"""Trains a small Vision Transformer of DeiT's structure on MNIST and exports it as float ONNX.

    python train.py [--data FOLDER] [--epochs N]

FOLDER holds the four IDX files of MNIST (train-images-idx3-ubyte.gz and so on).
Written beside this script: train.log and reference.json; one folder up: mnist.onnx.
The test set selects nothing: the weights exported are those after the last epoch.
"""

import argparse
import gzip
import json
import math
import platform
import sys
import time
from pathlib import Path

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from torch import nn

sys.path.append(str(Path(__file__).resolve().parents[2] / "training"))
from vit import VisionTransformer, decayed_or_not, export  # noqa: E402

HERE = Path(__file__).resolve().parent
MEAN, STD = 0.1307, 0.3081  # of the training pixels, scaled to 0..1
SHAPE = {"image": 28, "patch": 4, "chans": 1, "dim": 64, "depth": 4, "heads": 4, "hidden": 256, "classes": 10}


# ---------------------------------------------------------------- data


def read_idx(path):
    raw = gzip.decompress(path.read_bytes())
    if raw[:3] != b"\x00\x00\x08":
        raise SystemExit(f"{path.name}: not an IDX file of unsigned bytes")
    rank = raw[3]
    shape = [int.from_bytes(raw[4 + 4 * i : 8 + 4 * i], "big") for i in range(rank)]
    return torch.from_numpy(np.frombuffer(raw, np.uint8, offset=4 + 4 * rank).reshape(shape).copy())


def load(folder):
    def part(name):
        images = read_idx(folder / f"{name}-images-idx3-ubyte.gz").unsqueeze(1)
        return images, read_idx(folder / f"{name}-labels-idx1-ubyte.gz").long()

    return part("train"), part("t10k")


def normalise(pixels):
    """uint8 or float pixels, 0..255, to the network's input."""
    return (pixels.float() / 255 - MEAN) / STD


def augment(pixels, opt, gen):
    """Random rotation, scale, shear and shift of each image, black outside."""
    n, size = pixels.shape[0], pixels.shape[-1]

    def uniform(limit):
        return (torch.rand(n, generator=gen) * 2 - 1) * limit

    a = uniform(math.radians(opt.rotate))
    sx, sy = 1 + uniform(opt.scale), 1 + uniform(opt.scale)
    shear = uniform(opt.shear)
    to_grid = 2 / size  # one pixel in affine_grid's units
    tx, ty = uniform(opt.shift) * to_grid, uniform(opt.shift) * to_grid
    cos, sin = a.cos(), a.sin()
    theta = torch.stack(
        [
            torch.stack([cos / sx, (cos * shear - sin) / sx, tx], 1),
            torch.stack([sin / sy, (sin * shear + cos) / sy, ty], 1),
        ],
        1,
    )
    grid = F.affine_grid(theta, list(pixels.shape), align_corners=False)
    return F.grid_sample(pixels.float(), grid, mode="bilinear", padding_mode="zeros", align_corners=False)


# ---------------------------------------------------------------- training


@torch.no_grad()
def evaluate(model, images, labels, batch=500):
    model.eval()
    right = 0
    for i in range(0, len(images), batch):
        logits = model(normalise(images[i : i + batch]))
        right += (logits.argmax(1) == labels[i : i + batch]).sum().item()
    return right / len(images)


def optimiser(model, opt):
    decay, plain = decayed_or_not(model)
    groups = [{"params": decay, "weight_decay": opt.weight_decay}, {"params": plain, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=opt.lr, betas=(0.9, 0.999))


def rate(step, warmup, total):
    if step < warmup:
        return (step + 1) / warmup
    return 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(1, total - warmup)))


def train(model, data, opt, say):
    (images, labels), (test_images, test_labels) = data
    gen = torch.Generator().manual_seed(opt.seed + 1)
    adamw = optimiser(model, opt)
    steps = len(images) // opt.batch
    total, warmup, step = steps * opt.epochs, int(steps * opt.warmup), 0
    accuracy = None
    for epoch in range(1, opt.epochs + 1):
        began = time.time()
        model.train()
        order = torch.randperm(len(images), generator=gen)
        loss_sum = 0.0
        for i in range(steps):
            pick = order[i * opt.batch : (i + 1) * opt.batch]
            x = normalise(augment(images[pick], opt, gen))
            loss = F.cross_entropy(model(x), labels[pick], label_smoothing=opt.smoothing)
            factor = rate(step, warmup, total)
            for group in adamw.param_groups:
                group["lr"] = opt.lr * factor
            adamw.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), opt.clip)
            adamw.step()
            loss_sum += loss.item()
            step += 1
        trained = time.time() - began
        accuracy = evaluate(model, test_images, test_labels)
        say(
            f"epoch {epoch:3d}  loss {loss_sum / steps:.4f}  test {accuracy:.4f}"
            f"  seconds {trained:.1f} + {time.time() - began - trained:.1f}"
        )
    return accuracy


# ---------------------------------------------------------------- what is written


def listing(proto):
    consts = {i.name: list(i.dims) for i in proto.graph.initializer}
    for node in proto.graph.node:
        ins = [f"{i}{consts[i]}" if i in consts else i for i in node.input]
        attrs = []
        for a in node.attribute:
            value = onnx.helper.get_attribute_value(a)
            if isinstance(value, onnx.TensorProto):
                value = onnx.numpy_helper.to_array(value).tolist()
            attrs.append(f"{a.name}={value}")
        yield f"{node.op_type:18s} {', '.join(ins)} -> {', '.join(node.output)}  {' '.join(attrs)}".rstrip()


@torch.no_grad()
def reference(model, images, labels, accuracy, path, count=8):
    """digits: the first of the test set; perClass: the first of each class, as the files may be sorted by label."""
    model.eval()

    def rows(picks):
        logits = model(normalise(images[picks])).numpy().astype(np.float32)
        digits = [
            {
                "index": i,
                "label": int(labels[i]),
                "pixels": images[i].flatten().tolist(),
                "logits": [float(str(v)) for v in logits[n]],  # shortest text that gives the float32 back
            }
            for n, i in enumerate(picks)
        ]
        return "[\n  " + ",\n  ".join(json.dumps(d, separators=(",", ":")) for d in digits) + "\n]"

    firsts = [int((labels == c).nonzero()[0]) for c in range(int(labels.max()) + 1)]
    head = json.dumps({"mean": MEAN, "std": STD, "testAccuracy": accuracy})[1:-1]
    path.write_text("{" + head + ', "digits": ' + rows(list(range(count))) + ', "perClass": ' + rows(firsts) + "}\n")


def main():
    arg = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arg.add_argument("--data", type=Path, default=HERE / "../../../../shared/data/mnist")
    arg.add_argument("--out", type=Path, default=HERE, help="folder of train.log and reference.json")
    arg.add_argument("--onnx", type=Path, default=HERE / "../mnist.onnx")
    arg.add_argument("--nodes", action="store_true", help="print the exported graph, node by node")
    arg.add_argument("--epochs", type=int, default=24)
    arg.add_argument("--batch", type=int, default=128)
    arg.add_argument("--lr", type=float, default=2e-3)
    arg.add_argument("--warmup", type=float, default=1.0, help="epochs of linear warm-up")
    arg.add_argument("--weight-decay", type=float, default=0.05)
    arg.add_argument("--smoothing", type=float, default=0.05)
    arg.add_argument("--clip", type=float, default=1.0)
    arg.add_argument("--shift", type=float, default=2.0, help="pixels")
    arg.add_argument("--rotate", type=float, default=10.0, help="degrees")
    arg.add_argument("--scale", type=float, default=0.1)
    arg.add_argument("--shear", type=float, default=0.1)
    arg.add_argument("--seed", type=int, default=1)
    arg.add_argument("--threads", type=int, default=2)
    opt = arg.parse_args()

    torch.set_num_threads(opt.threads)
    torch.manual_seed(opt.seed)
    opt.out.mkdir(parents=True, exist_ok=True)
    log = (opt.out / "train.log").open("w")

    def say(line):
        print(line, flush=True)
        print(line, file=log, flush=True)

    model = VisionTransformer(**SHAPE)
    say(f"python {platform.python_version()}  torch {torch.__version__}  numpy {np.__version__}  onnx {onnx.__version__}")
    say("settings " + "  ".join(f"{k}={v}" for k, v in vars(opt).items() if k not in ("data", "out", "onnx", "nodes")))
    say(f"parameters {sum(p.numel() for p in model.parameters())}")

    began = time.time()
    data = load(opt.data)
    test_images, test_labels = data[1]
    accuracy = train(model, data, opt, say) if opt.epochs else evaluate(model, test_images, test_labels)

    proto = export(model, torch.zeros(1, 1, 28, 28), opt.onnx)
    reference(model, test_images, test_labels, accuracy, opt.out / "reference.json")
    say(f"final test accuracy {accuracy:.4f} on {len(test_images)} digits  wall seconds {time.time() - began:.0f}")
    say(f"mnist.onnx {opt.onnx.stat().st_size} bytes, {len(proto.graph.node)} nodes, exporter TorchScript, opset 17")
    kinds = [n.op_type for n in proto.graph.node]
    say("op types " + "  ".join(f"{k}={kinds.count(k)}" for k in sorted(set(kinds))))
    if opt.nodes:
        print("\n".join(listing(proto)))


if __name__ == "__main__":
    main()
