"""Suite and subject in two processes: the client asks on behalf of the suite, the server holds the subject and answers."""
