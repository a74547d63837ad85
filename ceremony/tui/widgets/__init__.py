"""What draws one value of the core each, and the few controls that pages are made of."""
