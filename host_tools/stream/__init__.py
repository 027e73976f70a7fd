"""How well a network hears in a stream: recordings over noise, misses and false accepts."""
