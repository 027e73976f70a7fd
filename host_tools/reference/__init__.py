"""The reference interpreter: runs a graph in numpy, every byte as tflite-micro does."""
