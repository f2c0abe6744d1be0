"""The commands: one module a command, which bears its name and declares it as `COMMAND`."""
