"""The directory store: a log of events that is the truth, sources beside it, and pictures that can be made again.

<registry>/  format.json {format, log_id}   config.json   lock   log/000001.jsonl … (the truth, in segments)
             sources/ab/abcd… (by SHA-256)   models/<id>.json (snapshots)   checkpoint/ (the fold at a position)
             index/ (search)   usage/   backups/   .tmp/ (files on their way)
"""

from model_registry.adapters.directory.store import DirectoryStore

__all__ = ["DirectoryStore"]
