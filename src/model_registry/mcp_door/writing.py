"""The tools that change models.

Each method is the tool of its name; see `reading` for how one is written.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

from mcp.server.mcpserver import Context
from pydantic import Field

from model_registry.mcp_door import arguments as a
from model_registry.mcp_door import shapes
from model_registry.mcp_door.bounds import View, bounded
from model_registry.mcp_door.confirmation import DeletionAnswer, require_consent
from model_registry.mcp_door.long_work import in_a_thread
from model_registry.mcp_door.toolset import Toolset

if TYPE_CHECKING:
    from model_registry.operating import By

COMPARE = "Call compare_model_versions for all changes, validate_model for all diagnostics."


class Writing(Toolset):
    """Tools of the toolset `write`."""

    def register_model(
        self,
        source: a.SourceText = "",
        model_path: a.ModelPath = "",
        metadata: a.Metadata | None = None,
        model_id: a.NewModelId = "",
        version: a.NewVersion = "",
        if_exists: a.IfExists = "version",
        allow_lower: a.AllowLower = False,
        force: a.Force = False,
        dry_run: Annotated[bool, Field(description="Only tell what would happen")] = False,
        reason: a.Reason = "",
        op_id: a.OpId = "",
        expected_revision: a.Revision = None,
    ) -> Annotated[View, shapes.Registration]:
        """Register a GNN model: a new one, or the next version of the model of that name. Try dry_run first when
        unsure."""
        registered = self._registry.register_model(
            self._incoming.source(source, model_path),
            metadata,
            model_id=model_id,
            version=version,
            if_exists=if_exists,
            allow_lower=allow_lower,
            force=force,
            dry_run=dry_run,
            reason=reason,
            op_id=op_id,
            expected_revision=expected_revision,
        )
        return bounded(registered, COMPARE)

    def create_model_version(
        self,
        model_id: a.OneModel,
        version: a.NewVersion = "",
        source: a.SourceText = "",
        model_path: a.ModelPath = "",
        metadata: a.Metadata | None = None,
        allow_lower: a.AllowLower = False,
        force: a.Force = False,
        reason: a.Reason = "",
        op_id: a.OpId = "",
        expected_revision: a.Revision = None,
    ) -> Annotated[View, shapes.Release]:
        """Create the next version of a model, from a text or a file. Without either the newest content is released
        again as the next patch."""
        text = self._incoming.source(source, model_path) if source or model_path else None
        released = self._registry.create_model_version(
            model_id,
            version or None,
            source=text,
            metadata=metadata,
            allow_lower=allow_lower,
            force=force,
            reason=reason,
            op_id=op_id,
            expected_revision=expected_revision,
        )
        return bounded(released, COMPARE)

    def yank_model_version(
        self,
        model_id: a.OneModel,
        version: a.Version,
        reason: a.Reason = "",
        undo: Annotated[bool, Field(description="Give the version back")] = False,
        op_id: a.OpId = "",
        expected_revision: a.Revision = None,
    ) -> Annotated[View, shapes.Release]:
        """Withdraw a faulty version: it stays readable by its exact number, but no range picks it. rollback_model moves
        the current version instead."""
        by: By = {"op_id": op_id, "expected_revision": expected_revision}
        return bounded(self._registry.yank_model_version(model_id, version, reason, undo=undo, **by), COMPARE)

    def update_model_metadata(
        self,
        model_id: a.ModelId,
        metadata: a.Metadata,
        version: a.AnyVersion = "",
        force: a.Force = False,
        reason: a.Reason = "",
        op_id: a.OpId = "",
        expected_revision: a.Revision = None,
    ) -> Annotated[View, shapes.Update]:
        """Change metadata of a model, or performance and dependencies of a version (the current one by default). Only
        the keys given change; null removes a key of your own."""
        by: By = {"op_id": op_id, "expected_revision": expected_revision}
        return bounded(
            self._registry.update_model_metadata(model_id, metadata, version=version, force=force, reason=reason, **by),
            "Call get_model_info for all metadata.",
        )

    def set_model_alias(
        self,
        model_id: a.OneModel,
        alias: a.Alias,
        version: a.AnyVersion = "",
        reason: a.Reason = "",
        op_id: a.OpId = "",
        expected_revision: a.Revision = None,
    ) -> Annotated[View, shapes.Lifecycle]:
        """Let an alias such as production name a version, as id@alias; without a version the alias is removed."""
        by: By = {"op_id": op_id, "expected_revision": expected_revision}
        return bounded(self._registry.set_model_alias(model_id, alias, version, reason=reason, **by))

    def rollback_model(
        self,
        model_id: a.OneModel,
        version: a.Version,
        reason: a.Reason = "",
        op_id: a.OpId = "",
        expected_revision: a.Revision = None,
    ) -> Annotated[View, shapes.Lifecycle]:
        """Make an earlier version the current one (or the newest again); nothing is erased. The next stable version
        becomes current by itself."""
        by: By = {"op_id": op_id, "expected_revision": expected_revision}
        return bounded(self._registry.rollback_model(model_id, version, reason, **by))

    def deprecate_model(
        self,
        model_id: a.OneModel,
        reason: a.Reason = "",
        replacement: Annotated[str, Field(description="Id of the model to use instead", max_length=200)] = "",
        sunset: Annotated[str, Field(description="Date after which cleanup archives it", max_length=40)] = "",
        op_id: a.OpId = "",
        expected_revision: a.Revision = None,
    ) -> Annotated[View, shapes.Lifecycle]:
        """Mark a model as deprecated; it stays readable and searchable. Without a replacement it suggests alternatives;
        with one it gives migration notes."""
        by: By = {"op_id": op_id, "expected_revision": expected_revision}
        return bounded(self._registry.deprecate_model(model_id, reason, replacement=replacement, sunset=sunset, **by))

    def archive_model(
        self, model_id: a.OneModel, reason: a.Reason = "", op_id: a.OpId = "", expected_revision: a.Revision = None
    ) -> Annotated[View, shapes.Lifecycle]:
        """Archive a model: it becomes read-only and leaves the search until restore_model brings it back."""
        by: By = {"op_id": op_id, "expected_revision": expected_revision}
        return bounded(self._registry.archive_model(model_id, reason, **by))

    def restore_model(
        self, model_id: a.OneModel, reason: a.Reason = "", op_id: a.OpId = "", expected_revision: a.Revision = None
    ) -> Annotated[View, shapes.Lifecycle]:
        """Bring a deprecated, archived or deleted model back to the state it was in before. One call goes one state
        back."""
        by: By = {"op_id": op_id, "expected_revision": expected_revision}
        return bounded(self._registry.restore_model(model_id, reason, **by))

    def delete_model(
        self,
        model_id: a.OneModel,
        answer: DeletionAnswer,
        force: Annotated[bool, Field(description="Delete although other models require it")] = False,
        reason: a.Reason = "",
        confirm: a.Confirm = "",
        op_id: a.OpId = "",
        expected_revision: a.Revision = None,
    ) -> Annotated[View, shapes.Lifecycle]:
        """Delete a model after backing it up; restore_model undoes it until it is purged. The user is asked to confirm.
        Prefer deprecate_model or archive_model."""
        require_consent(answer)
        by: By = {"op_id": op_id, "expected_revision": expected_revision}
        return bounded(self._registry.delete_model(model_id, force, reason=reason, **by))

    async def process_model_registry(
        self,
        target_dir: a.Folder,
        ctx: Context[Any, Any],
        output_dir: a.Folder = "output",
        recursive: Annotated[bool, Field(description="Look into subdirectories")] = True,
        query_ontology: Annotated[str, Field(description="Report only models using this term", max_length=200)] = "",
    ) -> Annotated[View, shapes.Run]:
        """Register every model below a directory and write reports on them. Files already registered are left alone.
        It can be cancelled between files."""
        from model_registry.pipeline import run_pipeline  # the one tool that needs it; it brings the reports along

        work = partial(
            run_pipeline,
            self._registry,
            self._incoming.folder(target_dir),
            self._incoming.folder(output_dir),
            recursive=recursive,
            query_ontology=query_ontology,
            roots=self._incoming.roots,
        )
        run = await in_a_thread(ctx, lambda tell: work(progress=tell))
        return bounded(run.to_dict(), "Call list_models with sort=updated for the models, or read the reports.")
