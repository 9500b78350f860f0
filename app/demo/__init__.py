"""An invented commissioner, made through the API as a client would make it. Names are fictional, codes cannot be real."""
