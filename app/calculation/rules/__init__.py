"""What the engine does with a parsed definition: measure, earn, round, say so."""
