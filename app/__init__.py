"""Plenary: the membership backbone of NHS commissioners as a JSON API."""
