"""What a network says of picture files, and how right it is where folders name the classes."""
