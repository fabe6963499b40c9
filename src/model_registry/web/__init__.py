"""The door for people: the registry as pages in a browser. Everything here reads; no page changes the registry."""
