"""Programmes as reviewed code: documents that people write, and the versions that are published of them."""
