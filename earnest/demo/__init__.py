"""The demonstration: organisations to try the API with, and a guided tour through them."""

ADMIN_KEY = "demo-admin-key"
"""Opens the admin API of a demo."""
