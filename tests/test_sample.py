"""The composite takes the prediction inside the mask and keeps every known bit."""

from __future__ import annotations

import torch
from torch.utils.data import default_collate

from inpaint.sample import Sample, composite


def test_inside_is_the_prediction_and_outside_the_image():
    mask = torch.tensor([[[[0.0, 1.0], [1.0, 0.0]]]])
    prediction, image = torch.full((1, 3, 2, 2), 7.0), torch.arange(12.0).reshape(1, 3, 2, 2)
    expected = torch.tensor([[[[0.0, 7.0], [7.0, 3.0]], [[4.0, 7.0], [7.0, 7.0]], [[8.0, 7.0], [7.0, 11.0]]]])
    assert torch.equal(composite(prediction, image, mask), expected)


def test_known_pixels_keep_their_bits_whatever_the_network_answers():
    rng = torch.Generator().manual_seed(0)
    image = torch.rand(2, 3, 8, 8, generator=rng)
    mask = (torch.rand(2, 1, 8, 8, generator=rng) < 0.5).float()
    for answer in (torch.nan, torch.inf, -1e30):
        restored = composite(torch.full_like(image, answer), image, mask)
        known = (mask == 0).expand_as(image)
        assert torch.equal(restored[known].view(torch.int32), image[known].view(torch.int32))


def test_known_pixels_survive_a_half_precision_answer():
    image = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    restored = composite(image.bfloat16(), image, torch.zeros(1, 1, 8, 8))
    assert restored.dtype == torch.float32
    assert torch.equal(restored, image)


def test_the_gradient_reaches_the_prediction_inside_the_mask_only():
    mask = torch.tensor([[[[0.0, 1.0]]]])
    prediction = torch.zeros(1, 3, 1, 2, requires_grad=True)
    composite(prediction, torch.ones(1, 3, 1, 2), mask).sum().backward()
    assert prediction.grad is not None
    assert torch.equal(prediction.grad, mask.expand(1, 3, 1, 2))


def test_samples_collate_to_a_batch_of_the_same_kind():
    one = Sample(torch.zeros(3, 4, 4), torch.ones(1, 4, 4), torch.zeros(3, 4, 4))
    batch = default_collate([one, one])
    assert isinstance(batch, Sample)
    assert batch.mask.shape == (2, 1, 4, 4)
