"""One file for each kind of page; no flow: what comes next is the engine's business."""
