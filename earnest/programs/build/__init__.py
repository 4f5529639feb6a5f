"""From a document to the programme that the engine runs."""
