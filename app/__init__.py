"""Plenary: the membership backbone of NHS commissioners as a JSON API."""

VERSION = "0.1.0"
