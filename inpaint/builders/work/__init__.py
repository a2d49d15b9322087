"""The work folder of a build that is not finished: a database of all that is known of the pictures so far."""
