"""Patient forums, representation, issues and their ladder, responses."""
