"""The kinds that definitions are made of. Each class says what its members are, what it pays and how it is put in words."""
