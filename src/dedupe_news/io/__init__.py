"""Reading and writing files; nothing about texts is decided here."""
