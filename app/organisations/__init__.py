"""The national register, commissioners and their practices, localities and networks, and the imports that fill them."""
