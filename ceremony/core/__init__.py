"""The pure half: values in, values out; no file, clock, device, screen or log."""
