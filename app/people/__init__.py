"""Persons, the posts they hold, named leads and vacancies."""
