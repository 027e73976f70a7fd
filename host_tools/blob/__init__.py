"""The blob's bytes: `layout` (the records), `writer` (from a plan), `reader` (for reports)."""
