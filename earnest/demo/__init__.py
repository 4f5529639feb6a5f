"""The demonstration: organisations to try the API with, and a guided tour through them."""
