"""The usage that the description shows, run as it is written."""

from __future__ import annotations

import logging
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import model_registry
from texts import coin

PREPARE = """
from pathlib import Path
import model_registry
from model_registry import LifecycleError

Path("models").mkdir(exist_ok=True)
Path("models/my_model.md").write_text({my_model!r})
for name, text in {{"model_123": {first!r}, "model_456": {second!r}}}.items():
    Path(f"models/{{name}}.md").write_text(text)
    try:
        model_registry.register_model(f"models/{{name}}.md", model_id=name)
    except LifecycleError:
        pass
"""

USAGE = """
from model_registry import register_model

# Register a GNN model
model_id = register_model(
    model_path=Path("models/my_model.md"),
    metadata={
        "name": "My Active Inference Model",
        "description": "A comprehensive Active Inference model",
        "author": "John Doe",
        "tags": ["active-inference", "pomdp", "research"]
    }
)

print(f"Model registered with ID: {model_id}")

from model_registry import get_model_info

# Get comprehensive model information
model_info = get_model_info("model_123")

print(f"Model name: {model_info['name']}")
print(f"Current version: {model_info['current_version']}")
print(f"Total versions: {len(model_info['versions'])}")
print(f"Performance metrics: {model_info['performance']}")

from model_registry import search_models

# Search for models
results = search_models(
    query="active inference",
    filters={
        "tags": ["pomdp"],
        "min_performance": 0.8,
        "author": "John Doe"
    }
)

for model in results:
    print(f"Found model: {model['name']} (ID: {model['id']})")

from model_registry import create_model_version, compare_model_versions, VersionError

try:
    # Create new version
    new_version = create_model_version(
        model_id="model_123",
        version="2.0.0"
    )
except VersionError as e:
    print(f"Version creation failed: {e}")

# Compare versions
comparison = compare_model_versions(
    model_id="model_123",
    version1="1.0.0",
    version2="2.0.0"
)

print(f"Performance improvement: {comparison['performance_delta']}")
print(f"Structural changes: {len(comparison['structural_changes'])}")

from model_registry import deprecate_model, archive_model

# Deprecate a model
deprecate_model(
    model_id="model_123",
    reason="Superseded by improved version"
)

# Archive a model
archive_model(
    model_id="model_456",
    reason="No longer maintained"
)
"""

PIPELINE = """
from model_registry import (
    cleanup_registry, create_registry_report, discover_models, extract_model_metadata, generate_registry_statistics,
    index_model, update_indexes, validate_metadata, validate_registry,
)

target_dir = Path("incoming")
target_dir.mkdir(exist_ok=True)
(target_dir / "one.md").write_text(Path("models/my_model.md").read_text().replace("My Model", "Incoming Model"))

# Discover models in target directory
models = discover_models(target_dir)
model_paths = [model['path'] for model in models]
metadata_list = []

# Extract metadata from models
for model_path in model_paths:
    metadata = extract_model_metadata(model_path)
    validate_metadata(metadata)
    metadata_list.append(metadata)

# Register models with metadata
for model_path, metadata in zip(model_paths, metadata_list):
    model_id = register_model(model_path, metadata)
    index_model(model_id, metadata)

# Maintain registry integrity
cleanup_registry()
update_indexes()
validate_registry()

# Generate registry reports
registry_stats = generate_registry_statistics()
registry_report = create_registry_report(registry_stats)
print(registry_report.splitlines()[0])
"""


def script() -> str:
    prepare = PREPARE.format(
        my_model=coin("My Model"), first=coin("Model 123", heads=0.6), second=coin("Model 456", heads=0.7)
    )
    return prepare + USAGE + PIPELINE


def test_the_whole_usage_runs_from_an_empty_directory_twice(workplace: Path) -> None:
    outputs = [
        subprocess.run([sys.executable, "-W", "error", "-c", script()], capture_output=True, text=True, check=False)
        for _ in range(2)
    ]
    for done in outputs:
        assert done.returncode == 0, done.stderr
    first, second = (done.stdout.splitlines() for done in outputs)
    assert first[0] == second[0] == "Model registered with ID: my-model"
    assert not any(line.startswith("Version creation failed") for line in first)
    assert any(line.startswith("Version creation failed") for line in second)
    assert "Structural changes: 0" in first
    assert model_registry.get_model_info("model_123")["state"] == "deprecated"
    assert model_registry.get_model_info("model_456")["state"] == "archived"


@pytest.fixture
def model_path(workplace: Path) -> Path:
    path = workplace / "coin.md"
    path.write_text(coin())
    return path


class TestErrorHandling:
    def test_registration_failures(self, workplace: Path, caplog: pytest.LogCaptureFixture) -> None:
        from model_registry import RegistrationError, register_model

        logger = logging.getLogger("usage")
        model_path, metadata = workplace / "missing.md", None
        try:
            register_model(model_path, metadata)
        except RegistrationError as e:
            logger.error(f"Model registration failed: {e}")
        assert "Model registration failed: there is no file" in caplog.text

    def test_search_failures(self, model_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        from model_registry import SearchError, register_model, search_models

        register_model(model_path)
        logger = logging.getLogger("usage")
        query, filters = "coin", {"colour": "red"}
        try:
            search_models(query, filters)
        except SearchError as e:
            logger.warning(f"Search failed: {e}")
        assert "Search failed: unknown filter 'colour'" in caplog.text

    def test_version_management_issues(self, model_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        from model_registry import VersionError, create_model_version, register_model

        logger = logging.getLogger("usage")
        model_id, version = register_model(model_path), "1.0.0"
        try:
            create_model_version(model_id, version)
        except VersionError as e:
            logger.error(f"Version creation failed: {e}")
        assert "Version creation failed:" in caplog.text


class TestItsThreeTests:
    def test_model_registration(self, model_path: Path) -> None:
        from model_registry import get_model_info, register_model

        test_metadata: dict[str, Any] = {"name": "Test Model", "description": "A model for this test", "author": "Ada"}
        model_id = register_model(model_path, test_metadata)
        assert model_id is not None
        model_info = get_model_info(model_id)
        assert model_info["name"] == test_metadata["name"]

    def test_registry_pipeline(self, model_path: Path, workplace: Path) -> None:
        from model_registry import process_model_registry

        output_dir = workplace / "output"
        success = process_model_registry(workplace, output_dir)
        assert success
        registry_files = list(output_dir.glob("**/*"))
        assert len(registry_files) > 0

    def test_registry_performance(self, model_path: Path) -> None:
        """The description bounds the time at a second; here the bound is on the answer, times are the benchmarks'."""
        from model_registry import register_model, search_models

        register_model(model_path, {"description": "a model for the test query"})
        start_time = time.time()
        results = search_models("test query")
        assert len(results) > 0
        assert time.time() >= start_time
