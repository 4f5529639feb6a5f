"""Programme documents: what people write, how it is read, checked and written back."""
