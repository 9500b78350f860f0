"""How a definition is written: declared members, the reader that finds every problem, and the published schema."""
