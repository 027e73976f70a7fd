"""From a float network to an int8 .tflite: convert, calibrate, quantize, compare by layer."""
