"""What comes in and goes out over HTTP for forums and issues."""
