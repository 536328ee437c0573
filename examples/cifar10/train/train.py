"""Trains a small Vision Transformer of DeiT's structure on CIFAR-10 and exports it as float ONNX.

    python train.py --minutes 110 [--data FILE] [--cache FOLDER] [--device cuda]

FILE is cifar10-jpeg.tar.xz: train/CLASS/NNNN.jpg and test/CLASS/NNNN.jpg, 32 x 32.
The learning rate follows the time used, not a number of epochs: give the minutes that there are.
FOLDER keeps the decoded images and checkpoint.pt; with the latter there, a run that was broken off
goes on where it was. Written beside this script: train.log; one folder up: cifar10.onnx. Written to
FOLDER: test.npz and calibration.npz, which the accuracy bench reads; the images are not committed.

The test set selects nothing: the weights exported are the moving average at the end.
"""

import argparse
import math
import platform
import sys
import tarfile
import time
from pathlib import Path

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn

sys.path.append(str(Path(__file__).resolve().parents[2] / "training"))
from vit import VisionTransformer, decayed_or_not, export  # noqa: E402

HERE = Path(__file__).resolve().parent
MEAN, STD = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)  # of the training pixels
SHAPE = {"image": 32, "patch": 4, "chans": 3, "dim": 128, "depth": 6, "heads": 4, "hidden": 512, "classes": 10}
CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


# ---------------------------------------------------------------- data


def load(file, cache):
    """Images [N, 3, 32, 32] of bytes and their labels, decoded once."""
    stored = cache / "images.npz"
    if not stored.exists():
        parts = {}
        with tarfile.open(file) as tar:
            for member in sorted((m for m in tar if m.isfile()), key=lambda m: m.name):
                split, name = member.name.split("/")[-3:-1]
                pixels = np.asarray(Image.open(tar.extractfile(member)).convert("RGB"))
                parts.setdefault(split, []).append((pixels, CLASSES.index(name)))
        arrays = {}
        for split, items in parts.items():
            arrays[f"{split}_images"] = np.stack([p for p, _ in items])
            arrays[f"{split}_labels"] = np.array([label for _, label in items], np.uint8)
        np.savez(stored, **arrays)
    data = np.load(stored)

    def part(split):
        images = torch.from_numpy(data[f"{split}_images"]).permute(0, 3, 1, 2).contiguous()
        return images, torch.from_numpy(data[f"{split}_labels"].astype(np.int64))

    return part("train"), part("test")


def normalise(pixels):
    """uint8 or float pixels, 0..255, to the network's input."""
    mean = torch.tensor(MEAN, device=pixels.device).view(1, 3, 1, 1)
    std = torch.tensor(STD, device=pixels.device).view(1, 3, 1, 1)
    return (pixels.float() / 255 - mean) / std


def augment(pixels, opt, gen):
    """Shift, mirror, colour and a grey square, each drawn for each image."""
    n, side = pixels.shape[0], pixels.shape[-1]
    room = opt.shift
    padded = F.pad(pixels.float(), (room,) * 4, mode="reflect")
    rows = torch.randint(0, 2 * room + 1, (n, 1), generator=gen) + torch.arange(side)
    columns = torch.randint(0, 2 * room + 1, (n, 1), generator=gen) + torch.arange(side)
    mirrored = torch.rand(n, 1, generator=gen) < 0.5
    columns = torch.where(mirrored, columns.flip(1), columns)
    rows, columns = rows.to(pixels.device), columns.to(pixels.device)
    which = torch.arange(n, device=pixels.device)
    x = padded.permute(0, 2, 3, 1)[which[:, None, None], rows[:, :, None], columns[:, None, :]]
    x = x.permute(0, 3, 1, 2)

    def factor(limit):
        return (1 + (torch.rand(n, 1, 1, 1, generator=gen) * 2 - 1) * limit).to(pixels.device)

    mean = x.mean((1, 2, 3), keepdim=True)
    x = (x - mean) * factor(opt.colour) + mean * factor(opt.colour)
    if opt.erase:
        top = torch.randint(0, side, (n, 1), generator=gen).to(pixels.device)
        left = torch.randint(0, side, (n, 1), generator=gen).to(pixels.device)
        line = torch.arange(side, device=pixels.device)
        hidden_rows = (line - top).abs() < opt.erase / 2
        hidden_columns = (line - left).abs() < opt.erase / 2
        hidden = hidden_rows[:, None, :, None] & hidden_columns[:, None, None, :]
        x = torch.where(hidden, mean, x)
    return x.clamp(0, 255)


def mix(x, labels, opt, gen):
    """Mixup (Zhang et al., arXiv 1710.09412) of a batch with itself, in a share of the batches."""
    target = F.one_hot(labels, len(CLASSES)).float()
    if torch.rand(1, generator=gen).item() >= opt.mixup:
        return x, target
    share = 0.5 + 0.5 * torch.rand(1, generator=gen).item()
    other = torch.randperm(len(x), generator=gen).to(x.device)
    return share * x + (1 - share) * x[other], share * target + (1 - share) * target[other]


# ---------------------------------------------------------------- training


@torch.no_grad()
def evaluate(model, images, labels, batch=500):
    model.eval()
    right = 0
    for i in range(0, len(images), batch):
        logits = model(normalise(images[i : i + batch]))
        right += (logits.argmax(1) == labels[i : i + batch]).sum().item()
    model.train()
    return right / len(images)


class Muon(torch.optim.Optimizer):
    """Momentum, made orthogonal by five Newton-Schulz steps (Jordan 2024), for matrices alone.

    Scaled to AdamW's usual step (Liu et al., arXiv 2502.16982), so that one rate serves both. In
    float32 and over all matrices of a shape at once: torch.optim.Muon works in bfloat16, which takes
    a CPU twice as long as the network itself.
    """

    def __init__(self, params, lr, weight_decay, momentum=0.95):
        super().__init__(params, {"lr": lr, "weight_decay": weight_decay, "momentum": momentum})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            shapes = {}
            for p in group["params"]:
                shapes.setdefault(p.shape, []).append(p)
            for shape, same in shapes.items():
                grads = torch.stack([p.grad for p in same])
                mean = self.state[same[0]].setdefault("momentum", torch.zeros_like(grads))
                mean.lerp_(grads, 1 - group["momentum"])
                steps = orthogonal(grads.lerp(mean, group["momentum"]))
                size = group["lr"] * 0.2 * math.sqrt(max(shape))
                for p, direction in zip(same, steps):
                    p.mul_(1 - group["lr"] * group["weight_decay"]).sub_(direction, alpha=size)


def orthogonal(matrices):
    """Brings the singular values of [N, rows, columns] to about 1."""
    tall = matrices.shape[1] > matrices.shape[2]
    x = matrices.mT if tall else matrices
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(5):
        square = x @ x.mT
        x = 3.4445 * x + (-4.775 * square + 2.0315 * square @ square) @ x
    return x.mT if tall else x


def optimisers(model, opt):
    """Muon for the matrices of the blocks, AdamW for all else."""
    decay, plain = decayed_or_not(model)
    matrices = [p for name, p in model.named_parameters() if name.startswith("blocks.") and p.ndim == 2]
    chosen = {id(p) for p in matrices}
    rest = [p for p in decay if id(p) not in chosen]
    groups = [{"params": rest, "weight_decay": opt.weight_decay}, {"params": plain, "weight_decay": 0.0}]
    return [
        torch.optim.AdamW(groups, lr=opt.lr, betas=(0.9, 0.98)),
        Muon(matrices, lr=opt.lr, weight_decay=opt.weight_decay),
    ]


def rate(progress, warmup):
    if progress < warmup:
        return 0.02 + 0.98 * progress / warmup
    return max(0.01, 0.5 * (1 + math.cos(math.pi * (progress - warmup) / (1 - warmup))))


def kept_patches(progress, opt, gen):
    """Early on a random part of the patches is seen: more images in the same time."""
    share = opt.patches if progress < opt.full_from else 1.0
    if share >= 1:
        return None
    return torch.randperm(64, generator=gen)[: round(64 * share)].sort().values


def train(model, averaged, data, opt, say):
    (images, labels), (test_images, test_labels) = data
    gen = torch.Generator().manual_seed(opt.seed + 1)
    steppers = optimisers(model, opt)
    state = {"step": 0, "seconds": 0.0, "seen": 0}
    checkpoint = opt.cache / "checkpoint.pt"
    if checkpoint.exists():
        stored = torch.load(checkpoint, map_location=opt.device)
        model.load_state_dict(stored["model"])
        averaged.load_state_dict(stored["averaged"])
        for stepper, kept in zip(steppers, stored["optimisers"]):
            stepper.load_state_dict(kept)
        gen.set_state(stored["generator"].cpu())
        state = stored["state"]
        say(f"goes on at step {state['step']}, after {state['seconds']:.0f} s")
    forward = torch.compile(model) if opt.compile else model
    budget = opt.minutes * 60
    last = time.time()
    saved, loss_sum, counted = state["seconds"], 0.0, 0
    order = torch.randperm(len(images), generator=gen)
    at = 0
    model.train()
    while state["seconds"] < budget:
        progress = state["seconds"] / budget
        if at + opt.batch > len(images):
            order, at = torch.randperm(len(images), generator=gen), 0
        pick = order[at : at + opt.batch]
        at += opt.batch
        x, target = mix(augment(images[pick], opt, gen), labels[pick], opt, gen)
        kept = kept_patches(progress, opt, gen)
        loss = F.cross_entropy(forward(normalise(x), kept), target, label_smoothing=opt.smoothing)
        model.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), opt.clip)
        for stepper in steppers:
            for group in stepper.param_groups:
                group["lr"] = opt.lr * rate(progress, opt.warmup)
            stepper.step()
        state["step"] += 1
        state["seen"] += len(pick)
        with torch.no_grad():
            keep = min(opt.average, (1 + state["step"]) / (10 + state["step"]))
            for mean, p in zip(averaged.parameters(), model.parameters()):
                mean.lerp_(p, 1 - keep)
        loss_sum, counted = loss_sum + loss.item(), counted + 1
        now = time.time()
        state["seconds"], last = state["seconds"] + now - last, now
        if state["seconds"] - saved >= opt.every or state["seconds"] >= budget:
            saved = state["seconds"]
            accuracy = evaluate(averaged, test_images[::5], test_labels[::5])
            say(
                f"{state['seconds']:6.0f} s  step {state['step']:6d}  epoch {state['seen'] / len(images):6.2f}"
                f"  loss {loss_sum / counted:.4f}  test {accuracy:.4f} of {len(test_images[::5])}"
            )
            loss_sum, counted = 0.0, 0
            stored = {
                "model": model.state_dict(),
                "averaged": averaged.state_dict(),
                "optimisers": [stepper.state_dict() for stepper in steppers],
                "generator": gen.get_state(),
                "state": state,
            }
            torch.save(stored, opt.cache / "checkpoint.part")
            (opt.cache / "checkpoint.part").replace(checkpoint)
            last = time.time()
    return state


# ---------------------------------------------------------------- what is written


def write_images(folder, data, seed):
    """The test set, and 512 training images to calibrate with, as the example reads them."""
    folder.mkdir(parents=True, exist_ok=True)
    (images, labels), (test_images, test_labels) = data
    pick = torch.randperm(len(images), generator=torch.Generator().manual_seed(seed))[:512]
    for name, x, y in (("test", test_images, test_labels), ("calibration", images[pick], labels[pick])):
        pixels = x.permute(0, 2, 3, 1).contiguous().numpy()
        np.savez_compressed(folder / f"{name}.npz", images=pixels, labels=y.numpy().astype(np.int32))


def main():
    arg = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arg.add_argument("--data", type=Path, default=HERE / "../../../../shared/data/cifar10/cifar10-jpeg.tar.xz")
    arg.add_argument("--cache", type=Path, default=HERE / "cache", help="decoded images and the checkpoint")
    arg.add_argument("--images", type=Path, default=HERE / "../images", help="test.npz and calibration.npz")
    arg.add_argument("--out", type=Path, default=HERE, help="folder of train.log")
    arg.add_argument("--onnx", type=Path, default=HERE / "../cifar10.onnx")
    arg.add_argument("--minutes", type=float, default=110)
    arg.add_argument("--batch", type=int, default=128)
    arg.add_argument("--lr", type=float, default=2e-3)
    arg.add_argument("--warmup", type=float, default=0.05, help="share of the time")
    arg.add_argument("--weight-decay", type=float, default=0.05)
    arg.add_argument("--smoothing", type=float, default=0.1)
    arg.add_argument("--clip", type=float, default=1.0)
    arg.add_argument("--shift", type=int, default=4, help="pixels")
    arg.add_argument("--colour", type=float, default=0.1)
    arg.add_argument("--erase", type=int, default=0, help="side of the grey square, pixels")
    arg.add_argument("--mixup", type=float, default=0.0, help="share of the batches")
    arg.add_argument("--patches", type=float, default=0.5, help="share of the patches seen at first")
    arg.add_argument("--full-from", type=float, default=0.6, help="share of the time from which all are seen")
    arg.add_argument("--average", type=float, default=0.998, help="of the weights, per step")
    arg.add_argument("--every", type=float, default=600, help="seconds from checkpoint to checkpoint")
    arg.add_argument("--seed", type=int, default=1)
    arg.add_argument("--threads", type=int, default=1)
    arg.add_argument("--device", default="cpu")
    arg.add_argument("--compile", action="store_true")
    opt = arg.parse_args()

    torch.set_num_threads(opt.threads)
    torch.manual_seed(opt.seed)
    opt.cache.mkdir(parents=True, exist_ok=True)
    opt.out.mkdir(parents=True, exist_ok=True)
    log = (opt.out / "train.log").open("a" if (opt.cache / "checkpoint.pt").exists() else "w")

    def say(line):
        print(line, flush=True)
        print(line, file=log, flush=True)

    data = load(opt.data, opt.cache)
    write_images(opt.images, data, opt.seed)
    data = [(x.to(opt.device), y.to(opt.device)) for x, y in data]
    model, averaged = (VisionTransformer(**SHAPE).to(opt.device) for _ in range(2))
    averaged.load_state_dict(model.state_dict())
    averaged.requires_grad_(False)
    say(f"python {platform.python_version()}  torch {torch.__version__}  numpy {np.__version__}  onnx {onnx.__version__}")
    files = ("data", "cache", "images", "out", "onnx")
    say("settings " + "  ".join(f"{k}={v}" for k, v in vars(opt).items() if k not in files))
    say(f"parameters {sum(p.numel() for p in model.parameters())}")
    state = train(model, averaged, data, opt, say)
    averaged = averaged.cpu()
    export(averaged, torch.zeros(1, 3, 32, 32), opt.onnx)
    test_images, test_labels = (t.cpu() for t in data[1])
    accuracy = evaluate(averaged, test_images, test_labels)
    say(f"final test accuracy {accuracy:.4f} on {len(test_images)} images, {state['seen']} training images seen")
    say(f"cifar10.onnx {opt.onnx.stat().st_size} bytes, exporter TorchScript, opset 17")


if __name__ == "__main__":
    main()
