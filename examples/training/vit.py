"""A Vision Transformer of DeiT's structure and its export: what the examples' training scripts share.

Parameter names and layout are those of timm's VisionTransformer; attention is written out.
"""

import io
import warnings

import onnx
import torch
from torch import nn


class PatchEmbed(nn.Module):
    def __init__(self, patch, chans, dim):
        super().__init__()
        self.proj = nn.Conv2d(chans, dim, kernel_size=patch, stride=patch)

    def forward(self, x):
        return self.proj(x).flatten(2).transpose(1, 2)  # [B, patches, dim]


class Attention(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.heads = heads
        self.head_dim = dim // heads
        self.scale = self.head_dim**-0.5
        self.qkv = nn.Linear(dim, 3 * dim)
        self.proj = nn.Linear(dim, dim)

    def forward(self, x):
        tokens, dim = int(x.shape[1]), int(x.shape[2])
        qkv = self.qkv(x).reshape(-1, tokens, 3, self.heads, self.head_dim).permute(2, 0, 3, 1, 4)
        q, k, v = qkv[0], qkv[1], qkv[2]  # each [B, heads, tokens, head_dim]
        attn = (q @ k.transpose(-2, -1)) * self.scale
        attn = attn.softmax(dim=-1)
        x = (attn @ v).transpose(1, 2).reshape(-1, tokens, dim)
        return self.proj(x)


class Mlp(nn.Module):
    def __init__(self, dim, hidden):
        super().__init__()
        self.fc1 = nn.Linear(dim, hidden)
        self.act = nn.GELU()  # the exact one, with erf
        self.fc2 = nn.Linear(hidden, dim)

    def forward(self, x):
        return self.fc2(self.act(self.fc1(x)))


class Block(nn.Module):
    def __init__(self, dim, heads, hidden):
        super().__init__()
        self.norm1 = nn.LayerNorm(dim, eps=1e-6)
        self.attn = Attention(dim, heads)
        self.norm2 = nn.LayerNorm(dim, eps=1e-6)
        self.mlp = Mlp(dim, hidden)

    def forward(self, x):
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class VisionTransformer(nn.Module):
    def __init__(self, *, image, patch, chans, dim, depth, heads, hidden, classes):
        super().__init__()
        patches = (image // patch) ** 2
        self.dim = dim
        self.patch_embed = PatchEmbed(patch, chans, dim)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, dim))
        self.pos_embed = nn.Parameter(torch.zeros(1, patches + 1, dim))
        self.blocks = nn.Sequential(*[Block(dim, heads, hidden) for _ in range(depth)])
        self.norm = nn.LayerNorm(dim, eps=1e-6)
        self.head = nn.Linear(dim, classes)
        nn.init.trunc_normal_(self.pos_embed, std=0.02)
        nn.init.normal_(self.cls_token, std=1e-6)
        for m in self.modules():
            if isinstance(m, nn.Linear):
                nn.init.xavier_uniform_(m.weight)
                nn.init.zeros_(m.bias)

    def forward(self, x, kept=None):
        """kept: indices of the patches that are seen, for training on a part of them."""
        x = self.patch_embed(x) + self.pos_embed[:, 1:]
        if kept is not None:
            x = x[:, kept]
        cls = self.cls_token + self.pos_embed[:, :1]
        x = torch.cat((cls.expand(x.shape[0], 1, self.dim), x), dim=1)
        x = self.norm(self.blocks(x))
        return self.head(x[:, 0])


def decayed_or_not(model):
    """Parameters with weight decay, and those without: norms, biases, class token, positions."""
    decay, plain = [], []
    for name, p in model.named_parameters():
        (plain if p.ndim == 1 or name in ("cls_token", "pos_embed") else decay).append(p)
    return decay, plain


def export(model, image, path):
    """Float32 ONNX, opset 17, by the TorchScript exporter, for one zero image; no trace of this machine."""
    model.eval()
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model,
            (image,),
            buffer,
            opset_version=17,
            dynamo=False,
            do_constant_folding=True,
            input_names=["image"],
            output_names=["logits"],
            dynamic_axes={"image": {0: "batch"}, "logits": {0: "batch"}},
        )
    proto = onnx.load_from_string(buffer.getvalue())
    proto.doc_string = proto.graph.doc_string = ""
    del proto.metadata_props[:]
    for item in [*proto.graph.node, *proto.graph.initializer, *proto.graph.value_info]:
        item.doc_string = ""
        if hasattr(item, "metadata_props"):
            del item.metadata_props[:]
    onnx.checker.check_model(proto, full_check=True)
    path.write_bytes(proto.SerializeToString())
    return proto
