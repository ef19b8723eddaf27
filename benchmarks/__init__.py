"""What the README's ratios come from: one folder per thing that is measured."""
