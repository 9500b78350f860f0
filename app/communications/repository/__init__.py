"""Every SELECT, lock and bulk write of communications."""
