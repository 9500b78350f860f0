"""What keeps the supervisor from starting, in words for the person at the terminal."""


class CannotStart(Exception):
    """The message is printed as it is: it says what is in the way and what to do about it."""
