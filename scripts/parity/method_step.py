"""Print what one step of training is in authors' own code, as tests/recipes/test_method_steps.py holds it.

    python scripts/parity/method_step.py METHOD REPOSITORY

REPOSITORY is a folder with the authors' code, which you bring; nothing of it lies here.

| METHOD | repository | commit |
| --- | --- | --- |
| frrn | ZongyuGuo/Inpainting_FRRN (its folder src) | 903c874 |
| dfnet | hughplay/DFNet | da89135 |
| outpaint | basilevh/image-outpainting | 9c58db1 |
| picnet | lyndonzheng/Pluralistic-Inpainting | 034a758 |
| structure_flow | RenYurui/StructureFlow | 1ac8f55 |
| singan | tamarott/SinGAN (its folder SinGAN) | 38fd0ad |

The answers are hashed pictures in the place of a generator's; SinGAN's step is of a scale of its own networks.  All is
float64.  Where a YAML's head says that ours differs by intent, the authors' function is given what ours is given.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import torch
import torch.nn.functional as F
import torchvision
from torch import nn

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))
from one_step import take_over, vgg_of_hand  # pyright: ignore[reportMissingImports]
from published_step import (  # pyright: ignore[reportMissingImports]
    SHARE_BETWEEN,
    SIDE,
    damaged,
    filled_judge,
    gradient_summary,
    path_codes,
    path_pictures,
    picture_of,
    scale_pair,
    smaller_pictures,
    step_summary,
    steps_filled,
)


def frrn() -> dict[str, Any]:
    """One step of FRRN, whose mask is turned: its terms of the hole take what is known for the hole."""
    torchvision.models.vgg19 = vgg_of_hand("vgg19")
    networks, loss = importlib.import_module("networks"), importlib.import_module("loss")
    judge = networks.Discriminator(in_channels=3, use_sigmoid=True)
    take_over(judge, "frrn")
    judge.train()
    adversarial, style = loss.AdversarialLoss().double(), loss.StyleLoss().double()
    target, mask = damaged()
    answer = picture_of(2).requires_grad_()
    real, fake = judge(target)[0], judge(answer.detach())[0]
    terms = {"discriminator": (adversarial(real, True, True) + adversarial(fake, False, True)) / 2}
    learned = {
        "adversarial": 0.1 * adversarial(judge(answer)[0], True, False),
        "l1": 10 * F.l1_loss(answer, target),
        "hole_l1": 10 * F.l1_loss(answer * mask, target * mask),
        "style_hole": 100 * style(answer * mask, target * mask),
        "filled_l1": 2 * sum(F.l1_loss(it * valid, target * valid) for it, valid in steps_filled()),
    }
    torch.stack([torch.as_tensor(it) for it in learned.values()]).sum().backward()
    return step_summary(terms | learned, answer)


def dfnet() -> dict[str, Any]:
    """One step of DFNet without its total variation, which is the target's there."""
    layers = vgg_of_hand("vgg16")().features
    torchvision.models.vgg16 = lambda **_: SimpleNamespace(features=layers, parameters=layers.parameters)
    criterion = importlib.import_module("loss").InpaintLoss(w_tv=0.0).double()
    target, mask = damaged()
    answers = [it.requires_grad_() for it in smaller_pictures(6)]
    total, said = criterion(answers, target, 1 - mask)
    total.backward()
    names = {"reconstruction_loss": "scales_l1", "perceptual_loss": "scales_perceptual", "style_loss": "scales_style"}
    found = {ours: torch.tensor(said[theirs], dtype=torch.float64) for theirs, ours in names.items()}
    quarter = answers[2].grad
    return step_summary(found, answers[0]) | {"quarter_gradient_size": quarter.abs().mean().item()}


def outpaint() -> dict[str, Any]:
    """One step of outpainting; the pixels' weight is 1 as ours, 1 less the adversarial one's there."""
    for missing in ("html4vision", "scipy.ndimage.morphology"):
        sys.modules[missing] = MagicMock()  # of parts that are not used
    judge = importlib.import_module("outpainting").CEDiscriminator()
    take_over(judge, "outpaint")
    judge.train()
    square = nn.MSELoss()
    target, _ = damaged()
    answer = picture_of(2).requires_grad_()
    ones = torch.ones_like(judge(target))
    loss = 0.5 * (square(judge(target), ones) + square(judge(answer.detach()), 0 * ones))
    learned = {"adversarial": 0.001 * square(judge(answer), ones), "l1": F.l1_loss(answer, target)}
    torch.stack(list(learned.values())).sum().backward()
    return step_summary({"discriminator": loss} | learned, answer)


def picnet() -> dict[str, Any]:
    """One step of PICNet: both paths and both divergences, by the authors' own class without its networks."""
    for missing in ("model.base_model", "util", "util.task"):
        sys.modules[missing] = MagicMock()
    sys.modules["model.base_model"].BaseModel = object  # pyright: ignore[reportAttributeAccessIssue]
    source = Path(sys.path[0]) / "model" / "pluralistic_model.py"
    module = type(sys)("model.pluralistic_model")
    module.__package__ = "model"
    importlib.import_module("model.network")
    text = source.read_text().replace("async=True", "non_blocking=True")  # a word that Python has taken since
    exec(compile(text, str(source), "exec"), module.__dict__)  # the authors' file, which whoever runs this has brought
    external, network = (importlib.import_module(f"model.{name}") for name in ("external_function", "network"))
    one = module.Pluralistic.__new__(module.Pluralistic)
    one.opt = SimpleNamespace(train_paths="two", gan_mode="lsgan", lambda_kl=20, lambda_rec=20, lambda_g=1)
    one.opt.output_scale = 4
    one.L1loss, one.L2loss, one.GANloss = nn.L1Loss(), nn.MSELoss(), external.GANLoss("lsgan").double()
    target, mask = damaged(2 * SIDE)
    one.mask, one.img_truth = (1 - mask).repeat(1, 3, 1, 1), 2 * target - 1
    for place, name in (("net_D", "generated"), ("net_D_rec", "reconstructed")):
        judge = network.ResDiscriminator(ndf=32, img_f=128, layers=5)
        take_residual(judge.double(), filled_judge("picnet", name))
        setattr(one, place, judge)
    paths = {name: [it.requires_grad_() for it in path_pictures(name)] for name in ("generated", "reconstructed")}
    one.img_g, one.img_rec = ([2 * it - 1 for it in paths[name]][::-1] for name in ("generated", "reconstructed"))
    sizes = [it.shape[-2:] for it in one.img_g]
    one.scale_img, one.scale_mask = (
        [F.interpolate(it, size, mode="bilinear", align_corners=False) for size in sizes]
        for it in (one.img_truth, one.mask)
    )
    codes = path_codes()
    *_, one.kl_rec, one.kl_g = one.get_distribution([tuple(codes)])
    one.backward_D()
    one.loss_names = ["kl_rec", "kl_g", "app_rec", "app_g", "ad_g", "ad_rec"]
    one.backward_G()
    names = {"kl_rec": "divergence_posterior", "kl_g": "divergence_prior", "app_g": "l1_generated"}
    names |= {"app_rec": "l1_reconstructed", "ad_g": "adversarial", "ad_rec": "matched"}
    said = {"generated": one.loss_img_d, "reconstructed": one.loss_img_d_rec}
    said |= {ours: getattr(one, f"loss_{theirs}") for theirs, ours in names.items()}
    gradients = {f"rebuilt_{name}": it for name, it in gradient_summary(paths["reconstructed"][0].grad).items()}
    gradients |= {f"code_{number}": it.grad.mean().item() for number, it in enumerate(codes)}
    return step_summary(said, paths["generated"][0]) | gradients


def take_residual(theirs: nn.Module, ours: nn.Module) -> None:
    """Fill PICNet's discriminator as ours is; its attention holds a block that is never asked."""
    state = theirs.state_dict()
    inner = {"parametrizations.weight.original": "module.weight_bar", "bias": "module.bias"}
    inner |= {"parametrizations.weight.0._u": "module.weight_u", "parametrizations.weight.0._v": "module.weight_v"}
    for name, value in ours.state_dict().items():
        end = next((it for it in inner if name.endswith(it)), "")
        spectral = name.removesuffix(end) + inner[end] if end else name
        state[spectral if spectral in state else name].copy_(value)


def structure_flow() -> dict[str, Any]:
    """One step of StructureFlow's texture in its last stage, without the correctness of its flow; VGG sees [0, 1]."""
    torchvision.models.vgg19 = vgg_of_hand("vgg19")
    for missing in ("resample2d_package", "resample2d_package.resample2d", "src.resample2d", "src.utils"):
        sys.modules[missing] = MagicMock()
    loss, network = (importlib.import_module(f"src.{name}") for name in ("loss", "network"))
    plain = {"norm": "none", "activ": "lrelu", "pad_type": "reflect", "use_sn": True}
    judge = network.MultiDiscriminator(input_dim=3, dim=64, n_layers=3, **plain)
    take_over(judge, "structure_flow")
    judge.train()
    adversarial = loss.AdversarialLoss("lsgan").double()
    style, content = loss.StyleLoss().double(), loss.PerceptualLoss().double()
    target, mask = damaged()
    answer = picture_of(2).requires_grad_()
    real, fake = 2 * target - 1, 2 * answer - 1
    pairs = list(zip(judge(real), judge(fake.detach()), strict=True))
    game = sum((adversarial(yes, True, True) + adversarial(no, False, True)) / 2 for yes, no in pairs) / len(pairs)
    fooled = judge(fake)
    learned = {
        "adversarial": sum(adversarial(it, True, False) for it in fooled) / len(fooled),
        "l1": 5 * F.l1_loss(fake, real),
        "style_hole": 250 * style(answer * mask, target * mask),
        "perceptual_out": 0.1 * content(answer, target),
    }
    torch.stack([torch.as_tensor(it) for it in learned.values()]).sum().backward()
    return step_summary({"discriminator": torch.as_tensor(game)} | learned, answer)


def singan() -> dict[str, Any]:
    """One step of a scale of SinGAN: its critic's terms, its own, and gradients of the first and last kernels."""
    models, functions = (importlib.import_module(f"SinGAN.{name}") for name in ("models", "functions"))
    generator, critic, real, before, noise = scale_pair()
    sizes = SimpleNamespace(nfc=8, min_nfc=8, nc_im=3, ker_size=3, num_layer=5, padd_size=0)
    made, judged = models.GeneratorConcatSkip2CleanAdd(sizes).double(), models.WDiscriminator(sizes).double()
    made.load_state_dict({name.replace("tail.", "tail.0."): it for name, it in generator.state_dict().items()})
    judged.load_state_dict(critic.state_dict())
    padded, seen = F.pad(before, (5, 5, 5, 5)), F.pad(before + noise, (5, 5, 5, 5))
    fake = made(seen.detach(), padded)
    torch.rand = lambda *_, **__: torch.tensor([[1 - SHARE_BETWEEN]], dtype=torch.float64)  # the real picture's share
    difference = judged(fake.detach()).mean() - judged(real).mean()
    penalty = functions.calc_gradient_penalty(judged, real, fake.detach(), 0.1, torch.device("cpu"))
    (difference + penalty).backward()
    found = {"critic": difference, "critic_penalty": penalty}
    sizes_of = {"critic_head": judged.head.conv.weight.grad, "critic_tail": judged.tail.weight.grad}
    judged.requires_grad_(False)
    fooled, missed = -judged(fake).mean(), 10 * F.mse_loss(made(padded.detach(), padded), real)
    (fooled + missed).backward()
    found |= {"adversarial": fooled, "rebuilding": missed}
    sizes_of |= {"head": made.head.conv.weight.grad, "tail": made.tail[0].weight.grad}
    numbers = {name: it.item() for name, it in found.items()}
    return numbers | {f"gradient_{name}": it.abs().mean().item() for name, it in sizes_of.items() if it is not None}


METHODS = {it.__name__: it for it in (frrn, dfnet, outpaint, picnet, structure_flow, singan)}


def main() -> None:
    """Print one method's numbers."""
    method, repository = sys.argv[1:]
    sys.path.insert(0, repository)
    print(f'    "{method}": {{')
    for name, value in METHODS[method]().items():
        print(f'        "{name}": {value!r},')
    print("    },")


if __name__ == "__main__":
    main()
