"""Every SELECT, lock and bulk write of schemes."""
