"""Showing a registry in files: values in, JSON, Markdown and Mermaid out. Nothing here reads or writes anything."""

from model_registry.report.contents import FOLDER, Card, Picture
from model_registry.report.files import render
from model_registry.report.pages import documentation_markdown, statistics_markdown

__all__ = ["FOLDER", "Card", "Picture", "documentation_markdown", "render", "statistics_markdown"]
