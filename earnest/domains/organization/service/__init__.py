"""Use cases of organisations: what an administrator makes, looks at and changes, one module for each kind of thing."""
