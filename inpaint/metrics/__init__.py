"""How near a restored picture is to its original: pixels.py (PSNR, L1) and ssim.py, over the mask, per sample."""
