"""The commands, by what they are for; `model_registry.cli` is the door that they are gathered behind."""
