"""What organisations reads from outside: the national register's files and a commissioner's own spreadsheets."""
