"""The log of looking: a *scan* is one answered look at a sticker's page. No address is kept."""
