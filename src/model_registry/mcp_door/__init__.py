"""The parts of the MCP door; `model_registry.mcp` puts them together."""
