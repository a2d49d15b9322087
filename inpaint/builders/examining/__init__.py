"""What one picture shows by itself: whether it is fit for training, and which patches are cut out of it."""
