"""Every SELECT and bulk write of payments."""
