"""The importer of TensorFlow Lite models."""
